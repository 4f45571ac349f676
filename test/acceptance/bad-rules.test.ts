import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { listLog } from '../../db/log.ts';
import { until } from '../workflows/people.ts';
import { expectPassed, type Office, openOffice, type ShownOrder } from './office.ts';

/*
 * Rules that break: the order waits with a finding that names the rule, the worker lives, and the next order passes. The
 * rules speak for one customer alone; whoever is not concerned is not stopped.
 */

const CONCERNED = 'C-2003';
const forConcerned = { scope: { kind: 'customer', customer: CONCERNED }, disposition: 'warn' };

let office: Office;
beforeAll(async () => {
  office = await openOffice();
});
afterAll(() => office.close());

const expression = (text: string) => ({
  kind: 'expression',
  parameters: { expression: text, message: 'Not so.', path: '/total' },
});
const lines = Array.from({ length: 250 }, (_, index) => {
  return { line: String(index + 1), sku: 'SKU-2', quantity: '1', unitPrice: '5.2500', amount: '5.25' };
});
const MANY_LINES = { lines, total: '1312.50' };

/** Ends a rule, so that it stops no order of the next test. */
async function end(code: string, kind: string, parameters: object): Promise<void> {
  const now = new Date().toISOString();
  await office.rule({ ...forConcerned, code, kind, parameters, effectiveFrom: now, effectiveTo: now });
}

async function expectNamed(shown: ShownOrder, code: string, because: string | RegExp): Promise<void> {
  const failed = { code: `RULE.FAILED.${code}`, category: 'processing' };
  expect([shown.state, shown.holds]).toMatchObject(['in_review', [failed]]);
  const findings = shown.findings.filter(({ disposition }) => disposition === 'hold');
  expect(findings).toMatchObject([failed]);
  expect(findings[0]?.message).toContain(`Rule ${code} version`);
  expect(findings[0]?.evidence).toMatch(because);
  expect(await office.house.admin.listProductionOrders({ orderId: shown.orderId })).toMatchObject({ live: 0 });
}

describe('Bad input: a rule that', () => {
  test.each([
    ['divides by zero', 'OWN.DIVIDES', 'order.total / order.tax > 1', {}, 'division by zero'],
    ['reads what is not there', 'OWN.READS', 'order.lines[7].sku == "x"', {}, 'index out of bounds'],
    ['throws', 'OWN.THROWS', 'daysBetween(order.poNumber, today) > 1', {}, 'not a date'],
    [
      'would run for hours',
      'OWN.LOOPS',
      'order.lines.all(a, order.lines.all(b, order.lines.all(c, a.sku == b.sku && b.sku == c.sku)))',
      MANY_LINES,
      'steps, at most 1000000 are allowed',
    ],
  ])('%s holds the order with its name, even if it would only warn', async (_, code, text, changes, because) => {
    const { kind, parameters } = expression(text);
    await office.rule({ ...forConcerned, code, kind, parameters });
    await expectNamed(await office.order({ customerId: CONCERNED, ...changes }), code, because);
    expectPassed(await office.order(changes));
    await end(code, kind, parameters);
    expectPassed(await office.order({ customerId: CONCERNED, ...changes }));
  });

  test('has a pattern that would never end elsewhere is done at once', async () => {
    const parameters = { field: '/notes/*', pattern: '(a+)+b', words: 'a, then b' };
    await office.rule({ ...forConcerned, code: 'OWN.PATTERN', kind: 'field_format', parameters });
    const evil = await office.order({ customerId: CONCERNED, notes: ['a'.repeat(500)] });
    expectPassed(evil);
    expect(evil.findings).toMatchObject([{ code: 'OWN.PATTERN', disposition: 'warn' }]);
    await end('OWN.PATTERN', 'field_format', parameters);
  });

  test('is too large, or is none, is refused before it counts', async () => {
    const texts = [
      Array.from({ length: 300 }, () => 'true').join(' && '),
      `${'('.repeat(60)}true${')'.repeat(60)}`,
      'order.total +',
    ];
    for (const text of texts) {
      const rule = { ...forConcerned, code: 'OWN.LARGE', ...expression(text), reason: 'a test' };
      expect(await office.ask('ada', 'POST', '/v1/rules', rule)).toMatchObject({ status: 422 });
    }
    expectPassed(await office.order({ customerId: CONCERNED }));
  });

  test('has parameters that its kind does not take, in the database, holds the order with its name', async () => {
    const code = 'OWN.DAMAGED';
    const parameters = { maximum: 40 };
    await office.rule({ ...forConcerned, code, kind: 'line_count', parameters });
    await damage(code, '{"maximum":"forty"}');
    await office.rule({ ...forConcerned, code: 'OWN.OTHER', kind: 'line_count', parameters });
    await expectNamed(await office.order({ customerId: CONCERNED }), code, /maximum|number/);
    expectPassed(await office.order());
    await end(code, 'line_count', parameters);
    expectPassed(await office.order({ customerId: CONCERNED }));
  });

  test('cannot be read in the database at all stops the orders that it speaks on, and no others', async () => {
    const code = 'OWN.ILLEGIBLE';
    const parameters = { maximum: 40 };
    await office.rule({ ...forConcerned, code, kind: 'line_count', parameters });
    await damage(code, '{"maximum":');
    await office.rule({ ...forConcerned, code: 'OWN.OTHER', kind: 'line_count', parameters });
    const held = await office.order({ customerId: CONCERNED });
    expect([held.state, held.holds]).toMatchObject(['held', [{ code: 'PROCESSING.FAILED', category: 'processing' }]]);
    const log = await listLog(office.house.store, `order:${held.orderId}`);
    const why = `parameters of rule:${code}:1 is damaged in the database`;
    expect(log.find(({ action }) => action === 'order.held')?.detail_json).toContain(why);
    expectPassed(await office.order());

    await damage(code, JSON.stringify(parameters));
    await until(async () => {
      await office.house.deps.runs.recheckOrder(held.orderId);
      return (await office.look(held.orderId)).state === 'completed' ? true : undefined;
    });
  });
});

/** Writes over a rule's parameters, as a fault of the disk or a hand in the wrong place does. */
async function damage(code: string, text: string): Promise<void> {
  const { db } = office.house.store;
  await db.updateTable('order_validation_rules').set({ parameters_json: text }).where('code', '=', code).execute();
}
