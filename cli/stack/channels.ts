import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import type { Settings } from '../../config.ts';
import { openReadyStore } from '../../db/ready.ts';
import { putSecrets, readSecrets } from '../../db/source-secrets.ts';
import { findSource, putSource } from '../../db/sources.ts';
import { closeStore, type Store } from '../../db/store.ts';
import { type SourceProfile, sourceProfileSchema } from '../../orders/source.ts';
import { writeSecrets } from '../setup.ts';

/** Pushes its orders to `POST /v1/webhooks/push-harbor`, signed as Standard Webhooks are. */
export const PUSHING = 'push-harbor';
/** Its orders are polled from the reference integration. */
export const POLLED = 'api-marlin';

/** Seconds from one look at the reference integration to the next. */
const EVERY_SECONDS = 10;

/** What the source that pushes signs with, and the key with which the reference integration is polled. */
export interface ChannelSecrets {
  readonly webhook: string;
  readonly integration: string;
}

/** Reads the secrets of these two sources, or makes fresh ones, readable by their owner only. */
export function openChannelSecrets(path: string): ChannelSecrets {
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as ChannelSecrets;
  const secrets = {
    webhook: `whsec_${randomBytes(32).toString('base64')}`,
    integration: randomBytes(32).toString('base64url'),
  };
  writeSecrets(path, secrets);
  return secrets;
}

/**
 * Puts two sources in place that only a machine which shows everything has: one that pushes, and one that is polled from
 * the reference integration, whose port may be another one at each start. The schema must be there.
 */
export async function seedChannels(
  settings: Settings,
  { webhook, integration }: ChannelSecrets,
  integrationUrl: string,
): Promise<void> {
  const store = await openReadyStore(settings, (why) => console.error(why));
  try {
    const by = { actor: 'setup', at: new Date().toISOString() };
    const pushing = { id: PUSHING, channel: 'api', webhook: { kind: 'standard' } };
    if (!(await findSource(store, PUSHING))) await putSource(store, parse(pushing), by);
    await putFirstSecret(store, PUSHING, 'webhook', webhook, by);
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
  purpose: 'webhook' | 'poll',
  secret: string,
  by: { readonly actor: string; readonly at: string },
): Promise<void> {
  const secrets = await readSecrets(store, source, purpose);
  if (secrets.length === 0) await putSecrets(store, source, purpose, [secret], by);
}

function parse(profile: object): SourceProfile {
  return sourceProfileSchema.parse(profile);
}
