import { spawnSync } from 'node:child_process';
import { sql } from 'kysely';
import { asAdministrator } from './database.ts';

// Runs the tests of the database: on SQLite always, and on the SQL Server of TEST_MSSQL_URL when that is set. The login needs
// the right to create databases; each test file makes one of its own and drops it.

/** Test files about SQLite itself: its files, its commits, its plans. */
const ABOUT_SQLITE = ['group-commit', 'plans'];
const JEST = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];

const { TEST_MSSQL_URL: serverUrl, ...environment } = process.env;

function run(server: string, env: NodeJS.ProcessEnv, ...options: readonly string[]): void {
  console.log(`\nThe tests of the database, on ${server}`);
  const { status } = spawnSync(process.execPath, [...JEST, 'test/db', ...options, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env,
  });
  if (status !== 0) process.exitCode = 1;
}

run(`SQLite ${String(process.versions['sqlite'])}`, environment);
if (serverUrl === undefined || serverUrl === '') {
  console.log('\nNot on SQL Server: TEST_MSSQL_URL is not set.');
} else {
  const { rows } = await asAdministrator(serverUrl, (db) =>
    sql<{ version: string }>`select @@version as version`.execute(db),
  );
  console.log(`\nLeft out on SQL Server, as they are about SQLite itself: ${ABOUT_SQLITE.join(', ')}`);
  const leaveOut = `--testPathIgnorePatterns=test/db/(${ABOUT_SQLITE.join('|')})\\.test\\.ts`;
  run(
    String(rows[0]?.version).split('\n')[0]?.trim() ?? 'SQL Server',
    { ...environment, TEST_DATABASE_URL: serverUrl },
    leaveOut,
  );
}
