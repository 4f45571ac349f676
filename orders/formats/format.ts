import type { Finding } from '../finding.ts';
import type { Order } from '../order.ts';

/** What documents are written in. */
export type Format = 'json' | 'xml' | 'x12' | 'csv';

/**
 * What a parser makes of one slice. `order` is present whenever the slice could be read far enough to make one that fits
 * the canonical schema, also when findings reject it.
 */
export interface ParseResult {
  readonly order: Order | null;
  readonly findings: readonly Finding[];
}
