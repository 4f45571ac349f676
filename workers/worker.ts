import { Context } from '@temporalio/activity';
import { Client, type ConnectionLike } from '@temporalio/client';
import { type NativeConnection, Worker, type WorkflowBundleOption } from '@temporalio/worker';
import { fileURLToPath } from 'node:url';
import type { Deps, NoticeSenders } from '../activities/deps.ts';
import { createActivities } from '../activities/index.ts';
import { createBackOfficeClient } from '../backoffice/http-client.ts';
import type { BackOffice } from '../backoffice/port.ts';
import { DEFAULT_RETENTION, type RetentionPolicy } from '../db/retention.ts';
import type { Store } from '../db/store.ts';
import type { Transport } from '../exchange/transport.ts';
import type { TaskQueue } from '../workflows/contract.ts';
import { type BackOfficeCircuit, guardBackOffice } from './guarded-back-office.ts';
import { createNoticeSenders, NO_NOTICES } from './notice-senders.ts';
import { createRuns } from './runs.ts';

/** What Temporal's bundler is given. */
export const WORKFLOWS_PATH = fileURLToPath(new URL('../workflows/index.ts', import.meta.url));

/** A local activity may take 3 s; a regular one may wait for a slow back office. */
const LOCAL_TIMEOUT_MS = 2000;
const REGULAR_TIMEOUT_MS = 10_000;

export interface WorkerOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly taskQueue: TaskQueue;
  readonly deps: Deps;
  /** Bundled beforehand; without it the worker bundles on its own, which takes seconds. */
  readonly workflowBundle?: WorkflowBundleOption;
}

/** Makes a worker that serves one task queue with all workflows and activities. */
export function createWorker({
  connection,
  namespace,
  taskQueue,
  deps,
  workflowBundle,
}: WorkerOptions): Promise<Worker> {
  return Worker.create({
    connection,
    namespace,
    taskQueue,
    activities: createActivities(deps),
    ...(workflowBundle ? { workflowBundle } : { workflowsPath: WORKFLOWS_PATH }),
    maxCachedWorkflows: 500,
    shutdownGraceTime: '10 s',
  });
}

/** Wires the activities to the world. */
export function createDeps(world: {
  readonly store: Store;
  readonly transport: Transport;
  readonly anchorDir: string;
  readonly connection: ConnectionLike;
  readonly namespace: string;
  readonly backOffice: { readonly baseUrl: string; readonly apiKey: string };
  readonly retention?: RetentionPolicy;
  readonly notices?: NoticeSenders;
  readonly circuit?: BackOfficeCircuit;
}): Deps {
  const clients = {
    quick: createBackOfficeClient({ ...world.backOffice, timeoutMs: LOCAL_TIMEOUT_MS }),
    patient: createBackOfficeClient({ ...world.backOffice, timeoutMs: REGULAR_TIMEOUT_MS }),
  };
  const { quick, patient } = guardBackOffice(clients, REGULAR_TIMEOUT_MS, world.circuit);
  return {
    store: world.store,
    transport: world.transport,
    anchorDir: world.anchorDir,
    notices: world.notices ?? createNoticeSenders(NO_NOTICES),
    backOffice: (): BackOffice => (Context.current().info.isLocal ? quick : patient),
    retention: world.retention ?? DEFAULT_RETENTION,
    runs: createRuns(new Client({ connection: world.connection, namespace: world.namespace })),
  };
}
