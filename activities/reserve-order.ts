import type { BackOffice, ReserveRequest, ReserveResult, Shortage } from '../backoffice/port.ts';
import { listFindings, putFindings } from '../db/findings.ts';
import { listWaiting, putFulfilments } from '../db/fulfilment.ts';
import { type Hold, type Looked, openHolds, RECHECK } from '../db/holds.ts';
import { appendLog } from '../db/log.ts';
import { getOrder, moveOrder, type OrderRef } from '../db/orders.ts';
import { getCaseNow } from '../db/rejudgements.ts';
import { inTransaction, type Store } from '../db/store.ts';
import type { Finding } from '../orders/finding.ts';
import type { Fulfilment } from '../orders/fulfilment.ts';
import { decimal } from '../orders/money.ts';
import type { Order } from '../orders/order.ts';
import { chooseRules } from '../orders/rules/evaluate.ts';
import { explainLine } from '../orders/rules/inventory.ts';
import { askBackOffice, trustFulfilments } from './back-office.ts';
import { type Deps, nowIso, WORKER } from './deps.ts';
import { passGate } from './gate.ts';
import { type OrderProgress, readProgress } from './progress.ts';
import { findTerms } from './serving-terms.ts';
import { holdBy, listRulesFor } from './validate-order.ts';

/**
 * Sets credit and stock aside for this revision, if the gate lets it. That a reservation may exist is on the row before
 * the back office is asked, so that whatever ends the order afterwards gives it back.
 */
export async function reserveOrder({ store, backOffice }: Deps, ref: OrderRef): Promise<OrderProgress> {
  const gate = await inTransaction(store, (tx) => prepare(tx, ref));
  if (gate === 'live') {
    const judged = await getCaseNow(store, ref);
    const { order } = judged;
    const terms = await findTerms(store, ref, judged);
    const { customerId, currency, total: amount } = order;
    const lines = order.lines.map(({ line, sku, quantity }) => ({ line, sku, quantity }));
    const request = { ...ref, ...terms, customerId, currency, amount, lines };
    const result = await askBackOffice(() => reserve(backOffice(), request));
    await inTransaction(store, (tx) => keepResult(tx, ref, order, result));
  }
  return readProgress(store, ref.orderId);
}

async function reserve(backOffice: BackOffice, request: ReserveRequest): Promise<ReserveResult> {
  const result = await backOffice.reserve(request);
  const quantities = request.lines.map(({ quantity }) => quantity);
  if (result.reserved) trustFulfilments('reserve', quantities, result.lines);
  return result;
}

async function prepare(tx: Store, ref: OrderRef): Promise<'live' | 'shadow' | 'waits' | 'done'> {
  const at = nowIso();
  const { state, revision } = await getOrder(tx, ref.orderId);
  if (state !== 'validated' || revision !== ref.revision) return 'done';
  const gate = await passGate(tx, ref, 'validated', at);
  if (gate === 'live') await moveOrder(tx, ref, ['validated'], 'validated', at, { reservation: 'began' });
  if (gate === 'shadow') await moveOrder(tx, ref, ['validated'], 'reserved', at);
  return gate;
}

async function keepResult(tx: Store, ref: OrderRef, order: Order, result: ReserveResult): Promise<void> {
  const at = nowIso();
  const shortages = result.reserved ? [] : result.shortages.map((shortage) => findingOf(shortage, order));
  const moved = result.reserved
    ? await moveOrder(tx, ref, ['validated'], 'reserved', at)
    : await moveOrder(tx, ref, ['validated'], 'in_review', at, { resume_state: 'validated' });
  if (!moved) return;
  const waiting = result.reserved ? listWaiting(result.lines) : [];
  const told = result.reserved ? await tellOfWaiting(tx, ref, order, result.lines) : [];
  const of = { subject: `order:${ref.orderId}`, revision: ref.revision, step: 'reserve', at } as const;
  await putFindings(tx, of, [...shortages, ...told]);
  if (result.reserved) await putFulfilments(tx, ref, result.lines, { clearedBy: RECHECK, at });
  if (shortages.length > 0) await openHolds(tx, ref, await holdsFor(tx, ref, order, shortages, at), at);
  const action = result.reserved ? 'order.reserved' : 'order.not_reserved';
  const codes = shortages.map(({ code }) => code);
  const detail = { revision: ref.revision, shortages: codes, ...(waiting.length > 0 && { waiting }) };
  await appendLog(tx, `order:${ref.orderId}`, {
    stepKey: `reserve:${String(ref.revision)}:${at}`,
    at,
    actor: WORKER,
    action,
    detail,
  });
}

/** Says of which lines something waits, where that was not told when the order was judged: the stock was taken since. */
async function tellOfWaiting(
  tx: Store,
  ref: OrderRef,
  { lines }: Order,
  fulfilments: readonly Fulfilment[],
): Promise<readonly Finding[]> {
  const waiting = listWaiting(fulfilments);
  if (waiting.length === 0) return [];
  const found = await listFindings(tx, `order:${ref.orderId}`, ref.revision);
  if (found.some(({ code }) => code === 'STOCK.SHORT')) return [];
  return waiting.flatMap(({ position, waiting: quantity }): Finding[] => {
    const line = lines[position - 1];
    if (!line) return [];
    const goes = decimal(line.quantity).minus(decimal(quantity));
    const message = `the stock was taken in the meantime: ${explainLine(line.line, { goes, waits: decimal(quantity) })}`;
    const common = { category: 'business_rule', disposition: 'warn', location: {} } as const;
    const path = `/lines/${String(position - 1)}/quantity`;
    return [{ ...common, code: 'STOCK.SHORT', path, message, evidence: line.quantity, excess: quantity }];
  });
}

/** Whoever may release what validation would have found may release it now. */
async function holdsFor(
  tx: Store,
  ref: OrderRef,
  order: Order,
  findings: readonly Finding[],
  at: string,
): Promise<(Hold & Looked)[]> {
  const now = new Date(at);
  const rules = chooseRules(await listRulesFor(tx, ref, now), order, now);
  return findings.map((finding) =>
    holdBy(
      rules.find(({ code }) => code === finding.code),
      finding,
    ),
  );
}

/** As the rule of the same code finds it, so that what is let pass of the one is let pass of the other. */
function findingOf(shortage: Shortage, { lines }: Order): Finding {
  const common = { category: 'business_rule', disposition: 'hold', location: {} } as const;
  switch (shortage.kind) {
    case 'credit': {
      const evidence = `limit ${shortage.limit}, used ${shortage.used}, wanted ${shortage.wanted}`;
      return {
        ...common,
        code: 'CREDIT.LIMIT',
        path: '/total',
        evidence,
        excess: decimal(shortage.used).plus(decimal(shortage.wanted)).minus(decimal(shortage.limit)).toFixed(),
        message: `the credit was used up in the meantime: ${evidence}`,
      };
    }
    case 'stock': {
      const evidence = `${shortage.sku}: available ${shortage.available}, wanted ${shortage.wanted}`;
      return {
        ...common,
        code: 'STOCK.SHORT',
        path: `/lines/${String(lines.findIndex(({ sku }) => sku === shortage.sku))}/quantity`,
        evidence,
        excess: decimal(shortage.wanted).minus(decimal(shortage.available)).toFixed(),
        message: `the stock was taken in the meantime: ${evidence}`,
      };
    }
    case 'released':
      return {
        ...common,
        code: 'RESERVATION.RELEASED',
        path: '',
        evidence: null,
        message: 'the back office says that this revision was given up; correct the order to make a new revision',
      };
  }
}
