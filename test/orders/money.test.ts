import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decimal, extend, sum, toCurrency } from '../../orders/money.ts';

/** Any decimal string, often short, often at the limits of what a float holds. */
const decimals = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.oneof(fc.nat(100_000).map(String), fc.stringMatching(/^[0-9]{1,18}$/)),
    fc.oneof(fc.constant(''), fc.stringMatching(/^\.[0-9]{1,12}$/)),
  )
  .map((parts) => parts.join(''));

/** The decimal string as a whole number of 10^-12. */
function unitsOf(text: string): bigint {
  const [whole = '', fraction = ''] = text.replace('-', '').split('.');
  return BigInt(whole + fraction.padEnd(12, '0')) * (text.startsWith('-') ? -1n : 1n);
}

describe('sums and products of decimals', () => {
  test('a sum is exact, however long its parts are', () => {
    fc.assert(
      fc.property(fc.array(decimals), (amounts) => {
        const units = amounts.map(unitsOf).reduce((total, each) => total + each, 0n);
        expect(sum(amounts).times(decimal('1000000000000')).toFixed()).toBe(String(units));
      }),
    );
  });

  test('a sum of floats that are exact together but not alone is exact', () => {
    expect(sum(['-9007199254740991', '18014398509481985']).toFixed()).toBe('9007199254740994');
  });

  test('quantity times price is the exact product, rounded once', () => {
    const currencies = fc.constantFrom('USD', 'JPY', 'KWD', 'CLF');
    fc.assert(
      fc.property(decimals, decimals, currencies, (quantity, price, currency) => {
        const exact = toCurrency(decimal(quantity).times(decimal(price)), currency);
        expect(extend(quantity, price, currency)).toBe(exact);
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    ['10', '19.995', 'USD', '199.95'], ['3', '0.335', 'USD', '1.01'], ['1', '0.005', 'USD', '0.01'],
    ['1', '0.5', 'JPY', '1'], ['0', '5', 'USD', '0.00'], ['2', '1.00', 'KWD', '2.000'], ['-1', '0.005', 'USD', '-0.01'],
  ])('%s at %s in %s comes to %s', (quantity, price, currency, amount) => {
    expect(extend(quantity, price, currency)).toBe(amount);
  }); // prettier-ignore

  test('a currency that is none has two decimals, whatever it is called', () => {
    for (const currency of ['', 'XYZ', '__proto__', 'constructor', 'toString']) {
      expect(toCurrency(decimal('1.005'), currency)).toBe('1.01');
    }
  });

  test('what is no decimal string is refused', () => {
    expect(() => sum(['1', '1e3'])).toThrow(RangeError);
    expect(() => extend('1', '1,5', 'USD')).toThrow(RangeError);
  });
});
