import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { createKeyring } from './keyring.ts';
import { migrate, MIGRATIONS } from './migrate.ts';
import { openOnPaper } from './on-paper.ts';
import { closeStore, openStore } from './store.ts';

/** Where the schema that all migrations make together is kept, to be read and reviewed, and how it is made. */
export const SCHEMAS = {
  sqlite: { file: fileURLToPath(new URL('schema.sqlite.sql', import.meta.url)), dump: dumpSqliteSchema },
  mssql: { file: fileURLToPath(new URL('schema.mssql.sql', import.meta.url)), dump: dumpMssqlSchema },
};

/** The schema that the migrations make in an empty SQLite database, as SQL. */
async function dumpSqliteSchema(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'schema-'));
  const store = openStore(`file:${join(folder, 'empty.sqlite')}`, createKeyring());
  try {
    await migrate(store);
    const { rows } = await sql<{ sql: string }>`
      select sql from sqlite_schema
      where sql is not null and tbl_name not like 'kysely%'
      order by tbl_name, type desc, name`.execute(store.db);
    return rows.map((row) => `${onLines(row.sql)};\n`).join('\n');
  } finally {
    await closeStore(store);
    rmSync(folder, { recursive: true });
  }
}

/** The statements of the migrations on SQL Server, in their order; no server is needed to say them. */
async function dumpMssqlSchema(): Promise<string> {
  const { db, asked } = openOnPaper('mssql');
  for (const migration of Object.values(MIGRATIONS)) await migration.up(db);
  return asked.map((statement) => `${onLines(statement.sql)};\n`).join('\n');
}

/** One column a line, so that a change shows as a change of a line. */
function onLines(statement: string): string {
  return statement
    .replace(/^(create table "\w+") \((.*)\)$/is, '$1 (\n  $2\n)')
    .replace(/, (?="\w+" (?:text|integer|blob|n?varchar|datetime2|int|varbinary)\b|constraint )/g, ',\n  ')
    .replace(/\n +(?=where)/, '\n  ');
}

if (import.meta.main) for (const { file, dump } of Object.values(SCHEMAS)) writeFileSync(file, await dump());
