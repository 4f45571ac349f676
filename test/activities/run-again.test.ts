import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { sql } from 'kysely';
import { v7 as uuidv7 } from 'uuid';
import { type Activities, createActivities } from '../../activities/index.ts';
import type { Deps } from '../../activities/deps.ts';
import { openCredentials, seedDefaults } from '../../cli/setup.ts';
import { type Decision, insertDecision, listDecisions } from '../../db/decisions.ts';
import { getDocument } from '../../db/documents.ts';
import { getFacts } from '../../db/facts.ts';
import { listFindings } from '../../db/findings.ts';
import { listOpenHolds } from '../../db/holds.ts';
import { acceptDocument } from '../../db/intake.ts';
import { findBrokenLink, listLog } from '../../db/log.ts';
import { getOrder, type OrderRow } from '../../db/orders.ts';
import { listOutbox, takeControlNumber } from '../../db/outbox.ts';
import { putSource } from '../../db/sources.ts';
import { inTransaction } from '../../db/store.ts';
import { type RunningBackOffice, startBackOffice } from '../backoffice/back-office.ts';
import { NORTHWIND, profileOf } from '../orders/formats/x12-document.ts';
import { makeOrderJson } from '../support/order-factory.ts';
import { givenOrder, makeArrival, openTestStore, type TestStore } from '../support/store.ts';
import { inActivity, judge } from './step-house.ts';

/**
 * A worker that dies after a step and before Temporal knows of it runs the step again, perhaps while another worker is at
 * it. What a step did is found done.
 */
let house: TestStore;
let back: RunningBackOffice;
let steps: Activities;

beforeAll(async () => {
  house = await openTestStore();
  back = await startBackOffice();
  await seedDefaults(house.store, openCredentials(join(house.folder, 'credentials.json')));
  // Nobody is there to be told.
  const runs = {
    tellDecision: () => Promise.resolve(),
    startOrder: () => Promise.resolve(),
  } as unknown as Deps['runs'];
  const elsewhere = { runs } as Pick<Deps, 'transport' | 'notices' | 'runs' | 'retention' | 'anchorDir'>;
  steps = inActivity(createActivities({ store: house.store, backOffice: () => back.backOffice, ...elsewhere }));
});
afterAll(async () => {
  await back.server.close();
  await house.close();
});

const at = '2026-11-23T10:00:00.000Z';
const historyOf = (orderId: string) => listLog(house.store, `order:${orderId}`);

/** An order as a source sent it, read but not judged. */
async function givenParsed(changes: Record<string, unknown> = {}): Promise<{ orderId: string; revision: number }> {
  const orderId = uuidv7();
  const bytes = Buffer.from(JSON.stringify(makeOrderJson(changes)));
  await acceptDocument(house.store, makeArrival({ bytes }), { orderId, operatorId: null });
  expect(await steps.parseOrder(orderId)).toMatchObject({ state: 'parsed' });
  return { orderId, revision: 1 };
}

/** An order that somebody must look at, because its total is wrong. */
async function givenReview(): Promise<OrderRow> {
  const order = await givenParsed({ total: '1.00' });
  await steps.takeFacts(order);
  await steps.validateOrder(order);
  await steps.settleVerdict(order);
  await steps.enterReview(order, Date.parse(at));
  return getOrder(house.store, order.orderId);
}

describe('judging an order', () => {
  test('again after its verdict changes neither the facts nor the findings that it rests on', async () => {
    const order = await givenParsed({ total: '1.00' });
    const verdict = await judge(steps, order);
    expect(verdict.state).toBe('in_review');
    const [facts, findings, history] = [
      await getFacts(house.store, order),
      await listFindings(house.store, `order:${order.orderId}`, 1),
      await historyOf(order.orderId),
    ];
    await back.admin.changeCustomer('C-1001', { creditLimit: '0.00' });
    expect(await judge(steps, order)).toEqual(verdict);
    expect(await getFacts(house.store, order)).toEqual(facts);
    expect(await listFindings(house.store, `order:${order.orderId}`, 1)).toEqual(findings);
    expect(await historyOf(order.orderId)).toEqual(history);
  });

  test('twice at once comes to one verdict', async () => {
    const order = await givenParsed({ total: '2.00' });
    await steps.takeFacts(order);
    await steps.validateOrder(order);
    const [one, other] = await Promise.all([steps.settleVerdict(order), steps.settleVerdict(order)]);
    expect(one).toEqual(other);
    expect((await historyOf(order.orderId)).map((entry) => entry.action)).toEqual([
      'order.received',
      'order.parsed',
      'order.held_for_review',
    ]);
  });
});

async function decide(order: OrderRow, changes: Partial<Decision>): Promise<string> {
  const review = await house.store.db
    .selectFrom('reviews')
    .select('id')
    .where('order_id', '=', order.id)
    .executeTakeFirstOrThrow();
  const decision: Decision = {
    id: uuidv7(), orderId: order.id, revision: order.revision, reviewId: review.id, action: 'approve', actor: 'sofia',
    roles: ['reviewer', 'supervisor'], reason: '', changes: [], ...changes,
  }; // prettier-ignore
  await insertDecision(house.store, decision, at);
  return decision.id;
}

describe('a change of an order', () => {
  const run = async (change: { orderId: string; revision: number }) => {
    const first = await steps.linkChange(change);
    expect(await steps.linkChange(change)).toEqual(first);
    return first;
  };
  const requestsOf = (orderId: string) => listDecisions(house.store, orderId);

  test('asks its order once, however often it is brought there', async () => {
    const order = await givenReview();
    const change = await givenParsed({ type: 'cancel', poNumber: order.po_number });
    expect(await run(change)).toMatchObject({ state: 'held', holds: [{ code: 'CHANGE.WAITS' }] });
    expect(await requestsOf(order.id)).toMatchObject([
      { action: 'cancel', actor: 'source:web-shop', changeOrderId: change.orderId },
    ]);
    await steps.resumeOrder(change);
    expect(await run(change)).toMatchObject({ state: 'held' });
    expect(await requestsOf(order.id)).toHaveLength(1);
  });

  test('is carried out in production once, also by two workers at once', async () => {
    await back.admin.changeCustomer('C-1001', { creditLimit: '100000.00' });
    const order = await givenParsed();
    for (const step of [
      'takeFacts',
      'validateOrder',
      'settleVerdict',
      'reserveOrder',
      'stageOrder',
      'submitOrder',
    ] as const)
      await steps[step](order);
    const { po_number: poNumber } = await getOrder(house.store, order.orderId);
    const change = await givenParsed({ type: 'replace', poNumber, notes: ['changed'] });
    await steps.linkChange(change);
    for (const step of ['takeFacts', 'validateOrder', 'settleVerdict'] as const) await steps[step](change);
    await steps.enterReview(change, Date.parse(at));
    const approval = await decide(await getOrder(house.store, change.orderId), {});
    expect(await steps.applyDecision(change.orderId, approval)).toMatchObject({ applied: true });
    const [one, other] = await Promise.all([steps.carryOutChange(change), steps.carryOutChange(change)]);
    expect(one).toEqual(other);
    expect(one).toMatchObject({ state: 'applied', finished: true });
    expect(await steps.carryOutChange(change)).toEqual(one);
    expect(await getOrder(house.store, order.orderId)).toMatchObject({ state: 'completed', revision: 2 });
    const { live, productionOrders } = await back.admin.listProductionOrders({ orderId: order.orderId });
    expect([live, productionOrders.length]).toEqual([1, 1]);
    expect((await historyOf(order.orderId)).filter(({ action }) => action === 'order.amended')).toHaveLength(1);
  });
});

describe('holding an order', () => {
  test('twice keeps in mind where it goes on', async () => {
    const { id: orderId } = await givenOrder(house.store, { state: 'submitted' });
    for (let i = 0; i < 2; i += 1) {
      const held = await steps.holdOrder(orderId, 'BACKOFFICE.UNAVAILABLE');
      expect(held).toMatchObject({
        state: 'held',
        resumeState: 'submitted',
        holds: [{ code: 'BACKOFFICE.UNAVAILABLE' }],
      });
    }
    for (let i = 0; i < 2; i += 1) {
      expect(await steps.resumeOrder({ orderId, revision: 1 })).toMatchObject({ state: 'submitted', holds: [] });
    }
    expect((await historyOf(orderId)).map((entry) => entry.action)).toEqual([
      'order.received',
      'order.held',
      'order.resumed',
    ]);
  });

  test('that waits for a person keeps in mind where an approval lets it go on', async () => {
    const { id: orderId } = await givenOrder(house.store, { state: 'in_review', resume_state: 'staged' });
    expect(await steps.holdOrder(orderId, 'PROCESSING.FAILED')).toMatchObject({
      state: 'in_review',
      resumeState: 'staged',
    });
    expect(await steps.resumeOrder({ orderId, revision: 1 })).toMatchObject({
      state: 'in_review',
      resumeState: 'staged',
      holds: [],
    });
  });

  test('that is refused while it ends lets it look again by itself: there is nobody to release it', async () => {
    const { id: orderId } = await givenOrder(house.store, { state: 'rejected' });
    await steps.holdOrder(orderId, 'BACKOFFICE.REFUSED');
    expect(await getOrder(house.store, orderId)).toMatchObject({ state: 'rejected' });
    expect(await listOpenHolds(house.store, orderId)).toMatchObject([
      { code: 'BACKOFFICE.REFUSED', releaseRole: null },
    ]);
  });

  test('that has ended does nothing', async () => {
    const { id: orderId } = await givenOrder(house.store, { state: 'completed', terminal_at: at });
    await steps.holdOrder(orderId, 'PROCESSING.FAILED');
    expect(await getOrder(house.store, orderId)).toMatchObject({ state: 'completed' });
    expect(await listOpenHolds(house.store, orderId)).toEqual([]);
  });
});

describe('a decision', () => {
  test.each<Decision['action']>(['approve', 'reject', 'cancel'])(
    'to %s that is applied by two at once, and once more, is applied',
    async (action) => {
      const order = await givenReview();
      const decisionId = await decide(order, { action, ...(action === 'cancel' && { reviewId: null }) });
      const apply = () => steps.applyDecision(order.id, decisionId);
      const answers = [...(await Promise.all([apply(), apply()])), await apply()];
      for (const answer of answers) expect(answer).toMatchObject({ applied: true, refusal: null });
      const applied = (await historyOf(order.id)).filter(
        (entry) => entry.action.startsWith('decision.') && entry.actor === 'worker',
      );
      expect(applied.map((entry) => entry.action)).toEqual(['decision.applied']);
      expect(await findBrokenLink(house.store, `order:${order.id}`)).toBeUndefined();
    },
  );

  test('that was refused stays refused with the same words', async () => {
    const order = await givenReview();
    const decisionId = await decide(order, { revision: 7 });
    const first = await steps.applyDecision(order.id, decisionId);
    expect(first).toMatchObject({ applied: false, refusal: expect.stringContaining('revision 7') });
    expect(await steps.applyDecision(order.id, decisionId)).toEqual(first);
  });
});

describe('splitting a document', () => {
  test('by two at once makes its orders once, one acknowledgment, and leaves no gap in the control numbers', async () => {
    await putSource(house.store, profileOf(), { actor: 'ada', at });
    const arrival = makeArrival({ source: 'edi-northwind', channel: 'edi', format: 'x12', bytes: NORTHWIND });
    const { documentId } = await acceptDocument(house.store, arrival);
    const split = () =>
      new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') }).run(() =>
        steps.splitDocument(documentId),
      );
    // The first attempt dies when its orders are written and the end of the split is not.
    await sql`create trigger dies before update on documents begin select raise(abort, 'died'); end`.execute(
      house.store.db,
    );
    await expect(split()).rejects.toThrow('died');
    await sql`drop trigger dies`.execute(house.store.db);
    const ended = await Promise.all([split(), split()]);
    expect([...ended, await split()]).toEqual(Array(3).fill({ state: 'split', orders: 2 }));
    expect(await getDocument(house.store, documentId)).toMatchObject({ state: 'split', order_count: 2 });
    const orders = house.store.db.selectFrom('orders').select('id').where('document_id', '=', documentId);
    expect(await orders.execute()).toHaveLength(2);
    expect(await listOutbox(house.store, `document:${documentId}`)).toHaveLength(1);
    // It gets its numbers when it is composed.
    expect(await inTransaction(house.store, (tx) => takeControlNumber(tx, 'edi-northwind', 'interchange'))).toBe(1);
  });
});
