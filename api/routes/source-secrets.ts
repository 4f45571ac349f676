import { z } from 'zod';
import { countSecrets, MOST_ADDRESSES, MOST_SECRETS, putSecrets } from '../../db/source-secrets.ts';
import { findSource } from '../../db/sources.ts';
import { isStandardSecret } from '../../exchange/signatures.ts';
import { type Call, operation, type Operation, type Reply } from '../operation.ts';
import { Problem } from '../problem.ts';
import { problemAnswer } from '../views.ts';

const secret = z.string().min(8).max(500);

const secretsBody = z
  .strictObject({
    webhook: z
      .array(secret)
      .max(MOST_SECRETS)
      .optional()
      .describe('What the source signs with, the newest first; two while one replaces the other; none takes them away'),
    poll: z.array(secret).max(1).optional().describe('The key with which the source is polled; none takes it away'),
    notify: z
      .array(secret)
      .max(MOST_SECRETS)
      .optional()
      .describe('What its webhooks are signed with, the newest first; each of two signs, while one replaces the other'),
    mail: z
      .array(z.email().max(254))
      .max(MOST_ADDRESSES)
      .refine(
        (all) => new Set(all.map((one) => one.toLowerCase())).size === all.length,
        'an address stands there twice',
      )
      .optional()
      .describe('The addresses that its letters go to. They are kept sealed, like the secrets'),
  })
  .describe('What is left out stays as it is');

const counts = z
  .object({ webhook: z.int(), poll: z.int(), notify: z.int(), mail: z.int() })
  .describe('How many secrets there are now; they themselves are never given back');

/** The secrets of sources, which can be put and never read. */
export const sourceSecretOperations: readonly Operation[] = [
  operation({
    method: 'put',
    path: '/v1/sources/{id}/secrets',
    id: 'putSourceSecrets',
    tag: 'Sources',
    summary: 'Put the secrets of a source in place, and the addresses of its people',
    access: { roles: ['admin'], sources: false },
    params: z.object({ id: z.string() }),
    body: secretsBody,
    answers: {
      200: { description: 'In place', schema: counts },
      404: problemAnswer('No such source'),
      422: problemAnswer('Not secrets'),
    },
    handle: put,
  }),
];

async function put(call: Call<{ id: string }, undefined, z.output<typeof secretsBody>>): Promise<Reply> {
  const { deps, caller, params, body } = call;
  if (caller.sources && !caller.sources.includes(params.id))
    throw new Problem('not-allowed', 'this source is not yours to change');
  const profile = await findSource(deps.store, params.id);
  if (!profile) throw new Problem('not-found', 'there is no such source');
  requireForm('webhook', profile.webhook?.kind === 'standard' ? (body.webhook ?? []) : []);
  requireForm('notify', body.notify ?? []);
  const by = { actor: caller.id, at: deps.now().toISOString() };
  for (const purpose of ['webhook', 'poll', 'notify', 'mail'] as const) {
    const secrets = body[purpose];
    if (secrets) await putSecrets(deps.store, profile.id, purpose, secrets, by);
  }
  return { status: 200, body: await countSecrets(deps.store, profile.id) };
}

/** @throws Problem for a secret that nobody could sign with, naming its place and never the secret */
function requireForm(purpose: 'webhook' | 'notify', secrets: readonly string[]): void {
  const errors = secrets.flatMap((text, index) =>
    isStandardSecret(text)
      ? []
      : [{ pointer: `/${purpose}/${String(index)}`, detail: 'is not whsec_ and 24 to 64 bytes in base64' }],
  );
  if (errors.length > 0) throw new Problem('invalid-profile', 'the secrets do not have the expected form', { errors });
}
