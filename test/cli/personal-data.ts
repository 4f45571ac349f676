import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Members of a JSON order that may name a person or tell where one lives. */
const PERSONAL = new Set([
  'name',
  'email',
  'phone',
  'lines',
  'notes',
  'address1',
  'address_1',
  'company',
  'customer_note',
]);
/** Shopify's name of an order is its number. */
const ORDER_NAME = /^#/;
/** Elements of XML orders that may: names, streets and addresses of mail, in cXML, UBL and our own form. */
const PERSONAL_XML = /<(?:\w+:)?(?:name|Name|line|Street|StreetName|ElectronicMail|Comments|Note)\b[^>]*>([^<]+)</g;
/** Columns of CSV orders that may. */
const PERSONAL_COLUMNS: readonly string[] = ['Lieferanschrift', 'Straße'];
/** Elements of an 850 that may: street lines, and names and numbers of contacts. */
const PERSONAL_ELEMENTS: Readonly<Record<string, readonly number[]>> = { N3: [1, 2], PER: [2, 4, 6, 8], MSG: [1] };
/** Shorter than this a word may stand anywhere by chance. */
const SHORTEST = 7;

/** What the documents of a folder say about people. */
export function listPersonalData(samples: string): string[] {
  const found = new Set<string>();
  for (const file of listFiles(samples)) {
    const text = readFileSync(file, 'utf8');
    if (file.endsWith('.edi')) collectX12(text, found);
    else if (file.endsWith('.xml')) for (const [, word = ''] of text.matchAll(PERSONAL_XML)) found.add(word);
    else if (file.endsWith('.csv')) collectCsv(text, found);
    else if (file.endsWith('.json') && !file.endsWith('expectations.json')) collectJson(parse(text), found);
  }
  return [...found].filter((word) => word.length >= SHORTEST && !word.includes('{{'));
}

/** The files under a folder, and which of the words each holds; `except` names files that are not looked at. */
export function findWords(folder: string, words: readonly string[], except: RegExp): string[] {
  return listFiles(folder)
    .filter((file) => !except.test(file))
    .flatMap((file) => {
      const bytes = readFileSync(file);
      return words.filter((word) => bytes.includes(word)).map((word) => `${file}: ${word}`);
    });
}

function listFiles(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** Samples that are broken on purpose tell of nobody. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

function collectJson(value: unknown, found: Set<string>): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, member] of Object.entries(value)) {
    for (const text of [member].flat())
      if (PERSONAL.has(key) && typeof text === 'string' && !ORDER_NAME.test(text)) found.add(text);
    collectJson(member, found);
  }
}

function collectCsv(text: string, found: Set<string>): void {
  const [header = [], ...rows] = text.split('\n').map((row) => row.split(';'));
  for (const column of PERSONAL_COLUMNS) for (const row of rows) found.add(row[header.indexOf(column)] ?? '');
}

function collectX12(text: string, found: Set<string>): void {
  const [separator = '*', terminator = '~'] = [text[3], text[105]];
  for (const segment of text.split(terminator)) {
    const elements = segment.trim().split(separator);
    for (const number of PERSONAL_ELEMENTS[elements[0] ?? ''] ?? []) found.add(elements[number] ?? '');
  }
}
