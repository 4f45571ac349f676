import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';

/* eslint-disable @typescript-eslint/no-unnecessary-type-parameters -- only who writes a statement knows its rows */

/** The reference server's own database. Whole numbers come back as bigint. */
export interface Store {
  get<Row>(sql: string, ...values: SQLInputValue[]): Row | undefined;
  all<Row>(sql: string, ...values: SQLInputValue[]): Row[];
  run(sql: string, ...values: SQLInputValue[]): bigint;
  /** Runs `work` in one writing transaction: all of it is kept, or none. */
  write<Result>(work: () => Result): Result;
  close(): void;
}

/*
 * Amounts and quantities are ten-thousandths (see amounts.ts). `credit_taken` and `taken` are running totals of what
 * reservations and live production orders hold: the facts are asked for on every order and must not get slower as
 * orders pile up. They change only in the transaction that changes what they add up.
 */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS customer (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, status TEXT NOT NULL, currency TEXT NOT NULL,
    credit_limit INTEGER NOT NULL, credit_open INTEGER NOT NULL, credit_taken INTEGER NOT NULL DEFAULT 0,
    price_list TEXT NOT NULL, profile TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS product (
    sku TEXT PRIMARY KEY, name TEXT NOT NULL, unit TEXT NOT NULL, gtin TEXT NOT NULL, active INTEGER NOT NULL,
    pack_size INTEGER, buyers TEXT
  ) STRICT;
  CREATE TABLE IF NOT EXISTS stock (
    sku TEXT NOT NULL, warehouse TEXT NOT NULL, on_hand INTEGER NOT NULL, taken INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (sku, warehouse)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS product_code (code TEXT PRIMARY KEY, sku TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS price (
    price_list TEXT NOT NULL, sku TEXT NOT NULL, minimum INTEGER NOT NULL, unit_price INTEGER NOT NULL,
    PRIMARY KEY (price_list, sku, minimum)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE IF NOT EXISTS reservation (
    order_id TEXT PRIMARY KEY, revision INTEGER NOT NULL, state TEXT NOT NULL CHECK (state IN ('held', 'consumed')),
    customer_id TEXT NOT NULL, amount INTEGER NOT NULL, allowed TEXT NOT NULL, terms TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS reservation_line (
    order_id TEXT NOT NULL, position INTEGER NOT NULL, line TEXT NOT NULL, quantity INTEGER NOT NULL,
    PRIMARY KEY (order_id, position)
  ) STRICT, WITHOUT ROWID;
  -- What is held for which line of a reservation or a production order; what of the line is not, waits.
  CREATE TABLE IF NOT EXISTS allocation (
    holder TEXT NOT NULL, position INTEGER NOT NULL, warehouse TEXT NOT NULL, sku TEXT NOT NULL,
    quantity INTEGER NOT NULL, PRIMARY KEY (holder, position, warehouse)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS released (order_id TEXT PRIMARY KEY, revision INTEGER NOT NULL) STRICT;

  CREATE TABLE IF NOT EXISTS production_order (
    number INTEGER PRIMARY KEY AUTOINCREMENT, order_id TEXT NOT NULL, revision INTEGER NOT NULL,
    customer_id TEXT NOT NULL, po_number TEXT NOT NULL, currency TEXT NOT NULL, total INTEGER NOT NULL,
    terms TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'in_production', 'cancelled'))
  ) STRICT;
  -- The promise of the whole house: an order is produced once.
  CREATE UNIQUE INDEX IF NOT EXISTS one_live_production_order ON production_order (order_id) WHERE state <> 'cancelled';
  CREATE TABLE IF NOT EXISTS production_line (
    number INTEGER NOT NULL, position INTEGER NOT NULL, line TEXT NOT NULL, sku TEXT NOT NULL,
    quantity INTEGER NOT NULL, unit_price TEXT NOT NULL, amount TEXT NOT NULL, PRIMARY KEY (number, position)
  ) STRICT, WITHOUT ROWID;
  -- Which lines a customer bought of a product, so that the latest are found without reading the others.
  CREATE TABLE IF NOT EXISTS purchase (
    customer_id TEXT NOT NULL, sku TEXT NOT NULL, number INTEGER NOT NULL, position INTEGER NOT NULL,
    PRIMARY KEY (customer_id, sku, number, position)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS submission (
    order_id TEXT NOT NULL, revision INTEGER NOT NULL, state TEXT NOT NULL CHECK (state IN ('accepted', 'cancelled')),
    number INTEGER, fingerprint TEXT, PRIMARY KEY (order_id, revision)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS submission_by_number ON submission (number);
`;

/** Grows with the schema: a reference server has nothing that would be worth to be migrated. */
const SCHEMA_VERSION = 2;

/**
 * Opens the store, making it if the file is new. `:memory:` keeps nothing.
 *
 * `synchronous=FULL`: whoever lost an answer asks for the status and believes it, so an accepted order must outlive a
 * power cut too, which `NORMAL` does not promise in WAL mode. It costs one flush to disk a write, about 0.2 ms on an SSD.
 * @see https://www.sqlite.org/pragma.html#pragma_synchronous
 * @throws Error if the file is of another version
 */
export function openStore(path: string): Store {
  const database = new DatabaseSync(path, { readBigInts: true, timeout: 2000 });
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
  try {
    writeAtOnce(database, () => setUp(database, path));
  } catch (error) {
    database.close();
    throw error;
  }
  const prepare = rememberStatements(database);
  return {
    get: <Row>(sql: string, ...values: SQLInputValue[]) => prepare(sql).get(...values) as Row | undefined,
    all: <Row>(sql: string, ...values: SQLInputValue[]) => prepare(sql).all(...values) as Row[],
    run: (sql, ...values) => BigInt(prepare(sql).run(...values).lastInsertRowid),
    write: (work) => writeAtOnce(database, work),
    close: () => {
      database.close();
    },
  };
}

function setUp(database: DatabaseSync, path: string): void {
  const isNew = database.prepare('SELECT name FROM sqlite_schema LIMIT 1').get() === undefined;
  const version = database.prepare('PRAGMA user_version').get()?.['user_version'];
  if (!isNew && version !== BigInt(SCHEMA_VERSION)) {
    throw new Error(
      `${path} is the store of another version of the reference server: move it away to begin with the data set`,
    );
  }
  database.exec(SCHEMA);
  database.exec(`PRAGMA user_version = ${String(SCHEMA_VERSION)}`);
}

function rememberStatements(database: DatabaseSync): (sql: string) => StatementSync {
  const statements = new Map<string, StatementSync>();
  return (sql) => {
    const known = statements.get(sql);
    if (known !== undefined) return known;
    const statement = database.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
}

/** IMMEDIATE takes the write lock before anything is read, so that no other process can change what was checked. */
function writeAtOnce<Result>(database: DatabaseSync, work: () => Result): Result {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}
