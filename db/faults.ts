/**
 * What may be wrong with the database itself, and with what is kept in it. Nothing here quotes content: the words go to
 * callers, logs and Temporal.
 */

/**
 * - `locked`: another process has kept it to itself for too long
 * - `full`: no room, on the disk or by a limit
 * - `read_only`: it, its file or its folder cannot be written by this program
 * - `failing`: its files cannot be read or written
 * - `damaged`: its pages are not what the database wrote
 * - `unreachable`: the server does not answer
 */
export type DatabaseFault = 'locked' | 'full' | 'read_only' | 'failing' | 'damaged' | 'unreachable';

/** Each fault in words that fit into a sentence after "because". */
export const FAULT_WORDS: Readonly<Record<DatabaseFault, string>> = {
  locked: 'the database is locked by another process',
  full: 'the database is full',
  read_only: 'the database cannot be written',
  failing: "the database's files cannot be read or written",
  damaged: 'the database is damaged',
  unreachable: 'the database does not answer',
};

/** Primary result codes; extended codes carry them in the low byte. @see https://www.sqlite.org/rescode.html */
const SQLITE_FAULTS: Readonly<Record<number, DatabaseFault>> = {
  3: 'read_only',
  5: 'locked',
  6: 'locked',
  8: 'read_only',
  10: 'failing',
  11: 'damaged',
  13: 'full',
  14: 'read_only',
  26: 'damaged',
};

/** @see https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors */
const SQL_SERVER_FAULTS: Readonly<Record<number, DatabaseFault>> = {
  // No right to write.
  229: 'read_only',
  262: 'read_only',
  // A page that belongs to something else, is not what was written, or waits for its restore; a database marked suspect.
  605: 'damaged',
  824: 'damaged',
  829: 'damaged',
  926: 'damaged',
  // The operating system's own error; files that are not there; a log that is not there.
  823: 'failing',
  945: 'failing',
  9001: 'failing',
  // The database comes up, is being restored, or is the other replica's.
  921: 'unreachable',
  922: 'unreachable',
  927: 'unreachable',
  976: 'unreachable',
  983: 'unreachable',
  1101: 'full',
  1105: 'full',
  9002: 'full',
  1222: 'locked',
  3906: 'read_only',
  // Azure SQL: at its limits, its quota used up, the database moves.
  10928: 'unreachable',
  10929: 'unreachable',
  40197: 'unreachable',
  40501: 'unreachable',
  40544: 'full',
  40613: 'unreachable',
};

/**
 * Of the driver: no connection, or no answer to a statement. A login is also refused while the database comes up or moves
 * to another machine.
 */
const UNREACHABLE: readonly unknown[] = ['ESOCKET', 'ECLOSE', 'ETIMEOUT', 'ECONNCLOSED', 'EINVALIDSTATE', 'ELOGIN'];

interface Coded {
  readonly errcode?: unknown;
  readonly number?: unknown;
  readonly code?: unknown;
  readonly cause?: unknown;
}

/** What is wrong with the database, if that is why something failed; also looks behind an error at its cause. */
export function findDatabaseFault(error: unknown): DatabaseFault | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { errcode, number, code, cause } = error as Coded;
  if (typeof errcode === 'number') return SQLITE_FAULTS[errcode & 0xff];
  if (typeof number === 'number' && number in SQL_SERVER_FAULTS) return SQL_SERVER_FAULTS[number];
  return UNREACHABLE.includes(code) ? 'unreachable' : findDatabaseFault(cause);
}

/** The database, or what it needs, cannot be used as it is; told in one line to whoever started the program. */
export class StoreUnusable extends Error {
  override readonly name = 'StoreUnusable';
}

/** Something that is kept is not what was written: it was changed or damaged where it lies. */
export class Damaged extends Error {
  override readonly name = 'Damaged';
  /** Whose content it is, such as `order:<id>` or `source:<id>`. */
  readonly subject: string;

  /** @param words say what is damaged, such as `revision 1 of order:…`, and how that is known; never quote it. */
  constructor(subject: string, words: string, options?: ErrorOptions) {
    super(words, options);
    this.subject = subject;
  }
}

/** Reads a JSON column. @throws Damaged if it is none. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the caller knows what it wrote there
export function parseKept<T>(json: string, subject: string, what: string): T {
  try {
    return JSON.parse(json) as T;
  } catch {
    // The parser's own words would quote it.
    throw new Damaged(subject, `${what} of ${subject} is damaged in the database: it is no JSON`);
  }
}
