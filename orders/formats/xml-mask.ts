import { cardFinding, isIdentifier, isSecurityCode, maskCardNumbers, type MaskedField } from '../cards.ts';
import type { SourceProfile } from '../source.ts';
import type { Masked } from './format.ts';
import { createPlacer, decodeXml, type XmlSource } from './xml-reader.ts';

/** cXML elements whose text is a secret of the sender's: masked whole, without a word, for it stands there by agreement. */
const SECRETS: ReadonlySet<string> = new Set([
  'SharedSecret',
  'CredentialMac',
  'Digest',
  'DigitalSignature',
  'PaymentToken',
]);
/** UBL: all that stands in it is about one card. */
const CARD = 'CardAccount';
/** Attributes of cXML's `PCard` that may not be kept. */
const CARD_ATTRIBUTES: ReadonlySet<string> = new Set(['number', 'expiration']);
/** Elements that identify something although their names do not say so, and the one that holds Base64. */
const LEFT_ALONE: ReadonlySet<string> = new Set(['Identity', 'Telefax', 'EmbeddedDocumentBinaryObject']);

const STAR = '*'.charCodeAt(0);
const LAST_FOUR = 4;
const SHORTEST_CARD_NUMBER = 12;
const MOST_FINDINGS = 100;
/** Deeper elements are masked as free text; the reader refuses them. */
const DEEPEST = 64;

/** A stretch of the text, `to` exclusive. */
interface Stretch {
  readonly from: number;
  readonly to: number;
  /** Whether `&#52;` stands for `4` there. */
  readonly hasReferences: boolean;
}

/** An element whose end tag has not come yet. */
interface OpenElement {
  readonly local: string;
  /** What the sender calls it: the name attribute of an `Extrinsic`, the `Name` beside a `Value`. */
  readonly label: string | undefined;
  readonly start: number;
  /** Its own text, in the pieces that comments, CDATA sections and children part it into. */
  readonly pieces: Stretch[];
  /** What its last child called `Name` says. */
  childLabel?: string;
}

interface Masking {
  readonly source: XmlSource;
  /** The characters that stand where others did, by index; 0 where nothing changes. Made when first needed. */
  marks: Uint8Array | undefined;
  readonly fields: { readonly name: string; readonly at: number }[];
  readonly open: OpenElement[];
  /** Elements open beyond the deepest that is kept. */
  beyond: number;
}

/**
 * Masks an XML document before it is first written: card numbers in free text and payment fields to their last four
 * digits, security codes, cXML's `PCard/@number,@expiration`, `PaymentToken` and shared secrets, and all of UBL's
 * `CardAccount`. Identifiers are left alone. Works on the text as written, well-formed or not, and keeps its length.
 */
export function maskXml(bytes: Uint8Array, profile: Pick<SourceProfile, 'cardNumbers'>): Masked {
  const source = decodeXml(bytes).source ?? readLatin1(bytes);
  const masking: Masking = { source, marks: undefined, fields: [], open: [], beyond: 0 };
  scan(masking);
  while (masking.open.length > 0) closeElement(masking);
  const placeAt = createPlacer(source);
  const fields = masking.fields.map(({ name, at }): MaskedField => ({ name, location: placeAt(at) }));
  return {
    bytes: masking.marks ? writeMarks(bytes, source, masking.marks) : bytes,
    findings: fields.map((field) => cardFinding(field, profile)),
  };
}

/** A document in an encoding that cannot be told: what matters here is ASCII. */
function readLatin1(bytes: Uint8Array): XmlSource {
  return { text: Buffer.from(bytes).toString('latin1'), start: 0, measure: ({ length }) => length, encoding: 'latin1' };
}

/** Writes the marks over the bytes of the characters that they replace. */
function writeMarks(bytes: Uint8Array, { text, start, encoding }: XmlSource, marks: Uint8Array): Uint8Array {
  const masked = Uint8Array.from(bytes);
  const isUtf8 = encoding === 'utf-8';
  const width = encoding.startsWith('utf-16') ? 2 : 1;
  const low = encoding === 'utf-16be' ? 1 : 0;
  for (let index = 0, at = start; index < text.length; index++) {
    const length = isUtf8 ? utf8Length(text.charCodeAt(index)) : width;
    const mark = marks[index] ?? 0;
    if (mark !== 0 && width === 2) masked.set(low === 0 ? [mark, 0] : [0, mark], at);
    else if (mark !== 0) masked.fill(mark, at, at + length);
    at += length;
  }
  return masked;
}

/** Bytes of a UTF-16 unit in UTF-8; the four of a surrogate pair count half for each. */
function utf8Length(unit: number): number {
  if (unit < 0x80) return 1;
  return unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 2 : 3;
}

// What stands where

/** What stands beside the elements: comments, instructions, whose name stays, and the document type. */
const ASIDES = [
  { begin: '<!--', end: '-->' },
  { begin: '<?', end: '?>' },
  { begin: '<!', end: '>' },
];
const BEGIN_CDATA = '<![CDATA[';

/** Goes through the document from one `<` to the next; each character is looked at once. */
function scan(masking: Masking): void {
  const { text } = masking.source;
  let at = 0;
  while (at < text.length) {
    const next = text.indexOf('<', at);
    const end = next < 0 ? text.length : next;
    addText(masking, { from: at, to: end, hasReferences: true });
    if (next < 0) return;
    at = scanMarkup(masking, next);
  }
}

/** @returns the index behind the tag, comment or section that begins at `at` */
function scanMarkup(masking: Masking, at: number): number {
  const { text } = masking.source;
  const upTo = (end: string, from: number): readonly [to: number, behind: number] => {
    const found = text.indexOf(end, from);
    return found < 0 ? [text.length, text.length] : [found, found + end.length];
  };
  if (text.startsWith(BEGIN_CDATA, at)) {
    const [to, behind] = upTo(']]>', at + BEGIN_CDATA.length);
    addText(masking, { from: at + BEGIN_CDATA.length, to, hasReferences: false });
    return behind;
  }
  if (text.startsWith('</', at)) {
    const [to, behind] = upTo('>', at);
    closeNamed(masking, localName(text.slice(at + 2, Math.min(to, at + 300)).trim()));
    return behind;
  }
  const aside = ASIDES.find(({ begin }) => text.startsWith(begin, at));
  if (aside) {
    const start = at + aside.begin.length;
    const from = aside.begin === '<!--' ? start : skip(NAME, text, start);
    const [to, behind] = upTo(aside.end, from);
    maskPieces(masking, [{ from, to, hasReferences: true }], ['', ...namesOf(masking)], at);
    return behind;
  }
  return openElement(masking, at);
}

function addText(masking: Masking, piece: Stretch): void {
  if (piece.from >= piece.to) return;
  const current = masking.beyond > 0 ? undefined : masking.open.at(-1);
  if (current) current.pieces.push(piece);
  else maskPieces(masking, [piece], [''], piece.from);
}

/** A start tag: its attributes are masked at once, its text when it ends. */
function openElement(masking: Masking, start: number): number {
  const { text } = masking.source;
  const nameEnd = skip(NAME, text, start + 1);
  const local = localName(text.slice(start + 1, nameEnd));
  const attributes = readAttributes(text, nameEnd);
  const parent = masking.open.at(-1);
  const own = attributes.found.find(({ name }) => name === 'name');
  const label =
    local === 'Extrinsic' && own ? text.slice(own.from, own.to) : local === 'Value' ? parent?.childLabel : undefined;
  if (masking.open.length < DEEPEST && masking.beyond === 0) {
    masking.open.push({ local, label, start, pieces: [] });
  } else masking.beyond++;
  for (const { name, from, to } of attributes.found)
    maskAttribute(masking, local, name, { from, to, hasReferences: true });
  if (attributes.isEmptyElement) closeNamed(masking, local);
  return attributes.end;
}

function closeNamed(masking: Masking, local: string): void {
  if (masking.beyond > 0) {
    masking.beyond--;
    return;
  }
  const depth = masking.open.findLastIndex((element) => element.local === local);
  if (depth < 0) return;
  while (masking.open.length > depth) closeElement(masking);
}

function closeElement(masking: Masking): void {
  const names = namesOf(masking);
  const closed = masking.open.pop();
  if (!closed) return;
  const parent = masking.open.at(-1);
  const [first] = closed.pieces;
  if (parent && closed.local === 'Name' && first)
    parent.childLabel = masking.source.text.slice(first.from, first.to).slice(0, 100);
  maskPieces(masking, closed.pieces, names, closed.start);
}

/** Names of the open elements, the innermost first, before which its label stands. */
function namesOf({ open }: Masking): string[] {
  const names = open.map(({ local }) => local).reverse();
  const label = open.at(-1)?.label;
  return label === undefined ? names : [label, ...names];
}

interface Attribute {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

const NAME = /[^\s=/>"'<]*/y;
const SPACE = /\s*/y;
const UNQUOTED = /[^\s>]*/y;

function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  pattern.test(text);
  return Math.max(at, pattern.lastIndex);
}

/** The attributes of a start tag and where it ends, however broken it is. */
function readAttributes(text: string, from: number) {
  const found: Attribute[] = [];
  let at = skip(SPACE, text, from);
  while (at < text.length && text[at] !== '>' && text[at] !== '<') {
    const nameEnd = skip(NAME, text, at);
    const equals = skip(SPACE, text, nameEnd);
    const value = text[equals] === '=' ? skip(SPACE, text, equals + 1) : nameEnd;
    const quote = text[value];
    if (quote === '"' || quote === "'") {
      const close = text.indexOf(quote, value + 1);
      const to = close < 0 ? text.length : close;
      found.push({ name: localName(text.slice(at, nameEnd)), from: value + 1, to });
      at = to + 1;
    } else {
      // No XML, but kept with the reason why it is refused.
      const [from, to] = value > nameEnd ? [value, skip(UNQUOTED, text, value)] : [at, Math.max(at + 1, nameEnd)];
      found.push({ name: value > nameEnd ? localName(text.slice(at, nameEnd)) : '', from, to });
      at = Math.max(at + 1, to);
    }
    at = skip(SPACE, text, at);
  }
  const isEmptyElement = text[at] === '>' && text[at - 1] === '/';
  return { found, isEmptyElement, end: text[at] === '>' ? at + 1 : at };
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

// What is masked how

function maskAttribute(masking: Masking, element: string, name: string, value: Stretch): void {
  const names = [name, ...namesOf(masking)];
  if (element === 'PCard' && CARD_ATTRIBUTES.has(name)) {
    maskWhole(masking, [value], name === 'number');
    note(masking, `PCard/@${name}`, value.from);
  } else maskPieces(masking, [value], names, value.from);
}

/** @param names of the field, then those of what encloses it; @param at where it is said to stand */
function maskPieces(masking: Masking, pieces: readonly Stretch[], names: readonly string[], at: number): void {
  if (pieces.length === 0) return;
  if (names.some((name) => SECRETS.has(name))) {
    maskWhole(masking, pieces, false);
  } else if (names.includes(CARD)) {
    if (maskWhole(masking, pieces, /^PrimaryAccountNumber/.test(names[0] ?? '')))
      note(masking, `${CARD}/${names[0]}`, at);
  } else if (isSecurityCode(names[0])) {
    if (maskDigits(masking, pieces)) note(masking, names[0] ?? '', at);
  } else if (!LEFT_ALONE.has(names[0] ?? '') && !isIdentifier(names)) {
    if (maskFreeText(masking, pieces)) note(masking, names.find((name) => name !== '') ?? 'the document', at);
  }
}

function note({ fields }: Masking, name: string, at: number): void {
  if (fields.length < MOST_FINDINGS) fields.push({ name: maskCardNumbers(name).text, at });
}

function mark(masking: Masking, index: number, character: number): void {
  masking.marks ??= new Uint8Array(masking.source.text.length);
  masking.marks[index] = character;
}

/** Hides everything but white space, and where it is a card number that may be shown, all but its last four digits. */
function maskWhole(masking: Masking, pieces: readonly Stretch[], showsLastFour: boolean): boolean {
  const { text } = masking.source;
  const digits = showsLastFour ? pieces.flatMap((piece) => digitsOf(text, piece)) : [];
  const shown = new Set(digits.length >= SHORTEST_CARD_NUMBER ? digits.slice(-LAST_FOUR) : []);
  let found = false;
  for (const { from, to } of pieces) {
    for (let index = from; index < to; index++) {
      if (shown.has(index) || /\s/.test(text.charAt(index))) continue;
      mark(masking, index, STAR);
      found = true;
    }
  }
  return found;
}

/** Where digits stand in text that has no references. */
function digitsOf(text: string, { from, to }: Stretch): readonly number[] {
  const slice = text.slice(from, Math.min(to, from + 100));
  return slice.includes('&') ? [] : [...slice.matchAll(/\d/g)].map(({ index }) => from + index);
}

function maskDigits(masking: Masking, pieces: readonly Stretch[]): boolean {
  return rewrite(masking, pieces, (plain) => plain.replace(/\d/g, '*'));
}

function maskFreeText(masking: Masking, pieces: readonly Stretch[]): boolean {
  return rewrite(masking, pieces, (plain) => maskCardNumbers(plain).text);
}

/** Changes what pieces of text say together, and marks each change in the text as written. */
function rewrite(masking: Masking, pieces: readonly Stretch[], change: (plain: string) => string): boolean {
  const { text } = masking.source;
  if (!pieces.some(({ from, to }) => /\d/.test(text.slice(from, to)))) return false;
  const { plain, offsets } = readPlain(text, pieces);
  const changed = change(plain);
  if (changed === plain) return false;
  for (let index = 0; index < plain.length; index++) {
    if (plain[index] !== changed[index]) markCharacter(masking, offsets[index] ?? 0);
  }
  return true;
}

/** A `*` for a digit, which may be written as the reference `&#52;` or `&#x34;`. */
function markCharacter(masking: Masking, at: number): void {
  const { text } = masking.source;
  if (text[at] !== '&') {
    mark(masking, at, STAR);
    return;
  }
  const end = text.indexOf(';', at);
  const code = /^&#x/i.test(text.slice(at, at + 3)) ? '2a' : '42';
  mark(masking, end - 2, code.charCodeAt(0));
  mark(masking, end - 1, code.charCodeAt(1));
}

/** What pieces of text say together, and where each character is written. */
function readPlain(
  text: string,
  pieces: readonly Stretch[],
): { readonly plain: string; readonly offsets: Uint32Array } {
  const length = pieces.reduce((total, { from, to }) => total + to - from, 0);
  const offsets = new Uint32Array(length);
  const parts: string[] = [];
  let size = 0;
  const copy = (from: number, to: number): void => {
    for (let at = from; at < to; at++) offsets[size++] = at;
    parts.push(text.slice(from, to));
  };
  for (const { from, to, hasReferences } of pieces) {
    let copied = from;
    const written = hasReferences ? text.slice(from, to) : '';
    for (const { 0: reference, 1: hexadecimal, 2: decimal, index } of written.matchAll(
      /&#(?:x0*([0-9a-f]{2})|0*(\d{2,3}));/gi,
    )) {
      copy(copied, from + index);
      offsets[size++] = from + index;
      parts.push(String.fromCharCode(hexadecimal === undefined ? Number(decimal) : parseInt(hexadecimal, 16)));
      copied = from + index + reference.length;
    }
    copy(copied, to);
  }
  return { plain: parts.join(''), offsets };
}
