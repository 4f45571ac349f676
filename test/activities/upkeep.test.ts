import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { v7 as uuidv7 } from 'uuid';
import type { Deps } from '../../activities/deps.ts';
import { deliverOutbox } from '../../activities/deliver-outbox.ts';
import { recheckHolds } from '../../activities/recheck-holds.ts';
import { reconcile } from '../../activities/reconcile.ts';
import type { BackOffice } from '../../backoffice/port.ts';
import { insertDecision } from '../../db/decisions.ts';
import { openHolds } from '../../db/holds.ts';
import { acceptDocument } from '../../db/intake.ts';
import { putSource } from '../../db/sources.ts';
import { type SourceProfile, sourceProfileSchema } from '../../orders/source.ts';
import { givenOrder, makeArrival, openTestStore, type TestStore } from '../support/store.ts';

const OLD = '2026-01-01T00:00:00.000Z';
let house: TestStore;
beforeAll(async () => void (house = await openTestStore()));
afterAll(() => house.close());

/** What upkeep asked Temporal for. */
const told: string[] = [];
let running: ReadonlySet<string>;
let answers: boolean;
beforeEach(() => {
  told.length = 0;
  running = new Set();
  answers = true;
});

/** The store is real; Temporal and the back office only note what they are asked, because here it is about the pages. */
function deps(): Deps {
  const ping = () => (answers ? Promise.resolve() : Promise.reject(new Error('no answer')));
  const note = (what: string) => Promise.resolve(void told.push(what));
  return {
    store: house.store,
    backOffice: () => ({ ping }) as unknown as BackOffice,
    transport: {} as Deps['transport'],
    retention: { days: 90, daysByState: {} },
    anchorDir: join(house.folder, 'anchors'),
    notices: {} as Deps['notices'],
    runs: {
      startOrder: ({ id }) => note(`start order:${id}`),
      startDocument: ({ id }) => note(`start document:${id}`),
      recheckOrder: (id) => note(`recheck ${id}`),
      tellDecision: (orderId, id) => note(`tell ${orderId} ${id}`),
      keepPolls: () => Promise.resolve(),
      listRunning: () => Promise.resolve(running),
    },
  };
}
const run = <T>(activity: (deps: Deps) => Promise<T>): Promise<T> =>
  new MockActivityEnvironment().run(() => activity(deps()));

const setGate = (gate: SourceProfile['gate']) =>
  putSource(house.store, sourceProfileSchema.parse({ id: 'web-shop', channel: 'ecommerce', gate }), {
    actor: 'ada',
    at: new Date().toISOString(),
  });

async function givenHeld(...codes: readonly string[]): Promise<string> {
  const { id } = await givenOrder(house.store, { state: 'held' });
  const holds = codes.map((code) => ({ code, category: 'processing', releaseRole: null }) as const);
  await openHolds(house.store, { orderId: id, revision: 1 }, holds, OLD);
  return id;
}

describe('the recheck', () => {
  beforeEach(() => house.store.db.deleteFrom('holds').execute());

  test('goes through several pages to their end and asks each order once that may go on', async () => {
    await setGate('paused');
    const mayGoOn: string[] = [];
    for (let i = 0; i < 450; i += 1) {
      if (i % 30 > 0) await givenHeld('GATE.PAUSED');
      else mayGoOn.push(await givenHeld('BACKOFFICE.UNAVAILABLE', 'GATE.PAUSED', 'PROCESSING.FAILED'));
    }
    expect(await run(recheckHolds)).toEqual({ rechecked: mayGoOn.length });
    expect(told).toEqual(mayGoOn.map((id) => `recheck ${id}`));
  });

  test('finds the hold that lost its cause behind one that did not, also where a page ends between them', async () => {
    await setGate('paused');
    for (let i = 0; i < 199; i += 1) await givenHeld('GATE.PAUSED');
    const last = await givenHeld('GATE.PAUSED', 'PROCESSING.FAILED');
    expect(await run(recheckHolds)).toEqual({ rechecked: 1 });
    expect(told).toEqual([`recheck ${last}`]);
  });

  test('lets nobody go on while the back office is away, but those whose source is open again', async () => {
    await setGate('live');
    answers = false;
    await givenHeld('BACKOFFICE.UNAVAILABLE');
    const paused = await givenHeld('GATE.PAUSED');
    expect(await run(recheckHolds)).toEqual({ rechecked: 1 });
    expect(told).toEqual([`recheck ${paused}`]);
  });

  test('leaves alone what waits for a person', async () => {
    await setGate('live');
    const { id } = await givenOrder(house.store, { state: 'in_review' });
    const hold = { code: 'CREDIT.LIMIT', category: 'business_rule', releaseRole: 'reviewer' } as const;
    await openHolds(house.store, { orderId: id, revision: 1 }, [hold], OLD);
    expect(await run(recheckHolds)).toEqual({ rechecked: 0 });
  });

  describe('of holds that rest on facts', () => {
    const looksAgain = { category: 'business_rule', releaseRole: 'reviewer', looksAgain: true } as const;

    async function givenLooking(openedAt: string, ...codes: readonly string[]): Promise<string> {
      const { id } = await givenOrder(house.store, { state: 'in_review' });
      const holds = codes.map((code) => ({ code, ...looksAgain }));
      await openHolds(house.store, { orderId: id, revision: 1 }, holds, openedAt);
      return id;
    }

    /** In how many minutes each hold is looked at again. */
    async function listWaits(): Promise<number[]> {
      const rows = await house.store.db.selectFrom('holds').select('look_again_at').orderBy('order_id').execute();
      return rows.map((row) => Math.round((Date.parse(row.look_again_at ?? '') - Date.now()) / 60_000));
    }

    test('asks an order once, the one first that waits longest, and then more and more seldom', async () => {
      const young = await givenLooking(new Date(Date.now() - 90_000).toISOString(), 'STOCK.SHORT');
      const old = await givenLooking(OLD, 'STOCK.SHORT', 'CREDIT.LIMIT');
      await givenLooking(new Date().toISOString(), 'STOCK.SHORT');
      expect(await run(recheckHolds)).toEqual({ rechecked: 2 });
      expect(told).toEqual([`recheck ${old}`, `recheck ${young}`]);
      expect(await run(recheckHolds)).toEqual({ rechecked: 0 });
      const waits = [(await listWaits())[0]];
      for (let look = 2; look <= 6; look += 1) {
        await house.store.db.updateTable('holds').set({ look_again_at: OLD }).where('order_id', '=', young).execute();
        expect(await run(recheckHolds)).toEqual({ rechecked: 1 });
        waits.push((await listWaits())[0]);
      }
      expect(waits).toEqual([2, 4, 8, 15, 15, 15]);
    });

    test('asks nobody while the back office does not answer', async () => {
      await givenLooking(OLD, 'STOCK.SHORT');
      answers = false;
      expect(await run(recheckHolds)).toEqual({ rechecked: 0 });
      answers = true;
      expect(await run(recheckHolds)).toEqual({ rechecked: 1 });
    });

    test('asks all of several pages in one run, at most 25 a second', async () => {
      const ids: string[] = [];
      for (let i = 0; i < 210; i += 1) ids.push(await givenLooking(OLD, 'STOCK.SHORT'));
      const begin = Date.now();
      expect(await run(recheckHolds)).toEqual({ rechecked: 210 });
      expect(Date.now() - begin).toBeGreaterThan((210 / 25) * 1000 - 100);
      expect(told).toEqual(ids.map((id) => `recheck ${id}`));
    });
  });
});

describe('the reconciler', () => {
  beforeEach(async () => {
    for (const table of ['orders', 'documents', 'decisions'] as const) await house.store.db.deleteFrom(table).execute();
  });

  test('gives every order and document an owner that has none, over several pages', async () => {
    const expected: string[] = [];
    const owned: string[] = [];
    for (let i = 0; i < 450; i += 1) {
      const { id } = await givenOrder(house.store, { changed_at: OLD });
      (i % 3 === 0 ? owned : expected).push(`order:${id}`);
    }
    const split = makeArrival({ format: 'x12', channel: 'edi', at: OLD });
    await acceptDocument(house.store, split);
    running = new Set(owned);
    const found = await run(reconcile);
    expect(found).toEqual({ orders: expected.length, documents: 1, decisions: 0 });
    expect(told).toEqual([`start document:${split.documentId}`, ...expected.sort().map((id) => `start ${id}`)]);
  });

  test('leaves the young and the ended alone', async () => {
    const now = new Date().toISOString();
    await givenOrder(house.store, { changed_at: now });
    await givenOrder(house.store, { state: 'completed', changed_at: OLD, terminal_at: OLD });
    await acceptDocument(house.store, makeArrival({ format: 'x12', channel: 'edi', at: now }));
    expect(await run(reconcile)).toEqual({ orders: 0, documents: 0, decisions: 0 });
    expect(told).toEqual([]);
  });

  test('tells every decision that nobody acted on, not only those of the first page', async () => {
    const { id: orderId } = await givenOrder(house.store, { state: 'in_review', changed_at: new Date().toISOString() });
    const expected: string[] = [];
    for (let i = 0; i < 230; i += 1) {
      const id = uuidv7();
      const decision = { id, orderId, revision: 1, reviewId: null, action: 'cancel', actor: 'ravi' } as const;
      await insertDecision(house.store, { ...decision, roles: [], reason: '', changes: [] }, OLD);
      expected.push(`tell ${orderId} ${id}`);
    }
    expect(await run(reconcile)).toEqual({ orders: 0, documents: 0, decisions: 230 });
    expect(told).toEqual(expected);
  });

  test('tells a decision on an order in review whose submission the back office refused to tell of', async () => {
    const young = new Date().toISOString();
    const { id: orderId } = await givenOrder(house.store, {
      state: 'in_review',
      resume_state: 'submitted',
      changed_at: young,
    });
    const id = uuidv7();
    const decision = { id, orderId, revision: 1, reviewId: null, action: 'reject', actor: 'ravi' } as const;
    await insertDecision(house.store, { ...decision, roles: [], reason: '', changes: [] }, OLD);
    expect(await run(reconcile)).toEqual({ orders: 0, documents: 0, decisions: 1 });
    expect(told).toEqual([`tell ${orderId} ${id}`]);
  });
});

test('one source that cannot be read does not keep what goes out, nor the missed answers of others, from being seen to', async () => {
  await setGate('live');
  await house.store.db.updateTable('sources').set({ profile_json: '{' }).where('id', '=', 'web-shop').execute();
  expect(await run(deliverOutbox)).toEqual({ delivered: 0, postponed: 0, missed: 0 });
  await setGate('live');
});
