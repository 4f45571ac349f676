import { fork } from 'node:child_process';
import { createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { once } from 'node:events';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeInterchange } from './x12-interchange.ts';

const ORDERS = Number(process.env['BENCH_X12_ORDERS'] ?? 20_000);
const LINES = 25;
const TENTH = 10;
const MEGABYTE = 1e6;

/** What a child process says of one reading. */
export interface ReadingReport {
  readonly orders: number;
  readonly wallMs: number;
  /** User and system time of the process, its compiler and garbage collector included. */
  readonly cpuMs: number;
  /** Resident, before the first byte was read and at most. */
  readonly startBytes: number;
  readonly peakBytes: number;
}

/** Who reads: this system, as it does in production, or node-x12 alone. */
export type Reader = 'ours' | 'node-x12';

/**
 * X12 from bytes to canonical orders, read twice as in production, and beside it node-x12 alone on a tenth of the same
 * orders, because on all of them it runs out of memory. Each in a process of its own, so that its memory is its own.
 */
export async function formats(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-formats-'));
  try {
    const whole = await writeFile(join(folder, 'whole.edi'), ORDERS);
    const tenth = await writeFile(join(folder, 'tenth.edi'), ORDERS / TENTH);
    // As `npm start` has it, and the image: Node keeps what its type stripper, a program of 25 MB, made of our files.
    const cache = join(folder, 'compiled');
    await read('ours', tenth, cache);
    const ours = await read('ours', whole, cache);
    const theirs = await read('node-x12', tenth, cache);
    print('bytes to canonical orders', whole, ours);
    print('node-x12 alone, a tenth', tenth, theirs);
    const ratio = speed(whole, ours.cpuMs) / speed(tenth, theirs.cpuMs);
    console.log(`ratio ${ratio.toFixed(1)} by CPU time, ${cpus().length} cores`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function writeFile(path: string, orders: number): Promise<string> {
  const file = createWriteStream(path);
  for (const piece of writeInterchange({ orders, linesPerOrder: LINES })) {
    if (!file.write(piece)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'close');
  return path;
}

async function read(reader: Reader, path: string, cache: string): Promise<ReadingReport> {
  const program = fileURLToPath(new URL('read-x12.ts', import.meta.url));
  const child = fork(program, [reader, path], { env: { ...process.env, NODE_COMPILE_CACHE: cache } });
  const [message] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`${reader} ended with ${String(code)}`))),
  ])) as [ReadingReport];
  return message;
}

function speed(path: string, ms: number): number {
  return statSync(path).size / MEGABYTE / (ms / 1000);
}

function print(name: string, path: string, { orders, wallMs, cpuMs, startBytes, peakBytes }: ReadingReport): void {
  const megabytes = (bytes: number) => (bytes / MEGABYTE).toFixed(0);
  console.log(
    `${name}: ${orders} orders, ${megabytes(statSync(path).size)} MB; ` +
      `${speed(path, wallMs).toFixed(1)} MB/s by the clock, ${speed(path, cpuMs).toFixed(1)} MB/s of CPU time; ` +
      `at most ${megabytes(peakBytes)} MB resident, ${megabytes(startBytes)} MB of it at the start`,
  );
}
