import { createHash, createHmac } from 'node:crypto';
import { appendLine, readLines, takeLastLine } from './anchor-files.ts';
import { first, takeTurn } from './dialect.ts';
import type { Keyring } from './keyring.ts';
import { GENESIS } from './log.ts';
import { inTransaction, type Store } from './store.ts';
import type { AuditAnchorTable } from './tables.ts';

/**
 * A chain of MACs tells that an entry was changed, but not that a history ends too early, or that one is missing whole.
 * Anchors do: each holds the heads of all histories that grew since the one before, and the MAC of that one. They stand in
 * files outside the database, where whoever can write its tables cannot reach, and without their heads in a table too.
 */

/** A history's end at one moment: subject, sequence, MAC. */
export type Head = readonly [subject: string, sequence: number, mac: string];

/** A line of the files. */
export interface Anchor {
  /** 1, 2, 3 … without gaps. */
  readonly anchor: number;
  /** UTC instant. */
  readonly at: string;
  /** How many entries no anchor covered before. */
  readonly rows: number;
  readonly heads: readonly Head[];
  readonly previous: string;
  readonly mac: string;
}

/** Entries in one anchor: the transaction that writes it is short. */
const ROWS_IN_ANCHOR = 1000;

/**
 * Writes one anchor over entries that none covers yet, to the files and to the table.
 * @returns how many entries it covers, and whether there may be more; undefined if there was nothing to cover.
 */
export function writeAnchor(
  store: Store,
  folder: string,
  now: string,
): Promise<{ rows: number; more: boolean } | undefined> {
  return inTransaction(store, async (tx) => {
    await takeTurn(tx.db, 'anchors');
    const outside = takeLastAnchor(tx.keys, folder);
    // The process died after the file was written and before the table was.
    const known = await findLastRow(tx);
    const isNext = outside?.anchor === (known?.number ?? 0) + 1;
    // Not so of a database that was restored from a backup: what the anchor covers is not in it.
    if (outside && isNext && (await isWaiting(tx, outside))) await keepAnchor(tx, outside);
    const rows = await listUnanchored(tx);
    if (rows.length === 0) return undefined;
    const anchor = makeAnchor(tx.keys, { number: Math.max(outside?.anchor ?? 0, known?.number ?? 0) + 1, now, rows }, [
      outside && { number: outside.anchor, mac: outside.mac },
      known && isGenuineRow(tx.keys, known) ? known : undefined,
    ]);
    await keepAnchor(tx, anchor);
    // Inside the transaction, because its lock is what keeps two writers of the files apart, and because a line that the
    // table does not know is taken over by the next anchor, while the opposite could not be mended.
    appendLine(folder, now.slice(0, 'yyyy-mm-dd'.length), JSON.stringify(anchor));
    return { rows: rows.length, more: rows.length === ROWS_IN_ANCHOR };
  });
}

/** Entries that wait for an anchor; their MAC is null where they are in the audit trail no more. */
function listUnanchored(tx: Store) {
  return first(
    tx.db
      .selectFrom('audit_unanchored')
      .leftJoin('order_processing_log', (join) =>
        join
          .onRef('order_processing_log.subject', '=', 'audit_unanchored.subject')
          .onRef('order_processing_log.sequence', '=', 'audit_unanchored.sequence'),
      )
      .select(['audit_unanchored.subject', 'audit_unanchored.sequence', 'order_processing_log.mac'])
      .orderBy('audit_unanchored.subject')
      .orderBy('audit_unanchored.sequence'),
    ROWS_IN_ANCHOR,
  ).execute();
}

/** Whether all that an anchor covers is there as it says, and waits for an anchor still. */
export async function isWaiting({ db }: Store, { heads }: Anchor): Promise<boolean> {
  for (const part of chunk(heads)) {
    const rows = await db
      .selectFrom('audit_unanchored as listed')
      .leftJoin('order_processing_log as log', (join) =>
        join.onRef('log.subject', '=', 'listed.subject').onRef('log.sequence', '=', 'listed.sequence'),
      )
      .select(['listed.subject', 'listed.sequence', 'log.mac'])
      .where((eb) =>
        eb.or(part.map(([subject, sequence]) => eb.and({ 'listed.subject': subject, 'listed.sequence': sequence }))),
      )
      .execute();
    const there = new Set(rows.map(({ subject, sequence, mac }) => `${subject} ${String(sequence)} ${mac ?? ''}`));
    if (!part.every((head) => there.has(head.join(' ')))) return false;
  }
  return true;
}

/** Places that are asked for in one statement. */
const PLACES = 100;

/** Parts of a list that are small enough for one statement. */
export function chunk<T>(all: readonly T[]): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / PLACES) }, (_, i) => all.slice(i * PLACES, (i + 1) * PLACES));
}

interface Covered {
  readonly number: number;
  readonly now: string;
  readonly rows: readonly { readonly subject: string; readonly sequence: number; readonly mac: string | null }[];
}

function makeAnchor(
  keys: Keyring,
  { number, now, rows }: Covered,
  before: readonly ({ readonly number: number; readonly mac: string } | undefined)[],
): Anchor {
  // An entry that is gone before it was covered is covered all the same, so that it is missed.
  const heads = new Map(rows.map(({ subject, sequence, mac }) => [subject, [subject, sequence, mac ?? ''] as const]));
  const previous = before.find((one) => one?.number === number - 1)?.mac ?? GENESIS;
  const anchor = { anchor: number, at: now, rows: rows.length, heads: [...heads.values()], previous };
  return { ...anchor, mac: macOf(keys, toRow({ ...anchor, mac: '' })) };
}

/** Takes an anchor into the table, and what it covers off the list. */
async function keepAnchor(tx: Store, anchor: Anchor): Promise<void> {
  await tx.db.insertInto('audit_anchors').values(toRow(anchor)).execute();
  for (const [subject, sequence] of anchor.heads) {
    const covered = tx.db.deleteFrom('audit_unanchored').where('subject', '=', subject);
    await covered.where('sequence', '<=', sequence).execute();
  }
}

function findLastRow({ db }: Store): Promise<AuditAnchorTable | undefined> {
  return first(db.selectFrom('audit_anchors').selectAll().orderBy('number', 'desc'), 1).executeTakeFirst();
}

/** The newest line, if it is genuine: a forged one is left for `verifyLog` to tell of, and anchoring goes on. */
function takeLastAnchor(keys: Keyring, folder: string): Anchor | undefined {
  const anchor = parseAnchor(takeLastLine(folder) ?? '');
  return anchor && isGenuine(keys, anchor) ? anchor : undefined;
}

/** The anchors outside the database, oldest first; undefined for a line that is none. */
export async function* readAnchors(folder: string): AsyncGenerator<Anchor | undefined> {
  for await (const line of readLines(folder)) yield parseAnchor(line);
}

function parseAnchor(line: string): Anchor | undefined {
  try {
    const value = JSON.parse(line) as Partial<Anchor> | null;
    return Array.isArray(value?.heads) && value.heads.every(Array.isArray) ? (value as Anchor) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether an anchor was written with the audit key, as it is. */
export function isGenuine(keys: Keyring, anchor: Anchor): boolean {
  return isGenuineRow(keys, toRow(anchor));
}

/** Whether a row of the table was written with the audit key, as it is. */
function isGenuineRow(keys: Keyring, row: AuditAnchorTable): boolean {
  return row.mac === macOf(keys, row);
}

/** An anchor as it stands in the table. */
export function toRow({ anchor, at, rows, heads, previous, mac }: Anchor): AuditAnchorTable {
  const digest = createHash('sha256').update(JSON.stringify(heads)).digest('hex');
  return {
    number: anchor,
    at,
    row_count: rows,
    head_count: heads.length,
    heads_digest: digest,
    previous_mac: previous,
    mac,
  };
}

function macOf(keys: Keyring, row: AuditAnchorTable): string {
  const fields = ['anchor', row.number, row.at, row.row_count, row.head_count, row.heads_digest, row.previous_mac];
  return createHmac('sha256', keys.auditKey).update(JSON.stringify(fields)).digest('hex');
}
