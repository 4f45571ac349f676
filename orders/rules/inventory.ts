import type { Decimal } from 'decimal.js';
import { z } from 'zod';
import type { Facts, PartialDelivery, ProductFacts } from '../facts.ts';
import { decimal, sum } from '../money.ts';
import type { Order, OrderLine } from '../order.ts';
import { findProduct } from './product.ts';
import type { Check, Statement } from './rule.ts';

/** Where the goods come from, and what becomes of an order that the stock does not cover. */
export const inventoryParameters = z.strictObject({
  /** Only these warehouses count; empty: all of them. */
  warehouses: z.array(z.string().min(1)).default([]),
  /** `customer`: as the back office says of the customer, else the order is held. */
  partial: z.enum(['customer', 'hold', 'backorder', 'split']).default('customer'),
});
type Parameters = z.infer<typeof inventoryParameters>;

/**
 * Says of which products the order wants more than is free. Lines of the same SKU count together; the breach stands at
 * the first of them. Unknown products are another rule's matter. Where the customer takes the rest later, it is only told.
 */
export const checkInventory: Check<Parameters> = (order, facts, parameters) => {
  const policy = choosePolicy(facts, parameters);
  return groupLines(order).map(([sku, entries]): Statement => {
    const product = findProduct(facts, sku);
    const [first] = entries;
    if (!product || !first) return { skipped: `${sku} is not known.` };
    const available = countAvailable(product, parameters.warehouses);
    const wanted = sum(entries.map(([, line]) => line.quantity));
    const ordered = explainQuantities(entries.map(([, line]) => line));
    const stock = `Of ${sku} are ordered ${ordered}, available ${explainAvailable(product, parameters.warehouses)}`;
    if (wanted.lessThanOrEqualTo(available)) return `${stock}.`;
    const message = `${stock}: short by ${wanted.minus(available).toFixed()}${CONSEQUENCES[policy]}.`;
    const breach = { path: `/lines/${first[0]}/quantity`, message, evidence: wanted.toFixed() };
    return policy === 'hold' ? breach : { ...breach, disposition: 'warn' };
  });
};

const CONSEQUENCES: Readonly<Record<PartialDelivery, string>> = {
  hold: '',
  backorder: '; the customer waits until all of it is there',
  split: '; the customer takes what is there at once and the rest later',
};

function choosePolicy({ customer }: Facts, { partial }: Parameters): PartialDelivery {
  return partial === 'customer' ? (customer?.partialDelivery ?? 'hold') : partial;
}

type Entry = readonly [number, OrderLine];

function groupLines({ lines }: Order): readonly (readonly [string, readonly Entry[]])[] {
  return [...Map.groupBy(lines.entries(), ([, line]) => line.sku)];
}

/** A warehouse that the back office does not name has nothing of the product. */
function countAvailable({ available, warehouses }: ProductFacts, only: readonly string[]): Decimal {
  if (only.length === 0) return decimal(available);
  return sum(only.flatMap((warehouse) => warehouses?.[warehouse] ?? []));
}

function explainAvailable(product: ProductFacts, only: readonly string[]): string {
  if (only.length === 0) return product.available;
  return `${countAvailable(product, only).toFixed()} in ${only.join(', ')}`;
}

function explainQuantities(lines: readonly OrderLine[]): string {
  const quantities = lines.map(({ quantity }) => quantity);
  const total = sum(quantities).toFixed();
  return quantities.length > 1 ? `${quantities.join(' + ')} = ${total}` : total;
}
