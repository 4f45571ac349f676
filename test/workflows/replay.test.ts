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

/** A history as proto3 JSON. */
interface History {
  readonly events: readonly Readonly<Record<string, object | string>>[];
}

const readHistory = (name: string): History =>
  JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8')) as History;

test('there is a history of everything that an order or document may live through', () => {
  expect(NAMES).toEqual(
    expect.arrayContaining([
      'approve',
      'reject',
      'correct',
      'cancel',
      'escalation',
      'approve-by-two',
      'judged-again',
      'processing-hold',
      'replaced',
      'change',
      'document',
      'edi-batch',
    ]),
  );
});

test.each(NAMES)('the present workflows go on with what ran before: %s', async (name) => {
  await Worker.runReplayHistory({ workflowBundle: await getBundle() }, readHistory(name));
});

test.each(['approve', 'replaced', 'change'])(
  'workflows that were changed without care are found out: %s',
  async (name) => {
    const workflowsPath = fileURLToPath(new URL('./fixtures/changed-order.ts', import.meta.url));
    const quiet = { trace() {}, debug() {}, info() {}, warn() {}, error() {}, log() {} };
    const workflowBundle = await bundleWorkflowCode({ workflowsPath, logger: quiet });
    await expect(Worker.runReplayHistory({ workflowBundle }, readHistory(name))).rejects.toBeInstanceOf(
      DeterminismViolationError,
    );
  },
);

test('an order whose history grew long begins a new run, and reads from the database where it stands', async () => {
  const { events } = readHistory('approve');
  const eventType = 'EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW';
  const attributes = {
    newExecutionRunId: 'another',
    workflowType: { name: 'orderWorkflow' },
    workflowTaskCompletedEventId: '4',
  };
  const continued = {
    eventId: '6',
    eventTime: events[4]!['eventTime']!,
    eventType,
    workflowExecutionContinuedAsNewEventAttributes: attributes,
  };
  // Its first task and the first step, after which Temporal may say that it is long.
  const replay = (suggestContinueAsNew: boolean): Promise<void> => {
    const task = { ...(events[2]!['workflowTaskStartedEventAttributes'] as object), suggestContinueAsNew };
    const begun = events.slice(0, 5).with(2, { ...events[2]!, workflowTaskStartedEventAttributes: task });
    return getBundle().then((workflowBundle) =>
      Worker.runReplayHistory({ workflowBundle }, { events: [...begun, continued] }),
    );
  };
  await replay(true);
  await expect(replay(false)).rejects.toBeInstanceOf(DeterminismViolationError);
});
