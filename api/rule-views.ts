import { z } from 'zod';
import type { KeptRule } from '../db/rules.ts';
import { guardsMoney } from '../orders/rules/four-eyes.ts';
import { ruleScopeSchema } from '../orders/rules/draft.ts';
import type { RuleScope, RuleVersion } from '../orders/rules/rule.ts';
import type { Caller } from './principal.ts';

const instant = z.iso.datetime();

/** A version of a rule as callers see it. */
export const ruleView = z.object({
  code: z.string(),
  version: z.int(),
  kind: z.string(),
  scope: ruleScopeSchema,
  parameters: z.unknown(),
  disposition: z.enum(['reject', 'hold', 'warn']),
  releaseRole: z.enum(['reviewer', 'supervisor']),
  severity: z.enum(['low', 'medium', 'high']),
  effectiveFrom: instant,
  effectiveTo: instant.nullable(),
  author: z.string(),
  reason: z.string(),
  createdAt: instant,
  status: z
    .enum(['draft', 'approved', 'retired'])
    .describe('`draft`: waits for a second person; `retired`: a draft that will never count'),
  guardsMoney: z.boolean().describe('Whether changes of it take a second person'),
  approvedBy: z.string().nullable().describe('null where no second person was needed'),
  approvedAt: instant.nullable(),
  approvalReason: z.string().nullable(),
  retiredBy: z.string().nullable(),
  retiredAt: instant.nullable(),
  retirementReason: z.string().nullable().describe('null where a newer version took its place'),
  inForce: z.boolean().describe('Whether orders are judged by it, at the instant that was asked for or now'),
});

/** Makes the view of a version. Of a group, whoever is limited to customers learns their own alone. */
export function toRuleView(rule: KeptRule, inForce: readonly KeptRule[], caller: Limits): z.infer<typeof ruleView> {
  const { sequence: _inside, scope, ...shown } = rule;
  const counts = inForce.some(({ code, version }) => code === rule.code && version === rule.version);
  return { ...shown, scope: narrowScope(scope, caller), guardsMoney: guardsMoney(rule.kind), inForce: counts };
}

function narrowScope(scope: RuleScope, { customers }: Limits): z.infer<typeof ruleScopeSchema> {
  if (scope.kind !== 'customerGroup') return scope;
  return { ...scope, customers: scope.customers.filter((customer) => customers?.includes(customer) ?? true) };
}

type Limits = Pick<Caller, 'sources' | 'customers'>;

/** Whether a rule may speak on orders that the caller may see; rules of others say who they are. */
export function maySeeRule({ sources, customers }: Limits, { scope }: Pick<RuleVersion, 'scope'>): boolean {
  switch (scope.kind) {
    case 'all':
      return true;
    case 'source':
      return sources?.includes(scope.source) ?? true;
    case 'customerGroup':
      return customers === undefined || scope.customers.some((customer) => customers.includes(customer));
    case 'customer':
      return customers?.includes(scope.customer) ?? true;
  }
}

/** Whether a rule speaks on no orders but those that the caller may see: only then it is theirs to change. */
export function mayChangeRule({ sources, customers }: Limits, { scope }: Pick<RuleVersion, 'scope'>): boolean {
  if (sources !== undefined && !(scope.kind === 'source' && sources.includes(scope.source))) return false;
  if (customers === undefined) return true;
  if (scope.kind === 'customer') return customers.includes(scope.customer);
  return scope.kind === 'customerGroup' && scope.customers.every((customer) => customers.includes(customer));
}
