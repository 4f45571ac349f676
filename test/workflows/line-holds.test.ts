import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { listLineHolds } from '../../db/fulfilment.ts';
import { getOrder } from '../../db/orders.ts';
import { TASK_QUEUES } from '../../workflows/contract.ts';
import type { releaseLineHoldsWorkflow } from '../../workflows/index.ts';
import { type House, openHouse, sendOrder, untilOrder } from '../support/house.ts';
import { makeOrderJson } from '../support/order-factory.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house.close());

let runs = 0;
/** What the schedule does every 30 seconds. */
function releaseLines(): Promise<{ released: number }> {
  runs += 1;
  const options = { taskQueue: TASK_QUEUES.orders, workflowId: `lines-${String(runs)}` };
  return house.client.workflow.execute<typeof releaseLineHoldsWorkflow>('releaseLineHoldsWorkflow', options);
}

/** An order of C-2003, who takes what is there at once: of SKU-7 there are 8. */
const splitOrder = (quantity: number) =>
  makeOrderJson({
    customerId: 'C-2003',
    lines: [
      { line: '1', sku: 'SKU-7', quantity: String(quantity), unitPrice: '12.50', amount: (quantity * 12.5).toFixed(2) },
    ],
    total: (quantity * 12.5).toFixed(2),
  });

test('an order goes to production with what is there, and the rest follows when it has come in', async () => {
  const orderId = await sendOrder(house, splitOrder(10));
  await untilOrder(house.store, orderId, ({ state }) => state === 'completed');
  expect(await house.client.workflow.getHandle(`order:${orderId}`).result()).toMatchObject({ state: 'completed' });
  const ref = { orderId, revision: 1 };
  expect(await listLineHolds(house.store, ref)).toMatchObject([{ position: 1, code: 'STOCK.SHORT', waiting: '2' }]);

  await house.admin.setSwitches({ absent: true });
  expect(await releaseLines()).toEqual({ released: 0 });
  await house.admin.resetSwitches();
  await house.admin.changeProduct('SKU-7', { stock: { NORTH: '2' } });
  expect(await releaseLines()).toEqual({ released: 1 });
  expect(await listLineHolds(house.store, ref)).toEqual([]);
  expect(await getOrder(house.store, orderId)).toMatchObject({ state: 'completed', revision: 1 });
  expect(await house.admin.listProductionOrders({ orderId })).toMatchObject({
    live: 1,
    productionOrders: [{ lines: [{ quantity: '10', waiting: '0' }] }],
  });
});

test('many orders at once share what is there to the last piece, and nobody gets a piece twice', async () => {
  await house.admin.changeProduct('SKU-7', { stock: { EAST: '20', WEST: '20' } });
  const orderIds = await Promise.all(Array.from({ length: 20 }, () => sendOrder(house, splitOrder(3))));
  const settled = await Promise.all(
    orderIds.map((orderId) =>
      untilOrder(house.store, orderId, ({ state }) => state === 'completed' || state === 'in_review'),
    ),
  );
  const waiting = await Promise.all(orderIds.map((orderId) => listLineHolds(house.store, { orderId, revision: 1 })));
  const completed = settled.filter(({ state }) => state === 'completed').length;
  const waits = waiting.flat().reduce((sum, hold) => sum + Number(hold.waiting), 0);
  // Of these 40 pieces 8 were taken before: 32 are left for 60 that are wanted.
  expect(completed * 3 - waits).toBe(32);
  expect(await house.backOffice.searchProducts('SKU-7')).toMatchObject([{ available: '0' }]);
});
