import { type Driver, MssqlDriver } from 'kysely';
import { Pool, TimeoutError } from 'tarn';
import { Connection, ISOLATION_LEVEL, Request, TYPES } from 'tedious';
import { StoreUnusable } from './faults.ts';
import type { ServerAddress } from './mssql-url.ts';

const MOST_CONNECTIONS = 10;
const ACQUIRE_TIMEOUT_MS = 30_000;
const IDLE_TIMEOUT_MS = 60_000;
const CONNECT_TIMEOUT_MS = 15_000;
const STATEMENT_TIMEOUT_MS = 60_000;

/**
 * Kysely's driver on a pool of connections, each asked for a sign of life before it is used again. None is reset: no
 * statement of ours leaves anything behind on its connection, and a transaction that cannot be taken back closes it.
 * @param acquireTimeoutMs how long who needs a connection waits for one.
 */
export function createServerDriver(server: ServerAddress, acquireTimeoutMs = ACQUIRE_TIMEOUT_MS): Driver {
  const options = {
    min: 0,
    max: MOST_CONNECTIONS,
    acquireTimeoutMillis: acquireTimeoutMs,
    idleTimeoutMillis: IDLE_TIMEOUT_MS,
    // Who waits learns at once that there is no server: a login tried again and again would be locked.
    propagateCreateError: true,
  };
  return new ServerDriver({
    tarn: { Pool, options },
    tedious: { connectionFactory: () => new ServerConnection(server), ISOLATION_LEVEL, Request: ServerRequest, TYPES },
    validateConnections: true,
    resetConnectionsOnRelease: false,
  });
}

class ServerDriver extends MssqlDriver {
  override async acquireConnection(): ReturnType<Driver['acquireConnection']> {
    try {
      return await super.acquireConnection();
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error;
      // The pool's own error has no code by which it could be told from others.
      throw Object.assign(new Error('no connection to SQL Server could be had in time', { cause: error }), {
        code: 'ETIMEOUT',
      });
    }
  }
}

type Listener = (error?: Error | null) => void;

/** There is no transaction to take back. */
const NO_TRANSACTION = 3903;
const CANNOT_OPEN_DATABASE = 4060;

class ServerConnection extends Connection {
  readonly #server: ServerAddress;

  constructor(server: ServerAddress) {
    const { host, port, user, password, database, encrypt, trustServerCertificate } = server;
    super({
      server: host,
      authentication: { type: 'default', options: { userName: user, password } },
      options: {
        port, database, encrypt, trustServerCertificate, appName: 'order-staging', useUTC: true,
        connectTimeout: CONNECT_TIMEOUT_MS, requestTimeout: STATEMENT_TIMEOUT_MS,
        // A violated key is an answer: it takes back the statement alone. See `insertOnce`.
        abortTransactionOnError: false,
      },
    }); // prettier-ignore
    this.#server = server;
  }

  override connect(listener?: (error?: Error) => void): void {
    const complaints: (number | undefined)[] = [];
    const note = ({ number }: { number?: number }): void => void complaints.push(number);
    this.on('errorMessage', note);
    super.connect((error) => {
      this.off('errorMessage', note);
      // The driver would print that a connection was lost. The statement that meets it fails, and the pool finds it closed.
      this.removeAllListeners('error').on('error', () => undefined);
      listener?.(error && explain(error, complaints, this.#server));
    });
  }

  /** Ends the transaction in any case: the server has taken back a deadlock's victim already, and does so when a connection ends. */
  override rollbackTransaction(callback: Listener, name?: string): void {
    super.rollbackTransaction((error) => {
      if (error && (error as { number?: number }).number !== NO_TRANSACTION) this.close();
      // Why the transaction failed is what the caller must learn.
      callback();
    }, name);
  }
}

/** @param complaints numbers of what the server complained of during the login; the library tells only the last in words. */
function explain(
  cause: Error & { readonly code?: string },
  complaints: readonly (number | undefined)[],
  { host, port, user, database }: ServerAddress,
): StoreUnusable {
  const server = `SQL Server at ${host}:${String(port)}`;
  const why = complaints.includes(CANNOT_OPEN_DATABASE)
    ? `has no database "${database}" that "${user}" may open`
    : cause.code === 'ELOGIN'
      ? `refuses the login of "${user}": ${cause.message}`
      : `cannot be reached: ${reasonOf(cause)}`;
  return new StoreUnusable(`${server} ${why}`, { cause });
}

/** An error with what is behind it: of several tries, the first one. */
interface Nested {
  readonly message: string;
  readonly cause?: unknown;
  readonly errors?: readonly unknown[];
}

/** The innermost reason: what is around it says no more than that there is no connection. */
function reasonOf({ message, cause, errors }: Nested): string {
  const inner = (errors?.[0] ?? cause) as Nested | undefined;
  return inner ? reasonOf(inner) : message;
}

type Completed = ConstructorParameters<typeof Request>[1];
type DataType = Parameters<Request['addParameter']>[1];

class ServerRequest extends Request {
  constructor(text: string | undefined, completed: Completed, options?: ConstructorParameters<typeof Request>[2]) {
    // Of several errors the first is the reason, the others say what came of it.
    super(text, (error, ...rest) => {
      completed(((error as Nested | null)?.errors?.[0] as Error | undefined) ?? error, ...rest);
    }, options); // prettier-ignore
    if (text !== undefined && mayTakeLong(text)) this.setTimeout(0);
  }

  override addParameter(name: string, type: DataType, value?: unknown): void {
    const [fitting, length] = fitType(type, value);
    const bytes =
      value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : undefined;
    super.addParameter(name, fitting, bytes ?? value, length === undefined ? {} : { length });
  }
}

/**
 * Whether a statement may run for as long as it needs: it changes the schema, which for an index of a large table takes
 * minutes, or waits its turn behind a process that does.
 */
export function mayTakeLong(text: string): boolean {
  return /^\s*(create|alter|drop)\s|sp_getapplock/.test(text);
}

/**
 * The type and declared length of a parameter. ASCII goes as VARCHAR: beside an NVARCHAR a key column, which is VARCHAR, would
 * have to be converted, and its index could not be sought column by column. The declared length is the same whatever the
 * value, so that one plan serves a statement; undefined stands for MAX.
 */
export function fitType(type: DataType, value: unknown): [type: DataType, length: number | undefined] {
  if (typeof value === 'string') {
    if (/^\p{ASCII}*$/u.test(value)) return [TYPES.VarChar, value.length > 8000 ? undefined : 8000];
    return [TYPES.NVarChar, value.length > 4000 ? undefined : 4000];
  }
  if (value instanceof Uint8Array) return [TYPES.VarBinary, value.length > 8000 ? undefined : 8000];
  return [type, undefined];
}
