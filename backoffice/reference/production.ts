import { createHash } from 'node:crypto';
import type { Allowance } from './allowances.ts';
import { printAmount, printQuantity, toScaled } from './amounts.ts';
import { type Answer, answer, refuse } from './answer.ts';
import {
  describeLines,
  dropAllocations,
  findProductionClaim,
  findSku,
  giveBack,
  keepAllocation,
  keepAllocations,
  productionHolder,
  take,
} from './claims.ts';
import { claimForProduction, decline, type Submission, type Taken } from './production-claims.ts';
import { consumeReservation, releaseUpTo, type Key } from './reservations.ts';
import { moveStock, readShelf, serveLines, type Terms } from './stock.ts';
import type { Store } from './store.ts';

interface SubmissionRow {
  readonly state: 'accepted' | 'cancelled';
  readonly number: bigint | null;
  readonly fingerprint: string | null;
}

interface ProductionRow {
  readonly number: bigint;
  readonly revision: bigint;
  readonly state: 'open' | 'in_production' | 'cancelled';
  readonly terms: string;
}

/** Makes one production order of an order; the same key again answers with the same one. */
export function submit(store: Store, key: Key, submission: Submission): Answer {
  return store.write(() => {
    const earlier = answerEarlier(store, key, submission);
    if (earlier !== undefined) return earlier;
    if (findLive(store, key.orderId) !== undefined) {
      return decline(409, 'already_in_production', 'Another revision of the order is in production: amend that one');
    }
    const taken = claimForProduction(store, key, submission, { partial: 'hold', warehouses: [], allow: [] });
    if ('status' in taken) return taken;
    consumeReservation(store, key, taken.claim, taken.terms);
    const number = insertProductionOrder(store, key, submission, taken);
    take(store, taken.claim);
    keepSubmission(store, key, number, submission);
    return accept(number, { status: 201, location: `/submissions/${key.orderId}/${String(key.revision)}` });
  });
}

/**
 * Changes the live production order to another revision, served under the terms and past the limits that are allowed,
 * unless the revision was reserved.
 */
export function amend(
  store: Store,
  key: Key,
  amendment: Submission & Terms & { readonly allow: readonly Allowance[] },
): Answer {
  const { partial, warehouses, allow, ...submission } = amendment;
  return store.write(() => {
    const earlier = answerEarlier(store, key, submission);
    if (earlier !== undefined) return earlier;
    const live = findLive(store, key.orderId);
    if (live === undefined) return decline(409, 'not_in_production', 'The order has no live production order');
    if (live.state === 'in_production') return decline(409, 'too_late', 'Production has begun');
    if (live.revision > BigInt(key.revision))
      return decline(409, 'superseded', 'A later revision has replaced this one');
    const taken = claimForProduction(store, key, submission, { partial, warehouses, allow });
    if ('status' in taken) return taken;
    const former = findProductionClaim(store, key.orderId);
    if (former !== undefined) giveBack(store, former);
    consumeReservation(store, key, taken.claim, taken.terms);
    updateProductionOrder(store, live.number, key, submission, taken);
    take(store, taken.claim);
    keepSubmission(store, key, live.number, submission);
    return accept(live.number);
  });
}

/** What became of a submission. */
export function status(store: Store, key: Key): Answer {
  const row = findSubmission(store, key);
  if (row === undefined) return answer({ state: 'unknown' });
  if (row.state === 'cancelled' || row.number === null) return answer({ state: 'cancelled' });
  return answer({ state: 'accepted', productionOrderId: printNumber(row.number) });
}

/** Cancels what was submitted under the key, and keeps a late submission of it from ever being accepted. */
export function cancel(store: Store, key: Key): Answer {
  return store.write(() => {
    const row = findSubmission(store, key);
    if (row?.state === 'cancelled') return answer({ outcome: 'cancelled' });
    if (row?.number != null) {
      const live = findLive(store, key.orderId);
      if (live?.state === 'in_production') return answer({ outcome: 'too_late' });
      if (live !== undefined && live.revision !== BigInt(key.revision)) {
        return refuse(409, 'superseded', 'A later revision has replaced this one: cancel that one');
      }
      cancelProductionOrder(store, key.orderId, row.number);
    }
    store.run(
      `INSERT INTO submission (order_id, revision, state) VALUES (?, ?, 'cancelled') ON CONFLICT DO NOTHING`,
      key.orderId,
      key.revision,
    );
    releaseUpTo(store, key);
    return answer({ outcome: 'cancelled' });
  });
}

/**
 * Takes what is there by now of what waits, and answers how the order stands. Again it takes what came in meanwhile, or
 * nothing: it comes to the same in the end, however often it is asked.
 */
export function takeBackorders(store: Store, key: Key): Answer {
  return store.write(() => {
    const row = findSubmission(store, key);
    if (row === undefined) return refuse(409, 'not_in_production', 'The revision has no production order');
    const live = findLive(store, key.orderId);
    if (row.state === 'cancelled' || live === undefined) {
      return refuse(409, 'cancelled', 'The production order was cancelled');
    }
    if (live.revision !== BigInt(key.revision)) {
      return refuse(409, 'superseded', 'A later revision has replaced this one');
    }
    serveWaiting(store, live);
    const holder = productionHolder(live.number);
    return answer({ lines: describeLines(store, holder, readLines(store, live.number)) });
  });
}

function serveWaiting(store: Store, { number, terms }: ProductionRow): void {
  const holder = productionHolder(number);
  const { partial, warehouses } = JSON.parse(terms) as Terms;
  const waiting = store.all<{ position: bigint; sku: string; quantity: bigint }>(
    `SELECT position, sku, quantity - (SELECT COALESCE(SUM(allocation.quantity), 0) FROM allocation
       WHERE holder = ? AND allocation.position = production_line.position) AS quantity
     FROM production_line WHERE number = ? ORDER BY position`,
    holder,
    number,
  );
  const skus = new Set(waiting.filter(({ quantity }) => quantity > 0n).map(({ sku }) => sku));
  const shelves = new Map([...skus].map((sku) => [sku, readShelf(store, sku, [], warehouses)]));
  const served = serveLines(shelves, waiting, { partial, overdrawn: new Set() });
  for (const [index, { position, sku }] of waiting.entries()) {
    const units = (served[index] ?? []).map((some) => ({ sku, ...some }));
    units.forEach((some) => keepAllocation(store, holder, Number(position), some));
    moveStock(store, units, 1n);
  }
}

/** Production of an order begins: from now on it can be neither changed nor cancelled. */
export function begin(store: Store, productionOrderId: string): Answer {
  return store.write(() => {
    const number = parseNumber(productionOrderId);
    const row = store.get<{ state: string }>('SELECT state FROM production_order WHERE number = ?', number);
    if (row === undefined) return refuse(404, 'not_found', 'There is no such production order');
    if (row.state === 'cancelled') return refuse(409, 'cancelled', 'The production order was cancelled');
    store.run(`UPDATE production_order SET state = 'in_production' WHERE number = ?`, number);
    return answer({ productionOrderId, state: 'in_production' });
  });
}

/** Production orders in the order they were made, a page at a time, and how many there are. */
export function list(store: Store, query: { orderId?: string; after?: string; limit: number }): Answer {
  const rows = store.all<
    ProductionRow & { order_id: string; customer_id: string; po_number: string; currency: string; total: bigint }
  >(
    `SELECT * FROM production_order WHERE number > ?1 AND (?2 IS NULL OR order_id = ?2) ORDER BY number LIMIT ?3`,
    parseNumber(query.after ?? 'PRD-0'),
    query.orderId ?? null,
    query.limit,
  );
  const counts = store.get<{ live: bigint; cancelled: bigint }>(
    `SELECT COUNT(*) FILTER (WHERE state <> 'cancelled') AS live, COUNT(*) FILTER (WHERE state = 'cancelled') AS cancelled
     FROM production_order WHERE ?1 IS NULL OR order_id = ?1`,
    query.orderId ?? null,
  );
  const productionOrders = rows.map((row) => ({
    productionOrderId: printNumber(row.number),
    orderId: row.order_id,
    revision: Number(row.revision),
    state: row.state,
    customerId: row.customer_id,
    poNumber: row.po_number,
    currency: row.currency,
    total: printAmount(row.total),
    lines: listLines(store, row.number),
  }));
  return answer({ live: Number(counts?.live ?? 0n), cancelled: Number(counts?.cancelled ?? 0n), productionOrders });
}

function listLines(store: Store, number: bigint): readonly object[] {
  const lines = readLines(store, number);
  const served = describeLines(store, productionHolder(number), lines);
  return lines.map((line, index) => ({ ...line, quantity: printQuantity(line.quantity), ...served[index] }));
}

function readLines(store: Store, number: bigint): readonly ProductionLine[] {
  return store.all<ProductionLine>(
    `SELECT line, sku, quantity, unit_price AS unitPrice, amount FROM production_line WHERE number = ? ORDER BY position`,
    number,
  );
}

interface ProductionLine {
  readonly line: string;
  readonly sku: string;
  readonly quantity: bigint;
  readonly unitPrice: string;
  readonly amount: string;
}

/** The answer that the key has had already, if any. */
function answerEarlier(store: Store, key: Key, submission: Submission): Answer | undefined {
  const row = findSubmission(store, key);
  if (row === undefined) return undefined;
  if (row.state === 'cancelled' || row.number === null) {
    return decline(409, 'cancelled', 'This revision of the order was cancelled');
  }
  // The Idempotency-Key draft wants a key with another body refused rather than answered as if it were the first.
  if (row.fingerprint !== fingerprintOf(submission)) {
    return refuse(422, 'key_reused', 'The key was used with another order');
  }
  return accept(row.number);
}

function accept(
  number: bigint,
  how: { readonly status: number; readonly location?: string } = { status: 200 },
): Answer {
  return { ...how, body: { accepted: true, productionOrderId: printNumber(number) } };
}

function findSubmission(store: Store, key: Key): SubmissionRow | undefined {
  return store.get<SubmissionRow>(
    'SELECT state, number, fingerprint FROM submission WHERE order_id = ? AND revision = ?',
    key.orderId,
    key.revision,
  );
}

function findLive(store: Store, orderId: string): ProductionRow | undefined {
  return store.get<ProductionRow>(
    `SELECT number, revision, state, terms FROM production_order WHERE order_id = ? AND state <> 'cancelled'`,
    orderId,
  );
}

function insertProductionOrder(store: Store, key: Key, submission: Submission, taken: Taken): bigint {
  const number = store.run(
    `INSERT INTO production_order (order_id, revision, customer_id, po_number, currency, total, terms, state)
     VALUES (?, ?, ?, ?, ?, ?, ?, 'open')`,
    key.orderId,
    key.revision,
    submission.customerId,
    submission.poNumber,
    submission.currency,
    toScaled(submission.total),
    JSON.stringify(taken.terms),
  );
  insertLines(store, number, submission);
  keepAllocations(store, productionHolder(number), taken.lines);
  return number;
}

function updateProductionOrder(store: Store, number: bigint, key: Key, submission: Submission, taken: Taken): void {
  store.run(
    `UPDATE production_order SET revision = ?, customer_id = ?, po_number = ?, currency = ?, total = ?, terms = ?
     WHERE number = ?`,
    key.revision,
    submission.customerId,
    submission.poNumber,
    submission.currency,
    toScaled(submission.total),
    JSON.stringify(taken.terms),
    number,
  );
  store.run('DELETE FROM production_line WHERE number = ?', number);
  dropAllocations(store, productionHolder(number));
  insertLines(store, number, submission);
  keepAllocations(store, productionHolder(number), taken.lines);
}

function insertLines(store: Store, number: bigint, submission: Submission): void {
  for (const [index, line] of submission.lines.entries()) {
    const sku = findSku(store, line.sku) ?? line.sku;
    store.run(
      'INSERT OR IGNORE INTO purchase (customer_id, sku, number, position) VALUES (?, ?, ?, ?)',
      submission.customerId,
      sku,
      number,
      index + 1,
    );
    store.run(
      `INSERT INTO production_line (number, position, line, sku, quantity, unit_price, amount)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
      number,
      index + 1,
      line.line,
      sku,
      toScaled(line.quantity),
      line.unitPrice,
      line.amount,
    );
  }
}

function cancelProductionOrder(store: Store, orderId: string, number: bigint): void {
  const claim = findProductionClaim(store, orderId);
  if (claim !== undefined) giveBack(store, claim);
  dropAllocations(store, productionHolder(number));
  store.run(`UPDATE production_order SET state = 'cancelled' WHERE number = ?`, number);
  store.run(`UPDATE submission SET state = 'cancelled' WHERE number = ?`, number);
}

function keepSubmission(store: Store, key: Key, number: bigint, submission: Submission): void {
  store.run(
    `INSERT INTO submission (order_id, revision, state, number, fingerprint) VALUES (?, ?, 'accepted', ?, ?)`,
    key.orderId,
    key.revision,
    number,
    fingerprintOf(submission),
  );
}

function fingerprintOf(submission: Submission): string {
  const lines = submission.lines.map((line) => {
    return [line.line, line.sku, line.quantity, line.unitPrice, line.amount, line.fulfilment];
  });
  const content = [submission.customerId, submission.poNumber, submission.currency, submission.total, lines];
  return createHash('sha256').update(JSON.stringify(content)).digest('base64');
}

function printNumber(number: bigint): string {
  return `PRD-${String(number).padStart(7, '0')}`;
}

function parseNumber(productionOrderId: string): number {
  return Number(/^PRD-(\d{1,15})$/.exec(productionOrderId)?.[1] ?? 0);
}
