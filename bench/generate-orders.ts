import type { Insertable } from 'kysely';
import { v7 as uuidv7 } from 'uuid';
import type { OrderRow } from '../db/orders.ts';
import { hashPerson } from '../db/people.ts';
import { inTransaction, type Store } from '../db/store.ts';
import type { Tables } from '../db/tables.ts';
import type { OrderState } from '../orders/state.ts';

/** What a house looks like that has had so many orders in a year. */
export interface House {
  readonly orders: number;
  /** Orders that wait now, whatever came before them: one in ten for a system, the others for a person. */
  readonly waiting: number;
  /** Customers besides the big one. */
  readonly customers: number;
  /** Orders of the newest document of EDI, which were all received in the same instant. */
  readonly batch: number;
}

/** Who orders a fifth of everything. */
export const BIG_CUSTOMER = 'C-1000';
const BIG_PART = 0.2;
/** The time that people have for a review. */
export const SLA_MS = 4 * 3_600_000;
/** The id of the batch. */
export const BATCH_DOCUMENT = 'batch';

/** Values, and the part of the orders that has each. */
type Parts<T> = readonly (readonly [T, number])[];

const ENDS: Parts<OrderState> = [
  ['completed', 0.93],
  ['rejected', 0.05],
  ['cancelled', 0.02],
];
const CHANNELS = { 'web-shop': 'ecommerce', 'api-zapco': 'api', desk: 'manual', 'edi-northwind': 'edi' } as const;
const SOURCES: Parts<keyof typeof CHANNELS> = [
  ['web-shop', 0.6],
  ['edi-northwind', 0.24],
  ['api-zapco', 0.1],
  ['desk', 0.06],
];
const HOLDS: Parts<string> = [
  ['CREDIT.LIMIT', 0.25],
  ['STOCK.SHORT', 0.25],
  ['PRICE.MISMATCH', 0.25],
  ['TOTAL.MISMATCH', 0.25],
];
/** Of the orders that are over, the part that a person reviewed. */
const REVIEWED_PART = 0.08;
const ORDERS_OF_A_PERSON = 20;
const PAGE = 5000;
const YEAR_MS = 365 * 24 * 3_600_000;
const BEGAN_MS = Date.parse('2026-01-01T00:00:00.000Z');

/** The instant at which some part of the year's orders, 0 to 1, had been received. */
export function instantOf(part: number): string {
  return new Date(BEGAN_MS + Math.floor(part * YEAR_MS)).toISOString();
}

/** A customer by number, from 0 on. */
export function customerOf(number: number): string {
  return `C-${String(1001 + number)}`;
}

/** The e-mail address of a person who has ordered some times, by number, from 0 on. */
export function emailOf(number: number): string {
  return `buyer-${String(number)}@example.com`;
}

/**
 * Writes rows of orders that were received evenly over a year, with holds, reviews, open and closed, and the hash of an
 * e-mail address: what lists and searches read. Content is left out, because no list opens it.
 */
export async function generateOrders(store: Store, house: House): Promise<void> {
  for (let start = 0; start < house.orders; start += PAGE) {
    const numbers = Array.from({ length: Math.min(PAGE, house.orders - start) }, (_, index) => start + index);
    await inTransaction(store, (tx) => insertPage(tx, numbers, house));
  }
}

async function insertPage(tx: Store, numbers: readonly number[], house: House): Promise<void> {
  const orders = numbers.map((number) => ({ number, row: makeRow(number, house) }));
  const held = orders.filter(({ number, row }) => !isOver(row) || spread(number, 'review') < REVIEWED_PART);
  const reviewed = held.filter(({ row }) => row.state !== 'held');
  await insertAll(tx, 'orders', orders.map(({ row }) => row)); // prettier-ignore
  await insertAll(tx, 'holds', held.map(({ number, row }) => makeHold(number, row))); // prettier-ignore
  await insertAll(tx, 'reviews', reviewed.map(({ number, row }) => makeReview(number, row))); // prettier-ignore
  const hashes = orders.map(({ number, row }) => {
    const email = emailOf(number % Math.floor(house.orders / ORDERS_OF_A_PERSON));
    return { hash: hashPerson(tx.keys, 'email', email) ?? '', order_id: row.id, kind: 'email' as const };
  });
  await insertAll(tx, 'person_hashes', hashes);
}

/** SQL Server takes at most 2,100 parameters a statement, and an order has 24. */
async function insertAll<T extends keyof Tables>(tx: Store, table: T, rows: Insertable<Tables[T]>[]): Promise<void> {
  for (let at = 0; at < rows.length; at += 80) await tx.db.insertInto(table).values(rows.slice(at, at + 80)).execute(); // prettier-ignore
}

function makeRow(number: number, { orders, waiting, customers, batch }: House): OrderRow {
  const isWaiting = number >= orders - waiting;
  const isOfBatch = !isWaiting && number >= orders - waiting - batch;
  const source = isOfBatch ? 'edi-northwind' : choose(SOURCES, spread(number, 'source'));
  const state = !isWaiting ? choose(ENDS, spread(number, 'state')) : number % 10 === 0 ? 'held' : 'in_review';
  const at = instantOf((isOfBatch ? orders - waiting - batch : number) / orders);
  const isBig = spread(number, 'big') < BIG_PART;
  return {
    id: uuidv7({ msecs: Date.parse(at) }),
    document_id: isOfBatch ? BATCH_DOCUMENT : uuidv7({ msecs: Date.parse(at) }),
    source,
    channel: CHANNELS[source],
    state,
    resume_state: state === 'in_review' ? 'validated' : state === 'held' ? 'parsed' : null,
    revision: 1,
    type: 'new',
    customer_id: isBig ? BIG_CUSTOMER : customerOf(Math.floor(spread(number, 'customer') * customers)),
    // Customers count their orders from one on: as many have the same number as there are customers.
    po_number: `PO-${String(1 + Math.floor(number / customers))}`,
    external_id: `W-${String(number)}`,
    currency: 'USD',
    total: `${String(10 + (number % 990))}.00`,
    line_count: 1 + (number % 20),
    order_date: at.slice(0, 10),
    requested_delivery_date: null,
    operator_id: null,
    gate: 'live',
    reservation: state === 'completed' ? 'consumed' : 'none',
    production_order_id: state === 'completed' ? `PRD-${String(number)}` : null,
    received_at: at,
    automatic_done_at: at,
    changed_at: at,
    terminal_at: isWaiting ? null : at,
    erased_at: null,
    changes_order_id: null,
    changes_revision: null,
    expired_at: null,
  };
}

function isOver(row: OrderRow): boolean {
  return row.terminal_at !== null;
}

function makeHold(number: number, row: OrderRow): Insertable<Tables['holds']> {
  const isReviewed = row.state !== 'held';
  return {
    order_id: row.id,
    revision: 1,
    code: isReviewed ? choose(HOLDS, spread(number, 'hold')) : 'BACKOFFICE.UNAVAILABLE',
    category: isReviewed ? 'business_rule' : 'processing',
    release_role: isReviewed ? 'reviewer' : null,
    opened_at: row.received_at,
    cleared_at: row.terminal_at,
    cleared_by: isOver(row) ? 'ravi' : null,
  };
}

function makeReview(number: number, row: OrderRow): Insertable<Tables['reviews']> {
  return {
    id: uuidv7({ msecs: Date.parse(row.received_at) }),
    order_id: row.id,
    source: row.source,
    customer_id: row.customer_id,
    opened_at: row.received_at,
    due_at: new Date(Date.parse(row.received_at) + SLA_MS).toISOString(),
    claimed_by: number % 4 === 0 ? 'ravi' : null,
    lease_until: null,
    escalated_at: null,
    closed_at: row.terminal_at,
  };
}

/** A number from 0 to 1 that looks random and is the same each time; for each purpose another. */
function spread(number: number, purpose: string): number {
  let hash = 0x811c9dc5;
  for (const char of `${purpose}:${String(number)}`) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193);
  // The end of FNV alone leaves numbers that follow each other close together.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
}

function choose<T>(parts: Parts<T>, at: number): T {
  const [[first]] = parts as readonly [Parts<T>[number]];
  let left = at;
  return parts.find(([, part]) => (left -= part) < 0)?.[0] ?? first;
}
