import { type Client, WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/client';
import type { Runs } from '../activities/deps.ts';
import type { documentWorkflow, orderWorkflow } from '../workflows/index.ts';
import { decideSignal, documentStart, orderStart, recheckSignal } from '../workflows/contract.ts';
import { keepPollSchedules } from './poll-schedules.ts';

/** Temporal, as activities see it. */
export function createRuns(client: Client): Runs {
  const { workflow } = client;
  return {
    startOrder: (order) =>
      unlessRunning(() => workflow.start<typeof orderWorkflow>('orderWorkflow', orderStart(order))),
    startDocument: (document) =>
      unlessRunning(() => workflow.start<typeof documentWorkflow>('documentWorkflow', documentStart(document))),
    async recheckOrder(orderId) {
      try {
        await workflow.getHandle(`order:${orderId}`).signal(recheckSignal);
      } catch (error) {
        // Nobody is there: the reconciler gives the order an owner.
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      }
    },
    async tellDecision(orderId, decisionId) {
      try {
        await workflow.getHandle(`order:${orderId}`).signal(decideSignal, { decisionId });
      } catch (error) {
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      }
    },
    keepPolls: (polled) => keepPollSchedules(client, polled),
    async listRunning() {
      const types = '"orderWorkflow", "documentWorkflow", "simulateRuleWorkflow"';
      const query = `ExecutionStatus = "Running" AND WorkflowType IN (${types})`;
      const ids = new Set<string>();
      for await (const { workflowId } of workflow.list({ query, pageSize: 1000 })) ids.add(workflowId);
      return ids;
    },
  };
}

async function unlessRunning(start: () => Promise<unknown>): Promise<void> {
  try {
    await start();
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}
