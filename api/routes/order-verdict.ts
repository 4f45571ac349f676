import { z } from 'zod';
import { listDecisions } from '../../db/decisions.ts';
import { getFacts } from '../../db/facts.ts';
import { getRevision, type OrderRef } from '../../db/orders.ts';
import { listRejudgements } from '../../db/rejudgements.ts';
import type { Store } from '../../db/store.ts';
import { findVerdict } from '../../db/verdicts.ts';
import type { Facts } from '../../orders/facts.ts';
import { readInputs } from '../../orders/rules/inputs.ts';
import { EVERY_ROLE } from '../access.ts';
import type { Explanation } from '../../orders/rules/rule.ts';
import { type Call, operation, type Reply } from '../operation.ts';
import { Problem } from '../problem.ts';
import { logReading } from '../reading-log.ts';
import { problemAnswer } from '../views.ts';
import { getReadableOrder } from '../visible.ts';

const scope = z.looseObject({ kind: z.enum(['all', 'source', 'customerGroup', 'customer']) });

const explanation = z.object({
  code: z.string(),
  version: z.int(),
  kind: z.string(),
  scope: scope.describe('For whom the version speaks that counted'),
  author: z.string(),
  reason: z.string().describe('Why the author wrote this version'),
  overrode: z
    .array(z.object({ version: z.int(), scope, because: z.enum(['narrower', 'newer']) }))
    .describe('Versions that would have counted otherwise'),
  parameters: z.unknown(),
  inputs: z.record(z.string(), z.unknown()).describe('What was read, by pointer into { order, facts, now }'),
  working: z.array(z.string()).describe('How it was worked out, in words'),
  result: z.enum(['passed', 'breached', 'skipped', 'failed']),
  because: z.string().nullable().describe('Why it was skipped or failed'),
  findings: z.int(),
});

const judgement = z.object({
  judgement: z.int().describe('0 is the first, by which the revision was judged when it came'),
  occasion: z.enum(['arrival', 'recheck', 'before_reserve']),
  judgedAt: z.iso.datetime(),
  cleared: z.array(z.string()).describe('Codes of the holds whose cause was gone'),
  opened: z.array(z.string()).describe('Codes of the holds that it put on the order'),
});

const verdict = z.object({
  orderId: z.string(),
  revision: z.int(),
  judgement: z.int(),
  judgedAt: z.iso.datetime().describe("The facts' own moment, by which the order was judged"),
  rules: z.array(explanation),
  overrides: z
    .array(
      z.object({
        action: z.string(),
        actor: z.string(),
        roles: z.array(z.string()),
        reason: z.string(),
        holds: z.array(z.string()).describe('Codes of the holds that were released'),
        at: z.string(),
      }),
    )
    .describe('Who let pass what the rules found on this revision, and why'),
  judgements: z
    .array(judgement)
    .describe(
      'An order that waits is judged again by fresh facts; those that changed something are kept, oldest first',
    ),
});

const query = z.strictObject({
  revision: z.coerce.number().int().min(1).optional().describe('The present one if left out'),
  judgement: z.coerce.number().int().min(0).optional().describe('The last one if left out'),
});

/** How the rules came to their verdict. */
export const verdictOperations = [
  operation({
    method: 'get',
    path: '/v1/orders/{id}/verdict',
    id: 'getOrderVerdict',
    tag: 'Orders',
    summary: 'How each rule came to its verdict',
    description:
      'For every rule that ran: its version and whom it speaks for, what it read, the calculation in words, and the result. ' +
      'Kept with the order; the same rules, order and facts give it again.',
    access: { roles: EVERY_ROLE, sources: false },
    params: z.object({ id: z.string() }),
    query,
    answers: {
      200: { description: 'In the order of the codes', schema: verdict },
      404: problemAnswer('No such order, or not judged'),
      410: problemAnswer('Its content was erased'),
    },
    handle: showVerdict,
  }),
];

type Judged = Omit<z.output<typeof judgement>, 'judgement' | 'judgedAt'> & {
  readonly sequence: number;
  readonly facts: Facts;
  readonly explanations: readonly Explanation[];
};

async function showVerdict({
  deps,
  caller,
  params,
  query: { revision: wanted, judgement: which },
}: Call<{ id: string }, z.output<typeof query>, undefined>): Promise<Reply> {
  const { store } = deps;
  const row = await getReadableOrder(deps, caller, params.id);
  const ref = { orderId: row.id, revision: wanted ?? row.revision };
  const judgements = await listJudgements(store, ref);
  const last = judgements.at(-1);
  if (!last) throw new Problem('not-found', 'this revision of the order has no verdict');
  const number = which ?? last.sequence;
  const shown = judgements.find(({ sequence }) => sequence === number);
  if (!shown) throw new Problem('not-found', `this revision of the order has no judgement ${String(number)}`);
  await logReading(deps, caller, `order:${row.id}`, 'order.verdict_read');
  const { facts, explanations } = shown;
  const order = await getRevision(store, ref);
  const rules = explanations.map(({ reads, ...told }) => ({
    ...told,
    inputs: readInputs(reads, { order, facts, now: facts.asOf }),
  }));
  const body = { ...ref, judgement: number, judgedAt: facts.asOf, rules, overrides: await listOverrides(store, ref) };
  return { status: 200, body: { ...body, judgements: judgements.map(toSummary) } };
}

/** How a revision was judged, first and later; none before it is judged. */
export async function listJudgements(store: Store, ref: OrderRef): Promise<readonly Judged[]> {
  const explanations = await findVerdict(store, ref);
  if (!explanations) return [];
  const [facts, later] = await Promise.all([getFacts(store, ref), listRejudgements(store, ref)]);
  return [{ sequence: 0, occasion: 'arrival', facts, explanations, cleared: [], opened: [] }, ...later];
}

function toSummary({ sequence, occasion, facts, cleared, opened }: Judged): z.output<typeof judgement> {
  return { judgement: sequence, occasion, judgedAt: facts.asOf, cleared, opened };
}

async function listOverrides(store: Store, ref: OrderRef): Promise<z.output<typeof verdict>['overrides']> {
  return (await listDecisions(store, ref.orderId))
    .filter(({ revision, action, state }) => revision === ref.revision && action === 'approve' && state === 'applied')
    .map(({ action, actor, roles, reason, holds = [], created_at: at }) => {
      return { action, actor, roles: [...roles], reason, holds: [...holds], at };
    });
}
