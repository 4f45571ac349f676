import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { type Kysely, sql } from 'kysely';
import { openKeyFile } from '../../db/keyring.ts';
import { migrate, MIGRATIONS } from '../../db/migrate.ts';
import { listMissing } from '../../db/schema-check.ts';
import { closeStore, openStore, type Store } from '../../db/store.ts';
import { startChild } from '../support/child.ts';
import { createTestDatabase, onSqlite } from '../support/database.ts';
import { openTestStore } from '../support/store.ts';

const folder = mkdtempSync(join(tmpdir(), 'migrate-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the migrations', () => {
  test('run from 20 processes that start at once, with one key file and one schema as the result', async () => {
    const { url, drop } = await createTestDatabase();
    const keyFile = join(folder, 'keys', 'master.json');
    const children = Array.from({ length: 20 }, () => startChild('db/programs/migrate.ts', url, keyFile));
    const printed = await Promise.all(children.map((child) => child.finish()));
    expect(new Set(printed.flat()).size).toBe(1);

    const store = openStore(url, openKeyFile(keyFile));
    const { rows } = await sql`select name from kysely_migration`.execute(store.db);
    expect(rows).toEqual(Object.keys(MIGRATIONS).map((name) => ({ name })));
    expect(await store.db.selectFrom('orders').selectAll().execute()).toEqual([]);
    await closeStore(store);
    await drop();
  });

  test('change nothing when they run again', async () => {
    const { store, close } = await openTestStore();
    const schema = () => store.db.introspection.getTables({ withInternalKyselyTables: true });
    const before = await schema();
    await migrate(store);
    expect(await schema()).toEqual(before);
    await close();
  });

  test('refuse a database that a newer program has changed, and say so', async () => {
    const { store, close } = await openTestStore();
    await sql`insert into kysely_migration values ('9999-of-tomorrow', '2027-01-01T00:00:00.000Z')`.execute(store.db);
    await expect(migrate(store)).rejects.toThrow('newer than this program: it has the migrations 9999-of-tomorrow');
    expect(await store.db.selectFrom('orders').selectAll().execute()).toEqual([]);
    await close();
  });

  test('of which a process was killed in the middle leave nothing behind, and run anew', async () => {
    const { url, drop } = await createTestDatabase();
    const keyFile = join(folder, 'keys', 'master.json');
    const child = startChild('db/programs/half-migrated.ts', url, keyFile);
    for await (const line of child.lines) if (line === 'half') child.kill();
    const store = openStore(url, openKeyFile(keyFile));
    await expect(sql`select * from kysely_migration`.execute(store.db)).rejects.toThrow();
    await migrate(store);
    expect(await listMissing(store, MIGRATIONS)).toEqual([]);
    expect(await store.db.selectFrom('person_hashes').selectAll().execute()).toEqual([]);
    await closeStore(store);
    await drop();
  });

  test('of which one fails leave the database as it was, and name it', async () => {
    const { store, close } = await openTestStore();
    const fails = async (db: Kysely<never>): Promise<void> => {
      await db.schema.createTable('of_tomorrow').addColumn('id', 'integer').execute();
      await db.schema.createTable('orders').addColumn('id', 'integer').execute();
    };
    const more = { ...MIGRATIONS, '9999-later': { up: fails } };
    await expect(migrate(store, more)).rejects.toThrow(
      /the migration 9999-later failed, and nothing of it stays: .*orders/,
    );
    expect((await store.db.introspection.getTables()).map(({ name }) => name)).not.toContain('of_tomorrow');
    await migrate(store);
    await close();
  });

  test.each<[string, (store: Store) => Promise<unknown>, string]>([
    ['a table', ({ db }) => db.schema.dropTable('facts_snapshots').execute(), 'facts_snapshots,'],
    ['a column', ({ db }) => db.schema.alterTable('holds').dropColumn('retry_at').execute(), 'holds.retry_at,'],
    [
      'an index that keeps decisions single',
      ({ db }) =>
        sql`${sql.raw(onSqlite ? 'drop index ux_decisions_deciding' : 'drop index ux_decisions_deciding on decisions')}`.execute(
          db,
        ),
      'ux_decisions_deciding,',
    ],
  ])('are not taken at their word: %s that is not there is named', async (_what, damage, name) => {
    const { store, close } = await openTestStore();
    await damage(store);
    await expect(migrate(store)).rejects.toThrow(
      `the database is not whole: its migrations made ${name} and that is not there`,
    );
    await close();
  });

  test('whose log is gone are not run over tables that are there', async () => {
    const { store, close } = await openTestStore();
    await sql`delete from kysely_migration`.execute(store.db);
    await expect(migrate(store)).rejects.toThrow(
      /the migration 0001-initial failed, and nothing of it stays: .*sources/,
    );
    await close();
  });

  test('name the setting when the database is of a kind that is not known', () => {
    expect(() => openStore('oracle://db', openKeyFile(join(folder, 'keys', 'master.json')))).toThrow(
      /DATABASE_URL: "oracle:"/,
    );
  });
});
