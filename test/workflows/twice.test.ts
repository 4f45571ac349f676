import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import type { Activities } from '../../activities/index.ts';
import { getDocument, listDocumentOrders } from '../../db/documents.ts';
import { findBrokenLink, listLog } from '../../db/log.ts';
import { getOrder, type OrderRef } from '../../db/orders.ts';
import type { Tables } from '../../db/tables.ts';
import { acceptOrder, type House, openHouse } from '../support/house.ts';
import { makeOrderJson, WRONG_PRICE } from '../support/order-factory.ts';
import { writeDecision } from './people.ts';
import { createStepRunner, type StepRunner } from './step-runner.ts';
import { makeInterchange } from './edi-document.ts';

/** A house without workers: nothing moves here but what a test runs. */
let house: House;
let run: StepRunner;
beforeAll(async () => {
  house = await openHouse({ workers: false });
  run = createStepRunner(house.deps);
});
afterEach(() => house.admin.resetSwitches());
afterAll(() => house.close());

/** What a second run may renew without changing anything: facts are asked for again while no verdict rests on them. */
const RENEWED: readonly (keyof Tables)[] = ['facts_snapshots', 'order_staging_errors'];

/** All rows of the database but those, and all production orders, to be compared. */
async function takePicture(): Promise<unknown> {
  const tables = await house.store.db.introspection.getTables();
  const rows = await Promise.all(
    tables
      .filter(({ name }) => !name.startsWith('kysely_') && !RENEWED.includes(name as keyof Tables))
      .map(
        async ({ name }) => [name, (await sql`select * from ${sql.table(name)}`.execute(house.store.db)).rows] as const,
      ),
  );
  const sizes = await Promise.all(
    RENEWED.map(
      async (name) => (await sql`select count(*) as size from ${sql.table(name)}`.execute(house.store.db)).rows,
    ),
  );
  const products = await Promise.all(['SKU-1', 'SKU-3'].map((sku) => house.backOffice.searchProducts(sku, 1)));
  return { rows: Object.fromEntries(rows), sizes, products, production: await house.admin.listProductionOrders() };
}

/** Runs a step twice, as after a killed workflow task, and expects of the second run the first one's answer and no effect. */
async function runTwice<T>(call: (steps: Activities) => Promise<T>, isLocal = true): Promise<T> {
  const first = await run(call, isLocal);
  const after = await takePicture();
  const second = await run(call, isLocal);
  expect(second).toEqual(first);
  expect(await takePicture()).toEqual(after);
  return first;
}

async function accept(changes: Readonly<Record<string, unknown>> = {}): Promise<OrderRef> {
  return { orderId: await acceptOrder(house.store, makeOrderJson(changes)), revision: 1 };
}

/** An order in review, its review open. */
async function acceptForReview(): Promise<OrderRef> {
  const ref = await accept(WRONG_PRICE);
  await run((steps) => steps.parseOrder(ref.orderId));
  await run((steps) => steps.takeFacts(ref));
  await run((steps) => steps.validateOrder(ref));
  await run((steps) => steps.settleVerdict(ref));
  await run((steps) => steps.enterReview(ref, Date.now()));
  return ref;
}

async function bringToStaged(ref: OrderRef): Promise<void> {
  await run((steps) => steps.parseOrder(ref.orderId));
  for (const step of ['takeFacts', 'validateOrder', 'settleVerdict', 'reserveOrder', 'stageOrder'] as const) {
    await run<unknown>((steps) => steps[step](ref));
  }
}

describe('run twice, each step of an order has its effect once', () => {
  test('from the first to the last', async () => {
    const ref = await accept();
    await runTwice((steps) => steps.parseOrder(ref.orderId));
    await runTwice((steps) => steps.takeFacts(ref));
    await runTwice((steps) => steps.validateOrder(ref));
    await runTwice((steps) => steps.checkCredit(ref));
    await runTwice((steps) => steps.checkInventory(ref));
    expect(await runTwice((steps) => steps.settleVerdict(ref))).toMatchObject({ state: 'validated' });
    expect(await runTwice((steps) => steps.reserveOrder(ref))).toMatchObject({ state: 'reserved' });
    expect(await runTwice((steps) => steps.stageOrder(ref))).toMatchObject({ state: 'staged' });
    expect(await runTwice((steps) => steps.submitOrder(ref))).toMatchObject({ state: 'completed', finished: true });
    expect((await house.admin.listProductionOrders({ orderId: ref.orderId })).live).toBe(1);
    expect(await findBrokenLink(house.store, `order:${ref.orderId}`)).toBeUndefined();
  });

  test('and all of them once more after the end: nothing moves', async () => {
    const ref = await accept();
    const steps: readonly ((steps: Activities) => Promise<unknown>)[] = [
      (each) => each.parseOrder(ref.orderId),
      (each) => each.takeFacts(ref),
      (each) => each.validateOrder(ref),
      (each) => each.checkCredit(ref),
      (each) => each.checkInventory(ref),
      (each) => each.settleVerdict(ref),
      (each) => each.reserveOrder(ref),
      (each) => each.stageOrder(ref),
      (each) => each.submitOrder(ref),
    ];
    for (const step of steps) await run(step);
    const after = await takePicture();
    for (const step of steps) await run(step);
    expect(await takePicture()).toEqual(after);
  });

  test('also at the same time', async () => {
    const ref = await accept();
    const both = (call: (steps: Activities) => Promise<unknown>) => Promise.all([run(call), run(call)]);
    await both((steps) => steps.parseOrder(ref.orderId));
    await both((steps) => steps.takeFacts(ref));
    await both((steps) => steps.validateOrder(ref));
    await both((steps) => steps.settleVerdict(ref));
    await both((steps) => steps.reserveOrder(ref));
    await both((steps) => steps.stageOrder(ref));
    await both((steps) => steps.submitOrder(ref));
    expect(await getOrder(house.store, ref.orderId)).toMatchObject({ state: 'completed' });
    expect((await house.admin.listProductionOrders({ orderId: ref.orderId })).productionOrders).toHaveLength(1);
    const actions = (await listLog(house.store, `order:${ref.orderId}`)).map((entry) => entry.action);
    expect(actions).toEqual([
      'order.received',
      'order.parsed',
      'order.validated',
      'order.reserved',
      'order.staged',
      'order.submitted',
      'order.completed',
    ]);
  });

  test('a submission whose answer was lost is asked after, not made again', async () => {
    const ref = await accept();
    await bringToStaged(ref);
    await house.admin.setSwitches({ loseAnswers: 1, times: 1, calls: ['submit'] });
    await expect(run((steps) => steps.submitOrder(ref))).rejects.toMatchObject({ type: 'BackOfficeUnavailable' });
    expect(await runTwice((steps) => steps.submitOrder(ref))).toMatchObject({ state: 'completed' });
    expect((await house.admin.listProductionOrders({ orderId: ref.orderId })).productionOrders).toHaveLength(1);
  });

  test('opening a review, its reminders and its escalation', async () => {
    const ref = await acceptForReview();
    await runTwice((steps) => steps.enterReview(ref, Date.now()));
    await runTwice((steps) => steps.recordMilestone(ref, 'half', Date.now()));
    await runTwice((steps) => steps.recordMilestone(ref, 'late', Date.now()));
    expect(await runTwice((steps) => steps.recordMilestone(ref, 'escalated', Date.now()))).toMatchObject({
      review: { escalated: true },
    });
  });

  test('approving', async () => {
    const { orderId } = await acceptForReview();
    const decisionId = await writeDecision(house, orderId, { action: 'approve' });
    expect(await runTwice((steps) => steps.applyDecision(orderId, decisionId))).toMatchObject({ applied: true });
  });

  test('correcting', async () => {
    const { orderId } = await acceptForReview();
    const changes = [{ path: '/notes', value: ['checked'] }];
    const decisionId = await writeDecision(house, orderId, { action: 'correct', changes });
    const applied = await runTwice((steps) => steps.applyDecision(orderId, decisionId));
    expect(applied).toMatchObject({ applied: true, progress: { revision: 2, state: 'parsed' } });
  });

  test('rejecting and closing', async () => {
    const ref = await acceptForReview();
    const decisionId = await writeDecision(house, ref.orderId, { action: 'reject' });
    await runTwice((steps) => steps.applyDecision(ref.orderId, decisionId));
    expect(await runTwice((steps) => steps.closeOrder(ref))).toMatchObject({ state: 'rejected', finished: true });
  });

  test('cancelling what was submitted and never arrived', async () => {
    const ref = await accept();
    await bringToStaged(ref);
    await house.admin.setSwitches({ absent: true, times: 1, calls: ['submit'] });
    await expect(run((steps) => steps.submitOrder(ref))).rejects.toMatchObject({ type: 'BackOfficeUnavailable' });
    const decisionId = await writeDecision(house, ref.orderId, { action: 'cancel' });
    expect(await runTwice((steps) => steps.applyDecision(ref.orderId, decisionId))).toMatchObject({ applied: true });
    expect(await runTwice((steps) => steps.closeOrder(ref))).toMatchObject({ state: 'cancelled' });
  });

  test.each(['BACKOFFICE.UNAVAILABLE', 'BACKOFFICE.REFUSED', 'PROCESSING.FAILED'] as const)(
    'holding for %s and going on',
    async (code) => {
      const ref = await accept();
      await run((steps) => steps.parseOrder(ref.orderId));
      const held = await runTwice((steps) => steps.holdOrder(ref.orderId, code));
      expect(held).toMatchObject({ resumeState: 'parsed', holds: [{ code }] });
      const resumed = await runTwice((steps) => steps.resumeOrder(ref));
      expect(resumed.state).toBe(code === 'BACKOFFICE.REFUSED' ? 'in_review' : 'parsed');
    },
  );

  test('an order that ended is not held', async () => {
    const ref = await acceptForReview();
    const decisionId = await writeDecision(house, ref.orderId, { action: 'reject' });
    await run((steps) => steps.applyDecision(ref.orderId, decisionId));
    await run((steps) => steps.closeOrder(ref));
    expect(await runTwice((steps) => steps.holdOrder(ref.orderId, 'PROCESSING.FAILED'))).toMatchObject({
      state: 'rejected',
      holds: [],
    });
  });

  test('an order that is held and cannot be resumed yet does not forget where it goes on', async () => {
    const ref = await accept();
    await run((steps) => steps.parseOrder(ref.orderId));
    await run((steps) => steps.holdOrder(ref.orderId, 'BACKOFFICE.UNAVAILABLE'));
    await runTwice((steps) => steps.holdOrder(ref.orderId, 'PROCESSING.FAILED'));
    expect(await runTwice((steps) => steps.resumeOrder(ref))).toMatchObject({ state: 'parsed', holds: [] });
  });
});

describe('run twice, each step of a document has its effect once', () => {
  test('collecting, splitting, and writing the acknowledgment', async () => {
    const inbox = join(house.folder, 'edi/inbox/edi-northwind');
    await mkdir(inbox, { recursive: true });
    await writeFile(join(inbox, 'two.edi'), makeInterchange({ orders: 2 }));
    const { documents } = await run((steps) => steps.collectInbox(), false);
    expect(documents).toMatchObject([{ source: 'edi-northwind', channel: 'edi' }]);
    expect(await readdir(inbox)).toEqual([]);
    const id = documents[0]!.id;
    expect(await runTwice((steps) => steps.splitDocument(id), false)).toEqual({ state: 'split', orders: 2 });
    expect(await runTwice((steps) => steps.startOrders(id, -1, 10), false)).toEqual({ last: 1, more: false });
    for (const { order_id: orderId } of await listDocumentOrders(house.store, id, { after: -1, size: 10 })) {
      await run((steps) => steps.parseOrder(orderId));
      await run((steps) => steps.holdOrder(orderId, 'PROCESSING.FAILED'));
    }
    await runTwice((steps) => steps.finishDocument(id), false);
    expect(await getDocument(house.store, id)).toMatchObject({ state: 'processed' });
    expect(await run((steps) => steps.deliverOutbox(), false)).toEqual({ delivered: 1, postponed: 0, missed: 0 });
    const after = await takePicture();
    expect(await run((steps) => steps.deliverOutbox(), false)).toEqual({ delivered: 0, postponed: 0, missed: 0 });
    expect(await takePicture()).toEqual(after);
    expect(await readdir(join(house.folder, 'edi/outbox/edi-northwind'))).toEqual(['997-000000001.edi']);
  });
});
