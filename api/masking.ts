import { maskJson } from '../orders/cards.ts';
import type { Finding } from '../orders/finding.ts';
import type { Format } from '../orders/formats/format.ts';
import { maskX12 } from '../orders/formats/x12-mask.ts';
import type { SourceProfile } from '../orders/source.ts';

/** A document without card numbers, of the same length, and the fields that had one. */
export interface Masked {
  readonly bytes: Uint8Array;
  readonly findings: readonly Finding[];
}

/**
 * Masks card numbers before anything of a document is kept. One that cannot be read is masked wherever they stand.
 */
export function maskDocument(format: Format, bytes: Uint8Array, profile: SourceProfile): Masked {
  return format === 'x12' ? maskX12(bytes, profile.cardNumbers) : maskJson(bytes, profile);
}
