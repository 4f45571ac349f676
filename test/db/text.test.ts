import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findOrder, getOrder } from '../../db/orders.ts';
import { searchOrders } from '../../db/order-search.ts';
import { insertOnce } from '../../db/dialect.ts';
import type { Principal } from '../../db/principals.ts';
import { givenOrder, openTestStore, type TestStore } from '../support/store.ts';

let house: TestStore;
beforeAll(async () => void (house = await openTestStore()));
afterAll(() => house.close());

const everyone: Principal = { id: 'sofia', roles: ['supervisor'] };
const takeNumber = (source: string) =>
  insertOnce(house.store.db, 'control_numbers', { source, kind: 'group', last_value: 0 });

describe('a key', () => {
  test('is another one when a letter is a capital', async () => {
    const { id } = await givenOrder(house.store, { id: 'abc-1' });
    expect(await findOrder(house.store, 'ABC-1')).toBeUndefined();
    expect(await findOrder(house.store, id)).toMatchObject({ id: 'abc-1' });
    expect([await takeNumber('a'), await takeNumber('A'), await takeNumber('a')]).toEqual([true, true, false]);
  });

  test('sorts by its code points, so that pages go on where they ended in every database', async () => {
    await house.store.db.deleteFrom('control_numbers').execute();
    const names = ['-', '0', '9', 'A', 'Z', '_', 'a', 'a-b', 'aB', 'ab', 'z'];
    for (const name of names.toReversed()) await takeNumber(name);
    const query = house.store.db.selectFrom('control_numbers').select('source').orderBy('source');
    expect((await query.execute()).map((row) => row.source)).toEqual(names);
    expect((await query.where('source', '>', 'a').execute()).map((row) => row.source)).toEqual([
      'a-b',
      'aB',
      'ab',
      'z',
    ]);
  });
});

describe('text from outside', () => {
  test.each(['PO-1', 'Größe 7', '注文-42', 'łódź', '🚚 77', "O'Neil; --", 'ｆｕｌｌ'])(
    'comes back as it was and is found by itself alone: %s',
    async (poNumber) => {
      const { id } = await givenOrder(house.store, { po_number: poNumber });
      await givenOrder(house.store, { po_number: `${poNumber}x` });
      expect(await getOrder(house.store, id)).toMatchObject({ po_number: poNumber });
      const found = await searchOrders(house.store, everyone, { poNumber }, { size: 10 });
      expect(found.map((order) => order.id)).toEqual([id]);
    },
  );

  test('is another one when a letter is a capital or has an accent', async () => {
    const ids: string[] = [];
    for (const poNumber of ['Zoe', 'zoe', 'Zoë', 'ZOE'])
      ids.push((await givenOrder(house.store, { po_number: poNumber })).id);
    const found = await searchOrders(house.store, everyone, { poNumber: 'Zoë' }, { size: 10 });
    expect(found.map((order) => order.id)).toEqual([ids[2]]);
  });
});

describe('an instant', () => {
  test.each(['2026-11-23T10:00:00.000Z', '2026-02-28T23:59:59.999Z', '2024-02-29T00:00:00.001Z'])(
    'comes back to the millisecond: %s',
    async (instant) => {
      const { id } = await givenOrder(house.store, { received_at: instant, changed_at: instant, terminal_at: instant });
      expect(await getOrder(house.store, id)).toMatchObject({
        received_at: instant,
        changed_at: instant,
        terminal_at: instant,
      });
    },
  );
});
