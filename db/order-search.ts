import type { Channel, OrderState } from '../orders/state.ts';
import { first, selectByIndex } from './dialect.ts';
import type { OrderRow } from './orders.ts';
import type { Principal } from './principals.ts';
import type { Store } from './store.ts';

/** All of them: the compiler sees to it. */
const STATES = Object.keys({
  received: 0, parsed: 0, validated: 0, reserved: 0, staged: 0, submitted: 0, completed: 0, in_review: 0, held: 0, rejected: 0,
  cancelled: 0, applied: 0,
} satisfies Record<OrderState, 0>); // prettier-ignore
const CHANNELS = Object.keys({ ecommerce: 0, edi: 0, api: 0, manual: 0 } satisfies Record<Channel, 0>);

/** What a search may ask for; every member narrows it. */
export interface OrderFilter {
  readonly source?: string;
  readonly channel?: Channel;
  readonly state?: OrderState;
  readonly customerId?: string;
  readonly poNumber?: string;
  readonly documentId?: string;
  /** Code of a hold that stands. */
  readonly hold?: string;
  /** UTC instants: received at or after, and before. */
  readonly receivedFrom?: string;
  readonly receivedTo?: string;
}

/** A place in a list, newest first: the last row of the page before. */
export interface OrderCursor {
  readonly receivedAt: string;
  readonly id: string;
}

interface OrderPage {
  readonly after?: OrderCursor;
  readonly size: number;
}

/** One page of orders, newest first, of those that the principal may see. */
export function searchOrders(
  store: Store,
  principal: Principal,
  filter: OrderFilter,
  page: OrderPage,
): Promise<OrderRow[]> {
  const { documentId, poNumber, hold } = filter;
  return hold !== undefined && documentId === undefined && poNumber === undefined
    ? readWaiting(store, principal, { ...filter, hold }, page)
    : mergeSeeks(store, principal, filter, page);
}

/** Few orders wait at a time, however many there are: from the holds to their orders is the short way. */
function readWaiting(
  store: Store,
  principal: Principal,
  filter: OrderFilter & { readonly hold: string },
  page: OrderPage,
): Promise<OrderRow[]> {
  const waiting = selectWaiting(store, filter.hold).distinct().as('waiting');
  // A cross join, because SQLite does not change its order.
  const query = store.db.selectFrom(waiting).crossJoin('orders').whereRef('orders.id', '=', 'waiting.order_id');
  return turnTo(leaveOut(query, principal, filter), filter, page)
    .selectAll('orders')
    .execute();
}

function selectWaiting({ db }: Store, hold: string) {
  return db.selectFrom('holds').select('order_id').where('cleared_at', 'is', null).where('code', '=', hold);
}

/** Values of the first columns of an index, behind which the orders lie by `received_at` and `id`. */
type Seek = readonly (readonly [column: SeekColumn, value: string])[];
type SeekColumn = 'document_id' | 'customer_id' | 'po_number' | 'source' | 'state' | 'channel';

/** SQL Server takes 2,100 parameters; a seek has up to nine, and those for the sources that a person is limited to. */
const MOST_PARAMETERS = 2000;
const MOST_SEEKS = 50;

/**
 * The newest orders of each seek, and of these the newest: what is read grows with the number of seeks and the size of the
 * page, never with the number of orders.
 */
async function mergeSeeks(
  store: Store,
  principal: Principal,
  filter: OrderFilter,
  page: OrderPage,
): Promise<OrderRow[]> {
  const queries = planSeeks(principal, filter).map((seek) => {
    const columns = seek.map(([column]) => column);
    const query = selectOrders(store, columns).where((eb) => eb.and(Object.fromEntries(seek)));
    const fitting = leaveOut(query, principal, filter, columns);
    const { hold } = filter;
    return turnTo(hold === undefined ? fitting : fitting.where('id', 'in', selectWaiting(store, hold)), filter, page);
  });
  const parameters = 9 + (principal.sources?.length ?? 0);
  const together = Math.max(1, Math.min(MOST_SEEKS, Math.floor(MOST_PARAMETERS / parameters)));
  const found: OrderRow[] = [];
  for (let from = 0; from < queries.length; from += together)
    found.push(...(await readNewest(store, queries.slice(from, from + together), page.size)));
  if (queries.length <= together) return found;
  // An order that moved from one state to another between two statements may be in both.
  const once = [...new Map(found.map((row) => [row.id, row])).values()];
  return once.sort(compareNewestFirst).slice(0, page.size);
}

/**
 * A seek for each customer and source of those that may be seen and are asked for. There is no index for every choice of
 * columns: one with the state has the channel too, and of the one of both that is not asked for, each value is a seek. The
 * orders of a document, or of a customer with a PO number, are few, so that those that do not fit are read past.
 */
function planSeeks(principal: Principal, filter: OrderFilter): readonly Seek[] {
  const { documentId, poNumber, state, channel } = filter;
  if (documentId !== undefined) return [[['document_id', documentId]]];
  const customers = narrow(principal.customers, filter.customerId);
  const values: readonly (readonly [SeekColumn, readonly string[] | undefined])[] =
    poNumber !== undefined
      ? [['customer_id', customers], ['po_number', [poNumber]]]
      : [
          ['customer_id', customers],
          ['source', narrow(principal.sources, filter.source)],
          ['state', state === undefined ? channel && STATES : [state]],
          ['channel', channel === undefined ? state && CHANNELS : [channel]],
        ]; // prettier-ignore
  return values.reduce<readonly Seek[]>(
    (seeks, [column, choices]) =>
      choices ? seeks.flatMap((seek) => choices.map((value) => [...seek, [column, value] as const])) : seeks,
    [[]],
  );
}

/** Of the values that may be seen those that are asked for; undefined: whatever there is. */
function narrow(allowed: readonly string[] | undefined, asked: string | undefined): readonly string[] | undefined {
  if (asked === undefined) return allowed && [...new Set(allowed)];
  return allowed?.includes(asked) === false ? [] : [asked];
}

/** Of several queries that are one page each, the page that is newest. */
function readNewest({ db }: Store, queries: readonly OrderQuery[], size: number): Promise<OrderRow[]> {
  const [only, ...others] = queries;
  if (!only) return Promise.resolve([]);
  if (others.length === 0) return only.selectAll('orders').execute();
  // The keys are enough to choose a page by; most seeks find them in their index.
  const keysOf = (query: OrderQuery) => db.selectFrom(query.select(['id', 'received_at']).as('seek')).selectAll();
  const keys = others.reduce((union, query) => union.unionAll(keysOf(query)), keysOf(only)).as('keys');
  const newest = db.selectFrom(keys).select('id').orderBy('received_at', 'desc').orderBy('id', 'desc');
  const rows = db.selectFrom('orders').selectAll().where('id', 'in', first(newest, size));
  return rows.orderBy('received_at', 'desc').orderBy('id', 'desc').execute();
}

type OrderQuery = ReturnType<typeof selectOrders>;

/**
 * Orders by the index that begins with these columns. It is named, because a planner would have to guess: SQLite keeps no
 * statistics here, and SQL Server keeps the plan that was good for the values it was first asked for.
 */
function selectOrders({ db }: Store, columns: readonly SeekColumn[]) {
  return selectByIndex(db, 'orders', ['ix_orders', ...columns, 'received_at_id'].join('_'));
}

/** Leaves out what may not be seen or was not asked for, as far as it is not left out by the columns that are sought by. */
function leaveOut(
  query: OrderQuery,
  { sources, customers }: Principal,
  { source, channel, state, customerId }: OrderFilter,
  sought: readonly SeekColumn[] = [],
): OrderQuery {
  const conditions: readonly (readonly [SeekColumn, string | undefined])[] = [
    ['source', source],
    ['channel', channel],
    ['state', state],
    ['customer_id', customerId],
  ];
  if (sources && !sought.includes('source')) query = query.where('source', 'in', sources);
  if (customers && !sought.includes('customer_id')) query = query.where('customer_id', 'in', customers);
  for (const [column, value] of conditions)
    if (value !== undefined && !sought.includes(column)) query = query.where(column, '=', value);
  return query;
}

/** The page of a query: within the time that is asked for, newest first, from the place on where the page before ended. */
function turnTo(query: OrderQuery, { receivedFrom, receivedTo }: OrderFilter, { after, size }: OrderPage): OrderQuery {
  if (receivedFrom !== undefined) query = query.where('received_at', '>=', receivedFrom);
  if (receivedTo !== undefined) query = query.where('received_at', '<', receivedTo);
  if (after) {
    // The first condition says less than the second, but it alone lets the database begin at the right place of the index.
    query = query
      .where('received_at', '<=', after.receivedAt)
      .where((eb) => eb.or([eb('received_at', '<', after.receivedAt), eb('id', '<', after.id)]));
  }
  return first(query.orderBy('received_at', 'desc').orderBy('id', 'desc'), size);
}

/** As the databases compare: instants and ids are ASCII. */
function compareNewestFirst(a: OrderRow, b: OrderRow): number {
  return a.received_at + a.id < b.received_at + b.id ? 1 : -1;
}

/** Orders whose story is not over and that have not moved since `changedBefore`, in pages by id; for the reconciler. */
export function listUnfinishedOrders(
  store: Store,
  page: { readonly changedBefore: string; readonly afterId: string; readonly size: number },
): Promise<{ id: string; channel: Channel; state: OrderState }[]> {
  const query = store.db
    .selectFrom('orders')
    .select(['id', 'channel', 'state'])
    .where('terminal_at', 'is', null)
    .where('changed_at', '<', page.changedBefore)
    .where('id', '>', page.afterId)
    .orderBy('id');
  return first(query, page.size).execute();
}

/** How many orders stand in each state. */
export async function countOrdersByState(store: Store): Promise<Partial<Record<OrderState, number>>> {
  const rows = await store.db
    .selectFrom('orders')
    .select(['state', (eb) => eb.fn.countAll<number>().as('orders')])
    .groupBy('state')
    .execute();
  return Object.fromEntries(rows.map((row) => [row.state, row.orders]));
}
