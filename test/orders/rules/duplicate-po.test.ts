import { describe, expect, test } from '@jest/globals';
import { describeDifferences, findDifferences } from '../../../orders/rules/duplicate-po.ts';
import { makeLine, makeOrder } from './factories.ts';

describe('two orders with one number', () => {
  test('are the same whatever their source is and however amounts and what is missing are written', () => {
    const here = makeOrder({
      source: 'edi-northwind',
      externalId: null,
      total: '202.410',
      tax: '0',
      operatorId: 'olivia',
    });
    expect(findDifferences(here, makeOrder({ extensions: { sent: 'again' } }))).toEqual([]);
  });

  test('differ where a field, a line or a person differs', () => {
    const contact = { name: 'Pat Example' };
    const lines = [makeLine({ quantity: '12' }), makeLine({ line: '2' })];
    const differences = findDifferences(
      makeOrder({ lines, contact }),
      makeOrder({ lines: [makeLine()], notes: ['quick'] }),
    );
    const words = describeDifferences(differences);
    expect(words).toMatch(
      /^\/lines\/0\/quantity is 12, was 10; \/lines\/1\/line is 2, was missing; .*\/contact\/name differs/,
    );
    expect(words).toMatch(/\/notes\/0 differs/);
    expect(words).not.toMatch(/Pat|quick/);
  });

  test('are told apart in a few words, however much differs', () => {
    const many = makeOrder({ lines: Array.from({ length: 50 }, (_, index) => makeLine({ line: String(index) })) });
    expect(describeDifferences(findDifferences(many, makeOrder()))).toMatch(/; and \d{2,} more$/);
    expect(describeDifferences([])).toBe('');
  });

  test('are compared by what their members are called, whatever that is', () => {
    const here = makeOrder({ lines: [makeLine({ ids: { 'a/b': '1' } })] });
    expect(findDifferences(here, makeOrder({ lines: [makeLine({ ids: {} })] }))).toEqual([
      { path: '/lines/0/ids/a~1b', here: '1', there: null },
    ]);
  });
});
