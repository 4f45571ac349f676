import { describe, expect, test } from '@jest/globals';
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  DummyDriver,
  Kysely,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { listUntoldDecisions } from '../../db/decisions.ts';
import { insertOnce } from '../../db/dialect.ts';
import { listUnfinishedDocuments } from '../../db/documents.ts';
import { listSelfClearing } from '../../db/holds.ts';
import { createKeyring } from '../../db/keyring.ts';
import { listUnfinishedOrders, searchOrders } from '../../db/order-search.ts';
import { moveOrder } from '../../db/orders.ts';
import { listDueOutbox } from '../../db/outbox.ts';
import type { Principal } from '../../db/principals.ts';
import { claimReview, listReviews } from '../../db/reviews.ts';
import type { Store } from '../../db/store.ts';
import type { Tables } from '../../db/tables.ts';

type Statement = Pick<CompiledQuery, 'sql' | 'parameters'>;

/** A database of one dialect that is not there: it keeps what it was asked. */
type Deaf = (asked: Statement[]) => Dialect;

const sqlite: Deaf = (asked) => ({
  createAdapter: () => new SqliteAdapter(),
  createDriver: () => listening(asked),
  createIntrospector: (db) => new SqliteIntrospector(db),
  createQueryCompiler: () => new SqliteQueryCompiler(),
});

function listening(asked: Statement[]): DummyDriver {
  const driver = new DummyDriver();
  driver.acquireConnection = (): Promise<DatabaseConnection> =>
    Promise.resolve({
      executeQuery({ sql, parameters }) {
        asked.push({ sql, parameters });
        return Promise.resolve({ rows: [] });
      },
      streamQuery() {
        throw new Error('nothing streams');
      },
    });
  return driver;
}

/** What a call of a statement says to the database of a dialect. */
async function ask(dialect: Deaf, call: (store: Store) => Promise<unknown>): Promise<Statement[]> {
  const asked: Statement[] = [];
  await call({ db: new Kysely<Tables>({ dialect: dialect(asked) }), keys: createKeyring() });
  return asked;
}

const oneLine = (text: string): string => text.trim().replace(/\s*\n\s*/g, ' ');

const T1 = '2026-11-23T10:00:00.000Z';
const T2 = '2026-11-23T10:15:00.000Z';
const limited: Principal = { id: 'ravi', roles: ['reviewer'], sources: ['web-shop', 'desk'], customers: ['C-1'] };

/** The statements that much depends on: what they are called with, and the SQL of each dialect. */
const cases: { what: string; call: (store: Store) => Promise<unknown>; parameters: unknown[]; sqlite: string }[] = [
  {
    what: 'moveOrder into a wait',
    call: (store) =>
      moveOrder(store, { orderId: 'o', revision: 2 }, ['validated', 'parsed'], 'held', T1, {
        resume_state: 'validated',
      }),
    parameters: ['validated', 'held', T1, T1, 'o', 2, 'validated', 'parsed'],
    sqlite: `
      update "orders" set "resume_state" = ?, "state" = ?, "changed_at" = ?, "automatic_done_at" = coalesce("automatic_done_at", ?)
      where "id" = ? and "revision" = ? and "state" in (?, ?)`,
  },
  {
    what: 'moveOrder onwards',
    call: (store) => moveOrder(store, { orderId: 'o', revision: 1 }, ['held'], 'validated', T1),
    parameters: [null, 'validated', T1, 'o', 1, 'held'],
    sqlite: `
      update "orders" set "resume_state" = ?, "state" = ?, "changed_at" = ?
      where "id" = ? and "revision" = ? and "state" in (?)`,
  },
  {
    what: 'claimReview',
    call: (store) => claimReview(store, 'r', 'ravi', { now: T1, until: T2 }),
    parameters: ['ravi', T2, 'r', 'ravi', T1],
    sqlite: `
      update "reviews" set "claimed_by" = ?, "lease_until" = ?
      where "id" = ? and "closed_at" is null and ("claimed_by" is null or "claimed_by" = ? or "lease_until" < ?)`,
  },
  {
    what: 'a later page of searchOrders for a limited person',
    call: (store) =>
      searchOrders(
        store,
        limited,
        { state: 'in_review', hold: 'STOCK.SHORT' },
        { after: { receivedAt: T1, id: 'o' }, size: 51 },
      ),
    parameters: ['web-shop', 'desk', 'C-1', 'in_review', 'STOCK.SHORT', T1, T1, 'o', 51],
    sqlite: `
      select * from "orders" where "source" in (?, ?) and "customer_id" in (?) and "state" = ?
      and exists (select "holds"."code" from "holds" where "holds"."order_id" = "orders"."id"
      and "holds"."cleared_at" is null and "holds"."code" = ?)
      and "received_at" <= ? and ("received_at" < ? or "id" < ?)
      order by "received_at" desc, "id" desc limit ?`,
  },
  {
    what: 'a later page of listReviews for a limited person',
    call: (store) =>
      listReviews(store, limited, { assignee: 'ravi', overdueAt: T2 }, { after: { dueAt: T1, id: 'r' }, size: 51 }),
    parameters: ['web-shop', 'desk', 'C-1', 'ravi', T2, T1, T1, 'r', 51],
    sqlite: `
      select "reviews".*, "orders"."state", "orders"."revision", "orders"."po_number", "orders"."channel", "orders"."currency",
      "orders"."total" from "reviews" inner join "orders" on "orders"."id" = "reviews"."order_id"
      where "reviews"."closed_at" is null and "reviews"."source" in (?, ?) and "reviews"."customer_id" in (?)
      and "reviews"."claimed_by" = ? and "reviews"."due_at" < ?
      and "reviews"."due_at" >= ? and ("reviews"."due_at" > ? or "reviews"."id" > ?)
      order by "reviews"."due_at", "reviews"."id" limit ?`,
  },
  {
    what: 'insertOnce',
    call: (store) => insertOnce(store.db, 'control_numbers', { source: 'a', kind: 'group', last_value: 0 }),
    parameters: ['a', 'group', 0],
    sqlite: 'insert into "control_numbers" ("source", "kind", "last_value") values (?, ?, ?) on conflict do nothing',
  },
  {
    what: 'listSelfClearing',
    call: (store) => listSelfClearing(store, { after: { orderId: 'o', code: 'GATE.PAUSED' }, size: 200 }),
    parameters: ['o', 'o', 'GATE.PAUSED', 200],
    sqlite: `
      select "holds"."order_id", "holds"."code", "orders"."source", "orders"."customer_id"
      from "holds" inner join "orders" on "orders"."id" = "holds"."order_id"
      where "holds"."cleared_at" is null and "holds"."release_role" is null
      and "holds"."order_id" >= ? and ("holds"."order_id" > ? or "holds"."code" > ?)
      order by "holds"."order_id", "holds"."code" limit ?`,
  },
  {
    what: 'listUnfinishedOrders',
    call: (store) => listUnfinishedOrders(store, { changedBefore: T1, afterId: 'o', size: 200 }),
    parameters: [T1, 'o', 200],
    sqlite: `
      select "id", "channel", "state" from "orders" where "terminal_at" is null and "changed_at" < ? and "id" > ?
      order by "id" limit ?`,
  },
  {
    what: 'listUnfinishedDocuments',
    call: (store) => listUnfinishedDocuments(store, { changedBefore: T1, afterId: 'd', size: 200 }),
    parameters: ['received', 'split', T1, 'd', 200],
    sqlite: `
      select "id", "state", "format" from "documents" where "state" in (?, ?) and "changed_at" < ? and "id" > ?
      order by "id" limit ?`,
  },
  {
    what: 'listUntoldDecisions',
    call: (store) => listUntoldDecisions(store, { createdBefore: T1, afterId: 'd', size: 200 }),
    parameters: ['pending', T1, 'd', 200],
    sqlite: `
      select "id", "order_id" from "decisions" where "state" = ? and "created_at" < ? and "id" > ? order by "id" limit ?`,
  },
  {
    what: 'listDueOutbox',
    call: (store) => listDueOutbox(store, T1, 200),
    parameters: ['pending', T1, 200],
    sqlite: `
      select * from "outbox" where "state" = ? and "next_attempt_at" <= ? order by "next_attempt_at", "id" limit ?`,
  },
];

describe('what SQLite is asked', () => {
  test.each(cases)('by $what', async (one) => {
    expect(await ask(sqlite, one.call)).toEqual([{ sql: oneLine(one.sqlite), parameters: one.parameters }]);
  });
});
