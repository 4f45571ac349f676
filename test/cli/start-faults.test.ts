import { afterEach, describe, expect, test } from '@jest/globals';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'kysely';
import { openKeyFile } from '../../db/keyring.ts';
import { migrate } from '../../db/migrate.ts';
import { closeStore, openStore, type Store } from '../../db/store.ts';
import { lockDatabase } from '../support/store-faults.ts';
import { givenOrder } from '../support/store.ts';
import { runCli, startCli, type Started } from './run-cli.ts';

/* What each program says when its database or key file cannot be used: one line, no trace, and no endless starting. */

const PROGRAMS = [
  ['gateway', 'api/server.ts', []],
  ['worker', 'workers/main.ts', []],
  ['orders verify-log', 'cli/orders.ts', ['verify-log']],
] as const;

const folders: string[] = [];
const started: Started[] = [];
afterEach(() => {
  for (const { child } of started.splice(0)) child.kill('SIGKILL');
  for (const folder of folders.splice(0)) {
    chmodSync(folder, 0o700);
    rmSync(folder, { recursive: true, force: true });
  }
});

/** An installation's folder, with an order in its database. */
async function prepare(change: (store: Store) => Promise<unknown> = () => Promise.resolve()): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'start-'));
  folders.push(folder);
  const store = openStore(databaseIn(folder, 'file:'), openKeyFile(join(folder, 'keys', 'master.json')));
  await migrate(store);
  await givenOrder(store);
  await change(store);
  await closeStore(store);
  return folder;
}

const databaseIn = (folder: string, scheme = ''): string => `${scheme}${join(folder, 'order-staging.sqlite')}`;
const envOf = (folder: string) => ({
  VAR_DIR: folder,
  PORT: '0',
  METRICS_PORT: '0',
  TEMPORAL_ADDRESS: '127.0.0.1:9',
  BACKOFFICE_API_KEY: 'a-key-for-the-tests',
});
const run = (file: string, words: readonly string[], folder: string, env: Record<string, string> = {}) =>
  runCli(file, words, { ...envOf(folder), ...env });
const begin = (file: string, words: readonly string[], folder: string): Started => {
  const one = startCli(file, words, envOf(folder));
  started.push(one);
  return one;
};

/** It ended by itself, with one line in words. */
function expectWords({ code, stderr }: { code: number | null; stderr: string }, words: string | RegExp): void {
  expect(code).toBeGreaterThan(0);
  expect(stderr.trim()).toMatch(words);
  expect(stderr.trim().split('\n')).toHaveLength(1);
}

async function untilPrinted(program: Started, words: string): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    if ((program.stdout() + program.stderr()).includes(words)) return;
    await pause(100);
  }
  throw new Error(`it did not say "${words}" but: ${program.stdout()}${program.stderr()}`);
}

describe.each(PROGRAMS)('the %s ends with one line', (_name, file, words) => {
  test('if the key file is not that of the database', async () => {
    const folder = await prepare();
    rmSync(join(folder, 'keys', 'master.json'));
    openKeyFile(join(folder, 'keys', 'master.json'));
    expectWords(await run(file, words, folder), /master\.json is not that of this database/);
  });

  test('if the schema is newer, or parts of it are not there', async () => {
    const newer = await prepare(({ db }) =>
      sql`insert into kysely_migration values ('9999-later', '2027')`.execute(db),
    );
    expectWords(await run(file, words, newer), /newer than this program: it has the migrations 9999-later/);
    const partial = await prepare(({ db }) => db.schema.dropTable('person_hashes').execute());
    expectWords(await run(file, words, partial), /not whole: its migrations made person_hashes, /);
  });

  test('if the database is none, or damaged in its first page', async () => {
    const folder = await prepare();
    for (const end of ['', '-wal', '-shm']) rmSync(databaseIn(folder) + end, { force: true });
    writeFileSync(databaseIn(folder), 'no database at all, and longer than the header of one would be\n'.repeat(100));
    expectWords(await run(file, words, folder), /the database is damaged: .*order-staging\.sqlite/);
  });

  test('if the folder cannot be made', async () => {
    const folder = await prepare();
    writeFileSync(join(folder, 'file'), '');
    const DATABASE_URL = `file:${join(folder, 'file', 'below', 'orders.sqlite')}`;
    expectWords(await run(file, words, folder, { DATABASE_URL }), /ENOTDIR|there is no database/);
  });
});

test('a file or folder that may not be written is told of in one line', async () => {
  const folder = await prepare();
  // Who is root may write everywhere: another user is asked.
  const asOther = process.getuid?.() === 0;
  chmodSync(databaseIn(folder), 0o444);
  for (const path of [folder, join(folder, 'keys')]) chmodSync(path, 0o555);
  for (const name of ['keys/master.json']) chmodSync(join(folder, name), 0o444);
  const program = startCli('api/server.ts', [], envOf(folder), asOther ? { uid: 65_534, gid: 65_534 } : {});
  started.push(program);
  expectWords(await program.ended, /the database cannot be written: .*order-staging\.sqlite/);
  chmodSync(join(folder, 'keys'), 0o700);
});

describe('while another process keeps the database locked', () => {
  test.each(PROGRAMS)('the %s waits, says so, and goes on when it is free', async (name, file, words) => {
    const folder = await prepare();
    const release = lockDatabase(databaseIn(folder));
    const program = begin(file, words, folder);
    await untilPrinted(program, 'the database is locked by another process; waiting for it');
    expect(program.child.exitCode).toBeNull();
    release();
    if (name === 'gateway') await untilPrinted(program, '"ready"');
    else if (name === 'worker') await untilPrinted(program, 'no Temporal server answers yet');
    else expect((await program.ended).stdout).toContain('whole: ');
  });
});
