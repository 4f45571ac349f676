import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { countSecrets } from '../../db/source-secrets.ts';
import { hashToken, hasSource, listSources, putSource } from '../../db/sources.ts';
import { type SourceProfile, sourceProfileSchema } from '../../orders/source.ts';
import { EVERY_ROLE } from '../access.ts';
import type { Deps } from '../deps.ts';
import { type Call, operation, type Operation, type Reply } from '../operation.ts';
import { Problem, toErrors } from '../problem.ts';
import { problemAnswer, shapes } from '../views.ts';

const putBody = z.looseObject({ id: z.string().optional() }).describe('A SourceProfile; `id` may be left out');

const keptSource = z.object({
  source: sourceProfileSchema,
  apiKey: z.string().optional().describe('The key of a new source. Shown once; only its hash is kept'),
  warnings: z.array(z.string()).optional().describe('What keeps the profile from having its effect as things stand'),
});

/** Who may send, and how their orders are treated. */
export const sourceOperations: readonly Operation[] = [
  operation({
    method: 'get',
    path: '/v1/sources',
    id: 'listSources',
    tag: 'Sources',
    summary: 'The sources that the caller may see',
    access: { roles: EVERY_ROLE, sources: true },
    answers: { 200: { description: 'All of them', schema: z.object({ items: z.array(shapes.SourceProfile) }) } },
    handle: async ({ deps, caller }) => {
      const items = (await listSources(deps.store)).filter(({ id }) => caller.sources?.includes(id) ?? true);
      return { status: 200, body: { items } };
    },
  }),
  operation({
    method: 'put',
    path: '/v1/sources/{id}',
    id: 'putSource',
    tag: 'Sources',
    summary: "Put a source's profile in place, new or changed",
    access: { roles: ['admin'], sources: false },
    params: z.object({ id: z.string() }),
    body: putBody,
    answers: {
      200: { description: 'Changed', schema: keptSource },
      201: { description: 'New, with its key', schema: keptSource },
      422: problemAnswer('Not a profile'),
    },
    handle: put,
  }),
];

async function put({
  deps,
  caller,
  params,
  body,
}: Call<{ id: string }, undefined, z.output<typeof putBody>>): Promise<Reply> {
  if (caller.sources && !caller.sources.includes(params.id))
    throw new Problem('not-allowed', 'this source is not yours to change');
  if (body.id !== undefined && body.id !== params.id)
    throw new Problem('invalid-profile', 'the id in the body is not the one in the path');
  const parsed = sourceProfileSchema.safeParse({ ...body, id: params.id });
  if (!parsed.success) {
    const errors = toErrors(parsed.error);
    throw new Problem('invalid-profile', 'the profile does not have the expected form', { errors });
  }
  const source = parsed.data;
  const by = { actor: caller.id, at: deps.now().toISOString() };
  const known = await hasSource(deps.store, source.id);
  if (known) {
    await putSource(deps.store, source, by);
    return { status: 200, body: { source, ...(await warn(deps, source)) } };
  }
  const apiKey = randomBytes(32).toString('base64url');
  await putSource(deps.store, source, { ...by, keyHash: hashToken(apiKey) });
  return { status: 201, body: { source, apiKey, ...(await warn(deps, source)) } };
}

/** What the source is not told although its profile says so, and why. The workers send; they may have other settings. */
async function warn(
  { store, settings }: Deps,
  { id, notify }: SourceProfile,
): Promise<{ readonly warnings?: readonly string[] }> {
  if (!notify) return {};
  const known = await countSecrets(store, id);
  const warnings = [
    ...(notify.webhook && known.notify === 0 ? ['nothing is posted: there is no secret `notify` to sign with'] : []),
    ...(notify.mail && known.mail === 0 ? ['nobody is mailed: there is no address under the secrets as `mail`'] : []),
    ...(notify.mail && !settings.notices.mail ? ['letters wait for a mail server: SMTP_URL is not set'] : []),
  ];
  return warnings.length > 0 ? { warnings } : {};
}
