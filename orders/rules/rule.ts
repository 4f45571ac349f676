import type { Facts } from '../facts.ts';
import type { Disposition } from '../finding.ts';
import type { Order } from '../order.ts';

/** What a rule looks at; each kind is one check with parameters of its own. */
export type RuleKind =
  | 'required_fields'
  | 'field_length'
  | 'line_count'
  | 'line_ids'
  | 'quantity_positive'
  | 'quantity_maximum'
  | 'price_not_negative'
  | 'ship_to_present'
  | 'ship_to_postal_code'
  | 'ship_to_known'
  | 'customer_known'
  | 'customer_active'
  | 'customer_credit_stop'
  | 'currency'
  | 'product_known'
  | 'product_active'
  | 'unit'
  | 'payment_accepted'
  | 'payment_token'
  | 'line_amount'
  | 'total'
  | 'price'
  | 'discount'
  | 'order_minimum'
  | 'order_maximum'
  | 'delivery_past'
  | 'delivery_day'
  | 'delivery_lead_time'
  | 'credit'
  | 'inventory';

/**
 * For whom a rule speaks, from wide to narrow. A customer group is named and lists its customers, so that a verdict can
 * be reproduced from the rule's version alone.
 */
export type RuleScope =
  | { readonly kind: 'all' }
  | { readonly kind: 'source'; readonly source: string }
  | { readonly kind: 'customerGroup'; readonly group: string; readonly customers: readonly string[] }
  | { readonly kind: 'customer'; readonly customer: string };

/** Who may release the hold that a rule puts on an order. */
export type ReleaseRole = 'reviewer' | 'supervisor';

/** How pressing a finding is to the people who see it; it decides nothing. */
export type Severity = 'low' | 'medium' | 'high';

/**
 * One version of a business rule. Never edited: a change is a new version with a time from which it holds, an author and
 * a reason. The rule's code is the code of its findings.
 */
export interface RuleVersion {
  /** Stable, upper-case with dots, e.g. `CREDIT.LIMIT`. */
  readonly code: string;
  readonly kind: RuleKind;
  /** Unique for the code; the higher one wins where two of the same width hold. */
  readonly version: number;
  readonly scope: RuleScope;
  /** Checked by the kind's schema when the rule is written and again when it runs. */
  readonly parameters: unknown;
  readonly disposition: Disposition;
  readonly releaseRole: ReleaseRole;
  readonly severity: Severity;
  /** UTC instant, ISO 8601, from which the version holds. */
  readonly effectiveFrom: string;
  /** UTC instant, ISO 8601, from which it holds no more; null for no end. */
  readonly effectiveTo: string | null;
  readonly author: string;
  readonly reason: string;
}

/** What a check found wrong; the rule's version adds code and disposition, the kind its category. */
export interface Breach {
  /** JSON pointer (RFC 6901) into the canonical order. */
  readonly path: string;
  /** What is wrong and what to do, with the calculation in words. No personal data. */
  readonly message: string;
  /** The value that the breach rests on; may be personal. */
  readonly evidence?: string;
}

/** A check: pure, and told the time. Parameters have passed the kind's schema. */
export type Check<Parameters> = (order: Order, facts: Facts, parameters: Parameters, now: Date) => readonly Breach[];

/** What became of one rule on one order, for the audit trail. */
export interface RuleOutcome {
  readonly code: string;
  readonly version: number;
  readonly kind: RuleKind;
  /** `skipped`: the customer that the rule needs is not known. `failed`: the rule itself broke, and the order is held. */
  readonly result: 'passed' | 'breached' | 'skipped' | 'failed';
  /** How many findings it made. */
  readonly findings: number;
}
