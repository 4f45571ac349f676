import { lockRows } from './dialect.ts';
import { appendLog } from './log.ts';
import { eraseKeys } from './seal.ts';
import type { Store } from './store.ts';

/** Takes the place of sealed content that was removed. */
const NOTHING = Buffer.alloc(0);

/** On whose behalf content goes, and when. */
export interface Forgetting {
  readonly actor: string;
  readonly at: string;
}

/**
 * Erases the data keys of orders that are over, and by what a person was found in them: nothing that was sealed under
 * them can be read again. What still waited for their content is settled, so that nobody waits for it in vain.
 */
export async function forgetOrders(tx: Store, orderIds: readonly string[], { at }: Forgetting): Promise<void> {
  if (orderIds.length === 0) return;
  const subjects = orderIds.map((id) => `order:${id}` as const);
  await eraseKeys(tx, subjects);
  await tx.db.deleteFrom('person_hashes').where('order_id', 'in', orderIds).execute();
  await dropUndelivered(tx, subjects);
  await tx.db
    .updateTable('decisions')
    .set({ state: 'refused', refusal: 'the content of the order was erased', settled_at: at })
    .where('order_id', 'in', orderIds)
    .where('state', '=', 'pending')
    .execute();
}

/** Notes that what is erased will not be delivered. */
async function dropUndelivered(tx: Store, subjects: readonly string[]): Promise<void> {
  await tx.db
    .updateTable('outbox')
    .set({ state: 'dropped' })
    .where('subject', 'in', subjects)
    .where('state', '=', 'pending')
    .execute();
}

/** Removes the cipher texts of orders whose keys are gone. What is plain stays: who did what, when, with what outcome. */
export async function removeContent(tx: Store, orderIds: readonly string[]): Promise<void> {
  if (orderIds.length === 0) return;
  const subjects = orderIds.map((id) => `order:${id}`);
  for (const table of ['order_revisions', 'order_staging_validated', 'facts_snapshots', 'rejudgements'] as const) {
    await tx.db.deleteFrom(table).where('order_id', 'in', orderIds).execute();
  }
  await tx.db.deleteFrom('order_staging_errors').where('subject', 'in', subjects).execute();
  // What may be a word of the order alone. In an incident it is one of many orders.
  await tx.db
    .deleteFrom('incident_orders')
    .where('subject_id', 'in', orderIds)
    .where('incident_id', 'is', null)
    .execute();
  // The row stays, because it says at which place of the document the order stood.
  await tx.db
    .updateTable('order_staging_raw')
    .set({ content_sealed: NOTHING, locator_json: null })
    .where('order_id', 'in', orderIds)
    .execute();
  await tx.db.updateTable('decisions').set({ content_sealed: NOTHING }).where('order_id', 'in', orderIds).execute();
  await tx.db.updateTable('outbox').set({ content_sealed: NOTHING }).where('subject', 'in', subjects).execute();
}

/**
 * Looks after the documents of forgotten orders. One that holds no other order is forgotten too; of one that does, the 997s
 * that were delivered lose their content, because they may quote what was wrong with any of its orders.
 * @returns the ids of the documents that were forgotten.
 */
export async function forgetEmptyDocuments(
  tx: Store,
  documentIds: readonly string[],
  by: Forgetting,
): Promise<string[]> {
  if (documentIds.length === 0) return [];
  // Before it is asked: of two that forget the last orders of a document at once, the second sees what the first did.
  await lockRows(tx.db, tx.db.selectFrom('documents').select('id').where('id', 'in', documentIds)).execute();
  const empty = await tx.db
    .selectFrom('documents')
    .select('id')
    .where('id', 'in', documentIds)
    .where('state', 'in', ['split', 'processed'])
    .where('erased_at', 'is', null)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('orders')
            .select('orders.id')
            .whereRef('orders.document_id', '=', 'documents.id')
            .where('orders.erased_at', 'is', null)
            .where('orders.expired_at', 'is', null),
        ),
      ),
    )
    .execute();
  const subjects = documentIds.map((id) => `document:${id}`);
  await tx.db
    .updateTable('outbox')
    .set({ content_sealed: NOTHING })
    .where('subject', 'in', subjects)
    .where('state', '=', 'delivered')
    .execute();
  const ids = empty.map((row) => row.id);
  await forgetDocuments(tx, ids, by);
  return ids;
}

/** Erases the data keys and the content of documents; their rows stay. */
export async function forgetDocuments(
  tx: Store,
  documentIds: readonly string[],
  { actor, at }: Forgetting,
): Promise<void> {
  if (documentIds.length === 0) return;
  const subjects = documentIds.map((id) => `document:${id}` as const);
  await eraseKeys(tx, subjects);
  await tx.db.deleteFrom('document_chunks').where('document_id', 'in', documentIds).execute();
  await tx.db.deleteFrom('order_staging_errors').where('subject', 'in', subjects).execute();
  await dropUndelivered(tx, subjects);
  await tx.db.updateTable('outbox').set({ content_sealed: NOTHING }).where('subject', 'in', subjects).execute();
  const gone = { erased_at: at, envelope_sealed: null, file_name_sealed: null };
  await tx.db.updateTable('documents').set(gone).where('id', 'in', documentIds).execute();
  for (const subject of subjects)
    await appendLog(tx, subject, { stepKey: 'erased', at, actor, action: 'document.erased' });
}
