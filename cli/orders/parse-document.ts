import type { Finding } from '../../orders/finding.ts';
import { examineDocument } from '../../orders/formats/examine.ts';
import { readerOf } from '../../orders/formats/readers.ts';
import type { SourceProfile } from '../../orders/source.ts';

/** What is said of one order of a document. */
export interface ParsedOrder {
  /** null: it could not be read. */
  readonly poNumber: string | null;
  readonly findings: readonly Finding[];
}

export interface ParsedDocument {
  /** What the document was taken for, such as `json, canonical`; null where it was not taken. */
  readonly kind: string | null;
  readonly orders: readonly ParsedOrder[];
  /** Why the document, or a part of it, is refused. */
  readonly refused: readonly Finding[];
}

/** Reads every order of a document without asking anybody, as a source's documents are read. */
export function parseDocument(
  bytes: Uint8Array,
  contentType: string | undefined,
  profile: SourceProfile,
): ParsedDocument {
  const { document, notTaken } = examineDocument(bytes, contentType, profile);
  if (notTaken)
    return refuseDocument(
      notTaken.format === null ? notTaken.why : `${notTaken.why}; source "${profile.id}" does not send this`,
    );
  const { format, layout, holds, bytes: kept, masked, unreadable } = document;
  const kind = `${format}, ${layout}`;
  if (unreadable.length > 0) return { kind, orders: [], refused: unreadable };
  const reader = readerOf(format);
  const parse = (part: Uint8Array, locator: unknown): ParsedOrder => {
    const { order, findings } = reader.parse(part, locator, profile);
    return { poNumber: order?.poNumber ?? null, findings };
  };
  if (holds === 'one') {
    const order = parse(kept, null);
    return { kind, orders: [{ ...order, findings: [...masked, ...order.findings] }], refused: [] };
  }
  const { parts, findings } = reader.split(kept, profile);
  const refused = [...masked, ...findings].filter(({ disposition }) => disposition === 'reject');
  return { kind, orders: parts.map(({ bytes: part, locator }) => parse(part, locator)), refused };
}

/** A document that is not taken at all. @param why in words */
export function refuseDocument(why: string): ParsedDocument {
  const common = { category: 'data_format', disposition: 'reject', path: '', evidence: null, location: {} } as const;
  return {
    kind: null,
    orders: [],
    refused: [{ ...common, code: 'DOCUMENT.NOT_TAKEN', message: `Not taken: ${why}.` }],
  };
}
