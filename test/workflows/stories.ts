import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getSource, putSource } from '../../db/sources.ts';
import { TASK_QUEUES } from '../../workflows/contract.ts';
import { type House, sendOrder, untilOrder } from '../support/house.ts';
import { makeOrderJson, WRONG_PRICE } from '../support/order-factory.ts';
import { makeInterchange } from './edi-document.ts';
import { decide, until, untilReview } from './people.ts';

const SUPERVISOR = { actor: 'sofia', roles: ['reviewer', 'supervisor'] } as const;

const AGREED_PRICE = {
  lines: [{ line: '1', sku: 'SKU-1', quantity: '10', unitPrice: '19.9900', amount: '199.90' }],
  total: '199.90',
};

/** Workflow ids whose histories tell a story, by the name under which they are kept. */
export type Told = Readonly<Record<string, string>>;

/** What orders and documents live through; each is played on the whole house, and its histories are kept for replay. */
export const STORIES: readonly ((house: House) => Promise<Told>)[] = [
  straightThrough,
  approved,
  rejected,
  corrected,
  cancelled,
  escalated,
  approvedByTwo,
  clearedByItself,
  heldByTheBackOffice,
  cancelledAfterALostSubmission,
  replacedByAChange,
  document,
];

async function straightThrough(house: House): Promise<Told> {
  return { completed: await end(house, await sendOrder(house, makeOrderJson())) };
}

async function approved(house: House): Promise<Told> {
  const orderId = await sendForReview(house);
  await decide(house, orderId, { action: 'approve' });
  return { approve: await end(house, orderId) };
}

async function rejected(house: House): Promise<Told> {
  const orderId = await sendForReview(house);
  await decide(house, orderId, { action: 'reject' });
  return { reject: await end(house, orderId) };
}

/** Once without success, once so that the order goes on. */
async function corrected(house: House): Promise<Told> {
  const orderId = await sendForReview(house);
  await decide(house, orderId, { action: 'correct', changes: [{ path: '/notes', value: ['asked the customer'] }] });
  await untilOrder(house.store, orderId, (row) => row.state === 'in_review' && row.revision === 2);
  const changes = [
    { path: '/lines/0/unitPrice', value: '19.9900' },
    { path: '/lines/0/amount', value: '199.90' },
    { path: '/total', value: '199.90' },
  ];
  await decide(house, orderId, { action: 'correct', changes });
  return { correct: await end(house, orderId) };
}

async function cancelled(house: House): Promise<Told> {
  const orderId = await sendForReview(house);
  await decide(house, orderId, { action: 'cancel', actor: 'olivia', roles: ['operator'] });
  return { cancel: await end(house, orderId) };
}

/** A review of seconds instead of four hours, escalated and then approved. */
async function escalated(house: House): Promise<Told> {
  const profile = await getSource(house.store, 'web-shop');
  const put = (slaHours: number) =>
    putSource(house.store, { ...profile, slaHours }, { actor: 'ada', at: new Date().toISOString() });
  await put(0.001);
  const orderId = await sendForReview(house);
  await put(profile.slaHours);
  await until(async () => ((await untilReview(house, orderId)).escalated_at === null ? undefined : true));
  await decide(house, orderId, { action: 'approve', ...SUPERVISOR });
  return { escalation: await end(house, orderId) };
}

/** A reviewer releases one hold, a supervisor the other. */
async function approvedByTwo(house: House): Promise<Told> {
  await house.admin.changeCustomer('C-1001', { creditLimit: '1.00' });
  const orderId = await sendForReview(house);
  await decide(house, orderId, { action: 'approve' });
  await decide(house, orderId, { action: 'approve', ...SUPERVISOR });
  const told = { 'approve-by-two': await end(house, orderId) };
  await house.admin.changeCustomer('C-1001', { creditLimit: '9999999.00' });
  return told;
}

/** Judged again when the product is sold again. */
async function clearedByItself(house: House): Promise<Told> {
  await house.admin.changeProduct('SKU-1', { active: false });
  const orderId = await sendOrder(house, makeOrderJson());
  await untilReview(house, orderId);
  await house.admin.changeProduct('SKU-1', { active: true });
  await house.deps.runs.recheckOrder(orderId);
  return { 'judged-again': await end(house, orderId) };
}

async function heldByTheBackOffice(house: House): Promise<Told> {
  await house.admin.setSwitches({ absent: true, calls: ['reserve'] });
  const orderId = await sendOrder(house, makeOrderJson());
  await untilOrder(house.store, orderId, (row) => row.state === 'held');
  await house.admin.resetSwitches();
  await house.deps.runs.recheckOrder(orderId);
  return { 'processing-hold': await end(house, orderId) };
}

async function cancelledAfterALostSubmission(house: House): Promise<Told> {
  await house.admin.setSwitches({ absent: true, calls: ['submit', 'status'] });
  const orderId = await sendOrder(house, makeOrderJson());
  await untilOrder(house.store, orderId, (row) => row.state === 'held');
  const decided = decide(house, orderId, { action: 'cancel' });
  await house.admin.resetSwitches();
  await house.deps.runs.recheckOrder(orderId);
  await decided;
  return { 'cancel-after-lost-submission': await end(house, orderId) };
}

/** A change that came before its order, which takes it in while it is in review. */
async function replacedByAChange(house: House): Promise<Told> {
  const order = makeOrderJson(WRONG_PRICE);
  const changeId = await sendOrder(house, { ...order, ...AGREED_PRICE, type: 'replace' });
  await untilOrder(house.store, changeId, (row) => row.state === 'held');
  const orderId = await sendOrder(house, order);
  await untilReview(house, orderId);
  await house.deps.runs.recheckOrder(changeId);
  return { replaced: await end(house, orderId), change: await end(house, changeId) };
}

/** A file of five orders through the hourly batch: the batch, its document, one order. */
async function document(house: House): Promise<Told> {
  const inbox = join(house.folder, 'edi/inbox/edi-northwind');
  await mkdir(inbox, { recursive: true });
  await writeFile(join(inbox, 'five.edi'), makeInterchange({ orders: 5 }));
  const batch = 'edi-batch';
  await house.client.workflow.execute('ediBatchWorkflow', { taskQueue: TASK_QUEUES.batch, workflowId: batch });
  const { id } = await house.store.db
    .selectFrom('documents')
    .select('id')
    .where('channel', '=', 'edi')
    .executeTakeFirstOrThrow();
  const { order_id: orderId } = await house.store.db
    .selectFrom('order_staging_raw')
    .select('order_id')
    .where('document_id', '=', id)
    .where('position', '=', 0)
    .executeTakeFirstOrThrow();
  return { 'edi-batch': batch, document: `document:${id}`, 'edi-order': await end(house, orderId) };
}

async function sendForReview(house: House): Promise<string> {
  const orderId = await sendOrder(house, makeOrderJson(WRONG_PRICE));
  await untilReview(house, orderId);
  return orderId;
}

/** Waits for an order's end. @returns its workflow's id. */
async function end(house: House, orderId: string): Promise<string> {
  const workflowId = `order:${orderId}`;
  await house.client.workflow.getHandle(workflowId).result();
  return workflowId;
}
