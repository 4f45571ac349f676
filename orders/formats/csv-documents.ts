import { maskCsv } from './csv-mask.ts';
import { inspectCsv, locateCsv, parseCsv, splitCsv } from './csv-split.ts';
import type { FormatReader } from './format.ts';

/**
 * How CSV files are read: any headers that usually mean a field of an order, the columns that the source's profile names,
 * and the order export of Shopify.
 */
export const csvReader: FormatReader = {
  mask: maskCsv,
  inspect: inspectCsv,
  split: splitCsv,
  parse: parseCsv,
  locate: locateCsv,
};
