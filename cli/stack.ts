import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, openSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';
import { openKeyFile } from '../db/keyring.ts';
import { migrate } from '../db/migrate.ts';
import { closeStore, openStore } from '../db/store.ts';
import { WORKFLOWS_PATH } from '../workers/worker.ts';
import { startTemporal } from './engine.ts';
import { type Credentials, openCredentials, seedDefaults } from './setup.ts';

/** The programs beside Temporal, each a process of its own. */
export type ProgramName = 'back office' | 'worker' | 'batch worker' | 'gateway';

/** Everything that takes an order from the door to production, running on this machine. */
export interface Stack {
  readonly gatewayUrl: string;
  readonly backOfficeUrl: string;
  readonly temporal: { readonly address: string; readonly namespace: string; readonly uiUrl: string | undefined };
  readonly credentials: Credentials;
  readonly varDir: string;
  /** Kills a program without warning; it is started again. */
  kill(name: ProgramName): void;
  /** Ends a program and leaves it ended. */
  halt(name: ProgramName): Promise<void>;
  /** Starts a program that was halted. */
  resume(name: ProgramName): Promise<void>;
  /** Ends everything, in order. */
  stop(): Promise<void>;
}

export interface StackOptions {
  /** Folder of everything that is kept. */
  readonly varDir: string;
  /** Told what is being done, a line at a time. */
  readonly log: (line: string) => void;
  /** Take any free port instead of the usual ones. */
  readonly anyPorts?: boolean;
  /** Settings for the programs, beyond those that the stack makes. */
  readonly env?: Readonly<Record<string, string>>;
}

interface Program {
  readonly file: string;
  readonly env: NodeJS.ProcessEnv;
  /** Where it answers when it is ready; without it, it says so itself. */
  readonly health?: string;
}

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const READY_LIMIT_MS = 120_000;

/** Starts Temporal, the back office, the workers and the gateway; a program that dies is started again. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const varDir = resolve(options.varDir);
  const logDir = join(varDir, 'log');
  mkdirSync(logDir, { recursive: true });
  const { log } = options;
  const any = options.anyPorts === true;
  const credentials = openCredentials(join(varDir, 'keys', 'credentials.json'));
  log('starting Temporal');
  const engine = await startTemporal({ dbFile: join(varDir, 'temporal', 'temporal.sqlite'), log, ...(any && { port: 0, uiPort: 0 }) });
  try {
    log('preparing the database and the workflows');
    const bundle = join(varDir, 'workflows.js');
    await Promise.all([prepareStore(varDir, credentials), writeBundle(bundle)]);
    const port = await choosePort('PORT', 3000, any, log);
    const backOfficePort = await choosePort('BACKOFFICE_PORT', 3100, any, log);
    const urls = { gatewayUrl: `http://127.0.0.1:${String(port)}`, backOfficeUrl: `http://127.0.0.1:${String(backOfficePort)}` };
    const env = {
      ...process.env,
      VAR_DIR: varDir,
      PORT: String(port),
      BACKOFFICE_PORT: String(backOfficePort),
      BACKOFFICE_URL: urls.backOfficeUrl,
      BACKOFFICE_DB: join(varDir, 'backoffice.sqlite'),
      BACKOFFICE_API_KEY: credentials.backOffice,
      TEMPORAL_ADDRESS: engine.address,
      TEMPORAL_NAMESPACE: engine.namespace,
      TEMPORAL_UI_URL: engine.uiUrl ?? 'off',
      WORKFLOW_BUNDLE: bundle,
      ...options.env,
    };
    const keeper = createKeeper(programs(env, urls), logDir, log);
    log('starting back office, workers and gateway');
    await keeper.startAll();
    const stop = async (): Promise<void> => {
      await keeper.stopAll();
      await engine.stop();
    };
    const { address, namespace, uiUrl } = engine;
    return { ...urls, temporal: { address, namespace, uiUrl }, credentials, varDir, ...keeper, stop };
  } catch (error) {
    await engine.stop();
    throw error;
  }
}

function programs(env: NodeJS.ProcessEnv, urls: Pick<Stack, 'gatewayUrl' | 'backOfficeUrl'>): Readonly<Record<ProgramName, Program>> {
  return {
    'back office': { file: 'backoffice/reference/main.ts', env, health: `${urls.backOfficeUrl}/health` },
    worker: { file: 'workers/main.ts', env: { ...env, WORKER_QUEUES: 'orders' } },
    'batch worker': { file: 'workers/main.ts', env: { ...env, WORKER_QUEUES: 'orders-batch', METRICS_PORT: '0' } },
    gateway: { file: 'api/server.ts', env, health: `${urls.gatewayUrl}/healthz` },
  };
}

async function prepareStore(varDir: string, credentials: Credentials): Promise<void> {
  const databaseUrl = process.env['DATABASE_URL'] ?? `file:${join(varDir, 'order-staging.sqlite')}`;
  const store = openStore(databaseUrl, openKeyFile(process.env['KEY_FILE'] ?? join(varDir, 'keys', 'master.json')));
  await migrate(store);
  await seedDefaults(store, credentials);
  await closeStore(store);
}

/** Bundled once for all workers: it takes seconds. */
async function writeBundle(path: string): Promise<void> {
  const quiet = { trace() {}, debug() {}, info() {}, warn() {}, error() {}, log() {} };
  const { code } = await bundleWorkflowCode({ workflowsPath: WORKFLOWS_PATH, logger: quiet });
  await writeFile(path, code);
}

interface Keeper extends Pick<Stack, 'kill' | 'halt' | 'resume'> {
  startAll(): Promise<void>;
  stopAll(): Promise<void>;
}

/** Keeps programs running: one that dies is started again after a second. */
function createKeeper(known: Readonly<Record<ProgramName, Program>>, logDir: string, log: (line: string) => void): Keeper {
  const running = new Map<ProgramName, ChildProcess>();
  const wanted = new Set<ProgramName>();

  const start = async (name: ProgramName): Promise<void> => {
    const { file, env, health } = known[name];
    const out = openSync(join(logDir, `${name.replace(' ', '-')}.log`), 'a');
    const child = spawn(process.execPath, [file], { cwd: ROOT, env, stdio: ['ignore', out, out, 'ipc'] });
    running.set(name, child);
    wanted.add(name);
    const died = new Promise<never>((_, reject) => {
      child.once('exit', (code) => {
        if (running.get(name) === child) running.delete(name);
        reject(new Error(`the ${name} ended (${String(code)}); see ${logDir}`));
      });
    });
    died.catch(() => restartLater(name));
    await Promise.race([health === undefined ? untilSaid(child) : untilAnswers(health), died]);
  };
  const restartLater = async (name: ProgramName): Promise<void> => {
    await pause(1000);
    if (!wanted.has(name) || running.has(name)) return;
    log(`starting the ${name} again`);
    await start(name).catch(() => undefined);
  };
  const halt = async (name: ProgramName): Promise<void> => {
    wanted.delete(name);
    const child = running.get(name);
    if (!child) return;
    const ended = new Promise<void>((done) => child.once('exit', () => done()));
    child.kill('SIGTERM');
    const patience = setTimeout(() => child.kill('SIGKILL'), 20_000);
    await ended;
    clearTimeout(patience);
  };
  const names = Object.keys(known) as ProgramName[];
  return {
    startAll: async () => {
      try {
        await Promise.all(names.map(start));
      } catch (error) {
        await Promise.all(names.map(halt));
        throw error;
      }
    },
    stopAll: async () => {
      // The door closes first, the books last.
      await halt('gateway');
      await Promise.all([halt('worker'), halt('batch worker')]);
      await halt('back office');
    },
    kill: (name) => running.get(name)?.kill('SIGKILL'),
    halt,
    resume: start,
  };
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

/** The port that the environment names, or the usual one, or a free one if that is taken. */
async function choosePort(setting: string, usual: number, any: boolean, log: (line: string) => void): Promise<number> {
  const asked = any ? 0 : Number(process.env[setting] ?? usual);
  if (asked !== 0 && (await probe(asked)) !== undefined) return asked;
  const free = (await probe(0)) ?? 0;
  if (asked !== 0) log(`port ${String(asked)} is taken; ${setting} is ${String(free)} this time`);
  return free;
}

/** Listens for a moment; the port that it was given, or undefined if it is taken. */
function probe(port: number): Promise<number | undefined> {
  return new Promise((done) => {
    const server = createServer();
    server.once('error', () => done(undefined));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => done(typeof address === 'object' && address ? address.port : undefined));
    });
  });
}
