import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import { v7 as uuidv7 } from 'uuid';
import { insertDecision } from '../../db/decisions.ts';
import { getDocument } from '../../db/documents.ts';
import { listFindings } from '../../db/findings.ts';
import { listOpenHolds } from '../../db/holds.ts';
import { acceptDocument } from '../../db/intake.ts';
import { listLog } from '../../db/log.ts';
import { getOrder } from '../../db/orders.ts';
import { findOpenReview } from '../../db/reviews.ts';
import { documentStart, orderStart, TASK_QUEUES } from '../../workflows/contract.ts';
import type { documentWorkflow, recheckHoldsWorkflow } from '../../workflows/index.ts';
import { acceptOrder, type House, openHouse, sendOrder, untilOrder } from '../support/house.ts';
import { makeOrderJson } from '../support/order-factory.ts';
import { fillDatabase, flipBytes, lockDatabase } from '../support/store-faults.ts';
import { makeArrival } from '../support/store.ts';
import { makeInterchange } from './edi-document.ts';
import { decide, until, untilReview } from './people.ts';

/* What is kept is damaged, or nothing can be kept: the order waits, others go on, and all goes on when it is mended. */

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterEach(() => house.admin.resetSwitches());
afterAll(() => house.close());

const handleOf = (orderId: string) => house.client.workflow.getHandle(`order:${orderId}`);
const holdsOf = async (orderId: string): Promise<string[]> =>
  (await listOpenHolds(house.store, orderId)).map((hold) => hold.code);
const start = async (orderId: string) =>
  house.client.workflow.start('orderWorkflow', orderStart(await getOrder(house.store, orderId)));
const sofia = { actor: 'sofia', roles: ['reviewer', 'supervisor'] } as const;

let rechecks = 0;
function recheck(): Promise<{ rechecked: number }> {
  const options = { taskQueue: TASK_QUEUES.orders, workflowId: `recheck-${String((rechecks += 1))}` };
  return house.client.workflow.execute<typeof recheckHoldsWorkflow>('recheckHoldsWorkflow', options);
}

/**
 * Waits until a workflow does nothing any more. Rows are there before its task is over, and what a task did is in the history
 * after it alone; one that spins is never at rest.
 */
async function untilAtRest(orderId: string): Promise<void> {
  const FIRST_TASK = 3;
  const measure = async () => (await handleOf(orderId).describe()).historyLength;
  await until(async () => ((await measure()) > FIRST_TASK ? true : undefined));
  await until(async () => {
    const before = await measure();
    await pause(1500);
    return (await measure()) === before ? true : undefined;
  });
}

/** An order with a plain life, to show that the damage of one is not the damage of others. */
async function expectOthersGoOn(): Promise<void> {
  const other = await sendOrder(house, makeOrderJson());
  expect(await handleOf(other).result()).toMatchObject({ state: 'completed' });
}

describe('damaged content', () => {
  test('as received: a supervisor learns what is damaged, others go on, and it goes on when it is restored', async () => {
    const orderId = await acceptOrder(house.store, makeOrderJson());
    const restore = await flipBytes(house.store, 'order_staging_raw', orderId);
    await start(orderId);
    await untilReview(house, orderId);
    expect(await holdsOf(orderId)).toEqual(['CONTENT.DAMAGED']);
    const [finding] = await listFindings(house.store, `order:${orderId}`, 1);
    expect(finding).toMatchObject({ code: 'CONTENT.DAMAGED', category: 'processing', disposition: 'hold' });
    expect(finding?.evidence).toContain(`raw of order:${orderId} is damaged in the database: it does not authenticate`);
    await expectOthersGoOn();
    // It was tried once, and nothing tries it again by itself.
    await untilAtRest(orderId);
    expect(await recheck()).toEqual({ rechecked: 0 });
    await restore();
    expect(await decide(house, orderId, { action: 'approve', ...sofia })).toMatchObject({ applied: true });
    expect(await handleOf(orderId).result()).toMatchObject({ state: 'completed' });
    expect(await listFindings(house.store, `order:${orderId}`, 1)).toEqual([]);
  });

  test('of a revision in review: whoever approves learns of it, and may cancel', async () => {
    const orderId = await sendOrder(house, makeOrderJson({ total: '1.00', lines: [{ line: '1', sku: 'SKU-1', quantity: '10', unitPrice: '19.9900', amount: '199.90' }] })); // prettier-ignore
    await untilReview(house, orderId);
    await flipBytes(house.store, 'order_revisions', orderId);
    await decide(house, orderId, { action: 'approve', ...sofia });
    await until(async () => ((await holdsOf(orderId)).includes('CONTENT.DAMAGED') ? true : undefined));
    expect(await getOrder(house.store, orderId)).toMatchObject({ state: 'in_review' });
    expect(await decide(house, orderId, { action: 'cancel' })).toMatchObject({ applied: true });
    expect(await handleOf(orderId).result()).toMatchObject({ state: 'cancelled' });
  });

  test('where its own key is damaged nothing can be sealed: it is in review all the same, and nothing spins', async () => {
    const orderId = await acceptOrder(house.store, makeOrderJson());
    const keys = house.store.db.updateTable('data_keys').where('subject', '=', `order:${orderId}`);
    const { wrapped_key: before } = await house.store.db.selectFrom('data_keys').selectAll().where('subject', '=', `order:${orderId}`).executeTakeFirstOrThrow(); // prettier-ignore
    await keys.set({ wrapped_key: Buffer.alloc(before.length, 1) }).execute();
    await start(orderId);
    await untilOrder(house.store, orderId, ({ state }) => state === 'in_review');
    await until(async () => findOpenReview(house.store, orderId));
    await untilAtRest(orderId);
    const held = (await listLog(house.store, `order:${orderId}`)).filter(({ action }) => action === 'order.held');
    expect(held).toHaveLength(1);
    expect(held[0]?.detail_json).toContain(`does not authenticate the data key of order:${orderId}`);
    await keys.set({ wrapped_key: before }).execute();
    expect(await decide(house, orderId, { action: 'approve', ...sofia })).toMatchObject({ applied: true });
    expect(await handleOf(orderId).result()).toMatchObject({ state: 'completed' });
  });

  test('of a decision that nobody was told yet: it is refused, and whoever decides again is heard', async () => {
    const orderId = await sendOrder(house, makeOrderJson({ customerId: 'C-1003' }));
    await untilReview(house, orderId);
    const review = await findOpenReview(house.store, orderId);
    const id = '00000000-0000-7000-8000-000000000001';
    const decision = { id, orderId, revision: 1, reviewId: review!.id, action: 'reject', reason: 'no', changes: [], ...sofia } as const; // prettier-ignore
    await insertDecision(house.store, decision, new Date().toISOString());
    await flipBytes(house.store, 'decisions', orderId);
    await handleOf(orderId).signal('decideSignal', { decisionId: id });
    await until(async () => {
      const row = await house.store.db.selectFrom('decisions').selectAll().where('id', '=', id).executeTakeFirst();
      return row?.state === 'refused' ? row : undefined;
    });
    expect(await decide(house, orderId, { action: 'reject' })).toMatchObject({ applied: true });
    expect(await handleOf(orderId).result()).toMatchObject({ state: 'rejected' });
  });

  test('of a rule holds every order that it might speak on; they go on by themselves when it is restored', async () => {
    const { db } = house.store;
    const rules = db.updateTable('order_validation_rules').where('code', '=', 'CREDIT.LIMIT');
    const { parameters_json: before } = await db.selectFrom('order_validation_rules').selectAll().where('code', '=', 'CREDIT.LIMIT').executeTakeFirstOrThrow(); // prettier-ignore
    await rules.set({ parameters_json: '{' }).execute();
    // Rules are read again when there is one more.
    const row = await db.selectFrom('order_validation_rules').selectAll().where('code', '=', 'CREDIT.LIMIT').executeTakeFirstOrThrow(); // prettier-ignore
    const more = { ...row, code: 'CREDIT.LIMIT', version: 99, parameters_json: before, effective_from: '2099-01-01T00:00:00.000Z' }; // prettier-ignore
    await db.insertInto('order_validation_rules').values(more).execute();
    const orderId = await sendOrder(house, makeOrderJson());
    await untilOrder(house.store, orderId, ({ state }) => state === 'held');
    expect(await holdsOf(orderId)).toEqual(['PROCESSING.FAILED']);
    const held = (await listLog(house.store, `order:${orderId}`)).find(({ action }) => action === 'order.held');
    expect(held?.detail_json).toContain('parameters of rule:CREDIT.LIMIT:1 is damaged in the database');
    await rules.where('version', '=', 1).set({ parameters_json: before }).execute();
    expect(await recheck()).toEqual({ rechecked: 1 });
    expect(await handleOf(orderId).result()).toMatchObject({ state: 'completed' });
  });
});

describe('a damaged document', () => {
  test('is told of and rests, while other documents go on; restored, it goes on', async () => {
    const bytes = Buffer.from(makeInterchange({ orders: 1 }));
    const arrival = makeArrival({ source: 'edi-northwind', channel: 'edi', format: 'x12', bytes });
    const { documentId } = await acceptDocument(house.store, arrival);
    const { db } = house.store;
    const kept = db.selectFrom('document_chunks').selectAll().where('document_id', '=', documentId);
    const { content_sealed: before } = await kept.executeTakeFirstOrThrow();
    const put = (content: Uint8Array) =>
      db
        .updateTable('document_chunks')
        .set({ content_sealed: content })
        .where('document_id', '=', documentId)
        .execute();
    await put(before.map((byte, i) => (i === 20 ? byte ^ 0xff : byte)));
    const document = await getDocument(house.store, documentId);
    const run = await house.client.workflow.start<typeof documentWorkflow>('documentWorkflow', documentStart(document));
    const step = await until(async () => (await run.describe()).raw.pendingActivities?.find((one) => one.lastFailure));
    expect(step.lastFailure?.message).toContain(`document:${documentId} is damaged in the database`);
    // It rests for minutes, and is not tried again and again.
    await pause(3000);
    const [after] = (await run.describe()).raw.pendingActivities ?? [];
    expect(after?.attempt).toBe(step.attempt);
    expect(await getDocument(house.store, documentId)).toMatchObject({ state: 'received', order_count: 0 });
    const other = await acceptDocument(house.store, makeArrival({ ...arrival, documentId: uuidv7(), bytes: Buffer.from(makeInterchange({ orders: 1 })) })); // prettier-ignore
    const otherRun = documentStart(await getDocument(house.store, other.documentId));
    expect(await house.client.workflow.execute<typeof documentWorkflow>('documentWorkflow', otherRun)).toMatchObject({ orders: 1 }); // prettier-ignore
    await put(before);
    await run.terminate('a test does not wait for ten minutes');
    const again = documentStart(document);
    expect(await house.client.workflow.execute<typeof documentWorkflow>('documentWorkflow', again)).toMatchObject({ orders: 1 }); // prettier-ignore
  });
});

describe('a database into which nothing can be written', () => {
  test('because it is full: the order waits, nothing of its step is half done, and it goes on when there is room', async () => {
    const orderId = await acceptOrder(house.store, makeOrderJson({ extensions: { padding: 'x'.repeat(30_000) } }));
    const makeRoom = await fillDatabase(house.store);
    const handle = await start(orderId);
    await pause(4000);
    const during = await getOrder(house.store, orderId);
    expect((await handle.describe()).status.name).toBe('RUNNING');
    await makeRoom();
    expect(during).toMatchObject({ state: expect.stringMatching(/received|held/) });
    await until(async () => {
      const { state } = await getOrder(house.store, orderId);
      if (state === 'held') await recheck();
      return state === 'completed' ? true : undefined;
    });
    expect((await house.admin.listProductionOrders({ orderId })).live).toBe(1);
    await expectOthersGoOn();
  }, 60_000);

  test('because another process keeps it locked: the order waits, and goes on when it is free', async () => {
    const orderId = await acceptOrder(house.store, makeOrderJson());
    const release = lockDatabase(`${house.folder}/orders.sqlite`);
    const handle = await start(orderId);
    await pause(12_000);
    expect(await getOrder(house.store, orderId)).toMatchObject({ state: 'received' });
    expect((await handle.describe()).status.name).toBe('RUNNING');
    release();
    await until(async () => {
      const { state } = await getOrder(house.store, orderId);
      if (state === 'held') await recheck();
      return state === 'completed' ? true : undefined;
    });
    await expectOthersGoOn();
  }, 90_000);
});
