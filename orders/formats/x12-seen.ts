import { type Finding, isRejected } from '../finding.ts';
import type { X12Profile } from '../source.ts';
import { x12Finding, type X12Code } from './x12-codes.ts';
import type { X12Group, X12GroupEnd, X12Interchange, X12InterchangeEnd } from './x12-events.ts';
import type { X12Envelopes } from './x12-splitter.ts';

/** What a control number belongs to. */
export type NumberKind = 'interchange' | 'group' | 'set';

/** Where a control number was used before. */
export interface EarlierUse {
  readonly kind: NumberKind;
  /** Of sets with those of their interchange and group, where alone they repeat. */
  readonly number: string;
  readonly documentId: string;
  /** ISO 8601, UTC. */
  readonly at: string;
}

/** What remembering control numbers changes about a document. */
export interface SeenNumbers {
  /** The envelopes, with what is said of interchanges and groups that came before. */
  readonly envelopes: X12Envelopes;
  /** What is said of a transaction set that came before. */
  readonly judgeSet: (
    interchange: X12Interchange,
    group: X12Group,
    controlNumber: string,
    offset: number,
  ) => readonly Finding[];
}

/** The control numbers of a kind that a document uses: of what is whole, which alone could be taken. */
export function listControlNumbers({ interchanges }: X12Envelopes, kind: NumberKind): readonly string[] {
  const taken = interchanges.filter(isAccepted);
  if (kind === 'interchange') return taken.map(({ interchange }) => interchange.controlNumber);
  return taken.flatMap(({ interchange, groups }) =>
    groups.filter(isAccepted).flatMap(({ group, soundSets }) => {
      if (kind === 'group') return [group.controlNumber];
      return soundSets.map((controlNumber) => setNumber(interchange, group, controlNumber));
    }),
  );
}

function isAccepted({ verdict }: X12InterchangeEnd | X12GroupEnd): boolean {
  return verdict === 'accepted';
}

function setNumber(interchange: X12Interchange, group: X12Group, controlNumber: string): string {
  return `${interchange.controlNumber} ${group.controlNumber} ${controlNumber}`;
}

/** Applies the partner's policy about duplicates to a document, some of whose numbers other documents used before. */
export function judgeSeen(envelopes: X12Envelopes, earlier: readonly EarlierUse[], profile: X12Profile): SeenNumbers {
  const uses = new Map(earlier.map((use) => [`${use.kind} ${use.number}`, use]));
  const say = (kind: NumberKind, number: string, offset: number): readonly Finding[] => {
    const use = uses.get(`${kind} ${number}`);
    return use ? describeRepetition(use, offset, profile) : [];
  };
  const judgeGroup = (end: X12GroupEnd): X12GroupEnd =>
    addFindings(end, say('group', end.group.controlNumber, end.group.offset));
  const interchanges = envelopes.interchanges.map((end) => {
    if (!isAccepted(end)) return end;
    const { controlNumber, offset } = end.interchange;
    const groups = end.groups.map((group) => (isAccepted(group) ? judgeGroup(group) : group));
    return addFindings({ ...end, groups }, say('interchange', controlNumber, offset));
  });
  return {
    envelopes: { ...envelopes, interchanges },
    judgeSet: (interchange, group, controlNumber, offset) =>
      say('set', setNumber(interchange, group, controlNumber), offset),
  };
}

function addFindings<T extends X12InterchangeEnd | X12GroupEnd>(end: T, added: readonly Finding[]): T {
  if (added.length === 0) return end;
  return { ...end, findings: [...end.findings, ...added], verdict: isRejected(added) ? 'rejected' : end.verdict };
}

const PLACES: Readonly<Record<NumberKind, readonly [code: X12Code, segment: string, element: number]>> = {
  interchange: ['X12.ISA.SEEN', 'ISA', 13],
  group: ['X12.GS.SEEN', 'GS', 6],
  set: ['X12.ST.SEEN', 'ST', 2],
};

function describeRepetition(use: EarlierUse, offset: number, { duplicates }: X12Profile): readonly Finding[] {
  const policy = duplicates[use.kind];
  if (policy === 'process') return [];
  const [code, segment, element] = PLACES[use.kind];
  const what = `${segment}${String(element).padStart(2, '0')} ${use.number.split(' ').at(-1)}`;
  const message =
    `${what} was used before, in document ${use.documentId} of ${use.at}; ` +
    (policy === 'reject' ? 'what is sent anew needs a number of its own.' : 'it is taken all the same.');
  return [x12Finding(code, message, { offset, segment, element }, { evidence: use.number, disposition: policy })];
}

/** Says how many interchanges of the partner have not come, by the numbers; one finding at most. */
export function describeGap(interchange: X12Interchange, last: string, missing: number): readonly Finding[] {
  if (missing <= 0) return [];
  const message =
    `ISA13 ${interchange.controlNumber} comes after ${last}: ` +
    `${missing === 1 ? 'one interchange' : `${missing} interchanges`} between them did not come; ask the partner.`;
  const location = { offset: interchange.offset, segment: 'ISA', element: 13 };
  return [x12Finding('X12.ISA.GAP', message, location, { evidence: interchange.controlNumber })];
}
