import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { OrderRow } from '../../db/orders.ts';
import { readSecrets, putSecrets } from '../../db/source-secrets.ts';
import { getSource, putSource } from '../../db/sources.ts';
import { createIntegrationAdmin, type IntegrationAdmin } from '../../exchange/reference/admin-client.ts';
import { type ReferenceIntegration, startReferenceIntegration } from '../../exchange/reference/server.ts';
import { sourceProfileSchema } from '../../orders/source.ts';
import { keepPollSchedules } from '../../workers/poll-schedules.ts';
import { TASK_QUEUES } from '../../workflows/contract.ts';
import type { pollWorkflow } from '../../workflows/index.ts';
import type { PollOutcome } from '../../workflows/poll.ts';
import { type House, openHouse } from '../support/house.ts';
import { makeOrderJson } from '../support/order-factory.ts';
import { until } from './people.ts';

const KEY = 'the-key-of-the-integration';
let house: House;
let integration: ReferenceIntegration;
let admin: IntegrationAdmin;
let sources = 0;
let source = '';

beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house.close());

/** An integration and a source of its own for each test, so that each begins at the beginning. */
beforeEach(async () => {
  integration = await startReferenceIntegration({ apiKey: KEY });
  admin = createIntegrationAdmin({ baseUrl: integration.url, apiKey: KEY });
  sources += 1;
  source = `polled-${String(sources)}`;
  const poll = { url: `${integration.url}/orders`, pageSize: 3 };
  const profile = sourceProfileSchema.parse({ id: source, channel: 'api', poll });
  await putSource(house.store, profile, by());
  await putSecrets(house.store, source, 'poll', [KEY], by());
});
afterEach(() => integration.close());

const by = () => ({ actor: 'test', at: new Date().toISOString() });
let runs = 0;
const poll = (): Promise<PollOutcome> => {
  runs += 1;
  const options = {
    taskQueue: TASK_QUEUES.batch,
    workflowId: `${source}-run-${String(runs)}`,
    args: [{ source }] as [{ source: string }],
  };
  return house.client.workflow.execute<typeof pollWorkflow>('pollWorkflow', options);
};
const makeOrders = (count: number): Record<string, unknown>[] => Array.from({ length: count }, () => makeOrderJson());
const listOrders = (): Promise<OrderRow[]> =>
  house.store.db.selectFrom('orders').selectAll().where('source', '=', source).orderBy('received_at').orderBy('id').execute(); // prettier-ignore
const readState = () =>
  house.store.db.selectFrom('poll_cursors').selectAll().where('source', '=', source).executeTakeFirstOrThrow();
/** Lets the waiting time after a failure pass. */
const waitOut = () =>
  house.store.db.updateTable('poll_cursors').set({ not_before: null }).where('source', '=', source).execute();

describe('a source that is polled', () => {
  test('gives every order once, in its order, and goes on from where it was', async () => {
    const orders = makeOrders(8);
    await admin.addOrders(orders);
    expect(await poll()).toMatchObject({ orders: 8, fault: null });
    await until(async () => ((await listOrders()).every(({ state }) => state === 'completed') ? true : undefined));
    const rows = await listOrders();
    expect(rows.map(({ external_id: id }) => id)).toEqual(orders.map(({ externalId }) => externalId));
    const asked = integration.asked();
    expect(await poll()).toMatchObject({ orders: 0, fault: null });
    expect(integration.asked()).toBe(asked + 1);
    await admin.addOrders(makeOrders(1));
    expect(await poll()).toMatchObject({ orders: 1 });
    expect(await listOrders()).toHaveLength(9);
  });

  test('that gives pages again makes no order twice', async () => {
    await admin.addOrders(makeOrders(5));
    await poll();
    await house.store.db.deleteFrom('poll_cursors').where('source', '=', source).execute();
    expect(await poll()).toMatchObject({ orders: 5 });
    await admin.setSwitches({ repeated: true });
    await admin.addOrders(makeOrders(1));
    expect(await poll()).toMatchObject({ fault: null });
    expect(await listOrders()).toHaveLength(5);
    await admin.resetSwitches();
    await house.store.db.deleteFrom('poll_cursors').where('source', '=', source).execute();
    await poll();
    expect(await listOrders()).toHaveLength(6);
  });

  test('is left alone for as long as it asks, and loses nothing', async () => {
    await admin.addOrders(makeOrders(4));
    await admin.setSwitches({ status: 429, retryAfterSeconds: 600, times: 1 });
    const began = Date.now();
    const refused = await poll();
    expect(refused).toMatchObject({ pages: 0, orders: 0, fault: 'status_429' });
    expect(Date.parse(String(refused.notBefore)) - began).toBeGreaterThanOrEqual(600_000);
    const asked = integration.asked();
    expect(await poll()).toMatchObject({ orders: 0, fault: 'status_429', notBefore: refused.notBefore });
    expect(integration.asked()).toBe(asked);
    await waitOut();
    expect(await poll()).toMatchObject({ orders: 4, fault: null });
  });

  test('that fails is asked ever more seldom, and its cursor stays', async () => {
    await admin.addOrders(makeOrders(4));
    await poll();
    const { cursor_value: cursor } = await readState();
    await admin.setSwitches({ status: 500 });
    const waits: number[] = [];
    for (let i = 0; i < 3; i += 1) {
      await waitOut();
      const began = Date.now();
      const { fault, notBefore } = await poll();
      expect(fault).toBe('status_500');
      waits.push(Math.round((Date.parse(String(notBefore)) - began) / 15_000));
    }
    expect(waits).toEqual([1, 2, 4]);
    expect(await readState()).toMatchObject({ cursor_value: cursor, failures: 3, fault: 'status_500' });
  });

  test('whose page cannot be read keeps that page once, takes nothing of it and reads it again', async () => {
    await admin.addOrders(makeOrders(2));
    await admin.setSwitches({ broken: true });
    for (let i = 0; i < 2; i += 1) {
      expect(await poll()).toMatchObject({ orders: 0, fault: 'page_unreadable' });
      await waitOut();
    }
    const documents = await house.store.db
      .selectFrom('documents')
      .select(['state'])
      .where('source', '=', source)
      .execute();
    expect(documents).toEqual([{ state: 'refused' }]);
    await admin.resetSwitches();
    expect(await poll()).toMatchObject({ orders: 2 });
  });

  test('among whose orders one cannot be read gives the others', async () => {
    const [good, alsoGood] = makeOrders(2);
    await admin.addOrders([good!, { poNumber: 'without the rest' }, alsoGood!]);
    expect(await poll()).toMatchObject({ orders: 3, fault: null });
    const rows = await until(async () => {
      const found = await listOrders();
      return found.every(({ terminal_at: at }) => at !== null) ? found : undefined;
    });
    expect(rows.map(({ state }) => state)).toEqual(['completed', 'rejected', 'completed']);
  });

  test('needs its key, and is not asked without', async () => {
    await putSecrets(house.store, source, 'poll', [], by());
    expect(await poll()).toMatchObject({ fault: 'secret_missing' });
    expect(integration.asked()).toBe(0);
    expect(await readSecrets(house.store, source, 'poll')).toEqual([]);
  });

  test('that is switched off is not asked', async () => {
    const profile = await getSource(house.store, source);
    await putSource(house.store, { ...profile, active: false }, by());
    expect(await poll()).toEqual({ pages: 1, orders: 0, fault: null, notBefore: null });
    expect(integration.asked()).toBe(0);
  });
});

describe('the schedules', () => {
  const listOurs = async (): Promise<Record<string, number>> => {
    const found: Record<string, number> = {};
    for await (const { scheduleId, spec } of house.client.schedule.list())
      if (scheduleId.startsWith('poll:kept-')) found[scheduleId] = spec?.intervals?.[0]?.every ?? 0;
    return found;
  };
  const keep = (polled: Record<string, number>) =>
    keepPollSchedules(
      house.client,
      Object.entries(polled).map(([name, everySeconds]) => ({ source: name, everySeconds })),
    );
  const untilOurs = (expected: Record<string, number>) =>
    until(async () => (JSON.stringify(await listOurs()) === JSON.stringify(expected) ? true : undefined));

  test('are those of the profiles, and stay paused where an operator paused them', async () => {
    await keep({ 'kept-a': 600 });
    await untilOurs({ 'poll:kept-a': 600_000 });
    const handle = house.client.schedule.getHandle('poll:kept-a');
    await handle.pause('looking into it');
    await Promise.all([keep({ 'kept-a': 900 }), keep({ 'kept-a': 900 })]);
    await untilOurs({ 'poll:kept-a': 900_000 });
    expect((await handle.describe()).state.paused).toBe(true);
    await keep({});
    await untilOurs({});
  });

  test('follow a profile that changed by themselves, and read its orders', async () => {
    await admin.addOrders(makeOrders(2));
    await house.client.workflow.execute('reconcileWorkflow', {
      taskQueue: TASK_QUEUES.orders,
      workflowId: `reconcile-${source}`,
    });
    await until(async () => ((await listOrders()).length === 2 ? true : undefined));
    await keep({});
  });
});
