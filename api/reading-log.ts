import { v7 as uuidv7 } from 'uuid';
import { appendLog, type LogSubject } from '../db/log.ts';
import { inTransaction } from '../db/store.ts';
import { maskCardNumbers } from '../orders/cards.ts';
import type { Deps } from './deps.ts';
import type { Caller } from './principal.ts';

/**
 * Notes in the audit trail that a person read, and for what purpose: a detail view on what was read, a list on the person.
 * Each reading is a row of its own. Sources read what is theirs and leave no row.
 */
export async function logReading(
  { store, now }: Deps,
  caller: Caller,
  subject: LogSubject,
  action: string,
  detail: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  if (caller.source) return;
  const entry = { stepKey: `read:${uuidv7()}`, at: now().toISOString(), actor: caller.id, action };
  await inTransaction(store, (tx) =>
    appendLog(tx, subject, { ...entry, detail: { purpose: caller.purpose, ...withoutCards(detail) } }),
  );
}

/** What somebody searched for may be anything. */
function withoutCards(detail: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const mask = (value: unknown): unknown => (typeof value === 'string' ? maskCardNumbers(value).text : value);
  return Object.fromEntries(Object.entries(detail).map(([name, value]) => [name, mask(value)]));
}
