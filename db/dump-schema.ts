import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { createKeyring } from './keyring.ts';
import { migrate } from './migrate.ts';
import { closeStore, openStore } from './store.ts';

/** Where the schema that all migrations make together is kept, to be read and reviewed. */
export const SQLITE_SCHEMA_FILE = fileURLToPath(new URL('schema.sqlite.sql', import.meta.url));

/** The schema that the migrations make in an empty SQLite database, as SQL. */
export async function dumpSqliteSchema(): Promise<string> {
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

/** One column a line, so that a change shows as a change of a line. */
function onLines(statement: string): string {
  return statement
    .replace(/^(create table "\w+") \((.*)\)$/is, '$1 (\n  $2\n)')
    .replace(/, (?="\w+" (?:text|integer|blob)\b|constraint )/g, ',\n  ')
    .replace(/\n +(?=where)/, '\n  ');
}

if (import.meta.main) writeFileSync(SQLITE_SCHEMA_FILE, await dumpSqliteSchema());
