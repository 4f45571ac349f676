import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { escapeXml } from '../../../orders/formats/cxml-response.ts';
import type { JsonValue } from '../../../orders/formats/json-reader.ts';
import { parseJsonOrder } from '../../../orders/formats/json.ts';
import { xmlReader } from '../../../orders/formats/xml-documents.ts';
import { type Order, orderSchema } from '../../../orders/order.ts';
import { isRejected } from '../../../orders/finding.ts';
import { sourceProfileSchema } from '../../../orders/source.ts';
import { describeDocument, xmlProfile } from './xml-fixtures.ts';

const fixture = (name: string) => new Uint8Array(readFileSync(new URL(`fixtures/${name}`, import.meta.url)));
const encode = (text: string) => new TextEncoder().encode(text);
const parse = (text: string, profile = xmlProfile) => xmlReader.parse(encode(text), null, profile);
const codes = (text: string, profile = xmlProfile) =>
  parse(text, profile).findings.map(({ code, path }) => `${code} ${path}`);

const minimal = `<order>
  <poNumber>PO-1</poNumber><orderDate>2026-11-23</orderDate><currency>USD</currency><customerId>C-1001</customerId>
  <lines><line><sku>SKU-1</sku><quantity>2</quantity><unitPrice>5.00</unitPrice></line></lines>
  <total>10.00</total>
</order>`;
const withChange = (from: string, to: string) => {
  expect(minimal).toContain(from);
  return minimal.replace(from, to);
};

test.each(['cxml/office-supplies', 'ubl/clinic', 'xml/list'])('reads the fixture %s as expected', (name) => {
  const expected: unknown = JSON.parse(new TextDecoder().decode(fixture(`${name}.json`)));
  expect(JSON.parse(JSON.stringify(describeDocument(fixture(`${name}.xml`))))).toEqual(expected);
});

test.each(['cxml/office-supplies', 'ubl/clinic', 'xml/list'])('gives no order for %s cut anywhere', (name) => {
  const bytes = fixture(`${name}.xml`);
  const end = new TextDecoder('latin1').decode(bytes).trimEnd().length;
  for (let length = 0; length < end; length += 7) {
    const cut = bytes.slice(0, length);
    const { findings } = xmlReader.inspect(cut, xmlProfile);
    expect(isRejected(findings)).toBe(true);
    expect(xmlReader.parse(cut, null, xmlProfile).order).toBeNull();
    expect(xmlReader.split(cut, xmlProfile).parts).toEqual([]);
  }
});

describe('the root element', () => {
  test.each([
    ['<orders/>', 'canonical', 'many', []],
    ['<order/>', 'canonical', 'one', []],
    ['<Order/>', 'canonical', 'one', ['XML.ROOT']],
    ['<html/>', 'canonical', 'one', ['XML.ROOT']],
    ['<x:order xmlns:x="urn:x"/>', 'canonical', 'one', ['XML.ROOT']],
    ['<cXML><Request><PunchOutSetupRequest/></Request></cXML>', 'cxml', 'one', ['XML.NOT_AN_ORDER']],
    ['<cXML><Response><Status code="200"/></Response></cXML>', 'cxml', 'one', ['XML.NOT_AN_ORDER']],
    ['<cXML/>', 'cxml', 'one', ['XML.NOT_AN_ORDER']],
    [
      '<OrderChange xmlns="urn:oasis:names:specification:ubl:schema:xsd:OrderChange-2"/>',
      'ubl',
      'one',
      ['XML.NOT_AN_ORDER'],
    ],
  ])('tells what %s is', (text, layout, holds, findings) => {
    const inspected = xmlReader.inspect(encode(text), xmlProfile);
    expect({ ...inspected, findings: inspected.findings.map(({ code }) => code) }).toEqual({ layout, holds, findings });
    if (findings.length > 0) expect(parse(text)).toEqual({ order: null, findings: inspected.findings });
  });

  test('may be any other where the profile has a table', () => {
    const mapping = {
      order: { poNumber: 'Kopf/Nr', orderDate: 'Kopf/@datum', total: 'Summe' },
      lines: 'Pos',
      line: { sku: 'Art', quantity: 'Menge', unitPrice: 'Preis' },
      dates: 'DD.MM.YYYY',
      numbers: { decimal: ',' },
    };
    const defaults = { currency: 'EUR', customerId: 'C-7' };
    const profile = sourceProfileSchema.parse({ id: 'erp', channel: 'api', mapping, defaults });
    const text =
      '<order><Kopf datum="23.11.2026"><Nr>007</Nr></Kopf><Pos><Art>00A</Art><Menge>2</Menge><Preis>1,50</Preis></Pos><Summe>3,00</Summe></order>';
    expect(xmlReader.inspect(encode(text), profile)).toEqual({ layout: 'mapped', holds: 'one', findings: [] });
    const { order, findings } = parse(text, profile);
    expect(findings).toEqual([]);
    expect(order).toMatchObject({ poNumber: '007', orderDate: '2026-11-23', total: '3.00', customerId: 'C-7' });
  });
});

describe('our own form', () => {
  test('is what the page for senders shows', () => {
    const page = readFileSync(new URL('../../../docs/partners.md', import.meta.url), 'utf8');
    const example = /```xml\n([^]*?)```/.exec(page)?.[1] ?? '';
    const { order, findings } = parse(example);
    expect(findings).toEqual([]);
    expect(order).toMatchObject({ poNumber: 'PO-10452', lines: [{ ids: { UP: '012345678905' }, amount: '37.98' }] });
  });

  test('is read as the same order in JSON is', () => {
    const json = {
      poNumber: 'PO-1',
      orderDate: '2026-11-23',
      currency: 'USD',
      customerId: 'C-1001',
      lines: [{ sku: 'SKU-1', quantity: '2', unitPrice: '5.00' }],
      total: '10.00',
    };
    expect(parse(minimal)).toEqual(parseJsonOrder(encode(JSON.stringify(json)), xmlProfile));
  });

  test.each([
    ['+1.50', '1.50'],
    [' 1.50\n', '1.50'],
    ['1.', '1'],
    ['.5', '0.5'],
    ['-.50', '-0.50'],
    ['00012.10', '12.10'],
    ['0.100000000001', '0.100000000001'],
    ['99999999999999999', '99999999999999999'],
  ])('takes the number %j', (written, read) => {
    expect(parse(withChange('5.00', written)).order?.lines[0]?.unitPrice).toBe(read);
  });

  test.each([
    ['12,50', 'lines/line/unitPrice is "12,50": use a point.'],
    ['1e3', 'lines/line/unitPrice is "1e3": write all its digits, without an exponent.'],
    ['1.234.5', 'write digits and at most one decimal point'],
    ['NaN', 'write digits and at most one decimal point'],
    ['0x10', 'write digits and at most one decimal point'],
    ['1234567890123456789', 'write at most 18 digits before the point and 12 behind'],
    ['0.1234567890123', 'write at most 18 digits before the point and 12 behind'],
  ])('refuses the number %s and says what to write', (written, words) => {
    const { order, findings } = parse(withChange('5.00', written));
    expect(order).toBeNull();
    expect(findings.map(({ code, path }) => [code, path])).toEqual([['XML.FORMAT', '/lines/0/unitPrice']]);
    expect(findings[0]?.message).toContain(words);
    expect(findings[0]?.location).toMatchObject({ line: 3 });
  });

  test('refuses a number of a million digits in little time', () => {
    const start = performance.now();
    expect(codes(withChange('5.00', '0'.repeat(1_000_000)))).toEqual(['XML.FORMAT /lines/0/unitPrice']);
    expect(performance.now() - start).toBeLessThan(60_000);
  });

  test.each([
    ['2026-11-23T23:30:00-08:00', '2026-11-23'],
    ['2026-11-23Z', '2026-11-23'],
    ['2026-11-23+14:00', '2026-11-23'],
  ])('takes the day that is written in %s', (written, day) => {
    expect(parse(withChange('2026-11-23', written)).order?.orderDate).toBe(day);
  });

  test.each(['2026-02-30', '23.11.2026', '2026-11-23 10:00'])('refuses the date %s', (written) => {
    expect(codes(withChange('2026-11-23', written))).toEqual(['XML.FORMAT /orderDate']);
  });

  test.each([
    ['<total>10.00</total>', '', 'XML.REQUIRED /total'],
    ['<total>10.00</total>', '<total/>', 'XML.REQUIRED /total'],
    ['<total>10.00</total>', '<total>10.00</total><total>10.00</total>', 'XML.REPEATED /total'],
    ['<sku>SKU-1</sku>', '', 'XML.REQUIRED /lines/0/sku'],
    ['<lines>', '<lines>x', 'XML.TYPE /lines'],
    ['USD', 'US', 'XML.FORMAT /currency'],
    ['<order>', '<order><source>other</source>', 'SOURCE.MISMATCH /source'],
    ['<order>', '<order><type>maybe</type>', 'XML.VALUE /type'],
  ])('%s as %s gives %s', (from, to, expected) => {
    expect(codes(withChange(from, to))).toEqual([expected]);
  });

  test('keeps what it does not have, and says so once for all lines', () => {
    const line = '<line><sku>B</sku><quantity>0</quantity><unitPrice>0</unitPrice><hue tone="1">red</hue></line>';
    const text = withChange(
      '</lines>',
      `${line}${line}</lines><x:tag xmlns:x="urn:x">t</x:tag><constructor>c</constructor>`,
    );
    const { order, findings } = parse(text);
    expect(order?.extensions).toEqual({
      '/lines/1/hue': { '@tone': '1', '#text': 'red' },
      '/lines/2/hue': { '@tone': '1', '#text': 'red' },
      'x:tag': 't',
      constructor: 'c',
    });
    expect(findings.map(({ code, path, disposition }) => `${code} ${path} ${disposition}`)).toEqual([
      'XML.UNKNOWN_FIELD /lines/1/hue warn',
      'XML.UNKNOWN_FIELD /x:tag warn',
      'XML.UNKNOWN_FIELD /constructor warn',
    ]);
  });

  test('never lets warnings crowd out what rejects an order', () => {
    const unknown = Array.from({ length: 500 }, (_, at) => `<u${at}>x</u${at}>`).join('');
    const { order, findings } = parse(withChange('<order>', `<order>${unknown}`).replace('10.00', 'ten'));
    expect(order).toBeNull();
    expect(findings[0]).toMatchObject({ code: 'XML.FORMAT', path: '/total' });
    expect(Object.keys(parse(withChange('<order>', `<order>${unknown}`)).order?.extensions ?? {})).toHaveLength(500);
  });

  test('tells the place of any field, of what encloses it where it is left out', () => {
    const place = (pointer: string) => xmlReader.locate(encode(minimal), null, xmlProfile, pointer);
    expect(place('/lines/0/quantity')).toEqual({ offset: minimal.indexOf('<quantity>'), line: 3, column: 32 });
    expect(place('/lines/0/description')).toMatchObject({ offset: minimal.lastIndexOf('<line>') });
    expect(place('/shipTo/city')).toMatchObject({ offset: 0 });
    expect(xmlReader.locate(encode('<order'), null, xmlProfile, '/total')).toEqual({});
  });
});

describe('a list', () => {
  test('is cut into orders whose findings tell the place in the list', () => {
    const list = `<orders xmlns:x="urn:x">\n ${minimal}\n ${minimal.replace('5.00', '5,00').replace('<order>', '<order x:k="1">')}<!-- end -->\n</orders>`;
    const bytes = encode(list);
    const { parts, findings } = xmlReader.split(bytes, xmlProfile);
    expect(findings).toEqual([]);
    expect(parts.map(({ bytes: part }) => new TextDecoder().decode(part).slice(0, 6))).toEqual(['<order', '<order']);
    for (const { bytes: part, spans } of parts) {
      const [span] = spans;
      expect(span && bytes.slice(span.offset, span.offset + span.length)).toEqual(part);
    }
    const [first, second] = parts.map((part) =>
      xmlReader.parse(part.bytes, JSON.parse(JSON.stringify(part.locator)), xmlProfile),
    );
    expect(first?.findings).toEqual([]);
    const { location } = second?.findings[0] ?? { location: {} };
    expect(location).toEqual({ offset: list.lastIndexOf('<unitPrice>'), line: 9, column: 54 });
  });

  test('with nothing or something else in it is told about', () => {
    const found = (text: string) => xmlReader.split(encode(text), xmlProfile).findings.map(({ code }) => code);
    expect(found('<orders/>')).toEqual(['XML.REQUIRED']);
    expect(found('<orders><order/><x/></orders>')).toEqual(['XML.ROOT']);
  });
});

// What we write we read back

const NAMES: Readonly<Record<string, string>> = {
  lines: 'line',
  charges: 'charge',
  notes: 'note',
  discounts: 'discount',
};

function write(name: string, value: JsonValue | undefined): string {
  if (value === null || value === undefined) return `<${name}/>`;
  if (Array.isArray(value))
    return `<${name}>${value.map((each: JsonValue) => write(NAMES[name] ?? 'item', each)).join('')}</${name}>`;
  if (typeof value !== 'object') return `<${name}>${escapeXml(String(value))}</${name}>`;
  const members = Object.entries(value).map(([key, member]) =>
    name === 'ids' ? `<id qualifier="${escapeXml(key)}">${escapeXml(member as string)}</id>` : write(key, member),
  );
  return `<${name}>${members.join('')}</${name}>`;
}

const text = (longest: number) =>
  fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: longest })
    .map((value) =>
      value
        .replace(/[\p{Cc}\ufffe\uffff\u2028\u2029]/gu, '')
        .trim()
        .slice(0, longest),
    )
    .filter((value) => value !== '' && value.isWellFormed() && value.trim() === value);
const amount = fc
  .tuple(fc.bigInt({ min: 0n, max: 10n ** 15n }), fc.integer({ min: 1, max: 999 }))
  .map(([whole, part]) => `${whole}.${part}`);
const place = fc.record({
  name: text(60),
  lines: fc.array(text(40), { maxLength: 3 }),
  city: text(20),
  country: fc.constantFrom('US', 'DE'),
});
const line = fc.record({
  line: text(10),
  sku: text(20),
  ids: fc.dictionary(fc.stringMatching(/^[A-Z0-9]{2}$/), text(20), { maxKeys: 3 }),
  description: text(100),
  quantity: amount,
  unit: fc.constantFrom('EA', 'CA'),
  unitPrice: amount,
  discounts: fc.array(fc.record({ code: text(10), amount }), { maxLength: 2 }),
  amount,
  deliverTo: fc.option(place),
});
const anyOrder = fc.record({
  source: fc.constant('xml-shop'),
  externalId: text(30),
  poNumber: text(20),
  type: fc.constantFrom('new', 'replace', 'cancel'),
  orderDate: fc.constant('2026-11-23'),
  currency: fc.constantFrom('USD', 'JPY'),
  customerId: fc.constant('C-1001'),
  operatorId: fc.constant(null),
  shipTo: place,
  lines: fc.array(line, { minLength: 1, maxLength: 4 }),
  charges: fc.array(fc.record({ code: text(10), amount }), { maxLength: 2 }),
  tax: amount,
  total: amount,
  notes: fc.array(text(200), { maxLength: 3 }),
  extensions: fc.constant({ color: 'red', deep: { a: 'b' } }),
});

test('any order that is written comes back the same', () => {
  fc.assert(
    fc.property(anyOrder, (value) => {
      const order: Order = orderSchema.parse(value);
      const { findings, order: back } = parse(write('order', value));
      expect(findings).toEqual([]);
      const withoutNull = order.lines.map(({ deliverTo, ...rest }) => (deliverTo ? { ...rest, deliverTo } : rest));
      expect(back).toEqual({ ...order, lines: withoutNull });
    }),
    { numRuns: 300 },
  );
});

test('any text that is no XML of ours is refused without a crash', () => {
  const piece = fc.constantFrom(
    '<order>',
    '</order>',
    '<lines>',
    '</lines>',
    '<line>',
    '</line>',
    '<total>1</total>',
    '<cXML>',
    '</cXML>',
    '&amp;',
    '&#0;',
    '<![CDATA[',
    ']]>',
    '<x y="',
    '"',
    '>',
    'é',
    '\0',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const bytes = encode(pieces.join(''));
      const { findings } = xmlReader.inspect(bytes, xmlProfile);
      const result = xmlReader.parse(bytes, null, xmlProfile);
      expect(result.order).toBeNull();
      expect(isRejected([...findings, ...result.findings])).toBe(true);
      xmlReader.split(bytes, xmlProfile);
      xmlReader.locate(bytes, null, xmlProfile, '/lines/0/sku');
    }),
    { numRuns: 1000 },
  );
});
