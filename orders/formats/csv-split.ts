import type { Finding, Location } from '../finding.ts';
import { isRejected } from '../finding.ts';
import type { SourceProfile } from '../source.ts';
import { csvFinding, faultFinding } from './csv-codes.ts';
import { describeCanonical } from './csv.ts';
import { csvProfileOf } from './csv-profile.ts';
import { type CsvFault, type CsvHeader, type CsvRow, locateField, walkCsv } from './csv-reader.ts';
import { type CsvLocator, csvLocatorSchema, type CsvShape, findBadRows, isRagged } from './csv-shape.ts';
import { MOST_FINDINGS } from './draft.ts';
import type { Inspection, OrderPart, ParseResult, Span, SplitDocument } from './format.ts';
import { describeShopify, isShopifyExport } from './shopify-csv.ts';

/** Tells whether a file can be read to its end, and whose columns it has. */
export function inspectCsv(bytes: Uint8Array, profile: SourceProfile): Inspection {
  const { shape, findings } = group(bytes, profile);
  return { layout: shape?.layout ?? 'canonical', holds: 'many', findings: findings.slice(0, MOST_FINDINGS) };
}

/** Takes a file apart into its orders: rows with the same order number, wherever they stand. */
export function splitCsv(bytes: Uint8Array, profile: SourceProfile): SplitDocument {
  const { groups, findings, prefix, notes } = group(bytes, profile);
  if (findings.length > 0) return { parts: [], findings: findings.slice(0, MOST_FINDINGS) };
  const parts = groups.map((rows) => createPart(bytes, prefix, rows));
  const refusing = csvProfileOf(profile).badRows === 'refuse_file' ? findRefusing(parts, notes, profile) : [];
  return refusing.length > 0 ? { parts: [], findings: refusing } : { parts, findings: notes.slice(0, MOST_FINDINGS) };
}

/** Reads one order, with row numbers of the document that it came from. */
export function parseCsv(bytes: Uint8Array, locator: unknown, profile: SourceProfile): ParseResult {
  if (locator === null || locator === undefined) return parseWhole(bytes, profile);
  const place = csvLocatorSchema.parse(locator);
  const { shape, rows, findings } = readPart(bytes, place, profile);
  return shape === undefined || findings.length > 0 ? { order: null, findings } : shape.read(rows, place);
}

/** The place of a canonical field in the document that an order came from. */
export function locateCsv(bytes: Uint8Array, locator: unknown, profile: SourceProfile, pointer: string): Location {
  if (locator === null || locator === undefined) {
    const [part, other] = splitCsv(bytes, profile).parts;
    return part && !other ? locateCsv(part.bytes, part.locator, profile, pointer) : {};
  }
  const place = csvLocatorSchema.parse(locator);
  const { shape, rows } = readPart(bytes, place, profile);
  return shape?.locate(rows, place, pointer) ?? {};
}

function describeShape(header: CsvHeader, profile: SourceProfile): CsvShape {
  const isMapped = Object.keys(csvProfileOf(profile).columns).length > 0;
  return !isMapped && isShopifyExport(header) ? describeShopify(header, profile) : describeCanonical(header, profile);
}

function parseWhole(bytes: Uint8Array, profile: SourceProfile): ParseResult {
  const { parts, findings } = splitCsv(bytes, profile);
  const [part, other] = parts;
  if (part === undefined) return { order: null, findings };
  if (other === undefined) {
    const read = parseCsv(part.bytes, part.locator, profile);
    return { ...read, findings: [...findings, ...read.findings].slice(0, MOST_FINDINGS) };
  }
  const message = `The file holds ${parts.length} orders where one was expected.`;
  return { order: null, findings: [csvFinding('CSV.MANY', message)] };
}

/** The rows of one order, in the order of the file. */
interface RowGroup {
  readonly locator: CsvLocator;
  readonly spans: readonly Span[];
}

interface OpenGroup {
  readonly rows: (Pick<CsvRow, 'row' | 'line' | 'offset' | 'end'> & { readonly index: number })[];
  readonly doubtful: number[];
}

interface Grouping {
  readonly shape: CsvShape | undefined;
  readonly groups: readonly RowGroup[];
  /** Length of what stands before the first row: the header, and a byte order mark. */
  readonly prefix: number;
  /** Why nothing of the file can be taken. */
  readonly findings: readonly Finding[];
  /** What is wrong with rows that belong to no order. */
  readonly notes: readonly Finding[];
}

/** Reads a file to its end and puts the rows of each order together. */
function group(bytes: Uint8Array, profile: SourceProfile): Grouping {
  const csv = csvProfileOf(profile);
  const table = createTable(profile);
  const fault = walkCsv(bytes, csv, table.visitor);
  return table.finish(fault, bytes);
}

function createTable(profile: SourceProfile) {
  const { endMark } = csvProfileOf(profile);
  const groups = new Map<string, OpenGroup>();
  const notes: Finding[] = [];
  /** Rows whose order is in doubt, beside the orders of the rows around them. */
  const doubts: {
    readonly row: number;
    readonly own: OpenGroup | undefined;
    readonly around: (OpenGroup | undefined)[];
  }[] = [];
  let shape: CsvShape | undefined;
  let header: CsvHeader | undefined;
  let last: { readonly row: CsvRow; readonly group: OpenGroup | undefined } | undefined;
  let mark: CsvRow | undefined;
  let count = 0;
  let behindMark = false;
  let areLineTotals = true;

  const take = (row: CsvRow): void => {
    if (header === undefined || shape === undefined) return;
    if (endMark !== undefined && row.values[0]?.trim() === endMark && mark === undefined) {
      mark = row;
      return;
    }
    behindMark ||= mark !== undefined;
    count++;
    const key = shape.keyOf(row);
    const own = key === '' ? undefined : findGroup(groups, key);
    const previous = doubts.at(-1);
    if (previous?.row === last?.row.row) previous?.around.push(own);
    own?.rows.push({ index: count, row: row.row, line: row.line, offset: row.offset, end: row.end });
    if (own === undefined) notes.push(...explainHomeless(header, row));
    if (own === undefined || isRagged(header, row)) doubts.push({ row: row.row, own, around: [last?.group] });
    if (shape.isLineTotal !== undefined && areLineTotals) areLineTotals = shape.isLineTotal(row);
    last = { row, group: own };
  };

  const finish = (fault: CsvFault | undefined, bytes: Uint8Array): Grouping => {
    const findings = [...(shape?.findings ?? [])];
    if (fault) findings.push(faultFinding(fault));
    else findings.push(...findCut(header, last?.row), ...findEndMark(endMark, mark, count, behindMark));
    for (const { row, own, around } of doubts) {
      // A row that shares its order number with another is believed in that.
      if (own !== undefined && (own.rows.length > 1 || shape?.isRowAnOrder === true)) continue;
      for (const neighbour of new Set(around)) if (neighbour !== own) neighbour?.doubtful.push(row);
    }
    const isUnsure = shape?.isLineTotal !== undefined && areLineTotals;
    const hasLines = [...groups.values()].some(({ rows }) => rows.length > 1);
    const total = !isUnsure ? 'order' : hasLines ? 'line' : 'unsure';
    const prefix = header?.end ?? 0;
    const closed = [...groups.values()].map((open) => closeGroup(open, total, mark !== undefined));
    return { shape, groups: closed, prefix: Math.min(prefix, bytes.length), findings, notes };
  };

  const visitor = {
    header: (found: CsvHeader): void => {
      header = found;
      shape = describeShape(found, profile);
    },
    row: take,
  };
  return { visitor, finish };
}

function findGroup(groups: Map<string, OpenGroup>, key: string): OpenGroup {
  const found = groups.get(key) ?? { rows: [], doubtful: [] };
  groups.set(key, found);
  return found;
}

function closeGroup({ rows, doubtful }: OpenGroup, total: CsvLocator['total'], isWhole: boolean): RowGroup {
  const ranges: [number, number, number, number][] = [];
  const spans: { offset: number; length: number }[] = [];
  let end = -1;
  for (const { row, line, offset, end: rowEnd } of rows) {
    const range = ranges.at(-1);
    const span = spans.at(-1);
    if (range && span && offset === end) {
      range[1]++;
      span.length += rowEnd - offset;
    } else {
      ranges.push([row, 1, line, offset]);
      spans.push({ offset, length: rowEnd - offset });
    }
    end = rowEnd;
  }
  const between = (rows.at(-1)?.index ?? 0) - (rows[0]?.index ?? 0) + 1 - rows.length;
  return { spans, locator: { ranges, isScattered: between > 0, total, doubtful, isWhole } };
}

/** A last row that has too few fields and no line end was cut off. */
function findCut(header: CsvHeader | undefined, row: CsvRow | undefined): readonly Finding[] {
  if (header === undefined) return [];
  if (row === undefined) return [csvFinding('CSV.EMPTY', 'The file has a header and no row behind it.')];
  if (row.hasLineEnd || !isRagged(header, row)) return [];
  const message =
    `The file ends in row ${row.row} after ${row.values.length} of ${header.values.length} fields: ` +
    'it was cut off. Nothing of it is taken; send the whole file.';
  return [csvFinding('CSV.CUT', message, { location: locateField(row, -1) })];
}

function findEndMark(
  endMark: string | undefined,
  mark: CsvRow | undefined,
  count: number,
  isBehind: boolean,
): readonly Finding[] {
  if (endMark === undefined) return [];
  if (mark === undefined) {
    return [
      csvFinding('CSV.END_MARK', `The last row must begin with "${endMark}": without it the file may be cut off.`),
    ];
  }
  const location = locateField(mark, -1);
  if (isBehind) return [csvFinding('CSV.END_MARK', `Rows stand behind the end mark in row ${mark.row}.`, { location })];
  const told = mark.values[1]?.trim() ?? '';
  if (told === '' || told === String(count)) return [];
  return [
    csvFinding('CSV.END_MARK', `The end mark counts other rows than the ${count} of the file.`, {
      location,
      evidence: told,
    }),
  ];
}

function explainHomeless(header: CsvHeader, row: CsvRow): readonly Finding[] {
  const message = `Row ${row.row} has no order number, so it is taken into no order.`;
  return [
    ...findBadRows(header, [row]),
    csvFinding('CSV.NO_ORDER_NUMBER', message, { location: locateField(row, -1) }),
  ];
}

function createPart(bytes: Uint8Array, prefix: number, { spans, locator }: RowGroup): OrderPart {
  return {
    // Joined when asked for: the header repeated for each order is more than the document.
    get bytes() {
      const pieces = [
        bytes.subarray(0, prefix),
        ...spans.map(({ offset, length }) => bytes.subarray(offset, offset + length)),
      ];
      return Uint8Array.from(Buffer.concat(pieces));
    },
    prefix,
    spans,
    locator,
  };
}

/** What refuses a whole file whose profile wants all or nothing. */
function findRefusing(
  parts: readonly OrderPart[],
  notes: readonly Finding[],
  profile: SourceProfile,
): readonly Finding[] {
  const wrong: Finding[] = [...notes];
  for (const part of parts) {
    const { findings } = parseCsv(part.bytes, part.locator, profile);
    if (isRejected(findings)) wrong.push(...findings.filter(({ disposition }) => disposition === 'reject'));
    if (wrong.length > MOST_FINDINGS) break;
  }
  if (wrong.length === 0) return [];
  const message =
    'Nothing of the file is taken, because some of its rows cannot be read: correct them and send the file again.';
  return [csvFinding('CSV.BAD_ROWS', message), ...wrong].slice(0, MOST_FINDINGS);
}

/** The rows of a part with their places in the document. */
function readPart(bytes: Uint8Array, locator: CsvLocator, profile: SourceProfile) {
  const rows: CsvRow[] = [];
  let shape: CsvShape | undefined;
  const fault = walkCsv(bytes, csvProfileOf(profile), {
    header: (header) => {
      shape = describeShape(header, profile);
    },
    row: (row) => rows.push(row),
  });
  const findings = fault ? [faultFinding(fault)] : (shape?.findings ?? []);
  return { shape, rows: moveRows(rows, locator), findings };
}

/** Rows as numbered in the document. */
function moveRows(rows: readonly CsvRow[], { ranges }: CsvLocator): readonly CsvRow[] {
  let at = 0;
  return ranges.flatMap(([row, count, line, offset]) => {
    const stretch = rows.slice(at, at + count);
    at += count;
    const [first] = stretch;
    if (first === undefined) return [];
    const by = offset - first.offset;
    return stretch.map((moved, index) => ({
      ...moved,
      row: row + index,
      line: line + moved.line - first.line,
      offset: moved.offset + by,
      end: moved.end + by,
      starts: moved.starts.map((start) => start + by),
      ends: moved.ends.map((end) => end + by),
    }));
  });
}
