import { defineSearchAttributeKey, SearchAttributeType, type SearchAttributePair } from '@temporalio/common';
import { defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Channel, OrderState } from '../orders/state.ts';

/**
 * What the outside says to the workflows, and where it finds them: queues, ids, messages, search attributes. Only ids,
 * codes, counts and states travel; content is in the database.
 */

/** Real-time orders are not starved by batches: documents and their orders have a queue and a process of their own. */
export const TASK_QUEUES = { orders: 'orders', batch: 'orders-batch' } as const;
export type TaskQueue = (typeof TASK_QUEUES)[keyof typeof TASK_QUEUES];

/** The queue on which orders of a channel run. */
function queueOf(channel: Channel): TaskQueue {
  return channel === 'edi' ? TASK_QUEUES.batch : TASK_QUEUES.orders;
}

export interface OrderInput {
  readonly orderId: string;
}

/** How an order stands when its automatic part is over, or when its workflow ends. */
export interface OrderOutcome {
  readonly state: OrderState;
  readonly revision: number;
  /** Codes of the holds that stand. */
  readonly holds: readonly string[];
}

export interface DecisionRef {
  /** Key of the row in `decisions`, which says who decided what. */
  readonly decisionId: string;
}

/** Whether a decision took effect. `refusal` says in words why it did not. */
export interface DecisionOutcome extends OrderOutcome {
  readonly applied: boolean;
  readonly refusal: string | null;
}

/** A person's decision; the caller learns what became of it. */
export const decideUpdate = defineUpdate<DecisionOutcome, [DecisionRef]>('decide');
/** The second way into the same queue, for callers that cannot wait. Without its row it is logged and ignored. */
export const decideSignal = defineSignal<[DecisionRef]>('decideSignal');
/** Answers when the automatic part is over. */
export const automaticPartUpdate = defineUpdate<OrderOutcome>('automaticPart');
/** The cause of a self-clearing hold may be gone: look again. */
export const recheckSignal = defineSignal('recheck');

const orderSource = defineSearchAttributeKey('OrderSource', SearchAttributeType.KEYWORD);
const orderChannel = defineSearchAttributeKey('OrderChannel', SearchAttributeType.KEYWORD);
export const orderState = defineSearchAttributeKey('OrderState', SearchAttributeType.KEYWORD);
export const orderHolds = defineSearchAttributeKey('OrderHolds', SearchAttributeType.KEYWORD_LIST);
export const orderCustomer = defineSearchAttributeKey('OrderCustomer', SearchAttributeType.KEYWORD);

/** What starting an order's workflow takes, whoever starts it. */
export interface StartOptions<Input> {
  readonly workflowId: string;
  readonly taskQueue: TaskQueue;
  readonly args: [Input];
  readonly staticSummary: string;
  readonly typedSearchAttributes: SearchAttributePair[];
}

/** Start options of an order's workflow: one id for one order, so that it never runs twice at a time. */
export function orderStart(order: {
  id: string;
  source: string;
  channel: Channel;
  state: OrderState;
}): StartOptions<OrderInput> {
  return {
    workflowId: `order:${order.id}`,
    taskQueue: queueOf(order.channel),
    args: [{ orderId: order.id }],
    staticSummary: `Order from ${order.source} (${order.channel})`,
    typedSearchAttributes: [
      { key: orderSource, value: order.source },
      { key: orderChannel, value: order.channel },
      { key: orderState, value: order.state },
    ],
  };
}

export interface DocumentInput {
  readonly documentId: string;
}

/** Start options of a document's workflow. */
export function documentStart(document: { id: string; source: string; channel: Channel }): StartOptions<DocumentInput> {
  return {
    workflowId: `document:${document.id}`,
    taskQueue: TASK_QUEUES.batch,
    args: [{ documentId: document.id }],
    staticSummary: `Document from ${document.source} (${document.channel})`,
    typedSearchAttributes: [
      { key: orderSource, value: document.source },
      { key: orderChannel, value: document.channel },
    ],
  };
}

/** Input of trying a draft of a rule on past orders; what is tried, and what came of it, is in the database. */
export interface SimulationInput {
  readonly simulationId: string;
}

/** Start options of trying a draft: beside batches, so that orders are not kept waiting. */
export function simulationStart(simulation: {
  readonly id: string;
  readonly code: string;
  readonly actor: string;
}): Omit<StartOptions<SimulationInput>, 'typedSearchAttributes'> {
  return {
    workflowId: `simulation:${simulation.id}`,
    taskQueue: TASK_QUEUES.batch,
    args: [{ simulationId: simulation.id }],
    staticSummary: `${simulation.code} tried on past orders for ${simulation.actor}`,
  };
}

/** Input of polling: whose orders are read. */
export interface PollInput {
  readonly source: string;
}

/** Input of the retention. */
export interface RetentionInput {
  /** Only tells what would go. */
  readonly dryRun?: boolean;
}

/** What was past its retention when the run began, state by state, and what it removed. */
export interface RetentionOutcome {
  readonly expiring: readonly {
    readonly state: string;
    readonly days: number;
    readonly count: number;
    readonly oldest: string | null;
  }[];
  readonly orders: number;
  readonly documents: number;
}

/** Names under which the schedules stand in the Temporal Web UI. */
export const SCHEDULES = {
  edi: 'edi-batch',
  recheck: 'recheck-holds',
  lines: 'release-lines',
  reconcile: 'reconcile',
  incidents: 'watch-incidents',
  outbox: 'deliver-outbox',
  notices: 'deliver-notices',
  retention: 'retention',
  anchor: 'anchor-log',
} as const;
