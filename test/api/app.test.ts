import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import { findSourceByKey } from '../../db/sources.ts';
import { listLog } from '../../db/log.ts';
import { makeOrderJson } from '../support/order-factory.ts';
import { fakeTemporal, type Gateway, membersOf, openGateway } from './gateway.ts';

let gateway: Gateway;
const logLines: string[] = [];
beforeAll(async () => {
  gateway = await openGateway({ logLines });
});
afterAll(() => gateway.close());
beforeEach(() => {
  gateway.deps.temporal = fakeTemporal({ start: () => Promise.resolve() });
});

describe('the gateway', () => {
  test('what is not served is a problem', async () => {
    const answer = await gateway.call('GET', '/v1/nothing');
    expect(answer).toMatchObject({
      status: 404,
      body: { type: '/problems/not-found', status: 404, instance: expect.any(String) },
    });
    expect(answer.headers.get('Content-Type')).toMatch('application/problem+json');
  });

  test('a method that is not offered is told which are', async () => {
    const answer = await gateway.call('DELETE', '/v1/orders');
    expect(answer).toMatchObject({ status: 405, body: { type: '/problems/method-not-allowed' } });
    expect(answer.headers.get('Allow')?.split(', ').sort()).toEqual(['GET', 'HEAD', 'OPTIONS', 'POST']);
  });

  test('JSON that is none is a problem, where no document is asked for', async () => {
    const answer = await gateway.call('POST', '/v1/orders/x/cancel', {
      as: 'olivia',
      body: '{"reason"',
      headers: { 'Content-Type': 'application/json' },
    });
    expect(answer).toMatchObject({
      status: 400,
      body: {
        type: '/problems/invalid-request',
        detail: expect.stringMatching(/^the body cannot be read as JSON at line 1, column 10:/),
      },
    });
  });

  test('JSON nested too deep is a problem, not a failure', async () => {
    const body = `{"reason":${'['.repeat(100_000)}`;
    expect(await gateway.call('POST', '/v1/orders/x/cancel', { as: 'olivia', body })).toMatchObject({
      status: 400,
      body: { detail: expect.stringMatching('nested deeper') },
    });
  });

  test('a card number is not said back, wherever it stood, and not noted', async () => {
    const card = '4111111111111111';
    logLines.length = 0;
    const headers = { 'X-Request-Id': card };
    const answers = [
      await gateway.call('GET', `/v1/orders?${card}=1`, { as: 'olivia', headers }),
      await gateway.call('POST', `/v1/orders?source=${card}`, { as: 'olivia', body: makeOrderJson() }),
      await gateway.call('POST', '/v1/orders/x/cancel', { as: 'olivia', body: { [card]: card } }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([400, 422, 400]);
    for (const answer of answers) expect(JSON.stringify([answer.body, ...answer.headers])).not.toMatch(card);
    await gateway.call('GET', `/v1/orders?poNumber=${card}`, { as: 'olivia' });
    expect(JSON.stringify(await listLog(gateway.store, 'actor:olivia'))).not.toMatch(card);
    expect(logLines.join('')).not.toMatch(card);
  });

  test('a body whose encoding is not what it says is told so', async () => {
    const headers = { 'Content-Encoding': 'gzip' };
    expect(await gateway.call('POST', '/v1/orders', { as: 'web-shop', body: 'no gzip', headers })).toMatchObject({
      status: 400,
      body: { detail: expect.stringMatching('Content-Encoding') },
    });
  });

  test('an encoding that is not known is answered with those that are', async () => {
    const headers = { 'Content-Encoding': 'compress' };
    const answer = await gateway.call('POST', '/v1/orders', { as: 'web-shop', body: 'x', headers });
    expect(answer.status).toBe(415);
    expect(answer.headers.get('Accept-Encoding')).toBe('gzip, deflate, br');
  });

  test('members that do not fit are named and not quoted', async () => {
    const answer = await gateway.call('POST', '/v1/orders/x/cancel', {
      as: 'olivia',
      body: { reason: 7, secret: 'hush' },
    });
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toEqual(expect.arrayContaining([expect.objectContaining({ pointer: '/reason' })]));
    expect(JSON.stringify(answer.body)).not.toMatch('hush');
  });

  test('a failure inside tells no more than its id', async () => {
    const { store } = gateway.deps;
    gateway.deps.store = { ...store, db: undefined as never };
    const answer = await gateway.call('GET', '/v1/orders', { as: 'ravi', headers: { 'X-Request-Id': 'req-1' } });
    gateway.deps.store = store;
    expect(answer).toMatchObject({ status: 500, body: { type: '/problems/internal-error', instance: 'req-1' } });
    expect(JSON.stringify(answer.body)).not.toMatch(/undefined|\.ts|stack/);
    expect(answer.headers.get('X-Request-Id')).toBe('req-1');
  });

  test('pages load nothing from elsewhere and are not framed', async () => {
    const { headers } = await gateway.call('GET', '/orders/new');
    const policy = headers.get('Content-Security-Policy');
    expect(policy).toMatch("default-src 'none'");
    expect(policy).toMatch("script-src 'self'");
    expect(policy).toMatch("frame-ancestors 'none'");
    expect(policy).not.toMatch('unsafe');
    expect(headers.get('X-Powered-By')).toBeNull();
  });

  test.each(['/orders/new', '/docs'])('all that %s loads is served', async (page) => {
    const { body } = await gateway.call('GET', page);
    const assets = [...String(body).matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, asset]) => String(asset));
    expect(assets.length).toBeGreaterThan(1);
    for (const asset of assets) expect((await gateway.call('GET', asset)).status).toBe(200);
  });

  test('the page for typing orders is got and nothing else', async () => {
    expect(await gateway.call('PUT', '/orders/new')).toMatchObject({ status: 405 });
  });

  test('the log tells routes, never content, keys or queries', async () => {
    logLines.length = 0;
    await gateway.call('POST', '/v1/orders', { as: 'web-shop', body: makeOrderJson() });
    await gateway.call('GET', '/v1/orders?poNumber=PO-PRIVATE', { as: 'ravi' });
    const log = logLines.join('');
    expect(log).toMatch('"route":"/v1/orders"');
    expect(log).not.toMatch(/pat@example|PO-PRIVATE|token-of|Market St/);
  });
});

describe('health', () => {
  test('the process answers', async () => {
    expect(await gateway.call('GET', '/healthz')).toMatchObject({ status: 200, body: { status: 'ok' } });
  });

  test('without Temporal and back office it is degraded, and says which', async () => {
    gateway.switches.set({ absent: true });
    const answer = await gateway.call('GET', '/readyz');
    gateway.switches.reset();
    expect(answer).toMatchObject({
      status: 200,
      body: { status: 'degraded', checks: { database: 'up', temporal: 'down', backOffice: 'down' } },
    });
  });

  test('without its database it is not ready', async () => {
    const { store } = gateway.deps;
    const gone = { selectFrom: () => { throw new Error('gone'); } }; // prettier-ignore
    gateway.deps.store = { ...store, db: gone as never };
    const answer = await gateway.call('GET', '/readyz');
    gateway.deps.store = store;
    expect(answer).toMatchObject({
      status: 503,
      body: { status: 'unavailable', checks: { database: 'down', backOffice: 'up' } },
    });
  });
});

describe("the API's document", () => {
  test('it is valid OpenAPI 3.1', async () => {
    const { body } = await gateway.call('GET', '/openapi.json');
    const result = await new Validator().validate(body);
    expect(result).toMatchObject({ valid: true });
    expect(body.openapi).toMatch(/^3\.1\./);
  });

  test('its references lead somewhere', async () => {
    const { body } = await gateway.call('GET', '/openapi.json');
    const references = [...JSON.stringify(body).matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference!);
    expect(references.length).toBeGreaterThan(10);
    for (const reference of new Set(references)) {
      const [, name] = /^#\/components\/schemas\/(\w+)$/.exec(reference) ?? [];
      expect(Object.keys(body.components.schemas)).toContain(name);
    }
  });

  test('everything in it is served, and answers problems as it says', async () => {
    const { body } = await gateway.call('GET', '/openapi.json');
    for (const [path, methods] of Object.entries(
      body.paths as Record<string, Record<string, { security: unknown[] }>>,
    )) {
      for (const [method, { security }] of Object.entries(methods)) {
        const answer = await gateway.call(method.toUpperCase(), path.replace(/\{\w+\}/g, 'some'));
        expect([method, path, answer.status === 401]).toEqual([method, path, security.length > 0]);
        expect([404, 405]).not.toContain(answer.status);
      }
    }
  });

  test('everything under /v1 that the interface promises so far is in it', async () => {
    const { body } = await gateway.call('GET', '/openapi.json');
    expect(Object.keys(body.paths)).toEqual(
      expect.arrayContaining([
        '/v1/orders', '/v1/orders/validate', '/v1/orders/{id}', '/v1/orders/{id}/document', '/v1/orders/{id}/log', '/v1/orders/{id}/verdict', '/v1/orders/{id}/verdict/again', '/v1/orders/{id}/cancel',
        '/v1/reviews', '/v1/orders/{id}/review/claim', '/v1/orders/{id}/review/release', '/v1/orders/{id}/review/approve',
        '/v1/orders/{id}/review/reject', '/v1/orders/{id}/review/correct', '/v1/documents/{id}', '/v1/edi/run', '/v1/sources',
        '/v1/sources/{id}', '/v1/customers', '/v1/products', '/v1/rules', '/v1/rules/{code}',
        '/v1/rules/{code}/approve', '/v1/rules/{code}/withdraw', '/v1/rules/export', '/v1/rules/import', '/v1/rules/{code}/simulate', '/v1/simulations', '/v1/simulations/{id}', '/healthz', '/readyz', '/openapi.json', '/docs',
      ]),
    ); // prettier-ignore
  });

  test('the page lists the operations, and problems are found on it', async () => {
    const { body } = await gateway.call('GET', '/docs');
    expect(body).toMatch('POST /v1/orders/{id}/review/approve');
    const problem = await gateway.call('GET', '/problems/key-reused');
    expect(problem.headers.get('Location')).toBe('/docs#key-reused');
    expect(body).toMatch('id="key-reused"');
  });
});

describe('sources, look-ups, rules and the EDI batch', () => {
  test('a new source gets a key, once, and its change is in the audit trail', async () => {
    const made = await gateway.call('PUT', '/v1/sources/new-shop', { as: 'ada', body: { channel: 'ecommerce' } });
    expect(made).toMatchObject({ status: 201, body: { source: { id: 'new-shop', gate: 'live', slaHours: 4 } } });
    expect(await findSourceByKey(gateway.store, made.body.apiKey)).toMatchObject({ id: 'new-shop' });
    const changed = await gateway.call('PUT', '/v1/sources/new-shop', {
      as: 'ada',
      body: { channel: 'ecommerce', gate: 'paused' },
    });
    expect(changed).toMatchObject({ status: 200, body: { source: { gate: 'paused' } } });
    expect(changed.body.apiKey).toBeUndefined();
    expect(await findSourceByKey(gateway.store, made.body.apiKey)).toMatchObject({ gate: 'paused' });
    expect((await listLog(gateway.store, 'source:new-shop')).map(({ actor }) => actor)).toEqual(['ada', 'ada']);
  });

  test('a profile that is none is refused with the places', async () => {
    const answer = await gateway.call('PUT', '/v1/sources/new-shop', {
      as: 'ada',
      body: { channel: 'fax', slaHours: 0 },
    });
    expect(answer).toMatchObject({ status: 422, body: { type: '/problems/invalid-profile' } });
    expect(membersOf(answer.body.errors, 'pointer')).toEqual(['/channel', '/slaHours']);
    expect(
      (await gateway.call('PUT', '/v1/sources/new-shop', { as: 'ada', body: { id: 'other', channel: 'api' } })).status,
    ).toBe(422);
  });

  test.each([
    [{ channel: 'edi' }, '/x12'],
    [{ channel: 'api', defaults: { currency: 'usd' } }, '/defaults/currency'],
    [{ channel: 'api', defaults: { customerId: 'pat@example.com' } }, '/defaults/customerId'],
    [
      { channel: 'edi', x12: { partner: { qualifier: 'ZZ', id: 'A*B' }, us: { qualifier: 'ZZ', id: 'US' } } },
      '/x12/partner/id',
    ],
    [{ channel: 'api', formats: ['csv'], mapping: { lines: '/items', order: {}, line: {} } }, '/mapping'],
  ])('a profile that could take no order is refused: %j', async (body, pointer) => {
    const answer = await gateway.call('PUT', '/v1/sources/new-edi', { as: 'ada', body });
    expect(answer.status).toBe(422);
    expect(membersOf(answer.body.errors, 'pointer')).toEqual([pointer]);
  });

  test('a column for a field that there is not is refused in words', async () => {
    const body = { channel: 'api', csv: { columns: { qty: 'Menge' } } };
    const answer = await gateway.call('PUT', '/v1/sources/new-csv', { as: 'ada', body });
    expect(answer).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/csv/columns/qty', detail: 'must be a field of an order such as "unitPrice"' }] },
    });
  });

  test('only an administrator changes sources; everybody sees their own', async () => {
    expect((await gateway.call('PUT', '/v1/sources/desk', { as: 'sofia', body: { channel: 'manual' } })).status).toBe(
      403,
    );
    const ids = async (as: string) => membersOf((await gateway.call('GET', '/v1/sources', { as })).body.items, 'id');
    expect(await ids('walt')).toEqual(['web-shop']);
    expect(await ids('edi-northwind')).toEqual(['edi-northwind']);
    expect(await ids('axel')).toEqual(expect.arrayContaining(['desk', 'web-shop']));
  });

  test('customers and products come from the back office', async () => {
    const { body } = await gateway.call('GET', '/v1/customers?q=C-10', { as: 'olivia' });
    expect(body.items).toEqual(expect.arrayContaining([expect.objectContaining({ id: 'C-1001' })]));
    const limited = await gateway.call('GET', '/v1/customers?q=C-', { as: 'cora' });
    expect(membersOf(limited.body.items, 'id')).toEqual(['C-1001']);
    expect((await gateway.call('GET', '/v1/products?q=SKU-1', { as: 'olivia' })).body.items[0]).toMatchObject({
      sku: 'SKU-1',
    });
    expect((await gateway.call('GET', '/v1/products?q=', { as: 'olivia' })).status).toBe(400);
    expect((await gateway.call('GET', '/v1/products?q=SKU', { as: 'web-shop' })).status).toBe(403);
  });

  test('the rules can be read', async () => {
    const { body } = await gateway.call('GET', '/v1/rules', { as: 'axel' });
    expect(body.items).toEqual(
      expect.arrayContaining([expect.objectContaining({ code: 'TOTAL.MISMATCH', version: 1 })]),
    );
  });

  test('an operator starts the EDI batch', async () => {
    const started: string[] = [];
    gateway.deps.temporal = fakeTemporal({
      start: async (type, { workflowId }) => void started.push(`${type} ${workflowId}`),
    });
    const answer = await gateway.call('POST', '/v1/edi/run', { as: 'olivia' });
    expect(answer.status).toBe(202);
    expect(started).toEqual([`ediBatchWorkflow ${answer.body.workflowId}`]);
    expect(answer.body.links.temporal).toMatch(encodeURIComponent(answer.body.workflowId));
    expect((await gateway.call('POST', '/v1/edi/run', { as: 'axel' })).status).toBe(403);
    gateway.deps.temporal = fakeTemporal({});
    expect(await gateway.call('POST', '/v1/edi/run', { as: 'olivia' })).toMatchObject({
      status: 503,
      body: { type: '/problems/engine-unavailable' },
    });
  });
});
