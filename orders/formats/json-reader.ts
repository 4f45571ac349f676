import { printParseErrorCode, visit } from 'jsonc-parser';

/** A JSON value in which every number is the text it was written as, so that neither ids nor amounts pass a float. */
export type JsonValue = string | boolean | null | readonly JsonValue[] | JsonObject;
/** A JSON object; a member called `__proto__` is a member like any other. */
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** Where something stands in a document. */
export interface Place {
  /** Zero-based, in bytes, a byte order mark included. */
  readonly offset: number;
  /** One-based. */
  readonly line: number;
  /** One-based, in UTF-16 units as editors count. */
  readonly column: number;
}

/** What makes a document unreadable. */
export interface JsonFault {
  readonly code: 'JSON.ENCODING' | 'JSON.SYNTAX' | 'JSON.DUPLICATE_KEY' | 'JSON.TOO_DEEP' | 'JSON.TOO_LARGE';
  readonly message: string;
  /** JSON pointer (RFC 6901) to the value that was being read. */
  readonly pointer: string;
  readonly place: Place;
}

/** A document read as a whole. */
export interface JsonDocument {
  readonly value: JsonValue;
  /** The place of every value, by JSON pointer; `""` is the document. */
  readonly places: ReadonlyMap<string, Place>;
  /** Pointers of the numbers written with an exponent. */
  readonly exponents: readonly string[];
}

export type JsonReading =
  | { readonly document: JsonDocument; readonly fault?: never }
  | { readonly document?: never; readonly fault: JsonFault };

/** Deepest nesting read. Orders need six levels; the parser recurses, so there must be an end. */
const DEEPEST = 64;
/** Most values read; each keeps its place in memory. The longest order allowed, of 5,000 lines, has about 200,000. */
const MOST_VALUES = 500_000;

const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
const REPLACEMENT = '\ufffd';
const REPLACEMENT_BYTES = [0xef, 0xbf, 0xbd];

const SYNTAX_FAULTS: Readonly<Record<string, string>> = {
  InvalidSymbol:
    'here stands something that is no JSON value: texts need double quotes, numbers are written like 12.50',
  InvalidNumberFormat: 'this number is not written as JSON numbers are, such as 12.50',
  PropertyNameExpected: 'a name in double quotes is missing here; there is no comma after the last member',
  ValueExpected: 'a value is missing here; there is no comma after the last element',
  ColonExpected: 'a colon is missing between a name and its value',
  CommaExpected: 'a comma is missing before this place',
  CloseBraceExpected: 'a closing brace is missing: the document may have been cut off',
  CloseBracketExpected: 'a closing bracket is missing: the document may have been cut off',
  EndOfFileExpected: 'something follows after the end of the document: send one JSON value',
  InvalidCommentToken: 'comments are not part of JSON: take them out',
  UnexpectedEndOfString: 'a text does not end: close it with a double quote and write line breaks as \\n',
  UnexpectedEndOfNumber: 'a number does not end: digits are missing',
  InvalidUnicode: 'after \\u four hexadecimal digits are needed',
  InvalidEscapeCharacter: 'after a backslash only one of "\\/bfnrtu may stand',
  InvalidCharacter: 'a control character stands in a text: write it as an escape such as \\t',
};

/** Thrown from inside the parser, which has no other way to stop. */
class Stop extends Error {
  readonly fault: JsonFault;
  constructor(fault: JsonFault) {
    super(fault.code);
    this.fault = fault;
  }
}

/** Where a token stands as the scanner tells it: index and length in UTF-16 units, line and column zero-based. */
export interface Token {
  readonly index: number;
  readonly length: number;
  readonly line: number;
  readonly column: number;
  /** Names and indexes down to the value, or to the object whose member a name is. */
  readonly path: () => readonly (string | number)[];
}

/** What is told of a document, in its order. */
export interface JsonHandler {
  readonly open: (container: 'object' | 'array', at: Token) => void;
  /** @param at the closing bracket; it has no path */
  readonly close: (at: Omit<Token, 'path'>) => void;
  readonly name: (name: string, at: Token) => void;
  /** A number comes as the text it was written as. */
  readonly literal: (value: string | boolean | null, at: Token, isNumber: boolean) => void;
}

/**
 * Reads a JSON document exactly: strict UTF-8 (a byte order mark is tolerated), no comments, no trailing commas, no
 * duplicate names, numbers as written; in one pass, each value with its place.
 * @see https://www.rfc-editor.org/rfc/rfc8259
 */
export function readJson(bytes: Uint8Array): JsonReading {
  return untilFault<JsonReading>(
    () => {
      const text = decodeUtf8(bytes);
      const builder = createBuilder(createPlacer(text, byteOrderMarkLength(bytes)));
      walk(text, byteOrderMarkLength(bytes), builder.handler, builder.pointer);
      return { document: builder.finish() };
    },
    (fault) => ({ fault }),
  );
}

/** What kind of value a document is, and what makes it unreadable; keeps nothing, so any size will do. */
export interface JsonKind {
  readonly kind: 'object' | 'array' | 'other';
  readonly fault?: JsonFault;
}

/** Tells what a document is without keeping its values: whether it can be parsed, and whether it is one object or a list. */
export function scanJson(bytes: Uint8Array): JsonKind {
  let kind: JsonKind['kind'] = 'other';
  let depth = 0;
  const handler: JsonHandler = {
    open: (container) => {
      if (depth++ === 0) kind = container;
    },
    close: () => {
      depth--;
    },
    name: () => undefined,
    literal: () => undefined,
  };
  return untilFault<JsonKind>(
    () => {
      walk(decodeUtf8(bytes), byteOrderMarkLength(bytes), handler, () => '');
      return { kind };
    },
    (fault) => ({ kind, fault }),
  );
}

/**
 * One reference token of a JSON pointer, with its slash.
 * @see https://www.rfc-editor.org/rfc/rfc6901#section-3
 */
export function pointerToken(key: PropertyKey): string {
  return `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** The tokens of a JSON pointer, as they are named: the other way round. */
export function pointerTokens(pointer: string): readonly string[] {
  const tokens = pointer.split('/').slice(1);
  return tokens.map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function untilFault<T>(read: () => T, give: (fault: JsonFault) => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof Stop) return give(error.fault);
    throw error;
  }
}

/**
 * Tells a handler of a document's text, in one pass, up to the first fault of syntax or depth.
 * @returns the fault; undefined if the text is JSON
 */
export function walkJson(text: string, handler: JsonHandler): JsonFault | undefined {
  return untilFault<JsonFault | undefined>(
    () => {
      walk(text, 0, handler, () => '');
      return undefined;
    },
    (fault) => fault,
  );
}

/**
 * Tells a handler of a document as received: like {@link walkJson}, but strict about its UTF-8, a byte order mark
 * tolerated, and with a way to ask for the places of tokens in bytes, in the order of the document.
 */
export function walkJsonBytes(bytes: Uint8Array, createHandler: (place: Placer) => JsonHandler): JsonFault | undefined {
  return untilFault<JsonFault | undefined>(
    () => {
      const text = decodeUtf8(bytes);
      const start = byteOrderMarkLength(bytes);
      walk(text, start, createHandler(createPlacer(text, start)), () => '');
      return undefined;
    },
    (fault) => fault,
  );
}

function walk(text: string, startOffset: number, handler: JsonHandler, pointer: () => string): void {
  let depth = 0;
  const place = createPlacer(text, startOffset);
  const stop = (code: JsonFault['code'], message: string, at: Omit<Token, 'path'>): never => {
    throw new Stop({ code, message, pointer: pointer(), place: place(at) });
  };
  const open =
    (container: 'object' | 'array') =>
    (index: number, length: number, line: number, column: number, path: Token['path']) => {
      const at = { index, length, line, column, path };
      // Stopped here because the parser recurses: deeper nesting would exhaust the stack.
      if (++depth > DEEPEST) stop('JSON.TOO_DEEP', `nested deeper than ${DEEPEST} levels`, at);
      handler.open(container, at);
    };
  const close = (index: number, length: number, line: number, column: number): void => {
    depth--;
    handler.close({ index, length, line, column });
  };
  const checkWellFormed = (written: string, at: Token): void => {
    if (!written.isWellFormed()) stop('JSON.SYNTAX', 'half of a surrogate pair: a \\ud800 to \\udfff stands alone', at);
  };
  if (text.trim() === '') stop('JSON.SYNTAX', 'the document is empty', { index: 0, length: 0, line: 0, column: 0 });
  visit(
    text,
    {
      onObjectBegin: open('object'),
      onArrayBegin: open('array'),
      onObjectEnd: close,
      onArrayEnd: close,
      onObjectProperty: (name, index, length, line, column, path) => {
        const at = { index, length, line, column, path };
        checkWellFormed(name, at);
        handler.name(name, at);
      },
      onLiteralValue: (value: unknown, index, length, line, column, path) => {
        const at = { index, length, line, column, path };
        if (typeof value === 'string') checkWellFormed(value, at);
        if (typeof value === 'number') handler.literal(text.slice(index, index + length), at, true);
        else handler.literal(value as string | boolean | null, at, false);
      },
      onError: (error, index, length, line, column) =>
        stop('JSON.SYNTAX', SYNTAX_FAULTS[printParseErrorCode(error)] ?? 'not JSON', { index, length, line, column }),
    },
    { disallowComments: true, allowTrailingComma: false },
  );
}

/** An object or list that is still open. */
interface Frame {
  readonly pointer: string;
  readonly members: JsonValue[] | Record<string, JsonValue>;
  /** Name of the member that is being read. */
  name: string;
}

/** Puts the value together and notes each place. */
function createBuilder(place: Placer) {
  const places = new Map<string, Place>();
  const exponents: string[] = [];
  const open: Frame[] = [];
  let root: JsonValue = null;

  const pointer = (): string => {
    const frame = open.at(-1);
    if (!frame) return '';
    return frame.pointer + pointerToken(Array.isArray(frame.members) ? frame.members.length : frame.name);
  };
  const note = (at: Token): void => {
    if (places.size >= MOST_VALUES) {
      const message = `more than ${MOST_VALUES} values: send the orders in several documents`;
      throw new Stop({ code: 'JSON.TOO_LARGE', message, pointer: pointer(), place: place(at) });
    }
    places.set(pointer(), place(at));
  };
  const put = (value: JsonValue): void => {
    const frame = open.at(-1);
    if (!frame) root = value;
    else if (Array.isArray(frame.members)) frame.members.push(value);
    // Defined, not assigned: assigning `__proto__` would change the prototype.
    else
      Object.defineProperty(frame.members, frame.name, { value, enumerable: true, writable: true, configurable: true });
  };

  const handler: JsonHandler = {
    open: (container, at) => {
      note(at);
      open.push({ pointer: pointer(), members: container === 'array' ? [] : {}, name: '' });
    },
    close: () => {
      const closed = open.pop();
      if (closed) put(closed.members);
    },
    name: (name, at) => {
      const frame = open.at(-1) as Frame;
      frame.name = name;
      if (!Object.hasOwn(frame.members, name)) return;
      const message = 'this name stands twice in the same object: say it once';
      throw new Stop({ code: 'JSON.DUPLICATE_KEY', message, pointer: pointer(), place: place(at) });
    },
    literal: (value, at, isNumber) => {
      note(at);
      if (isNumber && /e/i.test(value as string)) exponents.push(pointer());
      put(value);
    },
  };
  return { handler, pointer, finish: (): JsonDocument => ({ value: root, places, exponents }) };
}

/** Turns a token into a place. */
export type Placer = (at: Pick<Token, 'index' | 'line' | 'column'>) => Place;

/** Asked in the order of the document it counts each byte once. */
function createPlacer(text: string, startOffset: number): Placer {
  let index = 0;
  let offset = startOffset;
  return (at) => {
    offset += Buffer.byteLength(text.slice(index, at.index));
    index = at.index;
    return { offset, line: at.line + 1, column: at.column + 1 };
  };
}

/** How many bytes a document's byte order mark takes: three or none. */
export function byteOrderMarkLength(bytes: Uint8Array): number {
  return BYTE_ORDER_MARK.every((byte, index) => bytes[index] === byte) ? BYTE_ORDER_MARK.length : 0;
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const message = 'not valid UTF-8 from this place on: send the document in UTF-8';
    throw new Stop({ code: 'JSON.ENCODING', message, pointer: '', place: findInvalidUtf8(bytes) });
  }
}

/** The place of the first byte that is not UTF-8: where decoding puts a replacement that the document does not hold. */
function findInvalidUtf8(bytes: Uint8Array): Place {
  const text = new TextDecoder('utf-8').decode(bytes);
  let offset = byteOrderMarkLength(bytes);
  let from = 0;
  for (let at = text.indexOf(REPLACEMENT); at >= 0; at = text.indexOf(REPLACEMENT, from)) {
    offset += Buffer.byteLength(text.slice(from, at));
    const isWritten = REPLACEMENT_BYTES.every((byte, index) => bytes[offset + index] === byte);
    if (!isWritten) return { offset, ...countLines(text.slice(0, at)) };
    offset += REPLACEMENT_BYTES.length;
    from = at + 1;
  }
  throw new RangeError('the bytes are valid UTF-8');
}

function countLines(before: string): { line: number; column: number } {
  const lines = before.split(/\r\n|\r|\n/);
  return { line: lines.length, column: (lines.at(-1) as string).length + 1 };
}
