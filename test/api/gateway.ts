import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { buildApp } from '../../api/app.ts';
import type { Deps } from '../../api/deps.ts';
import { createBackOfficeClient } from '../../backoffice/http-client.ts';
import { startReferenceServer } from '../../backoffice/reference/server.ts';
import { readSettings } from '../../config.ts';
import { createKeyring } from '../../db/keyring.ts';
import { migrate } from '../../db/migrate.ts';
import { type Principal, putPrincipal } from '../../db/principals.ts';
import { seedRules } from '../../db/rules.ts';
import { hashToken, putSource } from '../../db/sources.ts';
import { closeStore, openStore } from '../../db/store.ts';
import { createLog } from '../../log.ts';
import { DEFAULT_RULES } from '../../orders/rules/default-rules.ts';
import { sourceProfileSchema } from '../../orders/source.ts';

const SOURCES = [
  { id: 'web-shop', channel: 'ecommerce' },
  { id: 'api-zapco', channel: 'api', cardNumbers: 'refuse' },
  { id: 'old-shop', channel: 'api', active: false },
  { id: 'desk', channel: 'manual' },
  {
    id: 'edi-northwind',
    channel: 'edi',
    defaults: { customerId: 'C-2001', currency: 'USD' },
    x12: { partner: { qualifier: 'ZZ', id: 'NORTHWIND' }, us: { qualifier: 'ZZ', id: 'ORDERSTAGING' } },
  },
].map((source) => sourceProfileSchema.parse(source));

const PEOPLE: readonly Principal[] = [
  { id: 'olivia', roles: ['operator'] },
  { id: 'ravi', roles: ['reviewer'] },
  { id: 'rosa', roles: ['reviewer'] },
  { id: 'sofia', roles: ['reviewer', 'supervisor'] },
  { id: 'axel', roles: ['auditor'] },
  { id: 'ada', roles: ['admin', 'operator'] },
  { id: 'walt', roles: ['operator'], sources: ['web-shop'] },
  { id: 'cora', roles: ['operator', 'reviewer'], customers: ['C-1001'] },
];

/** The key or token of somebody in these tests. */
export const tokenOf = (who: string): string => `token-of-${who}`;

/** A Temporal that never answers, as when it is down. */
const AWAY = fakeTemporal({});

/** What a fake Temporal does when it is called; what is left out fails as an unreachable server does. */
export interface TemporalCalls {
  readonly start?: (workflowType: string, options: { workflowId: string }) => Promise<unknown>;
  readonly executeUpdateWithStart?: () => Promise<unknown>;
  readonly executeUpdate?: (workflowId: string, decisionId: string) => Promise<unknown>;
}

/** Temporal's client as far as the gateway uses it. */
export function fakeTemporal(calls: TemporalCalls): Client {
  const unreachable = () => Promise.reject(new Error('14 UNAVAILABLE: no connection established'));
  return {
    withDeadline: (_deadline: number, work: () => Promise<unknown>) => work(),
    workflow: {
      start: calls.start ?? unreachable,
      executeUpdateWithStart: calls.executeUpdateWithStart ?? unreachable,
      getHandle: (workflowId: string) => ({
        executeUpdate: (_update: unknown, { updateId }: { updateId: string }) =>
          calls.executeUpdate ? calls.executeUpdate(workflowId, updateId) : unreachable(),
      }),
    },
    workflowService: { describeNamespace: unreachable },
  } as unknown as Client;
}

/** A gateway that listens, on a store of its own, with the reference back office behind it. */
export type Gateway = Awaited<ReturnType<typeof openGateway>>;

export async function openGateway(options: { env?: Record<string, string>; logLines?: string[] } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-'));
  const apiKey = 'a-key-for-the-tests';
  const server = await startReferenceServer({ apiKey, databasePath: join(folder, 'backoffice.sqlite') });
  const store = openStore(`file:${join(folder, 'orders.sqlite')}`, createKeyring());
  await migrate(store);
  const at = new Date().toISOString();
  await seedRules(store, DEFAULT_RULES, at);
  for (const source of SOURCES)
    await putSource(store, source, { actor: 'test', at, keyHash: hashToken(tokenOf(source.id)) });
  for (const person of PEOPLE) await putPrincipal(store, person, tokenOf(person.id), at);
  const lines = options.logLines;
  const log = lines
    ? createLog('gateway', 'debug', { write: (line) => void lines.push(line) })
    : createLog('gateway', 'silent');
  const settings = readSettings({
    BODY_LIMIT_BYTES: '100000',
    TEMPORAL_START_TIMEOUT_MS: '200',
    DECISION_TIMEOUT_MS: '200',
    ...options.env,
  });
  const deps: { -readonly [Name in keyof Deps]: Deps[Name] } = {
    store,
    temporal: AWAY,
    backOffice: createBackOfficeClient({ baseUrl: server.url, apiKey, timeoutMs: 5000 }),
    settings,
    log,
    now: () => new Date(),
  };
  const served = await listen(deps);
  const close = async (): Promise<void> => {
    await served.close();
    await closeStore(store);
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return { ...served, deps, store, switches: server.switches, backOfficeUrl: server.url, close };
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // Tests look into whatever was answered.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any;
}

export interface Ask {
  readonly as?: string;
  readonly headers?: Record<string, string>;
  /** Sent as JSON, unless it is text or bytes. */
  readonly body?: unknown;
}

/** The order that a submission made. */
export function orderIdOf(answer: Answer): string {
  return String(answer.body.orders[0].orderId);
}

/** One member of each item of a list that was answered. */
export function membersOf(items: readonly Record<string, string>[], name: string): string[] {
  return items.map((item) => String(item[name]));
}

/** Serves an app on a free port. */
export async function listen(deps: Deps) {
  const server = createServer(buildApp(deps));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  const call = async (method: string, path: string, { as, headers = {}, body }: Ask = {}): Promise<Answer> => {
    const isRaw = typeof body === 'string' || body instanceof Uint8Array;
    const response = await fetch(url + path, {
      method,
      redirect: 'manual',
      headers: {
        ...(as !== undefined && { Authorization: `Bearer ${tokenOf(as)}` }),
        ...(body !== undefined && !isRaw && { 'Content-Type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? null : isRaw ? (body as string) : JSON.stringify(body),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('Content-Type') ?? '');
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  };
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return { url, call, close };
}
