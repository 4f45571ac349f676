import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { getDocument, getSlice } from '../../db/documents.ts';
import { listFindings } from '../../db/findings.ts';
import { getOrder, moveOrder } from '../../db/orders.ts';
import { makeOrderJson } from '../support/order-factory.ts';
import { type Answer, type Ask, fakeTemporal, type Gateway, membersOf, openGateway, orderIdOf } from './gateway.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(() => gateway.close());
beforeEach(() => {
  gateway.deps.temporal = fakeTemporal({ start: () => Promise.resolve() });
});

const post = (body: unknown, ask: Omit<Ask, 'body'> = {}): Promise<Answer> =>
  gateway.call('POST', '/v1/orders', { as: 'web-shop', ...ask, body });
const countDocuments = async (): Promise<number> =>
  (await gateway.store.db.selectFrom('documents').select('id').execute()).length;

const X12 = [
  'ISA*00*          *00*          *ZZ*NORTHWIND      *ZZ*ORDERSTAGING   *261123*1200*U*00401*000000001*0*P*>',
  'GS*PO*NORTHWIND*ORDERSTAGING*20261123*1200*1*X*004010',
  'ST*850*0001',
  'BEG*00*SA*PO-9001**20261123',
  'CUR*BY*USD',
  'N1*ST*Northwind*92*DC1',
  'N3*1 Dock Rd',
  'N4*Oakland*CA*94607*US',
  'PO1*1*10*EA*19.99**VN*SKU-1',
  'CTT*1',
  'SE*9*0001',
  'GE*1*1',
  'IEA*1*000000001',
].map((segment) => `${segment}~`).join(''); // prettier-ignore

describe('sending an order in', () => {
  test('it is kept before the answer, and the answer says where it is', async () => {
    const answer = await post(makeOrderJson());
    const orderId = orderIdOf(answer);
    expect(answer.status).toBe(202);
    expect(answer.headers.get('Location')).toBe(`/v1/orders/${orderId}`);
    expect(answer.body.orders).toMatchObject([
      { state: 'received', revision: 1, links: { self: `/v1/orders/${orderId}` } },
    ]);
    expect(await getOrder(gateway.store, orderId)).toMatchObject({
      source: 'web-shop',
      channel: 'ecommerce',
      operator_id: null,
    });
  });

  test('its workflow is started under its own id', async () => {
    const started: string[] = [];
    gateway.deps.temporal = fakeTemporal({
      start: async (type, { workflowId }) => void started.push(`${type} ${workflowId}`),
    });
    const answer = await post(makeOrderJson());
    expect(started).toEqual([`orderWorkflow order:${orderIdOf(answer)}`]);
  });

  test('it is kept while Temporal is away', async () => {
    gateway.deps.temporal = fakeTemporal({});
    const answer = await post(makeOrderJson());
    expect(answer.status).toBe(202);
    expect(await getOrder(gateway.store, orderIdOf(answer))).toMatchObject({ state: 'received' });
  });

  test('a Temporal that hangs delays the answer by no more than the limit', async () => {
    gateway.deps.temporal = fakeTemporal({ start: () => new Promise(() => undefined) });
    const began = performance.now();
    expect((await post(makeOrderJson())).status).toBe(202);
    expect(performance.now() - began).toBeLessThan(30_000);
  });

  test('what a person types is for the desk, and it is known who typed it', async () => {
    const answer = await post(makeOrderJson(), { as: 'olivia' });
    expect(await getOrder(gateway.store, orderIdOf(answer))).toMatchObject({
      source: 'desk',
      channel: 'manual',
      operator_id: 'olivia',
    });
  });

  test('a person may say for which source they send', async () => {
    const answer = await gateway.call('POST', '/v1/orders?source=web-shop', { as: 'ada', body: makeOrderJson() });
    expect(await getOrder(gateway.store, orderIdOf(answer))).toMatchObject({ source: 'web-shop', operator_id: 'ada' });
  });

  test('X12 is kept whole until it is split, and its workflow is started', async () => {
    const started: string[] = [];
    gateway.deps.temporal = fakeTemporal({
      start: async (type, { workflowId }) => void started.push(`${type} ${workflowId}`),
    });
    const answer = await post(X12, { as: 'edi-northwind', headers: { 'Content-Type': 'application/edi-x12' } });
    expect(answer).toMatchObject({ status: 202, body: { orders: [] } });
    const { documentId } = answer.body;
    expect(answer.headers.get('Location')).toBe(`/v1/documents/${documentId}`);
    expect(await getDocument(gateway.store, documentId)).toMatchObject({
      state: 'received',
      format: 'x12',
      channel: 'edi',
    });
    expect(started).toEqual([`documentWorkflow document:${documentId}`]);
  });

  test('without a usable content type the bytes tell the format', async () => {
    const json = await post(JSON.stringify(makeOrderJson()), {
      headers: { 'Content-Type': 'application/octet-stream' },
    });
    expect(json.body.orders).toHaveLength(1);
    const x12 = await post(X12.replaceAll('PO-9001', 'PO-9002'), {
      as: 'edi-northwind',
      headers: { 'Content-Type': 'text/plain' },
    });
    expect(x12).toMatchObject({ status: 202, body: { orders: [] } });
  });
});

describe('the same again', () => {
  test('the same key and body answer with the same order', async () => {
    const order = makeOrderJson();
    const headers = { 'Idempotency-Key': '"key-1"' };
    const first = await post(order, { headers });
    const second = await post(order, { headers: { 'Idempotency-Key': 'key-1' } });
    expect(second).toMatchObject({
      status: 202,
      body: { documentId: first.body.documentId, orders: [{ orderId: orderIdOf(first) }] },
    });
  });

  test('the same key with another body is refused and nothing is kept', async () => {
    const headers = { 'Idempotency-Key': 'key-2' };
    await post(makeOrderJson(), { headers });
    const before = await countDocuments();
    expect(await post(makeOrderJson(), { headers })).toMatchObject({
      status: 422,
      body: { type: '/problems/key-reused' },
    });
    expect(await countDocuments()).toBe(before);
  });

  test('the same content without a key is the same order, for the same source only', async () => {
    const order = makeOrderJson();
    const first = await post(order);
    expect(orderIdOf(await post(order))).toBe(orderIdOf(first));
    expect(orderIdOf(await post(order, { as: 'api-zapco' }))).not.toBe(orderIdOf(first));
  });

  test('twenty at once make one order', async () => {
    const order = makeOrderJson();
    const headers = { 'Idempotency-Key': 'key-3' };
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(order, { headers })));
    expect(new Set(answers.map(orderIdOf)).size).toBe(1);
    expect(answers.every(({ status }) => status === 202)).toBe(true);
  });

  test.each([
    ['empty', ''],
    ['blank', ' '],
    ['too long', 'x'.repeat(256)],
    ['in two words', 'two words'],
  ])('a key that is %s is refused', async (_, key) => {
    const answer = await post(makeOrderJson(), { headers: { 'Idempotency-Key': key } });
    expect(answer).toMatchObject({ status: 400, body: { type: '/problems/invalid-request' } });
  });
});

describe('waiting for the automatic part', () => {
  const finishAs = (state: 'completed' | 'rejected' | 'in_review') => {
    gateway.deps.temporal = fakeTemporal({
      executeUpdateWithStart: async () => {
        const rows = await gateway.store.db.selectFrom('orders').select('id').where('state', '=', 'received').execute();
        for (const { id } of rows)
          await moveOrder(gateway.store, { orderId: id, revision: 1 }, ['received'], state, new Date().toISOString());
      },
    });
  };
  const wait = (body: unknown) => post(body, { headers: { Prefer: 'respond-async, wait=5' } });

  test.each([
    ['completed', 201],
    ['in_review', 202],
    ['rejected', 422],
  ] as const)('%s answers %d', async (state, status) => {
    finishAs(state);
    const order = makeOrderJson();
    const answer = await wait(order);
    expect(answer).toMatchObject({ status, body: { orders: [{ state }] } });
    expect(answer.headers.get('Preference-Applied')).toBe('wait=5');
    expect(answer.headers.get('Location')).toMatch(/^\/v1\/orders\//);
    // Again, though the workflow has ended: what is kept answers.
    gateway.deps.temporal = fakeTemporal({});
    expect(await wait(order)).toMatchObject({ status, body: { orders: [{ state }] } });
  });

  test('a rejection is a problem that carries the findings', async () => {
    finishAs('rejected');
    const answer = await wait(makeOrderJson());
    expect(answer.headers.get('Content-Type')).toMatch('application/problem+json');
    expect(answer.body).toMatchObject({ type: '/problems/order-rejected', status: 422, findings: [] });
  });

  test('when the time is over the answer is where the order stands', async () => {
    gateway.deps.temporal = fakeTemporal({ executeUpdateWithStart: () => new Promise(() => undefined) });
    const answer = await post(makeOrderJson(), { headers: { Prefer: 'wait=1' } });
    expect(answer).toMatchObject({ status: 202, body: { orders: [{ state: 'received' }] } });
  });
});

describe('what is not taken', () => {
  const refused = async (answer: Answer, status: number, kind: string) => {
    expect(answer).toMatchObject({ status, body: { type: `/problems/${kind}`, status } });
    expect(answer.headers.get('Content-Type')).toMatch('application/problem+json');
  };

  test('nobody without a key', async () => {
    const answer = await gateway.call('POST', '/v1/orders', { body: makeOrderJson() });
    await refused(answer, 401, 'not-authenticated');
    expect(answer.headers.get('WWW-Authenticate')).toMatch(/^Bearer/);
  });

  test('nobody with a wrong key', async () => {
    const answer = await post(makeOrderJson(), { as: 'stranger' });
    await refused(answer, 401, 'not-authenticated');
    expect(answer.headers.get('WWW-Authenticate')).toMatch('invalid_token');
  });

  test('an unknown source', async () => {
    await refused(
      await gateway.call('POST', '/v1/orders?source=nowhere', { as: 'ada', body: makeOrderJson() }),
      422,
      'unknown-source',
    );
  });

  test('a source that is switched off', async () => {
    await refused(await post(makeOrderJson(), { as: 'old-shop' }), 403, 'source-inactive');
  });

  test("a source's key for another source", async () => {
    await refused(
      await gateway.call('POST', '/v1/orders?source=api-zapco', { as: 'web-shop', body: makeOrderJson() }),
      403,
      'not-allowed',
    );
  });

  test('a person without the role, or for a source that is not theirs', async () => {
    await refused(await post(makeOrderJson(), { as: 'ravi' }), 403, 'not-allowed');
    await refused(await post(makeOrderJson(), { as: 'walt' }), 403, 'not-allowed');
  });

  test('an order for a customer who is not theirs', async () => {
    await refused(await post(makeOrderJson({ customerId: 'C-2001' }), { as: 'cora' }), 403, 'not-allowed');
    expect((await post(makeOrderJson({ customerId: 'C-1001' }), { as: 'cora' })).status).toBe(202);
  });

  test('a body that is too large', async () => {
    await refused(await post(makeOrderJson({ notes: ['x'.repeat(100_001)] })), 413, 'too-large');
  });

  test('an empty body', async () => {
    await refused(await post('', { headers: { 'Content-Type': 'application/json' } }), 400, 'invalid-request');
  });

  test('a body that cannot be read is kept, without its card number', async () => {
    const answer = await post('{"poNumber": "P", "notes": ["4111 1111 1111 1111"', {
      headers: { 'Content-Type': 'application/json' },
    });
    await refused(answer, 400, 'unreadable-document');
    const { documentId, findings } = answer.body;
    expect(findings).toEqual(
      expect.arrayContaining([expect.objectContaining({ code: 'JSON.SYNTAX', category: 'data_format' })]),
    );
    expect(await getDocument(gateway.store, documentId)).toMatchObject({
      state: 'refused',
      source: 'web-shop',
      format: 'json',
    });
    const shown = await gateway.call('GET', `/v1/documents/${documentId}`, { as: 'web-shop' });
    expect(shown).toMatchObject({
      status: 200,
      body: { state: 'refused', findings: expect.arrayContaining([expect.objectContaining({ code: 'JSON.SYNTAX' })]) },
    });
    expect(JSON.stringify([answer.body, shown.body])).not.toMatch(/4111 ?1111/);
  });

  test.each([['\u0000\u0001', 'application/octet-stream', 415, 'unsupported-format']])(
    '%j as %s',
    async (body, type, status, kind) => {
      const before = await countDocuments();
      await refused(await post(body, { headers: { 'Content-Type': type } }), status, kind);
      expect(await countDocuments()).toBe(before);
    },
  );

  test('X12 from a source without a partner profile, JSON from an EDI source', async () => {
    await refused(await post(X12, { headers: { 'Content-Type': 'application/edi-x12' } }), 422, 'wrong-channel');
    await refused(await post(makeOrderJson(), { as: 'edi-northwind' }), 422, 'wrong-channel');
  });

  test('a card number, from a source that sends none', async () => {
    const before = await countDocuments();
    await refused(
      await post(makeOrderJson({ notes: ['card 4111111111111111'] }), { as: 'api-zapco' }),
      422,
      'card-number',
    );
    expect(await countDocuments()).toBe(before);
  });

  test('a card number from others is masked before it is kept, and told', async () => {
    const answer = await post(makeOrderJson({ notes: ['card 4111111111111111'] }));
    expect(answer.status).toBe(202);
    const { bytes } = await getSlice(gateway.store, orderIdOf(answer));
    expect(Buffer.from(bytes).toString()).toMatch('card ************1111');
    expect(await listFindings(gateway.store, `order:${orderIdOf(answer)}`, 1)).toMatchObject([{ code: 'CARD.MASKED' }]);
  });
});

describe('a dry run', () => {
  const validate = (body: unknown, ask: Ask = {}) =>
    gateway.call('POST', '/v1/orders/validate', { as: 'web-shop', ...ask, body });
  const countRows = async () => {
    const tables = [
      'documents',
      'orders',
      'fingerprints',
      'order_processing_log',
      'outbox',
      'order_staging_errors',
      'data_keys',
    ] as const;
    return Promise.all(
      tables.map(async (table) => (await gateway.store.db.selectFrom(table).selectAll().execute()).length),
    );
  };

  test('it answers with the canonical order and nothing wrong with a good one', async () => {
    const answer = await validate(makeOrderJson({ requestedDeliveryDate: null }));
    expect(answer).toMatchObject({
      status: 200,
      body: { order: { source: 'web-shop', total: '199.90' }, findings: [] },
    });
  });

  test('it finds what the rules find, and keeps nothing', async () => {
    const before = await countRows();
    const answer = await validate(makeOrderJson({ total: '200.00', customerId: 'C-NONE' }));
    const codes = membersOf(answer.body.findings, 'code');
    expect(codes).toEqual(expect.arrayContaining(['TOTAL.MISMATCH', 'CUSTOMER.UNKNOWN']));
    await validate('{"broken', { headers: { 'Content-Type': 'application/json' } });
    expect(await countRows()).toEqual(before);
  });

  test('an order that is none has findings and no order', async () => {
    const answer = await validate({ poNumber: 'P' });
    expect(answer.body.order).toBeNull();
    expect(answer.body.findings).toEqual(
      expect.arrayContaining([expect.objectContaining({ code: 'JSON.REQUIRED', path: '/lines' })]),
    );
  });

  test('one X12 order is judged too', async () => {
    const answer = await validate(X12, { as: 'edi-northwind', headers: { 'Content-Type': 'application/edi-x12' } });
    expect(answer).toMatchObject({ status: 200, body: { order: { poNumber: 'PO-9001', customerId: 'C-2001' } } });
  });

  test('a back office that is away is said to be', async () => {
    gateway.switches.set({ absent: true });
    const answer = await validate(makeOrderJson());
    gateway.switches.reset();
    expect(answer).toMatchObject({ status: 503, body: { type: '/problems/back-office-unavailable' } });
    expect(answer.headers.get('Retry-After')).toMatch(/^\d+$/);
  });
});
