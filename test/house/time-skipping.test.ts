import { expect, test } from '@jest/globals';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { fileURLToPath } from 'node:url';
import { findTimeSkippingServer } from '../support/time-skipping.ts';

test('four hours pass in seconds on the time-skipping server', async () => {
  const environment = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: await findTimeSkippingServer() },
  });
  try {
    const worker = await Worker.create({
      connection: environment.nativeConnection,
      taskQueue: 'house',
      workflowsPath: fileURLToPath(new URL('./workflows/index.ts', import.meta.url)),
    });
    const begunAt = await environment.currentTimeMs();
    const result = await worker.runUntil(
      environment.client.workflow.execute('waitFourHours', { taskQueue: 'house', workflowId: 'four-hours' }),
    );
    const passedHours = ((await environment.currentTimeMs()) - begunAt) / 3_600_000;
    expect(result).toBe('four hours are over');
    expect(passedHours).toBeGreaterThanOrEqual(4);
  } finally {
    await environment.teardown();
  }
});
