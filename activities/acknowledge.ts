import { log } from '@temporalio/activity';
import { findChangeOf, isCancelledBySender } from '../db/changes.ts';
import { type DocumentRow, getSlice } from '../db/documents.ts';
import { listFindings } from '../db/findings.ts';
import { listFulfilments } from '../db/fulfilment.ts';
import { appendLog } from '../db/log.ts';
import { findContent, getRevision, isGone, listRevisions, type OrderRow, peekOrder } from '../db/orders.ts';
import { listOutbox, listUnacknowledged, markAcknowledged, markMissed, putUncomposed } from '../db/outbox.ts';
import { listSources } from '../db/sources.ts';
import { inTransaction, type Store } from '../db/store.ts';
import { type StagedOrder, withFulfilment } from '../orders/fulfilment.ts';
import { type AcknowledgedOrder, make855 } from '../orders/formats/x12-855.ts';
import type { X12Context } from '../orders/formats/x12-850.ts';
import { type AcknowledgedGroup, make997 } from '../orders/formats/x12-997.ts';
import type { ReceivedAcknowledgment } from '../orders/formats/x12-997-reader.ts';
import type { X12Interchange, X12InterchangeEnd } from '../orders/formats/x12-events.ts';
import { makeTa1 } from '../orders/formats/x12-ta1.ts';
import type { Order } from '../orders/order.ts';
import type { X12Profile } from '../orders/source.ts';
import { isoIn, nowIso, WORKER } from './deps.ts';
import { tellDamaged } from './guard.ts';

/** A functional group of an accepted interchange, with what was found in its transaction sets. */
export interface ReceivedGroup {
  readonly interchange: X12Interchange;
  readonly acknowledged: AcknowledgedGroup;
}

/**
 * Writes what goes back for a document's envelopes to the outbox, inside the transaction that ends the split: a TA1 for
 * each interchange that asks for one, a 997 for each functional group of those that were accepted.
 */
export async function putEnvelopeAcknowledgments(
  tx: Store,
  { id, source }: DocumentRow,
  { acknowledge, us, partner }: X12Profile,
  interchanges: readonly X12InterchangeEnd[],
  groups: readonly ReceivedGroup[],
  at: string,
): Promise<void> {
  const subject = `document:${id}` as const;
  for (const end of acknowledge.includes('TA1') ? interchanges : []) {
    if (!end.interchange.wantsTa1) continue;
    const stepKey = `TA1:${String(end.interchange.index)}`;
    await putUncomposed(tx, { subject, source, kind: 'TA1', stepKey, message: makeTa1(end, { us, partner }) }, at);
  }
  for (const { interchange, acknowledged } of acknowledge.includes('997') ? groups : []) {
    // A 997 is never acknowledged.
    if (acknowledged.group.functionalId === 'FA') continue;
    const stepKey = `997:${String(interchange.index)}:${String(acknowledged.group.index)}`;
    const message = make997(acknowledged, interchange);
    await putUncomposed(tx, { subject, source, kind: '997', stepKey, message }, at);
  }
}

/** What became of an order of which its partner is told. */
export type Fate = 'completed' | 'rejected' | 'cancelled';

/**
 * Writes the 855 of an X12 order to the outbox, inside the transaction that settles its fate. What it compares with is what
 * the partner said last: the order as it was sent, or the change that superseded it.
 */
export async function putPurchaseOrderAcknowledgment(
  tx: Store,
  order: OrderRow,
  profile: X12Profile,
  { fate, stepKey, at }: { readonly fate: Fate; readonly stepKey: string; readonly at: string },
): Promise<void> {
  if (isGone(order) || !profile.acknowledge.includes('855')) return;
  const said = await findSaid(tx, order);
  const answer = said && (await chooseAnswer(tx, order, fate));
  if (!said || !answer) return;
  const acknowledged: AcknowledgedOrder = {
    ...answer,
    ordered: said.order,
    set: said.set,
    accepted: fate === 'completed' ? ((await findAccepted(tx, order)) ?? null) : null,
    ourNumber: order.production_order_id,
    on: at.slice(0, 10),
  };
  const message = make855(acknowledged, profile, said.context);
  const subject = `order:${order.id}` as const;
  await putUncomposed(tx, { subject, source: order.source, kind: '855', stepKey: `855:${stepKey}`, message }, at);
}

/** The order as production has it. */
async function findAccepted(tx: Store, order: OrderRow): Promise<StagedOrder | undefined> {
  const content = await findContent(tx, order);
  const ref = { orderId: order.id, revision: order.revision };
  return content && withFulfilment(content, await listFulfilments(tx, ref, content.lines.length));
}

/** What a partner said of an order. */
interface Said {
  readonly order: Order;
  /** ST to SE; null: its content was removed. */
  readonly set: Uint8Array | null;
  readonly context: X12Context;
}

/**
 * What the partner said last of an order. What people corrected or replaced at a desk is ours; an order that could not be
 * read has no number to speak of, and its 997 says what is wrong.
 */
async function findSaid(tx: Store, order: OrderRow): Promise<Said | undefined> {
  const own = await getSlice(tx, order.id);
  if (own.format !== 'x12') return undefined;
  const context = own.locator as X12Context;
  for (const { origin, revision } of (await listRevisions(tx, order.id)).toReversed()) {
    if (origin === 'corrected') continue;
    const content = () => getRevision(tx, { orderId: order.id, revision });
    if (origin === 'parsed') return { order: await content(), set: own.bytes, context };
    const change = await findChangeRow(tx, order.id, revision);
    if (change?.source !== order.source) continue;
    if (isGone(change)) return { order: await content(), set: null, context };
    const slice = await getSlice(tx, change.id);
    if (slice.format === 'x12')
      return { order: await content(), set: slice.bytes, context: slice.locator as X12Context };
  }
  return undefined;
}

async function findChangeRow(tx: Store, orderId: string, revision: number): Promise<OrderRow | undefined> {
  const id = await findChangeOf(tx, orderId, revision);
  return id === undefined ? undefined : peekOrder(tx, id);
}

/** A copy of an order that came another way is not answered: what became of that order is said of that. */
const COPY = 'X12.ORDER.COPY';
/** An order with a number that another one has: of that, the partner hears otherwise. */
const DUPLICATE = 'PO.DUPLICATE';

/** How an order is answered; undefined: not at all. */
async function chooseAnswer(
  tx: Store,
  order: OrderRow,
  fate: Fate,
): Promise<Pick<AcknowledgedOrder, 'purpose' | 'answer'> | undefined> {
  const codes = (await listFindings(tx, `order:${order.id}`, order.revision)).map(({ code }) => code);
  if (codes.includes(COPY)) return undefined;
  // The order that it would have changed stands as it was.
  if (order.type !== 'new') return { purpose: order.type === 'cancel' ? '01' : '05', answer: 'refused' };
  if (fate === 'rejected' && codes.includes(DUPLICATE)) return { purpose: '07', answer: 'refused' };
  if (fate === 'cancelled' && (await isCancelledBySender(tx, order))) return { purpose: '01', answer: 'done' };
  const isFirst = (await listOutbox(tx, `order:${order.id}`)).every(({ kind }) => kind !== '855');
  return { purpose: isFirst ? '00' : '05', answer: 'lines' };
}

/** Messages of ours that a partner acknowledges, by AK101. */
const KINDS: Readonly<Record<string, string>> = { PR: '855' };

/** Notes what a partner's 997s say of our messages, inside the transaction that ends the split of their document. */
export async function noteAcknowledgments(
  tx: Store,
  { id, source }: DocumentRow,
  received: readonly ReceivedAcknowledgment[],
  at: string,
): Promise<void> {
  for (const { functionalId, groupControlNumber: controlNumber, code } of received) {
    const kind = KINDS[functionalId] ?? functionalId;
    const subject = await markAcknowledged(tx, { source, kind, controlNumber }, code, at);
    const isGood = code === 'A' || code === 'E';
    const action =
      subject === undefined ? 'acknowledgment.unknown' : isGood ? 'acknowledgment.received' : 'acknowledgment.refused';
    const entry = { stepKey: `acknowledged:${kind}:${controlNumber}:${id}`, at, actor: `source:${source}`, action };
    await appendLog(tx, subject ?? `document:${id}`, { ...entry, detail: { kind, controlNumber, code } });
  }
}

const HOUR_MS = 3_600_000;
const PAGE = 200;

/** Notices 855s that their partner has not acknowledged in time; each is told of once. @returns how many */
export async function missAcknowledgments(store: Store): Promise<number> {
  let missed = 0;
  for (const { id: source, x12 } of await listSources(store, tellDamaged)) {
    if (!x12?.acknowledge.includes('855')) continue;
    const sentBefore = isoIn(-x12.expect997Hours * HOUR_MS);
    for (const row of await listUnacknowledged(store, source, '855', sentBefore, PAGE)) {
      await miss(store, row, source);
      missed += 1;
    }
  }
  return missed;
}

async function miss(
  store: Store,
  row: { readonly id: string; readonly subject: string },
  source: string,
): Promise<void> {
  const at = nowIso();
  await inTransaction(store, async (tx) => {
    await markMissed(tx, row.id, at);
    const entry = { stepKey: `missed:${row.id}`, at, actor: WORKER, action: 'acknowledgment.missed' };
    await appendLog(tx, row.subject as `order:${string}`, { ...entry, detail: { kind: '855', message: row.id } });
  });
  log.warn('a 997 for an 855 is missing', { source, subject: row.subject, message: row.id });
}
