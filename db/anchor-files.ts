import {
  closeSync,
  createReadStream,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/**
 * Lines that are only ever added, in files by day: `<yyyy-mm-dd>.jsonl`, each line durable before the next step. A line that
 * a power cut left without its end counts as not written.
 */

const NEWLINE = 0x0a;
const FIRST_LOOK = 64 * 1024;

/** Appends a line to the file of `day`, or to the newest file where the clock was put back. */
export function appendLine(folder: string, day: string, line: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const newest = listFiles(folder).at(-1) ?? '';
  const name = `${day}.jsonl`;
  const file = newest > name ? newest : name;
  const descriptor = openSync(join(folder, file), 'a', 0o600);
  try {
    writeSync(descriptor, `${line}\n`);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  if (newest !== file) flushFolder(folder);
}

/** The last whole line, or undefined where there is none; what stands behind it without an end is cut off. */
export function takeLastLine(folder: string): string | undefined {
  for (const file of listFiles(folder).toReversed()) {
    const descriptor = openSync(join(folder, file), 'r+');
    try {
      const { size } = fstatSync(descriptor);
      const end = findLast(descriptor, size) + 1;
      if (end < size) ftruncateSync(descriptor, end);
      if (end > 0) return read(descriptor, findLast(descriptor, end - 1) + 1, end - 1).toString('utf8');
    } finally {
      closeSync(descriptor);
    }
  }
  return undefined;
}

/** All whole lines, oldest first. */
export async function* readLines(folder: string): AsyncGenerator<string> {
  for (const file of listFiles(folder)) {
    const path = join(folder, file);
    // Up to the last line's end as it is now: a line that is just being written does not count yet.
    const descriptor = openSync(path, 'r');
    const end = findLast(descriptor, fstatSync(descriptor).size) + 1;
    closeSync(descriptor);
    if (end === 0) continue;
    yield* createInterface({ input: createReadStream(path, { encoding: 'utf8', end: end - 1 }), crlfDelay: Infinity });
  }
}

function listFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).filter((name) => /^\d{4}-\d\d-\d\d\.jsonl$/.test(name)).toSorted(); // prettier-ignore
}

/** Where the last newline before `end` stands; -1: nowhere. */
function findLast(descriptor: number, end: number): number {
  for (let to = end, size = FIRST_LOOK; to > 0; to -= size) {
    const from = Math.max(0, to - size);
    const found = read(descriptor, from, to).lastIndexOf(NEWLINE);
    if (found >= 0) return from + found;
  }
  return -1;
}

function read(descriptor: number, from: number, to: number): Buffer {
  const bytes = Buffer.alloc(to - from);
  return bytes.subarray(0, readSync(descriptor, bytes, 0, bytes.length, from));
}

/** A file's name is durable when its folder is. */
function flushFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
