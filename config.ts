import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { isStandardSecret } from './exchange/signatures.ts';
import { isThisMachine } from './orders/safe-address.ts';

/** Thrown at start with one line per setting that cannot be used. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const port = z.coerce.number().int().min(0).max(65_535);
const duration = z.coerce.number().int().positive();
const webAddress = z.url({ protocol: /^https?$/, error: 'must be an http or https URL' });
const databaseUrl = z.string().regex(/^[a-z]+:./, 'must be a URL such as file:var/order-staging.sqlite');
const hostAndPort = z
  .string()
  .regex(/^[^\s:/]+:\d{1,5}$|^\[[0-9a-fA-F:]+\]:\d{1,5}$/, 'must be host:port such as 127.0.0.1:7233');

/** Where secrets may be sent: over TLS, or to this machine. */
const safeAddress = webAddress.refine(
  (text) => text.startsWith('https:') || (URL.canParse(text) && isThisMachine(new URL(text).hostname)),
  'must be an https URL; http only on this machine',
);
const smtpUrl = z.url({ protocol: /^smtps?$/, error: 'must be smtp://user:password@host:port, or smtps://…' });
const mailAddress = /^[^\s@<>,;:"]+@[^\s@<>,;:"]+$/;
const mailFrom = z
  .string()
  .regex(
    /^(?:[^<>\p{Cc}]+ <[^\s@<>,;:"]+@[A-Za-z0-9.-]+>|[^\s@<>,;:"]+@[A-Za-z0-9.-]+)$/u,
    'must be an address, or Name <address>',
  );
const mailAddresses = z
  .string()
  .transform((text) => text.split(',').map((one) => one.trim()))
  .refine(
    (list) => list.length <= 10 && list.every((one) => mailAddress.test(one)),
    'must be at most ten addresses, separated by commas',
  );

const EXPIRABLE = ['completed', 'rejected', 'cancelled', 'applied', 'staged', 'refused'] as const;
const stateDays = `(?:${EXPIRABLE.join('|')})=[1-9]\\d{0,4}`;
const daysByState = z
  .string()
  .regex(
    new RegExp(`^${stateDays}(?:,${stateDays})*$`),
    `must be such as rejected=30,completed=365; states are ${EXPIRABLE.join(', ')}`,
  );

/** Every setting, with what it means and what it is when the environment is silent. */
const environmentSchema = z.object({
  /** Address the gateway listens on. The default is reachable from this machine only. */
  HOST: z.string().default('127.0.0.1'),
  /** Port of the gateway and the web app; 0 for any free port. */
  PORT: port.default(3000),
  /** Largest document that is taken, in bytes: 20 MiB. */
  BODY_LIMIT_BYTES: z.coerce
    .number()
    .int()
    .min(1024)
    .default(20 * 1024 * 1024),

  /** Folder of everything that is kept; the paths below stand in it unless they are set. */
  VAR_DIR: z.string().default('var'),
  /**
   * The database: `file:<path>` is the embedded SQLite, `mssql://user:password@host:1433/database` a SQL Server. Default
   * `file:<VAR_DIR>/order-staging.sqlite`. Wins over the file.
   */
  DATABASE_URL: databaseUrl.optional(),
  /** File that holds the database's URL, for a URL with a password in it. */
  DATABASE_URL_FILE: z.string().optional(),
  /** The master keys; made where there is no such file. Keep it apart from backups of the database. Default `<VAR_DIR>/keys/master.json`. */
  KEY_FILE: z.string().optional(),
  /** The master keys themselves, as the content of a key file. Wins over the file. */
  MASTER_KEYS: z.string().optional(),
  /** Folder with `inbox/<source>`, `outbox/<source>` and `rejected/`. Default `<VAR_DIR>/edi`. */
  EDI_DIR: z.string().optional(),
  /** Folder of the anchors of the audit trail; the same one for all workers. Default `<VAR_DIR>/anchors`. */
  AUDIT_ANCHOR_DIR: z.string().optional(),

  /** Temporal's frontend, host:port. */
  TEMPORAL_ADDRESS: hostAndPort.default('127.0.0.1:7233'),
  TEMPORAL_NAMESPACE: z.string().default('order-staging'),
  /** Base of links into Temporal's Web UI; `off` leaves the links out. */
  TEMPORAL_UI_URL: z.union([z.literal('off'), webAddress]).default('http://127.0.0.1:8233'),
  /** How long a request waits for Temporal to take a new order, in milliseconds; the order is kept either way. */
  TEMPORAL_START_TIMEOUT_MS: duration.default(2000),
  /** How long a decision waits for its workflow's answer, in milliseconds; the decision is kept either way. */
  DECISION_TIMEOUT_MS: duration.default(10_000),

  /** Base URL of the back office. */
  BACKOFFICE_URL: webAddress.default('http://127.0.0.1:3100'),
  /** Key for the back office. Wins over the file. */
  BACKOFFICE_API_KEY: z.string().min(8).optional(),
  /** File that holds the key for the back office. Default `<VAR_DIR>/keys/backoffice.key`. */
  BACKOFFICE_API_KEY_FILE: z.string().optional(),

  /** Task queues that a worker process serves, separated by commas. */
  WORKER_QUEUES: z.string().default('orders,orders-batch'),
  /** File with the workflows, bundled beforehand; without it each worker bundles them at its start, which takes seconds. */
  WORKFLOW_BUNDLE: z.string().optional(),
  /** How long a claimed review stays with the person who claimed it, in minutes. */
  CLAIM_LEASE_MINUTES: duration.default(15),

  /** How long content of orders is kept after they are over, in days. What is not over is kept. */
  RETENTION_DAYS: z.coerce.number().int().min(1).max(36_500).default(90),
  /** Other times for some states, such as `rejected=30,completed=365`; `refused` are documents that could not be read. */
  RETENTION_DAYS_BY_STATE: daysByState.optional(),

  /** Mail server for notices; without it none are mailed. Wins over the file. */
  SMTP_URL: smtpUrl.optional(),
  /** File that holds the URL of the mail server, for one with a password in it. */
  SMTP_URL_FILE: z.string().optional(),
  /** Whom notices are from: an address, or `Name <address>`. */
  MAIL_FROM: mailFrom.optional(),
  /** Where our own people are told of reviews and incidents, as Standard Webhooks; without it they are not. */
  OPERATIONS_WEBHOOK_URL: safeAddress.optional(),
  /** What these are signed with: `whsec_…`; two, separated by a comma, while one replaces the other. Wins over the file. */
  OPERATIONS_WEBHOOK_SECRET: z.string().optional(),
  /** File that holds the secret or secrets. */
  OPERATIONS_WEBHOOK_SECRET_FILE: z.string().optional(),
  /** Addresses of our own people, separated by commas. */
  OPERATIONS_MAIL_TO: mailAddresses.optional(),
  /** Whether webhooks of sources may go to addresses of private networks and of this machine: `true` or `false`. */
  NOTIFY_ALLOW_PRIVATE: z.enum(['true', 'false']).default('false'),

  /** Port on which a worker shows Temporal's metrics of it to Prometheus, at `/metrics`; 0 for none. */
  METRICS_PORT: port.default(9464),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});

/** How notices get out, and how our own people are told. */
export interface NoticeSettings {
  /** null: nothing is mailed. */
  readonly mail: { readonly url: string; readonly from: string } | null;
  /** null: none is posted. */
  readonly operationsWebhook: { readonly url: string; readonly secrets: readonly string[] } | null;
  readonly operationsMailTo: readonly string[];
  readonly allowPrivate: boolean;
}

/** The settings of this process, complete with their defaults. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  readonly bodyLimitBytes: number;
  readonly varDir: string;
  readonly databaseUrl: string;
  readonly keyFile: string;
  readonly masterKeys: string | null;
  readonly ediDir: string;
  readonly auditAnchorDir: string;
  readonly temporalAddress: string;
  readonly temporalNamespace: string;
  /** Without a trailing slash; null: no links. */
  readonly temporalUiUrl: string | null;
  readonly temporalStartTimeoutMs: number;
  readonly decisionTimeoutMs: number;
  readonly backOfficeUrl: string;
  /** null: neither set nor in the file; see {@link getBackOfficeKey}. */
  readonly backOfficeApiKey: string | null;
  readonly backOfficeApiKeyFile: string;
  readonly workerQueues: readonly string[];
  readonly workflowBundle: string | null;
  readonly claimLeaseMinutes: number;
  readonly retention: {
    readonly days: number;
    readonly daysByState: Readonly<Partial<Record<(typeof EXPIRABLE)[number], number>>>;
  };
  readonly notices: NoticeSettings;
  readonly metricsPort: number;
  readonly logLevel: z.infer<typeof environmentSchema>['LOG_LEVEL'];
}

/**
 * Reads the settings from the environment, once, at the start of a program. An empty variable counts as not set.
 * @throws ConfigError naming every setting that cannot be used.
 */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const said = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = environmentSchema.safeParse(said);
  if (!parsed.success)
    throw new ConfigError(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n'));
  const { data } = parsed;
  const keyFile = data.BACKOFFICE_API_KEY_FILE ?? `${data.VAR_DIR}/keys/backoffice.key`;
  return {
    host: data.HOST,
    port: data.PORT,
    bodyLimitBytes: data.BODY_LIMIT_BYTES,
    varDir: data.VAR_DIR,
    databaseUrl:
      data.DATABASE_URL ??
      readUrl('DATABASE_URL_FILE', data.DATABASE_URL_FILE, databaseUrl, 'mssql') ??
      `file:${data.VAR_DIR}/order-staging.sqlite`,
    keyFile: data.KEY_FILE ?? `${data.VAR_DIR}/keys/master.json`,
    masterKeys: data.MASTER_KEYS ?? null,
    ediDir: data.EDI_DIR ?? `${data.VAR_DIR}/edi`,
    auditAnchorDir: data.AUDIT_ANCHOR_DIR ?? `${data.VAR_DIR}/anchors`,
    temporalAddress: data.TEMPORAL_ADDRESS,
    temporalNamespace: data.TEMPORAL_NAMESPACE,
    temporalUiUrl: data.TEMPORAL_UI_URL === 'off' ? null : data.TEMPORAL_UI_URL.replace(/\/+$/, ''),
    temporalStartTimeoutMs: data.TEMPORAL_START_TIMEOUT_MS,
    decisionTimeoutMs: data.DECISION_TIMEOUT_MS,
    backOfficeUrl: data.BACKOFFICE_URL.replace(/\/+$/, ''),
    backOfficeApiKey: data.BACKOFFICE_API_KEY ?? readBackOfficeKey(keyFile, data.BACKOFFICE_API_KEY_FILE !== undefined),
    backOfficeApiKeyFile: keyFile,
    workerQueues: data.WORKER_QUEUES.split(',').map((name) => name.trim()).filter((name) => name !== ''), // prettier-ignore
    workflowBundle: data.WORKFLOW_BUNDLE ?? null,
    claimLeaseMinutes: data.CLAIM_LEASE_MINUTES,
    retention: { days: data.RETENTION_DAYS, daysByState: readDaysByState(data.RETENTION_DAYS_BY_STATE) },
    notices: readNoticeSettings(data),
    metricsPort: data.METRICS_PORT,
    logLevel: data.LOG_LEVEL,
  };
}

function readNoticeSettings(data: z.infer<typeof environmentSchema>): NoticeSettings {
  const mail = readMail(data);
  const operationsMailTo = data.OPERATIONS_MAIL_TO ?? [];
  if (operationsMailTo.length > 0 && !mail) throw new ConfigError('OPERATIONS_MAIL_TO: needs SMTP_URL and MAIL_FROM');
  const operationsWebhook = readOperationsWebhook(data);
  return { mail, operationsMailTo, operationsWebhook, allowPrivate: data.NOTIFY_ALLOW_PRIVATE === 'true' };
}

function readMail(data: z.infer<typeof environmentSchema>): NoticeSettings['mail'] {
  const { SMTP_URL_FILE: path, MAIL_FROM: from } = data;
  const url = data.SMTP_URL ?? readUrl('SMTP_URL_FILE', path, smtpUrl, 'smtp');
  if (url === undefined) return null;
  if (from === undefined) throw new ConfigError('MAIL_FROM: say whom mail is from');
  return { url, from };
}

function readOperationsWebhook(data: z.infer<typeof environmentSchema>): NoticeSettings['operationsWebhook'] {
  const { OPERATIONS_WEBHOOK_URL: url, OPERATIONS_WEBHOOK_SECRET_FILE: path } = data;
  if (url === undefined) return null;
  const text = data.OPERATIONS_WEBHOOK_SECRET ?? (path === undefined ? '' : (readSecret(path) ?? ''));
  const secrets = text.split(',').map((secret) => secret.trim());
  if (secrets.length <= 2 && secrets.every(isStandardSecret)) return { url, secrets };
  const names = 'OPERATIONS_WEBHOOK_SECRET, or the file OPERATIONS_WEBHOOK_SECRET_FILE';
  throw new ConfigError(
    `${names}: must hold whsec_ and 24 to 64 bytes in base64, or two of these with a comma between`,
  );
}

function readDaysByState(text = ''): Settings['retention']['daysByState'] {
  const pairs = text.split(',').map((pair) => pair.split('='));
  return Object.fromEntries(pairs.flatMap(([state = '', days]) => (days === undefined ? [] : [[state, Number(days)]])));
}

/**
 * The key for the back office, for programs that cannot do without.
 * @throws ConfigError if there is none.
 */
export function getBackOfficeKey(settings: Settings): string {
  const { backOfficeApiKey, backOfficeApiKeyFile } = settings;
  if (backOfficeApiKey !== null) return backOfficeApiKey;
  throw new ConfigError(
    `BACKOFFICE_API_KEY: set it, or put the key into ${backOfficeApiKeyFile} (BACKOFFICE_API_KEY_FILE)`,
  );
}

/** The URL that a file holds; undefined if no file is set. @throws ConfigError if there is none of this form in it */
function readUrl(setting: string, path: string | undefined, form: z.ZodType<string>, such: string): string | undefined {
  if (path === undefined) return undefined;
  const { data: url, error } = form.safeParse(readSecret(path));
  // What is in the file is not quoted: it may hold a password.
  if (error) throw new ConfigError(`${setting}: ${path} cannot be read, or holds no URL such as ${such}://…`);
  return url;
}

function readBackOfficeKey(path: string, named: boolean): string | null {
  const key = readSecret(path);
  if (key === undefined && named) throw new ConfigError(`BACKOFFICE_API_KEY_FILE: ${path} cannot be read`);
  return key ?? null;
}

/** What a file holds, without the line's end that editors leave; null: nothing; undefined: it cannot be read. */
function readSecret(path: string): string | null | undefined {
  try {
    return readFileSync(path, 'utf8').trim() || null;
  } catch {
    return undefined;
  }
}
