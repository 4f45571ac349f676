import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { Client, Connection } from '@temporalio/client';
import { createBackOfficeClient } from '../backoffice/http-client.ts';
import { getBackOfficeKey, readSettings } from '../config.ts';
import { openReadyStore } from '../db/ready.ts';
import { closeStore } from '../db/store.ts';
import { createLog } from '../log.ts';
import { runProgram } from '../program.ts';
import { buildApp } from './app.ts';
import { answerBrokenRequests } from './broken-request.ts';

/** A person waits for look-ups, a probe for an answer. */
const BACK_OFFICE_TIMEOUT_MS = 5000;
/** Waiting callers (`Prefer: wait`) get this long to finish when the gateway stops, in milliseconds. */
const LONGEST_GOODBYE_MS = 10_000;

/** The gateway: serves the API until it is told to stop. */
async function main(): Promise<void> {
  const settings = readSettings(process.env);
  const log = createLog('gateway', settings.logLevel);
  const store = await openReadyStore(settings, (why) => log.warn(why));
  const { temporalAddress: address, temporalNamespace: namespace } = settings;
  // Lazy: orders are taken, and wait, while there is no Temporal server.
  const connection = Connection.lazy({ address, connectTimeout: settings.temporalStartTimeoutMs });
  const temporal = new Client({ connection, namespace });
  const backOffice = createBackOfficeClient({
    baseUrl: settings.backOfficeUrl,
    apiKey: getBackOfficeKey(settings),
    timeoutMs: BACK_OFFICE_TIMEOUT_MS,
  });
  const server = createServer(buildApp({ store, temporal, backOffice, settings, log, now: () => new Date() }));
  answerBrokenRequests(server);
  server.listen(settings.port, settings.host);
  await once(server, 'listening');
  log.info({ listening: server.address() }, 'ready');
  process.send?.('ready');
  await untilToldToStop();
  log.info('stopping');
  await closeServer(server);
  await connection.close();
  await closeStore(store);
}

/** SIGTERM and SIGINT, and the end of the program that started this one. */
async function untilToldToStop(): Promise<void> {
  const stop = new AbortController();
  const { signal } = stop;
  await Promise.race(['SIGTERM', 'SIGINT', 'disconnect'].map((name) => once(process, name, { signal })));
  // Forget the others, so that a second Ctrl-C ends the process at once.
  stop.abort();
}

/** Takes no more requests, finishes those under way, and then hangs up on who is left. */
async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), LONGEST_GOODBYE_MS);
  await closed;
  clearTimeout(timer);
}

await runProgram('gateway', main);
