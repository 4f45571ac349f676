import { isDeepStrictEqual } from 'node:util';
import { type Selectable, sql } from 'kysely';
import { v7 as uuidv7 } from 'uuid';
import type { Cause, IncidentFacts } from '../orders/incident.ts';
import { first, insertOnce, lockRows } from './dialect.ts';
import { causeOf, columnsOf, isUnexplained } from './incident-hits.ts';
import type { OrderRow } from './orders.ts';
import { isLimited, type Principal } from './principals.ts';
import type { Store } from './store.ts';
import type { IncidentOrderTable, IncidentTable } from './tables.ts';

export type IncidentRow = Selectable<IncidentTable>;

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

/** How many of an incident's orders wait whose review has passed its SLA. */
export async function countLate({ db }: Store, id: string): Promise<number> {
  const { late } = await db
    .selectFrom('incident_orders')
    .innerJoin('reviews', 'reviews.order_id', 'incident_orders.subject_id')
    .select(sql<number>`count(distinct ${sql.ref('incident_orders.subject_id')})`.as('late'))
    .where('incident_orders.incident_id', '=', id)
    .where('incident_orders.until', 'is', null)
    .where('reviews.closed_at', 'is', null)
    .where('reviews.escalated_at', 'is not', null)
    .executeTakeFirstOrThrow();
  return late;
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
  if (customers) {
    query = query
      .where('orders.customer_id', 'in', customers)
      // An order that was corrected to be theirs tells nothing of the customer whose it was.
      .where((eb) =>
        eb.or([eb('incident_orders.cause_kind', '<>', 'customer'), eb('incident_orders.cause_value', 'in', customers)]),
      );
  }
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
  if (isLimited(principal)) {
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
export interface MemberCounts {
  readonly orders: number;
  readonly waiting: number;
}

/** Counts the orders and documents of an incident that the principal may see. */
export async function countMembers(store: Store, principal: Principal, incidentId: string): Promise<MemberCounts> {
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
 * Lets the orders of an incident that the principal may see look again as soon as their turn comes, instead of when they
 * would. Those that only a person can let go on are left alone.
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
