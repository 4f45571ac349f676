import type { Store } from './store.ts';

/** Units of a product in one warehouse. */
export interface Units {
  readonly sku: string;
  readonly warehouse: string;
  readonly quantity: bigint;
}

/** What becomes of an order that the stock does not cover: nothing of it goes, whole lines go, or what is there goes. */
export type PartialDelivery = 'hold' | 'backorder' | 'split';

/** How an order is served from the stock. */
export interface Terms {
  readonly partial: PartialDelivery;
  /** Only these warehouses count; empty for all. */
  readonly warehouses: readonly string[];
}

/** A line to be served, under the product's own SKU. */
export interface WantedLine {
  readonly line: string;
  readonly sku: string;
  /** The product as the caller wrote it. */
  readonly writtenAs: string;
  readonly quantity: bigint;
}

/** What of one line is taken where. What is not, waits. */
export type Allocations = readonly Pick<Units, 'warehouse' | 'quantity'>[];

/** What is free of one product, and in packs of how many it is sold; 0n for any quantity. */
export interface Shelf {
  readonly free: ReadonlyMap<string, bigint>;
  readonly packSize: bigint;
}

/** Where products stand that are kept in one place only. */
export const ONLY_WAREHOUSE = 'MAIN';

/** What is free of a product by warehouse, in the order of their names; never below nothing. */
export function readShelf(store: Store, sku: string, own: readonly Units[], warehouses: readonly string[]): Shelf {
  const rows = store.all<{ warehouse: string; free: bigint }>(
    'SELECT warehouse, on_hand - taken AS free FROM stock WHERE sku = ? ORDER BY warehouse',
    sku,
  );
  const present = new Map(rows.map(({ warehouse, free }) => [warehouse, free]));
  const counted = warehouses.length === 0 ? [...present.keys()] : warehouses;
  const free = new Map(
    counted.map((warehouse) => {
      const mine = own.filter((units) => units.sku === sku && units.warehouse === warehouse);
      const units = (present.get(warehouse) ?? 0n) + sumUnits(mine);
      return [warehouse, units < 0n ? 0n : units] as const;
    }),
  );
  const product = store.get<{ pack_size: bigint | null }>('SELECT pack_size FROM product WHERE sku = ?', sku);
  return { free, packSize: product?.pack_size ?? 0n };
}

/** Takes units of products; with a negative sign gives them back. */
export function moveStock(store: Store, units: readonly Units[], sign: 1n | -1n): void {
  for (const { sku, warehouse, quantity } of units) {
    store.run(
      `INSERT INTO stock (sku, warehouse, on_hand, taken) VALUES (?, ?, 0, ?)
       ON CONFLICT (sku, warehouse) DO UPDATE SET taken = taken + excluded.taken`,
      sku,
      warehouse,
      sign * quantity,
    );
  }
}

/** Adds up quantities. */
export function sumUnits(units: readonly Pick<Units, 'quantity'>[]): bigint {
  return units.reduce((sum, { quantity }) => sum + quantity, 0n);
}

/**
 * Serves lines one after another from what is free. A line that is not covered waits, whole or in part; of products that may be
 * overdrawn all of it is taken, and the stock goes below nothing.
 */
export function serveLines(
  shelves: ReadonlyMap<string, Shelf>,
  lines: readonly Pick<WantedLine, 'sku' | 'quantity'>[],
  how: { readonly partial: PartialDelivery; readonly overdrawn: ReadonlySet<string> },
): readonly Allocations[] {
  const left = new Map([...shelves].map(([sku, { free }]) => [sku, new Map(free)]));
  return lines.map(({ sku, quantity }) => {
    const free = left.get(sku) ?? new Map<string, bigint>();
    const all = [...free.values()].reduce((sum, units) => sum + units, 0n);
    if (how.overdrawn.has(sku) || quantity <= all) return draw(free, quantity);
    return how.partial === 'split' ? draw(free, wholePacks(all, shelves.get(sku)?.packSize ?? 0n)) : [];
  });
}

function wholePacks(quantity: bigint, packSize: bigint): bigint {
  return packSize === 0n ? quantity : quantity - (quantity % packSize);
}

/** From the fullest warehouse first, so that a line goes from as few as can be. */
function draw(free: Map<string, bigint>, quantity: bigint): Allocations {
  const fullestFirst = [...free].sort(([, one], [, other]) => (one < other ? 1 : one > other ? -1 : 0));
  const taken = new Map<string, bigint>();
  let missing = quantity;
  for (const [warehouse, units] of fullestFirst) {
    const some = units < missing ? units : missing;
    if (some > 0n) taken.set(warehouse, some);
    missing -= some;
  }
  const [first] = fullestFirst;
  if (missing > 0n && first !== undefined) taken.set(first[0], (taken.get(first[0]) ?? 0n) + missing);
  for (const [warehouse, units] of taken) free.set(warehouse, (free.get(warehouse) ?? 0n) - units);
  return [...taken].map(([warehouse, units]) => ({ warehouse, quantity: units }));
}
