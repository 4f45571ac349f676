import { type ExpressionBuilder, type SelectQueryBuilder, sql } from 'kysely';
import { v7 as uuidv7 } from 'uuid';
import { first } from './dialect.ts';
import { appendLog, type LogSubject } from './log.ts';
import { resumeDestination } from './notice-destinations.ts';
import { type OutboxSummary, type OutboxSubject, selectSummaries } from './outbox.ts';
import type { Principal } from './principals.ts';
import { inTransaction, type Store } from './store.ts';
import type { DeliveryState, OutboxChannel, Tables } from './tables.ts';

/** What a search may ask for; every member narrows it. */
export interface NoticeFilter {
  readonly source?: string;
  readonly state?: DeliveryState;
  readonly channel?: OutboxChannel;
  readonly kind?: string;
  readonly subject?: OutboxSubject;
}

/** One page of what goes out, newest first, of what the principal may see; without content. */
export function searchNotices(
  store: Store,
  principal: Principal,
  filter: NoticeFilter,
  page: { readonly beforeId?: string; readonly size: number },
): Promise<OutboxSummary[]> {
  let query = visibleTo(store, principal).orderBy('id', 'desc');
  for (const column of ['source', 'state', 'channel', 'kind', 'subject'] as const) {
    const asked = filter[column];
    if (asked !== undefined) query = query.where(column, '=', asked);
  }
  if (page.beforeId !== undefined) query = query.where('id', '<', page.beforeId);
  return first(query, page.size).execute();
}

/** One message, if the principal may see it. */
export function findNotice(store: Store, principal: Principal, id: string): Promise<OutboxSummary | undefined> {
  return visibleTo(store, principal).where('id', '=', id).executeTakeFirst();
}

function visibleTo(
  store: Store,
  { sources, customers }: Principal,
): SelectQueryBuilder<Tables, 'outbox', OutboxSummary> {
  let query = selectSummaries(store);
  if (sources) query = query.where('source', 'in', sources);
  if (customers) query = query.where((eb) => eb.exists(ordersOf(eb, customers)));
  return query;
}

/** The order that a message is about, if it is one of these customers'. */
function ordersOf(eb: ExpressionBuilder<Tables, 'outbox'>, customers: readonly string[]) {
  return eb
    .selectFrom('orders')
    .select('orders.id')
    .where('orders.id', '=', sql<string>`substring(outbox.subject, 7, 36)`)
    .where('outbox.subject', 'like', 'order:%')
    .where('orders.customer_id', 'in', customers);
}

/**
 * Lets a message that was given up go out again from its first attempt, also where its destination had said that it wants
 * nothing any more.
 * @returns whether it had been given up
 */
export function retryNotice(
  store: Store,
  { id, subject, kind, destination }: OutboxSummary,
  by: { readonly actor: string; readonly at: string },
): Promise<boolean> {
  return inTransaction(store, async (tx) => {
    const result = await tx.db
      .updateTable('outbox')
      .set({ state: 'pending', attempts: 0, next_attempt_at: by.at })
      .where('id', '=', id)
      .where('state', '=', 'failed')
      .executeTakeFirst();
    if (result.numUpdatedRows === 0n) return false;
    if (destination !== null) await resumeDestination(tx, destination);
    const entry = { stepKey: `notice retried:${id}:${by.at}`, ...by, action: 'notice.retried' };
    await appendLog(tx, subject as LogSubject, { ...entry, detail: { notice: id, kind } });
    return true;
  });
}

/**
 * Lets all that was given up for a source or a destination go out again, as far as the principal may see it; noted in the
 * audit trail of the person.
 * @returns how many messages
 */
export function retryNotices(
  store: Store,
  principal: Principal,
  filter: Partial<Record<'source' | 'destination', string>>,
  at: string,
): Promise<number> {
  return inTransaction(store, async (tx) => {
    let failed = visibleTo(tx, principal).clearSelect().where('state', '=', 'failed');
    for (const column of ['source', 'destination'] as const) {
      const asked = filter[column];
      if (asked !== undefined) failed = failed.where(column, '=', asked);
    }
    const destinations = await failed.select('destination').distinct().where('destination', 'is not', null).execute();
    const result = await tx.db
      .updateTable('outbox')
      .set({ state: 'pending', attempts: 0, next_attempt_at: at })
      .where('id', 'in', failed.select('id'))
      .executeTakeFirst();
    for (const { destination } of destinations) await resumeDestination(tx, String(destination));
    const notices = Number(result.numUpdatedRows);
    const entry = { stepKey: `notices retried:${uuidv7()}`, at, actor: principal.id, action: 'notices.retried' };
    await appendLog(tx, `actor:${principal.id}`, { ...entry, detail: { ...filter, notices } });
    return notices;
  });
}
