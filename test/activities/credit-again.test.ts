import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { listOpenHolds } from '../../db/holds.ts';
import { acceptDocument } from '../../db/intake.ts';
import type { OrderRef } from '../../db/orders.ts';
import { reprocessOrder } from '../../db/reprocess.ts';
import { makeOrderJson } from '../support/order-factory.ts';
import { makeArrival } from '../support/store.ts';
import { openStepHouse, type StepHouse } from './step-house.ts';

let house: StepHouse;
beforeEach(async () => {
  house = await openStepHouse({});
});
afterEach(() => house.close());

/** An order that waits for a person, because its total is a cent off. */
async function givenInReview(): Promise<OrderRef> {
  const orderId = uuidv7();
  const bytes = Buffer.from(JSON.stringify(makeOrderJson({ total: '199.91' })));
  await acceptDocument(house.store, makeArrival({ bytes }), { orderId, operatorId: null });
  await house.steps.parseOrder(orderId);
  const ref = { orderId, revision: 1 };
  await judge(ref);
  await house.steps.enterReview(ref, Date.now());
  expect(await heldFor(ref)).toEqual(['TOTAL.MISMATCH']);
  return ref;
}

async function judge(ref: OrderRef): Promise<void> {
  await house.steps.takeFacts(ref);
  await Promise.all([house.steps.validateOrder(ref), house.steps.checkCredit(ref), house.steps.checkInventory(ref)]);
  await house.steps.settleVerdict(ref);
}

const heldFor = async ({ orderId }: OrderRef) => (await listOpenHolds(house.store, orderId)).map(({ code }) => code);
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
    expect(await heldFor(ref)).toEqual([]);
    expect(await house.steps.reserveOrder(ref)).toMatchObject({ state: 'in_review' });
    expect(await heldFor(ref)).toEqual(['CREDIT.LIMIT']);
  });

  test('when it is corrected', async () => {
    const ref = await givenInReview();
    await useUpCredit();
    await decide(ref, { action: 'correct', changes: [{ path: '/total', value: '199.90' }] });
    await judge({ ...ref, revision: 2 });
    expect(await heldFor(ref)).toEqual(['CREDIT.LIMIT']);
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
    await judge({ ...ref, revision: 2 });
    expect(await heldFor(ref)).toEqual(['CREDIT.LIMIT', 'TOTAL.MISMATCH']);
  });
});
