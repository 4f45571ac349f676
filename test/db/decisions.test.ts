import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import {
  type Decision,
  findDecision,
  insertDecision,
  listDecisions,
  listPendingDecisionIds,
  listUntoldDecisions,
  settleDecision,
} from '../../db/decisions.ts';
import { findBrokenLink, listLog } from '../../db/log.ts';
import { givenOrder, openTestStore, type TestStore } from '../support/store.ts';

const AT = '2026-11-23T10:00:00.000Z';
const LATER = '2026-11-23T11:00:00.000Z';
let house: TestStore;
beforeAll(async () => void (house = await openTestStore()));
afterAll(() => house.close());

async function givenDecision(changes: Partial<Decision> = {}): Promise<Decision> {
  const orderId = changes.orderId ?? (await givenOrder(house.store, { state: 'in_review' })).id;
  return {
    id: uuidv7(), orderId, revision: 1, reviewId: uuidv7(), action: 'approve', actor: 'ravi', roles: ['reviewer'],
    reason: 'agreed with Pat by phone', changes: [], ...changes,
  }; // prettier-ignore
}
const insert = (decision: Decision) => insertDecision(house.store, decision, AT);

describe('a decision', () => {
  test('is kept with who, what and why, and stands in the history without its content', async () => {
    const changes = [{ path: '/contact/name', value: 'Pat' }, { path: '/notes' }];
    const decision = await givenDecision({ action: 'correct', changes });
    expect(await insert(decision)).toBe(true);
    const kept = { ...decision, state: 'pending', refusal: null, created_at: AT, settled_at: null };
    expect(await findDecision(house.store, decision.id)).toEqual(kept);
    expect(await listDecisions(house.store, decision.orderId)).toEqual([kept]);
    const [, entry] = await listLog(house.store, `order:${decision.orderId}`);
    expect(entry).toMatchObject({ actor: 'ravi', action: 'decision.correct', step_key: `decision:${decision.id}` });
    expect(JSON.parse(entry!.detail_json)).toEqual({
      decisionId: decision.id,
      revision: 1,
      fields: ['/contact/name', '/notes'],
    });
    expect(await findDecision(house.store, uuidv7())).toBeUndefined();
  });

  test('is refused beside another one that stands on the same review and revision, and leaves no trace', async () => {
    const first = await givenDecision();
    const second = await givenDecision({ ...first, id: uuidv7(), action: 'reject', actor: 'sofia' });
    expect(await insert(first)).toBe(true);
    expect(await insert(second)).toBe(false);
    await settleDecision(house.store, first.id, { refusal: null, at: LATER });
    expect(await insert(second)).toBe(false);
    expect(await findDecision(house.store, second.id)).toBeUndefined();
    expect((await listLog(house.store, `order:${first.orderId}`)).map((entry) => entry.action)).not.toContain(
      'decision.reject',
    );
  });

  test('of many at the same time, one stands', async () => {
    const first = await givenDecision();
    const all = await Promise.all(
      Array.from({ length: 20 }, async () => insert(await givenDecision({ ...first, id: uuidv7() }))),
    );
    expect(all.filter(Boolean)).toHaveLength(1);
    expect(await findBrokenLink(house.store, `order:${first.orderId}`)).toBeUndefined();
  });

  test('can be taken after the one before was refused, and on the next revision', async () => {
    const first = await givenDecision({ action: 'correct' });
    await insert(first);
    await settleDecision(house.store, first.id, { refusal: 'does not fit', at: LATER });
    const second = { ...first, id: uuidv7() };
    expect(await insert(second)).toBe(true);
    await settleDecision(house.store, second.id, { refusal: null, at: LATER });
    expect(await insert({ ...first, id: uuidv7(), revision: 2 })).toBe(true);
  });

  test('to cancel stands beside one to approve, and beside another one to cancel', async () => {
    const approval = await givenDecision();
    const cancel = { ...approval, action: 'cancel', reviewId: null } as const;
    expect(await insert(approval)).toBe(true);
    expect(await insert({ ...cancel, id: uuidv7() })).toBe(true);
    expect(await insert({ ...cancel, id: uuidv7() })).toBe(true);
    expect(await listPendingDecisionIds(house.store, approval.orderId)).toHaveLength(3);
  });

  test('is settled once', async () => {
    const decision = await givenDecision();
    await insert(decision);
    await settleDecision(house.store, decision.id, { refusal: 'too late', at: LATER });
    await settleDecision(house.store, decision.id, { refusal: null, at: AT });
    expect(await findDecision(house.store, decision.id)).toMatchObject({
      state: 'refused',
      refusal: 'too late',
      settled_at: LATER,
    });
    expect(await listPendingDecisionIds(house.store, decision.orderId)).toEqual([]);
  });

  test('is listed in the order in which it was taken, also within a millisecond', async () => {
    const first = await givenDecision({ action: 'cancel', reviewId: null });
    const all = Array.from({ length: 5 }, () => ({ ...first, id: uuidv7() }));
    for (const decision of all.toReversed()) await insert(decision);
    const ids = all.map((decision) => decision.id);
    expect(await listPendingDecisionIds(house.store, first.orderId)).toEqual(ids);
    expect((await listDecisions(house.store, first.orderId)).map((decision) => decision.id)).toEqual(ids);
  });
});

test('the reconciler finds every decision that nobody acted on for a while, in pages', async () => {
  const { db } = house.store;
  await db.deleteFrom('decisions').execute();
  const old = await Promise.all(Array.from({ length: 5 }, () => givenDecision()));
  for (const decision of old) await insertDecision(house.store, decision, AT);
  const settled = await givenDecision();
  await insert(settled);
  await settleDecision(house.store, settled.id, { refusal: null, at: LATER });
  await insertDecision(house.store, await givenDecision(), LATER);
  const found: string[] = [];
  for (let afterId = ''; ; afterId = found.at(-1)!) {
    const page = await listUntoldDecisions(house.store, { createdBefore: LATER, afterId, size: 2 });
    if (page.length === 0) break;
    found.push(...page.map((decision) => decision.id));
  }
  expect(found).toEqual(old.map((decision) => decision.id).sort());
});
