import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Stack } from '../../cli/stack.ts';
import { listOpenHolds } from '../../db/holds.ts';
import { countOrdersByState } from '../../db/order-search.ts';
import { getOrder } from '../../db/orders.ts';
import type { Store } from '../../db/store.ts';
import '../support/quiet-runtime.ts';
import { makeOrderJson } from '../support/order-factory.ts';
import { openStack, type OwnStack } from './own-stack.ts';

const ORDERS = 200;
const OUTAGE_MS = 3 * 60_000;

let own: OwnStack;
let stack: Stack;
let store: Store;

beforeAll(async () => {
  own = await openStack('outage');
  ({ stack, store } = own);
}, 300_000);

afterAll(() => own.close(), 120_000);

test(
  '200 orders outlast an outage of the back office of three minutes and go on by themselves within two minutes after it',
  async () => {
    await stack.halt('back office');
    const began = Date.now();
    const orderIds: string[] = [];
    for (let number = 0; number < ORDERS; number += 1) orderIds.push(await send());
    await until(() => countWaiting(orderIds).then((waiting) => waiting === ORDERS), OUTAGE_MS);

    // The outage goes on: rechecks come and change nothing.
    await pause(Math.max(0, began + OUTAGE_MS - Date.now()));
    expect(await countWaiting(orderIds)).toBe(ORDERS);
    await stack.resume('back office');
    const back = Date.now();
    await until(() => countCompleted(orderIds).then((completed) => completed === ORDERS), 4 * 60_000);
    expect(Date.now() - back).toBeLessThan(2 * 60_000);

    const { live } = await own.admin.listProductionOrders();
    expect(live).toBe(ORDERS);
  },
  12 * 60_000,
);

async function send(): Promise<string> {
  const response = await fetch(`${stack.gatewayUrl}/v1/orders`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${stack.credentials.sources['web-shop'] ?? ''}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify(makeOrderJson({ customerId: 'C-2001' })),
  });
  expect(response.status).toBe(202);
  const { orders } = (await response.json()) as { orders: { orderId: string }[] };
  return orders[0]?.orderId ?? '';
}

/** Orders that wait in the processing hold, and for nothing else. */
async function countWaiting(orderIds: readonly string[]): Promise<number> {
  const holds = await Promise.all(orderIds.map((orderId) => listOpenHolds(store, orderId)));
  return holds.filter((codes) => codes.map((hold) => hold.code).join() === 'BACKOFFICE.UNAVAILABLE').length;
}

async function countCompleted(orderIds: readonly string[]): Promise<number> {
  const orders = await Promise.all(orderIds.map((orderId) => getOrder(store, orderId)));
  return orders.filter((order) => order.state === 'completed').length;
}

async function until(condition: () => Promise<boolean>, limitMs: number): Promise<void> {
  const giveUpAt = Date.now() + limitMs;
  while (!(await condition())) {
    await pause(500);
    if (Date.now() > giveUpAt) throw new Error(`not so after ${String(limitMs / 1000)} s: ${await describeOrders()}`);
  }
}

/** How many orders stand where, for whoever reads that the test failed. */
async function describeOrders(): Promise<string> {
  const states = await countOrdersByState(store);
  const holds = await store.db.selectFrom('holds').select(['order_id', 'code', 'cleared_at']).execute();
  const others = holds.filter((hold) => hold.code !== 'BACKOFFICE.UNAVAILABLE' || hold.cleared_at !== null);
  return JSON.stringify({ states, others: others.slice(0, 5) });
}
