/** The workflows that a worker serves; what Temporal's bundler takes. */
export { documentWorkflow } from './document.ts';
export { ediBatchWorkflow } from './edi-batch.ts';
export { orderWorkflow } from './order.ts';
export { pollWorkflow } from './poll.ts';
export { simulateRuleWorkflow } from './simulate.ts';
export {
  anchorLogWorkflow,
  deliverNoticesWorkflow,
  deliverOutboxWorkflow,
  recheckHoldsWorkflow,
  reconcileWorkflow,
  releaseLineHoldsWorkflow,
  retentionWorkflow,
  watchIncidentsWorkflow,
} from './upkeep.ts';
