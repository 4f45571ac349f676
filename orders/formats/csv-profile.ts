import { z } from 'zod';
import { customerNumber } from '../order.ts';

/** Fields of the order's head that a column can give. Charges are `charges.` and a code, such as `charges.FREIGHT`. */
const HEAD_FIELDS = [
  'poNumber', 'externalId', 'type', 'orderDate', 'requestedDeliveryDate', 'currency', 'customerId',
  'contact.name', 'contact.email', 'contact.phone',
  'shipTo.id', 'shipTo.name', 'shipTo.line1', 'shipTo.line2', 'shipTo.line3', 'shipTo.city', 'shipTo.region',
  'shipTo.postalCode', 'shipTo.country',
  'billTo.id', 'billTo.name', 'billTo.line1', 'billTo.line2', 'billTo.line3', 'billTo.city', 'billTo.region',
  'billTo.postalCode', 'billTo.country',
  'payment.method', 'payment.terms', 'payment.token', 'tax', 'total', 'lineCount', 'note',
] as const; // prettier-ignore

/** Fields of an order line. Further product ids are `ids.` and a qualifier of X12 element 235, such as `ids.EN`. */
const LINE_FIELDS = [
  'line', 'sku', 'description', 'quantity', 'unit', 'unitPrice', 'discount', 'amount', 'lineDeliveryDate',
] as const; // prettier-ignore

const FIELD = new RegExp(
  `^(?:${[...HEAD_FIELDS, ...LINE_FIELDS].map((name) => name.replace('.', '\\.')).join('|')}` +
    '|charges\\.[A-Z0-9_-]{1,40}|ids\\.[A-Z0-9]{1,10})$',
);

/**
 * A field of an order as a CSV column gives it: the canonical name, with what the canonical order nests made flat:
 * `poNumber`, `shipTo.city`, `sku`, `charges.FREIGHT`, `ids.EN`.
 */
export type CsvFieldName = string;

/** Whether each line of an order has the field, rather than the order once. */
export function isLineField(field: CsvFieldName): boolean {
  return (LINE_FIELDS as readonly string[]).includes(field) || field.startsWith('ids.');
}

const cell = z.string().max(500);
const header = z.string().trim().min(1).max(200);

/** Where a field comes from: a column by its header, with a value for rows that leave it blank; or always the same value. */
const column = z.union([
  header,
  z.strictObject({ column: header, default: cell }),
  z.strictObject({ constant: cell }),
  /** No column, whatever the headers seem to say. */
  z.null(),
]);

/** `DD.MM.YYYY`, `M/D/YYYY`, `YYYYMMDD`: each part once; the year always has four digits. */
const dateFormat = z
  .string()
  .regex(/^(?=.*YYYY)(?=.*M)(?=.*D)(?:YYYY|MM?|DD?|[./ -])+$/, 'must be a date format such as "DD.MM.YYYY"')
  .refine((format) => ['Y', 'M', 'D'].every((part) => format.split(new RegExp(`${part}+`)).length === 2), {
    message: 'must have year, month and day once each',
  });

/** How a source writes CSV. All of it may be left out: headers, delimiter and encoding are then found in the file. */
export const csvProfile = z
  .strictObject({
    /** What separates fields. Left out: what stands most often in the header. */
    delimiter: z.enum([',', ';', '\t', '|']).optional(),
    /** How text is encoded where no byte order mark says it. */
    encoding: z.enum(['utf-8', 'utf-16le', 'utf-16be', 'windows-1252']).default('utf-8'),
    /** What stands before the decimals. Left out: a point, and `1,234` is refused rather than guessed. */
    decimalMark: z.enum(['.', ',']).optional(),
    /** What may stand between thousands. Left out: nothing. */
    thousandsSeparator: z.enum(['.', ',', ' ', "'"]).optional(),
    /** Tried in turn; ISO 8601 is always understood. Two that can read the same date differently are refused here. */
    dateFormats: z.array(dateFormat).max(5).default([]),
    /** From canonical field to column. They win over what headers seem to mean. */
    columns: z.record(z.string().regex(FIELD, 'must be a field of an order such as "unitPrice"'), column).default({}),
    /** Whether a row is an order line, or an order with numbered columns such as `sku_1,quantity_1`. Left out: as the headers say. */
    rows: z.enum(['line', 'order']).optional(),
    /** What one row that cannot be read does: its order is refused, or the whole file. */
    badRows: z.enum(['refuse_order', 'refuse_file']).default('refuse_order'),
    /** From the customer's id in the file to the back office's customer number. Ids that are not listed stand as they are. */
    customers: z.record(z.string(), customerNumber).default({}),
    /**
     * What happens to an order of which nothing proves that all its rows arrived: no order total, no line count, no end
     * mark.
     */
    unproven: z.enum(['hold', 'warn']).default('hold'),
    /** Whether the last row may lack its line end: a file that was cut off ends so too. */
    finalLineEnd: z.enum(['required', 'optional']).default('required'),
    /** First field of a last row that ends every whole file, such as `EOF`. Its second field may be the number of rows. */
    endMark: z.string().min(1).max(40).optional(),
  })
  .refine(({ decimalMark = '.', thousandsSeparator }) => decimalMark !== thousandsSeparator, {
    path: ['thousandsSeparator'],
    message: 'must differ from the decimal mark',
  })
  .refine(({ dateFormats }) => new Set(dateFormats.map(orderOfParts)).size === dateFormats.length, {
    path: ['dateFormats'],
    message: 'two of these read the same date in different ways',
  });

/** Separator and order of day, month and year: what two formats may not share, nor share but for their order. */
function orderOfParts(format: string): string {
  const startsWithYear = format.startsWith('Y');
  return `${startsWithYear} ${format.replace(/[YMD]/g, '')}`;
}

/** The CSV part of a source's profile. */
export type CsvProfile = z.infer<typeof csvProfile>;

/** What holds for a source whose profile says nothing of CSV. */
const DEFAULT_CSV_PROFILE: CsvProfile = csvProfile.parse({});

/** The CSV part of a source's profile, with what holds for all where it says nothing. */
export function csvProfileOf({ csv }: { readonly csv?: CsvProfile | undefined }): CsvProfile {
  return csv ?? DEFAULT_CSV_PROFILE;
}
