import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKeyring } from '../db/keyring.ts';
import { migrate } from '../db/migrate.ts';
import { type OrderCursor, type OrderFilter, searchOrders } from '../db/order-search.ts';
import type { Principal } from '../db/principals.ts';
import { listSubjectOrderIds } from '../db/privacy.ts';
import { listReviews, type ReviewFilter } from '../db/reviews.ts';
import { closeStore, openStore, type Store } from '../db/store.ts';
import {
  BATCH_DOCUMENT,
  BIG_CUSTOMER,
  customerOf,
  emailOf,
  generateOrders,
  type House,
  instantOf,
  SLA_MS,
} from './generate-orders.ts';

const [SMALL, LARGE] = [10_000, Number(process.env['BENCH_ROWS'] ?? 1_000_000)];
const [WARM_UP, ROUNDS, TRIES] = [10, 11, 40];
const PAGE = 50;
const [HIGHEST_RATIO, HIGHEST_MS] = [2, 100];

/**
 * A house of a hundredth of the size has a hundredth of the customers, and as many orders of each; and as many orders wait.
 * So a list that fills its page in one fills it in the other: a page of three rows would be quicker than one of fifty in
 * any database. What grows with the house is the big customer, the sources, the channels, the states, and how many
 * customers use the same PO number.
 */
const houseOf = (orders: number): House => ({ orders, waiting: 500, customers: Math.floor(orders / 200), batch: 1000 });

/** A house and its database. */
interface Site {
  readonly house: House;
  readonly store: Store;
  /** A place in the middle of the batch. */
  readonly middle: OrderCursor;
}

/** A list as people ask for it; `number` varies what is asked for. */
type Ask = (site: Site, number: number) => Promise<readonly unknown[]>;

const EVERYONE: Principal = { id: 'bench', roles: ['admin'] };
const limitedTo = (customers: readonly string[], ...sources: readonly string[]): Principal => ({
  id: 'bench',
  roles: ['reviewer'],
  customers,
  ...(sources.length > 0 && { sources }),
});
/** Customers that follow each other, others each time. */
const some = ({ house }: Site, number: number, count: number): string[] =>
  Array.from({ length: count }, (_, index) => customerOf((number * 7 + index) % house.customers));
const one = (site: Site, number: number): string => some(site, number, 1).join();
/** In a year's orders the end of some part of them, and 82 of ten thousand later. */
const span = (number: number): OrderFilter => ({
  receivedFrom: instantOf((number % 80) / 100),
  receivedTo: instantOf((number % 80) / 100 + 0.0082),
});

const search =
  (filter: OrderFilter | ((site: Site, number: number) => OrderFilter), who = EVERYONE): Ask =>
  (site, number) =>
    searchOrders(site.store, who, typeof filter === 'function' ? filter(site, number) : filter, { size: PAGE });
const searchOf =
  (who: (site: Site, number: number) => Principal, filter: OrderFilter = {}): Ask =>
  (site, number) =>
    searchOrders(site.store, who(site, number), filter, { size: PAGE });
const queue =
  (filter: ReviewFilter, who = EVERYONE): Ask =>
  ({ store }) =>
    listReviews(store, who, filter, { size: PAGE });

const SEARCHES: Readonly<Record<string, Ask>> = {
  'newest orders': search({}),
  'deep page': ({ store }, number) =>
    searchOrders(store, EVERYONE, {}, { size: PAGE, after: { receivedAt: instantOf((number % 90) / 100), id: '' } }),
  'by PO number': search((_, number) => ({ poNumber: `PO-${String(1 + (number % 190))}` })),
  'by PO number and customer': search((site, number) => ({
    poNumber: `PO-${String(1 + (number % 190))}`,
    customerId: one(site, number),
  })),
  'by PO number and state': search((_, number) => ({
    poNumber: `PO-${String(1 + (number % 190))}`,
    state: 'completed',
  })),
  'by customer': search((site, number) => ({ customerId: one(site, number) })),
  'by customer and state': search((site, number) => ({ customerId: one(site, number), state: 'rejected' })),
  'by customer and source': search((site, number) => ({ customerId: one(site, number), source: 'web-shop' })),
  'big customer': search({ customerId: BIG_CUSTOMER }),
  'big customer, by state, few': search({ customerId: BIG_CUSTOMER, state: 'rejected' }),
  'big customer, by channel, few': search({ customerId: BIG_CUSTOMER, channel: 'manual' }),
  'big customer, by source, state, channel': search({
    customerId: BIG_CUSTOMER,
    source: 'web-shop',
    state: 'completed',
    channel: 'ecommerce',
  }),
  'by source': search({ source: 'desk' }),
  'by source and state': search({ source: 'desk', state: 'completed' }),
  'by source and state, none': search({ source: 'desk', state: 'staged' }),
  'by source and channel, none': search({ source: 'web-shop', channel: 'edi' }),
  'by channel': search({ channel: 'manual' }),
  'by channel and state': search({ channel: 'manual', state: 'completed' }),
  'by state, many': search({ state: 'completed' }),
  'by state, few': search({ state: 'held' }),
  'by time': search((_, number) => span(number)),
  'by time and state': search((_, number) => ({ ...span(number), state: 'completed' })),
  'by time and state, none': search((_, number) => ({ ...span(number), state: 'held' })),
  'by hold': search({ hold: 'CREDIT.LIMIT' }),
  'by hold, source, state and time': search({
    ...{ hold: 'CREDIT.LIMIT', source: 'web-shop', state: 'in_review', receivedFrom: instantOf(0.9) },
  }),
  'by hold and state, none': search({ hold: 'CREDIT.LIMIT', state: 'completed' }),
  'by hold and big customer': search({ hold: 'CREDIT.LIMIT', customerId: BIG_CUSTOMER }),
  'orders of a document': search({ documentId: BATCH_DOCUMENT }),
  'deep in a document': ({ store, middle }) =>
    searchOrders(store, EVERYONE, { documentId: BATCH_DOCUMENT }, { size: PAGE, after: middle }),
  'deep in an instant': ({ store, middle }) => searchOrders(store, EVERYONE, {}, { size: PAGE, after: middle }),
  'limited to 2 customers, 1 source': searchOf((site, number) => limitedTo(some(site, number, 2), 'web-shop')),
  'limited to 20 customers': searchOf((site, number) => limitedTo(some(site, number, 20))),
  'limited to 20 customers, by state': searchOf((site, number) => limitedTo(some(site, number, 20)), {
    state: 'completed',
  }),
  'limited to the big customer, 2 sources': search({}, limitedTo([BIG_CUSTOMER], 'web-shop', 'desk')),
  'orders of a person, by e-mail': ({ store, house }, number) =>
    listSubjectOrderIds(store, EVERYONE, { kind: 'email', value: emailOf(number % Math.floor(house.orders / 20)) }),
};

const QUEUES: Readonly<Record<string, Ask>> = {
  'review queue': queue({}),
  'review queue, deep page': ({ store, house }, number) => {
    const received = Date.parse(instantOf(1 - ((40 - (number % 30)) / 40) * (house.waiting / house.orders)));
    const after = { dueAt: new Date(received + SLA_MS).toISOString(), id: '' };
    return listReviews(store, EVERYONE, {}, { size: PAGE, after });
  },
  'review queue by hold': queue({ hold: 'STOCK.SHORT' }),
  'review queue by source': queue({ source: 'web-shop' }),
  'review queue by customer': queue({ customerId: BIG_CUSTOMER }),
  'review queue by person': queue({ assignee: 'ravi' }),
  'review queue, overdue': queue({ overdueAt: instantOf(1.1) }),
  'review queue, none overdue': queue({ overdueAt: instantOf(0.5) }),
  'review queue of a limited person': queue({}, limitedTo([BIG_CUSTOMER, customerOf(1)], 'web-shop', 'desk')),
};

/** Of a list at a site: 95th percentile of the milliseconds, and rows of a page in the mean. */
interface Figure {
  readonly ms: number;
  readonly rows: number;
}

/** Figures by list. */
type Figures = Readonly<Record<string, Figure>>;

/**
 * Lists and searches at ten thousand orders and at a million: the 95th percentile of each list, and of all of a kind. The
 * program fails if one is more than twice as slow at a million, or takes 100 ms.
 */
export async function searchAtScale(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-search-'));
  const sites: Site[] = [];
  try {
    for (const orders of [SMALL, LARGE]) sites.push(await openSite(folder, houseOf(orders)));
    const rounds: Figures[][] = [];
    for (let round = 1; round <= ROUNDS; round += 1) rounds.push(await measureRound(sites));
    report(rounds);
  } finally {
    for (const { store } of sites) await closeStore(store);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function openSite(folder: string, house: House): Promise<Site> {
  const store = openStore(`file:${join(folder, `${String(house.orders)}.sqlite`)}`, createKeyring());
  await migrate(store);
  const began = performance.now();
  await generateOrders(store, house);
  console.log(`${String(house.orders)} orders generated in ${((performance.now() - began) / 1000).toFixed(0)} s`);
  const batch = await searchOrders(store, EVERYONE, { documentId: BATCH_DOCUMENT }, { size: house.batch });
  const middle = batch[Math.floor(house.batch / 2)];
  if (!middle) throw new Error('the batch is not there');
  return { house, store, middle: { receivedAt: middle.received_at, id: middle.id } };
}

async function measureRound(sites: readonly Site[]): Promise<Figures[]> {
  const figures = sites.map((): Record<string, Figure> => ({}));
  for (const [kind, lists] of Object.entries({ 'all searches': SEARCHES, 'all of the review queue': QUEUES })) {
    const all = sites.map((): Try[] => []);
    for (const [name, ask] of Object.entries(lists)) {
      const tries = await measureList(sites, ask);
      figures.forEach((figure, index) => {
        figure[name] = sumUp(tries[index] ?? []);
        all[index]?.push(...(tries[index] ?? []));
      });
    }
    figures.forEach((figure, index) => (figure[kind] = sumUp(all[index] ?? [])));
  }
  return figures;
}

type Try = Figure;

/** The tries at each site, in turns, so that a noisy machine is noisy for both. */
async function measureList(sites: readonly Site[], ask: Ask): Promise<Try[][]> {
  const tries = sites.map((): Try[] => []);
  for (let number = 0; number < WARM_UP + TRIES; number += 1) {
    for (const [index, site] of sites.entries()) {
      const at = performance.now();
      const { length: rows } = await ask(site, number);
      if (number >= WARM_UP) tries[index]?.push({ ms: performance.now() - at, rows });
    }
  }
  return tries;
}

function sumUp(tries: readonly Try[]): Figure {
  const ms = tries.map((one) => one.ms).sort((a, b) => a - b)[Math.floor(tries.length * 0.95)] ?? Number.NaN;
  return { ms, rows: tries.reduce((sum, { rows }) => sum + rows, 0) / tries.length };
}

/** Figures of a list in each round, the quickest round first. */
function sortRounds(rounds: readonly Figures[], name: string): readonly Figure[] {
  return rounds.flatMap((round) => round[name] ?? []).sort((a, b) => a.ms - b.ms);
}

/**
 * Prints the round in the middle. Other work on the machine only ever adds to a time, now here and now there: a list is
 * too slow when it is so in the round in the middle and in the quickest.
 */
function report(rounds: readonly (readonly Figures[])[]): void {
  console.log(`p95 in ms, and rows of a page in the mean; ${String(ROUNDS)} rounds of ${String(TRIES)} tries`);
  const sizes = [`${String(SMALL)}:  ms`, 'rows', `${String(LARGE)}:  ms`, 'rows'];
  printLine('list', [...sizes, 'ratio', 'quickest']);
  for (const name of Object.keys(rounds[0]?.[0] ?? {})) {
    const [small, large] = [0, 1].map((site) => sortRounds(rounds.map((round) => round[site] ?? {}), name)); // prettier-ignore
    const at = (index: number) => ({ before: small?.[index] ?? NONE, after: large?.[index] ?? NONE });
    const [middle, quickest] = [at(Math.floor(ROUNDS / 2)), at(0)];
    const isMissed = isTooSlow(middle) && isTooSlow(quickest);
    if (isMissed) process.exitCode = 1;
    const columns = [middle.before, middle.after].flatMap(({ ms, rows }) => [ms.toFixed(2), rows.toFixed(1)]);
    const ratios = [middle, quickest].map(({ before, after }) => (after.ms / before.ms).toFixed(2));
    printLine(name, [...columns, ...ratios, ...(isMissed ? ['missed'] : [])]);
  }
}

const NONE: Figure = { ms: Number.NaN, rows: Number.NaN };

/** Also when it was not measured. */
function isTooSlow({ before, after }: { readonly before: Figure; readonly after: Figure }): boolean {
  return !(after.ms / before.ms <= HIGHEST_RATIO && after.ms < HIGHEST_MS);
}

function printLine(name: string, columns: readonly string[]): void {
  console.log(`${name.padEnd(42)}${columns.map((column) => column.padStart(15)).join('')}`);
}
