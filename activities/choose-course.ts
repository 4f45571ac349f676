import {
  findChanged,
  findLastRequest,
  findToldBefore,
  GIVEN_UP,
  hasEarlierChange,
  hasLaterChange,
  isApprovedSince,
  readChange,
} from '../db/changes.ts';
import { Damaged } from '../db/faults.ts';
import { listApprovedCodes } from '../db/holds.ts';
import { findContent, getOrder, isGone, type OrderRow } from '../db/orders.ts';
import { getSource } from '../db/sources.ts';
import type { Store } from '../db/store.ts';
import { isEarlierState } from '../orders/formats/shop-state.ts';
import { isSameContent } from '../orders/same-content.ts';

/** The order that is changed has not come, has an earlier change to take in first, or has not taken this one in yet. */
export const CHANGE_WAITS = 'CHANGE.WAITS';
/** It did not come for so long that a person looks. */
export const NO_ORIGINAL = 'CHANGE.NO_ORIGINAL';
/** It was handed off: a person decides whether production is to change it. */
export const AFTER_HANDOFF = 'CHANGE.AFTER_HANDOFF';
/** It was cancelled: a person decides whether it comes to life again. */
export const OF_CANCELLED = 'CHANGE.OF_CANCELLED';
/** It, or production, would not take the change. */
export const REFUSED = 'CHANGE.REFUSED';
/** It took in a change that came later: a person decides whether the earlier one is still to take effect. */
export const OUTDATED = 'CHANGE.OUTDATED';
/** Its content was removed, at the end of its retention or because a person asked for it. */
export const CONTENT_GONE = 'CHANGE.CONTENT_GONE';

const HOUR_MS = 3_600_000;

/** What is to become of a change now. */
export type Course =
  | { readonly kind: 'wait' }
  /** Asks the order's own workflow, which takes it in between two of its steps. */
  | { readonly kind: 'ask'; readonly changed: OrderRow }
  | { readonly kind: 'revive'; readonly changed: OrderRow }
  /** Cancels what ended on paper: no workflow of its own is there to ask. */
  | { readonly kind: 'end'; readonly changed: OrderRow }
  /** Nothing is left to do: the order took it in, or is as the change wants it. */
  | { readonly kind: 'done'; readonly changed: OrderRow }
  /** Its content is judged first, as that of an order is; a person decides then. */
  | { readonly kind: 'judge'; readonly changed: OrderRow }
  | Review;

/** A person decides, who is told why. */
export interface Review {
  readonly kind: 'review';
  readonly code: string;
  readonly message: string;
  readonly changed: OrderRow | undefined;
}

/** What is to become of a change now. @throws Damaged if something of it or of its order is */
export async function chooseCourse(tx: Store, change: OrderRow): Promise<Course> {
  const changed = await findChanged(tx, change);
  if (!changed) return (await isOverdue(tx, change)) ? lookFor(change) : { kind: 'wait' };
  if (changed.state === 'received' || (await hasEarlierChange(tx, change, changed))) return { kind: 'wait' };
  const request = await findLastRequest(tx, change.id);
  if (request?.order_id === changed.id) {
    if (request.state === 'applied') return { kind: 'done', changed: asTakenIn(changed, request) };
    if (request.state === 'pending') return { kind: 'wait' };
    // Refused because it came between two revisions, or too late: asked anew, or decided by where the order is now.
    const isAsBefore = request.revision === changed.revision && !isOver(changed);
    if (isAsBefore && !(await isApprovedSince(tx, change, REFUSED, request.settled_at ?? '')))
      return askOfRefused(request.refusal, changed);
  }
  if (isGone(changed)) return chooseOfGone(change, changed);
  if (await changesNothing(tx, change, changed)) return { kind: 'done', changed };
  return (await isOutdated(tx, change, changed)) ? askOfOutdated(changed) : chooseByState(change, changed);
}

/** The order in the revision that the change became; it may have had others since. */
function asTakenIn(changed: OrderRow, request: { readonly action: string; readonly revision: number }): OrderRow {
  const next = request.action === 'supersede' ? request.revision + 1 : request.revision;
  return { ...changed, revision: Math.min(next, changed.revision) };
}

/** Whether nothing but giving back and telling is left to do. */
function isOver({ state, terminal_at: terminalAt }: OrderRow): boolean {
  return terminalAt !== null || GIVEN_UP.includes(state);
}

/** Nothing can be written about it any more, so nothing is done to it either. */
function chooseOfGone({ type }: OrderRow, changed: OrderRow): Course {
  if (type === 'cancel' && GIVEN_UP.includes(changed.state)) return { kind: 'done', changed };
  const message = 'the content of the order that this changes was removed; see to it in production, then reject this';
  return { kind: 'review', code: CONTENT_GONE, message, changed };
}

async function isOutdated(tx: Store, change: OrderRow, changed: OrderRow): Promise<boolean> {
  if (!(await hasLaterChange(tx, change, changed))) return false;
  const ref = { orderId: change.id, revision: change.revision };
  return !(await listApprovedCodes(tx, ref)).includes(OUTDATED);
}

function askOfOutdated(changed: OrderRow): Course {
  const message = 'the order took in a change that came after this one; approve to bring this one to it all the same';
  return { kind: 'review', code: OUTDATED, message, changed };
}

/**
 * Whether the order is as the change wants it, or was told later than the change. One that was given up is begun anew all
 * the same, unless it is only told anew: what people corrected or decided of what was said before stands.
 */
async function changesNothing(tx: Store, change: OrderRow, changed: OrderRow): Promise<boolean> {
  if (change.type !== 'replace') return false;
  const wanted = await readChange(tx, change.id);
  const told = await findToldBefore(tx, change, changed);
  if (told && (isSameContent(told, wanted) || isEarlierState(wanted, told))) return true;
  if (GIVEN_UP.includes(changed.state)) return false;
  const content = await findContent(tx, changed);
  return content !== undefined && isSameContent(content, wanted);
}

function chooseByState({ type }: OrderRow, changed: OrderRow): Course {
  const { state, terminal_at: terminalAt, production_order_id: productionOrder } = changed;
  if (state === 'completed') {
    if (type === 'replace') return { kind: 'judge', changed };
    const message = `this cancels an order that production has, as ${String(productionOrder)}; approve to cancel it there`;
    return { kind: 'review', code: AFTER_HANDOFF, message, changed };
  }
  const isGivenUp = GIVEN_UP.includes(state);
  if (isGivenUp && terminalAt === null) return { kind: 'wait' };
  if (isGivenUp && type === 'cancel') return { kind: 'done', changed };
  if (state === 'cancelled') {
    const message = 'this replaces an order that was cancelled; approve to begin that order anew with this content';
    return { kind: 'review', code: OF_CANCELLED, message, changed };
  }
  if (terminalAt === null) return { kind: 'ask', changed };
  return type === 'cancel' ? { kind: 'end', changed } : { kind: 'revive', changed };
}

async function isOverdue(tx: Store, change: OrderRow): Promise<boolean> {
  const { changeWaitHours } = await getSource(tx, change.source);
  return Date.now() - Date.parse(change.received_at) > changeWaitHours * HOUR_MS;
}

function lookFor({ po_number: poNumber, customer_id: customerId }: OrderRow): Course {
  const message = `no order with PO number ${String(poNumber)} of customer ${String(customerId)} came; correct the number, or reject this`;
  return { kind: 'review', code: NO_ORIGINAL, message, changed: undefined };
}

/** What a person is told when the order, or production, did not take the change. */
export function askOfRefused(refusal: string | null, changed: OrderRow | undefined): Review {
  const message = `the order did not take the change: ${refusal ?? 'it does not say why'}`;
  return { kind: 'review', code: REFUSED, message, changed };
}

/**
 * Whether a change that waits may go on: what it waits for came, or it has waited long enough. One of which something is
 * damaged may: others are not to wait for it, and it finds out by itself.
 */
export async function mayGoOn(store: Store, changeId: string): Promise<boolean> {
  const change = await getOrder(store, changeId);
  try {
    return (await chooseCourse(store, change)).kind !== 'wait';
  } catch (error) {
    if (error instanceof Damaged) return true;
    throw error;
  }
}
