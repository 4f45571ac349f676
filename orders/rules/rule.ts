import type { Facts } from '../facts.ts';
import type { Disposition, Severity } from '../finding.ts';
import type { Order } from '../order.ts';

/** What a rule looks at; each kind is one check with parameters of its own. */
export type RuleKind =
  | 'required_fields'
  | 'field_type'
  | 'field_length'
  | 'field_format'
  | 'field_range'
  | 'reference_data'
  | 'line_count'
  | 'line_ids'
  | 'quantity_positive'
  | 'quantity_range'
  | 'pack_size'
  | 'line_amount_range'
  | 'price_not_negative'
  | 'ship_to_present'
  | 'ship_to_postal_code'
  | 'ship_to_country'
  | 'ship_to_known'
  | 'customer_known'
  | 'customer_active'
  | 'customer_credit_stop'
  | 'currency'
  | 'product_known'
  | 'product_active'
  | 'product_allowed'
  | 'unit'
  | 'payment_accepted'
  | 'payment_token'
  | 'amount_decimals'
  | 'line_amount'
  | 'total'
  | 'total_positive'
  | 'price'
  | 'discount'
  | 'discount_agreed'
  | 'allowance'
  | 'order_minimum'
  | 'order_maximum'
  | 'delivery_past'
  | 'delivery_day'
  | 'delivery_lead_time'
  | 'unusual_quantity'
  | 'unusual_price'
  | 'credit'
  | 'inventory'
  | 'expression'
  | 'quantity_maximum';

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
  /** By how much it goes beyond what is allowed, a decimal string: an approval covers as much as was shown, not more. */
  readonly excess?: string;
  /** Only told, whatever the rule's own disposition: short stock that the customer takes later, say. */
  readonly disposition?: 'warn';
}

/** What a check cannot judge, and why: the product of a line is not known, say. */
export interface NotJudged {
  readonly skipped: string;
}

/** One thing that was looked at: what is wrong with it; or, in words, how it was worked out that nothing is. */
export type Statement = Breach | NotJudged | string;

/** Whether a statement says that something is wrong. */
export function isBreach(statement: Statement): statement is Breach {
  return typeof statement === 'object' && 'path' in statement;
}

/** A check: pure, and told the time. Parameters have passed the kind's schema. One statement for each thing looked at. */
export type Check<Parameters> = (order: Order, facts: Facts, parameters: Parameters, now: Date) => readonly Statement[];

/** A version that would count if the one that was chosen did not. */
export interface Overridden {
  readonly version: number;
  readonly scope: RuleScope;
  /** `narrower`: the chosen one speaks for fewer; `newer`: for as many, and came later. */
  readonly because: 'narrower' | 'newer';
}

/** What became of one rule on one order, so that anyone can follow it: kept with the revision, sealed. */
export interface Explanation {
  readonly code: string;
  readonly version: number;
  readonly kind: RuleKind;
  readonly scope: RuleScope;
  /** Who wrote the version, and why. */
  readonly author: string;
  readonly reason: string;
  readonly overrode: readonly Overridden[];
  readonly parameters: unknown;
  /** What was read: pointers into `{ order, facts, now }`, in which `*` stands for every element; see `readInputs`. */
  readonly reads: readonly string[];
  /** How it was worked out, in words with the numbers; at most {@link WORKING_KEPT} of them. May be personal. */
  readonly working: readonly string[];
  /** `skipped`: there was nothing it could judge. `failed`: the rule itself broke, and the order is held. */
  readonly result: 'passed' | 'breached' | 'skipped' | 'failed';
  /** Why it was skipped or failed. */
  readonly because: string | null;
  /** How many findings it made. */
  readonly findings: number;
}

/** How many things are explained in words; an order of 5,000 lines would otherwise be explained in a book. */
export const WORKING_KEPT = 25;
