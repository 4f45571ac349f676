import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openHolds } from '../../db/holds.ts';
import { countOrdersByState, type OrderCursor, type OrderFilter, searchOrders } from '../../db/order-search.ts';
import type { OrderRow } from '../../db/orders.ts';
import type { Principal } from '../../db/principals.ts';
import { givenOrder, openTestStore, type TestStore } from '../support/store.ts';

let house: TestStore;
const everyone: Principal = { id: 'sofia', roles: ['supervisor'] };
const hour = (h: number): string => `2026-11-23T${String(h).padStart(2, '0')}:00:00.000Z`;

/** Orders by a name that the tests speak of. */
const orders: Record<string, OrderRow> = {};

beforeAll(async () => {
  house = await openTestStore();
  const { store } = house;
  const given: Record<string, Partial<OrderRow>> = {
    web: {
      source: 'web-shop',
      channel: 'ecommerce',
      state: 'completed',
      customer_id: 'C-1',
      po_number: 'PO-1',
      received_at: hour(8),
    },
    held: {
      source: 'web-shop',
      channel: 'ecommerce',
      state: 'held',
      customer_id: 'C-2',
      po_number: 'PO-1',
      received_at: hour(9),
    },
    edi: {
      source: 'edi-northwind',
      channel: 'edi',
      state: 'in_review',
      customer_id: 'C-1',
      po_number: 'PO-2',
      received_at: hour(10),
    },
    unread: { source: 'desk', channel: 'manual', state: 'rejected', received_at: hour(11) },
  };
  for (const [name, columns] of Object.entries(given)) orders[name] = await givenOrder(store, columns);
  const hold = { code: 'STOCK.SHORT', category: 'business_rule', releaseRole: 'reviewer' } as const;
  await openHolds(store, { orderId: orders['edi']!.id, revision: 1 }, [hold], hour(12));
  await openHolds(store, { orderId: orders['web']!.id, revision: 1 }, [hold], hour(12));
  await store.db
    .updateTable('holds')
    .set({ cleared_at: hour(13) })
    .where('order_id', '=', orders['web']!.id)
    .execute();
});
afterAll(() => house.close());

async function find(filter: OrderFilter, principal = everyone): Promise<string[]> {
  const found = await searchOrders(house.store, principal, filter, { size: 100 });
  return found.map((row) => Object.keys(orders).find((name) => orders[name]!.id === row.id)!);
}

describe('the search for orders', () => {
  test.each<[string, OrderFilter, string[]]>([
    ['nothing: all, the newest first', {}, ['unread', 'edi', 'held', 'web']],
    ['a source', { source: 'web-shop' }, ['held', 'web']],
    ['a channel', { channel: 'edi' }, ['edi']],
    ['a state', { state: 'rejected' }, ['unread']],
    ['a customer', { customerId: 'C-1' }, ['edi', 'web']],
    ['a PO number', { poNumber: 'PO-1' }, ['held', 'web']],
    ['a hold that stands', { hold: 'STOCK.SHORT' }, ['edi']],
    ['a hold that nobody has', { hold: 'CREDIT.LIMIT' }, []],
    [
      'a time, its beginning included and its end not',
      { receivedFrom: hour(9), receivedTo: hour(11) },
      ['edi', 'held'],
    ],
    ['several at once', { poNumber: 'PO-1', customerId: 'C-2' }, ['held']],
    ['what excludes each other', { state: 'held', channel: 'edi' }, []],
  ])('by %s', async (_what, filter, expected) => {
    expect(await find(filter)).toEqual(expected);
  });

  test('by a document', async () => {
    expect(await find({ documentId: orders['edi']!.document_id })).toEqual(['edi']);
  });

  test('shows a person their sources and customers only, whatever they ask for', async () => {
    const ofSource: Principal = { ...everyone, sources: ['web-shop', 'desk'] };
    const ofCustomer: Principal = { ...everyone, customers: ['C-1'] };
    expect(await find({}, ofSource)).toEqual(['unread', 'held', 'web']);
    expect(await find({ source: 'edi-northwind' }, ofSource)).toEqual([]);
    // An order without a customer is nobody's.
    expect(await find({}, ofCustomer)).toEqual(['edi', 'web']);
    expect(await find({ customerId: 'C-2' }, ofCustomer)).toEqual([]);
    expect(await find({}, { ...ofSource, ...ofCustomer })).toEqual(['web']);
    expect(await find({}, { ...everyone, sources: [] })).toEqual([]);
    expect(await find({}, { ...everyone, customers: [] })).toEqual([]);
  });

  test('takes what is typed as a value, whatever it looks like', async () => {
    expect(await find({ poNumber: "' or 1=1 --" })).toEqual([]);
  });

  test('counts the orders in each state', async () => {
    expect(await countOrdersByState(house.store)).toEqual({ completed: 1, held: 1, in_review: 1, rejected: 1 });
  });
});

describe('the pages of a search', () => {
  test('together are all orders, each once, also when many came in the same millisecond and more come while paging', async () => {
    const source = 'paged';
    const all: OrderRow[] = [];
    for (let i = 0; i < 23; i += 1)
      all.push(await givenOrder(house.store, { source, received_at: hour(i < 17 ? 5 : i % 3) }));
    const found: OrderRow[] = [];
    for (let after: OrderCursor | undefined; ;) {
      const page = await searchOrders(house.store, everyone, { source }, { size: 5, ...(after && { after }) });
      if (page.length === 0) break;
      found.push(...page);
      const last = page.at(-1)!;
      after = { receivedAt: last.received_at, id: last.id };
      await givenOrder(house.store, { source, received_at: hour(6) });
    }
    const newestFirst = all.sort((a, b) => (a.received_at + a.id < b.received_at + b.id ? 1 : -1));
    expect(found.map((row) => row.id)).toEqual(newestFirst.map((row) => row.id));
  });
});
