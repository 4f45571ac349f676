import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { listLog } from '../../db/log.ts';
import { leaseDestination, stopDestination, isStopped } from '../../db/notice-destinations.ts';
import { HOUSE } from '../../db/notices.ts';
import { giveUpOutbox, markDelivered, putOnWay } from '../../db/outbox.ts';
import { openSealer } from '../../db/seal.ts';
import { inTransaction } from '../../db/store.ts';
import { givenOrder } from '../support/store.ts';
import { type Gateway, membersOf, openGateway } from './gateway.ts';

const AT = '2026-11-23T10:00:00.000Z';
let gateway: Gateway;
/** One order of the web shop and of customer C-1001, one of another source and customer. */
let [mine, other]: [string, string] = ['', ''];
beforeAll(async () => {
  gateway = await openGateway();
  mine = (await givenOrder(gateway.store, { source: 'web-shop', customer_id: 'C-1001' })).id;
  other = (await givenOrder(gateway.store, { source: 'api-zapco', customer_id: 'C-2001' })).id;
  await inTransaction(gateway.store, async (tx) => {
    const put = (id: string, source: string, channel: 'read' | 'webhook', destination: string | null, step = 'closed') => {
      const stepKey = `${step}:${String(destination)}`;
      const outgoing = { subject: `order:${id}` as const, source, kind: 'order.rejected', stepKey, content: '{}' };
      return putOnWay(tx, outgoing, { channel, destination }, AT);
    };
    await put(mine, 'web-shop', 'read', null);
    await put(mine, 'web-shop', 'webhook', 'web-shop:webhook');
    await put(mine, 'web-shop', 'webhook', `${HOUSE}:webhook`);
    await put(other, 'api-zapco', 'webhook', 'api-zapco:webhook');
    await openSealer(tx, 'incident:i', AT);
    const told = { subject: 'incident:i', source: HOUSE, kind: 'incident.opened', stepKey: 'opened', content: '{}' } as const;
    await putOnWay(tx, told, { channel: 'webhook', destination: `${HOUSE}:webhook` }, AT);
  });
}); // prettier-ignore
afterAll(() => gateway.close());

const list = async (query = '', as = 'olivia') => {
  const { status, body } = await gateway.call('GET', `/v1/notices${query}`, { as });
  expect(status).toBe(200);
  return body as { items: Record<string, string>[]; nextCursor: string | null };
};
const retry = (id: unknown, as = 'olivia') => gateway.call('POST', `/v1/notices/${String(id)}/retry`, { as });
const onlyOf = async (query: string): Promise<string> => {
  const { items } = await list(query);
  expect(items).toHaveLength(1);
  return String(items[0]?.['id']);
};

describe('notices', () => {
  test('are listed newest first, in pages, each with how far it is and whom it tells', async () => {
    const { items } = await list();
    expect(items).toHaveLength(5);
    expect(items[0]).toMatchObject({
      ...{ kind: 'incident.opened', source: null, to: 'operations', about: { kind: 'incident', id: 'i' } },
      ...{ channel: 'webhook', state: 'pending', attempts: 0, lastFailure: null, nextAttemptAt: AT, deliveredAt: null },
    });
    expect(items[4]).toMatchObject({ channel: 'read', state: 'available', to: 'source', nextAttemptAt: null });
    const first = await list('?limit=3');
    const rest = await list(`?limit=3&cursor=${String(first.nextCursor)}`);
    expect([...first.items, ...rest.items]).toEqual(items);
    expect(rest.nextCursor).toBeNull();
  });

  test('are found by source, state, kind, channel and order', async () => {
    expect((await list('?source=web-shop')).items).toHaveLength(3);
    expect((await list('?state=available')).items).toHaveLength(1);
    expect((await list('?kind=incident.opened')).items).toHaveLength(1);
    expect((await list('?channel=webhook')).items).toHaveLength(4);
    expect(membersOf((await list(`?order=${other}`)).items, 'source')).toEqual(['api-zapco']);
    expect((await list(`?document=${uuidv7()}`)).items).toEqual([]);
    const ask = (query: string) => gateway.call('GET', `/v1/notices?${query}`, { as: 'olivia' });
    for (const query of ['state=lost', `order=${mine}&document=${mine}`, 'cursor=x', 'order=%25', 'unknown=1'])
      expect([query, (await ask(query)).status]).toEqual([query, 400]);
  });

  test('are shown within the limits of who asks, which is noted', async () => {
    const sourcesOf = async (as: string) => membersOf((await list('', as)).items, 'source');
    expect(await sourcesOf('walt')).toEqual(['web-shop', 'web-shop', 'web-shop']);
    expect(await sourcesOf('cora')).toEqual(['web-shop', 'web-shop', 'web-shop']);
    expect((await gateway.call('GET', '/v1/notices', { as: 'web-shop' })).status).toBe(403);
    const trail = await listLog(gateway.store, 'actor:walt');
    expect(trail.map(({ action }) => action)).toEqual(['notices.listed']);
  });

  test('stand with the order; what our own people are told of it is not for the source', async () => {
    const read = async (as: string) =>
      (await gateway.call('GET', `/v1/orders/${mine}`, { as })).body.acknowledgments as unknown[];
    expect(await read('olivia')).toHaveLength(3);
    expect(await read('web-shop')).toMatchObject([
      { channel: 'read', state: 'available' },
      { channel: 'webhook', state: 'pending', lastFailure: null },
    ]);
  });
});

describe('a notice that was given up', () => {
  test('goes out again when an operator says so, also to a destination that was gone; noted on its order', async () => {
    const { store } = gateway;
    const id = await onlyOf('?source=api-zapco');
    expect((await retry(id)).status).toBe(409);
    const destination = 'api-zapco:webhook';
    await leaseDestination(store, { destination, holder: 'h' }, { now: AT, until: AT });
    await stopDestination(store, destination, 'hash', AT);
    await giveUpOutbox(store, id, 'gone');
    expect((await list('?state=failed')).items).toMatchObject([{ id, attempts: 1, lastFailure: 'gone', nextAttemptAt: null }]);
    const { status, body } = await retry(id);
    expect(status).toBe(200);
    expect(body).toMatchObject({ id, state: 'pending', attempts: 0 });
    expect(await isStopped(store, destination, 'hash')).toBe(false);
    const trail = await listLog(store, `order:${other}`);
    expect(trail.at(-1)).toMatchObject({ actor: 'olivia', action: 'notice.retried' });
  }); // prettier-ignore

  test('is not for everybody, and what was delivered stays so', async () => {
    const id = await onlyOf('?source=api-zapco');
    await giveUpOutbox(gateway.store, id, 'status_500');
    expect((await retry(id, 'axel')).status).toBe(403);
    expect((await retry(id, 'api-zapco')).status).toBe(403);
    expect((await retry(id, 'walt')).status).toBe(404);
    expect((await retry(uuidv7())).status).toBe(404);
    await markDelivered(gateway.store, id, AT);
    expect(await retry(id)).toMatchObject({
      status: 409,
      body: { type: '/problems/not-given-up', detail: 'a notice that is delivered cannot be sent again' },
    });
  });

  test('goes out again with all others of its source or destination, as far as they are for who asks', async () => {
    const { store } = gateway;
    const give = async (): Promise<void> => {
      const reset = store.db.updateTable('outbox').set({ state: 'failed', attempts: 10, last_failure: 'timeout' });
      await reset.where('channel', '=', 'webhook').execute();
    };
    const retryAll = (body: unknown, as = 'olivia') => gateway.call('POST', '/v1/notices/retry', { as, body });
    const failed = async (): Promise<string[]> =>
      membersOf((await list('?state=failed')).items, 'source')
        .map(String)
        .toSorted();
    await give();
    const destination = 'web-shop:webhook';
    await leaseDestination(store, { destination, holder: 'h' }, { now: AT, until: AT });
    await stopDestination(store, destination, 'hash', AT);
    expect(await retryAll({ source: 'web-shop', state: 'failed' })).toMatchObject({
      status: 200,
      body: { notices: 2 },
    });
    expect(await failed()).toEqual(['api-zapco', 'null']);
    expect((await list('?source=web-shop&state=pending')).items).toMatchObject([{ attempts: 0 }, { attempts: 0 }]);
    expect(await isStopped(store, destination, 'hash')).toBe(false);
    expect((await listLog(store, 'actor:olivia')).at(-3)).toMatchObject({ action: 'notices.retried' });
    await give();
    expect((await retryAll({ destination: `${HOUSE}:webhook` })).body).toEqual({ notices: 2 });
    await give();
    // One is limited to the web shop, the other to its customer: nothing of other sources, and nothing of incidents.
    expect((await retryAll({ source: 'api-zapco' }, 'walt')).body).toEqual({ notices: 0 });
    expect((await retryAll({ destination: `${HOUSE}:webhook` }, 'walt')).body).toEqual({ notices: 1 });
    expect(await failed()).toEqual(['api-zapco', 'null', 'web-shop']);
    expect((await retryAll({ source: 'api-zapco' }, 'axel')).status).toBe(403);
    for (const body of [{}, { source: 'web-shop', state: 'pending' }, { order: mine }])
      expect([body, (await retryAll(body)).status]).toEqual([body, 400]);
  });
});

describe('who is told', () => {
  const put = (body: unknown) => gateway.call('PUT', '/v1/sources/web-shop/secrets', { as: 'ada', body });
  const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

  test('is named by secrets and addresses, which are never given back', async () => {
    const { body } = await put({ notify: [SECRET], mail: ['pat@example.com', 'kim@example.com'] });
    expect(body).toEqual({ webhook: 0, poll: 0, notify: 1, mail: 2 });
    const sources = await gateway.call('GET', '/v1/sources', { as: 'ada' });
    expect(JSON.stringify(sources.body)).not.toMatch(/pat@example|whsec_/);
    expect((await put({ mail: [] })).body).toMatchObject({ mail: 0 });
  });

  test('is warned of where nobody would be told', async () => {
    const putProfile = async (notify?: unknown) =>
      (await gateway.call('PUT', '/v1/sources/web-shop', { as: 'ada', body: { channel: 'ecommerce', notify } }))
        .body as { readonly warnings?: readonly string[] };
    await put({ notify: [], mail: [] });
    expect((await putProfile({ webhook: { url: 'https://example.com' }, mail: {} })).warnings).toEqual([
      expect.stringMatching(/no secret `notify`/),
      expect.stringMatching(/no address/),
      expect.stringMatching(/SMTP_URL is not set/),
    ]);
    await put({ notify: [SECRET], mail: ['pat@example.com'] });
    expect((await putProfile({ webhook: { url: 'https://example.com' }, mail: {} })).warnings).toHaveLength(1);
    expect(await putProfile({ webhook: { url: 'https://example.com' } })).not.toHaveProperty('warnings');
    expect(await putProfile()).not.toHaveProperty('warnings');
  });

  test.each([
    [{ mail: ['pat'] }, 400],
    [{ mail: ['pat@example.com\r\nBcc: x@example.com'] }, 400],
    [{ mail: ['pat@example.com', 'PAT@example.com'] }, 400],
    [{ mail: Array.from({ length: 11 }, (_, i) => `p${String(i)}@example.com`) }, 400],
    [{ notify: ['a-plain-secret'] }, 422],
    [{ notify: [SECRET, SECRET, SECRET] }, 400],
  ])('is refused: %j', async (body, status) => {
    expect((await put(body)).status).toBe(status);
  });

  test.each([
    'http://example.com/told',
    'https://user:secret@example.com/told',
    'ftp://example.com/told',
    'told',
  ])('is not told at %s', async (url) => {
    const body = { channel: 'ecommerce', notify: { webhook: { url } } };
    expect((await gateway.call('PUT', '/v1/sources/web-shop', { as: 'ada', body })).status).toBe(422);
  }); // prettier-ignore
});
