import { type ExpressionBuilder, sql } from 'kysely';
import type { Category } from '../orders/finding.ts';
import type { Cause, Tally, Trouble } from '../orders/incident.ts';
import { first, insertOnce } from './dialect.ts';
import type { Store } from './store.ts';
import type { IncidentOrderTable, IncidentTable, Tables } from './tables.ts';

/** A trouble that is not counted yet, and what it is on; the products are found by its findings. */
export interface NewTrouble extends Omit<Trouble, 'skus'> {
  readonly subjectKind: 'order' | 'document';
  readonly subjectId: string;
  readonly revision: number;
  /** When it came, UTC. */
  readonly since: string;
}

/** A trouble with one of its causes. */
export interface Hit extends Pick<NewTrouble, 'subjectKind' | 'subjectId' | 'code' | 'source' | 'since'> {
  readonly cause: Cause;
  /** When it is over, if that is known from the beginning. */
  readonly until: string | null;
}

/** What is not counted yet: holds that stand or were opened since an instant; orders that went back and documents refused since. */
export async function listNewTroubles(store: Store, from: string): Promise<NewTrouble[]> {
  return [
    ...(await listNewHolds(store, (query) => query.where('holds.opened_at', '>=', from))),
    // Those that stand already: nobody looked while they were opened.
    ...(await listNewHolds(store, (query) =>
      query.where('holds.cleared_at', 'is', null).where('holds.opened_at', '<', from),
    )),
    ...(await listRejectedOrders(store, from)),
    ...(await listRefusedDocuments(store, from)),
  ];
}

function selectHolds({ db }: Store) {
  return db.selectFrom('holds').innerJoin('orders', 'orders.id', 'holds.order_id');
}

async function listNewHolds(
  store: Store,
  which: (query: ReturnType<typeof selectHolds>) => ReturnType<typeof selectHolds>,
): Promise<NewTrouble[]> {
  const rows = await which(selectHolds(store))
    .select(['holds.order_id', 'holds.revision', 'holds.code', 'holds.category', 'holds.release_role'])
    .select(['holds.opened_at', 'orders.source', 'orders.customer_id'])
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('incident_orders')
            .select('incident_orders.code')
            .whereRef('incident_orders.subject_id', '=', 'holds.order_id')
            .whereRef('incident_orders.code', '=', 'holds.code')
            .whereRef('incident_orders.seen_at', '>=', 'holds.opened_at'),
        ),
      ),
    )
    .execute();
  return rows.map((row) => ({
    ...{ subjectKind: 'order', subjectId: row.order_id, revision: row.revision, code: row.code },
    ...{ category: row.category, source: row.source, customerId: row.customer_id, since: row.opened_at },
    outcome: row.release_role === null ? 'wait' : 'review',
  }));
}

/** Behind what stands before the id of an order or a document in the subject of a finding. */
const ORDER_ID = sql<string>`substring(order_staging_errors.subject, 7, 100)`;
const DOCUMENT_ID = sql<string>`substring(order_staging_errors.subject, 10, 100)`;

/** One hit for each code, however often it was found in the order. */
async function listRejectedOrders({ db }: Store, from: string): Promise<NewTrouble[]> {
  const rows = await db
    .selectFrom('order_staging_errors')
    .innerJoin('orders', (join) => join.on('orders.id', '=', ORDER_ID))
    .select(['orders.id', 'order_staging_errors.revision', 'order_staging_errors.code'])
    .select(['order_staging_errors.category', 'order_staging_errors.created_at', 'orders.source', 'orders.customer_id'])
    .distinct()
    .where('order_staging_errors.disposition', '=', 'reject')
    .where('order_staging_errors.created_at', '>=', from)
    .where('orders.state', '=', 'rejected')
    .where(isNotCounted('orders.id'))
    .execute();
  return rows.map(({ customer_id: customerId, ...row }) => toRefused('order', { ...row, customerId }));
}

async function listRefusedDocuments({ db }: Store, from: string): Promise<NewTrouble[]> {
  const rows = await db
    .selectFrom('order_staging_errors')
    .innerJoin('documents', (join) => join.on('documents.id', '=', DOCUMENT_ID))
    .select(['documents.id', 'order_staging_errors.revision', 'order_staging_errors.code'])
    .select(['order_staging_errors.category', 'order_staging_errors.created_at', 'documents.source'])
    .distinct()
    .where('order_staging_errors.disposition', '=', 'reject')
    .where('order_staging_errors.created_at', '>=', from)
    .where('documents.state', '=', 'refused')
    .where(isNotCounted('documents.id'))
    .execute();
  return rows.map((row) => toRefused('document', { ...row, customerId: null }));
}

function isNotCounted(id: 'orders.id' | 'documents.id') {
  return (eb: ExpressionBuilder<Tables, 'order_staging_errors'>) =>
    eb.not(
      eb.exists(
        eb
          .selectFrom('incident_orders')
          .select('incident_orders.code')
          .where('incident_orders.subject_id', '=', sql<string>`${sql.ref(id)}`)
          .where('incident_orders.code', '=', eb.ref('order_staging_errors.code'))
          .where('incident_orders.seen_at', '>=', eb.ref('order_staging_errors.created_at')),
      ),
    );
}

interface RefusedRow {
  readonly id: string;
  readonly revision: number;
  readonly code: string;
  readonly category: Category;
  readonly created_at: string;
  readonly source: string;
  readonly customerId: string | null;
}

function toRefused(subjectKind: NewTrouble['subjectKind'], row: RefusedRow): NewTrouble {
  const { id: subjectId, created_at: since, ...others } = row;
  return { ...others, subjectKind, subjectId, since, outcome: 'refused' };
}

/** Places in a revision that its findings of one code speak of, as JSON pointers. */
export async function listFindingPaths(
  { db }: Store,
  of: { readonly orderId: string; readonly revision: number; readonly code: string },
): Promise<string[]> {
  const rows = await db
    .selectFrom('order_staging_errors')
    .select('path')
    .where('subject', '=', `order:${of.orderId}`)
    .where('revision', '=', of.revision)
    .where('code', '=', of.code)
    .execute();
  return rows.map(({ path }) => path);
}

/** What comes back before this instant of its last end is the same trouble. */
export type HitAgain = Hit & { readonly endedSince: string };

/** Counts what causes have hit, each once; what is back soon goes on, and is not counted anew. */
export async function putHits(tx: Store, hits: readonly HitAgain[]): Promise<void> {
  for (const hit of hits) {
    const { subjectKind, subjectId, code, source, since, until, cause } = hit;
    const key = { subject_id: subjectId, code, ...columnsOf(cause) };
    const again = { seen_at: since, until };
    if (await goOn(tx, key, hit.endedSince, again)) continue;
    await insertOnce(tx.db, 'incident_orders', { ...key, subject_kind: subjectKind, source, since, ...again });
  }
}

/** @returns whether there is one that goes on, which is part of no incident or of an open one */
async function goOn(
  { db }: Store,
  key: Pick<IncidentOrderTable, 'subject_id' | 'code' | 'cause_kind' | 'cause_value' | 'cause_code'>,
  endedSince: string,
  again: Pick<IncidentOrderTable, 'seen_at' | 'until'>,
): Promise<boolean> {
  const open = db.selectFrom('incidents').select('id').where('state', '=', 'open');
  const { numUpdatedRows } = await db
    .updateTable('incident_orders')
    .set(again)
    .where((eb) => eb.and(key))
    .where((eb) => eb.or([eb('until', 'is', null), eb('until', '>=', endedSince)]))
    .where((eb) => eb.or([eb('incident_id', 'is', null), eb('incident_id', 'in', open)]))
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** A cause as the columns have it. */
export function columnsOf({
  kind,
  value,
  code,
}: Cause): Pick<IncidentTable, 'cause_kind' | 'cause_value' | 'cause_code'> {
  return { cause_kind: kind, cause_value: value, cause_code: code };
}

/** The cause of an incident, or of what it hit. */
export function causeOf(row: Pick<IncidentTable, 'cause_kind' | 'cause_value' | 'cause_code'>): Cause {
  return { kind: row.cause_kind, value: row.cause_value, code: row.cause_code };
}

/** Notes what does not wait any more: its hold was cleared. */
export async function endHits({ db }: Store, at: string): Promise<void> {
  await db
    .updateTable('incident_orders')
    .set({ until: at })
    .where('until', 'is', null)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('holds')
            .select('holds.code')
            .whereRef('holds.order_id', '=', 'incident_orders.subject_id')
            .whereRef('holds.code', '=', 'incident_orders.code')
            .whereRef('holds.opened_at', '=', 'incident_orders.seen_at')
            .where('holds.cleared_at', 'is', null),
        ),
      ),
    )
    .execute();
}

/** Forgets what belongs to no incident, is over, and came before an instant. */
export async function dropHits({ db }: Store, before: string): Promise<void> {
  const query = db.deleteFrom('incident_orders').where('incident_id', 'is', null).where('seen_at', '<', before);
  await query.where('until', 'is not', null).execute();
}

/** A cause, and what it has hit that belongs to no incident yet. */
export type CauseTally = Tally & { readonly cause: Cause };

/**
 * Counts what belongs to no incident yet by its cause; one order counts once for a cause. Orders that need a person for what
 * is an incident already do not count for the share of their source.
 * @param recently from when on something is recent: for `share`, and for all others.
 */
export async function tallyCauses(
  { db }: Store,
  at: string,
  recently: { readonly share: string; readonly others: string },
): Promise<CauseTally[]> {
  const since = sql<string>`case when cause_kind = 'share' then ${recently.share} else ${recently.others} end`;
  const rows = await db
    .selectFrom('incident_orders')
    .select(['cause_kind', 'cause_value', 'cause_code'])
    .select(({ fn }) => [
      sql<number>`count(distinct case when seen_at >= ${since} then subject_id end)`.as('recent'),
      fn.min(sql<string | null>`case when ${sql.ref('until')} is null then since end`).as('waiting_since'),
    ])
    .where('incident_id', 'is', null)
    .where((eb) => eb.or([eb('until', 'is', null), eb('until', '>', at), eb('cause_kind', '=', 'share')]))
    .where(isUnexplained)
    .groupBy(['cause_kind', 'cause_value', 'cause_code'])
    .execute();
  return rows.map((row) => ({ cause: causeOf(row), recent: row.recent, waitingSince: row.waiting_since }));
}

/** An order that is part of another incident tells nothing more of its source. */
export function isUnexplained(eb: ExpressionBuilder<Tables, 'incident_orders'>) {
  const others = eb
    .selectFrom('incident_orders as others')
    .select('others.code')
    .whereRef('others.subject_id', '=', 'incident_orders.subject_id')
    .where('others.incident_id', 'is not', null);
  return eb.or([eb('cause_kind', '<>', 'share'), eb.not(eb.exists(others))]);
}

/** How many orders a source has sent since an instant; no more than `most` are counted. */
export async function countReceived({ db }: Store, source: string, since: string, most: number): Promise<number> {
  const orders = db.selectFrom('orders').select('id').where('source', '=', source).where('received_at', '>=', since);
  const counted = db.selectFrom(first(orders, most).as('keys')).select(({ fn }) => fn.countAll<number>().as('orders'));
  return (await counted.executeTakeFirstOrThrow()).orders;
}
