import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { listOpenHolds } from '../../db/holds.ts';
import { listLog } from '../../db/log.ts';
import { getOrder } from '../../db/orders.ts';
import { claimReview, findOpenReview, releaseReview } from '../../db/reviews.ts';
import { decimal } from '../../orders/money.ts';
import { orderSchema } from '../../orders/order.ts';
import { TASK_QUEUES } from '../../workflows/contract.ts';
import type { recheckHoldsWorkflow } from '../../workflows/index.ts';
import { type House, inState, openHouse, sendOrder, untilOrder } from '../support/house.ts';
import { makeOrderJson, WRONG_PRICE } from '../support/order-factory.ts';
import { decide, until, untilReview } from './people.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterEach(async () => {
  await house.admin.resetSwitches();
  await house.admin.changeCustomer('C-1001', { status: 'active', creditLimit: '9999999.00' });
  await house.admin.changeProduct('SKU-1', { active: true, stock: '100000' });
});
afterAll(() => house.close());

const SUPERVISOR = { actor: 'sofia', roles: ['reviewer', 'supervisor'] } as const;

const handleOf = (orderId: string) => house.client.workflow.getHandle(`order:${orderId}`);
const holdsOf = async (orderId: string): Promise<string[]> =>
  (await listOpenHolds(house.store, orderId)).map((hold) => hold.code);
const actionsOf = async (orderId: string): Promise<string[]> =>
  (await listLog(house.store, `order:${orderId}`)).map((entry) => entry.action);

let runs = 0;
/** What the schedule does every 30 seconds. */
async function recheck(): Promise<number> {
  runs += 1;
  const options = { taskQueue: TASK_QUEUES.orders, workflowId: `recheck-${String(runs)}` };
  return (await house.client.workflow.execute<typeof recheckHoldsWorkflow>('recheckHoldsWorkflow', options)).rechecked;
}

/** Lets the time come at which an order's holds are looked at again, and looks. */
async function letLookAgain(orderId: string): Promise<void> {
  const past = { look_again_at: new Date(Date.now() - 1000).toISOString() };
  await house.store.db
    .updateTable('holds')
    .set(past)
    .where('order_id', '=', orderId)
    .where('look_again_at', 'is not', null)
    .execute();
  expect(await recheck()).toBe(1);
}

async function sendForReview(changes: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const orderId = await sendOrder(house, makeOrderJson(changes));
  await untilReview(house, orderId);
  return orderId;
}

/** Lets the facts grow old by which an order was judged. */
async function letFactsAge(orderId: string): Promise<void> {
  const taken = { taken_at: new Date(Date.now() - 6 * 60_000).toISOString() };
  await house.store.db.updateTable('facts_snapshots').set(taken).where('order_id', '=', orderId).execute();
}

describe('an order whose hold has lost its cause completes by itself', () => {
  test('once the product is sold again', async () => {
    await house.admin.changeProduct('SKU-1', { active: false });
    const orderId = await sendForReview();
    await house.admin.changeProduct('SKU-1', { active: true });
    expect(await recheck()).toBe(0);
    await letLookAgain(orderId);
    expect(await handleOf(orderId).result()).toEqual({ state: 'completed', revision: 1, holds: [] });
    expect(await actionsOf(orderId)).toEqual(
      expect.arrayContaining(['hold.cleared', 'order.resumed', 'order.reserved', 'order.completed']),
    );
    expect(await findOpenReview(house.store, orderId)).toBeUndefined();
  });

  test('once stock arrives', async () => {
    await house.admin.changeProduct('SKU-1', { stock: '3' });
    const orderId = await sendForReview();
    expect(await holdsOf(orderId)).toEqual(['STOCK.SHORT']);
    await letLookAgain(orderId);
    await house.admin.changeProduct('SKU-1', { stock: '100000' });
    await letLookAgain(orderId);
    expect(await handleOf(orderId).result()).toMatchObject({ state: 'completed' });
  });

  test('once another order of the customer is cancelled, and its credit free', async () => {
    await house.admin.setSwitches({ absent: true, calls: ['submit', 'status'] });
    const first = await sendOrder(house, makeOrderJson());
    await untilOrder(house.store, first, inState('held'));
    // Enough for one of the two.
    const order = orderSchema.parse({ source: 'web-shop', ...makeOrderJson() });
    const { customer } = await house.backOffice.getFacts(uuidv7(), order);
    const creditLimit = decimal(customer?.creditUsed ?? '')
      .plus('199.00')
      .toFixed(2);
    await house.admin.changeCustomer('C-1001', { creditLimit });
    const second = await sendForReview();
    expect(await holdsOf(second)).toEqual(['CREDIT.LIMIT']);
    const cancelled = decide(house, first, { action: 'cancel', actor: 'olivia', roles: ['operator'] });
    await house.admin.resetSwitches();
    await house.deps.runs.recheckOrder(first);
    expect(await cancelled).toMatchObject({ applied: true });
    await untilOrder(house.store, first, (row) => row.reservation === 'released');
    await letLookAgain(second);
    expect(await handleOf(second).result()).toMatchObject({ state: 'completed' });
  });
});

describe('two people', () => {
  test('release what each of them may, and then the order goes on', async () => {
    await house.admin.changeCustomer('C-1001', { creditLimit: '1.00' });
    const orderId = await sendForReview(WRONG_PRICE);
    const { id } = await untilReview(house, orderId);
    expect(await decide(house, orderId, { action: 'approve' })).toMatchObject({
      applied: true,
      state: 'in_review',
      holds: ['CREDIT.LIMIT'],
    });
    expect(await findOpenReview(house.store, orderId)).toMatchObject({ id });
    expect(await decide(house, orderId, { action: 'approve', ...SUPERVISOR })).toMatchObject({
      applied: true,
      holds: [],
    });
    expect(await handleOf(orderId).result()).toMatchObject({ state: 'completed' });
  });

  test('may do so after the workflow was lost in between', async () => {
    await house.admin.changeCustomer('C-1001', { creditLimit: '1.00' });
    const orderId = await sendForReview(WRONG_PRICE);
    await decide(house, orderId, { action: 'approve', holds: ['PRICE.MISMATCH'] });
    await handleOf(orderId).terminate();
    await house.deps.runs.startOrder(await getOrder(house.store, orderId));
    await decide(house, orderId, { action: 'approve', ...SUPERVISOR });
    expect(await handleOf(orderId).result()).toMatchObject({ state: 'completed' });
  });
});

test('a customer who was stopped while the order waited is held again, whatever was approved', async () => {
  const orderId = await sendForReview(WRONG_PRICE);
  const { id } = await untilReview(house, orderId);
  await house.admin.changeCustomer('C-1001', { status: 'credit_stop' });
  await letFactsAge(orderId);
  await decide(house, orderId, { action: 'approve', ...SUPERVISOR });
  const again = await until(async () => {
    const review = await findOpenReview(house.store, orderId);
    return review && review.id !== id ? review : undefined;
  });
  expect(again.closed_at).toBeNull();
  expect(await holdsOf(orderId)).toEqual(['CUSTOMER.CREDIT_STOP']);
  await decide(house, orderId, { action: 'approve', ...SUPERVISOR });
  expect(await handleOf(orderId).result()).toMatchObject({ state: 'completed' });
});

test('an order that somebody works on is left alone', async () => {
  await house.admin.changeProduct('SKU-1', { active: false });
  const orderId = await sendForReview();
  const { id } = await untilReview(house, orderId);
  const until15 = new Date(Date.now() + 15 * 60_000).toISOString();
  await claimReview(house.store, id, 'ravi', { now: new Date().toISOString(), until: until15 });
  await house.admin.changeProduct('SKU-1', { active: true });
  await letLookAgain(orderId);
  await until(async () => {
    const holds = await house.store.db.selectFrom('holds').select('look_again_at').where('order_id', '=', orderId).execute(); // prettier-ignore
    return holds[0]?.look_again_at === until15 ? true : undefined;
  });
  expect(await holdsOf(orderId)).toEqual(['PRODUCT.INACTIVE']);
  await releaseReview(house.store, id, 'ravi');
  await letLookAgain(orderId);
  expect(await handleOf(orderId).result()).toMatchObject({ state: 'completed' });
});

test('a look that fails puts no other hold on the order, and the review goes on', async () => {
  await house.admin.changeProduct('SKU-1', { active: false });
  const orderId = await sendForReview();
  await house.admin.setSwitches({ errorRate: 1, errorStatus: 403, calls: ['getFacts'] });
  await letLookAgain(orderId);
  // The order answers, so the look is over.
  await house.admin.resetSwitches();
  await house.admin.changeProduct('SKU-1', { active: true });
  await letLookAgain(orderId);
  expect(await handleOf(orderId).result()).toMatchObject({ state: 'completed' });
  expect(await actionsOf(orderId)).not.toContain('order.held');
});

test('an order whose workers stood still between its verdict and its reservation is judged by fresh facts first', async () => {
  const { backOffice } = house.deps;
  let asked = 0;
  // As if the workers had stood still since: the facts are old once the verdict is drawn.
  const getFacts: House['backOffice']['getFacts'] = async (...about) => {
    asked += 1;
    const facts = await house.backOffice.getFacts(...about);
    if (asked > 1) return facts;
    await house.admin.changeCustomer('C-1001', { status: 'credit_stop' });
    return { ...facts, asOf: new Date(Date.now() - 6 * 60_000).toISOString() };
  };
  Object.assign(house.deps, { backOffice: () => ({ ...house.backOffice, getFacts }) });
  const orderId = await sendForReview();
  Object.assign(house.deps, { backOffice });
  expect(asked).toBe(2);
  expect(await holdsOf(orderId)).toEqual(['CUSTOMER.CREDIT_STOP']);
  expect(await actionsOf(orderId)).toEqual(expect.arrayContaining(['order.validated', 'order.held_for_review']));
  expect((await getOrder(house.store, orderId)).reservation).toBe('none');
});
