import { createHmac } from 'node:crypto';
import { first, insertOnce } from './dialect.ts';
import type { Keyring } from './keyring.ts';
import type { Store } from './store.ts';
import type { OrderProcessingLogTable } from './tables.ts';

/** Whose history an entry belongs to. */
export type LogSubject = `${'order' | 'document' | 'source' | 'actor'}:${string}`;

/** One entry of the audit trail. `detail` holds ids, codes and counts, never personal data. */
export interface LogEntry {
  /** Unique under the subject: the same step run twice is written once. */
  readonly stepKey: string;
  /** UTC instant. */
  readonly at: string;
  /** Principal id, or the name of the program's part, e.g. `worker`. */
  readonly actor: string;
  readonly action: string;
  readonly detail?: Readonly<Record<string, unknown>>;
}

const GENESIS = '0'.repeat(64);

/** Transactions that may be quicker one after the other than one that appends to the same history. */
const MOST_OTHERS = 100;

/**
 * Appends to the audit trail, inside the transaction of the change it tells of. Each row's MAC covers the row and the MAC
 * before it, so a changed, removed or inserted row breaks the subject's chain.
 */
export async function appendLog(tx: Store, subject: LogSubject, entry: LogEntry): Promise<void> {
  for (let others = 0; others <= MOST_OTHERS; others += 1) {
    const row = await makeNextRow(tx, subject, entry);
    const inserted = await insertOnce(tx.db, 'order_processing_log', { ...row, mac: macOf(tx.keys, row) });
    if (inserted || (await hasStep(tx, subject, entry.stepKey))) return;
    // Another transaction has taken the number, and is committed by now: the chain goes on from there.
  }
  throw new Error(`the history of ${subject} is written by too many at the same time`);
}

async function makeNextRow(
  tx: Store,
  subject: LogSubject,
  entry: LogEntry,
): Promise<Omit<OrderProcessingLogTable, 'mac'>> {
  const last = await first(tx.db.selectFrom('order_processing_log').select(['sequence', 'mac']), 1)
    .where('subject', '=', subject)
    .orderBy('sequence', 'desc')
    .executeTakeFirst();
  return {
    subject,
    sequence: (last?.sequence ?? 0) + 1,
    step_key: entry.stepKey,
    at: entry.at,
    actor: entry.actor,
    action: entry.action,
    detail_json: JSON.stringify(entry.detail ?? {}),
    previous_mac: last?.mac ?? GENESIS,
  };
}

async function hasStep(tx: Store, subject: LogSubject, stepKey: string): Promise<boolean> {
  const query = tx.db.selectFrom('order_processing_log').select('sequence');
  return (await query.where('subject', '=', subject).where('step_key', '=', stepKey).executeTakeFirst()) !== undefined;
}

/** A subject's history, oldest first. */
export function listLog(store: Store, subject: LogSubject): Promise<OrderProcessingLogTable[]> {
  return store.db.selectFrom('order_processing_log').selectAll().where('subject', '=', subject).orderBy('sequence').execute();
}

/** Where a chain is broken. */
export interface BrokenChain {
  readonly subject: string;
  readonly sequence: number;
  readonly why: 'missing_row' | 'changed_row' | 'broken_link';
}

/** Verifies one subject's chain; the first broken place, or undefined when all holds. */
export async function findBrokenLink(store: Store, subject: LogSubject): Promise<BrokenChain | undefined> {
  let previous = GENESIS;
  let expected = 1;
  for (const row of await listLog(store, subject)) {
    const broken = (why: BrokenChain['why']): BrokenChain => ({ subject, sequence: expected, why });
    if (row.sequence !== expected) return broken('missing_row');
    if (row.previous_mac !== previous) return broken('broken_link');
    if (row.mac !== macOf(store.keys, row)) return broken('changed_row');
    previous = row.mac;
    expected += 1;
  }
  return undefined;
}

function macOf(keys: Keyring, row: Omit<OrderProcessingLogTable, 'mac'>): string {
  const fields = [row.subject, row.sequence, row.step_key, row.at, row.actor, row.action, row.detail_json, row.previous_mac];
  return createHmac('sha256', keys.auditKey).update(JSON.stringify(fields)).digest('hex');
}
