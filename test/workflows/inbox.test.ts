import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import { getDocument } from '../../db/documents.ts';
import { listFindings } from '../../db/findings.ts';
import { listLog } from '../../db/log.ts';
import { getSource, putSource } from '../../db/sources.ts';
import { documentStart, TASK_QUEUES } from '../../workflows/contract.ts';
import type { EdiBatchOutcome } from '../../workflows/edi-batch.ts';
import type { documentWorkflow, ediBatchWorkflow } from '../../workflows/index.ts';
import { type House, openHouse } from '../support/house.ts';
import { makeOrderJson } from '../support/order-factory.ts';
import { makeInterchange } from './edi-document.ts';
import { until } from './people.ts';

/* Files of every format in the inboxes of the sources. */

let house: House;
let folder: (area: string, source?: string) => string;
beforeAll(async () => {
  house = await openHouse();
  folder = (area, source = 'web-shop') => join(house.folder, 'edi', area, source);
});
beforeEach(async () => {
  await rm(join(house.folder, 'edi'), { recursive: true, force: true });
  for (const source of ['web-shop', 'edi-northwind']) await mkdir(folder('inbox', source), { recursive: true });
});
afterAll(() => house.close());

let batches = 0;
function runBatch(): Promise<EdiBatchOutcome> {
  batches += 1;
  const options = { taskQueue: TASK_QUEUES.batch, workflowId: `batch-${String(batches)}` };
  return house.client.workflow.execute<typeof ediBatchWorkflow>('ediBatchWorkflow', options);
}

const listDocuments = () => house.store.db.selectFrom('documents').selectAll().orderBy('id').execute();
const listOrders = (documentId: string) =>
  house.store.db.selectFrom('orders').selectAll().where('document_id', '=', documentId).execute();
const lastDocument = async () => (await listDocuments()).at(-1)!;

const HEADER =
  'poNumber,orderDate,currency,customerId,shipTo.name,shipTo.line1,shipTo.city,shipTo.region,shipTo.postalCode,shipTo.country,sku,quantity,unitPrice,total\n';
const row = (poNumber: string, line = 'SKU-1,10,19.99', total = '199.90'): string =>
  `${poNumber},2026-11-23,USD,C-1001,Pat Example,1 Market St,San Francisco,CA,94105,US,${line},${total}\n`;

describe('a file in the inbox', () => {
  test('may be CSV: its rows become orders', async () => {
    const [one, two] = [`I-${String(Date.now())}-1`, `I-${String(Date.now())}-2`];
    const csv = HEADER + row(one, 'SKU-1,10,19.99', '210.40') + row(one, 'SKU-2,2,5.25', '210.40') + row(two);
    await writeFile(join(folder('inbox'), 'orders.csv'), csv);
    expect(await runBatch()).toEqual({ documents: 1, orders: 2, rejectedFiles: 0 });
    const document = await lastDocument();
    expect(document).toMatchObject({ state: 'processed', format: 'csv', source: 'web-shop', channel: 'ecommerce' });
    expect((await listOrders(document.id)).map(({ state }) => state)).toEqual(['completed', 'completed']);
    expect(await readdir(folder('inbox'))).toEqual([]);
  });

  test('may be one order as JSON: the batch sees it through', async () => {
    await writeFile(join(folder('inbox'), 'order.json'), JSON.stringify(makeOrderJson()));
    expect(await runBatch()).toEqual({ documents: 1, orders: 1, rejectedFiles: 0 });
    const { id } = await lastDocument();
    expect(await listOrders(id)).toMatchObject([{ state: 'completed' }]);
  });

  test('in a format that its source does not send is set aside with a report', async () => {
    const before = (await listDocuments()).length;
    await writeFile(join(folder('inbox', 'edi-northwind'), 'orders.csv'), HEADER + row('I-1'));
    await writeFile(join(folder('inbox'), 'picture.png'), Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 1, 2]));
    expect(await runBatch()).toEqual({ documents: 0, orders: 0, rejectedFiles: 2 });
    const readReport = async (source: string, file: string) =>
      JSON.parse(await readFile(join(folder('rejected', source), `${file}.report.json`), 'utf8')) as object;
    expect(await readReport('edi-northwind', 'orders.csv')).toMatchObject({
      file: 'orders.csv',
      why: expect.stringMatching(/^source "edi-northwind" sends X12, and this is CSV: its rows have as many fields/),
    });
    expect(await readReport('web-shop', 'picture.png')).toMatchObject({
      why: expect.stringMatching(/^the format of the file cannot be told/),
    });
    expect(await listDocuments()).toHaveLength(before);
  });

  test('is taken if its name is no UTF-8', async () => {
    const name = Buffer.concat([Buffer.from(`${folder('inbox')}/Gr`), Buffer.from([0xfc]), Buffer.from('n.json')]);
    await writeFile(name, JSON.stringify(makeOrderJson()));
    expect(await runBatch()).toEqual({ documents: 1, orders: 1, rejectedFiles: 0 });
    expect(await readdir(folder('inbox'), 'buffer')).toEqual([]);
    const empty = Buffer.concat([Buffer.from(`${folder('inbox')}/`), Buffer.from([0xfc])]);
    await writeFile(empty, '');
    expect(await runBatch()).toEqual({ documents: 0, orders: 0, rejectedFiles: 1 });
    expect(await readdir(folder('inbox'), 'buffer')).toEqual([]);
  });

  test('that two batches find at once came once; one that its sender puts there again came again', async () => {
    const content = JSON.stringify(makeOrderJson());
    await writeFile(join(folder('inbox'), 'once.json'), content);
    const outcomes = await Promise.all([runBatch(), runBatch(), runBatch()]);
    expect(Math.max(...outcomes.map(({ documents }) => documents))).toBe(1);
    const { id } = await lastDocument();
    const countAgain = async (): Promise<number> =>
      (await listLog(house.store, `document:${id}`)).filter((entry) => entry.action === 'document.received_again')
        .length;
    expect(await countAgain()).toBe(0);
    await writeFile(join(folder('inbox'), 'once.json'), content);
    await runBatch();
    expect(await countAgain()).toBe(1);
    expect((await lastDocument()).id).toBe(id);
  });
});

describe('two interchanges with something else between them', () => {
  test('are both taken, and what stands between is told', async () => {
    const between = '\n-- page 2 --\n';
    const second = makeInterchange({ orders: 1 }).replaceAll(/(?<=ISA.{87}|IEA\*1\*)\d{9}/g, '000000077');
    const content = makeInterchange({ orders: 2 }) + between + second;
    await writeFile(join(folder('inbox', 'edi-northwind'), 'two.edi'), content);
    expect(await runBatch()).toEqual({ documents: 1, orders: 3, rejectedFiles: 0 });
    const { id } = await lastDocument();
    const findings = await listFindings(house.store, `document:${id}`, 0);
    expect(findings.map(({ code }) => code)).toContain('X12.DOCUMENT.TRAILING_DATA');
  });
});

describe('a split that was interrupted', () => {
  test('goes on by what it wrote, also if the profile was changed meanwhile', async () => {
    await sql`create trigger broken before insert on order_staging_raw when new.position = 55
      begin select raise(abort, 'broken'); end`.execute(house.store.db);
    await writeFile(join(folder('inbox', 'edi-northwind'), 'orders.edi'), makeInterchange({ orders: 60 }));
    const batch = runBatch();
    const { id } = await until(async () => {
      const document = await lastDocument();
      return document.format === 'x12' && (await listOrders(document.id)).length === 50 ? document : undefined;
    });
    await house.client.workflow.getHandle(`document:${id}`).terminate('a test');
    await expect(batch).rejects.toThrow();
    const { x12, ...profile } = await getSource(house.store, 'edi-northwind');
    // Another id of ours: none of it would be taken by now.
    const changed = { ...profile, x12: { ...x12!, us: { qualifier: 'ZZ', id: 'SOMEBODY' } } };
    await putSource(house.store, changed, { actor: 'test', at: new Date().toISOString() });
    await sql`drop trigger broken`.execute(house.store.db);
    const document = await getDocument(house.store, id);
    const outcome = await house.client.workflow.execute<typeof documentWorkflow>(
      'documentWorkflow',
      documentStart(document),
    );
    expect(outcome).toEqual({ state: 'processed', orders: 50 });
    expect(new Set((await listOrders(id)).map((order) => order.po_number)).size).toBe(50);
    await putSource(house.store, { ...profile, x12: x12! }, { actor: 'test', at: new Date().toISOString() });
  });
});
