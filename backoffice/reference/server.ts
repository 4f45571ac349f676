import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import express, { type ErrorRequestHandler, type Express, type RequestHandler, type Response } from 'express';
import { type Answer, refuse } from './answer.ts';
import { answerBadRequest, BadRequest, createRoutes, type Route } from './routes.ts';
import { seedIfEmpty } from './seeding.ts';
import { openStore } from './store.ts';
import { createSwitchBoard, type Fate, type SwitchBoard, type Switches } from './switches.ts';

/** How to run the reference server. */
export interface ReferenceServerOptions {
  readonly apiKey: string;
  /** The store's file; `:memory:` keeps nothing. */
  readonly databasePath: string;
  /** 0 for any free port. */
  readonly port?: number;
  readonly host?: string;
  readonly switches?: Partial<Switches>;
  /** Numbers from 0 up to 1 for the switches' rates. */
  readonly random?: () => number;
}

/** A running reference server. */
export interface ReferenceServer {
  /** Without a slash at the end. */
  readonly url: string;
  readonly routes: readonly Pick<Route, 'method' | 'path' | 'call'>[];
  readonly switches: SwitchBoard;
  /** Lets calls under way finish, for at most two seconds, and closes the store. */
  close(): Promise<void>;
}

const CLOSE_WITHIN_MS = 2000;

/** Starts the systems of record behind `openapi.json`, seeding an empty store. */
export async function startReferenceServer(options: ReferenceServerOptions): Promise<ReferenceServer> {
  const { apiKey, databasePath, port = 0, host = '127.0.0.1', random = Math.random } = options;
  const store = openStore(databasePath);
  seedIfEmpty(store);
  const switches = createSwitchBoard(options.switches ?? {}, random);
  const routes = createRoutes(store, switches);
  const server = createServer(createApp(routes, apiKey, switches));
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    store.close();
    throw error;
  }
  const close = async () => {
    await closeServer(server);
    store.close();
  };
  return { url: `http://${host}:${String((server.address() as AddressInfo).port)}`, routes, switches, close };
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  const impatience = setTimeout(() => server.closeAllConnections(), CLOSE_WITHIN_MS);
  await closed;
  clearTimeout(impatience);
}

function createApp(routes: readonly Route[], apiKey: string, switches: SwitchBoard): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  const guard = requireKey(apiKey);
  const json = express.json({ limit: '10mb' });
  for (const route of routes) {
    const path = route.path.replace(/\{(\w+)\}/g, ':$1');
    app[route.method](
      path,
      meetFate(route, switches),
      ...(route.open === true ? [] : [guard]),
      json,
      answerRoute(route, switches),
    );
  }
  app.use((_request, response) => send(response, refuse(404, 'not_found', 'There is nothing here')));
  app.use(answerError);
  return app;
}

/** Cuts the connection before key and body are looked at, if the server is to be absent; else leaves word for later. */
function meetFate(route: Route, switches: SwitchBoard): RequestHandler {
  return (request, response, next) => {
    const fate: Fate = route.call === undefined ? { delayMs: 0, outcome: 'answered' } : switches.draw(route.call);
    response.locals['fate'] = fate;
    if (fate.outcome === 'absent') request.socket.destroy();
    else next();
  };
}

function answerRoute(route: Route, switches: SwitchBoard): RequestHandler {
  return async (request, response) => {
    const { delayMs, outcome } = response.locals['fate'] as Fate;
    // The request is read by now: a caller who does not wait any longer cannot stop it, as in the systems we play.
    if (delayMs > 0) await delay(delayMs);
    if (outcome === 'error') {
      sendError(response, switches.get());
      return;
    }
    const result = route.handle(request);
    // What was done is committed by now: the answer may get lost, the deed does not.
    if (outcome === 'lost') request.socket.destroy();
    else if (outcome === 'wrong') response.json({ surprise: true });
    else send(response, result);
  };
}

function sendError(response: Response, { errorStatus, retryAfterSeconds }: Switches): void {
  if (retryAfterSeconds !== null) response.set('Retry-After', String(retryAfterSeconds));
  send(response, refuse(errorStatus, 'out_of_order', 'The server was told to fail'));
}

function requireKey(apiKey: string): RequestHandler {
  const expected = digest(`Bearer ${apiKey}`);
  return (request, response, next) => {
    // Digests are equally long, so that comparing them takes equally long.
    if (timingSafeEqual(digest(request.get('Authorization') ?? ''), expected)) {
      next();
      return;
    }
    response.set('WWW-Authenticate', 'Bearer');
    send(response, refuse(401, 'unauthorized', 'The key is missing or wrong'));
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

const answerError: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  if (response.headersSent) next(error);
  else if (error instanceof BadRequest) send(response, answerBadRequest(error));
  else if (isClientError(error)) send(response, refuse(error.status, 'bad_request', 'The request cannot be read'));
  else {
    console.error(error);
    send(response, refuse(500, 'internal_error', 'The server failed'));
  }
};

/** What express says of a body that is no JSON, too long or badly encoded. */
function isClientError(error: unknown): error is { readonly status: number } {
  return error instanceof Error && 'status' in error && typeof error.status === 'number' && error.status < 500;
}

function send(response: Response, { status, body, problem, location }: Answer): void {
  response.status(status);
  if (location !== undefined) response.location(location);
  response.type(problem === true ? 'application/problem+json' : 'application/json');
  if (body === undefined) response.end();
  else response.send(JSON.stringify(body));
}
