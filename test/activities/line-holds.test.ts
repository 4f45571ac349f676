import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  type BackOffice,
  BackOfficeRefused,
  BackOfficeUnavailable,
  type ReserveResult,
} from '../../backoffice/port.ts';
import { listFindings } from '../../db/findings.ts';
import { listFulfilments, listLineHolds } from '../../db/fulfilment.ts';
import { listLog } from '../../db/log.ts';
import { getOrder, type OrderRef } from '../../db/orders.ts';
import { listOutbox } from '../../db/outbox.ts';
import { getStaged } from '../../db/staged.ts';
import { CircuitOpen } from '../../exchange/circuit.ts';
import type { Fulfilment } from '../../orders/fulfilment.ts';
import { makeOrderJson } from '../support/order-factory.ts';
import { openStepHouse, type StepHouse } from './step-house.ts';

/*
 * Of SKU-6 there are 60 in the west and 40 in the east, of SKU-7 5 and 3. C-2003 takes what is there and the rest later,
 * C-2002 waits for all of a line.
 */

let house: StepHouse;
/** What befalls calls to the back office, by name. */
let befalls: Partial<Record<keyof BackOffice, (call: () => Promise<unknown>) => Promise<unknown>>>;

beforeEach(async () => {
  befalls = {};
  house = await openStepHouse({ reach: (real) => withAccidents(real) });
});
afterEach(() => house.close());

function withAccidents(real: BackOffice): BackOffice {
  const entries = Object.entries(real) as [keyof BackOffice, (...args: unknown[]) => Promise<unknown>][];
  const wrapped = entries.map(([name, call]) => {
    const run = (...args: unknown[]) => befalls[name]?.(() => call(...args)) ?? call(...args);
    return [name, run] as const;
  });
  return Object.fromEntries(wrapped) as unknown as BackOffice;
}

/** The work is done, and nobody hears of it. */
const lose = async (call: () => Promise<unknown>): Promise<never> => {
  await call();
  throw new BackOfficeUnavailable('call', 'the answer was lost');
};

const lineOf = (line: string, sku: string, quantity: number, unitPrice: string) => {
  return { line, sku, quantity: String(quantity), unitPrice, amount: (quantity * Number(unitPrice)).toFixed(2) };
};

function orderOf(hoses: number, shackles: number, customerId = 'C-2003'): Record<string, unknown> {
  const lines = [lineOf('10', 'SKU-6', hoses, '42.0000'), lineOf('20', 'SKU-7', shackles, '12.5000')];
  const total = lines.reduce((sum, { amount }) => sum + Number(amount), 0).toFixed(2);
  return makeOrderJson({ customerId, lines, total });
}

async function handOff(ref: OrderRef) {
  await house.steps.reserveOrder(ref);
  await house.steps.stageOrder(ref);
  return house.steps.submitOrder(ref);
}

async function givenInProduction(json = orderOf(10, 10)): Promise<OrderRef> {
  const ref = await house.givenParsed(json);
  expect(await house.judge(ref)).toMatchObject({ state: 'validated' });
  expect(await handOff(ref)).toMatchObject({ state: 'completed' });
  return ref;
}

function inWords(lines: readonly Fulfilment[]): readonly string[] {
  return lines.map(({ allocations, waiting }) => {
    const goes = allocations.map(({ warehouse, quantity }) => `${warehouse} ${quantity}`).join(' + ');
    return `${goes === '' ? 'nothing' : goes}, ${waiting} wait`;
  });
}

const standingOf = async (ref: OrderRef) => inWords(await listFulfilments(house.store, ref, 2));
const waitingOf = async (ref: OrderRef) =>
  (await listLineHolds(house.store, ref)).map(({ position, waiting }) => `${String(position)}: ${waiting}`);
const producedOf = async ({ orderId }: OrderRef) => {
  const { productionOrders } = await house.back.admin.listProductionOrders({ orderId });
  return productionOrders.flatMap(({ state, lines }) => (state === 'cancelled' ? [] : inWords(lines)));
};
const actionsOf = async ({ orderId }: OrderRef) =>
  (await listLog(house.store, `order:${orderId}`)).map(({ action }) => action);
const noticesOf = async ({ orderId }: OrderRef) =>
  (await listOutbox(house.store, `order:${orderId}`)).map(({ kind }) => kind);
const stockOf = async (sku: string) => {
  const question = { customerId: 'C-1001', lines: [{ sku }] } as unknown as Parameters<BackOffice['getFacts']>[1];
  return (await house.back.backOffice.getFacts('bystander', question)).products[sku]?.warehouses;
};
const say = async ({ orderId }: OrderRef, saying: Parameters<StepHouse['decide']>[1]) =>
  house.steps.applyDecision(orderId, await house.decide(orderId, saying));

const SPLIT = ['WEST 10, 0 wait', 'EAST 3 + WEST 5, 2 wait'];
/** All of {@link orderOf}(10, 10). */
const GOES: readonly Fulfilment[] = ['1', '2'].map(() => {
  return { allocations: [{ warehouse: 'WEST', quantity: '10' }], waiting: '0' };
});

describe('an order of which only a part is there', () => {
  test('goes on with it where the customer takes the rest later; what waits is held by the line', async () => {
    const ref = await givenInProduction();
    expect(await standingOf(ref)).toEqual(SPLIT);
    expect(await waitingOf(ref)).toEqual(['2: 2']);
    expect(await producedOf(ref)).toEqual(SPLIT);
    expect(await stockOf('SKU-7')).toEqual({ EAST: '0', WEST: '0' });
    const reserved = (await listLog(house.store, `order:${ref.orderId}`)).find(
      ({ action }) => action === 'order.reserved',
    );
    expect(JSON.parse(reserved?.detail_json ?? '')).toMatchObject({ waiting: [{ position: 2, waiting: '2' }] });
  });

  test('is staged with its lines as the sender sent them, and what of each goes now', async () => {
    const json = orderOf(10, 10);
    const ref = await house.givenParsed(json);
    await house.judge(ref);
    await house.steps.reserveOrder(ref);
    await house.steps.stageOrder(ref);
    const staged = await getStaged(house.store, ref);
    expect(staged).toMatchObject({ total: json['total'], lines: json['lines'] as object[] });
    expect(inWords(staged.lines.map(({ fulfilment }) => fulfilment!))).toEqual(SPLIT);
  });

  test('has a line wait whole where the customer wants it whole', async () => {
    const ref = await givenInProduction(orderOf(10, 10, 'C-2002'));
    expect(await producedOf(ref)).toEqual(['WEST 10, 0 wait', 'nothing, 10 wait']);
    expect(await stockOf('SKU-7')).toEqual({ EAST: '3', WEST: '5' });
  });

  test('is served from the warehouses of the rule, as the rule says', async () => {
    await house.addRule({
      code: 'STOCK.SHORT',
      kind: 'inventory',
      scope: { kind: 'customer', customer: 'C-1001' },
      parameters: { partial: 'split', warehouses: ['EAST'] },
    });
    const ref = await givenInProduction(orderOf(50, 2, 'C-1001'));
    expect(await producedOf(ref)).toEqual(['EAST 40, 10 wait', 'EAST 2, 0 wait']);
  });

  test('waits as a whole where nothing is agreed, or nothing of it can go; a person may let all of it pass', async () => {
    expect(await house.judge(await house.givenParsed(orderOf(10, 10, 'C-1001')))).toMatchObject({ state: 'in_review' });
    await house.back.admin.changeProduct('SKU-6', { stock: { EAST: '0', WEST: '0' } });
    const ref = await house.givenParsed(orderOf(10, 10, 'C-2002'));
    expect(await house.judge(ref)).toMatchObject({ state: 'in_review' });
    await house.steps.enterReview(ref, Date.now());
    expect(await say(ref, { action: 'approve' })).toMatchObject({ applied: true, progress: { state: 'validated' } });
    await handOff(ref);
    expect(await producedOf(ref)).toEqual(['EAST 10, 0 wait', 'EAST 3 + WEST 7, 0 wait']);
    expect(await waitingOf(ref)).toEqual([]);
  });

  test('that was covered when it was judged is split by what is left when it is reserved', async () => {
    const ref = await house.givenParsed(orderOf(10, 8));
    await house.judge(ref);
    await house.back.admin.changeProduct('SKU-7', { stock: { WEST: '1' } });
    await handOff(ref);
    expect(await producedOf(ref)).toEqual(['WEST 10, 0 wait', 'EAST 3 + WEST 1, 4 wait']);
    expect(await waitingOf(ref)).toEqual(['2: 4']);
    expect(await listFindings(house.store, `order:${ref.orderId}`, 1)).toMatchObject([
      {
        code: 'STOCK.SHORT',
        disposition: 'warn',
        message: 'the stock was taken in the meantime: of line 20 go 4 and wait 4',
      },
    ]);
  });
});

describe('an order that is judged again before it reserves', () => {
  const agreeOn = (partialDelivery: 'hold' | 'split') => house.back.admin.changeCustomer('C-1001', { partialDelivery });

  test('takes what is there and no more, once its customer agrees to have the rest later', async () => {
    const ref = await house.givenParsed(orderOf(10, 10, 'C-1001'));
    expect(await house.judge(ref)).toMatchObject({ state: 'in_review' });
    await agreeOn('split');
    expect(await house.steps.rejudgeOrder(ref)).toMatchObject({ state: 'validated' });
    expect(await handOff(ref)).toMatchObject({ state: 'completed' });
    expect(await producedOf(ref)).toEqual(SPLIT);
    expect(await stockOf('SKU-7')).toEqual({ EAST: '0', WEST: '0' });
  });

  test('is not taken whole because one of two rules about the stock would have split it', async () => {
    const everyone = { kind: 'inventory', scope: { kind: 'all' } } as const;
    await house.addRule({ ...everyone, code: 'STOCK.SHORT', parameters: { partial: 'split', warehouses: ['EAST'] } });
    await house.addRule({ ...everyone, code: 'STOCK.ALL', parameters: { partial: 'hold' } });
    const ref = await house.givenParsed(orderOf(10, 6, 'C-1001'));
    expect(await house.judge(ref)).toMatchObject({ state: 'validated' });
    expect(await house.steps.reserveOrder(ref)).toMatchObject({ state: 'in_review' });
    expect(await stockOf('SKU-7')).toEqual({ EAST: '3', WEST: '5' });
  });
});

test('a reservation of more or less than was ordered is none, and is asked for again', async () => {
  const ref = await house.givenParsed(orderOf(10, 10));
  await house.judge(ref);
  befalls.reserve = async (call) => {
    const result = (await call()) as Extract<ReserveResult, { reserved: true }>;
    return { ...result, lines: result.lines.map((of) => ({ ...of, waiting: '0' })) };
  };
  await expect(house.steps.reserveOrder(ref)).rejects.toThrow('do not come to what was ordered');
  expect(await getOrder(house.store, ref.orderId)).toMatchObject({ state: 'validated', reservation: 'began' });
  befalls = {};
  await handOff(ref);
  expect(await standingOf(ref)).toEqual(SPLIT);
});

describe('a step that runs again', () => {
  test('after the answer to the reservation was lost finds the same split', async () => {
    const ref = await house.givenParsed(orderOf(10, 10));
    await house.judge(ref);
    befalls.reserve = lose;
    await expect(house.steps.reserveOrder(ref)).rejects.toThrow('did not answer');
    // Others may be served meanwhile: it is not split anew.
    await house.back.admin.changeProduct('SKU-7', { stock: { WEST: '50' } });
    befalls = {};
    expect(await handOff(ref)).toMatchObject({ state: 'completed' });
    expect(await producedOf(ref)).toEqual(SPLIT);
    expect(await waitingOf(ref)).toEqual(['2: 2']);
  });

  test('between reserving and staging, or at once with itself, changes nothing', async () => {
    const ref = await house.givenParsed(orderOf(10, 10));
    await house.judge(ref);
    await Promise.all([house.steps.reserveOrder(ref), house.steps.reserveOrder(ref)]);
    await house.steps.reserveOrder(ref);
    await Promise.all([house.steps.stageOrder(ref), house.steps.stageOrder(ref)]);
    await Promise.all([house.steps.submitOrder(ref), house.steps.submitOrder(ref)]);
    expect(await producedOf(ref)).toEqual(SPLIT);
    expect(await standingOf(ref)).toEqual(SPLIT);
    expect((await actionsOf(ref)).filter((action) => action === 'order.reserved')).toHaveLength(1);
  });
});

describe('stock that comes in', () => {
  test('is taken for the lines that wait, told once, and noted', async () => {
    const ref = await givenInProduction();
    expect(await house.steps.releaseLineHolds()).toEqual({ released: 0 });
    await house.back.admin.changeProduct('SKU-7', { stock: { WEST: '6' } });
    expect(await house.steps.releaseLineHolds()).toEqual({ released: 1 });
    expect(await waitingOf(ref)).toEqual(['2: 1']);
    await house.back.admin.changeProduct('SKU-7', { stock: { EAST: '9' } });
    expect(await house.steps.releaseLineHolds()).toEqual({ released: 1 });
    expect(await house.steps.releaseLineHolds()).toEqual({ released: 0 });
    expect(await waitingOf(ref)).toEqual([]);
    expect(await standingOf(ref)).toEqual(['WEST 10, 0 wait', 'EAST 4 + WEST 6, 0 wait']);
    expect(await producedOf(ref)).toEqual(await standingOf(ref));
    const isRelease = (what: string) => what === 'order.line_released';
    expect((await actionsOf(ref)).filter(isRelease)).toHaveLength(2);
    expect((await noticesOf(ref)).filter(isRelease)).toHaveLength(2);
    const rows = await house.store.db.selectFrom('line_holds').selectAll().execute();
    expect(rows).toMatchObject([{ order_id: ref.orderId, position: 2, code: 'STOCK.SHORT', cleared_by: 'recheck' }]);
  });

  test('goes to the order that waits longest', async () => {
    const first = await givenInProduction(orderOf(10, 10));
    const second = await givenInProduction(orderOf(10, 2));
    expect(await waitingOf(second)).toEqual(['2: 2']);
    await house.back.admin.changeProduct('SKU-7', { stock: { WEST: '8' } });
    expect(await house.steps.releaseLineHolds()).toEqual({ released: 2 });
    expect([await waitingOf(first), await waitingOf(second)]).toEqual([[], ['2: 1']]);
  });

  test('is noted by the next run if its answer was lost', async () => {
    const ref = await givenInProduction();
    await house.back.admin.changeProduct('SKU-7', { stock: { WEST: '7' } });
    befalls.takeBackorders = lose;
    expect(await house.steps.releaseLineHolds()).toEqual({ released: 0 });
    expect(await waitingOf(ref)).toEqual(['2: 2']);
    befalls = {};
    expect(await house.steps.releaseLineHolds()).toEqual({ released: 1 });
    expect(await waitingOf(ref)).toEqual([]);
    expect(await stockOf('SKU-7')).toEqual({ EAST: '0', WEST: '0' });
  });

  test('is taken although the back office will not tell of another order', async () => {
    const odd = await givenInProduction();
    const ref = await givenInProduction(orderOf(10, 2));
    await house.back.admin.changeProduct('SKU-7', { stock: { WEST: '7' } });
    let refused = 0;
    befalls.takeBackorders = (call) => {
      refused += 1;
      return refused === 1 ? Promise.reject(new BackOfficeRefused('takeBackorders', 422, 'odd')) : call();
    };
    expect(await house.steps.releaseLineHolds()).toEqual({ released: 1 });
    expect([await waitingOf(odd), await waitingOf(ref)]).toEqual([['2: 2'], []]);
  });

  test('is taken for others although the back office does not answer about one', async () => {
    const silent = await givenInProduction();
    const ref = await givenInProduction(orderOf(10, 2));
    await house.back.admin.changeProduct('SKU-7', { stock: { WEST: '7' } });
    let asked = 0;
    befalls.takeBackorders = (call) => {
      asked += 1;
      return asked === 1 ? Promise.reject(new BackOfficeUnavailable('takeBackorders', 'status 500')) : call();
    };
    expect(await house.steps.releaseLineHolds()).toEqual({ released: 1 });
    expect([await waitingOf(silent), await waitingOf(ref)]).toEqual([['2: 2'], []]);
  });

  test('is left alone while the back office is not called for anybody', async () => {
    const ref = await givenInProduction();
    await givenInProduction(orderOf(10, 2));
    let asked = 0;
    befalls.takeBackorders = () => {
      asked += 1;
      return Promise.reject(new CircuitOpen('back office', 'status 503'));
    };
    expect(await house.steps.releaseLineHolds()).toEqual({ released: 0 });
    expect([asked, await waitingOf(ref)]).toEqual([1, ['2: 2']]);
  });

  const IMPOSSIBLE: Readonly<Record<string, readonly Fulfilment[]>> = {
    'no lines': [],
    'some of the lines': [{ allocations: [{ warehouse: 'WEST', quantity: '10' }], waiting: '0' }],
    'lines that nobody ordered': [...GOES, ...GOES],
    'more than was ordered': [GOES[0]!, { allocations: [{ warehouse: 'WEST', quantity: '11' }], waiting: '0' }],
    'less than was ordered': [GOES[0]!, { allocations: [{ warehouse: 'WEST', quantity: '8' }], waiting: '1' }],
  };
  test.each(Object.entries(IMPOSSIBLE))('is not believed in that comes for %s', async (_, answer) => {
    const ref = await givenInProduction();
    const told = await noticesOf(ref);
    befalls.takeBackorders = () => Promise.resolve(answer);
    expect(await house.steps.releaseLineHolds()).toEqual({ released: 0 });
    expect(await standingOf(ref)).toEqual(SPLIT);
    expect(await noticesOf(ref)).toEqual(told);
  });

  test('is not told of where a number is only written otherwise', async () => {
    const ref = await givenInProduction();
    befalls.takeBackorders = async (call) =>
      ((await call()) as Fulfilment[]).map((of) => ({ ...of, waiting: `${of.waiting}.00` }));
    expect(await house.steps.releaseLineHolds()).toEqual({ released: 0 });
    expect(await waitingOf(ref)).toEqual(['2: 2']);
  });

  test('is not taken for an order whose content was erased without its source being told', async () => {
    const ref = await givenInProduction();
    const told = await noticesOf(ref);
    await house.store.db.updateTable('orders').set({ erased_at: '2026-12-01T00:00:00.000Z' }).where('id', '=', ref.orderId).execute(); // prettier-ignore
    await house.back.admin.changeProduct('SKU-7', { stock: { WEST: '7' } });
    expect(await house.steps.releaseLineHolds()).toEqual({ released: 1 });
    expect(await waitingOf(ref)).toEqual([]);
    expect(await noticesOf(ref)).toEqual(told);
  });
});

describe('an order that changes while a line of it waits', () => {
  /** Production refused it, because what it had reserved is gone: somebody has to look. */
  async function givenRefused(): Promise<OrderRef> {
    const ref = await house.givenParsed(orderOf(10, 10));
    await house.judge(ref);
    await house.steps.reserveOrder(ref);
    await house.steps.stageOrder(ref);
    await house.back.backOffice.release(ref.orderId, ref.revision);
    expect(await house.steps.submitOrder(ref)).toMatchObject({ state: 'in_review' });
    await house.steps.enterReview(ref, Date.now());
    return ref;
  }

  test('waits anew in its next revision, and in no earlier one', async () => {
    const ref = await givenRefused();
    const changes = [
      { path: '/lines/1/quantity', value: '9' },
      { path: '/lines/1/amount', value: '112.50' },
      { path: '/total', value: '532.50' },
    ];
    expect(await say(ref, { action: 'correct', changes })).toMatchObject({ applied: true });
    const next = { ...ref, revision: 2 };
    expect(await house.judge(next)).toMatchObject({ state: 'validated' });
    expect(await handOff(next)).toMatchObject({ state: 'completed' });
    expect([await waitingOf(ref), await waitingOf(next)]).toEqual([[], ['2: 1']]);
    expect(await producedOf(next)).toEqual(['WEST 10, 0 wait', 'EAST 3 + WEST 5, 1 wait']);
  });

  test('gives everything back when it is rejected or cancelled', async () => {
    const rejected = await givenRefused();
    await say(rejected, { action: 'reject' });
    expect(await house.steps.closeOrder(rejected)).toMatchObject({ state: 'rejected' });
    const cancelled = await house.givenParsed(orderOf(10, 10));
    await house.judge(cancelled);
    await house.steps.reserveOrder(cancelled);
    await say(cancelled, { action: 'cancel' });
    expect(await house.steps.closeOrder(cancelled)).toMatchObject({ state: 'cancelled' });
    expect([await waitingOf(rejected), await waitingOf(cancelled)]).toEqual([[], []]);
    expect([await standingOf(rejected), await standingOf(cancelled)]).toEqual([[], []]);
    expect(await stockOf('SKU-6')).toEqual({ EAST: '40', WEST: '60' });
    expect(await stockOf('SKU-7')).toEqual({ EAST: '3', WEST: '5' });
  });

  /** A change that a person approved to be carried out in production. */
  async function change(of: Record<string, unknown>, type: 'replace' | 'cancel'): Promise<OrderRef> {
    const ref = await house.givenParsed({ ...of, type });
    await house.steps.linkChange(ref);
    if (type === 'replace') await house.judge(ref);
    await house.steps.enterReview(ref, Date.now());
    expect(await say(ref, { action: 'approve' })).toMatchObject({ applied: true });
    return ref;
  }

  test('is served anew when it is amended in production', async () => {
    const json = orderOf(10, 10);
    const ref = await givenInProduction(json);
    const { externalId, poNumber } = json;
    const replacement = await change({ ...orderOf(20, 9), externalId, poNumber }, 'replace');
    befalls.takeBackorders = lose;
    await expect(house.steps.carryOutChange(replacement)).rejects.toThrow('did not answer');
    befalls.takeBackorders = () => Promise.resolve([]);
    await expect(house.steps.carryOutChange(replacement)).rejects.toThrow('do not come to what was ordered');
    befalls = {};
    expect(await house.steps.carryOutChange(replacement)).toMatchObject({ state: 'applied' });
    const next = { ...ref, revision: 2 };
    expect(await producedOf(next)).toEqual(['WEST 20, 0 wait', 'EAST 3 + WEST 5, 1 wait']);
    expect([await waitingOf(ref), await waitingOf(next)]).toEqual([[], ['2: 1']]);
    const staged = await getStaged(house.store, next);
    expect(inWords(staged.lines.map(({ fulfilment }) => fulfilment!))).toEqual(await producedOf(next));
    await house.back.admin.changeProduct('SKU-7', { stock: { WEST: '6' } });
    expect(await house.steps.releaseLineHolds()).toEqual({ released: 1 });
    expect(await waitingOf(next)).toEqual([]);
  });

  test('gets more than is there in production once a person let that pass', async () => {
    const json = orderOf(10, 8, 'C-1001');
    const ref = await givenInProduction(json);
    const { externalId, poNumber } = json;
    const replacement = await change({ ...orderOf(10, 9, 'C-1001'), externalId, poNumber }, 'replace');
    expect(await house.steps.carryOutChange(replacement)).toMatchObject({ state: 'applied' });
    expect(await producedOf(ref)).toEqual(['WEST 10, 0 wait', 'EAST 3 + WEST 6, 0 wait']);
    expect(await waitingOf({ ...ref, revision: 2 })).toEqual([]);
  });

  test('waits for nothing once it is cancelled in production', async () => {
    const json = orderOf(10, 10);
    const ref = await givenInProduction(json);
    expect(await house.steps.carryOutChange(await change(json, 'cancel'))).toMatchObject({ state: 'applied' });
    expect(await getOrder(house.store, ref.orderId)).toMatchObject({ state: 'cancelled' });
    expect([await waitingOf(ref), await standingOf(ref)]).toEqual([[], []]);
    expect(await stockOf('SKU-7')).toEqual({ EAST: '3', WEST: '5' });
  });

  test('waits for nothing when production gave it up by itself, which is noted', async () => {
    const ref = await givenInProduction();
    await house.back.backOffice.cancel(ref);
    expect(await house.steps.releaseLineHolds()).toEqual({ released: 0 });
    expect([await waitingOf(ref), await standingOf(ref)]).toEqual([[], []]);
    expect(await actionsOf(ref)).toContain('order.line_given_up');
  });
});
