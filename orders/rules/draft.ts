import { z } from 'zod';
import { maskCardNumbers } from '../cards.ts';
import { pointerToken } from '../formats/json-reader.ts';
import { customerNumber } from '../order.ts';
import { DEFAULT_RULES } from './default-rules.ts';
import { RULE_KINDS } from './registry.ts';
import type { RuleKind, RuleVersion } from './rule.ts';

const KINDS = Object.keys(RULE_KINDS) as [RuleKind, ...RuleKind[]];

const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$/, 'must be a name such as "web-shop"');

/** For whom a rule speaks. */
export const ruleScopeSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('all') }),
  z.strictObject({ kind: z.literal('source'), source: name }),
  z.strictObject({
    kind: z.literal('customerGroup'),
    group: name,
    customers: z.array(customerNumber).min(1).max(1000),
  }),
  z.strictObject({ kind: z.literal('customer'), customer: customerNumber }),
]);

const instant = z.iso.datetime({ offset: true });

/** A rule as people write it; its version and author come from us. */
export const ruleDraftSchema = z.strictObject({
  code: z
    .string()
    .max(60)
    .regex(/^[A-Z][A-Z0-9_]*(?:\.[A-Z0-9_]+)+$/, 'must be a code such as "CREDIT.LIMIT"')
    .describe('Stable; the code of the findings'),
  kind: z.enum(KINDS).describe('What the rule looks at. All versions of a code are of one kind'),
  scope: ruleScopeSchema.default({ kind: 'all' }).describe('The narrower wins'),
  parameters: z.record(z.string(), z.unknown()).default({}).describe('Those of the kind'),
  disposition: z.enum(['reject', 'hold', 'warn']),
  releaseRole: z.enum(['reviewer', 'supervisor']).default('reviewer').describe('Who may release the hold'),
  severity: z.enum(['low', 'medium', 'high']).default('medium').describe('Stands with the findings; decides nothing'),
  effectiveFrom: instant.optional().describe('From when on it counts, once it is approved; left out: at once'),
  effectiveTo: instant
    .nullable()
    .default(null)
    .describe('From when on it counts no more, and nothing in its place: the earlier versions do not come back'),
  reason: z.string().trim().min(1).max(2000).describe('Why; kept with the version'),
});

/** A rule as people write it. */
export type WrittenRule = z.output<typeof ruleDraftSchema>;

/** What is wrong with a rule, and where in it. */
export interface RuleFault {
  /** JSON pointer (RFC 6901). */
  readonly pointer: string;
  readonly detail: string;
}

/** First words of codes that parsers and steps use: a rule of such a code could not be told from them. */
const RESERVED: ReadonlySet<string> = new Set([
  ...['JSON', 'XML', 'CSV', 'X12', 'CARD', 'DOCUMENT', 'SOURCE', 'CORRECTION', 'CHANGE', 'GATE', 'BACKOFFICE'],
  ...['CONTENT', 'PROCESSING', 'HANDOFF', 'RESERVATION', 'RULE', 'PO'],
]);

/**
 * What is wrong with a rule beyond its form: parameters that its kind does not take, a code that means something else, a
 * time that ends before it begins.
 * @param earlier the versions of the same code
 */
export function findRuleFaults(rule: WrittenRule, earlier: readonly RuleVersion[]): readonly RuleFault[] {
  return [...codeFaults(rule, earlier), ...parameterFaults(rule), ...timeFaults(rule)];
}

function codeFaults({ code, kind }: WrittenRule, earlier: readonly RuleVersion[]): RuleFault[] {
  const first = earlier[0] ?? DEFAULT_RULES.find((rule) => rule.code === code);
  if (first && first.kind !== kind)
    return [{ pointer: '/kind', detail: `${code} is of kind ${first.kind}; another kind takes another code` }];
  if (!first && RESERVED.has(code.replace(/[._].*/, '')))
    return [{ pointer: '/code', detail: 'is among the codes that documents and steps use' }];
  return [];
}

function parameterFaults({ kind, parameters }: WrittenRule): RuleFault[] {
  const { error } = RULE_KINDS[kind].parameters.safeParse(parameters);
  return (error?.issues ?? []).map(({ path, message }) => ({
    pointer: pointerTo(['parameters', ...path]),
    detail: message,
  }));
}

function timeFaults({ effectiveFrom, effectiveTo }: WrittenRule): RuleFault[] {
  if (effectiveFrom === undefined || effectiveTo === null) return [];
  if (Date.parse(effectiveTo) >= Date.parse(effectiveFrom)) return [];
  return [{ pointer: '/effectiveTo', detail: 'is before effectiveFrom' }];
}

/** A JSON pointer. @see RFC 6901 section 3 */
export function pointerTo(path: readonly PropertyKey[]): string {
  return path.map(pointerToken).join('');
}

/** The rule with what was left out filled in, its instants as the database has them, and no card number in its reason. */
export function completeRule(rule: WrittenRule, now: Date): Omit<RuleVersion, 'version' | 'author'> {
  const { effectiveFrom, effectiveTo, reason } = rule;
  return {
    ...rule,
    effectiveFrom: (effectiveFrom === undefined ? now : new Date(effectiveFrom)).toISOString(),
    effectiveTo: effectiveTo === null ? null : new Date(effectiveTo).toISOString(),
    reason: maskCardNumbers(reason).text,
  };
}
