import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Deps } from '../../activities/deps.ts';
import { parseOrder } from '../../activities/parse-order.ts';
import {
  checkCredit,
  checkInventory,
  settleVerdict,
  takeFacts,
  validateOrder,
} from '../../activities/validate-order.ts';
import { listLog } from '../../db/log.ts';
import { makeOrderJson } from '../support/order-factory.ts';
import { type Gateway, openGateway, orderIdOf } from './gateway.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(() => gateway.close());

const ask = (orderId: string, as = 'ravi', query = '') =>
  gateway.call('GET', `/v1/orders/${orderId}/verdict${query}`, { as });

/** An order that was sent, and judged by the worker's own steps if asked for. */
async function givenOrder({ judged }: { judged: boolean }): Promise<string> {
  const body = makeOrderJson({ total: '1.00' });
  const orderId = orderIdOf(await gateway.call('POST', '/v1/orders', { as: 'web-shop', body }));
  if (!judged) return orderId;
  const deps = { store: gateway.store, backOffice: () => gateway.deps.backOffice } as unknown as Deps;
  const ref = { orderId, revision: 1 };
  await parseOrder(deps, orderId);
  await takeFacts(deps, ref);
  for (const step of [validateOrder, checkCredit, checkInventory]) await step(deps, ref);
  await settleVerdict(deps, ref);
  return orderId;
}

describe('the verdict on an order', () => {
  test('tells of each rule its version, what it read, the calculation in words and the result', async () => {
    const orderId = await givenOrder({ judged: true });
    const { status, body } = await ask(orderId);
    expect(status).toBe(200);
    expect(body).toMatchObject({ orderId, revision: 1, overrides: [] });
    const rules = body.rules as readonly { readonly code: string }[];
    const total = rules.find(({ code }) => code === 'TOTAL.MISMATCH');
    expect(total).toMatchObject({
      version: 1,
      scope: { kind: 'all' },
      overrode: [],
      inputs: { '/order/total': '1.00', '/order/lines/0/amount': '199.90' },
      working: ['The total is 1.00, but lines 199.90 + charges 0.00 + tax 0.00 = 199.90.'],
      result: 'breached',
      findings: 1,
    });
  });

  test('is for people who may see the order, and looking at it is noted', async () => {
    const orderId = await givenOrder({ judged: true });
    expect((await ask(orderId, 'web-shop')).status).toBe(403);
    expect((await ask(orderId, 'axel')).status).toBe(200);
    const actions = (await listLog(gateway.store, `order:${orderId}`)).map(({ action, actor }) => `${actor} ${action}`);
    expect(actions).toContain('axel order.verdict_read');
  });

  test('is not there before the order is judged, or of a revision that is not there', async () => {
    expect((await ask(await givenOrder({ judged: false }))).status).toBe(404);
    expect((await ask(await givenOrder({ judged: true }), 'ravi', '?revision=2')).status).toBe(404);
    expect((await ask('no-such-order')).status).toBe(404);
  });
});
