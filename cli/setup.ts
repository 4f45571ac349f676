import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Settings } from '../config.ts';
import { findPrincipalByToken, putPrincipal } from '../db/principals.ts';
import { openReadyStore } from '../db/ready.ts';
import { seedRules } from '../db/rules.ts';
import { findSource, hashToken, putSource } from '../db/sources.ts';
import { closeStore, type Store } from '../db/store.ts';
import { DEFAULT_RULES } from '../orders/rules/default-rules.ts';
import { type SourceProfile, sourceProfileSchema } from '../orders/source.ts';
import type { Role } from '../orders/state.ts';

/** Secrets of a fresh installation: one key for each source that speaks HTTP, one token for each person. */
export interface Credentials {
  readonly backOffice: string;
  readonly sources: Readonly<Record<string, string>>;
  readonly people: Readonly<Record<string, string>>;
}

/**
 * The sources of a fresh installation, on each channel and in each format; an administrator changes them over the API.
 */
export const DEFAULT_SOURCES: readonly SourceProfile[] = [
  { id: 'web-shop', channel: 'ecommerce' },
  { id: 'api-zapco', channel: 'api' },
  { id: 'desk', channel: 'manual' },
  {
    id: 'shop-fillmore',
    channel: 'ecommerce',
    json: { layout: 'shopify', customers: { 'domain:goldengate.example': 'C-1001' } },
  },
  {
    id: 'shop-kontor',
    channel: 'ecommerce',
    json: { layout: 'woocommerce', customers: { 'woocommerce:318': 'C-1005' }, unpaidOrders: 'take' },
  },
  {
    id: 'buyer-northwind',
    channel: 'api',
    formats: ['xml'],
    cxml: { customers: [{ domain: 'NetworkId', identity: 'AN01000002792', customerId: 'C-2001' }] },
  },
  {
    id: 'buyer-spreewerk',
    channel: 'api',
    formats: ['xml'],
    ubl: { customers: [{ scheme: '0088', id: '4000000000013', customerId: 'C-1005' }] },
  },
  {
    id: 'erp-spreewerk',
    channel: 'edi',
    formats: ['csv'],
    csv: {
      decimalMark: ',',
      thousandsSeparator: '.',
      columns: {
        'shipTo.name': 'Lieferanschrift',
        'shipTo.line1': 'Straße',
        'shipTo.city': 'Ort',
        'shipTo.postalCode': 'PLZ',
        'shipTo.country': 'Land',
      },
      customers: { '10042': 'C-1005' },
    },
  },
  {
    id: 'edi-northwind',
    channel: 'edi',
    defaults: { customerId: 'C-2001', currency: 'USD' },
    x12: {
      partner: { qualifier: 'ZZ', id: 'NORTHWIND' },
      us: { qualifier: 'ZZ', id: 'ORDERSTAGING' },
      customers: { 'BY:92:0042': 'C-2001' },
    },
  },
].map((source) => sourceProfileSchema.parse(source));

/** The people of a fresh installation, one in each role. */
const PEOPLE: Readonly<Record<string, readonly Role[]>> = {
  olivia: ['operator'],
  ravi: ['reviewer'],
  sofia: ['reviewer', 'supervisor'],
  axel: ['auditor'],
  ada: ['admin', 'operator'],
};

/**
 * Reads the credentials file, or makes it with fresh random secrets, readable by its owner only. What is new in this
 * version gets its secret too.
 */
export function openCredentials(path: string): Credentials {
  const kept = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Credentials) : undefined;
  const fresh = (names: readonly string[]): Record<string, string> =>
    Object.fromEntries(names.map((name) => [name, randomBytes(32).toString('base64url')]));
  const keyed = DEFAULT_SOURCES.filter((source) => source.channel !== 'manual').map((source) => source.id);
  const { backOffice = randomBytes(32).toString('base64url'), sources = {}, people = {} } = kept ?? {};
  const isWhole = keyed.every((id) => id in sources) && Object.keys(PEOPLE).every((id) => id in people);
  if (kept && isWhole) return kept;
  const credentials = {
    ...kept,
    backOffice,
    sources: { ...fresh(keyed), ...sources },
    people: { ...fresh(Object.keys(PEOPLE)), ...people },
  };
  writeSecrets(path, credentials);
  return credentials;
}

/** Writes a file of secrets, whole or not at all, readable by its owner only. */
export function writeSecrets(path: string, secrets: object): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600, flush: true });
  renameSync(`${path}.new`, path);
}

/** Puts default rules, sources and people in place; what an administrator changed since stays as it is. */
export async function seedDefaults(store: Store, credentials: Credentials): Promise<void> {
  const at = new Date().toISOString();
  await seedRules(store, DEFAULT_RULES, at);
  for (const profile of DEFAULT_SOURCES) {
    if (await findSource(store, profile.id)) continue;
    const key = credentials.sources[profile.id];
    await putSource(store, profile, { actor: 'setup', at, ...(key !== undefined && { keyHash: hashToken(key) }) });
  }
  for (const [id, roles] of Object.entries(PEOPLE)) {
    const token = credentials.people[id];
    // Whoever can sign in with it keeps the roles that they have by now.
    if (token === undefined || (await findPrincipalByToken(store, token))) continue;
    await putPrincipal(store, { id, roles }, token, at);
  }
}

/** Makes the database ready for the programs: its schema, and the default rules, sources and people. May run again. */
export async function prepareStore(settings: Settings, credentials: Credentials): Promise<void> {
  const store = await openReadyStore(settings, (why) => console.error(why));
  await seedDefaults(store, credentials);
  await closeStore(store);
}
