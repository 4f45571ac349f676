import type { Format } from '../orders/formats/format.ts';

/** How a document of a format is labelled when it is given back. @see RFC 1767 (X12), RFC 4180 (CSV) */
export const CONTENT_TYPES: Readonly<Record<Format, string>> = {
  json: 'application/json',
  xml: 'application/xml',
  x12: 'application/edi-x12',
  csv: 'text/csv',
};
