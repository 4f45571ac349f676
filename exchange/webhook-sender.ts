import * as http from 'node:http';
import * as https from 'node:https';
import { RequestFilteringHttpAgent, RequestFilteringHttpsAgent } from 'request-filtering-agent';
import { codeOfFailure, codeOfStatus } from './failure-codes.ts';
import { readRetryAfter } from './retry-after.ts';
import type { Sent } from './sent.ts';
import { signStandard } from './signatures.ts';

/*
 * Posts notices as Standard Webhooks. Whoever administers a source names the address, so nothing of our own network can be
 * reached by it: the addresses that a name stands for are looked at when the connection is made, and no answer sends us
 * elsewhere. Nothing of an answer is kept but its status and `Retry-After`.
 */

/** The specification's advice is 15 to 30 seconds. */
const TIMEOUT_MS = 15_000;

/** A message to post. */
export interface WebhookMessage {
  readonly url: string;
  /** `webhook-id`: the same at each attempt, by which the receiver knows what it had before. */
  readonly id: string;
  /** JSON. */
  readonly body: Uint8Array;
  /** `whsec_…`, the newest first; each signs. */
  readonly secrets: readonly string[];
  /** Also addresses of our own network; for what those who run the machine have set. */
  readonly isTrusted?: boolean;
}

export interface WebhookOptions {
  /** Messages may go to addresses of private networks and of this machine. */
  readonly allowPrivate: boolean;
  readonly timeoutMs?: number;
  readonly now?: () => Date;
}

/**
 * Makes what posts messages. Every failure is an outcome, never thrown: it is waited out.
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function createWebhookSender(options: WebhookOptions): (message: WebhookMessage) => Promise<Sent> {
  const { allowPrivate, timeoutMs = TIMEOUT_MS, now = () => new Date() } = options;
  const open = { http: new http.Agent(), https: new https.Agent() };
  const filtering = { http: new RequestFilteringHttpAgent(), https: new RequestFilteringHttpsAgent() };
  return async (message) => {
    if (message.secrets.length === 0) return { kind: 'failed', code: 'no_secret', about: 'settings' };
    const agents = allowPrivate || message.isTrusted ? open : filtering;
    try {
      const { statusCode = 0, headers } = await post(message, agents, timeoutMs, now());
      return judge(statusCode, headers['retry-after'], now());
    } catch (error) {
      return { kind: 'failed', code: codeOf(error), about: 'destination' };
    }
  };
}

interface Agents {
  readonly http: http.Agent;
  readonly https: https.Agent;
}

async function post(
  { url, id, body, secrets }: WebhookMessage,
  agents: Agents,
  timeoutMs: number,
  now: Date,
): Promise<http.IncomingMessage> {
  const timestamp = String(Math.floor(now.getTime() / 1000));
  const headers = {
    'Content-Type': 'application/json',
    'Content-Length': body.length,
    'User-Agent': 'order-staging',
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': secrets.map((secret) => signStandard(secret, id, timestamp, body)).join(' '),
  };
  const options = { method: 'POST', headers, signal: AbortSignal.timeout(timeoutMs) };
  const request = url.startsWith('https:')
    ? https.request(url, { ...options, agent: agents.https })
    : http.request(url, { ...options, agent: agents.http });
  const response = await awaitResponse(request, body);
  response.on('error', () => undefined).destroy();
  return response;
}

/** The head of the answer; what follows may be anything, and of any length. */
function awaitResponse(request: http.ClientRequest, body: Uint8Array): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.on('response', resolve).on('error', reject);
    // An answer that goes over to another protocol ends the request without a response and without an error.
    request.on('close', () => reject(new Error('closed without a response')));
    request.end(body);
  });
}

/** Statuses that are about the one message; with any other the next one would fare the same. */
const ABOUT_MESSAGE: readonly number[] = [400, 409, 413, 415, 422];

/** The codes of failures that are about the one message. */
export const REFUSALS: readonly string[] = ABOUT_MESSAGE.map(codeOfStatus);

function judge(status: number, retryAfter: string | undefined, now: Date): Sent {
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  const code = codeOfStatus(status);
  if (status === 410) return { kind: 'gone', code };
  const about = ABOUT_MESSAGE.includes(status) ? 'message' : 'destination';
  return { kind: 'failed', code, about, ...(about === 'destination' && readRetryAfter(retryAfter, now)) };
}

function codeOf(error: unknown): string {
  const { name, message } = error as Error;
  if (name === 'AbortError' || name === 'TimeoutError') return 'timeout';
  // The library has no code for it.
  if (/ is not allowed\. Because,? /.test(message)) return 'address_not_allowed';
  return codeOfFailure(error, 'unreachable');
}
