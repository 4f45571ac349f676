import type { XmlElement } from './xml-reader.ts';
import {
  attributeOf,
  locate,
  nameOf,
  say,
  textOf,
  toDecimal,
  use,
  useAttribute,
  type XmlReading,
} from './xml-reading.ts';

/** Reading an order whose currency is known. */
export interface PricedReading extends XmlReading {
  readonly currency: string | undefined;
  /** The attribute in which amounts of the layout say theirs: `currency`, `currencyID`. */
  readonly currencyAttribute: string;
}

/** Division gives up to twelve decimals, as many as an order holds. */
export const PRICE_DECIMALS = 12;

export const LONGEST_DESCRIPTION = 500;
/** Of a discount or charge. */
export const LONGEST_CODE = 40;
const LONGEST_ID = 80;

/** An amount of money; one in another currency than the order's is told about. */
export function readMoney(reading: PricedReading, from: XmlElement, path: string, pointer: string): string | undefined {
  const node = locate(reading, from, path, pointer);
  if (!node) return undefined;
  checkCurrency(reading, node.element, pointer);
  use(reading, node);
  return toDecimal(reading, node, pointer);
}

/** Says of an amount that is in another currency than the order. */
export function checkCurrency(reading: PricedReading, money: XmlElement, pointer: string): void {
  const currency = attributeOf(money, reading.currencyAttribute)?.trim();
  // Said once for the order.
  if (currency === reading.currency) useAttribute(reading, money, reading.currencyAttribute);
  if (currency === undefined || currency === reading.currency || reading.currency === undefined) return;
  const message = `${nameOf(reading, { element: money })} is in ${currency.slice(0, 10)}, the order in ${reading.currency}: send one order for each currency.`;
  say(reading, 'XML.CURRENCY', { element: money }, pointer, message, currency.slice(0, 10));
}

/** The ids of a product beside our own, by qualifier (X12 element 235). @param ids where each stands */
export function readIds(
  reading: XmlReading,
  item: XmlElement,
  ids: readonly (readonly [path: string, qualifier: string])[],
  pointer: string,
): Record<string, string> {
  const read: Record<string, string> = {};
  for (const [path, qualifier] of ids) {
    const node = locate(reading, item, path, `${pointer}/${qualifier}`);
    if (!node || textOf(node).length > LONGEST_ID) continue;
    use(reading, node);
    read[qualifier] = textOf(node);
  }
  return read;
}

const GTIN_QUALIFIERS: Readonly<Record<number, string>> = { 12: 'UP', 13: 'EN', 14: 'UK' };

/** The qualifier (X12 element 235) of a GTIN by its length; undefined for what is none. */
export function findGtinQualifier(text: string): string | undefined {
  return /^\d+$/.test(text) ? GTIN_QUALIFIERS[text.length] : undefined;
}
