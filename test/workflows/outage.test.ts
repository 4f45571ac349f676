import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Call } from '../../backoffice/reference/switches.ts';
import { listOpenHolds } from '../../db/holds.ts';
import { listLog } from '../../db/log.ts';
import { getOrder, type OrderRow } from '../../db/orders.ts';
import { TASK_QUEUES } from '../../workflows/contract.ts';
import type { recheckHoldsWorkflow } from '../../workflows/index.ts';
import { acceptOrder, type House, openHouse, sendOrder, untilOrder } from '../support/house.ts';
import { makeOrderJson } from '../support/order-factory.ts';
import { createStepRunner } from './step-runner.ts';

const ORDERS = 30;
const PAUSE_MS = 1000;

let house: House;
/** The calls that came to the back office, and when. */
let came: { readonly call: Call; readonly at: number }[] = [];
beforeAll(async () => {
  house = await openHouse({ circuit: { pauseMs: PAUSE_MS } });
  const { switches } = house.server;
  const draw = switches.draw.bind(switches);
  jest.spyOn(switches, 'draw').mockImplementation((call) => {
    came.push({ call, at: Date.now() });
    return draw(call);
  });
});
beforeEach(() => {
  came = [];
});
afterEach(() => house.admin.resetSwitches());
afterAll(() => house.close());

const waits = (row: OrderRow): boolean => row.state === 'held';
const holdsOf = async (orderId: string): Promise<string[]> =>
  (await listOpenHolds(house.store, orderId)).map((hold) => hold.code);
const timesOf = (wanted: Call): number[] => came.filter(({ call }) => call === wanted).map(({ at }) => at);
const resultOf = (orderId: string): Promise<unknown> => house.client.workflow.getHandle(`order:${orderId}`).result();

let rechecks = 0;
/** What the schedule does every 30 seconds. */
function recheck(): ReturnType<typeof recheckHoldsWorkflow> {
  rechecks += 1;
  const options = { taskQueue: TASK_QUEUES.orders, workflowId: `recheck-outage-${String(rechecks)}` };
  return house.client.workflow.execute<typeof recheckHoldsWorkflow>('recheckHoldsWorkflow', options);
}

/** Until the pause of the circuit is over, whatever was called last. */
const untilTriedAgain = (): Promise<void> => pause(PAUSE_MS + 100);

test('an outage costs a few calls, not three of every order; all are held, and go on when it is over', async () => {
  await house.admin.setSwitches({ absent: true });
  const orderIds: string[] = [];
  for (let i = 0; i < ORDERS; i += 1) orderIds.push(await sendOrder(house, makeOrderJson()));
  for (const orderId of orderIds) await untilOrder(house.store, orderId, waits);
  expect(await Promise.all(orderIds.map(holdsOf))).toEqual(orderIds.map(() => ['BACKOFFICE.UNAVAILABLE']));
  expect(came.length).toBeGreaterThanOrEqual(5);
  expect(came.length).toBeLessThan(ORDERS);

  // It goes on: each look costs one call, whoever waits.
  await untilTriedAgain();
  came = [];
  expect(await recheck()).toMatchObject({ rechecked: 0 });
  expect(came.map(({ call }) => call)).toEqual(['ping']);

  // It seems to be over, and is not: the first that go on find out for the others.
  await house.admin.resetSwitches();
  await house.admin.setSwitches({ errorRate: 1, errorStatus: 503, calls: ['getFacts'] });
  await untilTriedAgain();
  came = [];
  await recheck();
  for (const orderId of orderIds) await untilOrder(house.store, orderId, waits);
  expect(timesOf('getFacts').length).toBeLessThan(ORDERS / 2);

  await house.admin.resetSwitches();
  await untilTriedAgain();
  expect(await recheck()).toMatchObject({ rechecked: ORDERS });
  for (const orderId of orderIds) expect(await resultOf(orderId)).toMatchObject({ state: 'completed' });
  const produced = await Promise.all(orderIds.map((orderId) => house.admin.listProductionOrders({ orderId })));
  expect(produced.map(({ live }) => live)).toEqual(orderIds.map(() => 1));
});

describe('a back office that asks to be left alone', () => {
  test('for longer than a step waits has the order held at once, and is not called before its time', async () => {
    const seconds = 12;
    await house.admin.setSwitches({ errorRate: 1, errorStatus: 503, retryAfterSeconds: seconds, times: 1 });
    const first = await sendOrder(house, makeOrderJson());
    await untilOrder(house.store, first, waits);
    const second = await sendOrder(house, makeOrderJson());
    await untilOrder(house.store, second, waits);
    expect(await recheck()).toMatchObject({ rechecked: 0 });
    expect(came.map(({ call }) => call)).toEqual(['getFacts']);

    const time = (came[0]?.at ?? 0) + seconds * 1000;
    while ((await recheck()).rechecked === 0) await pause(500);
    expect(came[1]?.call).toBe('ping');
    expect(came[1]?.at).toBeGreaterThanOrEqual(time);
    for (const orderId of [first, second]) expect(await resultOf(orderId)).toMatchObject({ state: 'completed' });
  });

  test('for a short time is left alone between the three tries, and the order is not held', async () => {
    const seconds = 2;
    const faults = { errorStatus: 429, retryAfterSeconds: seconds, times: 2 };
    await house.admin.setSwitches({ errorRate: 1, ...faults, calls: ['getFacts'] });
    const orderId = await sendOrder(house, makeOrderJson());
    expect(await resultOf(orderId)).toMatchObject({ state: 'completed' });
    const [first = 0, second = 0, third = 0, ...more] = timesOf('getFacts');
    expect(more).toEqual([]);
    expect(second - first).toBeGreaterThanOrEqual(seconds * 1000);
    expect(third - second).toBeGreaterThanOrEqual(seconds * 1000);
    const actions = (await listLog(house.store, `order:${orderId}`)).map((entry) => entry.action);
    expect(actions).not.toContain('order.held');
  });
});

test('one order that fails alone is tried three times, as ever', async () => {
  await house.admin.setSwitches({ absent: true, calls: ['getFacts'] });
  const orderId = await sendOrder(house, makeOrderJson());
  await untilOrder(house.store, orderId, waits);
  expect(timesOf('getFacts')).toHaveLength(3);
  await house.admin.resetSwitches();
  expect(await recheck()).toMatchObject({ rechecked: 1 });
  expect(await resultOf(orderId)).toMatchObject({ state: 'completed' });
});

test('a submission that was not made because the back office is left alone is made later, and once', async () => {
  const ref = { orderId: await acceptOrder(house.store, makeOrderJson()), revision: 1 };
  const run = createStepRunner(house.deps);
  await run((steps) => steps.parseOrder(ref.orderId));
  await run((steps) => steps.takeFacts(ref));
  await run((steps) => steps.settleVerdict(ref));
  await run((steps) => steps.reserveOrder(ref));
  await run((steps) => steps.stageOrder(ref));
  await house.admin.setSwitches({ absent: true });
  const others = await Promise.all(Array.from({ length: 3 }, () => sendOrder(house, makeOrderJson())));
  for (const orderId of others) await untilOrder(house.store, orderId, waits);

  const notMade = { type: 'BackOfficeUnavailable', nonRetryable: true };
  await expect(run((steps) => steps.submitOrder(ref))).rejects.toMatchObject(notMade);
  expect(timesOf('submit')).toEqual([]);
  // That it began is noted before the call, and so is asked after.
  expect(await getOrder(house.store, ref.orderId)).toMatchObject({ state: 'submitted' });
  await house.admin.resetSwitches();
  await untilTriedAgain();
  came = [];
  expect(await run((steps) => steps.submitOrder(ref))).toMatchObject({ state: 'completed' });
  expect(came.map(({ call }) => call)).toEqual(['ping', 'status', 'submit']);
  expect(await house.admin.listProductionOrders({ orderId: ref.orderId })).toMatchObject({ live: 1 });
  expect(await recheck()).toMatchObject({ rechecked: others.length });
  for (const orderId of others) expect(await resultOf(orderId)).toMatchObject({ state: 'completed' });
});
