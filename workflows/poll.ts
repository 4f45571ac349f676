import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { PollInput } from './contract.ts';

/** Pages read by one run; the next run goes on from there, so that histories stay small. */
const MOST_PAGES = 100;

export interface PollOutcome {
  readonly pages: number;
  readonly orders: number;
  /** Why the last page could not be read, a code; and until when the integration is left alone. */
  readonly fault: string | null;
  readonly notBefore: string | null;
}

/** Reads what an integration has for us, page by page, until its list ends for now or a page cannot be read. */
export async function pollWorkflow({ source }: PollInput): Promise<PollOutcome> {
  const { pollPage } = proxyActivities<Activities>({
    startToCloseTimeout: '10 min',
    heartbeatTimeout: '1 min',
    retry: { initialInterval: '1 s', maximumAttempts: 3 },
    summary: `Read the next page of ${source}`,
  });
  let pages = 0;
  let orders = 0;
  for (;;) {
    const { more, fault, notBefore, ...step } = await pollPage(source);
    orders += step.orders;
    if (fault === null) pages += 1;
    setCurrentDetails(describe(pages, orders, fault, notBefore));
    if (!more || pages === MOST_PAGES) return { pages, orders, fault, notBefore };
  }
}

function describe(pages: number, orders: number, fault: string | null, notBefore: string | null): string {
  const read = `${String(pages)} pages, ${String(orders)} orders`;
  return fault === null ? read : `${read}; then **${fault}**: asked again after ${String(notBefore)}`;
}
