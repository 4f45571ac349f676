import type { Finding, Location } from '../finding.ts';
import type { X12Profile } from '../source.ts';
import { x12Finding, type X12Code } from './x12-codes.ts';
import type { X12Address, X12Group, X12Interchange, X12TransactionSet } from './x12-events.ts';

/*
 * What is wrong with the segments of an envelope. Control numbers are compared as text, counts must be digits only:
 * read as numbers, `ABC` and `XYZ` would be the same, and `1e0` would be one.
 */

/** The releases whose 850 this reader was written and tested for. */
const SUPPORTED_VERSION = /^00[345]\d{3}/;

/** Judges an ISA: who speaks to whom, test or production, and a number that is not taken yet. */
export function judgeIsa(
  interchange: X12Interchange,
  profile: X12Profile,
  taken: ReadonlySet<string>,
): readonly Finding[] {
  const { sender, receiver, usage, controlNumber, offset } = interchange;
  const { findings, say, sayTwice } = collect({ offset, segment: 'ISA' });
  if (!isSameAddress(sender, profile.partner)) {
    say('X12.ISA.SENDER', 6, `ISA05/ISA06 must be ${print(profile.partner)} for this source.`, print(sender));
  }
  if (!isSameAddress(receiver, profile.us)) {
    say('X12.ISA.RECEIVER', 8, `ISA07/ISA08 must be ${print(profile.us)}, our address.`, print(receiver));
  }
  if (usage !== profile.usage) {
    say('X12.ISA.USAGE', 15, `ISA15 is "${usage}"; this source takes "${profile.usage}" only.`, usage);
  }
  if (!/^\d{9}$/.test(controlNumber)) {
    say('X12.ISA.CONTROL_NUMBER', 13, 'ISA13 must be nine digits.', controlNumber);
  } else if (taken.has(controlNumber)) {
    sayTwice('X12.ISA.DUPLICATE', 13, controlNumber, 'document', profile.duplicates.interchange);
  }
  return findings;
}

/** Judges an IEA against its ISA and the number of groups that were there. */
export function judgeIea(
  interchange: X12Interchange,
  elements: readonly string[],
  groups: number,
  location: Location,
): readonly Finding[] {
  const { findings, say } = collect(location);
  const [count = '', controlNumber = ''] = elements;
  if (controlNumber !== interchange.controlNumber) {
    const message = `IEA02 is "${controlNumber}" but ISA13 is "${interchange.controlNumber}"; they must be the same text.`;
    say('X12.IEA.CONTROL_NUMBER', 2, message, controlNumber);
  }
  if (!isCount(count, groups)) {
    say('X12.IEA.GROUP_COUNT', 1, `IEA01 is "${count}" but the interchange has ${groups} functional groups.`, count);
  }
  if (groups === 0) say('X12.INTERCHANGE.EMPTY', 1, 'The interchange has no functional group.', count);
  return findings;
}

/** Judges a GS: its kind, its version, and a number that is not taken yet. */
export function judgeGs(
  group: X12Group,
  interchange: X12Interchange,
  taken: ReadonlySet<string>,
  expectedId: string,
  profile: X12Profile,
): readonly Finding[] {
  const { functionalId, controlNumber, version, offset } = group;
  const { findings, say, sayTwice } = collect({ offset, segment: 'GS' });
  if (functionalId !== expectedId) {
    say('X12.GS.TYPE', 1, `GS01 is "${functionalId}"; only "${expectedId}" is taken here.`, functionalId);
  }
  if (!/^\d{1,9}$/.test(controlNumber)) {
    say('X12.GS.CONTROL_NUMBER', 6, 'GS06 must be one to nine digits.', controlNumber);
  } else if (taken.has(controlNumber)) {
    // Partners that count GS06 anew do so in each interchange: within one, only a profile that takes it all takes this.
    const policy = profile.duplicates.group === 'process' ? 'process' : 'reject';
    sayTwice('X12.GS.DUPLICATE', 6, controlNumber, 'interchange', policy);
  }
  const { component, segment } = interchange.delimiters;
  if (/[\r\n]/.test(segment) && version.endsWith(component)) {
    const message = `ISA16, the component separator, seems to be missing: the file ends its segments with "${component}" and a line break, and ISA too.`;
    say('X12.ISA.DELIMITERS', 8, message, version);
    return findings;
  }
  if (!SUPPORTED_VERSION.test(version)) {
    say('X12.GS.VERSION', 8, `GS08 is "${version}"; versions 003, 004 and 005 are read, e.g. "004010".`, version);
    return findings;
  }
  if (version.length > 6) {
    say('X12.GS.VERSION_SUFFIX', 8, `GS08 "${version}" is read as "${version.slice(0, 6)}".`, version);
  }
  if (version.slice(0, 5) !== interchange.version) {
    say('X12.GS.VERSION_DIFFERS', 8, `GS08 is "${version}" but ISA12 is "${interchange.version}".`, version);
  }
  return findings;
}

/** Judges GS02 and GS03 against the application codes agreed, or else against the ISA ids. */
export function judgeApplications(
  group: X12Group,
  interchange: X12Interchange,
  profile: X12Profile,
): readonly Finding[] {
  const { findings, say } = collect({ offset: group.offset, segment: 'GS' });
  const compare = (element: number, written: string, agreed: string | undefined, isaId: string) => {
    if (written === (agreed ?? isaId)) return;
    const code = agreed === undefined ? 'X12.GS.APPLICATION_DIFFERS' : 'X12.GS.APPLICATION';
    say(code, element, `GS0${element} is "${written}"; expected "${agreed ?? isaId}".`, written);
  };
  compare(2, group.sender, profile.partnerApplication, interchange.sender.id);
  compare(3, group.receiver, profile.usApplication, interchange.receiver.id);
  return findings;
}

/** Judges a GE against its GS and the number of transaction sets that were there. */
export function judgeGe(
  group: X12Group,
  elements: readonly string[],
  sets: number,
  location: Location,
  profile: X12Profile,
): readonly Finding[] {
  const { findings, say } = collect(location, profile);
  const [count = '', controlNumber = ''] = elements;
  if (controlNumber !== group.controlNumber) {
    const message = `GE02 is "${controlNumber}" but GS06 is "${group.controlNumber}"; they must be the same text.`;
    say('X12.GE.CONTROL_NUMBER', 2, message, controlNumber);
  }
  if (!isCount(count, sets)) {
    say('X12.GE.SET_COUNT', 1, `GE01 is "${count}" but the group has ${sets} transaction sets.`, count);
  }
  if (sets === 0) say('X12.INTERCHANGE.EMPTY', 1, 'The group has no transaction set.', count);
  return findings;
}

/** Judges an ST: its kind, and a number that is not taken yet. */
export function judgeSt(
  { type, controlNumber, offset }: Pick<X12TransactionSet, 'type' | 'controlNumber' | 'offset'>,
  taken: ReadonlySet<string>,
  expectedType: string,
  profile: X12Profile,
): readonly Finding[] {
  const { findings, say, sayTwice } = collect({ offset, segment: 'ST', segmentPosition: 1 });
  if (type !== expectedType) {
    say('X12.ST.TYPE', 1, `ST01 is "${type}"; only "${expectedType}" is taken here.`, type);
  }
  if (!/^[A-Za-z0-9]{4,9}$/.test(controlNumber)) {
    say('X12.ST.CONTROL_NUMBER', 2, 'ST02 must be 4 to 9 letters or digits.', controlNumber);
  } else if (taken.has(controlNumber)) {
    sayTwice('X12.ST.DUPLICATE', 2, controlNumber, 'functional group', profile.duplicates.set);
  }
  return findings;
}

/** Judges an SE against its ST and the number of segments that were there, itself included. */
export function judgeSe(
  set: Pick<X12TransactionSet, 'controlNumber' | 'segmentCount'>,
  elements: readonly string[],
  offset: number,
  profile: X12Profile,
): readonly Finding[] {
  const { findings, say } = collect({ offset, segment: 'SE', segmentPosition: set.segmentCount }, profile);
  const [count = '', controlNumber = ''] = elements;
  if (controlNumber !== set.controlNumber) {
    const message = `SE02 is "${controlNumber}" but ST02 is "${set.controlNumber}"; they must be the same text.`;
    say('X12.SE.CONTROL_NUMBER', 2, message, controlNumber);
  }
  if (!isCount(count, set.segmentCount)) {
    say('X12.SE.SEGMENT_COUNT', 1, `SE01 is "${count}" but the set has ${set.segmentCount} segments.`, count);
  } else if (count.startsWith('0')) {
    say('X12.SE.PADDED_COUNT', 1, `SE01 "${count}" has leading zeros.`, count);
  }
  return findings;
}

/** Findings about one segment, each with the element and the text it is about. */
function collect(location: Location, profile?: X12Profile) {
  const findings: Finding[] = [];
  const say = (code: X12Code, element: number, message: string, evidence: string): void => {
    findings.push(x12Finding(code, message, { ...location, element }, { evidence, ...(profile && { profile }) }));
  };
  const sayTwice = (code: X12Code, element: number, number: string, within: string, policy: DuplicatePolicy): void => {
    if (policy === 'process') return;
    const name = `${location.segment ?? ''}${String(element).padStart(2, '0')}`;
    const what = `${name} ${number} occurs twice in this ${within}`;
    const message = policy === 'reject' ? `${what}.` : `${what}; it is taken all the same.`;
    findings.push(x12Finding(code, message, { ...location, element }, { evidence: number, disposition: policy }));
  };
  return { findings, say, sayTwice };
}

type DuplicatePolicy = X12Profile['duplicates']['interchange'];

function isSameAddress(a: X12Address, b: X12Address): boolean {
  return a.qualifier === b.qualifier && a.id === b.id;
}

function print({ qualifier, id }: X12Address): string {
  return `${qualifier}/${id}`;
}

function isCount(text: string, count: number): boolean {
  return /^\d{1,10}$/.test(text) && Number(text) === count;
}
