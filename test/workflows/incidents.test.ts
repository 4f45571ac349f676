import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { hastenLooks, listIncidentMembers, listIncidents } from '../../db/incidents.ts';
import { getOrder } from '../../db/orders.ts';
import { TASK_QUEUES } from '../../workflows/contract.ts';
import type { recheckHoldsWorkflow, watchIncidentsWorkflow } from '../../workflows/index.ts';
import { type House, inState, openHouse, sendOrder, untilOrder } from '../support/house.ts';
import { watchAt } from '../support/incidents.ts';
import { makeOrderJson } from '../support/order-factory.ts';
import { until } from './people.ts';

const EVERYONE = { id: 'olivia', roles: ['operator'] } as const;

let house: House;
beforeAll(async () => void (house = await openHouse({ circuit: { pauseMs: 200 } })));
afterEach(() => house.admin.resetSwitches().then(() => undefined));
afterAll(() => house.close());

let runs = 0;
/** What the schedules do every 30 seconds. */
const run = <T extends typeof watchIncidentsWorkflow | typeof recheckHoldsWorkflow>(name: string): ReturnType<T> => {
  runs += 1;
  const options = { taskQueue: TASK_QUEUES.orders, workflowId: `incidents-${String(runs)}` };
  return house.client.workflow.execute(name, options) as ReturnType<T>;
};
const watch = () => run<typeof watchIncidentsWorkflow>('watchIncidentsWorkflow');
const recheck = () => run<typeof recheckHoldsWorkflow>('recheckHoldsWorkflow');

test('an outage is one incident, and over when the back office is back and the orders went on by themselves', async () => {
  await house.admin.setSwitches({ absent: true, calls: ['getFacts', 'ping'] });
  const ids: string[] = [];
  for (let index = 0; index < 10; index += 1) ids.push(await sendOrder(house, makeOrderJson()));
  for (const id of ids) await untilOrder(house.store, id, inState('held'));
  expect(await watch()).toEqual({ troubles: 10, opened: 1, closed: 0 });
  expect(await watch()).toEqual({ troubles: 0, opened: 0, closed: 0 });
  const [incident] = await listIncidents(house.store, EVERYONE, {}, { size: 10 });
  expect(incident).toMatchObject({ cause_code: 'BACKOFFICE.UNAVAILABLE', state: 'open', orders: 10 });
  const members = await listIncidentMembers(house.store, EVERYONE, incident!.id, { afterId: '', size: 50 });
  expect(members.map(({ subject_id: id }) => id)).toEqual([...ids].sort());

  await house.admin.resetSwitches();
  // As the schedule does: what is let go on while the back office is not trusted yet waits once more.
  await until(async () => {
    await recheck();
    const rows = await Promise.all(ids.map((id) => getOrder(house.store, id)));
    return rows.every(inState('completed')) || undefined;
  }, 60_000);
  await watch();
  // Five minutes later it was no mere moment.
  expect(await watchAt(house.store, 6)).toMatchObject({ closed: 1 });
});

test('a product that is sold again frees all its orders at once when they are let look again', async () => {
  await house.admin.changeProduct('SKU-1', { active: false });
  const ids: string[] = [];
  for (let index = 0; index < 12; index += 1) ids.push(await sendOrder(house, makeOrderJson()));
  for (const id of ids) await untilOrder(house.store, id, inState('in_review'));
  expect(await watch()).toMatchObject({ opened: 1 });
  const [incident] = await listIncidents(house.store, EVERYONE, { kind: 'product', cause: 'SKU-1' }, { size: 10 });
  expect(incident).toMatchObject({ state: 'open', orders: 12 });

  await house.admin.changeProduct('SKU-1', { active: true });
  // They would look in a minute.
  expect(await hastenLooks(house.store, EVERYONE, incident!.id, new Date().toISOString())).toBe(12);
  expect(await recheck()).toEqual({ rechecked: 12 });
  for (const id of ids) await untilOrder(house.store, id, inState('completed'));
  await watch();
  expect(await watchAt(house.store, 6)).toMatchObject({ closed: 1 });
});
