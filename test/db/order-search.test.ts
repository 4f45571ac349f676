import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openHolds } from '../../db/holds.ts';
import { countOrdersByState, type OrderCursor, type OrderFilter, searchOrders } from '../../db/order-search.ts';
import type { OrderRow } from '../../db/orders.ts';
import { type Principal, putPrincipal } from '../../db/principals.ts';
import { listReviews } from '../../db/reviews.ts';
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

describe('whatever is combined, the search finds', () => {
  const SOURCES = ['combined-a', 'combined-b'] as const;
  const CHANNELS = ['edi', 'api'] as const;
  const STATES = ['held', 'in_review', 'completed'] as const;
  const CUSTOMERS = ['C-11', 'C-12', 'C-13'] as const;
  const choose = <T>(values: readonly T[], number: number): T => values[number % values.length]!;
  const all: OrderRow[] = [];

  beforeAll(async () => {
    for (let number = 0; number < 72; number += 1) {
      const columns = {
        source: choose(SOURCES, number),
        channel: choose(CHANNELS, Math.floor(number / 2)),
        state: choose(STATES, Math.floor(number / 4)),
        customer_id: choose(CUSTOMERS, Math.floor(number / 12)),
        po_number: `PO-${String(100 + (number % 5))}`,
        received_at: hour(number % 7),
      };
      all.push(await givenOrder(house.store, columns));
    }
    all.sort((a, b) => (a.received_at + a.id < b.received_at + b.id ? 1 : -1));
    const hold = { code: 'PRICE.MISMATCH', category: 'business_rule', releaseRole: 'reviewer' } as const;
    for (const { id, state } of all.filter((_, index) => index % 2 === 0))
      if (state !== 'completed') await openHolds(house.store, { orderId: id, revision: 1 }, [hold], hour(12));
  });

  const filters = Object.entries({
    source: SOURCES[0], channel: CHANNELS[1], state: STATES[0], customerId: CUSTOMERS[1], poNumber: 'PO-101',
    hold: 'PRICE.MISMATCH', receivedTo: hour(5),
  }).reduce<OrderFilter[]>((some, [key, value]) => [...some, ...some.map((filter) => ({ ...filter, [key]: value }))], [
    {},
  ]); // prettier-ignore

  test.each<[string, Partial<Principal>, number]>([
    ['to anybody', { sources: SOURCES }, 7],
    ['to a person with one customer', { sources: [SOURCES[0]], customers: [CUSTOMERS[1]] }, 7],
    // More customers than one statement takes, and one of them twice.
    [
      'to a person with many customers',
      { customers: [...Array.from({ length: 60 }, (_, i) => `C-9${String(i)}`), 'C-11', 'C-13', 'C-11'] },
      1,
    ],
  ])('exactly the orders that fit and are shown %s', async (_whom, limits, most) => {
    const principal = { ...everyone, ...limits };
    for (const filter of filters.filter((members) => Object.keys(members).length <= most)) {
      const expected = all.filter((row, index) => fits(row, index, filter) && isShown(row, limits));
      const find = async (page: { after?: OrderCursor; size: number }) =>
        (await searchOrders(house.store, principal, filter, page)).map(({ id }) => id);
      expect({ filter, ids: await find({ size: 100 }) }).toEqual({ filter, ids: expected.map(({ id }) => id) });
      const [third] = expected.slice(2);
      if (!third) continue;
      const rest = await find({ after: { receivedAt: third.received_at, id: third.id }, size: 4 });
      expect({ filter, rest }).toEqual({ filter, rest: expected.slice(3, 7).map(({ id }) => id) });
    }
  });

  function fits(row: OrderRow, index: number, filter: OrderFilter): boolean {
    return (
      (filter.source ?? row.source) === row.source &&
      (filter.channel ?? row.channel) === row.channel &&
      (filter.state ?? row.state) === row.state &&
      (filter.customerId ?? row.customer_id) === row.customer_id &&
      (filter.poNumber ?? row.po_number) === row.po_number &&
      (filter.hold === undefined || (row.state !== 'completed' && index % 2 === 0)) &&
      (filter.receivedTo === undefined || row.received_at < filter.receivedTo)
    );
  }

  function isShown({ source, customer_id: customerId }: OrderRow, { sources, customers }: Partial<Principal>): boolean {
    return (!sources || sources.includes(source)) && (!customers || customers.includes(String(customerId)));
  }
});

describe('a person who is limited to as many customers as can be', () => {
  const customers = Array.from({ length: 1000 }, (_, i) => `C-${String(i)}`);
  const person: Principal = { id: 'all-of-them', roles: ['reviewer'], customers };

  test('can ask for all lists', async () => {
    await putPrincipal(house.store, person, 'their token', hour(8));
    const documentId = String(orders['web']?.document_id);
    const filters: OrderFilter[] = [{ documentId }, { hold: 'STOCK.SHORT' }, { poNumber: 'PO-1' }, {}];
    for (const filter of filters) {
      const search = (who: Principal) => searchOrders(house.store, who, filter, { size: 1000 });
      const theirs = (await search(everyone)).filter((order) => customers.includes(String(order.customer_id)));
      expect(await search(person)).toEqual(theirs);
    }
    expect(await listReviews(house.store, person, {}, { size: 100 })).toEqual([]);
  });

  test('is not given more', async () => {
    const more = { ...person, sources: ['web-shop'] };
    const words = 'limited to at most 1000 sources and customers';
    await expect(putPrincipal(house.store, more, 'their token', hour(8))).rejects.toThrow(words);
  });
});
