import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decimal, sum, toCurrency } from '../../orders/money.ts';
import { currencyDecimals, lineAmount, sumAmounts } from '../../web/manual-entry/totals.js';

const decimalText = fc
  // The product of two still has the 18 digits that a decimal may have.
  .tuple(fc.bigInt({ min: 0n, max: 10n ** 9n - 1n }), fc.stringMatching(/^\d{0,6}$/))
  .map(([whole, fraction]) => (fraction === '' ? String(whole) : `${String(whole)}.${fraction}`));

describe('totals on the entry form', () => {
  test('an amount is the one that the rules compute, to the last digit', () => {
    fc.assert(
      fc.property(
        decimalText,
        decimalText,
        decimalText,
        fc.constantFrom('USD', 'JPY', 'KWD'),
        (quantity, price, discount, currency) => {
          const exact = decimal(quantity).times(decimal(price)).minus(decimal(discount));
          const shown = lineAmount(quantity, price, discount, currencyDecimals(currency));
          expect(decimal(shown!).equals(toCurrency(exact, currency))).toBe(true);
        },
      ),
    );
  });

  test('a total is the exact sum', () => {
    fc.assert(
      fc.property(fc.array(decimalText), (amounts) => {
        expect(decimal(sumAmounts(amounts, 2)!).equals(toCurrency(sum(amounts), 'USD'))).toBe(true);
      }),
    );
  });

  test('what a float would get wrong is right', () => {
    expect(lineAmount('3', '1.005', '', 2)).toBe('3.02');
    expect(sumAmounts(['0.1', '0.2'], 2)).toBe('0.30');
    expect(lineAmount('1', '0', '0.005', 2)).toBe('-0.01');
    expect(sumAmounts([], 0)).toBe('0');
  });

  test.each(['', 'ten', '1,5', '1e3', '.5', '+1'])('"%s" is no number', (text) => {
    expect(lineAmount(text, '1', '', 2)).toBeUndefined();
    expect(sumAmounts([text], 2)).toBeUndefined();
  });
});
