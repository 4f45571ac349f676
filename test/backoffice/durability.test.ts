import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { openStore } from '../../backoffice/reference/store.ts';
import { API_KEY, connect, look, makeOrder, reservationOf } from './back-office.ts';

const MAIN = join(import.meta.dirname, '../../backoffice/reference/main.ts');

let folder: string;
const children: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'back-office-'));
});
afterEach(async () => {
  children.splice(0).forEach((child) => child.kill('SIGKILL'));
  await rm(folder, { recursive: true, force: true });
});

/** Starts the server as a program of its own. */
async function start(): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, [MAIN], {
    env: {
      PATH: process.env['PATH'],
      BACKOFFICE_PORT: '0',
      BACKOFFICE_API_KEY: API_KEY,
      BACKOFFICE_DB: join(folder, 'back-office.db'),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { child, url: (JSON.parse(line) as { url: string }).url };
}

test('a server killed in the middle of its work keeps what it has answered, and nothing by half', async () => {
  const orders = Array.from({ length: 300 }, (_, n) => `o-${String(n)}`);
  const order = makeOrder({ quantities: { 'SKU-1': '2', 'SKU-2': '3' }, total: '10.00' });
  const first = await start();
  const answered = new Map<string, string>();
  const work = Promise.allSettled(
    orders.map(async (orderId) => {
      const { backOffice } = connect(first.url);
      await backOffice.reserve(reservationOf(orderId, 1, order));
      const result = await backOffice.submit({ orderId, revision: 1 }, order);
      if (result.accepted) answered.set(orderId, result.productionOrderId);
      if (answered.size === 40) first.child.kill('SIGKILL');
    }),
  );
  await work;
  expect(answered.size).toBeGreaterThanOrEqual(40);
  expect(answered.size).toBeLessThan(orders.length);

  const { backOffice, admin } = connect((await start()).url);
  for (const [orderId, productionOrderId] of answered) {
    expect(await backOffice.status({ orderId, revision: 1 })).toEqual({ state: 'accepted', productionOrderId });
  }
  // Done again, everything fits: each order took all of its parts, once.
  for (const orderId of orders) {
    expect(await backOffice.reserve(reservationOf(orderId, 1, order))).toMatchObject({ reserved: true });
    expect(await backOffice.submit({ orderId, revision: 1 }, order)).toMatchObject({ accepted: true });
  }
  expect((await admin.listProductionOrders()).live).toBe(300);
  expect(await look(backOffice, 'SKU-1')).toEqual({ available: '99400', creditUsed: '3000.00' });
  expect(await look(backOffice, 'SKU-2')).toEqual({ available: '99100', creditUsed: '3000.00' });
});

test('two servers on one store share out the last units as one would', async () => {
  const servers = [connect((await start()).url), connect((await start()).url)];
  await servers[0]!.admin.changeProduct('SKU-3', { stock: '37' });
  const order = makeOrder({ quantities: { 'SKU-3': '1' } });
  const results = await Promise.all(
    Array.from({ length: 200 }, (_, n) => {
      return servers[n % 2]!.backOffice.reserve(reservationOf(`o-${String(n)}`, 1, order));
    }),
  );
  expect(results.filter((result) => result.reserved)).toHaveLength(37);
  for (const { backOffice } of servers) expect((await look(backOffice)).available).toBe('0');
});

test('a server that is asked to stop ends by itself, and opens again with what it had', async () => {
  const first = await start();
  await connect(first.url).backOffice.reserve(reservationOf('o-1', 1));
  const exited = once(first.child, 'exit');
  first.child.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
  expect((await look(connect((await start()).url).backOffice, 'SKU-1')).available).toBe('99999');
});

test('a store of another version is left as it is', () => {
  const path = join(folder, 'old.db');
  const old = new DatabaseSync(path);
  old.exec('CREATE TABLE product (sku TEXT)');
  old.close();
  expect(() => openStore(path)).toThrow('another version');
  expect(new DatabaseSync(path).prepare('SELECT name FROM sqlite_schema').all()).toEqual([{ name: 'product' }]);
});

test('a server without a key does not start, and says what is missing', async () => {
  const child = spawn(process.execPath, [MAIN], {
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  children.push(child);
  const said: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk));
  expect(await once(child, 'close')).toEqual([2, null]);
  expect(Buffer.concat(said).toString()).toContain('BACKOFFICE_API_KEY');
});
