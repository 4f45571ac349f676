import { decimal, minorUnits, printAmount, sum, toCurrency } from '../money.ts';
import { orderSchema, type Order } from '../order.ts';
import type { Finding, Location } from '../finding.ts';
import type { SourceProfile } from '../source.ts';
import type { ParseResult } from './format.ts';
import { findNearest, findRefused, toPointer } from './draft.ts';
import { readCharges } from './x12-amounts.ts';
import { x12Finding } from './x12-codes.ts';
import { fitsAtAGlance, type OrderDraft } from './x12-fit.ts';
import {
  markCharge,
  MOST_LINES,
  readLines,
  readRequestedDate,
  type LineSegments,
  type ReadLines,
} from './x12-lines.ts';
import { checkParties, findCustomer, partyKey, readContact, readParty } from './x12-parties.ts';
import { checkLength, headsOf, mark, readDate, readLoops, readMandatory, readReal, say, use } from './x12-reading.ts';
import type { Loop, Place, Reading, X12Context } from './x12-reading.ts';
import { isZero } from './x12-values.ts';
import { element, locate, ORDER_SEGMENTS, readSegments, type X12Segment } from './x12-segments.ts';

export type { X12Context } from './x12-reading.ts';

/** A document with thousands of faults has one cause; a sender reads the first of them. */
const MOST_FINDINGS = 200;
const [MOST_NOTES, LONGEST_NOTE] = [50, 2000];

/** BEG01 (element 353). 06 confirmation, 07 duplicate and 22 information copy never make a second order. */
const PURPOSES: ReadonlyMap<string, Order['type']> = new Map([['00', 'new'], ['01', 'cancel'], ['05', 'replace']]); // prettier-ignore
const COPIES: ReadonlySet<string> = new Set(['06', '07', '22']);
/** BEG02 (element 92): blanket orders, and those that are shipped like any other. */
const BLANKETS: ReadonlySet<string> = new Set(['BK', 'BE']);
const SHIPPABLE: ReadonlySet<string> = new Set(['SA', 'NE', 'DS', 'RL', 'KN', 'RO', 'OS']);

/** A line, and what splits one: elsewhere it would not count, and nobody would notice. */
const OF_LINES: ReadonlySet<string> = new Set(['PO1', 'SCH', 'SDQ']);

/** The parts of a set: before the first PO1, its PO1 loops, from CTT on. */
interface Areas {
  readonly header: readonly X12Segment[];
  readonly lines: readonly LineSegments[];
  readonly summary: readonly X12Segment[];
}

/**
 * Reads one purchase order: the bytes of one transaction set 850, ST to SE. N1, REF, DTM, SAC and N9 mean what they mean
 * where they stand: in the header or in a line. What the canonical order has no place for is kept, segment by segment,
 * under `extensions.x12`. There is no order where no customer, date, line or SKU could be told, and none for a
 * confirmation, duplicate or information copy.
 */
export function parseX12Order(bytes: Uint8Array, context: X12Context, profile: SourceProfile): ParseResult {
  const { reading, draft, purpose } = readSet(bytes, context, profile);
  const placesOf = () => listPlaces(bytes, context, profile);
  const order = draft && !COPIES.has(purpose) ? complete(reading, draft, placesOf) : null;
  return { order, findings: limit(reading.findings) };
}

function readSet(bytes: Uint8Array, context: X12Context, profile: SourceProfile, places?: Map<string, Place>) {
  const { segments, findings } = readSegments(bytes, context.offset, context.delimiters);
  const used = new Uint8Array(segments.length + 1);
  const reading: Reading = { context, profile, findings: [...findings], used, ...(places && { places }) };
  const areas = divide(reading, segments);
  const beg = areas && findBeg(reading, areas, segments);
  if (!areas || !beg) return { reading, purpose: '' };
  return { reading, purpose: element(beg, 1), draft: readOrder(reading, areas, beg, segments) };
}

/** The findings that a sender is shown: the gravest, where there are too many, and never without what refuses the order. */
function limit(findings: readonly Finding[]): readonly Finding[] {
  if (findings.length <= MOST_FINDINGS) return findings;
  const gravest = (['reject', 'hold', 'warn'] as const).flatMap((grave) =>
    findings.filter(({ disposition }) => disposition === grave),
  );
  const shown = new Set(gravest.slice(0, MOST_FINDINGS));
  return findings.filter((finding) => shown.has(finding));
}

/**
 * The place of a canonical field in the document, of what encloses it where the set leaves it out.
 * @param pointer JSON pointer (RFC 6901) into the canonical order
 */
export function locateX12Field(
  bytes: Uint8Array,
  context: X12Context,
  profile: SourceProfile,
  pointer: string,
): Location {
  return (
    placeOf(listPlaces(bytes, context, profile), pointer) ?? {
      offset: context.offset,
      segment: 'ST',
      segmentPosition: 1,
    }
  );
}

type Places = ReadonlyMap<string, Place>;

/** Where every field of the order stands. What is asked for the same bytes again is not read again. */
function listPlaces(bytes: Uint8Array, context: X12Context, profile: SourceProfile): Places {
  const known = listed.get(bytes);
  if (known && known.context === context && known.profile === profile) return known.places;
  const places = new Map<string, Place>();
  readSet(bytes, context, profile, places);
  listed.set(bytes, { context, profile, places });
  return places;
}

const listed = new WeakMap<Uint8Array, Pick<Reading, 'context' | 'profile'> & { readonly places: Places }>();

function placeOf(places: Places, pointer: string): Location | undefined {
  const found = findNearest(places, pointer);
  if (!found) return undefined;
  const { segment, number } = found.place;
  // Elements of segments that are only kept are many, and not listed one by one.
  const kept = /^\/extensions\/x12\/segments\/\d+\/elements\/(\d{1,5})$/.exec(pointer)?.[1];
  return locate(segment, kept === undefined ? number : Number(kept) + 1);
}

/** Cuts the set into its parts; undefined if it has no line, or more than an order may have. */
function divide(reading: Reading, segments: readonly X12Segment[]): Areas | undefined {
  if (segments.length === 0) return undefined;
  const header: X12Segment[] = [];
  const summary: X12Segment[] = [];
  const lines: { po1: X12Segment; rest: X12Segment[] }[] = [];
  for (const segment of segments.slice(1, -1)) {
    if (!ORDER_SEGMENTS.has(segment.id)) sayUnknown(reading, segment, summary.length === 0 ? lines.length : 0);
    if (segment.id === 'CTT' || summary.length > 0) summary.push(segment);
    else if (segment.id === 'PO1') lines.push({ po1: segment, rest: [] });
    else (lines.at(-1)?.rest ?? header).push(segment);
  }
  const stray = [...header, ...summary].find(({ id }) => OF_LINES.has(id));
  if (stray) {
    const message = `${stray.id} belongs to a line: it must stand between the first PO1 and CTT.`;
    say(reading, 'X12.SEGMENT.SEQUENCE', stray, undefined, message);
  }
  if (lines.length === 0) sayMissing(reading, 'PO1', segments.at(-1), 'The order has no line (PO1).', '/lines');
  const beyond = lines[MOST_LINES]?.po1;
  if (beyond) {
    const message = `The order has ${lines.length} PO1 segments; ${MOST_LINES} are the most. Send several orders.`;
    say(reading, 'X12.ORDER.TOO_MANY_LINES', beyond, undefined, message, '/lines');
  }
  return lines.length === 0 || beyond ? undefined : { header, lines: lines.map(describeLine), summary };
}

/** In a line it may be an SDQ or SCH that was damaged, and then the line would go whole to one place. */
function sayUnknown(reading: Reading, segment: X12Segment, linesBefore: number): void {
  const message = `The 850 has no segment ${segment.id}; it is only kept.`;
  const inLine = linesBefore > 0 && ({ path: `/lines/${linesBefore - 1}`, disposition: 'hold' } as const);
  reading.findings.push(x12Finding('X12.SEGMENT.UNKNOWN', message, locate(segment), inLine || {}));
}

function describeLine({ po1, rest }: Pick<LineSegments, 'po1' | 'rest'>, index: number): LineSegments {
  return { po1, id: element(po1, 1) || String(index + 1), rest, loops: readLoops(rest) };
}

function sayMissing(reading: Reading, id: string, before: X12Segment | undefined, message: string, path: string): void {
  const location: Location = before ? { ...locate(before), segment: id } : { segment: id };
  reading.findings.push(x12Finding('X12.SEGMENT.MISSING', message, location, { path }));
}

/** BEG opens the order: there is one, and it stands behind ST. */
function findBeg(reading: Reading, { header }: Areas, segments: readonly X12Segment[]): X12Segment | undefined {
  const [beg, second] = segments.filter(({ id }) => id === 'BEG');
  if (!beg) sayMissing(reading, 'BEG', header[0], 'BEG is missing: it must follow ST.', '');
  else if (beg.position !== 2) say(reading, 'X12.SEGMENT.SEQUENCE', beg, undefined, 'BEG must follow ST.');
  if (second) say(reading, 'X12.SEGMENT.REPEATED', second, undefined, 'BEG occurs twice: one set is one order.');
  return beg;
}

function readOrder(reading: Reading, areas: Areas, beg: X12Segment, segments: readonly X12Segment[]) {
  const header = readLoops(areas.header);
  const currency = readCurrency(reading, header, areas.lines);
  const read = readLines(reading, areas.lines, currency ?? '');
  checkCounts(reading, areas, read);
  const amounts = readAmounts(reading, areas, header, read, currency ?? '');
  const customerId = readCustomer(reading, header);
  mark(reading, '', '', beg);
  const draft: OrderDraft = {
    source: reading.profile.id,
    ...readBeg(reading, beg),
    ...readParties(reading, header),
    ...(currency !== undefined && { currency }),
    ...(customerId !== undefined && { customerId }),
    requestedDeliveryDate: readRequestedDate(reading, header, '') ?? null,
    payment: readTerms(reading, header),
    lines: [...read.lines],
    ...amounts,
    notes: readNotes(reading, header, areas.lines, segments),
  };
  return { ...draft, extensions: keepRest(reading, beg, areas) };
}

// Header

function readBeg(reading: Reading, beg: X12Segment) {
  judgePurpose(reading, beg);
  judgeType(reading, beg);
  const poNumber = readMandatory(reading, beg, 3, 'BEG03 (purchase order number)', '/poNumber');
  checkLength(reading, beg, 3, 22, 'BEG03 (purchase order number)', '/poNumber');
  readMandatory(reading, beg, 5, 'BEG05 (order date)', '/orderDate');
  const orderDate = readDate(reading, beg, 5, 'BEG05 (order date)', '/orderDate');
  const release = element(beg, 4);
  BEG_FIELDS.forEach(([field, number]) => mark(reading, field, '', beg, number));
  return {
    // Releases of one blanket order share its number: each is an order of its own.
    ...(poNumber !== '' && { externalId: release === '' ? poNumber : `${poNumber}/${release}` }),
    poNumber,
    type: PURPOSES.get(element(beg, 1)) ?? 'new',
    ...(orderDate !== undefined && { orderDate }),
  };
}

/** Which element of BEG gives which field. */
// prettier-ignore
const BEG_FIELDS = [
  ['/type', 1], ['/poNumber', 3], ['/externalId', 3], ['/orderDate', 5],
  ['/extensions/x12/purpose', 1], ['/extensions/x12/orderType', 2], ['/extensions/x12/release', 4],
] as const;

function judgePurpose(reading: Reading, beg: X12Segment): void {
  const purpose = readMandatory(reading, beg, 1, 'BEG01 (purpose)', '/type');
  if (COPIES.has(purpose)) {
    const message = `BEG01 is "${purpose}": a confirmation, duplicate or information copy is never entered as an order.`;
    say(reading, 'X12.ORDER.COPY', beg, 1, message, '/type');
  } else if (purpose !== '' && !PURPOSES.has(purpose)) {
    const message = `BEG01 is "${purpose.slice(0, 10)}"; send 00 for an original, 01 for a cancellation or 05 for a replacement.`;
    say(reading, 'X12.ORDER.PURPOSE', beg, 1, message, '/type');
  }
}

function judgeType(reading: Reading, beg: X12Segment): void {
  const type = readMandatory(reading, beg, 2, 'BEG02 (order type)', '/type');
  if (BLANKETS.has(type)) {
    const message = `BEG02 is "${type}": a blanket order has nothing to ship; send its releases (BEG02 RL).`;
    say(reading, 'X12.ORDER.BLANKET', beg, 2, message, '/type');
  } else if (type !== '' && !SHIPPABLE.has(type)) {
    say(
      reading,
      'X12.ORDER.TYPE',
      beg,
      2,
      `BEG02 is "${type.slice(0, 10)}" and was taken as SA, stand-alone.`,
      '/type',
    );
  }
}

/** The header's CUR, else the one that all lines repeat, else the profile's. */
function readCurrency(reading: Reading, header: readonly Loop[], lines: readonly LineSegments[]): string | undefined {
  const own = headsOf(header, 'CUR');
  const cur = own[0] ?? lines.flatMap(({ rest }) => rest).find(({ id }) => id === 'CUR');
  const currency = (cur && element(cur, 2)) || reading.profile.defaults.currency;
  if (cur) use(reading, cur, 1, 2);
  if (cur) mark(reading, '/currency', '', cur, 2);
  const other = own.find((each) => element(each, 2) !== '' && element(each, 2) !== currency);
  if (other) {
    const message = `CUR occurs twice, with ${currency} and "${element(other, 2).slice(0, 10)}"; an order has one currency.`;
    say(reading, 'X12.SEGMENT.REPEATED', other, 2, message, '/currency');
  }
  if (currency === undefined) {
    const message = 'There is no CUR; send one, or let the default currency of this source be configured.';
    reading.findings.push(x12Finding('X12.ORDER.CURRENCY', message, { segment: 'CUR' }, { path: '/currency' }));
  }
  return currency;
}

function readCustomer(reading: Reading, header: readonly Loop[]): string | undefined {
  const customer = findCustomer(reading, header) ?? reading.profile.defaults.customerId;
  if (customer !== undefined) return customer;
  const parties = header.filter(({ head }) => head.id === 'N1').map(({ head }) => head);
  const asked = parties.map(partyKey).join(' ') || 'none';
  const message =
    'No party (N1) of the order is mapped to a customer of ours; ask for its N104 to be added to the source.';
  const location = parties[0] ? locate(parties[0], 4) : { segment: 'N1' };
  const said = { path: '/customerId', evidence: asked.slice(0, 500) };
  reading.findings.push(x12Finding('X12.CUSTOMER.UNMAPPED', message, location, said));
  return undefined;
}

function readParties(reading: Reading, header: readonly Loop[]): Pick<Order, 'contact' | 'shipTo' | 'billTo'> {
  checkParties(reading, header, '');
  return {
    contact: readContact(reading, header),
    shipTo: readParty(reading, header, 'ST', '/shipTo'),
    billTo: readParty(reading, header, 'BT', '/billTo'),
  };
}

/**
 * An 850 is bought on account. ITD07 gives the net days, or ITD12 in words: `NET30`. Discounts for early payment do not
 * change the code and are kept with the ITD.
 */
function readTerms(reading: Reading, header: readonly Loop[]): Order['payment'] {
  const itd = headsOf(header, 'ITD')[0];
  const net = itd && /^\d{1,3}$/.exec(element(itd, 7))?.[0];
  const days = net ?? (itd && /\bnet\s*(\d{1,3})\b/i.exec(element(itd, 12))?.[1]);
  if (itd) mark(reading, '/payment', '', itd);
  if (itd && days !== undefined) mark(reading, '/payment', '/terms', itd, net === undefined ? 12 : 7);
  return { method: 'terms', terms: days === undefined ? null : `NET${Number(days)}` };
}

// Amounts and counts

function checkCounts(reading: Reading, { lines, summary }: Areas, { quantities }: ReadLines): void {
  const ctt = summary[0];
  if (!ctt) {
    const last = lines.at(-1)?.po1;
    const message = 'There is no CTT with the number of lines; send one so that lost lines are noticed.';
    reading.findings.push(
      x12Finding('X12.ORDER.COUNT_MISSING', message, last ? { ...locate(last), segment: 'CTT' } : {}),
    );
    return;
  }
  use(reading, ctt, 1, 2);
  const count = readMandatory(reading, ctt, 1, 'CTT01 (number of lines)', '/lines');
  if (count !== '' && !(/^\d{1,6}$/.test(count) && Number(count) === lines.length)) {
    const message = `CTT01 is "${count.slice(0, 10)}" but the order has ${lines.length} PO1 segments; was one lost?`;
    say(reading, 'X12.ORDER.LINE_COUNT', ctt, 1, message, '/lines');
  }
  const hash = readReal(reading, ctt, 2, 'CTT02 (hash total)', '/lines');
  if (hash !== undefined && !sum(quantities).equals(decimal(hash))) {
    const message = `CTT02 is ${hash}, the quantities add up to ${sum(quantities).toFixed()}.`;
    say(reading, 'X12.ORDER.HASH_TOTAL', ctt, 2, message, '/lines');
  }
}

function readAmounts(reading: Reading, areas: Areas, header: readonly Loop[], read: ReadLines, currency: string) {
  const goods = sum(read.lines.map(({ amount }) => amount));
  const sacs = readCharges(
    reading,
    headsOf(header, 'SAC'),
    { amount: () => goods, quantity: null, whose: '' },
    currency,
    '/charges',
  );
  const all = [...sacs, ...read.charges];
  if (reading.places) all.forEach(({ segment }, index) => markCharge(reading, `/charges/${index}`, segment));
  const charges = all.map(({ code, amount }) => ({ code, amount }));
  const tax = readTax(reading, areas, currency);
  const computed = toCurrency(goods.plus(sum(charges.map(({ amount }) => amount))).plus(decimal(tax)), currency);
  const total = readTotal(reading, areas, { computed, goods: toCurrency(goods, currency) }, currency);
  return { charges, tax, total };
}

/** TXI02 of the header and of the lines. */
function readTax(reading: Reading, { header, lines, summary }: Areas, currency: string): string {
  const taxes = [header, ...lines.map(({ rest }) => rest), summary].flatMap((area) =>
    area.filter(({ id }) => id === 'TXI'),
  );
  const amounts = taxes.map((txi) => readTaxAmount(reading, txi));
  return printAmount(sum(amounts), currency);
}

/** What a TXI adds to the order: nothing where TXI07 says that the price has it in it, or that it only informs. */
function readTaxAmount(reading: Reading, txi: X12Segment): string {
  const amount = readReal(reading, txi, 2, 'TXI02 (tax)', '/tax');
  if (TAX_NOT_ADDED.has(element(txi, 7))) return '0';
  const percent = readReal(reading, txi, 3, 'TXI03 (percent)', '/tax') ?? '0';
  if (element(txi, 2) === '' && !isZero(percent)) {
    const message = `TXI02 is empty; which amount TXI03 (${percent} %) makes is not told, and the order is shown without it.`;
    say(reading, 'X12.TAX.AMOUNT', txi, 2, message, '/tax');
  }
  if (amount !== undefined) mark(reading, '/tax', '', txi, 2);
  return amount ?? '0';
}

/** TXI07 (element 662): included, information only. */
const TAX_NOT_ADDED: ReadonlySet<string> = new Set(['I', 'O']);

/**
 * What the order comes to. Where the sender states another total (AMT TT, or GV where the goods alone do not come to it),
 * that one counts and is told about. A difference that rounding each line and the total can make is none.
 */
function readTotal(
  reading: Reading,
  areas: Areas,
  own: { readonly computed: string; readonly goods: string },
  currency: string,
): string {
  const stated = findAmounts(areas);
  const lines = areas.lines.length;
  stated
    .filter((amt) => element(amt, 1) === '1')
    .forEach((amt) => checkGoods(reading, amt, own.goods, lines, currency));
  const amt = stated.find((each) => element(each, 1) === 'TT') ?? stated.find((each) => element(each, 1) === 'GV');
  const amount = amt && readReal(reading, amt, 2, 'AMT02 (total)', '/total');
  if (!amt || amount === undefined) return own.computed;
  mark(reading, '/total', '', amt, 2);
  if (element(amt, 1) === 'GV' && isNear(amount, own.goods, lines, currency)) return own.computed;
  if (decimal(amount).equals(decimal(own.computed))) use(reading, amt, 1, 2);
  if (isNear(amount, own.computed, lines, currency)) return own.computed;
  const message = `AMT ${element(amt, 1)} is ${amount}; lines, charges and taxes come to ${own.computed}.`;
  say(reading, 'X12.ORDER.TOTAL', amt, 2, message, '/total');
  return printAmount(decimal(amount), currency);
}

/** The AMTs about the whole order: of the header and the summary, and of the last line where no CTT begins a summary. */
function findAmounts({ header, lines, summary }: Areas): readonly X12Segment[] {
  const last = summary.length === 0 ? (lines.at(-1)?.rest ?? []) : [];
  return [...header, ...summary, ...last].filter(({ id }) => id === 'AMT');
}

function checkGoods(reading: Reading, amt: X12Segment, goods: string, lines: number, currency: string): void {
  const amount = readReal(reading, amt, 2, 'AMT02 (line items)', '/total');
  if (amount === undefined || isNear(amount, goods, lines, currency)) return;
  say(reading, 'X12.ORDER.LINES_TOTAL', amt, 2, `AMT 1 is ${amount}; the lines come to ${goods}.`, '/total');
}

function isNear(a: string, b: string, lines: number, currency: string): boolean {
  const half = decimal('0.5').times(decimal('10').pow(-minorUnits(currency)));
  return decimal(a)
    .minus(decimal(b))
    .abs()
    .lessThanOrEqualTo(half.times(lines + 1));
}

// Text, and what is left

/** MSG, MTX and NTE; those of one loop are one note. A line's notes say which line. */
function readNotes(
  reading: Reading,
  header: readonly Loop[],
  lines: readonly LineSegments[],
  segments: readonly X12Segment[],
): string[] {
  const notes: string[] = [];
  const add = (loop: Loop, prefix: string) => {
    const note = mayHoldNote(loop) ? readNote(reading, loop, `/notes/${notes.length}`) : '';
    if (note !== '') notes.push(prefix + note);
  };
  for (const loop of header) add(loop, '');
  for (const { id, loops } of lines) for (const loop of loops) add(loop, `Line ${id}: `);
  const short = notes.slice(0, MOST_NOTES).map((note) => note.slice(0, LONGEST_NOTE));
  if (notes.length > MOST_NOTES || notes.some((note) => note.length > LONGEST_NOTE)) {
    const message = `The order has ${notes.length} notes; ${MOST_NOTES} of ${LONGEST_NOTE} characters each are shown.`;
    const location = { segment: 'MSG' };
    reading.findings.push(x12Finding('X12.NOTES.SHORTENED', message, location, { path: '/notes' }));
    segments.forEach(({ id, position }) => id in NOTE_ELEMENT && (reading.used[position] = 0));
  }
  return short;
}

/** Which element of a segment is free text. */
const NOTE_ELEMENT: Readonly<Record<string, number>> = { MSG: 1, MTX: 2, NTE: 2 };

function mayHoldNote({ head, members }: Loop): boolean {
  return members.length > 0 || NOTE_ELEMENT[head.id] !== undefined;
}

function readNote(reading: Reading, { head, members }: Loop, path: string): string {
  const texts = [head, ...members].flatMap((segment) => {
    const number = NOTE_ELEMENT[segment.id];
    if (number === undefined) return [];
    use(reading, segment, number);
    if (element(segment, number) !== '') mark(reading, path, '', segment, number);
    return [element(segment, number).replaceAll(/\s+/g, ' ').trim()];
  });
  return texts.filter((text) => text !== '').join(' ');
}

/** A segment in `extensions.x12`, as it stands in the document. */
interface KeptSegment {
  readonly segment: string;
  readonly position: number;
  /** PO101 of the line that it belongs to. */
  readonly line?: string;
  readonly elements: readonly string[];
}

/** Everything that the order does not hold, segment by segment, and which line it belongs to. */
function keepRest(reading: Reading, beg: X12Segment, { header, lines, summary }: Areas) {
  use(reading, beg, 1, 2, 3, 4, 5);
  const kept: KeptSegment[] = [];
  const keep = (segment: X12Segment, line?: string) => {
    const { id, position, elements } = segment;
    if (reading.used[position] === 1) return;
    if (reading.places) mark(reading, `/extensions/x12/segments/${kept.length}`, '', segment);
    kept.push({ segment: id, position, ...(line !== undefined && { line }), elements });
  };
  header.forEach((segment) => keep(segment));
  for (const { po1, id, rest } of lines) {
    keep(po1, id);
    rest.forEach((segment) => keep(segment, id));
  }
  summary.forEach((segment) => keep(segment));
  return {
    x12: {
      version: reading.context.version,
      usage: reading.context.usage,
      purpose: element(beg, 1),
      orderType: element(beg, 2),
      ...(element(beg, 4) !== '' && { release: element(beg, 4) }),
      componentSeparator: reading.context.delimiters.component,
      repetitionSeparator: reading.context.delimiters.repetition,
      segments: kept,
    },
  };
}

/** Lets the canonical schema judge. What it refuses becomes a finding, unless one says so already. */
function complete(reading: Reading, draft: OrderDraft, placesOf: () => Places): Order | null {
  if (fitsAtAGlance(draft)) return draft;
  const parsed = orderSchema.safeParse(draft);
  if (parsed.success) return parsed.data;
  const said = findRefused(reading.findings);
  for (const issue of parsed.error.issues) {
    const path = toPointer(issue.path);
    if (!said.has(path)) reading.findings.push(schemaFinding(issue.message, path, placesOf()));
  }
  return null;
}

function schemaFinding(message: string, path: string, places: Places): Finding {
  return x12Finding(
    'X12.ORDER.SCHEMA',
    `The order's ${path || 'form'} does not fit: ${message}.`,
    placeOf(places, path) ?? {},
    { path },
  );
}
