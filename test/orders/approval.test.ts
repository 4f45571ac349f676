import { describe, expect, test } from '@jest/globals';
import { type Covered, findCover, isCovered } from '../../orders/approval.ts';
import type { Finding } from '../../orders/finding.ts';

const found: Finding = {
  code: 'CREDIT.LIMIT',
  ruleVersion: 1,
  category: 'business_rule',
  disposition: 'hold',
  path: '/total',
  message: 'over the limit',
  evidence: '199.90',
  location: {},
};
const shown: Covered = { code: 'CREDIT.LIMIT', ruleVersion: 1, path: '/total', evidence: '199.90' };

describe('an approval covers what was found', () => {
  test('as it was shown', () => {
    expect(isCovered(found, [shown])).toBe(true);
    expect(isCovered(found, [])).toBe(false);
  });

  test.each<[string, Partial<Finding>]>([
    ['at another place', { path: '/lines/0' }],
    ['with another evidence', { evidence: '200.00' }],
    ['under another code', { code: 'STOCK.SHORT' }],
  ])('but not %s', (_what, changes) => {
    expect(isCovered({ ...found, ...changes }, [shown])).toBe(false);
  });

  test.each([
    ['9.99', true],
    ['10.00', true],
    ['10.01', false],
    ['100', false],
  ])('as far as it goes: of 10.00 approved, %s is covered: %s', (excess, expected) => {
    expect(isCovered({ ...found, excess }, [{ ...shown, excess: '10.00' }])).toBe(expected);
  });

  test('not if only one of the two says by how much: no agreed price is another matter than one that is off', () => {
    expect(isCovered({ ...found, excess: '982.00' }, [shown])).toBe(false);
    expect(isCovered(found, [{ ...shown, excess: '982.00' }])).toBe(false);
  });

  test('by the last that covers it', () => {
    const [first, second] = [
      { ...shown, excess: '10' },
      { ...shown, excess: '20' },
    ];
    const approved = [first, second, { ...shown, code: 'STOCK.SHORT', excess: '99' }];
    expect(findCover({ ...found, excess: '5' }, approved)).toBe(second);
    expect(findCover({ ...found, excess: '21' }, approved)).toBeUndefined();
  });

  test('if the rule of that code finds what a step had found, but not more of it, nor elsewhere', () => {
    const ofStep: Covered = {
      code: 'CREDIT.LIMIT',
      path: '/total',
      evidence: 'limit 10, used 5, wanted 15',
      excess: '10',
    };
    expect(isCovered({ ...found, excess: '10' }, [ofStep])).toBe(true);
    expect(isCovered({ ...found, excess: '11' }, [ofStep])).toBe(false);
    expect(isCovered({ ...found, excess: '10', path: '/lines/0' }, [ofStep])).toBe(false);
    expect(isCovered(found, [ofStep])).toBe(false);
  });
});
