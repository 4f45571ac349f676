import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import type { ReferenceAdmin } from '../../backoffice/reference/admin-client.ts';
import type { Stack } from '../../cli/stack.ts';
import { findBrokenLink } from '../../db/log.ts';
import { findOrder, type OrderRow } from '../../db/orders.ts';
import type { Store } from '../../db/store.ts';
import '../support/quiet-runtime.ts';
import { listProduced, openStack, type OwnStack } from './own-stack.ts';
import { type Promised, sendAll } from './senders.ts';

/** At least so many orders and so many kills. */
const ORDERS = 320;
const KILLS = 12;
const SENDERS = 8;
const VICTIMS = ['worker', 'gateway', 'back office', 'worker'] as const;
const SETTLE_LIMIT_MS = 6 * 60_000;

let own: OwnStack;
let stack: Stack;
let store: Store;
let admin: ReferenceAdmin;

beforeAll(async () => {
  // Slow enough to be killed within a call, and one answer in ten is lost after the work was done.
  const env = { BACKOFFICE_JITTER_MS: '60', BACKOFFICE_LOSE_ANSWERS: '0.1' };
  own = await openStack('crash', env);
  ({ stack, store, admin } = own);
}, 300_000);

afterAll(() => own.close(), 120_000);

test(
  'programs killed at random while orders run lose none, double none, and ship none that was not to be shipped',
  async () => {
    const killer = startKilling();
    const promised = await sendAll(stack, SENDERS, (sent) => sent >= ORDERS && killer.kills() >= KILLS);
    await killer.stop();
    expect(new Set(promised.map((order) => order.orderId)).size).toBe(promised.length);

    await everyOrderHasItsOwner(promised);
    const orders = await settled(promised);
    expect(countStates(orders)).toEqual(countExpected(promised));
    await productionHasExactly(orders.filter((order) => order.state === 'completed'));
    for (const { orderId } of promised) expect(await findBrokenLink(store, `order:${orderId}`)).toBeUndefined();
  },
  12 * 60_000,
);

/** Kills one program after another, a different moment each time, until it is stopped. */
function startKilling(): { kills(): number; stop(): Promise<void> } {
  const stopped = new AbortController();
  let kills = 0;
  const killing = (async () => {
    while (!stopped.signal.aborted) {
      await pause(700 + Math.random() * 2500);
      stack.kill(VICTIMS[kills % VICTIMS.length] ?? 'worker');
      kills += 1;
    }
  })();
  return {
    kills: () => kills,
    stop: async () => {
      stopped.abort();
      await killing;
    },
  };
}

/** Within two minutes after the last kill each order that is not over has a running workflow. */
async function everyOrderHasItsOwner(promised: readonly Promised[]): Promise<void> {
  const connection = await Connection.connect({ address: stack.temporal.address });
  const client = new Client({ connection, namespace: stack.temporal.namespace });
  const giveUpAt = Date.now() + 2 * 60_000;
  try {
    for (let left = promised.map((order) => order.orderId); left.length > 0;) {
      const owned = await Promise.all(left.map(async (id) => (await isOver(id)) || (await isRunning(client, id))));
      left = left.filter((_, index) => owned[index] !== true);
      await pause(500);
      if (left.length > 0 && Date.now() > giveUpAt) throw new Error(`without an owner: ${left.join(', ')}`);
    }
  } finally {
    await connection.close();
  }
}

async function isOver(orderId: string): Promise<boolean> {
  return (await getPromised(orderId)).terminal_at !== null;
}

async function isRunning(client: Client, orderId: string): Promise<boolean> {
  const description = await client.workflow
    .getHandle(`order:${orderId}`)
    .describe()
    .catch(() => undefined);
  return description?.status.name === 'RUNNING';
}

/** The row of an order that was promised. @throws Error if it was lost. */
async function getPromised(orderId: string): Promise<OrderRow> {
  const order = await findOrder(store, orderId);
  if (!order) throw new Error(`order ${orderId} was promised and is lost`);
  return order;
}

/** Waits until each order is over or waits for a person. */
async function settled(promised: readonly Promised[]): Promise<OrderRow[]> {
  await admin.resetSwitches();
  const giveUpAt = Date.now() + SETTLE_LIMIT_MS;
  for (;;) {
    const orders = await Promise.all(promised.map((order) => getPromised(order.orderId)));
    const moving = orders.filter((order) => order.terminal_at === null && order.state !== 'in_review');
    if (moving.length === 0) return orders;
    if (Date.now() > giveUpAt)
      throw new Error(`still moving: ${moving.map((order) => `${order.id} ${order.state}`).join(', ')}`);
    await pause(500);
  }
}

function countStates(orders: readonly OrderRow[]): Record<string, number> {
  return count(orders.map((order) => order.state));
}

function countExpected(promised: readonly Promised[]): Record<string, number> {
  return count(promised.map((order) => order.expected));
}

function count(words: readonly string[]): Record<string, number> {
  return words.reduce<Record<string, number>>((counts, word) => ({ ...counts, [word]: (counts[word] ?? 0) + 1 }), {});
}

/** Counted in the back office's own store: one live production order for each completed order, none for any other. */
async function productionHasExactly(completed: readonly OrderRow[]): Promise<void> {
  const made = await listProduced(admin);
  const live = made.filter((order) => order.state !== 'cancelled');
  expect(live.map((order) => order.orderId).sort()).toEqual(completed.map((order) => order.id).sort());
  for (const order of completed) {
    expect(live.find((made) => made.orderId === order.id)?.productionOrderId).toBe(order.production_order_id);
  }
}
