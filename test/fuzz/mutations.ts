import type { Random } from './random.ts';

/** A document made of another, and how. */
export interface Mutant {
  readonly bytes: Uint8Array;
  /** What was done, for people. */
  readonly how: string;
  /** Whether another document went into it. */
  readonly isMerged: boolean;
}

/** Something that is done to a document. `other` is a document of the same layout, to merge with. */
type Mutation = (text: string, random: Random, other: string) => string;

// Bytes are handled as latin-1 text, one character each.
const toText = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const toBytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));

const splice = (text: string, from: number, to: number, by: string): string =>
  `${text.slice(0, from)}${by}${text.slice(to)}`;

/** Characters that mean something to one format or another. */
const MARKS = [
  ...String.raw`* ~ : ^ > | , ; " ' < & { } [ ] / \ = - + . 0 1 5 9 e E "" ,, ~~ <!-- ]]> <![CDATA[ \u0000`.split(' '),
  ' ', '\t', '\n', '\r', '\r\n', '\0', '\u001a', '\xef\xbb\xbf',
]; // prettier-ignore

const DELIMITERS = '* ~ , ; " < > & : | ^ ! \t'.split(' ');

/** Stretches of damaged or foreign encoding. */
const DAMAGE = [
  '\xff', '\xc3', '\xe2\x82', '\xed\xa0\x80', '\xc0\x80', '\xf8\x88\x80\x80\x80', '\xff\xfe', '\xfe\xff', '\0\0', '\x85',
  '\xe2\x80\xa8', '\xef\xbf\xbf',
]; // prettier-ignore

/** Numbers that are too much, or no numbers. */
const NUMBERS = [
  '0', '-1', '-0', '00', '1e3', '1E-3', '999999999999999999', '9'.repeat(40), '0.0000000000001', '1,5', '1.5.5', '1.234,5',
  '.5', '5.', '+5', '0x10', 'NaN', 'Infinity', '\xd9\xa1\xd9\xa2', '', ' 7 ', '1 000', "1'000", '2.50', '12',
]; // prettier-ignore

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'flip a bit': (text, random) => {
    const at = random.int(text.length);
    return splice(text, at, at + 1, String.fromCharCode(text.charCodeAt(at) ^ (1 << random.int(8))));
  },
  'replace a byte': (text, random) => {
    const at = random.int(text.length);
    return splice(text, at, at + 1, String.fromCharCode(random.int(256)));
  },
  'insert a byte': (text, random) => {
    const at = random.int(text.length + 1);
    return splice(text, at, at, String.fromCharCode(random.int(256)));
  },
  'insert a mark': (text, random) => {
    const at = random.int(text.length + 1);
    return splice(text, at, at, random.pick(MARKS));
  },
  'delete bytes': (text, random) => {
    const at = random.int(text.length);
    return splice(text, at, at + 1 + random.int(random.int(4) === 0 ? 200 : 4), '');
  },
  'cut off': (text, random) => text.slice(0, random.int(text.length)),
  'cut off near the end': (text, random) => text.slice(0, Math.max(0, text.length - 1 - random.int(40))),
  'change a digit': (text, random) => {
    const at = pickMatch(text, /\d/g, random);
    return at ? splice(text, at.from, at.from + 1, String(random.int(10))) : text;
  },
  'change a number': (text, random) => {
    const at = pickMatch(text, /-?\d+(?:[.,]\d+)*/g, random);
    return at ? splice(text, at.from, at.to, random.pick(NUMBERS)) : text;
  },
  'double a piece': (text, random) => {
    const piece = pickPiece(text, random);
    return splice(text, piece.to, piece.to, text.slice(piece.from, piece.to));
  },
  'drop a piece': (text, random) => {
    const piece = pickPiece(text, random);
    return splice(text, piece.from, piece.to, '');
  },
  'swap two pieces': (text, random) => {
    const pieces = piecesOf(text, random);
    const index = random.int(pieces.length);
    const [one, other] = [pieces[index], pieces[random.int(2) === 0 ? index + 1 : random.int(pieces.length)]];
    if (!one || !other || one.to > other.from) return text;
    const [first, second] = [text.slice(one.from, one.to), text.slice(other.from, other.to)];
    return splice(splice(text, other.from, other.to, first), one.from, one.to, second);
  },
  'move a piece': (text, random) => {
    const piece = pickPiece(text, random);
    const rest = splice(text, piece.from, piece.to, '');
    const target = pickPiece(rest, random).from;
    return splice(rest, target, target, text.slice(piece.from, piece.to));
  },
  'change a delimiter': (text, random) => {
    const [from, to] = [random.pick(DELIMITERS), random.pick(DELIMITERS)];
    if (random.int(3) === 0) return text.replaceAll(from, to);
    const at = pickMatch(text, new RegExp(`\\${from}`, 'g'), random);
    return at ? splice(text, at.from, at.to, to) : text;
  },
  'drop a closing': (text, random) => {
    const at = pickMatch(text, /<\/[^>]*>|\/>|[}\]"]|~(?:SE|GE|IEA|CTT)[^~]*/g, random);
    return at ? splice(text, at.from, at.to, '') : text;
  },
  'damage the encoding': (text, random) => {
    const at = random.int(text.length + 1);
    return splice(text, at, at + random.int(2), random.pick(DAMAGE));
  },
  'write it as UTF-16': (text) => Buffer.from(`\ufeff${text}`, 'utf16le').toString('latin1'),
  'change the letters': (text, random) => {
    const at = pickMatch(text, /[A-Za-z_]{2,}/g, random);
    if (!at) return text;
    const word = text.slice(at.from, at.to);
    const others = [
      word.toLowerCase(),
      word.toUpperCase(),
      `${word.slice(1)}${word.charAt(0)}`,
      '__proto__',
      'x'.repeat(600),
    ];
    return splice(text, at.from, at.to, random.pick(others));
  },
  'nest deep': (text, random) => {
    const at = random.int(text.length + 1);
    return splice(text, at, at, random.pick(['[', '{"a":', '<a>', '<a b="', '"']).repeat(random.int(3000)));
  },
  'merge with another': (text, random, another) => {
    const other = random.pick([text, another]);
    return random.int(2) === 0 ? `${text}${other}` : `${text}${random.pick(['\n', '\r\n', ' ', ','])}${other}`;
  },
  'put a piece of another in': (text, random, another) => {
    const other = random.pick([text, another]);
    const piece = pickPiece(other, random);
    const at = pickPiece(text, random).from;
    return splice(text, at, at, other.slice(piece.from, piece.to));
  },
  'go on as another': (text, random, another) => {
    const other = random.pick([text, another]);
    return `${text.slice(0, pickPiece(text, random).from)}${other.slice(pickPiece(other, random).from)}`;
  },
};

interface Stretch {
  readonly from: number;
  readonly to: number;
}

function pickMatch(text: string, pattern: RegExp, random: Random): Stretch | undefined {
  const found = [...text.matchAll(pattern)];
  const match = found[random.int(found.length)];
  return match && { from: match.index, to: match.index + match[0].length };
}

/** Lines, segments, elements, members: what a format's pieces are, told by the simplest of means. */
const PIECES: readonly RegExp[] = [
  /[^\n]*\n/g,
  /[^~\n]+~\s*/g,
  /<(\w[\w:.-]*)[^<>]*>[^<>]*<\/\1>\s*/g,
  /<(\w[\w:.-]*)\b[^>]*>.*?<\/\1>\s*/gs,
  /"[^"]*"\s*:\s*(?:"[^"]*"|[\d.-]+|null|true|false)\s*,?/g,
  /\{[^{}]*\}\s*,?/g,
  /[^,;*\t~\n]+[,;*\t]/g,
];

/** All pieces of one kind, of the first kind that there are any of. */
function piecesOf(text: string, random: Random): readonly Stretch[] {
  const first = random.int(PIECES.length);
  for (const pattern of [...PIECES.slice(first), ...PIECES.slice(0, first)]) {
    const found = [...text.matchAll(pattern)];
    if (found.length > 0) return found.map(({ 0: piece, index }) => ({ from: index, to: index + piece.length }));
  }
  return [{ from: 0, to: text.length }];
}

function pickPiece(text: string, random: Random): Stretch {
  return random.pick(piecesOf(text, random));
}

/** What leaves a document readable more often finds more. */
const GENTLE = [
  'change a digit', 'change a number', 'change the letters', 'double a piece', 'drop a piece', 'swap two pieces',
  'move a piece', 'put a piece of another in',
]; // prettier-ignore
const NAMES = [...Object.keys(MUTATIONS), ...GENTLE, ...GENTLE];

/**
 * Makes mutants of a document, each of the one before: mostly one thing is done, sometimes two or three. The first is
 * always other than the document, if that can be.
 */
export function mutate(document: Uint8Array, random: Random, other: Uint8Array): readonly Mutant[] {
  const mutants: Mutant[] = [];
  let text = toText(document);
  const steps = random.int(5) === 0 ? 2 + random.int(2) : 1;
  for (let tries = 0; mutants.length < steps && tries < 8; tries++) {
    const how = random.pick(NAMES);
    const mutated = MUTATIONS[how]?.(text, random, toText(other)) ?? text;
    if (mutated === text) continue;
    text = mutated;
    mutants.push({ bytes: toBytes(text), how, isMerged: how.includes('another') });
  }
  return mutants;
}
