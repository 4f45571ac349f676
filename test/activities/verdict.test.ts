import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { listRulesFor } from '../../activities/validate-order.ts';
import { getFacts } from '../../db/facts.ts';
import { listFindings } from '../../db/findings.ts';
import { listLineHolds } from '../../db/fulfilment.ts';
import { getOrder, getRevision, type OrderRef } from '../../db/orders.ts';
import { findVerdict } from '../../db/verdicts.ts';
import { readInputs } from '../../orders/rules/inputs.ts';
import { evaluateRules } from '../../orders/rules/evaluate.ts';
import type { Explanation } from '../../orders/rules/rule.ts';
import { openStepHouse, type StepHouse } from './step-house.ts';

let house: StepHouse;
beforeAll(async () => {
  house = await openStepHouse({});
});
afterAll(() => house.close());

const findingsOf = (ref: OrderRef) => listFindings(house.store, `order:${ref.orderId}`, ref.revision);
const getVerdict = async (ref: OrderRef): Promise<readonly Explanation[]> =>
  (await findVerdict(house.store, ref)) ?? [];

describe('the verdict on a revision', () => {
  test('is kept, and comes again word for word from the sealed snapshot', async () => {
    const ref = await house.givenJudged({ total: '1.00' });
    const kept = await getVerdict(ref);
    const facts = await getFacts(house.store, ref);
    const at = new Date(facts.asOf);
    const rules = await listRulesFor(house.store, ref, at);
    const again = evaluateRules(rules, await getRevision(house.store, ref), facts, at);
    expect(kept).toEqual(JSON.parse(JSON.stringify(again.explanations)));
    const found = (await findingsOf(ref)).map(({ code, message }) => ({ code, message }));
    expect(found).toEqual(again.findings.map(({ code, message }) => ({ code, message })));
    const total = kept.find(({ code }) => code === 'TOTAL.MISMATCH');
    expect(total).toMatchObject({ result: 'breached', findings: 1, version: 1 });
    expect(total?.working[0]).toContain('The total is 1.00, but lines');
  });

  test('names what was read, with the values that stand in the snapshot', async () => {
    const ref = await house.givenJudged();
    const order = await getRevision(house.store, ref);
    const facts = await getFacts(house.store, ref);
    const credit = (await getVerdict(ref)).find(({ code }) => code === 'CREDIT.LIMIT');
    expect(readInputs(credit?.reads ?? [], { order, facts, now: facts.asOf })).toMatchObject({
      '/order/total': order.total,
      '/facts/customer/creditLimit': facts.customer?.creditLimit,
    });
  });
});

describe('a purchase order number that came before', () => {
  test('with the same content is the same order again: it goes back and names the first', async () => {
    const first = await house.givenJudged({ poNumber: 'PO-TWICE', externalId: 'W-TWICE' });
    const again = await house.givenJudged({ poNumber: 'PO-TWICE', externalId: 'W-TWICE', tax: '0' });
    expect(await getOrder(house.store, again.orderId)).toMatchObject({ state: 'rejected' });
    const [finding] = await findingsOf(again);
    expect(finding).toMatchObject({ code: 'PO.SAME_ORDER', disposition: 'reject', evidence: first.orderId });
    expect(finding?.message).toContain(`this is order ${first.orderId} once more`);
    expect(await getOrder(house.store, first.orderId)).toMatchObject({ state: 'validated' });
  });

  test('with another content waits for a person, with the difference shown', async () => {
    await house.givenJudged({ poNumber: 'PO-OTHER' });
    const other = await house.givenJudged({
      poNumber: 'PO-OTHER',
      requestedDeliveryDate: null,
      notes: ['a secret place'],
    });
    expect(await getOrder(house.store, other.orderId)).toMatchObject({ state: 'in_review' });
    const finding = (await findingsOf(other)).find(({ code }) => code === 'PO.DUPLICATE');
    expect(finding?.disposition).toBe('hold');
    expect(finding?.evidence).toMatch(/\/notes\/0 differs/);
    expect(finding?.evidence).not.toContain('secret');
  });
});

describe('stock that does not cover an order', () => {
  test('keeps no order from going on where the customer waits for the rest: only the line waits', async () => {
    await house.addRule({
      code: 'STOCK.SHORT',
      kind: 'inventory',
      scope: { kind: 'customer', customer: 'C-1007' },
      parameters: { partial: 'backorder' },
    });
    const lines = [
      { line: '1', sku: 'SKU-5', quantity: '2', unitPrice: '219.00', amount: '438.00' },
      { line: '2', sku: 'SKU-2', quantity: '1', unitPrice: '5.25', amount: '5.25' },
    ];
    const ref = await house.givenJudged({ customerId: 'C-1007', lines, charges: [], total: '443.25', payment: null });
    const short = (await findingsOf(ref)).find(({ code }) => code === 'STOCK.SHORT');
    expect(short).toMatchObject({ disposition: 'warn', ruleVersion: 2 });
    expect(await house.heldFor(ref)).not.toContain('STOCK.SHORT');
    await house.store.db.updateTable('orders').set({ state: 'validated' }).where('id', '=', ref.orderId).execute();
    await house.steps.reserveOrder(ref);
    expect(await getOrder(house.store, ref.orderId)).toMatchObject({ state: 'reserved' });
    expect(await listLineHolds(house.store, ref)).toMatchObject([{ position: 1, code: 'STOCK.SHORT', waiting: '2' }]);
  });
});
