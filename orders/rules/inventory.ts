import type { Decimal } from 'decimal.js';
import { z } from 'zod';
import type { Facts, PartialDelivery, ProductFacts } from '../facts.ts';
import type { Delivery } from '../fulfilment.ts';
import { decimal, sum } from '../money.ts';
import type { Order, OrderLine } from '../order.ts';
import { findProduct } from './product.ts';
import type { Check, RuleVersion, Statement } from './rule.ts';

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
 * the first of them. Unknown products are another rule's matter. Where the customer takes the rest later, it is only told
 * what goes now and what waits, unless nothing of the order can go.
 */
export const checkInventory: Check<Parameters> = (order, facts, parameters) => {
  const delivery = decideDelivery(facts, parameters);
  let plan: ReturnType<typeof planLines> | undefined;
  return groupLines(order, facts).map((entries): Statement => {
    const [[place, { sku }]] = entries;
    const product = findProduct(facts, sku);
    if (!product) return { skipped: `${sku} is not known.` };
    const lines = entries.map(([, line]) => line);
    const available = countAvailable(product, delivery.warehouses);
    const wanted = sum(lines.map(({ quantity }) => quantity));
    const stock = `Of ${sku} are ordered ${explainQuantities(lines)}, available ${explainAvailable(product, delivery)}`;
    if (wanted.lessThanOrEqualTo(available)) return `${stock}.`;
    plan ??= planLines(order, facts, delivery);
    const excess = wanted.minus(available).toFixed();
    const breach = { path: `/lines/${place}/quantity`, evidence: wanted.toFixed(), excess };
    return { ...breach, ...explainShort(`${stock}: short by ${excess}`, delivery, plan, entries) };
  });
};

/** An order of which something goes is only told of: nobody need decide what is agreed. */
function explainShort(
  short: string,
  { partial, because }: DecidedDelivery,
  plan: readonly (PlannedLine | undefined)[],
  entries: Entries,
): { readonly message: string; readonly disposition?: 'warn' } {
  const message = `${short}; ${because}, ${CONSEQUENCES[partial]}`;
  if (partial === 'hold') return { message: `${message}.` };
  const goes = plan.some((line) => line?.goes.isZero() === false);
  if (!goes) return { message: `${message}, but nothing of the order can go now.` };
  const told = explainPlan(entries.map(([index, { line }]) => [line, plan[index]]));
  return { message: `${message}: ${told}.`, disposition: 'warn' };
}

/** What becomes of a short order, as it ends the sentence that begins with whose word that is. */
const CONSEQUENCES: Readonly<Record<PartialDelivery, string>> = {
  hold: 'an order goes whole or a person decides',
  backorder: 'a line waits until all of it is there',
  split: 'what is there goes at once and the rest later',
};

/** How an order is delivered, and whose word that is. */
interface DecidedDelivery extends Delivery {
  /** Begins a sentence: `by the rule`. */
  readonly because: string;
}

function decideDelivery({ customer }: Facts, { partial, warehouses }: Parameters): DecidedDelivery {
  if (partial !== 'customer') return { partial, warehouses, because: 'by the rule' };
  const agreed = customer?.partialDelivery;
  if (agreed) return { partial: agreed, warehouses, because: 'as agreed with the customer' };
  return { partial: 'hold', warehouses, because: 'as nothing else is agreed with the customer' };
}

/** From the strictest. */
const STRICTNESS: readonly PartialDelivery[] = ['hold', 'backorder', 'split'];

/**
 * How the order is to be delivered by the rules that count for it, as they judged it. Where several look at the stock, the
 * strictest policy counts, and only warehouses that all of them allow; where none does, what is agreed with the customer.
 * @param rules one version of each code, as `chooseRules` gives them
 */
export function chooseDelivery(rules: readonly RuleVersion[], facts: Facts): Delivery {
  const parameters = rules
    .filter(({ kind }) => kind === 'inventory')
    .map((rule) => inventoryParameters.parse(rule.parameters));
  const decided = (parameters.length > 0 ? parameters : [inventoryParameters.parse({})]).map((of) =>
    decideDelivery(facts, of),
  );
  const partial = STRICTNESS.find((policy) => decided.some((of) => of.partial === policy)) ?? 'hold';
  const limits = decided.map(({ warehouses }) => warehouses).filter((only) => only.length > 0);
  const [first = [], ...others] = limits;
  const warehouses = first.filter((warehouse) => others.every((only) => only.includes(warehouse)));
  // Rules that have no warehouse in common leave nothing to take from: then the first one's, and all of it is a person's.
  const isImpossible = first.length > 0 && warehouses.length === 0;
  return isImpossible ? { partial: 'hold', warehouses: first } : { partial, warehouses };
}

/** What of a line goes now and what waits. */
export interface PlannedLine {
  readonly goes: Decimal;
  readonly waits: Decimal;
}

/**
 * What of each line would go now, were the facts' stock taken in the order of the lines; undefined where the product is
 * not known. The back office decides anew when it reserves.
 */
function planLines(
  order: Order,
  facts: Facts,
  { partial, warehouses }: Delivery,
): readonly (PlannedLine | undefined)[] {
  const left = new Map<string, Decimal>();
  return order.lines.map((line) => {
    const product = findProduct(facts, line.sku);
    if (!product) return undefined;
    const free = left.get(product.sku) ?? countAvailable(product, warehouses);
    const wanted = decimal(line.quantity);
    const some = partial === 'split' ? countWholePacks(free, product) : decimal('0');
    const goes = wanted.lessThanOrEqualTo(free) ? wanted : some;
    left.set(product.sku, free.minus(goes));
    return { goes, waits: wanted.minus(goes) };
  });
}

function countWholePacks(free: Decimal, { packSize }: ProductFacts): Decimal {
  return packSize === undefined ? free : free.minus(free.modulo(decimal(packSize)));
}

/** An order of thousands of lines is not told line by line. */
const LINES_TOLD = 10;

function explainPlan(lines: readonly (readonly [string, PlannedLine | undefined])[]): string {
  const told = lines.slice(0, LINES_TOLD).flatMap(([line, plan]) => (plan ? explainLine(line, plan) : []));
  const more = lines.length - LINES_TOLD;
  return [...told, ...(more > 0 ? [`${more} more lines alike`] : [])].join(', ');
}

/** What of a line goes now and what waits, in words. */
export function explainLine(line: string, { goes, waits }: PlannedLine): string {
  if (waits.isZero()) return `line ${line} goes (${goes.toFixed()})`;
  if (goes.isZero()) return `line ${line} waits (${waits.toFixed()})`;
  return `of line ${line} go ${goes.toFixed()} and wait ${waits.toFixed()}`;
}

type Entry = readonly [number, OrderLine];
/** Lines for one product, by their index; at least one. */
type Entries = readonly [Entry, ...Entry[]];

/** The SKU and a GTIN of a product are the same product. */
function groupLines({ lines }: Order, facts: Facts): readonly Entries[] {
  const groups = Map.groupBy(lines.entries(), ([, { sku }]) => findProduct(facts, sku)?.sku ?? sku);
  return [...groups.values()].flatMap(([first, ...others]) => (first ? [[first, ...others] as const] : []));
}

/** A warehouse that the back office does not name has nothing of the product. */
function countAvailable({ available, warehouses }: ProductFacts, only: readonly string[]): Decimal {
  if (only.length === 0) return decimal(available);
  return sum(only.flatMap((warehouse) => warehouses?.[warehouse] ?? []));
}

function explainAvailable(product: ProductFacts, { warehouses: only }: Delivery): string {
  if (only.length > 0) return `${countAvailable(product, only).toFixed()} in ${only.join(', ')}`;
  const places = Object.entries(product.warehouses ?? {}).map(([warehouse, units]) => `${warehouse} ${units}`);
  return places.length > 0 ? `${product.available} (${places.join(', ')})` : product.available;
}

function explainQuantities(lines: readonly OrderLine[]): string {
  const quantities = lines.map(({ quantity }) => quantity);
  const total = sum(quantities).toFixed();
  return quantities.length > 1 ? `${quantities.join(' + ')} = ${total}` : total;
}
