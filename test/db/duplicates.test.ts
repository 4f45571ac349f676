import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { claimPurchaseOrder } from '../../db/duplicates.ts';
import type { OrderRow } from '../../db/orders.ts';
import { inTransaction } from '../../db/store.ts';
import type { OrderState } from '../../orders/state.ts';
import { givenOrder, openTestStore, type TestStore } from '../support/store.ts';

const AT = '2026-11-23T10:00:00.000Z';
let house: TestStore;
beforeAll(async () => void (house = await openTestStore()));
afterAll(() => house.close());

let count = 0;
const newNumber = (): string => `PO-${String((count += 1))}`;
const given = (poNumber: string | null, columns: Partial<OrderRow> = {}) =>
  givenOrder(house.store, { state: 'parsed', customer_id: 'C-1', po_number: poNumber, ...columns });
const claim = (order: OrderRow) => inTransaction(house.store, (tx) => claimPurchaseOrder(tx, order, AT));
const set = ({ id }: OrderRow, columns: Partial<OrderRow>) =>
  house.store.db.updateTable('orders').set(columns).where('id', '=', id).execute();

describe('a customer’s PO number', () => {
  test('is the first order’s, also when it asks again; the second is told which it is', async () => {
    const number = newNumber();
    const [first, second] = [await given(number), await given(number)];
    expect(await claim(first)).toBeUndefined();
    expect(await claim(first)).toBeUndefined();
    expect(await claim(second)).toBe(first.id);
  });

  test('is won by exactly one of many that claim it at the same time, and all others are told of that one', async () => {
    const number = newNumber();
    const orders = await Promise.all(Array.from({ length: 20 }, () => given(number)));
    const answers = await Promise.all(orders.map(claim));
    const winners = orders.filter((_, i) => answers[i] === undefined);
    expect(winners).toHaveLength(1);
    expect(new Set(answers.filter(Boolean))).toEqual(new Set([winners[0]!.id]));
  });

  test('of another customer is another number, and no number is nobody’s', async () => {
    const number = newNumber();
    await claim(await given(number));
    expect(await claim(await given(number, { customer_id: 'C-2' }))).toBeUndefined();
    for (let i = 0; i < 2; i += 1) expect(await claim(await given(null))).toBeUndefined();
    for (let i = 0; i < 2; i += 1) expect(await claim(await given(number, { customer_id: null }))).toBeUndefined();
  });

  test.each<OrderState>(['rejected', 'cancelled'])('is taken over from an order that was %s, by one', async (state) => {
    const number = newNumber();
    const first = await given(number);
    await claim(first);
    await set(first, { state });
    const others = await Promise.all(Array.from({ length: 5 }, () => given(number)));
    const answers = await Promise.all(others.map(claim));
    expect(answers.filter((answer) => answer === undefined)).toHaveLength(1);
  });

  test.each<OrderState>(['in_review', 'held', 'submitted', 'completed'])(
    'stays with an order that is %s',
    async (state) => {
      const number = newNumber();
      const first = await given(number);
      await claim(first);
      await set(first, { state });
      expect(await claim(await given(number))).toBe(first.id);
    },
  );

  test('is taken over from an order that was corrected to another number', async () => {
    const number = newNumber();
    const first = await given(number);
    await claim(first);
    await set(first, { po_number: newNumber(), state: 'completed' });
    expect(await claim(await given(number))).toBeUndefined();
  });

  test('passes to an order that was let pass beside the first, when the first is given up', async () => {
    const number = newNumber();
    const [first, second] = [await given(number), await given(number)];
    await claim(first);
    expect(await claim(second)).toBe(first.id);
    await set(second, { state: 'completed' });
    await set(first, { state: 'rejected' });
    expect(await claim(await given(number))).toBe(second.id);
    expect(await claim(await given(number))).toBe(second.id);
  });

  test('does not pass to a change of an order, which makes no order of its own', async () => {
    const number = newNumber();
    const first = await given(number);
    await claim(first);
    await given(number, { type: 'change', state: 'in_review' });
    await set(first, { state: 'cancelled' });
    expect(await claim(await given(number))).toBeUndefined();
  });

  test('is remembered longer than the order', async () => {
    const number = newNumber();
    const first = await given(number);
    await claim(first);
    await house.store.db.deleteFrom('orders').where('id', '=', first.id).execute();
    expect(await claim(await given(number))).toBe(first.id);
  });
});
