import { LARGEST_SUM, printAmount, printQuantity, toScaled } from './amounts.ts';
import type { Store } from './store.ts';

/** What one revision of an order takes, or wants to take: credit of a customer and units of products. */
export interface Claim {
  readonly customerId: string;
  readonly amount: bigint;
  /** By the product's own SKU. */
  readonly quantities: ReadonlyMap<string, bigint>;
}

/** A claim not yet made, with the code that the caller wrote for each product. */
export interface WantedClaim extends Claim {
  readonly writtenAs: ReadonlyMap<string, string>;
}

/** A limit that a claim can run against. */
export type Limit = 'credit' | 'stock';

/** What is asked for, in the caller's words: products by SKU or GTIN, decimals as strings. */
export interface Wanted {
  readonly customerId: string;
  readonly currency: string;
  readonly amount: string;
  readonly lines: readonly { readonly sku: string; readonly quantity: string }[];
}

/** Why a claim can never be made, whatever stock and credit say. */
export interface Impossible {
  readonly impossible: 'unknown_customer' | 'unknown_product' | 'wrong_currency' | 'out_of_range';
  readonly title: string;
}

/** Why a claim cannot be made now. */
export type Shortage =
  | { readonly kind: 'credit'; readonly limit: string; readonly used: string; readonly wanted: string }
  | { readonly kind: 'stock'; readonly sku: string; readonly available: string; readonly wanted: string };

/** The product's own SKU for a code on an order: the SKU itself, or its GTIN with or without leading zeros. */
export function findSku(store: Store, code: string): string | undefined {
  return store.get<{ sku: string }>('SELECT sku FROM product_code WHERE code = ?', code)?.sku;
}

/** Puts what is wanted in the store's terms; lines for the same product add up. */
export function toClaim(store: Store, wanted: Wanted): WantedClaim | Impossible {
  const customer = store.get<{ currency: string }>('SELECT currency FROM customer WHERE id = ?', wanted.customerId);
  if (customer === undefined) return { impossible: 'unknown_customer', title: 'The customer is not known' };
  if (customer.currency !== wanted.currency) {
    return { impossible: 'wrong_currency', title: `The customer's account is kept in ${customer.currency}` };
  }
  const quantities = new Map<string, bigint>();
  const writtenAs = new Map<string, string>();
  for (const line of wanted.lines) {
    const sku = findSku(store, line.sku);
    if (sku === undefined) return { impossible: 'unknown_product', title: `There is no product ${line.sku}` };
    const quantity = (quantities.get(sku) ?? 0n) + toScaled(line.quantity);
    if (quantity > LARGEST_SUM)
      return { impossible: 'out_of_range', title: `The quantity of ${line.sku} is too large` };
    quantities.set(sku, quantity);
    writtenAs.set(sku, line.sku);
  }
  return { customerId: wanted.customerId, amount: toScaled(wanted.amount), quantities, writtenAs };
}

/** Takes credit and stock for a claim. */
export function take(store: Store, claim: Claim): void {
  move(store, claim, 1n);
}

/** Gives credit and stock of a claim back. */
export function giveBack(store: Store, claim: Claim): void {
  move(store, claim, -1n);
}

function move(store: Store, claim: Claim, sign: bigint): void {
  store.run('UPDATE customer SET credit_taken = credit_taken + ? WHERE id = ?', sign * claim.amount, claim.customerId);
  for (const [sku, quantity] of claim.quantities) {
    store.run('UPDATE product SET taken = taken + ? WHERE sku = ?', sign * quantity, sku);
  }
}

/**
 * Everything that an order itself already takes: its held reservation and its live production order. Both may stand at
 * once while a change is under way; whichever stays, the order needs only one of them, so neither counts against it.
 */
export function findOwnClaims(store: Store, orderId: string): readonly Claim[] {
  return [findHeldClaim(store, orderId), findProductionClaim(store, orderId)].filter((claim) => claim !== undefined);
}

/** What the order's reservation takes, unless it has become part of a production order. */
export function findHeldClaim(store: Store, orderId: string): Claim | undefined {
  const row = store.get<{ customer_id: string; amount: bigint }>(
    `SELECT customer_id, amount FROM reservation WHERE order_id = ? AND state = 'held'`,
    orderId,
  );
  if (row === undefined) return undefined;
  const lines = store.all<QuantityRow>('SELECT sku, quantity FROM reservation_line WHERE order_id = ?', orderId);
  return { customerId: row.customer_id, amount: row.amount, quantities: toQuantities(lines) };
}

/** What the order's live production order takes. */
export function findProductionClaim(store: Store, orderId: string): Claim | undefined {
  const row = store.get<{ number: bigint; customer_id: string; total: bigint }>(
    `SELECT number, customer_id, total FROM production_order WHERE order_id = ? AND state <> 'cancelled'`,
    orderId,
  );
  if (row === undefined) return undefined;
  const lines = store.all<QuantityRow>(
    'SELECT sku, SUM(quantity) AS quantity FROM production_line WHERE number = ? GROUP BY sku',
    row.number,
  );
  return { customerId: row.customer_id, amount: row.total, quantities: toQuantities(lines) };
}

interface QuantityRow {
  readonly sku: string;
  readonly quantity: bigint;
}

function toQuantities(rows: readonly QuantityRow[]): ReadonlyMap<string, bigint> {
  return new Map(rows.map((row) => [row.sku, row.quantity]));
}

/** The customer's credit that the order itself already takes. */
export function ownCredit(claims: readonly Claim[], customerId: string): bigint {
  return claims.reduce((sum, claim) => (claim.customerId === customerId ? sum + claim.amount : sum), 0n);
}

/** The units of a product that the order itself already takes. */
export function ownStock(claims: readonly Claim[], sku: string): bigint {
  return claims.reduce((sum, claim) => sum + (claim.quantities.get(sku) ?? 0n), 0n);
}

/** What a claim of the order would lack, leaving out the limits that it may pass. */
export function findShortages(
  store: Store,
  orderId: string,
  claim: WantedClaim,
  allowed: readonly Limit[],
): readonly Shortage[] {
  const own = findOwnClaims(store, orderId);
  const credit = allowed.includes('credit') ? [] : findCreditShortage(store, claim, own);
  const stock = allowed.includes('stock') ? [] : findStockShortages(store, claim, own);
  return [...credit, ...stock];
}

function findCreditShortage(store: Store, claim: Claim, own: readonly Claim[]): readonly Shortage[] {
  const row = store.get<{ credit_limit: bigint; used: bigint }>(
    'SELECT credit_limit, credit_open + credit_taken AS used FROM customer WHERE id = ?',
    claim.customerId,
  );
  if (row === undefined || claim.amount === 0n) return [];
  const used = row.used - ownCredit(own, claim.customerId);
  if (used + claim.amount <= row.credit_limit) return [];
  const limit = printAmount(row.credit_limit);
  return [{ kind: 'credit', limit, used: printAmount(used), wanted: printAmount(claim.amount) }];
}

function findStockShortages(store: Store, claim: WantedClaim, own: readonly Claim[]): readonly Shortage[] {
  return [...claim.quantities].flatMap(([sku, wanted]) => {
    const row = store.get<{ free: bigint }>('SELECT stock - taken AS free FROM product WHERE sku = ?', sku);
    const free = (row?.free ?? 0n) + ownStock(own, sku);
    if (wanted === 0n || wanted <= free) return [];
    const available = printQuantity(free < 0n ? 0n : free);
    return [{ kind: 'stock', sku: claim.writtenAs.get(sku) ?? sku, available, wanted: printQuantity(wanted) }];
  });
}
