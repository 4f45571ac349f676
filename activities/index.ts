import type { OrderRef } from '../db/orders.ts';
import { anchorLog } from './anchor-log.ts';
import { applyDecision } from './apply-decision.ts';
import { closeOrder } from './close-order.ts';
import { collectInbox } from './collect-inbox.ts';
import type { Deps } from './deps.ts';
import { holdOrder, type ProcessingHold, resumeOrder } from './hold-order.ts';
import { parseOrder } from './parse-order.ts';
import { expireContent, previewRetention } from './retention.ts';
import { reserveOrder } from './reserve-order.ts';
import { enterReview, type Milestone, recordMilestone } from './review-order.ts';
import { splitDocument } from './split-document.ts';
import { stageOrder } from './stage-order.ts';
import { finishDocument, startOrders } from './start-orders.ts';
import { submitOrder } from './submit-order.ts';
import { deliverOutbox, recheckHolds, reconcile } from './upkeep.ts';
import { checkCredit, checkInventory, settleVerdict, takeFacts, validateOrder } from './validate-order.ts';

/**
 * Every step that workflows can take, bound to the world. Each may run twice: what it did is found done. Workflows pass
 * where an order stands; only its id and revision are taken from it.
 */
export function createActivities(deps: Deps) {
  return {
    parseOrder: (orderId: string) => parseOrder(deps, orderId),
    takeFacts: (order: OrderRef) => takeFacts(deps, refOf(order)),
    validateOrder: (order: OrderRef) => validateOrder(deps, refOf(order)),
    checkCredit: (order: OrderRef) => checkCredit(deps, refOf(order)),
    checkInventory: (order: OrderRef) => checkInventory(deps, refOf(order)),
    settleVerdict: (order: OrderRef) => settleVerdict(deps, refOf(order)),
    reserveOrder: (order: OrderRef) => reserveOrder(deps, refOf(order)),
    stageOrder: (order: OrderRef) => stageOrder(deps, refOf(order)),
    submitOrder: (order: OrderRef) => submitOrder(deps, refOf(order)),
    closeOrder: (order: OrderRef) => closeOrder(deps, refOf(order)),
    holdOrder: (orderId: string, code: ProcessingHold, why?: string) => holdOrder(deps, orderId, code, why),
    resumeOrder: (order: OrderRef) => resumeOrder(deps, refOf(order)),
    enterReview: (order: OrderRef, openedAt: number) => enterReview(deps, refOf(order), openedAt),
    recordMilestone: (order: OrderRef, milestone: Milestone, at: number) =>
      recordMilestone(deps, refOf(order), milestone, at),
    applyDecision: (orderId: string, decisionId: string) => applyDecision(deps, orderId, decisionId),
    splitDocument: (documentId: string) => splitDocument(deps, documentId),
    startOrders: (documentId: string, after: number, size: number) => startOrders(deps, documentId, after, size),
    finishDocument: (documentId: string) => finishDocument(deps, documentId),
    collectInbox: () => collectInbox(deps),
    recheckHolds: () => recheckHolds(deps),
    reconcile: () => reconcile(deps),
    deliverOutbox: () => deliverOutbox(deps),
    previewRetention: () => previewRetention(deps),
    expireContent: () => expireContent(deps),
    anchorLog: () => anchorLog(deps),
  };
}

export type Activities = ReturnType<typeof createActivities>;

function refOf({ orderId, revision }: OrderRef): OrderRef {
  return { orderId, revision };
}
