import type { Finding } from '../finding.ts';
import type { SourceProfile } from '../source.ts';
import { x12Finding, type X12Code } from './x12-codes.ts';
import type { X12Delimiters } from './x12-scanner.ts';
import { element, locate, type X12Segment } from './x12-segments.ts';
import { adviseNumber, parseReal, parseX12Date } from './x12-values.ts';

/** What the envelope says about a transaction set that is to be read. Plain data: it is kept beside the bytes. */
export interface X12Context {
  /** Byte offset of ST in the document. */
  readonly offset: number;
  readonly delimiters: X12Delimiters;
  /** GS08, e.g. `004010`. */
  readonly version: string;
  /** ISA15, `P` or `T`. */
  readonly usage: string;
}

/** One transaction set while it is being read. */
export interface Reading {
  readonly context: X12Context;
  readonly profile: SourceProfile;
  readonly findings: Finding[];
  /** By position: 1 for each segment that the order holds completely. */
  readonly used: Uint8Array;
  /** Where each field of the order stands, by JSON pointer into it; only where somebody asks for places. */
  readonly places?: Map<string, Place>;
}

/** The element that gives a field, or the segment. */
export interface Place {
  readonly segment: X12Segment;
  readonly number?: number | undefined;
}

/** A segment that opens a loop, and the segments that belong to it. */
export interface Loop {
  readonly head: X12Segment;
  readonly members: readonly X12Segment[];
}

/** Loops that matter, and what may stand in them. @see X12 850, tables 1 and 2 */
const LOOP_MEMBERS: Readonly<Record<string, ReadonlySet<string>>> = {
  N1: new Set(['N2', 'N3', 'N4', 'NX2', 'REF', 'PER', 'SI', 'FOB', 'TD1', 'TD5', 'TD3', 'TD4', 'PKG']),
  N9: new Set(['DTM', 'MSG', 'MTX', 'PWK', 'EFI']),
  SPI: new Set(['REF', 'DTM', 'MSG']),
};

const NO_MEMBERS: readonly X12Segment[] = [];

/** Groups segments into loops; a segment that opens none and belongs to none is a loop of its own. */
export function readLoops(segments: readonly X12Segment[]): readonly Loop[] {
  const loops: Loop[] = [];
  let open: { readonly wanted: ReadonlySet<string>; readonly members: X12Segment[] } | undefined;
  for (const segment of segments) {
    if (open?.wanted.has(segment.id)) {
      open.members.push(segment);
      continue;
    }
    const wanted = LOOP_MEMBERS[segment.id];
    open = wanted && { wanted, members: [] };
    loops.push({ head: segment, members: open?.members ?? NO_MEMBERS });
  }
  return loops;
}

/** The segments with this id that stand in no other loop. */
export function headsOf(loops: readonly Loop[], id: string): readonly X12Segment[] {
  const heads: X12Segment[] = [];
  for (const { head } of loops) if (head.id === id) heads.push(head);
  return heads;
}

/** Notes a finding about a segment or one of its elements, with the element's text as evidence. */
export function say(
  reading: Reading,
  code: X12Code,
  segment: X12Segment,
  number: number | undefined,
  message: string,
  path = '',
): void {
  const evidence = number === undefined ? {} : { evidence: element(segment, number) };
  reading.findings.push(x12Finding(code, message, locate(segment, number), { path, ...evidence }));
}

/** Notes where a field of the order stands; an earlier place stays. Costs nothing where nobody asks. */
export function mark({ places }: Reading, path: string, field: string, segment: X12Segment, number?: number): void {
  if (places && !places.has(path + field)) places.set(path + field, { segment, number });
}

/** Marks the segment as held by the order, unless it says more than the elements that were read. */
export function use(reading: Reading, segment: X12Segment, ...numbers: readonly number[]): void {
  const { elements, position } = segment;
  for (let at = 0; at < elements.length; at++) if (elements[at] !== '' && !numbers.includes(at + 1)) return;
  reading.used[position] = 1;
}

/** A number (type R); undefined if it is empty, or if it is none, which is then said. */
export function readReal(
  reading: Reading,
  segment: X12Segment,
  number: number,
  name: string,
  path: string,
): string | undefined {
  const text = element(segment, number);
  if (text === '') return undefined;
  const value = parseReal(text);
  if (value !== undefined) return value;
  say(
    reading,
    'X12.ELEMENT.NUMBER',
    segment,
    number,
    `${name} is "${text.slice(0, 30)}"; ${adviseNumber(text)}.`,
    path,
  );
  return undefined;
}

/** A calendar date; undefined if it is empty, or if it is none, which is then said with the code given. */
export function readDate(
  reading: Reading,
  segment: X12Segment,
  number: number,
  name: string,
  path: string,
  code: X12Code = 'X12.ELEMENT.DATE',
): string | undefined {
  const text = element(segment, number);
  if (text === '') return undefined;
  const read = parseX12Date(text);
  if (!read) {
    say(reading, code, segment, number, `${name} is "${text.slice(0, 30)}"; write the date as CCYYMMDD.`, path);
    return undefined;
  }
  if (read.short && reading.context.version >= '004010') {
    const message = `${name} is "${text}" and was read as ${read.date}; write the year with four digits.`;
    say(reading, 'X12.ELEMENT.SHORT_DATE', segment, number, message, path);
  }
  return read.date;
}

/**
 * The day of a DTM: DTM02, or DTM06 where DTM05 says that one stands there (`D8`).
 * @returns the day, if there is a valid one, and the element that it was looked for in
 */
export function readDtm(
  reading: Reading,
  dtm: X12Segment,
  path: string,
  said: { readonly whose?: string; readonly code?: X12Code } = {},
): { readonly date: string | undefined; readonly number: number } {
  const number = element(dtm, 2) === '' && element(dtm, 5) === 'D8' ? 6 : 2;
  const name = `${said.whose ?? ''}DTM0${number} (date ${element(dtm, 1).slice(0, 3)})`;
  return { date: readDate(reading, dtm, number, name, path, said.code), number };
}

/** Says if of two elements that belong together, such as a qualifier and its number, only one is there. */
export function checkPair(reading: Reading, segment: X12Segment, first: number, path: string, whose = ''): boolean {
  const [one, other] = [element(segment, first), element(segment, first + 1)];
  if ((one === '') === (other === '')) return true;
  const [empty, full] = one === '' ? [first, first + 1] : [first + 1, first];
  const name = (number: number) => `${segment.id}${String(number).padStart(2, '0')}`;
  const message = `${whose}${name(empty)} is empty but ${name(full)} is "${(one || other).slice(0, 30)}"; send both or none.`;
  say(reading, 'X12.ELEMENT.PAIR', segment, empty, message, path);
  return false;
}

/** A mandatory element; says if it is empty. */
export function readMandatory(
  reading: Reading,
  segment: X12Segment,
  number: number,
  name: string,
  path: string,
): string {
  const text = element(segment, number);
  if (text === '') say(reading, 'X12.ELEMENT.MISSING', segment, number, `${name} is mandatory and is empty.`, path);
  return text;
}

/** Says if an identifier is longer than its element may be. */
export function checkLength(
  reading: Reading,
  segment: X12Segment,
  number: number,
  longest: number,
  name: string,
  path: string,
): void {
  const text = element(segment, number);
  if (text.length <= longest) return;
  const message = `${name} is "${text.slice(0, 30)}"; it may be ${longest} characters at most.`;
  say(reading, 'X12.ELEMENT.LENGTH', segment, number, message, path);
}
