import { WithStartWorkflowOperation, WorkflowNotFoundError } from '@temporalio/client';
import type { DocumentRow } from '../db/documents.ts';
import type { OrderRow } from '../db/orders.ts';
import {
  automaticPartUpdate,
  type DecisionOutcome,
  decideUpdate,
  documentStart,
  orderStart,
  simulationStart,
  TASK_QUEUES,
} from '../workflows/contract.ts';
import type { Deps } from './deps.ts';

/*
 * The gateway's view of Temporal. What is in the database is safe without it: the reconciler starts what has no owner and
 * tells what was never told. So a call that gets no answer in time is noted and never fails a request.
 */

/** One id is one run, whoever starts it; a run that ended may be followed by another. */
const ONE_RUN = { workflowIdConflictPolicy: 'USE_EXISTING', workflowIdReusePolicy: 'ALLOW_DUPLICATE' } as const;

/** Starts an order's workflow, unless it runs. @returns whether Temporal took it in time. */
export function startOrder(deps: Deps, row: OrderRow): Promise<boolean> {
  const { temporal, settings } = deps;
  const start = (): Promise<unknown> => temporal.workflow.start('orderWorkflow', { ...orderStart(row), ...ONE_RUN });
  return didAnswer(deps, 'start of an order', settings.temporalStartTimeoutMs, start, { orderId: row.id });
}

/** Starts a document's workflow, unless it runs. @returns whether Temporal took it in time. */
export function startDocument(deps: Deps, document: Pick<DocumentRow, 'id' | 'source' | 'channel'>): Promise<boolean> {
  const { temporal, settings } = deps;
  const start = (): Promise<unknown> =>
    temporal.workflow.start('documentWorkflow', { ...documentStart(document), ...ONE_RUN });
  return didAnswer(deps, 'start of a document', settings.temporalStartTimeoutMs, start, { documentId: document.id });
}

/** Waits, at most so many seconds, until an order's automatic part is over; starts its workflow where there is none. */
export async function awaitAutomaticPart(deps: Deps, row: OrderRow, seconds: number): Promise<void> {
  const startWorkflowOperation = new WithStartWorkflowOperation('orderWorkflow', { ...orderStart(row), ...ONE_RUN });
  // Rejects beside the update, and nobody else would listen.
  startWorkflowOperation.workflowHandle().catch(() => undefined);
  const wait = (): Promise<unknown> =>
    deps.temporal.workflow.executeUpdateWithStart(automaticPartUpdate, { startWorkflowOperation });
  await didAnswer(deps, 'automatic part of an order', seconds * 1000, wait, { orderId: row.id });
}

/**
 * Hands a decision to its order and waits for what became of it. The decision's id is the update's, so that it takes
 * effect once, however often it is told.
 * @returns undefined if there was no answer; the reconciler tells the order later.
 */
export async function tellDecision(
  deps: Deps,
  orderId: string,
  decisionId: string,
): Promise<DecisionOutcome | undefined> {
  const { temporal, settings } = deps;
  let outcome: DecisionOutcome | undefined;
  const tell = async (): Promise<void> => {
    const handle = temporal.workflow.getHandle(`order:${orderId}`);
    outcome = await handle.executeUpdate(decideUpdate, { args: [{ decisionId }], updateId: decisionId });
  };
  await didAnswer(deps, 'decision on an order', settings.decisionTimeoutMs, tell, { orderId, decisionId });
  return outcome;
}

/** Starts an EDI batch out of turn. @returns whether Temporal took it in time. */
export function startEdiBatch(deps: Deps, workflowId: string, actor: string): Promise<boolean> {
  const { temporal, settings } = deps;
  const options = {
    workflowId,
    taskQueue: TASK_QUEUES.batch,
    args: [{}],
    staticSummary: `EDI batch asked for by ${actor}`,
  };
  const start = (): Promise<unknown> => temporal.workflow.start('ediBatchWorkflow', options);
  return didAnswer(deps, 'start of an EDI batch', settings.temporalStartTimeoutMs, start, { workflowId });
}

/**
 * Starts to try a draft of a rule on past orders.
 * @param waitSeconds how long to wait until that is over, at most
 * @returns whether Temporal took it in time
 */
export async function startSimulation(
  deps: Deps,
  simulation: Parameters<typeof simulationStart>[0],
  waitSeconds: number,
): Promise<boolean> {
  const { temporal, settings } = deps;
  const options = simulationStart(simulation);
  const about = { simulationId: simulation.id };
  const start = (): Promise<unknown> => temporal.workflow.start('simulateRuleWorkflow', options);
  if (!(await didAnswer(deps, 'start of a simulation', settings.temporalStartTimeoutMs, start, about))) return false;
  const wait = (): Promise<unknown> => temporal.workflow.getHandle(options.workflowId).result();
  if (waitSeconds > 0) await didAnswer(deps, 'end of a simulation', waitSeconds * 1000, wait, about);
  return true;
}

/** Starts the retention out of turn. @returns whether Temporal took it in time. */
export function startRetention(deps: Deps, workflowId: string, actor: string): Promise<boolean> {
  const { temporal, settings } = deps;
  const options = {
    workflowId,
    taskQueue: TASK_QUEUES.orders,
    args: [{}],
    staticSummary: `Retention asked for by ${actor}`,
  };
  const start = (): Promise<unknown> => temporal.workflow.start('retentionWorkflow', options);
  return didAnswer(deps, 'start of the retention', settings.temporalStartTimeoutMs, start, { workflowId });
}

/** Whether Temporal answers and has our namespace. */
export function isEngineUp(deps: Deps): Promise<boolean> {
  const { temporal, settings } = deps;
  const ask = (): Promise<unknown> =>
    temporal.workflowService.describeNamespace({ namespace: settings.temporalNamespace });
  return didAnswer(deps, 'sign of life', settings.temporalStartTimeoutMs, ask, {});
}

/** Address of a run in Temporal's Web UI; undefined where links are off. */
export function webUiLink(deps: Deps, workflowId: string): string | undefined {
  const { temporalUiUrl, temporalNamespace } = deps.settings;
  if (temporalUiUrl === null) return undefined;
  return `${temporalUiUrl}/namespaces/${encodeURIComponent(temporalNamespace)}/workflows/${encodeURIComponent(workflowId)}`;
}

/** Runs a call to Temporal within a time. Why there was no answer goes to the log. */
async function didAnswer(
  { temporal, log }: Deps,
  what: string,
  withinMs: number,
  call: () => Promise<unknown>,
  about: Readonly<Record<string, string>>,
): Promise<boolean> {
  try {
    // The client's deadline ends its attempts. It does not cover the first connection, hence the clock of our own.
    await before(withinMs, temporal.withDeadline(Date.now() + withinMs, call));
    return true;
  } catch (error) {
    const why = error instanceof WorkflowNotFoundError ? 'no such workflow runs' : describe(error);
    log.warn({ ...about, why }, `no answer from Temporal: ${what}`);
    return false;
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const { cause } = error;
  return cause instanceof Error ? `${error.name}: ${cause.name}: ${cause.message}` : `${error.name}: ${error.message}`;
}

function before<T>(ms: number, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${String(ms)} ms`)), ms);
  return Promise.race([work, promise]).finally(() => clearTimeout(timer));
}
