import { setTimeout as pause } from 'node:timers/promises';
import { heartbeat, log } from '@temporalio/activity';
import { BackOfficeRefused, BackOfficeUnavailable } from '../backoffice/port.ts';
import {
  giveUpFulfilments,
  type LineHold,
  listLineHolds,
  listFulfilments,
  listWaiting,
  listWaitingOrders,
  noteLooked,
  putFulfilments,
} from '../db/fulfilment.ts';
import { RECHECK } from '../db/holds.ts';
import { appendLog } from '../db/log.ts';
import { getOrder, isGone, type OrderRef, type OrderRow } from '../db/orders.ts';
import { inTransaction, type Store } from '../db/store.ts';
import { CircuitOpen } from '../exchange/circuit.ts';
import { type Fulfilment, sumFulfilment } from '../orders/fulfilment.ts';
import { decimal } from '../orders/money.ts';
import { trustFulfilments } from './back-office.ts';
import { type Deps, nowIso, WORKER } from './deps.ts';
import { putNotice } from './notice.ts';

/** Orders asked about a second, so that a back office that has just come back is not run over. */
const ORDERS_PER_SECOND = 25;
/** Orders asked about in one run, so that it ends before the next one is due; that one begins with the others. */
const ORDERS_PER_RUN = 500;

/**
 * Takes what has come in for lines that wait, of orders that are in production: of these the one that waits longest is
 * served first. Who was not told of is asked about by the next run.
 */
export async function releaseLineHolds({ store, backOffice }: Deps): Promise<{ released: number }> {
  let released = 0;
  for (const ref of await listWaitingOrders(store, ORDERS_PER_RUN)) {
    // First of all: an order that cannot be asked about must not keep the others from being asked about.
    await noteLooked(store, ref, nowIso());
    const standing = await ask(async () => trustStanding(store, ref, await backOffice().takeBackorders(ref)), ref);
    if (standing === 'away') break;
    if (standing === 'given up') await inTransaction(store, (tx) => noteGivenUp(tx, ref));
    else if (standing && (await inTransaction(store, (tx) => noteStanding(tx, ref, standing)))) released += 1;
    heartbeat();
    await pause(1000 / ORDERS_PER_SECOND);
  }
  return { released };
}

/** What the lines order is known of orders too whose content is gone: what goes and what waits of them. */
async function trustStanding(
  store: Store,
  ref: OrderRef,
  answered: readonly Fulfilment[],
): Promise<readonly Fulfilment[]> {
  const { line_count: lines } = await getOrder(store, ref.orderId);
  const known = await listFulfilments(store, ref, lines ?? answered.length);
  return trustFulfilments('takeBackorders', known.map(sumFulfilment), answered);
}

/**
 * How the lines of an order stand after what is there was taken.
 * @returns `away` if nobody is asked for now; `given up` if production has this revision no more; undefined if it did not tell
 */
async function ask(
  call: () => Promise<readonly Fulfilment[]>,
  { orderId }: OrderRef,
): Promise<readonly Fulfilment[] | 'away' | 'given up' | undefined> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof CircuitOpen) return 'away';
    if (error instanceof BackOfficeRefused && error.status === 409) return 'given up';
    // It may be about this order alone. If it is not, the circuit opens after a few.
    if (!(error instanceof BackOfficeRefused || error instanceof BackOfficeUnavailable)) throw error;
    log.error('the back office does not serve what waits of an order', { orderId, why: error.message });
    return undefined;
  }
}

/** Keeps how the lines stand by now. @returns whether less waits than before */
async function noteStanding(tx: Store, ref: OrderRef, lines: readonly Fulfilment[]): Promise<boolean> {
  const at = nowIso();
  const order = await findInProduction(tx, ref);
  if (!order) return false;
  const waiting = listWaiting(lines);
  const left = new Map(waiting.map((line) => [line.position, line.waiting]));
  const isServed = ({ position, waiting: former }: LineHold): boolean =>
    decimal(left.get(position) ?? '0').lessThan(decimal(former));
  const served = (await listLineHolds(tx, ref)).filter(isServed);
  if (served.length === 0) return false;
  await putFulfilments(tx, ref, lines, { clearedBy: RECHECK, at });
  const stepKey = `line_released:${String(ref.revision)}:${at}`;
  // Whoever asked for the order's erasure is not told of it any more.
  if (!isGone(order)) await putNotice(tx, ref.orderId, { kind: 'order.line_released', stepKey, at });
  const detail = { revision: ref.revision, served: served.map(({ position }) => position), waiting };
  const entry = { stepKey, at, actor: WORKER, action: 'order.line_released', detail };
  await appendLog(tx, `order:${ref.orderId}`, entry);
  return true;
}

/** Clears what waits of an order that production gave up without our asking. */
async function noteGivenUp(tx: Store, ref: OrderRef): Promise<void> {
  const at = nowIso();
  if (!(await findInProduction(tx, ref))) return;
  await giveUpFulfilments(tx, ref.orderId, { clearedBy: 'production', at });
  const stepKey = `line_given_up:${String(ref.revision)}:${at}`;
  const detail = { revision: ref.revision };
  const entry = { stepKey, at, actor: WORKER, action: 'order.line_given_up', detail };
  await appendLog(tx, `order:${ref.orderId}`, entry);
}

/** The order's row, locked, if it is still as it was asked about: a change that was made meanwhile has noted its own lines. */
async function findInProduction(tx: Store, ref: OrderRef): Promise<OrderRow | undefined> {
  const order = await getOrder(tx, ref.orderId);
  return order.state === 'completed' && order.revision === ref.revision ? order : undefined;
}
