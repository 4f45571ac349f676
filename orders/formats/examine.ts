import type { Finding } from '../finding.ts';
import { formatsOf, type SourceProfile } from '../source.ts';
import { detectFormat } from './detect.ts';
import type { Format, Inspection } from './format.ts';
import { readerOf } from './readers.ts';

/** What a document at the door turned out to be, before anything of it is kept. */
export interface ExaminedDocument extends Pick<Inspection, 'layout' | 'holds'> {
  readonly format: Format;
  /** How the format was told, in words. */
  readonly why: string;
  /** The document without card numbers, of the same length. */
  readonly bytes: Uint8Array;
  /** The fields that had a card number. */
  readonly masked: readonly Finding[];
  /** Why it cannot be read at all; empty if it can. */
  readonly unreadable: readonly Finding[];
}

/** A document that its source may not send: in no format that is read here (null), or in none of its own. */
export interface NotTaken {
  readonly format: Format | null;
  readonly why: string;
}

export type Examination =
  | { readonly document: ExaminedDocument; readonly notTaken?: never }
  | { readonly notTaken: NotTaken; readonly document?: never };

/**
 * Tells what a document is, whether its source may send it and whether it can be read, and masks card numbers in it.
 * @param contentType as declared by the sender, if it declares one; the bytes decide where they can
 */
export function examineDocument(
  bytes: Uint8Array,
  contentType: string | undefined,
  profile: SourceProfile,
): Examination {
  const { format, why } = tellFormat(bytes, contentType);
  if (format === null || !formatsOf(profile).includes(format)) return { notTaken: { format, why } };
  const reader = readerOf(format);
  const masked = reader.mask(bytes, profile);
  // As it will be read: after masking.
  const { layout, why: whyLayout, holds, findings } = reader.inspect(masked.bytes, profile);
  const told = whyLayout === undefined ? why : `${why}; ${layout}, because ${whyLayout}`;
  return {
    document: { format, layout, holds, why: told, bytes: masked.bytes, masked: masked.findings, unreadable: findings },
  };
}

/** Rows with commas are a guess: what says that it is JSON and looks like them is broken JSON. */
function tellFormat(bytes: Uint8Array, contentType: string | undefined): NotTaken {
  const { format, why } = detectFormat(bytes, contentType);
  const isDeclaredJson = /^application\/(?:[\w.-]+\+)?json\b/i.test(contentType ?? '');
  if (!isDeclaredJson || bytes.length === 0 || (format !== null && format !== 'csv')) return { format, why };
  return { format: 'json', why: `declared as json; from the bytes alone: ${detectFormat(bytes).why}` };
}
