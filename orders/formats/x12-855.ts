import { decimal, sum } from '../money.ts';
import type { Order, OrderLine } from '../order.ts';
import type { X12Profile } from '../source.ts';
import type { X12Context } from './x12-reading.ts';
import { element, readSegments } from './x12-segments.ts';
import { type OutboundMessage, printDate, type Segment } from './x12-writing.ts';

/** What became of a purchase order, as its sender is to learn it. */
export interface AcknowledgedOrder {
  /** BAK01 (element 353): `00` the first answer, `05` one that replaces it, `01` a cancellation that the sender asked for. */
  readonly purpose: '00' | '01' | '05';
  /** As the partner sent it: the order, and the transaction set, ST to SE, that it was read from. */
  readonly ordered: Order;
  readonly set: Uint8Array;
  /** As it goes to production; null: it does not. */
  readonly accepted: Order | null;
  /** BAK08: our number. */
  readonly ourNumber: string | null;
  /** BAK09, a calendar date. */
  readonly on: string;
}

/**
 * The purchase order acknowledgment. Each line is echoed as it was ordered, with what becomes of its quantity: the
 * quantities of its ACK segments add up to PO102, unless more is accepted than was ordered.
 * @see X12 855: BAK (353, 587, 324, 373), PO1, ACK (668, 380, 355, 374, 373), CTT
 */
export function make855(acknowledged: AcknowledgedOrder, profile: X12Profile, context: X12Context): OutboundMessage {
  const { version, usage, delimiters } = context;
  const { partner, us, partnerApplication = partner.id, usApplication = us.id } = profile;
  const envelope = {
    sender: us,
    receiver: partner,
    senderApplication: usApplication,
    receiverApplication: partnerApplication,
    version: version.slice(0, 5),
    agency: 'X',
    groupVersion: version,
    usage,
    delimiters,
  };
  const segments = acknowledge(acknowledged, context);
  return { envelope, set: { functionalId: 'PR', type: '855' }, segments };
}

/** BAK02 (element 587). */
type AcknowledgmentType =
  | /** With detail and change, with detail and no change, rejected with detail, without detail. */ 'AC'
  | 'AD'
  | 'RD'
  | 'AK';

function acknowledge(
  { purpose, ordered, set, accepted, ourNumber, on }: AcknowledgedOrder,
  context: X12Context,
): readonly Segment[] {
  const { version } = context;
  const echoes = readEchoes(set, context);
  const lines = purpose === '01' ? [] : answerLines(ordered.lines, accepted?.lines ?? [], { version, echoes });
  const isChanged = lines.some(({ changed }) => changed);
  const type: AcknowledgmentType = purpose === '01' ? 'AK' : accepted === null ? 'RD' : isChanged ? 'AC' : 'AD';
  const date = (day: string) => printDate(day, version);
  const bak = ['BAK', purpose, type, ordered.poNumber, date(ordered.orderDate), readRelease(ordered), '', ''];
  return [
    [...bak, ourNumber ?? '', date(on)],
    ...lines.flatMap(({ segments }) => segments),
    ...(lines.length > 0 ? [['CTT', String(lines.length)]] : []),
  ];
}

/** The PO1 segments as the partner wrote them, by line; one without PO101 is called by its place. */
function readEchoes(set: Uint8Array, { offset, delimiters }: X12Context): ReadonlyMap<string, Segment> {
  const { segments } = readSegments(set, offset, delimiters);
  const lines = segments.filter(({ id }) => id === 'PO1');
  return new Map(lines.map((po1, index) => [element(po1, 1) || String(index + 1), ['PO1', ...po1.elements]]));
}

/** How an 855 is written: its version, and the lines to be echoed. */
interface Style {
  readonly version: string;
  readonly echoes: ReadonlyMap<string, Segment>;
}

/** BEG04, which the canonical order keeps among what is X12's own. */
function readRelease({ extensions }: Order): string {
  const x12 = extensions?.['x12'] as { readonly release?: string } | undefined;
  return x12?.release ?? '';
}

interface AnsweredLine {
  readonly segments: readonly Segment[];
  readonly changed: boolean;
}

/** Line by line as ordered; what was added to the order comes last. A split line is one again. */
function answerLines(
  ordered: readonly OrderLine[],
  accepted: readonly OrderLine[],
  style: Style,
): readonly AnsweredLine[] {
  const answers = Map.groupBy(accepted, nameIn(accepted));
  const asked = Map.groupBy(ordered, nameIn(ordered));
  const added = [...answers].filter(([line]) => !asked.has(line));
  return [
    ...[...asked].map(([line, parts]) => answerLine(line, parts, answers.get(line) ?? [], style)),
    ...added.map(([line, parts]) => ({ ...answerLine(line, parts, parts, style), changed: true })),
  ];
}

/** PO101 of a line; the parts of one that SDQ or SCH split are called `<PO101>/1`, `<PO101>/2` and so on. */
function nameIn(lines: readonly OrderLine[]): (line: OrderLine) => string {
  const names = new Set(lines.map(({ line }) => line));
  return ({ line }) => {
    const whole = /^(.+)\/\d+$/.exec(line)?.[1];
    const isSplit = whole !== undefined && !names.has(whole) && names.has(`${whole}/1`) && names.has(`${whole}/2`);
    return isSplit ? whole : line;
  };
}

function answerLine(
  line: string,
  ordered: readonly OrderLine[],
  accepted: readonly OrderLine[],
  { version, echoes }: Style,
): AnsweredLine {
  const [first] = ordered;
  if (!first) return { segments: [], changed: false };
  const wanted = sum(ordered.map(({ quantity }) => quantity));
  const given = sum(accepted.map(({ quantity }) => quantity));
  const left = wanted.minus(given);
  const acks = accepted.map((part, index) => {
    const code = codeOf(ordered[index] ?? first, part, left.isZero());
    return { code, segment: ack(code, part.quantity, part, version) };
  });
  const rest = left.greaterThan(0) ? [ack('IR', left.toFixed(), first, version)] : [];
  return {
    segments: [
      echoes.get(line) ?? describe(line, first, wanted.toFixed()),
      ...acks.map(({ segment }) => segment),
      ...rest,
    ],
    changed: rest.length > 0 || acks.some(({ code }) => code !== 'IA'),
  };
}

/** ACK01 (element 668): substituted, price changed, quantity changed, date rescheduled, accepted. */
function codeOf(ordered: OrderLine, accepted: OrderLine, isWhole: boolean): string {
  if (ordered.sku !== accepted.sku) return 'IS';
  if (!decimal(ordered.unitPrice).equals(accepted.unitPrice)) return 'IP';
  if (!isWhole) return 'IQ';
  return (ordered.requestedDeliveryDate ?? null) === (accepted.requestedDeliveryDate ?? null) ? 'IA' : 'DR';
}

/** ACK04 is `067`, the delivery as scheduled now. A substitute is named by ACK07 and ACK08. */
function ack(code: string, quantity: string, part: OrderLine, version: string): Segment {
  const { unit, requestedDeliveryDate: date, sku } = part;
  const schedule = date == null || code === 'IR' ? ['', ''] : ['067', printDate(date, version)];
  return ['ACK', code, quantity, unit, ...schedule, '', ...(code === 'IS' ? ['VP', sku] : [])];
}

/** PO1 of a line that the partner did not write: PO101 to PO104, and every product id. */
function describe(line: string, { unit, unitPrice, ids, sku }: OrderLine, quantity: string): Segment {
  return ['PO1', line, quantity, unit, unitPrice, '', 'VP', sku, ...Object.entries(ids).flat()];
}
