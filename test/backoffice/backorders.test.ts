import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ReserveResult } from '../../backoffice/port.ts';
import { type Delivery, type Fulfilment, withFulfilment } from '../../orders/fulfilment.ts';
import type { Order } from '../../orders/order.ts';
import type { ReferenceAdmin } from '../../backoffice/reference/admin-client.ts';
import { look, makeOrder, reservationOf, type RunningBackOffice, startBackOffice } from './back-office.ts';

let running: RunningBackOffice;
beforeEach(async () => {
  running = await startBackOffice();
});
afterEach(() => running.server.close());

const SPLIT: Delivery = { partial: 'split', warehouses: [] };
const BACKORDER: Delivery = { partial: 'backorder', warehouses: [] };
/** Hoses: 60 in the west, 40 in the east. Shackles: 5 and 3. */
const order = (hoses: string, shackles: string, total = '100.00') =>
  makeOrder({ customerId: 'C-2003', total, quantities: { 'SKU-6': hoses, 'SKU-7': shackles } });

const reserve = (of: Order, delivery: Partial<Delivery>, revision = 1, orderId = 'o-1') =>
  running.backOffice.reserve(reservationOf(orderId, revision, of, [], delivery));

/** What goes of each line in words: `WEST 5 + EAST 3, 2 wait`. */
function inWords(lines: readonly Fulfilment[]): readonly string[] {
  return lines.map(({ allocations, waiting }) => {
    const goes = allocations.map(({ warehouse, quantity }) => `${warehouse} ${quantity}`).join(' + ');
    return `${goes === '' ? 'nothing' : goes}, ${waiting} wait`;
  });
}

function linesOf(result: ReserveResult): readonly Fulfilment[] {
  if (!result.reserved) throw new Error(`short: ${JSON.stringify(result.shortages)}`);
  return result.lines;
}

async function reserveAndSubmit(of: Order, delivery: Delivery, revision = 1, orderId = 'o-1') {
  const lines = linesOf(await reserve(of, delivery, revision, orderId));
  expect(await running.backOffice.submit({ orderId, revision }, withFulfilment(of, lines))).toMatchObject({
    accepted: true,
  });
  return inWords(lines);
}

const take = async (revision = 1, orderId = 'o-1') =>
  inWords(await running.backOffice.takeBackorders({ orderId, revision }));

async function free(sku: string, { getFacts } = running.backOffice): Promise<unknown> {
  const facts = await getFacts('bystander', makeOrder({ quantities: { [sku]: '1' } }));
  return facts.products[sku]?.warehouses;
}

describe('stock in several warehouses', () => {
  test('is told by warehouse, and in sum', async () => {
    const { products } = await running.backOffice.getFacts('o-1', order('1', '1'));
    expect(products['SKU-6']).toMatchObject({ available: '100', warehouses: { EAST: '40', WEST: '60' } });
    expect(await running.backOffice.searchProducts('SKU-7')).toMatchObject([{ available: '8' }]);
  });

  test('is taken from one where that covers the line, else from the fullest first', async () => {
    expect(inWords(linesOf(await reserve(order('50', '7'), {})))).toEqual([
      'WEST 50, 0 wait',
      'EAST 2 + WEST 5, 0 wait',
    ]);
    expect(await free('SKU-6')).toEqual({ EAST: '40', WEST: '10' });
    expect(await free('SKU-7')).toEqual({ EAST: '1', WEST: '0' });
  });

  test('counts only where it is asked for', async () => {
    expect(await reserve(order('50', '1'), { warehouses: ['EAST'] })).toEqual({
      reserved: false,
      shortages: [{ kind: 'stock', sku: 'SKU-6', available: '40', wanted: '50' }],
    });
    expect(inWords(linesOf(await reserve(order('50', '1'), { ...SPLIT, warehouses: ['EAST', 'NORTH'] })))).toEqual([
      'EAST 40, 10 wait',
      'EAST 1, 0 wait',
    ]);
  });

  test('can be changed in one place at a time', async () => {
    await running.admin.changeProduct('SKU-7', { stock: { EAST: '9', NORTH: '2' } });
    expect(await free('SKU-7')).toEqual({ EAST: '9', NORTH: '2', WEST: '5' });
    await expect(running.admin.changeProduct('SKU-7', { stock: '9' })).rejects.toThrow('409');
  });
});

describe('facts of what is agreed', () => {
  test('tell of partial delivery, discounts, packs, and who may buy what', async () => {
    const { backOffice, admin } = running;
    const ask = (customerId: string) =>
      backOffice.getFacts('o-1', makeOrder({ customerId, quantities: { 'SKU-8': '12', 'SKU-9': '1' } }));
    const { customer, products } = await ask('C-2003');
    expect(customer).toMatchObject({
      partialDelivery: 'split',
      discounts: [{ code: 'PARTNER5' }, { code: 'SPRING10' }],
    });
    expect(products).toMatchObject({ 'SKU-8': { packSize: '12' }, 'SKU-9': { allowed: false } });
    const other = await ask('C-2002');
    expect(other.customer).toMatchObject({ partialDelivery: 'backorder', discounts: [] });
    expect(other.products['SKU-9']).toMatchObject({ allowed: true });
    await admin.changeCustomer('C-2002', { partialDelivery: null });
    expect((await ask('C-2002')).customer?.partialDelivery).toBeUndefined();
    await admin.changeCustomer('C-2002', { partialDelivery: 'hold' });
    expect((await ask('C-2002')).customer?.partialDelivery).toBe('hold');
  });
});

describe('an order that the stock does not cover', () => {
  test('is taken in part where it may be split, the same when it is asked for again', async () => {
    for (let time = 0; time < 2; time += 1) {
      const result = await reserve(order('10', '10'), SPLIT);
      expect(inWords(linesOf(result))).toEqual(['WEST 10, 0 wait', 'EAST 3 + WEST 5, 2 wait']);
    }
    expect(await look(running.backOffice, 'SKU-7', 'C-2003')).toEqual({ available: '0', creditUsed: '100.00' });
  });

  test('has its lines taken whole or not at all where they are backordered', async () => {
    expect(inWords(linesOf(await reserve(order('10', '10'), BACKORDER)))).toEqual([
      'WEST 10, 0 wait',
      'nothing, 10 wait',
    ]);
    expect(await free('SKU-7')).toEqual({ EAST: '3', WEST: '5' });
  });

  test('breaks no packs', async () => {
    const tubs = makeOrder({ customerId: 'C-2003', quantities: { 'SKU-8': '36' } });
    expect(inWords(linesOf(await reserve(tubs, SPLIT)))).toEqual(['WEST 24, 12 wait']);
  });

  test('is short where nothing of it can go', async () => {
    const ten = makeOrder({ customerId: 'C-2003', quantities: { 'SKU-7': '10' } });
    const short = [{ kind: 'stock', sku: 'SKU-7', available: '8', wanted: '10' }];
    expect(await reserve(ten, BACKORDER)).toEqual({ reserved: false, shortages: short });
    const none = makeOrder({ customerId: 'C-2003', quantities: { 'SKU-5': '1' } });
    expect(await reserve(none, SPLIT)).toMatchObject({ reserved: false });
  });

  test('is taken whole where a person allowed it, and leaves less than nothing in the first place', async () => {
    const request = reservationOf('o-1', 1, order('10', '10'), [{ limit: 'stock', sku: 'SKU-7', excess: '12' }], SPLIT);
    expect(inWords(linesOf(await running.backOffice.reserve(request)))).toEqual([
      'WEST 10, 0 wait',
      'EAST 3 + WEST 7, 0 wait',
    ]);
    expect(await free('SKU-7')).toEqual({ EAST: '0', WEST: '0' });
    await running.backOffice.release('o-1', 1);
    expect(await free('SKU-7')).toEqual({ EAST: '3', WEST: '5' });
  });
});

describe('a production order of which something waits', () => {
  test('takes over exactly what was reserved', async () => {
    expect(await reserveAndSubmit(order('10', '10'), SPLIT)).toEqual(['WEST 10, 0 wait', 'EAST 3 + WEST 5, 2 wait']);
    const { productionOrders } = await running.admin.listProductionOrders();
    expect(inWords(productionOrders[0]!.lines)).toEqual(['WEST 10, 0 wait', 'EAST 3 + WEST 5, 2 wait']);
    // A reservation that comes late finds it there.
    expect(inWords(linesOf(await reserve(order('10', '10'), SPLIT)))).toEqual(await take());
  });

  test('is made of nothing that was not reserved so, or does not add up', async () => {
    const { backOffice } = running;
    const of = order('10', '10');
    const lines = linesOf(await reserve(of, SPLIT));
    const key = { orderId: 'o-1', revision: 1 };
    const moved = [lines[0]!, { allocations: [{ warehouse: 'WEST', quantity: '8' }], waiting: '2' }];
    expect(await backOffice.submit(key, withFulfilment(of, moved))).toMatchObject({ accepted: false });
    const lost = [lines[0]!, { ...lines[1]!, waiting: '1' }];
    expect(await backOffice.submit(key, withFulfilment(of, lost))).toEqual({
      accepted: false,
      reason: 'What of the lines goes now and what waits is not what they order',
    });
    expect(await backOffice.submit(key, of)).toMatchObject({ accepted: false });
    expect(await backOffice.submit(key, withFulfilment(of, lines))).toMatchObject({ accepted: true });
  });

  test('takes what comes in, as it was agreed, and nothing twice', async () => {
    const { admin } = running;
    await reserveAndSubmit(order('10', '10'), SPLIT);
    expect(await take()).toEqual(['WEST 10, 0 wait', 'EAST 3 + WEST 5, 2 wait']);
    await admin.changeProduct('SKU-7', { stock: { EAST: '4' } });
    for (let time = 0; time < 2; time += 1)
      expect(await take()).toEqual(['WEST 10, 0 wait', 'EAST 4 + WEST 5, 1 wait']);
    await admin.changeProduct('SKU-7', { stock: { WEST: '50' } });
    expect(await take()).toEqual(['WEST 10, 0 wait', 'EAST 4 + WEST 6, 0 wait']);
    expect(await look(running.backOffice, 'SKU-7', 'C-2003')).toEqual({ available: '44', creditUsed: '100.00' });
  });

  test('waits for all of a line that is backordered, in the warehouses that count', async () => {
    const { admin } = running;
    await reserveAndSubmit(order('10', '10'), { partial: 'backorder', warehouses: ['WEST'] });
    await admin.changeProduct('SKU-7', { stock: { EAST: '100', WEST: '9' } });
    expect(await take()).toEqual(['WEST 10, 0 wait', 'nothing, 10 wait']);
    await admin.changeProduct('SKU-7', { stock: { WEST: '10' } });
    expect(await take()).toEqual(['WEST 10, 0 wait', 'WEST 10, 0 wait']);
  });

  test('takes what waits although its answer was lost', async () => {
    const { admin, backOffice } = running;
    await reserveAndSubmit(order('10', '10'), SPLIT);
    await admin.changeProduct('SKU-7', { stock: { WEST: '7' } });
    await admin.setSwitches({ loseAnswers: 1, times: 1, calls: ['takeBackorders'] });
    await expect(backOffice.takeBackorders({ orderId: 'o-1', revision: 1 })).rejects.toThrow('did not answer');
    expect(await take()).toEqual(['WEST 10, 0 wait', 'EAST 3 + WEST 7, 0 wait']);
    expect(await free('SKU-7')).toEqual({ EAST: '0', WEST: '0' });
  });

  test('is refused what waits once it was cancelled, replaced, or never made', async () => {
    const { backOffice } = running;
    await expect(take()).rejects.toThrow('(409): not_in_production');
    await reserveAndSubmit(order('10', '10'), SPLIT);
    await backOffice.amend({ orderId: 'o-1', revision: 2 }, order('10', '9'), { ...SPLIT, allow: [] });
    await expect(take(1)).rejects.toThrow('(409): superseded');
    await backOffice.cancel({ orderId: 'o-1', revision: 2 });
    await expect(take(2)).rejects.toThrow('(409): cancelled');
  });

  test('gives everything back when it is cancelled', async () => {
    const { backOffice, admin } = running;
    await reserveAndSubmit(order('10', '10'), SPLIT);
    await admin.changeProduct('SKU-7', { stock: { WEST: '6' } });
    await take();
    expect(await backOffice.cancel({ orderId: 'o-1', revision: 1 })).toBe('cancelled');
    expect(await free('SKU-7')).toEqual({ EAST: '3', WEST: '6' });
    expect(await look(backOffice, 'SKU-6', 'C-2003')).toEqual({ available: '100', creditUsed: '0.00' });
  });

  test('is served anew when it is amended, what it has counting as free', async () => {
    const { backOffice } = running;
    await reserveAndSubmit(order('10', '10'), SPLIT);
    const amended = { orderId: 'o-1', revision: 2 };
    expect(
      await backOffice.amend(amended, order('10', '9'), { partial: 'hold', warehouses: [], allow: [] }),
    ).toMatchObject({
      accepted: false,
    });
    for (let time = 0; time < 2; time += 1)
      expect(await backOffice.amend(amended, order('20', '9'), { ...SPLIT, allow: [] })).toMatchObject({
        accepted: true,
      });
    expect(await take(2)).toEqual(['WEST 20, 0 wait', 'EAST 3 + WEST 5, 1 wait']);
    expect(await free('SKU-6')).toEqual({ EAST: '40', WEST: '40' });
  });
});

/** What may happen to three orders, each in revisions that only grow. */
const step = fc.record({
  orderId: fc.constantFrom('p-1', 'p-2', 'p-3'),
  deed: fc.constantFrom(
    'reserve',
    'reserve',
    'release',
    'submit',
    'submit',
    'amend',
    'take',
    'take',
    'cancel',
    'arrive',
  ),
  next: fc.boolean(),
  hoses: fc.integer({ min: 1, max: 80 }),
  shackles: fc.integer({ min: 1, max: 9 }),
  partial: fc.constantFrom('hold' as const, 'backorder' as const, 'split' as const),
  warehouses: fc.constantFrom([], ['WEST'], ['EAST']),
});

test('however reserving, submitting, changing, taking and cancelling meet, nothing is taken that is not there, and all of it is given back', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
      const { server, backOffice, admin } = await startBackOffice();
      const onHand = { EAST: 3, WEST: 5 };
      const revisions = new Map<string, number>();
      const reserved = new Map<string, { of: Order; lines: readonly Fulfilment[] }>();
      for (const { orderId, deed, next, hoses, shackles, ...delivery } of steps) {
        const revision = (revisions.get(orderId) ?? 1) + (next ? 1 : 0);
        const key = { orderId, revision };
        const of = order(String(hoses), String(shackles), '10.00');
        revisions.set(orderId, revision);
        if (deed === 'reserve') {
          const result = await backOffice.reserve(reservationOf(orderId, revision, of, [], delivery));
          const first = reserved.get(JSON.stringify(key));
          if (result.reserved && first?.lines === undefined)
            reserved.set(JSON.stringify(key), { of, lines: result.lines });
        }
        const kept = reserved.get(JSON.stringify(key));
        if (deed === 'release') await backOffice.release(orderId, revision);
        if (deed === 'submit' && kept)
          await backOffice.submit(key, withFulfilment(kept.of, kept.lines)).catch(ignoreRefusal);
        if (deed === 'amend') await backOffice.amend(key, of, { ...delivery, allow: [] }).catch(ignoreRefusal);
        if (deed === 'take') await backOffice.takeBackorders(key).catch(ignoreRefusal);
        if (deed === 'cancel') await backOffice.cancel(key).catch(ignoreRefusal);
        if (deed === 'arrive') await admin.changeProduct('SKU-7', { stock: { WEST: String((onHand.WEST += 1)) } });
        await expectNothingOverdrawn(admin, onHand);
      }
      for (const [orderId, revision] of revisions) {
        for (let at = 1; at <= revision; at += 1)
          await backOffice.cancel({ orderId, revision: at }).catch(ignoreRefusal);
      }
      expect(await free('SKU-6', backOffice)).toEqual({ EAST: '40', WEST: '60' });
      expect(await free('SKU-7', backOffice)).toEqual({ EAST: '3', WEST: String(onHand.WEST) });
      expect(await look(backOffice, 'SKU-6', 'C-2003')).toMatchObject({ creditUsed: '0.00' });
      await server.close();
    }),
    { numRuns: 40 },
  );
}, 60_000);

function ignoreRefusal(error: unknown): void {
  if (!(error instanceof Error && error.name === 'BackOfficeRefused')) throw error;
}

async function expectNothingOverdrawn(admin: ReferenceAdmin, onHand: Readonly<Record<string, number>>): Promise<void> {
  const { productionOrders } = await admin.listProductionOrders();
  const live = productionOrders.filter(({ state }) => state !== 'cancelled');
  const lines = live.flatMap((made) => made.lines);
  for (const { quantity, allocations, waiting } of lines)
    expect(allocations.reduce((sum, some) => sum + Number(some.quantity), Number(waiting))).toBe(Number(quantity));
  const shackles = lines.filter(({ sku }) => sku === 'SKU-7').flatMap(({ allocations }) => allocations);
  for (const [warehouse, units] of Map.groupBy(shackles, (some) => some.warehouse))
    expect(units.reduce((sum, { quantity }) => sum + Number(quantity), 0)).toBeLessThanOrEqual(onHand[warehouse] ?? 0);
}
