import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createBackOfficeClient } from '../../backoffice/http-client.ts';
import { readSettings } from '../../config.ts';
import { findBrokenLink } from '../../db/log.ts';
import { searchOrders } from '../../db/order-search.ts';
import type { OrderRow } from '../../db/orders.ts';
import { createLog } from '../../log.ts';
import { SCHEDULES, TASK_QUEUES } from '../../workflows/contract.ts';
import type { deliverOutboxWorkflow, ediBatchWorkflow, retentionWorkflow } from '../../workflows/index.ts';
import { ensureSchedules } from '../../workers/schedules.ts';
import { runCli } from '../cli/run-cli.ts';
import { type Ask, listen, membersOf } from '../api/gateway.ts';
import { findEverywhere } from '../support/everywhere.ts';
import { type House, openHouse, sendOrder, untilOrder } from '../support/house.ts';
import { makeOrderJson } from '../support/order-factory.ts';
import { makeInterchange } from './edi-document.ts';
import { until } from './people.ts';

/* Erasing and removing in the whole house: files in and out, workflows, the gateway over HTTP and its log. */

const PEOPLE = ['Wilhelmina Quackenbush', 'Bartholomew Fitzgibbon', 'Seraphina Underhill'].map((name, index) => ({
  name,
  email: `${name.split(' ')[0]!.toLowerCase()}@example.org`,
  phone: `+1 415 555 010${String(index)}`,
}));

let house: House;
let gateway: Awaited<ReturnType<typeof listen>>;
const logLines: string[] = [];
beforeAll(async () => {
  house = await openHouse();
  const { store, client: temporal } = house;
  gateway = await listen({
    store,
    temporal,
    backOffice: createBackOfficeClient({ baseUrl: 'http://127.0.0.1:9', apiKey: 'not-called-here', timeoutMs: 1000 }),
    settings: readSettings({}),
    log: createLog('gateway', 'trace', { write: (line) => void logLines.push(line) }),
    now: () => new Date(),
  });
});
afterAll(async () => {
  await gateway.close();
  await house.close();
});

const call = (method: string, path: string, ask: Ask = {}, who = 'ada') =>
  gateway.call(method, path, { ...ask, headers: { Authorization: `Bearer ${house.credentials.people[who] ?? ''}` } });

let runs = 0;
const idOf = (name: string): string => `${name}-${String((runs += 1))}-${house.folder}`;
const retain = (input: { dryRun?: boolean }) =>
  house.client.workflow.execute<typeof retentionWorkflow>('retentionWorkflow', {
    taskQueue: TASK_QUEUES.orders, workflowId: idOf('retention'), args: [input],
  }); // prettier-ignore

/** An interchange in which each order names a person to ask. */
function makePeopleInterchange(): string {
  let position = -1;
  return makeInterchange({ orders: PEOPLE.length })
    .replaceAll('CUR*BY*USD~\n', (segment) => {
      const { name, email, phone } = PEOPLE[(position += 1)]!;
      return `${segment}PER*BD*${name}*EM*${email}*TE*${phone}~\n`;
    })
    .replaceAll('SE*10*', 'SE*11*');
}

async function bringFile(): Promise<OrderRow[]> {
  const inbox = join(house.folder, 'edi/inbox/edi-northwind');
  await mkdir(inbox, { recursive: true });
  await writeFile(join(inbox, 'people.edi'), makePeopleInterchange());
  const run = { taskQueue: TASK_QUEUES.batch, workflowId: idOf('batch') };
  const { orders } = await house.client.workflow.execute<typeof ediBatchWorkflow>('ediBatchWorkflow', run);
  expect(orders).toBe(PEOPLE.length);
  const listed = () => searchOrders(house.store, { id: 'ada', roles: [] }, { source: 'edi-northwind' }, { size: 10 });
  return until(async () => {
    const rows = await listed();
    return rows.length === PEOPLE.length && rows.every((row) => row.terminal_at !== null) ? rows : undefined;
  });
}

describe('a person who asks to be forgotten', () => {
  test('is nowhere afterwards, while the other orders of the same document can be read', async () => {
    const rows = await bringFile();
    const deliver = { taskQueue: TASK_QUEUES.orders, workflowId: idOf('deliver') };
    await house.client.workflow.execute<typeof deliverOutboxWorkflow>('deliverOutboxWorkflow', deliver);
    const [person, ...others] = PEOPLE;
    const { name, email, phone } = person!;
    const exported = await call('POST', '/v1/privacy/export', { body: { email, reason: `${name} asked` } });
    expect(exported).toMatchObject({
      status: 200,
      body: { subject: { kind: 'email' }, orders: [{ revisions: [{ order: { contact: { name } } }] }] },
    });
    const { id } = exported.body.orders[0].order as { id: string };
    const { wrapped_key: key } = await house.store.db
      .selectFrom('data_keys')
      .select('wrapped_key')
      .where('subject', '=', `order:${id}`)
      .executeTakeFirstOrThrow();

    const body = { phone: phone.replace('+1 ', ''), reason: `${name} asked` };
    const report = await call('POST', '/v1/privacy/erase', { body });
    expect(report).toMatchObject({ status: 200, body: { erased: [id], blocked: [], documents: [], wiped: true } });

    // The back office's own database is of another house.
    const found = findEverywhere(house.folder, [key, name, email, phone]).filter(
      (file) => !file.startsWith('backoffice'),
    );
    expect(found).toEqual([]);
    expect(logLines.join('')).not.toMatch(new RegExp([name, email, '555'].join('|')));
    const gone = await call('GET', `/v1/orders/${id}`);
    expect(gone).toMatchObject({
      status: 410,
      body: { type: '/problems/erased', order: { orderId: id, state: 'completed' } },
    });
    expect(gone.body.detail).toMatch(/was erased on .* because a person asked for it/);
    expect((await call('GET', `/v1/orders/${id}/document`)).status).toBe(410);
    const trail = await call('GET', `/v1/orders/${id}/log`);
    expect((trail.body.items as unknown[]).at(-1)).toMatchObject({
      action: 'order.erased',
      actor: 'ada',
      detail: { kind: 'phone' },
    });
    expect(await findBrokenLink(house.store, `order:${id}`)).toBeUndefined();
    const list = await call('GET', '/v1/orders?source=edi-northwind');
    expect(list.body.items).toHaveLength(PEOPLE.length);

    const left = rows.filter((row) => row.id !== id);
    for (const row of left) {
      const shown = await call('GET', `/v1/orders/${row.id}`);
      expect(shown.status).toBe(200);
      expect(others.map((other) => other.name)).toContain(shown.body.order.contact.name);
      expect((await call('GET', `/v1/orders/${row.id}/document`)).body).toContain(shown.body.order.contact.email);
    }
    expect((await call('GET', `/v1/documents/${left[0]!.document_id}`)).body).toMatchObject({
      erasedAt: null,
      orderCount: 3,
    });
  });

  test('waits until an order of theirs is over, which then ends as any other', async () => {
    const orderId = await sendOrder(house, makeOrderJson({ total: '1.00', contact: { email: 'open@example.org' } }));
    await untilOrder(house.store, orderId, ({ state }) => state === 'in_review');
    const ask = { body: { email: 'open@example.org', reason: 'asked' } };
    expect((await call('POST', '/v1/privacy/erase', ask)).body).toMatchObject({
      erased: [],
      blocked: [{ orderId, state: 'in_review' }],
    });
    expect(
      (await call('POST', `/v1/orders/${orderId}/cancel`, { body: { reason: 'so that it can be erased' } })).status,
    ).toBe(200);
    await untilOrder(house.store, orderId, (row) => row.terminal_at !== null);
    expect((await call('POST', '/v1/privacy/erase', ask)).body).toMatchObject({ erased: [orderId], blocked: [] });
    const run = house.client.workflow.getHandle(`order:${orderId}`);
    expect(await run.result()).toMatchObject({ state: 'cancelled' });
    expect((await call('POST', `/v1/orders/${orderId}/reprocess`, { body: { reason: 'again' } })).status).toBe(410);
  });
});

describe('the retention', () => {
  test('is scheduled for the night, one at a time', async () => {
    await ensureSchedules(house.client);
    const { spec, policies } = await house.client.schedule.getHandle(SCHEDULES.retention).describe();
    expect(policies.overlap).toBe('SKIP');
    expect(spec.calendars).toMatchObject([{ hour: [{ start: 2 }], minute: [{ start: 30 }] }]);
    for (const id of Object.values(SCHEDULES)) await house.client.schedule.getHandle(id).delete();
  });

  test('only tells in a dry run, then removes, and a late repetition is still known', async () => {
    const content = makeOrderJson({ contact: { email: 'late@example.org' } });
    const headers = { Authorization: `Bearer ${house.credentials.sources['web-shop'] ?? ''}`, Prefer: 'wait=30' };
    const send = () => gateway.call('POST', '/v1/orders', { body: content, headers });
    const first = await send();
    expect(first).toMatchObject({ status: 201, body: { orders: [{ state: 'completed' }] } });
    const orderId = String(first.body.orders[0].orderId);
    const long = new Date(Date.now() - 91 * 86_400_000).toISOString();
    await house.store.db.updateTable('orders').set({ terminal_at: long }).where('id', '=', orderId).execute();

    const completed = { state: 'completed', days: 90, count: 1, oldest: long };
    expect((await call('GET', '/v1/privacy/retention', {}, 'axel')).body.items).toContainEqual(completed);
    const told = await retain({ dryRun: true });
    expect(told).toMatchObject({ orders: 0, documents: 0 });
    expect(told.expiring).toContainEqual(completed);
    expect((await call('GET', `/v1/orders/${orderId}`)).status).toBe(200);

    expect(await retain({})).toMatchObject({ orders: 1, documents: 1 });
    const gone = await call('GET', `/v1/orders/${orderId}`);
    expect(gone).toMatchObject({
      status: 410,
      body: { order: { state: 'completed', productionOrderId: expect.any(String) } },
    });
    expect(gone.body.detail).toContain('at the end of its retention on');
    expect(await send()).toMatchObject({
      status: 201,
      body: { documentId: first.body.documentId, orders: [{ orderId }] },
    });
    expect(
      (await call('POST', '/v1/privacy/export', { body: { email: 'late@example.org', reason: 'asked' } })).body.orders,
    ).toEqual([]);
  });

  test('begins when an administrator asks for it, and nobody else', async () => {
    expect((await call('POST', '/v1/privacy/retention', {}, 'axel')).status).toBe(403);
    const { status, body } = await call('POST', '/v1/privacy/retention');
    expect(status).toBe(202);
    expect(await house.client.workflow.getHandle(String(body.workflowId)).result()).toMatchObject({ orders: 0 });
  });
});

describe('exporting and erasing', () => {
  test.each(['olivia', 'ravi', 'sofia', 'axel'])('is not for %s', async (who) => {
    for (const action of ['export', 'erase']) {
      expect(
        (await call('POST', `/v1/privacy/${action}`, { body: { email: 'a@example.org', reason: 'r' } }, who)).status,
      ).toBe(403);
    }
  });

  test.each([
    [{ reason: 'r' }],
    [{ email: 'a@example.org', phone: '+1 415 555 0101', reason: 'r' }],
    [{ email: 'a@example.org' }],
    [{ email: 'everybody', reason: 'r' }],
    [{ phone: '911', reason: 'r' }],
  ])('takes one subject and a reason, not %j', async (body) => {
    for (const action of ['export', 'erase']) {
      expect((await call('POST', `/v1/privacy/${action}`, { body })).status).toBe(400);
    }
  });

  test('is listed with its reason for administrators and auditors', async () => {
    const [first] = [await call('POST', '/v1/privacy/export', { body: { customerId: 'C-NONE', reason: 'DSR-7' } })];
    const { body } = await call('GET', '/v1/privacy/requests?limit=1', {}, 'axel');
    expect(body.items).toMatchObject([
      { requestId: first.body.requestId, kind: 'customer', subject: 'C-NONE', reason: 'DSR-7', orders: 0 },
    ]);
    const next = await call('GET', `/v1/privacy/requests?cursor=${String(body.nextCursor)}`);
    expect(membersOf(next.body.items, 'requestId')).not.toContain(first.body.requestId);
  });
});

describe('the command', () => {
  const orders = (...words: string[]) =>
    runCli('cli/orders.ts', words, {
      VAR_DIR: house.folder,
      ORDER_STAGING_URL: gateway.url,
      ORDER_STAGING_TOKEN: house.credentials.people['ada'] ?? '',
    });
  const subject = ['--email', 'cli@example.org', '--reason', 'asked'];

  test('exports into a file that only its owner reads, erases when it is told to, and reports', async () => {
    const content = makeOrderJson({ total: '1.00', contact: { name: 'Cleo Line', email: 'cli@example.org' } });
    const orderId = await sendOrder(house, content);
    await untilOrder(house.store, orderId, ({ state }) => state === 'in_review');
    const out = join(house.folder, 'export.json');
    expect(await orders('export', ...subject, '--out', out)).toMatchObject({
      code: 0,
      stdout: `1 orders are in ${out}\n`,
    });
    expect((await stat(out)).mode & 0o777).toBe(0o600);
    const exported = JSON.parse(await readFile(out, 'utf8')) as { orders: unknown[] };
    expect(exported.orders).toMatchObject([
      { order: { id: orderId }, document: { content: { data: JSON.stringify(content) } } },
    ]);
    await rm(out);

    expect(await orders('erase', ...subject)).toMatchObject({ code: 2, stderr: expect.stringContaining('say --yes') });
    const blocked = await orders('erase', ...subject, '--yes');
    expect(blocked).toMatchObject({ code: 1, stdout: expect.stringContaining('1 orders are not over') });
    await call('POST', `/v1/orders/${orderId}/cancel`, { body: { reason: 'to be erased' } });
    await untilOrder(house.store, orderId, (row) => row.terminal_at !== null);
    const { code, stdout } = await orders('erase', ...subject, '--yes', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ erased: [orderId], blocked: [], wiped: true });
    expect(await orders('show', orderId)).toMatchObject({ code: 1, stderr: expect.stringContaining('was erased on') });
  });

  test('tells what is past its retention and removes nothing', async () => {
    const { code, stdout } = await orders('retention', '--dry-run');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^state +days +past them +oldest is over since\ncompleted +90 +0\n/);
    expect(stdout).toContain('nothing was removed');
  });
});
