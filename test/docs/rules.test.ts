import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { EXAMPLE_MOMENT, makeExample, RULE_EXAMPLES } from '../../docs/rule-examples.ts';
import { describeRules, RULES_FILE } from '../../docs/rules.ts';
import { RULE_KINDS } from '../../orders/rules/registry.ts';
import { isBreach, type RuleKind } from '../../orders/rules/rule.ts';

function judge(kind: RuleKind, parameters: object, { order, facts } = makeExample()): readonly string[] {
  const statements = RULE_KINDS[kind].check(order, facts, parameters, EXAMPLE_MOMENT);
  return statements.filter(isBreach).map(({ path, message }) => `${path}: ${message}`);
}

describe('the page of rules', () => {
  test('is what the code says', () => {
    expect(readFileSync(RULES_FILE, 'utf8')).toBe(describeRules());
  });

  test('has an example of each kind', () => {
    expect(new Set(RULE_EXAMPLES.map(({ kind }) => kind))).toEqual(new Set(Object.keys(RULE_KINDS)));
  });

  test.each(RULE_EXAMPLES)('says of $kind what the rule says', ({ kind, parameters, says, ...changes }) => {
    expect(judge(kind, parameters, makeExample(changes))).toEqual([says]);
  });
});
