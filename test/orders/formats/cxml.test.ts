import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { readCxmlCredentials } from '../../../orders/formats/cxml-header.ts';
import { escapeXml, writeCxmlResponse } from '../../../orders/formats/cxml-response.ts';
import { xmlReader } from '../../../orders/formats/xml-documents.ts';
import { readXml } from '../../../orders/formats/xml-reader.ts';
import { sourceProfileSchema } from '../../../orders/source.ts';
import { breachesOf, xmlProfile } from './xml-fixtures.ts';

const encode = (text: string) => new TextEncoder().encode(text);
const money = (amount: string, currency = 'USD') => `<Money currency="${currency}">${amount}</Money>`;

interface Parts {
  readonly from?: string;
  readonly mode?: string;
  readonly header?: string;
  readonly total?: string;
  readonly inHeader?: string;
  readonly items?: string;
}

const item = (price: string, attributes = 'quantity="3" lineNumber="1"', more = '', inPrice = '') =>
  `<ItemOut ${attributes}><ItemID><SupplierPartID>A-1</SupplierPartID></ItemID><ItemDetail><UnitPrice>${money(price)}${inPrice}</UnitPrice><UnitOfMeasure>EA</UnitOfMeasure></ItemDetail>${more}</ItemOut>`;

const write = ({
  from = 'AN01000002792',
  mode = '',
  header = '',
  total = '30.00',
  inHeader = '',
  items = item('10.00'),
}: Parts = {}) =>
  `<cXML payloadID="1@x" timestamp="2026-11-23T10:00:00Z"><Header><From><Credential domain="NETWORKID"><Identity>${from}</Identity></Credential></From>` +
  `<To><Credential domain="NetworkId"><Identity>AN01000009999</Identity></Credential></To></Header><Request ${mode}><OrderRequest>` +
  `<OrderRequestHeader orderID="0071" orderDate="2026-11-23T10:00:00-08:00" ${header}><Total>${money(total)}</Total>${inHeader}</OrderRequestHeader>` +
  `${items}</OrderRequest></Request></cXML>`;

const parse = (parts: Parts = {}, profile = xmlProfile) => xmlReader.parse(encode(write(parts)), null, profile);
const codes = (parts: Parts, profile = xmlProfile) =>
  parse(parts, profile).findings.map(({ code, path }) => `${code} ${path}`);
/** Total and tax, and whether the order adds up. */
const sums = (parts: Parts) => {
  const { order } = parse(parts);
  return order && { total: order.total, tax: order.tax, breaches: breachesOf(order) };
};

test('an order with nothing but what it needs is a new one, in its own words', () => {
  const { order, findings } = parse();
  expect(findings).toEqual([]);
  expect(order).toMatchObject({
    poNumber: '0071',
    externalId: '0071',
    type: 'new',
    orderDate: '2026-11-23',
    currency: 'USD',
    customerId: 'C-2001',
    lines: [{ line: '1', sku: 'A-1', quantity: '3', unitPrice: '10.00', amount: '30.00' }],
    total: '30.00',
    extensions: { cxml: { '@payloadID': '1@x' } },
  });
});

test('a value with an element inside is not read around it', () => {
  const parted = item('1<Tax/>0.00').replace('A-1', 'A<Extrinsic/>-1');
  expect(codes({ items: parted })).toEqual(['XML.TYPE /lines/0/unitPrice', 'XML.TYPE /lines/0/sku']);
});

test('a line that stands where none is read is missed', () => {
  const lost = `<Extrinsic name="x">${item('10.00')}</Extrinsic>`;
  expect(codes({ inHeader: lost })).toEqual(['XML.TYPE /lines']);
});

describe('what kind of order it is', () => {
  test.each([
    ['type="update"', 'replace'],
    ['type="delete"', 'cancel'],
  ])('%s is a change of the earlier order', (header, type) => {
    const { order, findings } = parse({ header, inHeader: '<DocumentReference payloadID="0@x"/>' });
    expect(findings).toEqual([]);
    expect(order).toMatchObject({
      type,
      poNumber: '0071',
      extensions: { changes: { orderID: '0071', payloadID: '0@x' } },
    });
  });

  test.each([
    [{ header: 'type="other"' }, ['XML.VALUE /type']],
    [{ header: 'orderType="blanket"' }, ['XML.ORDER.BLANKET /type']],
    [{ header: 'orderType="release" agreementID="7"' }, []],
    [{ header: 'orderType="stockTransport"' }, ['XML.ORDER.TYPE /type']],
    [{ mode: 'deploymentMode="test"' }, ['XML.DEPLOYMENT_MODE ']],
    [{ mode: 'deploymentMode="PROD"' }, []],
    [{ from: 'an01000002792' }, ['XML.CUSTOMER /customerId']],
    [{ items: item('10.00', 'quantity="3" isReturn="yes"') }, ['XML.LINE.RETURN /lines/0']],
    [{ items: item('10.00', 'quantity="3" itemType="composite"') }, ['XML.LINE.COMPOSITE /lines/0']],
    [{ items: '' }, ['XML.REQUIRED /lines']],
    [{ items: item('10,00') }, ['XML.FORMAT /lines/0/unitPrice']],
    [{ items: item('10.00', 'quantity="1e3"') }, ['XML.FORMAT /lines/0/quantity']],
    [{ inHeader: `<Tax>${money('1', 'EUR')}</Tax>` }, ['XML.CURRENCY /tax']],
    [{ inHeader: `<Total>${money('31')}</Total>` }, ['XML.REPEATED /total']],
  ])('%j gives %j', (parts, expected) => {
    expect(codes(parts)).toEqual(expected);
  });

  test('what was said of a field is not said again by the schema', () => {
    expect(codes({ items: item('ten', 'quantity="none"') })).toEqual([
      'XML.FORMAT /lines/0/quantity',
      'XML.FORMAT /lines/0/unitPrice',
    ]);
  });

  test('for another receiver, or in test mode where that is agreed', () => {
    const us = [{ domain: 'DUNS', identity: '1' }];
    const cxml = { ...xmlProfile.cxml, us, deploymentMode: 'test' };
    const profile = sourceProfileSchema.parse({ ...xmlProfile, cxml });
    expect(codes({ mode: 'deploymentMode="test"' }, profile)).toEqual(['XML.NOT_US ']);
  });
});

describe('the total', () => {
  const tax = `<Tax>${money('2.40')}</Tax>`;
  const shipping = `<Shipping>${money('5.00')}</Shipping>`;

  test.each([
    ['holds everything', '37.40'],
    ['leaves tax out', '35.00'],
    ['leaves shipping out', '32.40'],
    ['leaves both out', '30.00'],
  ])('%s', (_name, total) => {
    expect(sums({ total, inHeader: tax + shipping })).toEqual({ total: '37.40', tax: '2.40', breaches: [] });
  });

  test('that is none of these is left for the rules to find', () => {
    expect(sums({ total: '36.00', inHeader: tax + shipping })).toEqual({
      total: '36.00',
      tax: '2.40',
      breaches: ['/total'],
    });
    expect(sums({ total: '30.01' })).toMatchObject({ total: '30.01', breaches: ['/total'] });
  });

  test('of taxes and shipping that stand in the lines', () => {
    const items = item('10.00', 'quantity="3"', tax + shipping) + item('1.00', 'quantity="1"', tax);
    expect(sums({ total: '40.80', items })).toEqual({ total: '40.80', tax: '4.80', breaches: [] });
  });

  test('may be rounded once for all lines', () => {
    const items = item('0.333', 'quantity="1"').repeat(3);
    expect(sums({ total: '1.00', items })).toMatchObject({ total: '1.00', breaches: [] });
    expect(sums({ total: '0.99', items })).toMatchObject({ total: '0.99', breaches: [] });
    expect(sums({ total: '1.03', items })).toMatchObject({ breaches: ['/total'] });
    expect(sums({ total: '0.999', items })).toMatchObject({ total: '0.999', breaches: [] });
  });

  test('takes a price for a hundred', () => {
    const basis = '<PriceBasisQuantity quantity="100" conversionFactor="12"/>';
    const items = item('10.00').replace('</ItemDetail>', `${basis}</ItemDetail>`);
    const { order } = parse({ items, total: '3.60' });
    expect(order).toMatchObject({ lines: [{ unitPrice: '1.2', amount: '3.60' }] });
    expect(codes({ items: items.replace('"100"', '"0"') })).toEqual(['XML.FORMAT /lines/0/unitPrice']);
  });

  test('takes a price that does not divide evenly', () => {
    const basis = '<PriceBasisQuantity quantity="3"/>';
    const items = item('10.00').replace('</ItemDetail>', `${basis}</ItemDetail>`);
    expect(parse({ items, total: '10.00' }).order).toMatchObject({
      lines: [{ unitPrice: '3.333333333333', amount: '10.00' }],
    });
    expect(sums({ items, total: '10.00' })).toMatchObject({ breaches: [] });
  });

  const modified = (inside: string, original = '') =>
    `<Modifications><Modification>${original && `<OriginalPrice>${money(original)}</OriginalPrice>`}${inside}</Modification></Modifications>`;
  const deduction = `<AdditionalDeduction><DeductionAmount>${money('1.00')}</DeductionAmount></AdditionalDeduction>`;

  test.each([
    ['a deduction from the price', modified(deduction), '27.00', '10.00', [{ code: 'DISCOUNT', amount: '3.00' }], []],
    ['a deduction that the price has already', modified(deduction, '11.00'), '30.00', '10.00', [], []],
    [
      'a deduction in percent',
      modified('<AdditionalDeduction><DeductionPercent percent="10"/></AdditionalDeduction>'),
      '27.00',
      '10.00',
      [{ code: 'DISCOUNT', amount: '3.00' }],
      [],
    ],
    [
      'a surcharge',
      modified(`<AdditionalCost>${money('0.50')}</AdditionalCost><ModificationDetail name="Hazmat"/>`),
      '31.50',
      '10.00',
      [],
      [{ code: 'Hazmat', amount: '1.50' }],
    ],
  ])('holds %s', (_name, inPrice, total, unitPrice, discounts, charges) => {
    const items = item('10.00', undefined, '', inPrice);
    expect(parse({ items, total }).order).toMatchObject({ lines: [{ unitPrice, discounts }], charges, total });
    expect(sums({ items, total })).toMatchObject({ breaches: [] });
  });

  test('of numbers as long as they may be is refused or found, without a crash', () => {
    const long = '9'.repeat(18);
    for (const inPrice of ['', modified(deduction)]) {
      const items = item(`${long}.99`, `quantity="${long}.123456789012"`, '', inPrice).repeat(2);
      expect(parse({ items, total: long }).order).toBeNull();
    }
    expect(parse({ items: item('abc', 'quantity="x"', '', modified(deduction)) }).order).toBeNull();
  });
});

describe('a line with a schedule', () => {
  const schedule = (quantity: string, date: string) =>
    `<ScheduleLine quantity="${quantity}" requestedDeliveryDate="${date}"/>`;

  test('is one line for each date', () => {
    const more = schedule('1', '2026-12-01') + schedule('2', '2026-12-08T00:00:00Z');
    const { order, findings } = parse({ items: item('10.00', 'quantity="3" lineNumber="07"', more) });
    expect(findings).toEqual([]);
    expect(order?.lines).toMatchObject([
      { line: '07/1', quantity: '1', amount: '10.00', requestedDeliveryDate: '2026-12-01' },
      { line: '07/2', quantity: '2', amount: '20.00', requestedDeliveryDate: '2026-12-08' },
    ]);
    expect(order && breachesOf(order)).toEqual([]);
  });

  test('that is another quantity than the line waits for a person', () => {
    const items = item('10.00', 'quantity="3"', schedule('1', '2026-12-01'));
    expect(codes({ items })).toEqual(['XML.LINE.SCHEDULE /lines/0/quantity']);
  });
});

test('texts longer than an order holds are shortened, told and kept whole', () => {
  const items = item('10.00').replace(
    '<UnitOfMeasure>',
    `<Description>${'d'.repeat(600)}</Description><UnitOfMeasure>`,
  );
  const { order, findings } = parse({ items, inHeader: `<Comments>${'n'.repeat(2001)}</Comments>` });
  expect(findings.map(({ code, path }) => `${code} ${path}`).sort()).toEqual([
    'XML.SHORTENED /lines/0/description',
    'XML.SHORTENED /notes/0',
  ]);
  expect(order?.lines[0]?.description).toHaveLength(500);
  expect(JSON.stringify(order?.extensions)).toContain('d'.repeat(600));
  expect(JSON.stringify(order?.extensions)).toContain('n'.repeat(2001));
});

test('findings name the element by its path and tell where it is', () => {
  const text = write({ items: item('1.00') + item('1,00') });
  const [finding] = xmlReader.parse(encode(text), null, xmlProfile).findings;
  expect(finding).toMatchObject({
    path: '/lines/1/unitPrice',
    message: 'ItemOut[2]/ItemDetail/UnitPrice/Money is "1,00": use a point.',
    evidence: '1,00',
    location: { offset: text.lastIndexOf('<Money'), line: 1 },
  });
  const place = xmlReader.locate(encode(text), null, xmlProfile, '/lines/1/quantity');
  expect(place.offset).toBe(text.lastIndexOf('<ItemOut'));
});

describe('the sender', () => {
  const fixture = new Uint8Array(readFileSync(new URL('fixtures/cxml/office-supplies.xml', import.meta.url)));

  test('is told from the bytes as received', () => {
    expect(readCxmlCredentials(fixture)).toEqual({
      payloadId: '1795422000.71.PO@buy.kestrel.example',
      timestamp: '2026-11-23T08:20:00-05:00',
      sender: { domain: 'NetworkId', identity: 'AN01000000001', sharedSecret: 'p4ss & word' },
    });
  });

  test('has no secret in what is kept', () => {
    const kept = xmlReader.mask(fixture, xmlProfile).bytes;
    expect(readCxmlCredentials(kept)?.sender?.sharedSecret).toBe('**** ***** ****');
    const text = new TextDecoder().decode(kept);
    expect(text).not.toMatch(/p4ss|2029-03-31|4111111111111111/);
    expect(text).toContain('number="************1111"');
  });

  test('is nobody in what is no cXML, or has none', () => {
    expect(readCxmlCredentials(encode('<order/>'))).toBeUndefined();
    expect(readCxmlCredentials(encode('<cXML'))).toBeUndefined();
    expect(readCxmlCredentials(encode('<cXML/>'))).toEqual({ payloadId: '', timestamp: '', sender: null });
  });
});

describe('the answer', () => {
  test('is a cXML Response that says what happened', () => {
    const text = writeCxmlResponse({ code: 400, message: '<&"\'> \0', payloadId: '1&2@here', at: new Date(0) });
    expect(text).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<cXML payloadID="1&amp;2@here" timestamp="1970-01-01T00:00:00.000Z" xml:lang="en">
  <Response>
    <Status code="400" text="Bad Request" xml:lang="en">&lt;&amp;&quot;&apos;&gt; \ufffd</Status>
  </Response>
</cXML>
`);
    expect(readXml(encode(text)).document?.root.children[0]?.children[0]?.text).toBe('<&"\'> \ufffd');
  });

  test.each([200, 400, 401, 500] as const)('may be %s', (code) => {
    expect(writeCxmlResponse({ code, message: '', payloadId: 'x', at: new Date(0) })).toContain(`code="${code}"`);
  });

  test('may quote anything', () => {
    expect(escapeXml('a\r\n\ud800b\u0008')).toBe('a&#13;\n\ufffdb\ufffd');
  });
});
