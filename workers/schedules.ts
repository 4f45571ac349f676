import { createHash } from 'node:crypto';
import { type Client, ScheduleAlreadyRunning, ScheduleOverlapPolicy, type ScheduleSpec } from '@temporalio/client';
import { SCHEDULES, TASK_QUEUES, type TaskQueue } from '../workflows/contract.ts';

interface Plan {
  readonly scheduleId: string;
  readonly workflowType: string;
  readonly taskQueue: TaskQueue;
  readonly spec: ScheduleSpec;
  readonly summary: string;
  /** How late a missed run may still begin; a minute without. */
  readonly catchupWindow?: '12 hours';
  /** What becomes of a run that is due while the one before still goes on; it is skipped without. */
  readonly overlap?: ScheduleOverlapPolicy;
}

/** What runs by the clock. Held orders go on within two minutes, and lost ones are found within two: hence the half minutes. */
const PLANS: readonly Plan[] = [
  {
    scheduleId: SCHEDULES.edi,
    workflowType: 'ediBatchWorkflow',
    taskQueue: TASK_QUEUES.batch,
    // An hour that is left out is midnight.
    spec: { calendars: [{ minute: 0, hour: '*', comment: 'every hour' }] },
    summary: 'Hourly EDI batch',
    // A batch lasts as long as its slowest document: one that cannot be split would close the inboxes for all others.
    overlap: ScheduleOverlapPolicy.ALLOW_ALL,
  },
  {
    scheduleId: SCHEDULES.recheck,
    workflowType: 'recheckHoldsWorkflow',
    taskQueue: TASK_QUEUES.orders,
    spec: { intervals: [{ every: '30 s' }] },
    summary: 'Lets held orders look again',
  },
  {
    scheduleId: SCHEDULES.lines,
    workflowType: 'releaseLineHoldsWorkflow',
    taskQueue: TASK_QUEUES.orders,
    spec: { intervals: [{ every: '30 s', offset: '25 s' }] },
    summary: 'Takes what has come in for lines that wait',
  },
  {
    scheduleId: SCHEDULES.reconcile,
    workflowType: 'reconcileWorkflow',
    taskQueue: TASK_QUEUES.orders,
    spec: { intervals: [{ every: '30 s', offset: '10 s' }] },
    summary: 'Gives every order an owner',
  },
  {
    scheduleId: SCHEDULES.incidents,
    workflowType: 'watchIncidentsWorkflow',
    taskQueue: TASK_QUEUES.orders,
    spec: { intervals: [{ every: '30 s', offset: '20 s' }] },
    summary: 'Sees what stops many orders',
  },
  {
    scheduleId: SCHEDULES.outbox,
    workflowType: 'deliverOutboxWorkflow',
    taskQueue: TASK_QUEUES.orders,
    spec: { intervals: [{ every: '10 s', offset: '5 s' }] },
    summary: 'Writes files that wait in the outbox',
  },
  {
    scheduleId: SCHEDULES.notices,
    workflowType: 'deliverNoticesWorkflow',
    taskQueue: TASK_QUEUES.orders,
    spec: { intervals: [{ every: '10 s' }] },
    summary: 'Posts and mails notices',
  },
  {
    scheduleId: SCHEDULES.retention,
    workflowType: 'retentionWorkflow',
    taskQueue: TASK_QUEUES.orders,
    spec: { calendars: [{ hour: 2, minute: 30, comment: 'every night, UTC' }] },
    summary: 'Removes what is past its retention',
    catchupWindow: '12 hours',
  },
  {
    scheduleId: SCHEDULES.anchor,
    workflowType: 'anchorLogWorkflow',
    taskQueue: TASK_QUEUES.orders,
    spec: { intervals: [{ every: '2 min', offset: '20 s' }] },
    summary: 'Anchors the audit trail outside the database',
  },
];

/**
 * Puts the schedules in place. One that is there and was made from another plan, as by an earlier version, gets this one's
 * spec and policies; one that was made from this plan stays as an operator may have changed it. A pause stays in any case.
 */
export async function ensureSchedules(client: Client): Promise<void> {
  for (const plan of PLANS) {
    const wanted = describePlan(plan);
    try {
      await client.schedule.create({ scheduleId: plan.scheduleId, ...wanted });
    } catch (error) {
      if (!(error instanceof ScheduleAlreadyRunning)) throw error;
      await updateSchedule(client, plan.scheduleId, wanted);
    }
  }
}

/** In the memo of the runs: what tells a schedule that was made from this plan. */
const PLAN = 'plan';

function describePlan(plan: Plan) {
  const { scheduleId, workflowType, taskQueue, spec, summary, ...policies } = plan;
  const fingerprint = createHash('sha256').update(JSON.stringify(plan)).digest('hex').slice(0, 16);
  const action = {
    type: 'startWorkflow',
    workflowType,
    taskQueue,
    args: [],
    workflowId: scheduleId,
    staticSummary: summary,
    memo: { [PLAN]: fingerprint },
  } as const;
  const usual = { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 min' } as const;
  return { spec, action, policies: { ...usual, ...policies } };
}

async function updateSchedule(
  client: Client,
  scheduleId: string,
  wanted: ReturnType<typeof describePlan>,
): Promise<void> {
  const handle = client.schedule.getHandle(scheduleId);
  const { action } = await handle.describe();
  if (action.memo?.[PLAN] === wanted.action.memo[PLAN]) return;
  await handle.update(({ state }) => ({ ...wanted, state }));
}
