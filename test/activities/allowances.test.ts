import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { listFindings } from '../../db/findings.ts';
import type { OrderRef } from '../../db/orders.ts';
import { DEFAULT_RULES } from '../../orders/rules/default-rules.ts';
import { openStepHouse, type StepHouse } from './step-house.ts';

let house: StepHouse;
beforeEach(async () => {
  house = await openStepHouse({});
});
afterEach(() => house.close());

/* An order is of 10 SKU-1 for 199.90, unless it is said otherwise. */

const setStock = (stock: string) => house.back.admin.changeProduct('SKU-1', { stock });
const setLimit = (creditLimit: string) => house.back.admin.changeCustomer('C-1001', { creditLimit });
async function approve(ref: OrderRef): Promise<void> {
  await house.steps.enterReview(ref, Date.now());
  const decision = await house.decide(ref.orderId, { action: 'approve' });
  expect(await house.steps.applyDecision(ref.orderId, decision)).toMatchObject({ applied: true });
}

describe('an approval lets the reservation pass as much as was shown', () => {
  test('of missing stock, and not more of it', async () => {
    await setStock('9');
    const ref = await house.givenJudged();
    expect(await house.heldFor(ref)).toEqual(['STOCK.SHORT']);
    await approve(ref);
    await setStock('8');
    expect(await house.steps.reserveOrder(ref)).toMatchObject({ state: 'in_review' });
    expect(await house.heldFor(ref)).toEqual(['STOCK.SHORT']);

    await approve(ref);
    await setStock('7');
    expect(await house.steps.reserveOrder(ref)).toMatchObject({ state: 'in_review' });
    const shown = await listFindings(house.store, `order:${ref.orderId}`, 1, 'reserve');
    expect(shown).toMatchObject([{ code: 'STOCK.SHORT', path: '/lines/0/quantity', excess: '3' }]);
    await approve(ref);
    expect(await house.steps.reserveOrder(ref)).toMatchObject({ state: 'reserved' });
  });

  test('of a product, and not of another one', async () => {
    await setStock('9');
    const line = { sku: 'SKU-1', quantity: '10', unitPrice: '19.9900' };
    const other = { line: '2', sku: 'SKU-2', quantity: '1', unitPrice: '5.2500' };
    const ref = await house.givenJudged({ lines: [{ ...line, line: '1' }, other], total: '205.15' });
    await approve(ref);
    await house.back.admin.changeProduct('SKU-2', { stock: '0' });
    expect(await house.steps.reserveOrder(ref)).toMatchObject({ state: 'in_review' });
    const shown = await listFindings(house.store, `order:${ref.orderId}`, 1, 'reserve');
    expect(shown).toMatchObject([{ path: '/lines/1/quantity', excess: '1' }]);
  });

  test('of exceeded credit, to the cent', async () => {
    await setLimit('189.90');
    const ref = await house.givenJudged();
    expect(await house.heldFor(ref)).toEqual(['CREDIT.LIMIT']);
    await approve(ref);
    await setLimit('189.89');
    expect(await house.steps.reserveOrder(ref)).toMatchObject({ state: 'in_review' });
    await setLimit('189.90');
    expect(await house.steps.rejudgeOrder(ref)).toMatchObject({ state: 'validated' });
    expect(await house.steps.reserveOrder(ref)).toMatchObject({ state: 'reserved' });
  });
});

test('an order whose payment a rule on credit exempts reserves whatever credit is left', async () => {
  await setLimit('0.00');
  const [credit] = DEFAULT_RULES.filter(({ kind }) => kind === 'credit');
  await house.addRule({ ...credit, parameters: { exemptMethods: ['prepaid'] } });
  const ref = await house.givenJudged({ payment: { method: 'prepaid' } });
  expect(await house.heldFor(ref)).toEqual([]);
  expect(await house.steps.reserveOrder(ref)).toMatchObject({ state: 'reserved' });
});
