import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { bundleWorkflowCode, Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import '../support/quiet-runtime.ts';
import { getBundle } from '../support/house.ts';

const FOLDER = join(import.meta.dirname, 'histories');
const NAMES = readdirSync(FOLDER).map((file) => file.replace(/\.json$/, ''));

const readHistory = (name: string): unknown => JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8'));

test('there is a history of everything that an order or document may live through', () => {
  expect(NAMES).toEqual(
    expect.arrayContaining([
      'approve',
      'reject',
      'correct',
      'cancel',
      'escalation',
      'processing-hold',
      'document',
      'edi-batch',
    ]),
  );
});

test.each(NAMES)('the present workflows go on with what ran before: %s', async (name) => {
  await Worker.runReplayHistory({ workflowBundle: await getBundle() }, readHistory(name));
});

test('workflows that were changed without care are found out', async () => {
  const workflowsPath = fileURLToPath(new URL('./fixtures/changed-order.ts', import.meta.url));
  const quiet = { trace() {}, debug() {}, info() {}, warn() {}, error() {}, log() {} };
  const workflowBundle = await bundleWorkflowCode({ workflowsPath, logger: quiet });
  await expect(Worker.runReplayHistory({ workflowBundle }, readHistory('approve'))).rejects.toBeInstanceOf(
    DeterminismViolationError,
  );
});
