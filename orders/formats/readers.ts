import type { Format, FormatReader } from './format.ts';
import { jsonReader } from './json-documents.ts';
import { x12Reader } from './x12-documents.ts';
import { xmlReader } from './xml-documents.ts';

const READERS: Readonly<Partial<Record<Format, FormatReader>>> = { json: jsonReader, xml: xmlReader, x12: x12Reader };

/** How documents of a format are read. @throws Error for a format that is not */
export function readerOf(format: Format): FormatReader {
  const reader = READERS[format];
  if (reader) return reader;
  throw new Error(`${format} documents are not read yet`);
}

/** Whether documents of a format are read at all. */
export function isRead(format: Format): boolean {
  return READERS[format] !== undefined;
}
