import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { DEFAULT_RULES } from '../orders/rules/default-rules.ts';
import { RULE_KINDS } from '../orders/rules/registry.ts';
import type { RuleKind } from '../orders/rules/rule.ts';
import { RULE_EXAMPLES, type RuleExample } from './rule-examples.ts';

/** Where the page of rule kinds is kept. */
export const RULES_FILE = fileURLToPath(new URL('rules.md', import.meta.url));

const INTRODUCTION = `# Rules

<!-- Written by \`npm run docs:rules\`; a test compares, and runs each example. -->

A rule is a *kind* with parameters, under a code that is also the code of its findings. Of each code one version counts:
the one that is in force and speaks for fewest (everyone, a source, a group of customers, one customer). What it finds is
\`reject\`ed, \`hold\`s the order until somebody with the rule's role lets it pass, or is only told (\`warn\`).

\`GET /v1/orders/{id}/verdict\` shows for each rule that ran on an order its version, which versions it overrode, what it
read, the calculation in words and the result: \`passed\`, \`breached\`, \`skipped\` (there was nothing that it could judge, and
why) or \`failed\`. It is kept with the order, and comes again from the order, the rules and the sealed facts.

A rule that breaks, because it divides by zero or its parameters do not fit, never lets the order pass: the order is held
with \`RULE.FAILED.<code of the rule>\`, category \`processing\`, and whoever may release the rule may release it.

Two orders with one PO number are compared field by field. The same order once more goes back as \`PO.SAME_ORDER\` with the
id of the first; another content is held as \`PO.DUPLICATE\`, and the evidence says in what the two differ.

## Expressions

Kind \`expression\` takes [CEL](https://cel.dev) and must be true of a good order. Variables are \`order\` (as in the API, each
line with its \`product\`), \`customer\` (what the back office says) and \`today\` (UTC). A text that is missing is empty; of a
number that may be missing, \`has(customer.minimumOrder)\` tells.

Amounts and quantities are exact decimals. Numbers with a point are refused, because CEL would take them for floats: write
\`dec("1.50")\`; whole numbers are exact as they are. Beside \`+ - * /\` and comparisons there are \`sum\`, \`abs\`,
\`round(number, digits)\` and \`daysBetween(from, to)\`, and of CEL \`has size contains startsWith endsWith lowerAscii
upperAscii trim matches all exists exists_one map filter\`. \`matches\` takes RE2, which is never slow.

An expression is refused with its place when it is written, if it has an unknown name, the wrong type, or could grow
without bound. When it would take more than a million steps on an order, it is a rule that breaks.

## Kinds

The examples change one thing about an order of ten SKU-1 at 19.99, which is otherwise good
([rule-examples.ts](rule-examples.ts)).
`;

/** The page of rule kinds, as Markdown. */
export function describeRules(): string {
  return [INTRODUCTION, ...(Object.keys(RULE_KINDS) as RuleKind[]).map(describeKind)].join('\n');
}

function describeKind(kind: RuleKind): string {
  const { what, category, parameters } = RULE_KINDS[kind];
  const codes = DEFAULT_RULES.filter((rule) => rule.kind === kind).map(({ code }) => `\`${code}\``);
  const used = codes.length > 0 ? `At first: ${codes.join(', ')}.` : 'Used by no rule at first.';
  const examples = RULE_EXAMPLES.filter((example) => example.kind === kind).map(describeExample);
  return [
    `### ${kind}\n`,
    `${what}. Category \`${category}\`. ${used}\n`,
    describeParameters(parameters),
    ...examples,
  ].join('\n');
}

interface Described {
  readonly properties?: Readonly<Record<string, { readonly default?: unknown }>>;
  readonly required?: readonly string[];
  readonly anyOf?: readonly Described[];
}

function describeParameters(schema: z.ZodType): string {
  const described = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Described;
  const forms = (described.anyOf ?? [described]).map(describeForm);
  return forms.every((form) => form === '') ? 'No parameters.\n' : `Parameters: ${forms.join('; or ')}.\n`;
}

function describeForm({ properties = {}, required = [] }: Described): string {
  return Object.entries(properties)
    .map(([name, { default: otherwise }]) => {
      if (required.includes(name)) return `\`${name}\``;
      return `\`${name}\` (${otherwise === undefined ? 'optional' : `else \`${JSON.stringify(otherwise)}\``})`;
    })
    .join(', ');
}

function describeExample({ kind: _kind, parameters, says, ...changes }: RuleExample): string {
  const given = { ...(Object.keys(parameters).length > 0 && { parameters }), ...changes };
  const shown = Object.keys(given).length > 0 ? `\`\`\`json\n${JSON.stringify(given)}\n\`\`\`\n\n` : '';
  return `${shown}> ${says}\n`;
}

if (import.meta.main) writeFileSync(RULES_FILE, describeRules());
