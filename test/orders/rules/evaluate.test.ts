import { describe, expect, test } from '@jest/globals';
import type { Order } from '../../../orders/order.ts';
import { DEFAULT_RULES } from '../../../orders/rules/default-rules.ts';
import { chooseRules, evaluateRules } from '../../../orders/rules/evaluate.ts';
import { RULE_KINDS } from '../../../orders/rules/registry.ts';
import type { RuleScope, RuleVersion } from '../../../orders/rules/rule.ts';
import { makeCustomer, makeFacts, makeLine, makeOrder, makeProduct, makeRule, NOW } from './factories.ts';

const inactive = makeFacts({ customer: makeCustomer({ status: 'inactive' }) });
const chosenVersions = (rules: readonly RuleVersion[], now = NOW) =>
  chooseRules(rules, makeOrder(), now).map((rule) => rule.version);

describe('the version that counts', () => {
  const scopes: readonly RuleScope[] = [
    { kind: 'all' },
    { kind: 'source', source: 'web-shop' },
    { kind: 'customerGroup', group: 'wholesale', customers: ['C-7', 'C-1001'] },
    { kind: 'customer', customer: 'C-1001' },
  ];

  test('is the one of the narrowest scope, however old and wherever it stands', () => {
    const rules = scopes.map((scope, index) => makeRule({ scope, version: 10 - index }));
    for (let narrowest = scopes.length; narrowest > 0; narrowest--) {
      expect(chosenVersions(rules.slice(0, narrowest))).toEqual([11 - narrowest]);
      expect(chosenVersions(rules.slice(0, narrowest).reverse())).toEqual([11 - narrowest]);
    }
  });

  test('is not one of another source or customer', () => {
    const others: readonly RuleScope[] = [
      { kind: 'source', source: 'edi-northwind' },
      { kind: 'customerGroup', group: 'wholesale', customers: ['C-7'] },
      { kind: 'customer', customer: 'C-7' },
    ];
    expect(chosenVersions([makeRule(), ...others.map((scope) => makeRule({ scope, version: 2 }))])).toEqual([1]);
  });

  test('is the highest of those that hold, from its first moment to before its last', () => {
    const rules = [
      makeRule({ version: 1, effectiveTo: '2026-11-01T00:00:00Z' }),
      makeRule({ version: 2, effectiveFrom: '2026-10-01T00:00:00Z' }),
      makeRule({ version: 3, effectiveFrom: '2026-12-01T00:00:00Z' }),
    ];
    expect(chosenVersions(rules, new Date('2026-09-30T23:59:59Z'))).toEqual([1]);
    expect(chosenVersions(rules, new Date('2026-10-01T00:00:00Z'))).toEqual([2]);
    expect(chosenVersions(rules.slice(0, 1), new Date('2026-10-31T23:59:59Z'))).toEqual([1]);
    expect(chosenVersions(rules.slice(0, 1), new Date('2026-11-01T00:00:00Z'))).toEqual([]);
    expect(chosenVersions(rules, new Date('2026-12-01T00:00:00Z'))).toEqual([3]);
    expect(chosenVersions(rules, new Date('2025-12-31T23:59:59Z'))).toEqual([]);
  });

  test('stays in force when its times cannot be read', () => {
    expect(chosenVersions([makeRule({ effectiveFrom: 'soon', effectiveTo: 'later' })])).toEqual([1]);
  });
});

describe('a verdict', () => {
  test('dresses a breach in the rule that found it', () => {
    const rule = makeRule({ version: 4, disposition: 'warn' });
    expect(evaluateRules([rule], makeOrder(), inactive, NOW)).toMatchObject({
      findings: [
        {
          code: 'CUSTOMER.INACTIVE',
          ruleVersion: 4,
          category: 'business_rule',
          disposition: 'warn',
          path: '/customerId',
          message: 'The customer is inactive in the back office: reactivate the customer or reject the order.',
          evidence: 'C-1001',
          location: {},
        },
      ],
      explanations: [
        { code: 'CUSTOMER.INACTIVE', version: 4, kind: 'customer_active', result: 'breached', findings: 1 },
      ],
    });
  });

  test('says which rules passed', () => {
    const { findings, explanations } = evaluateRules([makeRule()], makeOrder(), makeFacts(), NOW);
    expect(findings).toEqual([]);
    expect(explanations).toMatchObject([
      { code: 'CUSTOMER.INACTIVE', version: 1, kind: 'customer_active', result: 'passed', findings: 0 },
    ]);
  });

  test('skips what needs a customer when there is none, and says that there is none', () => {
    const { findings, explanations } = evaluateRules(DEFAULT_RULES, makeOrder(), makeFacts({ customer: null }), NOW);
    expect(findings.map((finding) => finding.code)).toEqual(['CUSTOMER.UNKNOWN']);
    expect(explanations.find((outcome) => outcome.kind === 'credit')?.result).toBe('skipped');
  });

  test('can be limited to kinds, for the steps of the credit and the inventory check', () => {
    expect(
      evaluateRules(DEFAULT_RULES, makeOrder(), inactive, NOW, ['credit']).explanations.map(({ code }) => code),
    ).toEqual(['CREDIT.LIMIT']);
    expect(evaluateRules(DEFAULT_RULES, makeOrder(), inactive, NOW, []).explanations).toEqual([]);
  });

  test.each([
    ['its parameters do not fit', makeRule({ kind: 'line_count', parameters: { maximum: 'many' } }), makeFacts()],
    ['it has parameters that the kind does not know', makeRule({ parameters: { strict: true } }), makeFacts()],
    ['its kind does not exist', makeRule({ kind: 'gut_feeling' as 'credit' }), makeFacts()],
    [
      'the facts are broken',
      makeRule({ kind: 'credit' }),
      makeFacts({ customer: makeCustomer({ creditLimit: 'lots' }) }),
    ],
  ])('holds the order when a rule breaks because %s', (_, rule, facts) => {
    const { findings, explanations } = evaluateRules([{ ...rule, disposition: 'warn' }], makeOrder(), facts, NOW);
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({
      code: 'RULE.FAILED.CUSTOMER.INACTIVE',
      ruleVersion: 1,
      category: 'processing',
      disposition: 'hold',
      message:
        'Rule CUSTOMER.INACTIVE version 1 broke and could not judge the order: correct the rule or what it was given.',
    });
    expect(findings[0]?.evidence).toBeTruthy();
    expect(explanations[0]?.result).toBe('failed');
  });
});

describe('the default rules', () => {
  test('pass a good order', () => {
    const { findings, explanations } = evaluateRules(DEFAULT_RULES, makeOrder(), makeFacts(), NOW);
    expect(findings).toEqual([]);
    expect(explanations.map(({ result }) => result)).not.toContain('failed');
  });

  test('have one version of each code, and parameters that fit their kind', () => {
    expect(new Set(DEFAULT_RULES.map(({ code }) => code)).size).toBe(DEFAULT_RULES.length);
    for (const { kind, parameters } of DEFAULT_RULES) {
      expect(RULE_KINDS[kind].parameters.safeParse(parameters).success).toBe(true);
    }
  });

  const product = (changes: Parameters<typeof makeProduct>[0]) =>
    makeFacts({ products: { 'SKU-1': makeProduct(changes) } });
  const customer = (changes: Parameters<typeof makeCustomer>[0]) => makeFacts({ customer: makeCustomer(changes) });
  const line = (changes: Parameters<typeof makeLine>[0]): Partial<Order> => ({ lines: [makeLine(changes)] });

  const past = (what: { quantity?: string; unitPrice?: string }) =>
    product({ history: Array.from({ length: 8 }, () => ({ quantity: '10', unitPrice: '19.99', ...what })) });
  const cases = [
    ['SHIPTO.MISSING', 'reject', 'data_format', { shipTo: null }, makeFacts()],
    [
      'SHIPTO.POSTAL_CODE',
      'reject',
      'data_format',
      { shipTo: { ...makeOrder().shipTo!, postalCode: 'X' } },
      makeFacts(),
    ],
    ['SHIPTO.UNKNOWN', 'hold', 'system_integration', { shipTo: { id: 'DC-8', lines: [] } }, makeFacts()],
    ['QUANTITY.NOT_POSITIVE', 'reject', 'data_format', line({ quantity: '0' }), makeFacts()],
    ['QUANTITY.TOO_LARGE', 'hold', 'business_rule', line({ quantity: '100001' }), makeFacts()],
    ['PRICE.NEGATIVE', 'reject', 'data_format', line({ unitPrice: '-1' }), makeFacts()],
    ['LINE.DUPLICATE', 'reject', 'data_format', { lines: [makeLine(), makeLine()] }, makeFacts()],
    ['LINES.TOO_MANY', 'reject', 'data_format', { lines: Array.from({ length: 5001 }, () => makeLine()) }, makeFacts()],
    ['PAYMENT.TOKEN_MISSING', 'reject', 'data_format', { payment: { method: 'card_token' } }, makeFacts()],
    ['PAYMENT.NOT_ACCEPTED', 'hold', 'business_rule', { payment: { method: 'prepaid' } }, makeFacts()],
    ['CUSTOMER.UNKNOWN', 'hold', 'system_integration', {}, makeFacts({ customer: null })],
    ['CUSTOMER.INACTIVE', 'hold', 'business_rule', {}, inactive],
    ['CUSTOMER.CREDIT_STOP', 'hold', 'business_rule', {}, customer({ status: 'credit_stop' })],
    ['CURRENCY.MISMATCH', 'hold', 'business_rule', { currency: 'EUR' }, makeFacts()],
    ['PRODUCT.UNKNOWN', 'hold', 'system_integration', {}, makeFacts({ products: {} })],
    ['PRODUCT.INACTIVE', 'hold', 'system_integration', {}, product({ active: false })],
    ['UNIT.MISMATCH', 'hold', 'business_rule', {}, product({ unit: 'CA' })],
    ['ORDER.BELOW_MINIMUM', 'hold', 'business_rule', {}, customer({ minimumOrder: '500' })],
    ['ORDER.ABOVE_MAXIMUM', 'hold', 'business_rule', {}, customer({ maximumOrder: '100' })],
    ['LINE.AMOUNT.MISMATCH', 'hold', 'business_rule', line({ amount: '1.00' }), makeFacts()],
    ['TOTAL.MISMATCH', 'hold', 'business_rule', { total: '202.40' }, makeFacts()],
    ['PRICE.MISMATCH', 'hold', 'business_rule', line({ unitPrice: '1.00' }), makeFacts()],
    ['DISCOUNT.LIMIT', 'hold', 'business_rule', line({ discounts: [{ code: 'X', amount: '1000' }] }), makeFacts()],
    ['DELIVERY.PAST', 'hold', 'business_rule', { requestedDeliveryDate: '2026-11-20' }, makeFacts()],
    ['DELIVERY.DAY', 'hold', 'business_rule', { requestedDeliveryDate: '2026-11-28' }, makeFacts()],
    ['DELIVERY.LEAD_TIME', 'hold', 'business_rule', { requestedDeliveryDate: '2026-11-24' }, makeFacts()],
    ['CREDIT.LIMIT', 'hold', 'business_rule', {}, customer({ creditLimit: '500.00' })],
    ['STOCK.SHORT', 'hold', 'business_rule', {}, product({ available: '9' })],
    ['SHIPTO.COUNTRY', 'reject', 'data_format', { shipTo: { ...makeOrder().shipTo!, country: 'ZZ' } }, makeFacts()],
    ['CURRENCY.UNKNOWN', 'reject', 'data_format', { currency: 'ABC' }, makeFacts()],
    ['AMOUNT.DECIMALS', 'hold', 'business_rule', { tax: '0.001' }, makeFacts()],
    ['PRODUCT.NOT_ALLOWED', 'hold', 'business_rule', {}, product({ allowed: false })],
    ['PACK.SIZE', 'hold', 'business_rule', {}, product({ packSize: '6' })],
    ['DISCOUNT.NOT_AGREED', 'hold', 'business_rule', {}, customer({ discounts: [] })],
    ['ALLOWANCE.LIMIT', 'hold', 'business_rule', { charges: [{ code: 'X', amount: '-100.00' }] }, makeFacts()],
    ['TOTAL.NEGATIVE', 'hold', 'business_rule', { total: '-0.01' }, makeFacts()],
    ['UNUSUAL.QUANTITY', 'warn', 'business_rule', {}, past({ quantity: '1' })],
    ['UNUSUAL.PRICE', 'warn', 'business_rule', {}, past({ unitPrice: '2.00' })],
  ] as const;

  test.each(cases)('%s: %s', (code, disposition, category, changes, facts) => {
    const { findings } = evaluateRules(DEFAULT_RULES, makeOrder(changes as Partial<Order>), facts, NOW);
    const finding = findings.find((candidate) => candidate.code === code);
    expect(finding).toMatchObject({ ruleVersion: 1, disposition, category });
    // Amounts and SKUs may be told, people and addresses may not.
    expect(findings.map(({ message }) => message).join(' ')).not.toMatch(/Northwind|Market|Francisco|94105|C-1001/);
  });

  test('are all tried above', () => {
    expect(cases.map(([code]) => code).toSorted()).toEqual(DEFAULT_RULES.map(({ code }) => code).toSorted());
  });
});
