import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type DatabaseConnection, DummyDriver, type QueryResult, sql } from 'kysely';
import { TYPES } from 'tedious';
import { insertOnce, openDatabase, requireSetUp } from '../../db/dialect.ts';
import { findDatabaseFault } from '../../db/faults.ts';
import { createKeyring } from '../../db/keyring.ts';
import { appendLog } from '../../db/log.ts';
import { mssqlDialect } from '../../db/mssql.ts';
import { createServerDriver, fitType, mayTakeLong } from '../../db/mssql-connection.ts';
import { parseServerUrl } from '../../db/mssql-url.ts';
import type { Statement } from '../../db/on-paper.ts';
import { findOrder, getOrder, moveOrder } from '../../db/orders.ts';
import { takeControlNumber } from '../../db/outbox.ts';
import { closeStore, inTransaction, openStore, type Store } from '../../db/store.ts';
import { onSqlite } from '../support/database.ts';
import { givenOrder, openTestStore, type TestStore } from '../support/store.ts';

const AT = '2026-11-23T10:00:00.000Z';
const URL_OF = 'mssql://app:s3cret@db.example:1433/orders';
const ENTRY = { stepKey: 'parse:1', at: AT, actor: 'worker', action: 'order.parsed' };

type Answer = Partial<QueryResult<unknown>>;

/** What SQL Server answers to a statement, or throws. */
type Script = (statement: Statement, asked: readonly Statement[]) => Answer | undefined;

/** A SQL Server that answers as it is told, as a race or a deadlock cannot be had when a test wants it. */
function openScripted(script: Script, commit = (): Promise<void> => Promise.resolve()) {
  const asked: Statement[] = [];
  const connection: DatabaseConnection = {
    executeQuery: async <R>(statement: Statement) => {
      asked.push(statement);
      return { rows: [], numAffectedRows: 1n, ...script(statement, asked) } as QueryResult<R>;
    },
    streamQuery() {
      throw new Error('nothing streams');
    },
  };
  const driver = new DummyDriver();
  driver.acquireConnection = () => Promise.resolve(connection);
  driver.commitTransaction = commit;
  const db = openDatabase({ ...mssqlDialect(URL_OF), createDriver: () => driver });
  const store: Store = { db, keys: createKeyring() };
  return { store, asked };
}

const failWith = (more: { readonly number?: number; readonly code?: string }): never => {
  throw Object.assign(new Error('as the server says it'), more);
};

describe('the URL of a SQL Server', () => {
  const server = {
    host: 'db.example', port: 1433, database: 'orders', user: 'app', password: 's3cret', encrypt: true, trustServerCertificate: false,
  }; // prettier-ignore

  test('means an encrypted connection to a server whose certificate is checked', () => {
    expect(parseServerUrl(URL_OF)).toEqual(server);
    expect(parseServerUrl('mssql://app:s3cret@db.example/orders')).toEqual(server);
  });

  test('may ask for less, or for more', () => {
    const trusting = `${URL_OF}?encrypt=false&trustServerCertificate=true`;
    expect(parseServerUrl(trusting)).toEqual({ ...server, encrypt: false, trustServerCertificate: true });
    expect(parseServerUrl(`${URL_OF}?encrypt=strict`)).toEqual({ ...server, encrypt: 'strict' });
  });

  test('takes any character in a password, and an IPv6 address', () => {
    expect(parseServerUrl('mssql://app:%23a%2F%40%25@[::1]:14330/my%20orders')).toMatchObject({
      host: '::1',
      port: 14_330,
      password: '#a/@%',
      database: 'my orders',
    });
  });

  test.each([
    ['mssql://app:s3cret#1@db.example/orders', /is no URL; in user and password write # .* as %23/],
    ['mssql://app:s3cret%@db.example/orders', /a % that is not followed by two hexadecimal digits/],
    ['mssql://app:s3cret@db.example', /lacks the database/],
    ['mssql://app@db.example/orders', /lacks the password/],
    ['mssql://:s3cret@db.example/orders', /lacks the user/],
    ['mssql:///orders', /lacks the host/],
    ['mssql://app:s3cret@db.example/orders?encypt=true', /does not know "encypt"; there are encrypt and trust/],
    ['mssql://app:s3cret@db.example/orders?encrypt=no', /"encrypt" is true or false or strict/],
  ])('%s is refused with what is wrong, and without the password', (url, message) => {
    const open = () => openStore(url, createKeyring());
    expect(open).toThrow(/^DATABASE_URL: /);
    expect(open).toThrow(message);
    expect(open).not.toThrow(/s3cret/);
  });
});

describe('a server that cannot be reached', () => {
  test('is named at the first statement, at once and without the password', async () => {
    const listener = createServer().listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port } = listener.address() as AddressInfo;
    listener.close();
    await once(listener, 'close');

    const store = openStore(`mssql://app:s3cret@127.0.0.1:${String(port)}/orders`, createKeyring());
    const error: unknown = await inTransaction(store, (tx) => findOrder(tx, 'o')).catch((reason: unknown) => reason);
    await closeStore(store);
    const reason = `connect ECONNREFUSED 127.0.0.1:${String(port)}`;
    expect(String(error)).toBe(`StoreUnusable: SQL Server at 127.0.0.1:${String(port)} cannot be reached: ${reason}`);
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('s3cret');
    expect(findDatabaseFault(error)).toBe('unreachable');
  });
});

describe('a statement', () => {
  test.each([
    'create index "ix_orders_state" on "orders" ("state")',
    'alter table "orders" add "gate" varchar(200)',
    "declare @answer int; exec @answer = sp_getapplock @Resource = 'order-staging migrations'",
  ])('that changes the schema may take as long as it needs: %s', (text) => expect(mayTakeLong(text)).toBe(true));

  test.each(['select * from "orders"', 'update "orders" set "state" = @1', 'insert into "orders" ("id") values (@1)'])(
    'of the daily work may not: %s',
    (text) => expect(mayTakeLong(text)).toBe(false),
  );
});

describe('a parameter', () => {
  test('of ASCII is of the type of the keys, others are Unicode', () => {
    expect(fitType(TYPES.NVarChar, 'order:0193')).toEqual([TYPES.VarChar, 8000]);
    expect(fitType(TYPES.NVarChar, 'Zoë')).toEqual([TYPES.NVarChar, 4000]);
    expect(fitType(TYPES.Int, 5)).toEqual([TYPES.Int, undefined]);
  });

  test('of any length is declared alike, up to the length that a page can hold', () => {
    expect(fitType(TYPES.NVarChar, '')).toEqual([TYPES.VarChar, 8000]);
    expect(fitType(TYPES.NVarChar, 'a'.repeat(8001))).toEqual([TYPES.VarChar, undefined]);
    expect(fitType(TYPES.NVarChar, 'ë'.repeat(4001))).toEqual([TYPES.NVarChar, undefined]);
    expect(fitType(TYPES.VarBinary, Buffer.alloc(8000))).toEqual([TYPES.VarBinary, 8000]);
    expect(fitType(TYPES.NVarChar, new Uint8Array(8001))).toEqual([TYPES.VarBinary, undefined]);
  });
});

describe('insertOnce', () => {
  const insert = (script: Script) =>
    insertOnce(openScripted(script).store.db, 'control_numbers', { source: 'a', kind: 'group', last_value: 1 });

  test('inserts what is not there', async () => {
    expect(await insert(() => ({ numAffectedRows: 1n }))).toBe(true);
  });

  test.each([
    ['a constraint', 2627],
    ['a unique index', 2601],
  ])('takes the violation of %s as “already there”, by its number', async (_what, number) => {
    expect(await insert(() => failWith({ number }))).toBe(false);
  });

  test('passes on whatever else is wrong', async () => {
    await expect(insert(() => failWith({ number: 547 }))).rejects.toThrow('as the server says it');
    await expect(insert(() => failWith({}))).rejects.toThrow('as the server says it');
  });
});

describe('a transaction', () => {
  /** Fails the first `times` runs. */
  const failing = (times: number, how: Parameters<typeof failWith>[0]) => {
    let runs = 0;
    const { store } = openScripted(() => {
      runs += 1;
      return runs <= times ? failWith(how) : { rows: [{ id: 'o' }] };
    });
    const find = inTransaction(store, (tx) => findOrder(tx, 'o'));
    return find.then(
      (found) => ({ found, runs }),
      (error: unknown) => ({ error, runs }),
    );
  };

  test.each([
    ['is the victim of a deadlock', { number: 1205 }],
    ['lost a race for a key', { number: 2627 }],
    ['lost a race for a unique index', { number: 2601 }],
    ['met a database that is moved', { number: 40_613 }],
    ['lost its connection', { code: 'ESOCKET' }],
  ])('that %s runs again', async (_what, how) => {
    expect(await failing(2, how)).toEqual({ found: { id: 'o' }, runs: 3 });
  });

  test('runs 5 times at most, and then fails as it did', async () => {
    expect(await failing(9, { number: 1205 })).toMatchObject({ error: { number: 1205 }, runs: 5 });
  });

  test.each([
    ['a broken rule', { number: 547 }],
    ['a statement that took too long', { code: 'ETIMEOUT' }],
    ['an error of ours', {}],
  ])('does not run again after %s', async (_what, how) => {
    expect(await failing(1, how)).toMatchObject({ error: how, runs: 1 });
  });

  test('whose connection was lost at the commit is not run again: it may have happened', async () => {
    let commits = 0;
    const { store } = openScripted(
      () => undefined,
      async () => {
        commits += 1;
        failWith({ code: 'ESOCKET' });
      },
    );
    await expect(inTransaction(store, (tx) => findOrder(tx, 'o'))).rejects.toThrow('as the server says it');
    expect(commits).toBe(1);
  });
});

describe('an entry of the audit trail', () => {
  const isInsert = ({ sql }: Statement) => sql.startsWith('insert into "order_processing_log"');

  test('is chained on to the one that another transaction was quicker to write', async () => {
    let last = { sequence: 4, mac: 'mac-4' };
    const { store, asked } = openScripted((statement) => {
      if (statement.sql.startsWith('select top(1) "sequence", "mac"')) return { rows: [last] };
      if (!isInsert(statement) || last.sequence === 5) return undefined;
      last = { sequence: 5, mac: 'mac-5' };
      return failWith({ number: 2627 });
    });
    await inTransaction(store, (tx) => appendLog(tx, 'order:o', ENTRY));
    const [lost, won] = asked.filter(isInsert).map((statement) => statement.parameters);
    expect(lost).toEqual(expect.arrayContaining([5, 'mac-4']));
    expect(won).toEqual(expect.arrayContaining([6, 'mac-5']));
  });

  test('of a step that is there already is left as it is', async () => {
    const { store, asked } = openScripted((statement) => {
      if (statement.sql.startsWith('select top(1) "sequence", "mac"')) return { rows: [{ sequence: 4, mac: 'mac-4' }] };
      if (isInsert(statement)) return failWith({ number: 2601 });
      return { rows: [{ sequence: 3 }] };
    });
    await inTransaction(store, (tx) => appendLog(tx, 'order:o', ENTRY));
    expect(asked.filter(isInsert)).toHaveLength(1);
  });
});

describe('what SQL Server answers', () => {
  test('has instants as text, to the millisecond', async () => {
    const { store } = openScripted(() => ({ rows: [{ id: 'o', received_at: new Date(AT), terminal_at: null }] }));
    expect(await findOrder(store, 'o')).toEqual({ id: 'o', received_at: AT, terminal_at: null });
  });

  test('tells whether readers wait for writers; if they do, the way out is told', async () => {
    const { store } = openScripted(() => ({ rows: [{ name: 'orders', versions: false }] }));
    await expect(requireSetUp(store.db)).rejects.toThrow(
      'run: alter database [orders] set read_committed_snapshot on with rollback immediate',
    );
    const { store: other } = openScripted(() => ({ rows: [{ name: 'orders', versions: true }] }));
    await expect(requireSetUp(other.db)).resolves.toBeUndefined();
  });
});

const describeServer = onSqlite ? describe.skip : describe;

describeServer('on a server (that of TEST_MSSQL_URL)', () => {
  let house: TestStore;
  beforeAll(async () => void (house = await openTestStore()));
  afterAll(() => house.close());

  const changed = (change: (url: URL) => void): string => {
    const url = new URL(house.url);
    change(url);
    return url.href;
  };
  const complaintOf = async (url: string): Promise<string> => {
    const store = openStore(url, createKeyring());
    const error: unknown = await findOrder(store, 'o').catch((reason: unknown) => reason);
    await closeStore(store);
    return String(error);
  };

  test('a wrong password and a database that is not there are told apart from a server that is away', async () => {
    const password = new URL(house.url).password;
    const wrong = await complaintOf(changed((url) => (url.password = 'not-the-password')));
    expect(wrong).toMatch(/SQL Server at \S+ refuses the login of "/);
    expect(wrong).not.toContain('not-the-password');
    const nowhere = await complaintOf(changed((url) => (url.pathname = '/order_staging_nowhere')));
    expect(nowhere).toMatch(/SQL Server at \S+ (has no database "order_staging_nowhere"|refuses the login of)/);
    expect(nowhere).not.toContain(password);
  });

  test('a connection has the options that indexes with a filter need, and others to be written beside them', async () => {
    const options = ['QUOTED_IDENTIFIER', 'ANSI_NULLS', 'ANSI_PADDING', 'ANSI_WARNINGS', 'ARITHABORT', 'CONCAT_NULL_YIELDS_NULL']; // prettier-ignore
    for (const option of options) {
      const { rows } = await sql<{ is: number }>`select sessionproperty(${option}) as "is"`.execute(house.store.db);
      expect({ option, is: Number(rows[0]?.is) }).toEqual({ option, is: 1 });
    }
  });

  test('who gets no connection, because all are taken, learns that the database does not answer', async () => {
    const driver = createServerDriver(parseServerUrl(house.url), 3000);
    await driver.init();
    const all = await Promise.all(Array.from({ length: 10 }, () => driver.acquireConnection()));
    const error: unknown = await driver.acquireConnection().catch((reason: unknown) => reason);
    expect(String(error)).toBe('Error: no connection to SQL Server could be had in time');
    expect(findDatabaseFault(error)).toBe('unreachable');
    for (const connection of all) await driver.releaseConnection(connection);
    await driver.destroy();
  });

  test('a deadlock ends with both transactions done', async () => {
    const numbers = ['one', 'other'] as const;
    for (const source of numbers) await inTransaction(house.store, (tx) => takeControlNumber(tx, source, 'group'));
    let runs = 0;
    let arrive: () => void;
    const bothHaveOne = new Promise<void>((resolve) => (arrive = resolve));
    const takeBoth = (first: 'one' | 'other', second: 'one' | 'other') =>
      inTransaction(house.store, async (tx) => {
        await takeControlNumber(tx, first, 'group');
        if ((runs += 1) === 2) arrive();
        await bothHaveOne;
        return takeControlNumber(tx, second, 'group');
      });
    await Promise.all([takeBoth('one', 'other'), takeBoth('other', 'one')]);
    expect(runs).toBe(3);
    const rows = await house.store.db.selectFrom('control_numbers').select('last_value').execute();
    expect(rows).toEqual([{ last_value: 3 }, { last_value: 3 }]);
  });

  test('a transaction that failed leaves nothing behind on its connection', async () => {
    const { db } = house.store;
    const open = async () => (await sql<{ open: number }>`select @@trancount as "open"`.execute(db)).rows[0]?.open;
    for (let i = 0; i < 30; i += 1) {
      const failing = inTransaction(house.store, async (tx) => {
        await takeControlNumber(tx, 'failing', 'group');
        await sql`select * from nowhere`.execute(tx.db);
      });
      await expect(failing).rejects.toThrow(/nowhere/);
      expect(await open()).toBe(0);
    }
    expect(await db.selectFrom('control_numbers').select('source').where('source', '=', 'failing').execute()).toEqual(
      [],
    );
  });

  test('an insert that meets a key leaves its transaction as it was', async () => {
    await inTransaction(house.store, async (tx) => {
      const insert = (source: string) => insertOnce(tx.db, 'control_numbers', { source, kind: 'group', last_value: 7 });
      expect([await insert('kept'), await insert('kept'), await insert('kept-too')]).toEqual([true, false, true]);
    });
    const kept = house.store.db.selectFrom('control_numbers').select('source').where('source', 'like', 'kept%');
    expect(await kept.execute()).toHaveLength(2);
  });

  test('two who decide by the same order take turns: the second sees what the first did', async () => {
    const { rows } = await sql<{ version: string }>`select @@version as version`.execute(house.store.db);
    // Locks on rows that are read are ignored there; SQL Server itself takes them.
    if (rows[0]?.version.includes('Babelfish')) return;
    const { id: orderId } = await givenOrder(house.store, { state: 'in_review' });
    const decide = (to: 'validated' | 'cancelled') =>
      inTransaction(house.store, async (tx) => {
        const { state } = await getOrder(tx, orderId);
        await new Promise((done) => setTimeout(done, 50));
        if (state === 'in_review') await moveOrder(tx, { orderId, revision: 1 }, ['in_review'], to, AT);
        return state;
      });
    const seen = await Promise.all([decide('validated'), decide('cancelled')]);
    expect(seen.toSorted()[0]).not.toBe(seen.toSorted()[1]);
    expect(seen).toContain('in_review');
  });
});
