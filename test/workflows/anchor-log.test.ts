import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { verifyLog } from '../../db/verify-log.ts';
import { TASK_QUEUES } from '../../workflows/contract.ts';
import type { anchorLogWorkflow } from '../../workflows/index.ts';
import { makeOrderJson } from '../support/order-factory.ts';
import { type House, openHouse, sendOrder, untilOrder } from '../support/house.ts';

let house: House;
beforeAll(async () => void (house = await openHouse()));
afterAll(() => house.close());

const anchor = () =>
  house.client.workflow.execute<typeof anchorLogWorkflow>('anchorLogWorkflow', {
    workflowId: `anchor:${uuidv7()}`,
    taskQueue: TASK_QUEUES.orders,
  });

test('the audit trail of an order is anchored by the upkeep, once, and holds', async () => {
  const { store } = house;
  const orderId = await sendOrder(house, makeOrderJson());
  await untilOrder(store, orderId, ({ state }) => state === 'completed');
  const { rows } = await anchor();
  expect(rows).toBeGreaterThan(5);
  expect(await anchor()).toEqual({ anchors: 0, rows: 0 });
  const found = await verifyLog(store, join(house.folder, 'anchors'));
  expect(found).toMatchObject({ broken: null, rows, anchors: 1, window: { rows: 0 } });

  await store.db.deleteFrom('order_processing_log').where('subject', '=', `order:${orderId}`).execute();
  const { broken } = await verifyLog(store, join(house.folder, 'anchors'));
  expect(broken).toMatchObject({ why: 'missing_subject', subject: `order:${orderId}` });
});
