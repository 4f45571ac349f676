import { setTimeout as pause } from 'node:timers/promises';
import { heartbeat } from '@temporalio/activity';
import { type Expiring, listExpiring, removeExpired } from '../db/retention.ts';
import { wipeDeleted } from '../db/wipe.ts';
import type { Deps } from './deps.ts';

/** Orders in one transaction: small enough not to keep orders on their way waiting. */
const BATCH = 100;
/** Paced, because it is never urgent. */
const BATCHES_PER_SECOND = 5;
/** After so many the workflow asks again, so that one step is over within seconds. */
const BATCHES_A_STEP = 50;

/** What one step of the retention removed. */
export interface ExpiryStep {
  readonly orders: number;
  readonly documents: number;
  /** Nothing is left that is past its retention. */
  readonly finished: boolean;
}

/** Tells what is past its retention; a dry run ends with this. */
export function previewRetention({ store, retention }: Deps): Promise<Expiring[]> {
  return listExpiring(store, retention, new Date());
}

/** Removes what is past its retention, batch by batch; what was removed before a crash stays removed. */
export async function expireContent({ store, retention }: Deps): Promise<ExpiryStep> {
  let orders = 0;
  let documents = 0;
  for (let batch = 0; batch < BATCHES_A_STEP; batch += 1) {
    const removed = await removeExpired(store, retention, new Date(), BATCH);
    if (removed.orders === 0 && removed.documents === 0) {
      await wipeDeleted(store);
      return { orders, documents, finished: true };
    }
    orders += removed.orders;
    documents += removed.documents;
    heartbeat();
    await pause(1000 / BATCHES_PER_SECOND);
  }
  return { orders, documents, finished: false };
}
