import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import type { Deps } from '../../activities/deps.ts';
import { holdOrder, resumeOrder } from '../../activities/hold-order.ts';
import { listFindings } from '../../db/findings.ts';
import { clearHolds, listOpenHolds } from '../../db/holds.ts';
import { listLog } from '../../db/log.ts';
import { getOrder, moveOrder, type OrderRow } from '../../db/orders.ts';
import { givenOrder, openTestStore, type TestStore } from '../support/store.ts';

let house: TestStore;
const lines: string[] = [];
beforeAll(async () => {
  house = await openTestStore();
});
afterAll(() => house.close());

const logger = new DefaultLogger('DEBUG', ({ level, message }) => void lines.push(`${level} ${message}`));
const deps = (): Deps => ({ store: house.store }) as Deps;
const run = <T>(work: () => Promise<T>): Promise<T> => new MockActivityEnvironment({}, { logger }).run(work);
const hold = (id: string, why?: string) => run(() => holdOrder(deps(), id, 'PROCESSING.FAILED', why));
const resume = (id: string) => run(() => resumeOrder(deps(), { orderId: id, revision: 1 }));

/** How long the order rests from the hold on, in seconds; null: until a person lets it go on. */
async function restOf({ id }: OrderRow): Promise<number | null> {
  const { opened_at: at, retry_at: retryAt } = await house.store.db.selectFrom('holds').selectAll().where('order_id', '=', id).executeTakeFirstOrThrow(); // prettier-ignore
  return retryAt === null ? null : (Date.parse(retryAt) - Date.parse(at)) / 1000;
}

test('a step that fails again and again rests ever longer, and after eight times waits for a supervisor', async () => {
  const order = await givenOrder(house.store, { state: 'validated' });
  const rests: (number | null)[] = [];
  for (let failure = 1; failure <= 7; failure += 1) {
    expect(await hold(order.id)).toMatchObject({ state: 'held', resumeState: 'validated' });
    rests.push(await restOf(order));
    expect(await resume(order.id)).toMatchObject({ state: 'validated', holds: [] });
  }
  expect(rests).toEqual([0, 60, 120, 240, 480, 960, 1920]);
  lines.length = 0;
  const progress = await hold(order.id, 'the database is full');
  expect(progress).toMatchObject({ state: 'in_review', resumeState: 'validated' });
  expect(progress.holds).toEqual([{ code: 'PROCESSING.FAILED', releaseRole: 'supervisor' }]);
  expect(await restOf(order)).toBeNull();
  expect(lines).toContain('ERROR an order is held');
  const [finding] = await listFindings(house.store, `order:${order.id}`, 1);
  expect(finding).toMatchObject({
    code: 'PROCESSING.FAILED',
    category: 'processing',
    evidence: 'the database is full',
  });
  // Two entries a try, and tries end.
  expect(await listLog(house.store, `order:${order.id}`)).toHaveLength(1 + 7 * 2 + 1);
});

test("a person's word begins the count anew", async () => {
  const order = await givenOrder(house.store, { state: 'validated' });
  for (let failure = 1; failure <= 7; failure += 1) await hold(order.id).then(() => resume(order.id));
  expect(await hold(order.id)).toMatchObject({ state: 'in_review' });
  await clearHolds(house.store, order.id, { clearedBy: 'a-decision', at: '2026-11-23T12:00:00.000Z' });
  await moveOrder(house.store, { orderId: order.id, revision: 1 }, ['in_review'], 'validated', '2026-11-23T12:00:00.000Z'); // prettier-ignore
  expect(await hold(order.id)).toMatchObject({ state: 'held' });
  expect(await restOf(order)).toBe(0);
});

test('an order that is ending has nobody to release it: it rests, at most an hour', async () => {
  const order = await givenOrder(house.store, { state: 'cancelled' });
  const rests: (number | null)[] = [];
  for (let failure = 1; failure <= 10; failure += 1) {
    expect(await hold(order.id)).toMatchObject({ state: 'cancelled' });
    rests.push(await restOf(order));
    await resume(order.id);
  }
  expect(rests.slice(-3)).toEqual([3600, 3600, 3600]);
  expect(await listOpenHolds(house.store, order.id)).toEqual([]);
  expect(await getOrder(house.store, order.id)).toMatchObject({ state: 'cancelled' });
});

test('damaged content waits for a supervisor at once, also where its finding cannot be sealed any more', async () => {
  const order = await givenOrder(house.store, { state: 'received' });
  const key = house.store.db.updateTable('data_keys').set({ wrapped_key: Buffer.alloc(60, 7) });
  await key.where('subject', '=', `order:${order.id}`).execute();
  const why = `raw of order:${order.id} is damaged in the database`;
  expect(await run(() => holdOrder(deps(), order.id, 'CONTENT.DAMAGED', why))).toMatchObject({ state: 'in_review' });
  const held = (await listLog(house.store, `order:${order.id}`)).find(({ action }) => action === 'order.held');
  expect(held?.detail_json).toContain(why);
});
