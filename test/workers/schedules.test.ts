import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client, Connection, ScheduleOverlapPolicy } from '@temporalio/client';
import { ensureSchedules } from '../../workers/schedules.ts';
import { SCHEDULES } from '../../workflows/contract.ts';
import { getTestTemporal } from '../support/temporal.ts';

let connection: Connection;
let client: Client;
beforeAll(async () => {
  const { address, namespace } = await getTestTemporal();
  connection = await Connection.connect({ address });
  client = new Client({ connection, namespace });
});
afterAll(async () => {
  for (const scheduleId of Object.values(SCHEDULES)) await client.schedule.getHandle(scheduleId).delete();
  await connection.close();
});

const describeEdi = () => client.schedule.getHandle(SCHEDULES.edi).describe();

test('a schedule of an earlier version gets the policies of this one, and stays paused if it was', async () => {
  // As an installation of before has it.
  await client.schedule.create({
    scheduleId: SCHEDULES.edi,
    spec: { calendars: [{ minute: 30 }] },
    action: { type: 'startWorkflow', workflowType: 'ediBatchWorkflow', taskQueue: 'orders-batch', args: [], workflowId: SCHEDULES.edi }, // prettier-ignore
    policies: { overlap: ScheduleOverlapPolicy.SKIP },
  });
  await client.schedule.getHandle(SCHEDULES.edi).pause('the partner is moving');
  await ensureSchedules(client);
  const { policies, spec, state } = await describeEdi();
  expect(policies.overlap).toBe(ScheduleOverlapPolicy.ALLOW_ALL);
  expect(spec.calendars?.[0]?.minute).toEqual([expect.objectContaining({ start: 0 })]);
  expect(state).toMatchObject({ paused: true, note: 'the partner is moving' });
});

test('what an operator changed stays when a worker starts again', async () => {
  await ensureSchedules(client);
  const handle = client.schedule.getHandle(SCHEDULES.edi);
  await handle.update((before) => ({ ...before, spec: { calendars: [{ minute: 15 }] } }));
  await ensureSchedules(client);
  expect((await describeEdi()).spec.calendars?.[0]?.minute).toEqual([expect.objectContaining({ start: 15 })]);
});
