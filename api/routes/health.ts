import { z } from 'zod';
import { findSource } from '../../db/sources.ts';
import type { Deps } from '../deps.ts';
import { isEngineUp } from '../engine.ts';
import { operation, type Operation } from '../operation.ts';
import { shapes } from '../views.ts';

type Check = 'up' | 'down';

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
      const checks = { database, temporal, backOffice };
      if (database === 'down') return { status: 503, body: { status: 'unavailable', checks } };
      const isWhole = temporal === 'up' && backOffice === 'up';
      return { status: 200, body: { status: isWhole ? 'ready' : 'degraded', checks } };
    },
  }),
];

function checkDatabase({ store }: Deps): Promise<Check> {
  // Any statement will do.
  return toCheck(findSource(store, ''));
}

async function checkEngine(deps: Deps): Promise<Check> {
  return (await isEngineUp(deps)) ? 'up' : 'down';
}

function checkBackOffice({ backOffice }: Deps): Promise<Check> {
  return toCheck(backOffice.ping());
}

function toCheck(attempt: Promise<unknown>): Promise<Check> {
  return attempt.then(
    () => 'up',
    () => 'down',
  );
}
