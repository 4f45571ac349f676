import { X12Parser, type X12Interchange as ParsedInterchange, type X12Segment as ParsedSegment } from 'node-x12';
import type { Finding, Location } from '../finding.ts';
import { x12Finding } from './x12-codes.ts';
import type { X12Delimiters } from './x12-scanner.ts';

/** The segments of an 850, so that others are noticed. @see X12 004010 850 and its later versions */
export const ORDER_SEGMENTS: ReadonlySet<string> = new Set(
  `ST BEG CUR REF PER TAX FOB CTP PAM CSH SAC ITD DIS INC DTM LDT LIN SI PID MEA PWK PKG TD1 TD5 TD3 TD4 MAN PCT CTB TXI
   QTY MSG N9 N1 N2 N3 N4 NX2 SPI CB1 G53 LS LE ADV MTX PO1 SLN TC2 PO3 SDQ IT3 IT8 SCH PO4 CTT AMT SE NTE YNQ FA1 FA2
   EFI LM LQ CN1 MNT`.split(/\s+/),
);

/** One segment of a transaction set. */
export interface X12Segment {
  readonly id: string;
  /** Element 1 first, without trailing blanks. Repeats and components are not taken apart. */
  readonly elements: readonly string[];
  /** One-based in the set, ST being 1. */
  readonly position: number;
  /** Byte offset in the document. */
  readonly offset: number;
  /** The segment as it stands in the document, each byte one character, and what separates its elements. */
  readonly bytes: string;
  readonly separator: string;
}

/** A transaction set's text cut at the terminators, each piece with the byte offset in the set at which it begins. */
interface Piece {
  readonly text: string;
  readonly bytes: string;
  readonly start: number;
}

/** Element `number` of a segment, one-based; empty if it is not there. */
export function element(segment: X12Segment, number: number): string {
  return segment.elements[number - 1] ?? '';
}

/** Where a segment, or one of its elements, stands in the document. */
export function locate(segment: X12Segment, number?: number): Location {
  const { id, position, offset, bytes, separator } = segment;
  if (number === undefined) return { offset, segment: id, segmentPosition: position };
  const start = offset + startOfElement(bytes, number, separator);
  return { offset: start, segment: id, segmentPosition: position, element: number };
}

/**
 * The segments of one transaction set. Read by a fresh strict node-x12 parser, in an envelope of our own, and compared
 * with our own cutting: the library silently misreads empty and wrapped segments, and drops what follows them.
 */
export function readSegments(
  bytes: Uint8Array,
  offset: number,
  delimiters: X12Delimiters,
): { readonly segments: readonly X12Segment[]; readonly findings: readonly Finding[] } {
  const raw = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const { pieces, isUtf8 } = decodePieces(cut(raw, delimiters.segment), bytes);
  const findings = isUtf8 ? [] : [notUtf8(offset)];
  const badIds = pieces.flatMap((piece, index) => judgeId(piece, index, offset, delimiters));
  if (badIds.length > 0) return { segments: [], findings: [...findings, ...badIds] };
  const parsed = parseWithLibrary(pieces, delimiters);
  if (!parsed || !isSame(parsed, pieces, delimiters)) {
    const message = 'The set cannot be read as X12: it must be the segments from ST to SE and nothing else.';
    const location = { offset, segment: 'ST', segmentPosition: 1 };
    return { segments: [], findings: [...findings, x12Finding('X12.SET.UNREADABLE', message, location)] };
  }
  const segments = parsed.flatMap((segment, index) => {
    const piece = pieces[index];
    return piece ? [describe(piece, index, segment, offset, delimiters.element)] : [];
  });
  return { segments, findings };
}

function cut(raw: string, terminator: string): readonly Omit<Piece, 'text'>[] {
  const pieces: Omit<Piece, 'text'>[] = [];
  for (let at = 0; at < raw.length;) {
    const found = raw.indexOf(terminator, at);
    const stop = found === -1 ? raw.length : found;
    while (at < stop && isBlank(raw.charCodeAt(at))) at++;
    if (at < stop) pieces.push({ bytes: raw.slice(at, stop), start: at });
    at = stop + 1;
  }
  return pieces;
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;
}

/** X12 names no encoding: UTF-8 where it is valid, of which ASCII is a part, else Latin-1 as Windows writes it. */
function decodePieces(pieces: readonly Omit<Piece, 'text'>[], bytes: Uint8Array): { pieces: Piece[]; isUtf8: boolean } {
  if (pieces.every((piece) => isAsciiText(piece.bytes)))
    return { pieces: pieces.map((piece) => ({ ...piece, text: piece.bytes })), isUtf8: true };
  const isUtf8 = isValidUtf8(bytes);
  const decoder = new TextDecoder(isUtf8 ? 'utf-8' : 'windows-1252');
  const decode = (piece: Omit<Piece, 'text'>) => decoder.decode(Buffer.from(piece.bytes, 'latin1'));
  return { pieces: pieces.map((piece) => ({ ...piece, text: decode(piece) })), isUtf8 };
}

function isAsciiText(text: string): boolean {
  // eslint-disable-next-line no-control-regex -- X12 delimiters are control characters now and then
  return /^[\x00-\x7f]*$/.test(text);
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

function idOf(piece: Piece, { element }: X12Delimiters): string {
  const end = piece.text.indexOf(element);
  return end === -1 ? piece.text.trimEnd() : piece.text.slice(0, end);
}

function judgeId(piece: Piece, index: number, offset: number, delimiters: X12Delimiters): readonly Finding[] {
  if (/^[A-Z][A-Z0-9]{1,2}$/.test(idOf(piece, delimiters))) return [];
  const message = `Segment ${index + 1} of the set does not begin with a segment id such as PO1; is a terminator missing?`;
  const location = { offset: offset + piece.start, segmentPosition: index + 1 };
  return [x12Finding('X12.SEGMENT.ID', message, location, { evidence: piece.text.slice(0, 3) })];
}

/**
 * Each segment as its id and elements; undefined if the library refuses. Our splitter has judged SE already, and the
 * partner may be allowed a wrong SE01, so SE is given as it should be. An element is added to a segment without any:
 * else the library would give it the last one of the segment before.
 */
function parseWithLibrary(pieces: readonly Piece[], delimiters: X12Delimiters): readonly ParsedSegment[] | undefined {
  const { element: separator, segment: terminator } = delimiters;
  const texts = pieces.slice(0, -1).map(({ text }) => (text.includes(separator) ? text : text.trimEnd() + separator));
  const controlNumber = pieces[0]?.text.split(separator)[2] ?? '';
  const end = ['SE', String(pieces.length), controlNumber].join(separator);
  const document = wrap([...texts, end].join(terminator) + terminator, delimiters);
  try {
    return segmentsOf(new X12Parser(true).parse(document) as ParsedInterchange);
  } catch {
    return undefined;
  }
}

function segmentsOf(interchange: ParsedInterchange): readonly ParsedSegment[] | undefined {
  const set = interchange.functionalGroups[0]?.transactions[0];
  return set && [set.header, ...set.segments, set.trailer];
}

/** The set between ISA and GE of our own making, with the delimiters of the document. */
function wrap(set: string, { element, component, segment }: X12Delimiters): string {
  const blank = ' '.repeat(10);
  const address = 'X'.padEnd(15);
  const isa = ['ISA', '00', blank, '00', blank, 'ZZ', address, 'ZZ', address, '000101', '0000', 'U', '00401'];
  const header = [...isa, '000000001', '0', 'P', component].join(element);
  const group = ['GS', 'PO', 'X', 'X', '20000101', '0000', '1', 'X', '004010'].join(element);
  const end = [['GE', '1', '1'].join(element), ['IEA', '1', '000000001'].join(element)].join(segment);
  return `${header}${segment}${group}${segment}${set}${end}${segment}`;
}

function isSame(parsed: readonly ParsedSegment[], pieces: readonly Piece[], delimiters: X12Delimiters): boolean {
  if (pieces.length < 2 || parsed.length !== pieces.length) return false;
  const last = pieces.length - 1;
  return parsed.every(({ tag }, index) => {
    const piece = pieces[index];
    return (
      piece &&
      tag === idOf(piece, delimiters) &&
      (index === 0) === (tag === 'ST') &&
      (index === last) === (tag === 'SE')
    );
  });
}

function describe(
  piece: Piece,
  index: number,
  { tag, elements }: ParsedSegment,
  offset: number,
  separator: string,
): X12Segment {
  return {
    id: tag,
    elements: elements.map(({ value }) => value.trimEnd()),
    position: index + 1,
    offset: offset + piece.start,
    bytes: piece.bytes,
    separator,
  };
}

/** A missing element is shown where the segment ends. */
function startOfElement(bytes: string, number: number, separator: string): number {
  let at = 0;
  for (let i = 0; i < number; i++) {
    const found = bytes.indexOf(separator, at);
    if (found === -1) return bytes.length;
    at = found + 1;
  }
  return at;
}
