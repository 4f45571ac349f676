import { log } from '@temporalio/activity';
import { findChangeOf } from '../db/changes.ts';
import { type DocumentRow, getSlice } from '../db/documents.ts';
import { appendLog } from '../db/log.ts';
import { getRevision, listRevisions, type OrderRow } from '../db/orders.ts';
import { listOutbox, listUnacknowledged, markAcknowledged, markMissed, putUncomposed } from '../db/outbox.ts';
import { findSource, listSources } from '../db/sources.ts';
import { inTransaction, type Store } from '../db/store.ts';
import { type AcknowledgedOrder, make855 } from '../orders/formats/x12-855.ts';
import type { X12Context } from '../orders/formats/x12-850.ts';
import { type AcknowledgedGroup, make997 } from '../orders/formats/x12-997.ts';
import type { ReceivedAcknowledgment } from '../orders/formats/x12-997-reader.ts';
import type { X12Interchange, X12InterchangeEnd } from '../orders/formats/x12-events.ts';
import { makeTa1 } from '../orders/formats/x12-ta1.ts';
import type { X12Profile } from '../orders/source.ts';
import { nowIso, WORKER } from './deps.ts';

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
  { acknowledge }: X12Profile,
  interchanges: readonly X12InterchangeEnd[],
  groups: readonly ReceivedGroup[],
  at: string,
): Promise<void> {
  const subject = `document:${id}` as const;
  for (const end of acknowledge.includes('TA1') ? interchanges : []) {
    if (!end.interchange.wantsTa1) continue;
    const stepKey = `TA1:${String(end.interchange.index)}`;
    await putUncomposed(tx, { subject, source, kind: 'TA1', stepKey, message: makeTa1(end) }, at);
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
  fate: Fate,
  stepKey: string,
  at: string,
): Promise<void> {
  const profile = await findSource(tx, order.source);
  const isGone = order.erased_at !== null || order.expired_at !== null;
  if (isGone || !profile?.x12?.acknowledge.includes('855')) return;
  const revisions = await listRevisions(tx, order.id);
  const said = revisions.findLast(({ origin }) => origin !== 'corrected');
  // An order that could not be read has no number to speak of; its 997 says what is wrong.
  if (!said) return;
  const change = said.origin === 'superseded' ? await findChangeOf(tx, order.id, said.revision) : undefined;
  const { format, locator, bytes: set } = await getSlice(tx, change ?? order.id);
  if (format !== 'x12') return;
  const ordered = await getRevision(tx, { orderId: order.id, revision: said.revision });
  const isKnown = revisions.some(({ revision }) => revision === order.revision);
  const accepted =
    fate === 'completed' && isKnown ? await getRevision(tx, { orderId: order.id, revision: order.revision }) : null;
  const subject = `order:${order.id}` as const;
  const isFirst = (await listOutbox(tx, subject)).every(({ kind }) => kind !== '855');
  const acknowledged: AcknowledgedOrder = {
    purpose: fate === 'cancelled' ? '01' : isFirst ? '00' : '05',
    ordered,
    set,
    accepted,
    ourNumber: order.production_order_id,
    on: at.slice(0, 10),
  };
  const message = make855(acknowledged, profile.x12, locator as X12Context);
  await putUncomposed(tx, { subject, source: order.source, kind: '855', stepKey: `855:${stepKey}`, message }, at);
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
  for (const { id: source, x12 } of await listSources(store)) {
    if (!x12?.acknowledge.includes('855')) continue;
    const sentBefore = new Date(Date.now() - x12.expect997Hours * HOUR_MS).toISOString();
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
