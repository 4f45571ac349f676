import type { Channel, Gate, OrderState, Role } from '../orders/state.ts';
import type { Category, Disposition } from '../orders/finding.ts';
import type { Format } from '../orders/formats/format.ts';

/**
 * The tables, as kysely sees them. Instants are ISO 8601 text in UTC with milliseconds, amounts are decimal strings,
 * `*_sealed` columns hold AES-256-GCM cipher text (see `seal.ts`), `*_json` columns hold JSON without personal data.
 */
export interface Tables {
  sources: SourceTable;
  principals: PrincipalTable;
  data_keys: DataKeyTable;
  documents: DocumentTable;
  document_chunks: DocumentChunkTable;
  fingerprints: FingerprintTable;
  orders: OrderTable;
  order_revisions: OrderRevisionTable;
  order_staging_raw: OrderStagingRawTable;
  order_staging_validated: OrderStagingValidatedTable;
  order_staging_errors: OrderStagingErrorTable;
  order_validation_rules: OrderValidationRuleTable;
  order_processing_log: OrderProcessingLogTable;
  audit_anchors: AuditAnchorTable;
  audit_unanchored: AuditUnanchoredTable;
  facts_snapshots: FactsSnapshotTable;
  rule_simulations: RuleSimulationTable;
  rule_simulation_flips: RuleSimulationFlipTable;
  holds: HoldTable;
  reviews: ReviewTable;
  decisions: DecisionTable;
  handoffs: HandoffTable;
  outbox: OutboxTable;
  control_numbers: ControlNumberTable;
  received_numbers: ReceivedNumberTable;
  person_hashes: PersonHashTable;
  source_secrets: SourceSecretTable;
  poll_cursors: PollCursorTable;
  privacy_requests: PrivacyRequestTable;
}

export interface SourceTable {
  id: string;
  channel: Channel;
  /** A `SourceProfile`. */
  profile_json: string;
  /** SHA-256 of the source's API key, hex; null where the source has none (files only). */
  key_hash: string | null;
  changed_at: string;
  changed_by: string;
}

export interface PrincipalTable {
  id: string;
  /** SHA-256 of the person's token, hex. */
  token_hash: string;
  /** JSON array of `Role`. */
  roles_json: string;
  /** JSON array of source ids the person is limited to; null: all. */
  sources_json: string | null;
  /** JSON array of customer numbers the person is limited to; null: all. */
  customers_json: string | null;
  created_at: string;
}

export interface DataKeyTable {
  /** `order:<id>`, `document:<id>`, `request:<id>` or `source:<id>`. */
  subject: string;
  /** Never deleted, only overwritten: see `eraseKeys`. */
  wrapped_key: Uint8Array;
  wrapping_key_id: string;
  created_at: string;
}

/**
 * `received`: whole, not yet split. `split`: its orders are written. `processed`: nothing is left to do for the document
 * itself, as the automatic part of its orders is over; one that is a single order is so from birth, because the order has
 * its own story. `refused`: kept, not read.
 */
export type DocumentState = 'received' | 'split' | 'processed' | 'refused';

export interface DocumentTable {
  id: string;
  source: string;
  channel: Channel;
  format: Format | null;
  content_type: string | null;
  file_name_sealed: Uint8Array | null;
  state: DocumentState;
  byte_length: number;
  /** Keyed hash of the masked bytes. */
  fingerprint: string;
  order_count: number;
  /** What surrounds the slices, e.g. X12 envelope; null until split or if there is nothing around. */
  envelope_sealed: Uint8Array | null;
  received_at: string;
  received_by: string;
  changed_at: string;
  /** When its data key and content were removed, because that of all its orders was. */
  erased_at: string | null;
}

export interface DocumentChunkTable {
  document_id: string;
  sequence: number;
  content_sealed: Uint8Array;
}

/**
 * `idempotency_key`: the sender's header. `content`: the masked bytes. `purchase_order`: customer and PO number.
 * `delivery`: one file, as the file system knows it.
 */
export type FingerprintKind =
  | 'idempotency_key'
  | 'content'
  | 'purchase_order'
  | 'delivery'
  // What the sender calls a message, or the state of an order that it tells.
  | 'message'
  // The sender's id of an order.
  | 'external_order';

export interface FingerprintTable {
  /** Source id, or the principal's for idempotency keys of people. */
  scope: string;
  kind: FingerprintKind;
  fingerprint: string;
  document_id: string;
  order_id: string | null;
  /** For idempotency keys: fingerprint of the body that came with it. */
  body_fingerprint: string | null;
  first_seen_at: string;
}

/** Whether a reservation may exist in the back office for the order; `consumed`: it became part of a production order. */
export type ReservationMark = 'none' | 'began' | 'released' | 'consumed';

export interface OrderTable {
  id: string;
  document_id: string;
  source: string;
  channel: Channel;
  state: OrderState;
  /** Where a waiting order goes on when nothing holds it any more; null when it does not wait. */
  resume_state: OrderState | null;
  revision: number;
  type: string;
  customer_id: string | null;
  po_number: string | null;
  external_id: string | null;
  currency: string | null;
  total: string | null;
  line_count: number | null;
  order_date: string | null;
  requested_delivery_date: string | null;
  operator_id: string | null;
  /** The gate's last verdict. */
  gate: Gate | null;
  reservation: ReservationMark;
  production_order_id: string | null;
  /** For a change: the order that it changes, and the revision of it that the change became. */
  changes_order_id: string | null;
  changes_revision: number | null;
  received_at: string;
  automatic_done_at: string | null;
  changed_at: string;
  terminal_at: string | null;
  /** When its data key was erased because a person asked for it. */
  erased_at: string | null;
  /** When its content was removed at the end of its retention. */
  expired_at: string | null;
}

export interface OrderRevisionTable {
  order_id: string;
  revision: number;
  /** `superseded`: the content of a change. */
  origin: 'parsed' | 'corrected' | 'superseded';
  content_sealed: Uint8Array;
  created_by: string;
  created_at: string;
}

export interface OrderStagingRawTable {
  order_id: string;
  document_id: string;
  /** Zero-based place among the document's orders. */
  position: number;
  format: Format;
  content_sealed: Uint8Array;
  /** Where the slice stands in its document and what is needed to read it, e.g. X12 delimiters and control numbers. */
  locator_json: string | null;
  byte_length: number;
  received_at: string;
}

export interface OrderStagingValidatedTable {
  order_id: string;
  revision: number;
  content_sealed: Uint8Array;
  customer_id: string;
  po_number: string;
  currency: string;
  total: string;
  line_count: number;
  staged_at: string;
}

export interface OrderStagingErrorTable {
  /** `order:<id>` or `document:<id>`. */
  subject: string;
  revision: number;
  /** Which step of the story spoke: `parse`, `validate`, `credit`, … */
  step: string;
  sequence: number;
  code: string;
  rule_version: number | null;
  category: Category;
  disposition: Disposition;
  path: string;
  location_json: string;
  /** Message and evidence. */
  content_sealed: Uint8Array;
  created_at: string;
}

export interface OrderValidationRuleTable {
  code: string;
  version: number;
  kind: string;
  /** `all`, `source`, `customerGroup` or `customer`. */
  scope: string;
  scope_value: string | null;
  parameters_json: string;
  disposition: Disposition;
  release_role: Role;
  severity: string;
  effective_from: string;
  effective_to: string | null;
  author: string;
  reason: string;
  created_at: string;
  status: RuleStatus;
  /** 1, 2, 3 … in the order in which versions began to count; null until then. What an installation begins with shares 1. */
  sequence: number | null;
  /** The second person; null where none was needed. */
  approved_by: string | null;
  approved_at: string | null;
  approval_reason: string | null;
  /** Who withdrew the draft, or let another version take its place. */
  retired_by: string | null;
  retired_at: string | null;
  /** Why it was withdrawn; null where another version took its place. */
  retirement_reason: string | null;
}

/** `draft`: waits for a second person. `approved`: counts in its time. `retired`: a draft that will never count. */
export type RuleStatus = 'draft' | 'approved' | 'retired';

export interface OrderProcessingLogTable {
  subject: string;
  sequence: number;
  step_key: string;
  at: string;
  actor: string;
  action: string;
  detail_json: string;
  previous_mac: string;
  mac: string;
}

/** An anchor over heads of the audit trail, as it also stands outside the database; see `anchors.ts`. */
export interface AuditAnchorTable {
  /** 1, 2, 3 … without gaps. */
  number: number;
  at: string;
  /** Entries that no anchor covered before. */
  row_count: number;
  head_count: number;
  /** SHA-256 of the heads, hex; the heads themselves stand outside. */
  heads_digest: string;
  previous_mac: string;
  mac: string;
}

/** Entries of the audit trail that no anchor covers yet. */
export interface AuditUnanchoredTable {
  subject: string;
  sequence: number;
}

export interface FactsSnapshotTable {
  order_id: string;
  revision: number;
  content_sealed: Uint8Array;
  taken_at: string;
  /** The last version of a rule that counted when they were taken: the revision is judged by these and no later ones. */
  rules_sequence: number | null;
  /** How each rule came to its verdict, packed and sealed; null until the revision is judged. */
  verdict_sealed: Uint8Array | null;
}

/** `ended`: all orders were looked at. `failed`: it was given up; what it counted until then stays. */
export type SimulationState = 'running' | 'ended' | 'failed';

/** A version of a rule that is tried on past orders. */
export interface RuleSimulationTable {
  id: string;
  code: string;
  /** null: what was tried is not kept as a version. */
  version: number | null;
  /** The version that was tried, whole. */
  draft_json: string;
  /** The versions that it was compared with: those that counted up to this one. */
  rules_sequence: number;
  actor: string;
  /** JSON of the sources and customers that the actor is limited to. */
  limits_json: string;
  /** Orders received at or after, and before. */
  received_from: string;
  received_to: string;
  state: SimulationState;
  /** How many there were to look at when it began. */
  orders: number;
  /** Pages that are done, and the last order of the last one: a page that runs again after a crash counts once. */
  pages: number;
  cursor_json: string | null;
  /** A `Tally`: counts, and exact sums by currency. */
  tally_json: string;
  created_at: string;
  ended_at: string | null;
}

/** An order of which another verdict would be drawn. */
export interface RuleSimulationFlipTable {
  simulation_id: string;
  order_id: string;
  revision: number;
  before_outcome: string;
  after_outcome: string;
  /** How many findings the version that was tried makes on it. */
  findings: number;
  currency: string;
  total: string;
}

export interface HoldTable {
  order_id: string;
  revision: number;
  code: string;
  category: Category;
  /** Who may release it; null: it clears itself. */
  release_role: Role | null;
  opened_at: string;
  cleared_at: string | null;
  /** Decision id, `recheck`, or the program's part that settled it. */
  cleared_by: string | null;
  /** How often in a row a step failed on this revision; null where the hold is of another kind. */
  failures: number | null;
  /** When it clears itself at the earliest; null: as soon as its cause is gone. */
  retry_at: string | null;
}

export interface ReviewTable {
  id: string;
  order_id: string;
  source: string;
  customer_id: string | null;
  opened_at: string;
  due_at: string;
  claimed_by: string | null;
  lease_until: string | null;
  escalated_at: string | null;
  closed_at: string | null;
}

/** `supersede` and sometimes `cancel` are asked by a change, an order of type `replace` or `cancel`. */
export type DecisionAction = 'approve' | 'reject' | 'correct' | 'cancel' | 'reprocess' | 'supersede';

export interface DecisionTable {
  id: string;
  order_id: string;
  revision: number;
  /** The review it decides; null for a cancellation or a reprocess. */
  review_id: string | null;
  action: DecisionAction;
  actor: string;
  roles_json: string;
  content_sealed: Uint8Array;
  /** The change that asks for it; null where a person does. */
  change_order_id: string | null;
  state: 'pending' | 'applied' | 'refused';
  refusal: string | null;
  created_at: string;
  settled_at: string | null;
}

export interface HandoffTable {
  order_id: string;
  revision: number;
  began_at: string;
  outcome: 'accepted' | 'refused' | 'cancelled' | null;
  production_order_id: string | null;
  settled_at: string | null;
}

/**
 * `available`: nothing is pushed, the sender reads it over the API. `dropped`: its content was erased before it could be
 * delivered.
 */
export type DeliveryState = 'pending' | 'delivered' | 'available' | 'dropped';

export interface OutboxTable {
  id: string;
  source: string;
  /** `order:<id>` or `document:<id>`. */
  subject: string;
  /** `997`, `order.completed`, `order.rejected`, `review.escalated`, … */
  kind: string;
  /** Makes the row unique under its subject, so that a step run twice writes it once. */
  step_key: string;
  file_name: string | null;
  content_sealed: Uint8Array;
  state: DeliveryState;
  attempts: number;
  created_at: string;
  next_attempt_at: string;
  delivered_at: string | null;
  /** GS06 of an X12 message that its receiver acknowledges with a 997; null before it is composed, and for all others. */
  control_number: string | null;
  /** When the receiver's 997 came, and its AK901; and when it was noticed that none came. */
  acknowledged_at: string | null;
  acknowledgment: string | null;
  missed_at: string | null;
}

export interface ControlNumberTable {
  source: string;
  kind: 'interchange' | 'group';
  last_value: number;
}

/** Control numbers of partners' documents; kept, like fingerprints, as long as the system is there. */
export interface ReceivedNumberTable {
  source: string;
  kind: 'interchange' | 'group' | 'set';
  /** ISA13; GS06; all three with ST02, with blanks between. */
  number: string;
  /** The document that used it first. */
  document_id: string;
  first_seen_at: string;
}

export interface PersonHashTable {
  /** Keyed hash of the normalised e-mail address or phone number. */
  hash: string;
  order_id: string;
  kind: 'email' | 'phone';
}

/** What was done because a person asked for their data, or for their erasure. */
export interface PrivacyRequestTable {
  id: string;
  action: 'export' | 'erase';
  kind: 'customer' | 'email' | 'phone';
  /** The customer's number; the keyed hash of an e-mail address or phone number. */
  subject: string;
  actor: string;
  /** Sealed under the request's own key: people write names into reasons. */
  reason_sealed: Uint8Array;
  /** How many orders were concerned. */
  orders: number;
  created_at: string;
}

/** `webhook`: signs what the source pushes. `poll`: the key with which it is polled. */
export type SecretPurpose = 'webhook' | 'poll';

export interface SourceSecretTable {
  source: string;
  purpose: SecretPurpose;
  /** 0 is the newest. */
  position: number;
  /** Sealed under the source's data key. */
  secret_sealed: Uint8Array;
  created_at: string;
  created_by: string;
}

/** How far the polling of a source has come. */
export interface PollCursorTable {
  source: string;
  /** The list that the cursor is of: its address, and what the cursor is. */
  list: string;
  /** What is asked for next; null: from the beginning. */
  cursor_value: string | null;
  /** How often in a row no page could be read. */
  failures: number;
  /** Why the last time; a code. */
  fault: string | null;
  /** The integration asked us, or we decided, to wait until then. */
  not_before: string | null;
  succeeded_at: string | null;
  changed_at: string;
}
