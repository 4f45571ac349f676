import { decimal, sum } from '../money.ts';
import type { OrderLine } from '../order.ts';
import { findProduct } from './product.ts';
import type { Breach, Check } from './rule.ts';

/**
 * Says of which products the order wants more than is free. Lines of the same SKU count together; the breach stands at
 * the first of them. Unknown products are another rule's matter.
 */
export const checkInventory: Check<object> = ({ lines }, facts) =>
  [...Map.groupBy(lines.entries(), ([, line]) => line.sku)].flatMap(([sku, entries]): Breach[] => {
    const product = findProduct(facts, sku);
    const [first] = entries;
    if (!product || !first) return [];
    const wanted = sum(entries.map(([, line]) => line.quantity));
    if (wanted.lessThanOrEqualTo(decimal(product.available))) return [];
    const ordered = explainQuantities(entries.map(([, line]) => line));
    const short = wanted.minus(decimal(product.available)).toFixed();
    const message = `Of ${sku} are ordered ${ordered}, available ${product.available}: short by ${short}.`;
    return [{ path: `/lines/${first[0]}/quantity`, message, evidence: wanted.toFixed() }];
  });

function explainQuantities(lines: readonly OrderLine[]): string {
  const quantities = lines.map(({ quantity }) => quantity);
  const total = sum(quantities).toFixed();
  return quantities.length > 1 ? `${quantities.join(' + ')} = ${total}` : total;
}
