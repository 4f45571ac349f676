import { z } from 'zod';

/** How a date is written: a calendar date with year, month and day; what follows it, such as a time, is left aside. */
const DATE_PATTERNS = [
  'YYYY-MM-DD',
  'YYYYMMDD',
  'YYYY/MM/DD',
  'DD.MM.YYYY',
  'DD/MM/YYYY',
  'DD-MM-YYYY',
  'MM/DD/YYYY',
  'MM-DD-YYYY',
] as const;

const PARTY_FIELDS = 'id|name|line[1-6]|city|region|postalCode|country';

/** Canonical fields of an order that a table may fill. `charges.FREIGHT` is the amount of a charge with that code. */
const ORDER_FIELD = new RegExp(
  '^(?:externalId|poNumber|type|orderDate|requestedDeliveryDate|currency|customerId|tax|total|notes' +
    '|contact\\.(?:name|email|phone)|payment\\.(?:method|terms|token)|charges\\.[A-Z][A-Z0-9_]{0,39}' +
    `|(?:shipTo|billTo)\\.(?:${PARTY_FIELDS}))$`,
);

/** Canonical fields of a line. `ids.UP` is the product id with that qualifier, `discount` an amount. */
const LINE_FIELD = new RegExp(
  '^(?:line|sku|description|quantity|unit|unitPrice|amount|discount|requestedDeliveryDate|ids\\.[A-Z0-9]{1,10}' +
    `|deliverTo\\.(?:${PARTY_FIELDS}))$`,
);

const path = z.string().min(1).max(500);

/** Where one canonical field comes from; a text alone is short for `{ "from": … }`. */
const mappedField = z.union([
  // Piped on, so that the API's document can tell what comes out.
  path.transform((from) => ({ from })).pipe(z.strictObject({ from: path })),
  z
    .strictObject({
      /** Where the value stands; the first of several that has one. */
      from: z.union([path, z.array(path).min(1).max(10)]).optional(),
      /** The value for all documents, or where none stands at `from`. */
      default: z.string().max(200).optional(),
      /** From the sender's value to ours, such as `{ "Stk": "EA" }`; what is not in the table stays as it is. */
      values: z.record(z.string(), z.string()).optional(),
      /** Overrides the table's own. */
      dates: z.enum(DATE_PATTERNS).optional(),
    })
    .refine((field) => field.from !== undefined || field.default !== undefined, 'needs `from`, `default` or both'),
]);

/**
 * The table that says where a sender of any other shape has the canonical fields: JSON pointers, a simple kind of XPath,
 * or column names. Lines are the elements at `lines`, and the paths of line fields start there.
 */
export const mappingProfile = z.strictObject({
  /** Where the lines are; left out for rows of a CSV, which are lines themselves. */
  lines: path.optional(),
  order: z.record(z.string().regex(ORDER_FIELD, 'is no field of an order that a table can fill'), mappedField),
  line: z.record(z.string().regex(LINE_FIELD, 'is no field of a line that a table can fill'), mappedField),
  /** How dates are written. */
  dates: z.enum(DATE_PATTERNS).default('YYYY-MM-DD'),
  /** How amounts and quantities are written: `1.234,50` has the decimal mark `,` and groups by `.`. */
  numbers: z
    .strictObject({
      decimal: z.enum(['.', ',']).default('.'),
      group: z.enum(['', '.', ',', ' ', "'"]).default(''),
    })
    .refine(({ decimal, group }) => decimal !== group, 'the decimal mark cannot group digits too')
    .default({ decimal: '.', group: '' }),
});

/** Where a sender of any other shape has the canonical fields. */
export type MappingProfile = z.infer<typeof mappingProfile>;
/** Where one canonical field comes from. */
export type MappedField = MappingProfile['order'][string];
/** How a date is written. */
export type DatePattern = MappingProfile['dates'];
/** How numbers are written. */
export type NumberNotation = MappingProfile['numbers'];
