import { afterEach, expect, test } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const MAIN = join(import.meta.dirname, '../../backoffice/reference/main.ts');

const children: ChildProcess[] = [];

afterEach(() => children.splice(0).forEach((child) => child.kill('SIGKILL')));

/** Starts the server as a program of its own, with one way of telling it its key. */
function start(env: NodeJS.ProcessEnv) {
  const settings = { BACKOFFICE_PORT: '0', BACKOFFICE_DB: ':memory:', ...env };
  const child = spawn(process.execPath, [MAIN], { env: settings, stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  return child;
}

test('the key may lie in a file, as a secret of a container does', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'back-office-key-')), 'key');
  writeFileSync(file, 'a-key-in-a-file\n');
  const child = start({ BACKOFFICE_API_KEY_FILE: file });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const { url } = JSON.parse(line) as { url: string };
  const ask = (key: string) => fetch(`${url}/admin/switches`, { headers: { authorization: `Bearer ${key}` } });
  expect([(await ask('another-key')).status, (await ask('a-key-in-a-file')).status]).toEqual([401, 200]);
});

test.each([[{}], [{ BACKOFFICE_API_KEY: 'short' }], [{ BACKOFFICE_API_KEY_FILE: '/nowhere' }]])(
  'it does not start with %j, and says which key it wants',
  async (env) => {
    const child = start(env);
    const [[line], [code]] = (await Promise.all([
      once(createInterface(child.stderr), 'line'),
      once(child, 'exit'),
    ])) as [[string], [number]];
    expect(line).toMatch(/BACKOFFICE_API_KEY: give a key/);
    expect(code).toBe(2);
  },
);
