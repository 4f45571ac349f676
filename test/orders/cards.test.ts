import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { maskCardNumbers } from '../../orders/cards.ts';

/** Numbers that the card schemes and payment providers publish for tests. */
const TEST_CARDS = [
  '4111111111111111',
  '4012888888881881',
  '4222222222222',
  '4000000000000000006',
  '5555555555554444',
  '5105105105105100',
  '2223003122003222',
  '2720992593319364',
  '378282246310005',
  '371449635398431',
  '6011111111111117',
  '6011000990139424',
  '6445644564456445',
  '30569309025904',
  '3056930009020004',
  '36227206271667',
  '38520000023237',
  '3530111333300000',
  '3566002020360505',
  '6200000000000005',
  '6205500000000000004',
  '6304000000000000',
  '6759649826438453',
  '6799990100000000019',
  '5000550000000029',
];

const starred = (card: string): string => '*'.repeat(card.length - 4) + card.slice(-4);

describe('maskCardNumbers', () => {
  test.each(TEST_CARDS)('masks %s to its last four digits', (card) => {
    expect(maskCardNumbers(`please charge ${card}, thanks`)).toEqual({
      text: `please charge ${starred(card)}, thanks`,
      found: 1,
    });
  });

  test('keeps single spaces and dashes where they stand', () => {
    expect(maskCardNumbers('4111 1111-1111 1111').text).toBe('**** ****-**** 1111');
    expect(maskCardNumbers('3782-822463-10005').text).toBe('****-******-*0005');
  });

  test('finds a number between a date and an expiry', () => {
    expect(maskCardNumbers('2026-11-23 4111 1111 1111 1111 12/27')).toEqual({
      text: '2026-11-23 **** **** **** 1111 12/27',
      found: 1,
    });
  });

  test('masks two numbers side by side', () => {
    const { text, found } = maskCardNumbers('4111111111111111 5555555555554444');
    expect(text).toBe('************1111 ************4444');
    expect(found).toBe(2);
  });

  test('hides a card number also when digits before it can be read as one with it', () => {
    const { text } = maskCardNumbers('6304 0000 0000 0000 4111 1111 1111 1111');
    expect(text.replace(/\D/g, '').length).toBeLessThanOrEqual(8);
  });

  test.each([
    ['a wrong check digit', '4111111111111112'],
    ['no issuer of that prefix', '9111111111111111'],
    ['a length the issuer does not use', '41111111111116'],
    ['part of a longer run', '94111111111111111'],
    ['part of a longer run', '41111111111111110000'],
    ['double spaces', '4111  1111  1111  1111'],
    ['too few digits', '411111111111'],
    ['the fraction of a decimal', '10.4111111111111111'],
  ])('leaves alone: %s', (_, text) => {
    expect(maskCardNumbers(text)).toEqual({ text, found: 0 });
  });

  test('uses another character where the format needs it', () => {
    expect(maskCardNumbers('MSG*4111111111111111~', 'X').text).toBe('MSG*XXXXXXXXXXXX1111~');
  });

  test('keeps the length of any text, and finds nothing in what it has masked', () => {
    const card = fc.constantFrom(...TEST_CARDS);
    const text = fc.array(fc.oneof(fc.string(), card, fc.constantFrom('12', '4111'))).map((parts) => parts.join(', '));
    fc.assert(
      fc.property(text, (input) => {
        const masked = maskCardNumbers(input);
        expect(masked.text).toHaveLength(input.length);
        expect(maskCardNumbers(masked.text).found).toBe(0);
      }),
      { numRuns: 2000 },
    );
  });

  test('takes a megabyte of digits in its stride', () => {
    const began = performance.now();
    maskCardNumbers('4 '.repeat(500_000));
    maskCardNumbers('4'.repeat(1_000_000));
    expect(performance.now() - began).toBeLessThan(5000);
  });
});
