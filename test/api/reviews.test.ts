import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { listDecisions } from '../../db/decisions.ts';
import { listDueLooks, openHolds } from '../../db/holds.ts';
import { listLog } from '../../db/log.ts';
import { columnsOf, getOrder, moveOrder, putRevision } from '../../db/orders.ts';
import { putRejudgement } from '../../db/rejudgements.ts';
import { openReview } from '../../db/reviews.ts';
import { orderSchema } from '../../orders/order.ts';
import type { Role } from '../../orders/state.ts';
import { makeOrderJson } from '../support/order-factory.ts';
import { fakeTemporal, type Gateway, openGateway, orderIdOf } from './gateway.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(() => gateway.close());
beforeEach(() => {
  gateway.deps.now = () => new Date();
  gateway.deps.temporal = fakeTemporal({
    start: () => Promise.resolve(),
    executeUpdate: () => Promise.resolve({ applied: true, refusal: null, state: 'validated', revision: 1, holds: [] }),
  });
});

interface Held {
  readonly as?: string;
  readonly releaseRole?: Role;
  readonly customerId?: string;
  readonly openedAt?: string;
  readonly hold?: string;
  /** A second hold, for a supervisor. */
  readonly beside?: string;
}

/** Sends an order in and, as its workflow would, holds it for review. */
const sendHeld = async ({
  as = 'web-shop',
  releaseRole = 'reviewer',
  customerId = 'C-1001',
  openedAt,
  hold = 'PRICE.DEVIATION',
  beside,
}: Held = {}) => {
  const content = makeOrderJson({ customerId });
  const orderId = orderIdOf(await gateway.call('POST', '/v1/orders', { as, body: content }));
  const order = orderSchema.parse({ source: 'web-shop', ...content });
  const ref = { orderId, revision: 1 };
  const at = openedAt ?? new Date().toISOString();
  await putRevision(gateway.store, ref, order, { origin: 'parsed', actor: 'worker', at });
  await moveOrder(gateway.store, ref, ['received'], 'in_review', at, {
    ...columnsOf(order),
    resume_state: 'validated',
  });
  await openHolds(gateway.store, ref, [{ code: hold, category: 'business_rule', releaseRole }], at);
  if (beside !== undefined)
    await openHolds(gateway.store, ref, [{ code: beside, category: 'business_rule', releaseRole: 'supervisor' }], at);
  await openReview(gateway.store, await getOrder(gateway.store, orderId), at, 4 * 3_600_000);
  return orderId;
};

const act = (orderId: string, action: string, as: string, body: object = { revision: 1, reason: 'looked at' }) =>
  gateway.call('POST', `/v1/orders/${orderId}/review/${action}`, { as, body });
const decisionsOn = (orderId: string) => listDecisions(gateway.store, orderId);

describe('the list of reviews', () => {
  const list = async (query: string, as = 'ravi') => {
    const { body } = await gateway.call('GET', `/v1/reviews?${query}`, { as });
    return body.items as { orderId: string; secondsToSla: number }[];
  };

  test('the most urgent comes first, with its holds and the seconds left', async () => {
    const late = await sendHeld({ customerId: 'C-SLA', openedAt: '2026-01-01T00:00:00.000Z' });
    const soon = await sendHeld({ customerId: 'C-SLA' });
    const items = await list('customer=C-SLA');
    expect(items.map(({ orderId }) => orderId)).toEqual([late, soon]);
    expect(items[0]!.secondsToSla).toBeLessThan(0);
    expect(items[1]).toMatchObject({
      claimedBy: null,
      revision: 1,
      state: 'in_review',
      holds: [{ code: 'PRICE.DEVIATION', releaseRole: 'reviewer' }],
    });
    expect(items[1]!.secondsToSla).toBeGreaterThan(4 * 3600 - 60);
    const overdue = await list('customer=C-SLA&overdue=true');
    expect(overdue.map(({ orderId }) => orderId)).toEqual([late]);
  });

  test('it is narrowed by hold, source and assignee, and paged', async () => {
    const orderIds = [
      await sendHeld({ customerId: 'C-NARROW', hold: 'CREDIT.LIMIT' }),
      await sendHeld({ customerId: 'C-NARROW' }),
    ];
    await act(orderIds[1]!, 'claim', 'rosa', {});
    expect(await list('customer=C-NARROW&hold=CREDIT.LIMIT')).toMatchObject([{ orderId: orderIds[0] }]);
    expect(await list('customer=C-NARROW&assignee=rosa&source=web-shop')).toMatchObject([
      { orderId: orderIds[1], claimedBy: 'rosa' },
    ]);
    const first = await gateway.call('GET', '/v1/reviews?customer=C-NARROW&limit=1', { as: 'ravi' });
    expect(await list(`customer=C-NARROW&limit=1&cursor=${first.body.nextCursor}`)).toMatchObject([
      { orderId: orderIds[1] },
    ]);
  });

  test('it shows what the person may see, and nothing to sources', async () => {
    const other = await sendHeld({ customerId: 'C-OTHER' });
    expect(JSON.stringify(await list('limit=200', 'cora'))).not.toMatch(other);
    expect((await gateway.call('GET', '/v1/reviews', { as: 'web-shop' })).status).toBe(403);
  });
});

describe('having a review', () => {
  test('one person has it, until they give it back', async () => {
    const orderId = await sendHeld();
    expect(await act(orderId, 'claim', 'ravi', {})).toMatchObject({ status: 200, body: { claimedBy: 'ravi' } });
    expect(await act(orderId, 'claim', 'rosa', {})).toMatchObject({
      status: 409,
      body: { type: '/problems/claimed-by-another' },
    });
    expect((await act(orderId, 'release', 'rosa', {})).status).toBe(409);
    expect(await act(orderId, 'release', 'ravi', {})).toMatchObject({ status: 200, body: { claimedBy: null } });
    expect((await act(orderId, 'claim', 'rosa', {})).status).toBe(200);
    const actions = (await listLog(gateway.store, `order:${orderId}`)).map(({ action, actor }) => `${action} ${actor}`);
    expect(actions.slice(-3)).toEqual(['review.claimed ravi', 'review.released ravi', 'review.claimed rosa']);
  });

  test('a lease that ran out can be taken over', async () => {
    const orderId = await sendHeld();
    await act(orderId, 'claim', 'ravi', {});
    gateway.deps.now = () => new Date(Date.now() + 14 * 60_000);
    expect((await act(orderId, 'claim', 'rosa', {})).status).toBe(409);
    gateway.deps.now = () => new Date(Date.now() + 16 * 60_000);
    expect((await act(orderId, 'claim', 'rosa', {})).status).toBe(200);
  });

  test('given back, an order is judged again soon, where the cause of a hold may be gone', async () => {
    const orderId = await sendHeld();
    const ref = { orderId, revision: 1 };
    const looking = {
      code: 'STOCK.SHORT',
      category: 'business_rule',
      releaseRole: 'reviewer',
      looksAgain: true,
    } as const;
    await openHolds(gateway.store, ref, [looking], new Date().toISOString());
    const isDue = async (): Promise<boolean> =>
      (await listDueLooks(gateway.store, new Date().toISOString(), 100)).some((look) => look.order_id === orderId);
    await act(orderId, 'claim', 'ravi', {});
    expect(await isDue()).toBe(false);
    expect((await act(orderId, 'release', 'ravi', {})).status).toBe(200);
    expect(await isDue()).toBe(true);
  });

  test('it takes a reviewer, and a review', async () => {
    const orderId = await sendHeld();
    expect((await act(orderId, 'claim', 'olivia', {})).status).toBe(403);
    const answer = await gateway.call('POST', '/v1/orders', { as: 'web-shop', body: makeOrderJson() });
    expect((await act(answer.body.orders[0].orderId, 'claim', 'ravi', {})).status).toBe(409);
  });
});

describe('deciding', () => {
  test('an approval is a row, then an outcome', async () => {
    const orderId = await sendHeld();
    const answer = await act(orderId, 'approve', 'ravi');
    expect(answer).toMatchObject({ status: 200, body: { applied: true, state: 'validated' } });
    expect(await decisionsOn(orderId)).toMatchObject([
      {
        id: answer.body.decisionId,
        action: 'approve',
        actor: 'ravi',
        roles: ['reviewer'],
        reason: 'looked at',
        revision: 1,
      },
    ]);
  });

  test('the update carries the id of the row and nothing else', async () => {
    const orderId = await sendHeld();
    const told: string[] = [];
    gateway.deps.temporal = fakeTemporal({
      executeUpdate: async (workflowId, decisionId) => {
        told.push(workflowId, decisionId);
        return { applied: true, refusal: null, state: 'rejected', revision: 1, holds: [] };
      },
    });
    const answer = await act(orderId, 'reject', 'ravi');
    expect(told).toEqual([`order:${orderId}`, answer.body.decisionId]);
  });

  test('somebody else has it: a conflict, and no row', async () => {
    const orderId = await sendHeld();
    await act(orderId, 'claim', 'rosa', {});
    expect(await act(orderId, 'approve', 'ravi')).toMatchObject({
      status: 409,
      body: { type: '/problems/claimed-by-another' },
    });
    expect(await decisionsOn(orderId)).toEqual([]);
  });

  test('an approval of another judgement than the last: a conflict, and no row', async () => {
    const orderId = await sendHeld();
    const judgementOf = async (): Promise<unknown> =>
      (await gateway.call('GET', `/v1/orders/${orderId}`, { as: 'ravi' })).body.judgement;
    const judged = { occasion: 'recheck', explanations: [], gone: [], cleared: [], opened: [] } as const;
    const facts = { asOf: '2026-11-23T10:00:00.000Z', customer: null, products: {} };
    expect(await judgementOf()).toBe(0);
    const approve = (judgement: number) => act(orderId, 'approve', 'ravi', { revision: 1, reason: 'seen', judgement });
    await putRejudgement(gateway.store, { orderId, revision: 1 }, { ...judged, cleared: [], opened: [], facts });
    expect(await approve(0)).toMatchObject({
      status: 409,
      body: { detail: 'the order was judged again, its judgement is 1; look at it again' },
    });
    expect(await decisionsOn(orderId)).toEqual([]);
    expect(await judgementOf()).toBe(1);
    expect((await approve(1)).status).toBe(200);
  });

  test('on another revision: a conflict, and no row', async () => {
    const orderId = await sendHeld();
    expect((await act(orderId, 'approve', 'ravi', { revision: 2, reason: 'r' })).status).toBe(409);
    expect(await decisionsOn(orderId)).toEqual([]);
  });

  test('of two decisions at once one stands', async () => {
    const orderId = await sendHeld();
    const answers = await Promise.all([act(orderId, 'approve', 'ravi'), act(orderId, 'reject', 'ravi')]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(await decisionsOn(orderId)).toHaveLength(1);
  });

  test('nobody approves what they typed', async () => {
    const orderId = await sendHeld({ as: 'cora' });
    expect(await act(orderId, 'approve', 'cora')).toMatchObject({ status: 403, body: { type: '/problems/own-work' } });
    expect((await act(orderId, 'reject', 'cora')).status).toBe(200);
  });

  test('nobody approves what they corrected', async () => {
    const orderId = await sendHeld();
    const order = orderSchema.parse({ source: 'web-shop', ...makeOrderJson() });
    await putRevision(gateway.store, { orderId, revision: 2 }, order, {
      origin: 'corrected',
      actor: 'ravi',
      at: new Date().toISOString(),
    });
    await gateway.store.db.updateTable('orders').set({ revision: 2 }).where('id', '=', orderId).execute();
    expect((await act(orderId, 'approve', 'ravi', { revision: 2, reason: 'r' })).body.type).toBe('/problems/own-work');
    expect((await act(orderId, 'approve', 'rosa', { revision: 2, reason: 'r' })).status).toBe(200);
  });

  test('who corrects gives the review back, for somebody else must approve', async () => {
    const orderId = await sendHeld();
    const changes = [{ path: '/notes', value: ['corrected'] }];
    expect((await act(orderId, 'correct', 'ravi', { revision: 1, reason: 'typing error', changes })).status).toBe(200);
    expect((await act(orderId, 'claim', 'rosa', {})).status).toBe(200);
  });

  test("a supervisor's hold takes a supervisor to approve", async () => {
    const orderId = await sendHeld({ releaseRole: 'supervisor' });
    expect(await act(orderId, 'approve', 'ravi')).toMatchObject({
      status: 403,
      body: { type: '/problems/not-allowed' },
    });
    expect((await act(orderId, 'approve', 'sofia')).status).toBe(200);
  });

  test('an approval keeps the codes that it names, or all that the person may release', async () => {
    const [named, unnamed] = [await sendHeld({ beside: 'CREDIT.LIMIT' }), await sendHeld({ beside: 'CREDIT.LIMIT' })];
    const body = { revision: 1, reason: 'asked', holds: ['CREDIT.LIMIT', 'CREDIT.LIMIT'] };
    expect((await act(named, 'approve', 'sofia', body)).status).toBe(200);
    expect(await decisionsOn(named)).toMatchObject([{ holds: ['CREDIT.LIMIT'] }]);
    expect((await act(unnamed, 'approve', 'ravi')).status).toBe(200);
    expect(await decisionsOn(unnamed)).toMatchObject([{ holds: ['PRICE.DEVIATION'] }]);
    const shown = await gateway.call('GET', `/v1/orders/${unnamed}`, { as: 'ravi' });
    expect(shown.body.decisions).toMatchObject([{ action: 'approve', holds: ['PRICE.DEVIATION'] }]);
  });

  test.each([
    ['that does not stand', 'sofia', ['PRICE.DEVIATION', 'STOCK.SHORT'], 409, /^hold STOCK.SHORT does not stand/],
    [
      'of a supervisor',
      'ravi',
      ['PRICE.DEVIATION', 'CREDIT.LIMIT'],
      403,
      /^hold CREDIT.LIMIT is released by the role supervisor/,
    ],
  ])('naming a hold %s is refused, and no row', async (_what, as, holds, status, detail) => {
    const orderId = await sendHeld({ beside: 'CREDIT.LIMIT' });
    const answer = await act(orderId, 'approve', as, { revision: 1, reason: 'asked', holds });
    expect(answer).toMatchObject({ status, body: { detail: expect.stringMatching(detail) } });
    expect(await decisionsOn(orderId)).toEqual([]);
  });

  test('nobody releases a hold that clears itself', async () => {
    const orderId = await sendHeld();
    const waits = { code: 'BACKOFFICE.UNAVAILABLE', category: 'processing', releaseRole: null } as const;
    await openHolds(gateway.store, { orderId, revision: 1 }, [waits], new Date().toISOString());
    const answer = await act(orderId, 'approve', 'sofia', { revision: 1, reason: 'asked', holds: [waits.code] });
    expect(answer).toMatchObject({
      status: 403,
      body: { detail: 'hold BACKOFFICE.UNAVAILABLE clears itself, nobody releases it' },
    });
    expect((await act(orderId, 'approve', 'ravi')).status).toBe(200);
    expect(await decisionsOn(orderId)).toMatchObject([{ holds: ['PRICE.DEVIATION'] }]);
  });

  test('roles that do not review are refused', async () => {
    const orderId = await sendHeld();
    for (const as of ['olivia', 'axel', 'ada', 'web-shop'])
      expect((await act(orderId, 'approve', as)).status).toBe(403);
  });

  test('a refusal of the order comes back in its words', async () => {
    const orderId = await sendHeld();
    gateway.deps.temporal = fakeTemporal({
      executeUpdate: () =>
        Promise.resolve({
          applied: false,
          refusal: 'the order is cancelled already',
          state: 'cancelled',
          revision: 1,
          holds: [],
        }),
    });
    expect(await act(orderId, 'approve', 'ravi')).toMatchObject({
      status: 409,
      body: { detail: 'the order is cancelled already' },
    });
  });

  test('while Temporal is away the decision is recorded', async () => {
    const orderId = await sendHeld();
    gateway.deps.temporal = fakeTemporal({});
    expect(await act(orderId, 'approve', 'ravi')).toMatchObject({ status: 202, body: { state: 'recorded' } });
    expect(await decisionsOn(orderId)).toMatchObject([{ state: 'pending' }]);
  });
});

describe('correcting', () => {
  const correct = (orderId: string, changes: unknown, as = 'ravi') =>
    act(orderId, 'correct', as, { revision: 1, reason: 'typo', changes });

  test('changed fields are kept with the decision', async () => {
    const orderId = await sendHeld();
    const changes = [{ path: '/lines/0/quantity', value: '9' }, { path: '/contact' }];
    expect((await correct(orderId, changes)).status).toBe(200);
    expect(await decisionsOn(orderId)).toMatchObject([{ action: 'correct', changes }]);
  });

  test.each([
    ['a field that is none', [{ path: '/lines/7/sku', value: 'x' }], 422, 'invalid-correction'],
    ['a protected field', [{ path: '/operatorId', value: 'x' }], 422, 'invalid-correction'],
    ['a value that does not fit', [{ path: '/lines/0/quantity', value: 'many' }], 422, 'invalid-correction'],
    ['a card number', [{ path: '/notes/-', value: 'card 4111 1111 1111 1111' }], 422, 'card-number'],
    ['no changes', [], 400, 'invalid-request'],
  ])('%s is refused without a row', async (_, changes, status, kind) => {
    const orderId = await sendHeld();
    const answer = await correct(orderId, changes);
    expect(answer).toMatchObject({ status, body: { type: `/problems/${kind}` } });
    expect(JSON.stringify(answer.body)).not.toMatch('4111 1111');
    expect(await decisionsOn(orderId)).toEqual([]);
  });

  test('a person who is limited to customers does not give the order to another', async () => {
    const orderId = await sendHeld();
    expect((await correct(orderId, [{ path: '/customerId', value: 'C-2001' }], 'cora')).status).toBe(403);
  });
});
