import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeOrder, reservationOf, type RunningBackOffice, startBackOffice } from './back-office.ts';

let running: RunningBackOffice;
beforeAll(async () => {
  running = await startBackOffice();
});
afterAll(() => running.server.close());

describe('facts', () => {
  test('tell what the order is to be judged by', async () => {
    const facts = await running.backOffice.getFacts('o-1', makeOrder({ quantities: { 'SKU-1': '10', 'SKU-4': '1' } }));
    expect(facts.customer).toMatchObject({
      id: 'C-1001',
      status: 'active',
      creditLimit: '250000.00',
      creditUsed: '0.00',
      paymentTerms: ['NET30'],
      calendar: { zone: 'America/Los_Angeles', weekdays: [1, 2, 3, 4, 5] },
    });
    expect(facts.products['SKU-1']).toEqual({
      sku: 'SKU-1',
      active: true,
      unit: 'EA',
      available: '100000',
      prices: [
        { minQuantity: '1', unitPrice: '19.9900', currency: 'USD' },
        { minQuantity: '100', unitPrice: '18.9900', currency: 'USD' },
      ],
      history: [],
    });
    expect(facts.products['SKU-4']?.active).toBe(false);
    expect(Math.abs(Date.parse(facts.asOf) - Date.now())).toBeLessThan(10_000);
  });

  test('say null for a customer that is not known, and leave out a product that is not', async () => {
    const facts = await running.backOffice.getFacts(
      'o-2',
      makeOrder({ customerId: 'C-9999', quantities: { 'SKU-999999': '1', 'SKU-1': '1' } }),
    );
    expect(facts.customer).toBeNull();
    expect(Object.keys(facts.products)).toEqual(['SKU-1']);
  });

  test('are in the customer’s currency', async () => {
    const facts = await running.backOffice.getFacts('o-3', makeOrder({ customerId: 'C-1005' }));
    expect(facts.customer).toMatchObject({ currency: 'EUR', calendar: { zone: 'Europe/Berlin' } });
    expect(facts.products['SKU-1']?.prices[0]?.currency).toBe('EUR');
  });

  test('know a product by its GTIN, with 12, 13 or 14 digits, under the code as written', async () => {
    const [product] = await running.backOffice.searchProducts('SKU-1', 1);
    const gtin = product!.gtin!;
    const codes = [gtin, gtin.padStart(13, '0'), gtin.padStart(14, '0')];
    const order = makeOrder({ quantities: Object.fromEntries(codes.map((code) => [code, '1'])) });
    const { products } = await running.backOffice.getFacts('o-4', order);
    expect(codes.map((code) => products[code]?.sku)).toEqual(['SKU-1', 'SKU-1', 'SKU-1']);
  });

  test('tell what the customer bought of a product lately, the newest first, and leave out what was cancelled', async () => {
    const { backOffice } = running;
    const customerId = 'C-1010';
    const buy = (orderId: string, quantity: string) =>
      backOffice.submit({ orderId, revision: 1 }, makeOrder({ customerId, quantities: { 'SKU-2': quantity } }));
    await buy('h-1', '3');
    await buy('h-2', '500');
    await buy('h-3', '4');
    await backOffice.cancel({ orderId: 'h-2', revision: 1 });
    const { products } = await backOffice.getFacts('h-4', makeOrder({ customerId, quantities: { 'SKU-2': '1' } }));
    expect(products['SKU-2']?.history?.map(({ quantity }) => quantity)).toEqual(['4', '3']);
    const others = await backOffice.getFacts('h-5', makeOrder({ customerId: 'C-1012', quantities: { 'SKU-2': '1' } }));
    expect(others.products['SKU-2']?.history).toEqual([]);
  });

  test('leave out what the order itself has reserved or has in production, and count it for others', async () => {
    const { backOffice } = running;
    const order = makeOrder({ quantities: { 'SKU-3': '2' }, total: '298.00' });
    const factsFor = async (orderId: string) => {
      const facts = await backOffice.getFacts(orderId, order);
      return [facts.products['SKU-3']?.available, facts.customer?.creditUsed];
    };
    await backOffice.reserve(reservationOf('o-5', 1, order));
    expect(await factsFor('o-5')).toEqual(['3', '0.00']);
    expect(await factsFor('o-6')).toEqual(['1', '298.00']);
    await backOffice.submit({ orderId: 'o-5', revision: 1 }, order);
    expect(await factsFor('o-5')).toEqual(['3', '0.00']);
    expect(await factsFor('o-6')).toEqual(['1', '298.00']);
  });
});

describe('look-ups', () => {
  test('find customers by number and by part of the name, whatever its case', async () => {
    const northwind = { id: 'C-2001', name: 'Northwind', status: 'active', currency: 'USD' };
    expect(await running.backOffice.searchCustomers('c-2001')).toEqual([northwind]);
    expect(await running.backOffice.searchCustomers('THWIN')).toEqual([northwind]);
  });

  test('find products by SKU, name and GTIN, at most as many as asked for', async () => {
    const found = await running.backOffice.searchProducts('SKU-1', 3);
    expect(found.map((product) => product.sku)).toEqual(['SKU-1', 'SKU-1001', 'SKU-1002']);
    expect(await running.backOffice.searchProducts('tape measure')).toMatchObject([{ sku: 'SKU-2', unit: 'EA' }]);
    expect(await running.backOffice.searchProducts(found[1]!.gtin!)).toMatchObject([{ sku: 'SKU-1001' }]);
  });

  test('take wildcards for what they are', async () => {
    expect(await running.backOffice.searchCustomers('%')).toEqual([]);
    expect(await running.backOffice.searchProducts('SKU_1')).toEqual([]);
  });
});
