import { createHmac, hkdfSync, randomBytes, randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
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

/**
 * Reads the master keys from a JSON file `{ "current": "<id>", "keys": { "<id>": "<base64 of 32 bytes>" } }`; the key
 * under the id `root` is never replaced and gives the audit and fingerprint keys. The file is made, readable by its owner
 * only, where there is none.
 * @throws Error if the file is there and unusable.
 */
export function openKeyFile(path: string): Keyring {
  if (!existsSync(path)) writeKeyFile(path);
  const file = readKeyFile(path);
  const keys = new Map(Object.entries(file.keys).map(([id, text]) => [id, decodeKey(path, id, text)]));
  const root = keys.get('root');
  if (!root || !keys.has(file.current)) throw new Error(`key file ${path}: needs the keys "root" and "${file.current}"`);
  return { currentId: file.current, wrappingKeys: keys, auditKey: derive(root, 'audit'), fingerprintKey: derive(root, 'fingerprint') };
}

/** A keyring of fresh random keys that is kept nowhere; for tests. */
export function createKeyring(): Keyring {
  const root = randomBytes(32);
  return {
    currentId: 'root',
    wrappingKeys: new Map([['root', root]]),
    auditKey: derive(root, 'audit'),
    fingerprintKey: derive(root, 'fingerprint'),
  };
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
  writeFileSync(draft, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600, flag: 'wx', flush: true });
  try {
    linkSync(draft, path);
    flushFolder(folder);
  } catch (error) {
    // Another process was first: its file is the one.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft);
  }
}

/** A file's name is durable when its folder is: a lost key file would be the loss of everything it sealed. */
function flushFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function readKeyFile(path: string): KeyFile {
  const usable = (value: unknown): value is KeyFile => {
    const { current, keys } = (value ?? {}) as Partial<Record<keyof KeyFile, unknown>>;
    return typeof current === 'string' && typeof keys === 'object' && keys !== null;
  };
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    // The parser's own words would quote the secret.
    if (!(error instanceof SyntaxError)) throw error;
  }
  if (!usable(value)) throw new Error(`key file ${path}: is not { "current": "<id>", "keys": { "<id>": "<base64>" } }`);
  return value;
}

function decodeKey(path: string, id: string, text: unknown): Buffer {
  const key = typeof text === 'string' ? Buffer.from(text, 'base64') : Buffer.alloc(0);
  if (key.length !== 32) throw new Error(`key file ${path}: key "${id}" is not 32 bytes in base64`);
  return key;
}

function derive(root: Buffer, use: string): Buffer {
  return Buffer.from(hkdfSync('sha256', root, Buffer.alloc(0), `order-staging/${use}`, 32));
}
