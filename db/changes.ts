import type { DecisionTable } from './tables.ts';
import { first } from './dialect.ts';
import { findFirstTold } from './duplicates.ts';
import { columnsOf, findOrder, getRevision, type OrderRow, putRevision } from './orders.ts';
import type { Store } from './store.ts';
import type { Order } from '../orders/order.ts';

/*
 * A change is an order of type `replace` or `cancel`: a document that is about an earlier order. It has a story of its own,
 * which ends as `applied` when the earlier order took it in.
 */

/** States in which nothing of the order lives on; any other order with the number is the better one to change. */
const GIVEN_UP: readonly string[] = ['rejected', 'cancelled'];

/**
 * The order that a change is about: the one that its source told first under the same id, or the customer's order with the same PO number, from the same source unless a person
 * typed the change. Of several the newest that lives, or else the newest.
 */
export async function findChanged(tx: Store, change: OrderRow): Promise<OrderRow | undefined> {
  const told = await findTold(tx, change);
  if (told) return told;
  const { customer_id: customerId, po_number: poNumber } = change;
  if (customerId === null || poNumber === null) return undefined;
  let query = tx.db
    .selectFrom('orders')
    .selectAll()
    .where('po_number', '=', poNumber)
    .where('customer_id', '=', customerId)
    .where('type', '=', 'new')
    .where('id', '<>', change.id);
  if (change.channel !== 'manual') query = query.where('source', '=', change.source);
  const orders = await query.orderBy('received_at', 'desc').orderBy('id', 'desc').execute();
  return orders.find(({ state }) => !GIVEN_UP.includes(state)) ?? orders[0];
}

/** The order that the sender told first under the same id of its own, whatever its number and customer are by now. */
async function findTold(tx: Store, { id, source, external_id: externalId }: OrderRow): Promise<OrderRow | undefined> {
  const first = externalId === null ? undefined : await findFirstTold(tx, source, externalId);
  return first === undefined || first === id ? undefined : findOrder(tx, first);
}

/** Whether an earlier change of the same order is under way: changes take effect in the order in which they came. */
export async function hasEarlierChange(tx: Store, change: OrderRow): Promise<boolean> {
  const { customer_id: customerId, po_number: poNumber, received_at: receivedAt, id } = change;
  const query = tx.db
    .selectFrom('orders')
    .select('id')
    .where('po_number', '=', poNumber)
    .where('customer_id', '=', customerId)
    .where('source', '=', change.source)
    .where('type', '<>', 'new')
    .where('terminal_at', 'is', null)
    .where((eb) =>
      eb.or([eb('received_at', '<', receivedAt), eb.and([eb('received_at', '=', receivedAt), eb('id', '<', id)])]),
    );
  return (await first(query, 1).executeTakeFirst()) !== undefined;
}

/** What a change asked its order last, and what became of it. */
export function findLastRequest(
  tx: Store,
  changeId: string,
): Promise<Pick<DecisionTable, 'order_id' | 'revision' | 'state' | 'refusal'> | undefined> {
  const query = tx.db
    .selectFrom('decisions')
    .select(['order_id', 'revision', 'state', 'refusal'])
    .where('change_order_id', '=', changeId)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc');
  return first(query, 1).executeTakeFirst();
}

/** The content of a change. Its row is not locked: the order that it changes is, and changes lock theirs first. */
export async function readChange(tx: Store, changeId: string): Promise<Order> {
  const { revision } = await tx.db
    .selectFrom('orders')
    .select('revision')
    .where('id', '=', changeId)
    .executeTakeFirstOrThrow();
  return getRevision(tx, { orderId: changeId, revision });
}

/** The change whose content a revision of an order is. */
export async function findChangeOf(store: Store, orderId: string, revision: number): Promise<string | undefined> {
  const query = store.db
    .selectFrom('orders')
    .select('id')
    .where('changes_order_id', '=', orderId)
    .where('changes_revision', '=', revision)
    .orderBy('received_at', 'desc');
  return (await first(query, 1).executeTakeFirst())?.id;
}

/** The changes of an order, oldest first. */
export function listChanges(store: Store, orderId: string): Promise<Pick<OrderRow, 'id' | 'type' | 'state'>[]> {
  return store.db
    .selectFrom('orders')
    .select(['id', 'type', 'state'])
    .where('changes_order_id', '=', orderId)
    .orderBy('received_at')
    .orderBy('id')
    .execute();
}

/** What an order becomes by a change: the change's content as an order of its own source, kept as the next revision. */
export function toSuperseding(changed: OrderRow, former: Order | undefined, content: Order): Order {
  const externalId = content.externalId ?? former?.externalId;
  return { ...content, externalId, source: changed.source, type: 'new' };
}

/**
 * The revision under which a change is to be brought to an order that production has: the same whenever it is asked for
 * again, and no other change's.
 */
export async function claimChangeRevision(tx: Store, change: OrderRow, changed: OrderRow): Promise<number> {
  if (change.changes_revision !== null && change.changes_revision > changed.revision) return change.changes_revision;
  const claimed = await tx.db
    .selectFrom('orders')
    .select((eb) => eb.fn.max('changes_revision').as('highest'))
    .where('changes_order_id', '=', changed.id)
    .executeTakeFirstOrThrow();
  const revision = Math.max(changed.revision, claimed.highest ?? 0) + 1;
  const link = { changes_order_id: changed.id, changes_revision: revision };
  await tx.db.updateTable('orders').set(link).where('id', '=', change.id).execute();
  return revision;
}

/** Begins an order anew, that was given up or ended on paper, with the content of a change. */
export async function reviveOrder(
  tx: Store,
  order: OrderRow,
  content: Order,
  by: { readonly actor: string; readonly at: string },
): Promise<number> {
  const revision = order.revision + 1;
  await putRevision(tx, { orderId: order.id, revision }, content, { origin: 'superseded', ...by });
  await tx.db
    .updateTable('orders')
    .set({
      ...columnsOf(content),
      state: 'parsed',
      resume_state: null,
      revision,
      reservation: 'none',
      gate: null,
      automatic_done_at: null,
      terminal_at: null,
      changed_at: by.at,
    })
    .where('id', '=', order.id)
    .where('revision', '=', order.revision)
    .execute();
  return revision;
}
