import { describe, expect, test } from '@jest/globals';
import { EXAMPLE_MOMENT, makeExample, RULE_EXAMPLES } from '../../../docs/rule-examples.ts';
import { DEFAULT_RULES } from '../../../orders/rules/default-rules.ts';
import { evaluateRules } from '../../../orders/rules/evaluate.ts';
import { RULE_KINDS } from '../../../orders/rules/registry.ts';
import type { RuleKind, RuleVersion } from '../../../orders/rules/rule.ts';
import { makeRule } from './factories.ts';

/*
 * Whoever adds a kind of rule, or a rule to a new installation, adds an order that breaches it (docs/rule-examples.ts);
 * the good order that every example starts from passes it.
 */

type Change = Parameters<typeof makeExample>[0];

const findingsOf = (rule: RuleVersion, change: Change = {}) => {
  const { order, facts } = makeExample(change);
  return evaluateRules([rule], order, facts, EXAMPLE_MOMENT).findings;
};

/** Parameters with which the good order passes, of kinds whose example makes it fail by its parameters alone. */
const PASSING: Partial<Record<RuleKind, object>> = {
  required_fields: { fields: ['/poNumber', '/lines/*/sku'] },
  field_length: { field: '/poNumber', minimum: 7, maximum: 7 },
  field_format: { field: '/poNumber', pattern: 'PO-\\d{4}', words: 'PO- and four digits' },
  quantity_range: { minimum: '10', maximum: '10', skus: ['SKU-1'] },
  line_amount_range: { currency: 'USD', minimum: '189.91', maximum: '189.91' },
  ship_to_country: { countries: ['US'] },
  discount: { maximumPercent: '5' },
  order_minimum: { otherwise: '202.41' },
  expression: { expression: 'order.total == dec("202.41")', message: 'Not so.', path: '/total' },
};

const kinds = Object.keys(RULE_KINDS) as RuleKind[];

describe('each kind of rule', () => {
  test.each(kinds)('%s has an order that breaches it and one that passes', (kind) => {
    const examples = RULE_EXAMPLES.filter((example) => example.kind === kind);
    expect(examples).not.toEqual([]);
    for (const { parameters, kind: _, says, ...change } of examples) {
      const findings = findingsOf(makeRule({ code: 'OWN.RULE', kind, parameters }), change);
      expect(findings.map(({ path, message }) => `${path}: ${message}`)).toEqual([says]);
      expect(findings).toMatchObject([{ code: 'OWN.RULE', category: RULE_KINDS[kind].category }]);
    }
    const [{ parameters } = { parameters: {} }] = examples;
    const passing = makeRule({ code: 'OWN.RULE', kind, parameters: PASSING[kind] ?? parameters });
    expect(findingsOf(passing)).toEqual([]);
  });

  test.each(Object.keys(PASSING) as RuleKind[])(
    '%s is passed by other parameters because its own stop every order',
    (kind) => {
      const [{ parameters } = { parameters: {} }] = RULE_EXAMPLES.filter((example) => example.kind === kind);
      expect(findingsOf(makeRule({ code: 'OWN.RULE', kind, parameters }))).not.toEqual([]);
    },
  );
});

describe('each rule of a new installation', () => {
  /** What breaches a default rule where the example of its kind has parameters or an order of its own. */
  const BREACHING: Readonly<Record<string, Change>> = {
    'SHIPTO.COUNTRY': {
      order: { shipTo: { lines: ['1 Market Street'], name: 'Receiving', city: 'X', country: 'XX' } },
    },
    'LINES.TOO_MANY': { order: { lines: Array.from({ length: 5001 }, () => makeExample().order.lines[0]!) } },
    'QUANTITY.TOO_LARGE': { line: { quantity: '100000.001' } },
    'ORDER.BELOW_MINIMUM': { customer: { minimumOrder: '202.42' } },
    'DELIVERY.LEAD_TIME': { order: { requestedDeliveryDate: '2026-11-24' } },
    'DISCOUNT.LIMIT': { line: { discounts: [{ code: 'D', amount: '99.96' }] } },
    'ALLOWANCE.LIMIT': { order: { charges: [{ code: 'D', amount: '-47.48' }] } },
  };

  test.each(DEFAULT_RULES.map((rule) => [rule.code, rule] as const))(
    '%s is breached by one order and passed by another',
    (code, rule) => {
      const examples = RULE_EXAMPLES.filter(({ kind }) => kind === rule.kind);
      const changes = BREACHING[code]
        ? [BREACHING[code]]
        : examples.map(({ kind: _, parameters: __, says: ___, ...change }) => change);
      const found = changes.flatMap((change) => findingsOf(rule, change));
      const { category } = RULE_KINDS[rule.kind];
      expect(found).toContainEqual(
        expect.objectContaining({ code, category, disposition: rule.disposition, ruleVersion: 1 }),
      );
      expect(findingsOf(rule)).toEqual([]);
    },
  );
});
