import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { beginHandoff, findHandoff, settleHandoff } from '../../db/handoffs.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

let house: TestStore;
beforeAll(async () => void (house = await openTestStore()));
afterAll(() => house.close());

const at = (minute: number): string => `2026-11-23T10:${String(minute).padStart(2, '0')}:00.000Z`;

describe('a hand-off', () => {
  test('has no outcome from its beginning until the back office answered, however often it begins', async () => {
    const ref = { orderId: uuidv7(), revision: 1 };
    expect(await findHandoff(house.store, ref)).toBeUndefined();
    await beginHandoff(house.store, ref, at(0));
    await beginHandoff(house.store, ref, at(1));
    expect(await findHandoff(house.store, ref)).toMatchObject({ began_at: at(0), outcome: null, settled_at: null });
    await settleHandoff(house.store, ref, 'accepted', 'PRD-1', at(2));
    expect(await findHandoff(house.store, ref)).toMatchObject({
      outcome: 'accepted',
      production_order_id: 'PRD-1',
      settled_at: at(2),
    });
  });

  test('that was refused and begins again is open again, so that nobody cancels past it', async () => {
    const ref = { orderId: uuidv7(), revision: 1 };
    await beginHandoff(house.store, ref, at(0));
    await settleHandoff(house.store, ref, 'refused', null, at(1));
    await beginHandoff(house.store, ref, at(2));
    expect(await findHandoff(house.store, ref)).toMatchObject({ began_at: at(2), outcome: null, settled_at: null });
  });

  test.each(['accepted', 'cancelled'] as const)('that was %s stays so', async (outcome) => {
    const ref = { orderId: uuidv7(), revision: 1 };
    await beginHandoff(house.store, ref, at(0));
    await settleHandoff(house.store, ref, outcome, null, at(1));
    await beginHandoff(house.store, ref, at(2));
    expect(await findHandoff(house.store, ref)).toMatchObject({ began_at: at(0), outcome });
  });

  test('of another revision is another one', async () => {
    const orderId = uuidv7();
    await beginHandoff(house.store, { orderId, revision: 1 }, at(0));
    await settleHandoff(house.store, { orderId, revision: 1 }, 'refused', null, at(1));
    await beginHandoff(house.store, { orderId, revision: 2 }, at(2));
    expect(await findHandoff(house.store, { orderId, revision: 1 })).toMatchObject({ outcome: 'refused' });
    expect(await findHandoff(house.store, { orderId, revision: 2 })).toMatchObject({ outcome: null });
  });
});
