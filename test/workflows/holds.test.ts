import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import { listOpenHolds } from '../../db/holds.ts';
import { listLog } from '../../db/log.ts';
import { getOrder, type OrderRow } from '../../db/orders.ts';
import { getSource, putSource } from '../../db/sources.ts';
import type { SourceProfile } from '../../orders/source.ts';
import { orderStart, recheckSignal, TASK_QUEUES } from '../../workflows/contract.ts';
import type { recheckHoldsWorkflow } from '../../workflows/index.ts';
import { acceptOrder, type House, openHouse, sendOrder, untilOrder } from '../support/house.ts';
import { makeOrderJson } from '../support/order-factory.ts';
import { decide, until, untilReview } from './people.ts';
import { createStepRunner } from './step-runner.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterEach(async () => {
  await house.admin.resetSwitches();
  await change({ gate: 'live', active: true, rollout: { kind: 'everyone' } });
});
afterAll(() => house.close());

const handleOf = (orderId: string) => house.client.workflow.getHandle(`order:${orderId}`);
const waits = (row: OrderRow): boolean => row.state === 'held';
const holdsOf = async (orderId: string): Promise<string[]> =>
  (await listOpenHolds(house.store, orderId)).map((hold) => hold.code);
const countProduction = async (orderId: string): Promise<number> =>
  (await house.admin.listProductionOrders({ orderId })).live;

/** Changes the web shop's profile, as an administrator does. */
async function change(changes: Partial<SourceProfile>): Promise<void> {
  const profile = await getSource(house.store, 'web-shop');
  await putSource(house.store, { ...profile, ...changes }, { actor: 'ada', at: new Date().toISOString() });
}

let rechecks = 0;
/** What the schedule does every 30 seconds. */
function recheck(): Promise<{ rechecked: number }> {
  rechecks += 1;
  const options = { taskQueue: TASK_QUEUES.orders, workflowId: `recheck-${String(rechecks)}` };
  return house.client.workflow.execute<typeof recheckHoldsWorkflow>('recheckHoldsWorkflow', options);
}

describe('while the back office is away', () => {
  test.each(['getFacts', 'reserve', 'submit'] as const)(
    'an order waits after three tries of %s, and goes on when it is back',
    async (call) => {
      // Absent to this call alone, so that the order comes as far as this.
      const calls = call === 'submit' ? (['submit', 'status'] as const) : [call];
      await house.admin.setSwitches({ absent: true, calls: [...calls, 'ping'] });
      const orderId = await sendOrder(house, makeOrderJson());
      await untilOrder(house.store, orderId, waits);
      expect(await holdsOf(orderId)).toEqual(['BACKOFFICE.UNAVAILABLE']);
      expect(await recheck()).toEqual({ rechecked: 0 });
      await house.admin.resetSwitches();
      expect(await recheck()).toEqual({ rechecked: 1 });
      expect(await handleOf(orderId).result()).toEqual({ state: 'completed', revision: 1, holds: [] });
      expect(await countProduction(orderId)).toBe(1);
      expect(await recheck()).toEqual({ rechecked: 0 });
    },
  );

  test('a fault that is over by the third try is not noticed', async () => {
    await house.admin.setSwitches({ errorRate: 1, errorStatus: 503, times: 2, calls: ['reserve'] });
    const orderId = await sendOrder(house, makeOrderJson());
    expect(await handleOf(orderId).result()).toMatchObject({ state: 'completed' });
  });

  test('an answer that nobody understands counts as none', async () => {
    await house.admin.setSwitches({ wrongAnswers: 1, calls: ['getFacts'] });
    const orderId = await sendOrder(house, makeOrderJson());
    await untilOrder(house.store, orderId, waits);
    expect(await holdsOf(orderId)).toEqual(['BACKOFFICE.UNAVAILABLE']);
    await house.admin.resetSwitches();
    await recheck();
    await handleOf(orderId).result();
  });

  test.each([
    [10, { nonRetryable: false, nextRetryDelay: 10_000 }],
    [11, { nonRetryable: true }],
  ])(
    'a back office that asks for %i s: ten are waited, for more the order is held, where it can be cancelled',
    async (retryAfterSeconds, then) => {
      await house.admin.setSwitches({ errorRate: 1, errorStatus: 503, retryAfterSeconds, calls: ['getFacts'] });
      const ref = { orderId: await acceptOrder(house.store, makeOrderJson()), revision: 1 };
      // Without the circuit breaker, which would leave the back office alone in the tests that follow.
      const run = createStepRunner({ ...house.deps, backOffice: () => house.backOffice });
      await run((steps) => steps.parseOrder(ref.orderId));
      await expect(run((steps) => steps.takeFacts(ref))).rejects.toMatchObject({
        type: 'BackOfficeUnavailable',
        ...then,
      });
    },
  );

  test('a recheck that comes before the hold is not lost', async () => {
    await house.admin.setSwitches({ errorRate: 1, errorStatus: 503, times: 3, calls: ['getFacts'] });
    const orderId = await acceptOrder(house.store, makeOrderJson());
    const start = orderStart(await getOrder(house.store, orderId));
    await house.client.workflow.signalWithStart('orderWorkflow', { ...start, signal: recheckSignal });
    expect(await handleOf(orderId).result()).toMatchObject({ state: 'completed' });
    const actions = (await listLog(house.store, `order:${orderId}`)).map((entry) => entry.action);
    expect(actions.filter((action) => /held|resumed/.test(action))).toEqual(['order.held', 'order.resumed']);
  });

  test('a cancellation that comes between two tries is taken as soon as the order is held', async () => {
    await house.admin.setSwitches({ absent: true, calls: ['reserve'] });
    const orderId = await sendOrder(house, makeOrderJson());
    await untilOrder(house.store, orderId, (row) => row.reservation === 'began');
    expect(await decide(house, orderId, { action: 'cancel' })).toMatchObject({ applied: true, state: 'cancelled' });
    expect(await handleOf(orderId).result()).toEqual({ state: 'cancelled', revision: 1, holds: [] });
  });

  test('a held order can be cancelled, and ends when its reservation could be given back', async () => {
    await house.admin.setSwitches({ absent: true, calls: ['reserve', 'release'] });
    const orderId = await sendOrder(house, makeOrderJson());
    await untilOrder(house.store, orderId, waits);
    expect(await decide(house, orderId, { action: 'cancel' })).toMatchObject({ applied: true, state: 'cancelled' });
    await house.admin.resetSwitches();
    expect(await handleOf(orderId).result()).toMatchObject({ state: 'cancelled' });
    expect(await getOrder(house.store, orderId)).toMatchObject({ reservation: 'released' });
  });

  test('a held order is not approved: nobody but the back office can let it go on', async () => {
    await house.admin.setSwitches({ absent: true, calls: ['getFacts'] });
    const orderId = await sendOrder(house, makeOrderJson());
    await untilOrder(house.store, orderId, waits);
    const refusal = 'the order is held, not in review';
    expect(await decide(house, orderId, { action: 'approve' })).toMatchObject({
      applied: false,
      state: 'held',
      refusal,
    });
    await house.admin.resetSwitches();
    await recheck();
    await handleOf(orderId).result();
  });
});

test('a call that the back office refuses for good waits for a supervisor, who lets it be tried again', async () => {
  await house.admin.setSwitches({ errorRate: 1, errorStatus: 403, calls: ['getFacts'] });
  const orderId = await sendOrder(house, makeOrderJson());
  await untilReview(house, orderId);
  expect(await holdsOf(orderId)).toEqual(['BACKOFFICE.REFUSED']);
  const held = (await listLog(house.store, `order:${orderId}`)).find((entry) => entry.action === 'order.held');
  expect(held?.detail_json).toContain('back office refused getFacts (403)');
  expect(await decide(house, orderId, { action: 'approve' })).toMatchObject({ applied: false });
  await house.admin.resetSwitches();
  const supervisor = { actor: 'sofia', roles: ['reviewer', 'supervisor'] } as const;
  expect(await decide(house, orderId, { action: 'approve', ...supervisor })).toMatchObject({ applied: true });
  expect(await handleOf(orderId).result()).toMatchObject({ state: 'completed' });
});

test('a step that fails for another reason waits, and goes on by itself when it is mended', async () => {
  const facts = house.store.db;
  // What no order should meet: a table that is not there.
  await facts.schema.alterTable('facts_snapshots').renameTo('facts_elsewhere').execute();
  const orderId = await sendOrder(house, makeOrderJson());
  await untilOrder(house.store, orderId, waits);
  expect(await holdsOf(orderId)).toEqual(['PROCESSING.FAILED']);
  await facts.schema.alterTable('facts_elsewhere').renameTo('facts_snapshots').execute();
  expect(await recheck()).toEqual({ rechecked: 1 });
  expect(await handleOf(orderId).result()).toMatchObject({ state: 'completed' });
});

test('a decision that cannot be tried to its end waits for a recheck, and is not tried without a pause', async () => {
  const orderId = await sendOrder(house, makeOrderJson({ customerId: 'C-1003' }));
  await untilReview(house, orderId);
  const { schema } = house.store.db;
  await schema.alterTable('order_revisions').renameTo('revisions_elsewhere').execute();
  const decided = decide(house, orderId, { action: 'correct', changes: [{ path: '/customerId', value: 'C-1001' }] });
  await until(async () => ((await holdsOf(orderId)).includes('PROCESSING.FAILED') ? true : undefined));
  const lengthOf = async (): Promise<number> => (await handleOf(orderId).describe()).historyLength;
  await pause(300);
  const before = await lengthOf();
  await pause(1500);
  expect(await lengthOf()).toBe(before);
  await schema.alterTable('revisions_elsewhere').renameTo('order_revisions').execute();
  expect(await getOrder(house.store, orderId)).toMatchObject({ state: 'in_review', revision: 1 });
  await recheck();
  expect(await decided).toMatchObject({ applied: true, revision: 2 });
  expect(await handleOf(orderId).result()).toMatchObject({ state: 'completed', revision: 2 });
});

describe('the gate', () => {
  test.each([{ gate: 'paused' }, { active: false }] as const)(
    '%j: orders wait, until the source goes on',
    async (paused) => {
      await change(paused);
      const orderId = await sendOrder(house, makeOrderJson());
      expect(await untilOrder(house.store, orderId, waits)).toMatchObject({ gate: 'paused', reservation: 'none' });
      expect(await holdsOf(orderId)).toEqual(['GATE.PAUSED']);
      expect(await recheck()).toEqual({ rechecked: 0 });
      await change({ gate: 'live', active: true });
      // A pause has nothing to do with the back office.
      await house.admin.setSwitches({ absent: true, calls: ['ping'] });
      expect(await recheck()).toEqual({ rechecked: 1 });
      expect(await handleOf(orderId).result()).toMatchObject({ state: 'completed' });
      expect(await getOrder(house.store, orderId)).toMatchObject({ gate: 'live' });
    },
  );

  test('manual: an order waits for a reviewer', async () => {
    await change({ gate: 'manual' });
    const orderId = await sendOrder(house, makeOrderJson());
    await untilReview(house, orderId);
    expect(await holdsOf(orderId)).toEqual(['GATE.MANUAL']);
    expect(await countProduction(orderId)).toBe(0);
    await decide(house, orderId, { action: 'approve' });
    expect(await handleOf(orderId).result()).toMatchObject({ state: 'completed' });
  });

  test('shadow: an order is staged on paper; nothing is reserved and nothing handed off', async () => {
    const available = async (): Promise<unknown> => (await house.backOffice.searchProducts('SKU-3'))[0]?.available;
    const before = await available();
    await change({ gate: 'shadow' });
    const lines = [{ line: '1', sku: 'SKU-3', quantity: '2', unitPrice: '149.0000', amount: '298.00' }];
    const orderId = await sendOrder(house, makeOrderJson({ lines, total: '298.00' }));
    expect(await handleOf(orderId).result()).toEqual({ state: 'staged', revision: 1, holds: [] });
    const row = await getOrder(house.store, orderId);
    expect(row).toMatchObject({
      state: 'staged',
      gate: 'shadow',
      reservation: 'none',
      terminal_at: expect.any(String),
    });
    expect(await available()).toBe(before);
    expect(await countProduction(orderId)).toBe(0);
  });

  test('live for some customers: theirs are handed off, the others run as shadow', async () => {
    await change({ rollout: { kind: 'customers', customers: ['C-1001'] } });
    const chosen = await sendOrder(house, makeOrderJson());
    const other = await sendOrder(house, makeOrderJson({ customerId: 'C-1002' }));
    expect(await handleOf(chosen).result()).toMatchObject({ state: 'completed' });
    expect(await handleOf(other).result()).toMatchObject({ state: 'staged' });
  });
});
