import type { Format } from './format.ts';
import { byteOrderMarkLength } from './json-reader.ts';

/** What a document is taken for. */
export interface Detection {
  /** null: nothing that we read. */
  readonly format: Format | null;
  /** In words, for the log and for the sender of what cannot be read. */
  readonly why: string;
}

/**
 * Media types that name a format.
 * @see https://www.iana.org/assignments/media-types (application/EDI-X12: RFC 1767, text/csv: RFC 4180)
 */
const MEDIA_TYPES: readonly (readonly [pattern: RegExp, format: Format])[] = [
  [/^application\/edi-x12$/, 'x12'],
  [/^(?:application|text)\/(?:[a-z0-9.-]+\+)?json$/, 'json'],
  [/^(?:application|text)\/(?:[a-z0-9.-]+\+)?xml$/, 'xml'],
  [/^(?:text|application)\/csv$/, 'csv'],
];

/** What people send instead of the document in it, by its first bytes as Latin-1, and what to do. */
const CONTAINERS: readonly (readonly [beginning: string, why: string])[] = [
  ['PK\x03\x04', 'it is a ZIP archive or a workbook: send what is in it, a table saved as CSV'],
  ['\xd0\xcf\x11\xe0', 'it is an old workbook or Office document: send a table saved as CSV'],
  ['\x1f\x8b', 'it is compressed: unpack it, or say "Content-Encoding: gzip"'],
  ['%PDF-', 'it is a PDF, which is for people: send the data itself'],
];

/** How much of a document is looked at. */
const SAMPLE_BYTES = 64 * 1024;
const SAMPLE_LINES = 20;
const DELIMITERS = { ',': 'commas', ';': 'semicolons', '\t': 'tabs', '|': 'bars' } as const;
const CSV_DELIMITERS = [',', ';', '\t', '|'] as const;

/** An ISA segment has 106 characters and 16 element separators; a damaged one is still taken for X12, which says what is wrong. */
const ISA_LENGTH = 106;
const FEWEST_SEPARATORS = 12;

/**
 * Tells the format of a document from its bytes; the declared type decides only where the bytes leave it open, because
 * senders often declare another (`text/plain`, `application/octet-stream`, forms). The beginnings of X12, JSON and XML
 * cannot be mistaken for each other, nor for CSV with a usual header.
 */
export function detectFormat(bytes: Uint8Array, contentType?: string): Detection {
  const declared = findDeclared(contentType);
  const { format, why, isText } = lookAt(bytes);
  if (declared === undefined || declared === format || !isText) return { format, why };
  if (format !== null) return { format, why: `${why}, though it was declared as ${declared}` };
  return { format: declared, why: `declared as ${declared}; from the bytes alone: ${why}` };
}

/** The format that a Content-Type names, its parameters aside. */
function findDeclared(contentType: string | undefined): Format | undefined {
  const mediaType = contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return MEDIA_TYPES.find(([pattern]) => pattern.test(mediaType))?.[1];
}

interface Look extends Detection {
  /** Whether there is text to hand to a parser at all, which then says what is wrong with it. */
  readonly isText: boolean;
}

function lookAt(bytes: Uint8Array): Look {
  const text = decodeSample(bytes).trimStart();
  if (text === '') return { format: null, why: 'the document is empty', isText: false };
  const separator = findX12Separator(text);
  if (separator !== undefined) return found('x12', `it begins with ISA and elements separated by ${nameOf(separator)}`);
  if (/^[{[]/.test(text)) return found('json', `it begins with ${text.charAt(0)}`);
  if (text.startsWith('<')) return found('xml', 'it begins with <');
  const container = CONTAINERS.find(([beginning]) => text.startsWith(beginning));
  if (container) return { format: null, why: container[1], isText: false };
  if (!isPrintable(text)) return { format: null, why: 'it holds bytes that are no text', isText: false };
  const delimiter = findCsvDelimiter(text);
  if (delimiter !== undefined)
    return found('csv', `its rows have as many fields each, separated by ${DELIMITERS[delimiter]}`);
  return { format: null, why: 'it begins like no format that is read here', isText: true };
}

function found(format: Format, why: string): Look {
  return { format, why, isText: true };
}

/** The beginning as text. Latin-1 takes any byte, and what is looked for is ASCII; spreadsheets export UTF-16 too. */
function decodeSample(bytes: Uint8Array): string {
  const sample = bytes.subarray(0, SAMPLE_BYTES);
  if (sample[0] === 0xff && sample[1] === 0xfe) return new TextDecoder('utf-16le').decode(sample);
  if (sample[0] === 0xfe && sample[1] === 0xff) return new TextDecoder('utf-16be').decode(sample);
  return Buffer.from(sample.subarray(byteOrderMarkLength(sample))).toString('latin1');
}

/** The element separator of an interchange: what follows `ISA`, if it comes again as often as an ISA has it. */
function findX12Separator(text: string): string | undefined {
  const separator = /^ISA([^A-Za-z0-9\s])/.exec(text)?.[1];
  if (separator === undefined) return undefined;
  const separators = text.slice(0, ISA_LENGTH).split(separator).length - 1;
  return separators >= FEWEST_SEPARATORS ? separator : undefined;
}

/** Whether there is nothing but text, tabs and line ends (and the end-of-file mark that old systems leave). */
function isPrintable(text: string): boolean {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  return !/[\x00-\x08\x0b\x0c\x0e-\x19\x1b-\x1f\x7f]/.test(text);
}

/** The delimiter that stands equally often in each of the first rows, of which the first names every column. */
function findCsvDelimiter(text: string): keyof typeof DELIMITERS | undefined {
  const rows = firstRows(text);
  const [header] = rows;
  if (header === undefined || rows.length < 2) return undefined;
  const counts = CSV_DELIMITERS.map((delimiter) => ({
    delimiter,
    inRows: rows.map((row) => row.split(delimiter).length - 1),
  }));
  const consistent = counts
    .map(({ delimiter, inRows }) => ({ delimiter, count: new Set(inRows).size === 1 ? (inRows[0] ?? 0) : 0 }))
    .filter(({ delimiter, count }) => count > 0 && header.split(delimiter).every((name) => name.trim() !== ''));
  return consistent.sort((one, other) => other.count - one.count)[0]?.delimiter;
}

/** The first rows, with a `q` for what stands in quotes; a row that the sample cuts off is left out. */
function firstRows(text: string): readonly string[] {
  const unquoted = text.replace(/"(?:[^"]|"")*"/g, 'q').replace(/"[^]*$/, '');
  const rows = unquoted.split(/\r\n|\r|\n/);
  const whole = text.length < SAMPLE_BYTES ? rows : rows.slice(0, -1);
  return whole.filter((row) => row.trim() !== '' && row !== '\x1a').slice(0, SAMPLE_LINES);
}

function nameOf(delimiter: string): string {
  return delimiter === '\t' ? 'tab' : delimiter;
}
