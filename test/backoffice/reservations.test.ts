import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Allowance } from '../../backoffice/port.ts';
import { look, makeOrder, reservationOf, type RunningBackOffice, startBackOffice } from './back-office.ts';

let running: RunningBackOffice;
beforeEach(async () => {
  running = await startBackOffice();
});
afterEach(() => running.server.close());

const RELEASED = { reserved: false, shortages: [{ kind: 'released' }] };
const TWO_RESERVED = {
  reserved: true,
  lines: [{ line: '1', allocations: [{ warehouse: 'MAIN', quantity: '2' }], waiting: '0' }],
};
const vises = (quantity: string, total = '149.00') => makeOrder({ quantities: { 'SKU-3': quantity }, total });

describe('a reservation', () => {
  test('takes credit and stock, once however often it is asked for', async () => {
    const { backOffice } = running;
    const request = reservationOf('o-1', 1, vises('2', '298.00'));
    for (let time = 0; time < 3; time += 1) expect(await backOffice.reserve(request)).toEqual(TWO_RESERVED);
    expect(await look(backOffice)).toEqual({ available: '1', creditUsed: '298.00' });
  });

  test('takes nothing at all if one line is short, and says what', async () => {
    const { backOffice } = running;
    const order = makeOrder({ quantities: { 'SKU-1': '5', 'SKU-3': '4', 'SKU-5': '1' } });
    expect(await backOffice.reserve(reservationOf('o-1', 1, order))).toEqual({
      reserved: false,
      shortages: [
        { kind: 'stock', sku: 'SKU-3', available: '3', wanted: '4' },
        { kind: 'stock', sku: 'SKU-5', available: '0', wanted: '1' },
      ],
    });
    expect(await look(backOffice, 'SKU-1')).toEqual({ available: '100000', creditUsed: '0.00' });
  });

  test('adds up the lines of one product', async () => {
    const order = vises('2');
    const twice = { ...order, lines: [...order.lines, ...order.lines] };
    expect(await running.backOffice.reserve(reservationOf('o-1', 1, twice))).toMatchObject({
      shortages: [{ kind: 'stock', sku: 'SKU-3', available: '3', wanted: '4' }],
    });
  });

  test('runs against the credit limit, to the cent', async () => {
    const { backOffice } = running;
    const order = (total: string) => makeOrder({ customerId: 'C-1002', total });
    expect(await backOffice.reserve(reservationOf('o-1', 1, order('400.00')))).toMatchObject({ reserved: true });
    expect(await backOffice.reserve(reservationOf('o-2', 1, order('100.01')))).toEqual({
      reserved: false,
      shortages: [{ kind: 'credit', limit: '500.00', used: '400.00', wanted: '100.01' }],
    });
    expect(await backOffice.reserve(reservationOf('o-2', 1, order('100.00')))).toMatchObject({ reserved: true });
  });

  test('may pass the limits that a person allowed, and no other', async () => {
    const { backOffice } = running;
    const order = makeOrder({ customerId: 'C-1002', total: '600.00', quantities: { 'SKU-3': '5' } });
    const credit = (excess: string): Allowance => ({ limit: 'credit', excess });
    const stock = (excess: string, sku = 'SKU-3'): Allowance => ({ limit: 'stock', sku, excess });
    const kinds = async (...allow: Allowance[]) => {
      const result = await backOffice.reserve(reservationOf('o-1', 1, order, allow));
      return result.reserved || result.shortages.map((shortage) => shortage.kind);
    };
    expect(await kinds()).toEqual(['credit', 'stock']);
    expect(await kinds(credit('100.00'))).toEqual(['stock']);
    expect(await kinds(credit('unlimited'))).toEqual(['stock']);
    expect(await kinds(credit('99.99'), stock('1'))).toEqual(['credit', 'stock']);
    expect(await kinds(stock('2'))).toEqual(['credit']);
    expect(await kinds(stock('unlimited'))).toEqual(['credit']);
    expect(await kinds(credit('100.00'), stock('2', 'SKU-5'))).toEqual(['stock']);
    expect(await kinds(credit('100.00'), stock('2'))).toBe(true);
    expect(await look(backOffice, 'SKU-3', 'C-1002')).toEqual({ available: '0', creditUsed: '600.00' });
  });

  test('that was short is looked at anew, so that it succeeds when stock came in', async () => {
    const { backOffice, admin } = running;
    const request = reservationOf('o-1', 1, makeOrder({ quantities: { 'SKU-5': '2' } }));
    expect(await backOffice.reserve(request)).toMatchObject({ reserved: false });
    await admin.changeProduct('SKU-5', { stock: '2' });
    expect(await backOffice.reserve(request)).toMatchObject({ reserved: true });
  });

  test('replaces that of a lower revision, which does not count against it', async () => {
    const { backOffice } = running;
    await backOffice.reserve(reservationOf('o-1', 1, vises('2', '200000.00')));
    expect(await backOffice.reserve(reservationOf('o-1', 2, vises('3', '240000.00')))).toMatchObject({
      reserved: true,
    });
    expect(await look(backOffice)).toEqual({ available: '0', creditUsed: '240000.00' });
    await backOffice.release('o-1', 2);
    expect(await look(backOffice)).toEqual({ available: '3', creditUsed: '0.00' });
  });

  test('leaves that of a lower revision as it was when it is short itself', async () => {
    const { backOffice } = running;
    await backOffice.reserve(reservationOf('o-1', 1, vises('2')));
    expect(await backOffice.reserve(reservationOf('o-1', 2, vises('4')))).toMatchObject({ reserved: false });
    expect((await look(backOffice)).available).toBe('1');
  });

  test('of a lower revision that arrives late is refused', async () => {
    const { backOffice } = running;
    await backOffice.reserve(reservationOf('o-1', 2, vises('1')));
    expect(await backOffice.reserve(reservationOf('o-1', 1, vises('3')))).toEqual(RELEASED);
    expect((await look(backOffice)).available).toBe('2');
  });

  test('is refused for good for a customer or product that is not known, or another currency', async () => {
    const { backOffice } = running;
    const refused = (order: ReturnType<typeof makeOrder>) => backOffice.reserve(reservationOf('o-1', 1, order));
    await expect(refused(makeOrder({ customerId: 'C-9999' }))).rejects.toThrow(
      /refused reserve \(422\): unknown_customer/,
    );
    await expect(refused(makeOrder({ quantities: { 'SKU-0': '1' } }))).rejects.toThrow('unknown_product');
    await expect(refused(makeOrder({ customerId: 'C-1005' }))).rejects.toThrow('wrong_currency');
  });
});

describe('a release', () => {
  test('gives everything back, and is harmless again and on nothing', async () => {
    const { backOffice } = running;
    await backOffice.release('never-reserved', 7);
    await backOffice.reserve(reservationOf('o-1', 1, vises('3')));
    await backOffice.release('o-1', 1);
    await backOffice.release('o-1', 1);
    expect(await look(backOffice)).toEqual({ available: '3', creditUsed: '0.00' });
  });

  test('leaves a tombstone for its revision and those below, not above', async () => {
    const { backOffice } = running;
    await backOffice.release('o-1', 2);
    expect(await backOffice.reserve(reservationOf('o-1', 1))).toEqual(RELEASED);
    expect(await backOffice.reserve(reservationOf('o-1', 2))).toEqual(RELEASED);
    expect(await backOffice.reserve(reservationOf('o-1', 3))).toMatchObject({ reserved: true });
  });

  test('of a lower revision leaves a higher one alone', async () => {
    const { backOffice } = running;
    await backOffice.reserve(reservationOf('o-1', 3, vises('1')));
    await backOffice.release('o-1', 2);
    expect((await look(backOffice)).available).toBe('2');
    expect(await backOffice.reserve(reservationOf('o-1', 2))).toEqual(RELEASED);
  });

  test('of a lower revision that arrives late leaves the higher tombstone standing', async () => {
    const { backOffice } = running;
    await backOffice.release('o-1', 2);
    await backOffice.release('o-1', 1);
    expect(await backOffice.reserve(reservationOf('o-1', 2))).toEqual(RELEASED);
  });
});

describe('many reservations at once', () => {
  test('for the last units get exactly what is there', async () => {
    const { backOffice, admin } = running;
    await admin.changeProduct('SKU-3', { stock: '17' });
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, n) => backOffice.reserve(reservationOf(`o-${String(n)}`, 1, vises('1')))),
    );
    expect(results.filter((result) => result.reserved)).toHaveLength(17);
    expect((await look(backOffice)).available).toBe('0');
  });

  test('for the last credit get exactly what is there', async () => {
    const { backOffice } = running;
    const order = makeOrder({ customerId: 'C-1002', total: '30.00' });
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, n) => backOffice.reserve(reservationOf(`o-${String(n)}`, 1, order))),
    );
    expect(results.filter((result) => result.reserved)).toHaveLength(16);
    expect((await look(backOffice, 'SKU-1', 'C-1002')).creditUsed).toBe('480.00');
  });
});
