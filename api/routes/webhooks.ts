import { z } from 'zod';
import { getDocument } from '../../db/documents.ts';
import { readSecrets } from '../../db/source-secrets.ts';
import { findSource } from '../../db/sources.ts';
import { maskCardNumbers } from '../../orders/cards.ts';
import type { Finding } from '../../orders/finding.ts';
import type { SourceProfile } from '../../orders/source.ts';
import type { WebhookProfile } from '../../orders/webhook-profile.ts';
import type { Deps } from '../deps.ts';
import { startDocument, startOrder } from '../engine.ts';
import { type Delivery, inspectDocument, keepDocument, readDocumentOrders, readFirstOrder } from '../intake.ts';
import { type Call, operation, type Reply } from '../operation.ts';
import { toCaller } from '../principal.ts';
import { Problem } from '../problem.ts';
import { problemAnswer } from '../views.ts';
import { createPace } from '../webhooks/pace.ts';
import { answerCxml, answerCxmlProblem, judgeCxml } from '../webhooks/cxml.ts';
import { judgePush, type Push, type Verdict } from '../webhooks/verdict.ts';

/** One order with thousands of lines is smaller. */
const LARGEST_MESSAGE = 5 * 1024 * 1024;

const pace = createPace();

const pushed = z.object({
  documentId: z.string().optional().describe('Left out where nothing was kept'),
  state: z.enum(['taken', 'refused', 'passed_over']),
  orders: z.array(z.object({ orderId: z.string() })).describe('Empty until a document of many orders is split'),
  findings: z.array(z.unknown()).optional().describe('Why the document was refused'),
});

/** What integrations push. */
export const webhookOperations = [
  operation({
    method: 'post',
    path: '/v1/webhooks/{source}',
    id: 'receiveWebhook',
    tag: 'Webhooks',
    summary: "An integration's push, signed as the source's profile says",
    description:
      'Signed are the raw bytes. Answered as soon as the document is kept, and alike however often it comes. What is ' +
      'genuine and kept is a success, also a document that cannot be read: sending it again would change nothing.',
    access: 'signed',
    params: z.object({ source: z.string() }),
    headers: [
      { name: 'webhook-id', description: 'Standard Webhooks: names the message' },
      { name: 'webhook-timestamp', description: 'Standard Webhooks: seconds since 1970, within five minutes' },
      { name: 'webhook-signature', description: 'Standard Webhooks: `v1,…`, several separated by spaces' },
      { name: 'X-Shopify-Hmac-Sha256', description: 'Shopify, with Topic, Shop-Domain, API-Version and Webhook-Id' },
      { name: 'X-WC-Webhook-Signature', description: 'WooCommerce, with Topic' },
    ],
    body: 'document',
    bodyLimit: LARGEST_MESSAGE,
    answers: {
      200: { description: 'Kept, known, or nothing to keep', schema: pushed },
      401: problemAnswer('Not signed as agreed. Nothing was kept'),
      413: problemAnswer('Too large'),
      429: problemAnswer('Too many in a minute; see Retry-After'),
      503: problemAnswer('Nothing can be kept at the moment; send it again'),
    },
    handle: receive,
  }),
];

async function receive({ deps, request, params, body }: Call<{ source: string }, undefined, Buffer>): Promise<Reply> {
  const profile = await findSource(deps.store, params.source);
  const { webhook } = profile ?? {};
  if (!profile || !webhook) return refuse(deps, params.source, 'no source that pushes');
  const secrets = await readSecrets(deps.store, profile.id, 'webhook');
  const push = { body, header: (name: string) => request.get(name), secrets, now: deps.now() };
  return takePush(deps, profile, webhook, push);
}

async function takePush(deps: Deps, profile: SourceProfile, webhook: WebhookProfile, push: Push): Promise<Reply> {
  const isCxml = webhook.kind === 'cxml';
  const verdict = isCxml ? judgeCxml(webhook, push) : judgePush(webhook, push);
  if (!isCxml) return settle(deps, profile, webhook, push, verdict);
  try {
    return answerTaken(await settle(deps, profile, webhook, push, verdict), push.now);
  } catch (error) {
    return answerCxmlProblem(error, push.now);
  }
}

async function settle(
  deps: Deps,
  profile: SourceProfile,
  webhook: WebhookProfile,
  push: Push,
  verdict: Verdict,
): Promise<Reply> {
  if (verdict.kind === 'forged') return refuse(deps, profile.id, verdict.why);
  keepPace(profile.id, webhook, push.now);
  if (verdict.kind === 'order') return take(deps, profile, push, verdict);
  deps.log.info({ source: profile.id, why: verdict.why }, `a webhook was ${verdict.kind}`);
  if (verdict.kind === 'incomplete') throw new Problem('invalid-request', `the message is ${verdict.why}`);
  return { status: 200, body: { state: 'passed_over', orders: [] } };
}

/** Findings told in an answer that is one sentence. */
const MOST_TOLD = 3;

/** A cXML sender learns at once what is wrong with its order; the order is kept, and rejected with the same findings. */
function answerTaken(reply: Reply, now: Date): Reply {
  const { documentId, findings = [] } = reply.body as { documentId?: string; findings?: readonly Finding[] };
  const told = findings.filter(({ disposition }) => disposition === 'reject').map(({ message }) => message);
  if (told.length > 0) return answerCxml(400, told.slice(0, MOST_TOLD).join(' '), now);
  return answerCxml(200, `kept as document ${documentId ?? ''}`, now);
}

const refused = new Map<string, number>();

/**
 * Nothing of a forged message is kept, and its sender is not told what is wrong with it; an operator finds it in the log.
 * @throws Problem always
 */
function refuse(deps: Deps, source: string, why: string): never {
  // What stands for a source in the path of a forged message may be anything.
  const named = /^[a-z0-9-]{1,60}$/.test(source) && maskCardNumbers(source).found === 0 ? source : 'no source';
  const count = (refused.get(named) ?? 0) + 1;
  if (refused.size < 1000) refused.set(named, count);
  deps.log.warn({ source: named, why, refusedSinceStart: count }, 'a webhook was refused');
  const headers = { 'WWW-Authenticate': 'Signature realm="order-staging"' };
  throw new Problem('not-authenticated', 'the message is not signed as agreed', {}, headers);
}

/** @throws Problem if the source sends more than its profile lets it */
function keepPace(source: string, { perMinute }: WebhookProfile, now: Date): void {
  const seconds = pace.wait(source, perMinute, now);
  if (seconds === 0) return;
  const headers = { 'Retry-After': String(seconds) };
  throw new Problem('too-many', `source "${source}" may send ${String(perMinute)} messages a minute`, {}, headers);
}

/** Keeps the document and answers; its workflow is started meanwhile, or by the reconciler if Temporal is away. */
async function take(
  deps: Deps,
  profile: SourceProfile,
  { body, header }: Push,
  { messageIds }: Extract<Verdict, { kind: 'order' }>,
): Promise<Reply> {
  if (!profile.active)
    throw new Problem('source-inactive', `source "${profile.id}" is switched off; ask its administrator`);
  const delivery = {
    deps,
    caller: toCaller(profile),
    body,
    contentType: header('Content-Type'),
    idempotencyKey: null,
    messageIds,
  };
  try {
    return await keep(delivery, profile);
  } catch (error) {
    if (!(error instanceof Problem) || error.extras.documentId === undefined) throw error;
    const { documentId, findings = [] } = error.extras;
    return { status: 200, body: { documentId, state: 'refused', orders: [], findings } };
  }
}

async function keep(delivery: Delivery, profile: SourceProfile): Promise<Reply> {
  const { deps } = delivery;
  const visitor = await inspectDocument(delivery, profile);
  const { documentId } = await keepDocument(delivery, visitor);
  const rows = await readDocumentOrders(deps, documentId);
  const document = await getDocument(deps.store, documentId);
  if (document.state === 'received') void startDocument(deps, document);
  for (const row of rows) if (row.automatic_done_at === null) void startOrder(deps, row);
  const orders = rows.map(({ id }) => ({ orderId: id }));
  const isToldAtOnce = profile.webhook?.kind === 'cxml';
  const findings = isToldAtOnce ? { findings: (await readFirstOrder(visitor))?.findings ?? [] } : {};
  return { status: 200, body: { documentId, state: 'taken', orders, ...findings } };
}
