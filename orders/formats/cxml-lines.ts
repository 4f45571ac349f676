import type { Decimal } from 'decimal.js';
import { apportion, decimal, isDecimal, printAmount, roundTo } from '../money.ts';
import { readAddress, readFirst } from './cxml-parties.ts';
import type { JsonObject } from './json-reader.ts';
import {
  checkCurrency,
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
  rawText,
  readDate,
  readDecimal,
  readText,
  say,
  toAmount,
  useWith,
} from './xml-reading.ts';
import type { Charge } from './xml-totals.ts';
import { toUnit } from './xml-units.ts';

/** A line as it will stand in the order, but for its amount. */
export interface CxmlLine {
  readonly line: JsonObject;
  /** What it comes to, not rounded; null where quantity or price are no numbers. */
  readonly exact: Decimal | null;
}

/** All lines of an order; a line with several `ScheduleLine`s is one for each date. Surcharges of lines are charges. */
export function readLines(reading: PricedReading): {
  readonly lines: readonly CxmlLine[];
  readonly charges: readonly Charge[];
} {
  const lines: CxmlLine[] = [];
  const charges: Charge[] = [];
  const items = findAll(reading, reading.base, 'ItemOut');
  checkStrayLines(reading, items, 'ItemOut');
  for (const item of items) {
    // Its places are noted apart, for the parts of a line all stand there.
    const own: PricedReading = { ...reading, nodes: new Map() };
    const read = readItem(own, item, lines.length);
    read.lines.forEach((_line, at) => copyNodes(own, `/lines/${lines.length}`, reading, `/lines/${lines.length + at}`));
    lines.push(...read.lines);
    charges.push(...read.charges);
  }
  return { lines, charges };
}

function readItem(reading: PricedReading, item: XmlElement, index: number) {
  const pointer = `/lines/${index}`;
  reading.nodes.set(pointer, { element: item });
  const id = readText(reading, item, '@lineNumber', `${pointer}/line`) ?? String(index + 1);
  const quantity = readDecimal(reading, item, '@quantity', `${pointer}/quantity`);
  const price = readPrice(reading, item, pointer);
  const changes = readModifications(reading, find(reading, item, 'ItemDetail/UnitPrice'), price?.perUnit ?? null);
  checkKind(reading, item, pointer);
  const deliverTo = readPlace(reading, item, pointer);
  const common: JsonObject = {
    ...readProduct(reading, item, pointer),
    ...(price !== undefined && { unitPrice: price.text }),
    ...(deliverTo && { deliverTo }),
  };
  const exact = price?.perUnit ? { price: price.perUnit, ...splitChanges(changes, toAmount(quantity)) } : null;
  const parts = readSchedule(reading, item, quantity, pointer);
  const shares = shareDiscounts(exact?.discounts ?? [], parts, reading.currency ?? '');
  const lines = parts.map((part, at) => {
    const line = { line: parts.length === 1 ? id : `${id}/${at + 1}`, ...common };
    const discounts = shares.map(({ code, amounts }) => ({ code, amount: amounts[at] ?? decimal('0') }));
    return makeLine(reading, line, { part, price: exact?.price, discounts });
  });
  return { lines, charges: exact?.charges ?? [] };
}

interface Part {
  readonly quantity: string | undefined;
  readonly date: string | undefined;
}

/** What a part costs. */
interface Costs {
  readonly part: Part;
  /** Of one unit; undefined where it is no number. */
  readonly price: Decimal | undefined;
  readonly discounts: readonly Charge[];
}

function makeLine({ currency = '' }: PricedReading, common: JsonObject, { part, price, discounts }: Costs): CxmlLine {
  const line: JsonObject = {
    ...common,
    ...(part.quantity !== undefined && { quantity: part.quantity }),
    ...(discounts.length > 0 && {
      discounts: discounts.map(({ code, amount }) => ({ code, amount: printAmount(amount, currency) })),
    }),
    ...(part.date !== undefined && { requestedDeliveryDate: part.date }),
  };
  const quantity = toAmount(part.quantity);
  const goods = price && quantity ? price.times(quantity) : null;
  return { line, exact: goods && discounts.reduce((left, { amount }) => left.minus(amount), goods) };
}

/** What each part has of each discount, by its quantity. */
function shareDiscounts(discounts: readonly Charge[], parts: readonly Part[], currency: string) {
  const quantities = parts.map(({ quantity }) => toAmount(quantity) ?? decimal('0'));
  return discounts.map(({ code, amount }) => ({
    code,
    amounts: apportion(roundTo(amount, currency), quantities, currency),
  }));
}

function copyNodes(own: PricedReading, from: string, { nodes }: PricedReading, to: string): void {
  for (const [pointer, node] of own.nodes) nodes.set(to + pointer.slice(from.length), node);
}

// What is ordered

/** `SupplierPartAuxiliaryID` tells configurations of one part apart: X12's VS, vendor's supplemental item number. */
const ITEM_IDS = [
  ['ItemID/SupplierPartAuxiliaryID', 'VS'],
  ['ItemID/BuyerPartID', 'BP'],
  ['ItemDetail/ManufacturerPartID', 'MG'],
] as const;
const GTIN_DOMAIN = /^(?:gtin|ean|upc)/i;

function readProduct(reading: PricedReading, item: XmlElement, pointer: string): JsonObject {
  const sku = readText(reading, item, 'ItemID/SupplierPartID', `${pointer}/sku`);
  const description = readFirst(reading, item, 'ItemDetail/Description', `${pointer}/description`, LONGEST_DESCRIPTION);
  const unit = readText(reading, item, 'ItemDetail/UnitOfMeasure', `${pointer}/unit`);
  const ids = readProductIds(reading, item, `${pointer}/ids`);
  return {
    ...(sku !== undefined && { sku }),
    ...(Object.keys(ids).length > 0 && { ids }),
    ...(description !== undefined && { description }),
    ...(unit !== undefined && { unit: toUnit(unit) }),
  };
}

function readProductIds(reading: PricedReading, item: XmlElement, pointer: string): Record<string, string> {
  const ids = readIds(reading, item, ITEM_IDS, pointer);
  for (const reference of findAll(reading, item, 'ItemID/IdReference')) {
    const identifier = attributeOf(reference, 'identifier')?.trim() ?? '';
    const isGtin = GTIN_DOMAIN.test((attributeOf(reference, 'domain') ?? '').replace(/[^a-z]/gi, ''));
    const qualifier = isGtin ? findGtinQualifier(identifier) : undefined;
    if (qualifier === undefined || ids[qualifier] !== undefined) continue;
    useWith(reading, reference, 'domain', 'identifier');
    ids[qualifier] = identifier;
  }
  return ids;
}

function readPlace(reading: PricedReading, item: XmlElement, pointer: string): JsonObject | undefined {
  const shipTo = find(reading, item, 'ShipTo');
  return shipTo && readAddress(reading, shipTo, `${pointer}/deliverTo`);
}

function checkKind(reading: PricedReading, item: XmlElement, pointer: string): void {
  const node = { element: item };
  if (attributeOf(item, 'isReturn') === 'yes') {
    const message = `${nameOf(reading, node)} has isReturn="yes": it sends goods back and needs a person.`;
    say(reading, 'XML.LINE.RETURN', node, pointer, message);
  }
  const type = attributeOf(item, 'itemType');
  if ((type !== undefined && type !== 'item') || attributeOf(item, 'parentLineNumber') !== undefined) {
    const message = `${nameOf(reading, node)} is part of a composite line: whether its price counts needs a person.`;
    say(reading, 'XML.LINE.COMPOSITE', node, pointer, message);
  }
}

// Prices

/** The price of one ordered unit: `Money × conversionFactor ÷ quantity` of the `PriceBasisQuantity`. */
function readPrice(reading: PricedReading, item: XmlElement, pointer: string) {
  const at = `${pointer}/unitPrice`;
  const text = readMoney(reading, item, 'ItemDetail/UnitPrice/Money', at);
  if (text === undefined) return undefined;
  const basis = find(reading, item, 'ItemDetail/PriceBasisQuantity');
  const price = toAmount(text);
  if (!basis || !price) return { text, perUnit: price ?? null };
  const quantity = toAmount(readDecimal(reading, basis, '@quantity', at));
  const factor = toAmount(readDecimal(reading, basis, '@conversionFactor', at) ?? '1');
  reading.nodes.set(at, { element: find(reading, item, 'ItemDetail/UnitPrice/Money') ?? item });
  if (!quantity || !factor || quantity.lessThanOrEqualTo(0) || factor.lessThanOrEqualTo(0)) {
    const message = `${nameOf(reading, { element: basis })} needs a quantity and a conversionFactor above zero.`;
    say(reading, 'XML.FORMAT', { element: basis }, at, message);
    return { text, perUnit: null };
  }
  const perUnit = price.times(factor).dividedBy(quantity);
  return { text: perUnit.toDecimalPlaces(PRICE_DECIMALS).toFixed(), perUnit };
}

/** What a unit price or a total is changed by, for one unit: a deduction is negative. */
interface Change extends Charge {
  readonly element: XmlElement;
}

/**
 * The `Modifications` of a price or a total. Where the `OriginalPrice` with them comes to the amount, that is the price to
 * pay already, and they only explain it.
 */
export function readModifications(
  reading: PricedReading,
  from: XmlElement | undefined,
  amount: Decimal | null,
): readonly Change[] {
  if (!from || !amount) return [];
  const changes: Change[] = [];
  for (const element of findAll(reading, from, 'Modifications/Modification')) {
    const original: Decimal = findMoney(reading, element, 'OriginalPrice/Money') ?? amount;
    const change: Decimal | undefined = findChange(reading, element, original);
    if (!change) continue;
    if (original.plus(change).equals(amount) && !original.equals(amount)) return [];
    changes.push({ code: findReason(reading, element, change), amount: change, element });
  }
  return changes;
}

function findChange(reading: PricedReading, modification: XmlElement, original: Decimal): Decimal | undefined {
  const percent = (path: string) => {
    const element = find(reading, modification, path);
    const value = element && attributeOf(element, 'percent')?.trim();
    return value !== undefined && isDecimal(value) ? original.times(decimal(value)).dividedBy(100) : undefined;
  };
  const deducted = findMoney(reading, modification, 'AdditionalDeduction/DeductedPrice/Money');
  if (deducted) return deducted.minus(original);
  const deduction =
    findMoney(reading, modification, 'AdditionalDeduction/DeductionAmount/Money') ??
    percent('AdditionalDeduction/DeductionPercent');
  if (deduction) return deduction.negated();
  return findMoney(reading, modification, 'AdditionalCost/Money') ?? percent('AdditionalCost/Percentage');
}

function findMoney(reading: PricedReading, from: XmlElement, path: string): Decimal | undefined {
  const money = find(reading, from, path);
  if (!money) return undefined;
  checkCurrency(reading, money, '/currency');
  const text = rawText({ element: money });
  return isDecimal(text) ? decimal(text) : undefined;
}

function findReason(reading: PricedReading, modification: XmlElement, change: Decimal): string {
  const detail = find(reading, modification, 'ModificationDetail');
  const name = (detail && attributeOf(detail, 'name')?.trim().slice(0, LONGEST_CODE)) ?? '';
  return /^[^\p{Cc}\u2028\u2029]+$/u.test(name) ? name : change.isNegative() ? 'DISCOUNT' : 'SURCHARGE';
}

/** Deductions are discounts of the line, surcharges are charges of the order: both for the whole quantity. */
function splitChanges(changes: readonly Change[], quantity: Decimal | undefined) {
  const whole = changes.map(({ code, amount }) => ({ code, amount: amount.times(quantity ?? 0) }));
  return {
    discounts: whole
      .filter(({ amount }) => amount.isNegative())
      .map(({ code, amount }) => ({ code, amount: amount.negated() })),
    charges: whole.filter(({ amount }) => amount.isPositive() && !amount.isZero()),
  };
}

// Dates

/** What is to come when. */
function readSchedule(
  reading: PricedReading,
  item: XmlElement,
  quantity: string | undefined,
  pointer: string,
): readonly Part[] {
  const own = readDate(reading, item, '@requestedDeliveryDate', `${pointer}/requestedDeliveryDate`);
  const schedules = findAll(reading, item, 'ScheduleLine');
  const parts = schedules.map((schedule) => readPart(reading, schedule, own, pointer));
  const [first] = parts;
  if (!first) return [{ quantity, date: own }];
  const amounts = parts.map((part) => toAmount(part.quantity));
  const total = amounts.reduce((all, part) => (part && all ? all.plus(part) : undefined), toAmount('0'));
  if (total && !total.isZero() && toAmount(quantity)?.equals(total)) return parts;
  const [schedule = item] = schedules;
  const message = `The quantities of ScheduleLine in ${nameOf(reading, { element: item })} do not add up to its quantity.`;
  say(reading, 'XML.LINE.SCHEDULE', { element: schedule }, `${pointer}/quantity`, message);
  return [{ quantity, date: own ?? first.date }];
}

function readPart(reading: PricedReading, schedule: XmlElement, own: string | undefined, pointer: string): Part {
  const [at, dateAt] = [`${pointer}/quantity`, `${pointer}/requestedDeliveryDate`];
  const ordered = reading.nodes.get(at);
  const quantity = readDecimal(reading, schedule, '@quantity', at);
  // The quantity of the line stands with the line.
  if (ordered) reading.nodes.set(at, ordered);
  const hasDate = attributeOf(schedule, 'requestedDeliveryDate') !== undefined;
  return { quantity, date: hasDate ? readDate(reading, schedule, '@requestedDeliveryDate', dateAt) : own };
}
