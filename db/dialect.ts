import {
  type Dialect,
  type DialectAdapter,
  HandleEmptyInListsPlugin,
  type Insertable,
  Kysely,
  type KyselyPlugin,
  MssqlAdapter,
  MssqlQueryCompiler,
  RawNode,
  replaceWithNoncontingentExpression,
  type SelectQueryBuilder,
  type SelectQueryNode,
  sql,
  SqliteQueryCompiler,
  TopNode,
  ValueNode,
} from 'kysely';
import { StoreUnusable } from './faults.ts';
import type { Tables } from './tables.ts';

/**
 * The one place where the databases differ: SQLite, which is embedded, and SQL Server. Statements are written once.
 *
 * ## How transactions that meet are kept apart
 *
 * SQLite has one writer at a time, so nothing changes under a transaction. SQL Server runs transactions side by side, and
 * each statement sees what is committed when it begins (READ_COMMITTED_SNAPSHOT). Its isolation level SERIALIZABLE would
 * give SQLite's picture, but by locks on ranges of keys: ids grow with time, so all new orders lie in the same range at the
 * end of each index, and would wait for one another and deadlock. Instead:
 *
 * 1. **A row that a transaction decides by is locked when it is read** ({@link lockRows}): order, document, decision, open
 *    review. Two steps on one order take turns, and the second sees what the first did.
 * 2. **What may be there once has a unique key.** {@link insertOnce} waits for the other transaction that inserts the same
 *    key, and tells that the row is there. Where a plain insert meets the key, the row was looked for before and not there:
 *    a race was lost. The transaction runs again (`inTransaction`) and finds the other's row: `acceptDocument`, `openReview`.
 * 3. **What is changed only if it is as believed is changed by one conditional update**, whose count is looked at:
 *    `moveOrder`, `claimReview`, `claimPurchaseOrder`. Two updates of a row take turns, and the second sees the first.
 * 4. **A number that follows the last one**: a control number is an update of its row, so takers queue up for it. The audit
 *    trail has no row to queue at; (subject, sequence) is unique, and who comes second chains on to the one who was first
 *    (`appendLog`).
 * 5. **What reaches beyond the tables takes turns by name**: the files of the anchors, and the schema ({@link takeTurn}). So
 *    do changes of rules, of which each judgement must see all up to the one that it names.
 * 6. **A deadlock has a victim**, whose transaction SQL Server took back: it runs again. Work in a transaction is therefore
 *    statements only, keyed by order, revision and step.
 */

/** Whether the statements of a database are for SQL Server. */
function isSqlServer(db: { getExecutor(): { readonly adapter: DialectAdapter } }): boolean {
  return db.getExecutor().adapter instanceof MssqlAdapter;
}

/** Binary, so that text is compared and sorted by its code points, as in SQLite: case counts, and ids page in one order. */
const BINARY = 'collate Latin1_General_100_BIN2';

const SQLITE_TYPES = {
  id: sql`text`,
  code: sql`text`,
  text: sql`text`,
  longText: sql`text`,
  instant: sql`text`,
  integer: sql`integer`,
  bytes: sql`blob`,
};

/** Keys are VARCHAR: they are ASCII, and half as long. Only what has a length can be part of an index. */
const SQL_SERVER_TYPES: typeof SQLITE_TYPES = {
  id: sql.raw(`varchar(100) ${BINARY}`),
  code: sql.raw(`varchar(200) ${BINARY}`),
  text: sql.raw(`nvarchar(200) ${BINARY}`),
  longText: sql.raw(`nvarchar(max) ${BINARY}`),
  instant: sql`datetime2(3)`,
  integer: sql`int`,
  bytes: sql`varbinary(max)`,
};

/**
 * Column types by meaning, for the migrations.
 * - `id`: UUID, or name of a source, person, customer or rule, with or without its kind (`order:<id>`): ASCII, at most 100.
 * - `code`: word of a closed list, hash, step key, amount, date: ASCII, at most 200.
 * - `text`: short text from outside that can be searched: at most 200 characters.
 * - `longText`: any text, JSON; not to be searched.
 * - `instant`: UTC, ISO 8601 with milliseconds.
 */
export function columnTypesFor(db: Parameters<typeof isSqlServer>[0]): typeof SQLITE_TYPES {
  return isSqlServer(db) ? SQL_SERVER_TYPES : SQLITE_TYPES;
}

/** A database of a dialect: `in ()` holds nothing, and instants are ISO 8601 text. */
export function openDatabase(dialect: Dialect): Kysely<Tables> {
  const emptyLists = new HandleEmptyInListsPlugin({ strategy: replaceWithNoncontingentExpression });
  const plugins = dialect.createAdapter() instanceof MssqlAdapter ? [emptyLists, instantsAsText] : [emptyLists];
  return new Kysely<Tables>({ dialect, plugins });
}

/** DATETIME2 is written as text, and read as a `Date`. */
const instantsAsText: KyselyPlugin = {
  transformQuery: ({ node }) => node,
  transformResult: ({ result }) => {
    for (const row of result.rows) {
      for (const [column, value] of Object.entries(row)) if (value instanceof Date) row[column] = value.toISOString();
    }
    return Promise.resolve(result);
  },
};

/** Drops an index; for the migrations. */
export async function dropIndex(db: Kysely<unknown>, table: string, index: string): Promise<void> {
  const drop = db.schema.dropIndex(index);
  await (isSqlServer(db) ? drop.on(table) : drop).execute();
}

/** Inserts a row unless its key is there already; tells whether it was inserted. */
export async function insertOnce<T extends keyof Tables>(
  db: Kysely<Tables>,
  table: T,
  row: Insertable<Tables[T]>,
): Promise<boolean> {
  const insert = db.insertInto(table).values(row);
  if (isSqlServer(db)) return didInsert(insert.execute());
  const result = await insert.onConflict((conflict) => conflict.doNothing()).executeTakeFirst();
  return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

/** SQL Server has no `ON CONFLICT`. The violation takes back the statement, not the transaction, as XACT_ABORT is off. */
async function didInsert(insert: Promise<unknown>): Promise<boolean> {
  try {
    await insert;
    return true;
  } catch (error) {
    if (isAlreadyThere(error)) return false;
    throw error;
  }
}

/** The first `count` rows of a query. */
export function first<DB, TB extends keyof DB, O>(
  query: SelectQueryBuilder<DB, TB, O>,
  count: number,
): SelectQueryBuilder<DB, TB, O> {
  return query.limit(count);
}

/** A query that goes by this index, whatever a planner would choose. Where there is no such index, it fails. */
export function selectByIndex<T extends keyof Tables>(
  db: Kysely<Tables>,
  table: T,
  index: string,
): ReturnType<typeof db.selectFrom<T>> {
  const hint = isSqlServer(db) ? sql`with (index(${sql.ref(index)}))` : sql`indexed by ${sql.ref(index)}`;
  // Both dialects have the hint behind the alias. It does not change what the table looks like to kysely.
  return db.selectFrom(sql`${sql.table(table)}`.as(sql`${sql.table(table)} ${hint}`) as unknown as T);
}

/**
 * In a transaction, keeps the rows that it decides by from other transactions until it ends; outside of one, only reads.
 * A transaction of SQLite that writes has the whole database to itself.
 */
export function lockRows<DB, TB extends keyof DB, O>(
  db: Kysely<DB>,
  query: SelectQueryBuilder<DB, TB, O>,
): SelectQueryBuilder<DB, TB, O> {
  return db.isTransaction ? query.forUpdate() : query;
}

/** SQL for SQLite: what a transaction reads is locked from its beginning. */
export class SqliteCompiler extends SqliteQueryCompiler {
  protected override visitSelectQuery(node: SelectQueryNode): void {
    super.visitSelectQuery(withoutLock(node));
  }
}

/** SQL for SQL Server. */
export class SqlServerCompiler extends MssqlQueryCompiler {
  protected override visitSelectQuery(node: SelectQueryNode): void {
    super.visitSelectQuery(withTop(isLocking(node) ? withLock(withoutLock(node)) : node));
  }

  /** As a parameter a null has a type, and that of a text does not fit VARBINARY. */
  protected override appendValue(value: unknown): void {
    if (value === null) this.append('null');
    else super.appendValue(value);
  }
}

function isLocking(node: SelectQueryNode): boolean {
  return node.endModifiers?.some((modifier) => modifier.modifier === 'ForUpdate') ?? false;
}

function withoutLock({ endModifiers, ...node }: SelectQueryNode): SelectQueryNode {
  const others = endModifiers?.filter((modifier) => modifier.modifier !== 'ForUpdate') ?? [];
  return others.length > 0 ? { ...node, endModifiers: others } : node;
}

/** @see https://learn.microsoft.com/en-us/sql/t-sql/queries/hints-transact-sql-table */
function withLock({ from, ...node }: SelectQueryNode): SelectQueryNode {
  if (!from) return node;
  const froms = from.froms.map((table) => RawNode.create(['', ' with (updlock, rowlock)'], [table]));
  return { ...node, from: { ...from, froms } };
}

/** SQL Server has no LIMIT. The number is part of the text, so that plans are made for pages of that size. */
function withTop({ limit, ...node }: SelectQueryNode): SelectQueryNode {
  if (!limit) return node;
  if (!ValueNode.is(limit.limit)) throw new Error('a limit is a number');
  return { ...node, top: TopNode.create(limit.limit.value as number) };
}

/** {@link takeTurn} is in place of kysely's own lock, which only an owner of the database may take. */
export class SqlServerAdapter extends MssqlAdapter {
  override acquireMigrationLock(): Promise<void> {
    return Promise.resolve();
  }

  override releaseMigrationLock(): Promise<void> {
    return Promise.resolve();
  }
}

/**
 * Lets one transaction after the other do something that only one may do at a time; held until its end. A transaction of
 * SQLite that writes has the whole database to itself.
 */
export async function takeTurn(tx: Kysely<Tables>, work: 'migrations' | 'anchors' | 'rules'): Promise<void> {
  if (!isSqlServer(tx)) return;
  // @see https://learn.microsoft.com/en-us/sql/relational-databases/system-stored-procedures/sp-getapplock-transact-sql
  await sql`
    declare @answer int;
    exec @answer = sp_getapplock @Resource = ${`order-staging ${work}`}, @LockMode = 'Exclusive', @LockOwner = 'Transaction';
    if @answer < 0 throw 50000, 'an application lock was not granted', 1;`.execute(tx);
}

/** Names of all indexes. */
export async function listIndexes(db: Kysely<Tables>): Promise<string[]> {
  const names = isSqlServer(db)
    ? sql<{ name: string }>`select name from sys.indexes where name is not null`
    : sql<{ name: string }>`select name from sqlite_schema where type = 'index'`;
  return (await names.execute(db)).rows.map(({ name }) => name);
}

/** @throws StoreUnusable if the database is set up so that readers and writers would wait for each other. */
export async function requireSetUp(db: Kysely<Tables>): Promise<void> {
  if (!isSqlServer(db)) return;
  const { rows } = await sql<{ name: string; versions: boolean | number }>`
    select name, is_read_committed_snapshot_on as versions from sys.databases where database_id = db_id()`.execute(db);
  const [database] = rows;
  if (database && !database.versions) {
    const statement = `alter database [${database.name}] set read_committed_snapshot on with rollback immediate`;
    throw new StoreUnusable(`the database needs READ_COMMITTED_SNAPSHOT; let its owner run: ${statement}`);
  }
}

/** Violation of a constraint and of a unique index. */
const ALREADY_THERE: readonly unknown[] = [2627, 2601];
/** Victim of a deadlock; and, of Azure SQL, the database moves or has too much to do. */
const TAKEN_BACK: readonly unknown[] = [1205, 40197, 40501, 40613, 49918, 49919, 49920];
/** The connection was lost; the server takes back what was not committed. */
const LOST: readonly unknown[] = ['ESOCKET', 'ECLOSE', 'EINVALIDSTATE'];

/** By number, as texts are in the server's language. */
function isAlreadyThere(error: unknown): boolean {
  return ALREADY_THERE.includes((error as { number?: unknown } | null)?.number);
}

/**
 * Whether a transaction that failed may do better when it runs again. Never so on SQLite, whose errors have no number.
 * @param done whether its work was done: of a connection that was lost at the commit nobody knows whether it was made.
 */
export function mayRunAgain(error: unknown, done: boolean): boolean {
  const { number, code } = (error ?? {}) as { number?: unknown; code?: unknown };
  return isAlreadyThere(error) || TAKEN_BACK.includes(number) || (!done && LOST.includes(code));
}
