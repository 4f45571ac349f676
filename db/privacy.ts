import { v7 as uuidv7 } from 'uuid';
import { first } from './dialect.ts';
import { forgetEmptyDocuments, forgetOrders } from './forget.ts';
import { appendLog } from './log.ts';
import { getOrder, type OrderRow } from './orders.ts';
import { hashPerson } from './people.ts';
import type { Principal } from './principals.ts';
import { createSealer, getSealer } from './seal.ts';
import { inTransaction, type Store } from './store.ts';
import type { PrivacyRequestTable } from './tables.ts';
import { wipeDeleted } from './wipe.ts';

/** Whose data it is about: a customer's, by number, or a person's, by e-mail address or phone number. */
export interface DataSubject {
  readonly kind: PrivacyRequestTable['kind'];
  readonly value: string;
}

/** An export or erasure that somebody asked for. */
export interface PrivacyRequest {
  readonly principal: Principal;
  readonly subject: DataSubject;
  /** Sealed, and in no log: people write names into it. */
  readonly reason: string;
  readonly at: string;
}

/** An order that was left as it is, and why. */
export interface KeptOrder {
  readonly orderId: string;
  readonly state: OrderRow['state'];
  readonly why: string;
}

/** What an erasure did. */
export interface ErasureReport {
  readonly requestId: string;
  readonly at: string;
  /** Ids of the orders that cannot be read any more. */
  readonly erased: readonly string[];
  /** Orders that are not over; cancel or decide them, and erase again. */
  readonly blocked: readonly KeptOrder[];
  /** Documents that held nothing else and went with their orders. */
  readonly documents: readonly string[];
  /** Whether the database's files were cleaned of what was deleted. */
  readonly wiped: boolean;
}

/** Orders erased in one transaction: small enough not to keep other writers waiting. */
const PAGE = 50;

/** What the audit trail may tell of a subject: a customer's number, of a person a keyed hash. undefined: it is no e-mail address or phone number. */
export function findSubjectName({ keys }: Pick<Store, 'keys'>, { kind, value }: DataSubject): string | undefined {
  return kind === 'customer' ? value : hashPerson(keys, kind, value);
}

/** @throws Error if the value is no e-mail address or phone number. */
export function getSubjectName(store: Pick<Store, 'keys'>, subject: DataSubject): string {
  const name = findSubjectName(store, subject);
  if (name === undefined) throw new Error(`a ${subject.kind} does not look like this`);
  return name;
}

/** The orders of a customer or a person whose keys are there, oldest first, of those that the principal may see. */
export async function listSubjectOrderIds(store: Store, principal: Principal, subject: DataSubject): Promise<string[]> {
  const name = getSubjectName(store, subject);
  let query = store.db
    .selectFrom('orders')
    .select('orders.id')
    .where('erased_at', 'is', null)
    .where('expired_at', 'is', null);
  if (principal.sources) query = query.where('source', 'in', principal.sources);
  if (principal.customers) query = query.where('customer_id', 'in', principal.customers);
  if (subject.kind === 'customer') query = query.where('customer_id', '=', name);
  else
    query = query
      .innerJoin('person_hashes', 'person_hashes.order_id', 'orders.id')
      .where('person_hashes.hash', '=', name);
  const rows = await query.orderBy('orders.id').execute();
  return rows.map((row) => row.id);
}

/**
 * Writes down that somebody asked for it: a row with the sealed reason, and an entry on the person who does it.
 * @returns the request's id.
 */
export async function keepPrivacyRequest(
  tx: Store,
  action: PrivacyRequestTable['action'],
  { principal, subject, reason, at }: PrivacyRequest,
  detail: Readonly<Record<string, number>> & { readonly orders: number },
): Promise<string> {
  const id = uuidv7();
  const sealer = await createSealer(tx, `request:${id}`, at);
  const name = getSubjectName(tx, subject);
  await tx.db
    .insertInto('privacy_requests')
    .values({
      id,
      action,
      kind: subject.kind,
      subject: name,
      actor: principal.id,
      reason_sealed: sealer.seal('reason', reason),
      orders: detail.orders,
      created_at: at,
    }) // prettier-ignore
    .execute();
  await appendLog(tx, `actor:${principal.id}`, {
    stepKey: `privacy:${id}`, at, actor: principal.id, action: `privacy.${action}`,
    detail: { requestId: id, kind: subject.kind, subject: name, ...detail },
  }); // prettier-ignore
  return id;
}

/**
 * Makes everything of a customer or a person unreadable by erasing the data keys of their orders, and tells what was done.
 * Orders that are not over are left alone and reported. Rows, states and the audit trail stay, without content.
 * @throws Error if the subject is no e-mail address or phone number.
 */
export async function eraseSubject(store: Store, request: PrivacyRequest): Promise<ErasureReport> {
  const { principal, subject, at } = request;
  const ids = await listSubjectOrderIds(store, principal, subject);
  const orders = await Promise.all(ids.map((id) => getOrder(store, id)));
  const blocked = orders.filter((order) => order.terminal_at === null);
  const over = orders.filter((order) => order.terminal_at !== null);
  const requestId = await inTransaction(store, (tx) =>
    keepPrivacyRequest(tx, 'erase', request, { orders: over.length, blocked: blocked.length }),
  );
  const detail = { requestId, kind: subject.kind, subject: getSubjectName(store, subject) };
  const done: { erased: string[]; documents: string[] } = { erased: [], documents: [] };
  for (let from = 0; from < over.length; from += PAGE) {
    const page = await inTransaction(store, (tx) =>
      erasePage(tx, over.slice(from, from + PAGE), { actor: principal.id, at, detail }),
    );
    done.erased.push(...page.erased);
    done.documents.push(...page.documents);
  }
  const began = over.filter(({ id }) => !done.erased.includes(id));
  return { requestId, at, ...done, blocked: [...blocked, ...began].map(toKept), wiped: await wipeDeleted(store) };
}

async function erasePage(
  tx: Store,
  orders: readonly OrderRow[],
  by: { readonly actor: string; readonly at: string; readonly detail: Readonly<Record<string, string>> },
): Promise<{ erased: string[]; documents: string[] }> {
  const erased: OrderRow[] = [];
  for (const order of orders) {
    // It may have been begun anew since it was listed.
    const result = await tx.db
      .updateTable('orders')
      .set({ erased_at: by.at })
      .where('id', '=', order.id)
      .where('terminal_at', 'is not', null)
      .where('erased_at', 'is', null)
      .executeTakeFirst();
    if (result.numUpdatedRows === 0n) continue;
    erased.push(order);
    const { actor, at, detail } = by;
    await appendLog(tx, `order:${order.id}`, {
      stepKey: `erased:${String(detail['requestId'])}`,
      at,
      actor,
      action: 'order.erased',
      detail,
    });
  }
  const ids = erased.map(({ id }) => id);
  await forgetOrders(tx, ids, by);
  const documents = await forgetEmptyDocuments(tx, [...new Set(erased.map((order) => order.document_id))], by);
  return { erased: ids, documents };
}

function toKept({ id, state }: OrderRow): KeptOrder {
  return { orderId: id, state, why: `the order is not over: it is ${state}; cancel or decide it, and erase again` };
}

/** A request with its reason. */
export type KeptRequest = Omit<PrivacyRequestTable, 'reason_sealed'> & { readonly reason: string };

/** What was exported and erased, newest first. */
export async function listPrivacyRequests(
  store: Store,
  page: { readonly beforeId?: string; readonly size: number },
): Promise<KeptRequest[]> {
  let query = store.db.selectFrom('privacy_requests').selectAll();
  if (page.beforeId !== undefined) query = query.where('id', '<', page.beforeId);
  const rows = await first(query.orderBy('id', 'desc'), page.size).execute();
  return Promise.all(
    rows.map(async ({ reason_sealed: sealed, ...row }) => {
      const sealer = await getSealer(store, `request:${row.id}`);
      return { ...row, reason: sealer.open('reason', sealed).toString('utf8') };
    }),
  );
}
