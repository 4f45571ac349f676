import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { beginHandoff } from '../../db/handoffs.ts';
import { listLog } from '../../db/log.ts';
import { getOrder, moveOrder, type OrderRef } from '../../db/orders.ts';
import { getSource, putSource } from '../../db/sources.ts';
import { getStaged } from '../../db/staged.ts';
import { inTransaction } from '../../db/store.ts';
import { recheckSignal } from '../../workflows/contract.ts';
import type { OrderState } from '../../orders/state.ts';
import { acceptOrder, type House, openHouse, untilOrder } from '../support/house.ts';
import { makeOrderJson } from '../support/order-factory.ts';
import { decide, untilReview } from './people.ts';
import { createStepRunner, type StepRunner } from './step-runner.ts';

const SUPERVISOR = { actor: 'sofia', roles: ['reviewer', 'supervisor'] } as const;

let house: House;
let run: StepRunner;
beforeAll(async () => {
  house = await openHouse();
  run = createStepRunner(house.deps);
});
afterEach(() => house.admin.resetSwitches());
afterAll(() => house.close());

const handleOf = (orderId: string) => house.client.workflow.getHandle(`order:${orderId}`);
const start = async (orderId: string): Promise<void> =>
  house.deps.runs.startOrder(await getOrder(house.store, orderId));

/** The steps that bring an order as far as each state of its automatic part, in a process that then dies. */
const STEPS: readonly (readonly [OrderState, (ref: OrderRef) => Promise<unknown>])[] = [
  ['received', async () => undefined],
  ['parsed', ({ orderId }) => run((steps) => steps.parseOrder(orderId))],
  [
    'validated',
    async (ref) => {
      await run((steps) => steps.takeFacts(ref));
      await run((steps) => steps.validateOrder(ref));
      await run((steps) => steps.settleVerdict(ref));
    },
  ],
  ['reserved', (ref) => run((steps) => steps.reserveOrder(ref))],
  ['staged', (ref) => run((steps) => steps.stageOrder(ref))],
  ['submitted', (ref) => inTransaction(house.store, (tx) => beginSubmission(tx, ref))],
];

async function beginSubmission(tx: House['store'], ref: OrderRef): Promise<void> {
  const at = new Date().toISOString();
  await beginHandoff(tx, ref, at);
  await moveOrder(tx, ref, ['staged'], 'submitted', at);
}

/** An accepted order that came as far as a state, and has no workflow. */
async function leaveAt(state: OrderState, changes: Readonly<Record<string, unknown>> = {}): Promise<OrderRef> {
  const ref = { orderId: await acceptOrder(house.store, makeOrderJson(changes)), revision: 1 };
  for (const [reached, steps] of STEPS) {
    await steps(ref);
    if (reached === state) break;
  }
  expect(await getOrder(house.store, ref.orderId)).toMatchObject({ state });
  return ref;
}

describe('an order that lost its workflow', () => {
  test.each(STEPS.map(([state]) => state))('when it was %s goes on and ends as one production order', async (state) => {
    const { orderId } = await leaveAt(state);
    await start(orderId);
    expect(await handleOf(orderId).result()).toEqual({ state: 'completed', revision: 1, holds: [] });
    expect((await house.admin.listProductionOrders({ orderId })).live).toBe(1);
    expect(await getOrder(house.store, orderId)).toMatchObject({
      reservation: 'consumed',
      terminal_at: expect.any(String),
    });
  });

  test('after production took it, but before it was noted, makes no second production order', async () => {
    const ref = await leaveAt('submitted');
    const made = await house.backOffice.submit(ref, await getStaged(house.store, ref));
    await start(ref.orderId);
    expect(await handleOf(ref.orderId).result()).toMatchObject({ state: 'completed' });
    const { productionOrders } = await house.admin.listProductionOrders({ orderId: ref.orderId });
    expect(productionOrders).toHaveLength(1);
    expect(made).toMatchObject({ accepted: true, productionOrderId: productionOrders[0]?.productionOrderId });
  });

  test('when it was held goes on after a recheck', async () => {
    await house.admin.setSwitches({ absent: true, calls: ['getFacts'] });
    const orderId = await acceptOrder(house.store, makeOrderJson());
    await start(orderId);
    await untilOrder(house.store, orderId, (row) => row.state === 'held');
    await handleOf(orderId).terminate();
    await house.admin.resetSwitches();
    await start(orderId);
    await house.deps.runs.recheckOrder(orderId);
    expect(await handleOf(orderId).result()).toEqual({ state: 'completed', revision: 1, holds: [] });
  });

  test('when it was in review goes on waiting, on the same clock', async () => {
    const orderId = await acceptOrder(house.store, makeOrderJson({ customerId: 'C-1003' }));
    await start(orderId);
    const review = await untilReview(house, orderId);
    await handleOf(orderId).terminate();
    await start(orderId);
    expect(await decide(house, orderId, { action: 'approve', ...SUPERVISOR })).toMatchObject({ applied: true });
    expect(await handleOf(orderId).result()).toMatchObject({ state: 'completed' });
    const reviews = await house.store.db
      .selectFrom('reviews')
      .select(['id', 'due_at'])
      .where('order_id', '=', orderId)
      .execute();
    expect(reviews).toEqual([{ id: review.id, due_at: review.due_at }]);
  });

  test('between the verdict and the opening of its review opens it', async () => {
    const { orderId } = await leaveAt('parsed', { customerId: 'C-1003' });
    const ref = { orderId, revision: 1 };
    await run((steps) => steps.takeFacts(ref));
    await run((steps) => steps.validateOrder(ref));
    await run((steps) => steps.settleVerdict(ref));
    await start(orderId);
    await untilReview(house, orderId);
    expect(await decide(house, orderId, { action: 'reject' })).toMatchObject({ applied: true });
  });

  test('when it was rejected gives back what it reserved, and ends', async () => {
    const ref = await leaveAt('reserved', {
      lines: [{ line: '1', sku: 'SKU-3', quantity: '2', unitPrice: '149.0000', amount: '298.00' }],
      total: '298.00',
    });
    await inTransaction(house.store, (tx) => moveOrder(tx, ref, ['reserved'], 'rejected', new Date().toISOString()));
    await start(ref.orderId);
    expect(await handleOf(ref.orderId).result()).toMatchObject({ state: 'rejected' });
    expect(await house.backOffice.searchProducts('SKU-3')).toMatchObject([{ available: '3' }]);
  });

  test('after it ended is left as it is', async () => {
    const { orderId } = await leaveAt('received');
    await start(orderId);
    await handleOf(orderId).result();
    const before = await getOrder(house.store, orderId);
    await start(orderId);
    expect(await handleOf(orderId).result()).toMatchObject({ state: 'completed' });
    expect(await getOrder(house.store, orderId)).toEqual(before);
    expect((await house.admin.listProductionOrders({ orderId })).live).toBe(1);
  });
});

test('an order whose last task Temporal has done once more, because a message came in between, is handed off once', async () => {
  await house.admin.setSwitches({ latencyMs: 400, calls: ['submit'] });
  const orderId = await acceptOrder(house.store, makeOrderJson());
  await start(orderId);
  await untilOrder(house.store, orderId, (row) => row.state === 'submitted');
  await handleOf(orderId).signal(recheckSignal);
  expect(await handleOf(orderId).result()).toEqual({ state: 'completed', revision: 1, holds: [] });
  const { events } = await handleOf(orderId).fetchHistory();
  expect(events?.filter((event) => event.workflowTaskFailedEventAttributes)).toHaveLength(1);
  const actions = (await listLog(house.store, `order:${orderId}`)).map((entry) => entry.action);
  expect(new Set(actions).size).toBe(actions.length);
  expect((await house.admin.listProductionOrders({ orderId })).productionOrders).toHaveLength(1);
});

test('an order whose source became a shadow after it was reserved gives the reservation back and ends on paper', async () => {
  const ref = await leaveAt('staged', {
    lines: [{ line: '1', sku: 'SKU-3', quantity: '1', unitPrice: '149.0000', amount: '149.00' }],
    total: '149.00',
  });
  const profile = await getSource(house.store, 'web-shop');
  const put = (gate: 'shadow' | 'live') =>
    putSource(house.store, { ...profile, gate }, { actor: 'ada', at: new Date().toISOString() });
  await put('shadow');
  await start(ref.orderId);
  expect(await handleOf(ref.orderId).result()).toMatchObject({ state: 'staged' });
  await put('live');
  expect(await getOrder(house.store, ref.orderId)).toMatchObject({ state: 'staged', reservation: 'released' });
  expect(await house.admin.listProductionOrders({ orderId: ref.orderId })).toMatchObject({ live: 0 });
  expect(await house.backOffice.searchProducts('SKU-3')).toMatchObject([{ available: '3' }]);
});
