import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { getDocument, listDocumentOrders } from '../../db/documents.ts';
import { listLog } from '../../db/log.ts';
import { getOrder, getRevision, type OrderRow } from '../../db/orders.ts';
import { listOutbox } from '../../db/outbox.ts';
import { getSource, putSource } from '../../db/sources.ts';
import type { X12Profile } from '../../orders/source.ts';
import { TASK_QUEUES } from '../../workflows/contract.ts';
import type { deliverOutboxWorkflow, ediBatchWorkflow, releaseLineHoldsWorkflow } from '../../workflows/index.ts';
import { acceptOrder, type House, openHouse, untilOrder } from '../support/house.ts';
import { makeOrderJson } from '../support/order-factory.ts';
import { makeInterchange } from './edi-document.ts';
import { decide, untilReview } from './people.ts';

const SOURCE = 'edi-northwind';
let house: House;
let inbox: string;
let outbox: string;

beforeAll(async () => {
  house = await openHouse();
  [inbox, outbox] = ['inbox', 'outbox'].map((folder) => join(house.folder, 'edi', folder, SOURCE)) as [string, string];
  await mkdir(inbox, { recursive: true });
});
beforeEach(async () => {
  await deliver();
  await rm(outbox, { recursive: true, force: true });
});
afterAll(() => house.close());

let runs = 0;
function deliver() {
  runs += 1;
  const options = { taskQueue: TASK_QUEUES.orders, workflowId: `deliver-${String(runs)}` };
  return house.client.workflow.execute<typeof deliverOutboxWorkflow>('deliverOutboxWorkflow', options);
}

/** Takes a file in. @returns its document's id */
async function receive(content: string): Promise<string> {
  runs += 1;
  await writeFile(join(inbox, `file-${String(runs)}.edi`), content);
  const options = { taskQueue: TASK_QUEUES.batch, workflowId: `batch-${String(runs)}` };
  await house.client.workflow.execute<typeof ediBatchWorkflow>('ediBatchWorkflow', options);
  const rows = await house.store.db.selectFrom('documents').select('id').orderBy('id', 'desc').limit(1).execute();
  return rows[0]?.id ?? '';
}

async function receiveOrder(parts: Partial<Parameters<typeof makeInterchange>[0]> = {}): Promise<string> {
  const documentId = await receive(makeInterchange({ orders: 1, ...parts }));
  return (await listDocumentOrders(house.store, documentId, { after: -1, size: 1 }))[0]?.order_id ?? '';
}

const ended = (row: OrderRow): boolean => row.terminal_at !== null;
async function readSent(kind: string): Promise<string[]> {
  const names = (await readdir(outbox)).filter((name) => name.startsWith(kind));
  return Promise.all(names.map((name) => readFile(join(outbox, name), 'latin1')));
}
const segmentOf = (text: string | undefined, id: string): string | undefined =>
  text?.split('~').find((segment) => segment.startsWith(`${id}*`));

async function changeProfile(changes: Partial<X12Profile>): Promise<void> {
  const profile = await getSource(house.store, SOURCE);
  if (!profile.x12) throw new Error('the source of the test speaks X12');
  const at = new Date().toISOString();
  await putSource(house.store, { ...profile, x12: { ...profile.x12, ...changes } }, { actor: 'ada', at });
}

describe('an 855', () => {
  test('goes out when the fate of the order is known, with our number', async () => {
    const orderId = await receiveOrder();
    const { production_order_id: number } = await untilOrder(house.store, orderId, ended);
    await deliver();
    const [sent, ...others] = await readSent('855');
    expect(others).toEqual([]);
    expect(segmentOf(sent, 'BAK')).toContain(`*AD*`);
    expect(segmentOf(sent, 'BAK')).toContain(`*${String(number)}*`);
    expect(segmentOf(sent, 'ACK')).toMatch(/^ACK\*IA\*2\*EA/);
  });

  test('waits for a reviewer, and tells what was changed or that nothing comes', async () => {
    const corrected = await receiveOrder({ isHeld: () => true });
    await untilReview(house, corrected);
    await deliver();
    expect(await readSent('855')).toEqual([]);
    const changes = [
      { path: '/lines/0/unitPrice', value: '5.25' },
      { path: '/lines/0/amount', value: '10.50' },
      { path: '/total', value: '10.50' },
    ];
    await decide(house, corrected, { action: 'correct', changes });
    await untilOrder(house.store, corrected, ended);
    await deliver();
    const [accepted] = await readSent('855');
    expect(segmentOf(accepted, 'BAK')).toMatch(/^BAK\*00\*AC\*/);
    expect(segmentOf(accepted, 'PO1')).toContain('*5.00*');
    expect(segmentOf(accepted, 'ACK')).toMatch(/^ACK\*IP\*2\*EA/);

    await rm(outbox, { recursive: true });
    const rejected = await receiveOrder({ isHeld: () => true });
    await untilReview(house, rejected);
    await decide(house, rejected, { action: 'reject' });
    await untilOrder(house.store, rejected, ended);
    await deliver();
    const [refused] = await readSent('855');
    expect(segmentOf(refused, 'BAK')).toMatch(/^BAK\*00\*RD\*/);
    expect(segmentOf(refused, 'ACK')).toBe('ACK*IR*2*EA');
  });

  test('tells what is backordered, and once more when it has come in', async () => {
    await house.admin.changeCustomer('C-2001', { partialDelivery: 'split' });
    const [product] = await house.backOffice.searchProducts('SKU-2', 1);
    const taken = 100_000 - Number(product?.available);
    await house.admin.changeProduct('SKU-2', { stock: String(taken + 1) });
    const orderId = await receiveOrder();
    await untilOrder(house.store, orderId, ended);
    await deliver();
    const acks = (text: string | undefined) =>
      text?.split('~').filter((segment) => /^(BAK|ACK)/.test(segment)).map((segment) => segment.split('*').slice(1, 3).join(' ')); // prettier-ignore
    expect((await readSent('855')).map(acks)).toEqual([['00 AC', 'IA 1', 'IB 1']]);

    await rm(outbox, { recursive: true, force: true });
    await house.admin.changeProduct('SKU-2', { stock: '100000' });
    const options = { taskQueue: TASK_QUEUES.orders, workflowId: 'release-lines' };
    const released = await house.client.workflow.execute<typeof releaseLineHoldsWorkflow>('releaseLineHoldsWorkflow', options); // prettier-ignore
    expect(released).toEqual({ released: 1 });
    await house.admin.changeCustomer('C-2001', { partialDelivery: null });
    await deliver();
    expect((await readSent('855')).map(acks)).toEqual([['05 AD', 'IA 2']]);
  });

  test('is not sent to a partner who does not want it', async () => {
    await changeProfile({ acknowledge: ['997'] });
    const orderId = await receiveOrder();
    await untilOrder(house.store, orderId, ended);
    await deliver();
    await changeProfile({ acknowledge: ['997', 'TA1', '855'] });
    expect(await readSent('855')).toEqual([]);
    expect(await readSent('997')).toHaveLength(1);
  });
});

describe('an 855 for a change', () => {
  const bakOf = async (): Promise<string[]> =>
    (await readSent('855')).map((text) => segmentOf(text, 'BAK')?.split('*').slice(0, 3).join('*') ?? '');
  let count = 0;
  const nextNumber = (): string => {
    count += 1;
    return `NW-ACK-${Date.now().toString(36)}-${String(count)}`;
  };

  test('says of an order that its sender cancelled that it is, and of one that we cancelled that nothing comes', async () => {
    const poNumber = nextNumber();
    const [theirs, ours] = [
      await receiveOrder({ isHeld: () => true, poNumber }),
      await receiveOrder({ isHeld: () => true }),
    ];
    await untilReview(house, theirs);
    await receiveOrder({ purpose: '01', poNumber });
    await untilOrder(house.store, theirs, ended);
    await deliver();
    expect(await bakOf()).toEqual(['BAK*01*AK']);
    await rm(outbox, { recursive: true });
    await untilReview(house, ours);
    await decide(house, ours, { action: 'cancel' });
    await untilOrder(house.store, ours, ended);
    await deliver();
    expect(await bakOf()).toEqual(['BAK*00*RD']);
  });

  test('echoes the lines of the replacement, be the order done before the replacement knows', async () => {
    const poNumber = nextNumber();
    const orderId = await receiveOrder({ isHeld: () => true, poNumber });
    await untilReview(house, orderId);
    await receiveOrder({ purpose: '05', poNumber, quantity: 3 });
    await untilOrder(house.store, orderId, ended);
    await deliver();
    const [sent] = await readSent('855');
    expect(segmentOf(sent, 'BAK')).toMatch(/^BAK\*00\*AD\*/);
    expect(segmentOf(sent, 'PO1')).toBe('PO1*1*3*EA*5.25**VN*SKU-2');
    expect(segmentOf(sent, 'ACK')).toBe('ACK*IA*3*EA');
  });

  test('that a person rejected says so of the change, and nothing of the order', async () => {
    const poNumber = nextNumber();
    const orderId = await receiveOrder({ poNumber });
    await untilOrder(house.store, orderId, ended);
    await deliver();
    await rm(outbox, { recursive: true });
    for (const [purpose, bak] of [
      ['05', 'BAK*05*RJ'],
      ['01', 'BAK*01*RJ'],
    ] as const) {
      const change = await receiveOrder({ purpose, poNumber, quantity: 3 });
      await untilReview(house, change);
      await decide(house, change, { action: 'reject' });
      await untilOrder(house.store, change, ended);
      await deliver();
      expect(await bakOf()).toEqual([bak]);
      await rm(outbox, { recursive: true });
    }
    const copy = await receiveOrder({ purpose: '07', poNumber });
    expect(await untilOrder(house.store, copy, ended)).toMatchObject({ state: 'rejected' });
    const second = await receiveOrder({ poNumber, quantity: 4 });
    await untilReview(house, second);
    await decide(house, second, { action: 'reject' });
    await untilOrder(house.store, second, ended);
    await deliver();
    expect(await bakOf()).toEqual(['BAK*07*RJ']);
  });

  test('typed at a desk compares with what the partner said', async () => {
    const poNumber = nextNumber();
    const orderId = await receiveOrder({ isHeld: () => true, poNumber });
    await untilReview(house, orderId);
    const { customerId, currency, orderDate } = await getRevision(house.store, { orderId, revision: 1 });
    const line = { line: '1', sku: 'SKU-2', quantity: '1', unitPrice: '5.25', amount: '5.25' };
    const typed = { type: 'replace', poNumber, customerId, currency, orderDate, lines: [line], total: '5.25' };
    const change = await acceptOrder(house.store, { ...makeOrderJson(), ...typed }, 'desk', 'olivia');
    await house.deps.runs.startOrder(await getOrder(house.store, change));
    expect(await untilOrder(house.store, orderId, ended)).toMatchObject({ state: 'completed', revision: 2 });
    await deliver();
    const [sent] = await readSent('855');
    expect(segmentOf(sent, 'BAK')).toMatch(/^BAK\*00\*AC\*/);
    expect(sent).toContain('~PO1*1*2*EA*5.00**VN*SKU-2~ACK*IP*1*EA~ACK*IR*1*EA~');
  });
});

describe('our control numbers', () => {
  test('have no gap and no double, whatever is composed at once', async () => {
    await receive(makeInterchange({ orders: 12 }));
    await Promise.all([deliver(), deliver(), deliver()]);
    await deliver();
    const sent = await readdir(outbox);
    expect(sent).toHaveLength(13);
    const rows = await house.store.db
      .selectFrom('outbox')
      .select('file_name')
      .where('source', '=', SOURCE)
      .where('file_name', 'is not', null)
      .execute();
    const numbers = rows
      .map(({ file_name: name }) => Number(/-(\d+)\.edi$/.exec(name ?? '')?.[1]))
      .sort((a, b) => a - b);
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  });
});

describe("a partner's 997 for our 855", () => {
  const acknowledge = (group: string, code: string): string => {
    const control = String(Date.now() % 1_000_000_000).padStart(9, '0');
    return [
      `ISA*00*          *00*          *ZZ*NORTHWIND      *ZZ*ORDERSTAGING   *261123*0915*U*00401*${control}*0*P*>`,
      'GS*FA*NORTHWIND*ORDERSTAGING*20261123*0915*7*X*004010',
      'ST*997*0001',
      `AK1*PR*${group}`,
      `AK9*${code}*1*1*1`,
      'SE*4*0001',
      'GE*1*7',
      `IEA*1*${control}`,
    ]
      .map((segment) => `${segment}~`)
      .join('');
  };
  const givenSent = async (): Promise<{ orderId: string; group: string }> => {
    const orderId = await receiveOrder();
    await untilOrder(house.store, orderId, ended);
    await deliver();
    const [sent] = (await listOutbox(house.store, `order:${orderId}`)).filter(({ kind }) => kind === '855');
    return { orderId, group: sent?.control_number ?? '' };
  };
  const acknowledgmentOf = async (orderId: string) =>
    (await listOutbox(house.store, `order:${orderId}`)).find(({ kind }) => kind === '855');

  test.each([
    ['A', 'acknowledgment.received'],
    ['R', 'acknowledgment.refused'],
  ])('with %s is noted on the message and in the history', async (code, action) => {
    const { orderId, group } = await givenSent();
    const documentId = await receive(acknowledge(group, code));
    expect(await getDocument(house.store, documentId)).toMatchObject({ state: 'processed', order_count: 0 });
    expect(await acknowledgmentOf(orderId)).toMatchObject({ acknowledgment: code });
    expect((await listLog(house.store, `order:${orderId}`)).map((entry) => entry.action)).toContain(action);
    expect(await listOutbox(house.store, `document:${documentId}`)).toEqual([]);
  });

  test('that names no message of ours is noted on its document', async () => {
    const documentId = await receive(acknowledge('987654', 'A'));
    const actions = (await listLog(house.store, `document:${documentId}`)).map((entry) => entry.action);
    expect(actions).toContain('acknowledgment.unknown');
  });

  test('that does not come is missed, once', async () => {
    const { orderId } = await givenSent();
    await changeProfile({ expect997Hours: 0.000_000_1 });
    expect((await deliver()).missed).toBeGreaterThan(0);
    expect((await deliver()).missed).toBe(0);
    await changeProfile({ expect997Hours: 24 });
    expect((await acknowledgmentOf(orderId))?.missed_at).not.toBeNull();
    expect((await listLog(house.store, `order:${orderId}`)).map((entry) => entry.action)).toContain(
      'acknowledgment.missed',
    );
    expect(await getOrder(house.store, orderId)).toMatchObject({ state: 'completed' });
  });
});

describe('a TA1', () => {
  const asking = (content: string): string => content.replace(/\*0\*P\*>/, '*1*P*>');

  test('is sent for an interchange that asks for it, accepted or not', async () => {
    await receive(asking(makeInterchange({ orders: 1 })));
    await deliver();
    const [accepted] = await readSent('TA1');
    expect(segmentOf(accepted, 'TA1')).toMatch(/\*A\*000$/);
    expect(segmentOf(accepted, 'IEA')).toMatch(/^IEA\*0\*/);
    await rm(outbox, { recursive: true });
    const documentId = await receive(asking(makeInterchange({ orders: 1 })).replace('IEA*1*', 'IEA*3*'));
    expect(await getDocument(house.store, documentId)).toMatchObject({ state: 'refused' });
    await deliver();
    expect(await readSent('997')).toEqual([]);
    expect(segmentOf((await readSent('TA1'))[0], 'TA1')).toMatch(/\*R\*021$/);
  });
});
