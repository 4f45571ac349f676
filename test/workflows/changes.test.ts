import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { listChanges } from '../../db/changes.ts';
import { listDocumentOrders } from '../../db/documents.ts';
import { listFindings } from '../../db/findings.ts';
import { listOpenHolds } from '../../db/holds.ts';
import { acceptDocument } from '../../db/intake.ts';
import { getOrder, getRevision, listRevisions, type OrderRow } from '../../db/orders.ts';
import { getSource, putSource } from '../../db/sources.ts';
import type { SourceProfile } from '../../orders/source.ts';
import { documentStart, TASK_QUEUES } from '../../workflows/contract.ts';
import type { documentWorkflow, recheckHoldsWorkflow } from '../../workflows/index.ts';
import { type House, inState, openHouse, sendOrder, untilOrder } from '../support/house.ts';
import { FIVE, makeOrderJson, WRONG_PRICE } from '../support/order-factory.ts';
import { makeArrival } from '../support/store.ts';
import { makeInterchange } from './edi-document.ts';
import { decide, untilReview, untilSettled, writeDecision } from './people.ts';

const SEVEN = {
  lines: [{ line: '1', sku: 'SKU-1', quantity: '7', unitPrice: '19.9900', amount: '139.93' }],
  total: '139.93',
};

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterEach(async () => {
  await house.admin.resetSwitches();
  await changeProfile({ gate: 'live', changeWaitHours: 24 });
});
afterAll(() => house.close());

async function changeProfile(changes: Partial<SourceProfile>): Promise<void> {
  const profile = await getSource(house.store, 'web-shop');
  await putSource(house.store, { ...profile, ...changes }, { actor: 'ada', at: new Date().toISOString() });
}

let rechecks = 0;
/** What the schedule does every 30 seconds. */
function recheck(): Promise<{ rechecked: number }> {
  rechecks += 1;
  const options = { taskQueue: TASK_QUEUES.orders, workflowId: `recheck-changes-${String(rechecks)}` };
  return house.client.workflow.execute<typeof recheckHoldsWorkflow>('recheckHoldsWorkflow', options);
}

const ended = (row: OrderRow): boolean => row.terminal_at !== null;
const holdsOf = async (orderId: string): Promise<string[]> =>
  (await listOpenHolds(house.store, orderId)).map(({ code }) => code);
const productionOf = (orderId: string) => house.admin.listProductionOrders({ orderId });
/** The change of an order that a sender would send: the same numbers, another purpose. */
const changeOf = (
  order: Record<string, unknown>,
  type: 'replace' | 'cancel',
  changes: Record<string, unknown> = {},
): Record<string, unknown> => ({ ...order, externalId: `${String(order['externalId'])}-${type}`, type, ...changes });

async function sendForReview(): Promise<{ order: Record<string, unknown>; orderId: string }> {
  const order = makeOrderJson(WRONG_PRICE);
  const orderId = await sendOrder(house, order);
  await untilReview(house, orderId);
  return { order, orderId };
}

async function sendCompleted(): Promise<{ order: Record<string, unknown>; orderId: string }> {
  const order = makeOrderJson();
  const orderId = await sendOrder(house, order);
  expect(await untilOrder(house.store, orderId, ended)).toMatchObject({ state: 'completed' });
  return { order, orderId };
}

describe('a change of an order that production does not have', () => {
  test('cancels it', async () => {
    const { order, orderId } = await sendForReview();
    const changeId = await sendOrder(house, changeOf(order, 'cancel'));
    expect(await untilOrder(house.store, changeId, ended)).toMatchObject({
      state: 'applied',
      changes_order_id: orderId,
      production_order_id: null,
    });
    expect(await untilOrder(house.store, orderId, ended)).toMatchObject({ state: 'cancelled', revision: 1 });
    expect(await listChanges(house.store, orderId)).toEqual([{ id: changeId, type: 'cancel', state: 'applied' }]);
  });

  test('replaces it by a new revision that is judged anew and handed off once', async () => {
    const { order, orderId } = await sendForReview();
    const changeId = await sendOrder(house, changeOf(order, 'replace', FIVE));
    expect(await untilOrder(house.store, changeId, ended)).toMatchObject({ state: 'applied', changes_revision: 2 });
    expect(await untilOrder(house.store, orderId, ended)).toMatchObject({
      state: 'completed',
      revision: 2,
      total: '99.95',
      type: 'new',
    });
    expect(await productionOf(changeId)).toMatchObject({ live: 0, cancelled: 0 });
    expect(await productionOf(orderId)).toMatchObject({
      live: 1,
      productionOrders: [{ revision: 2, total: '99.95', lines: [{ quantity: '5' }] }],
    });
    expect(await listRevisions(house.store, orderId)).toMatchObject([
      { origin: 'parsed' },
      { origin: 'superseded', created_by: 'source:web-shop' },
    ]);
  });

  test('leaves a decision on the former content without effect', async () => {
    const { order, orderId } = await sendForReview();
    const late = await writeDecision(house, orderId, { action: 'approve' });
    await sendOrder(house, changeOf(order, 'replace', { ...WRONG_PRICE, notes: ['second thoughts'] }));
    await untilOrder(house.store, orderId, ({ revision }) => revision === 2);
    await house.deps.runs.tellDecision(orderId, late);
    expect(await untilSettled(house, late)).toMatchObject({ state: 'refused' });
    expect(await untilReview(house, orderId)).toBeDefined();
  });

  test('makes no revision of what is the same', async () => {
    const { order, orderId } = await sendForReview();
    const changeId = await sendOrder(house, { ...order, type: 'replace' });
    expect(await untilOrder(house.store, changeId, ended)).toMatchObject({ state: 'applied', changes_revision: 1 });
    expect(await getOrder(house.store, orderId)).toMatchObject({ state: 'in_review', revision: 1 });
  });

  test('waits for an order that it precedes', async () => {
    const order = makeOrderJson(WRONG_PRICE);
    const changeId = await sendOrder(house, changeOf(order, 'replace', FIVE));
    await untilOrder(house.store, changeId, inState('held'));
    expect(await holdsOf(changeId)).toEqual(['CHANGE.WAITS']);
    expect(await recheck()).toEqual({ rechecked: 0 });
    const orderId = await sendOrder(house, order);
    await untilReview(house, orderId);
    expect(await recheck()).toEqual({ rechecked: 1 });
    expect(await untilOrder(house.store, changeId, ended)).toMatchObject({ state: 'applied' });
    expect(await untilOrder(house.store, orderId, ended)).toMatchObject({ state: 'completed', total: '99.95' });
  });

  test('is shown to a person when the order does not come', async () => {
    const changeId = await sendOrder(house, changeOf(makeOrderJson(), 'cancel'));
    await untilOrder(house.store, changeId, inState('held'));
    await changeProfile({ changeWaitHours: 0.000_001 });
    expect(await recheck()).toEqual({ rechecked: 1 });
    await untilReview(house, changeId);
    expect(await holdsOf(changeId)).toEqual(['CHANGE.NO_ORIGINAL']);
    const approval = await decide(house, changeId, { action: 'approve' });
    expect(approval).toMatchObject({ applied: false, refusal: expect.stringContaining('no order') });
    await decide(house, changeId, { action: 'reject' });
    expect(await untilOrder(house.store, changeId, ended)).toMatchObject({ state: 'rejected' });
  });

  test('takes effect after the changes that came before it', async () => {
    const order = makeOrderJson(WRONG_PRICE);
    const changes = [changeOf(order, 'replace', FIVE), { ...changeOf(order, 'replace', SEVEN), notes: ['the last'] }];
    const changeIds: string[] = [];
    for (const change of changes) changeIds.push(await sendOrder(house, change));
    for (const id of changeIds) await untilOrder(house.store, id, inState('held'));
    await house.admin.setSwitches({ absent: true, calls: ['reserve'] });
    const orderId = await sendOrder(house, order);
    await untilReview(house, orderId);
    await recheck();
    await untilOrder(house.store, changeIds[0] ?? '', ended);
    await recheck();
    expect(await untilOrder(house.store, changeIds[1] ?? '', ended)).toMatchObject({ state: 'applied' });
    await house.admin.resetSwitches();
    await recheck();
    expect(await untilOrder(house.store, orderId, ended)).toMatchObject({ state: 'completed', total: '139.93' });
    expect(await productionOf(orderId)).toMatchObject({ live: 1 });
  });

  test('brings an order back that was rejected', async () => {
    const { order, orderId } = await sendForReview();
    await decide(house, orderId, { action: 'reject' });
    await untilOrder(house.store, orderId, ended);
    const changeId = await sendOrder(house, changeOf(order, 'replace', FIVE));
    expect(await untilOrder(house.store, changeId, ended)).toMatchObject({ state: 'applied', changes_revision: 2 });
    expect(await untilOrder(house.store, orderId, inState('completed'))).toMatchObject({ revision: 2, total: '99.95' });
    expect(await productionOf(orderId)).toMatchObject({ live: 1 });
  });

  test('brings an order back that was cancelled only when a person says so', async () => {
    const { order, orderId } = await sendForReview();
    await decide(house, orderId, { action: 'cancel' });
    await untilOrder(house.store, orderId, ended);
    const changeId = await sendOrder(house, changeOf(order, 'replace', FIVE));
    await untilReview(house, changeId);
    expect(await holdsOf(changeId)).toEqual(['CHANGE.OF_CANCELLED']);
    await decide(house, changeId, { action: 'approve' });
    expect(await untilOrder(house.store, changeId, ended)).toMatchObject({ state: 'applied' });
    expect(await untilOrder(house.store, orderId, inState('completed'))).toMatchObject({ total: '99.95' });
  });

  test("is not another source's to make", async () => {
    const { order, orderId } = await sendForReview();
    const changeId = await sendOrder(house, changeOf(order, 'cancel'), 'api-zapco');
    await untilOrder(house.store, changeId, inState('held'));
    expect(await holdsOf(changeId)).toEqual(['CHANGE.WAITS']);
    expect(await getOrder(house.store, orderId)).toMatchObject({ state: 'in_review', revision: 1 });
  });

  test('cancels an order that ended on paper', async () => {
    await changeProfile({ gate: 'shadow' });
    const order = makeOrderJson();
    const orderId = await sendOrder(house, order);
    expect(await untilOrder(house.store, orderId, ended)).toMatchObject({ state: 'staged' });
    const changeId = await sendOrder(house, changeOf(order, 'cancel'));
    expect(await untilOrder(house.store, changeId, ended)).toMatchObject({ state: 'applied' });
    expect(await getOrder(house.store, orderId)).toMatchObject({ state: 'cancelled' });
  });
});

describe('an X12 850', () => {
  const send = async (purpose: string, held: boolean): Promise<string> => {
    const bytes = Buffer.from(makeInterchange({ orders: 1, isHeld: () => held, purpose, poNumber: 'NW-CHANGED' }));
    const document = { source: 'edi-northwind', channel: 'edi', format: 'x12', bytes, receivedBy: 'test' } as const;
    const { documentId: id } = await acceptDocument(house.store, makeArrival(document));
    await house.client.workflow.execute<typeof documentWorkflow>(
      'documentWorkflow',
      documentStart({ id, ...document }),
    );
    return (await listDocumentOrders(house.store, id, { after: -1, size: 1 }))[0]?.order_id ?? '';
  };

  test('replaces an order with BEG01 05, cancels it with 01, and makes no second one with 06, 07 and 22', async () => {
    const orderId = await send('00', true);
    await untilReview(house, orderId);
    const replacement = await send('05', true);
    expect(await untilOrder(house.store, replacement, ended)).toMatchObject({ state: 'applied', type: 'replace' });
    for (const copy of ['06', '07', '22'])
      expect(await untilOrder(house.store, await send(copy, true), ended)).toMatchObject({ state: 'rejected' });
    const cancellation = await send('01', false);
    expect(await untilOrder(house.store, cancellation, ended)).toMatchObject({ state: 'applied', type: 'cancel' });
    expect(await untilOrder(house.store, orderId, ended)).toMatchObject({ state: 'cancelled' });
  });
});

describe('a change of an order that production has', () => {
  test('is cancelled there after a person approved', async () => {
    const { order, orderId } = await sendCompleted();
    const changeId = await sendOrder(house, changeOf(order, 'cancel'));
    await untilReview(house, changeId);
    expect(await holdsOf(changeId)).toEqual(['CHANGE.AFTER_HANDOFF']);
    expect(await productionOf(orderId)).toMatchObject({ live: 1 });
    await decide(house, changeId, { action: 'approve' });
    expect(await untilOrder(house.store, changeId, ended)).toMatchObject({
      state: 'applied',
      changes_order_id: orderId,
    });
    expect(await getOrder(house.store, orderId)).toMatchObject({ state: 'cancelled' });
    expect(await productionOf(orderId)).toMatchObject({ live: 0, cancelled: 1 });
  });

  test('is changed there after a person approved, under the same number, also if the answer is lost', async () => {
    const { order, orderId } = await sendCompleted();
    const before = await getOrder(house.store, orderId);
    const changeId = await sendOrder(house, changeOf(order, 'replace', FIVE));
    await untilReview(house, changeId);
    expect(await holdsOf(changeId)).toEqual(['CHANGE.AFTER_HANDOFF']);
    await house.admin.setSwitches({ loseAnswers: 1, times: 1, calls: ['amend'] });
    await decide(house, changeId, { action: 'approve' });
    expect(await untilOrder(house.store, changeId, ended)).toMatchObject({ state: 'applied', changes_revision: 2 });
    expect(await getOrder(house.store, orderId)).toMatchObject({
      state: 'completed',
      revision: 2,
      total: '99.95',
      production_order_id: before.production_order_id,
    });
    expect(await productionOf(orderId)).toMatchObject({ live: 1, productionOrders: [{ revision: 2, total: '99.95' }] });
    expect(await getRevision(house.store, { orderId, revision: 2 })).toMatchObject({ type: 'new', total: '99.95' });
  });

  test('waits for a person when production has begun, who can only reject it', async () => {
    const { order, orderId } = await sendCompleted();
    const [made] = (await productionOf(orderId)).productionOrders;
    await house.admin.beginProduction(made?.productionOrderId ?? '');
    for (const type of ['replace', 'cancel'] as const) {
      const changeId = await sendOrder(house, changeOf(order, type, FIVE));
      await untilReview(house, changeId);
      await decide(house, changeId, { action: 'approve' });
      await untilReview(house, changeId);
      expect(await holdsOf(changeId)).toEqual(['CHANGE.REFUSED']);
      const findings = await listFindings(house.store, `order:${changeId}`, 1);
      expect(findings.map(({ code }) => code)).toContain('CHANGE.REFUSED');
      await decide(house, changeId, { action: 'reject' });
      expect(await untilOrder(house.store, changeId, ended)).toMatchObject({ state: 'rejected' });
    }
    expect(await getOrder(house.store, orderId)).toMatchObject({ state: 'completed', revision: 1, total: '199.90' });
    expect(await productionOf(orderId)).toMatchObject({ live: 1, productionOrders: [{ revision: 1 }] });
  });

  test('is judged by fresh facts before it is changed there: a customer who was stopped meanwhile gets no more', async () => {
    const { order, orderId } = await sendCompleted();
    const changeId = await sendOrder(house, changeOf(order, 'replace', FIVE));
    await untilReview(house, changeId);
    await house.admin.changeCustomer('C-1001', { status: 'credit_stop' });
    const long = { taken_at: new Date(Date.now() - 6 * 60_000).toISOString() };
    await house.store.db.updateTable('facts_snapshots').set(long).where('order_id', '=', changeId).execute();
    await decide(house, changeId, { action: 'approve' });
    await untilReview(house, changeId);
    expect(await holdsOf(changeId)).toEqual(['CUSTOMER.CREDIT_STOP']);
    expect(await productionOf(orderId)).toMatchObject({ productionOrders: [{ revision: 1 }] });
    await house.admin.changeCustomer('C-1001', { status: 'active' });
    // The approval of the change itself stands.
    await decide(house, changeId, { action: 'approve', actor: 'sofia', roles: ['reviewer', 'supervisor'] });
    expect(await untilOrder(house.store, changeId, ended)).toMatchObject({ state: 'applied', changes_revision: 2 });
  });

  test('shows a person what the rules find in it', async () => {
    const { order } = await sendCompleted();
    const changeId = await sendOrder(house, changeOf(order, 'replace', WRONG_PRICE));
    await untilReview(house, changeId);
    expect(await holdsOf(changeId)).toEqual(['CHANGE.AFTER_HANDOFF', 'PRICE.MISMATCH']);
  });
});
