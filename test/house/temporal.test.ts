import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { tsToMs } from '@temporalio/common/lib/time.js';
import { NativeConnection, Worker } from '@temporalio/worker';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { TestTemporal } from '../support/temporal.ts';
import { getTestTemporal } from '../support/temporal.ts';

const orderHolds = defineSearchAttributeKey('OrderHolds', 'KEYWORD_LIST');

describe('the Temporal server of a test run', () => {
  let temporal: TestTemporal;
  let client: Client;

  beforeAll(async () => {
    temporal = await getTestTemporal();
    client = new Client({
      connection: await Connection.connect({ address: temporal.address }),
      namespace: temporal.namespace,
    });
  });

  afterAll(() => client.connection.close());

  test('keeps ended orders for 30 days', async () => {
    const { config } = await client.workflowService.describeNamespace({ namespace: temporal.namespace });
    expect(tsToMs(config?.workflowExecutionRetentionTtl)).toBe(30 * 24 * 3_600_000);
  });

  test('answers the same namespace again within a test file', async () => {
    expect(await getTestTemporal()).toBe(temporal);
  });

  test('runs a workflow that can be found by the state it has set', async () => {
    const connection = await NativeConnection.connect({ address: temporal.address });
    const worker = await Worker.create({
      connection,
      namespace: temporal.namespace,
      taskQueue: 'house',
      workflowsPath: fileURLToPath(new URL('./workflows/index.ts', import.meta.url)),
    });
    await worker.runUntil(client.workflow.execute('endAsStaged', { taskQueue: 'house', workflowId: 'staged-1' }));
    await connection.close();

    const query = "OrderState = 'staged' AND ExecutionStatus = 'Completed'";
    while ((await client.workflow.count(query)).count === 0) await sleep(50);
    const { executions } = await client.workflowService.listWorkflowExecutions({
      namespace: temporal.namespace,
      query,
    });
    expect(executions.map(({ execution }) => execution?.workflowId)).toEqual(['staged-1']);
  });

  test('takes several holds of one order', async () => {
    await client.workflow.start('endAsStaged', {
      taskQueue: 'nobody-listens',
      workflowId: 'held-1',
      typedSearchAttributes: [{ key: orderHolds, value: ['CREDIT', 'STOCK'] }],
    });
    const query = "OrderHolds = 'CREDIT' AND OrderHolds = 'STOCK'";
    while ((await client.workflow.count(query)).count === 0) await sleep(50);
    expect((await client.workflow.count(query)).count).toBe(1);
  });
});
