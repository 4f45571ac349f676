import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';

/** How long a writer waits for its turn among processes before giving up, in milliseconds. */
const BUSY_LIMIT_MS = 30_000;
const STATEMENTS_KEPT = 500;

/**
 * Kysely on Node's own SQLite: no native build. One connection a process; writers take their turn by `BEGIN IMMEDIATE`,
 * because a deferred begin fails at once with SQLITE_BUSY_SNAPSHOT when two processes write. SQLite's own busy wait would
 * block the event loop, so it is 0 and the waiting is done here.
 * @see https://www.sqlite.org/lang_transaction.html
 */
export function sqliteDialect(path: string): Dialect {
  return {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => createDriver(path),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

function createDriver(path: string): Driver {
  let database: DatabaseSync | undefined;
  let connection: SqliteConnection | undefined;
  const turns = createTurns();
  return {
    async init() {
      database = await whileBusy(() => openFile(path));
      connection = createConnection(database);
    },
    async acquireConnection() {
      await turns.take();
      if (!connection) throw new Error('the database is closed');
      return connection;
    },
    async beginTransaction(held) {
      await held.executeQuery(CompiledQuery.raw('BEGIN IMMEDIATE'));
    },
    async commitTransaction(held) {
      await held.executeQuery(CompiledQuery.raw('COMMIT'));
    },
    async rollbackTransaction(held) {
      await held.executeQuery(CompiledQuery.raw('ROLLBACK'));
    },
    releaseConnection() {
      turns.give();
      return Promise.resolve();
    },
    destroy() {
      connection = undefined;
      database?.close();
      return Promise.resolve();
    },
  };
}

function openFile(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec('PRAGMA journal_mode = WAL');
    // FULL: what was acknowledged survives a power cut. secure_delete: erased cipher text does not linger in free pages.
    database.exec('PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA foreign_keys = ON');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

type SqliteConnection = DatabaseConnection;

function createConnection(database: DatabaseSync): SqliteConnection {
  const statements = new Map<string, StatementSync>();
  const prepare = (sql: string): StatementSync => {
    const known = statements.get(sql);
    if (known) return known;
    if (statements.size >= STATEMENTS_KEPT) statements.clear();
    const made = database.prepare(sql);
    statements.set(sql, made);
    return made;
  };
  return {
    executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
      return whileBusy(() => run<R>(prepare(sql), parameters as SQLInputValue[]));
    },
    // The statements of this product read pages, never streams.
    streamQuery() {
      throw new Error('streaming is not offered');
    },
  };
}

function run<R>(statement: StatementSync, parameters: SQLInputValue[]): QueryResult<R> {
  if (statement.columns().length > 0) return { rows: statement.all(...parameters) as R[] };
  const { changes } = statement.run(...parameters);
  return { rows: [], numAffectedRows: BigInt(changes) };
}

/** Runs `attempt`, again and again while another process holds the write lock, without blocking the event loop. */
async function whileBusy<T>(attempt: () => T): Promise<T> {
  const giveUpAt = Date.now() + BUSY_LIMIT_MS;
  for (let wait = 1; ; wait = Math.min(wait * 2, 16)) {
    try {
      return attempt();
    } catch (error) {
      if (!isBusy(error) || Date.now() > giveUpAt) throw error;
    }
    await pause(wait * (0.5 + Math.random()));
  }
}

/** SQLITE_BUSY is 5, SQLITE_LOCKED is 6; extended codes carry them in the low byte. */
function isBusy(error: unknown): boolean {
  const code = (error as { errcode?: number }).errcode;
  return code !== undefined && [5, 6].includes(code & 0xff);
}

/** First come, first served: one holder of the connection at a time. */
function createTurns(): { take(): Promise<void>; give(): void } {
  const waiting: (() => void)[] = [];
  let taken = false;
  return {
    take() {
      if (taken) return new Promise((resolve) => waiting.push(resolve));
      taken = true;
      return Promise.resolve();
    },
    give() {
      const next = waiting.shift();
      if (next) next();
      else taken = false;
    },
  };
}
