import {
  type Client,
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type ScheduleSummary,
} from '@temporalio/client';
import type { Polled } from '../activities/deps.ts';
import { type PollInput, TASK_QUEUES } from '../workflows/contract.ts';

/** What stands before the source in the names of these schedules. */
const PREFIX = 'poll:';

/**
 * Puts the schedules of polled sources in step with the profiles: a new one for a source that is polled from now on,
 * another interval where it changed, none where there is nothing to poll. May run in several places at once; one that an
 * operator paused stays paused.
 */
export async function keepPollSchedules(client: Client, polled: readonly Polled[]): Promise<void> {
  const there = await listPollSchedules(client);
  for (const { source, everySeconds } of polled) {
    const every = there.get(PREFIX + source);
    if (every === undefined) await create(client, source, everySeconds);
    else if (every !== everySeconds * 1000) await change(client, source, everySeconds);
  }
  const wanted = new Set(polled.map(({ source }) => PREFIX + source));
  for (const scheduleId of there.keys()) if (!wanted.has(scheduleId)) await remove(client, scheduleId);
}

/** Their intervals in milliseconds, by their names. */
async function listPollSchedules(client: Client): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  for await (const summary of client.schedule.list()) {
    if (summary.scheduleId.startsWith(PREFIX)) found.set(summary.scheduleId, intervalOf(summary));
  }
  return found;
}

function intervalOf({ spec }: ScheduleSummary): number {
  return spec?.intervals?.[0]?.every ?? 0;
}

function specOf(everySeconds: number) {
  return { intervals: [{ every: everySeconds * 1000 }] };
}

async function create(client: Client, source: string, everySeconds: number): Promise<void> {
  const args: [PollInput] = [{ source }];
  const action = {
    type: 'startWorkflow',
    workflowType: 'pollWorkflow',
    taskQueue: TASK_QUEUES.batch,
    args,
    workflowId: PREFIX + source,
    staticSummary: `Reads the orders of ${source}`,
  } as const;
  const policies = { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 min' } as const;
  const state = { triggerImmediately: true };
  const schedule = { scheduleId: PREFIX + source, spec: specOf(everySeconds), action, policies, state };
  // Lists lag behind by a moment.
  await client.schedule.create(schedule).catch(unless(ScheduleAlreadyRunning));
}

async function change(client: Client, source: string, everySeconds: number): Promise<void> {
  const handle = client.schedule.getHandle(PREFIX + source);
  await handle.update((now) => ({ ...now, spec: specOf(everySeconds) })).catch(unless(ScheduleNotFoundError));
}

async function remove(client: Client, scheduleId: string): Promise<void> {
  await client.schedule.getHandle(scheduleId).delete().catch(unless(ScheduleNotFoundError));
}

/** Somebody else was quicker. */
function unless(expected: new (...given: never[]) => Error): (error: unknown) => void {
  return (error) => {
    if (!(error instanceof expected)) throw error;
  };
}
