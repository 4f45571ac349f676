import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { listOpenHolds } from '../../db/holds.ts';
import { getRevision } from '../../db/orders.ts';
import { putSource } from '../../db/sources.ts';
import { sourceProfileSchema } from '../../orders/source.ts';
import { type House, inState, openHouse, sendOrder, untilOrder } from '../support/house.ts';
import { FIVE, makeOrderJson, WRONG_PRICE } from '../support/order-factory.ts';
import { untilReview } from './people.ts';

/** Tells its orders anew whenever anything about them changes, as web shops do. */
const SHOP = 'pushing-shop';

let house: House;
beforeAll(async () => {
  house = await openHouse();
  const profile = sourceProfileSchema.parse({ id: SHOP, channel: 'ecommerce', webhook: { kind: 'standard' } });
  await putSource(house.store, profile, { actor: 'test', at: new Date().toISOString() });
});
afterAll(() => house.close());

const tell = (content: unknown): Promise<string> => sendOrder(house, content, SHOP);
const countProduced = async (orderId: string): Promise<number> =>
  (await house.admin.listProductionOrders({ orderId })).productionOrders.length;

describe('an order that its source tells again', () => {
  test('with nothing new to act on changes nothing, and nobody has to look', async () => {
    const order = makeOrderJson();
    const first = await tell(order);
    await untilOrder(house.store, first, inState('completed'));
    const again = await tell({ ...order, tags: ['packed'] });
    const row = await untilOrder(house.store, again, inState('applied', 'in_review', 'completed', 'rejected'));
    expect(row).toMatchObject({ state: 'applied', type: 'replace', changes_order_id: first });
    expect([await countProduced(first), await countProduced(again)]).toEqual([1, 0]);
  });

  test('with other content while a person looks at it becomes its next revision', async () => {
    const order = makeOrderJson(WRONG_PRICE);
    const first = await tell(order);
    await untilReview(house, first);
    const again = await tell({ ...order, ...FIVE });
    await untilOrder(house.store, again, inState('applied'));
    const row = await untilOrder(house.store, first, inState('completed'));
    expect(await getRevision(house.store, { orderId: first, revision: row.revision })).toMatchObject(FIVE);
    expect([await countProduced(first), await countProduced(again)]).toEqual([1, 0]);
  });

  test('after production has it waits for a person, whatever its numbers are by now', async () => {
    const order = makeOrderJson();
    const first = await tell(order);
    await untilOrder(house.store, first, inState('completed'));
    const again = await tell({ ...order, ...FIVE, poNumber: `${String(order['poNumber'])}-B` });
    const row = await untilOrder(house.store, again, inState('in_review', 'completed'));
    expect(row).toMatchObject({ state: 'in_review', type: 'replace', changes_order_id: first });
    expect((await listOpenHolds(house.store, again)).map(({ code }) => code)).toContain('CHANGE.AFTER_HANDOFF');
    expect([await countProduced(first), await countProduced(again)]).toEqual([1, 0]);
  });

  test('twenty times at once is produced once', async () => {
    const order = makeOrderJson();
    const ids = await Promise.all(Array.from({ length: 20 }, (_, index) => tell({ ...order, tags: [String(index)] })));
    const rows = await Promise.all(
      ids.map((id) => untilOrder(house.store, id, (row) => row.terminal_at !== null || row.state === 'held', 60_000)),
    );
    expect(rows.filter(({ type }) => type === 'new')).toHaveLength(1);
    const produced = await Promise.all(ids.map(countProduced));
    expect(produced.reduce((sum, one) => sum + one, 0)).toBe(1);
  });
});

test('where a source tells each order once, its own numbers are its own affair', async () => {
  const { externalId } = makeOrderJson();
  const ids = [];
  for (let i = 0; i < 2; i += 1) ids.push(await sendOrder(house, makeOrderJson({ externalId }), 'web-shop'));
  const rows = await Promise.all(ids.map((id) => untilOrder(house.store, id, inState('completed'))));
  expect(rows.map(({ type }) => type)).toEqual(['new', 'new']);
});
