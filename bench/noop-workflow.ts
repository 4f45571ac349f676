import { proxyActivities } from '@temporalio/workflow';

const { nothing } = proxyActivities<{ nothing(): Promise<void> }>({ startToCloseTimeout: '1 min' });

/** The ceiling that the pipeline is measured against: six regular activities that do nothing. */
export async function noopWorkflow(): Promise<void> {
  for (let step = 0; step < 6; step += 1) await nothing();
}
