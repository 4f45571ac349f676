import { describe, expect, test } from '@jest/globals';
import { EXAMPLE_MOMENT, makeExample, RULE_EXAMPLES } from '../../../docs/rule-examples.ts';
import { DEFAULT_RULES } from '../../../orders/rules/default-rules.ts';
import { evaluateRules, findRuleOf } from '../../../orders/rules/evaluate.ts';
import { findInputs, readInputs } from '../../../orders/rules/inputs.ts';
import { RULE_KINDS } from '../../../orders/rules/registry.ts';
import { type RuleVersion, WORKING_KEPT } from '../../../orders/rules/rule.ts';
import { makeFacts, makeLine, makeOrder, makeRule, NOW } from './factories.ts';

const explain = (rules: readonly RuleVersion[], order = makeOrder(), facts = makeFacts()) =>
  evaluateRules(rules, order, facts, NOW).explanations;

describe('an explanation', () => {
  test('names the version, its author and reason, and the versions that it overrode and why', () => {
    const everyone = makeRule({ version: 1 });
    const source = makeRule({ version: 2, scope: { kind: 'source', source: 'web-shop' } });
    const older = makeRule({ version: 3, scope: { kind: 'customer', customer: 'C-1001' } });
    const customer = makeRule({ ...older, version: 4, author: 'grace', reason: 'agreed in May' });
    expect(explain([everyone, customer, source, older])).toMatchObject([
      {
        version: 4,
        scope: { kind: 'customer', customer: 'C-1001' },
        author: 'grace',
        reason: 'agreed in May',
        overrode: [
          { version: 3, because: 'newer' },
          { version: 2, because: 'narrower', scope: { kind: 'source' } },
          { version: 1, because: 'narrower' },
        ],
      },
    ]);
  });

  test('has the calculation in words also where nothing is wrong', () => {
    const credit = makeRule({ code: 'CREDIT.LIMIT', kind: 'credit' });
    expect(explain([credit])[0]).toMatchObject({
      result: 'passed',
      because: null,
      working: ['credit used 480.00 + this order 202.41 = 682.41, within the limit 10000.00.'],
    });
  });

  test('says why there was nothing to judge', () => {
    const price = makeRule({ code: 'PRICE.MISMATCH', kind: 'price' });
    expect(explain([price], makeOrder(), makeFacts({ products: {} }))[0]).toMatchObject({
      result: 'skipped',
      because: 'the product of line 1 (SKU-1) is not known.',
      working: ['Not judged: the product of line 1 (SKU-1) is not known.'],
    });
    expect(explain([price], makeOrder(), makeFacts({ customer: null }))[0]).toMatchObject({
      result: 'skipped',
      because: 'The back office does not know the customer.',
    });
  });

  test('of many lines is cut short, and what is wrong stands first', () => {
    const lines = Array.from({ length: 100 }, (_, index) =>
      makeLine({ line: String(index), quantity: index === 99 ? '0' : '1' }),
    );
    const [told] = explain([makeRule({ kind: 'quantity_positive' })], makeOrder({ lines }));
    expect(told?.working).toHaveLength(WORKING_KEPT + 1);
    expect(told?.working[0]).toContain('line 99 (SKU-1) is 0: it must be more than zero');
    expect(told?.working.at(-1)).toBe('… and 75 more, worked out in the same way.');
  });

  test('survives being kept as JSON', () => {
    const explanations = explain(DEFAULT_RULES);
    expect(JSON.parse(JSON.stringify(explanations))).toEqual(explanations);
    expect(explanations).toHaveLength(DEFAULT_RULES.length);
  });
});

describe('what a rule says that it read', () => {
  // An expression is given the whole order; what it reads of it is told apart, in expression.test.ts.
  test.each(RULE_EXAMPLES.filter(({ kind }) => kind !== 'expression'))(
    'is all that $kind reads',
    ({ kind, parameters, says: _, ...changes }) => {
      const seen = new Set<string>();
      const { order, facts } = makeExample(changes);
      RULE_KINDS[kind].check(watch(order, '/order', seen), watch(facts, '/facts', seen), parameters, EXAMPLE_MOMENT);
      const declared = RULE_KINDS[kind].reads(parameters);
      expect([...seen].filter((path) => !declared.some((pattern) => covers(pattern, path)))).toEqual([]);
    },
  );

  test('comes with its values', () => {
    const order = { 'a/b': { '~': '1' }, list: ['x', 'y'], none: null };
    expect(
      readInputs(['/order/*', '/order/list/*', '/order/missing', '/now'], { order, facts: null, now: 'noon' }),
    ).toEqual({
      '/order/a~1b': { '~': '1' },
      '/order/list': ['x', 'y'],
      '/order/none': null,
      '/order/list/0': 'x',
      '/order/list/1': 'y',
      '/now': 'noon',
    });
    expect(findInputs('text', '/*')).toEqual([]);
  });
});

/** Notes every value that is read, by its pointer; lists and objects on the way to one are not noted. */
function watch<Watched extends object>(target: Watched, path: string, seen: Set<string>): Watched {
  return new Proxy(target, {
    get: (object, name, receiver) => {
      const value: unknown = Reflect.get(object, name, receiver);
      if (typeof name === 'symbol' || !Object.hasOwn(object, name) || name === 'length') return value;
      const at = `${path}/${name}`;
      if (typeof value === 'object' && value !== null) return watch(value, at, seen);
      seen.add(at);
      return value;
    },
  });
}

function covers(pattern: string, path: string): boolean {
  const steps = path.split('/');
  return pattern.split('/').every((step, index) => step === '*' || step === steps[index]);
}

describe('the finding that a rule broke', () => {
  const rules = [makeRule({ code: 'CREDIT.LIMIT', version: 7, releaseRole: 'supervisor' }), makeRule()];

  test('leads to the rule, and so to who may release it', () => {
    expect(findRuleOf({ code: 'RULE.FAILED.CREDIT.LIMIT', ruleVersion: 7 }, rules)?.releaseRole).toBe('supervisor');
    expect(findRuleOf({ code: 'CREDIT.LIMIT', ruleVersion: 7 }, rules)?.version).toBe(7);
    expect(findRuleOf({ code: 'CREDIT.LIMIT', ruleVersion: 6 }, rules)).toBeUndefined();
    expect(findRuleOf({ code: 'PO.DUPLICATE' }, rules)).toBeUndefined();
  });
});
