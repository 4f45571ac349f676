import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { insertDecision } from '../../db/decisions.ts';
import {
  clearHolds,
  type Hold,
  type HoldCursor,
  listApprovedCodes,
  listDueLooks,
  listOpenHolds,
  listSelfClearing,
  noteLook,
  openHolds,
  postponeLook,
} from '../../db/holds.ts';
import { givenOrder, openTestStore, type TestStore } from '../support/store.ts';

let house: TestStore;
beforeAll(async () => void (house = await openTestStore()));
afterAll(() => house.close());

const at = (minute: number): string => `2026-11-23T10:${String(minute).padStart(2, '0')}:00.000Z`;
const hold = (code: string, releaseRole: Hold['releaseRole'] = 'reviewer'): Hold => ({
  code,
  category: 'business_rule',
  releaseRole,
});
const openCodes = async (orderId: string) => (await listOpenHolds(house.store, orderId)).map((one) => one.code);

describe('holds', () => {
  test('stand side by side, each once, and keep the time they began', async () => {
    const { id: orderId } = await givenOrder(house.store);
    const ref = { orderId, revision: 1 };
    await openHolds(house.store, ref, [hold('STOCK.SHORT'), hold('CREDIT.LIMIT'), hold('STOCK.SHORT')], at(1));
    await openHolds(house.store, ref, [hold('CREDIT.LIMIT')], at(2));
    expect(await listOpenHolds(house.store, orderId)).toEqual([
      { ...hold('CREDIT.LIMIT'), openedAt: at(1) },
      { ...hold('STOCK.SHORT'), openedAt: at(1) },
    ]);
  });

  test('that were cleared and are back begin anew', async () => {
    const { id: orderId } = await givenOrder(house.store);
    const ref = { orderId, revision: 1 };
    await openHolds(house.store, ref, [hold('STOCK.SHORT')], at(1));
    await clearHolds(house.store, orderId, { clearedBy: 'recheck', at: at(2) });
    expect(await openCodes(orderId)).toEqual([]);
    await openHolds(house.store, ref, [hold('STOCK.SHORT', 'supervisor')], at(3));
    expect(await listOpenHolds(house.store, orderId)).toEqual([
      { ...hold('STOCK.SHORT', 'supervisor'), openedAt: at(3) },
    ]);
  });

  test('that clear themselves are cleared alone; those of other orders stay', async () => {
    const [{ id: one }, { id: other }] = [await givenOrder(house.store), await givenOrder(house.store)];
    for (const orderId of [one, other]) {
      await openHolds(
        house.store,
        { orderId, revision: 1 },
        [hold('STOCK.SHORT'), hold('BACKOFFICE.UNAVAILABLE', null)],
        at(1),
      );
    }
    await clearHolds(house.store, one, { clearedBy: 'recheck', at: at(2), only: 'self_clearing' });
    expect(await openCodes(one)).toEqual(['STOCK.SHORT']);
    expect(await openCodes(other)).toHaveLength(2);
  });

  test('that are named are cleared alone', async () => {
    const { id: orderId } = await givenOrder(house.store);
    const holds = [hold('STOCK.SHORT'), hold('CREDIT.LIMIT'), hold('BACKOFFICE.UNAVAILABLE', null)];
    await openHolds(house.store, { orderId, revision: 1 }, holds, at(1));
    await clearHolds(house.store, orderId, { clearedBy: 'x', at: at(2), only: ['STOCK.SHORT', 'PRICE.MISMATCH'] });
    expect(await openCodes(orderId)).toEqual(['BACKOFFICE.UNAVAILABLE', 'CREDIT.LIMIT']);
    await clearHolds(house.store, orderId, { clearedBy: 'x', at: at(2), only: [] });
    expect(await openCodes(orderId)).toEqual(['BACKOFFICE.UNAVAILABLE', 'CREDIT.LIMIT']);
  });

  test('that rest on facts are looked at again a minute later; those that came back after a recheck go on where they were', async () => {
    const { id: orderId } = await givenOrder(house.store);
    const ref = { orderId, revision: 1 };
    const looking = { ...hold('STOCK.SHORT'), looksAgain: true };
    const isDue = async (minute: number): Promise<boolean> =>
      (await listDueLooks(house.store, at(minute), 100)).some((look) => look.order_id === orderId);
    await openHolds(house.store, ref, [looking, hold('CREDIT.LIMIT')], at(1));
    expect([await isDue(1), await isDue(2)]).toEqual([false, true]);
    await noteLook(house.store, { order_id: orderId, looks: 1 }, at(2));
    expect([await isDue(5), await isDue(6)]).toEqual([false, true]);
    await clearHolds(house.store, orderId, { clearedBy: 'recheck', at: at(6) });
    expect(await isDue(59)).toBe(false);
    await openHolds(house.store, ref, [looking], at(6));
    expect([await isDue(9), await isDue(10)]).toEqual([false, true]);
    await postponeLook(house.store, orderId, at(30));
    expect([await isDue(29), await isDue(30)]).toEqual([false, true]);
    // A person's word begins anew.
    await clearHolds(house.store, orderId, { clearedBy: 'a-decision', at: at(30) });
    await openHolds(house.store, ref, [looking], at(30));
    expect([await isDue(30), await isDue(31)]).toEqual([false, true]);
  });

  test('are let pass by an approval of the same revision, not by a recheck or a correction', async () => {
    const { id: orderId } = await givenOrder(house.store);
    const ref = { orderId, revision: 1 };
    const decide = async (action: 'approve' | 'correct'): Promise<string> => {
      const decision = {
        id: uuidv7(),
        orderId,
        revision: 1,
        reviewId: uuidv7(),
        actor: 'ravi',
        roles: [],
        reason: '',
        changes: [],
      };
      await insertDecision(house.store, { ...decision, action }, at(2));
      return decision.id;
    };
    const pass = async (code: string, clearedBy: string) => {
      await openHolds(house.store, ref, [hold(code)], at(1));
      await clearHolds(house.store, orderId, { clearedBy, at: at(3) });
    };
    await pass('STOCK.SHORT', await decide('approve'));
    await pass('CREDIT.LIMIT', await decide('correct'));
    await pass('GATE.MANUAL', 'recheck');
    expect(await listApprovedCodes(house.store, ref)).toEqual(['STOCK.SHORT']);
    expect(await listApprovedCodes(house.store, { orderId, revision: 2 })).toEqual([]);
  });
});

describe('the list of holds that clear themselves', () => {
  test('has all of them, however the ends of the pages fall among the holds of one order', async () => {
    await house.store.db
      .updateTable('holds')
      .set({ cleared_at: at(9) })
      .where('cleared_at', 'is', null)
      .execute();
    const expected: string[] = [];
    for (let i = 0; i < 7; i += 1) {
      const { id: orderId } = await givenOrder(house.store);
      const codes = ['GATE.PAUSED', 'BACKOFFICE.UNAVAILABLE', 'PROCESSING.FAILED'].slice(0, (i % 3) + 1);
      await openHolds(
        house.store,
        { orderId, revision: 1 },
        [hold('STOCK.SHORT'), ...codes.map((code) => hold(code, null))],
        at(1),
      );
      expected.push(...codes.map((code) => `${orderId} ${code}`));
    }
    for (const size of [1, 2, 3, 100]) {
      const found: string[] = [];
      for (let after: HoldCursor = { orderId: '', code: '' }; ;) {
        const page = await listSelfClearing(house.store, { after, size });
        const last = page.at(-1);
        if (!last) break;
        found.push(...page.map((one) => `${one.order_id} ${one.code}`));
        after = { orderId: last.order_id, code: last.code };
      }
      expect(found).toEqual(expected.sort());
    }
  });
});
