import { z } from 'zod';
import type { Finding, Location } from '../finding.ts';
import type { SourceProfile } from '../source.ts';
import { describeCxml, draftCxml, findOrderRequest } from './cxml.ts';
import { type Draft, MOST_FINDINGS } from './draft.ts';
import type { FormatReader, Inspection, Layout, OrderPart, ParseResult, SplitDocument } from './format.ts';
import { draftUbl, findUblName } from './ubl.ts';
import { type XmlCode, xmlFinding } from './xml-codes.ts';
import { draftXmlMapped } from './xml-mapped.ts';
import { maskXml } from './xml-mask.ts';
import {
  readXml,
  type XmlContext,
  type XmlDocument,
  type XmlElement,
  type XmlFault,
  type XmlResult,
} from './xml-reader.ts';
import { finishReading } from './xml-reading.ts';
import { draftXmlOrder } from './xml.ts';

/** What an order takes from the list that it was cut from. */
const locatorSchema: z.ZodType<XmlContext> = z.strictObject({
  encoding: z.string(),
  namespaces: z.record(z.string(), z.string()),
  place: z.strictObject({ offset: z.int().min(0), line: z.int().min(1), column: z.int().min(1) }),
});

const LIST = 'orders';
const ORDER = 'order';

/** How a layout is read. */
type Drafter = (document: XmlDocument, profile: SourceProfile) => Draft;

/** What the root of a document says that it is. */
type Kind =
  | { readonly layout: Layout; readonly draft: Drafter; readonly finding?: never }
  | { readonly layout: Layout; readonly draft?: never; readonly finding: Finding };

/**
 * How XML documents are read: one order in the canonical form, as cXML `OrderRequest`, as UBL 2 `Order`, or in a shape that
 * the source's profile maps; or many in the canonical form, `<orders>`, of which each is read alone.
 */
export const xmlReader: FormatReader = { mask: maskXml, inspect, split, parse, locate };

function inspect(bytes: Uint8Array, profile: SourceProfile): Inspection {
  const { document, fault } = readXml(bytes);
  if (fault) return { layout: 'canonical', holds: 'one', findings: [faultFinding(fault)] };
  const { layout, finding } = findKind(document, profile);
  if (layout === 'canonical' && isList(document.root)) return { layout, holds: 'many', findings: [] };
  return { layout, holds: 'one', findings: finding ? [finding] : [] };
}

function parse(bytes: Uint8Array, locator: unknown, profile: SourceProfile): ParseResult {
  const { document, fault } = readPart(bytes, locator);
  if (fault) return { order: null, findings: [faultFinding(fault)] };
  const kind = findKind(document, profile);
  return kind.draft ? finishReading(kind.draft(document, profile), profile) : { order: null, findings: [kind.finding] };
}

function locate(bytes: Uint8Array, locator: unknown, profile: SourceProfile, pointer: string): Location {
  const { document } = readPart(bytes, locator);
  return (document && findKind(document, profile).draft?.(document, profile).locate(pointer)) ?? {};
}

function readPart(bytes: Uint8Array, locator: unknown): XmlResult {
  return readXml(bytes, locator === null || locator === undefined ? undefined : locatorSchema.parse(locator));
}

function faultFinding({ code, message, place }: XmlFault): Finding {
  return xmlFinding(
    code,
    `The document cannot be read as XML at line ${place.line}, column ${place.column}: ${message}.`,
    place,
  );
}

// Lists

function isList({ namespace, local }: XmlElement): boolean {
  return namespace === '' && local === LIST;
}

/** Cuts a list into its orders, bytes as they are. */
function split(bytes: Uint8Array, _profile: SourceProfile): SplitDocument {
  const { document, fault } = readXml(bytes);
  if (fault) return { parts: [], findings: [faultFinding(fault)] };
  if (!isList(document.root)) return { parts: [wholeDocument(bytes)], findings: [] };
  const { children } = document.root;
  const orders = children.filter(({ namespace, local }) => namespace === '' && local === ORDER);
  const others = children.filter((child) => !orders.includes(child));
  const empty = children.length === 0 ? [say(document, 'XML.REQUIRED', document.root, EMPTY_LIST)] : [];
  return {
    parts: orders.map((order) => cutOrder(bytes, document, order)),
    findings: [...empty, ...others.map((child) => say(document, 'XML.ROOT', child, noOrder(child)))].slice(
      0,
      MOST_FINDINGS,
    ),
  };
}

const EMPTY_LIST = 'The list holds no order: send at least one.';

function noOrder({ name }: XmlElement): string {
  return `<${name.slice(0, 60)}> is not an <order> and was not taken: the list <orders> holds nothing else.`;
}

function wholeDocument(bytes: Uint8Array): OrderPart {
  return { bytes, prefix: 0, spans: [{ offset: 0, length: bytes.length }], locator: null };
}

function cutOrder(bytes: Uint8Array, { encoding, namespaces, placeAt }: XmlDocument, order: XmlElement): OrderPart {
  const place = placeAt(order.start);
  const { offset } = place;
  const length = placeAt(order.end).offset - offset;
  const locator: XmlContext = { encoding, namespaces, place };
  return { bytes: bytes.subarray(offset, offset + length), prefix: 0, spans: [{ offset, length }], locator };
}

function say({ placeAt }: XmlDocument, code: XmlCode, { start }: XmlElement, message: string): Finding {
  return xmlFinding(code, message, placeAt(start));
}

// Roots

const KNOWN_ROOTS =
  'known are <order> and <orders> in the form of this system, cXML with an OrderRequest, and UBL 2 Order; anything else needs a table in the profile of the source';

/** cXML and UBL cannot be mistaken; the table of a profile is for all else, even where its root is called `order`. */
function findKind(document: XmlDocument, profile: SourceProfile): Kind {
  const { root } = document;
  if (root.namespace === '' && root.local === 'cXML') return findCxml(document);
  const ubl = findUblName(root);
  if (ubl === 'Order') return { layout: 'ubl', draft: draftUbl };
  if (ubl !== undefined) return { layout: 'ubl', finding: say(document, 'XML.NOT_AN_ORDER', root, noUblOrder(ubl)) };
  if (profile.mapping) return { layout: 'mapped', draft: draftXmlMapped };
  if (root.namespace === '' && root.local === ORDER) return { layout: 'canonical', draft: draftXmlOrder };
  const message = `The root element <${root.name.slice(0, 60)}> is not known: ${KNOWN_ROOTS}.`;
  return { layout: 'canonical', finding: say(document, 'XML.ROOT', root, message) };
}

function noUblOrder(name: string): string {
  const change = /^Order(?:Change|Cancellation)$/.test(name);
  const advice = change ? 'send the changed order anew as Order, or tell us of the change' : 'only Order is an order';
  return `This is a UBL ${name.slice(0, 60)}, which is not carried out here: ${advice}.`;
}

function findCxml(document: XmlDocument): Kind {
  const { root } = document;
  const request = findOrderRequest(root);
  if (request) return { layout: 'cxml', draft: (_document, profile) => draftCxml(document, request, profile) };
  const message = `This cXML document is ${describeCxml(root)}: only Request/OrderRequest is an order.`;
  return { layout: 'cxml', finding: say(document, 'XML.NOT_AN_ORDER', root, message) };
}
