import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, test } from '@jest/globals';
import { openKeyFile } from '../../db/keyring.ts';
import { migrate } from '../../db/migrate.ts';
import { hashToken, putSource } from '../../db/sources.ts';
import { closeStore, openStore } from '../../db/store.ts';
import { sourceProfileSchema } from '../../orders/source.ts';
import { makeOrderJson } from '../support/order-factory.ts';

/* The program itself: no Temporal server and no back office anywhere near. */

const folder = mkdtempSync(join(tmpdir(), 'server-'));
const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const start = (env: Record<string, string>): ChildProcess => {
  const all = {
    PATH: process.env['PATH'] ?? '',
    VAR_DIR: folder,
    PORT: '0',
    TEMPORAL_ADDRESS: '127.0.0.1:9',
    BACKOFFICE_API_KEY: 'a-key-for-the-tests',
    ...env,
  };
  const child = spawn(process.execPath, ['api/server.ts'], { env: all, stdio: ['ignore', 'pipe', 'pipe'] });
  started.push(child);
  return child;
};

const untilListening = async (child: ChildProcess): Promise<string> => {
  for await (const line of createInterface({ input: child.stdout! })) {
    const { msg, listening } = JSON.parse(line) as { msg: string; listening?: { port: number } };
    if (msg === 'ready') return `http://127.0.0.1:${String(listening?.port)}`;
  }
  throw new Error('the gateway ended before it was ready');
};

const prepareSource = async (): Promise<void> => {
  const store = openStore(
    `file:${join(folder, 'order-staging.sqlite')}`,
    openKeyFile(join(folder, 'keys', 'master.json')),
  );
  await migrate(store);
  const profile = sourceProfileSchema.parse({ id: 'web-shop', channel: 'ecommerce' });
  await putSource(store, profile, { actor: 'test', at: new Date().toISOString(), keyHash: hashToken('the-key') });
  await closeStore(store);
};

describe('the gateway program', () => {
  test('it takes orders without Temporal, and finishes what is under way when it is told to stop', async () => {
    await prepareSource();
    const child = start({});
    const url = await untilListening(child);
    const send = fetch(`${url}/v1/orders`, {
      method: 'POST',
      headers: { Authorization: 'Bearer the-key', 'Content-Type': 'application/json' },
      body: JSON.stringify(makeOrderJson()),
    });
    // Temporal is waited for up to 2 s; long enough to stop in between.
    await new Promise((done) => setTimeout(done, 500));
    child.kill('SIGTERM');
    expect((await send).status).toBe(202);
    expect(await once(child, 'exit')).toEqual([0, null]);
    await expect(fetch(`${url}/healthz`)).rejects.toThrow();
  });

  test.each([
    ['what is no HTTP', 'HELLO\r\n\r\n', 400, 'no HTTP request'],
    ['endless headers', `GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}`, 431, 'headers'],
  ])('%s is answered with a problem', async (_, text, status, detail) => {
    const { port } = new URL(await untilListening(start({})));
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(text);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    const [head = '', body = ''] = answer.toString().split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${String(status)} [^]*application/problem\\+json`));
    expect(JSON.parse(body)).toMatchObject({ status, detail: expect.stringMatching(detail) });
  });

  test('a setting that cannot be used ends it with words', async () => {
    const child = start({ PORT: 'eighty' });
    let words = '';
    child.stderr!.on('data', (piece) => (words += String(piece)));
    expect((await once(child, 'exit'))[0]).toBe(1);
    expect(words).toMatch(/PORT: /);
  });
});
