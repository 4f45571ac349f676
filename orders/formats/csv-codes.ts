import type { Category, Disposition, Finding, Location } from '../finding.ts';
import type { CsvFault } from './csv-reader.ts';
import { faulty, FIELD_CODES } from './draft.ts';

/**
 * The codes of this parser's findings: what they do and mean, and their category where it is not `data_format`.
 * `hold; warn` is a hold unless the source's profile has it only told.
 */
export const CSV_CODES = {
  'CSV.ENCODING': ['reject', 'The text is not in the encoding that it should have, or broken.'],
  'CSV.EMPTY': ['reject', 'The file has no header, or no row behind it.'],
  'CSV.DELIMITER': ['reject', 'The header does not tell what separates the fields.'],
  'CSV.QUOTE': ['reject', 'A field goes on behind its closing quote: nothing behind it can be trusted.'],
  'CSV.CUT': ['reject', 'The file ends in the middle of a row: it was cut off, and nothing of it is taken.'],
  'CSV.END_MARK': ['reject', 'The end mark that the profile asks for is missing, or counts other rows.'],
  'CSV.TOO_LARGE': ['reject', 'The file has more rows, columns or characters in a row than are read.'],
  'CSV.HEADER_TWICE': ['reject', 'Two columns have the same header.'],
  'CSV.COLUMN_AMBIGUOUS': ['reject', 'Two headers mean the same field, and the profile does not say which one counts.'],
  'CSV.COLUMN_MISSING': ['reject', 'No column gives the order number, the SKU or the quantity, or a column of the profile is not there.'],
  'CSV.MANY': ['reject', 'Several orders stand where one was expected.'],
  'CSV.NO_ORDER_NUMBER': ['reject', 'A row does not say which order it belongs to.'],
  'CSV.RAGGED': ['reject', 'A row has more or fewer fields than the header.'],
  'CSV.STRAY_QUOTE': ['reject', 'A quote stands inside a field that does not begin with one.'],
  'CSV.DOUBTFUL': ['hold', 'A row beside the order cannot be read and may be one of its rows, and no total or line count tells.'],
  'CSV.BAD_ROWS': ['reject', 'The profile refuses a file as a whole if one of its orders cannot be read.'],
  'CSV.AMBIGUOUS_NUMBER': ['reject', 'A number can be read in two ways, such as `1,234`.'],
  'CSV.LINE_COUNT': ['reject', 'The order has more or fewer lines than it says.'],
  'CSV.DIFFERS': ['hold', 'Rows of one order say different things of what the order has once. The first is taken.'],
  'CSV.UNPROVEN': ['hold; warn', 'Nothing proves that all rows of the order arrived: no total of the order, no line count.'],
  'CSV.NO_LINE_END': ['hold; warn', 'The last row has no line end: its last field may be cut off.'],
  'CSV.SCATTERED': ['warn', 'Rows of other orders stand between the rows of this one.'],
  'CSV.NO_TOTAL': ['warn', 'The total was computed from the lines, and so proves nothing about them.'],
  'CSV.UNKNOWN_COLUMN': ['warn', 'The canonical order has no field for a column; it is kept under `extensions`.'],
  'CSV.CUSTOMER_UNMAPPED': ['reject', "The buyer of a shop's order is mapped to no customer number, and the source has no default customer.", 'system_integration'],
  'CSV.LINE_SKU': ['hold', "A line of a shop's order has no SKU; the product's name stands in its place.", 'business_rule'],
  'CSV.CANCELLED': ['warn', 'The order was cancelled in the shop. It is taken as the cancellation of the one sent before.', 'business_rule'],
  'CSV.FULFILLED': ['hold', 'The shop says that the order, or a part of it, was delivered already.', 'business_rule'],
  'CSV.REFUNDED': ['hold', 'Money of the order was given back; it stands as it was placed.', 'business_rule'],
  'CSV.UNPAID': ['hold', 'The order is not paid, and no terms are agreed.', 'business_rule'],
  'CSV.REQUIRED': ['reject', FIELD_CODES.REQUIRED],
  'CSV.TYPE': ['reject', FIELD_CODES.TYPE],
  'CSV.LENGTH': ['reject', FIELD_CODES.LENGTH],
  'CSV.FORMAT': ['reject', FIELD_CODES.FORMAT],
  'CSV.VALUE': ['reject', FIELD_CODES.VALUE],
} as const satisfies Readonly<Record<string, readonly [does: string, means: string, category?: Category]>>; // prettier-ignore

export type CsvCode = keyof typeof CSV_CODES;

/** Details of a finding that not every one has. */
interface Details {
  readonly path?: string;
  readonly evidence?: string | null;
  readonly location?: Location;
  /** What it does, where the profile has a say. */
  readonly disposition?: Disposition;
}

const LONGEST_EVIDENCE = 100;

/** A finding about a CSV file. */
export function csvFinding(code: CsvCode, message: string, details: Details = {}): Finding {
  const { path = '', evidence = null, location = {}, disposition = dispositionOf(code) } = details;
  return {
    ...faulty(code, disposition),
    category: categoryOf(code),
    path,
    message,
    evidence: evidence?.slice(0, LONGEST_EVIDENCE) ?? null,
    location,
  };
}

/** The category of a finding with this code. */
export function categoryOf(code: CsvCode): Category {
  const [, , category = 'data_format'] = CSV_CODES[code] as readonly [string, string, Category?];
  return category;
}

function dispositionOf(code: CsvCode): Disposition {
  const [does] = CSV_CODES[code];
  return does === 'hold; warn' ? 'hold' : does;
}

/** What stopped reading, as a finding about the whole file. */
export function faultFinding({ code, message, location }: CsvFault): Finding {
  return csvFinding(`CSV.${code}`, `The file cannot be read as CSV: ${message}.`, { location });
}
