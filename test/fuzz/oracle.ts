import type { Decimal } from 'decimal.js';
import type { Format } from '../../orders/formats/format.ts';
import { decimal, isDecimal, sum } from '../../orders/money.ts';
import type { Order, OrderLine } from '../../orders/order.ts';
import type { SourceProfile } from '../../orders/source.ts';
import { lexDocument } from './lexing.ts';
import { type ReadOrder, readDocument, type Reading, type Sender, type Units, unitsOf } from './reading.ts';

/** A document as it came from its sender, and what becomes of it. */
export interface Baseline extends Sender {
  readonly bytes: Uint8Array;
  readonly reading: Reading;
  readonly units: Units;
  /** Whole, and no mutant itself: nothing of it may be missing. */
  readonly asSent: boolean;
  /** Accepted as it came. Of a document that has faults already nobody knows what it meant. */
  readonly known: boolean;
}

/** What must never be. */
export interface Failure {
  /** `crash`: something was thrown. `cut`: an order of a document that was cut off would be staged. `changed`: an order would be staged that is not the one sent, and nothing was said. */
  readonly kind: 'crash' | 'hang' | 'cut' | 'changed';
  readonly detail: string;
}

/** What became of a mutant. */
export type Outcome =
  'unchanged' | 'not taken' | 'refused' | 'rejected' | 'held' | 'accepted' | 'accepted, value changed';

/** The verdict on a mutant, with what was read in it. */
export type Judged =
  | { readonly outcome: Outcome; readonly reading: Reading; readonly failure?: never }
  | { readonly failure: Failure; readonly outcome?: never; readonly reading?: never };

/** Reads a document as it came. @throws whatever breaks */
export function takeBaseline(bytes: Uint8Array, { profile, contentType }: Sender, units?: Units): Baseline {
  const sender = { profile, contentType };
  const known = units ?? unitsOf(readDocument(bytes, sender));
  const reading = readDocument(bytes, sender, known);
  return { ...sender, bytes, reading, units: known, asSent: true, known: isWhollyAccepted(reading) };
}

/** Whether there are orders in it, and nothing stands against any. */
export function isWhollyAccepted({ orders }: Reading): boolean {
  return orders.length > 0 && orders.every(({ accepted }) => accepted);
}

/**
 * Judges a mutant by what its document was:
 * - nothing breaks, whatever the bytes;
 * - no order of a document that was cut off is accepted ({@link mayStandInCut} says what counts as whole);
 * - where the document was accepted itself, every accepted order has the lines, quantities, units, prices, discounts and currency of an order of the documents
 *   that it was made of, or each difference is told by a finding that names the field, or is another valid value
 *   ({@link isAnotherValue}).
 * @param others documents whose orders may stand in the mutant too
 */
export function judgeMutant(base: Baseline, mutant: Uint8Array, others: readonly Baseline[]): Judged {
  let reading: Reading;
  try {
    reading = readDocument(mutant, base, base.units);
  } catch (error) {
    return { failure: { kind: 'crash', detail: (error instanceof Error ? error.stack : undefined) ?? String(error) } };
  }
  return judgeCut(base, mutant, reading) ?? judgeContent(base, mutant, reading, others);
}

// Cut documents

function judgeCut(base: Baseline, mutant: Uint8Array, reading: Reading): { failure: Failure } | undefined {
  if (!base.asSent || !isCut(base.bytes, mutant)) return undefined;
  const wrong = reading.orders.find((order) => order.accepted && !mayStandInCut(base, mutant, reading, order));
  if (!wrong) return undefined;
  const detail = `PO ${wrong.order?.poNumber} of a document of ${base.bytes.length} bytes was accepted after ${mutant.length} of them`;
  return { failure: { kind: 'cut', detail } };
}

/** Whether something is missing at the end that was more than blanks, line ends, padding, comments or the mark of an end. */
function isCut(base: Uint8Array, mutant: Uint8Array): boolean {
  if (mutant.length >= base.length || Buffer.compare(base.subarray(0, mutant.length), mutant) !== 0) return false;
  const rest = Buffer.from(base.subarray(mutant.length)).toString('latin1');
  return (
    rest
      .replace(/<!--.*?-->|<\?.*?\?>/gs, '')
      .replaceAll(/[\s\0]/g, '')
      .replaceAll('\u001a', '') !== ''
  );
}

/**
 * What is whole in a cut document. JSON and XML: nothing, they are one piece. X12: interchanges whose IEA and its
 * terminator came. CSV, whose rows are all alike: an order that has all its rows, and says so (an order total, a line
 * count); where the source's files end with a mark, nothing before that mark came.
 */
function mayStandInCut(
  { reading: { orders }, profile }: Baseline,
  mutant: Uint8Array,
  cut: Reading,
  found: ReadOrder,
): boolean {
  const text = Buffer.from(mutant).toString('latin1');
  if (cut.format === 'csv') {
    const lastRow = text.slice(text.lastIndexOf('\n') + 1);
    return lastRow.startsWith(profile.csv?.endMark ?? '') && orders.some((order) => hasSameContent(order, found));
  }
  if (cut.format !== 'x12') return false;
  const terminator = text.charAt(105);
  const lastWhole = text.lastIndexOf(`IEA${text.charAt(3)}`, text.lastIndexOf(terminator));
  return lastWhole > found.offset;
}

// Changed orders

function judgeContent(base: Baseline, mutant: Uint8Array, reading: Reading, others: readonly Baseline[]): Judged {
  const originals = [base, ...others].flatMap(({ reading: { orders } }) => orders);
  let outcome = outcomeOf(reading);
  for (const [index, found] of reading.orders.entries()) {
    if (!base.known || !found.accepted || originals.some((order) => hasSameContent(order, found))) continue;
    if (isToldNextDoor(base.reading, reading) || isOtherTable(base, mutant) || isSpliced(base, mutant, others))
      continue;
    const original = findOriginal(base.reading, reading, index);
    const untold = original
      ? differences(original, found, reading.format).filter((difference) => !isTold(difference, found))
      : ['all of it'];
    const values = untold.filter((difference) => typeof difference !== 'string');
    const odd = untold.filter((one) => typeof one === 'string' || !isAnotherValue(base, mutant, one, values));
    if (odd.length > 0) return { failure: { kind: 'changed', detail: describe(found, odd) } };
    outcome = 'accepted, value changed';
  }
  return { outcome, reading };
}

function outcomeOf({ format, findings, orders }: Reading): Outcome {
  if (format === null) return 'not taken';
  if (orders.some(({ accepted }) => accepted)) return 'accepted';
  const all = [...findings, ...orders.flatMap((order) => order.findings)];
  if (orders.length === 0) return 'refused';
  return all.some(({ disposition }) => disposition === 'reject') ? 'rejected' : 'held';
}

/** One value of an order that is not the one that was sent. */
interface Difference {
  /** JSON pointer into the canonical order. */
  readonly path: string;
  readonly was: string;
  readonly is: string;
}

function describe({ order }: ReadOrder, odd: readonly (Difference | string)[]): string {
  const words = odd.map((one) => (typeof one === 'string' ? one : `${one.path} was ${one.was} and is ${one.is}`));
  return `PO ${order?.poNumber} was accepted: ${words.slice(0, 5).join('; ')}`;
}

/** The order that a changed one was: the one in its place, else the one of its number. */
function findOriginal(base: Reading, reading: Reading, index: number): ReadOrder | undefined {
  if (base.orders.length === reading.orders.length) return base.orders[index];
  const poNumber = reading.orders[index]?.order?.poNumber;
  return base.orders.find(({ order }) => order?.poNumber === poNumber);
}

/** Lines in another order are the same lines. */
function hasSameContent({ order: one }: ReadOrder, { order: other }: ReadOrder): boolean {
  return one !== null && one.currency === other?.currency && printLines(one.lines) === printLines(other.lines);
}

function printLines(lines: readonly OrderLine[]): string {
  const printed = lines.map((line) => JSON.stringify(valuesOf(line)));
  return printed.sort().join();
}

/**
 * A CSV row is told by nothing but its commas, an X12 segment by nothing but its id. Damage that took a part of one row to
 * the next shows in the row that has too few or too many fields now, which is refused with its order; and an id that went
 * from one segment to another leaves one that the 850 does not have.
 */
function isToldNextDoor(base: Reading, reading: Reading): boolean {
  const isTelling = ({ orders, findings }: Reading): boolean =>
    [...findings, ...orders.flatMap((order) => order.findings)].some(
      ({ code }) => code === 'CSV.RAGGED' || code === 'X12.SEGMENT.UNKNOWN',
    );
  return isTelling(reading) && !isTelling(base);
}

/**
 * The beginning of one document and the end of another, with no envelope around them that counts, are a third one: its
 * lines may be of both, but they add up to its own total.
 */
function isSpliced(base: Baseline, mutant: Uint8Array, others: readonly Baseline[]): boolean {
  if (base.reading.format === 'x12') return false;
  let same = 0;
  while (same < mutant.length && mutant[same] === base.bytes[same]) same++;
  const end = mutant.subarray(same);
  const endsWith = ({ bytes }: Baseline): boolean => Buffer.from(bytes).indexOf(end) === bytes.length - end.length;
  // What is missing in the middle of one document makes no other.
  return end.length > 0 && !endsWith(base) && others.some(endsWith);
}

/** What of a line decides what is made and what it costs; numbers by their value. */
function valuesOf({ sku, quantity, unit, unitPrice, discounts }: OrderLine): Readonly<Record<string, string>> {
  return {
    sku,
    quantity: toNumber(quantity),
    unit,
    unitPrice: toNumber(unitPrice),
    discounts: sum(discounts.map(({ amount }) => amount)).toFixed(),
  };
}

function toNumber(text: string): string {
  return isDecimal(text) ? decimal(text).toFixed() : text;
}

/**
 * Two things make another valid table of a CSV, unless it ends with a mark that counts its rows: columns that exchanged
 * their headers, and a stretch that is missing from the middle of one row to the middle of another, so that both are one.
 */
function isOtherTable({ bytes, reading, profile }: Baseline, mutant: Uint8Array): boolean {
  if (reading.format !== 'csv' || profile.csv?.endMark !== undefined) return false;
  const [before, after] = [bytes, mutant].map((each) => Buffer.from(each).toString('latin1')) as [string, string];
  const [end, newEnd] = [before.search(/[\r\n]/), after.search(/[\r\n]/)];
  const headers = (text: string): string =>
    text
      .split(/[,;\t|]/)
      .sort()
      .join();
  const isRenamed = headers(before.slice(0, end)) === headers(after.slice(0, newEnd));
  if (isRenamed && before.slice(end) === after.slice(newEnd) && end === newEnd) return before !== after;
  let same = 0;
  while (same < after.length && before[same] === after[same]) same++;
  const missing = before.length - after.length;
  return missing > 0 && before.endsWith(after.slice(same)) && /[\r\n]/.test(before.slice(same, same + missing));
}

function differences(
  { order: one }: ReadOrder,
  { order: other }: ReadOrder,
  format: Format | null,
): readonly (Difference | string)[] {
  if (!one || !other) return ['an order that could not be made of the document itself'];
  // X12 counts its lines. Elsewhere only the totals tell that one is missing, and of what costs nothing they cannot.
  const costly = ({ lines }: Order): readonly OrderLine[] => lines.filter(({ amount }) => !decimal(amount).isZero());
  if (format !== 'x12' && printLines(costly(one)) === printLines(costly(other))) return [];
  if (one.lines.length !== other.lines.length) return [`${one.lines.length} lines became ${other.lines.length}`];
  const currency = { path: '/currency', was: one.currency, is: other.currency };
  const ofLines = one.lines.flatMap((line, index) => {
    const [before, after] = [valuesOf(line), valuesOf(other.lines[index] ?? line)];
    return Object.entries(before).map(([name, was]) => ({
      path: `/lines/${index}/${name}`,
      was,
      is: after[name] ?? '',
    }));
  });
  return [currency, ...ofLines].filter(({ was, is }) => was !== is);
}

/** A finding tells of a difference if it names the field or a part of it, not if it merely speaks of the order. */
function isTold(difference: Difference | string, { order, findings }: ReadOrder): boolean {
  if (typeof difference === 'string') return findings.some(({ path }) => /^\/lines(?:\/\d+)?$/.test(path));
  // Of a line that was split (`1/1`, `1/2`) things are said once, of the first part.
  const nameOf = (index: number): string => order?.lines[index]?.line.replace(/\/\d+$/, '') ?? '';
  const firstOf = (index: number): number =>
    order?.lines.findIndex((_line, at) => nameOf(at) === nameOf(index)) ?? index;
  const first = difference.path.replace(/(?<=^\/lines\/)\d+/, (index) => String(firstOf(Number(index))));
  // The SKU is one of the ids of the line.
  const names = [difference.path, first, first.replace(/\/sku$/, '/ids')];
  return findings.some(({ path }) => names.some((name) => path === name || path.startsWith(`${name}/`)));
}

/**
 * The one excuse for an accepted order that is not the one sent: the mutation formed another valid value. It must have
 * left the skeleton of the document as it was (all names, all punctuation, the number of values), and among the values
 * that it changed must be one that was the field's and is the field's now, each read in the plainest way.
 *
 * Beyond that, what was merely put elsewhere in the document makes another valid one: an X12 qualifier that makes another
 * id of the line the SKU; two ids that changed places; quantity and unit price that did; an X12 allowance that stands
 * behind another segment, and so in another line, while what all comes to is the same.
 */
function isAnotherValue(
  base: Baseline,
  mutant: Uint8Array,
  difference: Difference,
  all: readonly Difference[],
): boolean {
  const { format } = base.reading;
  if (format === null) return false;
  const [before, after] = [lexDocument(base.bytes, format, base.profile), lexDocument(mutant, format, base.profile)];
  if (isExchange(base.bytes, difference, all) && sortWords(base.bytes) === sortWords(mutant)) return true;
  if (before.skeleton !== after.skeleton || before.tokens.length !== after.tokens.length) return false;
  const { was, is, path } = difference;
  return before.tokens.some((token, index) => {
    const now = after.tokens[index];
    if (now === undefined || now === token) return false;
    if (means(token, was, format, base.profile) && means(now, is, format, base.profile)) return true;
    // WooCommerce states what all pieces of a line cost; the price of one and the discount are computed from that.
    const isComputed = base.reading.layout === 'woocommerce' && /\/(?:unitPrice|discounts)$/.test(path);
    if (isComputed && [token, now].every((text) => /^"\d+\.\d+"$/.test(text))) return true;
    if (path.endsWith('/unitPrice') && isScaled([token, now], [was, is])) return true;
    const isQualifier = format === 'x12' && path.endsWith('/sku') && /^[A-Z0-9]{2}$/.test(now);
    return isQualifier && [was, is].includes(after.tokens[index + 1] ?? '') && after.tokens.includes(is);
  });
}

/** Whether a price changed as the value did that it is computed of: so much for a hundred, or for so many. */
function isScaled(values: readonly [string, string], prices: readonly [string, string]): boolean {
  if (![...values, ...prices].every(isDecimal)) return false;
  const [[before, now], [was, is]] = [values.map(decimal), prices.map(decimal)] as [
    [Decimal, Decimal],
    [Decimal, Decimal],
  ];
  return before.times(is).equals(now.times(was)) || before.times(was).equals(now.times(is));
}

/** Whether a difference is one of those that come of exchanging pieces of a document, if that is all that was done. */
function isExchange(bytes: Uint8Array, { path, was, is }: Difference, all: readonly Difference[]): boolean {
  const line = path.slice(0, path.lastIndexOf('/'));
  const [quantity, price] = ['quantity', 'unitPrice'].map((name) => all.find((one) => one.path === `${line}/${name}`));
  if (path.endsWith('/discounts')) return true;
  if (path.endsWith('/sku')) return [was, is].every((id) => Buffer.from(bytes).includes(id));
  const isOneOfThem = /\/(?:quantity|unitPrice)$/.test(path);
  return isOneOfThem && quantity?.was !== undefined && quantity.was === price?.is && quantity.is === price.was;
}

/** All words of a document, in an order that does not depend on where they stand. */
function sortWords(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('latin1')
    .split(/[^\w.]+/)
    .sort()
    .join(' ');
}

/** Whether a value as written is the one of a field. */
function means(text: string, value: string, format: Format, { csv, mapping }: SourceProfile): boolean {
  const plain = unquote(text, format).trim();
  const encoded = Buffer.from(plain, 'latin1');
  const decoded = ['utf-8', 'windows-1252'].map((encoding) => new TextDecoder(encoding).decode(encoded).trim());
  const fields = Object.values({ ...mapping?.order, ...mapping?.line });
  const mapped = fields.flatMap((field) => ('values' in field ? (field.values?.[plain] ?? []) : []));
  if ([plain, ...decoded, plain.toUpperCase(), ...mapped].includes(value)) return true;
  const { decimalMark = '.', thousandsSeparator = '' } = csv ?? {};
  const { decimal: mark = decimalMark, group = thousandsSeparator } = mapping?.numbers ?? {};
  const number = plain
    .replaceAll(group, '')
    .replace(mark, '.')
    .replace(/^\+/, '')
    .replace(/^(-?)\./, '$10.')
    .replace(/\.$/, '');
  return isDecimal(number) && decimal(number).toFixed() === value;
}

function unquote(text: string, format: Format): string {
  if (format === 'csv')
    return (text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text).replace(/^="(.*)"$/, '$1');
  if (format === 'xml')
    return text.replace(/\s+/g, ' ').replace(/&(amp|lt|gt|quot|apos);/g, (_, name: string) => ENTITIES[name] ?? '');
  if (format !== 'json' || !text.startsWith('"')) return text;
  try {
    return String(JSON.parse(text));
  } catch {
    return text;
  }
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
