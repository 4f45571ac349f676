import { Writable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { log as activityLog } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createLog } from '../../log.ts';
import { createTemporalLog } from '../../workers/temporal-log.ts';

function openLog() {
  const lines: Record<string, unknown>[] = [];
  const write = (chunk: Buffer, _: string, done: () => void): void => {
    lines.push(JSON.parse(chunk.toString()) as Record<string, unknown>);
    done();
  };
  const log = createLog('worker', 'info', new Writable({ write }));
  return { lines, logger: createTemporalLog(log) };
}

describe('the log of a worker', () => {
  test('has all that an activity says of its work', async () => {
    const { lines, logger } = openLog();
    await new MockActivityEnvironment({}, { logger }).run(() => {
      activityLog.warn('a notice could not be delivered', {
        id: 'n1',
        destination: 'shop:webhook',
        code: 'status_500',
      });
      activityLog.error('a notice cannot be sent', { id: 'n1', error: 'TypeError' });
      return Promise.resolve();
    });
    expect(lines).toMatchObject([
      { level: 40, msg: 'a notice could not be delivered', id: 'n1', destination: 'shop:webhook', code: 'status_500' },
      { level: 50, msg: 'a notice cannot be sent', error: 'TypeError', activityType: 'unknown' },
    ]);
    expect(lines[0]).not.toHaveProperty('taskToken');
  });

  test('has of what Temporal says the message of an error and no more', () => {
    const { lines, logger } = openLog();
    const error = Object.assign(new Error('status 500'), { details: ['Pat Example'] });
    logger.warn('Activity failed', { sdkComponent: 'worker', workflowId: 'order:1', error, input: 'Pat Example' });
    logger.info('Worker state changed', { sdkComponent: 'worker', state: 'RUNNING' });
    expect(lines).toMatchObject([{ level: 40, msg: 'Activity failed', workflowId: 'order:1', error: 'status 500' }]);
    expect(JSON.stringify(lines)).not.toContain('Pat Example');
  });
});
