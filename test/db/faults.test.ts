import { describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { v7 as uuidv7 } from 'uuid';
import { findDatabaseFault } from '../../db/faults.ts';
import { acceptDocument } from '../../db/intake.ts';
import { appendLog } from '../../db/log.ts';
import { findWriteFault } from '../../db/probe.ts';
import { inTransaction, openStore, closeStore, type Store } from '../../db/store.ts';
import { testOfSqlite } from '../support/sqlite-only.ts';
import { givenOrder, makeArrival, openTestStore, type TestStore } from '../support/store.ts';
import { fillDatabase, lockDatabase } from '../support/store-faults.ts';

const AT = '2026-11-23T09:00:00.000Z';

async function within(work: (house: TestStore & { readonly path: string }) => Promise<void>): Promise<void> {
  const house = await openTestStore();
  try {
    await work({ ...house, path: house.url.slice('file:'.length) });
  } finally {
    await house.close();
  }
}

const faultOf = (work: Promise<unknown>) =>
  work.then(() => undefined, (error: unknown) => findDatabaseFault(error) ?? error); // prettier-ignore
const append = (store: Store, stepKey: string) =>
  inTransaction(store, (tx) => appendLog(tx, 'actor:test', { stepKey, at: AT, actor: 'test', action: 'test.written' }));

describe('what is wrong with the database is told by its codes', () => {
  test.each([
    [{ errcode: 5 }, 'locked'],
    [{ errcode: 517 }, 'locked'],
    [{ errcode: 13 }, 'full'],
    [{ errcode: 8 }, 'read_only'],
    [{ errcode: 266 }, 'failing'],
    [{ errcode: 267 }, 'damaged'],
    [{ errcode: 1 }, undefined],
    [{ number: 1105 }, 'full'],
    [{ number: 9002 }, 'full'],
    [{ number: 3906 }, 'read_only'],
    [{ number: 823 }, 'failing'],
    [{ number: 824 }, 'damaged'],
    [{ number: 922 }, 'unreachable'],
    [{ number: 1222 }, 'locked'],
    [{ number: 40_544 }, 'full'],
    [{ number: 40_613 }, 'unreachable'],
    [{ number: 1205 }, undefined],
    [{ code: 'ESOCKET' }, 'unreachable'],
    [{ code: 'ETIMEOUT' }, 'unreachable'],
    [{ cause: { code: 'ELOGIN' } }, 'unreachable'],
    [{ cause: { cause: { number: 1101 } } }, 'full'],
    [null, undefined],
  ])('%j: %s', (error, fault) => expect(findDatabaseFault(error)).toBe(fault));
});

describe('a database that another process keeps locked', () => {
  testOfSqlite(
    'SQL Server locks rows',
    'makes many writers give up together within seconds, and later ones sooner',
    () =>
      within(async ({ store, path }) => {
        const release = lockDatabase(path);
        const began = performance.now();
        const all = Array.from({ length: 50 }, (_, i) => faultOf(append(store, `first:${String(i)}`)));
        expect(new Set(await Promise.all(all))).toEqual(new Set(['locked']));
        expect(performance.now() - began).toBeLessThan(30_000);
        const later = performance.now();
        expect(await faultOf(append(store, 'later'))).toBe('locked');
        expect(performance.now() - later).toBeLessThan(15_000);
        release();
        expect(await faultOf(append(store, 'after'))).toBeUndefined();
        // Patience is whole again.
        const again = lockDatabase(path);
        setTimeout(again, 2000);
        expect(await faultOf(append(store, 'patient'))).toBeUndefined();
      }),
  );

  testOfSqlite('SQL Server locks rows', 'can be read meanwhile', () =>
    within(async ({ store, path }) => {
      const { id } = await givenOrder(store);
      const release = lockDatabase(path);
      expect(await store.db.selectFrom('orders').select('id').execute()).toEqual([{ id }]);
      release();
    }),
  );
});

describe('a full database', () => {
  testOfSqlite(
    'no room is left by a pragma of SQLite',
    'says so, keeps nothing in part, and goes on when there is room',
    () =>
      within(async ({ store }) => {
        await givenOrder(store);
        expect(await findWriteFault(store)).toBeUndefined();
        const makeRoom = await fillDatabase(store);
        expect(await findWriteFault(store)).toBe('full');
        const count = async () => (await store.db.selectFrom('orders').select('id').execute()).length;
        const accept = (name: string) => {
          const bytes = Buffer.alloc(20_000, name);
          return acceptDocument(store, makeArrival({ bytes }), { orderId: uuidv7(), operatorId: null });
        };
        const all = Array.from({ length: 5 }, (_, i) => faultOf(accept(`order ${String(i)}`)));
        expect(new Set(await Promise.all(all))).toEqual(new Set(['full']));
        expect(await count()).toBe(1);
        await makeRoom();
        expect(await findWriteFault(store)).toBeUndefined();
        await accept('order 1');
        expect(await count()).toBe(2);
      }),
  );

  testOfSqlite('SQLite only', 'that only reads says so too', () =>
    within(async ({ store, path }) => {
      await givenOrder(store);
      const reader = openStore(`file:${path}`, store.keys);
      await sql`pragma query_only = on`.execute(reader.db);
      expect(await findWriteFault(reader)).toBe('read_only');
      await closeStore(reader);
    }),
  );
});
