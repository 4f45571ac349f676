import { createHmac } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { first, insertOnce } from './dialect.ts';
import { requireName } from './ids.ts';
import type { Keyring } from './keyring.ts';
import type { Store } from './store.ts';
import type { OrderProcessingLogTable } from './tables.ts';

/** Whose history an entry belongs to. */
export type LogSubject =
  `${'order' | 'document' | 'source' | 'rule' | 'incident' | 'actor' | 'keys' | 'trail'}:${string}`;

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

/** What stands for the MAC before the first. */
export const GENESIS = '0'.repeat(64);

/** Transactions that may be quicker one after the other than one that appends to the same history. */
const MOST_OTHERS = 100;

/**
 * Appends to the audit trail, inside the transaction of the change it tells of. Each row's MAC covers the row and the MAC
 * before it, so a changed, removed or inserted row breaks the subject's chain.
 * @throws Error if the actor's name is not plain ASCII.
 */
export async function appendLog(tx: Store, subject: LogSubject, entry: LogEntry): Promise<void> {
  requireName(entry.actor, 'the actor');
  for (let others = 0; others <= MOST_OTHERS; others += 1) {
    const row = await makeNextRow(tx, subject, entry);
    const inserted = await insertOnce(tx.db, 'order_processing_log', { ...row, mac: macOf(tx.keys, row) });
    // The next anchor takes it from there: a list of rows, not a counter, because no two transactions can hide one in it.
    if (inserted) await insertOnce(tx.db, 'audit_unanchored', { subject, sequence: row.sequence });
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
  return store.db
    .selectFrom('order_processing_log')
    .selectAll()
    .where('subject', '=', subject)
    .orderBy('sequence')
    .execute();
}

/** What is wrong with an entry; `inserted_row`: the history goes on as if it were not there. */
export type BrokenWhy = 'missing_row' | 'changed_row' | 'inserted_row' | 'broken_link';

/** Where a chain is broken. */
export interface BrokenChain {
  readonly subject: string;
  readonly sequence: number;
  readonly why: BrokenWhy;
}

/** Verifies one subject's chain; the first broken place, or undefined when all holds. */
export async function findBrokenLink(store: Store, subject: string): Promise<BrokenChain | undefined> {
  let [previous, row] = [undefined, undefined] as (OrderProcessingLogTable | undefined)[];
  for await (const next of readSubject(store, subject)) {
    const broken = row && findBreak(store.keys, previous, row, next);
    if (broken) return broken;
    [previous, row] = [row, next];
  }
  return row && findBreak(store.keys, previous, row, undefined);
}

/**
 * Judges an entry by its neighbours of the same subject.
 * @param previous the entry before, which was found whole; undefined for the first.
 */
export function findBreak(
  keys: Keyring,
  previous: Pick<OrderProcessingLogTable, 'sequence' | 'mac'> | undefined,
  row: OrderProcessingLogTable,
  next: OrderProcessingLogTable | undefined,
): BrokenChain | undefined {
  const { sequence: last, mac: before } = previous ?? { sequence: 0, mac: GENESIS };
  const broken = (why: BrokenWhy): BrokenChain => ({ subject: row.subject, sequence: last + 1, why });
  if (row.sequence < 1) return { ...broken('inserted_row'), sequence: row.sequence };
  if (row.sequence !== last + 1) return broken('missing_row');
  const isLinked = row.previous_mac === before;
  if (isLinked && row.mac === macOf(keys, row)) return undefined;
  if (next?.previous_mac === before) return broken('inserted_row');
  return broken(isLinked ? 'changed_row' : 'broken_link');
}

const PAGE = 1000;

/** The whole audit trail by subject and sequence, a page in memory at a time. */
export async function* readWholeLog(store: Store): AsyncGenerator<OrderProcessingLogTable> {
  for (let subject = ''; ;) {
    const rows = await pageOf(store).where('subject', '>', subject).orderBy('subject').orderBy('sequence').execute();
    await nextTurn();
    yield* rows;
    const last = rows.at(-1);
    if (!last || rows.length < PAGE) return;
    // Two ways on, so that each is a range of the index: what is left of this subject, then the subjects after it.
    yield* readSubject(store, last.subject, last.sequence);
    subject = last.subject;
  }
}

async function* readSubject(store: Store, subject: string, from?: number): AsyncGenerator<OrderProcessingLogTable> {
  for (let after = from; ;) {
    let query = pageOf(store).where('subject', '=', subject);
    if (after !== undefined) query = query.where('sequence', '>', after);
    const rows = await query.orderBy('sequence').execute();
    // The embedded database answers at once: without this a long look would leave the process no time for anything else.
    await nextTurn();
    yield* rows;
    if (rows.length < PAGE) return;
    after = rows.at(-1)?.sequence;
  }
}

function pageOf(store: Store) {
  return first(store.db.selectFrom('order_processing_log').selectAll(), PAGE);
}

function macOf(keys: Keyring, row: Omit<OrderProcessingLogTable, 'mac'>): string {
  const fields = [
    row.subject,
    row.sequence,
    row.step_key,
    row.at,
    row.actor,
    row.action,
    row.detail_json,
    row.previous_mac,
  ];
  return createHmac('sha256', keys.auditKey).update(JSON.stringify(fields)).digest('hex');
}
