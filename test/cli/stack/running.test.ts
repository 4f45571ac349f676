import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findRunning, forgetRunning, noteRunning, requireNoOther } from '../../../cli/stack/running.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'running-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** The id of a process that has ended. */
const ended = (): number => spawnSync(process.execPath, ['-e', '']).pid;

describe('word of a running stack', () => {
  test('is found until it is withdrawn', () => {
    expect(findRunning(folder)).toBeUndefined();
    noteRunning(folder, { pid: process.pid, gatewayUrl: 'http://127.0.0.1:3000' });
    expect(findRunning(folder)).toEqual({ pid: process.pid, gatewayUrl: 'http://127.0.0.1:3000' });
    forgetRunning(folder);
    expect(findRunning(folder)).toBeUndefined();
  });

  test('counts for nothing when its process is gone', async () => {
    noteRunning(folder, { pid: ended(), gatewayUrl: 'http://127.0.0.1:3000' });
    expect(findRunning(folder)).toBeUndefined();
    await expect(requireNoOther(folder)).resolves.toBeUndefined();
  });

  test('keeps a second stack off the same folder, as long as the first one answers', async () => {
    const server = createServer((_request, response) => response.end('{}')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const gatewayUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    noteRunning(folder, { pid: process.ppid, gatewayUrl });
    await expect(requireNoOther(folder)).rejects.toThrow(`it runs already, at ${gatewayUrl}`);
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
    await expect(requireNoOther(folder)).resolves.toBeUndefined();
  });
});
