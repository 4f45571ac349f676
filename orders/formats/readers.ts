import { csvReader } from './csv-documents.ts';
import type { Format, FormatReader } from './format.ts';
import { jsonReader } from './json-documents.ts';
import { x12Reader } from './x12-documents.ts';
import { xmlReader } from './xml-documents.ts';

const READERS: Readonly<Record<Format, FormatReader>> = {
  json: jsonReader,
  xml: xmlReader,
  csv: csvReader,
  x12: x12Reader,
};

/** How documents of a format are read. */
export function readerOf(format: Format): FormatReader {
  return READERS[format];
}
