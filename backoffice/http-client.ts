import type { z } from 'zod';
import { readRetryAfter } from '../exchange/retry-after.ts';
import type { LineFulfilment } from '../orders/fulfilment.ts';
import type { Order } from '../orders/order.ts';
import {
  backordersAnswer,
  cancelAnswer,
  customersAnswer,
  factsAnswer,
  healthAnswer,
  problemAnswer,
  productsAnswer,
  reserveAnswer,
  statusAnswer,
  submitAnswer,
} from './answers.ts';
import {
  type BackOffice,
  type BackOfficeLookups,
  BackOfficeRefused,
  BackOfficeUnavailable,
  type ReserveRequest,
  type SubmissionKey,
  type SubmitResult,
} from './port.ts';

/** Where the back office is and how long it may take. */
export interface BackOfficeClientOptions {
  /** With or without a path and a slash at the end, e.g. `http://127.0.0.1:3100`. */
  readonly baseUrl: string;
  readonly apiKey: string;
  /** Milliseconds from sending a call to having read its answer. */
  readonly timeoutMs: number;
}

/**
 * The systems of record over HTTP, as `openapi.json` describes them.
 *
 * An answer that does not have the shape of the document counts as none: nothing is decided on it. Errors name the call,
 * the status and the problem's code, and never quote what was sent or answered.
 */
export function createBackOfficeClient(options: BackOfficeClientOptions): BackOffice & BackOfficeLookups {
  const call = (request: Call) => send(options, request);
  const produce = async (request: Call & { readonly name: 'submit' | 'amend' }) =>
    readSubmitResult(request.name, await call(request));
  return {
    getFacts: async (orderId, order) => {
      const skus = [...new Set(order.lines.map((line) => line.sku))];
      const body = { orderId, customerId: order.customerId, skus };
      return readAnswer(await call({ name: 'getFacts', method: 'POST', path: 'facts', body }), factsAnswer);
    },
    reserve: async ({ orderId, revision, ...body }) => {
      const path = pathOf('reservations', { orderId, revision });
      const result = readAnswer(await call({ name: 'reserve', method: 'PUT', path, body }), reserveAnswer);
      if (!result.reserved || areOf(result.lines, body.lines)) return result;
      throw new BackOfficeUnavailable('reserve', 'the answer is not about these lines', GARBLED);
    },
    release: async (orderId, revision) => {
      const path = pathOf('reservations', { orderId, revision });
      requireSuccess(await call({ name: 'release', method: 'DELETE', path }));
    },
    submit: (key, order) =>
      produce({ name: 'submit', method: 'POST', path: 'submissions', key, body: toSubmission(order) }),
    amend: (key, order, { partial, warehouses, allow }) => {
      const body = { ...toSubmission(order), partial, warehouses, allow };
      return produce({ name: 'amend', method: 'PUT', path: pathOf('submissions', key), key, body });
    },
    takeBackorders: async (key) => {
      const reply = await call({ name: 'takeBackorders', method: 'POST', path: pathOf('backorders', key) });
      return readAnswer(reply, backordersAnswer).lines;
    },
    status: async (key) =>
      readAnswer(await call({ name: 'status', method: 'GET', path: pathOf('submissions', key) }), statusAnswer),
    cancel: async (key) => {
      const reply = await call({ name: 'cancel', method: 'DELETE', path: pathOf('submissions', key) });
      return readAnswer(reply, cancelAnswer).outcome;
    },
    ping: async () => {
      readAnswer(await call({ name: 'ping', method: 'GET', path: 'health' }), healthAnswer);
    },
    searchCustomers: async (query, limit = 20) => {
      const path = `customers?${searchOf(query, limit)}`;
      return readAnswer(await call({ name: 'searchCustomers', method: 'GET', path }), customersAnswer).customers;
    },
    searchProducts: async (query, limit = 20) => {
      const path = `products?${searchOf(query, limit)}`;
      return readAnswer(await call({ name: 'searchProducts', method: 'GET', path }), productsAnswer).products;
    },
  };
}

interface Call {
  readonly name: keyof BackOffice | keyof BackOfficeLookups;
  readonly method: string;
  /** Relative to the base URL. */
  readonly path: string;
  readonly key?: SubmissionKey;
  readonly body?: object;
}

const GARBLED = { isGarbled: true };

interface Reply {
  readonly name: string;
  readonly status: number;
  /** The parsed JSON, or undefined where there is none. */
  readonly body: unknown;
}

/** @throws BackOfficeUnavailable if no answer came, or one that says to try again later. */
async function send(options: BackOfficeClientOptions, call: Call): Promise<Reply> {
  try {
    const response = await fetch(`${options.baseUrl.replace(/\/+$/, '')}/${call.path}`, {
      method: call.method,
      headers: headersOf(options.apiKey, call),
      body: call.body === undefined ? null : JSON.stringify(call.body),
      // A back office that sends us elsewhere would send the key along.
      redirect: 'error',
      signal: AbortSignal.timeout(options.timeoutMs),
    });
    // The time limit holds for the body too, so it is read here.
    const text = await response.text();
    if (isWorthTryingAgain(response.status)) {
      throw new BackOfficeUnavailable(call.name, `status ${String(response.status)}`, {
        ...readRetryAfter(response.headers.get('Retry-After'), new Date()),
        isGarbled: response.status >= 500 && !AWAY.includes(response.status),
      });
    }
    return { name: call.name, status: response.status, body: parseJson(text) };
  } catch (error) {
    if (error instanceof BackOfficeUnavailable) throw error;
    const waited = (error as Error).name === 'TimeoutError' ? { waitedMs: options.timeoutMs } : {};
    throw new BackOfficeUnavailable(call.name, describeFailure(error, options.timeoutMs), waited);
  }
}

function headersOf(apiKey: string, call: Call): Record<string, string> {
  return {
    Accept: 'application/json, application/problem+json',
    Authorization: `Bearer ${apiKey}`,
    ...(call.body === undefined ? {} : { 'Content-Type': 'application/json' }),
    ...(call.key === undefined ? {} : { 'Idempotency-Key': `${call.key.orderId}:${String(call.key.revision)}` }),
  };
}

/** Statuses of 500 and more by which the other side, or who stands before it, says that it cannot serve anybody now. */
const AWAY: readonly number[] = [502, 503, 504];

/** 408 and 425 are 4xx, and yet say that the same request may do better later (RFC 9110 15.5.9, RFC 8470 5.2). */
function isWorthTryingAgain(status: number): boolean {
  return status >= 500 || status === 429 || status === 408 || status === 425;
}

/** The kind of failure alone: an error's text may name hosts, and a body's text may name people. */
function describeFailure(error: unknown, timeoutMs: number): string {
  const { name, cause } = error as { readonly name?: unknown; readonly cause?: { readonly code?: unknown } };
  if (name === 'TimeoutError') return `no answer within ${String(timeoutMs)} ms`;
  const code = cause?.code;
  const isName = typeof code === 'string' && /^[A-Z_0-9]{1,40}$/.test(code);
  return isName ? `connection failed (${code})` : 'connection failed';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * @throws BackOfficeRefused on a 4xx
 * @throws BackOfficeUnavailable on anything else that is no success
 */
function requireSuccess(reply: Reply): void {
  if (reply.status >= 200 && reply.status < 300) return;
  if (reply.status < 400) throw new BackOfficeUnavailable(reply.name, `status ${String(reply.status)}`, GARBLED);
  const problem = problemAnswer.safeParse(reply.body);
  throw new BackOfficeRefused(reply.name, reply.status, problem.success ? problem.data.code : 'no reason given');
}

function readAnswer<Schema extends z.ZodType>(reply: Reply, schema: Schema): z.output<Schema> {
  requireSuccess(reply);
  const result = schema.safeParse(reply.body);
  if (!result.success)
    throw new BackOfficeUnavailable(reply.name, 'the answer does not have the agreed shape', GARBLED);
  return result.data;
}

/** A declined order comes as a 409 or 422 that says so: an outcome for people to read, not a fault of the call. */
function readSubmitResult(name: string, reply: Reply): SubmitResult {
  if (reply.status === 409 || reply.status === 422) {
    const declined = submitAnswer.safeParse(reply.body);
    if (declined.success && !declined.data.accepted) return declined.data;
  }
  const result = readAnswer(reply, submitAnswer);
  if (!result.accepted) throw new BackOfficeUnavailable(name, 'a success that was not accepted', GARBLED);
  return result;
}

function areOf(answered: readonly LineFulfilment[], asked: ReserveRequest['lines']): boolean {
  return answered.length === asked.length && answered.every(({ line }, index) => line === asked[index]?.line);
}

/** What production needs; who typed the order and what the sender added for itself stay here. */
function toSubmission(order: Order): object {
  const { source: _source, operatorId: _operatorId, extensions: _extensions, type: _type, ...submission } = order;
  return submission;
}

function pathOf(resource: string, key: SubmissionKey): string {
  return `${resource}/${encodeURIComponent(key.orderId)}/${String(key.revision)}`;
}

function searchOf(query: string, limit: number): string {
  return new URLSearchParams({ q: query, limit: String(limit) }).toString();
}
