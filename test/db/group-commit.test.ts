import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { insertOnce } from '../../db/dialect.ts';
import { closeStore, inTransaction, openStore, type Store } from '../../db/store.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

let house: TestStore;
beforeAll(async () => {
  house = await openTestStore();
  const { db } = house.store;
  await sql`create table parents (id text primary key)`.execute(db);
  await sql`create table children (parent text references parents (id) deferrable initially deferred)`.execute(db);
});
afterAll(() => house.close());

/** Any small row will do: the first number of a partner that nobody else has. */
const row = (source: string) => ({ source, kind: 'group', last_value: 1 }) as const;
const write = (tx: Store, source: string) => insertOnce(tx.db, 'control_numbers', row(source));
const isThere = async (source: string): Promise<boolean> =>
  (await house.store.db.selectFrom('control_numbers').select('source').where('source', '=', source).execute()).length >
  0;
/** A row whose parent is missing: SQLite says so at the commit, not before. */
const orphan = (tx: Store) => sql`insert into children values ('nobody')`.execute(tx.db);
const nextRound = () => new Promise((done) => setImmediate(done));

describe('transactions that share a commit', () => {
  test('fail alone: what the others wrote is there', async () => {
    const all = Array.from({ length: 100 }, (_, i) =>
      inTransaction(house.store, async (tx) => {
        await write(tx, `shared-${String(i)}`);
        if (i % 3 === 0) throw new Error('taken back');
      }),
    );
    const ended = await Promise.allSettled(all);
    for (const [i, { status }] of ended.entries()) {
      expect(status).toBe(i % 3 === 0 ? 'rejected' : 'fulfilled');
      expect(await isThere(`shared-${String(i)}`)).toBe(i % 3 !== 0);
    }
  });

  test('stay whole beside single statements, of which one fails', async () => {
    const { db } = house.store;
    const single = (source: string) => db.insertInto('control_numbers').values(row(source)).execute();
    const ended = await Promise.allSettled([
      inTransaction(house.store, (tx) => write(tx, 'beside')),
      single('alone'),
      single('alone'),
      inTransaction(house.store, (tx) => write(tx, 'beside-too')),
    ]);
    expect(ended.map((one) => one.status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    for (const source of ['beside', 'alone', 'beside-too']) expect(await isThere(source)).toBe(true);
  });

  test('all fail when the commit fails, and what comes after is not touched', async () => {
    const failing = Promise.allSettled([
      inTransaction(house.store, (tx) => write(tx, 'first')),
      inTransaction(house.store, orphan),
      inTransaction(house.store, (tx) => write(tx, 'third')),
    ]);
    const slow = failing.then(() =>
      inTransaction(house.store, async (tx) => {
        await write(tx, 'after');
        await nextRound();
      }),
    );
    expect((await failing).map((one) => one.status)).toEqual(['rejected', 'rejected', 'rejected']);
    await slow;
    expect(await isThere('first')).toBe(false);
    expect(await isThere('third')).toBe(false);
    expect(await isThere('after')).toBe(true);
  });

  test('do not suffer from a group before them whose commit failed', async () => {
    // More than fit in one group: those of the second are under way when those of the first are told.
    const all = Array.from({ length: 60 }, (_, i) =>
      inTransaction(house.store, async (tx) => {
        await (i === 7 ? orphan(tx) : write(tx, `group-${String(i)}`));
        await nextRound();
      }),
    );
    const ended = (await Promise.allSettled(all)).map((one) => one.status);
    const failed = ended.filter((status) => status === 'rejected').length;
    expect(failed).toBeGreaterThan(8);
    expect(failed).toBeLessThanOrEqual(32);
    for (const [i, status] of ended.entries()) {
      if (i !== 7) expect(await isThere(`group-${String(i)}`)).toBe(status === 'fulfilled');
    }
  });
});

describe('a reader', () => {
  test('sees what is committed and nothing else, and waits for no writer', async () => {
    await inTransaction(house.store, async (tx) => {
      await write(tx, 'half-done');
      expect(await isThere('half-done')).toBe(false);
      expect(
        await tx.db.selectFrom('control_numbers').select('source').where('source', '=', 'half-done').execute(),
      ).toHaveLength(1);
    });
    expect(await isThere('half-done')).toBe(true);
  });
});

describe('the event loop', () => {
  test('goes on while a long backlog is written', async () => {
    let rounds = 0;
    let done = false;
    const count = async () => {
      for (; !done; rounds += 1) await nextRound();
    };
    const counting = count();
    await Promise.all(
      Array.from({ length: 320 }, (_, i) => inTransaction(house.store, (tx) => write(tx, `backlog-${String(i)}`))),
    );
    done = true;
    await counting;
    expect(rounds).toBeGreaterThanOrEqual(10);
  });
});

describe('closing', () => {
  test('lets those finish who came before, and refuses those who come after', async () => {
    const store = openStore(house.url, house.store.keys);
    const before = Array.from({ length: 50 }, (_, i) =>
      inTransaction(store, (tx) => write(tx, `closing-${String(i)}`)),
    );
    await nextRound();
    const closing = closeStore(store);
    await Promise.all(before);
    await closing;
    for (let i = 0; i < 50; i += 1) expect(await isThere(`closing-${String(i)}`)).toBe(true);
    await expect(inTransaction(store, (tx) => write(tx, 'late'))).rejects.toThrow(/destroyed|closed/);
  });
});
