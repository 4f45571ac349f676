import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** The programs beside Temporal, each a process of its own. */
export type ProgramName = 'back office' | 'integration' | 'worker' | 'batch worker' | 'gateway';

export interface Program {
  /** Relative to the repository. */
  readonly file: string;
  readonly env: NodeJS.ProcessEnv;
  /** Where it answers when it is ready; without it, it says so itself. */
  readonly health?: string;
}

/** Programs that are kept running: one that dies is started again after a second, one that cannot start ever later. */
export interface Keeper {
  startAll(): Promise<void>;
  /** Ends all, the door first and the books last. */
  stopAll(): Promise<void>;
  /** Kills a program without warning; it is started again. */
  kill(name: ProgramName): void;
  /** Ends a program and leaves it ended. */
  halt(name: ProgramName): Promise<void>;
  /** Starts a program that was halted. */
  resume(name: ProgramName): Promise<void>;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const READY_LIMIT_MS = 120_000;
const GOODBYE_MS = 20_000;
/** Between two starts of a program that does not become ready: what is wrong must be mended by somebody. */
const LONGEST_REST_MS = 30_000;

/** @param logDir takes what the programs print, a file each */
export function createKeeper(
  known: Readonly<Record<ProgramName, Program>>,
  logDir: string,
  log: (line: string) => void,
): Keeper {
  const running = new Map<ProgramName, ChildProcess>();
  const wanted = new Set<ProgramName>();
  const names = Object.keys(known) as ProgramName[];

  /** @param failed how often in a row it ended before it was ready. */
  const start = async (name: ProgramName, failed = 0): Promise<void> => {
    let isReady = false;
    const { health } = known[name];
    const child = launch(known[name], logOf(logDir, name));
    running.set(name, child);
    wanted.add(name);
    const died = new Promise<never>((_, reject) => {
      child.once('exit', (code, signal) => {
        if (running.get(name) === child) running.delete(name);
        reject(new Error(`the ${name} ended (${code ?? signal ?? 'unknown'})\n${lastWords(logOf(logDir, name))}`));
      });
    });
    died.catch(() => restartLater(name, isReady ? 0 : failed + 1));
    await Promise.race([health === undefined ? untilSaid(child) : untilAnswers(health), died]);
    isReady = true;
  };
  const restartLater = async (name: ProgramName, failed: number): Promise<void> => {
    await pause(Math.min(1000 * 2 ** failed, LONGEST_REST_MS));
    if (!wanted.has(name) || running.has(name)) return;
    log(`starting the ${name} again`);
    await start(name, failed).catch(() => undefined);
  };
  const halt = async (name: ProgramName): Promise<void> => {
    wanted.delete(name);
    const child = running.get(name);
    if (child) await end(child);
  };
  const stopAll = async (): Promise<void> => {
    wanted.clear();
    await halt('gateway');
    await Promise.all([halt('worker'), halt('batch worker')]);
    await Promise.all([halt('back office'), halt('integration')]);
  };
  return {
    startAll: async () => {
      try {
        await Promise.all(names.map((name) => start(name)));
      } catch (error) {
        await stopAll();
        throw error;
      }
    },
    stopAll,
    kill: (name) => running.get(name)?.kill('SIGKILL'),
    halt,
    resume: (name) => start(name),
  };
}

/** Detached: Ctrl-C is for us, and we end the programs in order. They end with us by the channel between us. */
function launch({ file, env }: Program, logFile: string): ChildProcess {
  const out = openSync(logFile, 'a', 0o600);
  try {
    return spawn(process.execPath, [file], { cwd: ROOT, env, stdio: ['ignore', out, out, 'ipc'], detached: true });
  } finally {
    closeSync(out);
  }
}

function logOf(logDir: string, name: ProgramName): string {
  return join(logDir, `${name.replace(' ', '-')}.log`);
}

function lastWords(logFile: string): string {
  const lines = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-8);
  return [`Its last words, in ${logFile}:`, ...lines].join('\n');
}

async function end(child: ChildProcess): Promise<void> {
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  child.kill('SIGTERM');
  const patience = setTimeout(() => child.kill('SIGKILL'), GOODBYE_MS);
  await ended;
  clearTimeout(patience);
}

function untilSaid(child: ChildProcess): Promise<void> {
  return new Promise((done) => child.once('message', () => done()));
}

async function untilAnswers(url: string): Promise<void> {
  const giveUpAt = Date.now() + READY_LIMIT_MS;
  while (Date.now() < giveUpAt) {
    const answer = await fetch(url, { signal: AbortSignal.timeout(2000) }).catch(() => undefined);
    if (answer?.ok) return;
    await pause(100);
  }
  throw new Error(`${url} does not answer`);
}
