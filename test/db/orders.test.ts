import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { getOrder, getRevision, listRevisions, moveOrder, putRevision } from '../../db/orders.ts';
import { listUnfinishedOrders } from '../../db/order-search.ts';
import type { Order } from '../../orders/order.ts';
import type { OrderState } from '../../orders/state.ts';
import { givenOrder, openTestStore, type TestStore } from '../support/store.ts';

let house: TestStore;
beforeAll(async () => void (house = await openTestStore()));
afterAll(() => house.close());

const at = (minute: number): string => `2026-11-23T10:${String(minute).padStart(2, '0')}:00.000Z`;

describe('an order', () => {
  test('moves only from the state that the caller believes it to be in', async () => {
    const { id: orderId } = await givenOrder(house.store, { state: 'parsed' });
    const ref = { orderId, revision: 1 };
    expect(await moveOrder(house.store, ref, ['validated', 'held'], 'reserved', at(1))).toBe(false);
    expect(await getOrder(house.store, orderId)).toMatchObject({ state: 'parsed' });
    expect(await moveOrder(house.store, ref, ['parsed'], 'validated', at(2))).toBe(true);
    // The same step once more, after a crash.
    expect(await moveOrder(house.store, ref, ['parsed'], 'validated', at(3))).toBe(false);
    expect(await getOrder(house.store, orderId)).toMatchObject({ state: 'validated', changed_at: at(2) });
  });

  test('is not moved by what concerns an older revision', async () => {
    const { id: orderId } = await givenOrder(house.store, { state: 'parsed', revision: 2 });
    expect(await moveOrder(house.store, { orderId, revision: 1 }, ['parsed'], 'validated', at(1))).toBe(false);
  });

  test('moves once when many try at the same time', async () => {
    const { id: orderId } = await givenOrder(house.store, { state: 'staged' });
    const tries = Array.from({ length: 20 }, () =>
      moveOrder(house.store, { orderId, revision: 1 }, ['staged'], 'submitted', at(1)),
    );
    expect((await Promise.all(tries)).filter(Boolean)).toHaveLength(1);
  });

  test('forgets where it was to go on when it goes on', async () => {
    const { id: orderId } = await givenOrder(house.store, { state: 'validated' });
    const ref = { orderId, revision: 1 };
    await moveOrder(house.store, ref, ['validated'], 'held', at(1), { resume_state: 'validated' });
    expect(await getOrder(house.store, orderId)).toMatchObject({ state: 'held', resume_state: 'validated' });
    await moveOrder(house.store, ref, ['held'], 'validated', at(2));
    expect(await getOrder(house.store, orderId)).toMatchObject({ state: 'validated', resume_state: null });
  });

  test.each<OrderState>(['in_review', 'held', 'completed', 'rejected', 'cancelled'])(
    'ends its automatic part when it becomes %s, and keeps that moment',
    async (state) => {
      const { id: orderId } = await givenOrder(house.store, { state: 'validated' });
      const ref = { orderId, revision: 1 };
      await moveOrder(house.store, ref, ['validated'], 'validated', at(1));
      expect(await getOrder(house.store, orderId)).toMatchObject({ automatic_done_at: null });
      await moveOrder(house.store, ref, ['validated'], state, at(2));
      await moveOrder(house.store, ref, [state], 'validated', at(3));
      await moveOrder(house.store, ref, ['validated'], 'completed', at(4), { terminal_at: at(4) });
      expect(await getOrder(house.store, orderId)).toMatchObject({ automatic_done_at: at(2), terminal_at: at(4) });
    },
  );

  test('of a shadow source ends its automatic part when it is staged for good', async () => {
    const { id: orderId } = await givenOrder(house.store, { state: 'reserved' });
    await moveOrder(house.store, { orderId, revision: 1 }, ['reserved'], 'staged', at(1), { terminal_at: at(1) });
    expect(await getOrder(house.store, orderId)).toMatchObject({
      state: 'staged',
      automatic_done_at: at(1),
      terminal_at: at(1),
    });
  });

  test('keeps each revision as it was written first', async () => {
    const { id: orderId } = await givenOrder(house.store);
    const put = (revision: number, total: string, actor: string) => {
      const origin = revision === 1 ? 'parsed' : 'corrected';
      return putRevision(house.store, { orderId, revision }, { total } as Order, { origin, actor, at: at(revision) });
    };
    await put(1, '1.00', 'worker');
    await put(2, '2.00', 'ravi');
    await put(1, '9.00', 'nobody');
    expect(await getRevision(house.store, { orderId, revision: 1 })).toEqual({ total: '1.00' });
    expect(await getRevision(house.store, { orderId, revision: 2 })).toEqual({ total: '2.00' });
    expect(
      (await listRevisions(house.store, orderId)).map((one) => [one.revision, one.origin, one.created_by]),
    ).toEqual([
      [1, 'parsed', 'worker'],
      [2, 'corrected', 'ravi'],
    ]);
    await expect(getRevision(house.store, { orderId, revision: 3 })).rejects.toThrow('has no revision 3');
    await expect(getOrder(house.store, 'nowhere')).rejects.toThrow('no order nowhere');
  });
});

describe('the reconciler', () => {
  test('finds in pages every order that has not ended and has not moved of late', async () => {
    const old = '2026-01-01T00:00:00.000Z';
    const waiting: string[] = [];
    for (const state of ['received', 'validated', 'in_review', 'held', 'rejected'] as const) {
      waiting.push((await givenOrder(house.store, { state, changed_at: old })).id);
    }
    await givenOrder(house.store, { state: 'completed', changed_at: old, terminal_at: old });
    await givenOrder(house.store, { state: 'parsed', changed_at: at(0) });
    const found: string[] = [];
    for (let afterId = ''; ; afterId = found.at(-1)!) {
      const page = await listUnfinishedOrders(house.store, {
        changedBefore: '2026-02-01T00:00:00.000Z',
        afterId,
        size: 2,
      });
      if (page.length === 0) break;
      found.push(...page.map((order) => order.id));
    }
    expect(found).toEqual(waiting.sort());
  });
});
