import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'kysely';
import { getDocument, listDocumentOrders, readChunks } from '../../db/documents.ts';
import { listFindings } from '../../db/findings.ts';
import { listLog } from '../../db/log.ts';
import { listOutbox } from '../../db/outbox.ts';
import type { OrderState } from '../../orders/state.ts';
import { documentStart, SCHEDULES, TASK_QUEUES } from '../../workflows/contract.ts';
import type { deliverOutboxWorkflow, documentWorkflow, ediBatchWorkflow } from '../../workflows/index.ts';
import type { EdiBatchOutcome } from '../../workflows/edi-batch.ts';
import { ensureSchedules } from '../../workers/schedules.ts';
import { type House, openHouse } from '../support/house.ts';
import { makeInterchange } from './edi-document.ts';
import { until } from './people.ts';

const SOURCE = 'edi-northwind';

let house: House;
let inbox: string;
beforeAll(async () => {
  house = await openHouse();
  inbox = join(house.folder, 'edi/inbox', SOURCE);
  await mkdir(inbox, { recursive: true });
});
afterEach(() => house.admin.resetSwitches());
afterAll(() => house.close());

let batches = 0;
/** What the schedule does every hour. */
function runBatch(): Promise<EdiBatchOutcome> {
  batches += 1;
  const options = { taskQueue: TASK_QUEUES.batch, workflowId: `batch-${String(batches)}` };
  return house.client.workflow.execute<typeof ediBatchWorkflow>('ediBatchWorkflow', options);
}

/** Documents in the order in which they came. */
const listDocuments = () => house.store.db.selectFrom('documents').selectAll().orderBy('id').execute();

async function getLastDocumentId(): Promise<string> {
  const id = (await listDocuments()).at(-1)?.id;
  if (id === undefined) throw new Error('no document came');
  return id;
}

/** How many of a document's orders stand in each state. */
async function countStates(documentId: string): Promise<Partial<Record<OrderState, number>>> {
  const rows = await house.store.db
    .selectFrom('orders')
    .select('state')
    .where('document_id', '=', documentId)
    .execute();
  const counts: Partial<Record<OrderState, number>> = {};
  for (const { state } of rows) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}

async function countProduction(documentId: string): Promise<number> {
  const orders = new Set(
    (await listDocumentOrders(house.store, documentId, { after: -1, size: 1000 })).map((row) => row.order_id),
  );
  const { productionOrders } = await house.admin.listProductionOrders({ limit: 10_000 });
  return productionOrders.filter((made) => orders.has(made.orderId)).length;
}

describe('a file in the inbox', () => {
  test('becomes orders, and its sender gets a 997', async () => {
    await writeFile(join(inbox, 'orders.edi'), makeInterchange({ orders: 3 }));
    expect(await runBatch()).toEqual({ documents: 1, orders: 3, rejectedFiles: 0 });
    expect(await readdir(inbox)).toEqual([]);
    const documentId = await getLastDocumentId();
    expect(await getDocument(house.store, documentId)).toMatchObject({ state: 'processed', order_count: 3 });
    await until(async () => ((await countStates(documentId)).completed === 3 ? true : undefined));
    expect(await countProduction(documentId)).toBe(3);

    const deliver = { taskQueue: TASK_QUEUES.orders, workflowId: 'deliver-1' };
    const delivered = await house.client.workflow.execute<typeof deliverOutboxWorkflow>(
      'deliverOutboxWorkflow',
      deliver,
    );
    expect(delivered).toEqual({ delivered: 4, postponed: 0, missed: 0 });
    const outbox = join(house.folder, 'edi/outbox', SOURCE);
    const sent = ['855-000000002.edi', '855-000000003.edi', '855-000000004.edi', '997-000000001.edi'];
    expect(await readdir(outbox)).toEqual(sent);
    const acknowledgment = await readFile(join(outbox, '997-000000001.edi'), 'latin1');
    expect(acknowledgment).toMatch(/^ISA\*00\*\s+\*00\*\s+\*ZZ\*ORDERSTAGING\s+\*ZZ\*NORTHWIND/);
    expect(acknowledgment).toContain('AK1*PO*101~');
    expect(acknowledgment).toContain('AK9*A*3*3*3~');
    expect(await listOutbox(house.store, `document:${documentId}`)).toMatchObject([
      { kind: '997', state: 'delivered' },
    ]);
  });

  test('that comes again makes no new order', async () => {
    const content = makeInterchange({ orders: 2 });
    await writeFile(join(inbox, 'first.edi'), content);
    await runBatch();
    const documentId = await getLastDocumentId();
    await until(async () => ((await countStates(documentId)).completed === 2 ? true : undefined));
    await writeFile(join(inbox, 'again.edi'), content);
    await runBatch();
    expect(await getLastDocumentId()).toBe(documentId);
    expect(await countStates(documentId)).toEqual({ completed: 2 });
    expect(await countProduction(documentId)).toBe(2);
    expect(await listOutbox(house.store, `document:${documentId}`)).toHaveLength(1);
    const actions = (await listLog(house.store, `document:${documentId}`)).map((entry) => entry.action);
    expect(actions).toContain('document.received_again');
  });

  test('that was cut stages nothing; its bytes are kept', async () => {
    const whole = makeInterchange({ orders: 3 });
    const cut = whole.slice(0, whole.indexOf('ST*850*0003'));
    await writeFile(join(inbox, 'cut.edi'), cut);
    expect(await runBatch()).toEqual({ documents: 1, orders: 0, rejectedFiles: 0 });
    const documentId = await getLastDocumentId();
    expect(await getDocument(house.store, documentId)).toMatchObject({ state: 'refused', order_count: 0 });
    expect(await countStates(documentId)).toEqual({});
    const pieces: Uint8Array[] = [];
    for await (const piece of readChunks(house.store, documentId)) pieces.push(piece);
    expect(Buffer.concat(pieces).toString()).toBe(cut);
    expect((await listFindings(house.store, `document:${documentId}`, 0)).length).toBeGreaterThan(0);
  });

  test('that is empty is moved aside with a report', async () => {
    await writeFile(join(inbox, 'empty.edi'), '');
    expect(await runBatch()).toEqual({ documents: 0, orders: 0, rejectedFiles: 1 });
    expect(await readdir(join(house.folder, 'edi/rejected', SOURCE))).toEqual(['empty.edi', 'empty.edi.report.json']);
  });

  test('of which the door keeps nothing does not stop the files beside it', async () => {
    await writeFile(join(inbox, '1-cut.edi'), makeInterchange({ orders: 1 }).slice(0, -40));
    await writeFile(join(inbox, '2-good.edi'), makeInterchange({ orders: 1 }));
    expect(await runBatch()).toEqual({ documents: 2, orders: 1, rejectedFiles: 0 });
  });
});

describe('a document', () => {
  test('that cannot be split for now does not keep the files of the next hours from being taken', async () => {
    await ensureSchedules(house.client);
    await sql`create trigger broken before insert on order_staging_raw when new.position = 7
      begin select raise(abort, 'broken'); end`.execute(house.store.db);
    const hourly = house.client.schedule.getHandle(SCHEDULES.edi);
    // Without it a run that is asked for is not held to the schedule's policy.
    const { overlap } = (await hourly.describe()).policies;
    const trigger = async (file: string, orders: number): Promise<string> => {
      const before = (await listDocuments()).length;
      await writeFile(join(inbox, file), makeInterchange({ orders }));
      await hourly.trigger(overlap);
      return until(async () => (await listDocuments()).slice(before)[0]?.id);
    };
    const isProcessed = (id: string) =>
      until(async () => ((await getDocument(house.store, id)).state === 'processed' ? true : undefined));
    const broken = await trigger('broken.edi', 8);
    // A schedule's runs are called after the second in which they begin.
    await pause(1100);
    await isProcessed(await trigger('next-hour.edi', 1));
    expect(await getDocument(house.store, broken)).toMatchObject({ state: 'received' });
    await sql`drop trigger broken`.execute(house.store.db);
    await isProcessed(broken);
    expect(await countProduction(broken)).toBe(8);
    for (const id of Object.values(SCHEDULES)) await house.client.schedule.getHandle(id).delete();
  });

  test('of 300 orders, two thirds of which wait for a reviewer, does not stop', async () => {
    await writeFile(
      join(inbox, 'many.edi'),
      makeInterchange({ orders: 300, isHeld: (position) => position % 3 !== 0 }),
    );
    expect(await runBatch()).toEqual({ documents: 1, orders: 300, rejectedFiles: 0 });
    const documentId = await getLastDocumentId();
    expect(await getDocument(house.store, documentId)).toMatchObject({ state: 'processed' });
    expect(await countStates(documentId)).toEqual({ completed: 100, in_review: 200 });
    expect(await countProduction(documentId)).toBe(100);
  });

  test('whose workflow was killed in the middle goes on, and no order comes twice', async () => {
    await house.admin.setSwitches({ latencyMs: 40, calls: ['getFacts'] });
    await writeFile(join(inbox, 'killed.edi'), makeInterchange({ orders: 120 }));
    const batch = runBatch();
    const documentId = await until(async () => {
      const document = (await listDocuments()).at(-1);
      return document?.state === 'split' && document.order_count === 120 ? document.id : undefined;
    });
    await until(async () => ((await countStates(documentId)).completed ?? 0) > 10 || undefined);
    await house.client.workflow.getHandle(`document:${documentId}`).terminate('a test');
    await expect(batch).rejects.toThrow();
    expect((await countStates(documentId)).received ?? 0).toBeGreaterThan(0);

    const document = await getDocument(house.store, documentId);
    const outcome = await house.client.workflow.execute<typeof documentWorkflow>(
      'documentWorkflow',
      documentStart(document),
    );
    expect(outcome).toEqual({ state: 'processed', orders: 120 });
    expect(await countStates(documentId)).toEqual({ completed: 120 });
    expect(await countProduction(documentId)).toBe(120);
    expect(await listOutbox(house.store, `document:${documentId}`)).toHaveLength(1);
  });
});
