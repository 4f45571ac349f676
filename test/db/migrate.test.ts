import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { openKeyFile } from '../../db/keyring.ts';
import { migrate, MIGRATIONS } from '../../db/migrate.ts';
import { closeStore, openStore } from '../../db/store.ts';
import { startChild } from '../support/child.ts';
import { createTestDatabase } from '../support/database.ts';
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

  test('name the setting when the database is of a kind that is not known', () => {
    expect(() => openStore('oracle://db', openKeyFile(join(folder, 'keys', 'master.json')))).toThrow(
      /DATABASE_URL: "oracle:"/,
    );
  });
});
