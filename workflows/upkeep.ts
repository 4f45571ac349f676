import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { RetentionInput, RetentionOutcome } from './contract.ts';

/**
 * The scheduled workflows that keep things going. Each is one short activity: what it did stands in its result. They are
 * scheduled again soon, so a failed one is not retried for long.
 */
function upkeep(summary: string): Activities {
  return proxyActivities<Activities>({
    startToCloseTimeout: '5 min',
    heartbeatTimeout: '30 s',
    retry: { maximumAttempts: 2 },
    summary,
  });
}

/** Lets orders whose hold may clear itself look again, paced. */
export function recheckHoldsWorkflow(): Promise<{ rechecked: number }> {
  return upkeep('Let held orders look again').recheckHolds();
}

/** Takes what has come in for lines that wait while the rest of their order is in production, paced. */
export function releaseLineHoldsWorkflow(): Promise<{ released: number }> {
  return upkeep('Take what has come in for lines that wait').releaseLineHolds();
}

/** Finds documents, orders and decisions without an owner and gives them one. */
export function reconcileWorkflow(): Promise<{ orders: number; documents: number; decisions: number }> {
  return upkeep('Give every order an owner').reconcile();
}

/** Sees whether one cause hits many orders, and tells people once. */
export function watchIncidentsWorkflow(): Promise<{ troubles: number; opened: number; closed: number }> {
  return upkeep('See what stops many orders').watchIncidents();
}

/** Writes anchors over what the audit trail has grown by. */
export function anchorLogWorkflow(): Promise<{ anchors: number; rows: number }> {
  return upkeep('Anchor the audit trail').anchorLog();
}

/** Writes files that wait in the outbox, and notices what is not answered. */
export function deliverOutboxWorkflow(): ReturnType<Activities['deliverOutbox']> {
  return upkeep('Write files that wait in the outbox').deliverOutbox();
}

/** Posts and mails notices; apart from files, which never wait for whom is slow to answer. */
export function deliverNoticesWorkflow(): ReturnType<Activities['deliverNotices']> {
  return upkeep('Post and mail notices').deliverNotices();
}

/** Removes the content of orders and documents that are past their retention; with `dryRun` only tells what would go. */
export async function retentionWorkflow({ dryRun = false }: RetentionInput = {}): Promise<RetentionOutcome> {
  const steps = upkeep('Remove what is past its retention');
  const expiring = await steps.previewRetention();
  const removed = { orders: 0, documents: 0 };
  for (let finished = dryRun; !finished;) {
    const step = await steps.expireContent();
    removed.orders += step.orders;
    removed.documents += step.documents;
    finished = step.finished;
    setCurrentDetails(
      `${String(removed.orders)} orders and ${String(removed.documents)} documents are without content now`,
    );
  }
  return { expiring, ...removed };
}
