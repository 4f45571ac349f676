import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { SimulationStep } from '../activities/simulate-rule.ts';
import type { SimulationInput } from './contract.ts';

/** Tries a draft of a rule on past orders, some seconds' worth of pages at a time; changes nothing about the orders. */
export async function simulateRuleWorkflow({ simulationId }: SimulationInput): Promise<SimulationStep> {
  const steps = proxyActivities<Activities>({
    startToCloseTimeout: '5 min',
    heartbeatTimeout: '30 s',
    retry: { initialInterval: '1 s', maximumInterval: '30 s', maximumAttempts: 20 },
    summary: 'Judge the next past orders twice',
  });
  for (;;) {
    const step = await steps.simulateRule(simulationId).catch(() => steps.giveUpSimulation(simulationId));
    setCurrentDetails(`**${step.state}**: ${String(step.looked)} of ${String(step.orders)} orders`);
    if (step.state !== 'running') return step;
  }
}
