import { maskCardNumbers } from '../cards.ts';
import type { Finding, Location } from '../finding.ts';
import type { SourceProfile } from '../source.ts';
import { x12Finding } from './x12-codes.ts';
import { beginsInterchange, readIsa } from './x12-isa.ts';
import { ORDER_SEGMENTS } from './x12-segments.ts';
import { append, createScanner, returnTo, scanNext, seekIsa, type Scanned, type Scanner } from './x12-scanner.ts';

/** A document without card numbers, of the same length, and what was found in it. */
export interface MaskedX12 {
  readonly bytes: Uint8Array;
  readonly findings: readonly Finding[];
}

/**
 * Elements that people write text into. Identifiers, PO and product numbers, are not among them: one GTIN in ten would
 * pass for a card number.
 */
// prettier-ignore
const FREE_TEXT: Readonly<Record<string, readonly number[]>> = {
  MSG: [1], NTE: [2], MTX: [2, 3], PID: [5], N1: [2], N2: [1, 2], N3: [1, 2], N4: [1], PER: [2, 4, 6, 8], REF: [3], N9: [3],
  ITD: [12], TD5: [5], SAC: [15], PKG: [5], SPI: [4, 5], CB1: [3],
};

/** Never a delimiter: those are no letters. */
const MASK = 'X';
const ENVELOPE: ReadonlySet<string> = new Set(['GS', 'GE', 'IEA']);
/** A document full of card numbers has one cause. */
const MOST_FINDINGS = 100;
const STEP = 64 * 1024;
const LONGEST_SEGMENT = 64 * 1024;

interface Masking {
  readonly bytes: Buffer;
  readonly findings: Finding[];
  readonly disposition: 'warn' | 'reject';
  separator: string;
  position: number;
  /** Offset from which on nothing can be made of the bytes, up to the next ISA. */
  lostAt: number | null;
}

/**
 * Masks card numbers in the free text of an X12 document, and in segments that an 850 does not have, to their last four
 * digits, before anything of it is kept.
 * Length, delimiters and everything else stay, so that offsets and envelopes still fit. What cannot be cut into segments
 * is masked as one text.
 */
export function maskX12(bytes: Uint8Array, cardNumbers: SourceProfile['cardNumbers']): MaskedX12 {
  const disposition = cardNumbers === 'refuse' ? 'reject' : 'warn';
  const masking: Masking = {
    bytes: Buffer.from(bytes),
    findings: [],
    disposition,
    separator: '',
    position: 0,
    lostAt: null,
  };
  const scanner = createScanner(LONGEST_SEGMENT);
  for (let at = 0; at < bytes.length; at += STEP) {
    append(scanner, bytes.subarray(at, at + STEP));
    maskSegments(masking, scanner, at + STEP >= bytes.length);
  }
  if (masking.lostAt !== null) maskWhole(masking, masking.lostAt, bytes.length);
  return { bytes: masking.bytes, findings: masking.findings };
}

/** Masks what can be cut by now. */
function maskSegments(masking: Masking, scanner: Scanner, atEnd: boolean): void {
  while (findPlace(masking, scanner, atEnd)) {
    const piece = scanNext(scanner, atEnd);
    if (!piece) return;
    const isReadable = piece.kind === 'noise' || piece.kind === 'segment' || startInterchange(masking, piece);
    if (piece.kind === 'segment') {
      maskSegment(masking, piece);
      if (piece.text.startsWith(`IEA${masking.separator}`)) scanner.inside = false;
    }
    if (isReadable) continue;
    masking.lostAt = piece.offset;
    returnTo(scanner, piece.offset);
  }
}

/** Whether the bytes from here on can be cut. What was passed because it cannot is masked as one text. */
function findPlace(masking: Masking, scanner: Scanner, atEnd: boolean): boolean {
  const { lostAt } = masking;
  if (lostAt === null) return true;
  const found = seekIsa(scanner, atEnd, (text, before, offset) => beginsInterchange(text, before, offset - lostAt));
  if (found === undefined) return false;
  maskWhole(masking, lostAt, found);
  masking.lostAt = null;
  return true;
}

function startInterchange(masking: Masking, piece: Scanned): boolean {
  const interchange = piece.kind === 'isa' ? readIsa(piece.text, piece.offset, 0).interchange : null;
  masking.separator = interchange?.delimiters.element ?? '';
  return interchange !== null;
}

function maskSegment(masking: Masking, { text, offset }: Extract<Scanned, { kind: 'segment' }>): void {
  const [id = '', ...elements] = text.split(masking.separator);
  masking.position = id === 'ST' ? 1 : masking.position + 1;
  const isKnown = ORDER_SEGMENTS.has(id) || ENVELOPE.has(id);
  const wanted = isKnown ? (FREE_TEXT[id] ?? []) : elements.map((_, index) => index + 1);
  if (wanted.length === 0) return;
  let start = offset + id.length;
  elements.forEach((element, index) => {
    const location = { offset: start + 1, segment: id, segmentPosition: masking.position, element: index + 1 };
    if (wanted.includes(index + 1)) maskText(masking, start + 1, element, location);
    start += 1 + element.length;
  });
}

/** By runs of digits, so that memory stays small for any document. */
function maskWhole(masking: Masking, from: number, to: number): void {
  for (const { 0: run, index } of masking.bytes.toString('latin1', from, to).matchAll(/\d[\d -]{11,}\d/g)) {
    maskText(masking, from + index, run, { offset: from + index });
  }
}

function maskText(masking: Masking, offset: number, text: string, location: Location): void {
  const { text: masked, found } = maskCardNumbers(text, MASK);
  if (found === 0) return;
  masking.bytes.write(masked, offset, 'latin1');
  if (masking.findings.length >= MOST_FINDINGS) return;
  const message = 'This text held a card number, which was masked to its last four digits; never send card numbers.';
  masking.findings.push(x12Finding('X12.CARD.MASKED', message, location, { disposition: masking.disposition }));
}
