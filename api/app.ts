import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import helmet from 'helmet';
import { BackOfficeRefused, BackOfficeUnavailable } from '../backoffice/port.ts';
import { Damaged, FAULT_WORDS, findDatabaseFault } from '../db/faults.ts';
import { Erased } from '../db/seal.ts';
import { maskCardNumbers, maskJson } from '../orders/cards.ts';
import { scanJson } from '../orders/formats/json-reader.ts';
import type { Deps } from './deps.ts';
import { describeApi } from './openapi.ts';
import type { Call, Operation, Reply } from './operation.ts';
import { authenticate, type Caller } from './principal.ts';
import { Problem, type ProblemName, PROBLEMS, toErrors, toProblemBody } from './problem.ts';
import { createDocsOperations } from './routes/docs.ts';
import { documentOperations } from './routes/documents.ts';
import { ediOperations } from './routes/edi.ts';
import { healthOperations } from './routes/health.ts';
import { incidentOperations } from './routes/incidents.ts';
import { lookupOperations } from './routes/lookups.ts';
import { serveManualEntry } from './routes/manual-entry.ts';
import { placeOperations } from './routes/order-places.ts';
import { verdictOperations } from './routes/order-verdict.ts';
import { verdictAgainOperations } from './routes/verdict-again.ts';
import { privacyOperations } from './routes/privacy.ts';
import { orderOperations } from './routes/orders.ts';
import { reviewOperations } from './routes/reviews.ts';
import { ruleFileOperations } from './routes/rule-files.ts';
import { ruleOperations } from './routes/rules.ts';
import { noticeOperations } from './routes/notices.ts';
import { simulationOperations } from './routes/simulations.ts';
import { sourceOperations } from './routes/sources.ts';
import { sourceSecretOperations } from './routes/source-secrets.ts';
import { submissionOperations } from './routes/submissions.ts';
import { webhookOperations } from './routes/webhooks.ts';

/** Bodies other than order documents are small. */
const SMALL_BODY = 256 * 1024;

/** Nothing is loaded from elsewhere, and nobody frames us. */
const CONTENT_SECURITY_POLICY = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'"],
    connectSrc: ["'self'"],
    formAction: ["'self'"],
    baseUri: ["'none'"],
    frameAncestors: ["'none'"],
  },
};

/** Every operation that is served; the API's document is made from the same list. */
const OPERATIONS: readonly Operation[] = [
  ...submissionOperations,
  ...webhookOperations,
  ...orderOperations,
  ...placeOperations,
  ...verdictOperations,
  ...verdictAgainOperations,
  ...reviewOperations,
  ...incidentOperations,
  ...documentOperations,
  ...ediOperations,
  ...sourceOperations,
  ...sourceSecretOperations,
  // Before those of one rule, whose code could be any word.
  ...ruleFileOperations,
  ...ruleOperations,
  ...noticeOperations,
  ...simulationOperations,
  ...lookupOperations,
  ...privacyOperations,
  ...healthOperations,
];

/** The gateway: authenticates, checks what it is given, keeps what it takes, and hands the rest on. */
export function buildApp(deps: Deps): Express {
  const app = express();
  app.set('etag', false);
  app.use(helmet({ contentSecurityPolicy: CONTENT_SECURITY_POLICY }), identify(deps));
  const served = [...OPERATIONS, ...createDocsOperations(OPERATIONS, describeApi)];
  for (const operation of served) {
    app[operation.method](
      toExpressPath(operation.path),
      authenticate(deps, operation.access),
      readBody(deps, operation),
      run(deps, operation),
    );
  }
  serveManualEntry(app);
  refuseOtherMethods(app, served);
  app.use(() => {
    throw new Problem('not-found', 'nothing is served at this path; see /docs');
  });
  app.use(answerProblem(deps));
  return app;
}

function toExpressPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}

/** Gives each request its id, and writes one line about it: the route, never the query, which may name someone. */
function identify({ log }: Deps): RequestHandler {
  return (request, response, next) => {
    const sent = request.get('X-Request-Id') ?? '';
    const isUsable = /^[\w.:-]{1,100}$/.test(sent) && maskCardNumbers(sent).found === 0;
    const requestId = isUsable ? sent : randomUUID();
    response.locals['requestId'] = requestId;
    response.set('X-Request-Id', requestId);
    // Answers are about orders and people; pages and assets set their own.
    response.set('Cache-Control', 'no-store');
    const began = performance.now();
    response.on('finish', () => {
      const route = (request.route as { path?: string } | undefined)?.path ?? null;
      const ms = Math.round(performance.now() - began);
      const caller = (response.locals['caller'] as Caller | undefined)?.id ?? null;
      // Probes come every few seconds.
      log[request.path.endsWith('z') ? 'debug' : 'info'](
        { requestId, method: request.method, route, status: response.statusCode, ms, caller },
        'answered',
      );
    });
    next();
  };
}

/** Reads the body whole, after it is known who sends it. */
function readBody({ settings }: Deps, { body, bodyLimit }: Operation): RequestHandler {
  if (body === undefined) return (_request, _response, next) => next();
  const largest = body === 'document' ? settings.bodyLimitBytes : SMALL_BODY;
  const limit = body === 'document' ? Math.min(largest, bodyLimit ?? largest) : (bodyLimit ?? largest);
  return express.raw({ type: () => true, limit });
}

function run(deps: Deps, operation: Operation): RequestHandler {
  return async (request, response) => {
    const call = {
      deps,
      request,
      caller: response.locals['caller'] as Caller,
      params: request.params,
      query: checkQuery(operation, request),
      body: checkBody(operation, request),
    };
    await send(response, await operation.handle(call as unknown as Call<never, never, never>));
  };
}

function checkQuery({ query }: Operation, request: Request): unknown {
  return query ? check(query, request.query, 'query') : undefined;
}

function checkBody({ body }: Operation, request: Request): unknown {
  if (body === undefined) return undefined;
  const bytes: unknown = request.body;
  // Without a body the parser leaves nothing.
  const raw = Buffer.isBuffer(bytes) ? bytes : Buffer.alloc(0);
  request.body = raw;
  return body === 'document' ? raw : check(body, raw.length === 0 ? undefined : parseJson(raw), 'body');
}

/** @throws Problem saying what is wrong where, also of what is nested so deep that it could not be written again. */
function parseJson(bytes: Buffer): unknown {
  const { fault } = scanJson(bytes);
  if (!fault) return JSON.parse(new TextDecoder().decode(bytes));
  const { line, column } = fault.place;
  const where = `line ${String(line)}, column ${String(column)}`;
  throw new Problem('invalid-request', `the body cannot be read as JSON at ${where}: ${fault.message}`);
}

/** @throws Problem naming the members that do not fit, never quoting them. */
function check(
  schema: NonNullable<Operation['query']> | Exclude<Operation['body'], 'document' | undefined>,
  value: unknown,
  what: string,
): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new Problem('invalid-request', `the ${what} does not have the expected form`, {
    errors: toErrors(result.error),
  });
}

async function send(response: Response, { status, body, contentType, headers = {} }: Reply): Promise<void> {
  response.status(status).set(headers);
  if (body instanceof Readable) await pipeline(body, response.type(contentType ?? 'application/json'));
  else if (body === undefined) response.end();
  else if (contentType === undefined) response.json(body);
  else response.type(contentType).send(body);
}

function refuseOtherMethods(app: Express, operations: readonly Operation[]): void {
  const byPath = Map.groupBy(operations, ({ path }) => path);
  for (const [path, there] of byPath) {
    const offered = there.flatMap(({ method }) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]));
    const Allow = [...offered, 'OPTIONS'].join(', ');
    app.all(toExpressPath(path), (request, response) => {
      if (request.method !== 'OPTIONS')
        throw new Problem('method-not-allowed', `this path takes ${Allow}`, {}, { Allow });
      response.status(204).set({ Allow }).end();
    });
  }
}

/** What callers are not to blame for, and what somebody must look after. */
const LOGGED: readonly ProblemName[] = ['internal-error', 'content-damaged', 'store-unavailable'];

/** Every failure ends here as problem+json. What nobody foresaw is logged by its id, and its words stay inside. */
function answerProblem({ log }: Deps): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    const requestId = String(response.locals['requestId']);
    const problem = toProblem(error, request);
    if (LOGGED.includes(problem.kind)) log.error({ requestId, err: error }, `a request failed: ${problem.kind}`);
    if (response.headersSent) {
      next(error);
      return;
    }
    const { status } = PROBLEMS[problem.kind];
    response
      .status(status)
      .set(problem.headers)
      .type('application/problem+json')
      .send(printProblem(problem, requestId));
  };
}

/** Names and values that a caller got wrong may come back to it, but no card number that stands in them. */
function printProblem(problem: Problem, requestId: string): Buffer {
  const text = JSON.stringify(toProblemBody(problem, requestId));
  return Buffer.from(maskJson(Buffer.from(text), { cardNumbers: 'mask' }).bytes);
}

/** A lock is gone within seconds; what an operator must mend takes longer, and asking costs nothing. */
const STORE_WAIT = { 'Retry-After': '10' };

/** @see RFC 9110 section 12.5.3 */
const UNPACKED = { 'Accept-Encoding': 'gzip, deflate, br' };

function toProblem(error: unknown, request: Request): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof Erased) return new Problem('erased', 'the content was erased and cannot be read again');
  if (error instanceof Damaged) return new Problem('content-damaged', `${error.message}; an operator must restore it`);
  const fault = findDatabaseFault(error);
  if (fault === 'damaged') return new Problem('content-damaged', `${FAULT_WORDS.damaged}; an operator must restore it`);
  if (fault !== undefined) {
    const detail = `${FAULT_WORDS[fault]}: nothing of this request was kept; try again later`;
    return new Problem('store-unavailable', detail, {}, STORE_WAIT);
  }
  if (error instanceof BackOfficeUnavailable) {
    const wait = { 'Retry-After': String(error.retryAfterSeconds ?? 30) };
    return new Problem('back-office-unavailable', 'the back office does not answer; try again later', {}, wait);
  }
  if (error instanceof BackOfficeRefused)
    return new Problem('invalid-request', 'the back office does not take this question');
  // Express and its body parser give their errors the status they stand for.
  const { status, limit } = error as { status?: unknown; limit?: unknown };
  if (status === 413) return tooLarge(Number(limit));
  if (status === 415)
    return new Problem(
      'unsupported-format',
      'this Content-Encoding is not taken; send gzip, deflate, br or none',
      {},
      UNPACKED,
    );
  if (typeof status === 'number' && status >= 400 && status < 500)
    return new Problem(
      'invalid-request',
      request.get('Content-Encoding') === undefined
        ? 'the request cannot be read'
        : 'the body cannot be unpacked: it is not what Content-Encoding says, or was cut off',
    );
  return new Problem('internal-error', 'the request failed; quote its id if you ask about it');
}

function tooLarge(limit: number): Problem {
  return new Problem('too-large', `the body is larger than the ${String(limit)} bytes that are taken here`);
}
