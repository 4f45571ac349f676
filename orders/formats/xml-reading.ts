import type { Disposition, Finding, Location } from '../finding.ts';
import { decimal, isDecimal } from '../money.ts';
import type { SourceProfile } from '../source.ts';
import { type Draft, findNearest, findRefused, finishDraft, MOST_FINDINGS, sortByRank } from './draft.ts';
import type { ParseResult } from './format.ts';
import type { JsonObject, JsonValue } from './json-reader.ts';
import { adviseNumber } from './x12-values.ts';
import { type XmlCode, xmlFinding } from './xml-codes.ts';
import type { XmlAttribute, XmlDocument, XmlElement } from './xml-reader.ts';

/** An element, an attribute of it, or the place in it where something is missing. */
export interface XmlNode {
  readonly element: XmlElement;
  readonly attribute?: XmlAttribute;
  /** The path below the element of what is not there. */
  readonly missing?: string;
}

/** The reading of one order: what was found and used so far. */
export interface XmlReading {
  readonly document: XmlDocument;
  readonly profile: SourceProfile;
  /** Namespace URIs of the prefixes that paths are written with; names without a prefix have no namespace. */
  readonly prefixes: Readonly<Record<string, string>>;
  /** Where the paths in messages begin. */
  readonly base: XmlElement;
  readonly findings: Finding[];
  /** Where each canonical field stands, by JSON pointer. */
  readonly nodes: Map<string, XmlNode>;
  /** What has a place in the canonical order. The rest is kept under extensions. */
  readonly used: Set<XmlElement | XmlAttribute>;
}

/** Begins to read. */
export function beginReading(
  document: XmlDocument,
  profile: SourceProfile,
  prefixes: XmlReading['prefixes'] = {},
  base: XmlElement = document.root,
): XmlReading {
  const nodes = new Map<string, XmlNode>([['', { element: base }]]);
  return { document, profile, prefixes, base, findings: [], nodes, used: new Set() };
}

/** What a reader made of a document, to be finished for a profile. */
export function toDraft(reading: XmlReading, order: JsonObject): Draft {
  const nearest = (pointer: string) => findNearest(reading.nodes, pointer)?.place ?? { element: reading.base };
  return {
    order,
    findings: sortByRank(reading.findings),
    locate: (pointer) => placeOf(reading, nearest(pointer)),
    nameOf: (pointer) => nameOf(reading, nearest(pointer)),
  };
}

/** The canonical order of a draft; the schema does not repeat what the reader itself said of a field. */
export function finishReading(draft: Draft, profile: SourceProfile): ParseResult {
  const { order, findings } = finishDraft(draft, profile, 'XML');
  const own = draft.findings.length;
  const said = findRefused(draft.findings);
  return { order, findings: findings.filter(({ path }, index) => index < own || !said.has(path)) };
}

// Finding

/** The elements that a path leads to. @param path such as `cac:Price/cbc:PriceAmount` */
export function findAll(reading: Pick<XmlReading, 'prefixes'>, from: XmlElement, path: string): readonly XmlElement[] {
  let found: readonly XmlElement[] = [from];
  for (const step of path === '' ? [] : path.split('/')) {
    const [local = '', prefix = ''] = step.split(':').reverse();
    const namespace = reading.prefixes[prefix] ?? '';
    found = found.flatMap(({ children }) =>
      children.filter((child) => child.local === local && child.namespace === namespace),
    );
  }
  return found;
}

/** The first element that a path leads to. */
export function find(reading: Pick<XmlReading, 'prefixes'>, from: XmlElement, path: string): XmlElement | undefined {
  return findAll(reading, from, path)[0];
}

/** The value of an attribute without a namespace, as it stands. */
export function attributeOf({ attributes }: XmlElement, name: string): string | undefined {
  return attributes.find(({ namespace, local }) => namespace === '' && local === name)?.value;
}

/**
 * What a path with an attribute or without leads to, noted as the place of a canonical field; undefined where it is not
 * there or empty. What may stand once and stands twice is told about.
 * @param path such as `ItemID/SupplierPartID` or `UnitPrice/Money/@currency`
 */
export function locate(reading: XmlReading, from: XmlElement, path: string, pointer: string): XmlNode | undefined {
  const [steps = '', name] = path.split(/\/?@/);
  const [element, second] = findAll(reading, from, steps);
  if (second) {
    const message = `${nameOf(reading, { element: second })} stands there a second time: it may stand once.`;
    const isSaid = reading.findings.some((finding) => finding.message === message);
    if (!isSaid) say(reading, 'XML.REPEATED', { element: second }, pointer, message);
  }
  const attribute = element?.attributes.find(({ namespace, local }) => namespace === '' && local === name);
  const found = element && (name === undefined || attribute) ? { element, ...(attribute && { attribute }) } : undefined;
  reading.nodes.set(pointer, found ?? { element: from, missing: path });
  return found && rawText(found) !== '' ? found : undefined;
}

/** A text on one line: line breaks and indentation are the document's layout. */
export function readText(reading: XmlReading, from: XmlElement, path: string, pointer: string): string | undefined {
  const node = locate(reading, from, path, pointer);
  if (!node) return undefined;
  use(reading, node);
  checkUnparted(reading, node, pointer);
  return textOf(node);
}

/**
 * Says where lines stand elsewhere than lines do: they were not read, and where the document has no total nobody would
 * notice. @param wanted the elements that were read
 */
export function checkStrayLines(reading: XmlReading, wanted: readonly XmlElement[], name: string): void {
  const { root } = reading.document;
  const seen = new Set(wanted);
  const open = [root];
  for (let element = open.pop(); element; element = open.pop()) {
    const stray = element.children.find((child) => child.local === name && !seen.has(child));
    if (stray) {
      const message = `<${stray.name}> stands in <${element.name.slice(0, 60)}>, where no line is read: an end tag may be lost.`;
      say(reading, 'XML.TYPE', { element: stray }, '/lines', message);
      return;
    }
    open.push(...element.children);
  }
}

/** A value that elements stand in is not one that anybody meant: an end tag was lost, or something came in between. */
function checkUnparted(reading: XmlReading, node: XmlNode, pointer: string): void {
  const [child] = node.attribute ? [] : node.element.children;
  if (!child) return;
  const message = `${nameOf(reading, node)} has <${child.name.slice(0, 60)}> inside its value: write the value alone.`;
  say(reading, 'XML.TYPE', node, pointer, message);
}

/** A text of at most so many characters. The whole of a longer one is kept under extensions. */
export function readShortText(
  reading: XmlReading,
  from: XmlElement,
  path: string,
  pointer: string,
  longest: number,
): string | undefined {
  const node = locate(reading, from, path, pointer);
  if (!node) return undefined;
  const text = textOf(node);
  if (text.length <= longest) use(reading, node);
  return shorten(reading, text, longest, node, pointer);
}

/** The beginning of a text that is too long, which is told about. */
export function shorten(reading: XmlReading, text: string, longest: number, node: XmlNode, pointer: string): string {
  if (text.length <= longest) return text;
  const message = `${nameOf(reading, node)} has ${text.length} characters; the first ${longest} are shown.`;
  say(reading, 'XML.SHORTENED', node, pointer, message);
  return text.slice(0, longest).toWellFormed();
}

/**
 * A number as `xsd:decimal` writes it, `+1.50`, `1.`, `.5` and leading zeros included, in the canonical notation. What is
 * none is told about and comes as it stands.
 * @see https://www.w3.org/TR/xmlschema-2/#decimal
 */
export function readDecimal(reading: XmlReading, from: XmlElement, path: string, pointer: string): string | undefined {
  const node = locate(reading, from, path, pointer);
  if (!node) return undefined;
  use(reading, node);
  return toDecimal(reading, node, pointer);
}

const LONGEST_NUMBER = 60;

/** The number that an element or attribute holds. */
export function toDecimal(reading: XmlReading, node: XmlNode, pointer: string): string {
  checkUnparted(reading, node, pointer);
  const text = textOf(node);
  const number = text.length > LONGEST_NUMBER ? undefined : parseDecimal(text);
  if (number !== undefined) return number;
  const evidence = text.slice(0, LONGEST_NUMBER);
  const message = `${nameOf(reading, node)} is "${evidence}": ${adviseDecimal(evidence)}.`;
  say(reading, 'XML.FORMAT', node, pointer, message, evidence);
  return text;
}

function parseDecimal(text: string): string | undefined {
  const [, sign = '', whole, fraction = ''] = /^([+-]?)(\d*)(?:\.(\d*))?$/.exec(text) ?? [];
  if (whole === undefined || whole + fraction === '') return undefined;
  const number = `${whole.replace(/^0+(?=\d)/, '') || '0'}${fraction && `.${fraction}`}`;
  const signed = sign === '-' && /[1-9]/.test(number) ? `-${number}` : number;
  return isDecimal(signed) ? signed : undefined;
}

function adviseDecimal(text: string): string {
  if (/^[+-]?[\d.]+e[+-]?\d+$/i.test(text)) return 'write all its digits, without an exponent';
  if (/^[+-]?\d*\.?\d*$/.test(text)) return 'write at most 18 digits before the point and 12 behind';
  return adviseNumber(text);
}

/** The value of a decimal string; undefined for what is none, which was told about. */
export function toAmount(text: string | undefined) {
  return text !== undefined && isDecimal(text) ? decimal(text) : undefined;
}

const DATE = /^(\d{4}-\d{2}-\d{2})(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,12})?)?)?(?:Z|[+-]\d{2}:?\d{2})?$/;

/**
 * A date, with a time or without: the calendar day as it is written, in the zone of who wrote it. What is no date comes
 * as it stands, for the schema to refuse.
 */
export function readDate(reading: XmlReading, from: XmlElement, path: string, pointer: string): string | undefined {
  const text = readText(reading, from, path, pointer);
  return text === undefined ? undefined : toDate(text);
}

/** The calendar day in a date or a moment; what is neither comes as it stands. */
export function toDate(text: string): string {
  return DATE.exec(text)?.[1] ?? text;
}

// Nodes

/** The text of a node on one line. */
export function textOf(node: XmlNode): string {
  return rawText(node).replace(/\s+/g, (space) => (/[\n\r\t]/.test(space) ? ' ' : space));
}

/** The text of a node with its line breaks. */
export function rawText({ element, attribute }: XmlNode): string {
  return (attribute ? attribute.value : element.text).trim();
}

/** Notes that a node has a place in the canonical order. */
export function use({ used }: XmlReading, { element, attribute }: XmlNode): void {
  used.add(attribute ?? element);
}

/** Notes an attribute of an element. */
export function useAttribute({ used }: XmlReading, { attributes }: XmlElement, name: string): void {
  attributes.filter(({ local }) => local === name).forEach((attribute) => used.add(attribute));
}

/** Notes an element and its attributes of these names. */
export function useWith(reading: XmlReading, element: XmlElement, ...names: string[]): void {
  reading.used.add(element);
  names.forEach((name) => useAttribute(reading, element, name));
}

/** What the sender calls a node: its path below the base, `ItemOut[2]/ItemDetail/UnitPrice/Money`. */
export function nameOf({ base }: Pick<XmlReading, 'base'>, { element, attribute, missing }: XmlNode): string {
  const steps: string[] = [];
  for (let at: XmlElement | null = element; at && at !== base; at = at.parent) steps.unshift(nameWithPosition(at));
  const below = attribute ? `@${attribute.name}` : missing;
  return [...steps, ...(below === undefined ? [] : [below])].join('/') || element.name;
}

function nameWithPosition(element: XmlElement): string {
  const twins = element.parent?.children.filter(({ name }) => name === element.name) ?? [];
  return twins.length > 1 ? `${element.name}[${twins.indexOf(element) + 1}]` : element.name;
}

/** Where a node stands. */
export function placeOf({ document }: Pick<XmlReading, 'document'>, { element }: XmlNode): Location {
  return document.placeAt(element.start);
}

/** Says something of a node and of a canonical field. */
export function say(
  reading: XmlReading,
  code: XmlCode,
  node: XmlNode,
  path: string,
  message: string,
  evidence: string | null = null,
): void {
  const finding = xmlFinding(code, message, placeOf(reading, node), { path, evidence });
  const alike = reading.findings.filter(({ disposition }) => disposition === finding.disposition);
  if (alike.length < MOST_SAID[finding.disposition]) reading.findings.push(finding);
}

/** So many of each disposition that what rejects an order is never crowded out. */
const MOST_SAID: Readonly<Record<Disposition, number>> = { reject: MOST_FINDINGS, hold: 30, warn: 30 };

// Extensions

/** `xml:lang` and the like. */
const XML_NAMESPACE = 'http://www.w3.org/XML/1998/namespace';

const LONGEST_KEPT = 10_000;

/**
 * What was not used of an element and what stands in it: attributes as `@name`, text beside others as `#text`, elements of
 * one name as a list. Undefined where nothing is left.
 */
export function keepUnused(element: XmlElement, { used }: Pick<XmlReading, 'used'>): JsonValue | undefined {
  const attributes = element.attributes
    .filter((attribute) => !used.has(attribute) && attribute.namespace !== XML_NAMESPACE)
    .map(({ name, value }) => [`@${name}`, cut(value)] as const);
  const text = used.has(element) ? '' : element.text.trim();
  const children = groupByName(element.children).flatMap(([name, twins]) => {
    const kept = twins.map((twin) => keepUnused(twin, { used }));
    if (kept.every((value) => value === undefined)) return [];
    return [[name, twins.length === 1 ? (kept[0] ?? null) : kept.map((value) => value ?? null)] as const];
  });
  if (attributes.length === 0 && children.length === 0) return text === '' ? undefined : cut(text);
  return Object.fromEntries([...attributes, ...(text === '' ? [] : [['#text', cut(text)] as const]), ...children]);
}

/** An attachment is not carried through every revision of the order; the document has it. */
function cut(text: string): string {
  return text.length <= LONGEST_KEPT ? text : `(${text.length} characters, see the document)`;
}

function groupByName(elements: readonly XmlElement[]): readonly (readonly [string, readonly XmlElement[]])[] {
  return [...Map.groupBy(elements, ({ name }) => name)];
}
