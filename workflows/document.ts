import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { DocumentInput } from './contract.ts';

/** Orders started by one activity; keeps histories small: a document of 5,000 orders makes 25 of them. */
const PAGE = 200;

export interface DocumentOutcome {
  readonly state: string;
  readonly orders: number;
}

/** Splits a document into orders and starts them; over when the automatic part of each is over. */
export async function documentWorkflow({ documentId }: DocumentInput): Promise<DocumentOutcome> {
  setCurrentDetails('Splitting the document');
  const split = await batchStep('Split the document into orders').splitDocument(documentId);
  if (split.state === 'refused') {
    setCurrentDetails('**refused**: nothing of it can be staged; the document and its findings are kept');
    return split;
  }
  for (let page = { last: -1, more: true }; page.more;) {
    setCurrentDetails(`${String(page.last + 1)} of ${String(split.orders)} orders started`);
    page = await batchStep('Start the next orders').startOrders(documentId, page.last, PAGE);
  }
  await batchStep('Wait for the automatic part of the last orders').finishDocument(documentId);
  setCurrentDetails(`**processed**: ${String(split.orders)} orders`);
  return { state: 'processed', orders: split.orders };
}

/** Without a limit of attempts: a document that was accepted is never given up. */
function batchStep(summary: string): Activities {
  return proxyActivities<Activities>({
    startToCloseTimeout: '1 h',
    heartbeatTimeout: '30 s',
    retry: { initialInterval: '1 s', maximumInterval: '30 s' },
    summary,
  });
}
