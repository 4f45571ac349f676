/**
 * Cuts a stream of bytes into X12 segments without reading their meaning, in one pass and with memory for one
 * transaction set. Delimiters are read at each ISA, never guessed.
 */

/** The separators of one interchange, each a single ASCII character. */
export interface X12Delimiters {
  /** Character 4 of ISA. */
  readonly element: string;
  /** ISA16. */
  readonly component: string;
  /** ISA11 from version 00402 on; null where it is a standards id such as `U`. */
  readonly repetition: string | null;
  /** Character 106 of ISA. */
  readonly segment: string;
}

/** One piece of the document as the scanner sees it. Offsets count bytes from the start of the document. */
export type Scanned =
  | { readonly kind: 'isa'; readonly offset: number; readonly text: string }
  | {
      readonly kind: 'segment';
      readonly offset: number;
      readonly end: number;
      readonly text: string;
      readonly unterminated: boolean;
    }
  | { readonly kind: 'noise'; readonly noise: Noise; readonly offset: number }
  | { readonly kind: 'foreign'; readonly offset: number; readonly text: string }
  | { readonly kind: 'cut_isa'; readonly offset: number; readonly text: string }
  | { readonly kind: 'too_long'; readonly offset: number };

/** What may stand between segments and means nothing. */
export type Noise = 'bom' | 'whitespace' | 'padding' | 'empty_segment';

/** ISA is the only segment of fixed length: 106 characters with its terminator. */
export const ISA_LENGTH = 106;

const EMPTY = Buffer.alloc(0);
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);
const [LINE_FEED, CARRIAGE_RETURN, TAB, SPACE, NUL, CTRL_Z] = [0x0a, 0x0d, 0x09, 0x20, 0x00, 0x1a];

/** The scanner's memory: a window of the document, and where in it we are. */
export interface Scanner {
  readonly maxSegmentBytes: number;
  /** Window onto the document; valid from `start` to `end`. */
  buffer: Buffer;
  start: number;
  end: number;
  /** Document offset of `buffer[0]`. */
  base: number;
  /** Up to where no terminator was found, so that small chunks are not searched again and again. */
  searched: number;
  /** Document offset from which on the bytes must stay; null when nothing is held. */
  held: number | null;
  /** Terminator in force, and whether we are between ISA and IEA. */
  terminator: number | null;
  inside: boolean;
}

/** An empty scanner at the start of a document. */
export function createScanner(maxSegmentBytes: number): Scanner {
  return {
    maxSegmentBytes,
    buffer: EMPTY,
    start: 0,
    end: 0,
    base: 0,
    searched: 0,
    held: null,
    terminator: null,
    inside: false,
  };
}

/** Adds bytes to the window, dropping from it what nobody needs any more. */
export function append(scanner: Scanner, bytes: Uint8Array): void {
  if (scanner.end + bytes.length > scanner.buffer.length) makeRoom(scanner, bytes.length);
  scanner.buffer.set(bytes, scanner.end);
  scanner.end += bytes.length;
}

/** A copy of the document's bytes between two offsets, which must be held or not yet passed. */
export function copyBytes(scanner: Scanner, from: number, to: number): Uint8Array {
  return new Uint8Array(scanner.buffer.subarray(from - scanner.base, to - scanner.base));
}

/** First bytes of the segments that a transaction set does not hold or that end it: ISA and IEA, GS and GE, ST and SE. */
const [LETTER_E, LETTER_G, LETTER_I, LETTER_S, LETTER_T] = [0x45, 0x47, 0x49, 0x53, 0x54];

/**
 * Steps over the segments from here on that stay within a transaction set, without making anything of them, and counts
 * them. Stops before whatever {@link scanNext} must look at. This loop is why a document can be read twice.
 * @param skipBlanks whether blanks between segments may be passed without a word
 */
export function skipSegments(scanner: Scanner, skipBlanks: boolean): number {
  const { buffer, end, terminator, maxSegmentBytes } = scanner;
  if (terminator === null) return 0;
  let skipped = 0;
  let start = scanner.start;
  while (start + 1 < end) {
    if (skipBlanks) while (start + 1 < end && isWhitespace(buffer[start]) && buffer[start] !== terminator) start++;
    if (!isWithinSet(buffer[start], buffer[start + 1], terminator)) break;
    let stop = start + 1;
    while (stop < end && buffer[stop] !== terminator) stop++;
    if (stop === end || stop - start > maxSegmentBytes) break;
    skipped++;
    start = stop + 1;
  }
  scanner.start = start;
  scanner.searched = Math.max(scanner.searched, start);
  return skipped;
}

/** Whether a segment that begins with these bytes is certainly no noise, no envelope, and neither ST nor SE. */
function isWithinSet(first: number | undefined, second: number | undefined, terminator: number): boolean {
  if (first === undefined || first === terminator || isWhitespace(first)) return false;
  if (first === LETTER_S) return second !== LETTER_E && second !== LETTER_T;
  return (first !== LETTER_I && first !== LETTER_G) || (second !== LETTER_E && second !== LETTER_S);
}

/** The next piece; undefined when more bytes are needed, or when `atEnd` says that none will come and all is read. */
export function scanNext(scanner: Scanner, atEnd: boolean): Scanned | undefined {
  if (scanner.start === scanner.end) return undefined;
  return scanNoise(scanner) ?? (needsMore(scanner, atEnd) ? undefined : scanSegment(scanner, atEnd));
}

function scanNoise(scanner: Scanner): Scanned | undefined {
  const offset = scanner.base + scanner.start;
  const noise = noiseAt(scanner);
  if (noise === undefined) return undefined;
  scanner.searched = Math.max(scanner.searched, scanner.start);
  return { kind: 'noise', noise, offset };
}

/** Recognizes one run of noise and steps over it. */
function noiseAt(scanner: Scanner): Noise | undefined {
  const { buffer, end, start } = scanner;
  const byte = buffer[start];
  if (byte === scanner.terminator) return skip(scanner, 1, 'empty_segment');
  if (isWhitespace(byte)) {
    let next = start + 1;
    while (next < end && isWhitespace(buffer[next]) && buffer[next] !== scanner.terminator) next++;
    return skip(scanner, next - start, 'whitespace');
  }
  if (scanner.inside) return undefined;
  if (byte === NUL || byte === CTRL_Z) return skip(scanner, 1, 'padding');
  const isBom = byte === BOM[0] && buffer.subarray(start, Math.min(start + BOM.length, end)).equals(BOM);
  return isBom ? skip(scanner, BOM.length, 'bom') : undefined;
}

function skip(scanner: Scanner, count: number, noise: Noise): Noise {
  scanner.start += count;
  return noise;
}

function isWhitespace(byte: number | undefined): boolean {
  return byte === LINE_FEED || byte === CARRIAGE_RETURN || byte === SPACE || byte === TAB;
}

/** Whether too few bytes are there to tell an ISA, or a byte order mark, from something else. */
function needsMore(scanner: Scanner, atEnd: boolean): boolean {
  return !atEnd && scanner.end - scanner.start < 4;
}

function scanSegment(scanner: Scanner, atEnd: boolean): Scanned | undefined {
  if (startsIsa(scanner)) return scanIsa(scanner, atEnd);
  const offset = scanner.base + scanner.start;
  if (!scanner.inside || scanner.terminator === null) return { kind: 'foreign', offset, text: firstFour(scanner) };
  const found = scanner.buffer
    .subarray(0, scanner.end)
    .indexOf(scanner.terminator, Math.max(scanner.searched, scanner.start));
  const stop = found === -1 ? scanner.end : found;
  if (stop - scanner.start > scanner.maxSegmentBytes) return { kind: 'too_long', offset };
  scanner.searched = stop;
  if (found === -1 && !atEnd) return undefined;
  const text = scanner.buffer.toString('latin1', scanner.start, stop);
  scanner.start = found === -1 ? stop : stop + 1;
  return { kind: 'segment', offset, end: scanner.base + scanner.start, text, unterminated: found === -1 };
}

/** Inside an interchange only a whole `ISA*` counts: a lone `I` at the document's end is more likely a cut IEA. */
function startsIsa(scanner: Scanner): boolean {
  // The first byte decides nearly always, and without making a text.
  if (scanner.buffer[scanner.start] !== LETTER_I) return false;
  const text = firstFour(scanner);
  return text.length < 4 ? !scanner.inside && 'ISA'.startsWith(text) : /^ISA[^A-Za-z0-9]/.test(text);
}

function firstFour({ buffer, start, end }: Scanner): string {
  return buffer.toString('latin1', start, Math.min(start + 4, end));
}

function scanIsa(scanner: Scanner, atEnd: boolean): Scanned | undefined {
  const offset = scanner.base + scanner.start;
  const text = scanner.buffer.toString('latin1', scanner.start, Math.min(scanner.start + ISA_LENGTH, scanner.end));
  if (text.length < ISA_LENGTH) return atEnd ? { kind: 'cut_isa', offset, text } : undefined;
  scanner.terminator = text.charCodeAt(ISA_LENGTH - 1);
  scanner.inside = true;
  scanner.start += ISA_LENGTH;
  scanner.searched = scanner.start;
  return { kind: 'isa', offset, text };
}

/**
 * Looks for the next ISA after a place where nothing could be made of the bytes, and goes there.
 * @param accepts whether 106 characters, and the character before them, are where an interchange begins
 * @returns its offset; undefined when more bytes are needed, or when there is none and all is passed
 */
export function seekIsa(
  scanner: Scanner,
  atEnd: boolean,
  accepts: (text: string, before: string, offset: number) => boolean,
): number | undefined {
  const { buffer, end } = scanner;
  const window = buffer.subarray(0, end);
  // Never at the start itself: what stands there could not be read, or is the character before.
  for (let at = window.indexOf('ISA', scanner.start + 1); at !== -1; at = window.indexOf('ISA', at + 1)) {
    if (end - at < ISA_LENGTH) {
      moveTo(scanner, atEnd ? end : at - 1);
      return undefined;
    }
    // A glance at the first and last separators, so that bytes full of `ISA` cost no more than others.
    if (buffer[at + 3] !== buffer[at + 6] || buffer[at + 3] !== buffer[at + 103]) continue;
    const text = buffer.toString('latin1', at, at + ISA_LENGTH);
    if (!accepts(text, String.fromCharCode(buffer[at - 1] ?? 0), scanner.base + at)) continue;
    moveTo(scanner, at);
    return scanner.base + at;
  }
  // The last three may be the character before and `IS`.
  moveTo(scanner, atEnd ? end : Math.max(scanner.start, end - 3));
  return undefined;
}

/** Goes back to an offset at which nothing could be made of the bytes, outside every interchange. */
export function returnTo(scanner: Scanner, offset: number): void {
  moveTo(scanner, offset - scanner.base);
  scanner.inside = false;
}

function moveTo(scanner: Scanner, start: number): void {
  scanner.start = start;
  scanner.searched = start;
}

/** Moves what is still needed to the front of a buffer that is large enough. */
function makeRoom(scanner: Scanner, more: number): void {
  const keep = Math.min(scanner.start, scanner.held === null ? scanner.start : scanner.held - scanner.base);
  const needed = scanner.end - keep + more;
  const target =
    needed > scanner.buffer.length ? Buffer.allocUnsafeSlow(Math.max(2 * needed, 1 << 17)) : scanner.buffer;
  scanner.buffer.copy(target, 0, keep, scanner.end);
  scanner.buffer = target;
  scanner.base += keep;
  scanner.start -= keep;
  scanner.end -= keep;
  scanner.searched -= keep;
}
