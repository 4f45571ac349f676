import type { ExpressionBuilder } from 'kysely';
import type { DecisionTable, Tables } from './tables.ts';
import { first } from './dialect.ts';
import { findFirstTold } from './duplicates.ts';
import {
  columnsOf,
  findContent,
  findOrder,
  getRevision,
  listRevisions,
  type OrderRef,
  type OrderRow,
  peekOrder,
  putRevision,
} from './orders.ts';
import type { Store } from './store.ts';
import type { Order } from '../orders/order.ts';
import type { OrderState } from '../orders/state.ts';

/*
 * A change is an order of type `replace` or `cancel`: a document that is about an earlier order. It has a story of its own,
 * which ends as `applied` when the earlier order took it in.
 */

/** States in which nothing of the order lives on; any other order with the number is the better one to change. */
export const GIVEN_UP: readonly OrderState[] = ['rejected', 'cancelled'];
/** States in which it is not known yet whether the order is one. */
const UNJUDGED: readonly OrderState[] = ['received', 'parsed'];

/**
 * The order that a change is about: the one that its source told first under the same id, or the customer's order with the
 * same PO number, from the same source unless a person typed the change. Of several the newest that lives, or else the
 * newest; one that is not judged, or that waits because its number came before, only if there is no other.
 */
export async function findChanged(tx: Store, change: OrderRow): Promise<OrderRow | undefined> {
  const toldAs = await findTold(tx, change);
  const told = toldAs === undefined ? undefined : await findOrder(tx, toldAs);
  if (told) return told;
  const { customer_id: customerId, po_number: poNumber } = change;
  if (customerId === null || poNumber === null) return undefined;
  let query = tx.db
    .selectFrom('orders')
    .select(['id', 'state'])
    .select((eb) =>
      eb
        .selectFrom('holds')
        .select(({ fn }) => fn.countAll<number>().as('rows'))
        .whereRef('holds.order_id', '=', 'orders.id')
        .where('holds.code', '=', 'PO.DUPLICATE')
        .where('holds.cleared_at', 'is', null)
        .$asScalar()
        .$notNull()
        .as('doubted'),
    )
    .where('po_number', '=', poNumber)
    .where('customer_id', '=', customerId)
    .where('type', '=', 'new')
    .where('id', '<>', change.id);
  if (change.channel !== 'manual') query = query.where('source', '=', change.source);
  const orders = await query.orderBy('received_at', 'desc').orderBy('id', 'desc').execute();
  const living = orders.filter(({ state }) => !GIVEN_UP.includes(state));
  const chosen =
    living.find(({ state, doubted }) => doubted === 0 && !UNJUDGED.includes(state)) ?? living[0] ?? orders[0];
  return chosen && findOrder(tx, chosen.id);
}

/** The order that the sender told first under the same id of its own, whatever its number and customer are by now. */
async function findTold(tx: Store, { id, source, external_id: externalId }: OrderRow): Promise<string | undefined> {
  const first = externalId === null ? undefined : await findFirstTold(tx, source, externalId);
  return first === id ? undefined : first;
}

/**
 * What an integration said last of an order that it tells anew, as it does whenever anything about the order changes;
 * undefined for a change that was sent as one.
 */
export async function findToldBefore(tx: Store, change: OrderRow, changed: OrderRow): Promise<Order | undefined> {
  if ((await findTold(tx, change)) !== changed.id) return undefined;
  const said = (await listRevisions(tx, changed.id)).findLast(({ origin }) => origin !== 'corrected');
  return said && getRevision(tx, { orderId: changed.id, revision: said.revision });
}

/**
 * Whether an earlier change of the same order is under way, or may be: what its source sent earlier and nobody has read yet
 * may be one. Changes take effect in the order in which they came.
 */
export async function hasEarlierChange(tx: Store, change: OrderRow, changed: OrderRow): Promise<boolean> {
  const { received_at: receivedAt, id } = change;
  const query = tx.db
    .selectFrom('orders')
    .select('id')
    .where('id', '<>', changed.id)
    .where('terminal_at', 'is', null)
    .where((eb) =>
      eb.or([eb('received_at', '<', receivedAt), eb.and([eb('received_at', '=', receivedAt), eb('id', '<', id)])]),
    )
    .where((eb) =>
      eb.or([
        eb.and([eb('source', '=', change.source), eb('state', '=', 'received'), eb('revision', '=', 1)]),
        eb.and([eb('type', '<>', 'new'), isOfOrder(eb, change, changed)]),
      ]),
    );
  return (await first(query, 1).executeTakeFirst()) !== undefined;
}

/** Whether the order took in a change that came after this one. */
export async function hasLaterChange(tx: Store, change: OrderRow, changed: OrderRow): Promise<boolean> {
  const { received_at: receivedAt, id } = change;
  const query = tx.db
    .selectFrom('orders')
    .select('id')
    .where('changes_order_id', '=', changed.id)
    .where('state', '=', 'applied')
    .where((eb) =>
      eb.or([eb('received_at', '>', receivedAt), eb.and([eb('received_at', '=', receivedAt), eb('id', '>', id)])]),
    );
  return (await first(query, 1).executeTakeFirst()) !== undefined;
}

/** Which other changes are of the same order: those that were brought to it, and those that name it as this one does. */
function isOfOrder(eb: ExpressionBuilder<Tables, 'orders'>, change: OrderRow, changed: OrderRow) {
  const ofSender = eb.or([eb('source', 'in', [change.source, changed.source]), eb('channel', '=', 'manual')]);
  return eb.or([
    eb('changes_order_id', '=', changed.id),
    eb.and([eb('customer_id', '=', change.customer_id), eb('po_number', '=', change.po_number), ofSender]),
    eb.and([eb('source', '=', change.source), eb('external_id', '=', change.external_id)]),
  ]);
}

/** What a change asked its order last, and what became of it. */
export function findLastRequest(
  tx: Store,
  changeId: string,
): Promise<Pick<DecisionTable, 'order_id' | 'revision' | 'action' | 'state' | 'refusal' | 'settled_at'> | undefined> {
  const query = tx.db
    .selectFrom('decisions')
    .select(['order_id', 'revision', 'action', 'state', 'refusal', 'settled_at'])
    .where('change_order_id', '=', changeId)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc');
  return first(query, 1).executeTakeFirst();
}

/** Whether a person approved a change after an instant, although it was held with this code. */
export async function isApprovedSince(tx: Store, change: OrderRow, code: string, since: string): Promise<boolean> {
  const query = tx.db
    .selectFrom('holds')
    .innerJoin('decisions', 'decisions.id', 'holds.cleared_by')
    .select('holds.code')
    .where('holds.order_id', '=', change.id)
    .where('holds.revision', '=', change.revision)
    .where('holds.code', '=', code)
    .where('holds.cleared_at', '>=', since)
    .where('decisions.action', '=', 'approve');
  return (await first(query, 1).executeTakeFirst()) !== undefined;
}

/** The content of a change. Its row is not locked: the order that it changes is, and changes lock theirs first. */
export async function readChange(tx: Store, changeId: string): Promise<Order> {
  const change = await peekOrder(tx, changeId);
  if (!change) throw new Error(`no order ${changeId}`);
  return getRevision(tx, { orderId: changeId, revision: change.revision });
}

/**
 * The change whose content a revision of an order is. The change itself may still wait to learn that it was taken in: the
 * decision that it asked for knows already.
 */
export async function findChangeOf(store: Store, orderId: string, revision: number): Promise<string | undefined> {
  const asked = store.db
    .selectFrom('decisions')
    .select('change_order_id as id')
    .where('order_id', '=', orderId)
    .where('revision', '=', revision - 1)
    .where('action', '=', 'supersede')
    .where('state', '=', 'applied')
    .orderBy('settled_at', 'desc');
  const linked = store.db
    .selectFrom('orders')
    .select('id')
    .where('changes_order_id', '=', orderId)
    .where('changes_revision', '=', revision)
    .where('type', '=', 'replace')
    .orderBy('received_at', 'desc');
  const asking = await first(asked, 1).executeTakeFirst();
  return asking?.id ?? (await first(linked, 1).executeTakeFirst())?.id;
}

/** Whether the sender of an order asked for its cancellation, in its revision as it is. */
export async function isCancelledBySender(store: Store, order: OrderRow): Promise<boolean> {
  const query = store.db
    .selectFrom('orders')
    .select('id')
    .where('changes_order_id', '=', order.id)
    .where('type', '=', 'cancel')
    .where('source', '=', order.source)
    .where('state', 'not in', GIVEN_UP)
    .where((eb) => eb.or([eb('changes_revision', 'is', null), eb('changes_revision', '=', order.revision)]));
  return (await first(query, 1).executeTakeFirst()) !== undefined;
}

/** Who typed a change or corrected it; the row is not locked, for {@link readChange}'s reason. */
export async function listAuthorsOfChange(store: Store, changeId: string): Promise<readonly string[]> {
  const row = await peekOrder(store, changeId);
  const corrected = (await listRevisions(store, changeId)).filter(({ origin }) => origin === 'corrected');
  return [row?.operator_id ?? [], ...corrected.map((revision) => revision.created_by)].flat();
}

/** Whether a change was given up since it asked; its row is not locked, for {@link readChange}'s reason. */
export async function isWithdrawn(store: Store, changeId: string): Promise<boolean> {
  const row = await peekOrder(store, changeId);
  return row === undefined || GIVEN_UP.includes(row.state);
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

/** What an order becomes by a change; see {@link toSuperseding}. What it was may be gone. */
export async function readSuperseding(tx: Store, change: OrderRow, changed: OrderRow): Promise<Order> {
  const former = await findContent(tx, changed);
  return toSuperseding(changed, former, await readChange(tx, change.id));
}

/** What an order becomes by a change: the change's content as an order of its own source, kept as the next revision. */
export function toSuperseding(changed: OrderRow, former: Order | undefined, content: Order): Order {
  const externalId = content.externalId ?? former?.externalId;
  return { ...content, externalId, source: changed.source, type: 'new' };
}

/**
 * The revision under which a change is to be brought to an order that production has: the same whenever it is asked for
 * again, and no other change's. On a change that is not over, it says that production may have been asked.
 */
export async function claimChangeRevision(tx: Store, change: OrderRow, changed: OrderRow): Promise<number> {
  if (change.changes_revision !== null && change.changes_revision > changed.revision) return change.changes_revision;
  const revision = await nextRevision(tx, changed);
  await noteAsked(tx, change, { orderId: changed.id, revision });
  return revision;
}

/** Notes of what production is going to be asked, before it is asked. */
export async function noteAsked(tx: Store, change: OrderRow, { orderId, revision }: OrderRef): Promise<void> {
  const link = { changes_order_id: orderId, changes_revision: revision };
  await tx.db.updateTable('orders').set(link).where('id', '=', change.id).execute();
}

/** A revision of an order that neither it nor a change of it has had: production may know each of those. */
async function nextRevision(tx: Store, order: OrderRow): Promise<number> {
  const claimed = await tx.db
    .selectFrom('orders')
    .select((eb) => eb.fn.max('changes_revision').as('highest'))
    .where('changes_order_id', '=', order.id)
    .executeTakeFirstOrThrow();
  return Math.max(order.revision, claimed.highest ?? 0) + 1;
}

/** Begins an order anew, that was given up or ended on paper, with the content of a change. */
export async function reviveOrder(
  tx: Store,
  order: OrderRow,
  content: Order,
  by: { readonly actor: string; readonly at: string },
): Promise<number> {
  const revision = await nextRevision(tx, order);
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
      production_order_id: null,
      automatic_done_at: null,
      terminal_at: null,
      changed_at: by.at,
    })
    .where('id', '=', order.id)
    .where('revision', '=', order.revision)
    .execute();
  return revision;
}
