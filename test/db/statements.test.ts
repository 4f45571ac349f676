import { describe, expect, test } from '@jest/globals';
import { listUntoldDecisions } from '../../db/decisions.ts';
import { insertOnce } from '../../db/dialect.ts';
import { listUnfinishedDocuments } from '../../db/documents.ts';
import { hasFindings } from '../../db/findings.ts';
import { listSelfClearing } from '../../db/holds.ts';
import { createKeyring } from '../../db/keyring.ts';
import { openOnPaper, type Statement } from '../../db/on-paper.ts';
import { countOrdersByState, listUnfinishedOrders, searchOrders } from '../../db/order-search.ts';
import { findOrder, moveOrder } from '../../db/orders.ts';
import { listDueOutbox } from '../../db/outbox.ts';
import type { Principal } from '../../db/principals.ts';
import { claimReview, findOpenReview, listReviews } from '../../db/reviews.ts';
import { inTransaction, type Store } from '../../db/store.ts';

/** What a call of a statement says to the database of a dialect. */
async function ask(
  dialect: 'sqlite' | 'mssql',
  call: (store: Store) => Promise<unknown>,
): Promise<readonly Pick<Statement, 'sql' | 'parameters'>[]> {
  const { db, asked } = openOnPaper(dialect);
  await call({ db, keys: createKeyring() });
  return asked.map(({ sql, parameters }) => ({ sql, parameters }));
}

const oneLine = (text: string): string =>
  text
    .trim()
    .replace(/\s*\n\s*/g, ' ')
    .replaceAll('( select', '(select')
    .replaceAll('" ) as', '") as');

const T1 = '2026-11-23T10:00:00.000Z';
const T2 = '2026-11-23T10:15:00.000Z';
const everyone: Principal = { id: 'sofia', roles: ['supervisor'] };
const limited: Principal = { id: 'ravi', roles: ['reviewer'], sources: ['web-shop', 'desk'], customers: ['C-1'] };

/** A call, what it is given, and what it says in each dialect. */
interface Case {
  readonly what: string;
  readonly call: (store: Store) => Promise<unknown>;
  readonly parameters: readonly unknown[];
  /** Where SQL Server is not given the same: the size of a page and a null are part of its text. */
  readonly mssqlParameters?: readonly unknown[];
  readonly sqlite: string;
  readonly mssql: string;
}

/** The statements that much depends on. */
const cases: Case[] = [
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
    mssql: `
      update "orders" set "resume_state" = @1, "state" = @2, "changed_at" = @3, "automatic_done_at" = coalesce("automatic_done_at", @4)
      where "id" = @5 and "revision" = @6 and "state" in (@7, @8)`,
  },
  {
    what: 'moveOrder onwards',
    call: (store) => moveOrder(store, { orderId: 'o', revision: 1 }, ['held'], 'validated', T1),
    parameters: [null, 'validated', T1, 'o', 1, 'held'],
    mssqlParameters: ['validated', T1, 'o', 1, 'held'],
    sqlite: `
      update "orders" set "resume_state" = ?, "state" = ?, "changed_at" = ?
      where "id" = ? and "revision" = ? and "state" in (?)`,
    mssql: `
      update "orders" set "resume_state" = null, "state" = @1, "changed_at" = @2
      where "id" = @3 and "revision" = @4 and "state" in (@5)`,
  },
  {
    what: 'claimReview',
    call: (store) => claimReview(store, 'r', 'ravi', { now: T1, until: T2 }),
    parameters: ['ravi', T2, 'r', 'ravi', T1],
    sqlite: `
      update "reviews" set "claimed_by" = ?, "lease_until" = ?
      where "id" = ? and "closed_at" is null and ("claimed_by" is null or "claimed_by" = ? or "lease_until" < ?)`,
    mssql: `
      update "reviews" set "claimed_by" = @1, "lease_until" = @2
      where "id" = @3 and "closed_at" is null and ("claimed_by" is null or "claimed_by" = @4 or "lease_until" < @5)`,
  },
  {
    what: 'a later page of searchOrders by a hold for a limited person',
    call: (store) =>
      searchOrders(
        store,
        limited,
        { state: 'in_review', hold: 'STOCK.SHORT' },
        { after: { receivedAt: T1, id: 'o' }, size: 51 },
      ),
    parameters: ['STOCK.SHORT', 'web-shop', 'desk', 'C-1', 'in_review', T1, T1, 'o', 51],
    mssqlParameters: ['STOCK.SHORT', 'web-shop', 'desk', 'C-1', 'in_review', T1, T1, 'o'],
    sqlite: `
      select "orders".* from (select distinct "order_id" from "holds" where "cleared_at" is null and "code" = ?) as "waiting"
      cross join "orders" where "orders"."id" = "waiting"."order_id"
      and "source" in (?, ?) and "customer_id" in (?) and "state" = ?
      and "received_at" <= ? and ("received_at" < ? or "id" < ?)
      order by "received_at" desc, "id" desc limit ?`,
    mssql: `
      select top(51) "orders".* from (select distinct "order_id" from "holds" where "cleared_at" is null and "code" = @1) as "waiting"
      cross join "orders" where "orders"."id" = "waiting"."order_id"
      and "source" in (@2, @3) and "customer_id" in (@4) and "state" = @5
      and "received_at" <= @6 and ("received_at" < @7 or "id" < @8)
      order by "received_at" desc, "id" desc`,
  },
  {
    what: 'searchOrders by a source',
    call: (store) => searchOrders(store, everyone, { source: 'desk', receivedFrom: T1, receivedTo: T2 }, { size: 51 }),
    parameters: ['desk', T1, T2, 51],
    mssqlParameters: ['desk', T1, T2],
    sqlite: `
      select "orders".* from "orders" as "orders" indexed by "ix_orders_source_received_at_id"
      where "source" = ? and "received_at" >= ? and "received_at" < ?
      order by "received_at" desc, "id" desc limit ?`,
    mssql: `
      select top(51) "orders".* from "orders" as "orders" with (index("ix_orders_source_received_at_id"))
      where "source" = @1 and "received_at" >= @2 and "received_at" < @3
      order by "received_at" desc, "id" desc`,
  },
  {
    what: 'searchOrders by a PO number for a limited person',
    call: (store) => searchOrders(store, limited, { poNumber: 'PO-1' }, { size: 51 }),
    parameters: ['C-1', 'PO-1', 'web-shop', 'desk', 51],
    mssqlParameters: ['C-1', 'PO-1', 'web-shop', 'desk'],
    sqlite: `
      select "orders".* from "orders" as "orders" indexed by "ix_orders_customer_id_po_number_received_at_id"
      where ("customer_id" = ? and "po_number" = ?) and "source" in (?, ?)
      order by "received_at" desc, "id" desc limit ?`,
    mssql: `
      select top(51) "orders".* from "orders" as "orders" with (index("ix_orders_customer_id_po_number_received_at_id"))
      where ("customer_id" = @1 and "po_number" = @2) and "source" in (@3, @4)
      order by "received_at" desc, "id" desc`,
  },
  {
    what: 'a later page of searchOrders for a limited person, who has several lists',
    call: (store) => searchOrders(store, limited, {}, { after: { receivedAt: T1, id: 'o' }, size: 51 }),
    parameters: ['C-1', 'web-shop', T1, T1, 'o', 51, 'C-1', 'desk', T1, T1, 'o', 51, 51],
    mssqlParameters: ['C-1', 'web-shop', T1, T1, 'o', 'C-1', 'desk', T1, T1, 'o'],
    sqlite: `
      select * from "orders" where "id" in (select "id" from (
      select * from (select "id", "received_at" from "orders" as "orders" indexed by "ix_orders_customer_id_source_received_at_id"
      where ("customer_id" = ? and "source" = ?) and "received_at" <= ? and ("received_at" < ? or "id" < ?)
      order by "received_at" desc, "id" desc limit ?) as "seek"
      union all
      select * from (select "id", "received_at" from "orders" as "orders" indexed by "ix_orders_customer_id_source_received_at_id"
      where ("customer_id" = ? and "source" = ?) and "received_at" <= ? and ("received_at" < ? or "id" < ?)
      order by "received_at" desc, "id" desc limit ?) as "seek"
      ) as "keys" order by "received_at" desc, "id" desc limit ?)
      order by "received_at" desc, "id" desc`,
    mssql: `
      select * from "orders" where "id" in (select top(51) "id" from (
      select * from (select top(51) "id", "received_at" from "orders" as "orders" with (index("ix_orders_customer_id_source_received_at_id"))
      where ("customer_id" = @1 and "source" = @2) and "received_at" <= @3 and ("received_at" < @4 or "id" < @5)
      order by "received_at" desc, "id" desc) as "seek"
      union all
      select * from (select top(51) "id", "received_at" from "orders" as "orders" with (index("ix_orders_customer_id_source_received_at_id"))
      where ("customer_id" = @6 and "source" = @7) and "received_at" <= @8 and ("received_at" < @9 or "id" < @10)
      order by "received_at" desc, "id" desc) as "seek"
      ) as "keys" order by "received_at" desc, "id" desc)
      order by "received_at" desc, "id" desc`,
  },
  {
    what: 'a later page of listReviews for a limited person',
    call: (store) =>
      listReviews(store, limited, { assignee: 'ravi', overdueAt: T2 }, { after: { dueAt: T1, id: 'r' }, size: 51 }),
    parameters: ['web-shop', 'desk', 'C-1', 'ravi', T2, T1, T1, 'r', 51],
    mssqlParameters: ['web-shop', 'desk', 'C-1', 'ravi', T2, T1, T1, 'r'],
    sqlite: `
      select "reviews".*, "orders"."state", "orders"."revision", "orders"."po_number", "orders"."channel", "orders"."currency",
      "orders"."total" from "reviews" inner join "orders" on "orders"."id" = "reviews"."order_id"
      where "reviews"."closed_at" is null and "reviews"."source" in (?, ?) and "reviews"."customer_id" in (?)
      and "reviews"."claimed_by" = ? and "reviews"."due_at" < ?
      and "reviews"."due_at" >= ? and ("reviews"."due_at" > ? or "reviews"."id" > ?)
      order by "reviews"."due_at", "reviews"."id" limit ?`,
    mssql: `
      select top(51) "reviews".*, "orders"."state", "orders"."revision", "orders"."po_number", "orders"."channel", "orders"."currency",
      "orders"."total" from "reviews" inner join "orders" on "orders"."id" = "reviews"."order_id"
      where "reviews"."closed_at" is null and "reviews"."source" in (@1, @2) and "reviews"."customer_id" in (@3)
      and "reviews"."claimed_by" = @4 and "reviews"."due_at" < @5
      and "reviews"."due_at" >= @6 and ("reviews"."due_at" > @7 or "reviews"."id" > @8)
      order by "reviews"."due_at", "reviews"."id"`,
  },
  {
    what: 'insertOnce',
    call: (store) => insertOnce(store.db, 'control_numbers', { source: 'a', kind: 'group', last_value: 0 }),
    parameters: ['a', 'group', 0],
    sqlite: 'insert into "control_numbers" ("source", "kind", "last_value") values (?, ?, ?) on conflict do nothing',
    mssql: 'insert into "control_numbers" ("source", "kind", "last_value") values (@1, @2, @3)',
  },
  {
    what: 'listSelfClearing',
    call: (store) => listSelfClearing(store, { after: { orderId: 'o', code: 'GATE.PAUSED' }, size: 200 }),
    parameters: ['o', 'o', 'GATE.PAUSED', 200],
    mssqlParameters: ['o', 'o', 'GATE.PAUSED'],
    sqlite: `
      select "holds"."order_id", "holds"."code", "holds"."retry_at", "orders"."source", "orders"."customer_id"
      from "holds" inner join "orders" on "orders"."id" = "holds"."order_id"
      where "holds"."cleared_at" is null and "holds"."release_role" is null
      and "holds"."order_id" >= ? and ("holds"."order_id" > ? or "holds"."code" > ?)
      order by "holds"."order_id", "holds"."code" limit ?`,
    mssql: `
      select top(200) "holds"."order_id", "holds"."code", "holds"."retry_at", "orders"."source", "orders"."customer_id"
      from "holds" inner join "orders" on "orders"."id" = "holds"."order_id"
      where "holds"."cleared_at" is null and "holds"."release_role" is null
      and "holds"."order_id" >= @1 and ("holds"."order_id" > @2 or "holds"."code" > @3)
      order by "holds"."order_id", "holds"."code"`,
  },
  {
    what: 'listUnfinishedOrders',
    call: (store) => listUnfinishedOrders(store, { changedBefore: T1, afterId: 'o', size: 200 }),
    parameters: [T1, 'o', 200],
    mssqlParameters: [T1, 'o'],
    sqlite: `
      select "id", "channel", "state" from "orders" where "terminal_at" is null and "changed_at" < ? and "id" > ?
      order by "id" limit ?`,
    mssql: `
      select top(200) "id", "channel", "state" from "orders" where "terminal_at" is null and "changed_at" < @1 and "id" > @2
      order by "id"`,
  },
  {
    what: 'listUnfinishedDocuments',
    call: (store) => listUnfinishedDocuments(store, { changedBefore: T1, afterId: 'd', size: 200 }),
    parameters: ['received', 'split', T1, 'd', 200],
    mssqlParameters: ['received', 'split', T1, 'd'],
    sqlite: `
      select "id", "state", "format" from "documents" where "state" in (?, ?) and "changed_at" < ? and "id" > ?
      order by "id" limit ?`,
    mssql: `
      select top(200) "id", "state", "format" from "documents" where "state" in (@1, @2) and "changed_at" < @3 and "id" > @4
      order by "id"`,
  },
  {
    what: 'listUntoldDecisions',
    call: (store) => listUntoldDecisions(store, { createdBefore: T1, afterId: 'd', size: 200 }),
    parameters: ['pending', T1, 'd', 200],
    mssqlParameters: ['pending', T1, 'd'],
    sqlite: `
      select "id", "order_id" from "decisions" where "state" = ? and "created_at" < ? and "id" > ? order by "id" limit ?`,
    mssql: `
      select top(200) "id", "order_id" from "decisions" where "state" = @1 and "created_at" < @2 and "id" > @3 order by "id"`,
  },
  {
    what: 'listDueOutbox',
    call: (store) => listDueOutbox(store, T1, 200),
    parameters: ['pending', 'file', T1, 200],
    mssqlParameters: ['pending', 'file', T1],
    sqlite: `
      select * from "outbox" where "state" = ? and "channel" = ? and "next_attempt_at" <= ? order by "next_attempt_at", "id" limit ?`,
    mssql: `
      select top(200) * from "outbox"
      where "state" = @1 and "channel" = @2 and "next_attempt_at" <= @3 order by "next_attempt_at", "id"`,
  },
  {
    what: 'findOrder',
    call: (store) => findOrder(store, 'o'),
    parameters: ['o'],
    sqlite: `select * from "orders" where "id" = ?`,
    mssql: `select * from "orders" where "id" = @1`,
  },
  {
    what: 'findOrder in a transaction, which decides by it',
    call: (store) => inTransaction(store, (tx) => findOrder(tx, 'o')),
    parameters: ['o'],
    sqlite: `select * from "orders" where "id" = ?`,
    mssql: `select * from "orders" with (updlock, rowlock) where "id" = @1`,
  },
  {
    what: 'findOpenReview in a transaction',
    call: (store) => inTransaction(store, (tx) => findOpenReview(tx, 'o')),
    parameters: ['o'],
    sqlite: `select * from "reviews" where "order_id" = ? and "closed_at" is null`,
    mssql: `select * from "reviews" with (updlock, rowlock) where "order_id" = @1 and "closed_at" is null`,
  },
  {
    what: 'hasFindings',
    call: (store) => hasFindings(store, { subject: 'order:o', revision: 1, step: 'parse' }),
    parameters: ['order:o', 1, 'parse', 1],
    mssqlParameters: ['order:o', 1, 'parse'],
    sqlite: `
      select "sequence" from "order_staging_errors" where "subject" = ? and "revision" = ? and "step" = ? limit ?`,
    mssql: `
      select top(1) "sequence" from "order_staging_errors" where "subject" = @1 and "revision" = @2 and "step" = @3`,
  },
  {
    what: 'countOrdersByState',
    call: (store) => countOrdersByState(store),
    parameters: [],
    sqlite: `select "state", count(*) as "orders" from "orders" group by "state"`,
    mssql: `select "state", count(*) as "orders" from "orders" group by "state"`,
  },
];

describe.each(['sqlite', 'mssql'] as const)('what %s is asked', (dialect) => {
  test.each(cases)('by $what', async ({ call, parameters, mssqlParameters = parameters, ...texts }) => {
    const expected = { sql: oneLine(texts[dialect]), parameters: dialect === 'mssql' ? mssqlParameters : parameters };
    expect(await ask(dialect, call)).toEqual([expected]);
  });
});

test('nothing is asked for a person who is given no customer', async () => {
  const call = (store: Store) => searchOrders(store, { ...limited, customers: [] }, {}, { size: 3 });
  expect(await ask('sqlite', call)).toEqual([]);
});
