import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
} from 'kysely';
import { SqliteCompiler } from './dialect.ts';
import { findDatabaseFault } from './faults.ts';
import { BREATH_MS, createGroupCommit, type GroupCommit } from './group-commit.ts';

/**
 * How long a lock that other processes keep is waited for, in milliseconds: within what a caller waits for an answer and a
 * step for its database.
 */
const BUSY_LIMIT_MS = 8000;
/** Once it has been locked for so long, who comes new waits for this long only: hundreds may wait for one another. */
const LATE_LIMIT_MS = 1000;
/** Shorter than the breath that a busy process takes, though it varies by half. */
const LONGEST_PAUSE_MS = (BREATH_MS * 3) / 5;
const STATEMENTS_KEPT = 500;

/**
 * Kysely on Node's own SQLite: no native build. Each process has one connection that writes, transactions taking turns, and
 * one that reads what is committed. Writers of several processes take their turn by `BEGIN IMMEDIATE`, because a deferred
 * begin fails at once with SQLITE_BUSY_SNAPSHOT; SQLite's own busy wait would block the event loop, so it is 0 and the
 * waiting is done here.
 * @see https://www.sqlite.org/lang_transaction.html
 */
export function sqliteDialect(path: string): Dialect {
  return {
    createAdapter: () => new Adapter(),
    createDriver: () => createDriver(path),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteCompiler(),
  };
}

/** Kysely says no to both, out of care for other drivers. A write transaction is the migration lock. */
class Adapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }

  override get supportsMultipleConnections(): boolean {
    return true;
  }
}

/** What kysely is given for the time of a statement or a transaction. */
interface Session extends DatabaseConnection {
  inTransaction: boolean;
  /** Why a statement of the transaction failed. */
  fault?: unknown;
}

function createDriver(path: string): Driver {
  let writer: Connection | undefined;
  let reader: Connection | undefined;
  let group: GroupCommit | undefined;
  const whileBusy = createPatience();
  const opened = <T>(part: T | undefined): T => {
    if (part === undefined) throw new Error('the database is closed');
    return part;
  };
  return {
    async init() {
      const database = (writer = connect(await whileBusy(() => openFile(path))));
      reader = connect(await whileBusy(() => openFile(path)));
      group = createGroupCommit({
        begin: (since) => whileBusy(() => database.exec('BEGIN IMMEDIATE'), since),
        exec: (sql) => database.exec(sql),
      });
    },
    acquireConnection() {
      const session: Session = {
        inTransaction: false,
        executeQuery: <R>(query: CompiledQuery) => execute<R>(session, query),
        // The statements of this product read pages, never streams.
        streamQuery() {
          throw new Error('streaming is not offered');
        },
      };
      return Promise.resolve(session);
    },
    async beginTransaction(session) {
      await opened(group).enter();
      (session as Session).inTransaction = true;
    },
    async commitTransaction(session) {
      (session as Session).inTransaction = false;
      await opened(group).leave();
    },
    async rollbackTransaction(session) {
      // After a commit that failed nothing is left to take back, and the turn is another's.
      if (!(session as Session).inTransaction) return;
      (session as Session).inTransaction = false;
      await opened(group).undo((session as Session).fault);
    },
    releaseConnection: () => Promise.resolve(),
    async destroy() {
      await group?.finish();
      for (const connection of [reader, writer]) connection?.close();
      reader = writer = group = undefined;
    },
  };

  async function execute<R>(session: Session, query: CompiledQuery): Promise<QueryResult<R>> {
    if (session.inTransaction) return runWithin(session, query);
    if (query.query.kind === 'SelectQueryNode') return whileBusy(() => opened(reader).run<R>(query));
    const turn = opened(group);
    await turn.enter();
    const result = await Promise.resolve().then(() => opened(writer).run<R>(query)).catch(async (error: unknown) => {
      await turn.undo(error);
      throw error;
    }); // prettier-ignore
    await turn.leave();
    return result;
  }

  function runWithin<R>(session: Session, query: CompiledQuery): QueryResult<R> {
    try {
      return opened(writer).run(query);
    } catch (error) {
      session.fault = error;
      throw error;
    }
  }
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

interface Connection {
  run<R>(query: CompiledQuery): QueryResult<R>;
  exec(sql: string): void;
  close(): void;
}

/** A connection that keeps its statements prepared. */
function connect(database: DatabaseSync): Connection {
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
    run<R>({ sql, parameters }: CompiledQuery): QueryResult<R> {
      const statement = prepare(sql);
      const values = parameters as SQLInputValue[];
      if (statement.columns().length > 0) return { rows: statement.all(...values) as R[] };
      return { rows: [], numAffectedRows: BigInt(statement.run(...values).changes) };
    },
    exec: (sql) => database.exec(sql),
    close: () => database.close(),
  };
}

/** Runs an attempt again and again while other processes hold the lock, without blocking the event loop. */
type Patience = <T>(attempt: () => T, since?: number) => Promise<T>;

/** One for all who wait for the same lock, so that a hundred of them do not give up one after the other. */
function createPatience(): Patience {
  let lockedSince: number | undefined;
  return async (attempt, since = performance.now()) => {
    for (let wait = 1; ; wait = Math.min(wait * 2, LONGEST_PAUSE_MS)) {
      try {
        const result = attempt();
        lockedSince = undefined;
        return result;
      } catch (error) {
        if (findDatabaseFault(error) !== 'locked') throw error;
        const now = performance.now();
        lockedSince ??= now;
        if (now > lockedSince + BUSY_LIMIT_MS && now > since + LATE_LIMIT_MS) throw error;
      }
      await pause(wait * (0.5 + Math.random()));
    }
  };
}
