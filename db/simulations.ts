import type { Selectable } from 'kysely';
import type { Disposition } from '../orders/finding.ts';
import type { Tally, Trial } from '../orders/rules/simulation.ts';
import type { RuleVersion } from '../orders/rules/rule.ts';
import { first } from './dialect.ts';
import { parseKept } from './faults.ts';
import type { OrderRow } from './orders.ts';
import type { Principal } from './principals.ts';
import { inTransaction, type Store } from './store.ts';
import type { RuleSimulationTable, SimulationState } from './tables.ts';

/** Which orders are looked at. */
export interface SimulationLimits extends Pick<Principal, 'sources' | 'customers'> {
  /** UTC instants: received at or after, and before. */
  readonly receivedFrom: string;
  readonly receivedTo: string;
}

/** A version of a rule that is tried on past orders, and how far that is. */
export interface Simulation {
  readonly id: string;
  /** The version; its number is null where it is not kept. */
  readonly draft: RuleVersion;
  readonly version: number | null;
  /** See `sequence` of rules. */
  readonly rulesSequence: number;
  readonly actor: string;
  readonly limits: SimulationLimits;
  readonly state: SimulationState;
  /** How many there were to look at when it began. */
  readonly orders: number;
  readonly pages: number;
  readonly after: OrderPlace | null;
  readonly tally: Tally;
  readonly createdAt: string;
  readonly endedAt: string | null;
}

/** A place in the list of orders, oldest first. */
export interface OrderPlace {
  readonly receivedAt: string;
  readonly id: string;
}

/** An order of which another verdict would be drawn. */
export interface FlippedOrder extends Pick<Trial, 'before' | 'after' | 'findings'> {
  readonly orderId: string;
  readonly revision: number;
  readonly currency: string;
  readonly total: string;
}

/** Keeps what is to be tried, before the first order is looked at. */
export async function putSimulation(store: Store, simulation: Simulation): Promise<void> {
  const { receivedFrom, receivedTo, ...people } = simulation.limits;
  await store.db
    .insertInto('rule_simulations')
    .values({
      id: simulation.id,
      code: simulation.draft.code,
      version: simulation.version,
      draft_json: JSON.stringify(simulation.draft),
      rules_sequence: simulation.rulesSequence,
      actor: simulation.actor,
      limits_json: JSON.stringify(people),
      received_from: receivedFrom,
      received_to: receivedTo,
      state: simulation.state,
      orders: simulation.orders,
      pages: simulation.pages,
      cursor_json: null,
      tally_json: JSON.stringify(simulation.tally),
      created_at: simulation.createdAt,
      ended_at: simulation.endedAt,
    })
    .execute();
}

/** What a list of simulations may ask for; every member narrows it. */
export interface SimulationFilter {
  readonly code?: string;
  readonly state?: SimulationState;
  /** Who asked for it. */
  readonly actor?: string;
}

/** One page of simulations, newest first. */
export async function listSimulations(
  { db }: Store,
  { code, state, actor }: SimulationFilter,
  page: { readonly beforeId?: string; readonly size: number },
): Promise<Simulation[]> {
  let query = db.selectFrom('rule_simulations').selectAll();
  if (code !== undefined) query = query.where('code', '=', code);
  if (state !== undefined) query = query.where('state', '=', state);
  if (actor !== undefined) query = query.where('actor', '=', actor);
  if (page.beforeId !== undefined) query = query.where('id', '<', page.beforeId);
  return (await first(query.orderBy('id', 'desc'), page.size).execute()).map(readSimulation);
}

/** Simulations that are not over, and began before an instant: one page by id. */
export function listUnfinishedSimulations(
  { db }: Store,
  page: { readonly createdBefore: string; readonly afterId: string; readonly size: number },
): Promise<{ readonly id: string }[]> {
  const query = db
    .selectFrom('rule_simulations')
    .select('id')
    .where('state', '=', 'running')
    .where('created_at', '<', page.createdBefore)
    .where('id', '>', page.afterId)
    .orderBy('id');
  return first(query, page.size).execute();
}

/** A simulation as it stands. */
export async function findSimulation({ db }: Store, id: string): Promise<Simulation | undefined> {
  const row = await db.selectFrom('rule_simulations').selectAll().where('id', '=', id).executeTakeFirst();
  return row && readSimulation(row);
}

function readSimulation(row: Selectable<RuleSimulationTable>): Simulation {
  const name = `simulation:${row.id}`;
  const people = parseKept<Pick<Principal, 'sources' | 'customers'>>(row.limits_json, name, 'limits');
  return {
    id: row.id,
    draft: parseKept(row.draft_json, name, 'draft'),
    version: row.version,
    rulesSequence: row.rules_sequence,
    actor: row.actor,
    limits: { ...people, receivedFrom: row.received_from, receivedTo: row.received_to },
    state: row.state,
    orders: row.orders,
    pages: row.pages,
    after: row.cursor_json === null ? null : parseKept(row.cursor_json, name, 'place'),
    tally: parseKept(row.tally_json, name, 'counts'),
    createdAt: row.created_at,
    endedAt: row.ended_at,
  };
}

/** How many orders there are within the limits. */
export async function countPastOrders(store: Store, limits: SimulationLimits): Promise<number> {
  const count = selectPast(store, limits).select(({ fn }) => fn.countAll<number>().as('orders'));
  return (await count.executeTakeFirstOrThrow()).orders;
}

/** What is asked of an order's row before its content is opened. */
export interface PastOrder extends Pick<OrderRow, 'id' | 'revision' | 'received_at' | 'erased_at' | 'expired_at'> {
  /** When the facts of the revision were taken; null: it was not judged. */
  readonly taken_at: string | null;
}

/** One page of the orders within the limits, oldest first. */
export function listPastOrders(
  store: Store,
  limits: SimulationLimits,
  { after, size }: { readonly after: OrderPlace | null; readonly size: number },
): Promise<PastOrder[]> {
  let query = selectPast(store, limits)
    .leftJoin('facts_snapshots', (join) =>
      join
        .onRef('facts_snapshots.order_id', '=', 'orders.id')
        .onRef('facts_snapshots.revision', '=', 'orders.revision'),
    )
    .select(['id', 'orders.revision', 'received_at', 'erased_at', 'expired_at', 'taken_at']);
  if (after) {
    // The first condition says less than the second, but it alone lets the database begin at the right place of the index.
    query = query
      .where('received_at', '>=', after.receivedAt)
      .where((eb) => eb.or([eb('received_at', '>', after.receivedAt), eb('id', '>', after.id)]));
  }
  return first(query.orderBy('received_at').orderBy('id'), size).execute();
}

function selectPast({ db }: Store, { sources, customers, receivedFrom, receivedTo }: SimulationLimits) {
  let query = db.selectFrom('orders').where('received_at', '>=', receivedFrom).where('received_at', '<', receivedTo);
  if (sources) query = query.where('source', 'in', sources);
  if (customers) query = query.where('customer_id', 'in', customers);
  return query;
}

/** What a revision was judged by besides rules: dispositions of what its parser and the look for its likes found. */
export async function listStanding({ db }: Store, order: PastOrder): Promise<readonly Disposition[]> {
  const rows = await db
    .selectFrom('order_staging_errors')
    .select('disposition')
    .where('subject', '=', `order:${order.id}`)
    .where('revision', '=', order.revision)
    .where('step', 'in', ['intake', 'parse', 'clash'])
    .execute();
  return rows.map(({ disposition }) => disposition);
}

/**
 * Keeps what a page of orders came to, once: a page that runs again after a crash finds that it is done.
 * @returns whether it was the next page
 */
export function keepPage(
  store: Store,
  simulation: Simulation,
  page: { readonly last: OrderPlace; readonly tally: Tally; readonly flipped: readonly FlippedOrder[] },
): Promise<boolean> {
  return inTransaction(store, async ({ db }) => {
    const { numUpdatedRows } = await db
      .updateTable('rule_simulations')
      .set({
        pages: simulation.pages + 1,
        cursor_json: JSON.stringify(page.last),
        tally_json: JSON.stringify(page.tally),
      })
      .where('id', '=', simulation.id)
      .where('state', '=', 'running')
      .where('pages', '=', simulation.pages)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) return false;
    for (const { orderId, before, after, ...flip } of page.flipped) {
      const row = {
        simulation_id: simulation.id,
        order_id: orderId,
        before_outcome: before,
        after_outcome: after,
        ...flip,
      };
      await db.insertInto('rule_simulation_flips').values(row).execute();
    }
    return true;
  });
}

/** Notes that a simulation that ran is over. */
export async function endSimulation({ db }: Store, id: string, state: 'ended' | 'failed', at: string): Promise<void> {
  const query = db.updateTable('rule_simulations').set({ state, ended_at: at });
  await query.where('id', '=', id).where('state', '=', 'running').execute();
}

/** One page of the orders that would flip, by id, that is oldest first. */
export async function listFlipped(
  { db }: Store,
  id: string,
  { afterId, size }: { readonly afterId: string; readonly size: number },
): Promise<FlippedOrder[]> {
  const query = db
    .selectFrom('rule_simulation_flips')
    .selectAll()
    .where('simulation_id', '=', id)
    .where('order_id', '>', afterId)
    .orderBy('order_id');
  return (await first(query, size).execute()).map((row) => ({
    orderId: row.order_id,
    revision: row.revision,
    before: row.before_outcome as FlippedOrder['before'],
    after: row.after_outcome as FlippedOrder['after'],
    findings: row.findings,
    currency: row.currency,
    total: row.total,
  }));
}
