import '../cli/check-node.ts';
import { setTimeout as pause } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Runtime, type Worker } from '@temporalio/worker';
import { endWithParent, reportReady } from '../cli/lifeline.ts';
import { getBackOfficeKey, readSettings, type Settings } from '../config.ts';
import { openReadyStore } from '../db/ready.ts';
import { closeStore } from '../db/store.ts';
import type { CircuitChange } from '../exchange/circuit.ts';
import { createDirectoryTransport } from '../exchange/directory-transport.ts';
import { createLog, type Log } from '../log.ts';
import { runProgram } from '../program.ts';
import { TASK_QUEUES, type TaskQueue } from '../workflows/contract.ts';
import { createNoticeSenders } from './notice-senders.ts';
import { ensureSchedules } from './schedules.ts';
import { createTemporalLog } from './temporal-log.ts';
import { createDeps, createWorker } from './worker.ts';

/** A worker process: serves the task queues of `WORKER_QUEUES` until it is told to stop. */
async function main(): Promise<void> {
  const settings = readSettings(process.env);
  const log = createLog('worker', settings.logLevel);
  installRuntime(settings, log);
  const queues = settings.workerQueues.map(taskQueueNamed);
  const store = await openReadyStore(settings, (why) => log.warn(why));
  const { temporalAddress: address, temporalNamespace: namespace } = settings;
  const connection = await untilThere(() => Connection.connect({ address }), log);
  const native = await untilThere(() => NativeConnection.connect({ address }), log);
  const backOffice = { baseUrl: settings.backOfficeUrl, apiKey: getBackOfficeKey(settings) };
  const transport = createDirectoryTransport({ directory: settings.ediDir });
  const deps = createDeps({
    store,
    transport,
    anchorDir: settings.auditAnchorDir,
    connection,
    namespace,
    backOffice,
    retention: settings.retention,
    circuit: { onChange: tellOf(log) },
    notices: createNoticeSenders(settings.notices, tellOf(log)),
  });
  const workflowBundle =
    settings.workflowBundle === null ? {} : { workflowBundle: { codePath: settings.workflowBundle } };
  const workers: Worker[] = [];
  for (const taskQueue of queues) {
    workers.push(await createWorker({ connection: native, namespace, taskQueue, deps, ...workflowBundle }));
  }
  if (queues.includes(TASK_QUEUES.orders)) await ensureSchedules(new Client({ connection, namespace }));
  endWithParent(() => {
    for (const worker of workers) worker.shutdown();
  });
  log.info({ queues }, 'ready');
  reportReady();
  await Promise.all(workers.map((worker) => worker.run()));
  await native.close();
  await connection.close();
  await closeStore(store);
}

/** What Temporal's logger is told goes to our log, its metrics to Prometheus. */
function installRuntime({ metricsPort, host }: Settings, log: Log): void {
  Runtime.install({
    logger: createTemporalLog(log),
    telemetryOptions: {
      logging: { forward: {}, filter: { core: 'WARN', other: 'WARN' } },
      ...(metricsPort !== 0 && { metrics: { prometheus: { bindAddress: `${host}:${String(metricsPort)}` } } }),
    },
  });
}

/** Tells the log, and Prometheus, which systems outside are left alone because they do not answer. */
function tellOf(log: Log): (change: CircuitChange) => void {
  const gauge = Runtime.instance().metricMeter.createGauge('order_staging_circuit_open', 'int');
  return (change) => {
    const isOpen = change.state === 'open';
    gauge.set(isOpen ? 1 : 0, { system: change.system });
    if (isOpen) log.warn(change, 'a system outside does not answer and is left alone');
    else log.info(change, 'a system outside answers again');
  };
}

function taskQueueNamed(name: string): TaskQueue {
  const known = Object.values(TASK_QUEUES).find((queue) => queue === name);
  if (!known) throw new Error(`WORKER_QUEUES: "${name}" is not one of ${Object.values(TASK_QUEUES).join(', ')}`);
  return known;
}

/** Waits for a Temporal server that is not there yet, rather than crash in a loop. */
async function untilThere<T>(connect: () => Promise<T>, log: { warn(message: string): void }): Promise<T> {
  for (;;) {
    try {
      return await connect();
    } catch {
      log.warn('no Temporal server answers yet; trying again in 2 s');
    }
    await pause(2000);
  }
}

await runProgram('worker', main);
