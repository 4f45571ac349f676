import { z } from 'zod';
import { listDecisions } from '../../db/decisions.ts';
import { getFacts } from '../../db/facts.ts';
import { getRevision } from '../../db/orders.ts';
import { findVerdict } from '../../db/verdicts.ts';
import { readInputs } from '../../orders/rules/inputs.ts';
import { EVERY_ROLE } from '../access.ts';
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

const verdict = z.object({
  orderId: z.string(),
  revision: z.int(),
  judgedAt: z.iso.datetime().describe("The facts' own moment, by which the order was judged"),
  rules: z.array(explanation),
  overrides: z
    .array(
      z.object({
        action: z.string(),
        actor: z.string(),
        roles: z.array(z.string()),
        reason: z.string(),
        at: z.string(),
      }),
    )
    .describe('Who let pass what the rules found on this revision, and why'),
});

const query = z.strictObject({
  revision: z.coerce.number().int().min(1).optional().describe('The present one if left out'),
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

async function showVerdict({
  deps,
  caller,
  params,
  query: { revision: wanted },
}: Call<{ id: string }, z.output<typeof query>, undefined>): Promise<Reply> {
  const { store } = deps;
  const row = await getReadableOrder(deps, caller, params.id);
  const ref = { orderId: row.id, revision: wanted ?? row.revision };
  const explanations = await findVerdict(store, ref);
  if (!explanations) throw new Problem('not-found', 'this revision of the order has no verdict');
  await logReading(deps, caller, `order:${row.id}`, 'order.verdict_read');
  const [order, facts] = await Promise.all([getRevision(store, ref), getFacts(store, ref)]);
  const rules = explanations.map(({ reads, ...told }) => ({
    ...told,
    inputs: readInputs(reads, { order, facts, now: facts.asOf }),
  }));
  const overrides = (await listDecisions(store, row.id))
    .filter(({ revision, action, state }) => revision === ref.revision && action === 'approve' && state === 'applied')
    .map(({ action, actor, roles, reason, created_at: at }) => ({ action, actor, roles, reason, at }));
  return { status: 200, body: { ...ref, judgedAt: facts.asOf, rules, overrides } };
}
