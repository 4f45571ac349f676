import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createGateway, type Gateway, type OrderPage } from '../gateway.ts';
import type { Credentials } from '../setup.ts';
import { findRunning } from '../stack/running.ts';
import { Misuse } from './misuse.ts';

/** Whom the command speaks to, and in whose name. */
export interface Connection {
  readonly gateway: Gateway;
  readonly varDir: string;
  /**
   * A person's token: of whom the caller names, else the one in ORDER_STAGING_TOKEN, else of the one that this is usually
   * done by.
   * @throws Misuse if there is none
   */
  readonly tokenOf: (named: string | undefined, usually?: string) => string;
  /** The key of a source, or a person's token where the source has none: people type for it. @throws Misuse */
  readonly keyOf: (source: string) => string;
}

/** Finds the gateway by ORDER_STAGING_URL, or the one that runs on `VAR_DIR`; keys and tokens lie in that folder. */
export function openConnection(env: NodeJS.ProcessEnv): Connection {
  const varDir = env['VAR_DIR'] || 'var';
  const url =
    env['ORDER_STAGING_URL'] || findRunning(varDir)?.gatewayUrl || `http://127.0.0.1:${env['PORT'] || '3000'}`;
  const given = env['ORDER_STAGING_TOKEN'] || undefined;
  const { people, sources } = readCredentials(varDir);
  const tokenOf = (named: string | undefined, usually?: string): string => {
    const person = named ?? (given === undefined ? usually : undefined);
    const token = person === undefined ? given : people[person];
    if (token !== undefined) return token;
    const known = Object.keys(people).join(', ') || `nobody: there is no ${credentialsIn(varDir)}`;
    throw new Misuse(
      person === undefined
        ? `say in whose name: --as PERSON (${known}), or ORDER_STAGING_TOKEN`
        : `no token of "${person}" is known here; known are ${known}. Or set ORDER_STAGING_TOKEN`,
    );
  };
  const keyOf = (source: string): string => given ?? sources[source] ?? tokenOf(undefined, 'olivia');
  return { gateway: createGateway(url.replace(/\/+$/, '')), varDir, tokenOf, keyOf };
}

function credentialsIn(varDir: string): string {
  return join(varDir, 'keys', 'credentials.json');
}

function readCredentials(varDir: string): Pick<Credentials, 'people' | 'sources'> {
  const path = credentialsIn(varDir);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Credentials) : { people: {}, sources: {} };
}

const ORDER_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The id of an order that is named by its id or, where there is one only, by its PO number. @throws Misuse */
export async function resolveOrder({ gateway }: Connection, token: string, named: string): Promise<string> {
  if (ORDER_ID.test(named)) return named;
  const page = await gateway.get<OrderPage>(`/v1/orders?poNumber=${encodeURIComponent(named)}`, token);
  const [only, another] = page.items;
  if (!only) throw new Misuse(`there is no order with the id or PO number "${named}"`);
  if (!another) return only.orderId;
  const ids = page.items.map(({ orderId, state, source }) => `  ${orderId}  ${state}  ${source}`);
  throw new Misuse(`several orders have the PO number "${named}"; say which by its id:\n${ids.join('\n')}`);
}
