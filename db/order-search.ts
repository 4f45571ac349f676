import type { Channel, OrderState } from '../orders/state.ts';
import { first } from './dialect.ts';
import type { OrderRow } from './orders.ts';
import type { Principal } from './principals.ts';
import type { Store } from './store.ts';

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

/** One page of orders, newest first, of those that the principal may see. */
export function searchOrders(
  store: Store,
  principal: Principal,
  filter: OrderFilter,
  page: { readonly after?: OrderCursor; readonly size: number },
): Promise<OrderRow[]> {
  let query = store.db.selectFrom('orders').selectAll();
  if (principal.sources) query = query.where('source', 'in', principal.sources);
  if (principal.customers) query = query.where('customer_id', 'in', principal.customers);
  if (filter.source !== undefined) query = query.where('source', '=', filter.source);
  if (filter.channel !== undefined) query = query.where('channel', '=', filter.channel);
  if (filter.state !== undefined) query = query.where('state', '=', filter.state);
  if (filter.customerId !== undefined) query = query.where('customer_id', '=', filter.customerId);
  if (filter.poNumber !== undefined) query = query.where('po_number', '=', filter.poNumber);
  if (filter.documentId !== undefined) query = query.where('document_id', '=', filter.documentId);
  if (filter.receivedFrom !== undefined) query = query.where('received_at', '>=', filter.receivedFrom);
  if (filter.receivedTo !== undefined) query = query.where('received_at', '<', filter.receivedTo);
  const { hold } = filter;
  // Few orders wait at a time: from the holds to their orders is the short way.
  if (hold !== undefined) {
    query = query.where('id', 'in', (eb) =>
      eb.selectFrom('holds').select('order_id').where('cleared_at', 'is', null).where('code', '=', hold),
    );
  }
  const { after } = page;
  if (after) {
    // The first condition says less than the second, but it alone lets the database begin at the right place of the index.
    query = query
      .where('received_at', '<=', after.receivedAt)
      .where((eb) => eb.or([eb('received_at', '<', after.receivedAt), eb('id', '<', after.id)]));
  }
  return first(query.orderBy('received_at', 'desc').orderBy('id', 'desc'), page.size).execute();
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
