import type { Channel, Gate, OrderState, Role } from '../orders/state.ts';
import type { Category, Disposition } from '../orders/finding.ts';
import type { CauseKind } from '../orders/incident.ts';
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
  rejudgements: RejudgementTable;
  rule_simulations: RuleSimulationTable;
  rule_simulation_flips: RuleSimulationFlipTable;
  holds: HoldTable;
  line_allocations: LineAllocationTable;
  line_holds: LineHoldTable;
  reviews: ReviewTable;
  incidents: IncidentTable;
  incident_orders: IncidentOrderTable;
  decisions: DecisionTable;
  handoffs: HandoffTable;
  outbox: OutboxTable;
  notice_destinations: NoticeDestinationTable;
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

/** `recheck`: while the order waited. `before_reserve`: it had waited, and was to go on. */
export type RejudgementOccasion = 'recheck' | 'before_reserve';

/** A later judgement of a revision by fresh facts and the same rules, kept if it changed something. */
export interface RejudgementTable {
  order_id: string;
  revision: number;
  /** 1, 2, 3 …; the judgement in `facts_snapshots` is the first of all. */
  sequence: number;
  occasion: RejudgementOccasion;
  taken_at: string;
  /** JSON arrays of the codes of the holds that it cleared and opened. */
  cleared_json: string;
  opened_json: string;
  facts_sealed: Uint8Array;
  /** How each rule came to its verdict, packed and sealed, with the findings that went. */
  verdict_sealed: Uint8Array;
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
  /** When the order is next judged by fresh facts, on which the hold rests; null where it rests on none. */
  look_again_at: string | null;
  /** How often in a row that was done; null where it is not. */
  looks: number | null;
}

/** Units that were set aside for a line of a revision, in one warehouse. */
export interface LineAllocationTable {
  order_id: string;
  revision: number;
  /** Of the line in the order, from 1. */
  position: number;
  warehouse: string;
  /** A decimal string. */
  quantity: string;
}

/** A line of which something waits, while the rest of the order goes on. */
export interface LineHoldTable {
  order_id: string;
  revision: number;
  /** Of the line in the order, from 1. */
  position: number;
  code: string;
  /** How much of the line waits, a decimal string; what waited last, where it was cleared. */
  quantity: string;
  opened_at: string;
  /** When the back office was last asked whether it is there. */
  looked_at: string;
  cleared_at: string | null;
  /** `recheck`, or what ended the wait. */
  cleared_by: string | null;
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
  /** The revision on which a recheck closed it; null while it is open, and where somebody decided. */
  rechecked_revision: number | null;
}

/** One cause that hit many orders; of each cause one is open at most. */
export interface IncidentTable {
  id: string;
  /** A `Cause`: what does not belong to it is empty, so that it can be a key. */
  cause_kind: CauseKind;
  cause_value: string;
  cause_code: string;
  state: 'open' | 'closed';
  /** When it hit the first of its orders, and the last one. */
  first_seen_at: string;
  last_seen_at: string;
  opened_at: string;
  /** How many orders and documents it hit in all, and how many of them waited at the same time at most. */
  orders: number;
  peak: number;
  /** How many there were when people were last told of it. */
  told_orders: number;
  acknowledged_by: string | null;
  acknowledged_at: string | null;
  acknowledgment_reason: string | null;
  closed_at: string | null;
}

/**
 * An order or document that a cause has hit: a hold that it opened, or a finding that sends it back. It belongs to no
 * incident until the cause has hit enough of them.
 */
export interface IncidentOrderTable {
  subject_kind: 'order' | 'document';
  subject_id: string;
  /** Of the hold or finding. */
  code: string;
  cause_kind: CauseKind;
  cause_value: string;
  cause_code: string;
  source: string;
  since: string;
  /** When it was hit last: a hold that is cleared and back soon is the same trouble. */
  seen_at: string;
  /** When its hold was cleared; an hour after it went back to its sender. null: it waits. */
  until: string | null;
  incident_id: string | null;
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
  /** How many holds an approval left to others, so that the review went on; null where it did not. */
  left_standing: number | null;
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
 * `available`: nothing is pushed, the sender reads it over the API. `dropped`: its content was erased, or
 * its address withdrawn, before it could be delivered. `failed`: given up; an operator may have it tried again.
 */
export type DeliveryState = 'pending' | 'delivered' | 'available' | 'dropped' | 'failed';

/** How a message goes out: it is read over the API, written as a file, posted as a webhook, or mailed. */
export type OutboxChannel = 'read' | 'file' | 'webhook' | 'mail';

export interface OutboxTable {
  id: string;
  /** A source's id, or `:house` for what concerns none. */
  source: string;
  /** `order:<id>`, `document:<id>` or `incident:<id>`. */
  subject: string;
  /** `997`, `order.completed`, `order.rejected`, `review.escalated`, … */
  kind: string;
  /** Makes the row unique under its subject, so that a step run twice writes it once. */
  step_key: string;
  channel: OutboxChannel;
  /**
   * Messages to one destination go out one after the other: `<source>:webhook`, `<source>:mail:<hash of the address>`, and the
   * same with `:house` for our own people. A message to be read with `:house` is to be passed on to them. null: none.
   */
  destination: string | null;
  file_name: string | null;
  content_sealed: Uint8Array;
  state: DeliveryState;
  /** Why the last attempt failed, in a word, such as `status_500`. */
  last_failure: string | null;
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

/** How a destination of notices fares; without a row nothing was sent there yet. */
export interface NoticeDestinationTable {
  id: string;
  /** Who delivers there now, one at a time, and until when nobody else may. */
  leased_by: string | null;
  leased_until: string | null;
  /** It said 410 Gone, at the address with this keyed hash; another address begins anew. */
  stopped_at: string | null;
  stopped_address: string | null;
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

/**
 * `webhook`: signs what the source pushes. `poll`: the key with which it is polled. `notify`: signs what is pushed to it.
 * `mail`: the addresses of its people to whom notices are mailed, no secrets but personal data.
 */
export type SecretPurpose = 'webhook' | 'poll' | 'notify' | 'mail';

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
