import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { isLimited } from '../../db/principals.ts';
import { findRulesSequence, type KeptRule, listRuleVersions } from '../../db/rules.ts';
import {
  countPastOrders,
  endSimulation,
  findSimulation,
  listFlipped,
  listSimulations,
  putSimulation,
  type Simulation,
  type SimulationLimits,
} from '../../db/simulations.ts';
import { completeRule, findRuleFaults, ruleDraftSchema, type WrittenRule } from '../../orders/rules/draft.ts';
import type { RuleScope, RuleVersion } from '../../orders/rules/rule.ts';
import { NO_TALLY } from '../../orders/rules/simulation.ts';
import { cutPage, readCursor } from '../cursor.ts';
import type { Deps } from '../deps.ts';
import { startSimulation, webUiLink } from '../engine.ts';
import { type Call, operation, type Operation, type Reply } from '../operation.ts';
import { cursorParameter, pageSizeParameter } from '../parameters.ts';
import type { Caller } from '../principal.ts';
import { Problem } from '../problem.ts';
import { logReading } from '../reading-log.ts';
import { readWait } from '../request-headers.ts';
import { maySeeRule } from '../rule-views.ts';
import { problemAnswer } from '../views.ts';
import { RULE_MAKERS } from './rules.ts';

const DAY_MS = 86_400_000;
const RETRY = { 'Retry-After': '30' };
const READERS = { roles: ['admin', 'supervisor', 'auditor'], sources: false } as const;

const experiment = z
  .strictObject({
    version: z.int().min(1).optional().describe('A version of the rule, such as a draft; left out: its newest draft'),
    rule: ruleDraftSchema.optional().describe('A rule that is not kept yet'),
    days: z.int().min(1).max(366).default(30).describe('Orders received in so many last days'),
  })
  .refine(({ version, rule }) => version === undefined || rule === undefined, { error: 'name a version or a rule' });

const outcome = z.enum(['pass', 'hold', 'reject']);
const instant = z.iso.datetime();

/** How far a simulation is, and what came of it. */
const simulationSummary = z.object({
  simulationId: z.string(),
  code: z.string(),
  version: z.int().nullable().describe('null: it was not kept'),
  state: z.enum(['running', 'ended', 'failed']),
  startedBy: z.string(),
  receivedFrom: instant,
  receivedTo: instant,
  orders: z.int().describe('How many there were to look at when it began: those that the rule could speak on'),
  judged: z.int(),
  notJudged: z
    .object({ gone: z.int(), neverJudged: z.int(), damaged: z.int() })
    .describe('Their content was erased or removed; they never came so far; they are damaged'),
  flips: z
    .array(
      z.object({
        before: outcome,
        after: outcome,
        orders: z.int(),
        worth: z.array(z.object({ currency: z.string(), amount: z.string() })).describe('Exact sums of the totals'),
      }),
    )
    .describe('Orders that would flip, by direction'),
  otherFindings: z.int().describe('Orders whose outcome is the same, for other findings'),
  createdAt: instant,
  endedAt: instant.nullable(),
  links: z.object({ self: z.string(), temporal: z.url().optional() }),
});

/** A simulation with one page of its orders. */
export const simulationView = simulationSummary.extend({
  items: z
    .array(
      z.object({
        orderId: z.string(),
        revision: z.int(),
        before: outcome,
        after: outcome,
        findings: z.int().describe('How many the rule would make'),
        currency: z.string(),
        total: z.string(),
      }),
    )
    .describe('One page of the orders that would flip, oldest first'),
  nextCursor: z.string().nullable(),
});

/** One page of simulations. */
export const simulationPage = z.object({ items: z.array(simulationSummary), nextCursor: z.string().nullable() });

const listQuery = z.strictObject({
  code: z.string().max(60).optional().describe('Of this rule alone'),
  state: simulationSummary.shape.state.optional(),
  cursor: cursorParameter,
  limit: pageSizeParameter,
});

const pageQuery = z.strictObject({ cursor: cursorParameter, limit: pageSizeParameter });

/** What rules would have done with past orders. */
export const simulationOperations: readonly Operation[] = [
  operation({
    method: 'post',
    path: '/v1/rules/{code}/simulate',
    id: 'simulateRule',
    tag: 'Rules',
    summary: 'Try a draft on the orders of the last days',
    description:
      'Each order, as it stands, is judged again from the snapshot of what it was judged by: by the rules in force now, and by ' +
      'these with the draft. Nothing is written to the orders, and nobody is told. It runs in the background; with ' +
      '`Prefer: wait=N` the answer comes when it is over, or after N seconds. Noted in the audit trail of the person who asks.',
    access: RULE_MAKERS,
    headers: [{ name: 'Prefer', description: '`wait=N`: answer when it is over, or after N seconds' }],
    params: z.object({ code: z.string() }),
    body: experiment,
    answers: {
      200: { description: 'It is over', schema: simulationView },
      202: { description: 'It runs; `Location` says where to look', schema: simulationView },
      422: problemAnswer('Not a rule'),
    },
    handle: simulate,
  }),
  operation({
    method: 'get',
    path: '/v1/simulations',
    id: 'listSimulations',
    tag: 'Rules',
    summary: 'What was tried on past orders, newest first',
    description: 'Whoever is limited to sources or customers sees what they asked for themselves.',
    access: READERS,
    query: listQuery,
    answers: { 200: { description: 'One page, without the orders', schema: simulationPage } },
    handle: list,
  }),
  operation({
    method: 'get',
    path: '/v1/simulations/{id}',
    id: 'getSimulation',
    tag: 'Rules',
    summary: 'How far a simulation is, and what came of it',
    access: READERS,
    params: z.object({ id: z.string() }),
    query: pageQuery,
    answers: { 200: { description: 'Its counts and one page of orders', schema: simulationView } },
    handle: show,
  }),
];

async function simulate(call: Call<{ code: string }, undefined, z.output<typeof experiment>>): Promise<Reply> {
  const { deps, caller, params, body, request } = call;
  const { draft, version } = await getDraft(deps, caller, params.code, body);
  const simulation = await begin(deps, caller, draft, version, body.days);
  const { id, limits } = simulation;
  const about = { simulationId: id, code: draft.code, version, from: limits.receivedFrom, to: limits.receivedTo };
  await logReading(deps, caller, `actor:${caller.id}`, 'orders.simulated', { ...about, orders: simulation.orders });
  const wait = readWait(request.get('Prefer'));
  if (!(await startSimulation(deps, { id, code: draft.code, actor: caller.id }, wait))) {
    await endSimulation(deps.store, id, 'failed', deps.now().toISOString());
    throw new Problem('engine-unavailable', 'the simulation could not be started; try again later', {}, RETRY);
  }
  const reached = (await findSimulation(deps.store, id)) ?? simulation;
  const status = reached.state === 'running' ? 202 : 200;
  const headers = {
    Location: `/v1/simulations/${id}`,
    ...(wait > 0 && { 'Preference-Applied': `wait=${String(wait)}` }),
  };
  return { status, body: await view(deps, reached, { afterId: '', size: 50 }), headers };
}

async function getDraft(
  { store, now }: Deps,
  caller: Caller,
  code: string,
  { version, rule }: z.output<typeof experiment>,
): Promise<{ readonly draft: RuleVersion; readonly version: number | null }> {
  const versions = await listRuleVersions(store, code);
  if (rule) return { version: null, draft: { ...readRule(code, rule, versions, now()), author: caller.id } };
  const mine = versions.filter((one) => maySeeRule(caller, one));
  const kept = mine.findLast((one) => (version === undefined ? one.status === 'draft' : one.version === version));
  if (kept) return { version: kept.version, draft: kept };
  throw new Problem('not-found', version === undefined ? 'this rule has no draft' : 'there is no such version');
}

/** @throws Problem if it is not valid, or of another code. */
function readRule(
  code: string,
  rule: WrittenRule,
  versions: readonly KeptRule[],
  now: Date,
): Omit<RuleVersion, 'author'> {
  const faults = findRuleFaults(rule, versions);
  const other = rule.code === code ? [] : [{ pointer: '/code', detail: 'is not the code in the path' }];
  const errors = [...other, ...faults].map(({ pointer, detail }) => ({ pointer: `/rule${pointer}`, detail }));
  if (errors.length > 0) throw new Problem('invalid-rule', 'the rule cannot be tried', { errors });
  return { ...completeRule(rule, now), version: (versions.at(-1)?.version ?? 0) + 1 };
}

async function begin(
  { store, now }: Deps,
  caller: Caller,
  draft: RuleVersion,
  version: number | null,
  days: number,
): Promise<Simulation> {
  const at = now();
  const window = { receivedFrom: new Date(at.getTime() - days * DAY_MS).toISOString(), receivedTo: at.toISOString() };
  const limits = { ...narrow(caller, draft.scope), ...window };
  const simulation: Simulation = {
    ...{ id: uuidv7(), draft, version, limits, actor: caller.id, state: 'running', tally: NO_TALLY },
    ...{ pages: 0, after: null, createdAt: at.toISOString(), endedAt: null },
    rulesSequence: await findRulesSequence(store),
    orders: await countPastOrders(store, limits),
  };
  await putSimulation(store, simulation);
  return simulation;
}

/** Orders that the rule can speak on, of those that the caller may see. */
function narrow({ sources, customers }: Caller, scope: RuleScope): Pick<SimulationLimits, 'sources' | 'customers'> {
  const ofScope =
    scope.kind === 'customerGroup' ? scope.customers : scope.kind === 'customer' ? [scope.customer] : undefined;
  const inBoth = (one: readonly string[] | undefined, other: readonly string[] | undefined) =>
    one && other ? one.filter((each) => other.includes(each)) : (one ?? other);
  const [ofSources, ofCustomers] = [inBoth(scope.kind === 'source' ? [scope.source] : undefined, sources), inBoth(ofScope, customers)]; // prettier-ignore
  return { ...(ofSources && { sources: ofSources }), ...(ofCustomers && { customers: ofCustomers }) };
}

async function list({ deps, caller, query }: Call<undefined, z.output<typeof listQuery>, undefined>): Promise<Reply> {
  const { code, state, limit } = query;
  const filter = { ...(code !== undefined && { code }), ...(state !== undefined && { state }) };
  const [beforeId] = query.cursor === undefined ? [] : readCursor(query.cursor, 1);
  const page = { ...(beforeId !== undefined && { beforeId }), size: limit + 1 };
  // Whoever is limited sees what was looked at within their own limits: that they asked for themselves.
  const mine = isLimited(caller) ? { actor: caller.id } : {};
  const rows = await listSimulations(deps.store, { ...filter, ...mine }, page);
  const { shown, nextCursor } = cutPage(rows, limit, ({ id }) => [id]);
  await logReading(deps, caller, `actor:${caller.id}`, 'simulations.listed', { ...filter, rows: shown.length });
  return { status: 200, body: { items: shown.map((simulation) => summarize(deps, simulation)), nextCursor } };
}

async function show({
  deps,
  caller,
  params,
  query,
}: Call<{ id: string }, z.output<typeof pageQuery>, undefined>): Promise<Reply> {
  const simulation = await findSimulation(deps.store, params.id);
  if (!simulation || (isLimited(caller) && simulation.actor !== caller.id))
    throw new Problem('not-found', 'there is no such simulation');
  const [afterId = ''] = query.cursor === undefined ? [] : readCursor(query.cursor, 1);
  const body = await view(deps, simulation, { afterId, size: query.limit });
  const detail = { simulationId: simulation.id, rows: body.items.length };
  if (body.items.length > 0) await logReading(deps, caller, `actor:${caller.id}`, 'simulation.read', detail);
  return { status: 200, body };
}

async function view(
  deps: Deps,
  simulation: Simulation,
  { afterId, size }: { readonly afterId: string; readonly size: number },
): Promise<z.infer<typeof simulationView>> {
  const rows = await listFlipped(deps.store, simulation.id, { afterId, size: size + 1 });
  const { shown: items, nextCursor } = cutPage(rows, size, ({ orderId }) => [orderId]);
  return { ...summarize(deps, simulation), items, nextCursor };
}

function summarize(
  deps: Deps,
  { id, draft, version, state, actor, limits, orders, tally, createdAt, endedAt }: Simulation,
): z.infer<typeof simulationSummary> {
  const temporal = webUiLink(deps, `simulation:${id}`);
  return {
    ...{ simulationId: id, code: draft.code, version, state, startedBy: actor, orders, createdAt, endedAt },
    ...{ receivedFrom: limits.receivedFrom, receivedTo: limits.receivedTo },
    ...{ judged: tally.judged, notJudged: tally.notJudged, otherFindings: tally.otherFindings },
    flips: tally.flips.map(({ worth, ...flips }) => ({
      ...flips,
      worth: Object.entries(worth).map(([currency, amount]) => ({ currency, amount })),
    })),
    links: { self: `/v1/simulations/${id}`, ...(temporal !== undefined && { temporal }) },
  };
}
