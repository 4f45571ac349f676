import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Order } from '../../../orders/order.ts';
import { evaluateRules } from '../../../orders/rules/evaluate.ts';
import { getExpression } from '../../../orders/rules/expression.ts';
import { RULE_KINDS } from '../../../orders/rules/registry.ts';
import { check, makeCustomer, makeFacts, makeLine, makeOrder, makeProduct, makeRule, NOW } from './factories.ts';

const parametersOf = (expression: string) => ({ expression, message: 'Not so.', path: '/lines' });
const holds = (expression: string, order: Partial<Order> = {}, facts = makeFacts()): boolean =>
  check('expression', makeOrder(order), facts, parametersOf(expression)).length === 0;
const judge = (expression: string, order: Partial<Order> = {}) =>
  evaluateRules(
    [
      makeRule({
        code: 'OWN.RULE',
        kind: 'expression',
        parameters: parametersOf(expression),
        releaseRole: 'supervisor',
      }),
    ],
    makeOrder(order),
    makeFacts(),
    NOW,
  );

describe('an expression', () => {
  test.each([
    'order.total == dec("202.41")',
    'order.total > 200 && 200 < order.total && order.total >= dec("202.41")',
    'order.total - dec("0.41") == 202 && -order.total < 0 && abs(-order.total) == order.total',
    'sum(order.lines.map(l, l.amount)) + sum(order.charges.map(c, c.amount)) + order.tax == order.total',
    'round(order.total / 3, 2) == dec("67.47")',
    'order.lines.all(l, l.quantity * l.unitPrice >= l.amount)',
    'order.lines.exists(l, l.product.available >= l.quantity) && order.lines.exists_one(l, l.sku == "SKU-1")',
    'order.lines.filter(l, l.sku == "SKU-1").size() == 1 && size(order.notes) == 0',
    'customer.status in ["active", "credit_stop"] && "terms" in customer.paymentMethods',
    'has(customer.minimumOrder) && customer.minimumOrder == 50 && order.lines.all(l, !has(l.product.packSize))',
    'order.externalId == "" && order.payment.method == "terms" && order.billTo.city == ""',
    'order.poNumber.matches("^PO-[0-9]+$") && order.poNumber.startsWith("PO" + "-") && order.poNumber.trim().contains("77")',
    'daysBetween(order.orderDate, order.requestedDeliveryDate) == 8 && today == "2026-11-23"',
    'order.currency == "USD" ? order.total < 1000 : order.total < 500',
    'order.lines.map(l, l.sku) == ["SKU-1"]',
  ])('is true of a good order: %s', (expression) => {
    expect(holds(expression)).toBe(true);
  });

  test('says what it was told to say where it is false', () => {
    expect(check('expression', makeOrder(), makeFacts(), parametersOf('order.total < 100'))).toEqual([
      '/lines: Not so.',
    ]);
    expect(judge('order.total < 100').explanations[0]).toMatchObject({ result: 'breached', reads: ['/order/total'] });
  });

  test('is exact where a float is not', () => {
    expect(holds('order.tax + dec("0.2") == dec("0.3")', { tax: '0.1' })).toBe(true);
    const decimals = fc.integer({ min: -1_000_000_000, max: 1_000_000_000 });
    const print = (value: number): string => `${value < 0 ? '-' : ''}${(Math.abs(value) / 10_000).toFixed(4)}`;
    fc.assert(
      fc.property(decimals, decimals, (one, other) => {
        const texts = [print(one), print(other), print(one + other)].map((text) => `dec("${text}")`);
        expect(holds(`${texts[0]!} + ${texts[1]!} == ${texts[2]!}`)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  test('knows that the customer or the product may be missing', () => {
    expect(holds('customer.id == "" && !has(customer.creditLimit)', {}, makeFacts({ customer: null }))).toBe(true);
    expect(holds('order.lines.all(l, l.product.sku == "")', {}, makeFacts({ products: {} }))).toBe(true);
    const active = makeFacts({ products: { 'SKU-1': makeProduct({ packSize: '5' }) }, customer: makeCustomer() });
    expect(holds('order.lines.all(l, l.product.active && l.product.packSize == 5)', {}, active)).toBe(true);
  });

  test('is judged anew for each order, moment and answer of the back office', () => {
    const facts = makeFacts();
    const { check: run } = RULE_KINDS.expression;
    const results = [makeOrder(), makeOrder({ total: '1.00' })].map((order) =>
      run(order, facts, parametersOf('order.total > 100'), NOW),
    );
    expect(results.map(([statement]) => typeof statement)).toEqual(['string', 'object']);
    const tomorrow = run(makeOrder(), facts, parametersOf('today == "2026-11-24"'), new Date('2026-11-24T18:00:00Z'));
    expect(tomorrow).toEqual(['today == "2026-11-24" is true.']);
  });
});

describe('an expression is refused with its place', () => {
  test.each([
    ['order.total > 1.5', 'a number with a point is not exact: write dec("1.50") (at character 15)'],
    ['double("1.5") == double("1.5")', 'there is no function double (at character 1)'],
    ['order.total', 'must be true or false, not of type Decimal'],
    ['order.nothing == "x"', 'No such key: nothing (at character 7)'],
    ['nothing == 1', 'Unknown variable: nothing (at character 1)'],
    ['order.total == "202.41"', 'no such overload: Decimal == string (at character 1)'],
    ['((', 'Unexpected token: EOF (at character 3)'],
    ['cel.bind(a, "x", a + a == "xx")', 'there is no function bind (at character 1)'],
    ['dyn(1) == 1', 'there is no function dyn (at character 1)'],
    ['"a".linearMatches("b")', 'there is no function linearMatches (at character 1)'],
    ['order.poNumber.matches("(")', 'not a regular expression in the syntax of RE2 (at character 24)'],
    ['[1] + [2] == [3]', '+ is not there for list<int> here (at character 1)'],
    ['order.lines.map(l, l.sku + l.sku).size() > 1', '+ is not there for string here (at character 20)'],
  ])('%s', (expression, why) => {
    const { success, error } = RULE_KINDS.expression.parameters.safeParse(parametersOf(expression));
    expect(success).toBe(false);
    expect(error?.issues).toMatchObject([{ path: ['expression'], message: why }]);
  });

  test('or where it is too large', () => {
    expect(() => getExpression(Array.from({ length: 300 }, () => 'true').join(' && '))).toThrow(/exceed|max/i);
    expect(() => getExpression(`${'('.repeat(60)}true${')'.repeat(60)}`)).toThrow(/depth/i);
  });
});

describe('an expression that breaks holds the order and names the rule', () => {
  const thousands = Array.from({ length: 2000 }, (_, index) => makeLine({ line: String(index) }));

  test.each([
    ['divides by zero', 'order.total / order.tax > 1', {}, 'division by zero'],
    ['divides whole numbers by zero', '1 / size(order.notes) > 1', {}, 'division by zero'],
    ['reads beyond the end of a list', 'order.lines[7].sku == "x"', {}, 'index out of bounds'],
    ['takes a text for a date', 'daysBetween(order.poNumber, today) > 1', {}, 'not a date'],
    ['takes a text for a number', 'dec(order.poNumber) > 1', {}, 'not a decimal'],
    ['asks for a pattern that is none', 'order.poNumber.matches(order.currency + "(")', {}, 'missing'],
    [
      'would run for hours',
      'order.lines.all(a, order.lines.all(b, order.lines.all(c, a.sku == b.sku && b.sku == c.sku)))',
      { lines: thousands },
      'steps, at most 1000000 are allowed',
    ],
  ])('because it %s', (_, expression, order, why) => {
    const start = performance.now();
    const { findings, explanations } = judge(expression, order);
    expect(findings).toMatchObject([
      { code: 'RULE.FAILED.OWN.RULE', category: 'processing', disposition: 'hold', ruleVersion: 1 },
    ]);
    expect(findings[0]?.message).toContain('Rule OWN.RULE version 1 broke');
    expect(findings[0]?.evidence).toContain(why);
    expect(explanations[0]).toMatchObject({ result: 'failed', because: expect.stringContaining(why) });
    expect(performance.now() - start).toBeLessThan(60_000);
  });

  test('and one with a pattern that would never end in JavaScript is done at once', () => {
    const start = performance.now();
    expect(holds('order.poNumber.matches("^(a+)+$")', { poNumber: `${'a'.repeat(70)}b` })).toBe(false);
    expect(performance.now() - start).toBeLessThan(60_000);
  });
});

describe('what an expression reads', () => {
  test.each([
    ['order.lines.all(l, l.quantity > 1)', ['/order/lines/*/quantity']],
    ['order.lines[0].product.active', ['/facts/products/*/active']],
    ['order.lines.map(l, l.deliverTo).all(a, a.city != "")', ['/order/lines/*/deliverTo']],
    ['customer.creditLimit > 1 && today != ""', ['/facts/customer/creditLimit', '/now']],
    ['order.lines[size(order.notes)].sku == "x"', ['/order/lines', '/order/notes']],
  ])('of %s is told', (expression, reads) => {
    expect(getExpression(expression).reads).toEqual(reads);
  });
});
