import type { Decimal } from 'decimal.js';
import { apportion, decimal, extend, printAmount, sum, toCurrency } from '../money.ts';
import type { Address, OrderLine } from '../order.ts';
import { codeElement, readCharges, type Charge } from './x12-amounts.ts';
import { checkParties, readParty } from './x12-parties.ts';
import { isUsable, isZero } from './x12-values.ts';
import {
  checkLength,
  checkPair,
  headsOf,
  mark,
  readDate,
  readDtm,
  readMandatory,
  readReal,
  say,
  use,
  type Loop,
  type Place,
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
}

/** One destination or date of a line. */
interface Part {
  readonly quantity: string;
  readonly deliverTo?: Address;
  readonly date?: string | undefined;
  /** Where its quantity stands, and its date or place. */
  readonly segment?: X12Segment;
  readonly at?: Readonly<Partial<Record<'/quantity' | '/deliverTo' | '/requestedDeliveryDate', number>>>;
}

/** Element 639 of prices that are per more than one unit, by a power of ten. */
// prettier-ignore
const PRICED_PER: ReadonlyMap<string, number> = new Map(Object.entries({
  PN: 10, HP: 100, LC: 100, QH: 100, RC: 100, TC: 100, WC: 100, TP: 1e3, LM: 1e3, QS: 1e3, RM: 1e3, TM: 1e3, WM: 1e3,
  TT: 1e4, HT: 1e5,
}));

/** Element 639 of prices that are per ordered unit: the others in use say whose price it is, not what it is for. */
const PRICED_EACH: ReadonlySet<string> = new Set(
  'PE UM EA LE QE RE TE WE CA CP CT DI DR DS FX NC NT PR QT RS RT SR ST WH BR SC SW TC NS KP'.split(' '),
);

/** PO125: ten pairs of a product id. */
const LAST_ID = 25;

/** CTP02 (element 236) of prices that stand for PO104 where that is empty. */
const PRICE_IN_CTP: ReadonlySet<string> = new Set(['UCP', 'CON', 'NET', 'INV', 'PUR', 'ACT']);

const LONGEST_DESCRIPTION = 500;
/** Lines that an order may have, each delivery of a split one counted. */
export const MOST_LINES = 5000;

/** All lines of an order. SCH and SDQ split a line into one for each date or place. */
export function readLines(reading: Reading, groups: readonly LineSegments[], currency: string): ReadLines {
  const read: { lines: OrderLine[]; charges: Charge[]; quantities: string[] } = {
    lines: [],
    charges: [],
    quantities: [],
  };
  for (const group of groups) {
    const { lines, charges, quantity } = readLine(reading, group, currency, read.lines.length);
    read.lines.push(...lines);
    for (const charge of charges) read.charges.push(charge);
    read.quantities.push(quantity);
    if (read.lines.length <= MOST_LINES) continue;
    const message = `PO1 line ${group.id}: here the order has more than ${MOST_LINES} lines, deliveries counted; send several orders.`;
    say(reading, 'X12.ORDER.TOO_MANY_LINES', group.po1, undefined, message, '/lines');
    break;
  }
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

function readLine(order: Reading, group: LineSegments, currency: string, index: number) {
  const { po1, id, loops } = group;
  const path = `/lines/${index}`;
  const reading = order.places ? { ...order, places: new Map<string, Place>() } : order;
  mark(reading, path, '', po1);
  mark(reading, path, '/line', po1, 1);
  const quantity = readQuantity(reading, po1, id, path);
  const price = readPrice(reading, po1, loops, id, path);
  const unitPrice = isUsable(extend(quantity, price, currency)) ? price : refusePrice(reading, po1, id, path);
  checkCurrency(reading, loops, currency, id);
  const amount = () => decimal(quantity).times(decimal(unitPrice));
  const sacs = readCharges(
    reading,
    headsOf(loops, 'SAC'),
    { amount, quantity, whose: `PO1 line ${id}: ` },
    currency,
    `${path}/discounts`,
  );
  const allowances = sacs.filter(isAllowance);
  if (reading.places) allowances.forEach(({ segment }, at) => markCharge(reading, `${path}/discounts/${at}`, segment));
  const common = {
    ...readIds(reading, po1, id, path),
    description: readDescription(reading, loops, path),
    unit: readUnit(reading, po1, id, path),
    unitPrice,
  };
  const parts = readParts(reading, loops, group, quantity, path);
  const lines = makeLines(common, parts, allowances, id, currency);
  if (order.places && reading.places) markLines(order.places, reading.places, parts, index);
  return { lines, charges: sacs.filter((sac) => !isAllowance(sac)), quantity };
}

function isAllowance({ amount }: Charge): boolean {
  return amount.startsWith('-');
}

/** Notes where a discount or charge stands. */
export function markCharge(reading: Reading, path: string, sac: X12Segment): void {
  mark(reading, path, '', sac);
  mark(reading, path, '/code', sac, codeElement(sac));
  const amount = [5, 7, 8].find((number) => element(sac, number) !== '');
  if (amount !== undefined) mark(reading, path, '/amount', sac, amount);
}

/** The places of the lines that a PO1 became: what they have in common stands in one place, what was split in its own. */
function markLines(
  places: Map<string, Place>,
  common: ReadonlyMap<string, Place>,
  parts: readonly Part[],
  first: number,
): void {
  const length = `/lines/${first}`.length;
  parts.forEach(({ segment, at = {} }, offset) => {
    const path = `/lines/${first + offset}`;
    for (const [pointer, place] of common) places.set(path + pointer.slice(length), place);
    if (!segment) return;
    for (const [field, number] of Object.entries(at)) places.set(path + field, { segment, number });
    if (at['/deliverTo'] !== undefined) places.set(`${path}/deliverTo/id`, { segment, number: at['/deliverTo'] });
  });
}

type CommonLine = Pick<OrderLine, 'sku' | 'ids' | 'description' | 'unit' | 'unitPrice'>;

function makeLines(
  common: CommonLine,
  parts: readonly Part[],
  sacs: readonly Charge[],
  id: string,
  currency: string,
): readonly OrderLine[] {
  const quantities = parts.map(({ quantity }) => decimal(quantity));
  const allowances = sacs.map(({ code, amount }) => ({
    code,
    shares: apportion(decimal(amount).negated(), quantities, currency),
  }));
  return parts.map(({ quantity, deliverTo, date }, at) => {
    const discounts = allowances.map(({ code, shares }) => ({
      code,
      amount: printAmount(shares[at] ?? decimal('0'), currency),
    }));
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
  mark(reading, path, '/quantity', po1, 2);
  return readReal(reading, po1, 2, name, `${path}/quantity`) ?? '0';
}

function readUnit(reading: Reading, po1: X12Segment, id: string, path: string): string {
  checkLength(reading, po1, 3, 2, `PO1 line ${id}: unit of measure (PO103)`, `${path}/unit`);
  mark(reading, path, '/unit', po1, 3);
  if (element(po1, 3) !== '') return element(po1, 3);
  say(reading, 'X12.LINE.UNIT_MISSING', po1, 3, `PO1 line ${id}: PO103 is empty; EA was assumed.`, `${path}/unit`);
  return 'EA';
}

function readPrice(reading: Reading, po1: X12Segment, loops: readonly Loop[], id: string, path: string): string {
  const at = `${path}/unitPrice`;
  if (element(po1, 4) !== '') mark(reading, at, '', po1, 4);
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
  if (!ctp) return undefined;
  mark(reading, path, '', ctp, 3);
  return readReal(reading, ctp, 3, `PO1 line ${id}: unit price (CTP03)`, path);
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
  const divisor = PRICED_PER.get(basis);
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
  const repeated = new Map<string, number>();
  const held = element(po1, 5) === 'PE' ? [1, 2, 3, 4, 5] : [1, 2, 3, 4];
  for (let at = 6; at < LAST_ID; at += 2) {
    const qualifier = element(po1, at);
    const value = element(po1, at + 1);
    if (!checkPair(reading, po1, at, `${path}/ids`, `PO1 line ${id}: `) || value === '') continue;
    if (!/^[A-Z0-9]{2}$/.test(qualifier)) {
      sayQualifier(reading, po1, at, id, path);
    } else if (!found.has(qualifier)) {
      found.set(qualifier, value);
      mark(reading, path, `/ids/${qualifier}`, po1, at + 1);
      held.push(at, at + 1);
    } else if (found.get(qualifier) !== value) {
      repeated.set(qualifier, at + 1);
    }
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
  markSku(reading, path, chosen);
  found.delete(chosen);
  const second = repeated.get(chosen);
  if (second !== undefined) {
    const message = `PO1 line ${id}: ${chosen} names our product twice, as "${sku}" and "${element(po1, second)}"; the first is used.`;
    say(reading, 'X12.LINE.SKU_REPEATED', po1, second, message.slice(0, 300), `${path}/sku`);
  }
  return { sku, ids: Object.fromEntries(found) };
}

function sayQualifier(reading: Reading, po1: X12Segment, at: number, id: string, path: string): void {
  const name = `PO1${String(at).padStart(2, '0')}`;
  const message = `PO1 line ${id}: ${name} is "${element(po1, at).slice(0, 10)}"; write the qualifier of a product id, such as VN.`;
  say(reading, 'X12.LINE.ID_QUALIFIER', po1, at, message, `${path}/ids`);
}

/** The id that names our SKU is the order's `sku` and none of its other ids. */
function markSku({ places }: Reading, path: string, qualifier: string): void {
  const place = places?.get(`${path}/ids/${qualifier}`);
  if (place) places?.set(`${path}/sku`, place);
}

function readDescription(reading: Reading, loops: readonly Loop[], path: string): string | null {
  const described = headsOf(loops, 'PID').filter((pid) => element(pid, 5) !== '');
  if (described[0]) mark(reading, path, '/description', described[0], 5);
  const text = described.map((pid) => element(pid, 5)).join('; ');
  if (text.length <= LONGEST_DESCRIPTION) described.forEach((pid) => use(reading, pid, 1, 5));
  return text.slice(0, LONGEST_DESCRIPTION) || null;
}

// Dates and places

function readParts(
  reading: Reading,
  loops: readonly Loop[],
  { po1, id }: LineSegments,
  quantity: string,
  path: string,
): readonly Part[] {
  const date = readRequestedDate(reading, loops, path, `PO1 line ${id}: `);
  checkParties(reading, loops, `PO1 line ${id}: `);
  const deliverTo = readParty(reading, loops, 'ST', `${path}/deliverTo`);
  const whole: Part = { quantity, date, ...(deliverTo && { deliverTo }) };
  const [sdqs, schs] = [headsOf(loops, 'SDQ'), headsOf(loops, 'SCH')];
  const [split] = sdqs.length > 0 ? sdqs : schs;
  if (!split) return [whole];
  const places = readPlaces(reading, sdqs, id, path);
  const dates = readSchedules(reading, schs, id, path);
  if (sdqs.length > 0 && dates.length > 1) {
    const message = `PO1 line ${id} is split by SCH and by SDQ; which place gets what when cannot be told.`;
    say(reading, 'X12.LINE.SPLIT_TWICE', schs[0] as X12Segment, undefined, message, path);
  }
  const parts = sdqs.length > 0 ? places.map((part) => ({ ...part, date: date ?? onlyDate(dates) })) : dates;
  if (!isUnitRight(reading, [...sdqs, ...schs], po1, id, path)) return [whole];
  if (!isSumRight(reading, split, parts, quantity, id, path)) return [whole];
  // One more than an order may have is enough to refuse it.
  return parts.slice(0, MOST_LINES + 1).map((part) => ({ ...whole, ...part, date: part.date ?? date }));
}

function onlyDate(dates: readonly Part[]): string | undefined {
  return dates.length === 1 ? dates[0]?.date : undefined;
}

/** SCH02 and SDQ01: ten cartons ordered cannot be compared with 120 pieces scheduled. */
function isUnitRight(
  reading: Reading,
  splits: readonly X12Segment[],
  po1: X12Segment,
  id: string,
  path: string,
): boolean {
  const ordered = element(po1, 3);
  const unitOf = (split: X12Segment) => element(split, split.id === 'SCH' ? 2 : 1);
  const other = splits.find((split) => ordered !== '' && unitOf(split) !== '' && unitOf(split) !== ordered);
  if (!other) return true;
  const message = `PO1 line ${id}: ${other.id} counts in "${unitOf(other).slice(0, 10)}", PO103 is "${ordered.slice(0, 10)}"; use the same unit.`;
  say(reading, 'X12.LINE.SPLIT_UNIT', other, other.id === 'SCH' ? 2 : 1, message, `${path}/unit`);
  return false;
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

/**
 * DTM 002, delivery requested, of the header or of a line. Other dates are read to tell of invalid ones, and kept; where
 * two different days are requested, the first is used and a person looks.
 * @param path of the order or line
 */
export function readRequestedDate(
  reading: Reading,
  loops: readonly Loop[],
  path: string,
  whose = '',
): string | undefined {
  let requested: string | undefined;
  for (const dtm of headsOf(loops, 'DTM')) {
    if (element(dtm, 1) !== '002') {
      readDtm(reading, dtm, path, { whose, code: 'X12.ELEMENT.DATE_IGNORED' });
      continue;
    }
    const { date, number } = readDtm(reading, dtm, `${path}/requestedDeliveryDate`, { whose });
    if (date === undefined) {
      sayNoDay(reading, dtm, number, path, whose);
      continue;
    }
    if (requested === undefined) {
      requested = date;
      mark(reading, path, '/requestedDeliveryDate', dtm, number);
      use(reading, dtm, 1, ...(number === 2 ? [2] : [5, 6]));
    } else if (date !== requested) {
      const message = `${whose}DTM 002 asks for delivery on ${requested} and on ${date}; the first is used.`;
      say(reading, 'X12.DATE.REPEATED', dtm, number, message, `${path}/requestedDeliveryDate`);
    }
  }
  return requested;
}

/** A period, or nothing: what cannot be understood as a day. One that is none was told already. */
function sayNoDay(reading: Reading, dtm: X12Segment, number: number, path: string, whose: string): void {
  if (element(dtm, number) !== '') return;
  const message = `${whose}DTM 002 names no day in DTM02; write the date as CCYYMMDD.`;
  say(reading, 'X12.ELEMENT.DATE_IGNORED', dtm, number, message, `${path}/requestedDeliveryDate`);
}

/** SCH01 quantity and, where SCH05 says delivery requested, SCH06 date. Nothing at all is no delivery. */
function readSchedules(reading: Reading, schedules: readonly X12Segment[], id: string, path: string): readonly Part[] {
  return schedules.flatMap((sch) => {
    const name = `PO1 line ${id}: scheduled quantity (SCH01)`;
    const isRequested = element(sch, 5) === '002';
    readMandatory(reading, sch, 1, name, `${path}/quantity`);
    const quantity = readReal(reading, sch, 1, name, `${path}/quantity`) ?? '0';
    const at = `${path}/requestedDeliveryDate`;
    const code = isRequested ? 'X12.ELEMENT.DATE' : 'X12.ELEMENT.DATE_IGNORED';
    const date = readDate(reading, sch, 6, `PO1 line ${id}: schedule date (SCH06)`, at, code);
    if (isZero(quantity)) return [];
    if (!isRequested) return [{ quantity, segment: sch, at: { '/quantity': 1 } }];
    use(reading, sch, 1, 2, 5, 6);
    return [{ quantity, date, segment: sch, at: { '/quantity': 1, '/requestedDeliveryDate': 6 } }];
  });
}

/** SDQ01 unit, SDQ02 kind of place, then up to ten pairs of place and quantity. A place that gets nothing is none. */
function readPlaces(reading: Reading, segments: readonly X12Segment[], id: string, path: string): readonly Part[] {
  return segments.flatMap((sdq) => {
    const parts: Part[] = [];
    for (let at = 3; at < 23; at += 2) {
      checkPair(reading, sdq, at, `${path}/quantity`, `PO1 line ${id}: `);
      const name = `PO1 line ${id}: quantity (SDQ${String(at + 1).padStart(2, '0')})`;
      const quantity = readReal(reading, sdq, at + 1, name, `${path}/quantity`) ?? '0';
      if (element(sdq, at) === '' || isZero(quantity)) continue;
      const deliverTo = { id: element(sdq, at), lines: [] };
      parts.push({ quantity, deliverTo, segment: sdq, at: { '/quantity': at + 1, '/deliverTo': at } });
    }
    return parts;
  });
}
