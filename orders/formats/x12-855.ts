import type { StagedLine, StagedOrder } from '../fulfilment.ts';
import { decimal, sum } from '../money.ts';
import type { Order, OrderLine } from '../order.ts';
import type { X12Profile } from '../source.ts';
import type { X12Context } from './x12-reading.ts';
import { element, readSegments } from './x12-segments.ts';
import { type OutboundMessage, printDate, type Segment } from './x12-writing.ts';

/** What became of a purchase order, as its sender is to learn it. */
export interface AcknowledgedOrder {
  /**
   * BAK01 (element 353): `00` the first answer to an order, `05` one that replaces it. Of what is answered without lines:
   * `01` a cancellation, `05` a replacement, `07` an order that came twice.
   */
  readonly purpose: '00' | '01' | '05' | '07';
  /** Line by line; or, without lines, that what was asked for is done, or is not. */
  readonly answer: 'lines' | 'done' | 'refused';
  /** As the partner sent it: the order, and the transaction set, ST to SE, that it was read from; null: it is gone. */
  readonly ordered: Order;
  readonly set: Uint8Array | null;
  /** As it goes to production, with what of its lines waits for stock; null: it does not. */
  readonly accepted: StagedOrder | null;
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
  | /** With detail and change, with detail and no change, rejected with detail. */ 'AC'
  | 'AD'
  | 'RD'
  | /** Without detail: acknowledged, rejected. */ 'AK'
  | 'RJ';

function acknowledge(
  { purpose, answer, ordered, set, accepted, ourNumber, on }: AcknowledgedOrder,
  context: X12Context,
): readonly Segment[] {
  const { version } = context;
  const style = { version, echoes: readEchoes(set, context) };
  const lines = answer === 'lines' ? answerLines(ordered.lines, accepted?.lines ?? [], style) : [];
  const date = (day: string) => printDate(day, version);
  const type = typeOf(answer, accepted, lines);
  const bak = ['BAK', purpose, type, ordered.poNumber, date(ordered.orderDate), readRelease(ordered), '', ''];
  return [
    [...bak, ourNumber ?? '', date(on)],
    ...lines.flatMap(({ segments }) => segments),
    ...(lines.length > 0 ? [['CTT', String(lines.length)]] : []),
  ];
}

function typeOf(
  answer: AcknowledgedOrder['answer'],
  accepted: Order | null,
  lines: readonly AnsweredLine[],
): AcknowledgmentType {
  if (answer !== 'lines') return answer === 'done' ? 'AK' : 'RJ';
  if (accepted === null) return 'RD';
  return lines.some(({ changed }) => changed) ? 'AC' : 'AD';
}

/** The PO1 segments as the partner wrote them, by line; one without PO101 is called by its place. */
function readEchoes(
  set: Uint8Array | null,
  { offset, delimiters }: X12Context,
): ReadonlyMap<string, readonly Segment[]> {
  const { segments } = set === null ? { segments: [] } : readSegments(set, offset, delimiters);
  const lines = segments.filter(({ id }) => id === 'PO1');
  const named = lines.map((po1, index) => ({ line: element(po1, 1) || String(index + 1), po1 }));
  const byLine = Map.groupBy(named, ({ line }) => line);
  return new Map([...byLine].map(([line, same]) => [line, same.map(({ po1 }) => ['PO1', ...po1.elements])]));
}

/** How an 855 is written: its version, and the lines to be echoed; several where PO101 occurs more than once. */
interface Style {
  readonly version: string;
  readonly echoes: ReadonlyMap<string, readonly Segment[]>;
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
  accepted: readonly StagedLine[],
  style: Style,
): readonly AnsweredLine[] {
  const nameOf = namer(ordered, style);
  const answers = new Map(groupLines(accepted, nameOf).map((group) => [keyOf(group), group]));
  const asked = groupLines(ordered, nameOf);
  const known = new Set(asked.map(keyOf));
  const added = [...answers.values()].filter((group) => !known.has(keyOf(group)));
  return [
    ...asked.map((group) => answerLine(group, answers.get(keyOf(group))?.parts ?? [], style)),
    ...added.map((group) => ({ ...answerLine(group, group.parts, style), changed: true })),
  ];
}

/** The lines of an order that one PO1 stands for. */
interface LineGroup {
  /** PO101, or the place of a PO1 without it; and the how manieth of this name it is, counted from 0. */
  readonly line: string;
  readonly occurrence: number;
  readonly parts: readonly StagedLine[];
}

function keyOf({ line, occurrence }: LineGroup): string {
  return `${String(occurrence)} ${line}`;
}

/** PO101 of a line; the parts of one that SDQ or SCH split are called `<PO101>/1`, `<PO101>/2` and so on. */
function namer(ordered: readonly OrderLine[], { echoes }: Style): (line: string) => string {
  const names = new Set(ordered.map(({ line }) => line));
  const isWhole = (line: string): boolean =>
    echoes.size > 0 ? echoes.has(line) : !names.has(line) && names.has(`${line}/1`) && names.has(`${line}/2`);
  return (line) => {
    const whole = /^(.+)\/\d+$/.exec(line)?.[1];
    return whole !== undefined && !echoes.has(line) && isWhole(whole) ? whole : line;
  };
}

/** In the order in which they stand. A part goes to the first of its name that lacks it. */
function groupLines(lines: readonly StagedLine[], nameOf: (line: string) => string): readonly LineGroup[] {
  const groups: (LineGroup & { parts: StagedLine[] })[] = [];
  const byName = new Map<string, typeof groups>();
  for (const part of lines) {
    const line = nameOf(part.line);
    const same = byName.get(line) ?? [];
    const open = same.find(({ parts }) => parts.every((other) => other.line !== line && other.line !== part.line));
    if (line !== part.line && open) open.parts.push(part);
    else {
      const group = { line, occurrence: same.length, parts: [part] };
      groups.push(group);
      byName.set(line, [...same, group]);
    }
  }
  return groups;
}

function answerLine(
  { line, occurrence, parts: ordered }: LineGroup,
  accepted: readonly StagedLine[],
  { version, echoes }: Style,
): AnsweredLine {
  const [first] = ordered;
  if (!first) return { segments: [], changed: false };
  const wanted = sum(ordered.map(({ quantity }) => quantity));
  const given = sum(accepted.map(({ quantity }) => quantity));
  const isMeasuredAlike = accepted.every(({ unit }) => unit === first.unit);
  const left = isMeasuredAlike ? wanted.minus(given) : decimal('0');
  const acks = accepted.flatMap((part) => {
    const of = ordered.find((one) => one.line === part.line) ?? first;
    const waiting = decimal(part.fulfilment?.waiting ?? '0');
    const goes = decimal(part.quantity).minus(waiting);
    const code = codeOf(of, part, left.isZero());
    // As it stands in the order, where all of it goes.
    const quantity = waiting.isZero() ? part.quantity : goes.toFixed();
    return [
      ...(goes.isZero() && !waiting.isZero() ? [] : [{ code, segment: ack(code, quantity, part, version) }]),
      ...(waiting.isZero() ? [] : [{ code: 'IB', segment: ack('IB', waiting.toFixed(), part, version) }]),
    ];
  });
  const rest = left.greaterThan(0) ? [ack('IR', left.toFixed(), first, version)] : [];
  return {
    segments: [
      echoes.get(line)?.[occurrence] ?? describe(line, first, wanted.toFixed()),
      ...acks.map(({ segment }) => segment),
      ...rest,
    ],
    changed: rest.length > 0 || acks.some(({ code }) => code !== 'IA'),
  };
}

/** ACK01 (element 668) of what goes: substituted, price changed, unit changed, quantity changed, date rescheduled, accepted. */
function codeOf(ordered: OrderLine, accepted: OrderLine, isWhole: boolean): string {
  if (ordered.sku !== accepted.sku) return 'IS';
  if (!decimal(ordered.unitPrice).equals(accepted.unitPrice)) return 'IP';
  if (ordered.unit !== accepted.unit) return 'IC';
  if (!isWhole && !decimal(ordered.quantity).equals(accepted.quantity)) return 'IQ';
  return (ordered.requestedDeliveryDate ?? null) === (accepted.requestedDeliveryDate ?? null) ? 'IA' : 'DR';
}

/** ACK04 is `067`, the delivery as scheduled now; nobody knows when what is backordered comes. A substitute is named by ACK07 and ACK08. */
function ack(code: string, quantity: string, part: OrderLine, version: string): Segment {
  const { unit, requestedDeliveryDate: date, sku } = part;
  const schedule = date == null || code === 'IR' || code === 'IB' ? ['', ''] : ['067', printDate(date, version)];
  return ['ACK', code, quantity, unit, ...schedule, '', ...(code === 'IS' ? ['VP', sku] : [])];
}

/** PO1 of a line that the partner did not write: PO101 to PO104, and every product id. */
function describe(line: string, { unit, unitPrice, ids, sku }: OrderLine, quantity: string): Segment {
  return ['PO1', line, quantity, unit, unitPrice, '', 'VP', sku, ...Object.entries(ids).flat()];
}
