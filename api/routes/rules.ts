import { z } from 'zod';
import {
  addRuleVersion,
  approveRule,
  chooseInForce,
  type DraftRefusal,
  type KeptRule,
  listRuleVersions,
  withdrawRule,
} from '../../db/rules.ts';
import { inTransaction } from '../../db/store.ts';
import { maskCardNumbers } from '../../orders/cards.ts';
import { completeRule, findRuleFaults, ruleDraftSchema } from '../../orders/rules/draft.ts';
import { guardsMoney } from '../../orders/rules/four-eyes.ts';
import { EVERY_ROLE } from '../access.ts';
import type { Deps } from '../deps.ts';
import { type Call, operation, type Operation, type Reply } from '../operation.ts';
import { instantParameter, reasonMember } from '../parameters.ts';
import type { Caller } from '../principal.ts';
import { Problem } from '../problem.ts';
import { mayChangeRule, maySeeRule, ruleView, toRuleView } from '../rule-views.ts';
import { problemAnswer } from '../views.ts';

/** Who changes rules and approves what others changed. */
export const RULE_MAKERS = { roles: ['admin', 'supervisor'], sources: false } as const;

const ruleQuery = z.strictObject({
  code: z.string().max(60).optional(),
  status: z.enum(['draft', 'approved', 'retired']).optional(),
  scope: z.enum(['all', 'source', 'customerGroup', 'customer']).optional(),
  source: z.string().max(60).optional().describe('Of this source alone'),
  customer: z.string().max(60).optional().describe('Of this customer alone, or of a group that it is in'),
  at: instantParameter.optional().describe('Only the versions that were, or will be, in force at this instant'),
});
type RuleQuery = z.output<typeof ruleQuery>;

const byCode = z.object({ code: z.string() });
const judging = z.strictObject({
  version: z.int().min(1).describe('The version that you looked at'),
  reason: reasonMember,
});

const CONFLICT = problemAnswer('Not a draft any more, or a newer version came');
const INVALID = problemAnswer('Not valid; `errors` says where');

/** The rules that orders are judged by. */
export const ruleOperations: readonly Operation[] = [
  operation({
    method: 'get',
    path: '/v1/rules',
    id: 'listRules',
    tag: 'Rules',
    summary: 'Versions of rules: all of them, or those that are asked for',
    access: { roles: EVERY_ROLE, sources: false },
    query: ruleQuery,
    answers: { 200: { description: 'By code and version', schema: z.object({ items: z.array(ruleView) }) } },
    handle: list,
  }),
  operation({
    method: 'get',
    path: '/v1/rules/{code}',
    id: 'getRule',
    tag: 'Rules',
    summary: 'All versions of a rule, in all scopes',
    access: { roles: EVERY_ROLE, sources: false },
    params: byCode,
    answers: { 200: { description: 'By version', schema: z.object({ items: z.array(ruleView) }) } },
    handle: show,
  }),
  operation({
    method: 'post',
    path: '/v1/rules',
    id: 'addRule',
    tag: 'Rules',
    summary: 'Write a new rule, or a new version of one',
    description:
      'A version takes the place of the earlier ones of its code and scope. Rules that guard money wait as drafts until a ' +
      'second person approves them; others count at once. A rule ends by a version with `effectiveTo`.',
    access: RULE_MAKERS,
    body: ruleDraftSchema,
    answers: { 201: { description: 'Kept', schema: ruleView }, 422: INVALID },
    handle: add,
  }),
  operation({
    method: 'post',
    path: '/v1/rules/{code}/approve',
    id: 'approveRule',
    tag: 'Rules',
    summary: 'Let a draft of somebody else count',
    access: RULE_MAKERS,
    params: byCode,
    body: judging,
    answers: { 200: { description: 'It counts', schema: ruleView }, 409: CONFLICT },
    handle: (call) => decide(call, approveRule),
  }),
  operation({
    method: 'post',
    path: '/v1/rules/{code}/withdraw',
    id: 'withdrawRule',
    tag: 'Rules',
    summary: 'Take a draft back',
    access: RULE_MAKERS,
    params: byCode,
    body: judging,
    answers: { 200: { description: 'It will never count', schema: ruleView }, 409: CONFLICT },
    handle: (call) => decide(call, withdrawRule),
  }),
];

async function list({ deps, caller, query }: Call<undefined, RuleQuery, undefined>): Promise<Reply> {
  const rules = await listRuleVersions(deps.store, query.code);
  const inForce = findInForce(rules, new Date(query.at ?? deps.now()));
  const items = (query.at === undefined ? rules : inForce)
    .filter((rule) => maySeeRule(caller, rule) && isAskedFor(rule, query))
    .map((rule) => toRuleView(rule, inForce, caller));
  return { status: 200, body: { items } };
}

function isAskedFor({ status, scope }: KeptRule, query: RuleQuery): boolean {
  if (query.status !== undefined && query.status !== status) return false;
  if (query.scope !== undefined && query.scope !== scope.kind) return false;
  if (query.source !== undefined && !(scope.kind === 'source' && scope.source === query.source)) return false;
  if (query.customer === undefined) return true;
  if (scope.kind === 'customer') return scope.customer === query.customer;
  return scope.kind === 'customerGroup' && scope.customers.includes(query.customer);
}

/** Those that were in force then: what was approved later did not count yet. */
function findInForce(rules: readonly KeptRule[], at: Date): readonly KeptRule[] {
  const known = rules.filter(({ approvedAt }) => approvedAt !== null && Date.parse(approvedAt) <= at.getTime());
  return chooseInForce(known, { at, sequence: Infinity });
}

async function show({ deps, caller, params }: Call<{ code: string }, undefined, undefined>): Promise<Reply> {
  const rules = (await listRuleVersions(deps.store, params.code)).filter((rule) => maySeeRule(caller, rule));
  if (rules.length === 0) throw noSuchRule();
  const inForce = findInForce(rules, deps.now());
  return { status: 200, body: { items: rules.map((rule) => toRuleView(rule, inForce, caller)) } };
}

function noSuchRule(): Problem {
  return new Problem('not-found', 'there is no such rule');
}

async function add({
  deps,
  caller,
  body,
}: Call<undefined, undefined, z.output<typeof ruleDraftSchema>>): Promise<Reply> {
  requireOwn(caller, body);
  const rule = await inTransaction(deps.store, async (tx) => {
    const errors = findRuleFaults(body, await listRuleVersions(tx, body.code));
    if (errors.length > 0) throw new Problem('invalid-rule', 'the rule cannot be kept', { errors });
    return addRuleVersion(tx, completeRule(body, deps.now()), changeBy(deps, caller), guardsMoney(body.kind));
  });
  return { status: 201, body: await view(deps, caller, rule), headers: { Location: `/v1/rules/${rule.code}` } };
}

/** @throws Problem if the rule would speak on orders of others. */
export function requireOwn(caller: Caller, rule: Pick<KeptRule, 'scope'>): void {
  if (!mayChangeRule(caller, rule))
    throw new Problem(
      'not-allowed',
      'this rule speaks on orders that are not yours: write it for your sources or customers',
    );
}

/** Who changes rules now. */
export function changeBy({ now }: Deps, { id }: Caller): { readonly actor: string; readonly at: string } {
  return { actor: id, at: now().toISOString() };
}

async function view({ store, now }: Deps, caller: Caller, rule: KeptRule) {
  return toRuleView(rule, findInForce(await listRuleVersions(store, rule.code), now()), caller);
}

type Change = (
  tx: Deps['store'],
  ref: { readonly code: string; readonly version: number },
  by: ReturnType<typeof changeBy>,
  reason: string,
) => Promise<KeptRule | DraftRefusal>;

async function decide(
  { deps, caller, params, body }: Call<{ code: string }, undefined, z.output<typeof judging>>,
  change: Change,
): Promise<Reply> {
  const ref = { code: params.code, version: body.version };
  const rule = await inTransaction(deps.store, async (tx) => {
    const seen = (await listRuleVersions(tx, ref.code)).find(({ version }) => version === ref.version);
    if (!seen || !maySeeRule(caller, seen)) throw noSuchRule();
    requireOwn(caller, seen);
    const changed = await change(tx, ref, changeBy(deps, caller), maskCardNumbers(body.reason).text);
    if ('why' in changed) throw toProblem(changed);
    return changed;
  });
  return { status: 200, body: await view(deps, caller, rule) };
}

function toProblem(refusal: DraftRefusal): Problem {
  switch (refusal.why) {
    case 'unknown':
      return noSuchRule();
    case 'own':
      return new Problem('own-work', 'you wrote this version; somebody else must approve it');
    case 'not_draft':
      return new Problem('conflict', `this version is ${refusal.rule?.status ?? 'decided'} already`);
    case 'overtaken':
      return new Problem('conflict', `version ${String(refusal.by)} came since for the same scope; look at that one`);
  }
}
