import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { describeCodes } from '../../../docs/finding-codes.ts';
import { decimal } from '../../../orders/money.ts';
import { compareRules, contentOf } from '../../../orders/rules/compare.ts';
import { DEFAULT_RULES } from '../../../orders/rules/default-rules.ts';
import { completeRule, findRuleFaults, pointerTo, ruleDraftSchema } from '../../../orders/rules/draft.ts';
import { guardsMoney } from '../../../orders/rules/four-eyes.ts';
import { RULE_KINDS } from '../../../orders/rules/registry.ts';
import type { RuleKind } from '../../../orders/rules/rule.ts';
import { addTrial, addUntried, NO_TALLY, setUpExperiment, tryOrder } from '../../../orders/rules/simulation.ts';
import { makeCustomer, makeFacts, makeOrder, NOW } from './factories.ts';

const KINDS = Object.keys(RULE_KINDS) as RuleKind[];
const written = (changes: object) =>
  ruleDraftSchema.parse({ code: 'MY.RULE', kind: 'line_ids', disposition: 'hold', reason: 'r', ...changes });

describe('a rule as people write it', () => {
  test('is what every default rule may be written as', () => {
    for (const { version: _version, author: _author, ...rule } of DEFAULT_RULES)
      expect(findRuleFaults(ruleDraftSchema.parse(rule), [])).toEqual([]);
  });

  test('has a code that no parser or step uses', () => {
    const ours = new Set(DEFAULT_RULES.map(({ code }) => code));
    const documented = [...describeCodes().matchAll(/^\| `([A-Z0-9_.]+)` \|/gm)].map(([, code]) => String(code));
    const others = documented.filter((code) => !ours.has(code));
    expect(others.length).toBeGreaterThan(100);
    expect(others.filter((code) => findRuleFaults(written({ code }), []).length === 0)).toEqual([]);
  });

  test('counts from now on for ever where nothing else is said, in UTC, and its reason holds no card number', () => {
    const rule = completeRule(written({ reason: 'paid with 4111 1111 1111 1111' }), NOW);
    expect(rule).toMatchObject({ effectiveFrom: NOW.toISOString(), effectiveTo: null, scope: { kind: 'all' } });
    expect(rule.reason).not.toContain('4111 1111');
    const times = { effectiveFrom: '2026-01-01T01:00:00+01:00', effectiveTo: '2026-12-01T00:00:00Z' };
    expect(completeRule(written(times), NOW)).toMatchObject({
      effectiveFrom: '2026-01-01T00:00:00.000Z',
      effectiveTo: '2026-12-01T00:00:00.000Z',
    });
  });

  test('points at what is wrong in the way of RFC 6901', () => {
    expect(pointerTo(['a/b', 'c~d', 0])).toBe('/a~1b/c~0d/0');
  });
});

describe('four eyes', () => {
  test('are needed for credit, prices, totals, stock, payment, products, customers and expressions', () => {
    const kinds = KINDS.filter((kind) => /credit|price|total|amount|discount|inventory|payment|product|customer|quantity|expression|m[ai][nx]imum/.test(kind)); // prettier-ignore
    expect(kinds.length).toBeGreaterThan(15);
    expect(kinds.filter((kind) => !guardsMoney(kind))).toEqual([]);
  });

  test('are not needed for what is about the form of orders alone', () => {
    expect(KINDS.filter((kind) => !guardsMoney(kind)).sort()).toEqual([
      'delivery_day', 'delivery_lead_time', 'delivery_past', 'field_format', 'field_length', 'field_type', 'line_count', 'line_ids',
      'required_fields', 'ship_to_country', 'ship_to_postal_code', 'ship_to_present',
    ]); // prettier-ignore
  });
});

describe('two versions', () => {
  const [rule] = DEFAULT_RULES;
  const base = { ...rule!, parameters: { a: 1, b: { c: [1, 2] } } };

  test('are compared member by member, down into their parameters', () => {
    const other = {
      ...base,
      severity: 'low',
      parameters: { b: { c: [1] }, d: true },
      reason: 'another',
      version: 7,
    } as const;
    expect(compareRules(base, other)).toEqual([
      { pointer: '/parameters/a', before: 1, after: undefined },
      { pointer: '/parameters/b/c', before: [1, 2], after: [1] },
      { pointer: '/parameters/d', before: undefined, after: true },
      { pointer: '/severity', before: base.severity, after: 'low' },
    ]);
  });

  test('that do the same are written as the same text, in whatever order their members came', () => {
    const turned = { ...base, parameters: { b: { c: [1, 2] }, a: 1 } };
    expect(JSON.stringify(contentOf(turned))).toBe(JSON.stringify(contentOf(base)));
    expect(compareRules(base, turned)).toEqual([]);
  });
});

describe('a draft that is tried', () => {
  const order = makeOrder();
  const facts = makeFacts({ customer: makeCustomer({ maximumOrder: null }) });
  const draft = { ...DEFAULT_RULES[0]!, ...written({ code: 'ORDER.ABOVE_MAXIMUM', kind: 'order_maximum', parameters: { otherwise: '1.00' } }), version: 2, effectiveFrom: '2099-01-01T00:00:00.000Z', effectiveTo: null }; // prettier-ignore
  const replaced = DEFAULT_RULES.find(({ code }) => code === draft.code);

  test('counts whatever its time says, in place of the version that it would replace', () => {
    const experiment = setUpExperiment(DEFAULT_RULES, draft, replaced, false);
    expect(tryOrder(experiment, order, facts, [])).toEqual({
      before: 'pass',
      after: 'hold',
      findings: 1,
      isOther: true,
    });
    const same = setUpExperiment([...DEFAULT_RULES, draft], draft, draft, false);
    expect(tryOrder(same, order, facts, [])).toMatchObject({ before: 'hold', after: 'hold', isOther: false });
  });

  test('that ends a rule leaves nothing in its place', () => {
    const experiment = setUpExperiment([draft], draft, draft, true);
    expect(tryOrder(experiment, order, facts, [])).toEqual({
      before: 'hold',
      after: 'pass',
      findings: 0,
      isOther: true,
    });
  });

  test('flips nothing where another step has had the same said', () => {
    const experiment = setUpExperiment(DEFAULT_RULES, draft, replaced, false);
    expect(tryOrder(experiment, order, facts, ['hold', 'warn'])).toMatchObject({ before: 'hold', after: 'hold' });
    expect(tryOrder(experiment, order, facts, ['reject'])).toMatchObject({ before: 'reject', after: 'reject' });
  });
});

describe('the sum of a simulation', () => {
  const flip = { before: 'pass', after: 'hold', findings: 1, isOther: true } as const;

  test('is exact in every currency, however many orders there are', () => {
    const cents = fc.integer({ min: 0, max: 10 ** 15 });
    fc.assert(
      fc.property(fc.array(fc.record({ currency: fc.constantFrom('USD', 'JPY', 'KWD'), cents })), (orders) => {
        const tally = orders.reduce(
          (sum, order) => addTrial(sum, flip, { currency: order.currency, total: decimal(String(order.cents)).div(100).toFixed(2) }),
          NO_TALLY,
        ); // prettier-ignore
        const [flips] = tally.flips;
        expect(flips?.orders ?? 0).toBe(orders.length);
        for (const [currency, amount] of Object.entries(flips?.worth ?? {})) {
          const expected = orders.reduce(
            (sum, order) => sum + (order.currency === currency ? BigInt(order.cents) : 0n),
            0n,
          );
          expect(BigInt(decimal(amount).times(100).toFixed())).toBe(expected);
        }
      }),
    );
  });

  test('grows beyond what an amount of one order may be', () => {
    const large = { currency: 'USD', total: '999999999999999999.99' };
    const [flips] = addTrial(addTrial(NO_TALLY, flip, large), flip, large).flips;
    expect(flips?.worth).toEqual({ USD: '1999999999999999999.98' });
  });

  test('keeps directions apart, and counts what did not flip and what was not judged', () => {
    const one = { currency: 'USD', total: '1.00' };
    const back = { ...flip, before: 'hold', after: 'pass' } as const;
    const still = { ...flip, after: 'pass' } as const;
    const tally = [flip, back, flip, still, { ...still, isOther: false }].reduce((sum, trial) => addTrial(sum, trial, one), NO_TALLY);
    expect(addUntried(addUntried(tally, 'gone'), 'gone')).toEqual({
      judged: 5,
      otherFindings: 1,
      notJudged: { gone: 2, neverJudged: 0, damaged: 0 },
      flips: [
        { before: 'hold', after: 'pass', orders: 1, worth: { USD: '1.00' } },
        { before: 'pass', after: 'hold', orders: 2, worth: { USD: '2.00' } },
      ],
    });
  }); // prettier-ignore
});
