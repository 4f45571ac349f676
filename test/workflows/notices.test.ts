import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { v7 as uuidv7 } from 'uuid';
import { listOutbox } from '../../db/outbox.ts';
import { putSecrets } from '../../db/source-secrets.ts';
import { getSource, putSource } from '../../db/sources.ts';
import { TASK_QUEUES } from '../../workflows/contract.ts';
import { type House, openHouse, sendOrder, untilOrder } from '../support/house.ts';
import { type Mailbox, openMailbox } from '../support/mailbox.ts';
import { makeOrderJson } from '../support/order-factory.ts';
import { openReceiver, type Receiver } from '../support/receiver.ts';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const SOURCE = 'web-shop';

let house: House;
let receiver: Receiver;
let box: Mailbox;
beforeAll(async () => {
  // Its first answer is lost on the way.
  receiver = await openReceiver((_, count) => (count === 1 ? { status: 502 } : undefined));
  box = await openMailbox();
  const mail = { url: `smtp://127.0.0.1:${String(box.port)}`, from: 'orders@staging.example' };
  const notices = { mail, operationsWebhook: null, operationsMailTo: [], allowPrivate: true };
  house = await openHouse({ notices });
  const by = { actor: 'ada', at: new Date().toISOString() };
  const notify = {
    webhook: { url: receiver.url, events: ['order.rejected', 'order.completed'] },
    mail: { events: ['order.rejected'] },
  } satisfies Awaited<ReturnType<typeof getSource>>['notify'];
  await putSource(house.store, { ...(await getSource(house.store, SOURCE)), notify }, by);
  await putSecrets(house.store, SOURCE, 'notify', [SECRET], by);
  await putSecrets(house.store, SOURCE, 'mail', ['pat@example.com'], by);
});
afterAll(async () => {
  await house.close();
  await Promise.all([receiver.close(), box.close()]);
});

const deliver = () =>
  house.client.workflow.execute('deliverNoticesWorkflow', {
    taskQueue: TASK_QUEUES.orders,
    workflowId: `deliver-notices-${uuidv7()}`,
  });

test('a source hears by signed webhook and by letter of its orders: what is wrong with one, and where another is produced', async () => {
  const shipTo = { ...(makeOrderJson()['shipTo'] as object), postalCode: 'XX' };
  const rejected = await sendOrder(house, makeOrderJson({ poNumber: 'PO-WRONG', shipTo }));
  await untilOrder(house.store, rejected, (row) => row.state === 'rejected' && row.terminal_at !== null);
  expect(await deliver()).toEqual({ delivered: 1, postponed: 1, failed: 0 });
  const completed = await sendOrder(house, makeOrderJson({ poNumber: 'PO-GOOD' }));
  const { production_order_id: productionOrderId } = await untilOrder(house.store, completed, (row) => row.state === 'completed'); // prettier-ignore
  // The time to the second attempt passes.
  const past = { next_attempt_at: '2026-01-01T00:00:00.000Z' };
  await house.store.db.updateTable('outbox').set(past).where('state', '=', 'pending').execute();
  expect(await deliver()).toEqual({ delivered: 2, postponed: 0, failed: 0 });

  const told = receiver.received.map(({ body, headers }) => new Webhook(SECRET).verify(body, headers as never));
  const ofRejected = {
    type: 'order.rejected',
    data: {
      ...{ orderId: rejected, source: SOURCE, poNumber: 'PO-WRONG', state: 'rejected' },
      findings: [expect.objectContaining({ path: '/shipTo/postalCode', location: expect.anything() })],
    },
  };
  expect(told).toMatchObject([
    ofRejected,
    ofRejected,
    { type: 'order.completed', data: { orderId: completed, poNumber: 'PO-GOOD', productionOrderId } },
  ]);
  expect(receiver.received[0]?.headers['webhook-id']).toBe(receiver.received[1]?.headers['webhook-id']);

  expect(box.letters).toHaveLength(1);
  expect(box.letters[0]?.headers.get('subject')).toBe('Purchase order PO-WRONG was rejected');
  expect(box.letters[0]?.text).toContain('field /shipTo/postalCode');
  expect(await listOutbox(house.store, `order:${rejected}`)).toMatchObject([
    { channel: 'read', state: 'available' },
    { channel: 'webhook', state: 'delivered', attempts: 2 },
    { channel: 'mail', state: 'delivered', attempts: 1 },
  ]);
});
