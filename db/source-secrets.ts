import { appendLog } from './log.ts';
import { hurryDestination, webhookOf } from './notice-destinations.ts';
import { getSealer, openSealer } from './seal.ts';
import { inTransaction, type Store } from './store.ts';
import type { SecretPurpose } from './tables.ts';

/** Secrets that are good at the same time, the newest first: a sender takes up a new one some time after it was given it. */
export const MOST_SECRETS = 2;

/** Addresses to which notices about one source's orders are mailed. */
export const MOST_ADDRESSES = 10;

/** Puts the secrets of a source for one purpose in place of those of before; none takes them away. */
export async function putSecrets(
  store: Store,
  source: string,
  purpose: SecretPurpose,
  secrets: readonly string[],
  by: { readonly actor: string; readonly at: string },
): Promise<void> {
  const most = purpose === 'mail' ? MOST_ADDRESSES : MOST_SECRETS;
  if (secrets.length > most) throw new Error(`at most ${String(most)} secrets are good at a time`);
  await inTransaction(store, async (tx) => {
    const sealer = await openSealer(tx, `source:${source}`, by.at);
    await tx.db.deleteFrom('source_secrets').where('source', '=', source).where('purpose', '=', purpose).execute();
    for (const [position, secret] of secrets.entries()) {
      const row = { source, purpose, position, created_at: by.at, created_by: by.actor };
      const sealed = sealer.seal(placeOf(purpose, position), secret);
      await tx.db.insertInto('source_secrets').values({ ...row, secret_sealed: sealed }).execute(); // prettier-ignore
    }
    if (purpose === 'notify') await hurryDestination(tx, webhookOf(source), by.at);
    await appendLog(tx, `source:${source}`, {
      stepKey: `secrets:${purpose}:${by.at}`,
      at: by.at,
      actor: by.actor,
      action: 'source.secrets_put',
      detail: { purpose, secrets: secrets.length },
    });
  });
}

/** The secrets of a source for one purpose, the newest first. */
export async function readSecrets(store: Store, source: string, purpose: SecretPurpose): Promise<readonly string[]> {
  const rows = await store.db
    .selectFrom('source_secrets')
    .select(['position', 'secret_sealed'])
    .where('source', '=', source)
    .where('purpose', '=', purpose)
    .orderBy('position')
    .execute();
  if (rows.length === 0) return [];
  const sealer = await getSealer(store, `source:${source}`);
  return rows.map((row) => sealer.open(placeOf(purpose, row.position), row.secret_sealed).toString('utf8'));
}

/** How many secrets of a source there are for each purpose. */
export async function countSecrets(store: Store, source: string): Promise<Readonly<Record<SecretPurpose, number>>> {
  const rows = await store.db.selectFrom('source_secrets').select('purpose').where('source', '=', source).execute();
  const count = (purpose: SecretPurpose): number => rows.filter((row) => row.purpose === purpose).length;
  return { webhook: count('webhook'), poll: count('poll'), notify: count('notify'), mail: count('mail') };
}

function placeOf(purpose: SecretPurpose, position: number): string {
  return `secret ${purpose} ${String(position)}`;
}
