import { Connection } from '@temporalio/client';
import { randomUUID } from 'node:crypto';
import { ensureNamespace } from '../../cli/engine/namespace.ts';
import './quiet-runtime.ts';

/** A real Temporal server and a namespace in it that nobody else uses. */
export interface TestTemporal {
  /** `host:port` */
  readonly address: string;
  readonly namespace: string;
}

let shared: Promise<TestTemporal> | undefined;

/**
 * The Temporal server of this test run with a namespace for this test file, search attributes included. The first call of
 * a run starts the server; each call in one file answers the same.
 *
 * @throws Error if no server can be had, saying what was tried
 */
export const getTestTemporal = (): Promise<TestTemporal> => (shared ??= createNamespace());

const createNamespace = async (): Promise<TestTemporal> => {
  const broker = process.env['TEST_TEMPORAL_BROKER'];
  if (!broker) throw new Error('jest did not run test/support/global-setup.ts');
  // Building the server on a machine that has none takes minutes.
  const response = await fetch(broker, { signal: AbortSignal.timeout(20 * 60_000) });
  const address = await response.text();
  if (!response.ok) throw new Error(address);

  const namespace = `test-${randomUUID()}`;
  const connection = await Connection.connect({ address });
  try {
    await ensureNamespace(connection, namespace);
  } finally {
    await connection.close();
  }
  return { address, namespace };
};
