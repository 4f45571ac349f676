import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createReferenceAdmin } from '../../backoffice/reference/admin-client.ts';
import { type Stack, startStack } from '../../cli/stack.ts';
import { POLLED, PUSHING } from '../../cli/stack/channels.ts';
import { openKeyFile } from '../../db/keyring.ts';
import { getSource, putSource } from '../../db/sources.ts';
import { closeStore, openStore, type Store } from '../../db/store.ts';
import { createIntegrationAdmin } from '../../exchange/reference/admin-client.ts';
import { signStandard } from '../../exchange/signatures.ts';
import { makeOrderJson } from '../support/order-factory.ts';
import '../support/quiet-runtime.ts';

const ORDERS = 120;
const KILLS = 6;
const SETTLE_LIMIT_MS = 5 * 60_000;

let stack: Stack;
let store: Store;

beforeAll(async () => {
  const varDir = mkdtempSync(join(tmpdir(), 'crash-polling-'));
  stack = await startStack({ varDir, anyPorts: true, log: () => undefined, env: { LOG_LEVEL: 'warn' } });
  store = openStore(`file:${join(varDir, 'order-staging.sqlite')}`, openKeyFile(join(varDir, 'keys', 'master.json')));
  const profile = await getSource(store, POLLED);
  if (!profile.poll) throw new Error('nothing is polled');
  // Small pages, so that a kill falls between two of them or into one.
  const poll = { ...profile.poll, pageSize: 4, everySeconds: 5 };
  await putSource(store, { ...profile, poll }, { actor: 'test', at: new Date().toISOString() });
}, 300_000);

afterAll(async () => {
  await closeStore(store);
  await stack.stop();
  rmSync(stack.varDir, { recursive: true, force: true });
}, 120_000);

const listOrders = (source: string) =>
  store.db.selectFrom('orders').select(['id', 'external_id', 'state', 'type']).where('source', '=', source).execute();

const produced = async () => {
  const admin = createReferenceAdmin({ baseUrl: stack.backOfficeUrl, apiKey: stack.credentials.backOffice });
  const numbers: string[] = [];
  for (let after: string | undefined; ;) {
    const { productionOrders } = await admin.listProductionOrders({
      limit: 100,
      ...(after !== undefined && { after }),
    });
    numbers.push(...productionOrders.map(({ poNumber }) => poNumber));
    after = productionOrders.at(-1)?.productionOrderId;
    if (productionOrders.length < 100) return numbers;
  }
};

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
