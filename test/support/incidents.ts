import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import type { Deps } from '../../activities/deps.ts';
import { watchIncidents, type Watched } from '../../activities/incidents.ts';
import { clearHolds, openHolds } from '../../db/holds.ts';
import type { Store } from '../../db/store.ts';
import type { OrderTable } from '../../db/tables.ts';
import { givenOrder } from './store.ts';

const MINUTE_MS = 60_000;

/** A look at what stops many orders, as the schedule takes it; so many minutes from now. */
export function watchAt(store: Store, minutes = 0): Promise<Watched> {
  const at = new Date(Date.now() + minutes * MINUTE_MS).toISOString();
  return runQuietly(() => watchIncidents({ store } as Deps, at));
}

/** Runs an activity as a worker does; its log is of no interest. */
export function runQuietly<T>(activity: () => Promise<T>): Promise<T> {
  const logger = new DefaultLogger('ERROR', () => undefined);
  return new MockActivityEnvironment({}, { logger }).run(activity);
}

/** An order that waits, on a hold that was opened so many minutes ago. @returns its id */
export async function givenHeld(
  store: Store,
  code: string,
  options: { minutes?: number; source?: string; customer?: string } = {},
): Promise<string> {
  const { minutes = 0, source = 'web-shop', customer = 'C-1001' } = options;
  const at = new Date(Date.now() - minutes * MINUTE_MS).toISOString();
  const columns: Partial<OrderTable> = {
    source,
    customer_id: customer,
    currency: 'USD',
    total: '10.00',
    received_at: at,
  };
  const { id } = await givenOrder(store, { ...columns, state: 'in_review' });
  const releaseRole = code.startsWith('BACKOFFICE') ? null : 'reviewer';
  await openHolds(store, { orderId: id, revision: 1 }, [{ code, category: 'business_rule', releaseRole }], at);
  return id;
}

/** Lets an order go on, as a decision or a recheck does. */
export function clearHeld(store: Store, orderId: string): Promise<void> {
  return clearHolds(store, orderId, { clearedBy: 'recheck', at: new Date().toISOString() });
}

/** One after the other. */
export async function inTurn<T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> {
  const made: T[] = [];
  for (let index = 0; index < count; index += 1) made.push(await make(index));
  return made;
}
