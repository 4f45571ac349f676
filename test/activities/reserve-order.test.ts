import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { listOpenHolds } from '../../db/holds.ts';
import { getSource, putSource } from '../../db/sources.ts';
import { recheckSignal } from '../../workflows/contract.ts';
import { type House, openHouse, sendOrder, untilOrder } from '../support/house.ts';
import { makeOrderJson } from '../support/order-factory.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house.close());

async function setGate(gate: 'live' | 'paused'): Promise<void> {
  const profile = await getSource(house.store, 'web-shop');
  await putSource(house.store, { ...profile, gate }, { actor: 'ada', at: new Date().toISOString() });
}

test('credit that is used up between check and reservation takes the role that the rule about credit takes', async () => {
  await setGate('paused');
  const orderId = await sendOrder(house, makeOrderJson());
  await untilOrder(house.store, orderId, (row) => row.state === 'held' && row.resume_state === 'validated');

  await house.admin.changeCustomer('C-1001', { creditLimit: '0.00' });
  await setGate('live');
  await house.client.workflow.getHandle(`order:${orderId}`).signal(recheckSignal);
  await untilOrder(house.store, orderId, (row) => row.state === 'in_review');
  expect(await listOpenHolds(house.store, orderId)).toMatchObject([
    { code: 'CREDIT.LIMIT', releaseRole: 'supervisor' },
  ]);
});
