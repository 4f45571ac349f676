import type { X12Address } from './x12-events.ts';
import type { X12Delimiters } from './x12-scanner.ts';

/** A segment as its id and elements, without trailing blanks. */
export type Segment = readonly string[];

/** The addresses and the dialect of an interchange that goes out. */
export interface OutboundEnvelope {
  /** ISA05 to ISA08: us and the partner. */
  readonly sender: X12Address;
  readonly receiver: X12Address;
  /** GS02 and GS03. */
  readonly senderApplication: string;
  readonly receiverApplication: string;
  /** ISA12, e.g. `00401`. */
  readonly version: string;
  /** GS07 and GS08, e.g. `X` and `004010`. */
  readonly agency: string;
  readonly groupVersion: string;
  /** ISA15. */
  readonly usage: string;
  readonly delimiters: X12Delimiters;
}

/** What is to be told a partner, before it has control numbers. Plain JSON. */
export interface OutboundMessage {
  readonly envelope: OutboundEnvelope;
  /** The set's group and type; null for a TA1, which stands outside of groups. */
  readonly set: { readonly functionalId: 'FA' | 'PR'; readonly type: '997' | '855' } | null;
  /** What stands between ST and SE, or the TA1. */
  readonly segments: readonly Segment[];
}

/** Our own control numbers for one interchange, each without gaps per partner. */
export interface OutboundControlNumbers {
  /** ISA13, up to nine digits; padded when written. */
  readonly interchange: string;
  /** GS06. Not used by a TA1. */
  readonly group: string;
  /** ST02, four to nine digits; `0001` if left out, as the group has one set. */
  readonly set?: string;
}

const [ID_LENGTH, CONTROL_NUMBER_LENGTH] = [15, 9];

/**
 * Writes the interchange of one message: with the partner's own delimiters, which therefore must not occur in what is
 * echoed.
 */
export function composeInterchange(
  { envelope, set, segments }: OutboundMessage,
  numbers: OutboundControlNumbers,
  now: Date,
): Uint8Array {
  const body = set === null ? segments : wrapSet(set, segments, envelope, numbers, now);
  const controlNumber = numbers.interchange.padStart(CONTROL_NUMBER_LENGTH, '0');
  const all = [isa(envelope, controlNumber, now), ...body, ['IEA', set === null ? '0' : '1', controlNumber]];
  return print(all, envelope.delimiters);
}

function isa({ sender, receiver, version, usage, delimiters }: OutboundEnvelope, controlNumber: string, now: Date) {
  const [date, time] = stamp(now);
  const blank = ' '.repeat(10);
  const addresses = [sender, receiver].flatMap(({ qualifier, id }) => [qualifier, id.padEnd(ID_LENGTH)]);
  // Before 00402 this was the standards id.
  const isa11 = version < '00402' ? 'U' : (delimiters.repetition ?? 'U');
  const rest = [isa11, version, controlNumber, '0', usage, delimiters.component];
  return ['ISA', '00', blank, '00', blank, ...addresses, date.slice(2), time, ...rest];
}

function wrapSet(
  { functionalId, type }: NonNullable<OutboundMessage['set']>,
  segments: readonly Segment[],
  { senderApplication, receiverApplication, agency, groupVersion }: OutboundEnvelope,
  { group, set = '0001' }: OutboundControlNumbers,
  now: Date,
): readonly Segment[] {
  const [, time] = stamp(now);
  const date = printDate(now.toISOString().slice(0, 10), groupVersion);
  return [
    ['GS', functionalId, senderApplication, receiverApplication, date, time, group, agency, groupVersion],
    ['ST', type, set],
    ...segments,
    ['SE', String(segments.length + 2), set],
    ['GE', '1', group],
  ];
}

/** `CCYYMMDD` and `HHMM`, UTC. */
function stamp(now: Date): readonly [date: string, time: string] {
  const iso = now.toISOString();
  return [iso.slice(0, 10).replaceAll('-', ''), iso.slice(11, 16).replace(':', '')];
}

/** A calendar date (ISO 8601) as X12 of the version writes it: with two digits of the year before 004010. */
export function printDate(date: string, groupVersion: string): string {
  const digits = date.replaceAll('-', '');
  return groupVersion < '004010' ? digits.slice(2) : digits;
}

function print(segments: readonly Segment[], delimiters: X12Delimiters): Uint8Array {
  const text = segments.map((segment) => printSegment(segment, delimiters) + delimiters.segment).join('');
  return new TextEncoder().encode(text);
}

/** Empty elements at the end of a segment are left out. ISA is of fixed length and holds the delimiters themselves. */
function printSegment(
  segment: Segment,
  { element, component, repetition, segment: terminator }: X12Delimiters,
): string {
  if (segment[0] === 'ISA') return segment.join(element);
  const reserved = [element, component, terminator, '\r', '\n', ...(repetition === null ? [] : [repetition])];
  const clean = (text: string) => reserved.reduce((left, delimiter) => left.replaceAll(delimiter, ' '), text);
  const last = segment.findLastIndex((text) => text !== '');
  return segment
    .slice(0, last + 1)
    .map(clean)
    .join(element);
}
