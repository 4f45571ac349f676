import { v7 as uuidv7 } from 'uuid';
import type { OrderRow } from '../db/orders.ts';
import { inTransaction, type Store } from '../db/store.ts';
import type { OrderState } from '../orders/state.ts';

/** How the orders of a year ended. */
const ENDS: readonly (readonly [OrderState, number])[] = [
  ['completed', 0.93],
  ['rejected', 0.05],
  ['cancelled', 0.02],
];
/** How many wait, whatever came before them: one in ten for a system, the others for a person. */
const WAITING = 500;
const SOURCES = ['web-shop', 'api-zapco', 'desk', 'edi-northwind'] as const;
const CHANNELS = { 'web-shop': 'ecommerce', 'api-zapco': 'api', desk: 'manual', 'edi-northwind': 'edi' } as const;
const HOLDS = ['CREDIT.LIMIT', 'STOCK.SHORT', 'PRICE.MISMATCH', 'TOTAL.MISMATCH'] as const;
const PAGE = 1000;
const YEAR_MS = 365 * 24 * 3_600_000;

/**
 * Writes rows of orders that were received evenly over a year, with the holds and open reviews of those that wait: what
 * lists and searches read. Content is left out, because no list opens it.
 */
export async function generateOrders(store: Store, total: number): Promise<void> {
  const began = Date.parse('2026-01-01T00:00:00.000Z');
  for (let start = 0; start < total; start += PAGE) {
    const numbers = Array.from({ length: Math.min(PAGE, total - start) }, (_, index) => start + index);
    const rows = numbers.map((number) => makeRow(number, total, began + Math.floor((number / total) * YEAR_MS)));
    await inTransaction(store, (tx) => insertPage(tx, rows));
  }
}

async function insertPage(tx: Store, rows: readonly OrderRow[]): Promise<void> {
  // SQL Server takes at most 2,100 parameters a statement, and SQLite 32,766; a row has 23.
  for (let at = 0; at < rows.length; at += 80)
    await tx.db
      .insertInto('orders')
      .values(rows.slice(at, at + 80))
      .execute();
  for (const row of rows) {
    if (row.state !== 'in_review' && row.state !== 'held') continue;
    const review = row.state === 'in_review';
    const code = review
      ? (HOLDS[row.received_at.charCodeAt(20) % HOLDS.length] ?? 'CREDIT.LIMIT')
      : 'BACKOFFICE.UNAVAILABLE';
    await tx.db
      .insertInto('holds')
      .values({
        order_id: row.id,
        revision: 1,
        code,
        category: review ? 'business_rule' : 'processing',
        release_role: review ? 'reviewer' : null,
        opened_at: row.received_at,
        cleared_at: null,
        cleared_by: null,
      }) // prettier-ignore
      .execute();
    if (!review) continue;
    await tx.db
      .insertInto('reviews')
      .values({
        id: uuidv7(),
        order_id: row.id,
        source: row.source,
        customer_id: row.customer_id,
        opened_at: row.received_at,
        due_at: new Date(Date.parse(row.received_at) + 4 * 3_600_000).toISOString(),
        claimed_by: null,
        lease_until: null,
        escalated_at: null,
        closed_at: null,
      }) // prettier-ignore
      .execute();
  }
}

function makeRow(number: number, total: number, receivedMs: number): OrderRow {
  const source = SOURCES[number % SOURCES.length] ?? 'web-shop';
  const state = stateOf(number, total);
  const over = state === 'completed' || state === 'rejected' || state === 'cancelled';
  const at = new Date(receivedMs).toISOString();
  return {
    id: uuidv7({ msecs: receivedMs }),
    document_id: uuidv7({ msecs: receivedMs }),
    source,
    channel: CHANNELS[source],
    state,
    resume_state: state === 'in_review' ? 'validated' : state === 'held' ? 'parsed' : null,
    revision: 1,
    type: 'new',
    customer_id: `C-${String(1001 + (number % 500))}`,
    po_number: `PO-${String(number)}`,
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
    terminal_at: over ? at : null,
    erased_at: null,
    changes_order_id: null,
    changes_revision: null,
    expired_at: null,
  };
}

/** The newest ones wait; the others are spread by a multiplicative hash, mixed and the same each time. */
function stateOf(number: number, total: number): OrderState {
  if (number >= total - WAITING) return number % 10 === 0 ? 'held' : 'in_review';
  let left = (Math.imul(number + 1, 0x9e3779b1) >>> 0) / 2 ** 32;
  for (const [state, part] of ENDS) {
    if (left < part) return state;
    left -= part;
  }
  return 'completed';
}
