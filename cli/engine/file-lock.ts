import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';

/** Gives a lock back. */
export type Release = () => void;

/** @see https://www.sqlite.org/rescode.html#busy */
const SQLITE_BUSY = 5;

/** Keeps the locks reachable: a collected handle would give its lock back unasked. */
const held = new Set<DatabaseSync>();

/**
 * Takes a machine-wide lock, or answers undefined if someone has it. The lock is SQLite's own on an empty database: the
 * operating system takes it back when the holder dies, however it dies, so there are no stale locks to judge by age.
 *
 * @param path The lock's own file; its directory is made if need be
 */
export const tryLock = (path: string): Release | undefined => {
  mkdirSync(dirname(path), { recursive: true });
  const database = new DatabaseSync(path);
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return undefined;
    throw error;
  }
  held.add(database);
  return () => {
    if (held.delete(database)) database.close();
  };
};

/**
 * Does the work while no other process does, waiting for its turn.
 *
 * @param onWait Called once if there is a wait
 */
export const withLock = async <T>(path: string, onWait: () => void, work: () => Promise<T>): Promise<T> => {
  let release = tryLock(path);
  if (!release) onWait();
  while (!release) {
    await sleep(200);
    release = tryLock(path);
  }
  try {
    return await work();
  } finally {
    release();
  }
};
