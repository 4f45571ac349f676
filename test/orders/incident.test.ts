import { describe, expect, test } from '@jest/globals';
import {
  type Cause,
  describeIncident,
  findCauses,
  hasGrown,
  type IncidentFacts,
  isForgotten,
  isIncident,
  nameCause,
  sumWorth,
  type Trouble,
} from '../../orders/incident.ts';

const TROUBLE: Trouble = {
  ...{ code: 'TOTAL.MISMATCH', category: 'business_rule', source: 'web-shop', customerId: 'C-1', skus: [] },
  outcome: 'review',
};
const causesOf = (changes: Partial<Trouble>): string[] =>
  findCauses({ ...TROUBLE, ...changes }).map(({ kind, value, code }) => [kind, value, code].filter(Boolean).join(' '));
const cause = (changes: Partial<Cause> = {}): Cause => ({ kind: 'code', value: 'web-shop', code: 'X', ...changes });

describe('the cause of a trouble is', () => {
  test.each<[string, Partial<Trouble>, string[]]>([
    ['the system that is away', { code: 'BACKOFFICE.UNAVAILABLE', outcome: 'wait' }, ['system BACKOFFICE.UNAVAILABLE']],
    ['the system, also for a person', { code: 'CONTENT.DAMAGED' }, ['system CONTENT.DAMAGED']],
    ['the rule that broke', { code: 'RULE.FAILED.MY.RULE' }, ['rule RULE.FAILED.MY.RULE', 'share web-shop']],
    ['the product', { code: 'STOCK.SHORT', skus: ['S-1'] }, ['product S-1', 'share web-shop']],
    ['each product', { code: 'PRICE.MISMATCH', skus: ['S-1', 'S-2'] }, ['product S-1', 'product S-2', 'share web-shop']],
    ['the code, where many products are wrong', { code: 'STOCK.SHORT', skus: ['1', '2', '3', '4', '5', '6'] }, ['code web-shop STOCK.SHORT', 'share web-shop']],
    ['the code, where no product is known', { code: 'PRODUCT.UNKNOWN' }, ['code web-shop PRODUCT.UNKNOWN', 'share web-shop']],
    ['the customer', { code: 'CREDIT.LIMIT' }, ['customer C-1', 'share web-shop']],
    ['the code, where no customer is known', { code: 'CUSTOMER.UNKNOWN', customerId: null }, ['code web-shop CUSTOMER.UNKNOWN', 'share web-shop']],
    ['the source, where it is of the wrong form', { code: 'JSON.SYNTAX', category: 'data_format', outcome: 'refused' }, ['source web-shop']],
    ['the code at the source, where an order goes back for another reason', { code: 'PO.SAME_ORDER', outcome: 'refused' }, ['code web-shop PO.SAME_ORDER']],
    ['the code at the source otherwise', {}, ['code web-shop TOTAL.MISMATCH', 'share web-shop']],
    ['none that counts for its share, where it goes on by itself', { code: 'X', outcome: 'wait' }, ['code web-shop X']],
    ['none, where somebody wants it so', { code: 'GATE.PAUSED', outcome: 'wait' }, []],
    ['none, where a sender changes an order', { code: 'CHANGE.NO_ORIGINAL' }, []],
  ])('%s', (_what, changes, expected) => {
    expect(causesOf(changes)).toEqual(expected);
  }); // prettier-ignore
});

describe('a cause is an incident', () => {
  const at = '2026-11-23T10:05:00.000Z';

  test('from ten orders on', () => {
    expect(isIncident(cause(), { recent: 9, waitingSince: null }, at)).toBe(false);
    expect(isIncident(cause(), { recent: 10, waitingSince: null }, at)).toBe(true);
  });

  test('after five minutes without the back office', () => {
    const outage = cause({ kind: 'system', value: '', code: 'BACKOFFICE.UNAVAILABLE' });
    expect(isIncident(outage, { recent: 0, waitingSince: '2026-11-23T10:00:00.000Z' }, at)).toBe(false);
    expect(isIncident(outage, { recent: 0, waitingSince: '2026-11-23T09:59:59.999Z' }, at)).toBe(true);
    expect(isIncident(outage, { recent: 0, waitingSince: null }, at)).toBe(false);
    expect(isIncident(cause(), { recent: 1, waitingSince: '2026-11-23T09:00:00.000Z' }, at)).toBe(false);
  });

  test.each([
    [2, 40, false],
    [3, 40, true],
    [3, 60, false],
    [4, 60, true],
    [39, 39, false],
  ])('if %d of the %d orders of a source need a person: %s', (recent, received, expected) => {
    expect(isIncident(cause({ kind: 'share' }), { recent, waitingSince: null, received }, at)).toBe(expected);
  });

  test('of which people heard a day ago is told again', () => {
    expect(isForgotten('2026-11-23T10:00:00.000Z', '2026-11-24T09:59:59.999Z')).toBe(false);
    expect(isForgotten('2026-11-23T10:00:00.000Z', '2026-11-24T10:00:00.000Z')).toBe(true);
  });

  test('of which people are told again when it has grown tenfold', () => {
    expect([hasGrown(12, 119), hasGrown(12, 120), hasGrown(0, 9), hasGrown(0, 10)]).toEqual([false, true, false, true]);
  });
});

describe('an incident in words', () => {
  const FACTS: IncidentFacts = {
    cause: cause({ kind: 'product', value: 'S-1', code: '' }),
    codes: ['PRODUCT.INACTIVE', 'STOCK.SHORT', 'PRICE.MISMATCH', 'UNIT.MISMATCH'],
    since: '2026-11-23T10:00:00.000Z',
    sources: [
      { source: 'web-shop', orders: 58 },
      { source: 'edi-northwind', orders: 2 },
    ],
    waiting: 60,
    worth: [{ currency: 'USD', amount: '11994.00' }],
  };

  test('says what, whose, how much and what to do', () => {
    expect(describeIncident('opened', FACTS)).toEqual({
      title: 'product S-1 (PRODUCT.INACTIVE, STOCK.SHORT, PRICE.MISMATCH, …) stops 60 orders',
      from: 'web-shop 58, edi-northwind 2',
      worth: '11994.00 USD',
      whatToDo: expect.stringMatching(/^Mend the product/),
    });
    expect(describeIncident('escalated', { ...FACTS, late: 7 })).toMatchObject({
      title: expect.stringContaining(' has kept 7 of 60 orders too long'),
      whatToDo: expect.stringMatching(/^Mend the product/),
    });
    expect(describeIncident('closed', FACTS)).toMatchObject({
      title: expect.stringContaining('is over and had stopped 60 orders'),
      whatToDo: 'Nothing is left to do.',
    });
  });

  test('has a name for each kind of cause', () => {
    const names = (['system', 'rule', 'product', 'customer', 'source', 'code', 'share'] as const).map((kind) =>
      nameCause(cause({ kind, value: 'V', code: 'C' })),
    );
    expect(names).toEqual([
      ...['C', 'C', 'product V', 'customer V', 'unreadable or faulty documents from V', 'C on orders from V'],
      'more than 5 % of the orders from V need a person',
    ]);
  });

  test('adds amounts up exactly, each currency for itself', () => {
    const totals = [
      { currency: 'USD', total: '0.10' },
      { currency: 'JPY', total: '3700' },
      { currency: 'USD', total: '0.20' },
      { currency: 'EUR', total: '9007199254740993.01' },
    ];
    expect(sumWorth(totals)).toEqual([
      { currency: 'EUR', amount: '9007199254740993.01' },
      { currency: 'JPY', amount: '3700' },
      { currency: 'USD', amount: '0.30' },
    ]);
    expect(sumWorth([])).toEqual([]);
  });
});
