import { createHash } from 'node:crypto';
import type { SourceProfile } from '../orders/source.ts';
import { insertOnce } from './dialect.ts';
import { Damaged, parseKept } from './faults.ts';
import { appendLog } from './log.ts';
import { hurryDestination, webhookOf } from './notice-destinations.ts';
import { inTransaction, type Store } from './store.ts';
import type { SourceTable } from './tables.ts';

/** The hash under which keys and tokens are kept. They are 256 random bits, so a plain hash cannot be searched. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** Puts a source's profile in place, new or changed. */
export async function putSource(
  store: Store,
  profile: SourceProfile,
  by: { readonly actor: string; readonly at: string; readonly keyHash?: string },
): Promise<void> {
  const values = {
    channel: profile.channel,
    profile_json: JSON.stringify(profile),
    changed_at: by.at,
    changed_by: by.actor,
  };
  await inTransaction(store, async (tx) => {
    const inserted = await insertOnce(tx.db, 'sources', { id: profile.id, key_hash: by.keyHash ?? null, ...values });
    const changed = by.keyHash === undefined ? values : { ...values, key_hash: by.keyHash };
    if (!inserted) await tx.db.updateTable('sources').set(changed).where('id', '=', profile.id).execute();
    // What waits for an address that was wrong does not wait on for hours.
    await hurryDestination(tx, webhookOf(profile.id), by.at);
    const detail = { gate: profile.gate, active: profile.active, rollout: profile.rollout.kind };
    await appendLog(tx, `source:${profile.id}`, {
      stepKey: `put:${by.at}`,
      actor: by.actor,
      at: by.at,
      action: 'source.put',
      detail,
    });
  });
}

/** A source's profile. @throws Damaged if it cannot be read. */
export async function findSource(store: Store, id: string): Promise<SourceProfile | undefined> {
  const row = await profiles(store).where('id', '=', id).executeTakeFirst();
  return row && readProfile(row);
}

/** Whether there is such a source, also if its profile cannot be read. */
export async function hasSource(store: Store, id: string): Promise<boolean> {
  return (await profiles(store).where('id', '=', id).executeTakeFirst()) !== undefined;
}

/** @throws Error if there is no such source. */
export async function getSource(store: Store, id: string): Promise<SourceProfile> {
  const profile = await findSource(store, id);
  if (!profile) throw new Error(`no source "${id}"`);
  return profile;
}

/** The source whose API key this is. */
export async function findSourceByKey(store: Store, key: string): Promise<SourceProfile | undefined> {
  const row = await profiles(store).where('key_hash', '=', hashToken(key)).executeTakeFirst();
  return row && readProfile(row);
}

/**
 * All sources, by id.
 * @param onDamaged told of each that cannot be read, which is then left out.
 * @throws Damaged if one cannot be read and nobody is to be told.
 */
export async function listSources(store: Store, onDamaged?: (damaged: Damaged) => void): Promise<SourceProfile[]> {
  const rows = await profiles(store).orderBy('id').execute();
  return rows.flatMap((row) => {
    try {
      return [readProfile(row)];
    } catch (error) {
      if (!onDamaged || !(error instanceof Damaged)) throw error;
      onDamaged(error);
      return [];
    }
  });
}

function profiles({ db }: Store) {
  return db.selectFrom('sources').select(['id', 'profile_json']);
}

function readProfile({ id, profile_json: json }: Pick<SourceTable, 'id' | 'profile_json'>): SourceProfile {
  // Written by putSource only, whose callers have it checked by the schema.
  return parseKept<SourceProfile>(json, `source:${id}`, 'the profile');
}
