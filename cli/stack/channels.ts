import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import type { Settings } from '../../config.ts';
import { openReadyStore } from '../../db/ready.ts';
import { putSecrets, readSecrets } from '../../db/source-secrets.ts';
import { findSource, putSource } from '../../db/sources.ts';
import { closeStore, type Store } from '../../db/store.ts';
import { type SourceProfile, sourceProfileSchema } from '../../orders/source.ts';
import { writeSecrets } from '../setup.ts';

/** Pushes its orders to `POST /v1/webhooks/push-harbor`, signed as Standard Webhooks are, and is told of them likewise. */
export const PUSHING = 'push-harbor';
/** Its orders are polled from the reference integration. */
export const POLLED = 'api-marlin';

/** Seconds from one look at the reference integration to the next. */
const EVERY_SECONDS = 10;

/**
 * What the source that pushes signs with, the key with which the reference integration is polled, and what we sign with
 * when we tell it of orders.
 */
export interface ChannelSecrets {
  readonly webhook: string;
  readonly integration: string;
  readonly notify: string;
}

/**
 * Reads the secrets of these two sources, or makes fresh ones, readable by their owner only. What is new in this version
 * gets its secret too.
 */
export function openChannelSecrets(path: string): ChannelSecrets {
  const kept = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Partial<ChannelSecrets>) : {};
  const { webhook = makeSigningSecret(), integration = randomBytes(32).toString('base64url') } = kept;
  const { notify = makeSigningSecret() } = kept;
  const secrets = { webhook, integration, notify };
  if (kept.notify === undefined) writeSecrets(path, secrets);
  return secrets;
}

function makeSigningSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}

/**
 * Puts two sources in place that only a machine which shows everything has: one that pushes and is told, and one that is
 * polled from the reference integration, whose port may be another one at each start. The schema must be there.
 */
export async function seedChannels(
  settings: Settings,
  { webhook, integration, notify: notifySecret }: ChannelSecrets,
  integrationUrl: string,
): Promise<void> {
  const store = await openReadyStore(settings, (why) => console.error(why));
  try {
    const by = { actor: 'setup', at: new Date().toISOString() };
    const pushing = await findSource(store, PUSHING);
    const told = `${integrationUrl}/notices`;
    const notify = { ...pushing?.notify, webhook: { ...pushing?.notify?.webhook, url: told } };
    const standard = { id: PUSHING, channel: 'api', webhook: { kind: 'standard' } };
    if (pushing?.notify?.webhook?.url !== told) await putSource(store, parse({ ...standard, ...pushing, notify }), by);
    await putFirstSecret(store, PUSHING, 'webhook', webhook, by);
    await putFirstSecret(store, PUSHING, 'notify', notifySecret, by);
    const polled = await findSource(store, POLLED);
    const url = `${integrationUrl}/orders`;
    const poll = { everySeconds: EVERY_SECONDS, ...polled?.poll, url };
    if (polled?.poll?.url !== url) await putSource(store, parse({ id: POLLED, channel: 'api', ...polled, poll }), by);
    await putFirstSecret(store, POLLED, 'poll', integration, by);
  } finally {
    await closeStore(store);
  }
}

/** What an administrator put since stays. */
async function putFirstSecret(
  store: Store,
  source: string,
  purpose: 'webhook' | 'poll' | 'notify',
  secret: string,
  by: { readonly actor: string; readonly at: string },
): Promise<void> {
  const secrets = await readSecrets(store, source, purpose);
  if (secrets.length === 0) await putSecrets(store, source, purpose, [secret], by);
}

function parse(profile: object): SourceProfile {
  return sourceProfileSchema.parse(profile);
}
