import { createHmac, hkdfSync, randomBytes, randomInt, randomUUID } from 'node:crypto';
import {
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';

/**
 * The secrets at the root of everything sealed: keys that wrap the data keys (several while one replaces another), the
 * key of the audit chain and the key of the fingerprints. The latter two outlive a change of the wrapping key.
 */
export interface Keyring {
  /** Id of the wrapping key that new data keys get. */
  readonly currentId: string;
  readonly wrappingKeys: ReadonlyMap<string, Buffer>;
  readonly auditKey: Buffer;
  readonly fingerprintKey: Buffer;
}

interface KeyFile {
  readonly current: string;
  readonly keys: Readonly<Record<string, string>>;
}

/** Where the master keys come from. */
export interface KeySource {
  readonly keyFile: string;
  /** The content of a key file itself, for secrets that come as environment variables; wins over the file. */
  readonly masterKeys: string | null;
}

/** What the setting that holds the keys themselves is called, for messages. */
const MASTER_KEYS = 'MASTER_KEYS';

/** The master keys of a program, from where its settings say. @throws Error if they are unusable */
export function openKeyring({ keyFile, masterKeys }: KeySource): Keyring {
  return masterKeys === null ? openKeyFile(keyFile) : toKeyring(parseKeys(MASTER_KEYS, masterKeys));
}

function toKeyring({ currentId, wrappingKeys, root }: Keys): Keyring {
  return {
    currentId,
    wrappingKeys,
    auditKey: derive(root, 'audit'),
    fingerprintKey: derive(root, 'fingerprint'),
  };
}

/**
 * Reads the master keys from a JSON file `{ "current": "<id>", "keys": { "<id>": "<base64 of 32 bytes>" } }`; the key
 * under the id `root` is never replaced and gives the audit and fingerprint keys. The file is made, readable by its owner
 * only, where there is none. When it is changed, it is read anew: a process that runs takes up the keys of a rotation.
 * @throws Error if the file is there and unusable; later, when a key is asked for, if it has become so.
 */
export function openKeyFile(path: string): Keyring {
  if (!existsSync(path)) writeKeyFile(path);
  let known = readKeys(path);
  const { root } = known;
  const { auditKey, fingerprintKey } = toKeyring(known);
  const refresh = (): StampedKeys => {
    // A look at the file costs microseconds. A process that went on with keys of before would seal under a retired one.
    if (stampOf(path) === known.stamp) return known;
    const changed = readKeys(path);
    if (!changed.root.equals(root)) throw new Error(`key file ${path}: its "root" is another key than before`);
    return (known = changed);
  };
  return {
    get currentId() {
      return refresh().currentId;
    },
    get wrappingKeys() {
      return refresh().wrappingKeys;
    },
    auditKey,
    fingerprintKey,
  };
}

interface Keys {
  readonly currentId: string;
  readonly wrappingKeys: ReadonlyMap<string, Buffer>;
  readonly root: Buffer;
}

interface StampedKeys extends Keys {
  /** Differs when the file was changed. */
  readonly stamp: string;
}

function readKeys(path: string): StampedKeys {
  const stamp = stampOf(path);
  return { stamp, ...parseKeys(nameOf(path), readFileSync(path, 'utf8')) };
}

/** @param name what messages call the place that the keys are from; they never quote what stands there */
function parseKeys(name: string, text: string): Keys {
  const { current, keys } = parseContent(name, text);
  const wrappingKeys = new Map(Object.entries(keys).map(([id, key]) => [id, decodeKey(name, id, key)]));
  const root = wrappingKeys.get('root');
  if (!root || !wrappingKeys.has(current)) throw new Error(`${name}: needs the keys "root" and "${current}"`);
  return { currentId: current, wrappingKeys, root };
}

function nameOf(path: string): string {
  return `key file ${path}`;
}

function stampOf(path: string): string {
  const { ino, mtimeNs, size } = statSync(path, { bigint: true });
  return [ino, mtimeNs, size].join(' ');
}

/** A new id: four characters, like `root`, so that the rows of data keys keep their length and place (see `eraseKeys`). */
export function makeKeyId(wrappingKeys: Keyring['wrappingKeys']): string {
  const id = randomInt(36 ** 3, 36 ** 4).toString(36);
  return wrappingKeys.has(id) ? makeKeyId(wrappingKeys) : id;
}

/** Adds a random key to the key file, as the one that new data keys get. Nobody else may change the file at the same time. */
export function addWrappingKey(path: string, id: string): void {
  const { keys } = readKeyFile(path);
  replaceKeyFile(path, { current: id, keys: { ...keys, [id]: randomBytes(32).toString('base64') } });
}

/** Removes keys from the key file, for good; never `root` and the one that new data keys get. */
export function removeWrappingKeys(path: string, ids: readonly string[]): void {
  const { current, keys } = readKeyFile(path);
  const isKept = (id: string): boolean => id === 'root' || id === current || !ids.includes(id);
  replaceKeyFile(path, { current, keys: Object.fromEntries(Object.entries(keys).filter(([id]) => isKept(id))) });
}

/** Whoever reads meanwhile reads the file of before or that of after, never a part; a crash leaves one of them. */
function replaceKeyFile(link: string, content: KeyFile): void {
  const path = realpathSync(link);
  const { uid, gid, mode } = statSync(path);
  const draft = `${path}.${randomUUID()}`;
  try {
    writeFileSync(draft, toText(content), { mode: mode & 0o777, flag: 'wx' });
    // Who runs this is perhaps not who reads it.
    chownSync(draft, uid, gid);
    flush(draft);
    renameSync(draft, path);
    flush(dirname(path));
  } finally {
    rmSync(draft, { force: true });
  }
}

/** A keyring of fresh random keys that is kept nowhere; for tests. */
export function createKeyring(): Keyring {
  const root = randomBytes(32);
  return toKeyring({ currentId: 'root', wrappingKeys: new Map([['root', root]]), root });
}

/** A keyed hash that finds an equal value again without telling it; hex. `kind` keeps different uses apart. */
export function fingerprint(keys: Keyring, kind: string, value: string | Uint8Array): string {
  return createHmac('sha256', keys.fingerprintKey).update(`${kind}\0`).update(value).digest('hex');
}

/** Makes the file complete under another name first: a process that starts at the same moment never reads half of it. */
function writeKeyFile(path: string): void {
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true });
  const content: KeyFile = { current: 'root', keys: { root: randomBytes(32).toString('base64') } };
  const draft = `${path}.${randomUUID()}`;
  writeFileSync(draft, toText(content), { mode: 0o600, flag: 'wx', flush: true });
  try {
    linkSync(draft, path);
    flush(folder);
  } catch (error) {
    // Another process was first: its file is the one.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft);
  }
}

function toText(content: KeyFile): string {
  return `${JSON.stringify(content, null, 2)}\n`;
}

/** A file's name is durable when its folder is: a lost key file would be the loss of everything it sealed. */
function flush(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function readKeyFile(path: string): KeyFile {
  return parseContent(nameOf(path), readFileSync(path, 'utf8'));
}

function parseContent(name: string, text: string): KeyFile {
  const usable = (value: unknown): value is KeyFile => {
    const { current, keys } = (value ?? {}) as Partial<Record<keyof KeyFile, unknown>>;
    return typeof current === 'string' && typeof keys === 'object' && keys !== null;
  };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    // The parser's own words would quote the secret.
    if (!(error instanceof SyntaxError)) throw error;
  }
  if (!usable(value)) throw new Error(`${name}: is not { "current": "<id>", "keys": { "<id>": "<base64>" } }`);
  return value;
}

function decodeKey(name: string, id: string, text: unknown): Buffer {
  const key = typeof text === 'string' ? Buffer.from(text, 'base64') : Buffer.alloc(0);
  if (key.length !== 32) throw new Error(`${name}: key "${id}" is not 32 bytes in base64`);
  return key;
}

function derive(root: Buffer, use: string): Buffer {
  return Buffer.from(hkdfSync('sha256', root, Buffer.alloc(0), `order-staging/${use}`, 32));
}
