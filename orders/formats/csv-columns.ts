import type { Finding } from '../finding.ts';
import { csvFinding } from './csv-codes.ts';
import { type CsvFieldName, type CsvProfile, isLineField } from './csv-profile.ts';
import { type CsvHeader, locateField } from './csv-reader.ts';

/** Where a field's text comes from. */
export interface CsvColumn {
  /** Zero-based index of the column; undefined for a constant. */
  readonly index: number | undefined;
  /** Taken where the column is blank. */
  readonly fallback: string | undefined;
}

/** What the columns of a file mean. */
export interface CsvColumns {
  /** Whether a row is a line or a whole order. */
  readonly rows: 'line' | 'order';
  readonly head: ReadonlyMap<CsvFieldName, CsvColumn>;
  /** The columns of each line in a row: one group if a row is a line, one for each number (`sku_1`) if it is an order. */
  readonly lines: readonly ReadonlyMap<CsvFieldName, CsvColumn>[];
  /** How many columns the header has. */
  readonly width: number;
  /** Columns that mean nothing to us. */
  readonly unknown: readonly number[];
  /** Whether the header of the total leaves open whether it is the order's or the line's: `total`, `Summe`. */
  readonly isTotalUnsure: boolean;
  readonly findings: readonly Finding[];
}

/**
 * Headers as senders write them, without case, spaces, punctuation and accents. The first is the canonical name.
 * Parties and numbered ones are made below.
 */
const SYNONYMS: Readonly<Record<CsvFieldName, string>> = {
  poNumber:
    'ponumber pono ponum ponr po purchaseorder purchaseordernumber purchaseorderno docnum bestellnummer bestellnr ' +
    'bestellung customerpo customerponumber yourreference kundenbestellnummer',
  externalId: 'externalid ordernumber orderno ordernr orderid order sonumber salesorder auftragsnummer auftragsnr auftrag',
  type: 'type ordertype',
  orderDate: 'orderdate podate docdate documentdate date bestelldatum auftragsdatum datum',
  requestedDeliveryDate:
    'requesteddeliverydate requesteddate deliverydate needby needbydate requireddate requiredby docduedate lieferdatum ' +
    'liefertermin wunschliefertermin wunschlieferdatum',
  currency: 'currency currencycode curr wahrung waehrung',
  customerId:
    'customerid customer customernumber customerno customercode custno accountnumber account kundennummer kundennr ' +
    'kundeid kunde debitor debitorennummer',
  'contact.name': 'contactname contact buyername ansprechpartner kontakt',
  'contact.email': 'contactemail email emailaddress mail',
  'contact.phone': 'contactphone phone telephone telefon',
  'payment.method': 'paymentmethod zahlungsart',
  'payment.terms': 'paymentterms terms zahlungsbedingung zahlungsbedingungen',
  'payment.token': 'paymenttoken',
  tax: 'tax taxamount ordertax totaltax taxes vat vatamount mwst ust steuer steuerbetrag',
  total: 'ordertotal totalamount grandtotal gesamtbetrag gesamtsumme auftragssumme bestellwert total summe',
  lineCount: 'linecount numberoflines lines anzahlpositionen positionen itemcount',
  note: 'note notes comment comments remark remarks bemerkung bemerkungen hinweis',
  'charges.FREIGHT': 'freight freightamount shipping shippingcost shippingamount fracht frachtkosten versand versandkosten',
  line: 'line linenumber lineno linenum linenr lineid position pos posnr positionsnummer zeile',
  sku:
    'sku itemcode item itemnumber itemno itemid partnumber partno productcode productid productsku material materialid ' +
    'materialnumber materialnummer article articlenumber artikelnummer artikelnr artnr artikel supplierpartid',
  description: 'description itemdescription productname itemname bezeichnung artikelbezeichnung beschreibung',
  quantity: 'quantity qty orderedqty orderqty quantityordered orderedquantity menge bestellmenge anzahl stuckzahl stueckzahl',
  unit: 'unit uom unitofmeasure einheit mengeneinheit me',
  unitPrice:
    'unitprice price itemprice priceeach netprice unitcost preis einzelpreis stuckpreis stueckpreis netto nettopreis preisnetto',
  discount: 'discount linediscount discountamount rabatt rabattbetrag',
  amount: 'amount lineamount linetotal extendedprice extendedamount betrag positionswert positionsbetrag gesamtpreis',
  lineDeliveryDate: 'linedeliverydate linerequesteddeliverydate',
  'ids.UP': 'upc upccode',
  'ids.EN': 'ean ean13 eancode',
  'ids.UK': 'gtin gtin14',
  'ids.BP': 'buyerpartnumber customersku customerpartnumber customeritem kundenartikelnummer',
}; // prettier-ignore

/** Headers of a total that some senders mean of the line. */
const UNSURE_TOTALS = new Set(['total', 'summe']);

/** Who writes these as the canonical order does means by `total` what it means. */
const CANONICAL_NAMES = ['poNumber', 'unitPrice'];

const PARTIES: Readonly<Record<string, string>> = {
  shipTo: 'shipto ship shipping delivery deliverto lieferadresse liefer lieferanschrift',
  billTo: 'billto bill billing invoice invoiceto rechnungsadresse rechnungs rechnungsanschrift',
};
const PARTY_FIELDS: Readonly<Record<string, string>> = {
  id: 'id code locationcode',
  name: 'name company firma',
  line1: 'line1 address address1 addressline1 street street1 strasse straße',
  line2: 'line2 address2 addressline2 street2',
  line3: 'line3 address3 addressline3 street3',
  city: 'city town ort stadt',
  region: 'region state province bundesland',
  postalCode: 'postalcode postcode zip zipcode plz',
  country: 'country countrycode land',
};

const MEANINGS: ReadonlyMap<string, CsvFieldName> = new Map([
  ...Object.entries(SYNONYMS).flatMap(([field, names]) => names.split(' ').map((name) => [name, field] as const)),
  ...Object.entries(PARTIES).flatMap(([party, prefixes]) =>
    Object.entries(PARTY_FIELDS).flatMap(([part, names]) =>
      combine(prefixes, names).map((name) => [name, `${party}.${part}`] as const),
    ),
  ),
]);

function combine(prefixes: string, names: string): readonly string[] {
  return prefixes.split(' ').flatMap((prefix) => names.split(' ').map((name) => prefix + name));
}

/** The fields without which no row says anything. */
const NEEDED: readonly CsvFieldName[] = ['poNumber', 'sku', 'quantity'];

/** How many lines one row can hold. */
const MOST_NUMBERED = 200;

/** What the columns of a file mean: as the profile says, else as their headers usually do. */
export function readColumns(header: CsvHeader, profile: CsvProfile): CsvColumns {
  const named = readNamed(header, profile);
  const taken = new Set(Object.keys(profile.columns));
  const used = new Set(named.columns.flatMap(({ index }) => (index === undefined ? [] : [index])));
  const guessed = header.values.flatMap((name, index) => (used.has(index) ? [] : guess(name, index, taken, profile)));
  const all = [...named.columns, ...guessed];
  const known = new Set(all.map(({ index }) => index));
  const rows = profile.rows ?? (all.some(({ number }) => number !== undefined) ? 'order' : 'line');
  const head = withOrderNumber(collect(all.filter(({ field }) => !isLineField(field))));
  const lines = groupLines(all, rows);
  const columns = { rows, head, lines };
  return {
    ...columns,
    width: header.values.length,
    unknown: header.values.flatMap((_, index) => (known.has(index) ? [] : [index])),
    isTotalUnsure: isTotalUnsure(header, head, taken),
    findings: [...findTwice(header), ...named.findings, ...findSame(header, all), ...findMissing(header, columns)],
  };
}

/** A column with the field that it gives. */
interface NamedColumn extends CsvColumn {
  readonly field: CsvFieldName;
  /** Which line of the row it belongs to, if a row is an order. */
  readonly number?: number;
}

/** The columns that the profile names. */
function readNamed(header: CsvHeader, { columns, rows }: CsvProfile) {
  const found: NamedColumn[] = [];
  const findings: Finding[] = [];
  for (const [field, source] of Object.entries(columns)) {
    if (source === null) continue;
    if (typeof source !== 'string' && 'constant' in source) {
      found.push({ field, index: undefined, fallback: source.constant });
      continue;
    }
    const { column, default: fallback } = typeof source === 'string' ? { column: source } : source;
    const indexes = findHeader(header, column, rows === 'order' && isLineField(field));
    found.push(...indexes.map((place) => ({ field, fallback, ...place })));
    if (indexes.length > 0) continue;
    if (fallback !== undefined) {
      found.push({ field, index: undefined, fallback });
      continue;
    }
    const message = `The column "${column}", which the source profile names for ${field}, is not in the file.`;
    findings.push(csvFinding('CSV.COLUMN_MISSING', message, { location: locateField(header, -1) }));
  }
  return { columns: found, findings };
}

/** The columns with a header; `Menge 1`, `Menge 2` for `Menge` where lines are numbered. */
function findHeader(header: CsvHeader, name: string, isNumbered: boolean) {
  return header.values.flatMap((value, index) => {
    if (fold(value) === fold(name)) return [{ index }];
    const { base, number } = splitNumber(value);
    return isNumbered && number !== undefined && base === fold(name) ? [{ index, number }] : [];
  });
}

/** The field that a column gives, as the profile or its header says. */
export function meaningOf(name: string, { columns }: CsvProfile): CsvFieldName | undefined {
  const named = Object.entries(columns).find(([, source]) => {
    const column =
      typeof source === 'string' ? source : source !== null && 'column' in source ? source.column : undefined;
    return column !== undefined && [fold(name), splitNumber(name).base].includes(fold(column));
  });
  return named?.[0] ?? MEANINGS.get(fold(name)) ?? MEANINGS.get(splitNumber(name).base);
}

/** What a header usually means, unless the profile gives that field. */
function guess(name: string, index: number, taken: ReadonlySet<string>, { rows }: CsvProfile): readonly NamedColumn[] {
  const field = MEANINGS.get(fold(name));
  if (field !== undefined) return taken.has(field) ? [] : [{ field, index, fallback: undefined }];
  const { base, number } = splitNumber(name);
  const numbered = MEANINGS.get(base);
  if (number === undefined || numbered === undefined || !isLineField(numbered)) return [];
  return rows === 'line' || taken.has(numbered) ? [] : [{ field: numbered, index, number, fallback: undefined }];
}

/** `PO Number`, `po_number` and `PO-Number` are `ponumber`; `Stück` is `stuck`. */
function fold(name: string): string {
  return name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
}

function splitNumber(name: string): { readonly base: string; readonly number: number | undefined } {
  const [, base = '', digits] = /^(.*?\D)(\d{1,3})$/.exec(fold(name)) ?? [];
  const number = Number(digits);
  return number >= 1 && number <= MOST_NUMBERED ? { base, number } : { base: '', number: undefined };
}

function collect(columns: readonly NamedColumn[]): Map<CsvFieldName, CsvColumn> {
  const found = new Map<CsvFieldName, CsvColumn>();
  // The first of two that mean the same stays; that there are two is told.
  for (const { field, index, fallback } of columns) if (!found.has(field)) found.set(field, { index, fallback });
  return found;
}

/** A sender that has one number for an order means that one when we ask for the PO number. */
function withOrderNumber(head: Map<CsvFieldName, CsvColumn>): ReadonlyMap<CsvFieldName, CsvColumn> {
  const number = head.get('externalId');
  return head.has('poNumber') || number === undefined ? head : new Map([...head, ['poNumber', number]]);
}

function groupLines(columns: readonly NamedColumn[], rows: 'line' | 'order'): readonly Map<CsvFieldName, CsvColumn>[] {
  const ofLines = columns.filter(({ field }) => isLineField(field));
  if (rows === 'line') return [collect(ofLines.filter(({ number }) => number === undefined))];
  const common = ofLines.filter(({ number }) => number === undefined);
  const numbers = [...new Set(ofLines.flatMap(({ number }) => number ?? []))].sort((one, other) => one - other);
  return numbers.map((number) => collect([...ofLines.filter((column) => column.number === number), ...common]));
}

function isTotalUnsure(
  header: CsvHeader,
  head: ReadonlyMap<CsvFieldName, CsvColumn>,
  taken: ReadonlySet<string>,
): boolean {
  const index = head.get('total')?.index;
  if (CANONICAL_NAMES.every((name) => header.values.includes(name))) return false;
  return index !== undefined && !taken.has('total') && UNSURE_TOTALS.has(fold(header.values[index] ?? ''));
}

function findTwice(header: CsvHeader): readonly Finding[] {
  const names = header.values.map((name) => name.trim().toLowerCase());
  return names.flatMap((name, index) => {
    const first = names.indexOf(name);
    if (name === '' || first === index) return [];
    const message = `Columns ${first + 1} and ${index + 1} have the same header: give each column its own.`;
    return [csvFinding('CSV.HEADER_TWICE', message, { location: locateField(header, index), evidence: name })];
  });
}

function findSame(header: CsvHeader, columns: readonly NamedColumn[]): readonly Finding[] {
  const firsts = new Map<string, NamedColumn>();
  return columns.flatMap((column) => {
    const { field, number, index } = column;
    const key = `${field} ${number ?? ''}`;
    const first = firsts.get(key);
    if (first === undefined) firsts.set(key, column);
    if (index === undefined || first?.index === undefined || isSameHeader(header, index, first.index)) return [];
    const message =
      `Columns ${first.index + 1} and ${index + 1} both mean ${field}: ` +
      'let the source profile say under "columns" which one counts.';
    return [csvFinding('CSV.COLUMN_AMBIGUOUS', message, { location: locateField(header, index) })];
  });
}

/** Told already by {@link findTwice}. */
function isSameHeader({ values }: CsvHeader, one: number, other: number): boolean {
  return values[one]?.trim().toLowerCase() === values[other]?.trim().toLowerCase();
}

function findMissing(header: CsvHeader, { head, lines }: Pick<CsvColumns, 'head' | 'lines'>): readonly Finding[] {
  const missing = NEEDED.filter((field) => !head.has(field) && !lines.some((columns) => columns.has(field)));
  return missing.map((field) => {
    const message =
      `No column gives ${field}: the first row must hold the headers, ` +
      'and the source profile may say under "columns" which header means what.';
    const evidence = header.values.join(header.delimiter);
    return csvFinding('CSV.COLUMN_MISSING', message, { location: locateField(header, -1), evidence });
  });
}
