import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Kysely, sql } from 'kysely';
import { openDatabase } from '../../db/dialect.ts';
import { mssqlDialect } from '../../db/mssql.ts';

/** URL of a SQL Server on which tests may make and drop databases; unset: they run on SQLite. Set by `npm run test:db`. */
const SERVER_URL = process.env['TEST_DATABASE_URL'];

/** Whether the tests of the database run on SQLite. */
export const onSqlite = SERVER_URL === undefined;

/** An empty database of a test's own. */
export interface TestDatabase {
  readonly url: string;
  /** A folder that goes with it; on SQLite it is where the database is. */
  readonly folder: string;
  drop(): Promise<void>;
}

export async function createTestDatabase(): Promise<TestDatabase> {
  const folder = mkdtempSync(join(tmpdir(), 'store-'));
  const url = SERVER_URL === undefined ? `file:${join(folder, 'orders.sqlite')}` : await createOnServer(SERVER_URL);
  const drop = async (): Promise<void> => {
    rmSync(folder, { recursive: true, force: true });
    if (SERVER_URL !== undefined) await dropOnServer(SERVER_URL, url);
  };
  return { url, folder, drop };
}

async function createOnServer(serverUrl: string): Promise<string> {
  const name = `order_staging_test_${randomBytes(6).toString('hex')}`;
  await asAdministrator(serverUrl, async (db) => {
    await sql`create database ${sql.id(name)}`.execute(db);
    const { rows } = await sql<{ versions: boolean | number }>`
      select is_read_committed_snapshot_on as versions from sys.databases where name = ${name}`.execute(db);
    if (!rows[0]?.versions) await sql`alter database ${sql.id(name)} set read_committed_snapshot on`.execute(db);
  });
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

/** Dropping waits for the last connections, also those of processes that were killed. */
async function dropOnServer(serverUrl: string, url: string): Promise<void> {
  const name = new URL(url).pathname.slice(1);
  await asAdministrator(serverUrl, async (db) => {
    for (let tries = 1; ; tries += 1) {
      try {
        await sql`drop database ${sql.id(name)}`.execute(db);
        return;
      } catch (error) {
        if (tries === 50) throw error;
      }
      await pause(200);
    }
  });
}

/** Does something on the server, in the database that its URL names. */
export async function asAdministrator<T>(serverUrl: string, work: (db: Kysely<never>) => Promise<T>): Promise<T> {
  const db = openDatabase(mssqlDialect(serverUrl));
  try {
    return await work(db as unknown as Kysely<never>);
  } finally {
    await db.destroy();
  }
}
