import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { deliverNotices } from '../../activities/deliver-notices.ts';
import { putSecrets } from '../../db/source-secrets.ts';
import { getSource, putSource } from '../../db/sources.ts';
import { createNoticeCircuits } from '../../exchange/notice-circuits.ts';
import { createWebhookSender } from '../../exchange/webhook-sender.ts';
import { notifyProfile } from '../../orders/notify-profile.ts';
import { TASK_QUEUES } from '../../workflows/contract.ts';
import type { deliverOutboxWorkflow } from '../../workflows/index.ts';
import { inState, sendOrder, untilOrder } from '../support/house.ts';
import { runQuietly } from '../support/incidents.ts';
import { makeOrderJson } from '../support/order-factory.ts';
import { openReceiver } from '../support/receiver.ts';
import { makeInterchange } from '../workflows/edi-document.ts';
import { until, untilReview } from '../workflows/people.ts';
import { buying, expectHeld, expectPassed, expectRejected, type Office, openOffice } from './office.ts';

/* The plan's "Error Categories" and "Error Resolution", in its own words. */

let office: Office;
beforeAll(async () => {
  office = await openOffice();
});
afterEach(async () => {
  await office.house.admin.resetSwitches();
});
afterAll(() => office.close());

const send = (body: unknown) => office.ask('web-shop', 'POST', '/v1/orders', body, { Prefer: 'wait=60' });

describe('Error Categories', () => {
  test('Data Format Errors: Invalid JSON, malformed EDI, missing fields', async () => {
    const invalid = await office.ask('web-shop', 'POST', '/v1/orders', '{"poNumber": "PO-1",', {
      'Content-Type': 'application/json',
    });
    expect(invalid.status).toBe(400);
    expect(invalid.body.findings).toMatchObject([
      { code: 'JSON.SYNTAX', category: 'data_format', location: { line: 1 } },
    ]);

    const good = await office.batch(makeInterchange({ orders: 2 }));
    expect(good).toMatchObject({ state: 'processed', orderCount: 2, findings: [{ disposition: 'warn' }] });
    const cut = makeInterchange({ orders: 2 }).replace(/^IEA.*\n/m, '');
    const malformed = await office.batch(cut);
    expect(malformed).toMatchObject({ state: 'refused', orderCount: 0 });
    const cutOff = { code: 'X12.IEA.MISSING', category: 'data_format', disposition: 'reject' };
    expect(malformed.findings).toContainEqual(expect.objectContaining(cutOff));

    const { lines: _, ...incomplete } = makeOrderJson();
    const missing = await send(incomplete);
    expect(missing.status).toBe(422);
    const shown = await office.look(String(missing.body.orders[0].orderId));
    await expectRejected(office, shown, { code: 'JSON.REQUIRED', category: 'data_format', says: /lines/ });
  });

  test('Business Rule Violations: Credit limit exceeded, out of stock', async () => {
    const credit = { code: 'CREDIT.LIMIT', category: 'business_rule', releaseRole: 'supervisor' } as const;
    const exceeded = await office.order({ customerId: 'C-1002', ...buying('SKU-2', 96, '5.2500') });
    await expectHeld(office, exceeded, { ...credit, says: 'is over the limit 500.00' });
    expectPassed(await office.order({ customerId: 'C-1002', ...buying('SKU-2', 95, '5.2500') }));
    const out = await office.order(buying('SKU-5', 1, '219.0000'));
    await expectHeld(office, out, { code: 'STOCK.SHORT', category: 'business_rule', says: 'available 0' });
  });

  test('System Integration Errors: Customer not found, product inactive', async () => {
    const unknown = await office.order({ customerId: 'C-9999' });
    const category = 'system_integration';
    await expectHeld(office, unknown, { code: 'CUSTOMER.UNKNOWN', category, says: 'no customer of this number' });
    const inactive = await office.order(buying('SKU-4', 1, '34.5000'));
    await expectHeld(office, inactive, { code: 'PRODUCT.INACTIVE', category, says: 'no longer sold' });
    expectPassed(await office.order(buying('SKU-2', 1, '5.2500')));
  });

  test('Processing Errors: Database connection, transformation failures', async () => {
    const { store } = office.house;
    // What no order should meet: the database does not give what it is asked for.
    await store.db.schema.alterTable('facts_snapshots').renameTo('facts_elsewhere').execute();
    const held = await office.order();
    expect([held.state, held.holds]).toMatchObject(['held', [{ code: 'PROCESSING.FAILED', category: 'processing' }]]);
    await store.db.schema.alterTable('facts_elsewhere').renameTo('facts_snapshots').execute();
    await office.house.deps.runs.recheckOrder(held.orderId);
    expectPassed(await office.untilOver(held));

    // An order as it was kept before it can be made a canonical one.
    await office.house.admin.setSwitches({ absent: true, calls: ['reserve'] });
    const damaged = await office.order();
    const revisions = () => store.db.updateTable('order_revisions').where('order_id', '=', damaged.orderId);
    const before = await store.db
      .selectFrom('order_revisions')
      .select('content_sealed')
      .where('order_id', '=', damaged.orderId)
      .executeTakeFirstOrThrow();
    await revisions()
      .set({ content_sealed: Buffer.from('no such thing') })
      .execute();
    await office.house.admin.resetSwitches();
    await office.house.deps.runs.recheckOrder(damaged.orderId);
    await untilReview(office.house, damaged.orderId);
    await revisions().set(before).execute();
    const shown = await office.look(damaged.orderId);
    expect(shown.holds).toMatchObject([{ code: 'CONTENT.DAMAGED', category: 'processing', releaseRole: 'supervisor' }]);
    expect(await office.act('ravi', 'approve', shown)).toMatchObject({ status: 403 });
    expect(await office.act('sofia', 'approve', shown)).toMatchObject({ status: 200, body: { applied: true } });
    expectPassed(await office.untilOver(shown));
  });
});

describe('Error Resolution', () => {
  test('Automatic Retry: Transient system errors (3 attempts)', async () => {
    const { admin, deps } = office.house;
    const fails = { errorRate: 1, errorStatus: 503, calls: ['reserve'] } as const;
    await admin.setSwitches({ ...fails, times: 2 });
    expectPassed(await office.order());
    expect(await admin.getSwitches()).toMatchObject({ times: 0 });

    await admin.setSwitches({ ...fails, times: 100 });
    const held = await office.order();
    const hold = { code: 'BACKOFFICE.UNAVAILABLE', category: 'processing', releaseRole: null };
    expect([held.state, held.holds]).toMatchObject(['held', [hold]]);
    expect(await admin.getSwitches()).toMatchObject({ times: 97 });
    await admin.resetSwitches();
    await deps.runs.recheckOrder(held.orderId);
    expectPassed(await office.untilOver(held));
  });

  test('Manual Review: Business rule violations requiring human decision', async () => {
    const price = { lines: [{ line: '1', sku: 'SKU-1', quantity: '10', unitPrice: '18.0000', amount: '180.00' }], total: '180.00' }; // prettier-ignore
    const [approved, rejected] = [await office.order(price), await office.order(price)];
    const { body: queue } = await office.ask('ravi', 'GET', '/v1/reviews');
    expect(queue.items).toEqual(
      expect.arrayContaining(
        [approved, rejected].map(({ orderId }) =>
          expect.objectContaining({ orderId, holds: [expect.objectContaining({ code: 'PRICE.MISMATCH' })] }),
        ),
      ),
    );
    expect(await office.act('ravi', 'approve', approved)).toMatchObject({ status: 200, body: { applied: true } });
    const passed = await office.untilOver(approved);
    expect([passed.state, passed.productionOrderId]).toEqual(['completed', expect.stringMatching(/^PRD-/)]);
    const { body: verdict } = await office.ask('ravi', 'GET', `/v1/orders/${approved.orderId}/verdict`);
    const who = { action: 'approve', actor: 'ravi', roles: ['reviewer'], reason: 'agreed by telephone', at: expect.any(String) }; // prettier-ignore
    expect(verdict['overrides']).toEqual([{ ...who, holds: ['PRICE.MISMATCH'] }]);
    expect(await office.act('ravi', 'reject', rejected)).toMatchObject({ status: 200, body: { state: 'rejected' } });
    expect(await office.untilOver(rejected)).toMatchObject({ state: 'rejected', productionOrderId: null });
    const { body: left } = await office.ask('ravi', 'GET', '/v1/reviews');
    const waiting = (left.items as { orderId: string }[]).map(({ orderId }) => orderId);
    expect(waiting).not.toContain(approved.orderId);
    expect(waiting).not.toContain(rejected.orderId);
  });

  test('Source Notification: Invalid data format requiring source correction', async () => {
    const { store, deps, client, folder } = office.house;
    // Over HTTP at once, with the place.
    const { body } = await send(makeOrderJson({ total: 'a lot' }));
    expect(body.findings).toMatchObject([{ code: 'JSON.FORMAT', path: '/total', location: { line: 1 } }]);

    // By a signed message.
    const receiver = await openReceiver();
    const by = { actor: 'ada', at: new Date().toISOString() };
    const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
    const notify = notifyProfile.parse({ webhook: { url: receiver.url } });
    await putSource(store, { ...(await getSource(store, 'api-zapco')), notify }, by);
    await putSecrets(store, 'api-zapco', 'notify', [secret], by);
    const refused = await office.order({ orderDate: 'yesterday' }, 'api-zapco');
    const sendWebhook = createWebhookSender({ allowPrivate: true, timeoutMs: 5000 });
    const senders = { sendWebhook, sendMail: null, circuits: createNoticeCircuits() };
    const notices = { ...senders, house: { webhook: null, mailTo: [] } };
    await runQuietly(() => deliverNotices({ ...deps, notices }));
    const [message] = receiver.received;
    const headers = message?.headers as Record<string, string>;
    expect(new Webhook(secret).verify(message?.body ?? '', headers)).toMatchObject({
      type: 'order.rejected',
      data: { orderId: refused.orderId, findings: [{ code: 'JSON.FORMAT', path: '/orderDate' }] },
    });
    await receiver.close();

    // As a trading partner expects it: a 997 that rejects.
    await office.batch(makeInterchange({ orders: 1 }).replace(/^PO1.*\n/m, ''));
    const deliver = { taskQueue: TASK_QUEUES.orders, workflowId: 'deliver-acknowledgments' };
    await client.workflow.execute<typeof deliverOutboxWorkflow>('deliverOutboxWorkflow', deliver);
    const outbox = join(folder, 'edi/outbox/edi-northwind');
    const names = (await readdir(outbox)).filter((name) => name.startsWith('997'));
    const sent = await Promise.all(names.map((name) => readFile(join(outbox, name), 'latin1')));
    expect(sent.filter((text) => /~\s*AK5\*R/.test(text))).toHaveLength(1);
  });

  test('Escalation: Critical errors affecting multiple orders', async () => {
    const { admin, client, store } = office.house;
    const watch = (id: string) =>
      client.workflow.execute('watchIncidentsWorkflow', { taskQueue: TASK_QUEUES.orders, workflowId: id });
    const listOpen = async (): Promise<{ cause: { value: string }; orders: number; name: string }[]> =>
      (await office.ask('sofia', 'GET', '/v1/incidents?state=open')).body.items as never;
    const concerning = async () => (await listOpen()).filter(({ cause }) => cause.value === 'SKU-2');
    await watch('watch-before');
    expect(await concerning()).toEqual([]);

    await admin.changeProduct('SKU-2', { active: false });
    const orders = Array.from({ length: 20 }, () =>
      sendOrder(office.house, makeOrderJson(buying('SKU-2', 1, '5.2500'))),
    );
    for (const orderId of await Promise.all(orders)) await untilOrder(store, orderId, inState('in_review'));
    await admin.changeProduct('SKU-2', { active: true });
    await watch('watch-after');
    // One, not twenty.
    expect(await concerning()).toMatchObject([{ orders: 20, name: expect.stringContaining('SKU-2') }]);
    const notices = await until(async () => {
      const { body } = await office.ask('sofia', 'GET', '/v1/notices?kind=incident.opened');
      return (body.items as unknown[]).length > 0 ? (body.items as unknown[]) : undefined;
    });
    expect(notices).toMatchObject([{ to: 'operations', about: { kind: 'incident' } }]);
  });
});
