import type { Finding, Location } from '../finding.ts';
import { x12Finding } from './x12-codes.ts';
import type { X12Delimiters } from './x12-scanner.ts';

/** The segments of an 850, so that others are noticed. @see X12 004010 850 and its later versions */
export const ORDER_SEGMENTS: ReadonlySet<string> = new Set(
  `ST BEG CUR REF PER TAX FOB CTP PAM CSH SAC ITD DIS INC DTM LDT LIN SI PID MEA PWK PKG TD1 TD5 TD3 TD4 MAN PCT CTB TXI
   QTY MSG N9 N1 N2 N3 N4 NX2 SPI CB1 G53 LS LE ADV MTX PO1 SLN TC2 PO3 SDQ IT3 IT8 SCH PO4 CTT AMT SE NTE YNQ FA1 FA2
   EFI LM LQ CN1 MNT`.split(/\s+/),
);

/** The text of a transaction set, each byte one character, and where it stands. */
interface SetText {
  readonly raw: string;
  /** Byte offset of the set in the document. */
  readonly offset: number;
  readonly delimiters: X12Delimiters;
}

/** One segment of a transaction set. */
export interface X12Segment {
  readonly id: string;
  /** Element 1 first, without trailing blanks. Repeats and components are not taken apart. */
  readonly elements: readonly string[];
  /** One-based in the set, ST being 1. */
  readonly position: number;
  /** Byte offset in the document. */
  readonly offset: number;
  /** What it was cut from. */
  readonly set: SetText;
}

/** Element `number` of a segment, one-based; empty if it is not there. */
export function element(segment: X12Segment, number: number): string {
  return segment.elements[number - 1] ?? '';
}

/** Where a segment, or one of its elements, stands in the document. */
export function locate(segment: X12Segment, number?: number): Location {
  const { id, position, offset } = segment;
  if (number === undefined) return { offset, segment: id, segmentPosition: position };
  return { offset: startOfElement(segment, number), segment: id, segmentPosition: position, element: number };
}

/** A missing element is shown where the segment ends. */
function startOfElement({ offset, set: { raw, offset: base, delimiters } }: X12Segment, number: number): number {
  const found = raw.indexOf(delimiters.segment, offset - base);
  const stop = found === -1 ? raw.length : found;
  let at = offset - base;
  for (let i = 0; i < number; i++) {
    const separator = raw.indexOf(delimiters.element, at);
    if (separator === -1 || separator >= stop) return base + stop;
    at = separator + 1;
  }
  return base + at;
}

/** The segments of one transaction set, ST to SE; none if the bytes are anything else. */
export function readSegments(
  bytes: Uint8Array,
  offset: number,
  delimiters: X12Delimiters,
): { readonly segments: readonly X12Segment[]; readonly findings: readonly Finding[] } {
  const raw = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const { decode, isUtf8 } = chooseDecoder(raw, bytes);
  const segments = cutSegments({ raw, offset, delimiters }, decode);
  const findings = isUtf8 ? [] : [notUtf8(offset)];
  const badIds = segments.filter(({ id }) => !ORDER_SEGMENTS.has(id) && !SEGMENT_ID.test(id)).map(badId);
  if (badIds.length > 0) return { segments: [], findings: [...findings, ...badIds] };
  if (!isWholeSet(segments)) {
    const message = 'The set cannot be read as X12: it must be the segments from ST to SE and nothing else.';
    const location = { offset, segment: 'ST', segmentPosition: 1 };
    return { segments: [], findings: [...findings, x12Finding('X12.SET.UNREADABLE', message, location)] };
  }
  return { segments, findings };
}

/** Cuts at the terminators, stepping over blanks and line breaks before a segment and over segments without anything. */
function cutSegments(set: SetText, decode: Decode | undefined): readonly X12Segment[] {
  const { raw, offset, delimiters } = set;
  const segments: X12Segment[] = [];
  for (let start = 0; start < raw.length;) {
    const found = raw.indexOf(delimiters.segment, start);
    const stop = found === -1 ? raw.length : found;
    while (start < stop && isBlank(raw.charCodeAt(start))) start++;
    if (start < stop) {
      const [id = '', ...elements] = cutElements(raw, start, stop, delimiters.element.charCodeAt(0));
      segments.push({
        id,
        elements: decode ? elements.map(decode) : elements,
        position: segments.length + 1,
        offset: offset + start,
        set,
      });
    }
    start = stop + 1;
  }
  return segments;
}

/** The segment's id and elements. One pass over the characters: this is the innermost loop of reading an order. */
function cutElements(raw: string, start: number, stop: number, separator: number): string[] {
  const elements: string[] = [];
  let from = start;
  for (let at = start; at <= stop; at++) {
    if (at < stop && raw.charCodeAt(at) !== separator) continue;
    let end = at;
    while (end > from && isBlank(raw.charCodeAt(end - 1))) end--;
    elements.push(raw.slice(from, end));
    from = at + 1;
  }
  return elements;
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;
}

type Decode = (latin1: string) => string;

/**
 * X12 names no encoding: UTF-8 where it is valid, else Latin-1 as Windows writes it. No decoder for ASCII, which nearly
 * all sets are. Delimiters are ASCII, so an element can be decoded alone.
 */
function chooseDecoder(raw: string, bytes: Uint8Array): { decode: Decode | undefined; isUtf8: boolean } {
  // eslint-disable-next-line no-control-regex -- X12 delimiters are control characters now and then
  if (!/[^\x00-\x7f]/.test(raw)) return { decode: undefined, isUtf8: true };
  const isUtf8 = isValidUtf8(bytes);
  const decoder = new TextDecoder(isUtf8 ? 'utf-8' : 'windows-1252', { ignoreBOM: true });
  return { decode: (latin1) => decoder.decode(Buffer.from(latin1, 'latin1')), isUtf8 };
}

function isValidUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

function notUtf8(offset: number): Finding {
  const message = 'The text is not UTF-8 and was read as Latin-1; check names and addresses.';
  return x12Finding('X12.SET.LATIN1', message, { offset, segment: 'ST', segmentPosition: 1 });
}

const SEGMENT_ID = /^[A-Z][A-Z0-9]{1,2}$/;

function badId({ id, offset, position }: X12Segment): Finding {
  const message = `Segment ${position} of the set does not begin with a segment id such as PO1; is a terminator missing?`;
  const location = { offset, segmentPosition: position };
  return x12Finding('X12.SEGMENT.ID', message, location, { evidence: id.slice(0, 3) });
}

function isWholeSet(segments: readonly X12Segment[]): boolean {
  const last = segments.length - 1;
  return last > 0 && segments.every(({ id }, at) => (id === 'ST') === (at === 0) && (id === 'SE') === (at === last));
}
