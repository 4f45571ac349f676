import type { Facts, ProductFacts } from '../facts.ts';
import type { Order, OrderLine } from '../order.ts';
import { nameLine } from './lines.ts';
import type { Check, Statement } from './rule.ts';

/** What the back office knows of a SKU; a SKU called `constructor` is no member of every object. */
export function findProduct({ products }: Facts, sku: string): ProductFacts | undefined {
  return Object.hasOwn(products, sku) ? products[sku] : undefined;
}

/** Judges each line by what is known of its product; of an unknown one another rule speaks. */
export function judgeProducts(
  { lines }: Order,
  facts: Facts,
  judge: (product: ProductFacts, line: OrderLine, index: number) => Statement,
): readonly Statement[] {
  return lines.map((line, index) => {
    const product = findProduct(facts, line.sku);
    return product ? judge(product, line, index) : { skipped: `the product of ${nameLine(line)} is not known.` };
  });
}

/** Says which lines name a product that the back office does not know. */
export const checkProductKnown: Check<object> = ({ lines }, facts) =>
  lines.map((line, index) => {
    if (findProduct(facts, line.sku)) return `The product of ${nameLine(line)} is known.`;
    const message = `The back office does not know the product of ${nameLine(line)}: correct the SKU or set the product up.`;
    return { path: `/lines/${index}/sku`, message, evidence: line.sku };
  });

/** Says which lines name a product that is no longer sold. */
export const checkProductActive: Check<object> = (order, facts) =>
  judgeProducts(order, facts, (product, line, index) => {
    if (product.active) return `The product of ${nameLine(line)} is sold.`;
    const message = `The product of ${nameLine(line)} is no longer sold: agree on a substitute or take the line out.`;
    return { path: `/lines/${index}/sku`, message, evidence: line.sku };
  });

/** Says which lines name a product that is not sold to this customer. */
export const checkProductAllowed: Check<object> = (order, facts) =>
  judgeProducts(order, facts, (product, line, index) => {
    if (product.allowed !== false) return `The product of ${nameLine(line)} is sold to this customer.`;
    const message = `The product of ${nameLine(line)} is not sold to this customer: have it released, or take the line out.`;
    return { path: `/lines/${index}/sku`, message, evidence: line.sku };
  });

/** Says where a line counts in another unit than the product: prices and stock could not be compared. */
export const checkUnit: Check<object> = (order, facts) =>
  judgeProducts(order, facts, (product, line, index) => {
    if (product.unit === line.unit) return `${nameLine(line)} and its product count in ${line.unit}.`;
    const message = `The unit of ${nameLine(line)} is ${line.unit}, but the product is sold in ${product.unit}.`;
    return { path: `/lines/${index}/unit`, message, evidence: line.unit };
  });
