import { type CsvError, type InfoField, parse } from 'csv-parse/sync';
import type { Location } from '../finding.ts';
import type { CsvProfile } from './csv-profile.ts';

/** The most that is read of one file. A row holds an order line; an order has at most 5,000. */
const CSV_LIMITS = { rows: 500_000, columns: 1_000, rowCharacters: 256 * 1024, strayQuotes: 50 } as const;

/** One row as it stands in the file. Offsets are bytes of the document, whatever its encoding. */
export interface CsvRow {
  /** One-based; the first row is 1, blank ones count too, as spreadsheets number them. */
  readonly row: number;
  /** One-based line in which the row begins: fields in quotes may have several. */
  readonly line: number;
  readonly offset: number;
  /** Behind the line end. */
  readonly end: number;
  readonly hasLineEnd: boolean;
  /** The fields without their quotes. */
  readonly values: readonly string[];
  /** Where each field begins and ends, its quotes included. */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  /** Indexes of fields that have a quote though they do not begin with one. */
  readonly strayQuotes: readonly number[];
  /** The text of the row before a field. */
  readonly before: (index: number) => string;
}

/** The first row that is not blank, and what was found of how the file is written. */
export interface CsvHeader extends CsvRow {
  readonly delimiter: string;
  readonly encoding: CsvEncoding;
}

type CsvEncoding = CsvProfile['encoding'];

/** Why a file cannot be read on. */
export interface CsvFault {
  readonly code: 'ENCODING' | 'EMPTY' | 'DELIMITER' | 'QUOTE' | 'CUT' | 'TOO_LARGE';
  /** What is wrong and what to do. */
  readonly message: string;
  readonly location: Location;
}

/** What is told of a file while it is read. */
export interface CsvVisitor {
  readonly header: (header: CsvHeader) => void;
  /** Every row behind the header that is not blank. */
  readonly row: (row: CsvRow) => void;
}

/** Text in UTF-8 without byte order mark, and what leads from it back to the bytes of the document. */
interface DecodedCsv {
  readonly utf8: Buffer;
  readonly encoding: CsvEncoding;
  /** Length of the byte order mark. */
  readonly start: number;
}

const CR = 13;
const LF = 10;
const DELIMITERS = [',', ';', '\t', '|'] as const;
const SAMPLE_BYTES = 64 * 1024;

/**
 * Reads a CSV file row by row as RFC 4180 defines it, with any delimiter and any line ends, in time and memory that its
 * size bounds. Tells all rows up to the first fault.
 * @returns why reading stopped; undefined if the file was read to its end
 */
export function walkCsv(bytes: Uint8Array, profile: CsvProfile, visitor: CsvVisitor): CsvFault | undefined {
  const decoded = decode(bytes, profile.encoding);
  if ('code' in decoded) return decoded;
  const delimiter = findDelimiter(decoded.utf8, profile);
  if (typeof delimiter !== 'string') return delimiter;
  return walkRows(decoded, delimiter, visitor);
}

/** Byte order marks. @see https://www.unicode.org/faq/utf_bom.html#bom4 */
const MARKS: readonly (readonly [encoding: CsvEncoding, mark: readonly number[]])[] = [
  ['utf-8', [0xef, 0xbb, 0xbf]],
  ['utf-16le', [0xff, 0xfe]],
  ['utf-16be', [0xfe, 0xff]],
];

function decode(bytes: Uint8Array, expected: CsvEncoding): DecodedCsv | CsvFault {
  const marked = MARKS.find(([, mark]) => mark.every((byte, index) => bytes[index] === byte));
  const [encoding, { length: start }] = marked ?? [expected, []];
  const content = bytes.subarray(start);
  const text = encoding === 'utf-8' ? undefined : readText(content, encoding);
  if (encoding === 'utf-8' ? !isUtf8(content) : text === undefined) return encodingFault(content, encoding, start);
  const utf8 = text === undefined ? Buffer.from(content.buffer, content.byteOffset, content.length) : Buffer.from(text);
  const zero = utf8.indexOf(0);
  if (zero < 0) return { utf8, encoding, start };
  const message = 'a zero byte stands in the text; UTF-16 needs a byte order mark, or the encoding in the profile';
  return { code: 'ENCODING', message, location: encoding === 'utf-8' ? { offset: start + zero } : {} };
}

function readText(content: Uint8Array, encoding: CsvEncoding): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    return undefined;
  }
}

function isUtf8(content: Uint8Array): boolean {
  return readText(content, 'utf-8') !== undefined;
}

function encodingFault(content: Uint8Array, encoding: CsvEncoding, start: number): CsvFault {
  const hint =
    encoding === 'utf-8'
      ? 'save it as UTF-8, or let the source profile say windows-1252'
      : 'a character is cut or broken';
  const message = `the text is not valid ${encoding.toUpperCase()}: ${hint}`;
  if (encoding !== 'utf-8') return { code: 'ENCODING', message, location: {} };
  const lenient = new TextDecoder('utf-8', { ignoreBOM: true }).decode(content);
  const good = lenient.slice(0, lenient.indexOf('\ufffd'));
  const line = countLineEnds(good) + 1;
  return { code: 'ENCODING', message, location: { offset: start + Buffer.byteLength(good), line } };
}

/** How many line ends a text has: CRLF, LF or CR. */
function countLineEnds(text: string): number {
  return text.match(/\r\n|\r|\n/g)?.length ?? 0;
}

/**
 * What separates the fields: as the profile says, as Excel's line `sep=;` says, or what stands most often in the first
 * row outside quotes.
 */
function findDelimiter(utf8: Buffer, { delimiter }: CsvProfile): string | CsvFault {
  const sample = utf8.toString('utf8', 0, SAMPLE_BYTES).replace(/"(?:[^"]|"")*(?:"|$)/g, 'q');
  const first = sample.split(/[\r\n]+/).find((line) => line.trim() !== '');
  if (first === undefined) return { code: 'EMPTY', message: 'the file has no rows', location: {} };
  if (delimiter !== undefined) return delimiter;
  const declared = SEPARATOR_LINE.exec(first)?.[1];
  if (declared !== undefined) return declared;
  const counts = DELIMITERS.map((candidate) => ({ candidate, count: first.split(candidate).length - 1 }));
  const [most, second] = counts.sort((one, other) => other.count - one.count);
  if (most !== undefined && most.count > 0 && most.count !== second?.count) return most.candidate;
  const found = most?.count === 0 ? 'no comma, semicolon, tab or bar' : 'two delimiters equally often';
  const message = `the first row has ${found}: the headers must stand in the first row, or the source profile say the delimiter`;
  return { code: 'DELIMITER', message, location: { offset: 0, line: 1, row: 1 } };
}

/** Excel reads and writes it before the header. */
const SEPARATOR_LINE = /^sep=([,;\t|])$/i;

const RFC_4180 = {
  // The byte order mark is taken off before, for all encodings alike.
  bom: false,
  record_delimiter: ['\r\n', '\n', '\r'],
  relax_column_count: true,
  max_record_size: CSV_LIMITS.rowCharacters,
  // A quote inside a field without quotes harms one row; every other fault throws from `on_skip`.
  skip_records_with_error: true,
  // `cast` takes all fields, with their places, and leaves nothing: no record is kept.
  skip_records_with_empty_values: true,
};

function walkRows({ utf8, encoding, start }: DecodedCsv, delimiter: string, visitor: CsvVisitor): CsvFault | undefined {
  const unit = encoding === 'utf-8' ? 0 : encoding === 'windows-1252' ? 1 : 2;
  const stopped: CsvFault[] = [];
  const headers: CsvHeader[] = [];
  let next = beginRow(1, 1, 0, start);
  // Where in the text and in the document reading has come.
  let at = 0;
  let offset = start;

  const advance = (to: number): number => {
    offset += unit === 0 ? to - at : utf8.toString('utf8', at, to).length * unit;
    at = to;
    return offset;
  };
  const stop = (code: CsvFault['code'], message: string): Error => {
    const { row, line, offset: from } = next;
    stopped.push({ code, message, location: { offset: from, line, row } });
    return new Error(message);
  };
  const endRow = (end: number): void => {
    const width = lineEndAt(utf8, end);
    const current = next;
    const row: CsvRow = {
      row: current.row,
      line: current.line,
      offset: current.offset,
      end: advance(end + width),
      hasLineEnd: width > 0,
      values: current.values,
      starts: current.starts,
      ends: current.ends,
      strayQuotes: current.strayQuotes,
      before: (index) => utf8.toString('utf8', current.at, current.textStarts[index]),
    };
    next = beginRow(row.row + 1, row.line + 1 + current.lineEnds, at, offset);
    if (row.row > CSV_LIMITS.rows) throw stop('TOO_LARGE', `the file has more than ${CSV_LIMITS.rows} rows`);
    if (isBlank(row.values) || (row.row === 1 && isSeparatorLine(row.values, delimiter))) return;
    if (headers.length > 0) {
      visitor.row(row);
      return;
    }
    headers.push({ ...row, delimiter, encoding });
    headers.forEach(visitor.header);
  };
  const cast = (value: string, { bytes: end }: InfoField): null => {
    if (next.values.length >= CSV_LIMITS.columns) {
      throw stop('TOO_LARGE', `row ${next.row} has more than ${CSV_LIMITS.columns} fields`);
    }
    next.textStarts.push(at);
    next.starts.push(offset);
    next.ends.push(advance(end));
    next.values.push(value);
    if (/[\r\n]/.test(value)) next.lineEnds += countLineEnds(value);
    if (end === utf8.length || utf8[end] === CR || utf8[end] === LF) endRow(end);
    else advance(end + 1);
    return null;
  };
  const explain = (error: CsvError | undefined): undefined => {
    if (error?.code !== 'INVALID_OPENING_QUOTE')
      throw stop(...explainError(error?.code, next.row, next.values.length + 1));
    next.strayQuotes.push(next.values.length);
    // For each of them the library copies the field up to there.
    if (next.strayQuotes.length <= CSV_LIMITS.strayQuotes) return;
    throw stop('QUOTE', `row ${next.row} has more than ${CSV_LIMITS.strayQuotes} quotes inside fields without quotes`);
  };

  try {
    parse(utf8, { ...RFC_4180, delimiter, cast, on_skip: explain });
  } catch (error) {
    if (!stopped[0]) throw error;
  }
  return (
    stopped[0] ?? (headers.length > 0 ? undefined : { code: 'EMPTY', message: 'the file has no rows', location: {} })
  );
}

/** A row that is being read. */
interface OpenRow {
  readonly row: number;
  readonly line: number;
  readonly at: number;
  readonly offset: number;
  readonly values: string[];
  readonly textStarts: number[];
  readonly starts: number[];
  readonly ends: number[];
  readonly strayQuotes: number[];
  lineEnds: number;
}

function beginRow(row: number, line: number, at: number, offset: number): OpenRow {
  return { row, line, at, offset, values: [], textStarts: [], starts: [], ends: [], strayQuotes: [], lineEnds: 0 };
}

function lineEndAt(utf8: Buffer, at: number): number {
  if (utf8[at] === CR && utf8[at + 1] === LF) return 2;
  return at < utf8.length ? 1 : 0;
}

/** Whether a row says nothing, but for the end-of-file mark that old systems leave. */
function isBlank(values: readonly string[]): boolean {
  return values.every((value) => value.trim() === '' || value === '\x1a');
}

function isSeparatorLine(values: readonly string[], delimiter: string): boolean {
  return values.join(delimiter).toLowerCase() === `sep=${delimiter}`;
}

function explainError(
  code: string | undefined,
  row: number,
  field: number,
): readonly [code: CsvFault['code'], message: string] {
  switch (code) {
    case 'CSV_QUOTE_NOT_CLOSED':
      return [
        'CUT',
        `the quote that opens field ${field} of row ${row} is never closed: the file was cut off, or a quote is missing`,
      ];
    case 'CSV_INVALID_CLOSING_QUOTE':
      return [
        'QUOTE',
        `field ${field} of row ${row} goes on behind its closing quote: write a quote inside quotes twice`,
      ];
    case 'CSV_MAX_RECORD_SIZE':
      return ['TOO_LARGE', `row ${row} is longer than ${CSV_LIMITS.rowCharacters} characters: is a quote left open?`];
    default:
      return ['QUOTE', `row ${row} cannot be read`];
  }
}

/** The place of a field in the document; of the row, if it has no such field. */
export function locateField(row: CsvRow, index: number): Location {
  const offset = row.starts[index];
  if (offset === undefined) return { offset: row.offset, line: row.line, column: 1, row: row.row };
  const before = row.before(index);
  const lastLine = before.slice(Math.max(before.lastIndexOf('\n'), before.lastIndexOf('\r')) + 1);
  return { offset, line: row.line + countLineEnds(before), column: Array.from(lastLine).length + 1, row: row.row };
}
