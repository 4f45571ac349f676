import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Connection } from '@temporalio/client';
import { tsToMs } from '@temporalio/common/lib/time.js';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Credentials } from '../../cli/setup.ts';
import { openKeyFile } from '../../db/keyring.ts';
import { findPrincipalByToken } from '../../db/principals.ts';
import { findSource } from '../../db/sources.ts';
import { closeStore, openStore, type Store } from '../../db/store.ts';
import { getTestTemporal } from '../support/temporal.ts';
import { runCli } from './run-cli.ts';

describe('preparing an installation', () => {
  const namespace = `prepared-${randomUUID()}`;
  let folder: string;
  let address: string;
  const prepare = () =>
    runCli('cli/prepare.ts', [], { VAR_DIR: folder, TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace });
  const readCredentials = async () =>
    JSON.parse(await readFile(join(folder, 'keys', 'credentials.json'), 'utf8')) as Credentials;
  const openPrepared = (): Store =>
    openStore(`file:${join(folder, 'order-staging.sqlite')}`, openKeyFile(join(folder, 'keys', 'master.json')));

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'order-staging-prepare-'));
    ({ address } = await getTestTemporal());
    expect(await prepare()).toMatchObject({ code: 0, stdout: expect.stringContaining('credentials.json') });
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('makes the database with its sources and people', async () => {
    const store = openPrepared();
    const { people } = await readCredentials();
    expect(await findSource(store, 'web-shop')).toBeDefined();
    expect(await findPrincipalByToken(store, String(people['ravi']))).toMatchObject({
      id: 'ravi',
      roles: ['reviewer'],
    });
    await closeStore(store);
  });

  test('makes the namespace, which keeps ended orders for 30 days', async () => {
    const connection = await Connection.connect({ address });
    const { config } = await connection.workflowService.describeNamespace({ namespace });
    await connection.close();
    expect(tsToMs(config?.workflowExecutionRetentionTtl)).toBe(30 * 24 * 3_600_000);
  });

  test('changes nothing when it runs again', async () => {
    const before = await readCredentials();
    expect((await prepare()).code).toBe(0);
    expect(await readCredentials()).toEqual(before);
  });

  test('fails where no Temporal server answers, so that it is tried again', async () => {
    const env = { VAR_DIR: folder, TEMPORAL_ADDRESS: '127.0.0.1:9', TEMPORAL_NAMESPACE: namespace };
    const { code, stderr } = await runCli('cli/prepare.ts', [], env);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/no Temporal server answers at 127\.0\.0\.1:9/);
  });
});

describe('the health of a program', () => {
  const server = createServer((request, response) => {
    response.writeHead(request.url === '/well' ? 200 : 503).end('pollers{queue="orders"} 2');
  });
  let url: string;

  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  });

  afterAll(() => {
    server.close();
  });

  test.each([
    ['is good where it answers with success', ['/well'], 0],
    ['is good where the answer holds what is asked for', ['/well', 'pollers{'], 0],
    ['is bad where the answer lacks it', ['/well', 'listeners{'], 1],
    ['is bad where it answers with a failure', ['/ill'], 1],
  ])('%s', async (_, [path, ...text], code) => {
    expect((await runCli('cli/health.ts', [`${url}${String(path)}`, ...text], {})).code).toBe(code);
  });

  test('is bad where nobody answers', async () => {
    expect((await runCli('cli/health.ts', ['http://127.0.0.1:9/'], {})).code).toBe(1);
  });
});
