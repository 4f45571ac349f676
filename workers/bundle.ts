import { writeFile } from 'node:fs/promises';
import { bundleWorkflowCode } from '@temporalio/worker';
import { WORKFLOWS_PATH } from './worker.ts';

/** Bundles the workflows into a file for `WORKFLOW_BUNDLE`, once for all workers: it takes seconds. */
export async function writeWorkflowBundle(path: string): Promise<void> {
  const quiet = { trace() {}, debug() {}, info() {}, warn() {}, error() {}, log() {} };
  const { code } = await bundleWorkflowCode({ workflowsPath: WORKFLOWS_PATH, logger: quiet });
  await writeFile(path, code);
}
