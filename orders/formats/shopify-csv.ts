import type { SourceProfile } from '../source.ts';
import { describeCanonical } from './csv.ts';
import type { CsvHeader } from './csv-reader.ts';
import type { CsvShape } from './csv-shape.ts';

/** Whether the columns are those of the order export of a Shopify shop. */
export function isShopifyExport({ values }: CsvHeader): boolean {
  return ['Name', 'Lineitem quantity', 'Lineitem name', 'Lineitem price'].every((name) => values.includes(name));
}

export function describeShopify(header: CsvHeader, profile: SourceProfile): CsvShape {
  return { ...describeCanonical(header, profile), layout: 'shopify' };
}
