import { isDeepStrictEqual } from 'node:util';
import type { ExpressionBuilder, Selectable } from 'kysely';
import { sql } from 'kysely';
import { v7 as uuidv7 } from 'uuid';
import type { Category } from '../orders/finding.ts';
import type { Cause, IncidentFacts, Tally, Trouble } from '../orders/incident.ts';
import { first, insertOnce, lockRows } from './dialect.ts';
import type { OrderRow } from './orders.ts';
import type { Principal } from './principals.ts';
import type { Store } from './store.ts';
import type { IncidentOrderTable, IncidentTable, Tables } from './tables.ts';

export type IncidentRow = Selectable<IncidentTable>;

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
            .whereRef('incident_orders.seen_at', '=', 'holds.opened_at'),
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
          .where('incident_orders.seen_at', '=', eb.ref('order_staging_errors.created_at')),
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

function columnsOf({ kind, value, code }: Cause): Pick<IncidentTable, 'cause_kind' | 'cause_value' | 'cause_code'> {
  return { cause_kind: kind, cause_value: value, cause_code: code };
}

/** The cause of an incident, or of what it hit. */
export function causeOf(row: Pick<IncidentRow, 'cause_kind' | 'cause_value' | 'cause_code'>): Cause {
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
function isUnexplained(eb: ExpressionBuilder<Tables, 'incident_orders'>) {
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

/** The open incident of a cause; in a transaction it is locked until the end. */
export function findOpenIncident(store: Store, cause: Cause): Promise<IncidentRow | undefined> {
  const query = store.db
    .selectFrom('incidents')
    .selectAll()
    .where((eb) => eb.and(columnsOf(cause)))
    .where('closed_at', 'is', null);
  return lockRows(store.db, query).executeTakeFirst();
}

/** All open incidents, oldest first. */
export function listOpenIncidents({ db }: Store): Promise<IncidentRow[]> {
  return db.selectFrom('incidents').selectAll().where('state', '=', 'open').orderBy('id').execute();
}

/** Opens an incident, unless one of its cause is open. @returns the one that is open now */
export async function openIncident(tx: Store, cause: Cause, at: string): Promise<IncidentRow> {
  const row: IncidentRow = {
    ...{ id: uuidv7(), ...columnsOf(cause), state: 'open', first_seen_at: at, last_seen_at: at, opened_at: at },
    ...{ orders: 0, peak: 0, told_orders: 0, acknowledged_by: null, acknowledged_at: null },
    ...{ acknowledgment_reason: null, closed_at: null },
  };
  if (await insertOnce(tx.db, 'incidents', row)) return row;
  const open = await findOpenIncident(tx, cause);
  // The other worker's may be closed again already; then there is nothing left that this one could be of.
  if (!open) throw new Error(`the incident of ${cause.kind} ${cause.value}${cause.code} was open, and is closed`);
  return open;
}

/** Makes what its cause has hit part of an incident. */
export async function attachHits(tx: Store, incident: IncidentRow): Promise<void> {
  await tx.db
    .updateTable('incident_orders')
    .set({ incident_id: incident.id })
    .where((eb) => eb.and(columnsOf(causeOf(incident))))
    .where('incident_id', 'is', null)
    .where(isUnexplained)
    .execute();
}

/** Counts what an incident has hit. @returns the incident as it is now */
export async function recountIncident(tx: Store, incident: IncidentRow): Promise<IncidentRow> {
  const { waiting, ...counts } = await countHits(tx, incident.id);
  const recounted = { ...incident, ...counts, peak: Math.max(incident.peak, waiting) };
  if (isDeepStrictEqual(recounted, incident)) return incident;
  const { first_seen_at, last_seen_at, orders, peak } = recounted;
  const query = tx.db.updateTable('incidents').set({ first_seen_at, last_seen_at, orders, peak });
  await query.where('id', '=', incident.id).execute();
  return recounted;
}

async function countHits({ db }: Store, id: string) {
  return db
    .selectFrom('incident_orders')
    .select(({ fn }) => [
      fn.min('since').as('first_seen_at'),
      fn.max('seen_at').as('last_seen_at'),
      fn.count<number>('subject_id').distinct().as('orders'),
      countDistinctWaiting.as('waiting'),
    ])
    .where('incident_id', '=', id)
    .executeTakeFirstOrThrow();
}

/** How many of an incident's orders and documents wait. */
const countDistinctWaiting = sql<number>`count(distinct case when ${sql.ref('until')} is null then ${sql.ref('incident_orders.subject_id')} end)`;

/** Whether anything of an incident waits, or did after an instant. */
export async function isLive({ db }: Store, id: string, after: string): Promise<boolean> {
  const query = db
    .selectFrom('incident_orders')
    .select('subject_id')
    .where('incident_id', '=', id)
    .where((eb) => eb.or([eb('until', 'is', null), eb('until', '>', after)]));
  return (await first(query, 1).executeTakeFirst()) !== undefined;
}

/** Closes an incident. @returns whether it was open */
export async function closeIncident({ db }: Store, id: string, at: string): Promise<boolean> {
  const query = db.updateTable('incidents').set({ state: 'closed', closed_at: at });
  const { numUpdatedRows } = await query.where('id', '=', id).where('closed_at', 'is', null).executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Notes how many orders there were when people were told of an incident. */
export async function markTold({ db }: Store, id: string, orders: number): Promise<void> {
  await db.updateTable('incidents').set({ told_orders: orders }).where('id', '=', id).execute();
}

/** What is told of an incident, as the principal may see it: all of it without limits. */
export async function readFacts(
  store: Store,
  principal: Pick<Principal, 'sources' | 'customers'>,
  incident: IncidentRow,
): Promise<Omit<IncidentFacts, 'worth'> & { readonly totals: readonly { currency: string; total: string }[] }> {
  const hits = () => selectVisible(store, principal).where('incident_orders.incident_id', '=', incident.id);
  const subjects = sql<number>`count(distinct incident_orders.subject_id)`;
  const codes = await hits()
    .select(['code', subjects.as('orders')])
    .groupBy('code')
    .execute();
  const sources = await hits().select(['incident_orders.source', subjects.as('orders')]).groupBy('incident_orders.source').execute(); // prettier-ignore
  const standing = await hits().select(subjects.as('orders')).where('until', 'is', null).executeTakeFirstOrThrow();
  const totals = await hits().select(['incident_orders.subject_id', 'orders.currency', 'orders.total']).distinct().execute(); // prettier-ignore
  const byCount = (one: { orders: number }, other: { orders: number }) => other.orders - one.orders;
  return {
    cause: causeOf(incident),
    since: incident.first_seen_at,
    codes: codes.sort(byCount).map(({ code }) => code),
    sources: sources.sort(byCount),
    waiting: standing.orders,
    totals: totals.flatMap(({ currency, total }) => (currency === null || total === null ? [] : [{ currency, total }])),
  };
}

/** What causes have hit, of what the principal may see; documents belong to no customer. */
function selectVisible({ db }: Store, { sources, customers }: Pick<Principal, 'sources' | 'customers'>) {
  let query = db.selectFrom('incident_orders').leftJoin('orders', 'orders.id', 'incident_orders.subject_id');
  if (sources) query = query.where('incident_orders.source', 'in', sources);
  if (customers) query = query.where('orders.customer_id', 'in', customers);
  return query;
}

/** What a search for incidents may ask for. */
export interface IncidentFilter {
  readonly state?: IncidentRow['state'];
  readonly kind?: Cause['kind'];
  /** SKU, customer number, source or code. */
  readonly cause?: string;
}

/** One page of the incidents of which the principal may see at least one order, newest first. */
export function listIncidents(
  store: Store,
  principal: Principal,
  { state, kind, cause }: IncidentFilter,
  page: { readonly beforeId?: string; readonly size: number },
): Promise<IncidentRow[]> {
  let query = store.db.selectFrom('incidents').selectAll('incidents').orderBy('incidents.id', 'desc');
  if (principal.sources ?? principal.customers) {
    const visible = selectVisible(store, principal).select('incident_orders.code');
    query = query.where((eb) =>
      eb.exists(visible.whereRef('incident_orders.incident_id', '=', sql.ref('incidents.id'))),
    );
  }
  if (state !== undefined) query = query.where('incidents.state', '=', state);
  if (kind !== undefined) query = query.where('incidents.cause_kind', '=', kind);
  if (cause !== undefined)
    query = query.where((eb) => eb.or([eb('cause_value', '=', cause), eb('cause_code', '=', cause)]));
  if (page.beforeId !== undefined) query = query.where('incidents.id', '<', page.beforeId);
  return first(query, page.size).execute();
}

/** An incident by its id. */
export function findIncident({ db }: Store, id: string): Promise<IncidentRow | undefined> {
  return db.selectFrom('incidents').selectAll().where('id', '=', id).executeTakeFirst();
}

/** How many orders and documents of an incident the principal may see, and how many of these wait. */
export async function countMembers(
  store: Store,
  principal: Principal,
  incidentId: string,
): Promise<{ readonly orders: number; readonly waiting: number }> {
  const query = selectVisible(store, principal).select([
    sql<number>`count(distinct incident_orders.subject_id)`.as('orders'),
    countDistinctWaiting.as('waiting'),
  ]);
  return query.where('incident_id', '=', incidentId).executeTakeFirstOrThrow();
}

/** An order or document of an incident, with where it stands. */
export interface IncidentMember extends Pick<IncidentOrderTable, 'subject_kind' | 'subject_id' | 'source'> {
  readonly since: string;
  /** 1: it waits; 0: it does not. */
  readonly waits: number;
  readonly order: Pick<OrderRow, 'state' | 'customer_id' | 'po_number' | 'currency' | 'total'> | undefined;
}

/** One page of an incident's orders and documents that the principal may see, by id, that is oldest first. */
export async function listIncidentMembers(
  store: Store,
  principal: Principal,
  incidentId: string,
  page: { readonly afterId: string; readonly size: number },
): Promise<IncidentMember[]> {
  const query = selectVisible(store, principal)
    .select('subject_id')
    .select(({ fn }) => [
      // The same in all rows of a subject, which come out of their index in order.
      fn.min('subject_kind').as('subject_kind'),
      fn.min('incident_orders.source').as('source'),
      fn.min('since').as('since'),
      sql<number>`max(case when ${sql.ref('until')} is null then 1 else 0 end)`.as('waits'),
    ])
    .where('incident_id', '=', incidentId)
    .where('subject_id', '>', page.afterId)
    .groupBy('subject_id')
    .orderBy('subject_id');
  const members = await first(query, page.size).execute();
  const ids = members.map(({ subject_id: id }) => id);
  if (ids.length === 0) return [];
  const columns = ['id', 'state', 'customer_id', 'po_number', 'currency', 'total'] as const;
  const orders = await store.db.selectFrom('orders').select(columns).where('id', 'in', ids).execute();
  const byId = new Map(orders.map((order) => [order.id, order]));
  return members.map((member) => ({ ...member, order: byId.get(member.subject_id) }));
}

/** Notes who takes care of an incident, and why or how; the last one counts. @returns whether it is open */
export async function acknowledgeIncident(
  { db }: Store,
  id: string,
  by: { readonly actor: string; readonly at: string; readonly reason: string },
): Promise<boolean> {
  const noted = { acknowledged_by: by.actor, acknowledged_at: by.at, acknowledgment_reason: by.reason };
  const query = db.updateTable('incidents').set(noted).where('id', '=', id).where('closed_at', 'is', null);
  return (await query.executeTakeFirst()).numUpdatedRows > 0n;
}

/**
 * Lets the orders of an incident that the principal may see look again as soon as their turn comes, instead of when they would. Those that only a person
 * can let go on are left alone.
 * @returns how many orders will look
 */
export async function hastenLooks(store: Store, principal: Principal, incidentId: string, at: string): Promise<number> {
  const { db } = store;
  const orders = selectVisible(store, principal)
    .select('subject_id')
    .where('incident_id', '=', incidentId)
    .where('until', 'is', null);
  const standing = (query: 'look_again_at' | 'retry_at') =>
    db
      .updateTable('holds')
      .set({ [query]: at })
      .where('order_id', 'in', orders)
      .where('cleared_at', 'is', null)
      .where(query, '>', at)
      .execute();
  await standing('look_again_at');
  await standing('retry_at');
  const looking = db.selectFrom('holds').where('order_id', 'in', orders).where('cleared_at', 'is', null);
  const count = looking.select(({ fn }) => fn.count<number>('order_id').distinct().as('orders'));
  const due = count.where((eb) => eb.or([eb('look_again_at', '<=', at), eb('release_role', 'is', null)]));
  return (await due.executeTakeFirstOrThrow()).orders;
}

/** The open incidents that an order waits for, oldest first. */
export function listIncidentsOf({ db }: Store, orderId: string): Promise<IncidentRow[]> {
  return db
    .selectFrom('incident_orders')
    .innerJoin('incidents', 'incidents.id', 'incident_orders.incident_id')
    .selectAll('incidents')
    .distinct()
    .where('incident_orders.subject_id', '=', orderId)
    .where('incident_orders.until', 'is', null)
    .where('incidents.closed_at', 'is', null)
    .orderBy('incidents.id')
    .execute();
}
