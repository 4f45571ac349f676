import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { Kysely } from 'kysely';
import type { Keyring } from './keyring.ts';
import { sqliteDialect } from './sqlite.ts';
import type { Tables } from './tables.ts';

/** Where statements run: the database, or a transaction on it, with the keys that seal its content. */
export interface Store {
  readonly db: Kysely<Tables>;
  readonly keys: Keyring;
}

/**
 * Opens the database of a URL: `file:<path>` is the embedded SQLite.
 * @throws Error if the scheme is not one that this build knows.
 */
export function openStore(url: string, keys: Keyring): Store {
  const { protocol } = new URL(url);
  if (protocol !== 'file:') throw new Error(`DATABASE_URL: "${protocol}" is not a database that this build knows; use file:`);
  const path = url.slice('file:'.length);
  mkdirSync(dirname(path), { recursive: true });
  return { db: new Kysely<Tables>({ dialect: sqliteDialect(path) }), keys };
}

/** Runs `work` in one transaction: all of it happens, or none. No I/O but statements belongs inside. */
export function inTransaction<T>(store: Store, work: (tx: Store) => Promise<T>): Promise<T> {
  return store.db.transaction().execute((db) => work({ db, keys: store.keys }));
}

/** Closes the connection. */
export function closeStore(store: Store): Promise<void> {
  return store.db.destroy();
}
