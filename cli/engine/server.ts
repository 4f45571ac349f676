import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, openSync, closeSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { dirname, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { tryLock } from './file-lock.ts';
import { runProgram } from './run-program.ts';

export interface ServerOptions {
  /** The Temporal CLI. */
  readonly program: string;
  readonly dbFile: string;
  /** 0 for any. */
  readonly port: number;
  readonly uiPort: number;
  readonly log: (line: string) => void;
}

/** A Temporal server of our own. */
export interface Server {
  readonly address: string;
  readonly uiUrl: string;
  readonly pid: number;
  readonly logFile: string;
  readonly stop: () => Promise<void>;
}

const HOST = '127.0.0.1';
/** It shuts down in about a second, draining its pollers. */
const STOPS_WITHIN_MS = 10_000;

/**
 * Starts a Temporal server that ends when this process does.
 *
 * @throws Error if another process runs one on the same database file, or it does not come up
 */
export const startServer = async (options: ServerOptions): Promise<Server> => {
  const { log } = options;
  const dbFile = resolve(options.dbFile);
  mkdirSync(dirname(dbFile), { recursive: true });
  const release = tryLock(`${dbFile}.lock`);
  if (!release) {
    throw new Error(
      `a Temporal server already runs on ${dbFile}, started by another process: stop that one, ` +
        'or set TEMPORAL_ADDRESS to use it',
    );
  }
  try {
    await stopLeftover(dbFile, log);
    const port = await findFreePort(options.port, 'Temporal', log);
    const uiPort = await findFreePort(options.uiPort, "Temporal's Web UI", log);
    const child = await launch(options.program, dbFile, port, uiPort);
    const stop = async (): Promise<void> => {
      await end(child);
      rmSync(pidFile(dbFile), { force: true });
      release();
    };
    try {
      await untilListening(child, port, logFile(dbFile));
    } catch (error) {
      await stop();
      throw error;
    }
    return {
      address: `${HOST}:${port}`,
      uiUrl: `http://${HOST}:${uiPort}`,
      pid: child.pid,
      logFile: logFile(dbFile),
      stop,
    };
  } catch (error) {
    release();
    throw error;
  }
};

const pidFile = (dbFile: string): string => `${dbFile}.pid`;
const logFile = (dbFile: string): string => `${dbFile}.log`;

type RunningChild = ChildProcess & { readonly pid: number };

/**
 * Becomes the server, after leaving behind a watcher that ends it when our end of standard input closes: which happens
 * however we end, and without our listening to signals.
 */
const GUARD = 'exec 3<&0; server=$$; (cat <&3 >/dev/null; kill $server 2>/dev/null) & exec "$@" 3<&- </dev/null';

const launch = async (program: string, dbFile: string, port: number, uiPort: number): Promise<RunningChild> => {
  const args = [
    ...['server', 'start-dev', '--db-filename', dbFile],
    // Seven times faster than without. A power cut may cost its last moments, which the reconciler makes good.
    ...['--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=normal'],
    ...['--ip', HOST, '--port', String(port), '--ui-port', String(uiPort)],
    // Nothing but these arguments shall decide how it runs.
    ...['--log-level', 'warn', '--disable-config-file', '--disable-config-env'],
  ];
  const log = openSync(logFile(dbFile), 'w', 0o600);
  try {
    // Detached: Ctrl-C is for us, and the server goes last.
    const child =
      process.platform === 'win32'
        ? spawn(program, args, { stdio: ['pipe', log, log] })
        : spawn('/bin/sh', ['-c', GUARD, 'sh', program, ...args], { stdio: ['pipe', log, log], detached: true });
    await once(child, 'spawn');
    if (child.pid === undefined) throw new Error(`${program} could not be started`);
    // A server that nobody stopped shall not keep this process alive.
    child.unref();
    (child.stdin as Socket).unref();
    child.once('exit', () => child.stdin?.destroy());
    writeFileSync(pidFile(dbFile), String(child.pid), { mode: 0o600 });
    return child as RunningChild;
  } finally {
    closeSync(log);
  }
};

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

const end = async (child: ChildProcess): Promise<void> => {
  if (hasEnded(child)) return;
  const exit = once(child, 'exit');
  child.ref();
  child.kill('SIGTERM');
  const patience = setTimeout(() => child.kill('SIGKILL'), STOPS_WITHIN_MS);
  await exit;
  clearTimeout(patience);
};

const untilListening = async (child: ChildProcess, port: number, log: string): Promise<void> => {
  const deadline = Date.now() + 60_000;
  while (!(await isAnswering(port))) {
    if (hasEnded(child) || Date.now() > deadline) {
      const lines = readFileSync(log, 'utf8').trim().split('\n').slice(-5).join('\n');
      throw new Error(`Temporal did not start (${log}):\n${lines}`);
    }
    await sleep(50);
  }
};

/**
 * Ends a server on this file whose owner is gone: it is on its way out by itself, but two on one file would spoil it.
 * The caller holds the file's lock, so nobody else can be about to use it.
 */
const stopLeftover = async (dbFile: string, log: (line: string) => void): Promise<void> => {
  const file = pidFile(dbFile);
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, 'utf8'));
  const deadline = Date.now() + STOPS_WITHIN_MS;
  if (await isOurs(pid, dbFile)) {
    log(`ending the Temporal server that an earlier run left behind (process ${pid})`);
    process.kill(pid, 'SIGTERM');
    while (await isOurs(pid, dbFile)) {
      if (Date.now() > deadline) process.kill(pid, 'SIGKILL');
      await sleep(100);
    }
  }
  rmSync(file, { force: true });
};

/** Whether the process is a server on that file, not one that has its number by chance. */
const isOurs = async (pid: number, dbFile: string): Promise<boolean> => {
  if (process.platform === 'win32' || !Number.isSafeInteger(pid) || pid <= 0) return false;
  const command = await runProgram('ps', ['-ww', '-o', 'args=', '-p', String(pid)], { timeoutMs: 5_000 }).catch(
    () => '',
  );
  return command.includes('server start-dev') && command.includes(dbFile);
};

/** The wanted port, or a free one if that is taken; 0 wants any. */
const findFreePort = async (wanted: number, what: string, log: (line: string) => void): Promise<number> => {
  if (wanted !== 0 && (await isFree(wanted))) return wanted;
  const server = createServer().listen(0, HOST);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  if (wanted !== 0) log(`port ${wanted} is taken: ${what} is at ${port}`);
  return port;
};

/** Tried by connecting: trying to listen would take the port from under the server. */
const isAnswering = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, HOST, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, HOST, () => server.close(() => resolve(true)));
  });
