import { z } from 'zod';
import { listRuleVersions } from '../../db/rules.ts';
import { inTransaction } from '../../db/store.ts';
import { ruleDraftSchema, ruleScopeSchema } from '../../orders/rules/draft.ts';
import { type Call, operation, type Operation, type Reply } from '../operation.ts';
import { Problem } from '../problem.ts';
import { exportRules, importRules } from '../rule-import.ts';
import { maySeeRule } from '../rule-views.ts';
import { problemAnswer } from '../views.ts';
import { changeBy, requireOwn, RULE_MAKERS } from './rules.ts';

/** More than a company has: the whole file is one transaction. */
const MOST_RULES = 1000;
const FILE_LIMIT = 4 * 1024 * 1024;

const ruleFile = z.strictObject({ rules: z.array(ruleDraftSchema).max(MOST_RULES) });
const importQuery = z.strictObject({
  dryRun: z.stringbool().default(false).describe('Only tell what would become of it'),
});

/** What became of one rule of a file. */
export const ruleStep = z.object({
  code: z.string(),
  scope: ruleScopeSchema,
  action: z
    .enum(['add', 'change', 'waiting', 'unchanged'])
    .describe('`waiting`: a draft of it waits for approval already'),
  differences: z
    .array(z.object({ pointer: z.string(), before: z.unknown(), after: z.unknown() }))
    .describe('Against the newest version of the same code and scope'),
  version: z.int().nullable().describe('null in a dry run, where it would be a new one'),
  needsApproval: z.boolean(),
});

/** Rules as a file, to be reviewed in version control. */
export const ruleFileOperations: readonly Operation[] = [
  operation({
    method: 'get',
    path: '/v1/rules/export',
    id: 'exportRules',
    tag: 'Rules',
    summary: 'The rules as one JSON document, for version control',
    description:
      'The versions in force and those to come, without numbers and names, always in the same order and form: a line that ' +
      'changed is a rule that changed. Drafts are left out.',
    access: { roles: ['admin', 'supervisor', 'auditor'], sources: false },
    answers: { 200: { description: 'The document', schema: ruleFile } },
    handle: async ({ deps, caller }) => {
      const rules = (await listRuleVersions(deps.store)).filter((rule) => maySeeRule(caller, rule));
      return { status: 200, body: { rules: exportRules(rules, deps.now()) } };
    },
  }),
  operation({
    method: 'post',
    path: '/v1/rules/import',
    id: 'importRules',
    tag: 'Rules',
    summary: 'Bring rules in from a document, as new versions where they differ',
    description:
      'All of them or none. What is there already stays, so that a document may be brought in as often as one likes; a rule ' +
      'that it does not name stays too. Rules that guard money wait for a second person as drafts.',
    access: RULE_MAKERS,
    query: importQuery,
    body: ruleFile,
    bodyLimit: FILE_LIMIT,
    answers: {
      200: { description: 'What became of each, or would', schema: z.object({ items: z.array(ruleStep) }) },
      422: problemAnswer('Not valid; `errors` says where'),
    },
    handle: bringIn,
  }),
];

async function bringIn({
  deps,
  caller,
  query,
  body,
}: Call<undefined, z.output<typeof importQuery>, z.output<typeof ruleFile>>): Promise<Reply> {
  for (const rule of body.rules) requireOwn(caller, rule);
  const items = await inTransaction(deps.store, async (tx) => {
    const imported = await importRules(tx, body.rules, changeBy(deps, caller), !query.dryRun);
    if ('faults' in imported)
      throw new Problem('invalid-rule', 'nothing was brought in', { errors: imported.faults.slice(0, 100) });
    return imported;
  });
  return { status: 200, body: { items } };
}
