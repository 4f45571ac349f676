import { randomUUID } from 'node:crypto';
import { isSameSecret } from '../../exchange/signatures.ts';
import { isSameCredential, readCxmlCredentials } from '../../orders/formats/cxml-header.ts';
import { type CxmlStatusCode, writeCxmlResponse } from '../../orders/formats/cxml-response.ts';
import type { WebhookProfile } from '../../orders/webhook-profile.ts';
import type { Reply } from '../operation.ts';
import { Problem, PROBLEMS } from '../problem.ts';
import type { Push, Verdict } from './verdict.ts';

/** What stands behind the @ of our own messages' names. */
const US = 'order-staging';

/**
 * Judges a cXML message: it is not signed, its sender shows a secret that both sides know. Who buys and whom the message is
 * for is read with the order.
 * @see http://cxml.org cXML User's Guide, "Header"
 */
export function judgeCxml(profile: Extract<WebhookProfile, { kind: 'cxml' }>, { body, secrets }: Push): Verdict {
  const envelope = readCxmlCredentials(body);
  if (!envelope?.sender) return { kind: 'forged', why: 'no cXML, or without a sender' };
  const { sharedSecret, ...sender } = envelope.sender;
  const fits = secrets.map((secret) => isSameSecret(secret, sharedSecret ?? ''));
  if (!fits.includes(true) || !isSameCredential(sender, profile.sender))
    return { kind: 'forged', why: 'another sender, or another secret' };
  const { payloadId } = envelope;
  if (payloadId === '' || payloadId.length > 500) return { kind: 'incomplete', why: 'without a payloadID' };
  return { kind: 'order', messageIds: [`cxml ${payloadId}`] };
}

/**
 * The answer to a cXML sender. It comes with HTTP status 200, whatever it says, but for 500: after an HTTP status of 5xx
 * senders send again, and 4xx they take as final.
 */
export function answerCxml(code: CxmlStatusCode, message: string, now: Date): Reply {
  const payloadId = `${randomUUID()}@${US}`;
  const body = writeCxmlResponse({ code, message, payloadId, at: now });
  return { status: code === 500 ? 503 : 200, contentType: 'text/xml', body };
}

/** A problem, as a cXML sender is told of it. @throws the error, if it is none. */
export function answerCxmlProblem(error: unknown, now: Date): Reply {
  if (!(error instanceof Problem)) throw error;
  const { status } = PROBLEMS[error.kind];
  if (status === 401) return answerCxml(401, error.message, now);
  return answerCxml(status === 429 || status >= 500 ? 500 : 400, error.message, now);
}
