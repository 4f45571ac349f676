import type { Connection } from '@temporalio/client';
import { isGrpcServiceError } from '@temporalio/client';
import { msToTs, tsToMs } from '@temporalio/common/lib/time.js';
import { setTimeout as sleep } from 'node:timers/promises';

/** What an order can be searched by in Temporal: codes and ids, never personal data. */
export const SEARCH_ATTRIBUTES = {
  OrderSource: 'Keyword',
  OrderChannel: 'Keyword',
  OrderState: 'Keyword',
  OrderHolds: 'KeywordList',
  OrderCustomer: 'Keyword',
} as const;

/** `temporal.api.enums.v1.IndexedValueType`. */
const INDEXED_VALUE_TYPE = { Keyword: 2, KeywordList: 7 } as const;

/** `google.rpc.Code`. */
const INVALID_ARGUMENT = 3;
const NOT_FOUND = 5;
const ALREADY_EXISTS = 6;
const UNAVAILABLE = 14;

/** How long the history of an ended order stays: 30 days, where a server's own default is one. */
const RETENTION = '720h';
const USABLE_WITHIN_MS = 60_000;

/**
 * Gives the orders a namespace of their own in Temporal, with their retention and search attributes, and returns when all
 * of it can be used. What is there already stays; a shorter retention is raised.
 *
 * @throws Error if the namespace has a search attribute of that name and another type, or the server refuses
 */
export const ensureNamespace = async (connection: Connection, namespace: string): Promise<void> => {
  await ensureRetention(connection, namespace);
  await untilUsable(() => ensureSearchAttributes(connection, namespace));
  // A cluster tells its members of new attributes by and by; a query is refused until they know.
  const query = Object.entries(SEARCH_ATTRIBUTES).map(([name]) => `${name} = 'x'`);
  await untilUsable(() => connection.workflowService.countWorkflowExecutions({ namespace, query: query.join(' OR ') }));
};

const ensureRetention = async (connection: Connection, namespace: string): Promise<void> => {
  const { workflowService } = connection;
  const workflowExecutionRetentionTtl = msToTs(RETENTION);
  const found = await workflowService.describeNamespace({ namespace }).catch(undefinedIf(NOT_FOUND));
  if (!found) {
    await workflowService
      .registerNamespace({ namespace, workflowExecutionRetentionPeriod: workflowExecutionRetentionTtl })
      .catch(undefinedIf(ALREADY_EXISTS));
    return;
  }
  if (tsToMs(found.config?.workflowExecutionRetentionTtl) < tsToMs(workflowExecutionRetentionTtl)) {
    await workflowService.updateNamespace({ namespace, config: { workflowExecutionRetentionTtl } });
  }
};

const ensureSearchAttributes = async (connection: Connection, namespace: string): Promise<void> => {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const missing: Record<string, number> = {};
  for (const [name, type] of Object.entries(SEARCH_ATTRIBUTES)) {
    const existing: number | undefined = customAttributes[name];
    if (existing === undefined) missing[name] = INDEXED_VALUE_TYPE[type];
    else if (existing !== INDEXED_VALUE_TYPE[type]) {
      throw new Error(`namespace ${namespace} has a search attribute ${name} that is not of type ${type}`);
    }
  }
  if (Object.keys(missing).length === 0) return;
  await connection.operatorService
    .addSearchAttributes({ namespace, searchAttributes: missing })
    .catch(undefinedIf(ALREADY_EXISTS));
};

/** Tries again while the server has not heard of the namespace or the attributes yet. */
const untilUsable = async (attempt: () => Promise<unknown>): Promise<void> => {
  const deadline = Date.now() + USABLE_WITHIN_MS;
  for (;;) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (!hasCode(error, [INVALID_ARGUMENT, NOT_FOUND, UNAVAILABLE]) || Date.now() > deadline) throw error;
    }
    await sleep(100);
  }
};

const undefinedIf =
  (code: number) =>
  (error: unknown): undefined => {
    if (hasCode(error, [code])) return undefined;
    throw error;
  };

const hasCode = (error: unknown, codes: readonly number[]): boolean =>
  isGrpcServiceError(error) && codes.includes(error.code);
