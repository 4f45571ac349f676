import type { Finding, Location } from '../finding.ts';
import type { X12Profile } from '../source.ts';
import { x12Finding, type X12Code } from './x12-codes.ts';
import type {
  Verdict,
  X12Event,
  X12Group,
  X12GroupEnd,
  X12Interchange,
  X12InterchangeEnd,
  X12TransactionSet,
} from './x12-events.ts';
import { beginsInterchange, readIsa } from './x12-isa.ts';
import { judgeApplications, judgeGe, judgeGs, judgeIea, judgeIsa, judgeSe, judgeSt } from './x12-judge.ts';
import { append, copyBytes, createScanner, returnTo, scanNext, seekIsa, skipSegments } from './x12-scanner.ts';
import type { Noise, Scanned, Scanner } from './x12-scanner.ts';

/** Sizes in bytes beyond which a document is not read on. */
export interface X12Limits {
  readonly maxSegmentBytes: number;
  readonly maxSetBytes: number;
  readonly maxDocumentBytes: number;
}

/** Far above real orders: a set of 5000 lines has about 1 MB, an interchange of 20,000 orders about 60 MB. */
const DEFAULT_X12_LIMITS: X12Limits = {
  maxSegmentBytes: 64 * 1024,
  maxSetBytes: 8 * 1024 * 1024,
  maxDocumentBytes: 256 * 1024 * 1024,
};

/** How a source's interchanges are split. */
export interface X12SplitOptions {
  readonly profile: X12Profile;
  readonly limits?: Partial<X12Limits>;
  /** GS01 and ST01 that are wanted; purchase orders unless said otherwise. */
  readonly expects?: { readonly functionalId: string; readonly setType: string };
  /** Whether the sets' bytes are wanted, as they are unless said otherwise; without them a document is judged faster. */
  readonly withBytes?: boolean;
}

/** A splitter that takes a document piece by piece. Pieces may be of any size; the events are the same. */
export interface X12Splitter {
  /** What became known with these bytes. */
  push(chunk: Uint8Array): readonly X12Event[];
  /** What becomes known by the document being over. Call once. */
  end(): readonly X12Event[];
}

/** How much of a pushed chunk is looked at before the window is moved on: keeps memory small for any chunk. */
const STEP = 64 * 1024;

/** A set or group that has not ended yet. */
interface OpenSet extends Omit<X12TransactionSet, 'bytes' | 'findings' | 'segmentCount'> {
  segmentCount: number;
  tooLarge: boolean;
  readonly findings: Finding[];
}

interface OpenGroup {
  readonly group: X12Group;
  readonly findings: Finding[];
  readonly setNumbers: Set<string>;
  readonly soundSets: string[];
  sets: number;
}

interface OpenInterchange {
  readonly interchange: X12Interchange;
  readonly findings: Finding[];
  readonly groupNumbers: Set<string>;
  readonly groups: X12GroupEnd[];
  readonly noise: Set<Noise>;
  /** It begins where the reader had lost its place. */
  readonly resumed: boolean;
}

interface State {
  readonly profile: X12Profile;
  readonly limits: X12Limits;
  readonly expects: { readonly functionalId: string; readonly setType: string };
  readonly withBytes: boolean;
  readonly scanner: Scanner;
  readonly findings: Finding[];
  readonly noise: Set<Noise>;
  readonly interchangeNumbers: Set<string>;
  events: X12Event[];
  received: number;
  interchanges: number;
  /** Nothing after this is read. */
  stopped: boolean;
  /** Offset from which on nothing can be made of the bytes, up to the next ISA; null where the reader knows its place. */
  lostAt: number | null;
  /** The next ISA is the one at which the reader found its place again. */
  resumed: boolean;
  /** An interchange whose verdict waits for what follows its IEA. */
  doubtful: OpenInterchange | null;
  interchange: OpenInterchange | null;
  group: OpenGroup | null;
  set: OpenSet | null;
}

/**
 * Splits an X12 document into its transaction sets and judges the envelopes around them. Control numbers are compared as
 * text. An interchange whose IEA was not seen is always rejected, so a file that was cut is never taken for complete:
 * read it once for the verdicts ({@link readEnvelopes}) and take the sets in a second pass.
 */
export function createX12Splitter(options: X12SplitOptions): X12Splitter {
  const state = createState(options);
  return {
    push(chunk) {
      for (let at = 0; at < chunk.length; at += STEP) take(state, chunk.subarray(at, at + STEP));
      return takeEvents(state);
    },
    end() {
      readOn(state, true);
      finish(state);
      return takeEvents(state);
    },
  };
}

/** The events of a document that comes as a stream. @see {@link createX12Splitter} */
export async function* splitX12(chunks: AsyncIterable<Uint8Array>, options: X12SplitOptions): AsyncGenerator<X12Event> {
  const splitter = createX12Splitter(options);
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += STEP) yield* splitter.push(chunk.subarray(at, at + STEP));
  }
  yield* splitter.end();
}

/** What a first pass over a document learns: which interchanges and groups are whole and meant for us. */
export interface X12Envelopes {
  readonly interchanges: readonly X12InterchangeEnd[];
  /** About the document as a whole. */
  readonly findings: readonly Finding[];
}

/** Reads a document for the verdicts on its envelopes only. */
export async function readEnvelopes(
  chunks: AsyncIterable<Uint8Array>,
  options: X12SplitOptions,
): Promise<X12Envelopes> {
  const interchanges: X12InterchangeEnd[] = [];
  const findings: Finding[] = [];
  for await (const event of splitX12(chunks, { ...options, withBytes: false })) {
    if (event.kind === 'interchange_end') interchanges.push(event);
    if (event.kind === 'document_end') findings.push(...event.findings);
  }
  return { interchanges, findings };
}

/** Whether the first pass allows taking sets out of this group. A set's own findings may still forbid it. */
export function isGroupAccepted(envelopes: X12Envelopes, interchange: X12Interchange, group: X12Group): boolean {
  const end = envelopes.interchanges[interchange.index];
  return end?.verdict === 'accepted' && end.groups[group.index]?.verdict === 'accepted';
}

function createState(options: X12SplitOptions): State {
  const limits = { ...DEFAULT_X12_LIMITS, ...options.limits };
  return {
    profile: options.profile,
    limits,
    expects: options.expects ?? { functionalId: 'PO', setType: '850' },
    withBytes: options.withBytes ?? true,
    scanner: createScanner(limits.maxSegmentBytes),
    findings: [],
    noise: new Set(),
    interchangeNumbers: new Set(),
    events: [],
    received: 0,
    interchanges: 0,
    stopped: false,
    lostAt: null,
    resumed: false,
    doubtful: null,
    interchange: null,
    group: null,
    set: null,
  };
}

function takeEvents(state: State): readonly X12Event[] {
  const { events } = state;
  state.events = [];
  return events;
}

function take(state: State, bytes: Uint8Array): void {
  if (state.stopped) return;
  const room = state.limits.maxDocumentBytes - state.received;
  state.received += bytes.length;
  append(state.scanner, bytes.subarray(0, room));
  readOn(state, false);
  if (bytes.length > room)
    stop(state, 'X12.DOCUMENT.TOO_LARGE', tooLarge(state), { offset: state.limits.maxDocumentBytes });
}

function tooLarge({ limits }: State): string {
  return `The document is larger than ${limits.maxDocumentBytes} bytes; send several smaller interchanges.`;
}

function readOn(state: State, atEnd: boolean): void {
  while (!state.stopped) {
    if (state.lostAt !== null && !findPlace(state, state.lostAt, atEnd)) break;
    if (state.set) skipWithin(state, state.set);
    const scanned = scanNext(state.scanner, atEnd);
    if (scanned === undefined) break;
    readPiece(state, scanned);
  }
  const { set, scanner, limits } = state;
  if (set && !set.tooLarge && scanner.base + scanner.end - set.offset > limits.maxSetBytes + limits.maxSegmentBytes) {
    overflowSet(state, set);
  }
}

/** Passes over the segments of the set that nothing is to be learnt from here but their number. */
function skipWithin(state: State, set: OpenSet): void {
  const { scanner, limits, interchange } = state;
  set.segmentCount += skipSegments(scanner, interchange?.noise.has('whitespace') ?? false);
  if (!set.tooLarge && scanner.base + scanner.start - set.offset > limits.maxSetBytes) overflowSet(state, set);
}

function readPiece(state: State, scanned: Scanned): void {
  switch (scanned.kind) {
    case 'noise':
      return readNoise(state, scanned.noise, scanned.offset);
    case 'isa':
      return startInterchange(state, scanned.text, scanned.offset);
    case 'segment':
      return readSegment(state, scanned);
    case 'foreign':
      return readForeign(state, scanned.text, scanned.offset);
    case 'cut_isa':
      return stop(state, 'X12.ISA.TRUNCATED', 'The document ends inside ISA; send the whole file again.', {
        offset: scanned.offset,
        segment: 'ISA',
      });
    case 'too_long':
      return lose(state, 'X12.DOCUMENT.SEGMENT_TOO_LARGE', tooLong(state), { offset: scanned.offset });
  }
}

function tooLong({ limits, interchange }: State): string {
  const terminator = JSON.stringify(interchange?.interchange.delimiters.segment ?? '');
  return `No segment terminator ${terminator} within ${limits.maxSegmentBytes} bytes; ISA says that it is ${terminator}.`;
}

/** Ends all reading: the rest of the document cannot be understood or is not allowed. */
function stop(state: State, code: X12Code, message: string, location: Location): void {
  state.findings.push(x12Finding(code, message, location));
  closeUnfinished(state, location.offset ?? 0);
  state.stopped = true;
}

/** Gives up what is open: nothing more can be made of the bytes, up to the next ISA. */
function lose(state: State, code: X12Code, message: string, location: Location): void {
  state.findings.push(x12Finding(code, message, location));
  losePlace(state, location.offset ?? 0);
}

function losePlace(state: State, offset: number): void {
  closeUnfinished(state, offset);
  state.lostAt = offset;
  returnTo(state.scanner, offset);
}

/** Whether an ISA was found at which to read on. */
function findPlace(state: State, lostAt: number, atEnd: boolean): boolean {
  const accepts = (text: string, before: string, offset: number) => beginsInterchange(text, before, offset - lostAt);
  const found = seekIsa(state.scanner, atEnd, accepts);
  if (found === undefined) return false;
  const message = `Nothing could be made of the ${found - lostAt} bytes from byte ${lostAt} on; reading goes on at byte ${found}.`;
  state.findings.push(x12Finding('X12.DOCUMENT.SKIPPED', message, { offset: lostAt }));
  state.lostAt = null;
  state.resumed = true;
  return true;
}

function readForeign(state: State, text: string, offset: number): void {
  if (text.startsWith('\xff\xfe') || text.startsWith('\xfe\xff') || text.includes('\0')) {
    return stop(state, 'X12.DOCUMENT.UTF16', 'The document is UTF-16; send it as ASCII or UTF-8.', { offset });
  }
  if (state.interchanges === 0) {
    return stop(state, 'X12.DOCUMENT.NOT_X12', 'An X12 document begins with ISA; this one does not.', { offset });
  }
  const message = `At byte ${offset}, after IEA, something begins that is no ISA; it was not read.`;
  const doubtful = state.doubtful;
  if (doubtful) {
    const doubt =
      'The interchange stands between bytes of which nothing could be made; send it again in a file of its own.';
    doubtful.findings.push(x12Finding('X12.INTERCHANGE.DOUBTFUL', doubt, { offset: doubtful.interchange.offset }));
  }
  lose(state, 'X12.DOCUMENT.TRAILING_DATA', message, { offset });
}

const NOISE: Readonly<Record<Noise, readonly [X12Code, string]>> = {
  bom: ['X12.DOCUMENT.BOM', 'A UTF-8 byte order mark was skipped.'],
  padding: ['X12.DOCUMENT.TRAILING_PADDING', 'NUL or Ctrl-Z characters outside the interchange were skipped.'],
  whitespace: ['X12.INTERCHANGE.WHITESPACE', 'Line breaks or blanks between segments were skipped.'],
  empty_segment: ['X12.INTERCHANGE.EMPTY_SEGMENT', 'Segment terminators with nothing between were skipped.'],
};

/** Told once per interchange, at the first place: a file with line breaks has thousands. */
function readNoise(state: State, noise: Noise, offset: number): void {
  const owner = state.interchange ?? state;
  const isFinalLineBreak = owner === state && state.interchanges > 0 && noise === 'whitespace';
  if (isFinalLineBreak || owner.noise.has(noise)) return;
  owner.noise.add(noise);
  const [code, message] = NOISE[noise];
  owner.findings.push(x12Finding(code, message, { offset }));
}

// ISA and IEA

function startInterchange(state: State, text: string, offset: number): void {
  closeUnfinished(state, offset);
  settleDoubt(state);
  const read = readIsa(text, offset, state.interchanges);
  if (!read.interchange) {
    state.findings.push(...read.findings);
    return losePlace(state, offset);
  }
  const { interchange } = read;
  const { resumed } = state;
  state.resumed = false;
  const findings = [...read.findings, ...judgeIsa(interchange, state.profile, state.interchangeNumbers)];
  state.interchangeNumbers.add(interchange.controlNumber);
  state.interchanges += 1;
  state.interchange = { interchange, findings, groupNumbers: new Set(), groups: [], noise: new Set(), resumed };
  state.events.push({ kind: 'interchange_start', interchange });
}

function endInterchange(state: State, open: OpenInterchange, elements: readonly string[], location: Location): void {
  open.findings.push(...judgeIea(open.interchange, elements, open.groups.length, location));
  state.scanner.inside = false;
  if (!open.resumed) return emitInterchangeEnd(state, open);
  state.interchange = null;
  state.doubtful = open;
}

/** What a broken interchange quotes is followed by the rest of it: only then is there more doubt than before. */
function settleDoubt(state: State): void {
  const { doubtful } = state;
  state.doubtful = null;
  if (doubtful) emitInterchangeEnd(state, doubtful);
}

function emitInterchangeEnd(state: State, { interchange, findings, groups }: OpenInterchange): void {
  state.interchange = null;
  state.events.push({ kind: 'interchange_end', interchange, verdict: judge(findings), findings, groups });
}

function judge(findings: readonly Finding[]): Verdict {
  return findings.some((finding) => finding.disposition === 'reject') ? 'rejected' : 'accepted';
}

/** Closes what is still open where the document ends or an ISA comes too early. */
function closeUnfinished(state: State, offset: number): void {
  settleDoubt(state);
  closeUnfinishedGroup(state, offset);
  const open = state.interchange;
  if (!open) return;
  const message = `There is no IEA for ISA13 ${open.interchange.controlNumber}: the interchange was cut off, nothing of it is taken.`;
  open.findings.push(x12Finding('X12.IEA.MISSING', message, { offset, segment: 'IEA' }));
  emitInterchangeEnd(state, open);
}

function finish(state: State): void {
  const end = state.scanner.base + state.scanner.end;
  closeUnfinished(state, end);
  if (state.interchanges === 0 && state.findings.every((finding) => finding.disposition !== 'reject')) {
    state.findings.push(x12Finding('X12.DOCUMENT.NOT_X12', 'The document is empty: there is no ISA.', { offset: end }));
  }
  state.stopped = true;
  state.events.push({ kind: 'document_end', interchanges: state.interchanges, findings: state.findings });
}

// Segments between

function readSegment(state: State, scanned: Extract<Scanned, { kind: 'segment' }>): void {
  const open = state.interchange;
  if (!open) return;
  const { text, offset } = scanned;
  const separator = open.interchange.delimiters.element;
  const id = idOf(text, separator);
  if (scanned.unterminated && !mayEndHere(open, state, id, offset)) return;
  if (state.set && id !== 'ST' && !ENDS_SET.has(id)) return countSegment(state, state.set, scanned);
  const elements = elementsOf(text, separator);
  const location = { offset, segment: id };
  if (id === 'SE' && state.set) return endSet(state, state.set, elements, scanned);
  if (state.set) closeUnfinishedSet(state, offset);
  if (id === 'ST' && state.group) return startSet(state, state.group, elements, offset);
  if (id === 'GE' && state.group) return endGroup(state, state.group, elements, location);
  if (id === 'GS') return startGroup(state, open, elements, offset);
  if (id === 'IEA') {
    closeUnfinishedGroup(state, offset);
    return endInterchange(state, open, elements, location);
  }
  refuseStray(state, open, id, location);
}

const ENDS_SET: ReadonlySet<string> = new Set(['SE', 'GE', 'GS', 'IEA']);

function idOf(text: string, separator: string): string {
  const end = text.indexOf(separator);
  return end === -1 ? text.trimEnd() : text.slice(0, end);
}

/** Trailing blanks and line breaks are no part of an envelope's numbers. */
function elementsOf(text: string, separator: string): readonly string[] {
  return text
    .split(separator)
    .slice(1)
    .map((element) => element.trimEnd());
}

/** Only an IEA may lack its terminator, and only where the profile allows it: any other segment was cut off. */
function mayEndHere(open: OpenInterchange, { profile }: State, id: string, offset: number): boolean {
  if (id !== 'IEA') return false;
  const message = 'The last segment terminator is missing, so the file may have been cut; end IEA with it.';
  open.findings.push(x12Finding('X12.IEA.TERMINATOR', message, { offset, segment: id }, { profile }));
  return true;
}

function refuseStray(state: State, open: OpenInterchange, id: string, location: Location): void {
  // TA1 is the one segment that belongs between ISA and the groups; it acknowledges what we sent.
  if (id === 'TA1' && !state.group) return;
  const name = /^[A-Z0-9]{2,3}$/.test(id) ? id : 'A segment';
  if (state.group) {
    state.group.findings.push(
      x12Finding('X12.GROUP.SEGMENT', `${name} stands between GS and GE but in no ST to SE.`, location),
    );
  } else {
    open.findings.push(x12Finding('X12.INTERCHANGE.SEGMENT', `${name} stands in no functional group.`, location));
  }
}

// GS and GE

function startGroup(state: State, open: OpenInterchange, elements: readonly string[], offset: number): void {
  closeUnfinishedGroup(state, offset);
  const [functionalId = '', sender = '', receiver = '', , , controlNumber = '', agency = '', version = ''] = elements;
  const index = open.groups.length;
  const group: X12Group = { index, offset, functionalId, sender, receiver, controlNumber, agency, version };
  const findings = [
    ...judgeGs(group, open.interchange, open.groupNumbers, state.expects.functionalId, state.profile),
    ...judgeApplications(group, open.interchange, state.profile),
  ];
  open.groupNumbers.add(controlNumber);
  state.group = { group, findings, setNumbers: new Set(), soundSets: [], sets: 0 };
  state.events.push({ kind: 'group_start', interchange: open.interchange, group });
}

function endGroup(state: State, open: OpenGroup, elements: readonly string[], location: Location): void {
  open.findings.push(...judgeGe(open.group, elements, open.sets, location, state.profile));
  emitGroupEnd(state, open, elements[0] ?? '');
}

function closeUnfinishedGroup(state: State, offset: number): void {
  closeUnfinishedSet(state, offset);
  const open = state.group;
  if (!open) return;
  const message = `There is no GE for GS06 ${open.group.controlNumber}.`;
  open.findings.push(x12Finding('X12.GE.MISSING', message, { offset, segment: 'GE' }));
  emitGroupEnd(state, open, '');
}

function emitGroupEnd(state: State, { group, findings, sets, soundSets }: OpenGroup, declaredSets: string): void {
  state.group = null;
  if (!state.interchange) return;
  const end: X12GroupEnd = { group, verdict: judge(findings), findings, declaredSets, receivedSets: sets, soundSets };
  state.interchange.groups.push(end);
  state.events.push({ kind: 'group_end', interchange: state.interchange.interchange, ...end });
}

// ST and SE

function startSet(state: State, open: OpenGroup, elements: readonly string[], offset: number): void {
  const [type = '', controlNumber = ''] = elements;
  const set: OpenSet = {
    index: open.sets,
    offset,
    type,
    controlNumber,
    segmentCount: 1,
    tooLarge: false,
    findings: [],
  };
  set.findings.push(...judgeSt(set, open.setNumbers, state.expects.setType, state.profile));
  open.setNumbers.add(controlNumber);
  open.sets += 1;
  state.set = set;
  state.scanner.held = state.withBytes ? offset : null;
}

function countSegment(state: State, set: OpenSet, { end }: { readonly end: number }): void {
  set.segmentCount += 1;
  if (!set.tooLarge && end - set.offset > state.limits.maxSetBytes) overflowSet(state, set);
}

function overflowSet(state: State, set: OpenSet): void {
  const message = `The transaction set is larger than ${state.limits.maxSetBytes} bytes; split the order.`;
  set.findings.push(
    x12Finding('X12.SET.TOO_LARGE', message, { offset: set.offset, segment: 'ST', segmentPosition: 1 }),
  );
  set.tooLarge = true;
  state.scanner.held = null;
}

function endSet(state: State, set: OpenSet, elements: readonly string[], at: { offset: number; end: number }): void {
  countSegment(state, set, at);
  set.findings.push(...judgeSe(set, elements, at.offset, state.profile));
  emitSet(state, set, at.end);
}

function closeUnfinishedSet(state: State, offset: number): void {
  const { set } = state;
  if (!set) return;
  const message = `There is no SE for ST02 ${set.controlNumber}; the set was cut off or its SE lost.`;
  const location = { offset, segment: 'SE', segmentPosition: set.segmentCount + 1 };
  set.findings.push(x12Finding('X12.SE.MISSING', message, location));
  emitSet(state, set, offset);
}

const NO_BYTES = new Uint8Array();

function emitSet(state: State, set: OpenSet, end: number): void {
  const { index, offset, type, controlNumber, segmentCount, findings } = set;
  const bytes = set.tooLarge || !state.withBytes ? NO_BYTES : copyBytes(state.scanner, offset, end);
  state.set = null;
  state.scanner.held = null;
  if (!state.interchange || !state.group) return;
  if (judge(findings) === 'accepted') state.group.soundSets.push(controlNumber);
  state.events.push({
    kind: 'transaction_set',
    interchange: state.interchange.interchange,
    group: state.group.group,
    set: { index, offset, bytes, type, controlNumber, segmentCount, findings },
  });
}
