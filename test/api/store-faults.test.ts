import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { createBackOfficeClient } from '../../backoffice/http-client.ts';
import { makeOrderJson } from '../support/order-factory.ts';
import { wipeDeleted } from '../../db/wipe.ts';
import { closeStore, openStore } from '../../db/store.ts';
import { damagePage, fillDatabase, flipBytes, lockDatabase } from '../support/store-faults.ts';
import { type Answer, fakeTemporal, type Gateway, membersOf, openGateway, orderIdOf } from './gateway.ts';

let gateway: Gateway;
const logLines: string[] = [];
beforeAll(async () => {
  gateway = await openGateway({ logLines });
});
afterAll(() => gateway.close());
beforeEach(() => {
  logLines.length = 0;
  gateway.deps.temporal = fakeTemporal({ start: () => Promise.resolve() });
});

const send = (): Promise<Answer> =>
  gateway.call('POST', '/v1/orders', { as: 'web-shop', body: makeOrderJson({ notes: 'n'.repeat(1900) }) });
const sendBatch = (): Promise<Answer> =>
  gateway.call('POST', '/v1/orders', {
    as: 'web-shop',
    body: makeOrderJson({
      extensions: Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`x${String(i)}`, 'x'.repeat(1000)])),
    }),
  });
const countDocuments = async () => (await gateway.store.db.selectFrom('documents').select('id').execute()).length;
const databaseFile = async (): Promise<string> => {
  const { rows } = await sql<{ file: string }>`select file from pragma_database_list`.execute(gateway.store.db);
  return rows[0]!.file;
};

test('a locked database: senders are told to come again within seconds, nothing is kept, and it goes on by itself', async () => {
  const before = await countDocuments();
  const release = lockDatabase(await databaseFile());
  const began = performance.now();
  const [ready, ...answers] = await Promise.all([gateway.call('GET', '/readyz'), ...Array.from({ length: 20 }, send)]);
  expect(performance.now() - began).toBeLessThan(30_000);
  for (const { status, headers, body } of answers) {
    expect(status).toBe(503);
    expect(headers.get('Content-Type')).toContain('application/problem+json');
    expect(Number(headers.get('Retry-After'))).toBeGreaterThan(0);
    expect(body).toMatchObject({ type: '/problems/store-unavailable', detail: expect.stringContaining('locked') });
  }
  expect(ready).toMatchObject({
    status: 503,
    body: { status: 'unavailable', checks: { database: 'down' }, why: { database: expect.stringContaining('locked') } },
  });
  expect(logLines.filter((line) => line.includes('store-unavailable'))).toHaveLength(20);
  release();
  expect(await countDocuments()).toBe(before);
  expect((await send()).status).toBe(202);
  expect((await gateway.call('GET', '/readyz')).body.checks).toMatchObject({ database: 'up' });
}, 30_000);

test('a full database: nothing of an order is accepted, readiness says why, and it goes on when there is room', async () => {
  const before = await countDocuments();
  const makeRoom = await fillDatabase(gateway.store);
  const refused = await sendBatch();
  const ready = await gateway.call('GET', '/readyz');
  await makeRoom();
  expect(refused).toMatchObject({
    status: 503,
    body: { type: '/problems/store-unavailable', detail: expect.stringContaining('the database is full') },
  });
  expect(refused.headers.get('Retry-After')).toBe('10');
  expect(ready).toMatchObject({ status: 503, body: { why: { database: 'the database is full' } } });
  expect(await countDocuments()).toBe(before);
  expect((await sendBatch()).status).toBe(202);
  expect((await gateway.call('GET', '/readyz')).body.checks).toMatchObject({ database: 'up' });
});

test('an order whose slice is damaged is told of by name; lists and the others go on', async () => {
  const [damaged, whole] = [orderIdOf(await send()), orderIdOf(await send())];
  const restore = await flipBytes(gateway.store, 'order_staging_raw', damaged);
  const answer = await gateway.call('GET', `/v1/orders/${damaged}/document`, { as: 'olivia' });
  expect(answer).toMatchObject({ status: 500, body: { type: '/problems/content-damaged' } });
  expect(answer.body.detail).toContain(`raw of order:${damaged} is damaged in the database`);
  expect(logLines.some((line) => line.includes('content-damaged') && line.includes(damaged))).toBe(true);
  expect((await gateway.call('GET', `/v1/orders/${whole}/document`, { as: 'olivia' })).status).toBe(200);
  const list = await gateway.call('GET', '/v1/orders', { as: 'olivia' });
  expect(membersOf(list.body.items, 'orderId')).toEqual(expect.arrayContaining([damaged, whole]));
  await restore();
  expect((await gateway.call('GET', `/v1/orders/${damaged}/document`, { as: 'olivia' })).status).toBe(200);
});

test('a damaged page of the database is told of by whoever needs it; the others go on', async () => {
  const damaged = orderIdOf(await sendBatch());
  const whole = orderIdOf(await send());
  // Everything into the file, and a page that holds nothing but this order's slice out of joint.
  expect(await wipeDeleted(gateway.store)).toBe(true);
  const restore = damagePage(await databaseFile(), damaged);
  // Who reads the file anew, as after a start.
  const store = openStore(`file:${await databaseFile()}`, gateway.store.keys);
  const { store: before } = gateway.deps;
  gateway.deps.store = store;
  const answer = await gateway.call('GET', `/v1/orders/${damaged}/document`, { as: 'olivia' });
  const other = await gateway.call('GET', `/v1/orders/${whole}/document`, { as: 'olivia' });
  const list = await gateway.call('GET', '/v1/orders', { as: 'olivia' });
  gateway.deps.store = before;
  await closeStore(store);
  restore();
  expect(answer).toMatchObject({ status: 500, body: { type: '/problems/content-damaged' } });
  expect(answer.body.detail).toContain('the database is damaged');
  expect([other.status, list.status]).toEqual([200, 200]);
  expect(membersOf(list.body.items, 'orderId')).toEqual(expect.arrayContaining([damaged, whole]));
});

test("a source's or a person's damaged row shuts out that one alone, and says so", async () => {
  const { db } = gateway.store;
  await db.updateTable('sources').set({ profile_json: '{"id":' }).where('id', '=', 'api-zapco').execute();
  await db.updateTable('principals').set({ roles_json: '[oper' }).where('id', '=', 'rosa').execute();
  const source = await gateway.call('POST', '/v1/orders', { as: 'api-zapco', body: makeOrderJson() });
  expect(source).toMatchObject({ status: 500, body: { type: '/problems/content-damaged' } });
  expect(source.body.detail).toContain('source:api-zapco');
  const person = await gateway.call('GET', '/v1/orders', { as: 'rosa' });
  expect(person.body.detail).toContain('actor:rosa');
  expect((await gateway.call('GET', '/v1/sources', { as: 'ada' })).body.detail).toContain('source:api-zapco');
  expect((await send()).status).toBe(202);
  expect((await gateway.call('GET', '/v1/orders', { as: 'olivia' })).status).toBe(200);
  // What is damaged is put in place again.
  const profile = { id: 'api-zapco', channel: 'api', cardNumbers: 'refuse' };
  expect((await gateway.call('PUT', '/v1/sources/api-zapco', { as: 'ada', body: profile })).status).toBe(200);
  expect((await gateway.call('POST', '/v1/orders', { as: 'api-zapco', body: makeOrderJson() })).status).toBe(202);
});

test('a key that the back office refuses makes the gateway degraded, and says so', async () => {
  const { backOffice } = gateway.deps;
  const url = gateway.backOfficeUrl;
  gateway.deps.backOffice = createBackOfficeClient({ baseUrl: url, apiKey: 'another-key', timeoutMs: 5000 });
  const ready = await gateway.call('GET', '/readyz');
  gateway.deps.backOffice = backOffice;
  expect(ready).toMatchObject({
    status: 200,
    body: {
      status: 'degraded',
      checks: { backOffice: 'down' },
      why: { backOffice: 'the back office refuses our key' },
    },
  });
  expect((await gateway.call('GET', '/readyz')).body.checks).toMatchObject({ backOffice: 'up' });
});
