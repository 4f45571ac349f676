import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import type { Deps } from '../../activities/deps.ts';
import { type Activities, createActivities } from '../../activities/index.ts';
import { type BackOffice, BackOfficeUnavailable } from '../../backoffice/port.ts';
import { openCredentials, seedDefaults } from '../../cli/setup.ts';
import { type Decision, insertDecision } from '../../db/decisions.ts';
import { listOpenHolds, openHolds } from '../../db/holds.ts';
import { acceptDocument } from '../../db/intake.ts';
import { getOrder, getRevision, type OrderRef } from '../../db/orders.ts';
import { findOpenReview } from '../../db/reviews.ts';
import { reprocessOrder } from '../../db/reprocess.ts';
import { getStaged } from '../../db/staged.ts';
import { type RunningBackOffice, startBackOffice } from '../backoffice/back-office.ts';
import { makeOrderJson } from '../support/order-factory.ts';
import { makeArrival, openTestStore, type TestStore } from '../support/store.ts';

/**
 * Calls that arrive after their answer was given up, and steps of workers that were given up and work on: what they meet
 * has moved on.
 */
const at = '2026-11-23T10:00:00.000Z';
let house: TestStore;
let back: RunningBackOffice;
let steps: Activities;
/** What the back office answers instead of what it would. */
let instead: Partial<BackOffice> = {};
/** The submissions and reservations that it was asked for, as `orderId:revision`. */
const asked: string[] = [];

beforeAll(async () => {
  house = await openTestStore();
  back = await startBackOffice();
  await seedDefaults(house.store, openCredentials(join(house.folder, 'credentials.json')));
  const backOffice = (): BackOffice => ({ ...back.backOffice, reserve, submit, ...instead });
  steps = createActivities({
    store: house.store,
    backOffice,
    ...({} as Pick<Deps, 'transport' | 'notices' | 'runs' | 'retention' | 'anchorDir'>),
  });
});
beforeEach(() => {
  instead = {};
  asked.length = 0;
});
afterAll(async () => {
  await back.server.close();
  await house.close();
});

const reserve: BackOffice['reserve'] = (request) => {
  asked.push(`reserve ${String(request.revision)}`);
  return back.backOffice.reserve(request);
};
const submit: BackOffice['submit'] = (key, order) => {
  asked.push(`submit ${String(key.revision)}`);
  return back.backOffice.submit(key, order);
};
const listLive = async (orderId: string) =>
  (await back.admin.listProductionOrders({ orderId })).productionOrders.filter(({ state }) => state !== 'cancelled');

async function givenValidated(): Promise<OrderRef> {
  const ref = { orderId: uuidv7(), revision: 1 };
  const bytes = Buffer.from(JSON.stringify(makeOrderJson()));
  await acceptDocument(house.store, makeArrival({ bytes }), { orderId: ref.orderId, operatorId: null });
  await steps.parseOrder(ref.orderId);
  await judge(ref);
  return ref;
}

async function judge(ref: OrderRef): Promise<void> {
  await steps.takeFacts(ref);
  await steps.validateOrder(ref);
  expect(await steps.settleVerdict(ref)).toMatchObject({ state: 'validated' });
}

async function stage(ref: OrderRef): Promise<void> {
  await steps.reserveOrder(ref);
  expect(await steps.stageOrder(ref)).toMatchObject({ state: 'staged' });
}

/** An order that production refused. */
async function givenRefused(): Promise<OrderRef> {
  const ref = await givenValidated();
  await stage(ref);
  instead = { submit: () => Promise.resolve({ accepted: false, reason: 'not today' }) };
  expect(await steps.submitOrder(ref)).toMatchObject({ state: 'in_review' });
  instead = {};
  await steps.enterReview(ref, Date.parse(at));
  return ref;
}

async function decide(ref: OrderRef, action: Decision['action'], changes: Decision['changes'] = []) {
  const review = action === 'cancel' ? undefined : await findOpenReview(house.store, ref.orderId);
  const by = { actor: 'sofia', roles: ['reviewer', 'supervisor'], reason: '' } as const;
  const decision: Decision = { id: uuidv7(), ...ref, reviewId: review?.id ?? null, action, changes, ...by };
  expect(await insertDecision(house.store, decision, at)).toBe(true);
  return steps.applyDecision(ref.orderId, decision.id);
}

const shipLater = [{ path: '/notes', value: ['after the holidays'] }];

describe('a submission that production refused, and that came once more by another way', () => {
  test.each<Decision['action']>(['reject', 'cancel', 'correct'])(
    'was accepted then: a decision to %s comes too late, and the order is completed',
    async (action) => {
      const ref = await givenRefused();
      await back.backOffice.submit(ref, await getStaged(house.store, ref));
      const { applied, progress } = await decide(ref, action, action === 'correct' ? shipLater : []);
      expect({ applied, state: progress.state }).toEqual({ applied: false, state: 'completed' });
      expect(await listLive(ref.orderId)).toHaveLength(1);
    },
  );

  test('is accepted while an approval lets the order go on: a cancellation before the next try comes too late', async () => {
    const ref = await givenRefused();
    expect(await decide(ref, 'approve')).toMatchObject({ applied: true, progress: { state: 'staged' } });
    await back.backOffice.submit(ref, await getStaged(house.store, ref));
    expect(await decide(ref, 'cancel')).toMatchObject({ applied: false, progress: { state: 'completed' } });
    expect(await listLive(ref.orderId)).toHaveLength(1);
  });

  test.each<Decision['action']>(['reject', 'correct'])('is kept out once somebody decided to %s', async (action) => {
    const ref = await givenRefused();
    expect(await decide(ref, action, action === 'correct' ? shipLater : [])).toMatchObject({ applied: true });
    const late = await back.backOffice.submit(ref, await getStaged(house.store, ref));
    expect(late).toMatchObject({ accepted: false });
    expect(await listLive(ref.orderId)).toEqual([]);
  });

  test('does not keep the corrected revision from production', async () => {
    const ref = await givenRefused();
    await decide(ref, 'correct', shipLater);
    const next = { ...ref, revision: 2 };
    await judge(next);
    await stage(next);
    expect(await steps.submitOrder(next)).toMatchObject({ state: 'completed' });
    expect(await listLive(ref.orderId)).toMatchObject([{ revision: 2 }]);
  });
});

test('an order is not given up while the back office says both that it is too late and that it has nothing', async () => {
  const ref = await givenValidated();
  await stage(ref);
  instead = { submit: () => Promise.reject(new BackOfficeUnavailable('submit', 'lost')) };
  await expect(steps.submitOrder(ref)).rejects.toThrow();
  instead = { cancel: () => Promise.resolve('too_late') };
  await expect(decide(ref, 'cancel')).rejects.toMatchObject({ type: 'BackOfficeUnavailable' });
  expect(await getOrder(house.store, ref.orderId)).toMatchObject({ state: 'submitted' });
});

describe('a step of a worker that was given up, on a revision that was corrected since', () => {
  test('reserves nothing', async () => {
    const ref = await givenValidated();
    await house.store.db.updateTable('orders').set({ revision: 2 }).where('id', '=', ref.orderId).execute();
    await steps.reserveOrder(ref);
    expect(asked).toEqual([]);
    expect(await getOrder(house.store, ref.orderId)).toMatchObject({ state: 'validated', reservation: 'none' });
  });

  test.each(['staged', 'submitted'] as const)('submits nothing, though the order is %s', async (state) => {
    const ref = await givenValidated();
    await stage(ref);
    asked.length = 0;
    await house.store.db.updateTable('orders').set({ revision: 2, state }).where('id', '=', ref.orderId).execute();
    await steps.submitOrder(ref);
    expect(asked).toEqual([]);
    expect(await getOrder(house.store, ref.orderId)).toMatchObject({ state, revision: 2 });
  });

  test('ends nothing of an order that was begun anew and rejected again', async () => {
    const ref = await givenValidated();
    await decide(ref, 'cancel');
    await steps.closeOrder(ref);
    const again = { id: uuidv7(), ...ref, reviewId: null, action: 'reprocess', actor: 'olivia', roles: [] } as const;
    expect(await reprocessOrder(house.store, { ...again, reason: '', changes: [] }, at)).toBe(true);
    await house.store.db.updateTable('orders').set({ state: 'rejected' }).where('id', '=', ref.orderId).execute();
    const next = { ...ref, revision: 2 };
    const hold = { code: 'BACKOFFICE.UNAVAILABLE', category: 'processing', releaseRole: null } as const;
    await openHolds(house.store, next, [hold], at);
    await steps.closeOrder(ref);
    expect(await getOrder(house.store, ref.orderId)).toMatchObject({ state: 'rejected', terminal_at: null });
    expect(await listOpenHolds(house.store, ref.orderId)).toHaveLength(1);
  });

  test('opens no review on an order that needs none any more', async () => {
    const ref = await givenValidated();
    await steps.enterReview(ref, Date.parse(at));
    expect(await findOpenReview(house.store, ref.orderId)).toBeUndefined();
    expect(await getRevision(house.store, ref)).toMatchObject({ customerId: 'C-1001' });
  });
});
