import { decimal } from '../money.ts';
import type { JsonObject, JsonValue } from './json-reader.ts';
import {
  elementsOf,
  member,
  nameOf,
  type Node,
  readDecimal,
  type Reading,
  say,
  take,
  takeFirst,
  textOf,
} from './shop-reading.ts';

/** Most notes of an order, and the longest of them. */
const MOST_NOTES = 50;
const LONGEST_NOTE = 2000;
const LONGEST_CODE = 40;

/** What a shop's address calls its parts, most exact name first. */
export interface AddressNames {
  readonly person: readonly [string, ...string[]];
  readonly company: string;
  readonly lines: readonly string[];
  readonly city: string;
  readonly region: readonly [string, ...string[]];
  readonly postalCode: string;
  readonly country: string;
}

/**
 * A shop's address as a place. A company is the name of the place, and the person there its first line, as on a label;
 * not where there is no street, which the person would hide. Null if nothing is said.
 */
export function takeAddress(reading: Reading, path: string, node: Node, names: AddressNames): JsonObject | null {
  reading.origins.set(path, node.pointer);
  const at = (name: string): Node => member(node, name);
  const person = takePerson(reading, path, names.person.map(at));
  const company = take(reading, `${path}/name`, at(names.company));
  const streets = names.lines.map(at).filter((line) => textOf(line) !== null);
  const first = company !== null && person !== null && streets.length > 0 ? [person] : [];
  if (company === null && person !== null) reading.origins.set(`${path}/name`, at(names.person[0]).pointer);
  const lines = streets.map((line, index) => take(reading, `${path}/lines/${first.length + index}`, line));
  const place = {
    name: company ?? person,
    lines: [...first, ...lines],
    city: take(reading, `${path}/city`, at(names.city)),
    region: takeFirst(reading, `${path}/region`, at(names.region[0]), ...names.region.slice(1).map(at)),
    postalCode: take(reading, `${path}/postalCode`, at(names.postalCode)),
    country: take(reading, `${path}/country`, at(names.country)),
  };
  const { lines: _, ...single } = place;
  return lines.length === 0 && Object.values(single).every((part) => part === null) ? null : place;
}

/** The name of a person from one member, or from those of first and last name. */
function takePerson(reading: Reading, path: string, parts: readonly Node[]): JsonValue {
  const names = parts.map((part) => take(reading, `${path}/lines/0`, part)).filter((name) => typeof name === 'string');
  return names.length === 0 ? null : names.join(' ');
}

/** Whom to ask, named by `first_name` and `last_name` of a person. Null if nothing is said. */
export function takeContact(reading: Reading, person: Node, email: JsonValue, phone: JsonValue): JsonObject | null {
  const names = ['first_name', 'last_name'].map((name) => textOf(member(person, name)));
  const name = names.filter((part) => part !== null).join(' ');
  reading.origins.set('/contact/name', member(person, 'first_name').pointer);
  return name === '' && email === null && phone === null ? null : { name: name === '' ? null : name, email, phone };
}

/** Undefined if there is no list of lines: the schema then says that it is missing. */
export function takeLines(
  reading: Reading,
  takeLine: (reading: Reading, line: Node, path: string) => JsonObject,
): readonly JsonObject[] | undefined {
  const list = member(reading.root, 'line_items');
  reading.origins.set('/lines', list.pointer);
  if (!Array.isArray(list.value)) return undefined;
  return elementsOf(list).map((line, index) => {
    const path = `/lines/${index}`;
    reading.origins.set(path, line.pointer);
    return takeLine(reading, line, path);
  });
}

/** A line's SKU. @param product the shop's own id of the product, which stands in its place where there is none */
export function takeSku(reading: Reading, path: string, line: Node, product: Node | undefined): JsonValue {
  const sku = take(reading, `${path}/sku`, member(line, 'sku'));
  if (sku !== null || !product) return sku;
  const name = product.pointer.slice(line.pointer.length + 1);
  const message = `Line ${Number(path.slice(path.lastIndexOf('/') + 1)) + 1} has no SKU: its ${name} stands in its place. Give the product a SKU in the shop.`;
  say(reading, 'JSON.LINE.SKU', `${path}/sku`, member(line, 'sku'), message);
  return take(reading, `${path}/sku`, product);
}

/** A charge, its amount already read. */
export interface Charge {
  readonly code: string;
  readonly amount: string;
  readonly node: Node;
}

/** None where nothing is charged. */
export function readCharge(reading: Reading, code: string, node: Node): readonly Charge[] {
  const amount = readDecimal(reading, '/charges', node);
  return amount === null || decimal(amount).isZero() ? [] : [{ code, amount, node }];
}

/** The charge as what is taken off. */
export function deduct(charge: Charge): Charge {
  return { ...charge, amount: negate(charge.amount) };
}

/** The charges of an order, the place of each noted. */
export function placeCharges(reading: Reading, charges: readonly Charge[]): readonly JsonObject[] {
  return charges.map(({ code, amount, node }, index) => {
    reading.origins.set(`/charges/${index}/amount`, node.pointer);
    return { code, amount };
  });
}

/** Whose order it is: the first of these keys that the profile maps to a customer number. */
export function findCustomer(reading: Reading, keys: readonly Customer[]): string | null {
  const { customers } = reading.json;
  const known = keys.filter(({ id }) => textOf(id) !== null);
  const origin = known[0]?.id ?? keys[0]?.id ?? reading.root;
  const found = known.find(({ kind, id }) => Object.hasOwn(customers, keyOf(kind, id)));
  reading.origins.set('/customerId', (found?.id ?? origin).pointer);
  if (found) return customers[keyOf(found.kind, found.id)] ?? null;
  if (reading.profile.defaults.customerId === undefined) sayUnmapped(reading, known, origin);
  return null;
}

/** A way to tell a customer. */
export interface Customer {
  /** How its key in the profile begins. */
  readonly kind: string;
  readonly id: Node;
}

/** A person's address is not written into profiles; the domain of a company's is. */
function keyOf(kind: string, id: Node): string {
  const text = textOf(id) ?? '';
  return kind === 'domain' ? domainKey(text) : `${kind}:${text}`;
}

/** The key in a profile of the company that an e-mail address belongs to. */
export function domainKey(email: string): string {
  return `domain:${email.slice(email.lastIndexOf('@') + 1).toLowerCase()}`;
}

function sayUnmapped(reading: Reading, known: readonly Customer[], origin: Node): void {
  // A domain may be a person's own name.
  const keys = known.map(({ kind, id }) =>
    kind === 'domain' ? 'the domain of the e-mail address' : `"${keyOf(kind, id)}"`,
  );
  const tried =
    keys.length === 0 ? 'The order names no customer' : `No customer number is configured for ${keys.join(' or ')}`;
  const message = `${tried}, and this source has no default customer: add one to its profile under json.customers.`;
  say(reading, 'JSON.CUSTOMER.UNMAPPED', '/customerId', origin, message);
}

/** A text that becomes one note, or several where it is too long. */
export interface Note {
  readonly text: string;
  /** What it was made of. */
  readonly nodes: readonly Node[];
}

/** The note that a named value makes: `Engraving: Happy Birthday`. None for what is no text. */
export function namedNote(node: Node, before = '', nameMember = 'name'): readonly Note[] {
  const [name, value] = [member(node, nameMember), member(node, 'value')];
  const [label, text] = [textOf(name), textOf(value)];
  if (text === null) return [];
  return [{ text: `${before}${label === null ? '' : `${label}: `}${text}`, nodes: [name, value] }];
}

/** Takes as many notes as an order holds; the others stay in the extensions. */
export function takeNotes(reading: Reading, notes: readonly Note[]): readonly string[] {
  const taken: string[] = [];
  for (const { text, nodes } of notes) {
    const pieces = cutText(text);
    if (taken.length + pieces.length > MOST_NOTES) {
      const message = `There are more notes than the ${MOST_NOTES} that an order holds: from here on they are kept under "extensions".`;
      say(reading, 'JSON.NOTES.SHORTENED', '/notes', nodes.at(-1) ?? reading.root, message);
      break;
    }
    pieces.forEach((_, index) => reading.origins.set(`/notes/${taken.length + index}`, nodes.at(-1)?.pointer ?? ''));
    nodes.forEach(({ pointer }) => reading.used.add(pointer));
    taken.push(...pieces);
  }
  return taken;
}

/** Pieces of at most 2,000 UTF-16 units; a character is never cut in two. */
function cutText(text: string): readonly string[] {
  const pieces = text.matchAll(new RegExp(`[^]{1,${LONGEST_NOTE}}(?![\\udc00-\\udfff])`, 'g'));
  return Array.from(pieces, ([piece]) => piece);
}

/** A sender's name of a discount or charge as its code: one line, cut. */
export function toCode(name: string | null, otherwise: string): string {
  const line = (name ?? '').replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();
  const cut = line.slice(0, LONGEST_CODE).replace(/[\ud800-\udbff]$/, '');
  return cut === '' ? otherwise : cut;
}

/** What a shop calls its terms of payment as their code: `Net 30` is `NET30`. */
export function toTerms(name: string): string {
  return toCode(name.replace(/\s/g, '').toUpperCase(), 'TERMS');
}

/** Whether a list has at least one element. */
export function hasElements(node: Node): boolean {
  return elementsOf(node).length > 0;
}

/** An amount with the other sign, its decimals as they were written. */
export function negate(amount: string): string {
  return amount.startsWith('-') ? amount.slice(1) : `-${amount}`;
}

/** Says where a line stands among the charges of an order, in which it would be money alone. */
export function checkMisplaced(reading: Reading, list: string): void {
  const stray = elementsOf(member(reading.root, list)).find((element) => textOf(member(element, 'quantity')) !== null);
  if (!stray) return;
  const message = `"${nameOf(reading, stray.pointer)}" has a quantity, as only lines have it: it belongs in "line_items".`;
  say(reading, 'JSON.LINE.MISPLACED', '/lines', stray, message);
}
