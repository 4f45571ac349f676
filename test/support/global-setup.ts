import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TemporalEngine } from '../../cli/engine.ts';
import { findTemporal, startTemporal } from '../../cli/engine.ts';
import { fetchTimeSkippingServer } from './fetch-time-skipping-server.ts';

/**
 * One Temporal server for the whole run, started when the first test file asks for it: unit tests alone never wait for
 * one. Test files run in processes of their own, so they ask over HTTP.
 */
const globalSetup = async (): Promise<void> => {
  // The first run on a machine may take minutes to fetch the servers, which is more than a test waits. Where they cannot
  // be had, the tests that need them say so.
  await Promise.allSettled([findTemporal(), fetchTimeSkippingServer()]);

  const directory = await mkdtemp(join(tmpdir(), 'order-staging-test-'));
  let engine: Promise<TemporalEngine> | undefined;

  const server = createServer((_request, response) => {
    engine ??= startTemporal({ dbFile: join(directory, 'temporal.db'), port: 0, uiPort: 0 });
    engine.then(
      ({ address }) => response.end(address),
      (error: unknown) => response.writeHead(503).end(String(error)),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  process.env['TEST_TEMPORAL_BROKER'] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  stopServers = async () => {
    server.closeAllConnections();
    server.close();
    const started = await engine?.catch(() => undefined);
    await started?.stop();
    await rm(directory, { recursive: true, force: true });
  };
};

/** Ends what the setup of this run has started. */
export let stopServers: () => Promise<void> = async () => {};

export default globalSetup;
