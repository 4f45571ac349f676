import { type Finding, isRejected } from '../finding.ts';
import type { SourceProfile } from '../source.ts';
import { csvProfileOf } from './csv-profile.ts';
import { type CsvHeader, walkCsv } from './csv-reader.ts';
import { csvLocatorSchema } from './csv-shape.ts';
import { parseCsv, splitCsv } from './csv-split.ts';

/** Findings that name no row of the file. */
const WHOLE_FILE = 0;
const UTF8_MARK = '\ufeff';

/**
 * The rows that came to nothing as a CSV of their own: the columns of the file and `error`, which says what is wrong and
 * what to do. All rows of a refused order are in it, so that it can be corrected and sent again. In UTF-8 with a byte
 * order mark and CRLF, as spreadsheets read it; what they would take for a formula begins with an apostrophe.
 */
export function writeErrorCsv(bytes: Uint8Array, profile: SourceProfile): string {
  const errors = collectErrors(bytes, profile);
  const headers: CsvHeader[] = [];
  const rows: string[] = [];
  walkCsv(bytes, csvProfileOf(profile), {
    header: (header) => headers.push(header),
    row: ({ row, values }) => {
      const error = errors.get(row);
      if (error) rows.push(writeRow(values, error.join(' '), headers[0]));
    },
  });
  const [header] = headers;
  const ofFile = errors.get(WHOLE_FILE)?.map((error) => writeRow([], error, header)) ?? [];
  return UTF8_MARK + [writeRow(header?.values ?? [], 'error', header), ...ofFile, ...rows].join('');
}

/** What is said of each row that belongs into the file of errors, by its number. */
function collectErrors(bytes: Uint8Array, profile: SourceProfile): ReadonlyMap<number, readonly string[]> {
  const errors = new Map<number, string[]>();
  const add = (row: number, messages: readonly string[]): void => {
    errors.set(row, [...(errors.get(row) ?? []), ...messages]);
  };
  const tell = (findings: readonly Finding[], otherwise: number): void => {
    for (const { message, location } of findings) add(location.row ?? otherwise, [message]);
  };
  const { parts, findings } = splitCsv(bytes, profile);
  tell(findings, WHOLE_FILE);
  for (const { bytes: part, locator } of parts) {
    const read = parseCsv(part, locator, profile);
    if (!isRejected(read.findings)) continue;
    const { ranges } = csvLocatorSchema.parse(locator);
    const rows = ranges.flatMap(([first, count]) => Array.from({ length: count }, (_, index) => first + index));
    for (const row of rows) add(row, []);
    tell(read.findings, rows[0] ?? WHOLE_FILE);
  }
  return errors;
}

/** One row as wide as the header, then the error, then fields for which the header has no column. */
function writeRow(values: readonly string[], error: string, header: CsvHeader | undefined): string {
  const width = header?.values.length ?? 0;
  const ofColumns = Array.from({ length: width }, (_, index) => values[index] ?? '');
  const fields = [...ofColumns, error, ...values.slice(width)];
  const delimiter = header?.delimiter ?? ',';
  return `${fields.map((field) => writeField(field, delimiter)).join(delimiter)}\r\n`;
}

/**
 * One field, in quotes where it needs them. What a spreadsheet would compute is made a text by an apostrophe.
 * @see https://owasp.org/www-community/attacks/CSV_Injection
 */
function writeField(text: string, delimiter: string): string {
  const safe = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/.test(text) ? `'${text}` : text;
  const needsQuotes = safe !== text || /["\r\n]/.test(safe) || safe.includes(delimiter);
  return needsQuotes ? `"${safe.replaceAll('"', '""')}"` : safe;
}
