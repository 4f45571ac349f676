import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import type { OrderRef } from '../../db/orders.ts';
import { reprocessOrder } from '../../db/reprocess.ts';
import { openStepHouse, type StepHouse } from './step-house.ts';

let house: StepHouse;
beforeEach(async () => {
  house = await openStepHouse({});
});
afterEach(() => house.close());

/** An order that waits for a person, because its total is a cent off. */
async function givenInReview(): Promise<OrderRef> {
  const ref = await house.givenJudged({ total: '199.91' });
  expect(await house.heldFor(ref)).toEqual(['TOTAL.MISMATCH']);
  return ref;
}

const useUpCredit = () => house.back.admin.changeCustomer('C-1001', { creditLimit: '199.89' });
const decide = async ({ orderId }: OrderRef, saying: Parameters<StepHouse['decide']>[1]) =>
  expect(await house.steps.applyDecision(orderId, await house.decide(orderId, saying))).toMatchObject({
    applied: true,
  });

describe('credit that was used up while an order waited is looked at again', () => {
  test('when its hold is released and it goes on', async () => {
    const ref = await givenInReview();
    await useUpCredit();
    await decide(ref, { action: 'approve' });
    expect(await house.heldFor(ref)).toEqual([]);
    expect(await house.steps.reserveOrder(ref)).toMatchObject({ state: 'in_review' });
    expect(await house.heldFor(ref)).toEqual(['CREDIT.LIMIT']);
  });

  test('when it is corrected', async () => {
    const ref = await givenInReview();
    await useUpCredit();
    await decide(ref, { action: 'correct', changes: [{ path: '/total', value: '199.90' }] });
    await house.judge({ ...ref, revision: 2 });
    expect(await house.heldFor(ref)).toEqual(['CREDIT.LIMIT']);
  });

  test('when it is begun anew', async () => {
    const ref = await givenInReview();
    await decide(ref, { action: 'reject' });
    await house.steps.closeOrder(ref);
    await useUpCredit();
    const by = { actor: 'olivia', roles: [], reason: 'a mistake', changes: [] } as const;
    const again = { id: uuidv7(), ...ref, reviewId: null, action: 'reprocess', ...by } as const;
    expect(await reprocessOrder(house.store, again, new Date().toISOString())).toBe(true);
    await house.steps.parseOrder(ref.orderId);
    await house.judge({ ...ref, revision: 2 });
    expect(await house.heldFor(ref)).toEqual(['CREDIT.LIMIT', 'TOTAL.MISMATCH']);
  });
});
