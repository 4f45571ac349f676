import type { Finding, Location } from '../finding.ts';
import type { SourceProfile } from '../source.ts';
import { type CodePrefix, type Draft, faulty, findNearest } from './draft.ts';
import type { JsonObject, JsonValue } from './json-reader.ts';
import type { DatePattern, MappedField, MappingProfile, NumberNotation } from './mapping-profile.ts';

/** What stands where a path leads. */
export interface Found {
  /** A text as text, a number as it was written; null if nothing is there, or nothing is said. */
  readonly value: JsonValue;
  /** Whether it is a number of the format itself, such as JSON's, and not written as its sender's people write numbers. */
  readonly isNumber: boolean;
  /** Of what encloses it where nothing is there. */
  readonly location: Location;
  /** What the sender calls it. */
  readonly name: string;
  /** Notes that the canonical order says it, so that it is not kept among the extensions. */
  readonly use: () => void;
}

/** A place in a document of any format, from which the paths of a table lead on. */
export interface Spot {
  readonly find: (path: string) => Found;
  /** The elements of the list at a path; null if there is none. */
  readonly list: (path: string) => readonly Spot[] | null;
}

/** A table being followed. */
interface Following {
  readonly mapping: MappingProfile;
  readonly prefix: CodePrefix;
  /** Where each canonical field came from. */
  readonly places: Map<string, Found>;
  readonly findings: Finding[];
}

const DATES: ReadonlySet<string> = new Set(['orderDate', 'requestedDeliveryDate']);
const NUMBERS: ReadonlySet<string> = new Set(['quantity', 'unitPrice', 'amount', 'discount', 'tax', 'total']);
const PARTIES = ['shipTo', 'billTo', 'deliverTo'];

/**
 * Reads an order by the table in its source's profile. What the table does not name is left to the caller, who knows what
 * was used.
 * @param root the place that the paths of order fields start from
 * @param where what the whole order is called, and where it stands
 */
export function draftMapped(
  root: Spot,
  where: Pick<Found, 'location' | 'name'>,
  mapping: MappingProfile,
  prefix: CodePrefix,
): Draft {
  const following: Following = { mapping, prefix, places: new Map(), findings: [] };
  const order = { ...readFields(following, root, mapping.order, ''), ...readLines(following, root) };
  const nearest = (pointer: string): Pick<Found, 'location' | 'name'> =>
    findNearest(following.places, pointer)?.place ?? where;
  return {
    order,
    findings: following.findings,
    locate: (pointer) => nearest(pointer).location,
    nameOf: (pointer) => `"${following.places.get(pointer)?.name ?? pointer}"`,
  };
}

/** The table of a profile. @throws Error if there is none; whoever calls has looked */
export function getMapping({ id, mapping }: SourceProfile): MappingProfile {
  if (!mapping) throw new Error(`source ${id} has no mapping`);
  return mapping;
}

function readLines(following: Following, root: Spot): JsonObject {
  const { mapping, places } = following;
  if (mapping.lines === undefined) return { lines: [readFields(following, root, mapping.line, '/lines/0')] };
  places.set('/lines', root.find(mapping.lines));
  const spots = root.list(mapping.lines);
  if (!spots) return {};
  return { lines: spots.map((spot, index) => readFields(following, spot, mapping.line, `/lines/${index}`)) };
}

type Fields = Readonly<Record<string, MappedField>>;

/** An order or a line. Address lines, charges and notes become lists in the order of the table. */
function readFields(following: Following, spot: Spot, fields: Fields, at: string): JsonObject {
  const read: Record<string, JsonValue> = {};
  const charges: JsonObject[] = [];
  for (const [name, field] of Object.entries(fields)) {
    const [group = '', part = ''] = name.split('.');
    if (PARTIES.includes(group)) continue;
    const pointer = pointerOf(name, at, charges.length);
    const value = readField(following, spot, { name, field, pointer });
    if (value === null) continue;
    if (group === 'charges') charges.push({ code: part, amount: value });
    else if (group === 'notes') read['notes'] = [value];
    else if (group === 'discount') read['discounts'] = [{ code: 'DISCOUNT', amount: value }];
    else if (part === '') read[group] = value;
    else read[group] = { ...(read[group] as JsonObject | undefined), [part]: value };
  }
  for (const party of PARTIES) {
    const address = readParty(following, spot, fields, { party, pointer: `${at}/${party}` });
    if (address) read[party] = address;
  }
  return charges.length === 0 ? read : { ...read, charges };
}

function pointerOf(name: string, at: string, charges: number): string {
  if (name.startsWith('charges.')) return `${at}/charges/${charges}/amount`;
  if (name === 'notes') return `${at}/notes/0`;
  return name === 'discount' ? `${at}/discounts/0/amount` : `${at}/${name.replace('.', '/')}`;
}

/** An address; undefined if the document says nothing of it. */
function readParty(
  following: Following,
  spot: Spot,
  fields: Fields,
  { party, pointer }: { readonly party: string; readonly pointer: string },
): JsonObject | undefined {
  const named = Object.entries(fields).filter(([name]) => name.startsWith(`${party}.`));
  const address: Record<string, JsonValue> = {};
  const lines: JsonValue[] = [];
  for (const [name, field] of named) {
    const part = name.slice(party.length + 1);
    const isLine = part.startsWith('line');
    const value = readField(following, spot, {
      name,
      field,
      pointer: `${pointer}/${isLine ? `lines/${lines.length}` : part}`,
    });
    if (value === null) continue;
    if (isLine) lines.push(value);
    else address[part] = value;
  }
  return lines.length === 0 && Object.keys(address).length === 0 ? undefined : { ...address, lines };
}

/** A row of the table, and the canonical field that it fills. */
interface Row {
  readonly name: string;
  readonly field: MappedField;
  readonly pointer: string;
}

/** The value of a field in the canonical notation. What cannot be read is told about and comes as it stands. */
function readField(following: Following, spot: Spot, { name, field, pointer }: Row): JsonValue {
  const { from, default: otherwise = null, values = {}, dates } = { ...NO_OPTIONS, ...field };
  const paths = typeof from === 'string' ? [from] : (from ?? []);
  const all = paths.map((path) => spot.find(path));
  const found = all.find(({ value }) => value !== null) ?? all[0];
  if (found) following.places.set(pointer, found);
  if (!found || found.value === null) return otherwise;
  found.use();
  const { value } = found;
  if (typeof value !== 'string') return value;
  const translated = Object.hasOwn(values, value) ? values[value] : undefined;
  if (translated !== undefined) return translated;
  const { mapping } = following;
  const written = { pointer, found, text: value };
  if (DATES.has(name)) return readDate(following, written, dates ?? mapping.dates);
  if (!NUMBERS.has(name) && !name.startsWith('charges.')) return value;
  const notation = found.isNumber ? PLAIN : mapping.numbers;
  return readNumber(following, written, notation);
}

const NO_OPTIONS: Partial<Exclude<MappedField, { from: string }>> = {};
const PLAIN: NumberNotation = { decimal: '.', group: '' };

const DATE_PARTS: Readonly<Record<string, string>> = {
  YYYY: '(?<year>\\d{4})',
  MM: '(?<month>\\d{1,2})',
  DD: '(?<day>\\d{1,2})',
};

/** A date as a table says that it is written; what follows it must be set off by a space or a T. */
export function parseMappedDate(text: string, pattern: DatePattern): string | undefined {
  const isSetOff = /[^YMD]/.test(pattern);
  const source = pattern.replace(/YYYY|MM|DD|\./g, (part) => {
    const expression = DATE_PARTS[part] ?? `\\${part}`;
    return isSetOff ? expression : expression.replace('{1,2}', '{2}');
  });
  const { year, month = '', day = '' } = new RegExp(`^${source}(?:[T ].*)?$`).exec(text)?.groups ?? {};
  return year === undefined ? undefined : `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
}

/** A text that was found for a canonical field. */
interface Written {
  readonly pointer: string;
  readonly found: Found;
  readonly text: string;
}

function readDate(following: Following, written: Written, pattern: DatePattern): string {
  const date = parseMappedDate(written.text, pattern);
  if (date === undefined) sayForm(following, written, `must be a date written as ${pattern}`);
  return date ?? written.text;
}

/** A number as a table says that numbers are written, in the canonical notation. Groups must be whole: `1.23` is no 123. */
export function parseMappedNumber(text: string, { decimal, group }: NumberNotation): string | undefined {
  const groups = group === '' ? '' : `|\\d{1,3}(?:\\${group}\\d{3})+`;
  const [, sign = '', whole, fraction] =
    new RegExp(`^([+-]?)(\\d+${groups})(?:\\${decimal}(\\d+))?$`).exec(text.replace(/\u00a0|\u202f/g, ' ').trim()) ??
    [];
  if (whole === undefined) return undefined;
  const digits = group === '' ? whole : whole.replaceAll(group, '');
  return `${sign === '-' ? sign : ''}${digits}${fraction === undefined ? '' : `.${fraction}`}`;
}

function readNumber(following: Following, written: Written, notation: NumberNotation): string {
  const number = parseMappedNumber(written.text, notation);
  const { decimal, group } = notation;
  if (number === undefined) sayForm(following, written, `must be a number written as 1${group}234${decimal}50`);
  return number ?? written.text;
}

function sayForm({ findings, prefix }: Following, { pointer, found, text }: Written, words: string): void {
  const { name, location } = found;
  const message = `"${name}" ${words}.`;
  findings.push({
    ...faulty(`${prefix}.FORMAT`),
    ...{ path: pointer, message, evidence: text.slice(0, 100), location },
  });
}
