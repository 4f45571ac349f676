import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { v7 as uuidv7 } from 'uuid';
import { findDecision } from '../../db/decisions.ts';
import { findHandoff } from '../../db/handoffs.ts';
import { listOpenHolds } from '../../db/holds.ts';
import { getOrder, getRevision, type OrderRow } from '../../db/orders.ts';
import { findOpenReview } from '../../db/reviews.ts';
import { putSource, getSource } from '../../db/sources.ts';
import type { Gate } from '../../orders/state.ts';
import { decideSignal, decideUpdate } from '../../workflows/contract.ts';
import { acceptOrder, type House, openHouse, sendOrder, untilOrder } from '../support/house.ts';
import { makeOrderJson, WRONG_PRICE } from '../support/order-factory.ts';
import { decide, tell, until, untilReview, untilSettled, writeDecision } from './people.ts';

const SUPERVISOR = { actor: 'sofia', roles: ['reviewer', 'supervisor'] } as const;

const PRICE_CORRECTED = [
  { path: '/lines/0/unitPrice', value: '19.9900' },
  { path: '/lines/0/amount', value: '199.90' },
  { path: '/total', value: '199.90' },
];

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterEach(() => house.admin.resetSwitches());
afterAll(() => house.close());

const handleOf = (orderId: string) => house.client.workflow.getHandle(`order:${orderId}`);
const ended = (row: OrderRow): boolean => row.terminal_at !== null;
const countProduction = async (orderId: string): Promise<number> =>
  (await house.admin.listProductionOrders({ orderId })).live;

/** An order that waits for a reviewer. */
async function sendForReview(changes: Readonly<Record<string, unknown>> = WRONG_PRICE): Promise<string> {
  const orderId = await sendOrder(house, makeOrderJson(changes));
  await untilReview(house, orderId);
  return orderId;
}

/** Units of a product that nobody has reserved. */
async function findAvailable(sku: string): Promise<string | undefined> {
  return (await house.backOffice.searchProducts(sku)).find((product) => product.sku === sku)?.available;
}

describe('a reviewer', () => {
  test('approves, and the order is handed off once', async () => {
    const orderId = await sendForReview();
    expect(await decide(house, orderId, { action: 'approve' })).toMatchObject({ applied: true, refusal: null });
    const row = await untilOrder(house.store, orderId, ended);
    expect(row).toMatchObject({ state: 'completed', revision: 1 });
    expect(row.production_order_id).toMatch(/^PRD-/);
    expect(await countProduction(orderId)).toBe(1);
    expect(await findOpenReview(house.store, orderId)).toBeUndefined();
  });

  test('cannot approve an order whose customer was not known: the rules that need it never spoke', async () => {
    const orderId = await sendForReview({ customerId: 'C-9999' });
    const refused = await decide(house, orderId, { action: 'approve', ...SUPERVISOR });
    expect(refused).toMatchObject({ applied: false, state: 'in_review' });
    expect(refused.refusal).toContain('judged anew');
    await decide(house, orderId, { action: 'correct', changes: [{ path: '/customerId', value: 'C-1001' }] });
    expect(await untilOrder(house.store, orderId, ended)).toMatchObject({ state: 'completed', revision: 2 });
  });

  test('rejects, and nothing is handed off', async () => {
    const orderId = await sendForReview();
    expect(await decide(house, orderId, { action: 'reject' })).toMatchObject({ applied: true, state: 'rejected' });
    expect(await handleOf(orderId).result()).toEqual({ state: 'rejected', revision: 1, holds: [] });
    expect(await countProduction(orderId)).toBe(0);
  });

  test('corrects, and the new revision is validated and handed off', async () => {
    const orderId = await sendForReview();
    const outcome = await decide(house, orderId, { action: 'correct', changes: PRICE_CORRECTED });
    expect(outcome).toMatchObject({ applied: true, state: 'parsed', revision: 2 });
    expect(await handleOf(orderId).result()).toEqual({ state: 'completed', revision: 2, holds: [] });
    const { productionOrders } = await house.admin.listProductionOrders({ orderId });
    expect(productionOrders).toMatchObject([{ revision: 2, total: '199.90' }]);
    expect(await getRevision(house.store, { orderId, revision: 1 })).toMatchObject({ total: '180.00' });
  });

  test('corrects not enough, and the order waits again on the same clock', async () => {
    const orderId = await sendForReview();
    const before = await findOpenReview(house.store, orderId);
    await decide(house, orderId, { action: 'correct', changes: [{ path: '/notes', value: ['checked'] }] });
    await untilOrder(house.store, orderId, (row) => row.state === 'in_review' && row.revision === 2);
    expect(await findOpenReview(house.store, orderId)).toEqual(before);
    await decide(house, orderId, { action: 'approve', ...SUPERVISOR });
    expect(await handleOf(orderId).result()).toMatchObject({ state: 'completed', revision: 2 });
  });

  test('corrects so that the order fits no longer, and learns where', async () => {
    const orderId = await sendForReview();
    const outcome = await decide(house, orderId, { action: 'correct', changes: [{ path: '/total', value: 'much' }] });
    expect(outcome).toMatchObject({ applied: false, state: 'in_review', revision: 1 });
    expect(outcome.refusal).toContain('/total');
    // A refused decision does not stand in the way of the next.
    await decide(house, orderId, { action: 'reject' });
  });

  test('approves by signal, for callers that cannot wait', async () => {
    const orderId = await sendForReview();
    const decisionId = await writeDecision(house, orderId, { action: 'approve' });
    await handleOf(orderId).signal(decideSignal, { decisionId });
    expect(await handleOf(orderId).result()).toMatchObject({ state: 'completed' });
    expect(await findDecision(house.store, decisionId)).toMatchObject({ state: 'applied', refusal: null });
  });

  test('who corrected an order does not approve it', async () => {
    const orderId = await sendForReview();
    await decide(house, orderId, { action: 'correct', changes: [{ path: '/notes', value: ['checked'] }] });
    await untilOrder(house.store, orderId, (row) => row.state === 'in_review' && row.revision === 2);
    const own = await decide(house, orderId, { action: 'approve' });
    expect(own).toMatchObject({
      applied: false,
      state: 'in_review',
      refusal: expect.stringContaining('typed or corrected'),
    });
    expect(await decide(house, orderId, { action: 'approve', ...SUPERVISOR })).toMatchObject({ applied: true });
  });

  test('who typed an order does not approve it', async () => {
    const orderId = await acceptOrder(house.store, makeOrderJson(WRONG_PRICE), 'desk', 'olivia');
    await house.deps.runs.startOrder(await getOrder(house.store, orderId));
    await untilReview(house, orderId);
    const own = await decide(house, orderId, { action: 'approve', actor: 'olivia' });
    expect(own).toMatchObject({ applied: false, refusal: expect.stringContaining('typed or corrected') });
    expect(await decide(house, orderId, { action: 'approve' })).toMatchObject({ applied: true });
  });

  test('does not release what a supervisor releases', async () => {
    const orderId = await sendForReview({ customerId: 'C-1003' });
    const refused = await decide(house, orderId, { action: 'approve' });
    expect(refused).toMatchObject({ applied: false, refusal: 'hold CUSTOMER.CREDIT_STOP is released by a supervisor' });
    expect(await decide(house, orderId, { action: 'approve', ...SUPERVISOR })).toMatchObject({ applied: true });
  });
});

describe('a cancellation', () => {
  test('ends an order that waits for a reviewer', async () => {
    const orderId = await sendForReview();
    expect(await decide(house, orderId, { action: 'cancel', actor: 'olivia', roles: ['operator'] })).toMatchObject({
      applied: true,
    });
    expect(await handleOf(orderId).result()).toEqual({ state: 'cancelled', revision: 1, holds: [] });
    expect(await countProduction(orderId)).toBe(0);
  });

  test('comes too late for an order that was handed off', async () => {
    await house.admin.setSwitches({ latencyMs: 600, calls: ['submit'] });
    const orderId = await sendOrder(house, makeOrderJson());
    await untilOrder(house.store, orderId, (row) => row.state === 'submitted');
    const outcome = await decide(house, orderId, { action: 'cancel' });
    expect(outcome).toMatchObject({
      applied: false,
      state: 'completed',
      refusal: expect.stringMatching(/handed off as PRD-/),
    });
    expect(await countProduction(orderId)).toBe(1);
  });

  test('waits for the submission whose answer was lost, and finds it done', async () => {
    await house.admin.setSwitches({ loseAnswers: 1, times: 3, calls: ['submit', 'status'] });
    const orderId = await sendOrder(house, makeOrderJson());
    await untilOrder(house.store, orderId, (row) => row.state === 'held' && row.resume_state === 'submitted');
    const decided = decide(house, orderId, { action: 'cancel' });
    await pause(300);
    expect(await getOrder(house.store, orderId)).toMatchObject({ state: 'held' });
    await house.deps.runs.recheckOrder(orderId);
    expect(await decided).toMatchObject({ applied: false, state: 'completed' });
    expect(await countProduction(orderId)).toBe(1);
  });

  test('of a submission that never arrived leaves a tombstone', async () => {
    await house.admin.setSwitches({ absent: true, calls: ['submit', 'status'] });
    const orderId = await sendOrder(house, makeOrderJson());
    await untilOrder(house.store, orderId, (row) => row.state === 'held' && row.resume_state === 'submitted');
    const decided = decide(house, orderId, { action: 'cancel' });
    await house.admin.resetSwitches();
    await house.deps.runs.recheckOrder(orderId);
    expect(await decided).toMatchObject({ applied: true, state: 'cancelled' });
    expect(await handleOf(orderId).result()).toMatchObject({ state: 'cancelled' });
    const ref = { orderId, revision: 1 };
    expect(await findHandoff(house.store, ref)).toMatchObject({ outcome: 'cancelled' });
    const late = await house.backOffice.submit(ref, await getRevision(house.store, ref));
    expect(late).toMatchObject({ accepted: false });
    expect(await countProduction(orderId)).toBe(0);
  });
});

describe('what was reserved', () => {
  const LAST_OF_ITS_LOT = {
    lines: [{ line: '1', sku: 'SKU-3', quantity: '2', unitPrice: '149.0000', amount: '298.00' }],
    total: '298.00',
  };

  /** An order that was reserved and staged when its source began to ask a reviewer. */
  async function sendReserved(): Promise<string> {
    await house.admin.setSwitches({ latencyMs: 500, calls: ['reserve'] });
    const orderId = await sendOrder(house, makeOrderJson(LAST_OF_ITS_LOT));
    await untilOrder(house.store, orderId, (row) => row.reservation === 'began');
    await setGate('web-shop', 'manual');
    await untilReview(house, orderId);
    await setGate('web-shop', 'live');
    await house.admin.resetSwitches();
    expect(await findAvailable('SKU-3')).toBe('1');
    return orderId;
  }

  test('is given back when the order is rejected', async () => {
    const orderId = await sendReserved();
    await decide(house, orderId, { action: 'reject' });
    await handleOf(orderId).result();
    expect(await findAvailable('SKU-3')).toBe('3');
    expect(await getOrder(house.store, orderId)).toMatchObject({ reservation: 'released' });
  });

  test('is given back when the order is cancelled', async () => {
    const orderId = await sendReserved();
    await decide(house, orderId, { action: 'cancel' });
    await handleOf(orderId).result();
    expect(await findAvailable('SKU-3')).toBe('3');
  });

  test('is given back later when the back office is away at the end', async () => {
    const orderId = await sendReserved();
    await house.admin.setSwitches({ absent: true });
    await decide(house, orderId, { action: 'reject' });
    await until(async () => ((await listOpenHolds(house.store, orderId)).length > 0 ? true : undefined));
    const cancelled = await decide(house, orderId, { action: 'cancel' });
    expect(cancelled).toMatchObject({ applied: false, state: 'rejected' });
    await house.admin.resetSwitches();
    await house.deps.runs.recheckOrder(orderId);
    expect(await handleOf(orderId).result()).toMatchObject({ state: 'rejected' });
    expect(await findAvailable('SKU-3')).toBe('3');
  });
});

async function setGate(source: string, gate: Gate): Promise<void> {
  const profile = await getSource(house.store, source);
  await putSource(house.store, { ...profile, gate }, { actor: 'ada', at: new Date().toISOString() });
}

describe('a decision', () => {
  test('without a row is nobody’s: the order goes on waiting', async () => {
    const orderId = await sendForReview();
    await handleOf(orderId).signal(decideSignal, { decisionId: uuidv7() });
    await handleOf(orderId).signal('decideSignal', 'approve it, please');
    const stray = await tell(house, orderId, uuidv7());
    expect(stray).toMatchObject({
      applied: false,
      state: 'in_review',
      refusal: 'there is no such decision on this order',
    });
    expect(await getOrder(house.store, orderId)).toMatchObject({ state: 'in_review' });
    expect(await decide(house, orderId, { action: 'approve' })).toMatchObject({ applied: true });
  });

  test('about another order is refused there', async () => {
    const [orderId, other] = [await sendForReview(), await sendForReview()];
    const decisionId = await writeDecision(house, orderId, { action: 'approve' });
    expect(await tell(house, other, decisionId)).toMatchObject({ applied: false, state: 'in_review' });
    expect(await findDecision(house.store, decisionId)).toMatchObject({ state: 'pending' });
    expect(await tell(house, orderId, decisionId)).toMatchObject({ applied: true });
  });

  test('that is told twice takes effect once', async () => {
    const orderId = await sendForReview();
    const decisionId = await writeDecision(house, orderId, { action: 'correct', changes: PRICE_CORRECTED });
    const outcomes = await Promise.all([
      tell(house, orderId, decisionId),
      tell(house, orderId, decisionId),
      handleOf(orderId).signal(decideSignal, { decisionId }),
    ]);
    expect(outcomes.slice(0, 2)).toMatchObject([{ applied: true }, { applied: true }]);
    expect(await handleOf(orderId).result()).toMatchObject({ state: 'completed', revision: 2 });
  });

  test('cannot be written beside another one about the same review and revision', async () => {
    const orderId = await sendForReview();
    const decisionId = await writeDecision(house, orderId, { action: 'approve' });
    await expect(writeDecision(house, orderId, { action: 'reject', ...SUPERVISOR })).rejects.toThrow(
      'another decision stands',
    );
    expect(await tell(house, orderId, decisionId)).toMatchObject({ applied: true });
  });

  test('and a cancellation at the same moment: one takes effect, the other learns why it did not', async () => {
    const orderId = await sendForReview();
    const [reject, cancel] = await Promise.all([
      decide(house, orderId, { action: 'reject' }),
      decide(house, orderId, { action: 'cancel' }),
    ]);
    expect([reject.applied, cancel.applied].filter(Boolean)).toHaveLength(1);
    const refusal = reject.applied ? cancel.refusal : reject.refusal;
    expect(refusal).toMatch(/^the order is (rejected|cancelled)/);
    expect(await handleOf(orderId).result()).toMatchObject({ state: reject.applied ? 'rejected' : 'cancelled' });
  });

  test('on another revision is refused', async () => {
    const orderId = await sendForReview();
    const stale = await writeDecision(house, orderId, { action: 'cancel', revision: 2 });
    const outcome = await tell(house, orderId, stale);
    expect(outcome).toMatchObject({
      applied: false,
      refusal: 'the decision is about revision 2, the order is at revision 1',
    });
    await decide(house, orderId, { action: 'reject' });
  });

  test('on another revision does not touch a submission that began', async () => {
    await house.admin.setSwitches({ absent: true, calls: ['submit', 'status'] });
    const orderId = await sendOrder(house, makeOrderJson());
    await untilOrder(house.store, orderId, (row) => row.state === 'held');
    const stale = await writeDecision(house, orderId, { action: 'cancel', revision: 2 });
    const told = tell(house, orderId, stale);
    await house.admin.resetSwitches();
    await house.deps.runs.recheckOrder(orderId);
    expect(await told).toMatchObject({ applied: false });
    expect(await handleOf(orderId).result()).toMatchObject({ state: 'completed' });
    expect(await countProduction(orderId)).toBe(1);
  });

  test('that comes while the automatic part runs is taken before the order is handed off', async () => {
    await house.admin.setSwitches({ latencyMs: 500, calls: ['reserve'] });
    const orderId = await sendOrder(house, makeOrderJson());
    await untilOrder(house.store, orderId, (row) => row.state === 'validated');
    expect(await decide(house, orderId, { action: 'cancel' })).toMatchObject({ applied: true, state: 'cancelled' });
    expect(await handleOf(orderId).result()).toMatchObject({ state: 'cancelled' });
    expect(await countProduction(orderId)).toBe(0);
  });

  test('of a reviewer on an order that is not in review is refused', async () => {
    await house.admin.setSwitches({ latencyMs: 500, calls: ['reserve'] });
    const orderId = await sendOrder(house, makeOrderJson());
    await untilOrder(house.store, orderId, (row) => row.state === 'validated');
    const outcome = await decide(house, orderId, { action: 'approve' });
    expect(outcome).toMatchObject({ applied: false, refusal: expect.stringMatching(/not in review$/) });
    expect(await handleOf(orderId).result()).toMatchObject({ state: 'completed' });
  });

  test('that was written before its workflow was lost is found by the next one', async () => {
    const orderId = await sendForReview();
    await handleOf(orderId).terminate();
    const decisionId = await writeDecision(house, orderId, { action: 'approve' });
    await house.deps.runs.startOrder(await getOrder(house.store, orderId));
    expect(await handleOf(orderId).result()).toMatchObject({ state: 'completed' });
    expect(await untilSettled(house, decisionId)).toMatchObject({ state: 'applied' });
  });

  test('with a malformed id is refused and leaves nothing in the history', async () => {
    const orderId = await sendForReview();
    const lengthOf = async (): Promise<number> => (await handleOf(orderId).describe()).historyLength;
    // An update that is taken shows that the order has come to rest.
    await tell(house, orderId, uuidv7());
    const before = await lengthOf();
    for (const decisionId of ['approve', '', 42, undefined]) {
      const told = handleOf(orderId).executeUpdate(decideUpdate, { args: [{ decisionId } as never] });
      await expect(told).rejects.toBeInstanceOf(WorkflowUpdateFailedError);
    }
    expect(await lengthOf()).toBe(before);
    await decide(house, orderId, { action: 'reject' });
  });
});

describe('an order whose submission nobody can ask after', () => {
  async function sendUnanswered(): Promise<string> {
    await house.admin.setSwitches({ errorRate: 1, errorStatus: 403, calls: ['submit', 'status'] });
    const orderId = await sendForReview({});
    expect(await getOrder(house.store, orderId)).toMatchObject({ resume_state: 'submitted' });
    return orderId;
  }

  test('is not rejected before it is known that production has not got it', async () => {
    const orderId = await sendUnanswered();
    const refusal = 'the back office refuses to say whether production has the order';
    expect(await decide(house, orderId, { action: 'reject' })).toMatchObject({
      applied: false,
      state: 'in_review',
      refusal,
    });
    await house.admin.setSwitches({ errorRate: 1, errorStatus: 503, calls: ['status'] });
    const decided = decide(house, orderId, { action: 'reject' });
    await until(async () =>
      (await listOpenHolds(house.store, orderId)).some((hold) => hold.releaseRole === null) ? true : undefined,
    );
    expect(await getOrder(house.store, orderId)).toMatchObject({ state: 'in_review' });
    await house.admin.resetSwitches();
    await house.deps.runs.recheckOrder(orderId);
    expect(await decided).toMatchObject({ applied: true, state: 'rejected' });
    expect(await house.backOffice.status({ orderId, revision: 1 })).toEqual({ state: 'cancelled' });
  });

  test('is not rejected when production has got it', async () => {
    const orderId = await sendUnanswered();
    const ref = { orderId, revision: 1 };
    await house.admin.resetSwitches();
    await house.backOffice.submit(ref, await getRevision(house.store, ref));
    expect(await decide(house, orderId, { action: 'reject' })).toMatchObject({ applied: false, state: 'completed' });
    expect(await handleOf(orderId).result()).toEqual({ state: 'completed', revision: 1, holds: [] });
    expect(await findOpenReview(house.store, orderId)).toBeUndefined();
    expect(await countProduction(orderId)).toBe(1);
  });
});

test('an order that production refused is submitted once more when a reviewer approves it', async () => {
  await house.admin.setSwitches({ errorRate: 1, errorStatus: 409, times: 1, calls: ['submit'] });
  const orderId = await sendForReview({});
  await decide(house, orderId, { action: 'approve', ...SUPERVISOR });
  expect(await handleOf(orderId).result()).toMatchObject({ state: 'completed' });
  expect(await countProduction(orderId)).toBe(1);
});

test('a manual source asks a reviewer once', async () => {
  await setGate('api-zapco', 'manual');
  const orderId = await sendOrder(house, makeOrderJson(), 'api-zapco');
  await untilReview(house, orderId);
  await decide(house, orderId, { action: 'approve' });
  expect(await handleOf(orderId).result()).toMatchObject({ state: 'completed' });
});
