import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Allowed, SubmissionKey, SubmitResult } from '../../backoffice/port.ts';
import type { Delivery } from '../../orders/fulfilment.ts';
import { look, makeOrder, reservationOf, type RunningBackOffice, startBackOffice } from './back-office.ts';

let running: RunningBackOffice;
beforeEach(async () => {
  running = await startBackOffice();
});
afterEach(() => running.server.close());

const key = (revision: number, orderId = 'o-1'): SubmissionKey => ({ orderId, revision });
const WHOLE: Delivery & Allowed = { partial: 'hold', warehouses: [], allow: [] };
const ALL_GOES = { allocations: [{ warehouse: 'MAIN', quantity: '2' }], waiting: '0' };
const vises = (quantity: string, total = '149.00') => makeOrder({ quantities: { 'SKU-3': quantity }, total });

async function reserveAndSubmit(revision: number, order = vises('2')): Promise<SubmitResult> {
  await running.backOffice.reserve(reservationOf('o-1', revision, order));
  return running.backOffice.submit(key(revision), order);
}

function idOf(result: SubmitResult): string {
  if (!result.accepted) throw new Error(`not accepted: ${result.reason}`);
  return result.productionOrderId;
}

describe('a submission', () => {
  test('makes one production order, whose stock and credit stay taken', async () => {
    const { backOffice, admin } = running;
    const productionOrderId = idOf(await reserveAndSubmit(1));
    expect(await admin.listProductionOrders()).toEqual({
      live: 1,
      cancelled: 0,
      productionOrders: [
        {
          productionOrderId,
          orderId: 'o-1',
          revision: 1,
          state: 'open',
          customerId: 'C-1001',
          poNumber: 'PO-7731',
          currency: 'USD',
          total: '149.00',
          lines: [{ line: '1', sku: 'SKU-3', quantity: '2', unitPrice: '19.9900', amount: '19.99', ...ALL_GOES }],
        },
      ],
    });
    expect(await look(backOffice)).toEqual({ available: '1', creditUsed: '149.00' });
  });

  test('under the same key answers the same, ten at once included', async () => {
    const { backOffice, admin } = running;
    await backOffice.reserve(reservationOf('o-1', 1, vises('2')));
    const results = await Promise.all(Array.from({ length: 10 }, () => backOffice.submit(key(1), vises('2'))));
    expect(new Set(results.map(idOf)).size).toBe(1);
    expect((await admin.listProductionOrders()).live).toBe(1);
    expect(await look(backOffice)).toEqual({ available: '1', creditUsed: '149.00' });
  });

  test('under the same key with another order is refused', async () => {
    await reserveAndSubmit(1);
    await expect(running.backOffice.submit(key(1), vises('1'))).rejects.toThrow('(422): key_reused');
  });

  test('of another revision never makes a second production order, ten revisions at once included', async () => {
    const { backOffice, admin } = running;
    const results = await Promise.all(Array.from({ length: 10 }, (_, n) => backOffice.submit(key(n + 1), makeOrder())));
    expect(results.filter((result) => result.accepted)).toHaveLength(1);
    expect((await admin.listProductionOrders()).live).toBe(1);
  });

  test('of what was reserved is accepted whatever stock and credit say by now', async () => {
    const { backOffice, admin } = running;
    await backOffice.reserve(reservationOf('o-1', 1, vises('3')));
    await admin.changeProduct('SKU-3', { stock: '0' });
    await admin.changeCustomer('C-1001', { creditLimit: '0.00' });
    expect(await backOffice.submit(key(1), vises('3'))).toMatchObject({ accepted: true });
  });

  test('of more than was reserved, or of nothing reserved, is held to the limits', async () => {
    const { backOffice } = running;
    await backOffice.reserve(reservationOf('o-1', 1, vises('1')));
    expect(await backOffice.submit(key(1), vises('4'))).toMatchObject({ accepted: false });
    expect(await backOffice.submit(key(1, 'o-2'), vises('3'))).toMatchObject({ accepted: false });
    expect(await backOffice.submit(key(1, 'o-2'), vises('2'))).toMatchObject({ accepted: true });
    expect((await look(backOffice)).available).toBe('0');
  });

  test('of a revision that was released or superseded is declined', async () => {
    const { backOffice } = running;
    await backOffice.release('o-1', 1);
    expect(await backOffice.submit(key(1), makeOrder())).toMatchObject({ accepted: false });
    await backOffice.reserve(reservationOf('o-2', 2));
    expect(await backOffice.submit(key(1, 'o-2'), makeOrder())).toMatchObject({ accepted: false });
  });

  test('of a customer or product that is not known is declined with a reason, and may be tried again', async () => {
    const { backOffice } = running;
    const unknown = makeOrder({ customerId: 'C-9999' });
    expect(await backOffice.submit(key(1), unknown)).toEqual({ accepted: false, reason: 'The customer is not known' });
    const strange = makeOrder({ quantities: { 'SKU-0': '1' } });
    expect(await backOffice.submit(key(1), strange)).toEqual({ accepted: false, reason: 'There is no product SKU-0' });
    expect(await backOffice.status(key(1))).toEqual({ state: 'unknown' });
    expect(await backOffice.submit(key(1), makeOrder())).toMatchObject({ accepted: true });
  });

  test('keeps a late reservation or release of its revision from changing anything', async () => {
    const { backOffice } = running;
    const productionOrderId = idOf(await reserveAndSubmit(1));
    expect(await backOffice.reserve(reservationOf('o-1', 1, vises('2')))).toMatchObject({ reserved: true });
    await backOffice.release('o-1', 1);
    expect(await look(backOffice)).toEqual({ available: '1', creditUsed: '149.00' });
    expect(await backOffice.submit(key(1), vises('2'))).toEqual({ accepted: true, productionOrderId });
  });
});

describe('an amendment', () => {
  test('changes the production order to what the new revision reserved', async () => {
    const { backOffice, admin } = running;
    const productionOrderId = idOf(await reserveAndSubmit(1, vises('2')));
    expect(await backOffice.reserve(reservationOf('o-1', 2, vises('3', '447.00')))).toMatchObject({ reserved: true });
    for (let time = 0; time < 2; time += 1) {
      expect(await backOffice.amend(key(2), vises('3', '447.00'), WHOLE)).toEqual({
        accepted: true,
        productionOrderId,
      });
    }
    expect(await look(backOffice)).toEqual({ available: '0', creditUsed: '447.00' });
    expect(await admin.listProductionOrders()).toMatchObject({
      live: 1,
      productionOrders: [{ revision: 2, total: '447.00' }],
    });
    expect(await backOffice.status(key(2))).toEqual({ state: 'accepted', productionOrderId });
  });

  test('that is dropped leaves the production order as it was', async () => {
    const { backOffice } = running;
    await reserveAndSubmit(1, vises('2'));
    await backOffice.reserve(reservationOf('o-1', 2, vises('1')));
    await backOffice.release('o-1', 2);
    expect(await look(backOffice)).toEqual({ available: '1', creditUsed: '149.00' });
    expect(await backOffice.amend(key(2), vises('1'), WHOLE)).toMatchObject({ accepted: false });
  });

  test('may pass the limits that a person allowed, and no other', async () => {
    const { backOffice } = running;
    await reserveAndSubmit(1, vises('2'));
    const more = vises('5', '745.00');
    expect(await backOffice.amend(key(2), more, WHOLE)).toMatchObject({ accepted: false });
    expect(
      await backOffice.amend(key(2), more, { ...WHOLE, allow: [{ limit: 'credit', excess: 'unlimited' }] }),
    ).toMatchObject({ accepted: false });
    expect(
      await backOffice.amend(key(2), more, { ...WHOLE, allow: [{ limit: 'stock', sku: 'SKU-3', excess: '2' }] }),
    ).toMatchObject({ accepted: true });
    const lines = await backOffice.takeBackorders(key(2));
    expect(lines).toMatchObject([{ allocations: [{ quantity: '5' }], waiting: '0' }]);
    await backOffice.cancel(key(2));
    expect(await look(backOffice)).toEqual({ available: '3', creditUsed: '0.00' });
  });

  test('is declined where there is nothing to change, or it is too late to', async () => {
    const { backOffice, admin } = running;
    expect(await backOffice.amend(key(2), vises('1'), WHOLE)).toMatchObject({ accepted: false });
    const productionOrderId = idOf(await reserveAndSubmit(2));
    expect(await backOffice.amend(key(1), vises('1'), WHOLE)).toMatchObject({ accepted: false });
    await admin.beginProduction(productionOrderId);
    expect(await backOffice.amend(key(3), vises('1'), WHOLE)).toEqual({
      accepted: false,
      reason: 'Production has begun',
    });
  });
});

describe('a cancellation', () => {
  test('gives everything back, as often as it is asked for', async () => {
    const { backOffice, admin } = running;
    await reserveAndSubmit(1);
    for (let time = 0; time < 2; time += 1) expect(await backOffice.cancel(key(1))).toBe('cancelled');
    expect(await look(backOffice)).toEqual({ available: '3', creditUsed: '0.00' });
    expect(await backOffice.status(key(1))).toEqual({ state: 'cancelled' });
    expect(await admin.listProductionOrders()).toMatchObject({ live: 0, cancelled: 1 });
  });

  test('before the submission arrives keeps it from ever being accepted', async () => {
    const { backOffice, admin } = running;
    await backOffice.reserve(reservationOf('o-1', 1, vises('2')));
    expect(await backOffice.cancel(key(1))).toBe('cancelled');
    expect(await backOffice.submit(key(1), vises('2'))).toMatchObject({ accepted: false });
    expect(await backOffice.status(key(1))).toEqual({ state: 'cancelled' });
    expect((await admin.listProductionOrders()).live).toBe(0);
    expect((await look(backOffice)).available).toBe('3');
  });

  test('makes room for a production order of a later revision', async () => {
    const { backOffice } = running;
    const first = idOf(await reserveAndSubmit(1));
    await backOffice.cancel(key(1));
    expect(idOf(await reserveAndSubmit(2))).not.toBe(first);
  });

  test('of a production order cancels every revision that it had', async () => {
    const { backOffice } = running;
    await reserveAndSubmit(1);
    await backOffice.amend(key(2), vises('1'), WHOLE);
    await expect(backOffice.cancel(key(1))).rejects.toThrow('(409): superseded');
    expect(await backOffice.cancel(key(2))).toBe('cancelled');
    expect(await backOffice.status(key(1))).toEqual({ state: 'cancelled' });
    expect(await look(backOffice)).toEqual({ available: '3', creditUsed: '0.00' });
  });

  test('comes too late once production has begun', async () => {
    const { backOffice, admin } = running;
    const productionOrderId = idOf(await reserveAndSubmit(1));
    await admin.beginProduction(productionOrderId);
    expect(await backOffice.cancel(key(1))).toBe('too_late');
    expect(await backOffice.status(key(1))).toEqual({ state: 'accepted', productionOrderId });
    expect((await look(backOffice)).available).toBe('1');
  });
});
