import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { putFacts } from '../../db/facts.ts';
import { forgetOrders, removeContent } from '../../db/forget.ts';
import { findJudgedAt, listRejudgements, putRejudgement, type Rejudgement } from '../../db/rejudgements.ts';
import { Erased } from '../../db/seal.ts';
import { givenOrder, openTestStore, type TestStore } from '../support/store.ts';

const AT = '2026-11-23T10:00:00.000Z';
const LATER = '2026-11-23T10:15:00.000Z';
let house: TestStore;
beforeAll(async () => void (house = await openTestStore()));
afterAll(() => house.close());

const judged = (asOf: string, changes: Partial<Rejudgement> = {}): Rejudgement => ({
  occasion: 'recheck',
  facts: { asOf, customer: null, products: {} },
  explanations: [],
  gone: [],
  cleared: ['STOCK.SHORT'],
  opened: [],
  ...changes,
});

describe('later judgements of a revision', () => {
  test('are kept beside the first one, numbered, and come back as they were', async () => {
    const { id: orderId } = await givenOrder(house.store);
    const ref = { orderId, revision: 1 };
    expect(await findJudgedAt(house.store, ref)).toBeUndefined();
    await putFacts(house.store, ref, judged(AT).facts, 1);
    expect(await findJudgedAt(house.store, ref)).toBe(AT);
    const first = judged(LATER, { opened: ['CREDIT.LIMIT'] });
    const second = judged(LATER, { occasion: 'before_reserve', cleared: [] });
    expect(await putRejudgement(house.store, ref, first)).toBe(1);
    expect(await putRejudgement(house.store, ref, second)).toBe(2);
    expect(await putRejudgement(house.store, { ...ref, revision: 2 }, first)).toBe(1);
    expect(await findJudgedAt(house.store, ref)).toBe(LATER);
    expect(await listRejudgements(house.store, ref)).toEqual([
      { ...first, sequence: 1 },
      { ...second, sequence: 2 },
    ]);
  });

  test('cannot be read once the order is forgotten, and go with its content', async () => {
    const { id: orderId } = await givenOrder(house.store);
    const ref = { orderId, revision: 1 };
    await putRejudgement(house.store, ref, judged(AT));
    await forgetOrders(house.store, [orderId], { actor: 'ada', at: LATER });
    await expect(listRejudgements(house.store, ref)).rejects.toBeInstanceOf(Erased);
    await removeContent(house.store, [orderId]);
    expect(await listRejudgements(house.store, ref)).toEqual([]);
  });
});
