import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createBackOfficeClient } from '../../backoffice/http-client.ts';
import { readSettings } from '../../config.ts';
import { createLog } from '../../log.ts';
import { type House, openHouse, untilOrder } from '../support/house.ts';
import { makeOrderJson } from '../support/order-factory.ts';
import { type Answer, listen, orderIdOf } from './gateway.ts';

/* The gateway in front of a real Temporal server and real workers. */

let house: House;
let gateway: Awaited<ReturnType<typeof listen>>;
beforeAll(async () => {
  house = await openHouse();
  const { store, client: temporal } = house;
  gateway = await listen({
    store,
    temporal,
    backOffice: createBackOfficeClient({ baseUrl: 'http://127.0.0.1:9', apiKey: 'not-called-here', timeoutMs: 1000 }),
    settings: readSettings({}),
    log: createLog('gateway', 'silent'),
    now: () => new Date(),
  });
});
afterAll(async () => {
  await gateway.close();
  await house.close();
});

const bearer = (who: string) => {
  const { sources, people } = house.credentials;
  return { Authorization: `Bearer ${sources[who] ?? people[who] ?? ''}` };
};
const send = (body: unknown, headers: Record<string, string> = { Prefer: 'wait=30' }): Promise<Answer> =>
  gateway.call('POST', '/v1/orders', { body, headers: { ...bearer('web-shop'), ...headers } });
const act = (orderId: string, action: string, who: string, body: object): Promise<Answer> =>
  gateway.call('POST', `/v1/orders/${orderId}/${action}`, { body, headers: bearer(who) });

describe('the gateway with a real Temporal', () => {
  test('who waits gets a good order as completed', async () => {
    const order = makeOrderJson();
    const answer = await send(order);
    expect(answer).toMatchObject({ status: 201, body: { orders: [{ state: 'completed', holds: [] }] } });
    expect(await send(order)).toMatchObject({ status: 201, body: { documentId: answer.body.documentId } });
  });

  test('who does not wait is answered at once, and the order goes on', async () => {
    const answer = await send(makeOrderJson(), {});
    expect(answer.status).toBe(202);
    await untilOrder(house.store, orderIdOf(answer), ({ state }) => state === 'completed');
  });

  test('a bad order is rejected with its findings', async () => {
    const answer = await send(makeOrderJson({ lines: [] }));
    expect(answer).toMatchObject({ status: 422, body: { orders: [{ state: 'rejected' }] } });
    expect(answer.body.findings).toEqual(
      expect.arrayContaining([expect.objectContaining({ code: 'JSON.LENGTH', path: '/lines' })]),
    );
  });

  test('an order that needs a person is corrected by one and approved by another', async () => {
    const lines = [{ line: '1', sku: 'SKU-1', quantity: '10', unitPrice: '10.00', amount: '100.00' }];
    const sent = await send(makeOrderJson({ lines, total: '100.00' }));
    expect(sent).toMatchObject({ status: 202, body: { orders: [{ state: 'in_review' }] } });
    const orderId = orderIdOf(sent);
    const changes = [{ path: '/notes/-', value: 'price agreed by telephone' }];
    const corrected = await act(orderId, 'review/correct', 'ravi', {
      revision: 1,
      reason: 'told by the customer',
      changes,
    });
    expect(corrected).toMatchObject({ status: 200, body: { applied: true, revision: 2 } });
    await untilOrder(house.store, orderId, ({ state, revision }) => state === 'in_review' && revision === 2);
    expect((await act(orderId, 'review/approve', 'ravi', { revision: 2, reason: 'mine' })).status).toBe(403);
    await act(orderId, 'review/release', 'ravi', {});
    const approved = await act(orderId, 'review/approve', 'sofia', { revision: 2, reason: 'agreed' });
    expect(approved).toMatchObject({ status: 200, body: { applied: true } });
    await untilOrder(house.store, orderId, ({ state }) => state === 'completed');
    const again = await act(orderId, 'review/approve', 'sofia', { revision: 2, reason: 'agreed' });
    expect(again).toMatchObject({ status: 409, body: { type: '/problems/conflict' } });
    expect((await act(orderId, 'cancel', 'olivia', { reason: 'too late' })).status).toBe(409);
  });

  test('an order in review is cancelled', async () => {
    const lines = [{ line: '1', sku: 'SKU-1', quantity: '10', unitPrice: '10.00', amount: '100.00' }];
    const orderId = orderIdOf(await send(makeOrderJson({ lines, total: '100.00' })));
    const answer = await act(orderId, 'cancel', 'olivia', { reason: 'the customer called' });
    expect(answer).toMatchObject({ status: 200, body: { applied: true, state: 'cancelled' } });
    expect(await gateway.call('GET', '/readyz')).toMatchObject({
      body: { checks: { temporal: 'up', backOffice: 'down' } },
    });
  });

  test('a cancelled order is begun anew as the next revision; a completed one is not', async () => {
    const lines = [{ line: '1', sku: 'SKU-1', quantity: '10', unitPrice: '10.00', amount: '100.00' }];
    const orderId = orderIdOf(await send(makeOrderJson({ lines, total: '100.00' })));
    await act(orderId, 'cancel', 'olivia', { reason: 'a mistake' });
    await untilOrder(house.store, orderId, ({ terminal_at }) => terminal_at !== null);
    expect((await act(orderId, 'reprocess', 'ravi', { reason: 'not mine to ask' })).status).toBe(403);
    expect(await act(orderId, 'reprocess', 'olivia', { reason: 'no mistake' })).toMatchObject({
      status: 202,
      body: { revision: 2 },
    });
    await untilOrder(house.store, orderId, ({ state, revision }) => state === 'in_review' && revision === 2);
    expect((await act(orderId, 'reprocess', 'olivia', { reason: 'again' })).status).toBe(409);

    const done = orderIdOf(await send(makeOrderJson()));
    expect((await act(done, 'reprocess', 'olivia', { reason: 'once more' })).status).toBe(409);
  });
});
