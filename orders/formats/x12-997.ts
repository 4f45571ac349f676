import type { Finding } from '../finding.ts';
import { findAcknowledged } from './x12-codes.ts';
import type { X12GroupEnd, X12Interchange } from './x12-events.ts';
import type { OutboundMessage, Segment } from './x12-writing.ts';

/** A functional group as it is acknowledged. */
export interface AcknowledgedGroup extends Pick<X12GroupEnd, 'group' | 'verdict' | 'findings' | 'declaredSets'> {
  readonly sets: readonly AcknowledgedSet[];
}

/** A transaction set as it is acknowledged: what splitting and reading it found. */
export interface AcknowledgedSet {
  /** ST01 and ST02, verbatim. */
  readonly type: string;
  readonly controlNumber: string;
  readonly findings: readonly Finding[];
}

/** At most five codes fit in AK5 and AK9. */
const MOST_CODES = 5;
const LONGEST_BAD_VALUE = 99;

/** Data element numbers (AK402, element 725) of the elements that findings name. */
// prettier-ignore
const REFERENCES: Readonly<Record<string, string>> = {
  ST01: '143', ST02: '329', SE01: '96', SE02: '329', BEG01: '353', BEG02: '92', BEG03: '324', BEG05: '373', CUR02: '100',
  DTM02: '373', N404: '26', SAC05: '610', SAC07: '332', SAC08: '118', SAC10: '380', PO102: '330', PO103: '355', PO104: '212',
  PO105: '639', PO106: '235', PO107: '234', CTP03: '212', SCH01: '380', SCH06: '373', CTT01: '354', CTT02: '347', AMT02: '782',
  TXI02: '782', N103: '66', N104: '67', SAC01: '248', SCH02: '355', SDQ01: '355',
  ...pairsOf('PO1', 8, 24, '235', '234'),
  ...pairsOf('SDQ', 3, 21, '67', '380'),
};

/** Pairs of elements that repeat within a segment, by the number of their first one. */
function pairsOf(segment: string, from: number, to: number, first: string, second: string): Record<string, string> {
  const numbers = Array.from({ length: to - from + 2 }, (_, at) => from + at);
  const name = (number: number) => `${segment}${String(number).padStart(2, '0')}`;
  return Object.fromEntries(numbers.map((number, at) => [name(number), at % 2 === 0 ? first : second]));
}

/**
 * The functional acknowledgment of one group: what of it was readable as X12. Only matters of syntax are in it; what
 * the business says to an order is told another way. Addresses are those of the received envelope, swapped.
 * @throws RangeError for a group of acknowledgments (GS01 `FA`): a 997 is never acknowledged.
 * @see X12 997: AK1, AK2, AK3 (element 720), AK4 (723), AK5 (717, 718), AK9 (715, 716)
 */
export function make997(acknowledged: AcknowledgedGroup, interchange: X12Interchange): OutboundMessage {
  const { group } = acknowledged;
  if (group.functionalId === 'FA') throw new RangeError('a 997 is never acknowledged');
  const envelope = {
    ...answerTo(interchange),
    senderApplication: group.receiver,
    receiverApplication: group.sender,
    agency: group.agency,
    groupVersion: group.version,
  };
  return { envelope, set: { functionalId: 'FA', type: '997' }, segments: acknowledge(acknowledged) };
}

/** The envelope that goes back the way an interchange came. */
export function answerTo({ sender, receiver, version, usage, delimiters }: X12Interchange) {
  return { sender: receiver, receiver: sender, version, usage, delimiters };
}

function acknowledge({ group, verdict, findings, declaredSets, sets }: AcknowledgedGroup): readonly Segment[] {
  const version = group.version >= '005010' ? [group.version] : [];
  const ak1 = ['AK1', group.functionalId, group.controlNumber, ...version];
  const accepted = verdict === 'accepted' ? sets.filter((set) => judgeSet(set) !== 'R') : [];
  const codes = codesOf(findings, 'group');
  const counts = [/^\d{1,6}$/.test(declaredSets) ? declaredSets : sets.length, sets.length, accepted.length].map(
    String,
  );
  const ak9 = ['AK9', judgeGroup(verdict, sets, accepted.length, codes.length > 0), ...counts, ...codes];
  // A group that is refused as a whole says nothing about its sets: none of them was looked at to be taken.
  return [ak1, ...(verdict === 'accepted' ? sets.flatMap(acknowledgeSet) : []), ak9];
}

/** AK901 (element 715): accepted, accepted with errors noted, partially accepted, rejected. */
function judgeGroup(
  verdict: X12GroupEnd['verdict'],
  sets: readonly AcknowledgedSet[],
  accepted: number,
  hasErrors: boolean,
): 'A' | 'E' | 'P' | 'R' {
  if (verdict === 'rejected' || (accepted === 0 && sets.length > 0)) return 'R';
  if (accepted < sets.length) return 'P';
  return hasErrors || sets.some((set) => judgeSet(set) === 'E') ? 'E' : 'A';
}

/** AK501 (element 717). */
function judgeSet({ findings }: AcknowledgedSet): 'A' | 'E' | 'R' {
  const syntax = findings.filter((finding) => findAcknowledged(finding) !== undefined);
  if (syntax.some(({ disposition }) => disposition === 'reject')) return 'R';
  return syntax.length > 0 ? 'E' : 'A';
}

function acknowledgeSet(set: AcknowledgedSet): readonly Segment[] {
  const inSegments = set.findings.filter((finding) =>
    ['segment', 'element'].includes(findAcknowledged(finding)?.level ?? ''),
  );
  const codes = [...codesOf(set.findings, 'set'), ...(inSegments.length > 0 ? ['5'] : [])];
  return [
    ['AK2', set.type, set.controlNumber],
    ...groupByPosition(inSegments).flatMap(describeSegment),
    ['AK5', judgeSet(set), ...[...new Set(codes)].slice(0, MOST_CODES)],
  ];
}

function codesOf(findings: readonly Finding[], level: 'group' | 'set'): readonly string[] {
  const codes = findings.map(findAcknowledged).flatMap((said) => (said?.level === level ? [said.code] : []));
  return [...new Set(codes)].slice(0, MOST_CODES);
}

/** The findings of each segment, in the order of the set. */
function groupByPosition(findings: readonly Finding[]): readonly (readonly Finding[])[] {
  const byPosition = Map.groupBy(findings, ({ location }) => location.segmentPosition ?? 0);
  return [...byPosition].toSorted(([a], [b]) => a - b).map(([, found]) => found);
}

/** AK3 for each fault of the segment itself, and one with code 8 before the AK4 of its elements. */
function describeSegment(findings: readonly Finding[]): readonly Segment[] {
  const elements = findings.filter((finding) => findAcknowledged(finding)?.level === 'element');
  const own = findings.filter((finding) => !elements.includes(finding));
  const [first] = elements;
  return [
    ...own.map((finding) => ak3(finding, findAcknowledged(finding)?.code ?? '')),
    ...(first ? [ak3(first, '8'), ...elements.map(ak4)] : []),
  ];
}

function ak3({ location, path }: Finding, code: string): Segment {
  return ['AK3', location.segment ?? '', String(location.segmentPosition ?? ''), loopOf(location.segment, path), code];
}

/** AK303 (element 447), where it is certain. */
function loopOf(segment: string | undefined, path: string): string {
  if (segment !== undefined && /^N[1-4]$/.test(segment)) return 'N1';
  return path.startsWith('/lines/') ? 'PO1' : '';
}

function ak4(finding: Finding): Segment {
  const { segment = '', element = 0 } = finding.location;
  const reference = REFERENCES[`${segment}${String(element).padStart(2, '0')}`] ?? '';
  const value = finding.evidence?.slice(0, LONGEST_BAD_VALUE) ?? '';
  return ['AK4', String(element), reference, findAcknowledged(finding)?.code ?? '', value];
}
