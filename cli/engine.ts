import { Connection } from '@temporalio/client';
import { delimiter, join } from 'node:path';
import { buildWithGo } from './engine/build-with-go.ts';
import { CLI_VERSION } from './engine/cli-version.ts';
import { downloadBySdk } from './engine/download-by-sdk.ts';
import { fetchOnce, getCacheDir, isExecutable } from './engine/fetch-once.ts';
import { ensureNamespace } from './engine/namespace.ts';
import { runProgram } from './engine/run-program.ts';
import { startServer } from './engine/server.ts';

/** The Temporal CLI, which carries a whole Temporal server with its Web UI. */
export interface TemporalProgram {
  readonly path: string;
  /** Of the server inside, e.g. `1.29.1`. */
  readonly version: string;
  /** Where it came from, for people: `PATH`, `TEMPORAL_CLI_PATH`, the cache, a download, a build. */
  readonly how: string;
}

/** A Temporal server that is ready for orders. */
export interface TemporalEngine {
  /** `host:port` of its gRPC API. */
  readonly address: string;
  readonly namespace: string;
  /** Where people look at it; undefined for a server that is not ours, unless `TEMPORAL_UI_URL` says it. */
  readonly uiUrl: string | undefined;
  /** Undefined for a server that is not ours. */
  readonly pid?: number;
  /** Ends the server if it is ours, after which its database file can be used again. May be called twice. */
  readonly stop: () => Promise<void>;
}

export interface SearchOptions {
  /** Default: this process's. */
  readonly env?: NodeJS.ProcessEnv;
  /** Told what takes long or is not as asked for. Default: standard error. */
  readonly log?: (line: string) => void;
}

export interface EngineOptions extends SearchOptions {
  /** The server's own database; its directory is made if need be. A log of the same name plus `.log` lies beside it. */
  readonly dbFile: string;
  /** Default: `TEMPORAL_PORT`, else 7233; 0 for any. A taken one is replaced by a free one. */
  readonly port?: number;
  /** Default: `TEMPORAL_UI_PORT`, else 8233; 0 for any. A taken one is replaced by a free one. */
  readonly uiPort?: number;
  /** Default: `TEMPORAL_NAMESPACE`, else `order-staging`. */
  readonly namespace?: string;
}

/** Update-with-start and worker versioning, as used here, are in servers from this one on. */
const OLDEST_SERVER = [1, 28] as const;

/**
 * Makes a Temporal server ready: the running one at `TEMPORAL_ADDRESS`, or else one of our own on this machine, which
 * ends with this process, however that ends.
 *
 * @throws Error saying what was tried and what to do
 */
export const startTemporal = async (options: EngineOptions): Promise<TemporalEngine> => {
  const { env = process.env, log = logToStandardError } = options;
  const namespace = options.namespace ?? (env['TEMPORAL_NAMESPACE'] || 'order-staging');
  const running = env['TEMPORAL_ADDRESS'];
  if (running) {
    await prepareNamespace(running, namespace, 'TEMPORAL_ADDRESS says that a Temporal server runs there');
    return { address: running, namespace, uiUrl: env['TEMPORAL_UI_URL'] || undefined, stop: async () => {} };
  }
  const { path } = await findTemporal({ env, log });
  const server = await startServer({
    program: path,
    dbFile: options.dbFile,
    port: options.port ?? Number(env['TEMPORAL_PORT'] || 7233),
    uiPort: options.uiPort ?? Number(env['TEMPORAL_UI_PORT'] || 8233),
    log,
  });
  try {
    await prepareNamespace(server.address, namespace, `see ${server.logFile}`);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { address: server.address, namespace, uiUrl: server.uiUrl, pid: server.pid, stop: server.stop };
};

/** Makes the orders' namespace ready on a running server. @throws Error with the hint if no server answers */
export const prepareNamespace = async (address: string, namespace: string, hint: string): Promise<void> => {
  const connection = await Connection.connect({ address, connectTimeout: '5s' }).catch((error: unknown) => {
    throw new Error(`no Temporal server answers at ${address}: ${hint}`, { cause: error });
  });
  try {
    await ensureNamespace(connection, namespace);
  } finally {
    await connection.close();
  }
};

/**
 * Finds the Temporal CLI on this machine, or gets it: the one that `TEMPORAL_CLI_PATH` names, one on `PATH`, the one fetched
 * earlier, the SDK's own download, a build with Go.
 *
 * @throws Error saying what was tried and what to do
 */
export const findTemporal = async (options: SearchOptions = {}): Promise<TemporalProgram> => {
  const { env = process.env, log = logToStandardError } = options;
  const named = env['TEMPORAL_CLI_PATH'];
  if (named) return { path: named, version: await getServerVersion(named), how: 'TEMPORAL_CLI_PATH' };

  const installed = await findOnPath(env);
  const tooOld = installed && !isNewEnough(installed.version);
  if (tooOld) log(`${installed.path} has server ${installed.version}, older than ${OLDEST_SERVER.join('.')}: not used`);
  if (installed && !tooOld) return installed;

  const cached = join(getCacheDir(env), `temporal-cli-${CLI_VERSION}`, 'temporal');
  const how = (await isExecutable(cached))
    ? 'fetched earlier'
    : await fetchOnce(cached, [downloadBySdk('dev-server', env), buildWithGo(env, log)], log).catch(
        (error: unknown) => {
          const found = installed
            ? `temporal on PATH: server ${installed.version} is too old`
            : 'temporal on PATH: none';
          throw new Error(`${NOT_FOUND}\n\nWhat was tried:\n${indent(`${found}\n${(error as Error).message}`)}`, {
            cause: error,
          });
        },
      );
  return { path: cached, version: await getServerVersion(cached), how };
};

const NOT_FOUND = `No Temporal server can be had on this machine. Any one of these helps:
  - install the Temporal CLI (https://docs.temporal.io/cli/setup-cli), so that \`temporal\` is on PATH
  - set TEMPORAL_CLI_PATH to a Temporal CLI
  - set TEMPORAL_ADDRESS to the host:port of a running Temporal server
  - allow access to https://temporal.download, or install Go 1.25 or newer with access to a Go module proxy`;

const findOnPath = async (env: NodeJS.ProcessEnv): Promise<TemporalProgram | undefined> => {
  const name = process.platform === 'win32' ? 'temporal.exe' : 'temporal';
  for (const directory of (env['PATH'] ?? '').split(delimiter)) {
    const path = join(directory, name);
    if (directory && (await isExecutable(path))) return { path, version: await getServerVersion(path), how: 'PATH' };
  }
  return undefined;
};

/** @throws Error if the program is no Temporal CLI */
const getServerVersion = async (path: string): Promise<string> => {
  const printed = await runProgram(path, ['--version'], { timeoutMs: 15_000 });
  const version = /server (\d+\.\d+\.\d+)/i.exec(printed)?.[1];
  if (!version) throw new Error(`${path} is no Temporal CLI with a server inside: it calls itself ${printed.trim()}`);
  return version;
};

const isNewEnough = (version: string): boolean => {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > OLDEST_SERVER[0] || (major === OLDEST_SERVER[0] && minor >= OLDEST_SERVER[1]);
};

const indent = (text: string): string => text.replaceAll(/^/gm, '  - ');

const logToStandardError = (line: string): void => console.error(line);
