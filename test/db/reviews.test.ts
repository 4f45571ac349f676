import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openHolds } from '../../db/holds.ts';
import type { OrderRow } from '../../db/orders.ts';
import type { Principal } from '../../db/principals.ts';
import {
  claimReview,
  closeReview,
  findOpenReview,
  listReviews,
  markEscalated,
  openReview,
  releaseReview,
  type ReviewFilter,
} from '../../db/reviews.ts';
import { givenOrder, openTestStore, type TestStore } from '../support/store.ts';

const HOUR = 3_600_000;
let house: TestStore;
beforeAll(async () => void (house = await openTestStore()));
afterAll(() => house.close());

const at = (minute: number): string => `2026-11-23T10:${String(minute).padStart(2, '0')}:00.000Z`;
const lease = (from: number, to: number) => ({ now: at(from), until: at(to) });

async function givenReview(columns: Partial<OrderRow> = {}, minute = 0) {
  const order = await givenOrder(house.store, { state: 'in_review', ...columns });
  return openReview(house.store, order, at(minute), 4 * HOUR);
}
const claim = (id: string, person: string, from: number, to: number) =>
  claimReview(house.store, id, person, lease(from, to));

describe('a review', () => {
  test('is due after the time that it may take', async () => {
    expect(await givenReview()).toMatchObject({
      opened_at: at(0),
      due_at: '2026-11-23T14:00:00.000Z',
      claimed_by: null,
    });
  });

  test('that is open goes on: opening again does not restart its clock, also when both come at once', async () => {
    const order = await givenOrder(house.store, { state: 'in_review' });
    const open = (minute: number) =>
      house.store.db.transaction().execute((db) => openReview({ ...house.store, db }, order, at(minute), HOUR));
    const [one, other] = await Promise.all([open(0), open(30)]);
    expect(other).toEqual(one);
    expect(await open(40)).toEqual(one);
  });

  test('that a recheck closed goes on with its clock and is free; of another revision, or decided, another one opens', async () => {
    const review = await givenReview();
    const order = (revision: number) => ({ id: review.order_id, revision, source: review.source, customer_id: null });
    const open = (revision: number) => openReview(house.store, order(revision) as OrderRow, at(20), HOUR);
    await claim(review.id, 'ravi', 1, 5);
    await closeReview(house.store, review.order_id, at(6), 1);
    expect(await open(1)).toEqual(review);
    await closeReview(house.store, review.order_id, at(7), 1);
    const second = await open(2);
    expect(second).toMatchObject({ opened_at: at(20), rechecked_revision: null });
    expect(second.id).not.toBe(review.id);
    await closeReview(house.store, review.order_id, at(30));
    expect((await open(2)).id).not.toBe(second.id);
  });

  test('is open at most once an order, whatever happens', async () => {
    const review = await givenReview();
    const second = { ...review, id: 'second' };
    await expect(house.store.db.insertInto('reviews').values(second).execute()).rejects.toThrow(/UNIQUE/i);
    await closeReview(house.store, review.order_id, at(1));
    await house.store.db.insertInto('reviews').values(second).execute();
    expect((await findOpenReview(house.store, review.order_id))?.id).toBe('second');
  });

  test('that is closed stays as it ended', async () => {
    const review = await givenReview();
    await closeReview(house.store, review.order_id, at(1));
    await closeReview(house.store, review.order_id, at(2));
    expect(await findOpenReview(house.store, review.order_id)).toBeUndefined();
    const row = await house.store.db.selectFrom('reviews').selectAll().where('id', '=', review.id).executeTakeFirst();
    expect(row).toMatchObject({ closed_at: at(1) });
    expect(await claim(review.id, 'ravi', 3, 4)).toBe(false);
  });

  test('is escalated at one moment', async () => {
    const { id, order_id: orderId } = await givenReview();
    await markEscalated(house.store, id, at(1));
    await markEscalated(house.store, id, at(2));
    expect(await findOpenReview(house.store, orderId)).toMatchObject({ escalated_at: at(1) });
  });
});

describe('a claim', () => {
  test('is one person’s until the lease ends; then another may take it', async () => {
    const { id, order_id: orderId } = await givenReview();
    expect(await claim(id, 'ravi', 0, 15)).toBe(true);
    expect(await claim(id, 'sofia', 14, 30)).toBe(false);
    // Exactly at its end the lease still stands.
    expect(await claim(id, 'sofia', 15, 30)).toBe(false);
    expect(await claim(id, 'sofia', 16, 31)).toBe(true);
    expect(await claim(id, 'ravi', 17, 32)).toBe(false);
    expect(await findOpenReview(house.store, orderId)).toMatchObject({ claimed_by: 'sofia', lease_until: at(31) });
  });

  test('is renewed by who has it', async () => {
    const { id, order_id: orderId } = await givenReview();
    await claim(id, 'ravi', 0, 15);
    expect(await claim(id, 'ravi', 10, 25)).toBe(true);
    expect(await findOpenReview(house.store, orderId)).toMatchObject({ lease_until: at(25) });
  });

  test('is won by one of many who try at the same time', async () => {
    const { id, order_id: orderId } = await givenReview();
    const people = Array.from({ length: 20 }, (_, i) => `reviewer-${String(i)}`);
    const won = await Promise.all(people.map((person) => claim(id, person, 0, 15)));
    expect(won.filter(Boolean)).toHaveLength(1);
    expect((await findOpenReview(house.store, orderId))?.claimed_by).toBe(people[won.indexOf(true)]);
  });

  test('is given back by who has it, and by nobody else', async () => {
    const { id, order_id: orderId } = await givenReview();
    await claim(id, 'ravi', 0, 15);
    expect(await releaseReview(house.store, id, 'sofia')).toBe(false);
    expect(await releaseReview(house.store, id, 'ravi')).toBe(true);
    expect(await releaseReview(house.store, id, 'ravi')).toBe(false);
    expect(await findOpenReview(house.store, orderId)).toMatchObject({ claimed_by: null, lease_until: null });
    // One that was lost to another after it ran out is not theirs to give back.
    await claim(id, 'ravi', 20, 21);
    await claim(id, 'sofia', 30, 45);
    expect(await releaseReview(house.store, id, 'ravi')).toBe(false);
  });
});

describe('the list of reviews', () => {
  const everyone: Principal = { id: 'sofia', roles: ['supervisor'] };
  const ids: Record<string, string> = {};
  beforeAll(async () => {
    await house.store.db
      .updateTable('reviews')
      .set({ closed_at: at(0) })
      .execute();
    const web = await givenReview(
      { source: 'web-shop', customer_id: 'C-1', po_number: 'PO-1', currency: 'USD', total: '10.00' },
      30,
    );
    const edi = await givenReview({ source: 'edi-northwind', channel: 'edi', customer_id: 'C-2' }, 10);
    const desk = await givenReview({ source: 'desk', channel: 'manual', customer_id: null }, 20);
    const closed = await givenReview({ customer_id: 'C-1' }, 5);
    await closeReview(house.store, closed.order_id, at(6));
    const hold = { code: 'CREDIT.LIMIT', category: 'business_rule', releaseRole: 'reviewer' } as const;
    await openHolds(house.store, { orderId: edi.order_id, revision: 1 }, [hold], at(11));
    await claim(desk.id, 'ravi', 20, 35);
    Object.assign(ids, { web: web.id, edi: edi.id, desk: desk.id });
  });

  const find = async (filter: ReviewFilter, principal = everyone): Promise<(string | undefined)[]> => {
    const found = await listReviews(house.store, principal, filter, { size: 100 });
    return found.map((row) => Object.keys(ids).find((name) => ids[name] === row.id));
  };

  test.each<[string, ReviewFilter, string[]]>([
    ['nothing: all that are open, the most urgent first', {}, ['edi', 'desk', 'web']],
    ['a source', { source: 'web-shop' }, ['web']],
    ['a customer', { customerId: 'C-2' }, ['edi']],
    ['who has it', { assignee: 'ravi' }, ['desk']],
    ['a hold that stands', { hold: 'CREDIT.LIMIT' }, ['edi']],
    ['being late', { overdueAt: '2026-11-23T14:20:00.000Z' }, ['edi']],
  ])('is narrowed by %s', async (_what, filter, expected) => {
    expect(await find(filter)).toEqual(expected);
  });

  test('shows what a reviewer needs to choose', async () => {
    const [row] = await listReviews(house.store, everyone, { customerId: 'C-1' }, { size: 1 });
    expect(row).toMatchObject({
      state: 'in_review',
      revision: 1,
      po_number: 'PO-1',
      currency: 'USD',
      total: '10.00',
      channel: 'ecommerce',
    });
  });

  test('shows a person their sources and customers only', async () => {
    expect(await find({}, { ...everyone, sources: ['web-shop', 'desk'] })).toEqual(['desk', 'web']);
    expect(await find({}, { ...everyone, customers: ['C-1', 'C-2'] })).toEqual(['edi', 'web']);
    expect(await find({ customerId: 'C-2' }, { ...everyone, customers: ['C-1'] })).toEqual([]);
    expect(await find({}, { ...everyone, sources: [] })).toEqual([]);
  });

  test('is complete and without repetition in pages, also when many are due at the same moment', async () => {
    const source = 'paged';
    const all = await Promise.all(Array.from({ length: 11 }, (_, i) => givenReview({ source }, i < 8 ? 1 : 0)));
    const found: string[] = [];
    for (let after: { dueAt: string; id: string } | undefined; ;) {
      const page = await listReviews(house.store, everyone, { source }, { size: 3, ...(after && { after }) });
      const last = page.at(-1);
      if (!last) break;
      found.push(...page.map((row) => row.id));
      after = { dueAt: last.due_at, id: last.id };
    }
    const urgentFirst = all.sort((a, b) => (a.due_at + a.id < b.due_at + b.id ? -1 : 1));
    expect(found).toEqual(urgentFirst.map((row) => row.id));
  });
});
