import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findBrokenLink, listLog } from '../../db/log.ts';
import { clearHeld, givenHeld, inTurn, watchAt } from '../support/incidents.ts';
import { type Gateway, membersOf, openGateway } from './gateway.ts';

let gateway: Gateway;
/** Of a customer with credit trouble, and of a back office that is away; the second also concerns another source. */
let [ofCredit, ofOutage]: [string, string] = ['', ''];
let waiting: string[];
beforeAll(async () => {
  gateway = await openGateway();
  const { store } = gateway;
  waiting = await inTurn(12, () => givenHeld(store, 'CREDIT.LIMIT'));
  await inTurn(7, () => givenHeld(store, 'BACKOFFICE.UNAVAILABLE', { customer: 'C-2' }));
  await inTurn(5, () => givenHeld(store, 'BACKOFFICE.UNAVAILABLE', { customer: 'C-2', source: 'api-zapco' }));
  await watchAt(store);
  const { items } = (await ask('/v1/incidents')).body as { items: { incidentId: string; cause: { kind: string } }[] };
  const idOf = (kind: string) => items.find(({ cause }) => cause.kind === kind)!.incidentId;
  [ofCredit, ofOutage] = [idOf('customer'), idOf('system')];
});
afterAll(() => gateway.close());

const ask = (path: string, as = 'olivia') => gateway.call('GET', path, { as });
const post = (path: string, body?: unknown, as = 'olivia') => gateway.call('POST', path, { as, body });

describe('incidents', () => {
  test('are listed with what they are in words, newest first, in pages, and by their cause', async () => {
    const { body } = await ask('/v1/incidents?limit=1');
    const rest = await ask(`/v1/incidents?limit=1&cursor=${String(body.nextCursor)}`);
    const all = [...body.items, ...rest.body.items];
    expect(membersOf(all, 'name').sort()).toEqual(['BACKOFFICE.UNAVAILABLE', 'customer C-1001']);
    expect(rest.body.nextCursor).toBeNull();
    const found = await ask('/v1/incidents?cause=C-1001&state=open&kind=customer');
    expect(found.body.items).toEqual([
      expect.objectContaining({
        ...{ incidentId: ofCredit, state: 'open', orders: 12, waiting: 12, peak: 12, acknowledgedBy: null },
        cause: { kind: 'customer', value: 'C-1001', code: null },
      }),
    ]);
    expect((await ask('/v1/incidents?state=closed')).body.items).toEqual([]);
    expect((await ask('/v1/incidents?cursor=nonsense')).status).toBe(400);
  });

  test('show what they are worth, what can be done, and their orders in pages; looking at them is noted', async () => {
    const { body } = await ask(`/v1/incidents/${ofCredit}?limit=10`);
    expect(body).toMatchObject({
      ...{ name: 'customer C-1001 (CREDIT.LIMIT)', codes: ['CREDIT.LIMIT'], orders: 12 },
      ...{ sources: [{ source: 'web-shop', orders: 12 }], worth: [{ currency: 'USD', amount: '120.00' }] },
      advice: expect.stringContaining('let the orders look again'),
    });
    const rest = await ask(`/v1/incidents/${ofCredit}?limit=10&cursor=${String(body.nextCursor)}`);
    const items = [...body.items, ...rest.body.items];
    expect(membersOf(items, 'id')).toEqual([...waiting].sort());
    expect(items[0]).toMatchObject({
      kind: 'order',
      state: 'in_review',
      customerId: 'C-1001',
      total: '10.00',
      waits: true,
    });
    const trail = await listLog(gateway.store, 'actor:olivia');
    expect(trail.map(({ action }) => action)).toContain('incident.read');
  });

  test('are named with each of their orders, for people', async () => {
    const [id = ''] = waiting;
    const named = [{ incidentId: ofCredit, name: 'customer C-1001', links: { self: `/v1/incidents/${ofCredit}` } }];
    expect((await ask(`/v1/orders/${id}`)).body.incidents).toEqual(named);
    expect((await ask(`/v1/orders/${id}`, 'web-shop')).body.incidents).toEqual([]);
  });

  test('are taken by a person with a reason, which others see, and that is in the trail', async () => {
    expect((await post(`/v1/incidents/${ofCredit}/acknowledge`, {})).status).toBe(400);
    const reason = 'I ask the customer; card 4111 1111 1111 1111';
    const { status, body } = await post(`/v1/incidents/${ofCredit}/acknowledge`, { reason });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      acknowledgedBy: 'olivia',
      acknowledgment: expect.stringContaining('I ask the customer'),
    });
    expect(body.acknowledgment).not.toContain('4111 1111');
    const trail = await listLog(gateway.store, `incident:${ofCredit}`);
    expect(trail.map(({ actor, action }) => `${actor} ${action}`)).toContain('olivia incident.acknowledged');
    expect(await findBrokenLink(gateway.store, `incident:${ofCredit}`)).toBeUndefined();
  });

  test('are for people, and acted on by those who operate', async () => {
    expect((await ask('/v1/incidents', 'web-shop')).status).toBe(403);
    expect((await post(`/v1/incidents/${ofCredit}/acknowledge`, { reason: 'mine' }, 'axel')).status).toBe(403);
    expect((await post(`/v1/incidents/${ofCredit}/recheck`, undefined, 'ravi')).status).toBe(403);
    expect((await ask('/v1/incidents/no-such-incident')).status).toBe(404);
  });

  test('show whoever is limited their part, and nothing of what is not theirs', async () => {
    // walt sees web-shop, cora the customer C-1001.
    const ofWalt = await ask('/v1/incidents?cause=BACKOFFICE.UNAVAILABLE', 'walt');
    expect(ofWalt.body.items).toEqual([
      expect.objectContaining({ incidentId: ofOutage, orders: 7, waiting: 7, peak: null }),
    ]);
    const detail = await ask(`/v1/incidents/${ofOutage}`, 'walt');
    expect(detail.body.sources).toEqual([{ source: 'web-shop', orders: 7 }]);
    expect(detail.body.items).toHaveLength(7);
    expect(membersOf((await ask('/v1/incidents', 'cora')).body.items, 'incidentId')).toEqual([ofCredit]);
    expect((await ask(`/v1/incidents/${ofOutage}`, 'cora')).status).toBe(404);
    expect((await post(`/v1/incidents/${ofOutage}/acknowledge`, { reason: 'mine' }, 'cora')).status).toBe(404);
  });

  test('let their orders look again at once, where a hold can clear itself; nobody else decides for a person', async () => {
    const { db } = gateway.store;
    const later = new Date(Date.now() + 600_000).toISOString();
    await db.updateTable('holds').set({ look_again_at: later }).where('order_id', 'in', waiting.slice(0, 5)).execute();
    const { status, body } = await post(`/v1/incidents/${ofCredit}/recheck`);
    expect([status, body]).toEqual([202, { orders: 5 }]);
    const due = db.selectFrom('holds').select('order_id').where('look_again_at', '<=', new Date().toISOString());
    expect((await due.execute()).map((row) => row.order_id).sort()).toEqual(waiting.slice(0, 5).sort());
  });

  test('are made of documents that a source sends and nobody can read', async () => {
    const sent = await inTurn(30, (index) =>
      gateway.call('POST', '/v1/orders', { as: 'api-zapco', body: `{"externalId":"${String(index)}",` }),
    );
    expect(new Set(sent.map(({ status }) => status))).toEqual(new Set([400]));
    expect(await watchAt(gateway.store)).toMatchObject({ troubles: 30, opened: 1 });
    const { body } = await ask('/v1/incidents?kind=source');
    expect(body.items).toEqual([expect.objectContaining({ orders: 30, waiting: 0, state: 'open' })]);
    const detail = await ask(`/v1/incidents/${String(body.items[0].incidentId)}?limit=200`);
    const ids = sent.map(({ body: { documentId } }) => String(documentId));
    expect(membersOf(detail.body.items, 'id')).toEqual(ids.sort());
    expect(detail.body.items[0]).toMatchObject({ kind: 'document', state: null, poNumber: null, waits: false });
  });

  test('that are over cannot be acted on', async () => {
    for (const id of waiting) await clearHeld(gateway.store, id);
    await watchAt(gateway.store);
    await watchAt(gateway.store, 6);
    expect((await ask(`/v1/incidents/${ofCredit}`)).body).toMatchObject({ state: 'closed', orders: 12, waiting: 0 });
    expect((await post(`/v1/incidents/${ofCredit}/acknowledge`, { reason: 'late' })).status).toBe(409);
    expect((await post(`/v1/incidents/${ofCredit}/recheck`)).status).toBe(409);
  });
});
