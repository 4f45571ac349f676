import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createIntegrationAdmin, type IntegrationAdmin } from '../../../exchange/reference/admin-client.ts';
import { createWebhookSender } from '../../../exchange/webhook-sender.ts';
import { type ReferenceIntegration, startReferenceIntegration } from '../../../exchange/reference/server.ts';

const apiKey = 'a-key-for-the-tests';
let integration: ReferenceIntegration;
let admin: IntegrationAdmin;
beforeEach(async () => {
  integration = await startReferenceIntegration({ apiKey });
  admin = createIntegrationAdmin({ baseUrl: integration.url, apiKey });
});
afterEach(() => integration.close());

const ask = async (query: string, key = apiKey) => {
  const response = await fetch(`${integration.url}/orders?${query}`, { headers: { Authorization: `Bearer ${key}` } });
  return { status: response.status, headers: response.headers, text: await response.text() };
};
const page = async (query: string) =>
  JSON.parse((await ask(query)).text) as { orders: { n: number }[]; next: string | null };

describe('the reference integration', () => {
  test('gives every order once, page by page, also those that come while it is read', async () => {
    await admin.addOrders([{ n: 1 }, { n: 2 }, { n: 3 }]);
    const first = await page('limit=2');
    expect(first.orders.map(({ n }) => n)).toEqual([1, 2]);
    await admin.addOrders([{ n: 4 }]);
    const second = await page(`limit=2&cursor=${String(first.next)}`);
    expect(second.orders.map(({ n }) => n)).toEqual([3, 4]);
    expect(await page(`limit=2&cursor=${String(second.next)}`)).toEqual({ orders: [], next: null });
  });

  test('answers whoever has its key, and no cursor but its own', async () => {
    expect((await ask('', 'guessed')).status).toBe(401);
    expect((await ask('cursor=nonsense')).status).toBe(400);
    expect((await fetch(`${integration.url}/health`)).status).toBe(200);
    await expect(admin.setSwitches({ sleepy: true } as never)).rejects.toThrow('400');
  });

  test('misbehaves as it is told to, as often as it is told to', async () => {
    await admin.addOrders([{ n: 1 }, { n: 2 }]);
    await admin.setSwitches({ status: 429, retryAfterSeconds: 7, times: 1 });
    const refused = await ask('');
    expect([refused.status, refused.headers.get('Retry-After')]).toEqual([429, '7']);
    expect((await ask('')).status).toBe(200);
    await admin.resetSwitches();
    await admin.setSwitches({ broken: true });
    const { text } = await ask('');
    expect(() => void JSON.parse(text)).toThrow();
    await admin.resetSwitches();
    await admin.setSwitches({ repeated: true });
    const { next } = await page('limit=1');
    expect((await page(`limit=1&cursor=${String(next)}`)).orders).toEqual([{ n: 1 }]);
    await admin.setSwitches({ absent: true });
    await expect(ask('')).rejects.toThrow('fetch failed');
  });
});

describe('the reference integration as one that is told', () => {
  const notifySecret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
  const send = createWebhookSender({ allowPrivate: true });
  const notice = { type: 'order.completed', timestamp: '2026-11-23T10:00:00.000Z', data: { orderId: 'o' } };
  const message = { id: 'm1', body: Buffer.from(JSON.stringify(notice)), secrets: [notifySecret] };
  let told: ReferenceIntegration;
  let url: string;
  beforeEach(async () => {
    told = await startReferenceIntegration({ apiKey, notifySecret });
    url = `${told.url}/notices`;
  });
  afterEach(() => told.close());

  test('keeps a notice once, however often it comes', async () => {
    expect(await send({ ...message, url })).toEqual({ kind: 'delivered' });
    expect(await send({ ...message, url })).toEqual({ kind: 'delivered' });
    expect(told.notices()).toEqual([{ id: 'm1', notice, times: 2 }]);
    expect(await createIntegrationAdmin({ baseUrl: told.url, apiKey }).listNotices()).toEqual(told.notices());
  });

  test('takes what was signed with its secret, also among others, and lately', async () => {
    const other = `whsec_${Buffer.alloc(32, 8).toString('base64')}`;
    expect(await send({ ...message, url, secrets: [other] })).toMatchObject({ code: 'status_401' });
    expect(await send({ ...message, url, secrets: [other, notifySecret] })).toEqual({ kind: 'delivered' });
    const late = createWebhookSender({ allowPrivate: true, now: () => new Date(Date.now() - 301_000) });
    expect(await late({ ...message, url, id: 'm2' })).toMatchObject({ code: 'status_401' });
    const plain = await fetch(url, { method: 'POST', body: message.body });
    expect(plain.status).toBe(401);
    expect(told.notices()).toHaveLength(1);
  });

  test('takes none where it has no secret, or is told to fail', async () => {
    expect(await send({ ...message, url: `${integration.url}/notices` })).toMatchObject({ code: 'status_404' });
    const { setSwitches } = createIntegrationAdmin({ baseUrl: told.url, apiKey });
    await setSwitches({ noticeStatus: 410 });
    expect(await send({ ...message, url })).toEqual({ kind: 'gone', code: 'status_410' });
    expect(told.notices()).toEqual([]);
  });
});
