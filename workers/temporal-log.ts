import { DefaultLogger } from '@temporalio/worker';
import type { Log } from '../log.ts';

/** Temporal tells of each task that begins and ends: that is for who looks for something. */
const WRITE = { TRACE: 'trace', DEBUG: 'debug', INFO: 'debug', WARN: 'warn', ERROR: 'error' } as const;

/** What the SDK adds to each line of an activity and what nobody needs beside the workflow's id. */
const NOISE: readonly string[] = [
  'sdkComponent', 'namespace', 'taskQueue', 'taskToken', 'isLocal', 'activityId', 'workflowRunId', 'workflowType',
]; // prettier-ignore

/**
 * What Temporal's logger is told goes to our log: all of what our activities say, which are ids, codes and counts;
 * of what the SDK says by itself only what is known to hold no content of orders.
 */
export function createTemporalLog(log: Log): DefaultLogger {
  return new DefaultLogger('DEBUG', ({ level, message, meta = {} }) => {
    log[WRITE[level]](select(meta), message);
  });
}

function select(said: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { sdkComponent, workflowId, activityType, attempt, error } = said;
  const own = sdkComponent === 'activity' ? said : { workflowId, activityType, attempt, error };
  const kept = Object.fromEntries(Object.entries(own).filter(([name]) => !NOISE.includes(name)));
  return { ...kept, error: error instanceof Error ? error.message : kept['error'] };
}
