import type { Decimal } from 'decimal.js';
import { decimal, printAmount, toCurrency } from '../money.ts';
import type { JsonObject } from './json-reader.ts';
import { readDelivery } from './ubl-parties.ts';
import {
  findGtinQualifier,
  LONGEST_CODE,
  LONGEST_DESCRIPTION,
  PRICE_DECIMALS,
  type PricedReading,
  readIds,
  readMoney,
} from './xml-lines.ts';
import type { XmlElement } from './xml-reader.ts';
import {
  attributeOf,
  checkStrayLines,
  find,
  findAll,
  nameOf,
  readDate,
  readDecimal,
  readShortText,
  readText,
  say,
  textOf,
  toAmount,
  toDecimal,
  use,
  useWith,
} from './xml-reading.ts';
import { addAll, type Charge } from './xml-totals.ts';
import { toUnit } from './xml-units.ts';

/** A line as it will stand in the order, and the surcharges that are in its amount: these become charges of the order. */
export interface UblLine {
  readonly line: JsonObject;
  readonly charges: readonly Charge[];
}

/** All lines of an order. */
export function readLines(reading: PricedReading): readonly UblLine[] {
  const { root } = reading.document;
  checkStrayLines(reading, findAll(reading, root, 'cac:OrderLine'), 'OrderLine');
  return findAll(reading, root, 'cac:OrderLine/cac:LineItem').map((item, index) =>
    readLine(reading, item, `/lines/${index}`),
  );
}

function readLine(reading: PricedReading, item: XmlElement, pointer: string): UblLine {
  reading.nodes.set(pointer, { element: item });
  const id = readText(reading, item, 'cbc:ID', `${pointer}/line`);
  const changes = readAllowances(reading, item, `${pointer}/discounts`);
  const discounts = changes
    .filter((change) => !isCharge(change))
    .map(({ code, amount }) => ({ code, amount: printAmount(amount.negated(), reading.currency ?? '') }));
  const ordered = readQuantity(reading, item, pointer);
  const price = readPrice(reading, item, pointer);
  const quantity = toAmount(ordered.quantity);
  const goods = quantity && price.exact?.times(quantity);
  const amount = readLineAmount(reading, item, goods, changes, pointer);
  const date = readRequestedDate(reading, item, pointer);
  const deliverTo = readDelivery(reading, item, `${pointer}/deliverTo`);
  checkDeliveries(reading, item, pointer);
  const line: JsonObject = {
    ...(id !== undefined && { line: id }),
    ...readProduct(reading, item, pointer),
    ...ordered,
    unitPrice: price.text,
    ...(discounts.length > 0 && { discounts }),
    ...(amount !== undefined && { amount }),
    ...(deliverTo && { deliverTo }),
    ...(date !== undefined && { requestedDeliveryDate: date }),
  };
  return { line, charges: changes.filter(isCharge) };
}

function readQuantity(reading: PricedReading, item: XmlElement, pointer: string): { quantity?: string; unit?: string } {
  const quantity = readDecimal(reading, item, 'cbc:Quantity', `${pointer}/quantity`);
  const unit = readText(reading, item, 'cbc:Quantity/@unitCode', `${pointer}/unit`);
  return { ...(quantity !== undefined && { quantity }), ...(unit !== undefined && { unit: toUnit(unit) }) };
}

/**
 * What the line comes to as the sender says, without the surcharges in it; else quantity × price − allowances. Undefined
 * where these are no numbers.
 */
function readLineAmount(
  reading: PricedReading,
  item: XmlElement,
  goods: Decimal | undefined,
  changes: readonly Charge[],
  pointer: string,
): string | undefined {
  const stated = readMoney(reading, item, 'cbc:LineExtensionAmount', `${pointer}/amount`);
  const amount = toAmount(stated);
  if (stated !== undefined && !amount) return stated;
  const [charges, allowances] = [changes.filter(isCharge), changes.filter((change) => !isCharge(change))];
  if (amount) return printAmount(amount.minus(addAll(charges)), reading.currency ?? '');
  return goods && toCurrency(goods.plus(addAll(allowances)), reading.currency ?? '');
}

function isCharge({ amount }: Charge): boolean {
  return !amount.isNegative();
}

// Prices

/** A price as it stands in the order, and before it was rounded; without the latter it is no number. */
interface Price {
  readonly text: string;
  readonly exact?: Decimal;
}

/** The price of one ordered unit: `PriceAmount ÷ BaseQuantity`. An allowance inside of `Price` explains it only. */
function readPrice(reading: PricedReading, item: XmlElement, pointer: string): Price {
  const at = `${pointer}/unitPrice`;
  const text = readMoney(reading, item, 'cac:Price/cbc:PriceAmount', at);
  const node = reading.nodes.get(at) ?? { element: item };
  if (text === undefined) {
    say(
      reading,
      'XML.LINE.PRICE_MISSING',
      node,
      at,
      `${nameOf(reading, node)} is missing: a person must set the price.`,
    );
    return { text: '0', exact: decimal('0') };
  }
  const price = toAmount(text);
  const base = find(reading, item, 'cac:Price/cbc:BaseQuantity');
  if (!price || !base) return { text, ...(price && { exact: price }) };
  checkBase(reading, item, base, at);
  const quantity = toAmount(toDecimal(reading, { element: base }, at));
  if (quantity?.greaterThan(0)) {
    const exact = price.dividedBy(quantity);
    use(reading, { element: base });
    return { text: quantity.equals(1) ? text : exact.toDecimalPlaces(PRICE_DECIMALS).toFixed(), exact };
  }
  const message = `${nameOf(reading, { element: base })} must be a number above zero.`;
  say(reading, 'XML.FORMAT', { element: base }, at, message, textOf({ element: base }).slice(0, 40));
  return { text };
}

function checkBase(reading: PricedReading, item: XmlElement, base: XmlElement, at: string): void {
  useWith(reading, base, 'unitCode');
  const quantity = find(reading, item, 'cbc:Quantity');
  const [ordered, priced] = [quantity, base].map((element) => element && attributeOf(element, 'unitCode')?.trim());
  if (priced === undefined || ordered === undefined || priced === ordered) return;
  const message = `${nameOf(reading, { element: base })} is in ${priced.slice(0, 10)}, the quantity in ${ordered.slice(0, 10)}: what the price is for needs a person.`;
  say(reading, 'XML.LINE.PRICE_BASIS', { element: base }, at, message, priced.slice(0, 10));
}

/** The `AllowanceCharge`s of an order or a line. */
export function readAllowances(reading: PricedReading, from: XmlElement, pointer: string): readonly Charge[] {
  return findAll(reading, from, 'cac:AllowanceCharge').flatMap((element) => {
    const amount = toAmount(readMoney(reading, element, 'cbc:Amount', pointer));
    const indicator = find(reading, element, 'cbc:ChargeIndicator');
    const isCharge = indicator && /^(?:true|1)$/.test(textOf({ element: indicator }));
    const isAllowance = indicator && /^(?:false|0)$/.test(textOf({ element: indicator }));
    if (!amount || !indicator || (!isCharge && !isAllowance)) {
      const message = `${nameOf(reading, { element })} needs an Amount and a ChargeIndicator that is true or false.`;
      say(reading, 'XML.FORMAT', { element }, pointer, message);
      return [];
    }
    use(reading, { element: indicator });
    return [{ code: findReason(reading, element, isCharge === true), amount: isCharge ? amount : amount.negated() }];
  });
}

function findReason(reading: PricedReading, element: XmlElement, isCharge: boolean): string {
  const reasons = ['cbc:AllowanceChargeReasonCode', 'cbc:AllowanceChargeReason'].map((path) =>
    find(reading, element, path),
  );
  const reason = reasons.find((each) => each && textOf({ element: each }) !== '');
  const text = reason ? textOf({ element: reason }) : '';
  if (reason && text.length <= LONGEST_CODE) use(reading, { element: reason });
  return text.slice(0, LONGEST_CODE).toWellFormed() || (isCharge ? 'CHARGE' : 'ALLOWANCE');
}

// What is ordered

const ITEM_IDS = [
  ['cac:Item/cac:BuyersItemIdentification/cbc:ID', 'BP'],
  ['cac:Item/cac:ManufacturersItemIdentification/cbc:ID', 'MG'],
] as const;

/** Our own number of the product, else its GTIN. @see X12 element 235 for the qualifiers of the other ids */
function readProduct(reading: PricedReading, item: XmlElement, pointer: string): JsonObject {
  const gtin = findGtin(reading, item);
  const own = readText(reading, item, 'cac:Item/cac:SellersItemIdentification/cbc:ID', `${pointer}/sku`);
  const sku = own ?? (gtin && textOf({ element: gtin.element }));
  if (own === undefined && gtin) {
    reading.nodes.set(`${pointer}/sku`, { element: gtin.element });
    const message = `${nameOf(reading, { element: item })} has no SellersItemIdentification: its GTIN is taken for our number.`;
    say(reading, 'XML.LINE.SKU', { element: gtin.element }, `${pointer}/sku`, message);
  }
  const ids = {
    ...readIds(reading, item, ITEM_IDS, `${pointer}/ids`),
    ...(gtin && { [gtin.qualifier]: textOf({ element: gtin.element }) }),
  };
  const description = readDescription(reading, item, `${pointer}/description`);
  return {
    ...(sku !== undefined && { sku }),
    ...(Object.keys(ids).length > 0 && { ids }),
    ...(description !== undefined && { description }),
  };
}

function readDescription(reading: PricedReading, item: XmlElement, pointer: string): string | undefined {
  const name = readShortText(reading, item, 'cac:Item/cbc:Name', pointer, LONGEST_DESCRIPTION);
  const described = find(reading, item, 'cac:Item/cbc:Description');
  if (name !== undefined || !described) return name;
  return readShortText(reading, described, '', pointer, LONGEST_DESCRIPTION);
}

/** `StandardItemIdentification` with the scheme of GTIN (0160 in ISO/IEC 6523), also as older documents write it. */
function findGtin(reading: PricedReading, item: XmlElement) {
  const elements = findAll(reading, item, 'cac:Item/cac:StandardItemIdentification/cbc:ID');
  for (const element of elements) {
    const text = textOf({ element });
    const qualifier = findGtinQualifier(text);
    if (qualifier === undefined || !/^(?:0160|gtin|ean|)$/i.test(attributeOf(element, 'schemeID')?.trim() ?? ''))
      continue;
    useWith(reading, element, 'schemeID');
    return { element, qualifier };
  }
  return undefined;
}

// Dates

/** The first day of the period that is asked for; of one without a first day its last. */
export function readRequestedDate(reading: PricedReading, from: XmlElement, pointer: string): string | undefined {
  const at = `${pointer}/requestedDeliveryDate`;
  const period = find(reading, from, 'cac:Delivery/cac:RequestedDeliveryPeriod');
  if (period) {
    const start = readDate(reading, period, 'cbc:StartDate', at);
    return start ?? readDate(reading, period, 'cbc:EndDate', at);
  }
  reading.nodes.set(at, { element: from, missing: 'cac:Delivery/cac:RequestedDeliveryPeriod/cbc:StartDate' });
  return undefined;
}

function checkDeliveries(reading: PricedReading, item: XmlElement, pointer: string): void {
  const second = findAll(reading, item, 'cac:Delivery')[1];
  if (!second) return;
  const message = `${nameOf(reading, { element: second })} is a second delivery of one line: what goes where and when needs a person.`;
  say(reading, 'XML.LINE.SCHEDULE', { element: second }, pointer, message);
}
