import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import type { Deps } from '../../activities/deps.ts';
import { type Activities, createActivities } from '../../activities/index.ts';

/** Runs one step as a worker would, without a workflow: local by default, as most steps are. */
export type StepRunner = <T>(call: (steps: Activities) => Promise<T>, isLocal?: boolean) => Promise<T>;

/** The steps of a house, to be run one by one. */
export function createStepRunner(deps: Deps): StepRunner {
  const steps = createActivities(deps);
  const logger = new DefaultLogger('ERROR');
  return (call, isLocal = true) => new MockActivityEnvironment({ isLocal }, { logger }).run(() => call(steps));
}
