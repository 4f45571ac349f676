import type { SourceProfile } from '../source.ts';
import { type Draft, toPointer, type Path } from './draft.ts';
import type { JsonObject, JsonValue } from './json-reader.ts';
import type { XmlDocument, XmlElement } from './xml-reader.ts';
import { beginReading, nameOf, rawText, say, toDate, toDecimal, toDraft, use, type XmlReading } from './xml-reading.ts';

/** How a part of the canonical order is written in XML. */
type Shape =
  | 'text'
  | 'number'
  | 'date'
  /** Anything: elements become members, repeated ones lists. */
  | 'any'
  /** `<id qualifier="UP">…</id>`, as often as there are ids: qualifiers are not always names of elements. */
  | 'ids'
  | { readonly each: string; readonly of: Shape }
  | { readonly fields: Readonly<Record<string, Shape>> };

const ADDRESS: Shape = {
  fields: {
    id: 'text',
    name: 'text',
    lines: { each: 'line', of: 'text' },
    city: 'text',
    region: 'text',
    postalCode: 'text',
    country: 'text',
  },
};

const AMOUNT: Shape = { fields: { code: 'text', amount: 'number' } };

const LINE: Shape = {
  fields: {
    line: 'text',
    sku: 'text',
    ids: 'ids',
    description: 'text',
    quantity: 'number',
    unit: 'text',
    unitPrice: 'number',
    discounts: { each: 'discount', of: AMOUNT },
    amount: 'number',
    deliverTo: ADDRESS,
    requestedDeliveryDate: 'date',
  },
};

/** The canonical order: elements have the names of the JSON form, and the elements of lists the singular. */
const ORDER: Shape = {
  fields: {
    source: 'text',
    externalId: 'text',
    poNumber: 'text',
    type: 'text',
    orderDate: 'date',
    requestedDeliveryDate: 'date',
    currency: 'text',
    customerId: 'text',
    operatorId: 'text',
    contact: { fields: { name: 'text', email: 'text', phone: 'text' } },
    shipTo: ADDRESS,
    billTo: ADDRESS,
    payment: { fields: { method: 'text', terms: 'text', token: 'text' } },
    lines: { each: 'line', of: LINE },
    charges: { each: 'charge', of: AMOUNT },
    tax: 'number',
    total: 'number',
    notes: { each: 'note', of: 'text' },
    extensions: 'any',
  },
};

/** White space around a text and between elements means nothing; these say nothing about the order either. */
const SCHEMA_NAMESPACES: ReadonlySet<string> = new Set([
  'http://www.w3.org/2001/XMLSchema-instance',
  'http://www.w3.org/XML/1998/namespace',
]);

interface CanonicalReading extends XmlReading {
  /** What the canonical order has no place for, by name at the top level, by JSON pointer where it stands deeper. */
  readonly unknown: Map<string, JsonValue>;
  /** Kinds of unknown elements that were told about: pointers with `*` for each index. */
  readonly told: Set<string>;
}

/**
 * Reads one order in the canonical XML form, `<order>`: the JSON form with its fields as elements. An empty element is one
 * that was left out; white space around a text is layout. What the form does not have is kept in `extensions`.
 */
export function draftXmlOrder(document: XmlDocument, profile: SourceProfile): Draft {
  const reading: CanonicalReading = { ...beginReading(document, profile), unknown: new Map(), told: new Set() };
  const order = readValue(reading, document.root, ORDER, []) as JsonObject;
  checkSource(reading, order);
  const { extensions = {}, ...rest } = order;
  const kept = { ...Object.fromEntries(reading.unknown), ...(extensions as JsonObject) };
  return toDraft(reading, Object.keys(kept).length === 0 ? rest : { ...rest, extensions: kept });
}

function readValue(reading: CanonicalReading, element: XmlElement, shape: Shape, path: Path): JsonValue {
  const pointer = toPointer(path);
  reading.nodes.set(pointer, { element });
  if (shape === 'any') return readAny(element);
  for (const { name, namespace, value } of element.attributes) {
    const isKnown = SCHEMA_NAMESPACES.has(namespace) || (shape === 'text' && name === 'qualifier');
    if (!isKnown) keepUnknown(reading, element, [...path, `@${name}`], value);
  }
  if (shape === 'text' || shape === 'number' || shape === 'date') return readLeaf(reading, element, shape, path);
  if (rawText({ element }) !== '') {
    const message = `${nameOf(reading, { element })} holds a text: elements belong there.`;
    say(reading, 'XML.TYPE', { element }, pointer, message);
  }
  if (shape === 'ids') return readIds(reading, element, path);
  return 'each' in shape ? readList(reading, element, shape, path) : readFields(reading, element, shape.fields, path);
}

function readLeaf(
  reading: CanonicalReading,
  element: XmlElement,
  shape: 'text' | 'number' | 'date',
  path: Path,
): JsonValue {
  const node = { element };
  use(reading, node);
  for (const child of element.children) keepUnknown(reading, child, [...path, child.name], readAny(child));
  if (shape === 'number') return toDecimal(reading, node, toPointer(path));
  return shape === 'date' ? toDate(rawText(node)) : rawText(node);
}

function readFields(
  reading: CanonicalReading,
  element: XmlElement,
  fields: Readonly<Record<string, Shape>>,
  path: Path,
): JsonObject {
  const value: Record<string, JsonValue> = {};
  for (const child of element.children) {
    const shape = child.namespace === '' && Object.hasOwn(fields, child.name) ? fields[child.name] : undefined;
    const at = [...path, child.name];
    if (shape === undefined) keepUnknown(reading, child, at, readAny(child));
    else if (isEmpty(child)) reading.nodes.set(toPointer(at), { element: child });
    else if (Object.hasOwn(value, child.name)) sayRepeated(reading, child, at);
    else value[child.name] = readValue(reading, child, shape, at);
  }
  // For what is said of a field that is not there.
  for (const name of Object.keys(fields)) {
    const pointer = toPointer([...path, name]);
    if (!reading.nodes.has(pointer)) reading.nodes.set(pointer, { element, missing: name });
  }
  return value;
}

function readList(
  reading: CanonicalReading,
  element: XmlElement,
  { each, of }: { readonly each: string; readonly of: Shape },
  path: Path,
): JsonValue {
  const value: JsonValue[] = [];
  for (const child of element.children) {
    if (child.namespace === '' && child.name === each)
      value.push(readValue(reading, child, of, [...path, value.length]));
    else keepUnknown(reading, child, [...path, child.name], readAny(child));
  }
  return value;
}

function readIds(reading: CanonicalReading, element: XmlElement, path: Path): JsonObject {
  const ids = new Map<string, string>();
  for (const child of element.children) {
    const qualifier = child.attributes.find(({ name }) => name === 'qualifier')?.value.trim() ?? '';
    const at = [...path, qualifier];
    if (child.name !== 'id' || qualifier === '') keepUnknown(reading, child, [...path, child.name], readAny(child));
    else if (ids.has(qualifier)) sayRepeated(reading, child, at);
    else ids.set(qualifier, readValue(reading, child, 'text', at) as string);
  }
  return Object.fromEntries(ids);
}

function isEmpty({ attributes, children, text }: XmlElement): boolean {
  const says = attributes.some(({ namespace }) => !SCHEMA_NAMESPACES.has(namespace));
  return !says && children.length === 0 && text.trim() === '';
}

function sayRepeated(reading: CanonicalReading, element: XmlElement, path: Path): void {
  const message = `${nameOf(reading, { element })} stands there a second time: it may stand once.`;
  say(reading, 'XML.REPEATED', { element }, toPointer(path), message);
}

/** One word for each kind of unknown element, however many lines have it. */
function keepUnknown(reading: CanonicalReading, element: XmlElement, path: Path, value: JsonValue): void {
  const pointer = toPointer(path);
  const first = path.length === 1 && path[0] !== '__proto__' ? String(path[0]) : pointer;
  let name = first;
  for (let twin = 2; reading.unknown.has(name); twin++) name = `${first}[${twin}]`;
  reading.unknown.set(name, value);
  const shape = toPointer(path.map((key) => (typeof key === 'number' ? '*' : key)));
  if (reading.told.has(shape)) return;
  reading.told.add(shape);
  const field = pointer.slice(1).replaceAll('/', ' / ').slice(0, 100);
  const message = `"${field}" is not part of the canonical order: it is kept under "extensions" and has no effect.`;
  say(reading, 'XML.UNKNOWN_FIELD', { element }, pointer, message);
}

/** An element as it stands: a text, or its attributes and elements. */
function readAny(element: XmlElement): JsonValue {
  const text = element.text.trim();
  const attributes = element.attributes.filter(({ namespace }) => !SCHEMA_NAMESPACES.has(namespace));
  if (attributes.length === 0 && element.children.length === 0) return text;
  const children = [...Map.groupBy(element.children, ({ name }) => name)].map(
    ([name, twins]) => [name, twins.length === 1 ? readAny(twins[0] as XmlElement) : twins.map(readAny)] as const,
  );
  const own = text === '' ? [] : [['#text', text] as const];
  return Object.fromEntries([
    ...attributes.map(({ name, value }) => [`@${name}`, value] as const),
    ...own,
    ...children,
  ]);
}

function checkSource(reading: CanonicalReading, { source }: JsonObject): void {
  if (typeof source !== 'string' || source === reading.profile.id) return;
  const message = `The document names another source than "${reading.profile.id}", which sent it: leave "source" out or correct it.`;
  const node = reading.nodes.get('/source') ?? { element: reading.base };
  say(reading, 'SOURCE.MISMATCH', node, '/source', message, source.slice(0, 100));
}
