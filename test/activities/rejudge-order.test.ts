import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { BackOffice } from '../../backoffice/port.ts';
import { findDecision, settleDecision } from '../../db/decisions.ts';
import { getFacts } from '../../db/facts.ts';
import { listFindings } from '../../db/findings.ts';
import { listApprovedCodes, listOpenHolds } from '../../db/holds.ts';
import { findBrokenLink, listLog } from '../../db/log.ts';
import { getOrder, type OrderRef } from '../../db/orders.ts';
import { listOutbox } from '../../db/outbox.ts';
import { listRejudgements } from '../../db/rejudgements.ts';
import { claimReview, findOpenReview, releaseReview } from '../../db/reviews.ts';
import { findVerdict } from '../../db/verdicts.ts';
import type { Facts } from '../../orders/facts.ts';
import type { RuleVersion } from '../../orders/rules/rule.ts';
import { WRONG_PRICE } from '../support/order-factory.ts';
import { openStepHouse, type StepHouse } from './step-house.ts';

/** Orders that wait are judged again by fresh facts, and approvals cover what was shown: step by step, without workflows. */
let house: StepHouse;
/** What the back office says otherwise than it would. */
let otherwise: (facts: Facts) => Facts = (facts) => facts;
/** What happens while it is asked. */
let meanwhile = (): Promise<void> => Promise.resolve();
let timesAsked = 0;

beforeAll(async () => {
  const reach = (backOffice: BackOffice): BackOffice => ({
    ...backOffice,
    getFacts: async (orderId, order) => {
      timesAsked += 1;
      await meanwhile();
      return otherwise(await backOffice.getFacts(orderId, order));
    },
  });
  house = await openStepHouse({ reach });
});
afterEach(async () => {
  otherwise = (facts) => facts;
  meanwhile = () => Promise.resolve();
  await house.store.db.deleteFrom('order_validation_rules').where('author', '=', 'a-test').execute();
  await house.back.admin.changeCustomer('C-1001', { status: 'active', creditLimit: '9999999.00', creditOpen: '0.00' });
  await house.back.admin.changeProduct('SKU-1', { active: true, stock: '1000000' });
});
afterAll(() => house.close());

/** A rule for the customer of these tests alone; the next test does not have it any more. */
const addRule = (rule: Partial<RuleVersion>) =>
  house.addRule({ scope: { kind: 'customer', customer: 'C-1001' }, ...rule }, 'a-test');

const REVIEWER = { actor: 'ravi', roles: ['reviewer'] } as const;

async function decide(ref: OrderRef, saying: Parameters<StepHouse['decide']>[1]) {
  return house.steps.applyDecision(ref.orderId, await house.decide(ref.orderId, saying));
}

/** Lets the facts grow old by which an order was judged. */
async function letFactsAge({ orderId }: OrderRef): Promise<void> {
  const taken = { taken_at: new Date(Date.now() - 6 * 60_000).toISOString() };
  await house.store.db.updateTable('facts_snapshots').set(taken).where('order_id', '=', orderId).execute();
  await house.store.db.updateTable('rejudgements').set(taken).where('order_id', '=', orderId).execute();
}

const findingsOf = async ({ orderId, revision }: OrderRef): Promise<string[]> =>
  (await listFindings(house.store, `order:${orderId}`, revision)).map(({ code }) => code);
const stateOf = async ({ orderId }: OrderRef): Promise<string> => (await getOrder(house.store, orderId)).state;
const judgementsOf = (ref: OrderRef) => listRejudgements(house.store, ref);
const loggedOf = async ({ orderId }: OrderRef, action: string): Promise<Record<string, unknown>[]> =>
  (await listLog(house.store, `order:${orderId}`))
    .filter((entry) => entry.action === action)
    .map((entry) => JSON.parse(entry.detail_json) as Record<string, unknown>);

describe('a hold whose cause is gone', () => {
  test('clears itself: the product is sold again, and the order goes on', async () => {
    await house.back.admin.changeProduct('SKU-1', { active: false });
    const ref = await house.givenJudged();
    const [hold] = await listOpenHolds(house.store, ref.orderId);
    const first = { facts: await getFacts(house.store, ref), verdict: await findVerdict(house.store, ref) };
    await house.back.admin.changeProduct('SKU-1', { active: true });

    expect(await house.steps.rejudgeOrder(ref)).toMatchObject({ state: 'validated', holds: [], review: null });

    expect(await findingsOf(ref)).toEqual([]);
    expect(await findOpenReview(house.store, ref.orderId)).toBeUndefined();
    expect(await loggedOf(ref, 'hold.cleared')).toEqual([
      { code: 'PRODUCT.INACTIVE', revision: 1, since: hold?.openedAt, rule: 'PRODUCT.INACTIVE 1' },
    ]);
    expect(await loggedOf(ref, 'order.resumed')).toEqual([{ revision: 1, to: 'validated' }]);
    expect(await findBrokenLink(house.store, `order:${ref.orderId}`)).toBeUndefined();
    // What it was judged by at first stays, beside what is known now.
    expect(await getFacts(house.store, ref)).toEqual(first.facts);
    expect(await findVerdict(house.store, ref)).toEqual(first.verdict);
    const [again] = await judgementsOf(ref);
    expect(again).toMatchObject({ sequence: 1, occasion: 'recheck', cleared: ['PRODUCT.INACTIVE'], opened: [] });
    expect(again?.gone).toMatchObject([{ code: 'PRODUCT.INACTIVE', message: expect.any(String) }]);
    expect(again?.facts.products['SKU-1']?.active).toBe(true);
    expect(again?.explanations.find(({ code }) => code === 'PRODUCT.INACTIVE')?.result).toBe('passed');
    expect(await listApprovedCodes(house.store, ref)).toEqual([]);
  });

  test('clears alone, while the other one waits for its person: same review, same clock', async () => {
    await house.back.admin.changeProduct('SKU-1', { active: false });
    const ref = await house.givenJudged(WRONG_PRICE);
    expect(await house.heldFor(ref)).toEqual(['PRICE.MISMATCH', 'PRODUCT.INACTIVE']);
    const review = await findOpenReview(house.store, ref.orderId);
    await house.back.admin.changeProduct('SKU-1', { active: true });
    await house.steps.rejudgeOrder(ref);
    expect(await stateOf(ref)).toBe('in_review');
    expect(await house.heldFor(ref)).toEqual(['PRICE.MISMATCH']);
    expect(await findingsOf(ref)).toEqual(['PRICE.MISMATCH']);
    expect(await findOpenReview(house.store, ref.orderId)).toEqual(review);
  });

  test('of stock and of credit clears when there is enough', async () => {
    await house.back.admin.changeProduct('SKU-1', { stock: '9' });
    await house.back.admin.changeCustomer('C-1001', { creditLimit: '100.00' });
    const ref = await house.givenJudged();
    expect(await house.heldFor(ref)).toEqual(['CREDIT.LIMIT', 'STOCK.SHORT']);
    await house.back.admin.changeProduct('SKU-1', { stock: '1000000' });
    await house.steps.rejudgeOrder(ref);
    expect(await house.heldFor(ref)).toEqual(['CREDIT.LIMIT']);
    await house.back.admin.changeCustomer('C-1001', { creditLimit: '9999999.00' });
    expect(await house.steps.rejudgeOrder(ref)).toMatchObject({ state: 'validated' });
    expect((await judgementsOf(ref)).map(({ sequence, cleared }) => [sequence, cleared])).toEqual([
      [1, ['STOCK.SHORT']],
      [2, ['CREDIT.LIMIT']],
    ]);
  });

  test('that a reservation ran into clears too, and is looked at ever more seldom when it comes back', async () => {
    const ref = await house.givenJudged();
    await house.back.admin.changeProduct('SKU-1', { stock: '9' });
    const waits: number[] = [];
    for (let i = 0; i < 3; i += 1) {
      // The facts say that there is enough, the reservation does not.
      otherwise = (facts) => facts;
      expect(await house.steps.reserveOrder(ref)).toMatchObject({ state: 'in_review' });
      await house.steps.enterReview(ref, Date.now());
      const hold = await house.store.db.selectFrom('holds').selectAll().where('order_id', '=', ref.orderId).executeTakeFirstOrThrow(); // prettier-ignore
      waits.push((Date.parse(hold.look_again_at ?? '') - Date.parse(hold.opened_at)) / 60_000);
      await house.store.db.updateTable('holds').set({ looks: (hold.looks ?? 0) + 1 }).where('order_id', '=', ref.orderId).execute(); // prettier-ignore
      otherwise = ({ products, ...facts }) => {
        const product = products['SKU-1'];
        return { ...facts, products: product ? { 'SKU-1': { ...product, available: '10' } } : {} };
      };
      expect(await house.steps.rejudgeOrder(ref)).toMatchObject({ state: 'validated', holds: [] });
      expect(await findingsOf(ref)).toEqual([]);
    }
    expect(waits).toEqual([1, 2, 4]);
  });

  test('that comes back is waited for in the same review: its clock goes on, and what was told is not told again', async () => {
    const ref = await house.givenJudged();
    const [start, HOUR] = [Date.now(), 3_600_000];
    await house.back.admin.changeProduct('SKU-1', { stock: '9' });
    const bounce = async (at: number) => {
      otherwise = (facts) => facts;
      await house.steps.reserveOrder(ref);
      const { review } = await house.steps.enterReview(ref, at);
      return review;
    };
    const clear = () => {
      otherwise = (facts) => {
        const product = facts.products['SKU-1'];
        return { ...facts, products: product ? { 'SKU-1': { ...product, available: '10' } } : {} };
      };
      return house.steps.rejudgeOrder(ref);
    };
    const opened = await bounce(start);
    await house.steps.recordMilestone(ref, 'half', start + 2 * HOUR);
    expect(await clear()).toMatchObject({ state: 'validated', review: null });
    expect(await bounce(start + 3 * HOUR)).toEqual(opened);
    await house.steps.recordMilestone(ref, 'half', start + 3 * HOUR);
    await house.steps.recordMilestone(ref, 'escalated', start + 4 * HOUR);
    await clear();
    expect(await bounce(start + 5 * HOUR)).toEqual({ ...opened, escalated: true });
    const told = await listOutbox(house.store, `order:${ref.orderId}`);
    expect(told.map(({ kind }) => kind)).toEqual(['review.opened', 'review.reminder', 'review.escalated']);
    expect(await loggedOf(ref, 'review.reopened')).toHaveLength(2);

    // Decided by a person, the next one is another matter.
    await decide(ref, { action: 'approve' });
    await house.store.db.updateTable('orders').set({ state: 'in_review', resume_state: 'validated' }).where('id', '=', ref.orderId).execute(); // prettier-ignore
    const { review } = await house.steps.enterReview(ref, start + 6 * HOUR);
    expect(review).toMatchObject({ openedAt: start + 6 * HOUR, escalated: false });
  });

  test('is judged by the versions that were known then and are in force now: they begin and end at their time', async () => {
    const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();
    const rule = { kind: 'expression', parameters: { expression: 'false', message: 'never', path: '' } } as const;
    await addRule({ code: 'ENDING.RULE', ...rule, effectiveTo: inHours(1) });
    await addRule({ code: 'BEGINNING.RULE', ...rule, effectiveFrom: inHours(1) });
    const ref = await house.givenJudged();
    expect(await house.heldFor(ref)).toEqual(['ENDING.RULE']);
    await addRule({ code: 'LATER.RULE', ...rule });
    await house.steps.rejudgeOrder(ref);
    expect(await house.heldFor(ref)).toEqual(['ENDING.RULE']);
    otherwise = (facts) => ({ ...facts, asOf: inHours(2) });
    await house.steps.rejudgeOrder(ref);
    expect(await house.heldFor(ref)).toEqual(['BEGINNING.RULE']);
    const [again] = await judgementsOf(ref);
    const codes = again?.explanations.map(({ code }) => code);
    expect([codes?.includes('BEGINNING.RULE'), codes?.includes('ENDING.RULE'), codes?.includes('LATER.RULE')]).toEqual([
      true,
      false,
      false,
    ]);
  });

  test('is judged by the rules of the revision, whatever came into force since', async () => {
    await house.back.admin.changeProduct('SKU-1', { active: false });
    const ref = await house.givenJudged(WRONG_PRICE);
    await addRule({ code: 'LATER.RULE', kind: 'expression', parameters: { expression: 'false', message: 'never', path: '' } }); // prettier-ignore
    await house.back.admin.changeProduct('SKU-1', { active: true });
    await house.steps.rejudgeOrder(ref);
    expect(await house.heldFor(ref)).toEqual(['PRICE.MISMATCH']);
  });
});

describe('judged again', () => {
  test('with nothing changed, nothing is kept', async () => {
    const ref = await house.givenJudged(WRONG_PRICE);
    const before = await listLog(house.store, `order:${ref.orderId}`);
    await house.steps.rejudgeOrder(ref);
    expect(await judgementsOf(ref)).toEqual([]);
    expect(await listLog(house.store, `order:${ref.orderId}`)).toEqual(before);
    expect(await stateOf(ref)).toBe('in_review');
  });

  test('with nothing but another warning, nothing is kept; beside something else it is', async () => {
    const ref = await house.givenJudged(WRONG_PRICE);
    const history = Array.from({ length: 30 }, () => ({ quantity: '1', unitPrice: '18.00' }));
    const withHistory = (facts: Facts): Facts => {
      const product = facts.products['SKU-1'];
      return { ...facts, products: product ? { 'SKU-1': { ...product, history } } : {} };
    };
    otherwise = withHistory;
    await house.steps.rejudgeOrder(ref);
    expect([await findingsOf(ref), await judgementsOf(ref)]).toEqual([['PRICE.MISMATCH'], []]);
    otherwise = (facts) => {
      const known = withHistory(facts);
      return { ...known, customer: known.customer && { ...known.customer, status: 'inactive' } };
    };
    await house.steps.rejudgeOrder(ref);
    expect((await findingsOf(ref)).sort()).toEqual(['CUSTOMER.INACTIVE', 'PRICE.MISMATCH', 'UNUSUAL.QUANTITY']);
    expect(await house.heldFor(ref)).toEqual(['CUSTOMER.INACTIVE', 'PRICE.MISMATCH']);
  });

  test('with other numbers under the same holds, the last one is kept, and what changed since they were put', async () => {
    const usedUp = (creditUsed: string) => {
      otherwise = (facts) => ({ ...facts, customer: facts.customer && { ...facts.customer, creditUsed } });
    };
    usedUp('9999990.00');
    const ref = await house.givenJudged();
    const [first] = await listFindings(house.store, `order:${ref.orderId}`, ref.revision);
    for (const used of ['9999991.00', '9999992.00', '9999993.00']) {
      usedUp(used);
      await house.steps.rejudgeOrder(ref);
    }
    expect(await judgementsOf(ref)).toEqual([
      expect.objectContaining({ sequence: 3, cleared: [], opened: [], gone: [first] }),
    ]);
    usedUp('9999990.00');
    await house.steps.rejudgeOrder(ref);
    expect(await judgementsOf(ref)).toMatchObject([{ sequence: 4, gone: [] }]);
    usedUp('0.00');
    await house.steps.rejudgeOrder(ref);
    expect((await judgementsOf(ref)).map(({ sequence }) => sequence)).toEqual([4, 5]);
  });

  test('what is wrong by now is held as well', async () => {
    const ref = await house.givenJudged(WRONG_PRICE);
    await house.back.admin.changeCustomer('C-1001', { status: 'credit_stop' });
    await house.steps.rejudgeOrder(ref);
    expect(await listOpenHolds(house.store, ref.orderId)).toMatchObject([
      { code: 'CUSTOMER.CREDIT_STOP', releaseRole: 'supervisor' },
      { code: 'PRICE.MISMATCH', releaseRole: 'reviewer' },
    ]);
    expect(await loggedOf(ref, 'hold.opened')).toEqual([{ code: 'CUSTOMER.CREDIT_STOP', revision: 1 }]);
  });

  test('what a rule would send back is held: nobody is surprised by an order that is gone', async () => {
    await addRule({ code: 'CUSTOMER.INACTIVE', kind: 'customer_active', disposition: 'reject', parameters: {} });
    const ref = await house.givenJudged(WRONG_PRICE);
    await house.back.admin.changeCustomer('C-1001', { status: 'inactive' });
    await house.steps.rejudgeOrder(ref);
    expect(await stateOf(ref)).toBe('in_review');
    expect(await house.heldFor(ref)).toEqual(['CUSTOMER.INACTIVE', 'PRICE.MISMATCH']);
  });

  test('a customer who was set up is judged by all the rules that could say nothing before', async () => {
    otherwise = (facts) => ({ ...facts, customer: null });
    const ref = await house.givenJudged(WRONG_PRICE);
    expect(await house.heldFor(ref)).toEqual(['CUSTOMER.UNKNOWN']);
    expect(await decide(ref, { action: 'approve' })).toMatchObject({ applied: false });
    otherwise = (facts) => facts;
    await house.steps.rejudgeOrder(ref);
    expect(await house.heldFor(ref)).toEqual(['PRICE.MISMATCH']);
    expect(await judgementsOf(ref)).toMatchObject([{ cleared: ['CUSTOMER.UNKNOWN'], opened: ['PRICE.MISMATCH'] }]);
  });

  test('a rule that could not judge this time takes nothing back', async () => {
    const ref = await house.givenJudged(WRONG_PRICE);
    otherwise = (facts) => ({ ...facts, customer: null });
    await house.steps.rejudgeOrder(ref);
    expect(await house.heldFor(ref)).toEqual(['CUSTOMER.UNKNOWN', 'PRICE.MISMATCH']);
    expect((await findingsOf(ref)).sort()).toEqual(['CUSTOMER.UNKNOWN', 'PRICE.MISMATCH']);
    otherwise = (facts) => facts;
    await house.steps.rejudgeOrder(ref);
    expect(await house.heldFor(ref)).toEqual(['PRICE.MISMATCH']);
  });

  test('a rule that broke and cannot be tried this time still holds; one that breaks again says so once', async () => {
    const withMinimum = (minimumOrder: string) => (facts: Facts) => ({
      ...facts,
      customer: facts.customer && { ...facts.customer, minimumOrder },
    });
    otherwise = withMinimum('no number');
    const ref = await house.givenJudged();
    expect(await house.heldFor(ref)).toEqual(['RULE.FAILED.ORDER.BELOW_MINIMUM']);
    await house.steps.rejudgeOrder(ref);
    expect([await findingsOf(ref), await judgementsOf(ref)]).toEqual([['RULE.FAILED.ORDER.BELOW_MINIMUM'], []]);
    otherwise = (facts) => ({ ...facts, customer: null });
    await house.steps.rejudgeOrder(ref);
    expect(await house.heldFor(ref)).toEqual(['CUSTOMER.UNKNOWN', 'RULE.FAILED.ORDER.BELOW_MINIMUM']);
    otherwise = withMinimum('1.00');
    expect(await house.steps.rejudgeOrder(ref)).toMatchObject({ state: 'validated', holds: [] });
  });

  test.each<[string, Record<string, unknown>, Record<string, unknown>, string]>([
    ['ORDER.BELOW_MINIMUM', { minimumOrder: '9999.00' }, {}, 'No minimum order is agreed.'],
    ['ORDER.ABOVE_MAXIMUM', { maximumOrder: '1.00' }, {}, 'No maximum order is agreed.'],
    ['PACK.SIZE', {}, { packSize: '7' }, 'The quantity of line 1 (SKU-1) is 10, and no pack is agreed.'],
  ])('when nothing is agreed any more, %s lets go', async (code, ofCustomer, ofProduct, words) => {
    otherwise = (facts) => ({
      ...facts,
      customer: facts.customer && { ...facts.customer, ...ofCustomer },
      products: { 'SKU-1': { ...facts.products['SKU-1']!, ...ofProduct } },
    });
    const ref = await house.givenJudged();
    expect(await house.heldFor(ref)).toEqual([code]);
    otherwise = (facts) => facts;
    expect(await house.steps.rejudgeOrder(ref)).toMatchObject({ state: 'validated', holds: [] });
    const [again] = await judgementsOf(ref);
    expect(again?.explanations.find((rule) => rule.code === code)).toMatchObject({
      result: 'passed',
      working: [words],
    });
  });

  test('twice, and by two at once, it counts once', async () => {
    await house.back.admin.changeProduct('SKU-1', { active: false });
    const ref = await house.givenJudged();
    await house.back.admin.changeProduct('SKU-1', { active: true });
    await Promise.all([house.steps.rejudgeOrder(ref), house.steps.rejudgeOrder(ref)]);
    await house.steps.rejudgeOrder(ref);
    expect(await judgementsOf(ref)).toHaveLength(1);
    expect(await loggedOf(ref, 'hold.cleared')).toHaveLength(1);
    expect(await loggedOf(ref, 'order.resumed')).toHaveLength(1);
  });

  test('an order is left alone while somebody has the review, until the lease is over', async () => {
    await house.back.admin.changeProduct('SKU-1', { active: false });
    const ref = await house.givenJudged();
    const review = await findOpenReview(house.store, ref.orderId);
    const until = new Date(Date.now() + 15 * 60_000).toISOString();
    const now = new Date().toISOString();
    await claimReview(house.store, review?.id ?? '', 'ravi', { now, until });
    await house.back.admin.changeProduct('SKU-1', { active: true });
    timesAsked = 0;
    expect(await house.steps.rejudgeOrder(ref)).toMatchObject({ state: 'in_review' });
    expect(timesAsked).toBe(0);
    const { look_again_at: next } = await house.store.db.selectFrom('holds').select('look_again_at').where('order_id', '=', ref.orderId).executeTakeFirstOrThrow(); // prettier-ignore
    expect(next).toBe(until);
    await releaseReview(house.store, review?.id ?? '', 'ravi');
    expect(await house.steps.rejudgeOrder(ref)).toMatchObject({ state: 'validated' });
  });

  test('an order is left alone that somebody claims while the back office is asked', async () => {
    await house.back.admin.changeProduct('SKU-1', { active: false });
    const ref = await house.givenJudged();
    await house.back.admin.changeProduct('SKU-1', { active: true });
    const review = await findOpenReview(house.store, ref.orderId);
    const until = new Date(Date.now() + 15 * 60_000).toISOString();
    meanwhile = async () => {
      await claimReview(house.store, review?.id ?? '', 'ravi', { now: new Date().toISOString(), until });
    };
    expect(await house.steps.rejudgeOrder(ref)).toMatchObject({
      state: 'in_review',
      holds: [{ code: 'PRODUCT.INACTIVE' }],
    });
  });

  test('by facts that came late, nothing is taken back that newer ones showed', async () => {
    const ref = await house.givenJudged(WRONG_PRICE);
    meanwhile = async () => {
      meanwhile = () => Promise.resolve();
      await house.back.admin.changeCustomer('C-1001', { status: 'credit_stop' });
      await house.steps.rejudgeOrder(ref);
      otherwise = (facts) => ({ ...facts, customer: facts.customer && { ...facts.customer, status: 'active' } });
    };
    await house.steps.rejudgeOrder(ref);
    expect(await house.heldFor(ref)).toEqual(['CUSTOMER.CREDIT_STOP', 'PRICE.MISMATCH']);
    expect(await judgementsOf(ref)).toHaveLength(1);
  });

  test('an order is left alone that somebody has decided', async () => {
    await house.back.admin.changeProduct('SKU-1', { active: false });
    const ref = await house.givenJudged();
    await house.back.admin.changeProduct('SKU-1', { active: true });
    const decisionId = await house.decide(ref.orderId, { action: 'reject' });
    expect(await house.steps.rejudgeOrder(ref)).toMatchObject({ state: 'in_review' });
    expect(await house.steps.applyDecision(ref.orderId, decisionId)).toMatchObject({ applied: true });
    expect(await stateOf(ref)).toBe('rejected');
    expect(await house.steps.rejudgeOrder(ref)).toMatchObject({ state: 'rejected' });
  });
});

describe('an approval', () => {
  const TWO = { ...WRONG_PRICE } as const;
  /** PRICE.MISMATCH is a reviewer's, CREDIT.LIMIT a supervisor's. */
  async function givenTwo(): Promise<OrderRef> {
    await house.back.admin.changeCustomer('C-1001', { creditLimit: '100.00' });
    const ref = await house.givenJudged(TWO);
    expect(await house.heldFor(ref)).toEqual(['CREDIT.LIMIT', 'PRICE.MISMATCH']);
    return ref;
  }

  test('of a reviewer releases what a reviewer may; the rest waits for a supervisor in the same review', async () => {
    const ref = await givenTwo();
    const review = await findOpenReview(house.store, ref.orderId);
    const until = new Date(Date.now() + 15 * 60_000).toISOString();
    await claimReview(house.store, review?.id ?? '', 'ravi', { now: new Date().toISOString(), until });
    const { applied, progress } = await decide(ref, { action: 'approve', ...REVIEWER });
    expect([applied, progress.state]).toEqual([true, 'in_review']);
    expect(await house.heldFor(ref)).toEqual(['CREDIT.LIMIT']);
    expect(await listApprovedCodes(house.store, ref)).toEqual(['PRICE.MISMATCH']);
    // The claim is given back, for somebody else is to decide.
    expect(await findOpenReview(house.store, ref.orderId)).toEqual({ ...review, claimed_by: null, lease_until: null });
    expect(await loggedOf(ref, 'decision.applied')).toMatchObject([{ action: 'approve', left: ['CREDIT.LIMIT'] }]);

    expect(await decide(ref, { action: 'approve', ...REVIEWER })).toMatchObject({
      applied: false,
      refusal: 'hold CREDIT.LIMIT is released by a supervisor',
    });
    expect(await decide(ref, { action: 'approve' })).toMatchObject({ applied: true, progress: { state: 'validated' } });
    expect((await listApprovedCodes(house.store, ref)).sort()).toEqual(['CREDIT.LIMIT', 'PRICE.MISMATCH']);
    expect(await findOpenReview(house.store, ref.orderId)).toBeUndefined();
  });

  test('releases what it names and nothing else', async () => {
    const ref = await givenTwo();
    const decisionId = await house.decide(ref.orderId, { action: 'approve', holds: ['CREDIT.LIMIT'] });
    expect(await findDecision(house.store, decisionId)).toMatchObject({ holds: ['CREDIT.LIMIT'] });
    await house.steps.applyDecision(ref.orderId, decisionId);
    expect(await house.heldFor(ref)).toEqual(['PRICE.MISMATCH']);
    expect(await stateOf(ref)).toBe('in_review');
    expect(await loggedOf(ref, 'decision.approve')).toMatchObject([{ holds: ['CREDIT.LIMIT'] }]);
  });

  test('does not release what was opened after it was written', async () => {
    const ref = await house.givenJudged(WRONG_PRICE);
    const decisionId = await house.decide(ref.orderId, { action: 'approve' });
    // As if it had been judged again just before: what waits to be applied keeps it from that otherwise.
    await settleDecision(house.store, decisionId, { refusal: 'for the test', at: new Date().toISOString() });
    await house.back.admin.changeCustomer('C-1001', { status: 'credit_stop' });
    await house.steps.rejudgeOrder(ref);
    await house.store.db.updateTable('decisions').set({ state: 'pending', refusal: null }).where('id', '=', decisionId).execute(); // prettier-ignore
    expect(await house.steps.applyDecision(ref.orderId, decisionId)).toMatchObject({ applied: true });
    expect(await house.heldFor(ref)).toEqual(['CUSTOMER.CREDIT_STOP']);
    expect(await stateOf(ref)).toBe('in_review');
  });

  test('has no effect if what it names does not stand any more', async () => {
    const ref = await givenTwo();
    const refusal = 'the holds that this approval names do not stand any more';
    expect(await decide(ref, { action: 'approve', holds: ['STOCK.SHORT'] })).toMatchObject({ applied: false, refusal });
    expect(await house.heldFor(ref)).toEqual(['CREDIT.LIMIT', 'PRICE.MISMATCH']);
  });

  test('covers its revision only: one that was corrected meanwhile is judged anew', async () => {
    const ref = await givenTwo();
    await decide(ref, { action: 'approve', ...REVIEWER });
    await decide(ref, { action: 'correct', changes: [{ path: '/notes', value: ['asked'] }], actor: 'rosa' });
    const looked = { revision: 1, reviewId: null, holds: ['CREDIT.LIMIT'] };
    const late = await house.decide(ref.orderId, { action: 'approve', ...looked });
    const next = { ...ref, revision: 2 };
    await house.judge(next);
    await house.steps.enterReview(next, Date.now());
    expect(await house.steps.applyDecision(ref.orderId, late)).toMatchObject({
      applied: false,
      refusal: 'the decision is about revision 1, the order is at revision 2',
    });
    expect(await house.heldFor(next)).toEqual(['CREDIT.LIMIT', 'PRICE.MISMATCH']);
    await house.steps.rejudgeOrder(next);
    expect(await house.heldFor(next)).toEqual(['CREDIT.LIMIT', 'PRICE.MISMATCH']);
  });

  test('of a credit limit covers as much as was shown, not more', async () => {
    const ref = await givenTwo();
    await decide(ref, { action: 'approve', holds: ['CREDIT.LIMIT'] });
    await house.back.admin.changeCustomer('C-1001', { creditLimit: '150.00' });
    await house.steps.rejudgeOrder(ref);
    expect(await house.heldFor(ref)).toEqual(['PRICE.MISMATCH']);
    await house.back.admin.changeCustomer('C-1001', { creditLimit: '99.99' });
    await house.steps.rejudgeOrder(ref);
    expect(await house.heldFor(ref)).toEqual(['CREDIT.LIMIT', 'PRICE.MISMATCH']);
    expect(await listApprovedCodes(house.store, ref)).toEqual([]);
  });

  test('of a credit limit counts again when less is found than was let pass, and the order reserves by it', async () => {
    const ref = await givenTwo();
    const decisionId = await house.decide(ref.orderId, { action: 'approve', holds: ['CREDIT.LIMIT'] });
    await house.steps.applyDecision(ref.orderId, decisionId);
    await house.back.admin.changeCustomer('C-1001', { creditLimit: '99.99' });
    await house.steps.rejudgeOrder(ref);
    expect(await listApprovedCodes(house.store, ref)).toEqual([]);
    await house.back.admin.changeCustomer('C-1001', { creditLimit: '100.00' });
    await house.steps.rejudgeOrder(ref);
    expect(await house.heldFor(ref)).toEqual(['PRICE.MISMATCH']);
    expect(await listApprovedCodes(house.store, ref)).toEqual(['CREDIT.LIMIT']);
    expect(await loggedOf(ref, 'hold.cleared')).toMatchObject([{ code: 'CREDIT.LIMIT', decisionId }]);
    await decide(ref, { action: 'approve' });
    expect(await house.steps.reserveOrder(ref)).toMatchObject({ state: 'reserved' });
  });

  test('of a price covers it as far as it was off, not when the agreed price goes on rising', async () => {
    const listAt = (unitPrice: string) => (facts: Facts) => {
      const product = facts.products['SKU-1'];
      const prices = [{ minQuantity: '1', unitPrice, currency: 'USD' }];
      return { ...facts, products: product ? { 'SKU-1': { ...product, prices } } : {} };
    };
    const ref = await givenTwo();
    await decide(ref, { action: 'approve', holds: ['PRICE.MISMATCH'] });
    otherwise = listAt('19.00');
    await house.steps.rejudgeOrder(ref);
    expect(await house.heldFor(ref)).toEqual(['CREDIT.LIMIT']);
    otherwise = listAt('30.00');
    await house.steps.rejudgeOrder(ref);
    expect(await house.heldFor(ref)).toEqual(['CREDIT.LIMIT', 'PRICE.MISMATCH']);
  });

  test('of what a reservation ran into lets the rule of the same limit pass too', async () => {
    const ref = await house.givenJudged();
    await house.back.admin.changeProduct('SKU-1', { stock: '9' });
    await house.steps.reserveOrder(ref);
    await house.steps.enterReview(ref, Date.now());
    expect(await decide(ref, { action: 'approve', ...REVIEWER })).toMatchObject({ progress: { state: 'validated' } });
    await letFactsAge(ref);
    expect(await house.steps.refreshVerdict(ref)).toMatchObject({ state: 'validated', holds: [] });
    expect(await house.steps.reserveOrder(ref)).toMatchObject({ state: 'reserved' });
  });
});

describe('before an order that waited reserves', () => {
  test('it is held again if its customer was stopped meanwhile, whatever was approved', async () => {
    const ref = await house.givenJudged(WRONG_PRICE);
    await house.back.admin.changeCustomer('C-1001', { status: 'credit_stop' });
    await decide(ref, { action: 'approve' });
    await letFactsAge(ref);
    expect(await house.steps.refreshVerdict(ref)).toMatchObject({
      state: 'in_review',
      resumeState: 'validated',
      holds: [{ code: 'CUSTOMER.CREDIT_STOP', releaseRole: 'supervisor' }],
    });
    expect(await judgementsOf(ref)).toMatchObject([{ occasion: 'before_reserve', opened: ['CUSTOMER.CREDIT_STOP'] }]);
    // What was approved stays approved.
    await house.steps.enterReview(ref, Date.now());
    await house.back.admin.changeCustomer('C-1001', { status: 'active' });
    expect(await house.steps.rejudgeOrder(ref)).toMatchObject({ state: 'validated', holds: [] });
    expect(await listApprovedCodes(house.store, ref)).toEqual(['PRICE.MISMATCH']);
  });

  test('nobody is asked again while the facts are fresh', async () => {
    const ref = await house.givenJudged(WRONG_PRICE);
    await decide(ref, { action: 'approve' });
    timesAsked = 0;
    expect(await house.steps.refreshVerdict(ref)).toMatchObject({ state: 'validated' });
    expect(timesAsked).toBe(0);
    await letFactsAge(ref);
    expect(await house.steps.refreshVerdict(ref)).toMatchObject({ state: 'validated' });
    expect(timesAsked).toBe(1);
    expect(await judgementsOf(ref)).toEqual([]);
  });
});
