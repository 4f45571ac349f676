import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readSettings } from '../config.ts';
import { writeWorkflowBundle } from '../workers/bundle.ts';
import { startTemporal, type TemporalEngine } from './engine.ts';
import { getCacheDir } from './engine/fetch-once.ts';
import { type Credentials, openCredentials, prepareStore } from './setup.ts';
import { type ChannelSecrets, openChannelSecrets, seedChannels } from './stack/channels.ts';
import { createKeeper, type Keeper, type Program, type ProgramName } from './stack/keeper.ts';
import { choosePort, type PortOptions } from './stack/ports.ts';
import { forgetRunning, noteRunning, requireNoOther } from './stack/running.ts';

/** Everything that takes an order from the door to production, running on this machine. */
export interface Stack extends Pick<Keeper, 'kill' | 'halt' | 'resume'> {
  readonly gatewayUrl: string;
  readonly backOfficeUrl: string;
  /** The reference integration, which is polled and told, and the secrets of the sources that are polled and push. */
  readonly integrationUrl: string;
  readonly channels: ChannelSecrets;
  readonly temporal: Pick<TemporalEngine, 'address' | 'namespace' | 'uiUrl'>;
  readonly credentials: Credentials;
  /** Where {@link credentials} are kept, readable by their owner only. */
  readonly credentialsFile: string;
  readonly varDir: string;
  /** Holds `inbox/<source>/` and `outbox/<source>/`. */
  readonly ediDir: string;
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

/**
 * Starts Temporal, the back office, an integration to poll, the workers and the gateway; a program that dies is started
 * again. All of it ends with this process, however that ends.
 * @throws Error in words for whoever started it
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { log, anyPorts = false } = options;
  const varDir = resolve(options.varDir);
  await requireNoOther(varDir);
  const credentialsFile = join(varDir, 'keys', 'credentials.json');
  const credentials = openCredentials(credentialsFile);
  const channels = openChannelSecrets(join(varDir, 'keys', 'channels.json'));
  log('starting Temporal');
  const dbFile = join(varDir, 'temporal', 'temporal.sqlite');
  const engine = await startTemporal({ dbFile, log, ...(anyPorts && { port: 0, uiPort: 0 }) });
  try {
    log('preparing the database and the workflows');
    const env = {
      ...(await makeEnvironment(varDir, { ...credentials, channels }, engine, { any: anyPorts, log })),
      ...options.env,
    };
    const settings = readSettings(env);
    await Promise.all([prepareStore(settings, credentials), writeWorkflowBundle(env.WORKFLOW_BUNDLE)]);
    await seedChannels(settings, channels, env.INTEGRATION_URL);
    log('starting the back office, the workers and the gateway');
    const gatewayUrl = `http://127.0.0.1:${settings.port}`;
    const logDir = join(varDir, 'log');
    mkdirSync(logDir, { recursive: true });
    const keeper = createKeeper(listPrograms(env, gatewayUrl), logDir, log);
    await keeper.startAll();
    noteRunning(varDir, { pid: process.pid, gatewayUrl });
    const stop = async (): Promise<void> => {
      await keeper.stopAll();
      await engine.stop();
      forgetRunning(varDir);
    };
    const { backOfficeUrl, ediDir } = settings;
    const places = {
      gatewayUrl,
      backOfficeUrl,
      integrationUrl: env.INTEGRATION_URL,
      channels,
      temporal: engine,
      varDir,
      ediDir,
      credentialsFile,
    };
    return { ...places, credentials, ...keeper, stop };
  } catch (error) {
    await engine.stop();
    throw error;
  }
}

/** What the programs are told: where everything is. */
async function makeEnvironment(
  varDir: string,
  credentials: Credentials & { readonly channels: ChannelSecrets },
  engine: TemporalEngine,
  ports: PortOptions,
) {
  const port = String(await choosePort('PORT', 3000, ports));
  const integrationPort = String(await choosePort('INTEGRATION_PORT', 3200, ports));
  const backOfficePort = String(await choosePort('BACKOFFICE_PORT', 3100, ports));
  return {
    ...process.env,
    VAR_DIR: varDir,
    PORT: port,
    METRICS_PORT: String(await choosePort('METRICS_PORT', 9464, ports)),
    BACKOFFICE_PORT: backOfficePort,
    BACKOFFICE_URL: `http://127.0.0.1:${backOfficePort}`,
    BACKOFFICE_DB: join(varDir, 'backoffice.sqlite'),
    BACKOFFICE_API_KEY: credentials.backOffice,
    INTEGRATION_PORT: integrationPort,
    INTEGRATION_URL: `http://127.0.0.1:${integrationPort}`,
    INTEGRATION_API_KEY: credentials.channels.integration,
    INTEGRATION_NOTIFY_SECRET: credentials.channels.notify,
    // The reference integration, which is told of orders, is on this machine.
    NOTIFY_ALLOW_PRIVATE: process.env['NOTIFY_ALLOW_PRIVATE'] || 'true',
    TEMPORAL_ADDRESS: engine.address,
    TEMPORAL_NAMESPACE: engine.namespace,
    TEMPORAL_UI_URL: engine.uiUrl ?? 'off',
    WORKFLOW_BUNDLE: join(varDir, 'workflows.js'),
    // Compiled once: a process that need not strip types from our files starts sooner and has 30 MB less.
    NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? join(getCacheDir(process.env), 'compiled'),
  };
}

function listPrograms(env: NodeJS.ProcessEnv, gatewayUrl: string): Readonly<Record<ProgramName, Program>> {
  return {
    'back office': { file: 'backoffice/reference/main.ts', env, health: `${env['BACKOFFICE_URL'] ?? ''}/health` },
    integration: {
      file: 'exchange/reference/main.ts',
      env,
      health: `http://127.0.0.1:${env['INTEGRATION_PORT'] ?? ''}/health`,
    },
    worker: { file: 'workers/main.ts', env: { ...env, WORKER_QUEUES: 'orders' } },
    'batch worker': { file: 'workers/main.ts', env: { ...env, WORKER_QUEUES: 'orders-batch', METRICS_PORT: '0' } },
    gateway: { file: 'api/server.ts', env, health: `${gatewayUrl}/healthz` },
  };
}
