import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { SEARCH_ATTRIBUTES } from '../../cli/engine/namespace.ts';
import { listOutbox } from '../../db/outbox.ts';
import { getOrder } from '../../db/orders.ts';
import { findOpenReview } from '../../db/reviews.ts';
import { getSource, putSource } from '../../db/sources.ts';
import { type House, openHouse, sendOrder, untilOrder } from '../support/house.ts';
import { makeOrderJson } from '../support/order-factory.ts';
import { findTimeSkippingServer } from '../support/time-skipping.ts';
import { decide, until, untilReview } from './people.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const SUPERVISOR = { actor: 'sofia', roles: ['reviewer', 'supervisor'] } as const;

/** `temporal.api.enums.v1.IndexedValueType`. */
const VALUE_TYPE = { Keyword: 2, KeywordList: 7 } as const;

/** The real database, back office and workers on a Temporal server whose time can be moved. */
let environment: TestWorkflowEnvironment;
let house: House;
beforeAll(async () => {
  environment = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: await findTimeSkippingServer() },
  });
  const { connection, nativeConnection: native } = environment;
  const searchAttributes = Object.fromEntries(
    Object.entries(SEARCH_ATTRIBUTES).map(([name, type]) => [name, VALUE_TYPE[type]]),
  );
  await connection.operatorService.addSearchAttributes({ searchAttributes });
  const leave = (): Promise<void> => environment.teardown();
  house = await openHouse({ ground: { connection, native, namespace: environment.namespace ?? 'default', leave } });
});
afterAll(() => house.close());

/** What was told about an order's review, oldest first. */
async function toldAbout(orderId: string): Promise<string[]> {
  const rows = await listOutbox(house.store, `order:${orderId}`);
  return rows.map((row) => row.kind).filter((kind) => kind.startsWith('review.'));
}

const untilTold = (orderId: string, times: number): Promise<string[]> =>
  until(async () => {
    const told = await toldAbout(orderId);
    return told.length >= times ? told : undefined;
  });

/** An order on credit stop waits for a supervisor. */
async function sendForReview(changes: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const orderId = await sendOrder(house, makeOrderJson({ customerId: 'C-1003', ...changes }));
  await untilReview(house, orderId);
  return orderId;
}

test('reviewers are reminded half-way and shortly before four hours are over, then supervisors are told; the order waits on', async () => {
  const orderId = await sendForReview();
  const { opened_at: openedAt, due_at: dueAt } = await untilReview(house, orderId);
  expect(Date.parse(dueAt) - Date.parse(openedAt)).toBe(4 * HOUR);

  await environment.sleep(119 * MINUTE);
  expect(await toldAbout(orderId)).toEqual(['review.opened']);
  await environment.sleep(2 * MINUTE);
  expect(await untilTold(orderId, 2)).toEqual(['review.opened', 'review.reminder']);

  // 87.5 % of four hours are 3 h 30 min.
  await environment.sleep(88 * MINUTE);
  expect(await toldAbout(orderId)).toHaveLength(2);
  await environment.sleep(2 * MINUTE);
  expect(await untilTold(orderId, 3)).toEqual(['review.opened', 'review.reminder', 'review.reminder']);
  expect(await findOpenReview(house.store, orderId)).toMatchObject({ escalated_at: null });

  await environment.sleep(30 * MINUTE);
  expect(await untilTold(orderId, 4)).toEqual([
    'review.opened',
    'review.reminder',
    'review.reminder',
    'review.escalated',
  ]);
  const review = await until(async () => {
    const open = await findOpenReview(house.store, orderId);
    return open?.escalated_at === null ? undefined : open;
  });
  const afterHours = (Date.parse(review.escalated_at ?? '') - Date.parse(openedAt)) / HOUR;
  expect(afterHours).toBeGreaterThanOrEqual(4);
  expect(afterHours).toBeLessThan(4.1);

  await environment.sleep('30 days');
  expect(await getOrder(house.store, orderId)).toMatchObject({ state: 'in_review', terminal_at: null });
  expect(await toldAbout(orderId)).toHaveLength(4);
  expect(await decide(house, orderId, { action: 'approve', ...SUPERVISOR })).toMatchObject({ applied: true });
  await untilOrder(house.store, orderId, (row) => row.state === 'completed');
});

test('that an order is judged again meanwhile does not move the clock, nor tell anybody twice', async () => {
  const orderId = await sendForReview();
  const { id, due_at: dueAt } = await untilReview(house, orderId);
  const lookAgain = async (): Promise<void> => {
    const before = await countLooks(orderId);
    await house.deps.runs.recheckOrder(orderId);
    await until(async () => ((await countLooks(orderId)) > before ? true : undefined));
  };
  for (let minutes = 0; minutes < 250; minutes += 25) {
    await environment.sleep(25 * MINUTE);
    await lookAgain();
  }
  expect(await untilTold(orderId, 4)).toEqual([
    'review.opened',
    'review.reminder',
    'review.reminder',
    'review.escalated',
  ]);
  expect(await findOpenReview(house.store, orderId)).toMatchObject({ id, due_at: dueAt });
  expect(await house.store.db.selectFrom('holds').select('code').where('order_id', '=', orderId).execute()).toEqual([
    { code: 'CUSTOMER.CREDIT_STOP' },
  ]);
  await decide(house, orderId, { action: 'approve', ...SUPERVISOR });
  await untilOrder(house.store, orderId, (row) => row.state === 'completed');
});

/** How often an order was judged again, whatever came of it. */
async function countLooks(orderId: string): Promise<number> {
  const { events } = await house.client.workflow.getHandle(`order:${orderId}`).fetchHistory();
  const summaries = (events ?? []).map(({ userMetadata }) => Buffer.from(userMetadata?.summary?.data ?? []).toString());
  return summaries.filter((summary) => summary === '"Judge it again by fresh facts"').length;
}

test('a customer with a shorter time is escalated earlier', async () => {
  const profile = await getSource(house.store, 'web-shop');
  const at = new Date().toISOString();
  await putSource(house.store, { ...profile, customerSlaHours: { 'C-1003': 1 } }, { actor: 'ada', at });
  const orderId = await sendForReview();
  await putSource(house.store, profile, { actor: 'ada', at: new Date().toISOString() });
  await environment.sleep(59 * MINUTE);
  expect(await untilTold(orderId, 3)).toEqual(['review.opened', 'review.reminder', 'review.reminder']);
  await environment.sleep(2 * MINUTE);
  expect(await untilTold(orderId, 4)).toContain('review.escalated');
  await decide(house, orderId, { action: 'reject' });
});

test('a correction does not restart the clock', async () => {
  const orderId = await sendForReview();
  const { id, due_at: dueAt } = await untilReview(house, orderId);
  await environment.sleep(3 * HOUR);
  await decide(house, orderId, { action: 'correct', changes: [{ path: '/notes', value: ['asked the customer'] }] });
  await untilOrder(house.store, orderId, (row) => row.state === 'in_review' && row.revision === 2);
  expect(await findOpenReview(house.store, orderId)).toMatchObject({ id, due_at: dueAt, escalated_at: null });
  await environment.sleep(61 * MINUTE);
  expect(await untilTold(orderId, 4)).toEqual([
    'review.opened',
    'review.reminder',
    'review.reminder',
    'review.escalated',
  ]);
  await decide(house, orderId, { action: 'reject' });
});

test('a decision ends the clock: nobody is told any more', async () => {
  const orderId = await sendForReview();
  await environment.sleep(HOUR);
  await decide(house, orderId, { action: 'reject' });
  await untilOrder(house.store, orderId, (row) => row.terminal_at !== null);
  await environment.sleep(5 * HOUR);
  expect(await toldAbout(orderId)).toEqual(['review.opened']);
});

test('an order that waits for the back office, not for a person, has no clock', async () => {
  await house.admin.setSwitches({ absent: true, calls: ['getFacts'] });
  const orderId = await sendOrder(house, makeOrderJson());
  // The tries are two seconds of the workflow's time apart, and nobody else moves it.
  await environment.sleep(MINUTE);
  await untilOrder(house.store, orderId, (row) => row.state === 'held');
  await environment.sleep(5 * HOUR);
  expect(await toldAbout(orderId)).toEqual([]);
  await house.admin.resetSwitches();
  await house.client.workflow.getHandle(`order:${orderId}`).signal('recheck');
  await untilOrder(house.store, orderId, (row) => row.state === 'completed');
});
