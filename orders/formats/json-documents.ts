import { z } from 'zod';
import type { Finding, Location } from '../finding.ts';
import type { SourceProfile } from '../source.ts';
import { faulty, isObject } from './draft.ts';
import type { FormatReader, Inspection, OrderPart, ParseResult, SplitDocument } from './format.ts';
import { faultFinding, locate, readCanonical } from './json.ts';
import { maskJsonDocument } from './json-mask.ts';
import { type JsonOutline, type ListElement, outlineJson } from './json-outline.ts';
import { readMapped } from './json-mapped.ts';
import { recognizeLayout } from './json-layout.ts';
import { type JsonDocument, type JsonValue, readJson } from './json-reader.ts';
import type { Node, PlacedOrder } from './shop-reading.ts';
import { readShopify } from './shopify.ts';
import { readWooCommerce } from './woocommerce.ts';

/** Where the element of a list stands in the document that it was taken from. */
const locatorSchema = z.strictObject({
  offset: z.int().min(0),
  line: z.int().min(1),
  column: z.int().min(1),
  pointer: z.string(),
});
type Locator = z.infer<typeof locatorSchema>;

/**
 * How JSON documents are read: one order in the canonical form or a sender's own; or many, as a list or as
 * `{ "orders": […] }`, of which each element is read alone.
 */
export const jsonReader: FormatReader = { mask: maskJsonDocument, inspect, split, parse, locate: locateField };

function inspect(bytes: Uint8Array, profile: SourceProfile): Inspection {
  const { elements, names, fault } = outlineJson(bytes);
  const holds = elements ? 'many' : 'one';
  return { ...recognizeLayout(names, profile), holds, findings: fault ? [faultFinding(fault)] : [] };
}

/** Cuts a list into its elements, bytes as they are. One that is broken as JSON cannot be cut and gives no part. */
function split(bytes: Uint8Array): SplitDocument {
  const { elements, fault, ...outline } = outlineJson(bytes);
  if (fault) return { parts: [], findings: [faultFinding(fault)] };
  if (!elements) return { parts: [wholeDocument(bytes)], findings: [] };
  if (elements.length === 0) return { parts: [], findings: [emptyFinding(outline)] };
  return { parts: elements.map((element) => cutElement(bytes, element)), findings: [] };
}

function wholeDocument(bytes: Uint8Array): OrderPart {
  return { bytes, prefix: 0, spans: [{ offset: 0, length: bytes.length }], locator: null };
}

function cutElement(bytes: Uint8Array, { length, ...locator }: ListElement): OrderPart {
  const { offset } = locator;
  return { bytes: bytes.subarray(offset, offset + length), prefix: 0, spans: [{ offset, length }], locator };
}

function emptyFinding({ wrapper }: Pick<JsonOutline, 'wrapper'>): Finding {
  const message = 'The list holds no order: send at least one.';
  return { ...faulty('JSON.EMPTY'), path: '', message, evidence: null, location: { pointer: wrapper } };
}

function parse(bytes: Uint8Array, locator: unknown, profile: SourceProfile): ParseResult {
  const { order, findings } = parseAlone(bytes, profile);
  const from = readLocator(locator);
  if (!from) return { order, findings };
  return { order, findings: findings.map((finding) => ({ ...finding, location: shift(finding.location, from) })) };
}

function parseAlone(bytes: Uint8Array, profile: SourceProfile): ParseResult {
  const { document, fault } = readJson(bytes);
  if (fault) return { order: null, findings: [faultFinding(fault)] };
  const { order, findings } = readOrder(document, bytes, profile);
  return { order, findings };
}

function locateField(bytes: Uint8Array, locator: unknown, profile: SourceProfile, pointer: string): Location {
  const { document } = readJson(bytes);
  if (!document) return {};
  const from = readLocator(locator);
  const location = readOrder(document, bytes, profile).locate(pointer);
  return from ? shift(location, from) : location;
}

/** Reads the order of a document in the layout that it has. */
function readOrder(document: JsonDocument, bytes: Uint8Array, profile: SourceProfile): PlacedOrder {
  const root = unwrap(document.value);
  const names = new Set(isObject(root.value) ? Object.keys(root.value) : []);
  switch (recognizeLayout(names, profile).layout) {
    case 'shopify':
      return readShopify(document, root, profile);
    case 'woocommerce':
      return readWooCommerce(document, root, profile);
    case 'mapped':
      return readMapped(document, bytes, profile);
    case 'canonical':
      return { ...readCanonical(document, profile), locate: (pointer) => locate(document, pointer) };
  }
}

/** Shopify's API gives an order alone as `{ "order": {…} }`. */
function unwrap(value: JsonValue): Node {
  const members = isObject(value) ? Object.entries(value) : [];
  const [only] = members;
  const isWrapped = members.length === 1 && only?.[0] === 'order' && isObject(only[1]);
  return isWrapped ? { pointer: '/order', value: only[1] } : { pointer: '', value };
}

function readLocator(locator: unknown): Locator | null {
  return locator === null || locator === undefined ? null : locatorSchema.parse(locator);
}

/** A place in an element as a place in its document. */
function shift(location: Location, from: Locator): Location {
  const { offset, line, column, pointer } = location;
  return {
    ...location,
    ...(offset !== undefined && { offset: from.offset + offset }),
    ...(line !== undefined && { line: from.line + line - 1 }),
    ...(column !== undefined && { column: line === 1 ? from.column + column - 1 : column }),
    ...(pointer !== undefined && { pointer: from.pointer + pointer }),
  };
}
