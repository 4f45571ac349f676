import { test } from '@jest/globals';
import { onSqlite } from './database.ts';

/** A test of what SQLite alone has; elsewhere it is skipped, and says why. */
export function testOfSqlite(why: string, name: string, run: () => Promise<void>, timeoutMs?: number): void {
  if (onSqlite) test(name, run, timeoutMs);
  else test.skip(`${name} (SQLite only: ${why})`, run);
}
