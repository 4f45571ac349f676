import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Connection } from '@temporalio/client';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { findTemporal, startTemporal } from '../../cli/engine.ts';
import type { EngineOptions } from '../../cli/engine.ts';
import { SEARCH_ATTRIBUTES } from '../../cli/engine/namespace.ts';

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'order-staging-engine-'));
});

afterAll(() => rm(directory, { recursive: true, force: true }));

/** A program that calls itself a Temporal CLI of some version. */
const writeProgram = async (name: string, printed: string): Promise<string> => {
  const folder = await mkdtemp(join(directory, 'bin-'));
  await writeFile(join(folder, name), `#!/bin/sh\necho '${printed}'\n`, { mode: 0o755 });
  return folder;
};

describe('finding Temporal', () => {
  test('takes the temporal on PATH', async () => {
    const bin = await writeProgram('temporal', 'temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)');
    const env = { PATH: ['/nowhere', bin].join(delimiter) };
    expect(await findTemporal({ env })).toEqual({ path: join(bin, 'temporal'), version: '1.29.1', how: 'PATH' });
  });

  test('prefers the one that TEMPORAL_CLI_PATH names', async () => {
    const named = join(await writeProgram('mine', 'temporal version 1.6.0 (Server 1.30.0, UI 2.43.0)'), 'mine');
    const bin = await writeProgram('temporal', 'temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)');
    const found = await findTemporal({ env: { PATH: bin, TEMPORAL_CLI_PATH: named } });
    expect(found).toEqual({ path: named, version: '1.30.0', how: 'TEMPORAL_CLI_PATH' });
  });

  test('refuses a TEMPORAL_CLI_PATH that is something else', async () => {
    const named = join(await writeProgram('mine', 'mine 1.0'), 'mine');
    await expect(findTemporal({ env: { TEMPORAL_CLI_PATH: named } })).rejects.toThrow(/no Temporal CLI.*mine 1\.0/);
  });

  test('passes over a temporal on PATH that is too old, and says so', async () => {
    const bin = await writeProgram('temporal', 'temporal version 0.10.7 (server 1.22.0) (ui 2.17.2)');
    const lines: string[] = [];
    const env = { PATH: `${bin}${delimiter}${process.env['PATH']}` };
    const found = await findTemporal({ env: { ...process.env, ...env }, log: (line) => lines.push(line) });
    expect(found.how).not.toBe('PATH');
    expect(lines[0]).toContain('has server 1.22.0, older than 1.28: not used');
  });

  test('without a network or Go it names what was tried and what helps, within half a minute', async () => {
    const unreachable = 'http://127.0.0.1:9';
    const env = { PATH: '', XDG_CACHE_HOME: directory, HTTPS_PROXY: unreachable, https_proxy: unreachable };
    const error: unknown = await findTemporal({ env }).catch((reason: unknown) => reason);
    const message = (error as Error).message;
    expect(message).toContain('set TEMPORAL_ADDRESS');
    expect(message).toContain('temporal on PATH: none');
    expect(message).toContain('the download by the Temporal SDK: ');
    expect(message).toContain('go install github.com/temporalio/cli/cmd/temporal@v1.5.1: go is not installed');
  }, 30_000);
});

describe('starting Temporal', () => {
  const start = (name: string, options: Partial<EngineOptions> = {}) =>
    startTemporal({ dbFile: join(directory, name, 'temporal.db'), port: 0, uiPort: 0, ...options });

  test('gives a namespace with the search attributes of an order, and a Web UI', async () => {
    const engine = await start('fresh');
    const connection = await Connection.connect({ address: engine.address });
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace: engine.namespace });
    const page = await fetch(engine.uiUrl!);
    await connection.close();
    await engine.stop();
    expect(engine.namespace).toBe('order-staging');
    expect(Object.keys(customAttributes).sort()).toEqual(Object.keys(SEARCH_ATTRIBUTES).sort());
    expect(page.status).toBe(200);
  });

  test('keeps its state, and starts again on the same file after a stop', async () => {
    const first = await start('kept', { namespace: 'kept-namespace' });
    await first.stop();
    const second = await start('kept');
    const connection = await Connection.connect({ address: second.address });
    const { namespaceInfo } = await connection.workflowService.describeNamespace({ namespace: 'kept-namespace' });
    await connection.close();
    await second.stop();
    expect(namespaceInfo?.name).toBe('kept-namespace');
  });

  test('refuses a second server on the same file while the first runs', async () => {
    const engine = await start('shared');
    await expect(start('shared')).rejects.toThrow(/already runs on .*temporal\.db/);
    await engine.stop();
  });

  test('takes a free port where the wanted one is taken, and says so', async () => {
    const squatter = createServer().listen(0, '127.0.0.1');
    await once(squatter, 'listening');
    const { port } = squatter.address() as AddressInfo;
    const lines: string[] = [];
    const engine = await start('ports', { port, log: (line) => lines.push(line) });
    await engine.stop();
    squatter.close();
    expect(lines).toEqual([`port ${port} is taken: Temporal is at ${engine.address.split(':')[1]}`]);
  });

  test('uses the running server at TEMPORAL_ADDRESS and leaves it running', async () => {
    const running = await start('running');
    const env = { TEMPORAL_ADDRESS: running.address, TEMPORAL_NAMESPACE: 'elsewhere' };
    const engine = await start('unused', { env });
    await engine.stop();
    const connection = await Connection.connect({ address: running.address });
    const { namespaceInfo } = await connection.workflowService.describeNamespace({ namespace: 'elsewhere' });
    await connection.close();
    await running.stop();
    expect(namespaceInfo?.name).toBe('elsewhere');
    expect(engine.pid).toBeUndefined();
  });

  test('says so if nothing answers at TEMPORAL_ADDRESS', async () => {
    const env = { TEMPORAL_ADDRESS: '127.0.0.1:9' };
    await expect(start('unused', { env })).rejects.toThrow('no Temporal server answers at 127.0.0.1:9');
  });

  test('the server ends with the process that started it, even if that is killed', async () => {
    const dbFile = join(directory, 'orphan', 'temporal.db');
    const program = `
      const { startTemporal } = await import(${JSON.stringify(new URL('../../cli/engine.ts', import.meta.url).href)});
      console.log((await startTemporal({ dbFile: ${JSON.stringify(dbFile)}, port: 0, uiPort: 0 })).pid);
      setInterval(() => {}, 1000);`;
    const owner = spawn(process.execPath, ['--input-type=module', '--eval', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    const [printed] = (await once(owner.stdout, 'data')) as [Buffer];
    const pid = printed.toString().trim();
    expect(await isRunning(pid)).toBe(true);

    owner.kill('SIGKILL');
    const deadline = Date.now() + 15_000;
    while ((await isRunning(pid)) && Date.now() < deadline) await sleep(100);
    expect(await isRunning(pid)).toBe(false);
  });
});

/** A zombie has ended; whoever adopted it has only not looked yet. */
const isRunning = async (pid: string): Promise<boolean> => {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'stat=', '-p', pid]).catch(() => ({ stdout: '' }));
  return /^[^Z]/.test(stdout.trim());
};
