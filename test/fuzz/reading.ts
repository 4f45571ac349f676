import type { Facts } from '../../orders/facts.ts';
import type { Finding } from '../../orders/finding.ts';
import { examineDocument } from '../../orders/formats/examine.ts';
import type { Format, FormatReader, Layout } from '../../orders/formats/format.ts';
import { readerOf } from '../../orders/formats/readers.ts';
import type { Order } from '../../orders/order.ts';
import { DEFAULT_RULES } from '../../orders/rules/default-rules.ts';
import { evaluateRules } from '../../orders/rules/evaluate.ts';
import type { RuleKind } from '../../orders/rules/rule.ts';
import type { SourceProfile } from '../../orders/source.ts';

/** One order of a document, and all that was said of it. */
export interface ReadOrder {
  readonly order: Order | null;
  readonly findings: readonly Finding[];
  /** Nothing sends it back or holds it: it would be staged if the back office knew its customer and products. */
  readonly accepted: boolean;
  /** Byte offset at which the order begins. */
  readonly offset: number;
  /** The place of a canonical field in the document: zero-based byte offset. */
  readonly offsetOf: (pointer: string) => number | undefined;
}

/** What became of a document. */
export interface Reading {
  /** null: in no format that is read. */
  readonly format: Format | null;
  readonly layout: Layout | null;
  /** What was said of the document as a whole. */
  readonly findings: readonly Finding[];
  readonly orders: readonly ReadOrder[];
}

/** The rules that need nothing but the order, and the one about units: a product's unit is known from the order unmutated. */
const KINDS: readonly RuleKind[] = [
  'line_ids', 'line_count', 'quantity_positive', 'quantity_maximum', 'price_not_negative', 'unit', 'line_amount',
  'total', 'discount',
]; // prettier-ignore

const NOW = new Date('2026-11-23T12:00:00Z');

/** Who sends a document, and what they declare it to be. */
export interface Sender {
  readonly profile: SourceProfile;
  readonly contentType: string;
}

/** Units by SKU, as the back office would know them. */
export type Units = ReadonlyMap<string, string>;

/**
 * Takes a document through everything that is pure between the door and staging: detection, masking, the first look,
 * splitting, parsing, the rules, and the places of findings.
 * @throws whatever breaks: nothing may
 */
export function readDocument(bytes: Uint8Array, sender: Sender, units: Units = new Map()): Reading {
  const { profile } = sender;
  const { document } = examineDocument(bytes, sender.contentType, profile);
  if (!document) return { format: null, layout: null, findings: [], orders: [] };
  const { format, layout, holds, unreadable } = document;
  if (document.bytes.length !== bytes.length) throw new Error('masking changed the length of the document');
  if (unreadable.length > 0) return { format, layout, findings: unreadable, orders: [] };
  const reader = readerOf(format);
  const whole = [{ bytes: document.bytes, locator: null as unknown, spans: [{ offset: 0, length: bytes.length }] }];
  const { parts, findings } = holds === 'many' ? reader.split(document.bytes, profile) : { parts: whole, findings: [] };
  const all = [...document.masked, ...findings];
  return { format, layout, findings: all, orders: parts.map((part) => readPart(reader, part, profile, units)) };
}

interface Part {
  readonly bytes: Uint8Array;
  readonly locator: unknown;
  readonly spans: readonly { readonly offset: number }[];
}

function readPart(
  reader: FormatReader,
  { bytes, locator, spans }: Part,
  profile: SourceProfile,
  units: Units,
): ReadOrder {
  const { order, findings } = reader.parse(bytes, locator, profile);
  const breaches = order ? evaluateRules(DEFAULT_RULES, order, factsOf(order, units), NOW, KINDS).findings : [];
  const all = [...findings, ...breaches];
  const offsetOf = (pointer: string): number | undefined => reader.locate(bytes, locator, profile, pointer).offset;
  // A reviewer is shown where a finding stands: that must not break either.
  const [first] = all;
  if (first) offsetOf(first.path);
  const accepted = order !== null && all.every(({ disposition }) => disposition === 'warn');
  return { order, findings: all, accepted, offset: spans[0]?.offset ?? 0, offsetOf };
}

function factsOf({ lines }: Order, units: Units): Facts {
  const known = lines.flatMap(({ sku }) => {
    const unit = units.get(sku);
    return unit === undefined ? [] : [[sku, { sku, active: true, unit, available: '0', prices: [] }] as const];
  });
  return { asOf: NOW.toISOString(), customer: null, products: Object.fromEntries(known) };
}

/** The unit of each product, as orders have it; none for those that come in several. */
export function unitsOf({ orders }: Reading): Units {
  const lines = orders.flatMap(({ order }) => order?.lines ?? []);
  const bySku = Map.groupBy(lines, ({ sku }) => sku);
  const single = [...bySku].filter(([, those]) => new Set(those.map(({ unit }) => unit)).size === 1);
  return new Map(single.map(([sku, those]) => [sku, those[0]?.unit ?? '']));
}
