import { type CompiledQuery, type DatabaseConnection, DummyDriver, type Kysely } from 'kysely';
import { openDatabase } from './dialect.ts';
import { mssqlDialect } from './mssql.ts';
import { sqliteDialect } from './sqlite.ts';
import type { Tables } from './tables.ts';

const DIALECTS = {
  sqlite: sqliteDialect(':memory:'),
  mssql: mssqlDialect('mssql://nobody:nothing@nowhere/paper'),
};

/** A statement as it would be sent. */
export type Statement = Pick<CompiledQuery, 'sql' | 'parameters' | 'query'>;

/** A database that is not there: it keeps what it is asked, and its answers are empty. Shows SQL without a server. */
export function openOnPaper(dialect: keyof typeof DIALECTS): { db: Kysely<Tables>; asked: readonly Statement[] } {
  const asked: Statement[] = [];
  const connection: DatabaseConnection = {
    executeQuery({ sql, parameters, query }) {
      asked.push({ sql, parameters, query });
      return Promise.resolve({ rows: [] });
    },
    streamQuery() {
      throw new Error('nothing streams');
    },
  };
  const driver = new DummyDriver();
  driver.acquireConnection = () => Promise.resolve(connection);
  return { db: openDatabase({ ...DIALECTS[dialect], createDriver: () => driver }), asked };
}
