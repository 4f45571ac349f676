import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { rejudgeOrder } from '../../activities/rejudge-order.ts';
import { createReferenceAdmin, type ReferenceAdmin } from '../../backoffice/reference/admin-client.ts';
import { listLog } from '../../db/log.ts';
import { makeOrderJson } from '../support/order-factory.ts';
import { type Gateway, openGateway, orderIdOf } from './gateway.ts';
import { givenJudged, stepDepsOf } from './judged.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(() => gateway.close());

const ask = (orderId: string, as = 'ravi', query = '') =>
  gateway.call('GET', `/v1/orders/${orderId}/verdict${query}`, { as });

const changeCustomer: ReferenceAdmin['changeCustomer'] = (id, change) =>
  createReferenceAdmin({ baseUrl: gateway.backOfficeUrl, apiKey: 'a-key-for-the-tests' }).changeCustomer(id, change);
const resultOf = ({ rules }: { rules: readonly { code: string; result: string }[] }, code: string) =>
  rules.find((rule) => rule.code === code)?.result;

describe('the verdict on an order', () => {
  test('tells of each rule its version, what it read, the calculation in words and the result', async () => {
    const { orderId } = await givenJudged(gateway);
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

  test('says which version won, and that the one for everyone did not because its scope is wider', async () => {
    const rule = { code: 'LINES.TOO_MANY', kind: 'line_count', disposition: 'warn', reason: 'small orders' };
    const versions = [
      { ...rule, scope: { kind: 'customer', customer: 'C-1001' }, parameters: { maximum: 30 } },
      { ...rule, scope: { kind: 'source', source: 'web-shop' }, parameters: { maximum: 20 } },
    ];
    for (const body of versions)
      expect(await gateway.call('POST', '/v1/rules', { as: 'ada', body })).toMatchObject({ status: 201 });
    const { orderId } = await givenJudged(gateway);
    const { body } = await ask(orderId);
    const told = (body.rules as { code: string }[]).find(({ code }) => code === rule.code);
    expect(told).toMatchObject({
      ...{ version: 2, scope: versions[0]!.scope, parameters: { maximum: 30 }, author: 'ada', reason: rule.reason },
      overrode: [
        { version: 3, scope: versions[1]!.scope, because: 'narrower' },
        { version: 1, scope: { kind: 'all' }, because: 'narrower' },
      ],
    });
  });

  test('is for people who may see the order, and looking at it is noted', async () => {
    const { orderId } = await givenJudged(gateway);
    expect((await ask(orderId, 'web-shop')).status).toBe(403);
    expect((await ask(orderId, 'axel')).status).toBe(200);
    const actions = (await listLog(gateway.store, `order:${orderId}`)).map(({ action, actor }) => `${actor} ${action}`);
    expect(actions).toContain('axel order.verdict_read');
  });

  test('that was drawn again by fresh facts is shown, and the ones before can be', async () => {
    const { orderId } = await givenJudged(gateway);
    const first = await ask(orderId);
    expect(first.body.judgements).toMatchObject([{ judgement: 0, occasion: 'arrival', cleared: [], opened: [] }]);
    await changeCustomer('C-1001', { status: 'credit_stop' });
    await rejudgeOrder(stepDepsOf(gateway), { orderId, revision: 1 });
    await changeCustomer('C-1001', { status: 'active' });
    const { body } = await ask(orderId);
    expect(body.judgements).toMatchObject([
      { judgement: 0, judgedAt: first.body.judgedAt },
      { judgement: 1, occasion: 'recheck', judgedAt: body.judgedAt, cleared: [], opened: ['CUSTOMER.CREDIT_STOP'] },
    ]);
    expect(body.judgement).toBe(1);
    expect(resultOf(body, 'CUSTOMER.CREDIT_STOP')).toBe('breached');
    const before = await ask(orderId, 'ravi', '?judgement=0');
    expect(resultOf(before.body, 'CUSTOMER.CREDIT_STOP')).toBe('passed');
    expect((await ask(orderId, 'ravi', '?judgement=2')).status).toBe(404);
  });

  test('is not there before the order is judged, or of a revision that is not there', async () => {
    const sent = await gateway.call('POST', '/v1/orders', { as: 'web-shop', body: makeOrderJson() });
    expect((await ask(orderIdOf(sent))).status).toBe(404);
    const { orderId } = await givenJudged(gateway);
    expect((await ask(orderId, 'ravi', '?revision=2')).status).toBe(404);
    expect((await ask('no-such-order')).status).toBe(404);
  });
});
