import { fileURLToPath } from 'node:url';
import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { endWithParent, reportReady } from '../cli/lifeline.ts';

/** A worker process for the no-op workflow, set up like the pipeline's. */
Runtime.install({ telemetryOptions: { logging: { forward: {}, filter: { core: 'WARN', other: 'WARN' } } } });
const connection = await NativeConnection.connect({ address: process.env['TEMPORAL_ADDRESS'] ?? '127.0.0.1:7233' });
const worker = await Worker.create({
  connection,
  namespace: process.env['TEMPORAL_NAMESPACE'] ?? 'order-staging',
  taskQueue: 'noop',
  workflowsPath: fileURLToPath(new URL('./noop-workflow.ts', import.meta.url)),
  activities: { nothing: () => Promise.resolve() },
  maxCachedWorkflows: 500,
});
endWithParent(() => worker.shutdown());
process.once('SIGTERM', () => worker.shutdown());
const running = worker.run();
reportReady();
await running;
await connection.close();
