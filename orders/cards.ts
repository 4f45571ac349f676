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
