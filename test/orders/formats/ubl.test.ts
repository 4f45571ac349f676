import { describe, expect, test } from '@jest/globals';
import { xmlReader } from '../../../orders/formats/xml-documents.ts';
import { sourceProfileSchema } from '../../../orders/source.ts';
import { breachesOf, xmlProfile } from './xml-fixtures.ts';

const encode = (text: string) => new TextEncoder().encode(text);
const NAMESPACES =
  'xmlns="urn:oasis:names:specification:ubl:schema:xsd:Order-2" xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2" xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"';
const amount = (name: string, value: string, currency = 'EUR') =>
  `<cbc:${name} currencyID="${currency}">${value}</cbc:${name}>`;
const change = (isCharge: boolean, value: string, code = '') =>
  `<cac:AllowanceCharge><cbc:ChargeIndicator>${isCharge}</cbc:ChargeIndicator>${code && `<cbc:AllowanceChargeReasonCode>${code}</cbc:AllowanceChargeReasonCode>`}${amount('Amount', value)}</cac:AllowanceCharge>`;

interface Parts {
  readonly head?: string;
  readonly buyer?: string;
  readonly quantity?: string;
  readonly inLine?: string;
  readonly price?: string;
  readonly ids?: string;
  readonly totals?: string;
  readonly notes?: string;
}

const write = ({
  head = '<cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>',
  buyer = '<cbc:EndpointID schemeID="0088">7300010000001</cbc:EndpointID>',
  quantity = '<cbc:Quantity unitCode="C62">4</cbc:Quantity>',
  inLine = amount('LineExtensionAmount', '10.00'),
  price = amount('PriceAmount', '2.50'),
  ids = '<cac:SellersItemIdentification><cbc:ID>007</cbc:ID></cac:SellersItemIdentification>',
  totals = `<cac:AnticipatedMonetaryTotal>${amount('PayableAmount', '10.00')}</cac:AnticipatedMonetaryTotal>`,
  notes = '',
}: Parts = {}) =>
  `<Order ${NAMESPACES}><cbc:ID>B-1</cbc:ID><cbc:IssueDate>2026-11-23</cbc:IssueDate>${head}${notes}` +
  `<cac:BuyerCustomerParty><cac:Party>${buyer}</cac:Party></cac:BuyerCustomerParty>${totals}` +
  `<cac:OrderLine><cac:LineItem><cbc:ID>01</cbc:ID>${quantity}${inLine}<cac:Price>${price}</cac:Price>` +
  `<cac:Item><cbc:Name>Thing</cbc:Name>${ids}</cac:Item></cac:LineItem></cac:OrderLine></Order>`;

const parse = (parts: Parts = {}, profile = xmlProfile) => xmlReader.parse(encode(write(parts)), null, profile);
const codes = (parts: Parts, profile = xmlProfile) =>
  parse(parts, profile).findings.map(({ code, path }) => `${code} ${path}`);
const totals = (inside: string) => `<cac:AnticipatedMonetaryTotal>${inside}</cac:AnticipatedMonetaryTotal>`;
const breaches = (parts: Parts) => {
  const { order } = parse(parts);
  return order ? breachesOf(order) : null;
};

test('an order with nothing but what it needs is read in its own words', () => {
  const { order, findings } = parse();
  expect(findings).toEqual([]);
  expect(order).toMatchObject({
    poNumber: 'B-1',
    orderDate: '2026-11-23',
    currency: 'EUR',
    customerId: 'C-3001',
    lines: [
      { line: '01', sku: '007', description: 'Thing', quantity: '4', unit: 'EA', unitPrice: '2.50', amount: '10.00' },
    ],
    total: '10.00',
  });
  expect(order && breachesOf(order)).toEqual([]);
});

test('prefixes mean nothing, namespaces everything', () => {
  const other = write()
    .replaceAll('cac:', 'x:')
    .replace('xmlns:cac', 'xmlns:x')
    .replaceAll('cbc:', 'y:')
    .replace('xmlns:cbc', 'xmlns:y');
  expect(xmlReader.parse(encode(other), null, xmlProfile).order?.lines).toEqual(parse().order?.lines);
  const foreign = write().replace('CommonBasicComponents-2', 'CommonBasicComponents-3');
  expect(xmlReader.parse(encode(foreign), null, xmlProfile).order).toBeNull();
});

describe('who orders', () => {
  const id = (value: string, scheme = '') =>
    `<cac:PartyIdentification><cbc:ID${scheme && ` schemeID="${scheme}"`}>${value}</cbc:ID></cac:PartyIdentification>`;

  test('is told by any id that the profile maps', () => {
    const ubl = { customers: [{ id: 'P-7', customerId: 'C-7' }] };
    const profile = sourceProfileSchema.parse({ ...xmlProfile, ubl });
    expect(parse({ buyer: id('P-6', '0088') + id('P-7') }, profile).order?.customerId).toBe('C-7');
    expect(codes({ buyer: id('P-7', '0088') }, profile)).toEqual(['XML.CUSTOMER /customerId']);
  });

  test('is told by the account that we gave the buyer', () => {
    const text = write({ buyer: '' }).replace(
      '<cac:BuyerCustomerParty>',
      '<cac:BuyerCustomerParty><cbc:SupplierAssignedAccountID>C-55</cbc:SupplierAssignedAccountID>',
    );
    expect(xmlReader.parse(encode(text), null, xmlProfile).order?.customerId).toBe('C-55');
  });

  test('is the default of the profile, if nobody can be told', () => {
    const profile = sourceProfileSchema.parse({ ...xmlProfile, defaults: { customerId: 'C-9' } });
    expect(parse({ buyer: '' }, profile).order?.customerId).toBe('C-9');
  });
});

describe('the product', () => {
  const standard = (value: string, scheme: string) =>
    `<cac:StandardItemIdentification><cbc:ID schemeID="${scheme}">${value}</cbc:ID></cac:StandardItemIdentification>`;

  test('is told by its GTIN where our own number is not given', () => {
    expect(parse({ ids: standard('04012345678901', '0160') }).order?.lines[0]).toMatchObject({
      sku: '04012345678901',
      ids: { UK: '04012345678901' },
    });
    expect(codes({ ids: standard('04012345678901', '0060') })).toEqual(['XML.REQUIRED /lines/0/sku']);
    expect(parse({ ids: '' }).findings[0]?.message).toBe(
      'cac:OrderLine/cac:LineItem/cac:Item/cac:SellersItemIdentification/cbc:ID is missing: every order needs it.',
    );
  });
});

describe('prices and sums', () => {
  test.each([
    [
      'a price for a hundred',
      { price: `${amount('PriceAmount', '250')}<cbc:BaseQuantity unitCode="C62">100</cbc:BaseQuantity>` },
    ],
    ['a price without the sum of the line', { inLine: '' }],
    [
      'an allowance of the line',
      {
        inLine: amount('LineExtensionAmount', '9.00') + change(false, '1'),
        totals: totals(amount('PayableAmount', '9')),
      },
    ],
    [
      'a surcharge of the line',
      {
        inLine: amount('LineExtensionAmount', '11.00') + change(true, '1'),
        totals: totals(amount('PayableAmount', '11')),
      },
    ],
    [
      'both, without the sum',
      { inLine: change(true, '1') + change(false, '3'), totals: totals(amount('PayableAmount', '8')) },
    ],
    ['an allowance inside of the price', { price: amount('PriceAmount', '2.50') + change(false, '9') }],
    [
      'charges of the order',
      { notes: change(true, '2') + change(false, '.5'), totals: totals(amount('PayableAmount', '11.5')) },
    ],
    [
      'tax',
      {
        notes: `<cac:TaxTotal>${amount('TaxAmount', '2.5')}</cac:TaxTotal>`,
        totals: totals(amount('PayableAmount', '12.50')),
      },
    ],
    [
      'what is prepaid and rounding',
      {
        totals: totals(
          amount('PrepaidAmount', '4') + amount('PayableRoundingAmount', '-0.01') + amount('PayableAmount', '5.99'),
        ),
      },
    ],
  ])('add up with %s', (_name, parts) => {
    const { order, findings } = parse(parts);
    expect(findings).toEqual([]);
    expect(order && breachesOf(order)).toEqual([]);
  });

  test.each([
    ['another total', { totals: totals(amount('PayableAmount', '10.01')) }, ['/total']],
    ['tax that is not in it', { notes: `<cac:TaxTotal>${amount('TaxAmount', '1')}</cac:TaxTotal>` }, ['/total']],
    [
      'another sum of the line',
      { inLine: amount('LineExtensionAmount', '10.02'), totals: totals(amount('PayableAmount', '10.02')) },
      ['/lines/0/amount'],
    ],
  ])('do not with %s', (_name, parts, expected) => {
    expect(breaches(parts)).toEqual(expected);
  });

  test.each([
    [{ head: '' }, []],
    [{ totals: '' }, ['XML.TOTAL.COMPUTED /total']],
    [{ totals: totals('') }, ['XML.REQUIRED /total']],
    [{ price: '' }, ['XML.LINE.PRICE_MISSING /lines/0/unitPrice']],
    [{ price: amount('PriceAmount', '2.50', 'USD') }, ['XML.CURRENCY /lines/0/unitPrice']],
    [
      { price: `${amount('PriceAmount', '2.50')}<cbc:BaseQuantity>0</cbc:BaseQuantity>` },
      ['XML.FORMAT /lines/0/unitPrice'],
    ],
    [
      { price: `${amount('PriceAmount', '2.50')}<cbc:BaseQuantity unitCode="KGM">1</cbc:BaseQuantity>` },
      ['XML.LINE.PRICE_BASIS /lines/0/unitPrice'],
    ],
    [
      { inLine: '<cac:AllowanceCharge><cbc:Amount>1</cbc:Amount></cac:AllowanceCharge>' },
      ['XML.FORMAT /lines/0/discounts'],
    ],
    [{ inLine: '<cac:Delivery/><cac:Delivery/>' }, ['XML.LINE.SCHEDULE /lines/0']],
    [{ notes: '<cbc:CopyIndicator>true</cbc:CopyIndicator>' }, ['XML.ORDER.COPY /type']],
    [{ notes: '<cbc:OrderTypeCode>221</cbc:OrderTypeCode>' }, ['XML.ORDER.BLANKET /type']],
    [{ notes: '<cbc:OrderTypeCode>227</cbc:OrderTypeCode>' }, ['XML.ORDER.TYPE /type']],
    [{ notes: '<cbc:ID>B-2</cbc:ID>' }, ['XML.REPEATED /poNumber']],
    [{ quantity: '<cbc:Quantity>4</cbc:Quantity><cbc:Quantity>5</cbc:Quantity>' }, ['XML.REPEATED /lines/0/quantity']],
  ])('%j gives %j', (parts, expected) => {
    expect([...new Set(codes(parts))]).toEqual(expected);
  });

  test('a tax that repeats in the currency of accounting counts once', () => {
    const notes = `<cbc:TaxCurrencyCode>DKK</cbc:TaxCurrencyCode><cac:TaxTotal>${amount('TaxAmount', '2.00')}</cac:TaxTotal><cac:TaxTotal>${amount('TaxAmount', '14.90', 'DKK')}</cac:TaxTotal>`;
    const { order, findings } = parse({ notes, totals: totals(amount('PayableAmount', '12.00')) });
    expect(findings).toEqual([]);
    expect(order).toMatchObject({ tax: '2.00', total: '12.00' });
  });

  test('of numbers as long as they may be are refused or found, without a crash', () => {
    const long = '9'.repeat(18);
    const huge = {
      quantity: `<cbc:Quantity>${long}.5</cbc:Quantity>`,
      inLine: change(true, long) + change(false, long),
      price: amount('PriceAmount', long),
      totals: '',
    };
    expect(parse(huge).order).toBeNull();
  });
});

test('card data is never kept', () => {
  const notes =
    '<cac:PaymentMeans><cac:CardAccount><cbc:PrimaryAccountNumberID>4111111111111111</cbc:PrimaryAccountNumberID><cbc:NetworkID>VISA</cbc:NetworkID></cac:CardAccount></cac:PaymentMeans>';
  const { bytes, findings } = xmlReader.mask(encode(write({ notes })), xmlProfile);
  expect(findings.map(({ code }) => code)).toEqual(['CARD.MASKED', 'CARD.MASKED']);
  const { order } = xmlReader.parse(bytes, null, xmlProfile);
  expect(order?.payment).toEqual({ method: 'purchase_card_token' });
  expect(JSON.stringify(order)).not.toMatch(/411111|VISA/);
});

test('the place of any field can be told', () => {
  const text = write();
  const place = (pointer: string) => xmlReader.locate(encode(text), null, xmlProfile, pointer).offset;
  expect(place('/lines/0/unitPrice')).toBe(text.indexOf('<cbc:PriceAmount'));
  expect(place('/lines/0/sku')).toBe(text.indexOf('<cbc:ID>007'));
  expect(place('/total')).toBe(text.indexOf('<cbc:PayableAmount'));
  expect(place('/shipTo/city')).toBe(0);
});
