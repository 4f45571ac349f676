import type { Decimal } from 'decimal.js';
import { decimal, extend, sum, toCurrency } from '../money.ts';
import type { Address, OrderLine } from '../order.ts';
import { apportion, readCharges, type Charge } from './x12-amounts.ts';
import { readParty } from './x12-parties.ts';
import { isUsable } from './x12-values.ts';
import {
  checkLength,
  headsOf,
  readDate,
  readMandatory,
  readReal,
  say,
  use,
  type Loop,
  type Reading,
} from './x12-reading.ts';
import { element, type X12Segment } from './x12-segments.ts';

/** A PO1 loop: the segment, and the loops that follow it up to the next. */
export interface LineSegments {
  readonly po1: X12Segment;
  /** PO101; a line without it is called by its place, so that people and acknowledgments can name it. */
  readonly id: string;
  readonly rest: readonly X12Segment[];
  readonly loops: readonly Loop[];
}

/** What the lines of an order come to. */
export interface ReadLines {
  readonly lines: readonly OrderLine[];
  /** Charges that stand in a line; allowances are discounts of the line. */
  readonly charges: readonly Charge[];
  /** PO102 of each PO1, for CTT02. */
  readonly quantities: readonly string[];
  /** PO1 of each line, for findings about it. */
  readonly sources: readonly X12Segment[];
}

/** One destination or date of a line. */
interface Part {
  readonly quantity: string;
  readonly deliverTo?: Address;
  readonly date?: string | undefined;
}

/** Element 639 of prices that are per more than one unit, by a power of ten. */
// prettier-ignore
const PRICED_PER: Readonly<Record<string, number>> = {
  PN: 10, HP: 100, LC: 100, QH: 100, RC: 100, TC: 100, WC: 100, TP: 1e3, LM: 1e3, QS: 1e3, RM: 1e3, TM: 1e3, WM: 1e3,
  TT: 1e4, HT: 1e5,
};

/** Element 639 of prices that are per ordered unit: the others in use say whose price it is, not what it is for. */
const PRICED_EACH: ReadonlySet<string> = new Set(
  'PE UM EA LE QE RE TE WE CA CP CT DI DR DS FX NC NT PR QT RS RT SR ST WH BR SC SW TC NS KP'.split(' '),
);

/** CTP02 (element 236) of prices that stand for PO104 where that is empty. */
const PRICE_IN_CTP: ReadonlySet<string> = new Set(['UCP', 'CON', 'NET', 'INV', 'PUR', 'ACT']);

const LONGEST_DESCRIPTION = 500;

/** All lines of an order. SCH and SDQ split a line into one for each date or place. */
export function readLines(reading: Reading, groups: readonly LineSegments[], currency: string): ReadLines {
  const read: { lines: OrderLine[]; charges: Charge[]; quantities: string[]; sources: X12Segment[] } = {
    lines: [],
    charges: [],
    quantities: [],
    sources: [],
  };
  groups.forEach((group) => {
    const path = `/lines/${read.lines.length}`;
    const { lines, charges, quantity } = readLine(reading, group, currency, path);
    read.lines.push(...lines);
    read.charges.push(...charges);
    read.quantities.push(quantity);
    read.sources.push(...lines.map(() => group.po1));
  });
  sayDuplicateIds(reading, groups);
  return read;
}

function sayDuplicateIds(reading: Reading, groups: readonly LineSegments[]): void {
  const seen = new Set<string>();
  for (const { po1 } of groups) {
    const id = element(po1, 1);
    if (id !== '' && seen.has(id)) say(reading, 'X12.LINE.DUPLICATE_ID', po1, 1, `PO101 "${id}" occurs twice.`);
    seen.add(id);
  }
}

function readLine(reading: Reading, group: LineSegments, currency: string, path: string) {
  const { po1, id, loops } = group;
  const quantity = readQuantity(reading, po1, id, path);
  const price = readPrice(reading, po1, loops, id, path);
  const unitPrice = isUsable(extend(quantity, price, currency)) ? price : refusePrice(reading, po1, id, path);
  checkCurrency(reading, loops, currency, id);
  const amount = () => decimal(quantity).times(decimal(unitPrice));
  const sacs = readCharges(reading, headsOf(loops, 'SAC'), { amount, quantity }, currency, `${path}/discounts`);
  const common = {
    ...readIds(reading, po1, id, path),
    description: readDescription(reading, loops),
    unit: readUnit(reading, po1, id, path),
    unitPrice,
  };
  const parts = readParts(reading, loops, quantity, id, path);
  const lines = makeLines(common, parts, sacs, id, currency);
  return { lines, charges: sacs.filter(isCharge), quantity };
}

function isCharge({ amount }: Charge): boolean {
  return !amount.startsWith('-');
}

type CommonLine = Pick<OrderLine, 'sku' | 'ids' | 'description' | 'unit' | 'unitPrice'>;

function makeLines(
  common: CommonLine,
  parts: readonly Part[],
  sacs: readonly Charge[],
  id: string,
  currency: string,
): readonly OrderLine[] {
  const quantities = parts.map(({ quantity }) => quantity);
  const allowances = sacs
    .filter((sac) => !isCharge(sac))
    .map(({ code, amount }) => ({
      code,
      shares: apportion(decimal(amount).negated().toFixed(), quantities, currency),
    }));
  return parts.map(({ quantity, deliverTo, date }, at) => {
    const discounts = allowances.map(({ code, shares }) => ({ code, amount: shares[at] ?? '0' }));
    return {
      ...common,
      line: parts.length === 1 ? id : `${id}/${at + 1}`,
      quantity,
      discounts,
      amount: amountOf(quantity, common.unitPrice, discounts, currency),
      deliverTo: deliverTo ?? null,
      requestedDeliveryDate: date ?? null,
    };
  });
}

function amountOf(quantity: string, unitPrice: string, discounts: OrderLine['discounts'], currency: string): string {
  if (discounts.length === 0) return extend(quantity, unitPrice, currency);
  const goods = decimal(quantity).times(decimal(unitPrice));
  return toCurrency(goods.minus(sum(discounts.map(({ amount }) => amount))), currency);
}

// PO1

function readQuantity(reading: Reading, po1: X12Segment, id: string, path: string): string {
  const name = `PO1 line ${id}: quantity (PO102)`;
  readMandatory(reading, po1, 2, name, `${path}/quantity`);
  return readReal(reading, po1, 2, name, `${path}/quantity`) ?? '0';
}

function readUnit(reading: Reading, po1: X12Segment, id: string, path: string): string {
  checkLength(reading, po1, 3, 2, `PO1 line ${id}: unit of measure (PO103)`, `${path}/unit`);
  if (element(po1, 3) !== '') return element(po1, 3);
  say(reading, 'X12.LINE.UNIT_MISSING', po1, 3, `PO1 line ${id}: PO103 is empty; EA was assumed.`, `${path}/unit`);
  return 'EA';
}

function readPrice(reading: Reading, po1: X12Segment, loops: readonly Loop[], id: string, path: string): string {
  const at = `${path}/unitPrice`;
  const written = readReal(reading, po1, 4, `PO1 line ${id}: unit price (PO104)`, at);
  const price = written ?? (element(po1, 4) === '' ? readCtpPrice(reading, loops, id, at) : '0');
  if (price !== undefined) return scalePrice(reading, po1, price, id, at);
  if (element(po1, 5) !== 'NC') {
    say(reading, 'X12.LINE.PRICE_MISSING', po1, 4, `PO1 line ${id}: PO104 is empty and no CTP gives a price.`, at);
  }
  return '0';
}

function readCtpPrice(reading: Reading, loops: readonly Loop[], id: string, path: string): string | undefined {
  const ctp = headsOf(loops, 'CTP').find((segment) => PRICE_IN_CTP.has(element(segment, 2)));
  return ctp && readReal(reading, ctp, 3, `PO1 line ${id}: unit price (CTP03)`, path);
}

/** Each number is one, but what they come to is none that an order can hold. */
function refusePrice(reading: Reading, po1: X12Segment, id: string, path: string): string {
  const message = `PO1 line ${id}: quantity times price comes to more than twelve digits; correct one of them.`;
  say(reading, 'X12.LINE.AMOUNT', po1, 4, message, `${path}/amount`);
  return '0';
}

/** A price per hundred becomes a price per unit. What is per dozen, foot or pound needs a person. */
function scalePrice(reading: Reading, po1: X12Segment, price: string, id: string, path: string): string {
  const basis = element(po1, 5);
  const divisor = PRICED_PER[basis];
  const scaled = divisor === undefined ? '' : decimal(price).dividedBy(divisor).toFixed();
  if (isUsable(scaled)) return scaled;
  if (basis !== '' && !PRICED_EACH.has(basis)) {
    const message = `PO1 line ${id}: PO105 is "${basis.slice(0, 10)}", so the price may not be for one ordered unit.`;
    say(reading, 'X12.LINE.PRICE_BASIS', po1, 5, message, path);
  }
  return price;
}

/** CUR stands in the header; in a line it may only repeat it. */
function checkCurrency(reading: Reading, loops: readonly Loop[], currency: string, id: string): void {
  for (const cur of headsOf(loops, 'CUR')) {
    const written = element(cur, 2);
    if (written === currency) {
      use(reading, cur, 1, 2);
      continue;
    }
    const message = `PO1 line ${id}: CUR02 is "${written.slice(0, 10)}", the order is in ${currency}; send two orders.`;
    say(reading, 'X12.LINE.CURRENCY', cur, 2, message, '/currency');
  }
}

/** The pairs from PO106 on: a qualifier (element 235) and an id (234). The profile says which one names our SKU. */
function readIds(reading: Reading, po1: X12Segment, id: string, path: string): Pick<OrderLine, 'sku' | 'ids'> {
  const found = new Map<string, string>();
  const held = element(po1, 5) === 'PE' ? [1, 2, 3, 4, 5] : [1, 2, 3, 4];
  for (let at = 6; at < po1.elements.length; at += 2) {
    const qualifier = element(po1, at);
    const value = element(po1, at + 1);
    if (!/^[A-Z0-9]{2}$/.test(qualifier) || value === '' || found.has(qualifier)) continue;
    found.set(qualifier, value);
    held.push(at, at + 1);
  }
  use(reading, po1, ...held);
  const wanted = reading.profile.x12?.skuQualifiers ?? [];
  const chosen = wanted.find((qualifier) => found.has(qualifier));
  if (chosen === undefined) {
    const message = `PO1 line ${id}: no product id under ${wanted.join(', ')}; found: ${[...found.keys()].join(', ') || 'none'}.`;
    say(reading, 'X12.LINE.SKU', po1, 6, message, `${path}/sku`);
    return { sku: '', ids: Object.fromEntries(found) };
  }
  const sku = found.get(chosen) ?? '';
  found.delete(chosen);
  return { sku, ids: Object.fromEntries(found) };
}

function readDescription(reading: Reading, loops: readonly Loop[]): string | null {
  const described = headsOf(loops, 'PID').filter((pid) => element(pid, 5) !== '');
  const text = described.map((pid) => element(pid, 5)).join('; ');
  if (text.length <= LONGEST_DESCRIPTION) described.forEach((pid) => use(reading, pid, 1, 5));
  return text.slice(0, LONGEST_DESCRIPTION) || null;
}

// Dates and places

function readParts(
  reading: Reading,
  loops: readonly Loop[],
  quantity: string,
  id: string,
  path: string,
): readonly Part[] {
  const date = readLineDate(reading, loops, path);
  const deliverTo = readParty(reading, loops, 'ST', `${path}/deliverTo`);
  const whole: Part = { quantity, date, ...(deliverTo && { deliverTo }) };
  const places = readPlaces(reading, headsOf(loops, 'SDQ'), id, path);
  const dates = readSchedules(reading, headsOf(loops, 'SCH'), id, path);
  if (places.length > 0 && dates.length > 1) {
    const message = `PO1 line ${id} is split by SCH and by SDQ; which place gets what when cannot be told.`;
    say(reading, 'X12.LINE.SPLIT_TWICE', headsOf(loops, 'SCH')[0] as X12Segment, undefined, message, path);
  }
  const parts = places.length > 0 ? places.map((part) => ({ ...part, date: date ?? onlyDate(dates) })) : dates;
  if (parts.length === 0) return [whole];
  const split = headsOf(loops, places.length > 0 ? 'SDQ' : 'SCH')[0];
  if (split && !isSumRight(reading, split, parts, quantity, id, path)) return [whole];
  return parts.map((part) => ({ ...whole, ...part, date: part.date ?? date }));
}

function onlyDate(dates: readonly Part[]): string | undefined {
  return dates.length === 1 ? dates[0]?.date : undefined;
}

function isSumRight(
  reading: Reading,
  split: X12Segment,
  parts: readonly Part[],
  quantity: string,
  id: string,
  path: string,
): boolean {
  const total: Decimal = sum(parts.map((part) => part.quantity));
  if (total.equals(decimal(quantity))) return !total.isZero();
  const message = `PO1 line ${id}: the quantities in ${split.id} add up to ${total.toFixed()}, PO102 is ${quantity}.`;
  say(reading, 'X12.LINE.SPLIT_SUM', split, undefined, message, `${path}/quantity`);
  return false;
}

/** DTM 002, delivery requested. Other dates are kept as they are. */
function readLineDate(reading: Reading, loops: readonly Loop[], path: string): string | undefined {
  const dtm = headsOf(loops, 'DTM').find((segment) => element(segment, 1) === '002');
  if (!dtm) return undefined;
  use(reading, dtm, 1, 2);
  return readDate(reading, dtm, 2, 'DTM02 (requested delivery)', `${path}/requestedDeliveryDate`);
}

/** SCH01 quantity and, where SCH05 says delivery requested, SCH06 date. */
function readSchedules(reading: Reading, schedules: readonly X12Segment[], id: string, path: string): readonly Part[] {
  return schedules.map((sch) => {
    const name = `PO1 line ${id}: scheduled quantity (SCH01)`;
    const quantity = readReal(reading, sch, 1, name, `${path}/quantity`) ?? '0';
    const at = `${path}/requestedDeliveryDate`;
    const date = readDate(reading, sch, 6, 'SCH06 (schedule date)', at, 'X12.ELEMENT.DATE_IGNORED');
    if (element(sch, 5) !== '002') return { quantity };
    use(reading, sch, 1, 2, 5, 6);
    return { quantity, date };
  });
}

/** SDQ01 unit, SDQ02 kind of place, then up to ten pairs of place and quantity. */
function readPlaces(reading: Reading, segments: readonly X12Segment[], id: string, path: string): readonly Part[] {
  return segments.flatMap((sdq) => {
    const parts: Part[] = [];
    for (let at = 3; at < Math.min(sdq.elements.length, 22); at += 2) {
      if (element(sdq, at) === '') continue;
      const name = `PO1 line ${id}: quantity (SDQ${String(at + 1).padStart(2, '0')})`;
      const quantity = readReal(reading, sdq, at + 1, name, `${path}/quantity`) ?? '0';
      parts.push({ quantity, deliverTo: { id: element(sdq, at), lines: [] } });
    }
    return parts;
  });
}
