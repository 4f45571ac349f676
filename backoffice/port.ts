import type { CustomerFacts, Facts } from '../orders/facts.ts';
import type { Delivery, LineFulfilment, StagedOrder } from '../orders/fulfilment.ts';
import type { Order } from '../orders/order.ts';

/**
 * The systems of record outside: customers, products, prices, stock, credit, production orders. Coarse calls, so that an
 * order costs few round trips. Every call may be repeated safely.
 *
 * Each call throws {@link BackOfficeUnavailable} when no trustworthy answer came (network, time-out, 429, 5xx), and
 * {@link BackOfficeRefused} when the back office understood and said no for good (other 4xx).
 */
export interface BackOffice {
  /** What the order is to be judged by. Excludes the order's own reservation from credit and stock. */
  getFacts(orderId: string, order: Order): Promise<Facts>;
  /**
   * Atomically takes credit and stock for one revision, replacing a lower revision's reservation of the same order: the
   * credit whole, and of each line what its delivery says. Where nothing of the order can go, it is short. The same
   * (orderId, revision) again answers the same.
   */
  reserve(request: ReserveRequest): Promise<ReserveResult>;
  /**
   * Gives back what the order has reserved up to and including `revision` and leaves a tombstone, so that a late `reserve`
   * of such a revision is refused with shortage `released`. Harmless if nothing was reserved.
   */
  release(orderId: string, revision: number): Promise<void>;
  /**
   * Makes one production order. The same key again answers with the same production order; an order id that has a live
   * production order never gets a second one. The reservation becomes part of the production order,
   * with what of each line goes now and what waits.
   */
  submit(key: SubmissionKey, order: StagedOrder): Promise<SubmitResult>;
  /** What became of a submission, asked after an answer was lost. */
  status(key: SubmissionKey): Promise<SubmissionStatus>;
  /** Changes a live production order to another revision, whose lines are served anew. */
  amend(key: SubmissionKey, order: Order, how: Delivery & Allowed): Promise<SubmitResult>;
  /**
   * Takes what is there by now of what waits in the production order, and answers how all its lines stand. Refused with
   * 409 if there is no such production order, or it was cancelled or has another revision.
   */
  takeBackorders(key: SubmissionKey): Promise<readonly LineFulfilment[]>;
  /**
   * Cancels what was submitted under the key, and leaves a tombstone, so that a late `submit` of it is refused.
   * `too_late`: production has begun.
   */
  cancel(key: SubmissionKey): Promise<'cancelled' | 'too_late'>;
  /** Answers if the back office does. @throws BackOfficeUnavailable */
  ping(): Promise<void>;
}

/** Look-ups for people who type. The same errors as {@link BackOffice}. */
export interface BackOfficeLookups {
  /** Customers whose number or name contains `query`, at most `limit` (1 to 100, 20 if left out). */
  searchCustomers(query: string, limit?: number): Promise<readonly CustomerSummary[]>;
  /** Products whose SKU, GTIN or name contains `query`, at most `limit` (1 to 100, 20 if left out). */
  searchProducts(query: string, limit?: number): Promise<readonly ProductSummary[]>;
}

/** A customer in a list to choose from. */
export interface CustomerSummary {
  readonly id: string;
  /** The company's name. */
  readonly name: string;
  readonly status: CustomerFacts['status'];
  readonly currency: string;
}

/** A product in a list to choose from. */
export interface ProductSummary {
  readonly sku: string;
  readonly name: string;
  readonly unit: string;
  /** UPC-12 or GTIN-13. */
  readonly gtin: string | null;
  readonly active: boolean;
  /** Units free to reserve, a decimal string. */
  readonly available: string;
}

/** One submission: an order in one revision. Printed as `<orderId>:<revision>` in the `Idempotency-Key` header. */
export interface SubmissionKey {
  readonly orderId: string;
  readonly revision: number;
}

/** A limit that a revision may pass, and by how much: a decimal string, or `unlimited`. */
export type Allowance =
  | { readonly limit: 'credit'; readonly excess: string }
  /** The product as written in the order. */
  | { readonly limit: 'stock'; readonly sku: string; readonly excess: string };

/** The limits that a person let a revision pass, as far as was shown to them, or that a rule does not hold it by. */
export interface Allowed {
  readonly allow: readonly Allowance[];
}

export interface ReserveRequest extends SubmissionKey, Delivery, Allowed {
  readonly customerId: string;
  readonly currency: string;
  /** The order's total, decimal string. */
  readonly amount: string;
  readonly lines: readonly { readonly line: string; readonly sku: string; readonly quantity: string }[];
}

export type ReserveResult =
  /** What of each line is taken and what waits, in the order of the request. */
  | { readonly reserved: true; readonly lines: readonly LineFulfilment[] }
  | { readonly reserved: false; readonly shortages: readonly Shortage[] };

/** Why a reservation was refused. Amounts and quantities are decimal strings. */
export type Shortage =
  | { readonly kind: 'credit'; readonly limit: string; readonly used: string; readonly wanted: string }
  | { readonly kind: 'stock'; readonly sku: string; readonly available: string; readonly wanted: string }
  | { readonly kind: 'released' };

export type SubmitResult =
  | { readonly accepted: true; readonly productionOrderId: string }
  | { readonly accepted: false; readonly reason: string };

export type SubmissionStatus =
  | { readonly state: 'accepted'; readonly productionOrderId: string }
  | { readonly state: 'cancelled' }
  | { readonly state: 'unknown' };

/** What is known of a call that got no trustworthy answer. */
export interface NoAnswer {
  /** Seconds the other side asked to wait (`Retry-After`), if it did. */
  readonly retryAfterSeconds?: number | undefined;
  /** Milliseconds after which the caller gave up, if that is why. */
  readonly waitedMs?: number;
  /** The other side is there, but failed in a way of its own, or said what nobody understands. */
  readonly isGarbled?: boolean;
}

/** No trustworthy answer: the call may or may not have happened. Worth trying again. */
export class BackOfficeUnavailable extends Error {
  override readonly name = 'BackOfficeUnavailable';
  readonly retryAfterSeconds: number | undefined;
  readonly waitedMs: number | undefined;
  readonly isGarbled: boolean;
  constructor(call: string, why: string, { retryAfterSeconds, waitedMs, isGarbled = false }: NoAnswer = {}) {
    super(`back office did not answer ${call}: ${why}`);
    this.retryAfterSeconds = retryAfterSeconds;
    this.waitedMs = waitedMs;
    this.isGarbled = isGarbled;
  }
}

/** The back office understood the call and refused it; trying again changes nothing. */
export class BackOfficeRefused extends Error {
  override readonly name = 'BackOfficeRefused';
  readonly status: number;
  constructor(call: string, status: number, detail: string) {
    super(`back office refused ${call} (${String(status)}): ${detail}`);
    this.status = status;
  }
}
