import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { BackOfficeRefused } from '../../backoffice/port.ts';
import { type DatabaseFault, FAULT_WORDS } from '../../db/faults.ts';
import { findWriteFault } from '../../db/probe.ts';
import type { Store } from '../../db/store.ts';
import type { Deps } from '../deps.ts';
import { isEngineUp } from '../engine.ts';
import { operation, type Operation } from '../operation.ts';
import { shapes } from '../views.ts';

/** undefined: it is up; else in words why it is not, as far as that is known. */
type Complaint = string | undefined;

/** For whoever watches the process. */
export const healthOperations: readonly Operation[] = [
  operation({
    method: 'get',
    path: '/healthz',
    id: 'isAlive',
    tag: 'Health',
    summary: 'Whether the process answers',
    access: 'open',
    answers: { 200: { description: 'It does', schema: z.object({ status: z.literal('ok') }) } },
    handle: () => Promise.resolve({ status: 200, body: { status: 'ok' } }),
  }),
  operation({
    method: 'get',
    path: '/readyz',
    id: 'isReady',
    tag: 'Health',
    summary: 'Whether orders can be taken, and what is missing',
    description: 'Orders are taken as long as the database is there; without Temporal or the back office they wait.',
    access: 'open',
    answers: {
      200: { description: 'Ready, or degraded', schema: shapes.Readiness },
      503: { description: 'The database does not answer', schema: shapes.Readiness },
    },
    handle: async ({ deps }) => {
      const [database, temporal, backOffice] = await Promise.all([
        checkDatabase(deps),
        checkEngine(deps),
        checkBackOffice(deps),
      ]);
      const complaints = { database, temporal, backOffice };
      const down = Object.entries(complaints).filter(([, why]) => why !== undefined);
      const checks = Object.fromEntries(
        Object.entries(complaints).map(([name, why]) => [name, why === undefined ? 'up' : 'down'] as const),
      );
      const why = down.length > 0 ? { why: Object.fromEntries(down) as Record<string, string> } : {};
      if (database !== undefined) return { status: 503, body: { status: 'unavailable', checks, ...why } };
      return { status: 200, body: { status: down.length === 0 ? 'ready' : 'degraded', checks, ...why } };
    },
  }),
];

/** A probe waits no longer, though the database may. */
const PATIENCE_MS = 3000;

/** One try at a time: probes that come while the database is locked must not queue up behind each other. */
const tries = new WeakMap<Store, Promise<DatabaseFault | undefined>>();

async function checkDatabase({ store, log }: Deps): Promise<Complaint> {
  const begun = tries.get(store) ?? findWriteFault(store).finally(() => tries.delete(store));
  tries.set(store, begun);
  try {
    const fault = await Promise.race([begun, pause(PATIENCE_MS, 'locked' as const, { ref: false })]);
    return fault && FAULT_WORDS[fault];
  } catch (error) {
    log.error({ err: error }, 'the database fails');
    return 'the database fails; see the log';
  }
}

async function checkEngine(deps: Deps): Promise<Complaint> {
  return (await isEngineUp(deps)) ? undefined : 'Temporal does not answer, or does not know the namespace';
}

/** Asks something that takes the key: to whether it is there a back office answers anybody. */
async function checkBackOffice({ backOffice }: Deps): Promise<Complaint> {
  try {
    await backOffice.ping();
    await backOffice.searchCustomers('readiness', 1);
    return undefined;
  } catch (error) {
    if (!(error instanceof BackOfficeRefused)) return 'the back office does not answer';
    const isKey = error.status === 401 || error.status === 403;
    return isKey ? 'the back office refuses our key' : 'the back office refuses what it is asked';
  }
}
