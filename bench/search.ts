import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKeyring } from '../db/keyring.ts';
import { migrate } from '../db/migrate.ts';
import { type OrderFilter, searchOrders } from '../db/order-search.ts';
import type { Principal } from '../db/principals.ts';
import { listReviews, type ReviewFilter } from '../db/reviews.ts';
import { closeStore, openStore, type Store } from '../db/store.ts';
import { generateOrders } from './generate-orders.ts';

const SMALL = 10_000;
const LARGE = Number(process.env['BENCH_ROWS'] ?? 1_000_000);
const TRIES = 200;
const PAGE = 50;
const EVERYONE: Principal = { id: 'bench', roles: ['admin'] };
const LIMITED: Principal = { id: 'bench', roles: ['reviewer'], sources: ['web-shop'], customers: ['C-1001', 'C-1002'] };

/** A list as people ask for it; `number` varies what is asked for. */
type Ask = (store: Store, number: number) => Promise<readonly unknown[]>;

const search =
  (filter: (number: number) => OrderFilter, who = EVERYONE): Ask =>
  (store, number) =>
    searchOrders(store, who, filter(number), { size: PAGE });
const queue =
  (filter: ReviewFilter, who = EVERYONE): Ask =>
  (store) =>
    listReviews(store, who, filter, { size: PAGE });

const LISTS: Readonly<Record<string, Ask>> = {
  'newest orders': search(() => ({})),
  'deep page': (store, number) =>
    searchOrders(store, EVERYONE, {}, { size: PAGE, after: { receivedAt: dayOf(number), id: '' } }),
  'by PO number': search((number) => ({ poNumber: `PO-${String(number * 7)}` })),
  'by customer': search((number) => ({ customerId: `C-${String(1001 + (number % 500))}` })),
  'by customer and state': search((number) => ({
    customerId: `C-${String(1001 + (number % 500))}`,
    state: 'rejected',
  })),
  'by source': search(() => ({ source: 'desk' })),
  'by source and state': search(() => ({ source: 'desk', state: 'held' })),
  'by state, many': search(() => ({ state: 'completed' })),
  'by state, few': search(() => ({ state: 'held' })),
  'by hold': search(() => ({ hold: 'CREDIT.LIMIT' })),
  'by day': search((number) => ({ receivedFrom: dayOf(number), receivedTo: dayOf(number + 1) })),
  'limited person': search(() => ({}), LIMITED),
  'review queue': queue({}),
  'review queue by hold': queue({ hold: 'STOCK.SHORT' }),
  'review queue by source': queue({ source: 'desk' }),
  'review queue, overdue': queue({ overdueAt: '2026-06-01T00:00:00.000Z' }),
  'review queue of a limited person': queue({}, LIMITED),
};

/** Lists and searches at ten thousand orders and at a million: the 95th percentile of each list, and of all of a kind. */
export async function searchAtScale(): Promise<void> {
  const small = await measureAt(SMALL);
  const large = await measureAt(LARGE);
  console.log(`list                               p95 at ${String(SMALL)}   p95 at ${String(LARGE)}   ratio`);
  for (const name of Object.keys(LISTS)) print(name, small[name] ?? [], large[name] ?? []);
  for (const [kind, is] of [
    ['all searches', (name: string) => !name.startsWith('review queue')],
    ['all of the review queue', (name: string) => name.startsWith('review queue')],
  ] as const) {
    const all = (figures: Record<string, number[]>): number[] =>
      Object.keys(figures)
        .filter(is)
        .flatMap((name) => figures[name] ?? []);
    print(kind, all(small), all(large));
  }
}

function print(name: string, small: readonly number[], large: readonly number[]): void {
  const [before, after] = [p95(small), p95(large)];
  const columns = [
    `${before.toFixed(2).padStart(9)} ms`,
    `${after.toFixed(2).padStart(12)} ms`,
    (after / before).toFixed(2).padStart(9),
  ];
  console.log(`${name.padEnd(34)} ${columns.join(' ')}`);
}

function p95(took: readonly number[]): number {
  return [...took].sort((a, b) => a - b)[Math.floor(took.length * 0.95)] ?? Number.NaN;
}

/** Milliseconds of each try of each list, in a database of so many orders. */
async function measureAt(rows: number): Promise<Record<string, number[]>> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-search-'));
  const store = openStore(`file:${join(folder, 'orders.sqlite')}`, createKeyring());
  try {
    await migrate(store);
    const began = performance.now();
    await generateOrders(store, rows);
    console.log(`${String(rows)} orders generated in ${((performance.now() - began) / 1000).toFixed(0)} s`);
    return await measureAll(store);
  } finally {
    await closeStore(store);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureAll(store: Store): Promise<Record<string, number[]>> {
  const figures: Record<string, number[]> = {};
  for (const [name, ask] of Object.entries(LISTS)) {
    const took: number[] = [];
    for (let number = 0; number < TRIES; number += 1) {
      const at = performance.now();
      await ask(store, number);
      took.push(performance.now() - at);
    }
    figures[name] = took;
  }
  return figures;
}

/** An instant some days into the year. */
function dayOf(number: number): string {
  return new Date(Date.parse('2026-01-01T00:00:00.000Z') + (number % 360) * 24 * 3_600_000).toISOString();
}
