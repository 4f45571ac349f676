import { statSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { first } from './dialect.ts';
import { addWrappingKey, makeKeyId, removeWrappingKeys } from './keyring.ts';
import { appendLog } from './log.ts';
import { rewrap } from './seal.ts';
import { inTransaction, type Store } from './store.ts';
import type { DataKeyTable } from './tables.ts';

/**
 * Replaces the master key under which data keys are wrapped, while the system runs: a new key in the key file, which every
 * process reads anew when it changes, then the data keys, batch by batch. What was sealed under the data keys stays as it
 * is. The old master key stays in the file until it is retired.
 */

/** The subject under which changes of the master keys stand in the audit trail. */
const SUBJECT = 'keys:master';
const BATCH = 200;
/** Between batches, so that those who take orders get their turn. */
const PAUSE_MS = 20;

export interface Rotation {
  /** Id of the master key that all data keys are wrapped by now. */
  readonly current: string;
  /** A rotation that had been broken off was finished, and none begun. */
  readonly resumed: boolean;
  readonly rewrapped: number;
}

/** Who rotates or retires, and told how many data keys are done. */
export interface RotationOptions {
  /** null: the master keys come from elsewhere, and are changed there. */
  readonly keyFile: string | null;
  readonly actor: string;
  readonly progress?: (rewrapped: number) => void;
}

/**
 * Begins a rotation and takes it to its end; finishes one that was broken off instead, if there is one.
 * @param store whose keyring is that of `keyFile`
 * @throws Error naming the master key that is missing in the key file, or is another one of this name
 */
export async function rotateKeys(store: Store, options: RotationOptions): Promise<Rotation> {
  const { current, resumed } = await beginRotation(store, options);
  const rewrapped = await rewrapAll(store, options.progress);
  await note(store, options.actor, 'keys.rotation_finished', `finished:${current}`, { current });
  return { current, resumed, rewrapped };
}

async function beginRotation(store: Store, options: RotationOptions): Promise<Pick<Rotation, 'current' | 'resumed'>> {
  return inTransaction(store, async (tx) => {
    const { currentId: before, wrappingKeys } = tx.keys;
    const resumed = (await countUses(tx)).some(({ id }) => id !== before);
    const current = resumed ? before : makeKeyId(wrappingKeys);
    // Of two that begin at once one waits here for the other's commit, so that they do not change the file together.
    await note(tx, options.actor, 'keys.rotation_begun', `begun:${current}`, { current });
    if (!resumed) addWrappingKey(requireFile(options), current);
    return { current, resumed };
  });
}

/** The master keys are not in a file that could be changed here. */
export class KeysElsewhere extends Error {
  override readonly name = 'KeysElsewhere';
  constructor() {
    super(
      'the master keys are not in a file: change them where they are kept, with all programs; then this wraps the data keys anew',
    );
  }
}

/** @throws KeysElsewhere */
function requireFile({ keyFile }: Pick<RotationOptions, 'keyFile'>): string {
  if (keyFile === null) throw new KeysElsewhere();
  return keyFile;
}

/** Until nothing is left: a transaction that began before the new key may add a data key under the old one. */
async function rewrapAll(store: Store, progress: RotationOptions['progress']): Promise<number> {
  let rewrapped = 0;
  for (let after = ''; ;) {
    const last = await rewrapBatch(store, after);
    rewrapped += last.count;
    if (last.count > 0) progress?.(rewrapped);
    if (last.count === 0 && after === '') return rewrapped;
    after = last.subject;
    await pause(PAUSE_MS);
  }
}

function rewrapBatch(store: Store, after: string): Promise<{ count: number; subject: string }> {
  return inTransaction(store, async (tx) => {
    const { currentId } = tx.keys;
    const others = tx.db.selectFrom('data_keys').selectAll().where('wrapping_key_id', '<>', currentId);
    const rows = await first(others.where('subject', '>', after).orderBy('subject'), BATCH).execute();
    for (const row of rows) await replaceKey(tx, row);
    return { count: rows.length, subject: rows.at(-1)?.subject ?? '' };
  });
}

/** Unless it was erased meanwhile: a key that is gone does not come back. */
async function replaceKey({ db, keys }: Store, row: DataKeyTable): Promise<void> {
  await db
    .updateTable('data_keys')
    .set(rewrap(keys, row))
    .where('subject', '=', row.subject)
    .where('wrapped_key', '=', row.wrapped_key)
    .execute();
}

/** How many data keys each master key wraps. */
function countUses({ db }: Store): Promise<{ id: string; count: number }[]> {
  return db
    .selectFrom('data_keys')
    .select(({ fn }) => ['wrapping_key_id as id', fn.countAll<number>().as('count')])
    .groupBy('wrapping_key_id')
    .execute();
}

export interface Retirement {
  /** Ids of the master keys that are in the key file no more. */
  readonly retired: readonly string[];
  /** Those that data keys still need. */
  readonly inUse: readonly { readonly id: string; readonly count: number }[];
  /** The last rotation is so young that a transaction of before may still add a data key under an old master key. */
  readonly tooEarly: boolean;
}

/** Longer than any transaction. */
const SETTLED_MS = 60_000;

/** Removes the master keys that wrap nothing from the key file, for good; `root` stays, as other keys come from it. */
export async function retireKeys(
  store: Store,
  { keyFile, actor }: RotationOptions,
  settledMs = SETTLED_MS,
): Promise<Retirement> {
  const path = requireFile({ keyFile });
  const tooEarly = Date.now() - statSync(path).mtimeMs < settledMs;
  return inTransaction(store, async (tx) => {
    const { currentId, wrappingKeys } = tx.keys;
    const old = [...wrappingKeys.keys()].filter((id) => id !== 'root' && id !== currentId);
    const uses = await countUses(tx);
    const retired = old.filter((id) => uses.every((use) => use.id !== id));
    const inUse = uses.filter(({ id }) => id !== currentId);
    if (tooEarly || retired.length === 0) return { retired: [], inUse, tooEarly };
    await note(tx, actor, 'keys.retired', `retired:${retired.join(',')}`, { retired });
    removeWrappingKeys(path, retired);
    return { retired, inUse, tooEarly };
  });
}

async function note(
  store: Store,
  actor: string,
  action: string,
  stepKey: string,
  detail: Record<string, unknown>,
): Promise<void> {
  const entry = { stepKey, at: new Date().toISOString(), actor, action, detail };
  const append = (tx: Store): Promise<void> => appendLog(tx, SUBJECT, entry);
  await (store.db.isTransaction ? append(store) : inTransaction(store, append));
}
