import { z } from 'zod';
import { listRuleVersions } from '../../db/rules.ts';
import { EVERY_ROLE } from '../access.ts';
import { operation, type Operation } from '../operation.ts';

const ruleVersion = z.object({
  code: z.string(),
  kind: z.string(),
  version: z.int(),
  scope: z.looseObject({ kind: z.enum(['all', 'source', 'customerGroup', 'customer']) }),
  parameters: z.unknown(),
  disposition: z.enum(['reject', 'hold', 'warn']),
  releaseRole: z.enum(['reviewer', 'supervisor']),
  severity: z.enum(['low', 'medium', 'high']),
  effectiveFrom: z.iso.datetime(),
  effectiveTo: z.iso.datetime().nullable(),
  author: z.string(),
  reason: z.string(),
});

/** The rules that orders are judged by. */
export const ruleOperations: readonly Operation[] = [
  operation({
    method: 'get',
    path: '/v1/rules',
    id: 'listRules',
    tag: 'Rules',
    summary: 'All versions of all rules',
    access: { roles: EVERY_ROLE, sources: false },
    answers: { 200: { description: 'By code and version', schema: z.object({ items: z.array(ruleVersion) }) } },
    handle: async ({ deps }) => ({ status: 200, body: { items: await listRuleVersions(deps.store) } }),
  }),
];
