import { type Allowance, sumExcess } from './allowances.ts';
import { LARGEST_SUM, printAmount, printQuantity, toScaled } from './amounts.ts';
import {
  type Allocations,
  moveStock,
  readShelf,
  serveLines,
  type Shelf,
  sumUnits,
  type Terms,
  type Units,
  type WantedLine,
} from './stock.ts';
import type { Store } from './store.ts';

/** What one revision of an order takes: credit of a customer and units of products. */
export interface Claim {
  readonly customerId: string;
  readonly amount: bigint;
  readonly units: readonly Units[];
}

/** What one revision of an order wants to take. */
export interface WantedClaim {
  readonly customerId: string;
  readonly amount: bigint;
  readonly lines: readonly WantedLine[];
}

/** What is asked for, in the caller's words: products by SKU or GTIN, decimals as strings. */
export interface Wanted {
  readonly customerId: string;
  readonly currency: string;
  readonly amount: string;
  readonly lines: readonly { readonly line: string; readonly sku: string; readonly quantity: string }[];
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

/** A claim that can be made, and what of each of its lines is taken where. */
export interface Served {
  readonly claim: Claim;
  readonly lines: readonly ServedLine[];
}

/** A line, and what of it is taken where. */
export interface ServedLine extends WantedLine {
  readonly allocations: Allocations;
}

/** The product's own SKU for a code on an order: the SKU itself, or its GTIN with or without leading zeros. */
export function findSku(store: Store, code: string): string | undefined {
  return store.get<{ sku: string }>('SELECT sku FROM product_code WHERE code = ?', code)?.sku;
}

/** Puts what is wanted in the store's terms. */
export function toClaim(store: Store, wanted: Wanted): WantedClaim | Impossible {
  const customer = store.get<{ currency: string }>('SELECT currency FROM customer WHERE id = ?', wanted.customerId);
  if (customer === undefined) return { impossible: 'unknown_customer', title: 'The customer is not known' };
  if (customer.currency !== wanted.currency) {
    return { impossible: 'wrong_currency', title: `The customer's account is kept in ${customer.currency}` };
  }
  const lines: WantedLine[] = [];
  const totals = new Map<string, bigint>();
  for (const { line, sku: writtenAs, quantity: text } of wanted.lines) {
    const sku = findSku(store, writtenAs);
    if (sku === undefined) return { impossible: 'unknown_product', title: `There is no product ${writtenAs}` };
    const quantity = toScaled(text);
    const total = (totals.get(sku) ?? 0n) + quantity;
    if (total > LARGEST_SUM) return { impossible: 'out_of_range', title: `The quantity of ${writtenAs} is too large` };
    totals.set(sku, total);
    lines.push({ line, sku, writtenAs, quantity });
  }
  return { customerId: wanted.customerId, amount: toScaled(wanted.amount), lines };
}

/** A claim on what is allocated to each line. */
export function claimLines(wanted: WantedClaim, allocations: readonly Allocations[]): Served {
  const lines = wanted.lines.map((line, index) => ({ ...line, allocations: allocations[index] ?? [] }));
  const units = lines.flatMap(({ sku, allocations: of }) => of.map((some) => ({ sku, ...some })));
  return { claim: { customerId: wanted.customerId, amount: wanted.amount, units }, lines };
}

/** Takes credit and stock for a claim. */
export function take(store: Store, claim: Claim): void {
  moveCredit(store, claim, 1n);
  moveStock(store, claim.units, 1n);
}

/** Gives credit and stock of a claim back. */
export function giveBack(store: Store, claim: Claim): void {
  moveCredit(store, claim, -1n);
  moveStock(store, claim.units, -1n);
}

function moveCredit(store: Store, { customerId, amount }: Claim, sign: bigint): void {
  store.run('UPDATE customer SET credit_taken = credit_taken + ? WHERE id = ?', sign * amount, customerId);
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
  return { customerId: row.customer_id, amount: row.amount, units: listUnits(store, reservationHolder(orderId)) };
}

/** What the order's live production order takes. */
export function findProductionClaim(store: Store, orderId: string): Claim | undefined {
  const row = store.get<{ number: bigint; customer_id: string; total: bigint }>(
    `SELECT number, customer_id, total FROM production_order WHERE order_id = ? AND state <> 'cancelled'`,
    orderId,
  );
  if (row === undefined) return undefined;
  return { customerId: row.customer_id, amount: row.total, units: listUnits(store, productionHolder(row.number)) };
}

/** The name under which an order's reservation holds units. */
export function reservationHolder(orderId: string): string {
  return `reservation:${orderId}`;
}

/** The name under which a production order holds units. */
export function productionHolder(number: bigint): string {
  return `production:${String(number)}`;
}

function listUnits(store: Store, holder: string): readonly Units[] {
  return store.all<Units>('SELECT sku, warehouse, quantity FROM allocation WHERE holder = ?', holder);
}

/** Notes who holds what of each line. */
export function keepAllocations(store: Store, holder: string, lines: readonly ServedLine[]): void {
  for (const [index, { sku, allocations }] of lines.entries()) {
    allocations.forEach((some) => keepAllocation(store, holder, index + 1, { sku, ...some }));
  }
}

/** Notes that units are held for a line, on top of what is held for it in that warehouse already. */
export function keepAllocation(store: Store, holder: string, position: number, units: Units): void {
  store.run(
    `INSERT INTO allocation (holder, position, sku, warehouse, quantity) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET quantity = quantity + excluded.quantity`,
    holder,
    position,
    units.sku,
    units.warehouse,
    units.quantity,
  );
}

/** Forgets what is held; the running totals are the caller's to set right. */
export function dropAllocations(store: Store, holder: string): void {
  store.run('DELETE FROM allocation WHERE holder = ?', holder);
}

/** What of each line is held where and what waits, as it is answered; `lines` in the order of their positions. */
export function describeLines(
  store: Store,
  holder: string,
  lines: readonly { readonly line: string; readonly quantity: bigint }[],
): readonly object[] {
  const rows = store.all<Units & { position: bigint }>(
    'SELECT position, sku, warehouse, quantity FROM allocation WHERE holder = ? ORDER BY position, warehouse',
    holder,
  );
  const byPosition = Map.groupBy(rows, ({ position }) => Number(position));
  return lines.map(({ line, quantity }, index) => {
    const held = byPosition.get(index + 1) ?? [];
    return {
      line,
      allocations: held.map((units) => ({ warehouse: units.warehouse, quantity: printQuantity(units.quantity) })),
      waiting: printQuantity(quantity - sumUnits(held)),
    };
  });
}

/** The customer's credit that the order itself already takes. */
export function ownCredit(claims: readonly Claim[], customerId: string): bigint {
  return claims.reduce((sum, claim) => (claim.customerId === customerId ? sum + claim.amount : sum), 0n);
}

/**
 * Serves an order from what is free, counting what the order itself takes already as free.
 * @returns what it lacks, leaving out the limits that it may pass: under `hold` the whole of it must be there, else
 * something of it
 */
export function serveClaim(
  store: Store,
  orderId: string,
  wanted: WantedClaim,
  how: Terms & { readonly allow: readonly Allowance[] },
): Served | { readonly shortages: readonly Shortage[] } {
  const own = findOwnClaims(store, orderId);
  const units = own.flatMap((claim) => claim.units);
  const skus = [...new Set(wanted.lines.map(({ sku }) => sku))];
  const shelves = new Map(skus.map((sku) => [sku, readShelf(store, sku, units, how.warehouses)]));
  const lacking = findStockShortages(store, shelves, wanted, how.allow);
  const overdrawn = new Set(lacking.flatMap(({ sku, isAllowed }) => (isAllowed ? [sku] : [])));
  const allocations = serveLines(shelves, wanted.lines, { partial: how.partial, overdrawn });
  const isHeld = how.partial === 'hold' || allocations.every((some) => some.length === 0);
  const shortages = [
    ...findCreditShortage(store, wanted, own, how.allow),
    ...(isHeld ? lacking.flatMap(({ isAllowed, shortage }) => (isAllowed ? [] : [shortage])) : []),
  ];
  return shortages.length > 0 ? { shortages } : claimLines(wanted, allocations);
}

function findCreditShortage(
  store: Store,
  { customerId, amount }: WantedClaim,
  own: readonly Claim[],
  allow: readonly Allowance[],
): readonly Shortage[] {
  const row = store.get<{ credit_limit: bigint; used: bigint }>(
    'SELECT credit_limit, credit_open + credit_taken AS used FROM customer WHERE id = ?',
    customerId,
  );
  if (row === undefined || amount === 0n) return [];
  const used = row.used - ownCredit(own, customerId);
  if (used + amount <= row.credit_limit + sumExcess(allow, ({ limit }) => limit === 'credit')) return [];
  const limit = printAmount(row.credit_limit);
  return [{ kind: 'credit', limit, used: printAmount(used), wanted: printAmount(amount) }];
}

/** Of which products there is less than is wanted, and whether the claim may take it all the same. */
function findStockShortages(
  store: Store,
  shelves: ReadonlyMap<string, Shelf>,
  { lines }: WantedClaim,
  allow: readonly Allowance[],
): readonly { readonly sku: string; readonly isAllowed: boolean; readonly shortage: Shortage }[] {
  return [...Map.groupBy(lines, ({ sku }) => sku)].flatMap(([sku, of]) => {
    const wanted = sumUnits(of);
    const free = [...(shelves.get(sku)?.free.values() ?? [])].reduce((sum, units) => sum + units, 0n);
    if (wanted <= free) return [];
    const excess = sumExcess(allow, (one) => one.limit === 'stock' && findSku(store, one.sku) === sku);
    const writtenAs = of[0]?.writtenAs ?? sku;
    const words = { available: printQuantity(free), wanted: printQuantity(wanted) };
    return [{ sku, isAllowed: wanted - free <= excess, shortage: { kind: 'stock', sku: writtenAs, ...words } }];
  });
}
