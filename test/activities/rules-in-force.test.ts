import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findRulesOf } from '../../db/facts.ts';
import { listFindings } from '../../db/findings.ts';
import { addRuleVersion, findRulesSequence, type KeptRule, listRulesInForce, type RuleDraft } from '../../db/rules.ts';
import { createActivities } from '../../activities/index.ts';
import { inTransaction } from '../../db/store.ts';
import { acceptOrder, type House, openHouse } from '../support/house.ts';
import { makeOrderJson } from '../support/order-factory.ts';

let house: House;
let steps: ReturnType<typeof createActivities>;
beforeAll(async () => {
  house = await openHouse({ workers: false });
  // The back office that steps ask depends on whether they are local; here there is no worker to say so.
  steps = createActivities({ ...house.deps, backOffice: () => house.backOffice });
});
afterAll(() => house.close());

const change = (changes: Partial<RuleDraft> = {}): Promise<KeptRule> =>
  inTransaction(house.store, (tx) =>
    addRuleVersion(tx, { ...FEW_LINES, ...changes }, { actor: 'ada', at: new Date().toISOString() }, false),
  );
const FEW_LINES: RuleDraft = {
  code: 'LINES.TOO_MANY', kind: 'line_count', scope: { kind: 'all' }, parameters: { maximum: 1 }, disposition: 'hold',
  releaseRole: 'supervisor', severity: 'low', effectiveFrom: '2020-01-01T00:00:00.000Z', effectiveTo: null, reason: 'r',
}; // prettier-ignore

async function givenParsed(): Promise<{ orderId: string; revision: number }> {
  const lines = ['1', '2'].map((line) => ({
    line,
    sku: 'SKU-1',
    quantity: '10',
    unitPrice: '19.9900',
    amount: '199.90',
  }));
  const orderId = await acceptOrder(house.store, makeOrderJson({ lines, total: '399.80' }));
  await steps.parseOrder(orderId);
  return { orderId, revision: 1 };
}
const judge = async (order: { orderId: string; revision: number }) => {
  await Promise.all([steps.validateOrder(order), steps.checkCredit(order), steps.checkInventory(order)]);
  const findings = await listFindings(house.store, `order:${order.orderId}`, order.revision);
  return findings.map(({ code, ruleVersion }) => `${code} ${String(ruleVersion)}`);
};

describe('a rule that changes while an order is judged', () => {
  test('does not come between the steps of a revision: all go by the rules of the moment of its facts', async () => {
    const order = await givenParsed();
    await steps.takeFacts(order);
    const { version } = await change();
    expect(await judge(order)).toEqual([]);
    const next = await givenParsed();
    await steps.takeFacts(next);
    await change({ parameters: { maximum: 5000 } });
    expect(await judge(next)).toEqual([`LINES.TOO_MANY ${String(version)}`]);
    expect(await steps.settleVerdict(next)).toMatchObject({
      state: 'in_review',
      holds: [{ code: 'LINES.TOO_MANY', releaseRole: 'supervisor' }],
    });
  });

  test('is seen at once by the next order', async () => {
    const order = await givenParsed();
    const { version } = await change();
    await steps.takeFacts(order);
    expect(await judge(order)).toEqual([`LINES.TOO_MANY ${String(version)}`]);
    await change({ parameters: { maximum: 5000 } });
  });

  test('counts for facts of before that was kept as the rules of now', async () => {
    const order = await givenParsed();
    await steps.takeFacts(order);
    await house.store.db.updateTable('facts_snapshots').set({ rules_sequence: null }).execute();
    const { version } = await change();
    expect(await findRulesOf(house.store, order)).toBeNull();
    expect(await judge(order)).toEqual([`LINES.TOO_MANY ${String(version)}`]);
    await change({ parameters: { maximum: 5000 } });
  });
});

test('changes at once are numbered without gaps, and every one of them counts', async () => {
  const before = await findRulesSequence(house.store);
  const made = await Promise.all(Array.from({ length: 20 }, (_, i) => change({ code: `MANY.${String(i % 4)}` })));
  expect(made.map(({ sequence }) => sequence).sort((a, b) => Number(a) - Number(b))).toEqual(made.map((_, i) => before + 1 + i));
  expect(new Set(made.map(({ code, version }) => `${code} ${String(version)}`)).size).toBe(20);
  const inForce = await listRulesInForce(house.store, { at: new Date(), sequence: before + 20 });
  expect(inForce.filter(({ code }) => code.startsWith('MANY.')).map(({ version }) => version)).toEqual([5, 5, 5, 5]);
  // Later ones do not count for what was judged before them.
  const past = await listRulesInForce(house.store, { at: new Date(), sequence: before });
  expect(past.filter(({ code }) => code.startsWith('MANY.'))).toEqual([]);
}); // prettier-ignore
