import type { Finding } from '../finding.ts';
import { decimal, isDecimal, sum } from '../money.ts';
import type { SourceProfile } from '../source.ts';
import { type CsvCode, csvFinding } from './csv-codes.ts';
import { readExtensions } from './csv.ts';
import { csvProfileOf } from './csv-profile.ts';
import { type CsvHeader, type CsvRow, locateField } from './csv-reader.ts';
import {
  type CsvLocator,
  type CsvShape,
  findBadRows,
  findOpenEnd,
  findScattered,
  nameCell,
  readCell,
} from './csv-shape.ts';
import { readDate } from './csv-values.ts';
import { type Draft, findNearest, finishDraft } from './draft.ts';
import type { JsonObject, JsonValue } from './json-reader.ts';
import { domainKey, negate, toCode, toTerms } from './shop-parts.ts';
import { DELIVERED, PAID } from './shopify.ts';

/** Columns of lines, which every row has. All others stand in an order's first row alone. */
const LINE_COLUMNS = {
  quantity: 'Lineitem quantity',
  name: 'Lineitem name',
  price: 'Lineitem price',
  sku: 'Lineitem sku',
  discount: 'Lineitem discount',
} as const;

/** What must be the same wherever it stands again: two exports in one file would make one order of two. */
const SAID_ONCE = ['Id', 'Total', 'Currency', 'Email'];

/** Whether the columns are those of the order export of a Shopify shop. */
export function isShopifyExport({ values }: CsvHeader): boolean {
  return ['Name', 'Total', ...Object.values(LINE_COLUMNS).slice(0, 3)].every((name) => values.includes(name));
}

/**
 * How the order export of a Shopify shop becomes orders: the first row of an order says all that it has once, the rows
 * behind repeat its name and add lines.
 * @see https://help.shopify.com/en/manual/fulfillment/managing-orders/exporting-orders
 */
export function describeShopify(header: CsvHeader, profile: SourceProfile): CsvShape {
  const nameIndex = header.values.indexOf('Name');
  const open = (rows: readonly CsvRow[], locator: CsvLocator): Export => {
    const places = new Map<string, { readonly row: CsvRow; readonly index: number }>();
    return { header, rows, locator, profile, places, used: new Set(), findings: [] };
  };
  return {
    layout: 'shopify',
    findings: [],
    isRowAnOrder: false,
    keyOf: (row) => readCell(row, nameIndex),
    isLineTotal: undefined,
    read: (rows, locator) => finishDraft(readDraft(open(rows, locator)), profile, 'CSV'),
    locate: (rows, locator, pointer) => readDraft(open(rows, locator)).locate(pointer),
  };
}

/** An order of an export while it is read. */
interface Export {
  readonly header: CsvHeader;
  readonly rows: readonly CsvRow[];
  readonly locator: CsvLocator;
  readonly profile: SourceProfile;
  /** The cell of each canonical field, by JSON pointer. */
  readonly places: Map<string, { readonly row: CsvRow; readonly index: number }>;
  /** Columns that the canonical order says in full. */
  readonly used: Set<number>;
  readonly findings: Finding[];
}

function readDraft(reading: Export): Draft {
  const { header, rows, locator, profile, places } = reading;
  const top = rows[0] ?? header;
  const csv = csvProfileOf(profile);
  const isCancelled = cellOf(reading, 'Cancelled at', top) !== '';
  const lines = rows.map((row, index) => readLine(reading, row, index));
  const total = take(reading, '/total', 'Total');
  const order: JsonObject = {
    ...without({
      externalId: take(reading, '/externalId', 'Name'),
      poNumber: take(reading, '/poNumber', 'Name'),
      orderDate: readDate(take(reading, '/orderDate', 'Created at') ?? '', csv).text,
      currency: take(reading, '/currency', 'Currency'),
      customerId: findCustomer(reading),
      total,
    }),
    type: isCancelled ? 'cancel' : 'new',
    contact: readContact(reading),
    shipTo: readAddress(reading, '/shipTo', 'Shipping'),
    billTo: readAddress(reading, '/billTo', 'Billing'),
    payment: readPayment(reading),
    lines,
    ...readSums(reading, lines, total),
    notes: ['Notes', 'Note Attributes']
      .map((name) => take(reading, '/notes', name))
      .filter((note) => note !== undefined),
  };
  judgeState(reading, isCancelled);
  const unknown = header.values.map((_, index) => index).filter((index) => !reading.used.has(index));
  const extensions = readExtensions(header, unknown, rows);
  return {
    order: { ...order, ...(extensions && { extensions }) },
    nameOf: (pointer) => {
      const place = places.get(pointer);
      return place ? nameCell(header, place.index, place.row.row) : `"${pointer}" of row ${top.row}`;
    },
    locate: (pointer) => {
      const place = findNearest(places, pointer)?.place;
      return place ? locateField(place.row, place.index) : locateField(top, -1);
    },
    findings: [
      ...findBadRows(header, rows),
      ...findScattered(locator),
      ...findDifferences(reading),
      ...reading.findings,
      ...findOpenEnd(rows, locator, csv, false),
    ],
  };
}

/** Leaves out what the export does not say. */
function without(fields: Readonly<Record<string, JsonValue | undefined>>): JsonObject {
  return Object.fromEntries(
    Object.entries(fields).filter((entry): entry is [string, JsonValue] => entry[1] !== undefined),
  );
}

function cellOf({ header }: Export, column: string, row: CsvRow): string {
  return readCell(row, header.values.indexOf(column));
}

/** The text of a column in a row, the order's first if none is given; undefined if it is blank. */
function take(reading: Export, pointer: string, column: string, row = reading.rows[0]): string | undefined {
  const index = reading.header.values.indexOf(column);
  if (row === undefined || index < 0) return undefined;
  reading.places.set(pointer, { row, index });
  reading.used.add(index);
  // Spreadsheets would take the zeros off a postal code: the export writes 'apostrophe 02139'.
  const text = readCell(row, index).replace(column.endsWith(' Zip') ? /^'/ : /^(?!)/, '');
  return text === '' ? undefined : text;
}

function readLine(reading: Export, row: CsvRow, index: number): JsonObject {
  const path = `/lines/${index}`;
  const name = take(reading, `${path}/description`, LINE_COLUMNS.name, row);
  const sku = take(reading, `${path}/sku`, LINE_COLUMNS.sku, row);
  const discount = take(reading, `${path}/discounts/0/amount`, LINE_COLUMNS.discount, row);
  if (sku === undefined && name !== undefined) {
    const message = `Row ${row.row} has no SKU: the name of the product stands in its place. Give the product a SKU in the shop.`;
    say(reading, 'CSV.LINE_SKU', `${path}/sku`, message);
  }
  return without({
    line: String(index + 1),
    sku: sku ?? toCode(name ?? null, ''),
    description: name,
    quantity: take(reading, `${path}/quantity`, LINE_COLUMNS.quantity, row),
    unitPrice: take(reading, `${path}/unitPrice`, LINE_COLUMNS.price, row),
    discounts: discount === undefined || isZero(discount) ? undefined : [{ code: 'DISCOUNT', amount: discount }],
  });
}

function isZero(text: string): boolean {
  return isDecimal(text) && decimal(text).isZero();
}

function say(reading: Export, code: CsvCode, path: string, message: string): void {
  const place = findNearest(reading.places, path)?.place;
  const location = place ? locateField(place.row, place.index) : locateField(reading.rows[0] ?? reading.header, -1);
  reading.findings.push(csvFinding(code, message, { path, location }));
}

/** A buyer's address is never a customer number; the profile maps the domain of a company's. */
function findCustomer(reading: Export): string | undefined {
  const { profile } = reading;
  const email = take(reading, '/customerId', 'Email');
  const key = email === undefined ? undefined : domainKey(email);
  const customers = profile.csv?.customers ?? {};
  if (key !== undefined && Object.hasOwn(customers, key)) return customers[key];
  if (profile.defaults.customerId !== undefined) return undefined;
  const tried = key === undefined ? 'The order names no buyer' : `No customer number is configured for "${key}"`;
  const message = `${tried}, and this source has no default customer: add one to its profile under csv.customers.`;
  say(reading, 'CSV.CUSTOMER_UNMAPPED', '/customerId', message);
  return undefined;
}

function readContact(reading: Export): JsonObject | null {
  const contact = without({
    name: take(reading, '/contact/name', 'Billing Name'),
    email: take(reading, '/contact/email', 'Email'),
    phone: take(reading, '/contact/phone', 'Phone') ?? take(reading, '/contact/phone', 'Billing Phone'),
  });
  return Object.keys(contact).length > 0 ? contact : null;
}

function readAddress(reading: Export, path: string, party: 'Shipping' | 'Billing'): JsonObject | null {
  const at = (field: string, column: string): string | undefined =>
    take(reading, `${path}/${field}`, `${party} ${column}`);
  const [person, company] = [at('name', 'Name'), at('name', 'Company')];
  const streets = [at('lines/0', 'Address1'), at('lines/1', 'Address2')].filter((line) => line !== undefined);
  const lines = company !== undefined && person !== undefined && streets.length > 0 ? [person, ...streets] : streets;
  const place = without({
    name: company ?? person,
    city: at('city', 'City'),
    region: at('region', 'Province'),
    postalCode: at('postalCode', 'Zip'),
    country: at('country', 'Country'),
  });
  return Object.keys(place).length === 0 && lines.length === 0 ? null : { ...place, lines };
}

function readPayment(reading: Export): JsonObject | null {
  const terms = take(reading, '/payment/terms', 'Payment Terms Name');
  if (terms !== undefined) return { method: 'terms', terms: toTerms(terms) };
  return PAID.includes(take(reading, '/payment', 'Financial Status') ?? '') ? { method: 'prepaid' } : null;
}

/**
 * Charges and tax. The export does not say whether prices include the tax, nor whether the order's discount holds those of
 * the lines: of the ways to read them, the one that makes the total is right. If none does, the total is checked, and a
 * person sees it.
 */
function readSums(reading: Export, lines: readonly JsonObject[], total: string | undefined): JsonObject {
  const freight = take(reading, '/charges/0/amount', 'Shipping') ?? '0';
  const duties = take(reading, '/charges', 'Duties') ?? '0';
  const discount = take(reading, '/charges', 'Discount Amount') ?? '0';
  const tax = take(reading, '/tax', 'Taxes') ?? '0.00';
  const onLines = lines.flatMap(
    ({ discounts }) => (discounts as readonly { readonly amount: string }[] | undefined) ?? [],
  );
  const lineDiscounts = onLines.map(({ amount }) => amount);
  const products = lines.map(({ quantity = null, unitPrice = null }) => [quantity, unitPrice] as const);
  const written = [freight, duties, discount, tax, total, ...lineDiscounts, ...products.flat()];
  const code = toCode(take(reading, '/charges', 'Discount Code') ?? null, 'DISCOUNT');
  const charges = (offOrder: string): readonly JsonObject[] =>
    [
      { code: 'FREIGHT', amount: freight },
      { code: 'DUTIES', amount: duties },
      { code, amount: negate(offOrder) },
    ].filter(({ amount }) => !isZero(amount));
  if (!written.every((text) => typeof text === 'string' && isDecimal(text))) return { charges: charges(discount), tax };

  const gross = products
    .map((factors) => factors.map((factor) => decimal(typeof factor === 'string' ? factor : '0')))
    .reduce((all, [quantity = all, price = all]) => all.plus(quantity.times(price)), decimal('0'));
  const onlyOrder = decimal(discount).minus(sum(lineDiscounts)).toFixed();
  const ways = [discount, onlyOrder, '0'].flatMap((off) => [tax, '0.00'].map((added) => ({ off, added })));
  const right = ways.find(({ off, added }) =>
    gross
      .minus(sum([...lineDiscounts, off]))
      .plus(sum([freight, duties, added]))
      .equals(decimal(total ?? '0')),
  );
  return { charges: charges(right?.off ?? discount), tax: right?.added ?? tax };
}

function judgeState(reading: Export, isCancelled: boolean): void {
  const status = take(reading, '/payment', 'Financial Status') ?? '';
  const refunded = take(reading, '/payment', 'Refunded Amount') ?? '0';
  const delivered = take(reading, '/lines', 'Fulfillment Status') ?? '';
  if (isCancelled) {
    say(reading, 'CSV.CANCELLED', '/type', 'The order was cancelled in the shop: it is taken as a cancellation.');
    return;
  }
  if (!isZero(refunded) || status.includes('refunded')) {
    say(reading, 'CSV.REFUNDED', '/payment', 'Money of this order was given back; it stands as it was placed.');
  } else if (!PAID.includes(status) && take(reading, '/payment/terms', 'Payment Terms Name') === undefined) {
    say(reading, 'CSV.UNPAID', '/payment', 'The order is not paid, and no payment terms are agreed.');
  }
  if (DELIVERED.includes(delivered)) {
    say(reading, 'CSV.FULFILLED', '/lines', 'The order, or a part of it, was delivered already.');
  }
}

function findDifferences({ header, rows }: Export): readonly Finding[] {
  const [top, ...others] = rows;
  return SAID_ONCE.flatMap((name) => {
    const index = header.values.indexOf(name);
    if (top === undefined || index < 0) return [];
    const other = others.find((row) => readCell(row, index) !== '' && readCell(row, index) !== readCell(top, index));
    if (other === undefined) return [];
    const message = `${nameCell(header, index)} says one thing in row ${top.row} and another in row ${other.row}: are these two orders?`;
    return [csvFinding('CSV.DIFFERS', message, { location: locateField(other, index) })];
  });
}
