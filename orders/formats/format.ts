import type { Finding, Location } from '../finding.ts';
import type { Order } from '../order.ts';
import type { SourceProfile } from '../source.ts';

/** What documents are written in. */
export type Format = 'json' | 'xml' | 'x12' | 'csv';

/** Whose names and structure a document uses. `mapped`: the table in the source's profile says what is where. */
export type Layout = 'canonical' | 'x12-850' | 'shopify' | 'woocommerce' | 'cxml' | 'ubl' | 'mapped';

/**
 * What a parser makes of one slice. `order` is present whenever the slice could be read far enough to make one that fits
 * the canonical schema, also when findings reject it.
 */
export interface ParseResult {
  readonly order: Order | null;
  readonly findings: readonly Finding[];
}

/** A document without card numbers, of the same length, and the fields that had one. */
export interface Masked {
  readonly bytes: Uint8Array;
  readonly findings: readonly Finding[];
}

/** What a first look at a whole document tells. */
export interface Inspection {
  readonly layout: Layout;
  /** How the layout was told, in words, where that can be wondered about. */
  readonly why?: string;
  /** `many`: it may hold any number of orders and is split first. */
  readonly holds: 'one' | 'many';
  /** Why it cannot be read at all; empty if it can. */
  readonly findings: readonly Finding[];
}

/** A stretch of a document, in bytes. */
export interface Span {
  readonly offset: number;
  readonly length: number;
}

/** The part of a document that is one order. */
export interface OrderPart {
  /** A document of its own in the same format: `prefix` bytes repeated from elsewhere (a CSV's header), then the spans. */
  readonly bytes: Uint8Array;
  readonly prefix: number;
  /** Where the bytes behind the prefix stand in the document, ascending, not overlapping. */
  readonly spans: readonly Span[];
  /** What reading the part takes beyond its bytes, such as the row it begins in. Plain JSON, nothing personal. */
  readonly locator: unknown;
}

/** A document taken apart. */
export interface SplitDocument {
  readonly parts: readonly OrderPart[];
  /** What is wrong with the document as a whole, and with pieces that became no order. */
  readonly findings: readonly Finding[];
}

/**
 * How documents of one format are read. Every function is pure and bears any bytes: what is wrong comes as findings that
 * say where.
 */
export interface FormatReader {
  /** Masks card numbers, aware of the layout, before anything is kept. The length stays. */
  readonly mask: (bytes: Uint8Array, profile: SourceProfile) => Masked;
  readonly inspect: (bytes: Uint8Array, profile: SourceProfile) => Inspection;
  /** Takes apart a document that holds many. */
  readonly split: (bytes: Uint8Array, profile: SourceProfile) => SplitDocument;
  /** Reads one order. @param locator of its {@link OrderPart}; null for a document that is one order */
  readonly parse: (bytes: Uint8Array, locator: unknown, profile: SourceProfile) => ParseResult;
  /** The place of a canonical field (JSON pointer) in the document, of what encloses it where the document leaves it out. */
  readonly locate: (bytes: Uint8Array, locator: unknown, profile: SourceProfile, pointer: string) => Location;
}
