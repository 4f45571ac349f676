import { describe, expect, test } from '@jest/globals';
import { readXml, type XmlElement } from '../../../orders/formats/xml-reader.ts';

const read = (text: string) => readXml(new TextEncoder().encode(text));
const fault = (text: string) => read(text).fault?.code;
const getRoot = (text: string): XmlElement => {
  const { document } = read(text);
  if (!document) throw new Error(`not read: ${text.slice(0, 100)}`);
  return document.root;
};

describe('a document', () => {
  test('becomes a tree of elements with namespaces, whatever the prefixes', () => {
    const root = getRoot('<p:a xmlns:p="urn:x" xmlns="urn:y" p:k="1" j="2"><b xmlns=""/><c/></p:a>');
    expect([root.namespace, root.local, root.name]).toEqual(['urn:x', 'a', 'p:a']);
    expect(root.attributes.map(({ namespace, local, value }) => [namespace, local, value])).toEqual([
      ['urn:x', 'k', '1'],
      ['', 'j', '2'],
    ]);
    expect(root.children.map(({ namespace, local }) => `${namespace} ${local}`)).toEqual([' b', 'urn:y c']);
  });

  test('has text in one piece, however comments, CDATA, references and line ends part it', () => {
    const root = getRoot('<a>1<!-- x -->2<![CDATA[<3>&]]>4&amp;&#x35;\r\n<b>no</b>6<?pi 7?></a>');
    expect(root.text).toBe('12<3>&4&5\n6');
  });

  test('tells the place of each element in bytes, lines and columns', () => {
    const { document } = readXml(new TextEncoder().encode('\ufeff<a>€é\r\n  <b/>💩<c>x</c></a>'));
    const places = document?.root.children.map(({ start, end }) => [document.placeAt(start), document.placeAt(end)]);
    expect(places).toEqual([
      [
        { offset: 15, line: 2, column: 3 },
        { offset: 19, line: 2, column: 7 },
      ],
      [
        { offset: 23, line: 2, column: 9 },
        { offset: 31, line: 2, column: 17 },
      ],
    ]);
  });

  test('tells places far into a long document', () => {
    const filler = 'ä'.repeat(40_000);
    const { document } = read(`<a>${filler}\n${filler}<b/></a>`);
    const [b] = document?.root.children ?? [];
    expect(b && document?.placeAt(b.start)).toEqual({ offset: 160_004, line: 2, column: 40_001 });
  });

  test('may name an external DTD, which is not fetched', () => {
    for (const doctype of ['a', 'a SYSTEM "http://x/[y>].dtd"', `a PUBLIC "-//x//y" 'z>'`, 'a\n SYSTEM "x"\n']) {
      expect(getRoot(`<!DOCTYPE ${doctype}><a/>`).local).toBe('a');
    }
  });
});

describe('the encoding', () => {
  const bytesOf = (text: string, encoding: BufferEncoding) => new Uint8Array(Buffer.from(text, encoding));
  const textOf = (bytes: Uint8Array) => readXml(bytes).document?.root.text ?? readXml(bytes).fault?.message;

  test('may be UTF-16, by its byte order mark or by how it begins', () => {
    const text = '<?xml version="1.0" encoding="UTF-16"?><a>é€💩</a>';
    const little = bytesOf(`\ufeff${text}`, 'utf16le');
    expect(textOf(little)).toBe('é€💩');
    expect(textOf(little.slice(2))).toBe('é€💩');
    expect(textOf(new Uint8Array(Buffer.from(little).swap16()))).toBe('é€💩');
  });

  test('may not be UTF-32, which is told', () => {
    const wide = (text: string, low: boolean) => Buffer.from([...Buffer.from(text)].flatMap((byte) => (low ? [byte, 0, 0, 0] : [0, 0, 0, byte])));
    const mark = Buffer.from([0xff, 0xfe, 0, 0]);
    for (const bytes of [wide('<a/>', true), wide('<a/>', false), Buffer.concat([mark, wide('<a/>', true)])])
      expect(textOf(new Uint8Array(bytes))).toContain('the document is written in UTF-32: write it in UTF-8');
  }); // prettier-ignore

  test('may be one of the old ones with one byte a character, if it is declared', () => {
    const text = '<?xml version="1.0" encoding="ISO-8859-1"?><a>Groß</a>';
    expect(textOf(bytesOf(text, 'latin1'))).toBe('Groß');
    expect(textOf(bytesOf('<a>Groß</a>', 'latin1'))).toContain('not valid UTF-8');
  });

  test.each([
    ['utf-16', 'but the document is written in UTF-8'],
    ['EBCDIC-CP-US', 'is not read here'],
  ])('is refused where the declaration says %s and the bytes do not', (name, words) => {
    const { fault: found } = read(`<?xml version="1.0" encoding="${name}"?><a/>`);
    expect([found?.code, found?.message]).toEqual(['XML.ENCODING', expect.stringContaining(words)]);
  });
});

describe('what is not well-formed', () => {
  test.each([
    '',
    ' ',
    '<a>',
    '<a></b>',
    '<a',
    '<a/><b/>',
    '<a/>x',
    '<a b="1" b="2"/>',
    '<a xmlns:x="u" xmlns:y="u" x:b="1" y:b="2"/>',
    '<a b=1/>',
    '<p:a/>',
    '<a>&b;</a>',
    '<a>&</a>',
    '<a>]]></a>',
    '<a>\u0001</a>',
    '<a>&#1;</a>',
    '<?xml version="1.1"?><a>&#1;</a>',
    '<a><!-- -- --></a>',
    '<a/><!--',
  ])('is refused: %j', (text) => {
    expect(fault(text)).toBe('XML.SYNTAX');
  });

  test.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])('has no entity &%s;', (name) => {
    expect(fault(`<a>&${name};</a>`)).toBe('XML.SYNTAX');
  });

  test('keeps attributes called like members of objects', () => {
    expect(getRoot('<a __proto__="1" constructor="2"/>').attributes.map(({ value }) => value)).toEqual(['1', '2']);
  });

  test('is told with its place', () => {
    expect(read('<a>\n  <b></c>\n</a>').fault?.place).toMatchObject({ line: 2 });
  });
});

describe('a hostile document', () => {
  const MEBIBYTE = 1024 * 1024;
  const laughs = Array.from({ length: 20 }, (_, at) => `<!ENTITY l${at + 1} "${`&l${at};`.repeat(10)}">`).join('');

  test.each([
    ['billion laughs', `<!DOCTYPE a [<!ENTITY l0 "lol">${laughs}]><a>&l20;</a>`, 'XML.DOCTYPE'],
    ['a file as an entity', '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', 'XML.DOCTYPE'],
    ['a parameter entity', '<!DOCTYPE a [<!ENTITY % x SYSTEM "http://x/">%x;]><a/>', 'XML.DOCTYPE'],
    ['an empty subset', '<!DOCTYPE a []><a/>', 'XML.DOCTYPE'],
    ['a DOCTYPE without a literal', '<!DOCTYPE a SYSTEM><a/>', 'XML.DOCTYPE'],
    ['an endless DOCTYPE', `<!DOCTYPE a [${'<!ENTITY x "y">'.repeat(300_000)}`, 'XML.SYNTAX'],
    ['a DOCTYPE of white space', `<!DOCTYPE a ${' '.repeat(4 * MEBIBYTE)}x><a/>`, 'XML.DOCTYPE'],
    ['open tags', '<a>'.repeat(MEBIBYTE), 'XML.TOO_DEEP'],
    ['elements', `<a>${'<b/>'.repeat(MEBIBYTE)}</a>`, 'XML.TOO_LARGE'],
    ['attributes', `<a ${Array.from({ length: MEBIBYTE }, (_, at) => `b${at}=""`).join(' ')}/>`, 'XML.TOO_LARGE'],
    ['one long text', `<a>${'&amp;'.repeat(MEBIBYTE)}${'x'.repeat(4 * MEBIBYTE)}</a>`, 'XML.TOO_LARGE'],
    ['an entity without an end', `<a>&${'x'.repeat(4 * MEBIBYTE)}</a>`, 'XML.SYNTAX'],
    ['one long name', `<${'a'.repeat(4 * MEBIBYTE)}`, 'XML.SYNTAX'],
    ['too many bytes', `<a>${' '.repeat(33 * MEBIBYTE)}</a>`, 'XML.TOO_LARGE'],
  ])('is refused in little time: %s', (_name, text, code) => {
    const start = performance.now();
    expect(fault(text)).toBe(code);
    // Each takes well under a second alone; this machine may have other things to do.
    expect(performance.now() - start).toBeLessThan(60_000);
  });

  test('is read in little time with one long namespace and many that use it', () => {
    const start = performance.now();
    const text = `<a xmlns:x="${'u'.repeat(MEBIBYTE)}">${'<x:b/>'.repeat(400_000)}</a>`;
    expect(getRoot(text).children).toHaveLength(400_000);
    expect(performance.now() - start).toBeLessThan(60_000);
  });
});
