import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { getSlice } from '../../db/documents.ts';
import { listLog } from '../../db/log.ts';
import { putSecrets } from '../../db/source-secrets.ts';
import { putSource } from '../../db/sources.ts';
import { signBase64, signStandard } from '../../exchange/signatures.ts';
import { sourceProfileSchema } from '../../orders/source.ts';
import { makeOrderJson } from '../support/order-factory.ts';
import { type Answer, fakeTemporal, type Gateway, openGateway } from './gateway.ts';

const NEW = `whsec_${Buffer.alloc(24, 'new secret').toString('base64')}`;
const OLD = `whsec_${Buffer.alloc(24, 'old secret').toString('base64')}`;
const SHOP_SECRET = 'a shop secret & more';

const SOURCES = [
  { id: 'push', channel: 'api', webhook: { kind: 'standard' } },
  { id: 'careful', channel: 'api', webhook: { kind: 'standard' }, cardNumbers: 'refuse' },
  { id: 'slow', channel: 'api', webhook: { kind: 'standard', perMinute: 2 } },
  { id: 'off', channel: 'api', webhook: { kind: 'standard' }, active: false },
  { id: 'shopify', channel: 'ecommerce', webhook: { kind: 'shopify', shop: 'ours.myshopify.com' } },
  { id: 'woo', channel: 'ecommerce', webhook: { kind: 'woocommerce' } },
  {
    id: 'buyers',
    channel: 'api',
    cxml: {
      us: [{ domain: 'NetworkID', identity: 'AN01000009999' }],
      customers: [{ domain: 'DUNS', identity: '081466849', customerId: 'C-2001' }],
    },
    webhook: { kind: 'cxml', sender: { domain: 'networkID', identity: 'AN01000000001' } },
  },
];

let gateway: Gateway;
const lines: string[] = [];
beforeAll(async () => {
  gateway = await openGateway({ logLines: lines, env: { TEMPORAL_START_TIMEOUT_MS: '5000' } });
  const by = { actor: 'test', at: '2026-11-23T09:00:00.000Z' };
  for (const source of SOURCES) {
    const profile = sourceProfileSchema.parse(source);
    await putSource(gateway.store, profile, by);
    const secrets = profile.webhook?.kind === 'standard' ? [NEW, OLD] : [SHOP_SECRET];
    await putSecrets(gateway.store, profile.id, 'webhook', secrets, by);
  }
});
afterAll(() => gateway.close());
beforeEach(() => {
  gateway.deps.temporal = fakeTemporal({ start: () => Promise.resolve() });
  gateway.deps.now = () => new Date();
});

let count = 0;
const nextId = (): string => `msg_${String((count += 1))}`;
const bytesOf = (content: unknown): Buffer => Buffer.from(JSON.stringify(content));

/** Pushes as a Standard Webhooks sender does. */
const push = (body: Buffer, said: { source?: string; id?: string; secret?: string; ageSeconds?: number } = {}) => {
  const { source = 'push', id = nextId(), secret = NEW, ageSeconds = 0 } = said;
  const timestamp = String(Math.floor(Date.now() / 1000) - ageSeconds);
  return send(source, body, {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signStandard(secret, id, timestamp, body),
  });
};

const send = (source: string, body: Buffer, headers: Record<string, string>): Promise<Answer> =>
  gateway.call('POST', `/v1/webhooks/${source}`, { body, headers: { 'Content-Type': 'application/json', ...headers } });

const countRows = async (table: 'documents' | 'orders'): Promise<number> =>
  (await gateway.store.db.selectFrom(table).select('id').execute()).length;

/** Runs something, and tells how many documents and orders it made. */
const counting = async <T>(work: () => Promise<T>) => {
  const before = { documents: await countRows('documents'), orders: await countRows('orders') };
  const result = await work();
  const documents = (await countRows('documents')) - before.documents;
  return { result, made: { documents, orders: (await countRows('orders')) - before.orders } };
};

describe('a signed message', () => {
  test('is kept before the answer, and its order is started', async () => {
    const started: string[] = [];
    gateway.deps.temporal = fakeTemporal({ start: async (_type, { workflowId }) => void started.push(workflowId) });
    const { status, body } = await push(bytesOf(makeOrderJson()));
    expect(status).toBe(200);
    expect(body).toEqual({ documentId: expect.any(String), state: 'taken', orders: [{ orderId: expect.any(String) }] });
    expect(started).toEqual([`order:${String(body.orders[0].orderId)}`]);
    const [received] = await listLog(gateway.store, `document:${String(body.documentId)}`);
    expect(received).toMatchObject({ actor: 'source:push', action: 'document.received' });
  });

  test('may be signed with the secret of before', async () => {
    expect((await push(bytesOf(makeOrderJson()), { secret: OLD })).status).toBe(200);
  });

  test('is answered before Temporal is, however long that takes', async () => {
    gateway.deps.temporal = fakeTemporal({ start: () => new Promise(() => undefined) });
    const began = performance.now();
    expect((await push(bytesOf(makeOrderJson()))).status).toBe(200);
    // Starting is given up after 5 s: a start that was waited for would show.
    expect(performance.now() - began).toBeLessThan(4500);
  });

  test('that comes twenty times at once is one order, and every answer is the same', async () => {
    const body = bytesOf(makeOrderJson());
    const id = nextId();
    const { result, made } = await counting(() => Promise.all(Array.from({ length: 20 }, () => push(body, { id }))));
    expect(made).toEqual({ documents: 1, orders: 1 });
    expect(new Set(result.map((answer) => JSON.stringify([answer.status, answer.body]))).size).toBe(1);
  });

  test('is the same message when its sender wrote it anew under the same id', async () => {
    const order = makeOrderJson();
    const id = nextId();
    const first = await push(bytesOf(order), { id });
    const { result, made } = await counting(() => push(bytesOf({ ...order, notes: ['sent again'] }), { id }));
    expect(result.body).toEqual(first.body);
    expect(made).toEqual({ documents: 0, orders: 0 });
  });

  test('that cannot be read is kept once, answered with success, and looked at anew', async () => {
    const body = Buffer.from('{"poNumber": ');
    const id = nextId();
    const { result, made } = await counting(() => Promise.all([push(body, { id }), push(body, { id })]));
    expect(made).toEqual({ documents: 1, orders: 0 });
    for (const { status, body: answer } of result)
      expect([status, answer]).toEqual([
        200,
        expect.objectContaining({ state: 'refused', orders: [], documentId: result[0].body.documentId }),
      ]);
    expect(result[0].body.findings).toMatchObject([{ code: 'JSON.SYNTAX' }]);
    expect((await push(bytesOf(makeOrderJson()), { id })).body).toMatchObject({ state: 'taken' });
  });

  test('is refused where its source refuses card numbers, and nothing is kept', async () => {
    const order = makeOrderJson({ notes: ['card 4111 1111 1111 1111'] });
    const { result, made } = await counting(() => push(bytesOf(order), { source: 'careful' }));
    expect([result.status, result.body.type]).toEqual([422, '/problems/card-number']);
    expect(made).toEqual({ documents: 0, orders: 0 });
  });

  test('of a source that is switched off is turned away', async () => {
    expect((await push(bytesOf(makeOrderJson()), { source: 'off' })).status).toBe(403);
  });

  test('of a source that sends too many has to wait', async () => {
    const answers = [];
    for (let i = 0; i < 3; i += 1) answers.push(await push(bytesOf(makeOrderJson()), { source: 'slow' }));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(Number(answers[2]!.headers.get('Retry-After'))).toBeGreaterThan(0);
    gateway.deps.now = () => new Date(Date.now() + 60_000);
    const late = await push(bytesOf(makeOrderJson()), { source: 'slow', ageSeconds: -60 });
    expect(late.status).toBe(200);
  });

  test('may be no larger than orders are', async () => {
    expect((await push(Buffer.alloc(120_000, ' '))).status).toBe(413);
  });
});

describe('a forged message', () => {
  const body = bytesOf(makeOrderJson({ contact: { name: 'Never Logged', email: 'never@example.com' } }));
  const forgeries: readonly (readonly [string, () => Promise<Answer>])[] = [
    ['of another secret', () => push(body, { secret: `whsec_${Buffer.alloc(24, 7).toString('base64')}` })],
    ['that is old', () => push(body, { ageSeconds: 301 })],
    ['from the future', () => push(body, { ageSeconds: -301 })],
    ['without a signature', () => send('push', body, {})],
    ['for a source that pushes nothing', () => push(body, { source: 'web-shop' })],
    ['for a source that there is not', () => push(body, { source: 'nobody' })],
    ['for a source that is a card number', () => push(body, { source: '4111111111111111' })],
  ];

  test.each(forgeries)('%s is refused without a word why, and nothing is kept', async (_what, forge) => {
    lines.length = 0;
    const { result, made } = await counting(forge);
    expect(result.status).toBe(401);
    expect(result.body).toEqual({
      type: '/problems/not-authenticated',
      title: expect.any(String),
      status: 401,
      detail: 'the message is not signed as agreed',
      instance: expect.any(String),
    });
    expect(made).toEqual({ documents: 0, orders: 0 });
    const logged = lines.join('');
    expect(logged).toContain('a webhook was refused');
    expect(logged).toMatch(/"refusedSinceStart":\d+/);
    expect(logged).not.toMatch('4111111111111111');
    expect(logged).not.toMatch(/Never Logged|never@example/);
  });

  test('that changes the body or the id of a genuine one is refused', async () => {
    const timestamp = String(Math.floor(Date.now() / 1000));
    const signature = signStandard(NEW, 'msg_genuine', timestamp, body);
    const headers = { 'webhook-id': 'msg_genuine', 'webhook-timestamp': timestamp, 'webhook-signature': signature };
    expect((await send('push', Buffer.concat([body, Buffer.from(' ')]), headers)).status).toBe(401);
    expect((await send('push', body, { ...headers, 'webhook-id': 'msg_other' })).status).toBe(401);
    expect((await send('push', body, headers)).status).toBe(200);
  });
});

describe('Shopify', () => {
  const shopOrder = (changes: object = {}): Buffer =>
    bytesOf({
      ...makeOrderJson(),
      id: `90000000000000000${String((count += 1))}`,
      updated_at: '2026-11-23T10:00:00Z',
      ...changes,
    });
  const shopify = (body: Buffer, said: Record<string, string | undefined> = {}) => {
    const headers = {
      'X-Shopify-Topic': 'orders/create',
      'X-Shopify-Shop-Domain': 'ours.myshopify.com',
      'X-Shopify-API-Version': '2026-10',
      'X-Shopify-Webhook-Id': nextId(),
      'X-Shopify-Hmac-Sha256': signBase64(SHOP_SECRET, body),
      ...said,
    };
    const given = Object.entries<string | undefined>(headers).filter(
      (pair): pair is [string, string] => pair[1] !== undefined,
    );
    return send('shopify', body, Object.fromEntries(given));
  };

  test('an order is taken, and taken once under its webhook id', async () => {
    const body = shopOrder();
    const id = { 'X-Shopify-Webhook-Id': 'b54557e4' };
    const { result, made } = await counting(() => Promise.all([shopify(body, id), shopify(body, id)]));
    expect(result.map(({ status }) => status)).toEqual([200, 200]);
    expect(made).toEqual({ documents: 1, orders: 1 });
  });

  test('the same state of an order is the same message, whatever topic and id tell it', async () => {
    const state = { ...makeOrderJson(), id: '820982911946154508', updated_at: '2026-11-23T11:00:00Z' };
    const first = await shopify(bytesOf(state));
    const again = { ...state, fulfillments: [] };
    const { result, made } = await counting(() => shopify(bytesOf(again), { 'X-Shopify-Topic': 'orders/updated' }));
    expect(result.body).toEqual(first.body);
    expect(made).toEqual({ documents: 0, orders: 0 });
    const later = await shopify(bytesOf({ ...state, updated_at: '2026-11-23T11:00:01Z' }));
    expect(later.body.documentId).not.toBe(first.body.documentId);
  });

  test.each(['products/update', 'orders/edited', 'app/uninstalled'])('%s is answered and forgotten', async (topic) => {
    const { result, made } = await counting(() => shopify(shopOrder(), { 'X-Shopify-Topic': topic }));
    expect([result.status, result.body]).toEqual([200, { state: 'passed_over', orders: [] }]);
    expect(made).toEqual({ documents: 0, orders: 0 });
  });

  test.each(['Topic', 'Shop-Domain', 'API-Version', 'Webhook-Id'])(
    'without X-Shopify-%s it is not taken',
    async (name) => {
      expect((await shopify(shopOrder(), { [`X-Shopify-${name}`]: undefined })).status).toBe(400);
    },
  );

  test('another shop, or another secret, is not ours', async () => {
    expect((await shopify(shopOrder(), { 'X-Shopify-Shop-Domain': 'theirs.myshopify.com' })).status).toBe(401);
    const body = shopOrder();
    expect((await shopify(body, { 'X-Shopify-Hmac-Sha256': signBase64('guessed', body) })).status).toBe(401);
    expect((await shopify(body, { 'X-Shopify-Hmac-Sha256': undefined })).status).toBe(401);
  });
});

describe('WooCommerce', () => {
  const woo = (body: Buffer, said: Record<string, string> = {}) =>
    send('woo', body, {
      'X-WC-Webhook-Topic': 'order.created',
      'X-WC-Webhook-Delivery-ID': 'always-the-same',
      'X-WC-Webhook-Signature': signBase64(SHOP_SECRET, body),
      ...said,
    });

  test('two orders within a second have the same delivery id, and are two', async () => {
    const { result, made } = await counting(() =>
      Promise.all([woo(bytesOf(makeOrderJson())), woo(bytesOf(makeOrderJson()))]),
    );
    expect(result.map(({ status }) => status)).toEqual([200, 200]);
    expect(made).toEqual({ documents: 2, orders: 2 });
  });

  test('the same message again is the same order', async () => {
    const body = bytesOf({ ...makeOrderJson(), date_modified_gmt: '2026-11-23T10:00:00' });
    const { result, made } = await counting(() => Promise.all([woo(body), woo(body), woo(body)]));
    expect(new Set(result.map((answer) => JSON.stringify(answer.body))).size).toBe(1);
    expect(made).toEqual({ documents: 1, orders: 1 });
  });

  test('its creation ping is unsigned, and welcome', async () => {
    const ping = { 'Content-Type': 'application/x-www-form-urlencoded' };
    const { result, made } = await counting(() => send('woo', Buffer.from('webhook_id=7'), ping));
    expect([result.status, result.body.state]).toEqual([200, 'passed_over']);
    expect(made).toEqual({ documents: 0, orders: 0 });
    expect((await send('woo', Buffer.from('webhook_id=7&order=1'), ping)).status).toBe(401);
    expect((await send('woo', bytesOf(makeOrderJson()), ping)).status).toBe(401);
  });

  test('other topics are answered and forgotten, forged ones refused', async () => {
    const body = bytesOf({ id: 7 });
    expect((await woo(body, { 'X-WC-Webhook-Topic': 'order.deleted' })).body.state).toBe('passed_over');
    expect((await woo(body, { 'X-WC-Webhook-Signature': 'AAAA' })).status).toBe(401);
  });
});

describe('cXML', () => {
  const text = readFileSync(new URL('../orders/formats/fixtures/cxml/office-supplies.xml', import.meta.url), 'utf8');
  // What its sender put there, as XML writes it.
  const genuine = text.replace('p4ss &amp; word', SHOP_SECRET.replace('&', '&amp;'));
  const cxml = (body: string) => send('buyers', Buffer.from(body), { 'Content-Type': 'text/xml; charset=UTF-8' });
  const statusOf = ({ status, headers, body }: Answer) => [
    status,
    headers.get('Content-Type'),
    /<Status code="(\d+)"/.exec(String(body))?.[1],
  ];
  const XML = expect.stringMatching(/^text\/xml/);

  test('an order is taken, once for its payloadID, and answered as its sender understands', async () => {
    const { result, made } = await counting(() =>
      Promise.all([cxml(genuine), cxml(genuine.replace('08:20:00', '08:25:00'))]),
    );
    expect(result.map(statusOf)).toEqual([
      [200, XML, '200'],
      [200, XML, '200'],
    ]);
    expect(made).toEqual({ documents: 1, orders: 1 });
    expect(result[0].body).toMatch(/^<\?xml [^]*<cXML payloadID="[^"]+@order-staging" timestamp="[^"]+"/);
  });

  test('its secret is not kept', async () => {
    const rows = await gateway.store.db.selectFrom('orders').select('id').where('source', '=', 'buyers').execute();
    const { bytes } = await getSlice(gateway.store, rows[0]!.id);
    expect(Buffer.from(bytes).toString()).toContain('AN01000000001');
    expect(Buffer.from(bytes).toString()).not.toContain('a shop secret');
  });

  test.each([
    ['another secret', genuine.replace('a shop secret', 'another secret')],
    ['another sender', genuine.replace('AN01000000001', 'AN01000000002')],
    ['no sender', genuine.replace(/<Sender>[^]*<\/Sender>/, '')],
    ['no cXML', '<Order/>'],
    ['a cut document', genuine.slice(0, 3000)],
  ])('%s is answered 401 in a Response, and nothing is kept', async (_what, body) => {
    const { result, made } = await counting(() => cxml(body));
    expect(statusOf(result)).toEqual([200, XML, '401']);
    expect(made).toEqual({ documents: 0, orders: 0 });
  });

  test('what is for somebody else, or has no payloadID, is answered 400', async () => {
    const forOthers = genuine.replace('AN01000009999', 'AN01000008888').replace('.71.PO', '.72.PO');
    expect(statusOf(await cxml(forOthers))).toEqual([200, XML, '400']);
    expect(statusOf(await cxml(genuine.replace(/payloadID="[^"]*"/, 'payloadID=""')))).toEqual([200, XML, '400']);
  });

  test('what is told of a value is told of it as kept, without card numbers', async () => {
    const body = genuine.replace(/quantity="[^"]*"/, 'quantity="4111111111111111x"').replace('.71.PO', '.73.PO');
    const answer = await cxml(body);
    expect(statusOf(answer)).toEqual([200, XML, '400']);
    expect(answer.body).toContain('/@quantity is &quot;************1111x&quot;');
    expect(answer.body).not.toContain('4111111111111111');
  });
});

describe('putting secrets', () => {
  const put = (body: unknown, as = 'ada', source = 'push') =>
    gateway.call('PUT', `/v1/sources/${source}/secrets`, { as, body });

  test('makes them count at once, and tells their number only', async () => {
    const next = `whsec_${Buffer.alloc(32, 'next').toString('base64')}`;
    const answer = await put({ webhook: [next, NEW], poll: ['polling-key'] });
    expect([answer.status, answer.body]).toEqual([200, { webhook: 2, poll: 1, notify: 0, mail: 0 }]);
    expect((await push(bytesOf(makeOrderJson()), { secret: next })).status).toBe(200);
    expect((await push(bytesOf(makeOrderJson()), { secret: OLD })).status).toBe(401);
    expect((await put({ webhook: [NEW, OLD] })).body).toEqual({ webhook: 2, poll: 1, notify: 0, mail: 0 });
    const log = await listLog(gateway.store, 'source:push');
    expect(log.filter(({ action }) => action === 'source.secrets_put').at(-1)).toMatchObject({ actor: 'ada' });
  });

  test('takes an administrator, a source that there is, and secrets of its kind', async () => {
    expect((await put({ webhook: [NEW] }, 'olivia')).status).toBe(403);
    expect((await put({ webhook: [NEW] }, 'web-shop')).status).toBe(403);
    expect((await put({ webhook: [NEW] }, 'ada', 'nobody')).status).toBe(404);
    expect((await put({ webhook: [NEW, OLD, NEW] })).status).toBe(400);
    const wrong = await put({ webhook: [NEW, 'no-such-form'] });
    expect([wrong.status, wrong.body.errors]).toEqual([422, [expect.objectContaining({ pointer: '/webhook/1' })]]);
    expect(JSON.stringify(wrong.body)).not.toContain('no-such-form');
  });

  test('no profile shows them', async () => {
    const { body } = await gateway.call('GET', '/v1/sources', { as: 'ada' });
    expect(JSON.stringify(body)).toContain('"kind":"standard"');
    expect(JSON.stringify(body)).not.toMatch(/whsec_|shop secret/);
  });
});
