/** The plan's four error categories. */
export type Category = 'data_format' | 'business_rule' | 'system_integration' | 'processing';

/** What a finding does: back to the source, wait for a hold to clear, or only tell. */
export type Disposition = 'reject' | 'hold' | 'warn';

/** How pressing a finding is to the people who see it; it decides nothing. */
export type Severity = 'low' | 'medium' | 'high';

/** Where in the received document a finding stands. Only the members that fit the format are present. */
export interface Location {
  /** Zero-based byte offset into the document. */
  readonly offset?: number;
  /** One-based line and column (in characters). */
  readonly line?: number;
  readonly column?: number;
  /** X12: segment id, its one-based position in the transaction set (ST is 1), and the one-based element. */
  readonly segment?: string;
  readonly segmentPosition?: number;
  readonly element?: number;
  /** CSV: one-based row, the header being row 1. */
  readonly row?: number;
  /** JSON pointer (RFC 6901) into the document as received. */
  readonly pointer?: string;
}

/**
 * One result of parsing or validating. The same object everywhere: API, database, review page, notices.
 */
export interface Finding {
  /** Stable, upper-case with dots, e.g. `TOTAL.MISMATCH`. */
  readonly code: string;
  /** Version of the rule that spoke; absent for parsers. */
  readonly ruleVersion?: number;
  readonly category: Category;
  readonly disposition: Disposition;
  /** As the rule's version says; absent for parsers and steps. */
  readonly severity?: Severity;
  /** JSON pointer (RFC 6901) into the canonical order; `""` is the whole order. */
  readonly path: string;
  /** Words that the sender's developer understands: what is wrong and what to do. No personal data. */
  readonly message: string;
  /** The value or calculation that the finding rests on; may quote the document, so it is stored sealed. */
  readonly evidence: string | null;
  /** By how much it goes beyond what is allowed, a decimal string; absent where the rule cannot say. */
  readonly excess?: string;
  readonly location: Location;
}

/** Whether any finding sends the order back to its source. */
export function isRejected(findings: readonly Finding[]): boolean {
  return findings.some((finding) => finding.disposition === 'reject');
}
