import { randomUUID } from 'node:crypto';
import { constants, type BigIntStats } from 'node:fs';
import { lstat, mkdir, open, readdir, rename, rm, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FileRefused, type InboxFile, type Transport } from './transport.ts';

/** Where the folders are and how patient the transport is. */
export interface DirectoryTransportOptions {
  /** Holds `inbox/`, `outbox/` and `rejected/`, each with a folder per source. */
  readonly directory: string;
  /** For how long a file must keep size and time of change to count as complete, in milliseconds; 2000 by default. */
  readonly settleMs?: number;
  /** Largest file that is read, in bytes; 256 MiB by default. */
  readonly maxFileBytes?: number;
}

const DEFAULT_SETTLE_MS = 2000;
const DEFAULT_MAX_FILE_BYTES = 256 * 1024 * 1024;
const READ_BYTES = 64 * 1024;
const LONGEST_NAME = 200;

/** Names under which senders write before they rename: the file is not complete. */
const UNFINISHED = /^\.|\.(?:tmp|part|filepart)$/i;
const SOURCE = /^[a-z0-9][a-z0-9-]{0,58}[a-z0-9]$/;

/** Files from and for partners in folders of this machine, filled and emptied by whatever moves files. */
export function createDirectoryTransport(options: DirectoryTransportOptions): Transport {
  const { directory, settleMs = DEFAULT_SETTLE_MS, maxFileBytes = DEFAULT_MAX_FILE_BYTES } = options;
  const folder = (area: Area, source: string) => join(directory, area, checkSource(source));
  const inboxPath = (file: InboxFile) => pathOf(folder('inbox', file.source), nameBytesOf(file));
  return {
    list: (source) => listComplete(source, folder('inbox', source), settleMs, maxFileBytes),
    read: (file) => readFile(inboxPath(file), file, maxFileBytes),
    async remove(file) {
      if (await isStillThere(inboxPath(file), file)) await rm(inboxPath(file), { force: true });
    },
    async reject(file, report) {
      if (!(await isStillThere(inboxPath(file), file))) return;
      const target = folder('rejected', file.source);
      await mkdir(target, { recursive: true, mode: 0o700 });
      const name = await freeName(target, shorten(file.name));
      await writeAtomically(target, `${name}.report.json`, Buffer.from(`${JSON.stringify(report, null, 2)}\n`));
      await rename(inboxPath(file), join(target, name));
    },
    async deliver(source, fileName, bytes) {
      const target = folder('outbox', source);
      await mkdir(target, { recursive: true, mode: 0o700 });
      await writeAtomically(target, checkName(fileName), bytes);
    },
  };
}

type Area = 'inbox' | 'outbox' | 'rejected';

/** A source's id is a folder's name here, so it must not lead anywhere else. */
function checkSource(source: string): string {
  if (!SOURCE.test(source)) throw new FileRefused(`not a source id: ${JSON.stringify(source.slice(0, 60))}`);
  return source;
}

/** A name without a way out of its folder, and none that means "unfinished" to a reader of the folder. */
function checkName(name: string): string {
  const hasPath = name === '' || /[/\\\0]/.test(name) || name.length > LONGEST_NAME;
  if (hasPath || UNFINISHED.test(name)) throw new FileRefused(`not a file name: ${JSON.stringify(name.slice(0, 60))}`);
  return name;
}

/** What partners call their files is theirs: anything that is a name in a folder. */
function checkInboxName(name: string): string {
  if (!isTaken(name)) throw new FileRefused(`not a file name: ${JSON.stringify(name.slice(0, 60))}`);
  return name;
}

function isTaken(name: string): boolean {
  return name !== '' && !/[/\0]/.test(name) && !UNFINISHED.test(name);
}

/** A name that leaves room for what is added to it; file systems take 255 bytes. */
function shorten(name: string): string {
  const bytes = Buffer.from(name);
  return bytes.length <= LONGEST_NAME
    ? name
    : bytes
        .subarray(0, LONGEST_NAME)
        .toString()
        .replace(/\ufffd$/, '');
}

async function listComplete(
  source: string,
  folder: string,
  settleMs: number,
  maxFileBytes: number,
): Promise<readonly InboxFile[]> {
  const before = await statFiles(folder);
  if (before.size === 0) return [];
  if (settleMs > 0) await sleep(settleMs);
  const after = settleMs > 0 ? await statFiles(folder) : before;
  return [...after]
    .filter(([name, stats]) => isSame(before.get(name), stats))
    .toSorted(([a, x], [b, y]) => Number(x.mtimeNs - y.mtimeNs) || a.localeCompare(b))
    .map(([name, stats]) => describe(source, name, stats, maxFileBytes));
}

/** A file with the bytes of its name, which are all that opens it: a partner's system may write names that are no UTF-8. */
interface NamedFile extends InboxFile {
  /** One character a byte. */
  readonly nameBytes: string;
}

function describe(source: string, nameBytes: string, stats: BigIntStats, maxFileBytes: number): NamedFile {
  const size = Number(stats.size);
  const name = Buffer.from(nameBytes, 'latin1').toString();
  const identity = [nameBytes, stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(':');
  const modifiedAt = stats.mtime.toISOString();
  return { source, name, nameBytes, identity, size, modifiedAt, tooLarge: size > maxFileBytes };
}

function nameBytesOf(file: InboxFile): string {
  const { nameBytes } = file as Partial<NamedFile>;
  return checkInboxName(nameBytes ?? Buffer.from(file.name).toString('latin1'));
}

/** @param nameBytes one character a byte */
function pathOf(folder: string, nameBytes: string): Buffer {
  return Buffer.concat([Buffer.from(join(folder, '/')), Buffer.from(nameBytes, 'latin1')]);
}

/**
 * The plain files of a folder that are not marked as unfinished, by the bytes of their names. Symbolic links lead
 * elsewhere and are left alone.
 */
async function statFiles(folder: string): Promise<ReadonlyMap<string, BigIntStats>> {
  const found = new Map<string, BigIntStats>();
  for (const name of await namesIn(folder)) {
    const stats = isTaken(name) ? await statIfThere(pathOf(folder, name)) : undefined;
    if (stats?.isFile()) found.set(name, stats);
  }
  return found;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  const stats = await statIfThere(folder);
  // A folder that nobody has filled yet is an empty one; one that is a link is refused like a file that is one.
  return stats?.isDirectory() ? (await readdir(folder, 'buffer')).map((name) => name.toString('latin1')) : [];
}

async function statIfThere(path: string | Buffer): Promise<BigIntStats | undefined> {
  try {
    return await lstat(path, { bigint: true });
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
}

function isSame(before: BigIntStats | undefined, after: BigIntStats): boolean {
  return before?.size === after.size && before.mtimeNs === after.mtimeNs && before.ino === after.ino;
}

async function* readFile(path: Buffer, file: InboxFile, maxFileBytes: number): AsyncGenerator<Uint8Array> {
  const handle = await openPlainFile(path, file, maxFileBytes);
  try {
    let left = file.size;
    while (left > 0) {
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(Math.min(READ_BYTES, left)));
      if (bytesRead === 0) throw new FileRefused(`${file.name} became shorter while it was read`);
      left -= bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

/** O_NOFOLLOW refuses a link put in the file's place after it was listed. */
async function openPlainFile(path: Buffer, file: InboxFile, maxFileBytes: number): Promise<FileHandle> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    (error: unknown) => {
      throw new FileRefused(`${file.name} cannot be opened`, { cause: error });
    },
  );
  const stats = await handle.stat({ bigint: true });
  if (stats.isFile() && isListed(stats, file) && file.size <= maxFileBytes) return handle;
  await handle.close();
  throw new FileRefused(`${file.name} is too large, was changed, or is no plain file`);
}

/** Whether the inbox still holds the file that was listed, and not a newer one of the same name. */
async function isStillThere(path: Buffer, file: InboxFile): Promise<boolean> {
  const stats = await statIfThere(path);
  return stats !== undefined && isListed(stats, file);
}

function isListed(stats: BigIntStats, { size, modifiedAt }: InboxFile): boolean {
  return Number(stats.size) === size && stats.mtime.toISOString() === modifiedAt;
}

/** A name in the rejected folder that is not taken, so that a second bad file of the same name keeps its own report. */
async function freeName(target: string, name: string): Promise<string> {
  for (let copy = 1; ; copy++) {
    const candidate = copy === 1 ? name : `${copy}-${name}`;
    if (!(await statIfThere(join(target, candidate)))) return candidate;
  }
}

/**
 * Readers of the folder see the whole file or none: written under a hidden name, flushed to the disk, renamed. The
 * folder is flushed too, so that the name survives a crash.
 */
async function writeAtomically(folder: string, name: string, bytes: Uint8Array): Promise<void> {
  const hidden = join(folder, `.${randomUUID()}.tmp`);
  try {
    await writeFlushed(hidden, bytes);
    await rename(hidden, join(folder, name));
  } catch (error) {
    await unlink(hidden).catch(() => undefined);
    throw error;
  }
  await flushFolder(folder);
}

async function writeFlushed(path: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(path, 'wx', 0o600);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
