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

/**
 * Digit groups with at most one space or dash between them, long enough for a card number. A group behind `digit.` is
 * the fraction of a decimal (`10.799999999999999`) and no candidate.
 */
const CANDIDATE = /(?<!\d\.|\d)\d+(?:[ -]\d+)*/g;

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
 * prefix and length and a right check digit, and no part of a longer run of digits. The text keeps its length.
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
  return [...text.matchAll(CANDIDATE)]
    .filter((candidate) => candidate[0].length >= SHORTEST)
    .flatMap((candidate) => findInGroups(digitGroups(candidate[0], candidate.index), text));
}

function digitGroups(candidate: string, offset: number): readonly Span[] {
  return [...candidate.matchAll(/\d+/g)].map(({ 0: group, index }) => ({
    from: offset + index,
    to: offset + index + group.length,
  }));
}

/**
 * Tries whole groups only, from each group on: in `2026-11-23 4111 1111 1111 1111 12` the card number starts at the
 * fourth group and ends before the last. Spaces and dashes are the only other characters between the groups.
 */
function findInGroups(groups: readonly Span[], text: string): readonly Span[] {
  const cards: Span[] = [];
  for (const [start, first] of groups.entries()) {
    let digits = '';
    for (let end = start; end < groups.length; end++) {
      const last = groups[end] as Span;
      digits += text.slice(last.from, last.to);
      if (digits.length > LONGEST) break;
      if (isCardNumber(digits)) cards.push({ from: first.from, to: last.to });
    }
  }
  return cards;
}

function isCardNumber(digits: string): boolean {
  return digits.length >= SHORTEST && passesLuhn(digits) && ISSUERS.some((issuer) => isIssuedBy(issuer, digits));
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
    findings: fields.slice(0, MOST_FINDINGS).map((field) => cardFinding(field, options)),
  };
}

/** Where something was masked. */
interface MaskedField {
  /** The field's name as it may be told, or the kind of place it stands in. */
  readonly name: string;
  readonly location: Location;
}

interface MaskedFields {
  /** One character a byte. */
  readonly text: string;
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
  if (!/^-?\d+$/.test(written) || maskCardNumbers(written).found === 0) return written;
  return asText('*'.repeat(written.length - LAST_FOUR) + written.slice(-LAST_FOUR), written);
}

/** The end of a text in quotes, as long as the number that it replaces; one digit is too short for quotes. */
function asText(text: string, number: string): string {
  return number.length < 2 ? '0' : `"${text.slice(2)}"`;
}

function isSecurityCode(name: string | undefined): boolean {
  return SECURITY_CODE.test(wordsOf(name ?? '').join(''));
}

function isIdentifier([own = '', ...enclosing]: readonly string[]): boolean {
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

function cardFinding({ name, location }: MaskedField, { cardNumbers }: Pick<SourceProfile, 'cardNumbers'>): Finding {
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
