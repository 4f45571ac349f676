import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Stack } from '../../cli/stack.ts';
import { POLLED, PUSHING } from '../../cli/stack/channels.ts';
import { getSource, putSource } from '../../db/sources.ts';
import type { Store } from '../../db/store.ts';
import { createIntegrationAdmin } from '../../exchange/reference/admin-client.ts';
import { signStandard } from '../../exchange/signatures.ts';
import { makeOrderJson } from '../support/order-factory.ts';
import '../support/quiet-runtime.ts';
import { listProduced, openStack, type OwnStack } from './own-stack.ts';

const ORDERS = 120;
const KILLS = 6;
const SETTLE_LIMIT_MS = 5 * 60_000;

let own: OwnStack;
let stack: Stack;
let store: Store;

beforeAll(async () => {
  own = await openStack('crash-polling');
  ({ stack, store } = own);
  const profile = await getSource(store, POLLED);
  if (!profile.poll) throw new Error('nothing is polled');
  // Small pages, so that a kill falls between two of them or into one.
  const poll = { ...profile.poll, pageSize: 4, everySeconds: 5 };
  await putSource(store, { ...profile, poll }, { actor: 'test', at: new Date().toISOString() });
}, 300_000);

afterAll(() => own.close(), 120_000);

const listOrders = (source: string) =>
  store.db.selectFrom('orders').select(['id', 'external_id', 'state', 'type']).where('source', '=', source).execute();

const produced = async (): Promise<string[]> => (await listProduced(own.admin)).map(({ poNumber }) => poNumber);

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const giveUpAt = Date.now() + SETTLE_LIMIT_MS;
  while (!(await isSo())) {
    if (Date.now() > giveUpAt) throw new Error('it did not come to an end');
    await pause(300);
  }
}

test(
  'a poller that is killed between its pages and within them loses no order and doubles none',
  async () => {
    const integration = createIntegrationAdmin({
      baseUrl: stack.integrationUrl,
      apiKey: stack.channels.integration,
    });
    // Slow enough that most kills meet a page under way.
    await integration.setSwitches({ latencyMs: 150 });
    const orders = Array.from({ length: ORDERS }, () => makeOrderJson());
    await integration.addOrders(orders);
    for (let kills = 0; kills < KILLS; kills += 1) {
      const before = (await listOrders(POLLED)).length;
      await until(async () => (await listOrders(POLLED)).length > before || before === ORDERS);
      await pause(Math.random() * 400);
      stack.kill('batch worker');
    }
    await until(async () => {
      const rows = await listOrders(POLLED);
      return rows.length >= ORDERS && rows.every(({ state }) => state === 'completed');
    });
    const rows = await listOrders(POLLED);
    const wanted = orders.map(({ externalId }) => String(externalId)).toSorted();
    expect(rows.map((row) => String(row.external_id)).toSorted()).toEqual(wanted);
    expect((await produced()).toSorted()).toEqual(orders.map(({ poNumber }) => String(poNumber)).toSorted());
  },
  12 * 60_000,
);

test('a webhook that comes twenty times at once, while the gateway is killed, is one order', async () => {
  const order = makeOrderJson();
  const body = Buffer.from(JSON.stringify(order));
  const send = async (): Promise<number> => {
    const id = 'msg_sent_until_answered';
    const timestamp = String(Math.floor(Date.now() / 1000));
    const headers = {
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': signStandard(stack.channels.webhook, id, timestamp, body),
    };
    const response = await fetch(`${stack.gatewayUrl}/v1/webhooks/${PUSHING}`, { method: 'POST', body, headers });
    return response.status;
  };
  const sendUntilTaken = async (): Promise<void> => {
    while ((await send().catch(() => 0)) !== 200) await pause(100);
  };
  const senders = Promise.all(Array.from({ length: 20 }, sendUntilTaken));
  stack.kill('gateway');
  await senders;
  await until(async () => (await listOrders(PUSHING)).some(({ state }) => state === 'completed'));
  expect(await listOrders(PUSHING)).toHaveLength(1);
  expect((await produced()).filter((number) => number === order['poNumber'])).toHaveLength(1);
}, 300_000);
