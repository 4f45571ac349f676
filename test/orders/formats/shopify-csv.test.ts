import { describe, expect, test } from '@jest/globals';
import { csvReader } from '../../../orders/formats/csv-documents.ts';
import { sourceProfileSchema } from '../../../orders/source.ts';

/* The order export of a Shopify shop, row by row. */

const HEADER = [
  ...['Name', 'Email', 'Financial Status', 'Fulfillment Status', 'Currency', 'Shipping', 'Taxes', 'Total'],
  ...['Discount Code', 'Discount Amount', 'Created at', 'Lineitem quantity', 'Lineitem name', 'Lineitem price'],
  ...['Lineitem sku', 'Lineitem discount', 'Shipping Name', 'Shipping Company', 'Shipping Address1', 'Shipping City'],
  ...['Shipping Zip', 'Shipping Country', 'Phone', 'Notes', 'Cancelled at', 'Refunded Amount', 'Id', 'Payment Terms Name'],
]; // prettier-ignore
const PAID = {
  Name: '#1001', Email: 'kim@acme.example', 'Financial Status': 'paid', Currency: 'USD', Shipping: '5.00', Taxes: '2.00',
  Total: '27.00', 'Created at': '2026-11-23 10:00:00 -0500', 'Lineitem quantity': '2', 'Lineitem name': 'Bolt',
  'Lineitem price': '10.00', 'Lineitem sku': 'B-1', 'Shipping Name': 'Kim', 'Shipping Address1': '2 Mill Lane',
  'Shipping City': 'Boston', 'Shipping Zip': "'02139", 'Shipping Country': 'US', 'Refunded Amount': '0.00', Id: '5001',
}; // prettier-ignore
type Row = Readonly<Record<string, string>>;

const read = (rows: readonly Row[], profile: object = {}, header: readonly string[] = HEADER) => {
  const lines = [header, ...rows.map((row) => header.map((name) => row[name] ?? ''))].map((fields) => fields.join(','));
  const source = sourceProfileSchema.parse({ id: 'shop', channel: 'ecommerce', defaults: { customerId: 'C-1' }, ...profile });
  const { parts, findings } = csvReader.split(Buffer.from(`${lines.join('\n')}\n`), source);
  const results = parts.map((part) => csvReader.parse(part.bytes, part.locator, source));
  const told = [...findings, ...results.flatMap((result) => result.findings)].map(
    ({ disposition, code, location }) => `${disposition} ${code} row ${String(location.row)}`,
  );
  const messages = results.flatMap((result) => result.findings.map(({ message }) => message));
  return { order: results[0]?.order, told, messages };
}; // prettier-ignore

describe('an exported order', () => {
  test('is read with the address as a person wrote it, and paid', () => {
    expect(read([PAID])).toMatchObject({
      told: [],
      order: {
        poNumber: '#1001',
        type: 'new',
        payment: { method: 'prepaid' },
        shipTo: { name: 'Kim', lines: ['2 Mill Lane'], postalCode: '02139' },
        charges: [{ code: 'FREIGHT', amount: '5.00' }],
        tax: '2.00',
        total: '27.00',
        extensions: { Id: '5001' },
      },
    });
  });

  test.each([
    ['was cancelled', { 'Cancelled at': '2026-11-24' }, ['warn CSV.CANCELLED row 2']],
    ['was given money back', { 'Refunded Amount': '5.00' }, ['hold CSV.REFUNDED row 2']],
    ['was refunded in part', { 'Financial Status': 'partially_refunded' }, ['hold CSV.REFUNDED row 2']],
    ['is not paid', { 'Financial Status': 'pending' }, ['hold CSV.UNPAID row 2']],
    ['is to be paid later, as agreed', { 'Financial Status': 'pending', 'Payment Terms Name': 'Net 30' }, []],
    ['was delivered', { 'Fulfillment Status': 'fulfilled' }, ['hold CSV.FULFILLED row 2']],
    ['has a product without SKU', { 'Lineitem sku': '' }, ['hold CSV.LINE_SKU row 2']],
    ['has a line without product', { 'Lineitem sku': '', 'Lineitem name': '' }, ['reject CSV.LENGTH row 2']],
    ['has a price in words', { 'Lineitem price': 'ten' }, ['reject CSV.FORMAT row 2']],
    ['has no total', { Total: '' }, ['reject CSV.REQUIRED row 2']],
  ])('that %s is told so', (_, changes, told) => {
    expect(read([{ ...PAID, ...changes }]).told).toEqual(told);
  });

  test('that was cancelled is a cancellation; one on account has its terms; one unpaid has no payment', () => {
    expect(read([{ ...PAID, 'Cancelled at': '2026-11-24' }]).order?.type).toBe('cancel');
    const pending = { ...PAID, 'Financial Status': 'pending' };
    expect(read([{ ...pending, 'Payment Terms Name': 'Net 30' }]).order?.payment).toEqual({ method: 'terms', terms: 'NET30' });
    expect(read([pending]).order?.payment).toBeNull();
  }); // prettier-ignore

  test('adds up with discounts of lines, of the order, of both, and with tax in its prices', () => {
    const sums = (changes: Row) => {
      const { order, told } = read([{ ...PAID, ...changes }]);
      return { told, tax: order?.tax, charges: order?.charges.map(({ code, amount }) => `${code} ${amount}`), discounts: order?.lines[0]?.discounts };
    };
    const freight = 'FREIGHT 5.00';
    const ofLine = [{ code: 'DISCOUNT', amount: '3.00' }];
    expect(sums({ 'Lineitem discount': '3.00', Total: '24.00' })).toEqual({ told: [], tax: '2.00', charges: [freight], discounts: ofLine });
    expect(sums({ 'Discount Amount': '4.00', 'Discount Code': 'autumn', Total: '23.00' })).toEqual({ told: [], tax: '2.00', charges: [freight, 'autumn -4.00'], discounts: [] });
    // The order's discount holds that of the line: 7 off in all.
    expect(sums({ 'Lineitem discount': '3.00', 'Discount Amount': '7.00', Total: '20.00' })).toEqual({ told: [], tax: '2.00', charges: [freight, 'DISCOUNT -4'], discounts: ofLine });
    expect(sums({ Total: '25.00' })).toEqual({ told: [], tax: '0.00', charges: [freight], discounts: [] });
  }); // prettier-ignore

  test('of which two exports say different things is told, and no row of it is a second order', () => {
    const { told, messages } = read([PAID, { ...PAID, Total: '28.00' }]);
    expect(told).toEqual(['hold CSV.DIFFERS row 3']);
    expect(messages).toEqual(['Column "Total" says one thing in row 2 and another in row 3: are these two orders?']);
  });

  test('with few columns says what it lacks', () => {
    const few = ['Name', 'Currency', 'Total', 'Lineitem quantity', 'Lineitem name', 'Lineitem price'];
    expect(read([PAID], {}, few).told).toEqual(['hold CSV.LINE_SKU row 2', 'hold CSV.UNPAID row 2', 'reject CSV.REQUIRED row 2']);
    const dated = [...few, 'Created at'];
    expect(read([{ ...PAID, Total: '20.00' }], {}, dated)).toMatchObject({
      told: ['hold CSV.LINE_SKU row 2', 'hold CSV.UNPAID row 2'],
      order: { tax: '0.00', charges: [], total: '20.00', contact: null, shipTo: null },
    });
  }); // prettier-ignore
});

describe('the customer of an exported order', () => {
  const nobody = { defaults: {} };

  test('is that of the domain of the buyer, or the default of the source', () => {
    expect(read([PAID], { csv: { customers: { 'domain:acme.example': 'C-ACME' } } }).order?.customerId).toBe('C-ACME');
    expect(read([PAID]).order?.customerId).toBe('C-1');
  });

  test('is asked for where the profile has none', () => {
    expect(read([PAID], nobody).messages[0]).toBe(
      'No customer number is configured for "domain:acme.example", and this source has no default customer: add one to its profile under csv.customers.',
    );
    expect(read([{ ...PAID, Email: '' }], nobody).messages[0]).toMatch(/^The order names no buyer, and this source has no default/);
  }); // prettier-ignore
});
