import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, NativeConnection, type WorkflowBundle } from '@temporalio/worker';
import { v7 as uuidv7 } from 'uuid';
import { createBackOfficeClient } from '../../backoffice/http-client.ts';
import { createReferenceAdmin } from '../../backoffice/reference/admin-client.ts';
import { startReferenceServer } from '../../backoffice/reference/server.ts';
import { openCredentials, seedDefaults } from '../../cli/setup.ts';
import { acceptDocument } from '../../db/intake.ts';
import type { NoticeSettings } from '../../config.ts';
import { createKeyring } from '../../db/keyring.ts';
import { migrate } from '../../db/migrate.ts';
import { getOrder, type OrderRow } from '../../db/orders.ts';
import { getSource } from '../../db/sources.ts';
import { closeStore, openStore, type Store } from '../../db/store.ts';
import { createDirectoryTransport } from '../../exchange/directory-transport.ts';
import type { BackOfficeCircuit } from '../../workers/guarded-back-office.ts';
import { createNoticeSenders } from '../../workers/notice-senders.ts';
import { createDeps, createWorker, WORKFLOWS_PATH } from '../../workers/worker.ts';
import { orderStart, TASK_QUEUES } from '../../workflows/contract.ts';
import type { orderWorkflow } from '../../workflows/index.ts';
import { getTestTemporal } from './temporal.ts';

const API_KEY = 'a-key-for-the-tests';

/** The real parts in one process: Temporal, database, back office over HTTP, a worker on each queue. */
export type House = Awaited<ReturnType<typeof openHouse>>;

let bundle: Promise<WorkflowBundle> | undefined;

/** The workflows, bundled once a test file. */
export const getBundle = (): Promise<WorkflowBundle> =>
  (bundle ??= bundleWorkflowCode({ workflowsPath: WORKFLOWS_PATH, logger: quiet }));

const quiet = { trace() {}, debug() {}, info() {}, warn() {}, error() {}, log() {} };

/** The Temporal server that a house runs on. */
export interface Ground {
  readonly connection: Connection;
  readonly native: NativeConnection;
  readonly namespace: string;
  leave(): Promise<void>;
}

/** The real server of this test run. */
async function findGround(): Promise<Ground> {
  const { address, namespace } = await getTestTemporal();
  const connection = await Connection.connect({ address });
  const native = await NativeConnection.connect({ address });
  const leave = async (): Promise<void> => {
    await native.close();
    await connection.close();
  };
  return { connection, native, namespace, leave };
}

/**
 * Opens a house of its own for a test file; close it afterwards.
 * @param options.ground the run's real server unless another one is given.
 * @param options.workers whether somebody works in it; by default yes.
 * @param options.circuit how long a back office is left alone that does not answer; by default not at all, so that what one
 * test takes away is there for the next.
 * @param options.notices how notices get out; by default sources are told over HTTPS, and nobody else is.
 */
export async function openHouse(
  options: {
    readonly ground?: Ground;
    readonly workers?: boolean;
    readonly circuit?: BackOfficeCircuit;
    readonly notices?: NoticeSettings;
  } = {},
) {
  const folder = mkdtempSync(join(tmpdir(), 'house-'));
  const { connection, native, namespace, leave } = options.ground ?? (await findGround());
  const server = await startReferenceServer({ apiKey: API_KEY, databasePath: join(folder, 'backoffice.sqlite') });
  const store = openStore(`file:${join(folder, 'orders.sqlite')}`, createKeyring());
  await migrate(store);
  const credentials = openCredentials(join(folder, 'credentials.json'));
  await seedDefaults(store, credentials);
  const transport = createDirectoryTransport({ directory: join(folder, 'edi'), settleMs: 0 });
  const backOffice = { baseUrl: server.url, apiKey: API_KEY };
  const deps = createDeps({
    store,
    transport,
    anchorDir: join(folder, 'anchors'),
    connection,
    namespace,
    backOffice,
    circuit: options.circuit ?? { pauseMs: 0 },
    ...(options.notices && { notices: createNoticeSenders(options.notices) }),
  });
  const queues = options.workers === false ? [] : Object.values(TASK_QUEUES);
  const workers = await Promise.all(
    queues.map(async (taskQueue) =>
      createWorker({ connection: native, namespace, taskQueue, deps, workflowBundle: await getBundle() }),
    ),
  );
  const running = Promise.all(workers.map((worker) => worker.run()));
  const client = new Client({ connection, namespace });
  return {
    folder,
    store,
    client,
    deps,
    credentials,
    server,
    admin: createReferenceAdmin(backOffice),
    backOffice: createBackOfficeClient({ ...backOffice, timeoutMs: 5000 }),
    close: async () => {
      for (const worker of workers) worker.shutdown();
      await running;
      await leave();
      await closeStore(store);
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Puts a JSON order through the door of a source, as the gateway does, without starting its workflow. */
export async function acceptOrder(
  store: Store,
  content: unknown,
  source = 'web-shop',
  operatorId: string | null = null,
): Promise<string> {
  const orderId = uuidv7();
  const { channel } = await getSource(store, source);
  const received = {
    documentId: uuidv7(),
    source,
    channel,
    format: 'json',
    contentType: 'application/json',
    fileName: null,
  } as const;
  const bytes = Buffer.from(JSON.stringify(content));
  const at = new Date().toISOString();
  await acceptDocument(
    store,
    { ...received, bytes, receivedBy: 'test', at, findings: [], idempotencyKey: null },
    { orderId, operatorId },
  );
  return orderId;
}

/** Accepts an order and starts its workflow. */
export async function sendOrder(
  { store, client }: Pick<House, 'store' | 'client'>,
  content: unknown,
  source?: string,
): Promise<string> {
  const orderId = await acceptOrder(store, content, source);
  await client.workflow.start<typeof orderWorkflow>('orderWorkflow', orderStart(await getOrder(store, orderId)));
  return orderId;
}

/** Waits until an order's row is as wanted. @throws Error, telling how it is, after `limitMs` milliseconds. */
export async function untilOrder(
  store: Store,
  orderId: string,
  wanted: (row: OrderRow) => boolean,
  limitMs = 30_000,
): Promise<OrderRow> {
  const giveUpAt = Date.now() + limitMs;
  for (;;) {
    const row = await getOrder(store, orderId);
    if (wanted(row)) return row;
    if (Date.now() > giveUpAt) throw new Error(`order ${orderId} is ${row.state} after ${String(limitMs)} ms`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

/** For {@link untilOrder}: whether an order is in one of some states. */
export const inState =
  (...states: readonly OrderRow['state'][]) =>
  (row: OrderRow): boolean =>
    states.includes(row.state);
