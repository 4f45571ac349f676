import { describe, expect, test } from '@jest/globals';
import { createDataset, gtinCheckDigit } from '../../backoffice/reference/dataset.ts';

describe('the reference data', () => {
  const { customers, products } = createDataset();

  test('are the same every time', () => {
    expect(createDataset()).toEqual({ customers, products });
  });

  test('are 52 customers and 504 products, each with a number and a name of its own', () => {
    expect(new Set(customers.map((customer) => customer.id)).size).toBe(52);
    expect(new Set(customers.map((customer) => customer.name)).size).toBe(52);
    expect(new Set(products.map((product) => product.sku)).size).toBe(504);
    expect(new Set(products.map((product) => product.gtin)).size).toBe(504);
  });

  test('have valid GTINs, both of twelve and of thirteen digits', () => {
    // Published examples: a UPC-A of https://en.wikipedia.org/wiki/Universal_Product_Code, an EAN-13 of GS1's manual.
    expect(gtinCheckDigit('03600029145')).toBe('2');
    expect(gtinCheckDigit('629104150021')).toBe('3');
    for (const { gtin } of products) expect(gtin.slice(-1)).toBe(gtinCheckDigit(gtin.slice(0, -1)));
    expect(new Set(products.map((product) => product.gtin.length))).toEqual(new Set([12, 13]));
  });

  test('have Thanksgiving on the fourth Thursday', () => {
    const holidays = customers[0]!.profile.calendar.holidays;
    expect(holidays.filter((day) => day.includes('-11-')).slice(0, 3)).toEqual([
      '2025-11-27',
      '2026-11-26',
      '2027-11-25',
    ]);
  });

  test('price each product in each list, cheaper the more is bought', () => {
    for (const { prices } of products) {
      expect(new Set(prices.map((price) => price.priceList)).size).toBe(3);
      for (const [index, price] of prices.entries()) {
        const next = prices[index + 1];
        if (next?.priceList === price.priceList) expect(Number(next.unitPrice)).toBeLessThan(Number(price.unitPrice));
      }
    }
  });
});
