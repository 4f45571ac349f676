import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
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
  const file = JSON.parse(readFileSync(path, 'utf8')) as KeyFile;
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

function writeKeyFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const content: KeyFile = { current: 'root', keys: { root: randomBytes(32).toString('base64') } };
  try {
    writeFileSync(path, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600, flag: 'wx', flush: true });
    chmodSync(path, 0o600);
  } catch (error) {
    // Another process was first: its file is the one.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

function decodeKey(path: string, id: string, text: string): Buffer {
  const key = Buffer.from(text, 'base64');
  if (key.length !== 32) throw new Error(`key file ${path}: key "${id}" is not 32 bytes in base64`);
  return key;
}

function derive(root: Buffer, use: string): Buffer {
  return Buffer.from(hkdfSync('sha256', root, Buffer.alloc(0), `order-staging/${use}`, 32));
}
