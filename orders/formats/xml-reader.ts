import { SaxesParser } from 'saxes';

/** Where something stands in a document. */
export interface Place {
  /** Zero-based, in bytes, a byte order mark included. */
  readonly offset: number;
  /** One-based. */
  readonly line: number;
  /** One-based, in UTF-16 units as editors count. */
  readonly column: number;
}

/** An attribute. Declarations of namespaces are not among them. */
export interface XmlAttribute {
  /** As written, with its prefix. */
  readonly name: string;
  /** Namespace URI; empty for a name without a prefix. */
  readonly namespace: string;
  readonly local: string;
  readonly value: string;
}

/** An element with what stands in it. What it means is told by namespace and local name, never by the prefix. */
export interface XmlElement {
  /** As written, with its prefix. */
  readonly name: string;
  /** Namespace URI; empty for none. */
  readonly namespace: string;
  readonly local: string;
  readonly attributes: readonly XmlAttribute[];
  readonly children: readonly XmlElement[];
  /** Its own text, in one piece whatever comments and CDATA sections part it; without that of its children. */
  readonly text: string;
  readonly parent: XmlElement | null;
  /** Where its `<` stands, and the end behind its last `>`: indexes for {@link XmlDocument.placeAt}. */
  readonly start: number;
  readonly end: number;
}

/** A document read as a whole. */
export interface XmlDocument {
  readonly root: XmlElement;
  readonly encoding: string;
  /** The namespaces that the root declares, by prefix. */
  readonly namespaces: Readonly<Record<string, string>>;
  /** The place of an index of an element. */
  readonly placeAt: (index: number) => Place;
}

/** What a part of a document takes from the whole. Plain JSON. */
export interface XmlContext {
  readonly encoding: string;
  readonly namespaces: Readonly<Record<string, string>>;
  /** Where the part begins. */
  readonly place: Place;
}

/** The codes of what makes a document unreadable. */
export type XmlFaultCode = 'XML.ENCODING' | 'XML.SYNTAX' | 'XML.DOCTYPE' | 'XML.TOO_DEEP' | 'XML.TOO_LARGE';

/** What makes a document unreadable. */
export interface XmlFault {
  readonly code: XmlFaultCode;
  /** To be put behind "line 3, column 7:". */
  readonly message: string;
  readonly place: Place;
}

export type XmlResult =
  { readonly document: XmlDocument; readonly fault?: never } | { readonly document?: never; readonly fault: XmlFault };

/** Deepest nesting read. UBL needs about ten levels, and looking up a namespace goes through all of them. */
const DEEPEST = 64;
/** Most elements and attributes read; each takes memory. The longest order allowed, of 5,000 lines, has about 400,000. */
const MOST_NODES = 500_000;
const MOST_ATTRIBUTES = 256;
/** In bytes. What comes over HTTP is at most 20 MiB unless configured otherwise. */
const LARGEST = 32 * 1024 * 1024;
/** An element's own text. Attachments stand in orders as Base64. */
const LONGEST_TEXT = 4 * 1024 * 1024;
const LONGEST_DOCTYPE = 2000;

/** Of the whole of XML's entities: none that a document defines is ever expanded. @see XML 1.0, 4.6 */
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

const LITERAL = `(?:"[^"]*"|'[^']*')`;
/** A name with an external identifier or none, and no internal subset. Literals may hold `[` and `>`. @see XML 1.0, 2.8 */
const HARMLESS_DOCTYPE = new RegExp(
  `^\\s+[^\\s"'<>[\\]]+(?:\\s+(?:SYSTEM\\s+${LITERAL}|PUBLIC\\s+${LITERAL}\\s+${LITERAL}))?\\s*$`,
);

const BEGINNING: Place = { offset: 0, line: 1, column: 1 };

/** Thrown from inside the parser, which has no other way to stop. `at`: an index into the text. */
class Stop extends Error {
  readonly code: XmlFaultCode;
  readonly at: number;
  constructor(code: XmlFaultCode, message: string, at: number) {
    super(message);
    this.code = code;
    this.at = at;
  }
}

/**
 * Reads an XML 1.0 document into a tree: strictly, with namespaces. An external DTD is tolerated and never fetched, an
 * internal subset is refused; the only entities are the five of XML itself. Bears any bytes in time and memory that grow
 * with their number.
 * @param context of the document that the bytes were cut from, if they are an element of it
 * @see https://www.w3.org/TR/xml/ https://www.w3.org/TR/xml-names/
 */
export function readXml(bytes: Uint8Array, context?: XmlContext): XmlResult {
  const { source, problem } = decodeXml(bytes, context?.encoding);
  if (!source) return { fault: { code: 'XML.ENCODING', message: problem, place: BEGINNING } };
  const placeAt = createPlacer(source, context?.place);
  try {
    if (bytes.length > LARGEST) throw new Stop('XML.TOO_LARGE', 'the document is larger than 32 MiB', 0);
    return { document: { ...parse(source.text, context?.namespaces), encoding: source.encoding, placeAt } };
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    return { fault: { code: error.code, message: error.message, place: placeAt(error.at) } };
  }
}

// Characters

/** A document's text and how its characters stand in bytes. */
export interface XmlSource {
  /** Without the byte order mark. */
  readonly text: string;
  /** Length of the byte order mark. */
  readonly start: number;
  /** How many bytes a piece of the text takes. */
  readonly measure: (piece: string) => number;
  readonly encoding: string;
}

export type XmlDecoding =
  { readonly source: XmlSource; readonly problem?: never } | { readonly source?: never; readonly problem: string };

/** Encodings of one byte a character that order systems still write, by their names in declarations. */
const SINGLE_BYTE: ReadonlySet<string> = new Set(['us-ascii', 'iso-8859-1', 'iso-8859-15', 'windows-1252']);

/** How the beginning of `<?xml` stands in bytes, with a byte order mark or without. @see XML 1.0, appendix F */
const BEGINNINGS: readonly (readonly [bytes: readonly number[], encoding: string, mark: number])[] = [
  [[0xef, 0xbb, 0xbf], 'utf-8', 3],
  [[0xff, 0xfe, 0x00, 0x00], 'utf-32', 4],
  [[0x00, 0x00, 0xfe, 0xff], 'utf-32', 4],
  [[0xff, 0xfe], 'utf-16le', 2],
  [[0xfe, 0xff], 'utf-16be', 2],
  [[0x3c, 0x00, 0x00, 0x00], 'utf-32', 0],
  [[0x00, 0x00, 0x00, 0x3c], 'utf-32', 0],
  [[0x3c, 0x00], 'utf-16le', 0],
  [[0x00, 0x3c], 'utf-16be', 0],
];

/**
 * The text of a document in UTF-8, UTF-16 or one of the declared encodings of one byte a character; else what is wrong
 * with it, in words.
 * @param known the encoding, for a part of a document
 */
export function decodeXml(bytes: Uint8Array, known = ''): XmlDecoding {
  const [, family, start] = BEGINNINGS.find(
    ([begin]) => known === '' && begin.every((byte, at) => bytes[at] === byte),
  ) ?? [[], known, 0];
  const declared = findDeclaredEncoding(bytes.subarray(start));
  const encoding = family || (declared !== undefined && SINGLE_BYTE.has(declared) ? declared : 'utf-8');
  if (declared !== undefined && !isSame(declared, encoding)) return { problem: explainMismatch(declared, encoding) };
  if (encoding === 'utf-32') return { problem: 'the document is written in UTF-32: write it in UTF-8' };
  try {
    const text = new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes.subarray(start));
    return { source: { text, start, measure: measureFor(encoding), encoding } };
  } catch {
    return { problem: `the document is not valid ${encoding.toUpperCase()}, in which it should be written` };
  }
}

/** The encoding that the declaration names; a zero byte beside each character is no matter. */
function findDeclaredEncoding(bytes: Uint8Array): string | undefined {
  const beginning = String.fromCharCode(...bytes.subarray(0, 400).filter((byte) => byte !== 0));
  return /^<\?xml\s[^>]*?\sencoding\s*=\s*["']([\w.-]+)["']/.exec(beginning)?.[1]?.toLowerCase();
}

function isSame(declared: string, encoding: string): boolean {
  return declared === encoding || (declared === 'utf-16' && encoding.startsWith('utf-16'));
}

function explainMismatch(declared: string, encoding: string): string {
  const name = declared.slice(0, 40);
  const known = SINGLE_BYTE.has(declared) || /^utf-(?:8|16|16le|16be)$/.test(declared);
  return known
    ? `the declaration names the encoding "${name}", but the document is written in ${encoding.toUpperCase()}`
    : `the encoding "${name}" is not read here: write the document in UTF-8`;
}

function measureFor(encoding: string): (piece: string) => number {
  if (encoding === 'utf-8') return (piece) => Buffer.byteLength(piece);
  return encoding.startsWith('utf-16') ? ({ length }) => 2 * length : ({ length }) => length;
}

/** Text between two noted places. */
const STRIDE = 16 * 1024;

/** Finds places by index. What lies before is gone through once, in steps that are noted. */
export function createPlacer(
  { text, start, measure }: XmlSource,
  origin: Place = { ...BEGINNING, offset: start },
): (index: number) => Place {
  const noted: Place[] = [origin];
  return (index) => {
    for (let step = noted.length; step * STRIDE <= index; step++) {
      noted.push(advance(noted[step - 1] as Place, text.slice((step - 1) * STRIDE, step * STRIDE), measure));
    }
    const step = Math.floor(index / STRIDE);
    return advance(noted[step] as Place, text.slice(step * STRIDE, index), measure);
  };
}

/** The place behind a piece of text. A surrogate pair that a step cuts is measured as two halves. */
function advance({ offset, line, column }: Place, piece: string, measure: XmlSource['measure']): Place {
  const lines = piece.split('\n').length - 1;
  return {
    offset: offset + measure(piece),
    line: line + lines,
    column: lines === 0 ? column + piece.length : piece.length - piece.lastIndexOf('\n'),
  };
}

// Elements

/** An element that is still open. */
type OpenElement = { -readonly [Key in keyof XmlElement]: XmlElement[Key] } & {
  readonly children: XmlElement[];
  readonly pieces: string[];
  length: number;
};

function parse(text: string, known: XmlContext['namespaces'] = {}): Pick<XmlDocument, 'root' | 'namespaces'> {
  const parser = new SaxesParser({
    xmlns: true,
    additionalNamespaces: { ...known },
    position: false,
    defaultXMLVersion: '1.0',
    forceXMLVersion: true,
  });
  let namespaces: XmlContext['namespaces'] | undefined;
  // The parser's own table inherits from Object: `&constructor;` would be one.
  parser.ENTITIES = Object.assign(Object.create(null) as Record<string, string>, ENTITIES);
  const builder = createBuilder(text, () => parser.position);
  parser.on('error', ({ message }) => {
    throw new Stop('XML.SYNTAX', explainSyntax(message), Math.min(parser.position, text.length));
  });
  parser.on('doctype', (doctype) => checkDoctype(doctype, parser.position - 1));
  parser.on('opentagstart', builder.startTag);
  parser.on('attribute', builder.countAttribute);
  parser.on('opentag', ({ name, uri, local, attributes, ns }) => {
    namespaces ??= { ...known, ...ns };
    const kept = Object.values(attributes).filter(({ prefix, name: full }) => prefix !== 'xmlns' && full !== 'xmlns');
    builder.open({
      name,
      namespace: uri,
      local,
      attributes: kept.map((attribute) => ({
        name: attribute.name,
        namespace: attribute.uri,
        local: attribute.local,
        value: attribute.value,
      })),
    });
  });
  parser.on('text', builder.addText);
  parser.on('cdata', builder.addText);
  parser.on('closetag', builder.close);
  parser.write(text).close();
  return { root: builder.getRoot(), namespaces: namespaces ?? {} };
}

function createBuilder(text: string, position: () => number) {
  let root: XmlElement | undefined;
  let current: OpenElement | null = null;
  let [start, depth, nodes, attributes] = [0, 0, 0, 0];
  const count = (): void => {
    if (++nodes > MOST_NODES) {
      throw new Stop('XML.TOO_LARGE', `it holds more than ${MOST_NODES} elements and attributes`, start);
    }
  };
  return {
    startTag: (): void => {
      // The parser has gone one character beyond the name.
      start = text.lastIndexOf('<', position() - 1);
      attributes = 0;
      count();
      if (++depth > DEEPEST) throw new Stop('XML.TOO_DEEP', `elements are nested deeper than ${DEEPEST} levels`, start);
    },
    countAttribute: (): void => {
      count();
      if (++attributes <= MOST_ATTRIBUTES) return;
      throw new Stop('XML.TOO_LARGE', `this element has more than ${MOST_ATTRIBUTES} attributes`, start);
    },
    open: (tag: Pick<XmlElement, 'name' | 'namespace' | 'local' | 'attributes'>): void => {
      const opened = { ...tag, children: [], text: '', parent: current, start, end: 0, pieces: [], length: 0 };
      current?.children.push(opened);
      current = opened;
      root ??= opened;
    },
    addText: (piece: string): void => {
      // Only white space stands outside of the root.
      if (!current) return;
      current.length += piece.length;
      if (current.length > LONGEST_TEXT) {
        throw new Stop(
          'XML.TOO_LARGE',
          `the text of this element is longer than ${LONGEST_TEXT} characters`,
          current.start,
        );
      }
      current.pieces.push(piece);
    },
    close: (): void => {
      const closed = current as OpenElement;
      closed.text = closed.pieces.splice(0).join('');
      closed.end = position();
      current = closed.parent as OpenElement | null;
      depth--;
    },
    getRoot: (): XmlElement => root as XmlElement,
  };
}

function checkDoctype(doctype: string, at: number): void {
  if (doctype.length <= LONGEST_DOCTYPE && HARMLESS_DOCTYPE.test(doctype)) return;
  const message =
    'the DOCTYPE may only name an external DTD: take out what stands in its brackets (entities are not read)';
  throw new Stop('XML.DOCTYPE', message, Math.max(0, at - doctype.length - '<!DOCTYPE'.length));
}

const EXPLANATIONS: readonly (readonly [RegExp, string])[] = [
  [/^undefined entity/, 'this entity is not known: write the character itself, or its number such as &#233;'],
  [/^unclosed tag: (.*)/, 'the element "$1" does not end: the document may have been cut off'],
  [/^unexpected end/, 'the document ends in the middle of a tag or comment: it may have been cut off'],
  [/^document must contain a root element/, 'no element is whole: the document may be empty or cut off'],
];

/** The parser's words are those of the specification; where these leave a person alone, ours. */
function explainSyntax(message: string): string {
  const words = message.trim().replace(/\.$/, '').slice(0, 200);
  const [pattern, explanation] = EXPLANATIONS.find(([known]) => known.test(words)) ?? [];
  return pattern && explanation ? words.replace(pattern, explanation) : words;
}
