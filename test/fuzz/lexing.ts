import type { Format } from '../../orders/formats/format.ts';
import type { SourceProfile } from '../../orders/source.ts';

/**
 * A document as values in a skeleton: names of members, elements and columns, segment ids, and all punctuation. Told by
 * the simplest of means, apart from the readers that are tried, so that a mistake of theirs is none here.
 */
export interface Lexed {
  readonly skeleton: string;
  /** The values as they are written. */
  readonly tokens: readonly string[];
}

/** Takes a document apart. Documents that are none of the format come apart somehow. */
export function lexDocument(bytes: Uint8Array, format: Format, { csv }: SourceProfile): Lexed {
  const text = decode(bytes, csv?.encoding);
  switch (format) {
    case 'x12':
      return lexX12(text);
    case 'json':
      return lexBy(text, JSON_VALUE);
    case 'xml':
      return lexBy(text, XML_VALUE);
    case 'csv':
      return lexCsv(text, csv?.delimiter ?? guessDelimiter(text));
  }
}

/** One character per byte but for UTF-16, where what is compared is the text. */
function decode(bytes: Uint8Array, encoding: string | undefined): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  if (encoding?.startsWith('utf-16') === true) return new TextDecoder(encoding).decode(bytes);
  return Buffer.from(bytes).toString('latin1');
}

/** Strings, with the colon that makes them names; numbers and the three words. */
const JSON_VALUE = /"(?:[^"\\]|\\.)*"(?:\s*:)?|-?\d[\d.eE+-]*|\b(?:true|false|null)\b/gs;

/** Values of attributes and runs of text between tags. */
const XML_VALUE =
  /(?<==\s*")[^"<]*(?=")|(?<==\s*')[^'<]*(?=')|(?<=>)[^<>]*\S[^<>]*(?=<)|(?<=<!\[CDATA\[)[^\]]*(?=\]\]>)/g;

function lexBy(text: string, pattern: RegExp): Lexed {
  const tokens: string[] = [];
  const skeleton = text.replace(pattern, (found) => {
    if (found.endsWith(':') && found.startsWith('"')) return found;
    tokens.push(found);
    return '\0';
  });
  return { skeleton: skeleton.replace(/\s+/g, ''), tokens };
}

/** Each interchange by the delimiters of its own ISA. */
function lexX12(text: string): Lexed {
  const lexed = text.split(/(?=ISA[^A-Za-z0-9\s])/).map(lexInterchange);
  return { skeleton: lexed.map(({ skeleton }) => skeleton).join(''), tokens: lexed.flatMap(({ tokens }) => tokens) };
}

function lexInterchange(text: string): Lexed {
  const [separator, terminator] = [text.charAt(3), text.charAt(105)];
  const tokens: string[] = [];
  const skeleton: string[] = [];
  let start = 0;
  let isId = true;
  for (let at = 0; at <= text.length; at++) {
    const mark = text.charAt(at);
    if (mark !== separator && mark !== terminator && at < text.length) continue;
    const found = text.slice(start, at);
    skeleton.push(isId ? found.trim() : '\0', mark);
    if (!isId) tokens.push(found);
    isId = mark === terminator;
    start = at + 1;
  }
  return { skeleton: skeleton.join(''), tokens };
}

function guessDelimiter(text: string): string {
  const header = text.split(/[\r\n]/, 1)[0] ?? '';
  const counts = [',', ';', '\t', '|'].map((delimiter) => ({ delimiter, count: header.split(delimiter).length }));
  return counts.sort((one, other) => other.count - one.count)[0]?.delimiter ?? ',';
}

/** The first row is part of the skeleton: it names the columns. `="001"` is how a text is kept from Excel. */
function lexCsv(text: string, delimiter: string): Lexed {
  const cell = new RegExp(
    `(="[^"]*"|"(?:[^"]|"")*"|[^"\\r\\n${delimiter}]*)(${delimiter === '|' ? '\\|' : delimiter}|\\r\\n|\\r|\\n|$)`,
    'gy',
  );
  const tokens: string[] = [];
  const skeleton: string[] = [];
  let isHeader = true;
  for (let at = 0; at < text.length;) {
    cell.lastIndex = at;
    const match = cell.exec(text);
    if (!match) return { skeleton: `${skeleton.join('')}${text.slice(at)}`, tokens };
    const [all, value = '', mark = ''] = match;
    skeleton.push(isHeader ? value : '\0', mark);
    if (!isHeader) tokens.push(value);
    isHeader &&= mark === delimiter;
    at += Math.max(all.length, 1);
  }
  return { skeleton: skeleton.join(''), tokens };
}
