import { AddColumnNode, AlterTableNode, CreateTableNode, type TableNode } from 'kysely';
import type { Migration } from 'kysely/migration';
import { listIndexes } from './dialect.ts';
import { openOnPaper, type Statement } from './on-paper.ts';
import type { Store } from './store.ts';

type Migrations = Readonly<Record<string, Migration>>;

/**
 * Compares a database with what its migrations make of an empty one.
 * @returns names of tables, columns (`table.column`) and indexes that are not there; what there is beyond is not looked at.
 */
export async function listMissing({ db }: Pick<Store, 'db'>, migrations: Migrations): Promise<string[]> {
  const found = await listFound(db);
  const missing = (await listExpected(migrations)).filter((name) => !found.has(name));
  // Of a table that is not there the columns need not be told.
  return missing.filter((name) => !missing.includes(name.split('.', 1)[0] ?? '') || !name.includes('.'));
}

async function listExpected(migrations: Migrations): Promise<string[]> {
  const { db, asked } = openOnPaper('sqlite');
  for (const migration of Object.values(migrations)) await migration.up(db);
  const dropped = asked.flatMap(({ sql }) => /^drop index "?(\w+)/.exec(sql)?.[1] ?? []);
  return asked.flatMap(listMade).filter((name) => !dropped.includes(name));
}

/** What a statement of a migration makes. */
function listMade({ query, sql }: Statement): string[] {
  const [, index] = /^create (?:unique )?index "?(\w+)/.exec(sql) ?? [];
  if (index !== undefined) return [index];
  if (CreateTableNode.is(query)) {
    const table = nameOf(query.table);
    return [table, ...query.columns.map(({ column }) => `${table}.${column.column.name}`)];
  }
  if (!AlterTableNode.is(query)) return [];
  const added = (query.columnAlterations ?? []).filter((one) => AddColumnNode.is(one));
  return added.map(({ column }) => `${nameOf(query.table)}.${column.column.column.name}`);
}

function nameOf({ table }: TableNode): string {
  return table.identifier.name;
}

async function listFound(db: Store['db']): Promise<ReadonlySet<string>> {
  const tables = await db.introspection.getTables();
  const names = tables.flatMap(({ name, columns }) => [name, ...columns.map((column) => `${name}.${column.name}`)]);
  return new Set([...names, ...(await listIndexes(db))]);
}
