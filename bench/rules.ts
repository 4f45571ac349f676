import { cpus } from 'node:os';
import { EXAMPLE_MOMENT, makeExample, RULE_EXAMPLES } from '../docs/rule-examples.ts';
import type { Facts } from '../orders/facts.ts';
import type { Order } from '../orders/order.ts';
import { DEFAULT_RULES } from '../orders/rules/default-rules.ts';
import { evaluateRules } from '../orders/rules/evaluate.ts';
import type { RuleVersion } from '../orders/rules/rule.ts';

const RULES = 60;
const LINES = 20;
const WARM_UP = 500;
const ROUNDS = 2_000;

/**
 * What judging one order costs: 20 lines against 60 rules, those of a new installation and such as the rules page shows,
 * expressions among them. Facts and order are new each time, as they are in production.
 */
export function rules(): Promise<void> {
  const chosen = chooseRules();
  const run = (count: number): number => {
    const orders = Array.from({ length: count }, makeOrder);
    const start = process.cpuUsage();
    let findings = 0;
    for (const { order, facts } of orders)
      findings += evaluateRules(chosen, order, facts, EXAMPLE_MOMENT).findings.length;
    const { user, system } = process.cpuUsage(start);
    if (findings === 0) throw new Error('nothing was found: the rules did not run');
    return (user + system) / 1000 / count;
  };
  const cold = run(1);
  run(WARM_UP);
  const warm = run(ROUNDS);
  const kinds = new Set(chosen.map(({ kind }) => kind)).size;
  console.log(
    `validation: one order of ${LINES} lines against ${chosen.length} rules of ${kinds} kinds takes ${warm.toFixed(2)} ms of ` +
      `CPU, its explanation included; ${cold.toFixed(1)} ms the very first time; ${cpus().length} cores`,
  );
  return Promise.resolve();
}

function chooseRules(): readonly RuleVersion[] {
  const [template] = DEFAULT_RULES;
  if (!template) throw new Error('there are no default rules');
  const examples = [...RULE_EXAMPLES.filter(({ kind }) => kind === 'expression'), ...RULE_EXAMPLES];
  const added = Array.from({ length: RULES - DEFAULT_RULES.length }, (_, index): RuleVersion => {
    const { kind, parameters } = examples[index % examples.length] ?? template;
    return { ...template, code: `BENCH.${String(index)}`, kind, parameters, disposition: 'warn' };
  });
  return [...DEFAULT_RULES, ...added];
}

function makeOrder(): { readonly order: Order; readonly facts: Facts } {
  const { order, facts } = makeExample();
  const history = Array.from({ length: 20 }, (_, index) => ({ quantity: String(8 + (index % 5)), unitPrice: '19.99' }));
  const products = Object.fromEntries(
    Array.from({ length: LINES }, (_, index) => [`SKU-${index}`, { ...product(facts), sku: `SKU-${index}`, history }]),
  );
  const lines = order.lines.flatMap((line) =>
    Array.from({ length: LINES }, (_, index) => ({ ...line, line: String(index + 1), sku: `SKU-${index}` })),
  );
  return { order: { ...order, lines, total: '3810.70' }, facts: { ...facts, products } };
}

function product({ products }: Facts): Facts['products'][string] {
  const [first] = Object.values(products);
  if (!first) throw new Error('the example has no product');
  return first;
}
