import { z } from 'zod';
import { findRulesOf } from '../../db/facts.ts';
import { getRevision } from '../../db/orders.ts';
import { chooseInForce, findRulesSequence, listKnownRules } from '../../db/rules.ts';
import { redrawVerdict } from '../../orders/rules/redraw.ts';
import { EVERY_ROLE } from '../access.ts';
import { type Call, operation, type Operation, type Reply } from '../operation.ts';
import { Problem } from '../problem.ts';
import { logReading } from '../reading-log.ts';
import { problemAnswer } from '../views.ts';
import { getReadableOrder } from '../visible.ts';
import { listJudgements } from './order-verdict.ts';

const result = z.enum(['passed', 'breached', 'skipped', 'failed']).nullable();

/** Whether verdicts come again as they were kept. */
export const redrawnView = z.object({
  orderId: z.string(),
  revision: z.int(),
  same: z.boolean(),
  judgements: z
    .array(
      z.object({
        judgement: z.int(),
        judgedAt: z.iso.datetime(),
        rules: z.int().describe('How many rules ran'),
        differences: z
          .array(
            z.object({
              code: z.string(),
              kept: result.describe('What the rule came to then; null: it did not run'),
              again: result.describe('What it comes to now'),
              members: z.array(z.string()).describe('What of its explanation differs'),
            }),
          )
          .describe('None as long as nobody changed what was kept, and the program judges as the one before'),
      }),
    )
    .describe('The first, and those of the order while it waited, oldest first'),
});

const query = z.strictObject({
  revision: z.coerce.number().int().min(1).optional().describe('The present one if left out'),
});

/** The proof that a verdict rests on what was kept with it. */
export const verdictAgainOperations: readonly Operation[] = [
  operation({
    method: 'get',
    path: '/v1/orders/{id}/verdict/again',
    id: 'redrawOrderVerdict',
    tag: 'Orders',
    summary: 'Draws the verdict again, and tells whether it is the one that was kept',
    description:
      'From the order, the sealed facts and the versions of the rules that counted when these were taken; nothing is asked of ' +
      'the back office, and nothing is written to the order.',
    access: { roles: EVERY_ROLE, sources: false },
    params: z.object({ id: z.string() }),
    query,
    answers: {
      200: { description: 'Each judgement of the revision', schema: redrawnView },
      404: problemAnswer('No such order, or not judged'),
      410: problemAnswer('Its content was erased'),
    },
    handle: redraw,
  }),
];

async function redraw({
  deps,
  caller,
  params,
  query: { revision },
}: Call<{ id: string }, z.output<typeof query>, undefined>): Promise<Reply> {
  const { store } = deps;
  const row = await getReadableOrder(deps, caller, params.id);
  const ref = { orderId: row.id, revision: revision ?? row.revision };
  const judged = await listJudgements(store, ref);
  if (judged.length === 0) throw new Problem('not-found', 'this revision of the order has no verdict');
  await logReading(deps, caller, `order:${row.id}`, 'order.verdict_redrawn');
  const order = await getRevision(store, ref);
  const rulesSequence = (await findRulesOf(store, ref)) ?? (await findRulesSequence(store));
  const known = await listKnownRules(store);
  const judgements = judged.map(({ sequence: judgement, facts, explanations }) => {
    const rules = chooseInForce(known, { at: new Date(facts.asOf), sequence: rulesSequence });
    const differences = redrawVerdict(explanations, rules, order, facts);
    return { judgement, judgedAt: facts.asOf, rules: explanations.length, differences };
  });
  const same = judgements.every(({ differences }) => differences.length === 0);
  return { status: 200, body: { ...ref, same, judgements } };
}
