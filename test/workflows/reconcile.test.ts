import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { findDecision } from '../../db/decisions.ts';
import { acceptDocument } from '../../db/intake.ts';
import { getOrder } from '../../db/orders.ts';
import { findSimulation, putSimulation } from '../../db/simulations.ts';
import { NO_TALLY } from '../../orders/rules/simulation.ts';
import { DEFAULT_RULES } from '../../orders/rules/default-rules.ts';
import { simulationStart, TASK_QUEUES } from '../../workflows/contract.ts';
import type { reconcileWorkflow } from '../../workflows/index.ts';
import { acceptOrder, type House, openHouse, sendOrder, untilOrder } from '../support/house.ts';
import { makeOrderJson } from '../support/order-factory.ts';
import { makeInterchange } from './edi-document.ts';
import { until, untilReview, untilSettled, writeDecision } from './people.ts';

const SUPERVISOR = { actor: 'sofia', roles: ['reviewer', 'supervisor'] } as const;
const LONG_AGO = '2026-01-01T00:00:00.000Z';
const DRAFT = DEFAULT_RULES[0]!;

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterEach(() => house.admin.resetSwitches());
afterAll(() => house.close());

let runs = 0;
/** What the schedule does every 30 seconds. */
function reconcile(): Promise<{ orders: number; documents: number; decisions: number }> {
  runs += 1;
  const options = { taskQueue: TASK_QUEUES.orders, workflowId: `reconcile-${String(runs)}` };
  return house.client.workflow.execute<typeof reconcileWorkflow>('reconcileWorkflow', options);
}

/** Makes an order, document or decision one that has not moved for long. */
async function age(table: 'orders' | 'documents', id: string): Promise<void> {
  await house.store.db.updateTable(table).set({ changed_at: LONG_AGO }).where('id', '=', id).execute();
}

const NOTHING = { orders: 0, documents: 0, decisions: 0 };

describe('the reconciler', () => {
  test('gives an order without a workflow one', async () => {
    const orderId = await acceptOrder(house.store, makeOrderJson());
    // It may be on its way to its workflow still.
    expect(await reconcile()).toEqual(NOTHING);
    await age('orders', orderId);
    expect(await reconcile()).toEqual({ ...NOTHING, orders: 1 });
    await untilOrder(house.store, orderId, (row) => row.state === 'completed');
    await age('orders', orderId);
    expect(await reconcile()).toEqual(NOTHING);
    expect((await house.admin.listProductionOrders({ orderId })).live).toBe(1);
  });

  test('ends a simulation whose workflow was terminated, and leaves one that runs', async () => {
    const { store, client } = house;
    const limits = { receivedFrom: LONG_AGO, receivedTo: LONG_AGO };
    const state = { state: 'running', orders: 0, pages: 0, after: null, tally: NO_TALLY, endedAt: null } as const;
    const start = async (id: string, createdAt: string): Promise<void> => {
      await putSimulation(store, { ...{ id, draft: DRAFT, version: 1, rulesSequence: 1, actor: 'ada' }, limits, ...state, createdAt });
      // On a queue that nobody serves: it runs and does nothing.
      const options = { ...simulationStart({ id, code: DRAFT.code, actor: 'ada' }), taskQueue: 'nobody' };
      await client.workflow.start('simulateRuleWorkflow', options);
    };
    const stateOf = async (id: string): Promise<unknown> => (await findSimulation(store, id))?.state;
    await start('terminated', LONG_AGO);
    await start('goes-on', LONG_AGO);
    await start('young', new Date().toISOString());
    await until(async () => {
      const running = await house.deps.runs.listRunning();
      return running.has('simulation:goes-on') && running.has('simulation:terminated') ? true : undefined;
    });
    await reconcile();
    expect(await stateOf('terminated')).toBe('running');
    for (const id of ['terminated', 'young']) await client.workflow.getHandle(`simulation:${id}`).terminate('a test');
    await until(async () => {
      await reconcile();
      return (await stateOf('terminated')) === 'failed' ? true : undefined;
    });
    expect([await stateOf('goes-on'), await stateOf('young')]).toEqual(['running', 'running']);
    expect((await findSimulation(store, 'terminated'))?.endedAt).not.toBeNull();
    await client.workflow.getHandle('simulation:goes-on').terminate('a test');
  }); // prettier-ignore

  test('gives an order whose workflow was killed while it waited another one', async () => {
    const orderId = await sendOrder(house, makeOrderJson({ customerId: 'C-1003' }));
    await untilReview(house, orderId);
    await house.client.workflow.getHandle(`order:${orderId}`).terminate('a test');
    await age('orders', orderId);
    // The list of what runs is a moment behind.
    await until(async () => ((await reconcile()).orders === 1 ? true : undefined));
    const decisionId = await writeDecision(house, orderId, { action: 'approve', ...SUPERVISOR });
    await house.deps.runs.tellDecision(orderId, decisionId);
    await untilOrder(house.store, orderId, (row) => row.state === 'completed');
  });

  test('leaves alone what has a workflow', async () => {
    const orderId = await sendOrder(house, makeOrderJson({ customerId: 'C-1003' }));
    await untilReview(house, orderId);
    const { runId } = await house.client.workflow.getHandle(`order:${orderId}`).describe();
    await until(async () => ((await house.deps.runs.listRunning()).has(`order:${orderId}`) ? true : undefined));
    await age('orders', orderId);
    expect(await reconcile()).toEqual(NOTHING);
    expect((await house.client.workflow.getHandle(`order:${orderId}`).describe()).runId).toBe(runId);
    await house.client.workflow.getHandle(`order:${orderId}`).signal('decideSignal', {
      decisionId: await writeDecision(house, orderId, { action: 'reject' }),
    });
    await untilOrder(house.store, orderId, (row) => row.terminal_at !== null);
  });

  test('gives a document without a workflow one', async () => {
    const documentId = uuidv7();
    const received = { documentId, source: 'edi-northwind', channel: 'edi', format: 'x12', contentType: null } as const;
    const content = {
      bytes: Buffer.from(makeInterchange({ orders: 2 })),
      findings: [],
      idempotencyKey: null,
      fileName: 'two.edi',
    };
    await acceptDocument(house.store, { ...received, ...content, receivedBy: 'test', at: LONG_AGO });
    expect(await reconcile()).toEqual({ ...NOTHING, documents: 1 });
    const orders = await until(async () => {
      const rows = await house.store.db
        .selectFrom('orders')
        .select('state')
        .where('document_id', '=', documentId)
        .execute();
      return rows.length === 2 && rows.every((row) => row.state === 'completed') ? rows : undefined;
    });
    expect(orders).toHaveLength(2);
  });

  test('tells a decision that nobody was told of', async () => {
    const orderId = await sendOrder(house, makeOrderJson({ customerId: 'C-1003' }));
    await untilReview(house, orderId);
    const decisionId = await writeDecision(house, orderId, { action: 'approve', ...SUPERVISOR });
    expect(await reconcile()).toEqual(NOTHING);
    await ageDecision(decisionId);
    expect(await reconcile()).toEqual({ ...NOTHING, decisions: 1 });
    await untilOrder(house.store, orderId, (row) => row.state === 'completed');
    expect(await untilSettled(house, decisionId)).toMatchObject({ state: 'applied' });
  });

  test('refuses a decision that came in the moment of the order’s end', async () => {
    const orderId = await sendOrder(house, makeOrderJson());
    await house.client.workflow.getHandle(`order:${orderId}`).result();
    const decisionId = await writeDecision(house, orderId, { action: 'cancel' });
    await ageDecision(decisionId);
    expect(await reconcile()).toEqual({ ...NOTHING, decisions: 1 });
    const refusal = expect.stringContaining('was handed off as PRD-');
    expect(await findDecision(house.store, decisionId)).toMatchObject({ state: 'refused', refusal });
    expect(await reconcile()).toEqual(NOTHING);
    expect(await getOrder(house.store, orderId)).toMatchObject({ state: 'completed' });
  });
});

async function ageDecision(id: string): Promise<void> {
  await house.store.db.updateTable('decisions').set({ created_at: LONG_AGO }).where('id', '=', id).execute();
}
