import { type Dialect, type Driver, MssqlIntrospector } from 'kysely';
import { SqlServerAdapter, SqlServerCompiler } from './dialect.ts';
import { parseServerUrl, type ServerAddress } from './mssql-url.ts';

/**
 * Kysely on SQL Server, by its URL `mssql://user:password@host:1433/database`, with `?encrypt=` (`true`, `false`, `strict`)
 * and `&trustServerCertificate=` (`false`, `true`).
 * @throws Error if the URL is not complete.
 */
export function mssqlDialect(url: string): Dialect {
  const server = parseServerUrl(url);
  return {
    createAdapter: () => new SqlServerAdapter(),
    createDriver: () => createDriver(server),
    createIntrospector: (db) => new MssqlIntrospector(db),
    createQueryCompiler: () => new SqlServerCompiler(),
  };
}

/** The driver with its libraries, loaded when it is first used: that takes half a second, which SQLite is not to wait for. */
function createDriver(server: ServerAddress): Driver {
  let loaded: Driver | undefined;
  const driver = (): Driver => {
    if (!loaded) throw new Error('the database is closed');
    return loaded;
  };
  return {
    async init() {
      const { createServerDriver } = await import('./mssql-connection.ts');
      loaded = createServerDriver(server);
    },
    acquireConnection: () => driver().acquireConnection(),
    beginTransaction: (connection, settings) => driver().beginTransaction(connection, settings),
    commitTransaction: (connection) => driver().commitTransaction(connection),
    rollbackTransaction: (connection) => driver().rollbackTransaction(connection),
    releaseConnection: (connection) => driver().releaseConnection(connection),
    destroy: () => driver().destroy(),
  };
}
