import type { Finding } from '../../orders/finding.ts';
import { writeErrorCsv } from '../../orders/formats/csv-errors.ts';
import { type ExaminedDocument, type Examination, examineDocument } from '../../orders/formats/examine.ts';
import type { ParseResult } from '../../orders/formats/format.ts';
import { readerOf } from '../../orders/formats/readers.ts';
import type { SourceProfile } from '../../orders/source.ts';

/** A document as it was examined at the door, and the profile by which it is read. */
export interface ReadableDocument extends Pick<ExaminedDocument, 'format' | 'holds' | 'bytes'> {
  readonly profile: SourceProfile;
}

/** Some orders of a document, as they are read. */
export interface OrderPage {
  readonly orders: readonly ParseResult[];
  /** How many orders the document holds. */
  readonly count: number;
  /** Of the document as a whole, and of pieces that became no order. */
  readonly findings: readonly Finding[];
}

/**
 * What the gateway asks of the bytes of a document: all that takes longer the larger the document is. Questions and answers
 * go to another thread and back, so they are plain values.
 */
export const questions = {
  /** What is it, may its source send it, can it be read, and what is it without card numbers? */
  examine: (bytes: Uint8Array, contentType: string | undefined, profile: SourceProfile): Examination =>
    examineDocument(bytes, contentType, profile),

  /** Which orders does it hold? @param size how many are read at most, from the one at `from` on */
  readOrders: (
    bytes: Uint8Array,
    { format, holds, profile }: Omit<ReadableDocument, 'bytes'>,
    { from, size }: { readonly from: number; readonly size: number },
  ): OrderPage => {
    const { parts, findings } =
      holds === 'many' ? readerOf(format).split(bytes, profile) : { parts: [{ bytes, locator: null }], findings: [] };
    const wanted = parts.slice(from, from + size);
    const orders = wanted.map((part) => readerOf(format).parse(part.bytes, part.locator, profile));
    return { orders, count: parts.length, findings };
  },

  /** Which rows of a CSV file came to nothing, and why? */
  writeErrors: (bytes: Uint8Array, profile: SourceProfile): string => writeErrorCsv(bytes, profile),
};

/** What may be asked. */
export type Questions = typeof questions;
