import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer, json } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { createNoticeBox, type KeptNotice, type NoticeBox } from './notices.ts';
import { createOrderList, type OrderList } from './order-list.ts';
import { type Switches, switchesSchema, WELL_BEHAVED } from './switches.ts';

/** How to run the reference integration. */
export interface ReferenceIntegrationOptions {
  readonly apiKey: string;
  /** What notices to it are signed with: `whsec_…`; without it takes none. */
  readonly notifySecret?: string;
  /** 0 for any free port. */
  readonly port?: number;
  readonly host?: string;
}

/** A running reference integration. */
export interface ReferenceIntegration {
  /** Without a slash at the end. */
  readonly url: string;
  /** Orders that were ever put on the list. */
  readonly count: () => number;
  /** Requests for pages since the start. */
  readonly asked: () => number;
  /** What it was told, oldest first. */
  readonly notices: () => readonly KeptNotice[];
  readonly close: () => Promise<void>;
}

const MOST_ORDERS = 100;
const CLOSE_WITHIN_MS = 2000;

/** What an operation answers. */
interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Starts a small integration that has orders to be polled, as shops and marketplaces have them:
 *
 * - `GET /orders?cursor=&limit=` with `Authorization: Bearer <key>`: `{ "orders": […], "next": "<cursor>" | null }`, in the
 *   order in which they came. Null: nothing comes behind for now; ask with the same cursor later.
 * - `POST /notices`: what becomes of its orders, as Standard Webhooks; a message that is not signed is refused.
 * - `GET /admin/notices` lists these, `POST /admin/orders` puts a list of orders at the end, `PATCH /admin/switches` makes it misbehave, `DELETE
 *   /admin/orders` and `/admin/switches` put things back. `GET /health` is open.
 */
export async function startReferenceIntegration(options: ReferenceIntegrationOptions): Promise<ReferenceIntegration> {
  const { apiKey, notifySecret, port = 0, host = '127.0.0.1' } = options;
  const box = notifySecret === undefined ? null : createNoticeBox(notifySecret);
  const desk = createDesk(createOrderList(), box);
  const server = createServer((request, response) => void serve(desk, apiKey, request, response));
  server.listen(port, host);
  await once(server, 'listening');
  const url = `http://${host}:${String((server.address() as AddressInfo).port)}`;
  const notices = (): readonly KeptNotice[] => box?.list() ?? [];
  return { url, count: desk.list.count, asked: desk.asked, notices, close: () => close(server) };
}

/** What the integration knows while it runs. */
interface Desk {
  readonly list: OrderList;
  readonly box: NoticeBox | null;
  readonly asked: () => number;
  readonly noteAsked: () => void;
  readonly switches: () => Switches;
  readonly setSwitches: (change: Partial<Switches>) => Switches;
}

function createDesk(list: OrderList, box: NoticeBox | null): Desk {
  let switches = WELL_BEHAVED;
  let asked = 0;
  return {
    list,
    box,
    asked: () => asked,
    noteAsked: () => {
      asked += 1;
    },
    switches: () => switches,
    setSwitches: (change) => (switches = { ...switches, ...change }),
  };
}

async function serve(desk: Desk, apiKey: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://integration');
  const route = `${request.method ?? ''} ${url.pathname}`;
  if (route === 'GET /health') send(response, { status: 200, body: { status: 'ok' } });
  else if (route === 'POST /notices') send(response, await takeNotice(desk, request));
  else if (!hasKey(request, apiKey)) send(response, { status: 401, body: { error: 'the key is missing or wrong' } });
  else if (route === 'GET /orders') await answerPage(desk, url.searchParams, response);
  else send(response, await answerAdmin(desk, route, request));
}

const LARGEST_NOTICE = 1 << 20;

/** Whoever signs needs no key. */
async function takeNotice({ box, switches }: Desk, request: IncomingMessage): Promise<Answer> {
  const { noticeStatus } = switches();
  if (noticeStatus !== null) return { status: noticeStatus, body: { error: 'told to fail' } };
  if (!box) return { status: 404, body: { error: 'nobody is told here' } };
  if (Number(request.headers['content-length'] ?? Infinity) > LARGEST_NOTICE)
    return { status: 413, body: { error: 'this is no notice' } };
  const body = await buffer(request);
  const said = (name: string): string => String(request.headers[name] ?? '');
  const posted = { id: said('webhook-id'), timestamp: said('webhook-timestamp'), signature: said('webhook-signature') };
  return box.take({ ...posted, body }) ? { status: 204, body: null } : { status: 401, body: { error: 'not signed' } };
}

async function answerPage(desk: Desk, query: URLSearchParams, response: ServerResponse): Promise<void> {
  desk.noteAsked();
  const fate = draw(desk);
  if (fate.latencyMs > 0) await delay(fate.latencyMs);
  if (fate.absent) {
    response.destroy();
    return;
  }
  if (fate.status !== null) {
    const wait = fate.retryAfterSeconds === null ? {} : { 'Retry-After': String(fate.retryAfterSeconds) };
    send(response, { status: fate.status, body: { error: 'told to fail' }, headers: wait });
    return;
  }
  const page = desk.list.page(fate.repeated ? null : query.get('cursor'), readLimit(query));
  if (!page) send(response, { status: 400, body: { error: 'this is no cursor of ours' } });
  else if (fate.broken) sendText(response, 200, JSON.stringify(page).slice(0, -10));
  else send(response, { status: 200, body: page });
}

/** What happens to a request for a page that has just come in. */
function draw(desk: Desk): Switches {
  const { times, ...switches } = desk.switches();
  if (times === 0) return WELL_BEHAVED;
  if (times !== null) desk.setSwitches({ times: times - 1 });
  return { ...switches, times };
}

function readLimit(query: URLSearchParams): number {
  const limit = Number(query.get('limit') ?? MOST_ORDERS);
  return Number.isInteger(limit) && limit > 0 ? Math.min(limit, MOST_ORDERS) : MOST_ORDERS;
}

async function answerAdmin({ list, box, setSwitches }: Desk, route: string, request: IncomingMessage): Promise<Answer> {
  switch (route) {
    case 'POST /admin/orders': {
      const orders = z.array(z.looseObject({})).safeParse(await json(request).catch(() => undefined));
      if (!orders.success) return { status: 400, body: { error: 'send a list of orders' } };
      return { status: 200, body: { count: list.add(orders.data) } };
    }
    case 'GET /admin/notices':
      return { status: 200, body: { notices: box?.list() ?? [] } };
    case 'DELETE /admin/orders':
      list.clear();
      return { status: 200, body: { count: 0 } };
    case 'PATCH /admin/switches': {
      const change = switchesSchema.safeParse(await json(request).catch(() => undefined));
      if (!change.success) return { status: 400, body: { error: 'there are no such switches' } };
      return { status: 200, body: setSwitches(change.data as Partial<Switches>) };
    }
    case 'DELETE /admin/switches':
      return { status: 200, body: setSwitches(WELL_BEHAVED) };
    default:
      return { status: 404, body: { error: 'there is nothing here' } };
  }
}

function hasKey(request: IncomingMessage, apiKey: string): boolean {
  // Digests are equally long, so that comparing them takes equally long.
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(request.headers.authorization ?? ''), digest(`Bearer ${apiKey}`));
}

function send(response: ServerResponse, { status, body, headers = {} }: Answer): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  sendText(response, status, body === null ? '' : JSON.stringify(body));
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(text);
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  const impatience = setTimeout(() => server.closeAllConnections(), CLOSE_WITHIN_MS);
  server.closeIdleConnections();
  await closed;
  clearTimeout(impatience);
}
