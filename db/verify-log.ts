import { type AcknowledgedLoss, findUncovered, listAcknowledged, listLosses, type Loss } from './acknowledged.ts';
import { type Anchor, chunk, type Head, isGenuine, isWaiting, readAnchors, toRow } from './anchors.ts';
import { first } from './dialect.ts';
import { type BrokenChain, type BrokenWhy, findBreak, findBrokenLink, GENESIS, readWholeLog } from './log.ts';
import type { Store } from './store.ts';
import type { AuditAnchorTable, OrderProcessingLogTable } from './tables.ts';

/**
 * Where the audit trail does not hold.
 * - `changed_row`, `missing_row`, `inserted_row`, `broken_link`: an entry of a subject's history, see `log.ts`
 * - `cut_tail`: entries that an anchor or the list of those to be anchored knows are gone from the end of a history, or
 *   others stand in their place; `missing_subject`: the whole history is gone
 * - `missing_anchor`, `changed_anchor`: outside the database or in its table
 * - `changed_list`: the list of entries that wait for an anchor does not tell of all of them, or of others
 */
export interface BrokenPlace {
  readonly why: BrokenWhy | 'cut_tail' | 'missing_subject' | 'missing_anchor' | 'changed_anchor' | 'changed_list';
  readonly subject: string | null;
  readonly sequence: number | null;
  /** Number of the anchor, where it is an anchor that is broken. */
  readonly anchor: number | null;
}

export interface Verification {
  /** The first broken place; null: all holds. */
  readonly broken: BrokenPlace | null;
  /** Anchors whose loss somebody has acknowledged; they do not count as broken, and are told of for good. */
  readonly acknowledged: readonly AcknowledgedLoss[];
  /** Entries and anchors that were looked at. */
  readonly rows: number;
  readonly anchors: number;
  /** What no anchor protects yet: entries written since the last one, which may be cut off unnoticed. */
  readonly window: { readonly since: string | null; readonly rows: number };
}

/** Where entries and anchors are. */
interface Place {
  readonly store: Store;
  readonly folder: string;
  /** Anchors that are known to be gone. */
  readonly losses: readonly Loss[];
}

/** Told how far the verification is. */
export type Progress = (done: { readonly rows: number; readonly anchors: number }) => void;

/**
 * Verifies the whole audit trail against its chains and anchors, while it goes on being written. A page is in memory at a
 * time; each anchored head is looked up once, and each entry read once.
 */
export async function verifyLog(
  store: Store,
  folder: string,
  progress: Progress = () => undefined,
): Promise<Verification> {
  const acknowledged = await listAcknowledged(store);
  return { ...(await verify({ store, folder, losses: acknowledged }, progress)), acknowledged };
}

/**
 * What is gone of the anchors and not acknowledged yet, if nothing else is wrong with the audit trail.
 * @returns the first broken place instead, if something is that cannot be acknowledged.
 */
export async function findAcknowledgeable(store: Store, folder: string): Promise<readonly Loss[] | BrokenPlace> {
  const known = await listAcknowledged(store);
  const losses = await listLosses(store, folder, known);
  const { broken } = await verify({ store, folder, losses: [...known, ...losses] }, () => undefined);
  return broken ?? losses;
}

async function verify(place: Place, progress: Progress): Promise<Omit<Verification, 'acknowledged'>> {
  const { store } = place;
  const window = await describeWindow(store);
  const count = { rows: 0, anchors: 0 };
  const tell = (what: keyof typeof count) => () => {
    count[what] += 1;
    progress(count);
  };
  const broken =
    (await findBrokenAnchor(place, tell('anchors'))) ??
    (await findBrokenChain(place, tell('rows'))) ??
    (await findBrokenList(store));
  return { broken: broken ?? null, ...count, window };
}

async function describeWindow({ db }: Store): Promise<Verification['window']> {
  const last = await db.selectFrom('audit_anchors').select(({ fn }) => fn.max('at').as('at')).executeTakeFirst(); // prettier-ignore
  const waiting = await db
    .selectFrom('audit_unanchored')
    .select(({ fn }) => fn.countAll<number>().as('rows'))
    .executeTakeFirst();
  return { since: last?.at ?? null, rows: waiting?.rows ?? 0 };
}

/** Goes through the anchors outside the database: their own chain, their rows in the table, the heads that they hold. */
async function findBrokenAnchor(place: Place, progress: () => void): Promise<BrokenPlace | undefined> {
  const { store, folder, losses } = place;
  // Taken first: each of these was in the files before it was in the table.
  const inTable = await findLastNumber(store);
  let before: Pick<Anchor, 'anchor' | 'mac'> = { anchor: 0, mac: GENESIS };
  let unkept: Anchor | undefined;
  for await (const anchor of readAnchors(folder)) {
    // Only the last may be without its row: an anchor comes after the row of the one before.
    if (unkept && (await findTableBreak(store, unkept))) return brokenAnchor('missing_anchor', unkept.anchor);
    const gone = findGone(losses, before.anchor, (anchor?.anchor ?? 0) - 1);
    const why = findLineBreak(store, before, anchor);
    if (anchor && !why && gone) return gone;
    if (!anchor || why) return brokenAnchor(why ?? 'changed_anchor', before.anchor + 1);
    if (findUncovered(losses, { what: 'rows', from: anchor.anchor, to: anchor.anchor }) === undefined) {
      // What it covered went with its row; anchors behind it cover what was written since.
      before = anchor;
      progress();
      continue;
    }
    unkept = (await isUnkept(store, anchor)) ? anchor : undefined;
    const broken = unkept ? undefined : await findTableBreak(store, anchor);
    if (broken) return brokenAnchor(broken, anchor.anchor);
    const missing = await findMissingHead(place, anchor.heads);
    if (missing) return missing;
    before = anchor;
    progress();
  }
  return findGone(losses, before.anchor, inTable);
}

type AnchorWhy = 'missing_anchor' | 'changed_anchor';

function brokenAnchor(why: AnchorWhy, anchor: number): BrokenPlace {
  return { why, subject: null, sequence: null, anchor };
}

async function findLastNumber({ db }: Store): Promise<number> {
  const last = await db.selectFrom('audit_anchors').select(({ fn }) => fn.max<number | null>('number').as('number')).executeTakeFirst(); // prettier-ignore
  return last?.number ?? 0;
}

/** The first anchor between two that are there which is not in the files, and not known to be gone. */
function findGone(losses: readonly Loss[], before: number, to: number): BrokenPlace | undefined {
  const number = findUncovered(losses, { what: 'files', from: before + 1, to });
  return number === undefined ? undefined : brokenAnchor('missing_anchor', number);
}

function findLineBreak(
  { keys }: Store,
  before: Pick<Anchor, 'anchor' | 'mac'>,
  anchor: Anchor | undefined,
): AnchorWhy | undefined {
  if (!anchor || !isGenuine(keys, anchor)) return 'changed_anchor';
  if (anchor.anchor > before.anchor + 1) return undefined;
  return anchor.anchor === before.anchor + 1 && anchor.previous === before.mac ? undefined : 'changed_anchor';
}

async function findTableBreak({ db }: Store, anchor: Anchor): Promise<AnchorWhy | undefined> {
  const row = await db.selectFrom('audit_anchors').selectAll().where('number', '=', anchor.anchor).executeTakeFirst();
  if (!row) return 'missing_anchor';
  const expected = toRow(anchor);
  const isSame = (Object.keys(expected) as (keyof AuditAnchorTable)[]).every(
    (column) => row[column] === expected[column],
  );
  return isSame ? undefined : 'changed_anchor';
}

/**
 * Whether an anchor is in the files and not in the table yet, as while it is written, or after a crash just then: what it
 * covers is still on the list of what waits for one.
 */
async function isUnkept(store: Store, anchor: Anchor): Promise<boolean> {
  if ((await findTableBreak(store, anchor)) !== 'missing_anchor') return false;
  return isWaiting(store, anchor);
}

/** Looks the heads of an anchor up. */
async function findMissingHead(place: Place, heads: readonly Head[]): Promise<BrokenPlace | undefined> {
  for (const part of chunk(heads)) {
    const rows = await place.store.db
      .selectFrom('order_processing_log')
      .select(['subject', 'sequence', 'mac'])
      .where((eb) => eb.or(part.map(([subject, sequence]) => eb.and({ subject, sequence }))))
      .execute();
    const there = new Set(rows.map(({ subject, sequence, mac }) => `${subject} ${sequence} ${mac}`));
    const missing = part.find((head) => !there.has(head.join(' ')));
    if (missing) return describeMissing(place, missing);
  }
  return undefined;
}

/** The chain itself may tell more exactly what happened to a history whose head is not there. */
async function describeMissing(place: Place, [subject, sequence]: Head): Promise<BrokenPlace> {
  const broken = await findBrokenLink(place.store, subject);
  if (broken) return describeChain(place, broken);
  const last = await findLastSequence(place.store, subject);
  if (last === 0) return { why: 'missing_subject', subject, sequence: null, anchor: null };
  return { why: 'cut_tail', subject, sequence: Math.min(last + 1, sequence), anchor: null };
}

async function findLastSequence({ db }: Store, subject: string): Promise<number> {
  const log = db.selectFrom('order_processing_log').where('subject', '=', subject);
  const last = await log.select(({ fn }) => fn.max<number | null>('sequence').as('sequence')).executeTakeFirst();
  return last?.sequence ?? 0;
}

async function findBrokenChain(place: Place, progress: () => void): Promise<BrokenPlace | undefined> {
  const { keys } = place.store;
  let [previous, row] = [undefined, undefined] as (OrderProcessingLogTable | undefined)[];
  const ofSubject = (other: OrderProcessingLogTable | undefined) =>
    other?.subject === row?.subject ? other : undefined;
  const judge = (next: OrderProcessingLogTable | undefined) =>
    row && findBreak(keys, ofSubject(previous), row, ofSubject(next));
  for await (const next of readWholeLog(place.store)) {
    const broken = judge(next);
    if (broken) return describeChain(place, broken);
    [previous, row] = [row, next];
    progress();
  }
  const broken = judge(undefined);
  return broken && describeChain(place, broken);
}

/** An entry at the end that is not genuine was changed if it was ever known, and put in if not. */
async function describeChain(place: Place, broken: BrokenChain): Promise<BrokenPlace> {
  const { subject, sequence } = broken;
  const isAtEnd = broken.why === 'changed_row' && (await findLastSequence(place.store, subject)) === sequence;
  const why = isAtEnd && !(await isKnown(place, broken)) ? 'inserted_row' : broken.why;
  return { why, subject, sequence, anchor: null };
}

async function isKnown({ store, folder }: Place, { subject, sequence }: BrokenChain): Promise<boolean> {
  const listed = store.db.selectFrom('audit_unanchored').select('sequence').where('subject', '=', subject);
  if (await listed.where('sequence', '=', sequence).executeTakeFirst()) return true;
  for await (const anchor of readAnchors(folder)) {
    if (anchor?.heads.some((head) => head[0] === subject && head[1] >= sequence)) return true;
  }
  return false;
}

/** Compares the list of entries that wait for an anchor with the entries that no anchor counted. */
async function findBrokenList({ db }: Store): Promise<BrokenPlace | undefined> {
  const gone = await first(
    db
      .selectFrom('audit_unanchored as listed')
      .leftJoin('order_processing_log as log', (join) =>
        join.onRef('log.subject', '=', 'listed.subject').onRef('log.sequence', '=', 'listed.sequence'),
      )
      .select(['listed.subject', 'listed.sequence'])
      .where('log.subject', 'is', null)
      .orderBy('listed.subject')
      .orderBy('listed.sequence'),
    1,
  ).executeTakeFirst();
  if (gone) return { why: gone.sequence > 1 ? 'cut_tail' : 'missing_subject', ...gone, anchor: null };
  // One statement, so that all three counts are of the same moment.
  const counts = await db
    .selectNoFrom((eb) => [
      eb
        .selectFrom('order_processing_log')
        .select(({ fn }) => fn.countAll<number>().as('n'))
        .as('all'),
      eb
        .selectFrom('audit_unanchored')
        .select(({ fn }) => fn.countAll<number>().as('n'))
        .as('listed'),
      eb
        .selectFrom('audit_anchors')
        .select(({ fn }) => fn.sum<number | null>('row_count').as('n'))
        .as('anchored'),
    ]) // prettier-ignore
    .executeTakeFirstOrThrow();
  const isWhole = counts.all === (counts.listed ?? 0) + (counts.anchored ?? 0);
  return isWhole ? undefined : { why: 'changed_list', subject: null, sequence: null, anchor: null };
}
