import { first } from './dialect.ts';
import type { Store } from './store.ts';
import type { ReceivedNumberTable } from './tables.ts';

/** A control number that another document used before. */
export interface TakenNumber {
  readonly kind: ReceivedNumberTable['kind'];
  readonly number: string;
  readonly documentId: string;
  readonly at: string;
}

type Claim = { readonly source: string; readonly documentId: string; readonly at: string };

/** Numbers in one statement: SQL Server takes at most 2,100 parameters, and a row has five. */
const AT_ONCE = 200;

/**
 * Notes which of its partner's control numbers a document uses. A number belongs to the document that used it first,
 * for good: so the same document read again, after a crash, is told from one that repeats another.
 * @returns the numbers that belong to other documents
 */
export async function claimNumbers(
  tx: Store,
  claim: Claim,
  kind: TakenNumber['kind'],
  numbers: readonly string[],
): Promise<readonly TakenNumber[]> {
  const taken: TakenNumber[] = [];
  const all = [...new Set(numbers)];
  for (let at = 0; at < all.length; at += AT_ONCE)
    taken.push(...(await claimPage(tx, claim, kind, all.slice(at, at + AT_ONCE))));
  return taken;
}

async function claimPage(
  tx: Store,
  { source, documentId, at }: Claim,
  kind: TakenNumber['kind'],
  numbers: readonly string[],
): Promise<readonly TakenNumber[]> {
  const known = await tx.db
    .selectFrom('received_numbers')
    .selectAll()
    .where('source', '=', source)
    .where('kind', '=', kind)
    .where('number', 'in', numbers)
    .execute();
  const before = new Set(known.map(({ number }) => number));
  const rows = numbers
    .filter((number) => !before.has(number))
    .map((number) => ({ source, kind, number, document_id: documentId, first_seen_at: at }));
  // Where another document was faster since the look above, the key refuses this, and the transaction runs again.
  if (rows.length > 0) await tx.db.insertInto('received_numbers').values(rows).execute();
  return known
    .filter((row) => row.document_id !== documentId)
    .map((row) => ({ kind, number: row.number, documentId: row.document_id, at: row.first_seen_at }));
}

/** Lets go of the numbers of a document of which nothing was taken: whoever corrects it may send them again. */
export async function releaseNumbers(tx: Store, documentId: string): Promise<void> {
  await tx.db.deleteFrom('received_numbers').where('document_id', '=', documentId).execute();
}

/** The last interchange number that the partner used before those of a document; undefined if there is none. */
export async function findLastInterchange(
  store: Store,
  { source, documentId }: { readonly source: string; readonly documentId: string },
): Promise<string | undefined> {
  const own = await store.db
    .selectFrom('received_numbers')
    .select('first_seen_at')
    .where('document_id', '=', documentId)
    .where('kind', '=', 'interchange')
    .executeTakeFirst();
  if (!own) return undefined;
  const query = store.db
    .selectFrom('received_numbers')
    .select('number')
    .where('source', '=', source)
    .where('kind', '=', 'interchange')
    .where('first_seen_at', '<=', own.first_seen_at)
    .where('document_id', '<>', documentId)
    .orderBy('first_seen_at', 'desc')
    .orderBy('number', 'desc');
  return (await first(query, 1).executeTakeFirst())?.number;
}

/** How many interchanges of a partner came with a number between two others. */
export async function countInterchangesBetween(
  store: Store,
  source: string,
  after: string,
  until: string,
): Promise<number> {
  const row = await store.db
    .selectFrom('received_numbers')
    .select((eb) => eb.fn.countAll<number>().as('numbers'))
    .where('source', '=', source)
    .where('kind', '=', 'interchange')
    .where('number', '>', after)
    .where('number', '<', until)
    .executeTakeFirstOrThrow();
  return row.numbers;
}
