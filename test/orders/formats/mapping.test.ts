import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { jsonReader } from '../../../orders/formats/json-documents.ts';
import { parseMappedDate, parseMappedNumber } from '../../../orders/formats/mapping.ts';
import { mappingProfile } from '../../../orders/formats/mapping-profile.ts';
import { readXml } from '../../../orders/formats/xml-reader.ts';
import { draftXmlMapped } from '../../../orders/formats/xml-mapped.ts';
import { finishReading } from '../../../orders/formats/xml-reading.ts';
import { type SourceProfile, sourceProfileSchema } from '../../../orders/source.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const profileOf = (mapping: object): SourceProfile =>
  sourceProfileSchema.parse({
    id: 'erp',
    channel: 'api',
    defaults: { currency: 'EUR', customerId: 'C-1' },
    mapping,
  });

const table = {
  lines: '/items',
  dates: 'DD/MM/YYYY',
  numbers: { decimal: ',', group: '.' },
  order: {
    poNumber: { from: ['/po', '/ref'] },
    orderDate: '/date',
    requestedDeliveryDate: { from: '/due', dates: 'YYYYMMDD' },
    total: '/sum',
    'charges.FREIGHT': '/freight',
    'charges.PACKING': '/packing',
    notes: '/remark',
    'shipTo.line2': '/street2',
    'shipTo.line1': '/street',
    'shipTo.country': { from: '/land', values: { Deutschland: 'DE' }, default: 'AT' },
    'payment.method': { default: 'terms' },
  },
  line: {
    line: '/pos',
    sku: '/article',
    quantity: '/count',
    unitPrice: '/price',
    discount: '/rebate',
    'ids.UP': '/upc',
    'deliverTo.name': '/door',
  },
};
const document = {
  ref: '0815',
  date: '3/11/2026 14:00',
  due: '20261201',
  sum: '1.020,00',
  packing: '20,00',
  street: 'A-Weg 1',
  items: [
    { pos: '001', article: 4711, count: '2.000', price: '0,50', rebate: '0', upc: '00012345', door: 'Gate 1' },
    { article: 'B', count: 2, price: 0.0, colour: 'red' },
  ],
  department: { name: 'Tools' },
};
const read = (value: object, mapping: object = table) =>
  jsonReader.parse(encode(JSON.stringify(value)), null, profileOf(mapping));

describe('a table from canonical fields to JSON pointers', () => {
  test("gives the canonical order, in its sender's notation, and keeps what it does not name", () => {
    expect(read(document)).toEqual({
      findings: [],
      order: {
        source: 'erp',
        poNumber: '0815',
        type: 'new',
        orderDate: '2026-11-03',
        requestedDeliveryDate: '2026-12-01',
        currency: 'EUR',
        customerId: 'C-1',
        operatorId: null,
        shipTo: { lines: ['A-Weg 1'], country: 'AT' },
        payment: { method: 'terms' },
        lines: [
          {
            line: '001', sku: '4711', ids: { UP: '00012345' }, quantity: '2000', unit: 'EA', unitPrice: '0.50',
            discounts: [{ code: 'DISCOUNT', amount: '0' }], amount: '1000.00', deliverTo: { name: 'Gate 1', lines: [] },
          },
          { line: '2', sku: 'B', ids: {}, quantity: '2', unit: 'EA', unitPrice: '0', discounts: [], amount: '0.00' },
        ],
        charges: [{ code: 'PACKING', amount: '20.00' }],
        tax: '0.00',
        total: '1020.00',
        notes: [],
        extensions: { items: [null, { colour: 'red' }], department: { name: 'Tools' } },
      },
    }); // prettier-ignore
  });

  test("says in the sender's words what cannot be read, and where", () => {
    const { order, findings } = read({
      ...document,
      date: '11/23/26',
      sum: '1,020.00',
      items: [{ article: 'A', count: '1' }],
    });
    expect(order).toBeNull();
    expect(findings).toEqual([
      expect.objectContaining({
        code: 'JSON.FORMAT',
        path: '/orderDate',
        message: '"date" must be a date written as DD/MM/YYYY.',
      }),
      expect.objectContaining({
        code: 'JSON.FORMAT',
        path: '/total',
        message: '"sum" must be a number written as 1.234,50.',
      }),
      expect.objectContaining({
        code: 'JSON.REQUIRED',
        path: '/lines/0/unitPrice',
        message: '"items[0].price" is missing: every order needs it.',
        location: expect.objectContaining({ pointer: '/items/0' }),
      }),
    ]);
    expect(read({ ...document, items: undefined }).findings).toContainEqual(
      expect.objectContaining({ code: 'JSON.REQUIRED', path: '/lines', message: expect.stringContaining('"items"') }),
    );
  });

  test('takes one element for a list of one, and the order itself for its line where no lines are named', () => {
    const { items: [first] } = document; // prettier-ignore
    expect(read({ ...document, items: first }).order?.lines).toHaveLength(1);
    const flat = { ...table, lines: undefined };
    expect(read({ ...document, ...first }, flat).order?.lines).toMatchObject([{ line: '001', sku: '4711' }]);
  });

  test('tells the place of a field', () => {
    const text = JSON.stringify(document);
    const location = jsonReader.locate(encode(text), null, profileOf(table), '/charges/0/amount');
    expect(location).toMatchObject({ pointer: '/packing', offset: text.indexOf('"20,00"') });
  });

  test('is used for each order of a list', () => {
    const bytes = encode(JSON.stringify([document, document]));
    const profile = profileOf(table);
    const why = "the source's profile has a table for it";
    expect(jsonReader.inspect(bytes, profile)).toEqual({ layout: 'mapped', why, holds: 'many', findings: [] });
    const orders = jsonReader
      .split(bytes, profile)
      .parts.map((part) => jsonReader.parse(part.bytes, part.locator, profile));
    expect(orders.map(({ order }) => order?.poNumber)).toEqual(['0815', '0815']);
  });

  test('names fields that there are, and something to fill them with', () => {
    const parse = (order: object) => mappingProfile.safeParse({ order, line: {} }).success;
    expect(parse({ poNumber: '/po' })).toBe(true);
    expect(parse({ operatorId: '/user' })).toBe(false);
    expect(parse({ 'shipTo.line7': '/street' })).toBe(false);
    expect(parse({ poNumber: {} })).toBe(false);
    expect(mappingProfile.safeParse({ order: {}, line: {}, numbers: { decimal: '.', group: '.' } }).success).toBe(
      false,
    );
  });
});

describe('a table from canonical fields to paths in XML', () => {
  const mapping = {
    lines: 'Items/Item',
    order: { poNumber: '/Order/@no', orderDate: 'Head/Date', total: 'Head/Total[2]', notes: 'Head/c:Note' },
    line: { sku: '.', quantity: '@qty', unitPrice: '@price' },
  };
  const xml = `<o:Order xmlns:o="urn:o" no="007"><o:Head><o:Date>2026-11-23</o:Date><o:Total>1</o:Total>
<o:Total>5.00</o:Total><o:Clerk>MK</o:Clerk></o:Head>
<o:Items><o:Item qty="2" price="2.50">A-1</o:Item></o:Items></o:Order>`;
  const draft = (text: string) => {
    const { document: parsed } = readXml(encode(text));
    if (!parsed) throw new Error('the test needs XML');
    return draftXmlMapped(parsed, profileOf(mapping));
  };

  test('gives the canonical order whatever the prefixes are', () => {
    const { order, findings } = finishReading(draft(xml), profileOf(mapping));
    expect(findings).toEqual([]);
    expect(order).toMatchObject({
      poNumber: '007',
      orderDate: '2026-11-23',
      total: '5.00',
      lines: [{ sku: 'A-1', quantity: '2', unitPrice: '2.50', amount: '5.00' }],
      extensions: { Order: { 'o:Head': { 'o:Total': ['1', null], 'o:Clerk': 'MK' } } },
    });
  });

  test('names what is missing by its path, at its line', () => {
    const { findings } = finishReading(draft(xml.replace('price="2.50"', '')), profileOf(mapping));
    expect(findings).toEqual([
      expect.objectContaining({
        code: 'XML.REQUIRED',
        path: '/lines/0/unitPrice',
        message: '"o:Items/o:Item/@price" is missing: every order needs it.',
        location: expect.objectContaining({ line: 3 }),
      }),
    ]);
  });
});

describe("a number in its sender's notation", () => {
  test('is read exactly, however it is grouped', () => {
    const marks = fc.constantFrom(...(['.', ','] as const));
    const groups = fc.constantFrom(...(['', '.', ',', ' ', "'"] as const));
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 17n), max: 10n ** 17n }),
        fc.stringMatching(/^\d{0,12}$/),
        marks,
        groups,
        (whole, fraction, decimal, group) => {
          fc.pre(decimal !== group);
          const grouped = String(whole).replace(/\B(?=(?:\d{3})+$)/g, group);
          const written = fraction === '' ? grouped : `${grouped}${decimal}${fraction}`;
          expect(parseMappedNumber(written, { decimal, group })).toBe(
            fraction === '' ? String(whole) : `${whole}.${fraction}`,
          );
        },
      ),
    );
  });

  test('is no number where the marks say another', () => {
    const german = { decimal: ',', group: '.' } as const;
    for (const text of ['1.23', '12.34,5', '1,2,3', '', ',', '1e3', '1.234.5', 'EUR 5', '--1'])
      expect(parseMappedNumber(text, german)).toBeUndefined();
    expect(parseMappedNumber('1\u00a0234,5', { decimal: ',', group: ' ' })).toBe('1234.5');
    expect(parseMappedNumber('+5', german)).toBe('5');
  });
});

test('a date is read as the table says, and nothing else is taken for one', () => {
  expect(parseMappedDate('3.4.2026', 'DD.MM.YYYY')).toBe('2026-04-03');
  expect(parseMappedDate('04/03/2026', 'MM/DD/YYYY')).toBe('2026-04-03');
  expect(parseMappedDate('20260403T1200', 'YYYYMMDD')).toBe('2026-04-03');
  expect(parseMappedDate('2026-04-03T12:00:00+02:00', 'YYYY-MM-DD')).toBe('2026-04-03');
  for (const text of ['2026.04.03', '03042026', '3.4.26', '3.4.20261', 'x3.4.2026', ''])
    expect(parseMappedDate(text, 'DD.MM.YYYY')).toBeUndefined();
  expect(parseMappedDate('2026433', 'YYYYMMDD')).toBeUndefined();
});
