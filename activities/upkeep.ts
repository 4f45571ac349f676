import { setTimeout as pause } from 'node:timers/promises';
import { heartbeat, log } from '@temporalio/activity';
import { listUntoldDecisions } from '../db/decisions.ts';
import { getDocument, listUnfinishedDocuments } from '../db/documents.ts';
import { type HoldCursor, listSelfClearing, type SelfClearingHold } from '../db/holds.ts';
import { listUnfinishedOrders } from '../db/order-search.ts';
import { getOrder } from '../db/orders.ts';
import {
  type Composed,
  composeOutbox,
  type ControlNumbers,
  listDueOutbox,
  markDelivered,
  markDropped,
  openOutbox,
  type OutboxRow,
  postponeOutbox,
} from '../db/outbox.ts';
import { Erased } from '../db/seal.ts';
import { listSources } from '../db/sources.ts';
import { composeInterchange, type OutboundMessage } from '../orders/formats/x12-writing.ts';
import { decideGate } from '../orders/gate.ts';
import type { SourceProfile } from '../orders/source.ts';
import { missAcknowledgments } from './acknowledge.ts';
import { applyDecision } from './apply-decision.ts';
import { CHANGE_WAITS, mayGoOn as mayChangeGoOn } from './choose-course.ts';
import { type Deps, nowIso, type Polled } from './deps.ts';
import { GATE_PAUSED } from './gate.ts';
import { tellDamaged } from './guard.ts';

const PAGE = 200;
/** Orders let go on a second, so that a back office that has just come back is not run over. */
const RECHECKS_PER_SECOND = 25;
/** Younger than this may be on its way to its workflow still. */
const GRACE_MS = 15_000;

/** Lets orders go on whose self-clearing hold may have lost its cause: the back office answers, the source is not paused. */
export async function recheckHolds({ store, backOffice, runs }: Deps): Promise<{ rechecked: number }> {
  const answers = await backOffice()
    .ping()
    .then(
      () => true,
      () => false,
    );
  const sources = new Map((await listSources(store, tellDamaged)).map((source) => [source.id, source]));
  const now = nowIso();
  const mayGoOn = async ({ code, source, retry_at: retryAt, ...hold }: SelfClearingHold): Promise<boolean> => {
    const profile = sources.get(source);
    if (retryAt !== null && retryAt > now) return false;
    if (code === CHANGE_WAITS) return mayChangeGoOn(store, hold.order_id);
    if (code !== GATE_PAUSED) return answers;
    return profile !== undefined && decideGate(profile, hold.customer_id) !== 'paused';
  };
  let rechecked = 0;
  let lastOrder = '';
  for (let after: HoldCursor = { orderId: '', code: '' }; ;) {
    const holds = await listSelfClearing(store, { after, size: PAGE });
    for (const hold of holds) {
      after = { orderId: hold.order_id, code: hold.code };
      // An order is asked once, however many of its holds have lost their cause.
      if (hold.order_id === lastOrder || !(await mayGoOn(hold))) continue;
      lastOrder = hold.order_id;
      await runs.recheckOrder(hold.order_id);
      rechecked += 1;
      heartbeat();
      await pause(1000 / RECHECKS_PER_SECOND);
    }
    if (holds.length < PAGE) return { rechecked };
    heartbeat();
  }
}

/** Finds what has no owner and gives it one, and the sources that are to be polled their schedules. Starting what runs changes nothing, so a stale list does no harm. */
export async function reconcile(deps: Deps): Promise<{ orders: number; documents: number; decisions: number }> {
  const { store, runs } = deps;
  const changedBefore = new Date(Date.now() - GRACE_MS).toISOString();
  const running = await runs.listRunning();
  const documents = await adoptDocuments({ store, runs }, running, changedBefore);
  const orders = await adoptOrders({ store, runs }, running, changedBefore);
  await didHappen('polls', async () => runs.keepPolls(pollsOf(await listSources(store, tellDamaged))));
  return { orders, documents, decisions: await tellDecisions(deps, changedBefore) };
}

/** The sources that are polled now. */
function pollsOf(profiles: readonly SourceProfile[]): readonly Polled[] {
  return profiles.flatMap(({ id, active, poll }) =>
    poll && active ? [{ source: id, everySeconds: poll.everySeconds }] : [],
  );
}

type Adopter = Pick<Deps, 'store' | 'runs'>;

function adoptOrders({ store, runs }: Adopter, running: ReadonlySet<string>, changedBefore: string): Promise<number> {
  return countCaredFor(
    (afterId) => listUnfinishedOrders(store, { changedBefore, afterId, size: PAGE }),
    async ({ id }) =>
      !running.has(`order:${id}`) && didHappen(id, async () => runs.startOrder(await getOrder(store, id))),
  );
}

function adoptDocuments(
  { store, runs }: Adopter,
  running: ReadonlySet<string>,
  changedBefore: string,
): Promise<number> {
  return countCaredFor(
    (afterId) => listUnfinishedDocuments(store, { changedBefore, afterId, size: PAGE }),
    async ({ id }) =>
      !running.has(`document:${id}`) && didHappen(id, async () => runs.startDocument(await getDocument(store, id))),
  );
}

function tellDecisions(deps: Deps, createdBefore: string): Promise<number> {
  return countCaredFor(
    (afterId) => listUntoldDecisions(deps.store, { createdBefore, afterId, size: PAGE }),
    ({ id, order_id: orderId }) => didHappen(id, () => tellOne(deps, orderId, id)),
  );
}

/** Goes through a list page by page, by id, and counts those that were taken care of. */
async function countCaredFor<Row extends { readonly id: string }>(
  listAfter: (afterId: string) => Promise<readonly Row[]>,
  careFor: (row: Row) => Promise<boolean>,
): Promise<number> {
  let count = 0;
  for (let afterId = ''; ;) {
    const rows = await listAfter(afterId);
    for (const row of rows) if (await careFor(row)) count += 1;
    const last = rows.at(-1);
    if (!last) return count;
    afterId = last.id;
  }
}

async function tellOne(deps: Deps, orderId: string, decisionId: string): Promise<void> {
  const order = await getOrder(deps.store, orderId);
  // It came in the moment of the order's end, and nobody is there any more to refuse it.
  if (order.terminal_at !== null) await applyDecision(deps, orderId, decisionId);
  // An order that waits to learn what became of its submission takes its decisions up by itself afterwards.
  else if (order.state !== 'held' || order.resume_state !== 'submitted')
    await deps.runs.tellDecision(orderId, decisionId);
}

/** Does one of many things; one that fails is told and does not stop the others. */
async function didHappen(id: string, work: () => Promise<void>): Promise<boolean> {
  heartbeat();
  try {
    await work();
    return true;
  } catch (error) {
    log.error('could not be taken care of', { id, error: nameOf(error) });
    return false;
  }
}

/** The kind of failure alone: words may quote anything. */
function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown';
}

/** Sends what is due, oldest first; what cannot be sent is tried again later, ever more slowly. Notices what is not answered. */
export async function deliverOutbox(deps: Deps): Promise<{ delivered: number; postponed: number; missed: number }> {
  const counts = { delivered: 0, postponed: 0 };
  for (const row of await listDueOutbox(deps.store, nowIso(), PAGE)) {
    counts[await deliver(deps, row)] += 1;
    heartbeat();
  }
  return { ...counts, missed: await missAcknowledgments(deps.store) };
}

async function deliver({ store, transport }: Deps, pending: OutboxRow): Promise<'delivered' | 'postponed'> {
  let row = pending;
  try {
    if (row.file_name === null) row = await composeOutbox(store, row.id, hasGroup, composeX12(row.kind));
    if (row.file_name !== null) await transport.deliver(row.source, row.file_name, await openOutbox(store, row));
    await markDelivered(store, row.id, nowIso());
    return 'delivered';
  } catch (error) {
    if (error instanceof Erased) await markDropped(store, row.id);
    else await postponeOutbox(store, row.id, new Date(Date.now() + backoffMs(row.attempts)).toISOString());
    const { id, source, kind, attempts } = row;
    log.warn('could not be delivered', { id, source, kind, attempts, error: nameOf(error) });
    return 'postponed';
  }
}

function hasGroup(message: unknown): boolean {
  return (message as OutboundMessage).set !== null;
}

function composeX12(kind: string) {
  return (message: unknown, numbers: ControlNumbers): Composed => ({
    fileName: `${kind}-${numbers.interchange.padStart(9, '0')}.edi`,
    content: composeInterchange(message as OutboundMessage, numbers, new Date()),
  });
}

/** 30 s, 1 min, 2 min … at most an hour. */
function backoffMs(attempts: number): number {
  return Math.min(30_000 * 2 ** attempts, 3_600_000);
}
