import { ParentClosePolicy, proxyActivities, setCurrentDetails, startChild } from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { Activities } from '../activities/index.ts';
import type { CollectedDocument } from '../activities/collect-inbox.ts';
import { documentStart } from './contract.ts';
import { documentWorkflow } from './document.ts';

export interface EdiBatchOutcome {
  readonly documents: number;
  readonly orders: number;
  /** Files that were moved aside with a report. */
  readonly rejectedFiles: number;
}

/** The hourly EDI batch: takes every complete file of every inbox into the store and sees each document through. */
export async function ediBatchWorkflow(): Promise<EdiBatchOutcome> {
  const steps = proxyActivities<Activities>({
    startToCloseTimeout: '30 min',
    heartbeatTimeout: '30 s',
    retry: { initialInterval: '1 s', maximumInterval: '30 s' },
    summary: 'Take the files in the inboxes into the store',
  });
  const { documents, rejectedFiles } = await steps.collectInbox();
  setCurrentDetails(`${String(documents.length)} files taken in, ${String(rejectedFiles)} moved aside`);
  const counts = await Promise.all(documents.map(seeThrough));
  const orders = counts.reduce((total, count) => total + count, 0);
  setCurrentDetails(
    `**done**: ${String(documents.length)} files, ${String(orders)} orders, ${String(rejectedFiles)} moved aside`,
  );
  return { documents: documents.length, orders, rejectedFiles };
}

/** A document goes on even if the batch that took it in is stopped. */
async function seeThrough(document: CollectedDocument): Promise<number> {
  try {
    const child = await startChild(documentWorkflow, {
      ...documentStart(document),
      parentClosePolicy: ParentClosePolicy.ABANDON,
    });
    return (await child.result()).orders;
  } catch (error) {
    // The reconciler was there first, or the same file was taken before.
    if (error instanceof WorkflowExecutionAlreadyStartedError) return 0;
    throw error;
  }
}
