import type { OrderRef } from '../db/orders.ts';
import { anchorLog } from './anchor-log.ts';
import { linkChange } from './apply-change.ts';
import { applyDecision } from './apply-decision.ts';
import { carryOutChange } from './carry-out-change.ts';
import { closeOrder } from './close-order.ts';
import { collectInbox } from './collect-inbox.ts';
import { deliverNotices } from './deliver-notices.ts';
import { deliverOutbox } from './deliver-outbox.ts';
import type { Deps } from './deps.ts';
import { guard } from './guard.ts';
import { holdOrder, resumeOrder } from './hold-order.ts';
import { watchIncidents } from './incidents.ts';
import { releaseLineHolds } from './line-holds.ts';
import { parseOrder } from './parse-order.ts';
import { pollPage } from './poll-source.ts';
import { recheckHolds } from './recheck-holds.ts';
import { reconcile } from './reconcile.ts';
import { refreshVerdict, rejudgeOrder } from './rejudge-order.ts';
import { expireContent, previewRetention } from './retention.ts';
import { reserveOrder } from './reserve-order.ts';
import { enterReview, recordMilestone } from './review-order.ts';
import { giveUpSimulation, simulateRule } from './simulate-rule.ts';
import { splitDocument } from './split-document.ts';
import { stageOrder } from './stage-order.ts';
import { finishDocument, startOrders } from './start-orders.ts';
import { submitOrder } from './submit-order.ts';
import { checkCredit, checkInventory, settleVerdict, takeFacts, validateOrder } from './validate-order.ts';

/**
 * Every step that workflows can take, bound to the world. Each may run twice: what it did is found done. Workflows pass
 * where an order stands; only its id and revision are taken from it.
 */
export function createActivities(deps: Deps) {
  const ofOrder = <Rest extends readonly unknown[], T>(step: (deps: Deps, ref: OrderRef, ...rest: Rest) => Promise<T>) =>
    ({ orderId, revision }: OrderRef, ...rest: Rest) =>
      guard(`order:${orderId}`, () => step(deps, { orderId, revision }, ...rest)); // prettier-ignore
  const ofId = <Rest extends readonly unknown[], T>(kind: string, step: (deps: Deps, id: string, ...rest: Rest) => Promise<T>) =>
    (id: string, ...rest: Rest) => guard(`${kind}:${id}`, () => step(deps, id, ...rest)); // prettier-ignore
  const upkeep =
    <T>(step: (deps: Deps) => Promise<T>) =>
    () =>
      guard('upkeep', () => step(deps));
  return {
    parseOrder: ofId('order', parseOrder),
    linkChange: ofOrder(linkChange),
    carryOutChange: ofOrder(carryOutChange),
    takeFacts: ofOrder(takeFacts),
    validateOrder: ofOrder(validateOrder),
    checkCredit: ofOrder(checkCredit),
    checkInventory: ofOrder(checkInventory),
    settleVerdict: ofOrder(settleVerdict),
    rejudgeOrder: ofOrder(rejudgeOrder),
    refreshVerdict: ofOrder(refreshVerdict),
    reserveOrder: ofOrder(reserveOrder),
    stageOrder: ofOrder(stageOrder),
    submitOrder: ofOrder(submitOrder),
    closeOrder: ofOrder(closeOrder),
    holdOrder: ofId('order', holdOrder),
    resumeOrder: ofOrder(resumeOrder),
    enterReview: ofOrder(enterReview),
    recordMilestone: ofOrder(recordMilestone),
    applyDecision: ofId('order', applyDecision),
    splitDocument: ofId('document', splitDocument),
    startOrders: ofId('document', startOrders),
    finishDocument: ofId('document', finishDocument),
    collectInbox: upkeep(collectInbox),
    pollPage: ofId('source', pollPage),
    simulateRule: ofId('simulation', simulateRule),
    giveUpSimulation: ofId('simulation', giveUpSimulation),
    recheckHolds: upkeep(recheckHolds),
    releaseLineHolds: upkeep(releaseLineHolds),
    reconcile: upkeep(reconcile),
    watchIncidents: upkeep(watchIncidents),
    deliverOutbox: upkeep(deliverOutbox),
    deliverNotices: upkeep(deliverNotices),
    previewRetention: upkeep(previewRetention),
    expireContent: upkeep(expireContent),
    anchorLog: upkeep(anchorLog),
  };
}

export type Activities = ReturnType<typeof createActivities>;
