import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Dialect, Kysely } from 'kysely';
import { mayRunAgain, openDatabase } from './dialect.ts';
import type { Keyring } from './keyring.ts';
import { mssqlDialect } from './mssql.ts';
import { sqliteDialect } from './sqlite.ts';
import type { Tables } from './tables.ts';

/** Where statements run: the database, or a transaction on it, with the keys that seal its content. */
export interface Store {
  readonly db: Kysely<Tables>;
  readonly keys: Keyring;
}

/**
 * Opens the database of a URL: `file:<path>` is the embedded SQLite, `mssql://…` a SQL Server (see `mssql.ts`), which is
 * not spoken to before the first statement.
 * @throws Error if the URL is not complete, or its scheme not one that this build knows.
 */
export function openStore(url: string, keys: Keyring): Store {
  return { db: openDatabase(dialectOf(url)), keys };
}

function dialectOf(url: string): Dialect {
  const scheme = url.slice(0, url.indexOf(':') + 1);
  switch (scheme) {
    case 'file:': {
      const path = url.slice(scheme.length);
      mkdirSync(dirname(path), { recursive: true });
      return sqliteDialect(path);
    }
    case 'mssql:':
      return mssqlDialect(url);
    default:
      throw new Error(`DATABASE_URL: "${scheme}" is not a database that this build knows; use file: or mssql:`);
  }
}

/** Runs of a transaction, the first one included. */
const MOST_RUNS = 5;
const FIRST_PAUSE_MS = 10;

/**
 * Runs `work` in one transaction: all of it happens, or none. No I/O but statements belongs inside, and nothing outside may
 * be changed: a transaction that lost a race or a deadlock on SQL Server runs again.
 */
export async function inTransaction<T>(store: Store, work: (tx: Store) => Promise<T>): Promise<T> {
  for (let run = 1; ; run += 1) {
    let done = false;
    try {
      return await store.db.transaction().execute(async (db) => {
        const result = await work({ db, keys: store.keys });
        done = true;
        return result;
      });
    } catch (error) {
      if (run === MOST_RUNS || !mayRunAgain(error, done)) throw error;
    }
    await pause(FIRST_PAUSE_MS * 2 ** run * (0.5 + Math.random()));
  }
}

/** Closes the connection. */
export function closeStore(store: Store): Promise<void> {
  return store.db.destroy();
}
