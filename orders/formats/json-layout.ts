import type { SourceProfile } from '../source.ts';
import type { Layout } from './format.ts';

/** Whose layout a JSON document has. */
export interface JsonLayout {
  readonly layout: Extract<Layout, 'canonical' | 'shopify' | 'woocommerce' | 'mapped'>;
  /** In words, for the log and for whoever wonders; nothing of our own form. */
  readonly why?: string;
}

/** Names by which a shop's order is told, all of which it has, whatever the version of its API. */
const MARKS = {
  shopify: ['line_items', 'total_price', 'financial_status'],
  woocommerce: ['line_items', 'total', 'billing', 'date_created_gmt'],
} as const;

/**
 * Tells whose layout an order has: what the source's profile says, or else the names of its members. What nobody's names
 * fit is read as canonical, which says what is missing.
 */
export function recognizeLayout(names: ReadonlySet<string>, { json, mapping }: SourceProfile): JsonLayout {
  if (json?.layout) return { layout: json.layout, why: "the source's profile says so" };
  if (mapping) return { layout: 'mapped', why: "the source's profile has a table for it" };
  for (const layout of ['shopify', 'woocommerce'] as const) {
    const marks = MARKS[layout];
    if (marks.every((mark) => names.has(mark))) return { layout, why: `it has ${marks.join(', ')}` };
  }
  return { layout: 'canonical' };
}
