import { z } from 'zod';
import type { Finding } from '../finding.ts';
import { csvFinding } from './csv-codes.ts';
import type { CsvProfile } from './csv-profile.ts';
import { type CsvHeader, type CsvRow, locateField } from './csv-reader.ts';
import type { Layout, ParseResult } from './format.ts';

/** What reading an order's rows takes beyond the rows: where they stand in the document, and what the others showed. */
export const csvLocatorSchema = z.strictObject({
  /** Stretches of rows that stand together: the first row, how many, and the line and offset of the first. */
  ranges: z.array(z.tuple([z.int(), z.int(), z.int(), z.int()])),
  /** Whether rows of other orders stand between them. */
  isScattered: z.boolean(),
  /** What a column named no more than `total` gives: the order's total, the line's, or nobody can tell. */
  total: z.enum(['order', 'line', 'unsure']),
  /** Rows that cannot be read and may belong to this order. */
  doubtful: z.array(z.int()),
  /** Whether an end mark proves that the file is whole. */
  isWhole: z.boolean(),
});

/** What reading an order's rows takes beyond the rows. */
export type CsvLocator = z.infer<typeof csvLocatorSchema>;

/** How the rows of one file become orders, as its header tells. */
export interface CsvShape {
  readonly layout: Layout;
  /** Why the header cannot be worked with. */
  readonly findings: readonly Finding[];
  /** What the rows of one order have in common and others have not; empty if a row does not say whose it is. */
  readonly keyOf: (row: CsvRow) => string;
  /** Whether each row is an order of its own. */
  readonly isRowAnOrder: boolean;
  /** Whether what may be the order's total is the amount of this row's line; undefined where it cannot be mistaken. */
  readonly isLineTotal: ((row: CsvRow) => boolean) | undefined;
  /** Makes the order of its rows. */
  readonly read: (rows: readonly CsvRow[], locator: CsvLocator) => ParseResult;
  /** Where a canonical field stands. */
  readonly locate: (rows: readonly CsvRow[], locator: CsvLocator, pointer: string) => Finding['location'];
}

/** A field as a person finds it in the file: by row and header, or by number where the column has none. */
export function nameCell(header: CsvHeader, index: number, row?: number): string {
  const name = header.values[index]?.trim() ?? '';
  const column = name === '' ? `Column ${index + 1}` : `Column "${name.slice(0, LONGEST_NAME)}"`;
  return row === undefined ? column : `${column} of row ${row}`;
}

const LONGEST_NAME = 60;

/** Whether a row has another number of fields than the header; further blank ones, as spreadsheets add them, do not count. */
export function isRagged(header: CsvHeader, { values }: CsvRow): boolean {
  const columns = header.values.length;
  return values.length < columns || values.slice(columns).some((value) => value.trim() !== '');
}

/** What is wrong with the form of rows. */
export function findBadRows(header: CsvHeader, rows: readonly CsvRow[]): readonly Finding[] {
  return rows.flatMap((row) => [...findRagged(header, row), ...findStrayQuotes(header, row)]);
}

function findRagged(header: CsvHeader, row: CsvRow): readonly Finding[] {
  if (!isRagged(header, row)) return [];
  const message =
    `Row ${row.row} has ${row.values.length} fields, but the header has ${header.values.length}: ` +
    'put a field in quotes if the delimiter stands in it.';
  return [csvFinding('CSV.RAGGED', message, { location: locateField(row, -1) })];
}

function findStrayQuotes(header: CsvHeader, row: CsvRow): readonly Finding[] {
  return [...new Set(row.strayQuotes)].flatMap((index) => {
    if (readEscaped(row.values[index]) !== undefined) return [];
    const message = `${nameCell(header, index, row.row)} has a quote in it: put the field in quotes and write that quote twice.`;
    return [csvFinding('CSV.STRAY_QUOTE', message, { location: locateField(row, index) })];
  });
}

/** The text of a field as a person sees it in a spreadsheet: `="00123"` shows 00123. */
export function readCell(row: CsvRow, index: number): string {
  const value = row.values[index];
  return (readEscaped(value) ?? value ?? '').trim();
}

/** What Excel's formula for a plain text says; undefined for anything else. */
function readEscaped(value: string | undefined): string | undefined {
  return /^="([^"]*)"$/.exec(value?.trim() ?? '')?.[1];
}

/** Rows beside the order that cannot be read and may belong to it; nothing else proves that the order is whole. */
export function findDoubtful({ doubtful }: CsvLocator): readonly Finding[] {
  return doubtful.map((row) => {
    const message = `Row ${row} cannot be read and may belong to this order: correct it, or compare with the sender.`;
    return csvFinding('CSV.DOUBTFUL', message, { location: { row } });
  });
}

/** Says that other orders' rows stand between those of this one. */
export function findScattered({ isScattered, ranges }: CsvLocator): readonly Finding[] {
  if (!isScattered) return [];
  const rows = ranges.map(([first, count]) => (count === 1 ? `${first}` : `${first} to ${first + count - 1}`));
  const message = `Rows of other orders stand between the rows of this one (${rows.slice(0, 10).join(', ')}): is it one order?`;
  return [csvFinding('CSV.SCATTERED', message, { location: { row: ranges[0]?.[0] ?? 1 } })];
}

/**
 * The last field of a file without a final line end may be cut off: `12.50` would be `12.5` or `1`.
 * @param isProven whether the order itself proves that nothing of the field is missing
 */
export function findOpenEnd(
  rows: readonly CsvRow[],
  { isWhole }: CsvLocator,
  { finalLineEnd }: CsvProfile,
  isProven: boolean,
): readonly Finding[] {
  const last = rows.at(-1);
  if (last === undefined || last.hasLineEnd || isWhole) return [];
  const message =
    `Row ${last.row} is the last and has no line end, so its last field may be cut off: ` +
    'end the last row as the others.';
  const disposition = finalLineEnd === 'optional' || isProven ? 'warn' : 'hold';
  return [csvFinding('CSV.NO_LINE_END', message, { disposition, location: locateField(last, last.values.length - 1) })];
}
