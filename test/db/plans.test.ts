import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CompiledQuery, Kysely } from 'kysely';
import { v7 as uuidv7 } from 'uuid';
import { listCovered, listDecisions, listPendingDecisionIds, listUntoldDecisions } from '../../db/decisions.ts';
import {
  countInAutomaticPart,
  listDocumentOrders,
  listUnfinishedDocuments,
  listSlicePlaces,
} from '../../db/documents.ts';
import { listFindings } from '../../db/findings.ts';
import { listApprovedCodes, listDueLooks, listOpenHolds, listSelfClearing, noteLook } from '../../db/holds.ts';
import {
  countReceived,
  dropHits,
  endHits,
  listFindingPaths,
  listNewTroubles,
  tallyCauses,
} from '../../db/incident-hits.ts';
import {
  countMembers,
  findOpenIncident,
  hastenLooks,
  isLive,
  listIncidentMembers,
  listIncidents,
  listIncidentsOf,
  listOpenIncidents,
  readFacts,
} from '../../db/incidents.ts';
import { listLog } from '../../db/log.ts';
import { countOrdersByState, type OrderFilter, listUnfinishedOrders, searchOrders } from '../../db/order-search.ts';
import { listRevisions } from '../../db/orders.ts';
import { findNextFor, giveUpOld, hurryFailed, listDueDestinations } from '../../db/notice-destinations.ts';
import { retryNotices, searchNotices } from '../../db/notice-search.ts';
import { listForHouse } from '../../db/notices.ts';
import { listDueOutbox, listOutbox } from '../../db/outbox.ts';
import type { Principal } from '../../db/principals.ts';
import { findJudgedAt, listRejudgements } from '../../db/rejudgements.ts';
import { findOpenReview, listReviews } from '../../db/reviews.ts';
import { sqliteDialect } from '../../db/sqlite.ts';
import { findSourceByKey } from '../../db/sources.ts';
import type { Store } from '../../db/store.ts';
import type { Tables } from '../../db/tables.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

const AT = '2026-11-23T10:00:00.000Z';
const everyone: Principal = { id: 'sofia', roles: ['supervisor'] };
const page = { changedBefore: AT, afterId: 'o', size: 200 };

let house: TestStore;
/** The same database, which tells what it is asked. */
let listening: Store;
const asked: { sql: string; parameters: readonly unknown[] }[] = [];

beforeAll(async () => {
  house = await openTestStore();
  const dialect = sqliteDialect(house.url.slice('file:'.length));
  listening = {
    keys: house.store.keys,
    db: new Kysely<Tables>({ dialect, log: (event) => void asked.push(event.query) }),
  };
});
afterAll(async () => {
  await listening.db.destroy();
  await house.close();
});

/** SQLite's plans of all statements of a call. @see https://www.sqlite.org/eqp.html */
async function planOf(call: (store: Store) => Promise<unknown>): Promise<string[]> {
  asked.length = 0;
  await call(listening);
  const steps: string[] = [];
  for (const { sql, parameters } of [...asked]) {
    const { rows } = await house.store.db.executeQuery<{ detail: string }>(
      CompiledQuery.raw(`explain query plan ${sql}`, [...parameters]),
    );
    steps.push(...rows.map((row) => row.detail));
  }
  return steps;
}

const search =
  (filter: OrderFilter, principal = everyone) =>
  (store: Store) =>
    searchOrders(store, principal, filter, { after: { receivedAt: AT, id: 'o' }, size: 50 });

const calls: Record<string, (store: Store) => Promise<unknown>> = {
  'all orders': search({}),
  'orders of a source': search({ source: 'web-shop' }),
  'orders of a customer': search({ customerId: 'C-1' }),
  'orders with a PO number': search({ poNumber: 'PO-1' }),
  'orders in a state': search({ state: 'completed' }),
  'orders on a channel': search({ channel: 'edi' }),
  'orders of a time': search({ receivedFrom: AT, receivedTo: AT }),
  'orders that a limited person may see': search({}, { ...everyone, customers: ['C-1', 'C-2'], sources: ['web-shop'] }),
  'all reviews': (store) => listReviews(store, everyone, {}, { after: { dueAt: AT, id: 'r' }, size: 50 }),
  'overdue reviews': (store) => listReviews(store, everyone, { overdueAt: AT }, { size: 50 }),
  'the open review of an order': (store) => findOpenReview(store, 'o'),
  'holds that clear themselves': (store) => listSelfClearing(store, { after: { orderId: 'o', code: 'c' }, size: 200 }),
  'holds to be looked at again': (store) => listDueLooks(store, AT, 200),
  'the holds of an order that was looked at': (store) => noteLook(store, { order_id: 'o', looks: 1 }, AT),
  'what is approved of an order': (store) => listCovered(store, { orderId: 'o', revision: 1 }),
  'the later judgements of an order': (store) => listRejudgements(store, { orderId: 'o', revision: 1 }),
  'when an order was judged': (store) => findJudgedAt(store, { orderId: 'o', revision: 1 }),
  'the holds of an order': (store) => listOpenHolds(store, 'o'),
  'the approved holds of an order': (store) => listApprovedCodes(store, { orderId: 'o', revision: 1 }),
  'unfinished orders': (store) => listUnfinishedOrders(store, page),
  'unfinished documents': (store) => listUnfinishedDocuments(store, page),
  'the orders of a document': (store) => listDocumentOrders(store, 'd', { after: 3, size: 100 }),
  'the places of the slices of a document': (store) => listSlicePlaces(store, 'd'),
  'the orders of a document under way': (store) => countInAutomaticPart(store, 'd', 40),
  'untold decisions': (store) => listUntoldDecisions(store, { createdBefore: AT, afterId: 'd', size: 200 }),
  'the decisions of an order': (store) => listDecisions(store, 'o'),
  'the pending decisions of an order': (store) => listPendingDecisionIds(store, 'o'),
  'the history of an order': (store) => listLog(store, 'order:o'),
  'the findings on an order': (store) => listFindings(store, 'order:o', 1),
  'the revisions of an order': (store) => listRevisions(store, uuidv7()),
  'due messages': (store) => listDueOutbox(store, AT, 200),
  'the messages of an order': (store) => listOutbox(store, 'order:o'),
  'destinations for which something is due': (store) => listDueDestinations(store, AT),
  'the next message to a destination': (store) => findNextFor(store, 'web-shop:webhook', AT, ['status_422']),
  'letters that wait for a mail server': (store) => hurryFailed(store, 'no_mail_server', AT),
  'what is too old for a destination': (store) =>
    giveUpOld(store, 'web-shop:webhook', { writtenBefore: AT, fewestAttempts: 3 }, 'timeout'),
  'what our own people are to be told': (store) => listForHouse(store, AT, 200),
  'all messages of a source': (store) =>
    searchNotices(store, everyone, { source: 'web-shop' }, { beforeId: 'm', size: 50 }),
  'messages that were given up': (store) => searchNotices(store, everyone, { state: 'failed' }, { size: 50 }),
  'messages of a source to be sent again': (store) => retryNotices(store, everyone, { source: 'web-shop' }, AT),
  'messages to a destination to be sent again by a limited person': (store) =>
    retryNotices(
      store,
      { ...everyone, customers: ['C-1'], sources: ['web-shop'] },
      { destination: 'web-shop:webhook' },
      AT,
    ),
  'messages that a limited person may see': (store) =>
    searchNotices(store, { ...everyone, customers: ['C-1'] }, { subject: 'order:o' }, { size: 50 }),
  'what is new and stops orders': (store) => listNewTroubles(store, AT),
  'the places that findings of a code speak of': (store) =>
    listFindingPaths(store, { orderId: 'o', revision: 1, code: 'PRODUCT.INACTIVE' }),
  'what an incident hit and waits no more': (store) => endHits(store, AT),
  'what was no incident': (store) => dropHits(store, AT),
  'what causes have hit': (store) => tallyCauses(store, AT, { share: AT, others: AT }),
  'the orders that a source has sent lately': (store) => countReceived(store, 'web-shop', AT, 40),
  'the open incident of a cause': (store) => findOpenIncident(store, { kind: 'product', value: 'SKU-1', code: '' }),
  'the open incidents': (store) => listOpenIncidents(store),
  'what waits of an incident': (store) => isLive(store, 'i', AT),
  'all incidents': (store) => listIncidents(store, everyone, { state: 'open' }, { beforeId: 'i', size: 50 }),
  'all orders of an incident': (store) => listIncidentMembers(store, everyone, 'i', { afterId: 'o', size: 50 }),
  'how many orders an incident has': (store) => countMembers(store, everyone, 'i'),
  'what is told of an incident': (store) =>
    readFacts(store, {}, { id: 'i', first_seen_at: AT } as Parameters<typeof readFacts>[2]),
  'the holds of the orders of an incident': (store) => hastenLooks(store, everyone, 'i', AT),
  'the incidents of an order': (store) => listIncidentsOf(store, 'o'),
  'the source of a key': (store) => findSourceByKey(store, 'key'),
};

/** They come out of their index in order: the database stops after the page. */
const IN_ORDER = Object.keys(calls).filter((name) =>
  /^all |^orders (?!that|in a state|on a channel)|unfinished orders|clear themselves|looked at again|untold|overdue|next message/.test(
    name,
  ),
);

describe('an index leads to', () => {
  test.each(Object.entries(calls))('%s', async (_what, call) => {
    const steps = await planOf(call);
    expect(steps.length).toBeGreaterThan(0);
    // Other than of what a subquery found, which is at most a page.
    expect(steps.filter((step) => /^SCAN (?!seek|keys)/.test(step))).toEqual([]);
  });

  test.each(IN_ORDER)('%s, without sorting', async (what) => {
    expect((await planOf(calls[what]!)).filter((step) => step.includes('TEMP B-TREE'))).toEqual([]);
  });

  test('the count of orders by state, of which no row is read', async () => {
    expect(await planOf(countOrdersByState)).toEqual([expect.stringMatching(/^SCAN orders USING COVERING INDEX/)]);
  });
});

describe('a search for orders reads none that do not fit', () => {
  const limited: Principal = { ...everyone, customers: ['C-1', 'C-2'], sources: ['web-shop', 'desk'] };
  const choices = { source: 'desk', channel: 'manual', state: 'held', customerId: 'C-2' } as const;
  const filters = Object.entries(choices).reduce<OrderFilter[]>(
    (all, [member, value]) => [...all, ...all.map((filter) => ({ ...filter, [member]: value }))],
    [{}],
  );
  const cases = filters.flatMap((filter) =>
    [everyone, limited].map((principal) => ({
      what: [...Object.keys(filter), ...(principal === limited ? ['of a limited person'] : [])].join(', ') || 'all',
      filter,
      principal,
    })),
  );

  test.each(cases)('by $what', async ({ filter, principal }) => {
    const steps = await planOf(search(filter, principal));
    const seeks = steps.filter((step) => step.includes('USING') && step.includes('INDEX ix_orders_'));
    const bound = [
      ...(filter.customerId !== undefined || principal.customers ? ['customer_id=?'] : []),
      ...(filter.source !== undefined || principal.sources ? ['source=?'] : []),
      ...(filter.state !== undefined || filter.channel !== undefined ? ['state=?', 'channel=?'] : []),
      'received_at<?',
    ];
    expect(seeks.length).toBeGreaterThan(0);
    for (const seek of seeks) expect(seek).toContain(`(${bound.join(' AND ')})`);
    // Whatever else is read of orders is the page itself.
    const others = steps.filter((step) => /\borders\b/.test(step) && !seeks.includes(step));
    expect(others.filter((step) => !step.endsWith('(id=?)'))).toEqual([]);
  });

  test('that are not of the document', async () => {
    for (const { filter, principal } of cases) {
      const steps = await planOf(search({ ...filter, documentId: 'd' }, principal));
      expect(steps.filter((step) => /\borders\b/.test(step))).toEqual([
        expect.stringMatching(/\(document_id=\? AND received_at<\?\)$/),
      ]);
      expect(steps.join()).not.toContain('TEMP B-TREE');
    }
  });

  test('that do not have the PO number', async () => {
    for (const { filter, principal } of cases) {
      const terms =
        filter.customerId !== undefined || principal.customers ? 'customer_id=? AND po_number=?' : 'po_number=?';
      const steps = await planOf(search({ ...filter, poNumber: 'PO-1' }, principal));
      const others = steps.filter((step) => /\borders\b/.test(step) && !step.includes(`(${terms} AND received_at<?)`));
      expect(others.filter((step) => !step.endsWith('(id=?)'))).toEqual([]);
      expect(steps.join()).toContain(`(${terms} AND received_at<?)`);
    }
  });

  test('that do not wait, by a hold', async () => {
    for (const { filter, principal } of cases) {
      const steps = await planOf(search({ ...filter, hold: 'STOCK.SHORT' }, principal));
      expect(steps.filter((step) => /\borders\b/.test(step))).toEqual([expect.stringMatching(/\(id=\?\)$/)]);
    }
  });
});

test('orders and reviews with a hold are found from the holds or by their order, never by looking through all holds', async () => {
  const steps = [
    ...(await planOf(search({ hold: 'STOCK.SHORT' }))),
    ...(await planOf((store) => listReviews(store, everyone, { hold: 'STOCK.SHORT' }, { size: 50 }))),
  ];
  expect(steps.filter((step) => /\bholds\b/.test(step))).toEqual([
    expect.stringMatching(/^SEARCH holds /),
    expect.stringMatching(/^SEARCH holds /),
  ]);
});
