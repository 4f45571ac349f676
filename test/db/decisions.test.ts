import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import {
  type Decision,
  findDecision,
  insertDecision,
  listCovered,
  listDecisions,
  listPendingDecisionIds,
  listUntoldDecisions,
  settleDecision,
} from '../../db/decisions.ts';
import { putFindings } from '../../db/findings.ts';
import { openHolds } from '../../db/holds.ts';
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

  test('can be taken on the same review and revision after an approval that left holds to others', async () => {
    const first = await givenDecision();
    expect(await insert(first)).toBe(true);
    expect(await insert({ ...first, id: uuidv7(), actor: 'sofia' })).toBe(false);
    await settleDecision(house.store, first.id, { refusal: null, at: LATER, leftStanding: 1 });
    const second = { ...first, id: uuidv7(), actor: 'sofia' };
    expect(await insert(second)).toBe(true);
    await settleDecision(house.store, second.id, { refusal: null, at: LATER });
    expect(await insert({ ...first, id: uuidv7() })).toBe(false);
  });

  test('to approve names the holds that stand and that its person may release, with what was found under them', async () => {
    const { orderId, ...decision } = await givenDecision();
    const ref = { orderId, revision: 1 };
    const common = { category: 'business_rule', disposition: 'hold', message: 'a secret', location: {} } as const;
    const found = [
      { ...common, code: 'PRICE.MISMATCH', ruleVersion: 3, path: '/lines/0/unitPrice', evidence: '18.00' },
      { ...common, code: 'CREDIT.LIMIT', ruleVersion: 1, path: '/total', evidence: '180.00', excess: '80.00' },
    ];
    await putFindings(house.store, { subject: `order:${orderId}`, revision: 1, step: 'validate', at: AT }, found);
    const holds = [
      { code: 'PRICE.MISMATCH', releaseRole: 'reviewer' },
      { code: 'CREDIT.LIMIT', releaseRole: 'supervisor' },
      { code: 'BACKOFFICE.UNAVAILABLE', releaseRole: null },
    ] as const;
    await openHolds(house.store, ref, holds.map((hold) => ({ ...hold, category: 'business_rule' })), AT); // prettier-ignore
    const named = async (changes: Partial<Decision>): Promise<readonly string[] | undefined> => {
      const id = uuidv7();
      await insert({ ...decision, ...changes, orderId, id, reviewId: null });
      return (await findDecision(house.store, id))?.holds;
    };
    expect(await named({})).toEqual(['PRICE.MISMATCH']);
    expect(await named({ roles: ['reviewer', 'supervisor'] })).toEqual(['CREDIT.LIMIT', 'PRICE.MISMATCH']);
    expect(await named({ action: 'reject' })).toBeUndefined();
    expect(await listCovered(house.store, ref)).toEqual([]);
    const last = { ...decision, orderId, id: uuidv7(), reviewId: null, holds: ['CREDIT.LIMIT'] };
    await insert(last);
    await settleDecision(house.store, last.id, { refusal: null, at: LATER });
    expect(await listCovered(house.store, ref)).toEqual([
      {
        code: 'CREDIT.LIMIT',
        ruleVersion: 1,
        path: '/total',
        evidence: '180.00',
        excess: '80.00',
        decisionId: last.id,
      },
    ]);
    expect(await listCovered(house.store, { orderId, revision: 2 })).toEqual([]);
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
