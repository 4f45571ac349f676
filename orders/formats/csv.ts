import type { Finding } from '../finding.ts';
import { decimal, isDecimal, minorUnits, sum, toCurrency } from '../money.ts';
import type { SourceProfile } from '../source.ts';
import { type CsvCode, csvFinding } from './csv-codes.ts';
import { type CsvColumn, type CsvColumns, readColumns } from './csv-columns.ts';
import { type CsvFieldName, type CsvProfile, csvProfileOf } from './csv-profile.ts';
import { type CsvHeader, type CsvRow, locateField } from './csv-reader.ts';
import {
  type CsvLocator,
  type CsvShape,
  findBadRows,
  findDoubtful,
  findOpenEnd,
  findScattered,
  nameCell,
  readCell,
} from './csv-shape.ts';
import { type CellReading, readDate, readNumber } from './csv-values.ts';
import {
  completeOrder,
  type Draft,
  findNearest,
  findRefused,
  finishDraft,
  isAmount,
  isList,
  isObject,
} from './draft.ts';
import type { ParseResult } from './format.ts';
import type { JsonObject, JsonValue } from './json-reader.ts';

/** How a file with any headers becomes canonical orders: by the source's profile, else by what headers usually mean. */
export function describeCanonical(header: CsvHeader, profile: SourceProfile): CsvShape {
  const csv = csvProfileOf(profile);
  const columns = readColumns(header, csv);
  const table: Table = { header, columns, csv, profile };
  return {
    layout: Object.keys(csv.columns).length > 0 ? 'mapped' : 'canonical',
    findings: columns.findings,
    isRowAnOrder: columns.rows === 'order',
    keyOf: (row) => keyOf(table, row),
    isLineTotal: columns.isTotalUnsure && columns.rows === 'line' ? (row) => isLineTotal(table, row) : undefined,
    read: (rows, locator) => read(table, rows, locator),
    locate: (rows, locator, pointer) => readDraft(table, rows, locator).draft.locate(pointer),
  };
}

/** A file's header with what it means. */
interface Table {
  readonly header: CsvHeader;
  readonly columns: CsvColumns;
  readonly csv: CsvProfile;
  readonly profile: SourceProfile;
}

function keyOf({ columns }: Table, row: CsvRow): string {
  const number = readColumn(columns.head.get('poNumber'), row);
  if (number === '') return '';
  const customer = readColumn(columns.head.get('customerId'), row);
  return [number, customer, columns.rows === 'order' ? row.row : ''].join('\0');
}

/** The text of a field in one row, its fallback where the column is blank; empty if there is neither. */
function readColumn(column: CsvColumn | undefined, row: CsvRow): string {
  if (column === undefined) return '';
  const text = column.index === undefined ? '' : readCell(row, column.index);
  return text === '' ? (column.fallback ?? '').trim() : text;
}

/** Whether the column `total` holds what the row's line comes to. */
function isLineTotal(table: Table, row: CsvRow): boolean {
  const total = readAmount(table, table.columns.head.get('total'), row);
  const [line = new Map<CsvFieldName, CsvColumn>()] = table.columns.lines;
  const quantity = readAmount(table, line.get('quantity'), row);
  const price = readAmount(table, line.get('unitPrice'), row);
  if (total === undefined || quantity === undefined || price === undefined) return false;
  const discount = readAmount(table, line.get('discount'), row) ?? '0';
  const exact = decimal(quantity).times(decimal(price)).minus(decimal(discount));
  return exact.minus(decimal(total)).abs().lessThan('0.01');
}

function readAmount({ header, csv }: Table, column: CsvColumn | undefined, row: CsvRow): string | undefined {
  const { text } = readNumber(readColumn(column, row), { ...csv, delimiter: header.delimiter });
  return text !== undefined && isDecimal(text) ? text : undefined;
}

function read(table: Table, rows: readonly CsvRow[], locator: CsvLocator): ParseResult {
  const { draft, endings } = readDraft(table, rows, locator);
  const { order, findings } = finishDraft(draft, table.profile, 'CSV');
  // A value that the reader told about is told once.
  const told = findRefused(draft.findings);
  const isNew = (finding: Finding): boolean => draft.findings.includes(finding) || !told.has(finding.path);
  return { order, findings: [...findings.filter(isNew), ...endings] };
}

/** Collects an order from its rows, with the place of each field. */
function readDraft(table: Table, rows: readonly CsvRow[], locator: CsvLocator) {
  const { header, columns, profile } = table;
  const places = new Map<string, Cell>();
  const findings: Finding[] = [...findBadRows(header, rows), ...findScattered(locator)];
  const context: Context = { ...table, rows, places, findings };
  const head = readHead(context, locator);
  const { lineCount, ...once } = head;
  const order: JsonObject = { ...once, lines: readLines(context, locator) };
  const total = order['total'] ?? computeTotal(order, profile);
  const extensions = readExtensions(header, columns.unknown, rows);
  const complete: JsonObject = { ...order, total, ...(extensions && { extensions }) };

  const draft: Draft = {
    order: complete,
    findings,
    nameOf: (pointer) => nameOf(context, pointer),
    locate: (pointer) => {
      const cell = findNearest(places, pointer)?.place;
      return cell === undefined ? locateField(rows[0] ?? header, -1) : locateField(cell.row, cell.index ?? -1);
    },
  };
  const endings = [
    ...findLineCount(context, complete['lines'], lineCount),
    ...findUnproven(context, locator, order['total'] !== undefined, lineCount !== undefined),
    ...findOpenEnd(rows, locator, context.csv, locator.total === 'order' && isEndProven(context, rows, complete)),
    ...findUnknown(header, extensions),
  ];
  return { draft, endings };
}

/** Where a field's text comes from; without an index if no column gives it. */
interface Cell {
  readonly row: CsvRow;
  readonly index: number | undefined;
}

/** An order while it is read. */
interface Context extends Table {
  readonly rows: readonly CsvRow[];
  /** The cell of each canonical field, by JSON pointer. */
  readonly places: Map<string, Cell>;
  readonly findings: Finding[];
}

type Reading = 'text' | 'number' | 'date' | 'upper' | 'lower';

/** How fields are read that are not plain text. */
const READINGS: Readonly<Record<CsvFieldName, Reading>> = {
  type: 'lower', orderDate: 'date', requestedDeliveryDate: 'date', lineDeliveryDate: 'date', currency: 'upper',
  'shipTo.country': 'upper', 'billTo.country': 'upper', tax: 'number', total: 'number', lineCount: 'number',
  quantity: 'number', unit: 'upper', unitPrice: 'number', discount: 'number', amount: 'number',
}; // prettier-ignore

function readingOf(field: CsvFieldName): Reading {
  return field.startsWith('charges.') ? 'number' : (READINGS[field] ?? 'text');
}

/** Where a field of the head stands in the canonical order. */
function pointerOf(field: CsvFieldName): string {
  const [party = '', part = ''] = field.split('.');
  if (/^line\d$/.test(part)) return `/${party}/lines`;
  return party === 'charges' ? '/charges' : `/${field.replace('.', '/')}`;
}

/** The text of a cell in canonical form; what cannot be read stays as written, with a finding. */
function interpret(context: Context, field: CsvFieldName, cell: Cell, text: string, pointer: string): string {
  const reading = readingOf(field);
  if (reading === 'text') return text;
  if (reading === 'upper') return text.toUpperCase();
  if (reading === 'lower') return text.toLowerCase();
  const { csv, header } = context;
  const read: CellReading =
    reading === 'date' ? readDate(text, csv) : readNumber(text, { ...csv, delimiter: header.delimiter });
  if (read.problem === undefined) return read.text;
  const { isAmbiguous, words } = read.problem;
  const code: CsvCode = isAmbiguous ? 'CSV.AMBIGUOUS_NUMBER' : 'CSV.FORMAT';
  const location = locateField(cell.row, cell.index ?? -1);
  const name =
    cell.index === undefined ? `The profile's value for ${field}` : nameCell(header, cell.index, cell.row.row);
  context.findings.push(csvFinding(code, `${name} ${words}.`, { path: pointer, evidence: text, location }));
  return text;
}

/** What the order has once. */
function readHead(context: Context, locator: CsvLocator): JsonObject {
  const { columns, places } = context;
  const order: Record<string, JsonValue> = {};
  const parties: Record<string, Record<string, JsonValue>> = {};
  const charges: JsonObject[] = [];
  for (const field of columns.head.keys()) {
    if (field === 'note' || (field === 'total' && locator.total === 'line')) continue;
    const found = readOnce(context, field);
    if (found === undefined) continue;
    const [party = '', part = ''] = field.split('.');
    const pointer = party === 'charges' ? `/charges/${charges.length}/amount` : pointerOf(field);
    places.set(pointer, found.cell);
    if (found.text === '') continue;
    const value = interpret(context, field, found.cell, found.text, pointer);
    if (party === 'charges') charges.push({ code: part, amount: value });
    else if (part === '') order[field] = value;
    else (parties[party] ??= {})[part] = value;
  }
  return {
    ...order,
    ...mapCustomer(context, order),
    ...completeParties(parties),
    ...readNotes(context),
    ...(charges.length > 0 && { charges }),
  };
}

/** A party with its lines of address in their order, whatever the order of the columns. */
function joinLines({ line1, line2, line3, ...party }: JsonObject): JsonObject {
  const lines = [line1, line2, line3].filter((line) => line !== undefined);
  return lines.length > 0 ? { ...party, lines } : party;
}

/** Parties as the canonical order has them. Terms of payment alone are payment by terms. */
function completeParties(parties: Readonly<Record<string, JsonObject>>): JsonObject {
  const { payment, ...addressed } = parties;
  const others = Object.fromEntries(Object.entries(addressed).map(([name, party]) => [name, joinLines(party)]));
  if (payment === undefined) return others;
  return { ...others, payment: payment['terms'] === undefined ? payment : { method: 'terms', ...payment } };
}

function mapCustomer({ csv }: Context, { customerId }: JsonObject): JsonObject {
  const isListed = typeof customerId === 'string' && Object.hasOwn(csv.customers, customerId);
  const number = isListed ? csv.customers[customerId] : undefined;
  return number === undefined ? {} : { customerId: number };
}

/** Each remark once, from whatever row. */
function readNotes({ columns, rows }: Context): JsonObject {
  const column = columns.head.get('note');
  const notes = [...new Set(rows.map((row) => readColumn(column, row)))].filter((note) => note !== '');
  return notes.length > 0 ? { notes } : {};
}

/** A field that all rows of an order should agree in: the first that is not blank, with a finding if another differs. */
function readOnce(context: Context, field: CsvFieldName): { readonly text: string; readonly cell: Cell } | undefined {
  const { columns, rows, header, findings } = context;
  const column = columns.head.get(field);
  const [top] = rows;
  if (column === undefined || top === undefined) return undefined;
  const { index } = column;
  const filled = rows.filter((row) => readColumn(column, row) !== '');
  const first = filled[0] ?? top;
  const text = readColumn(column, first);
  const other = filled.find((row) => readColumn(column, row) !== text);
  if (other !== undefined && index !== undefined) {
    const message =
      `${nameCell(header, index)} says one thing in row ${first.row} and another in row ${other.row}, ` +
      'but the order has it once: correct one of them.';
    const evidence = `row ${first.row}: ${text}; row ${other.row}: ${readColumn(column, other)}`;
    const location = locateField(other, index);
    findings.push(csvFinding('CSV.DIFFERS', message, { path: pointerOf(field), evidence, location }));
  }
  return { text, cell: { row: first, index } };
}

function readLines(context: Context, locator: CsvLocator): readonly JsonObject[] {
  const { columns, rows } = context;
  const groups = rows.flatMap((row) => columns.lines.map((group) => ({ row, group })));
  // In a row that is an order, most of the numbered columns are blank.
  const used = columns.rows === 'line' ? groups : groups.filter(({ row, group }) => isUsed(group, row));
  return used.map(({ row, group }, index) => readLine(context, withTotal(context, group, locator), row, index));
}

function isUsed(group: ReadonlyMap<CsvFieldName, CsvColumn>, row: CsvRow): boolean {
  return [...group.values()].some(({ index }) => index !== undefined && readCell(row, index) !== '');
}

/** A column `total` that gives the line's is the line's amount. */
function withTotal({ columns }: Context, group: ReadonlyMap<CsvFieldName, CsvColumn>, { total }: CsvLocator) {
  const column = columns.head.get('total');
  if (total !== 'line' || column === undefined || group.has('amount')) return group;
  return new Map([...group, ['amount', column] as const]);
}

function readLine(
  context: Context,
  group: ReadonlyMap<CsvFieldName, CsvColumn>,
  row: CsvRow,
  lineIndex: number,
): JsonObject {
  const line: Record<string, JsonValue> = {};
  const ids: Record<string, JsonValue> = {};
  const base = `/lines/${lineIndex}`;
  context.places.set(base, { row, index: undefined });
  for (const [field, column] of group) {
    const cell = { row, index: column.index };
    const pointer = `${base}${LINE_POINTERS[field] ?? `/${field.replace('.', '/')}`}`;
    context.places.set(pointer, cell);
    const text = readColumn(column, row);
    if (text === '') continue;
    const value = interpret(context, field, cell, text, pointer);
    if (field === 'discount') line['discounts'] = [{ code: 'DISCOUNT', amount: value }];
    else if (field === 'lineDeliveryDate') line['requestedDeliveryDate'] = value;
    else if (field.startsWith('ids.')) ids[field.slice('ids.'.length)] = value;
    else line[field] = value;
  }
  return Object.keys(ids).length > 0 ? { ...line, ids } : line;
}

/** Line fields that stand under another name in the canonical order. */
const LINE_POINTERS: Readonly<Record<CsvFieldName, string>> = {
  discount: '/discounts/0/amount',
  lineDeliveryDate: '/requestedDeliveryDate',
};

/** The total that the lines come to, as zero where a line cannot be computed with: that is told of the line. */
function computeTotal(order: JsonObject, profile: SourceProfile): string {
  const completed = completeOrder(order, profile);
  const { lines, charges, tax = '0' } = completed;
  const amounts = [...amountsOf(lines), ...amountsOf(charges), tax];
  const { currency } = completed;
  return amounts.every(isAmount) ? toCurrency(sum(amounts), typeof currency === 'string' ? currency : '') : '0';
}

function amountsOf(list: JsonValue | undefined): readonly (JsonValue | undefined)[] {
  return isList(list) ? list.map((element) => (isObject(element) ? element['amount'] : undefined)) : [];
}

/** What the sender calls a canonical field. */
function nameOf({ header, places }: Context, pointer: string): string {
  const nearest = findNearest(places, pointer);
  if (nearest?.at === pointer && nearest.place.index !== undefined) {
    return nameCell(header, nearest.place.index, nearest.place.row.row);
  }
  const field = pointer.replace(/^\/(?:lines\/\d+\/)?/, '');
  const row = nearest?.place.row.row;
  return `"${field}"${row === undefined ? '' : ` of row ${row}`} (no column gives it)`;
}

/** Columns as they stand, by header: one value if all rows agree, else one for each row. Blank ones are left out. */
export function readExtensions(
  header: CsvHeader,
  indexes: readonly number[],
  rows: readonly CsvRow[],
): JsonObject | undefined {
  const entries = indexes.flatMap((index): [string, JsonValue][] => {
    const values = rows.map((row) => readCell(row, index));
    if (values.every((value) => value === '')) return [];
    const [first = ''] = values;
    const name = header.values[index]?.trim() ?? '';
    return [[name === '' ? `column ${index + 1}` : name, values.every((value) => value === first) ? first : values]];
  });
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

function findUnknown(header: CsvHeader, extensions: JsonObject = {}): readonly Finding[] {
  const names = Object.keys(extensions);
  if (names.length === 0) return [];
  const message = `${names.length === 1 ? 'A column has' : `${names.length} columns have`} no meaning in an order: kept under "extensions", without effect.`;
  const location = { row: header.row };
  return [csvFinding('CSV.UNKNOWN_COLUMN', message, { path: '/extensions', evidence: names.join(', '), location })];
}

function findLineCount(
  context: Context,
  lines: JsonValue | undefined,
  told: JsonValue | undefined,
): readonly Finding[] {
  const count = isList(lines) ? lines.length : 0;
  if (typeof told !== 'string' || (isDecimal(told) && decimal(told).equals(count))) return [];
  const cell = context.places.get('/lineCount');
  const message = `The order has ${count} lines, but says that it has another number: send all of its rows.`;
  const location = cell ? locateField(cell.row, cell.index ?? -1) : {};
  return [csvFinding('CSV.LINE_COUNT', message, { path: '/lines', evidence: told, location })];
}

/** A file may be cut between two rows. Only what the order says of its whole can tell. */
function findUnproven(
  { csv, columns, rows }: Context,
  locator: CsvLocator,
  hasTotal: boolean,
  hasCount: boolean,
): readonly Finding[] {
  const location = locateField(rows[0] as CsvRow, -1);
  const isTotalSure = locator.total === 'order';
  if (locator.isWhole || hasCount || columns.rows === 'order' || (hasTotal && isTotalSure)) {
    if (hasTotal) return [];
    const message = 'No column gives the total of the order: it was computed from the lines.';
    return [csvFinding('CSV.NO_TOTAL', message, { path: '/total', location })];
  }
  const otherwise = isTotalSure ? 'no' : 'the column of the total seems to be that of each line, and no other';
  const message =
    'Nothing proves that all rows of the order are here: ' +
    `${otherwise} column gives the total of the order or the number of its lines. Compare with the sender.`;
  const unproven = csvFinding('CSV.UNPROVEN', message, { path: '/lines', disposition: csv.unproven, location });
  return [...findDoubtful(locator), unproven];
}

/**
 * Whether the last field cannot have lost anything: the order's own total is there and met, and the field is a number
 * that it rests on, or one that all rows of the order agree in. The total itself may be cut (`1000.00` to `100`), unless
 * its decimals are complete.
 */
function isEndProven({ columns, places, profile }: Context, rows: readonly CsvRow[], order: JsonObject): boolean {
  const { total, currency } = order;
  const last = rows.at(-1);
  const at = columns.width - 1;
  if (!places.has('/total') || typeof total !== 'string' || total !== computeLike(order, profile, total)) return false;
  const isOfHead = [...columns.head.values()].some(({ index }) => index === at);
  if (isOfHead && rows.some((row) => row !== last && row.values[at] !== '' && row.values[at] === last?.values[at])) {
    return true;
  }
  const code = typeof currency === 'string' ? currency : (profile.defaults.currency ?? '');
  if (columns.head.get('total')?.index === at) return total.split('.')[1]?.length === minorUnits(code);
  return isCounted(columns, at) && amountsOf(completeOrder(order, profile)['lines']).every(isPositive);
}

/** Whether the amounts of lines rest on a column. */
function isCounted({ lines }: CsvColumns, index: number): boolean {
  const counted = lines.some((line) => line.has('amount')) ? ['amount'] : ['quantity', 'unitPrice'];
  return lines.some((line) => counted.some((field) => line.get(field)?.index === index));
}

function isPositive(amount: JsonValue | undefined): boolean {
  return isAmount(amount) && decimal(amount).greaterThan(0);
}

/** The computed total, written as the given one if it is the same number. */
function computeLike(order: JsonObject, profile: SourceProfile, total: string): string {
  const computed = computeTotal(order, profile);
  // Lines of eighteen digits each may come to more than an order can hold.
  if (!isDecimal(total) || !isDecimal(computed)) return computed;
  return decimal(total).equals(decimal(computed)) ? total : computed;
}
