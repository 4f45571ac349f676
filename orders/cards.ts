import type { Finding, Location } from './finding.ts';
import { byteOrderMarkLength, pointerToken, walkJson } from './formats/json-reader.ts';
import type { Token } from './formats/json-reader.ts';
import type { SourceProfile } from './source.ts';

/** Issuers by prefix and length of the card number. A range is inclusive and compares as many digits as it is written with. */
interface Issuer {
  readonly prefixes: readonly (readonly [from: string, to: string])[];
  readonly lengths: readonly number[];
}

const LONG = [16, 17, 18, 19];

/**
 * @see https://en.wikipedia.org/wiki/Payment_card_number#Issuer_identification_number_(IIN)
 */
const ISSUERS: readonly Issuer[] = Object.values<Issuer>({
  visa: { prefixes: [['4', '4']], lengths: [13, 16, 19] },
  mastercard: {
    prefixes: [
      ['51', '55'],
      ['2221', '2720'],
    ],
    lengths: [16],
  },
  amex: {
    prefixes: [
      ['34', '34'],
      ['37', '37'],
    ],
    lengths: [15],
  },
  discover: {
    prefixes: [
      ['6011', '6011'],
      ['644', '659'],
    ],
    lengths: LONG,
  },
  diners: {
    prefixes: [
      ['300', '305'],
      ['3095', '3095'],
      ['36', '36'],
      ['38', '39'],
    ],
    lengths: [14, ...LONG],
  },
  jcb: { prefixes: [['3528', '3589']], lengths: LONG },
  unionpay: {
    prefixes: [
      ['62', '62'],
      ['8100', '8171'],
    ],
    lengths: LONG,
  },
  maestro: {
    prefixes: [
      ['50', '50'],
      ['56', '58'],
      ['63', '63'],
      ['67', '67'],
    ],
    lengths: [13, 14, 15, ...LONG],
  },
});

const SHORTEST = 13;
const LONGEST = 19;
const LAST_FOUR = 4;
const ZERO = '0'.charCodeAt(0);

/** What people type or paste between the groups: dots, slashes, several spaces, a no-break space, a typographic dash. */
const BETWEEN = '(?:[ ._/-]{1,3}|\\xa0|[\\u2010-\\u2015]|\\xc2\\xa0|\\xe2\\x80[\\x90-\\x95])';

/**
 * Digits grouped as cards print them, four fours or 4-6-5, whatever stands between. The last two of {@link BETWEEN} are
 * the UTF-8 bytes of those before them, for text that is given one character a byte.
 */
const GROUPED = new RegExp(`(?<!\\d)\\d{4}(?:(?:${BETWEEN}\\d{4}){3}|${BETWEEN}\\d{6}${BETWEEN}\\d{4,5})(?!\\d)`, 'g');

/** A stretch of text, `to` exclusive. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/** Text with its card numbers masked. */
export interface MaskedText {
  /** As long as the text given; separators inside a card number stay. */
  readonly text: string;
  /** How many card numbers were masked. */
  readonly found: number;
}

/**
 * Masks every card number in free text to its last four digits: `4111 1111 1111 1111` becomes `**** **** **** 1111`.
 * A card number is 13 to 19 digits, in groups with single spaces or dashes between or in one run, with an issuer's
 * prefix and length and a right check digit, and no part of a longer run of digits. In groups as cards print them other
 * separators count too. The text keeps its length.
 * @param maskCharacter one character, for formats in which `*` has a meaning (X12 often separates elements with it)
 * @see ISO/IEC 7812-1 (numbering, Luhn); PCI DSS 3.4.1 (what may be shown)
 */
export function maskCardNumbers(text: string, maskCharacter = '*'): MaskedText {
  const cards = findCardNumbers(text);
  if (cards.length === 0) return { text, found: 0 };
  const hidden = hiddenPositions(text, cards);
  const masked = Array.from({ length: text.length }, (_, at) => (hidden[at] === 1 ? maskCharacter : text.charAt(at)));
  return { text: masked.join(''), found: countSeparate(cards) };
}

/** Every stretch that reads as a card number; they overlap where the digits can be read in several ways. */
function findCardNumbers(text: string): readonly Span[] {
  const cards = [...findInRuns(text), ...findGrouped(text)];
  return cards.sort((one, other) => one.from - other.from);
}

/**
 * Whole groups with one space or dash between them, or one group: in `2026-11-23 4111 1111 1111 1111 12` the card number
 * starts at the fourth group and ends before the last. Each group is tried as the last one. A group behind `digit.` is the
 * fraction of a decimal (`10.799999999999999`) and begins nothing.
 */
function findInRuns(text: string): readonly Span[] {
  const cards: Span[] = [];
  let run: Span[] = [];
  for (const { 0: digits, index } of text.matchAll(/\d+/g)) {
    const group = { from: index, to: index + digits.length };
    const before = run.at(-1);
    if (before?.to !== index - 1 || !/[ -]/.test(text.charAt(before.to))) run = [];
    if (run.length === 0 && /\d\.$/.test(text.slice(Math.max(0, index - 2), index))) continue;
    run.push(group);
    if (run.length > LONGEST) run.shift();
    addEnding(cards, run, text);
  }
  return cards;
}

/** Adds the card numbers that end with the last group of a run. */
function addEnding(cards: Span[], run: readonly Span[], text: string): void {
  const to = run.at(-1)?.to ?? 0;
  let digits = '';
  for (let at = run.length - 1; at >= 0; at--) {
    const { from, to: end } = run[at] as Span;
    if (digits.length + end - from > LONGEST) return;
    digits = text.slice(from, end) + digits;
    if (isCardNumber(digits)) cards.push({ from, to });
  }
}

/** Digits in groups as cards print them. */
function findGrouped(text: string): readonly Span[] {
  return [...text.matchAll(GROUPED)]
    .filter(({ 0: written }) => isCardNumber(written.replace(/\D/g, '')))
    .map(({ 0: written, index }) => ({ from: index, to: index + written.length }));
}

function isCardNumber(digits: string): boolean {
  return (
    digits.length >= SHORTEST &&
    digits.length <= LONGEST &&
    passesLuhn(digits) &&
    ISSUERS.some((issuer) => isIssuedBy(issuer, digits))
  );
}

function isIssuedBy({ prefixes, lengths }: Issuer, digits: string): boolean {
  return (
    lengths.includes(digits.length) &&
    prefixes.some(([from, to]) => {
      const prefix = digits.slice(0, from.length);
      return prefix >= from && prefix <= to;
    })
  );
}

/** The check digit of ISO/IEC 7812-1: every second digit from the right counts double, its digits added up. */
function passesLuhn(digits: string): boolean {
  let total = 0;
  for (let index = 0; index < digits.length; index++) {
    const value = (digits.charCodeAt(digits.length - 1 - index) - ZERO) * (index % 2 === 0 ? 1 : 2);
    total += value > 9 ? value - 9 : value;
  }
  return total % 10 === 0;
}

/**
 * Where digits are to be hidden (1): all but the last four of every reading. Where readings overlap, each hides its own,
 * so that a wrong reading never leaves more of the right one visible.
 */
function hiddenPositions(text: string, cards: readonly Span[]): Uint8Array {
  const hidden = new Uint8Array(text.length);
  for (const { from, to } of cards) {
    let seen = 0;
    for (let at = to - 1; at >= from; at--) {
      if (isDigit(text.charAt(at)) && ++seen > LAST_FOUR) hidden[at] = 1;
    }
  }
  return hidden;
}

function isDigit(character: string): boolean {
  return character >= '0' && character <= '9';
}

/** How many card numbers the readings amount to: overlapping ones are one. */
function countSeparate(cards: readonly Span[]): number {
  let end = -1;
  let count = 0;
  for (const { from, to } of cards) {
    if (from >= end) count++;
    end = Math.max(end, to);
  }
  return count;
}

/** A document as it may be kept. */
export interface MaskedDocument {
  /** As long as the document given, so that every offset stays true. */
  readonly bytes: Uint8Array;
  /** One for each field in which something was masked, up to a hundred. */
  readonly findings: readonly Finding[];
}

const MOST_FINDINGS = 100;
const LONGEST_NAME = 60;

/** Words of fields about payment: whatever else they are called, card numbers in them are masked. */
const PAYMENT = new Set(['payment', 'payments', 'card', 'cards', 'creditcard', 'pan', 'cc']);

/** Card security codes, which may not be kept in any form. @see PCI DSS 3.3.1.2 */
const SECURITY_CODE = /^(?:card)?(?:cvv2?|cvc2?|cvn2?|csc|securitycode|verification(?:code|value))$/;

/** Last words of fields that identify something: their digits are left alone, for one GTIN in ten has a right check digit. */
const IDENTIFIERS = new Set(
  (
    'id ids identifier identifiers guid uuid gid sku skus gtin upc ean isbn asin mpn gln sscc duns barcode barcodes ' +
    'code codes po serial lot batch ref reference number numbers no nr num mobile fax tel'
  ).split(' '),
);

/** Words that make a field an identifier wherever they stand in its name. */
const IDENTIFYING = /tracking|phone/;

/** Identifiers written without a break between the words. */
const RUN_TOGETHER =
  /^(?:order|po|purchaseorder|invoice|item|line|product|part|customer|serial)(?:id|no|nr|num|number|code)s?$/;

/**
 * Masks card numbers in a JSON document before it is first written, in payment fields, free text and names; security
 * codes are masked whole. Identifiers, order and tracking numbers and phone fields are left alone. A card number written
 * as a JSON number becomes a text as long, `"**********1111"`, so that the document stays valid and nobody takes the rest
 * for a number. A document that is not JSON is masked as free text, wherever the digits stand.
 * @param options the source's `cardNumbers`: with `refuse` the findings send the order back
 */
export function maskJson(bytes: Uint8Array, options: Pick<SourceProfile, 'cardNumbers'>): MaskedDocument {
  const { text, fields } = maskFields(bytes) ?? maskWhole(bytes);
  return {
    bytes: Uint8Array.from(Buffer.from(text, 'latin1')),
    findings: fields.map((field) => cardFinding(field, options)),
  };
}

/** Where something was masked. */
export interface MaskedField {
  /** The field's name as it may be told, or the kind of place it stands in. */
  readonly name: string;
  readonly location: Location;
}

interface MaskedFields {
  /** One character a byte. */
  readonly text: string;
  /** Up to a hundred. */
  readonly fields: readonly MaskedField[];
}

/**
 * Masks a JSON document field by field; undefined if it is none. Works on one character a byte (latin1), so that indexes
 * are byte offsets: all that matters here is ASCII, and the bytes of other characters pass as they are.
 */
function maskFields(bytes: Uint8Array): MaskedFields | undefined {
  const start = byteOrderMarkLength(bytes);
  const document = Buffer.from(bytes).toString('latin1');
  const pieces = [document.slice(0, start)];
  const fields: MaskedField[] = [];
  let copied = start;
  let label: { readonly parent: string; readonly name: string } | undefined;

  const mask = (token: Token, path: Path, names: readonly string[]): void => {
    const from = start + token.index;
    const written = document.slice(from, from + token.length);
    const masked = maskToken(written, names);
    if (masked === written) return;
    pieces.push(document.slice(copied, from), masked);
    copied = from + token.length;
    // Finding the column takes a look at the line so far, which may be the whole document.
    if (fields.length >= MOST_FINDINGS) return;
    const before = Buffer.from(document.slice(from - token.column, from), 'latin1').toString();
    const place = { offset: from, line: token.line + 1, column: before.length + 1 };
    const location = { ...place, pointer: maskedPointer(path) };
    fields.push({ name: maskText(names.find((name) => name !== '') ?? 'the document'), location });
  };

  const fault = walkJson(document.slice(start), {
    open: () => undefined,
    close: () => undefined,
    // A name has no name of its own: only what encloses it can make it an identifier.
    name: (name, token) => {
      mask(token, [...token.path(), name], ['', ...namesOf(token.path())]);
    },
    literal: (value, token) => {
      const path = token.path();
      const parent = path.slice(0, -1).join('\0');
      const names = namesOf(path);
      // In `{ "key": "_tracking_number", "value": "…" }` the value's name is the sibling that comes before it.
      if (names[0] === 'value' && label?.parent === parent) names.unshift(label.name);
      if (/^(?:key|name)$/.test(names[0] ?? '') && typeof value === 'string') label = { parent, name: value };
      mask(token, path, names);
    },
  });
  return fault ? undefined : { text: pieces.join('') + document.slice(copied), fields };
}

type Path = readonly (string | number)[];

/** The names that enclose a value, its own first; elements of a list have the list's. */
function namesOf(path: Path): string[] {
  return path.filter((key) => typeof key === 'string').reverse();
}

function maskedPointer(path: Path): string {
  return path.map((key) => pointerToken(maskText(String(key)))).join('');
}

/** A text, number or word of JSON as it may be kept, as long as it was. */
function maskToken(written: string, names: readonly string[]): string {
  if (!/\d/.test(written)) return written;
  const isText = written.startsWith('"');
  if (isSecurityCode(names[0])) return isText ? maskDigits(written) : asText('*'.repeat(written.length), written);
  if (isIdentifier(names)) return written;
  if (isText) return maskText(written);
  const { digits, hasExponent } = readInteger(written);
  if (!isCardNumber(digits)) return written;
  return asText(hasExponent ? '*'.repeat(written.length) : maskCardNumbers(written).text, written);
}

/**
 * The digits of a whole number, also as spreadsheets and floats write it: `4111111111111111.0`, `4.111111111111111E15`.
 * Empty for any other number and for words.
 */
function readInteger(written: string): { readonly digits: string; readonly hasExponent: boolean } {
  const [, whole, fraction = '', exponent] = /^-?(\d+)(?:\.(\d+))?(?:e\+?(\d{1,2}))?$/i.exec(written) ?? [];
  if (whole === undefined) return { digits: '', hasExponent: false };
  const length = whole.length + Number(exponent ?? 0);
  const isWhole = /^0*$/.test(fraction.slice(length - whole.length));
  const digits = `${whole}${fraction}`.padEnd(length, '0').slice(0, length);
  return { digits: isWhole ? digits : '', hasExponent: exponent !== undefined };
}

/** The end of a text in quotes, as long as the number that it replaces; one digit is too short for quotes. */
function asText(text: string, number: string): string {
  return number.length < 2 ? '0' : `"${text.slice(2)}"`;
}

/** Whether a field of this name holds a card security code, which may not be kept in any form. @see PCI DSS 3.3.1.2 */
export function isSecurityCode(name: string | undefined): boolean {
  return SECURITY_CODE.test(wordsOf(name ?? '').join(''));
}

/**
 * Whether the digits in a field identify something other than a card and are left alone.
 * @param names the field's own name, then those of what encloses it
 */
export function isIdentifier([own = '', ...enclosing]: readonly string[]): boolean {
  if ([own, ...enclosing].some((name) => wordsOf(name).some((word) => PAYMENT.has(word)))) return false;
  return identifies(own) || enclosing.some((name) => /^(?:ids|identifiers)$/i.test(name));
}

function identifies(name: string): boolean {
  const words = wordsOf(name);
  // The number of an account may be a card's: PAN is short for primary account number.
  if (words.includes('account')) return false;
  const last = (words.at(-1) ?? '').replace(/\d+$/, '');
  return name === 'line' || IDENTIFIERS.has(last) || IDENTIFYING.test(name.toLowerCase()) || RUN_TOGETHER.test(last);
}

/** `poNumber`, `po_number` and `PO-Number` are all `po`, `number`. */
function wordsOf(name: string): readonly string[] {
  const parted = name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').replace(/([A-Z])([A-Z][a-z])/g, '$1 $2');
  return parted
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
}

/** Masks a document that is not JSON as one text. */
function maskWhole(bytes: Uint8Array): MaskedFields {
  const document = Buffer.from(bytes).toString('latin1');
  const text = maskText(document);
  const offset = bytes.findIndex((byte, index) => byte !== text.charCodeAt(index));
  return { text, fields: offset < 0 ? [] : [{ name: 'the document', location: { offset, pointer: '' } }] };
}

/**
 * Masks the card numbers in text as it is written in a document, at the same length: a digit may stand there as the
 * escape `\u0034`, and a document in UTF-16 has a zero byte beside each.
 */
function maskText(written: string): string {
  return rewrite(written, (plain) => maskCardNumbers(plain).text);
}

function maskDigits(written: string): string {
  return rewrite(written, (plain) => plain.replace(/\d/g, '*'));
}

/** Changes characters of what a text says, and writes each change over its place in the text as written. */
function rewrite(written: string, change: (plain: string) => string): string {
  const { plain, offsets } = readPlain(written);
  const changed = change(plain);
  if (changed === plain) return written;
  const pieces: string[] = [];
  let copied = 0;
  for (let index = 0; index < plain.length; index++) {
    const at = offsets[index] ?? 0;
    if (plain[index] === changed[index]) continue;
    const isEscape = written[at] === '\\';
    pieces.push(written.slice(copied, at), isEscape ? MASKED_ESCAPE : changed.charAt(index));
    copied = at + (isEscape ? MASKED_ESCAPE.length : 1);
  }
  return pieces.join('') + written.slice(copied);
}

/** `*` as an escape. */
const MASKED_ESCAPE = '\\u002a';

/** The characters that escapes of ASCII and UTF-16 stand for, and where each is written. */
function readPlain(written: string): { readonly plain: string; readonly offsets: Uint32Array } {
  const offsets = new Uint32Array(written.length);
  let plain = '';
  let copied = 0;
  const copy = (to: number): void => {
    for (let at = copied; at < to; at++) offsets[plain.length + at - copied] = at;
    plain += written.slice(copied, to);
  };
  for (const { 0: special, 1: hexadecimal, index } of written.matchAll(/\\u00([0-7][0-9a-f])|\0/gi)) {
    copy(index);
    if (hexadecimal !== undefined) {
      offsets[plain.length] = index;
      plain += String.fromCharCode(parseInt(hexadecimal, 16));
    }
    copied = index + special.length;
  }
  copy(written.length);
  return { plain, offsets };
}

/** Tells of a field in which card data was masked; refuses the document where the source says so. */
export function cardFinding(
  { name, location }: MaskedField,
  { cardNumbers }: Pick<SourceProfile, 'cardNumbers'>,
): Finding {
  const where = name.slice(0, LONGEST_NAME);
  const isRefused = cardNumbers === 'refuse';
  return {
    code: isRefused ? 'CARD.REFUSED' : 'CARD.MASKED',
    category: 'data_format',
    disposition: isRefused ? 'reject' : 'warn',
    path: location.pointer ?? '',
    message: isRefused
      ? `Card data stands in "${where}" and was masked. This source must not send any: take it out and send the order again.`
      : `Card data stood in "${where}" and was masked before anything was kept: send a payment token instead.`,
    evidence: null,
    location,
  };
}
