import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { listDecisions } from '../../db/decisions.ts';
import { putFindings } from '../../db/findings.ts';
import { putFulfilments } from '../../db/fulfilment.ts';
import { listLog } from '../../db/log.ts';
import { columnsOf, moveOrder, putRevision } from '../../db/orders.ts';
import { inTransaction } from '../../db/store.ts';
import { orderSchema } from '../../orders/order.ts';
import { makeOrderJson } from '../support/order-factory.ts';
import { runCli } from '../cli/run-cli.ts';
import { fakeTemporal, type Gateway, membersOf, openGateway, orderIdOf, tokenOf } from './gateway.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await openGateway();
  gateway.deps.temporal = fakeTemporal({ start: () => Promise.resolve() });
});
afterAll(() => gateway.close());

const at = () => new Date().toISOString();
const get = (path: string, as = 'axel') => gateway.call('GET', path, { as });

/** Sends an order in and, as its workflow would, parses it. */
const sendParsed = async (changes: Record<string, unknown> = {}, as = 'web-shop'): Promise<string> => {
  const content = makeOrderJson(changes);
  const orderId = orderIdOf(await gateway.call('POST', '/v1/orders', { as, body: content }));
  const order = orderSchema.parse({ source: 'web-shop', ...content });
  const ref = { orderId, revision: 1 };
  await putRevision(gateway.store, ref, order, { origin: 'parsed', actor: 'worker', at: at() });
  await moveOrder(gateway.store, ref, ['received'], 'parsed', at(), columnsOf(order));
  return orderId;
};

describe('searching orders', () => {
  test('pages follow one another, newest first, and end', async () => {
    const customerId = 'C-PAGES';
    const sent: string[] = [];
    for (let count = 0; count < 5; count++) sent.push(await sendParsed({ customerId }));
    const seen: string[] = [];
    let path: string | null = `/v1/orders?customerId=${customerId}&limit=2`;
    while (path) {
      const { status, body } = await get(path);
      expect(status).toBe(200);
      seen.push(...membersOf(body.items, 'orderId'));
      path = body.nextCursor === null ? null : `/v1/orders?customerId=${customerId}&limit=2&cursor=${body.nextCursor}`;
    }
    expect(seen).toEqual(sent.reverse());
  });

  test('filters narrow the list', async () => {
    const orderId = await sendParsed({ customerId: 'C-FILTER' });
    const found = async (query: string) =>
      membersOf((await get(`/v1/orders?customerId=C-FILTER&${query}`)).body.items, 'orderId').length;
    expect(await found('state=parsed&source=web-shop&channel=ecommerce')).toBe(1);
    expect(await found('state=completed')).toBe(0);
    expect(await found('receivedFrom=2020-01-01T00:00:00%2B02:00')).toBe(1);
    expect(await found('receivedTo=2020-01-01T00:00:00Z')).toBe(0);
    expect((await get(`/v1/orders/${orderId}`)).body.customerId).toBe('C-FILTER');
  });

  test.each(['state=lost', 'limit=201', 'limit=0', 'nothing=1', 'receivedFrom=yesterday', 'cursor=AAAA'])(
    '%s is refused',
    async (query) => {
      expect(await get(`/v1/orders?${query}`)).toMatchObject({
        status: 400,
        body: { type: '/problems/invalid-request' },
      });
    },
  );

  test('everybody sees what is theirs only', async () => {
    const mine = await sendParsed({ customerId: 'C-1001' });
    const others = await sendParsed({ customerId: 'C-2001' }, 'api-zapco');
    const listed = async (as: string) => {
      const { body } = await get('/v1/orders?limit=200', as);
      return membersOf(body.items, 'orderId');
    };
    expect(await listed('axel')).toEqual(expect.arrayContaining([mine, others]));
    for (const limited of ['web-shop', 'walt', 'cora']) {
      expect(await listed(limited)).toContain(mine);
      expect(await listed(limited)).not.toContain(others);
      for (const part of ['', '/document', '/log', '/cancel']) {
        if (part === '/log' && limited === 'web-shop') continue;
        const method = part === '/cancel' ? 'POST' : 'GET';
        const answer = await gateway.call(method, `/v1/orders/${others}${part}`, {
          as: limited,
          ...(part === '/cancel' && { body: { reason: 'x' } }),
        });
        expect([part, answer.status]).toEqual([part, 404]);
      }
    }
  });

  test("a person's list is noted on the person", async () => {
    await get('/v1/orders?poNumber=PO-NOTED', 'axel');
    const last = (await listLog(gateway.store, 'actor:axel')).at(-1);
    expect(last).toMatchObject({ action: 'orders.listed', actor: 'axel' });
    expect(JSON.parse(last!.detail_json)).toEqual({ purpose: 'audit', poNumber: 'PO-NOTED', rows: 0 });
  });
});

describe('one order', () => {
  test('it is shown with content, revisions and findings', async () => {
    const orderId = await sendParsed();
    const finding = {
      code: 'UNIT.MISMATCH', category: 'business_rule', disposition: 'warn', path: '/lines/0/unit', message: 'm', evidence: null, location: {},
    } as const; // prettier-ignore
    await putFindings(gateway.store, { subject: `order:${orderId}`, revision: 1, step: 'validate', at: at() }, [
      finding,
    ]);
    expect((await get(`/v1/orders/${orderId}`)).body).toMatchObject({
      orderId,
      state: 'parsed',
      erasedAt: null,
      order: { contact: { email: 'pat@example.com' } },
      revisions: [{ revision: 1, origin: 'parsed', createdBy: 'worker' }],
      findings: [finding],
      holds: [],
      lineHolds: [],
      fulfilment: [],
      review: null,
      decisions: [],
      acknowledgments: [],
      links: { temporal: `http://127.0.0.1:8233/namespaces/order-staging/workflows/order%3A${orderId}` },
    });
  });

  test('it is shown what of each line goes now, and which lines wait', async () => {
    const orderId = await sendParsed();
    const goes = { allocations: [{ warehouse: 'EAST', quantity: '7' }], waiting: '3' };
    const ref = { orderId, revision: 1 };
    await inTransaction(gateway.store, (tx) => putFulfilments(tx, ref, [goes], { clearedBy: 'recheck', at: at() }));
    expect((await get(`/v1/orders/${orderId}`, 'web-shop')).body).toMatchObject({
      fulfilment: [{ line: '1', ...goes }],
      lineHolds: [{ line: '1', position: 1, code: 'STOCK.SHORT', waiting: '3' }],
    });
    const env = { ORDER_STAGING_URL: gateway.url, ORDER_STAGING_TOKEN: tokenOf('olivia') };
    expect((await runCli('cli/orders.ts', ['show', orderId], env)).stdout).toMatch(
      /^line waits\s+1: 3 \(STOCK\.SHORT\)$/m,
    );
  });

  test('before it is parsed there is no content yet', async () => {
    const answer = await gateway.call('POST', '/v1/orders', { as: 'web-shop', body: makeOrderJson() });
    expect((await get(`/v1/orders/${answer.body.orders[0].orderId}`)).body).toMatchObject({
      order: null,
      state: 'received',
      erasedAt: null,
    });
  });

  test('each reading by a person is a row of its own in its audit trail; a source leaves none', async () => {
    const orderId = await sendParsed();
    await Promise.all([get(`/v1/orders/${orderId}`, 'axel'), get(`/v1/orders/${orderId}`, 'axel')]);
    await get(`/v1/orders/${orderId}`, 'web-shop');
    const { body } = await get(`/v1/orders/${orderId}/log`);
    const entries = body.items as { action: string; actor: string }[];
    const readers = entries.filter(({ action }) => action === 'order.read').map(({ actor }) => actor);
    expect(readers).toEqual(['axel', 'axel']);
  });

  test('a reading has its purpose in the audit trail: the one that is named, or the one that goes with the role', async () => {
    const orderId = await sendParsed();
    await get(`/v1/orders/${orderId}`, 'axel');
    const read = (purpose: string) =>
      gateway.call('GET', `/v1/orders/${orderId}`, { as: 'ravi', headers: { 'X-Purpose': purpose } });
    expect((await read('dispute')).status).toBe(200);
    expect((await read('because Pat Example called')).status).toBe(400);
    const { body } = await get(`/v1/orders/${orderId}/log`);
    const entries = body.items as { action: string; actor: string; detail: { purpose?: string } }[];
    const readings = entries.filter(({ action }) => action === 'order.read');
    expect(readings.map(({ actor, detail }) => [actor, detail.purpose])).toEqual([
      ['axel', 'audit'],
      ['ravi', 'dispute'],
    ]);
  });

  test('the document comes back as it was received, to be saved and not shown', async () => {
    const text = JSON.stringify(makeOrderJson({ notes: ['naïve <script>'] }), null, 3);
    const sent = await gateway.call('POST', '/v1/orders', {
      as: 'web-shop',
      body: text,
      headers: { 'Content-Type': 'application/json' },
    });
    const { orderId } = sent.body.orders[0];
    const response = await fetch(`${gateway.url}/v1/orders/${orderId}/document`, {
      headers: { Authorization: 'Bearer token-of-ravi' },
    });
    expect(await response.text()).toBe(text);
    expect(response.headers.get('Content-Type')).toMatch('application/json');
    expect(response.headers.get('Content-Disposition')).toBe(`attachment; filename="order-${orderId}.json"`);
    expect(response.headers.get('X-Content-Type-Options')).toBe('nosniff');
    expect((await listLog(gateway.store, `order:${orderId}`)).at(-1)).toMatchObject({
      action: 'order.document_read',
      actor: 'ravi',
    });
  });

  test('the audit trail is for people', async () => {
    const orderId = await sendParsed();
    expect((await get(`/v1/orders/${orderId}/log`, 'web-shop')).status).toBe(403);
  });
});

describe('cancelling an order', () => {
  const cancel = (orderId: string, body: object, as = 'olivia') =>
    gateway.call('POST', `/v1/orders/${orderId}/cancel`, { as, body });

  test('the decision is a row before anyone is told', async () => {
    const orderId = await sendParsed();
    let rows: Awaited<ReturnType<typeof listDecisions>> = [];
    gateway.deps.temporal = fakeTemporal({
      executeUpdate: async (workflowId) => {
        rows = await listDecisions(gateway.store, workflowId.replace('order:', ''));
        return { applied: true, refusal: null, state: 'cancelled', revision: 1, holds: [] };
      },
    });
    const answer = await cancel(orderId, { reason: 'ordered twice, card 4111111111111111' });
    expect(answer).toMatchObject({ status: 200, body: { applied: true, state: 'cancelled' } });
    expect(rows).toMatchObject([{ action: 'cancel', actor: 'olivia', revision: 1, state: 'pending', reviewId: null }]);
    expect(rows[0]!.reason).toBe('ordered twice, card ************1111');
  });

  test('a refusal is a conflict in words', async () => {
    const orderId = await sendParsed();
    const outcome = { applied: false, refusal: 'production has begun', state: 'submitted', revision: 1, holds: [] };
    gateway.deps.temporal = fakeTemporal({ executeUpdate: () => Promise.resolve(outcome) });
    expect(await cancel(orderId, { reason: 'r' })).toMatchObject({
      status: 409,
      body: { type: '/problems/conflict', detail: 'production has begun' },
    });
  });

  test.each([
    ['does not answer', fakeTemporal({ executeUpdate: () => new Promise(() => undefined) })],
    ['is away', fakeTemporal({})],
  ])('while Temporal %s it is recorded', async (_, temporal) => {
    const orderId = await sendParsed();
    gateway.deps.temporal = temporal;
    const answer = await cancel(orderId, { reason: 'r' });
    expect(answer).toMatchObject({ status: 202, body: { state: 'recorded' } });
    expect(await listDecisions(gateway.store, orderId)).toMatchObject([
      { id: answer.body.decisionId, state: 'pending' },
    ]);
  });

  test('an order that has ended, another revision, no reason: refused without a row', async () => {
    const orderId = await sendParsed();
    expect((await cancel(orderId, { reason: 'r', revision: 2 })).status).toBe(409);
    expect((await cancel(orderId, { reason: ' ' })).status).toBe(400);
    expect((await cancel(orderId, { reason: 'r' }, 'axel')).status).toBe(403);
    await moveOrder(gateway.store, { orderId, revision: 1 }, ['parsed'], 'rejected', at());
    expect((await cancel(orderId, { reason: 'r' })).status).toBe(409);
    expect(await listDecisions(gateway.store, orderId)).toEqual([]);
  });
});
