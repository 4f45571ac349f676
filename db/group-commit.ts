import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';

/**
 * Transactions of one process that are ready at the same time share one commit, because a commit that survives a power cut
 * costs a sync of the disk. Each is a savepoint: it fails alone, and is not told that it is done before the commit is.
 */
export interface GroupCommit {
  /** Waits for the transaction's turn and begins it. */
  enter(): Promise<void>;
  /** Ends the transaction; settles when it is durable. */
  leave(): Promise<void>;
  /** Takes the transaction back. @param why one of its statements failed, if one did. */
  undo(why?: unknown): Promise<void>;
  /** Waits until all that were waiting are done. */
  finish(): Promise<void>;
}

/** Where a group runs. */
export interface GroupConnection {
  /** @param since when the transaction asked for its turn, on `performance.now()`. */
  begin(since: number): Promise<void>;
  exec(sql: string): void;
}

/** Transactions in one commit: beyond it other processes would wait too long for their turn. */
const LARGEST_GROUP = 32;

/**
 * SQLite has no queue among processes: each tries again and again until it finds the lock free. One that has work all the
 * time therefore leaves it free this long, in milliseconds, after each stretch: longer than others pause between tries.
 */
export const BREATH_MS = 5;
const STRETCH_MS = 40;

interface Member {
  done(): void;
  failed(error: unknown): void;
}

/** @param connection on which nothing else is executed while a group is open. */
export function createGroupCommit(connection: GroupConnection): GroupCommit {
  const waiting: (() => void)[] = [];
  let taken = false;
  /** Those whose work is in the open group, and that wait for its commit; undefined while there is no group. */
  let members: Member[] | undefined;
  /** Since when the lock is free, and since when it never was for a whole breath. */
  let freeSince = 0;
  let stretchBegan = 0;

  const breathe = async (): Promise<void> => {
    // Statements are answered at once: without this the event loop would stand still for as long as there is work.
    await nextTurn();
    if (performance.now() - freeSince < BREATH_MS) {
      if (performance.now() - stretchBegan < STRETCH_MS) return;
      await pause(BREATH_MS);
    }
    stretchBegan = performance.now();
  };
  const giveTurn = (): void => {
    const next = waiting.shift();
    if (next) next();
    else taken = false;
  };
  const takeTurn = (): Promise<void> => {
    if (taken) return new Promise((resolve) => waiting.push(resolve));
    taken = true;
    return Promise.resolve();
  };
  /** Commits unless another transaction is ready to join; either way the turn goes on. */
  const settle = (): void => {
    if (members && (waiting.length === 0 || members.length >= LARGEST_GROUP)) {
      const group = members;
      members = undefined;
      commit(connection, group);
      freeSince = performance.now();
    }
    giveTurn();
  };

  return {
    async enter() {
      const since = performance.now();
      await takeTurn();
      try {
        if (!members) {
          await breathe();
          await connection.begin(since);
          members = [];
        }
        connection.exec('SAVEPOINT member');
      } catch (error) {
        settle();
        throw error;
      }
    },
    leave() {
      return new Promise((done, failed) => {
        members?.push({ done, failed });
        try {
          connection.exec('RELEASE member');
        } catch (error) {
          abandon(connection, members ?? [], error);
          members = undefined;
        }
        settle();
      });
    },
    undo(why) {
      try {
        connection.exec('ROLLBACK TO member');
        connection.exec('RELEASE member');
      } catch (error) {
        // SQLite itself took the whole transaction back, e.g. because the disk is full: for that all others fail too.
        abandon(connection, members ?? [], why ?? error);
        members = undefined;
      }
      settle();
      return Promise.resolve();
    },
    async finish() {
      await takeTurn();
      settle();
    },
  };
}

function commit(connection: GroupConnection, group: readonly Member[]): void {
  try {
    connection.exec('COMMIT');
  } catch (error) {
    abandon(connection, group, error);
    return;
  }
  for (const member of group) member.done();
}

function abandon(connection: GroupConnection, group: readonly Member[], error: unknown): void {
  try {
    connection.exec('ROLLBACK');
  } catch {
    // There is no transaction any more; that is what was wanted.
  }
  for (const member of group) member.failed(error);
}
