import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { first } from './dialect.ts';
import { Damaged } from './faults.ts';
import type { Keyring } from './keyring.ts';
import type { Store } from './store.ts';
import type { DataKeyTable } from './tables.ts';

/** Whose data key seals a column: an order's or a document's. */
export type Subject = `order:${string}` | `document:${string}`;

/**
 * Who has a data key. `request`: the reason of an export or erasure is sealed too; `source`: so are its secrets;
 * `incident`: so is what our own people are told of it.
 */
export type KeyOwner = Subject | `request:${string}` | `source:${string}` | `incident:${string}`;

/** The data key of a subject that was erased. */
const NO_KEY = Buffer.alloc(32);

const NONCE = 12;
const TAG = 16;

/** The data key of a subject was erased: what it sealed can never be read again. */
export class Erased extends Error {
  override readonly name = 'Erased';
}

function erased(subject: string): Erased {
  return new Erased(`the content of ${subject} was erased`);
}

/** For a promise of content: nothing, where it is erased or damaged. @throws the error, if it is another */
export function nothingIfLost(error: unknown): undefined {
  if (!(error instanceof Erased || error instanceof Damaged)) throw error;
}

/** Seals and opens one subject's content columns. */
export interface Sealer {
  /** AES-256-GCM; `place` (table, column, revision…) is bound in, so that cipher text cannot be moved elsewhere. */
  seal(place: string, content: string | Uint8Array): Buffer;
  /** @throws Damaged if the cipher text is not what was sealed at this place. */
  open(place: string, sealed: Uint8Array): Buffer;
  sealJson(place: string, value: unknown): Buffer;
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the caller knows what it sealed at this place
  openJson<T>(place: string, sealed: Uint8Array): T;
}

/**
 * Makes and keeps the data key of a new subject. Only the door does this; whoever adds content later takes the key that is
 * there, or a subject that was erased would quietly get a second life under a new one.
 */
export async function createSealer(store: Store, subject: KeyOwner, now: string): Promise<Sealer> {
  const dataKey = randomBytes(32);
  const { currentId, wrappingKeys } = store.keys;
  const wrapped = encrypt(required(wrappingKeys.get(currentId), currentId), placeOf(subject), dataKey);
  const row = { subject, wrapped_key: wrapped, wrapping_key_id: currentId, created_at: now };
  await store.db.insertInto('data_keys').values(row).execute();
  return sealerOf(subject, createSecretKey(dataKey));
}

/** @throws Erased if the subject's data key is gone. */
export async function getSealer(store: Store, subject: KeyOwner): Promise<Sealer> {
  const row = await store.db.selectFrom('data_keys').selectAll().where('subject', '=', subject).executeTakeFirst();
  if (!row) throw erased(subject);
  return sealerOf(subject, unwrap(store.keys, row));
}

/** The data key of a subject whose content is never erased, which gets it with the first that is sealed. */
export async function openSealer(
  tx: Store,
  subject: Extract<KeyOwner, `source:${string}` | `incident:${string}`>,
  now: string,
): Promise<Sealer> {
  const key = await tx.db.selectFrom('data_keys').select('subject').where('subject', '=', subject).executeTakeFirst();
  return key ? getSealer(tx, subject) : createSealer(tx, subject, now);
}

/** Whether the master keys open at least one of the data keys, or there is none: else they are another installation's. */
export async function probeKeys({ db, keys }: Store): Promise<boolean> {
  const rows = await first(db.selectFrom('data_keys').selectAll().orderBy('subject'), 20).execute();
  return rows.length === 0 || rows.some((row) => canUnwrap(keys, row));
}

function canUnwrap(keys: Keyring, row: DataKeyTable): boolean {
  try {
    unwrapRow(keys, row);
    return true;
  } catch {
    return false;
  }
}

/** A data key under the master key that new ones get. @throws Error if its own master key is not in the key file; Damaged if that does not open it */
export function rewrap(keys: Keyring, row: DataKeyTable): Pick<DataKeyTable, 'wrapped_key' | 'wrapping_key_id'> {
  const dataKey = unwrapRow(keys, row);
  const { currentId } = keys;
  const master = required(keys.wrappingKeys.get(currentId), currentId);
  return { wrapped_key: encrypt(master, placeOf(row.subject), dataKey), wrapping_key_id: currentId };
}

function unwrapRow(keys: Keyring, { subject, wrapping_key_id: id, wrapped_key: wrapped }: DataKeyTable): Buffer {
  const master = required(keys.wrappingKeys.get(id), id);
  try {
    return decrypt(master, placeOf(subject), wrapped);
  } catch (cause) {
    throw new Damaged(
      subject,
      `master key "${id}" does not authenticate the data key of ${subject}: the key is damaged in the database, or the key file has another key of this name`,
      { cause },
    );
  }
}

function placeOf(subject: string): string {
  return `data_keys ${subject}`;
}

/**
 * Makes what subjects' data keys sealed unreadable for good. A key is overwritten where it stands, by a wrapped key of
 * nothing but zeros, and its row is never deleted: SQLite's `secure_delete` zeroes a deleted row, but when deletions make it
 * join and split pages, copies of rows that moved stay in the unused part of a page, where no later deletion finds them
 * (about one row in 150, measured). Rows that keep their place and their length are never copied.
 */
export async function eraseKeys(tx: Store, subjects: readonly KeyOwner[]): Promise<void> {
  const rows = await tx.db
    .selectFrom('data_keys')
    .select(['subject', 'wrapping_key_id'])
    .where('subject', 'in', subjects)
    .execute();
  for (const { subject, wrapping_key_id: id } of rows) {
    const wrapped = encrypt(required(tx.keys.wrappingKeys.get(id), id), placeOf(subject), NO_KEY);
    await tx.db.updateTable('data_keys').set({ wrapped_key: wrapped }).where('subject', '=', subject).execute();
  }
}

/** Data keys by their wrapped form. The row is read each time, so that an erased key is gone at once. */
const unwrapped = new WeakMap<Keyring, Map<string, KeyObject>>();
const UNWRAPPED_KEPT = 1000;

function unwrap(keys: Keyring, row: DataKeyTable): KeyObject {
  const known = unwrapped.get(keys) ?? new Map<string, KeyObject>();
  unwrapped.set(keys, known);
  const name = `${row.subject} ${row.wrapping_key_id} ${Buffer.from(row.wrapped_key).toString('latin1')}`;
  const before = known.get(name);
  if (before) return before;
  if (known.size >= UNWRAPPED_KEPT) known.clear();
  const dataKey = unwrapRow(keys, row);
  if (dataKey.equals(NO_KEY)) throw erased(row.subject);
  const made = createSecretKey(dataKey);
  known.set(name, made);
  return made;
}

function required(key: Buffer | undefined, id: string): Buffer {
  if (!key) throw new Error(`no master key "${id}" in the key file; add the key that sealed these data`);
  return key;
}

function sealerOf(subject: KeyOwner, dataKey: KeyObject): Sealer {
  const bind = (place: string): string => `${subject} ${place}`;
  const open = (place: string, sealed: Uint8Array): Buffer => {
    try {
      return decrypt(dataKey, bind(place), sealed);
    } catch (cause) {
      throw new Damaged(subject, `${place} of ${subject} is damaged in the database: ${reasonOf(sealed)}`, { cause });
    }
  };
  const seal = (place: string, content: string | Uint8Array): Buffer => encrypt(dataKey, bind(place), content);
  return {
    seal,
    open,
    sealJson: (place, value) => seal(place, JSON.stringify(value)),
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- as in the interface
    openJson: <T>(place: string, sealed: Uint8Array) => JSON.parse(open(place, sealed).toString('utf8')) as T,
  };
}

function reasonOf(sealed: Uint8Array): string {
  return sealed.length < NONCE + TAG ? 'it is cut short' : 'it does not authenticate';
}

/** nonce, cipher text, tag. @see NIST SP 800-38D */
function encrypt(key: Buffer | KeyObject, aad: string, content: string | Uint8Array): Buffer {
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(Buffer.from(aad));
  const body = typeof content === 'string' ? cipher.update(content, 'utf8') : cipher.update(content);
  return Buffer.concat([nonce, body, cipher.final(), cipher.getAuthTag()]);
}

function decrypt(key: Buffer | KeyObject, aad: string, sealed: Uint8Array): Buffer {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
  if (bytes.length < NONCE + TAG) throw new Error('sealed content is cut short');
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE));
  decipher.setAAD(Buffer.from(aad));
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG));
  return Buffer.concat([decipher.update(bytes.subarray(NONCE, bytes.length - TAG)), decipher.final()]);
}
