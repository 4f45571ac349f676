CREATE TABLE "audit_anchors" (
  "number" integer not null,
  "at" text not null,
  "row_count" integer not null,
  "head_count" integer not null,
  "heads_digest" text not null,
  "previous_mac" text not null,
  "mac" text not null,
  constraint "pk_audit_anchors" primary key ("number")
);

CREATE TABLE "audit_unanchored" (
  "subject" text not null,
  "sequence" integer not null,
  constraint "pk_audit_unanchored" primary key ("subject", "sequence")
);

CREATE TABLE "control_numbers" (
  "source" text not null,
  "kind" text not null,
  "last_value" integer not null,
  constraint "pk_control_numbers" primary key ("source", "kind")
);

CREATE TABLE "data_keys" (
  "subject" text not null,
  "wrapped_key" blob not null,
  "wrapping_key_id" text not null,
  "created_at" text not null,
  constraint "pk_data_keys" primary key ("subject")
);

CREATE TABLE "decisions" (
  "id" text not null,
  "order_id" text not null,
  "revision" integer not null,
  "review_id" text,
  "action" text not null,
  "actor" text not null,
  "roles_json" text not null,
  "content_sealed" blob not null,
  "state" text not null,
  "refusal" text,
  "created_at" text not null,
  "settled_at" text,
  "change_order_id" text,
  "left_standing" integer,
  constraint "pk_decisions" primary key ("id")
);

CREATE INDEX ix_decisions_change on decisions (change_order_id, created_at, id)
  where change_order_id is not null;

CREATE INDEX "ix_decisions_order_id_created_at_id" on "decisions" ("order_id", "created_at", "id");

CREATE INDEX "ix_decisions_state_id" on "decisions" ("state", "id");

CREATE UNIQUE INDEX ux_decisions_deciding on decisions (review_id, revision)
  where state <> 'refused' and review_id is not null and left_standing is null;

CREATE TABLE "document_chunks" (
  "document_id" text not null,
  "sequence" integer not null,
  "content_sealed" blob not null,
  constraint "pk_document_chunks" primary key ("document_id", "sequence")
);

CREATE TABLE "documents" (
  "id" text not null,
  "source" text not null,
  "channel" text not null,
  "format" text,
  "content_type" text,
  "file_name_sealed" blob,
  "state" text not null,
  "byte_length" integer not null,
  "fingerprint" text not null,
  "order_count" integer not null,
  "envelope_sealed" blob,
  "received_at" text not null,
  "received_by" text not null,
  "changed_at" text not null,
  "erased_at" text,
  constraint "pk_documents" primary key ("id")
);

CREATE INDEX "ix_documents_received_at_id" on "documents" ("received_at", "id");

CREATE INDEX "ix_documents_state_changed_at" on "documents" ("state", "changed_at");

CREATE TABLE "facts_snapshots" (
  "order_id" text not null,
  "revision" integer not null,
  "content_sealed" blob not null,
  "taken_at" text not null,
  "verdict_sealed" blob,
  "rules_sequence" integer,
  constraint "pk_facts_snapshots" primary key ("order_id", "revision")
);

CREATE TABLE "fingerprints" (
  "scope" text not null,
  "kind" text not null,
  "fingerprint" text not null,
  "document_id" text not null,
  "order_id" text,
  "body_fingerprint" text,
  "first_seen_at" text not null,
  constraint "pk_fingerprints" primary key ("scope", "kind", "fingerprint")
);

CREATE TABLE "handoffs" (
  "order_id" text not null,
  "revision" integer not null,
  "began_at" text not null,
  "outcome" text,
  "production_order_id" text,
  "settled_at" text,
  constraint "pk_handoffs" primary key ("order_id", "revision")
);

CREATE TABLE "holds" (
  "order_id" text not null,
  "revision" integer not null,
  "code" text not null,
  "category" text not null,
  "release_role" text,
  "opened_at" text not null,
  "cleared_at" text,
  "cleared_by" text,
  "failures" integer,
  "retry_at" text,
  "look_again_at" text,
  "looks" integer,
  constraint "pk_holds" primary key ("order_id", "revision", "code")
);

CREATE INDEX "ix_holds_cleared_at_release_role_order_id_code" on "holds" ("cleared_at", "release_role", "order_id", "code");

CREATE INDEX "ix_holds_code_cleared_at_order_id" on "holds" ("code", "cleared_at", "order_id");

CREATE INDEX ix_holds_look_again on holds (look_again_at, order_id, looks)
  where cleared_at is null and look_again_at is not null;

CREATE INDEX "ix_holds_opened_at" on "holds" ("opened_at");

CREATE TABLE "incident_orders" (
  "subject_kind" text not null,
  "subject_id" text not null,
  "code" text not null,
  "cause_kind" text not null,
  "cause_value" text not null,
  "cause_code" text not null,
  "source" text not null,
  "since" text not null,
  "seen_at" text not null,
  "until" text,
  "incident_id" text,
  constraint "pk_incident_orders" primary key ("subject_id", "code", "cause_kind", "cause_value", "cause_code", "since")
);

CREATE INDEX "ix_incident_orders_incident_id_cause_kind_cause_value_cause_code" on "incident_orders" ("incident_id", "cause_kind", "cause_value", "cause_code");

CREATE INDEX "ix_incident_orders_incident_id_subject_id" on "incident_orders" ("incident_id", "subject_id");

CREATE INDEX "ix_incident_orders_until_subject_id" on "incident_orders" ("until", "subject_id");

CREATE TABLE "incidents" (
  "id" text not null,
  "cause_kind" text not null,
  "cause_value" text not null,
  "cause_code" text not null,
  "state" text not null,
  "first_seen_at" text not null,
  "last_seen_at" text not null,
  "opened_at" text not null,
  "orders" integer not null,
  "peak" integer not null,
  "told_orders" integer not null,
  "acknowledged_by" text,
  "acknowledged_at" text,
  "acknowledgment_reason" text,
  "closed_at" text,
  constraint "pk_incidents" primary key ("id")
);

CREATE INDEX "ix_incidents_state_id" on "incidents" ("state", "id");

CREATE UNIQUE INDEX ux_incidents_open on incidents (cause_kind, cause_value, cause_code)
  where closed_at is null;

CREATE TABLE "line_allocations" (
  "order_id" text not null,
  "revision" integer not null,
  "position" integer not null,
  "warehouse" text not null,
  "quantity" text not null,
  constraint "pk_line_allocations" primary key ("order_id", "revision", "position", "warehouse")
);

CREATE TABLE "line_holds" (
  "order_id" text not null,
  "revision" integer not null,
  "position" integer not null,
  "code" text not null,
  "quantity" text not null,
  "opened_at" text not null,
  "looked_at" text not null,
  "cleared_at" text,
  "cleared_by" text,
  constraint "pk_line_holds" primary key ("order_id", "revision", "position")
);

CREATE INDEX ix_line_holds_standing on line_holds (looked_at, order_id, revision)
  where cleared_at is null;

CREATE TABLE "notice_destinations" (
  "id" text not null,
  "leased_by" text,
  "leased_until" text,
  "stopped_at" text,
  "stopped_address" text,
  constraint "pk_notice_destinations" primary key ("id")
);

CREATE TABLE "order_processing_log" (
  "subject" text not null,
  "sequence" integer not null,
  "step_key" text not null,
  "at" text not null,
  "actor" text not null,
  "action" text not null,
  "detail_json" text not null,
  "previous_mac" text not null,
  "mac" text not null,
  constraint "pk_order_processing_log" primary key ("subject", "sequence")
);

CREATE UNIQUE INDEX "ux_order_processing_log_subject_step_key" on "order_processing_log" ("subject", "step_key");

CREATE TABLE "order_revisions" (
  "order_id" text not null,
  "revision" integer not null,
  "origin" text not null,
  "content_sealed" blob not null,
  "created_by" text not null,
  "created_at" text not null,
  constraint "pk_order_revisions" primary key ("order_id", "revision")
);

CREATE TABLE "order_staging_errors" (
  "subject" text not null,
  "revision" integer not null,
  "step" text not null,
  "sequence" integer not null,
  "code" text not null,
  "rule_version" integer,
  "category" text not null,
  "disposition" text not null,
  "path" text not null,
  "location_json" text not null,
  "content_sealed" blob not null,
  "created_at" text not null,
  constraint "pk_order_staging_errors" primary key ("subject", "revision", "step", "sequence")
);

CREATE INDEX "ix_order_staging_errors_code_created_at" on "order_staging_errors" ("code", "created_at");

CREATE INDEX "ix_order_staging_errors_disposition_created_at" on "order_staging_errors" ("disposition", "created_at");

CREATE TABLE "order_staging_raw" (
  "order_id" text not null,
  "document_id" text not null,
  "position" integer not null,
  "format" text not null,
  "content_sealed" blob not null,
  "locator_json" text,
  "byte_length" integer not null,
  "received_at" text not null,
  constraint "pk_order_staging_raw" primary key ("order_id")
);

CREATE UNIQUE INDEX "ux_order_staging_raw_document_id_position" on "order_staging_raw" ("document_id", "position");

CREATE TABLE "order_staging_validated" (
  "order_id" text not null,
  "revision" integer not null,
  "content_sealed" blob not null,
  "customer_id" text not null,
  "po_number" text not null,
  "currency" text not null,
  "total" text not null,
  "line_count" integer not null,
  "staged_at" text not null,
  constraint "pk_order_staging_validated" primary key ("order_id", "revision")
);

CREATE TABLE "order_validation_rules" (
  "code" text not null,
  "version" integer not null,
  "kind" text not null,
  "scope" text not null,
  "scope_value" text,
  "parameters_json" text not null,
  "disposition" text not null,
  "release_role" text not null,
  "severity" text not null,
  "effective_from" text not null,
  "effective_to" text,
  "author" text not null,
  "reason" text not null,
  "created_at" text not null,
  "status" text default 'approved' not null,
  "sequence" integer,
  "approved_by" text,
  "approved_at" text,
  "approval_reason" text,
  "retired_by" text,
  "retired_at" text,
  "retirement_reason" text,
  constraint "pk_order_validation_rules" primary key ("code", "version")
);

CREATE TABLE "orders" (
  "id" text not null,
  "document_id" text not null,
  "source" text not null,
  "channel" text not null,
  "state" text not null,
  "resume_state" text,
  "revision" integer not null,
  "type" text not null,
  "customer_id" text,
  "po_number" text,
  "external_id" text,
  "currency" text,
  "total" text,
  "line_count" integer,
  "order_date" text,
  "requested_delivery_date" text,
  "operator_id" text,
  "gate" text,
  "reservation" text not null,
  "production_order_id" text,
  "received_at" text not null,
  "automatic_done_at" text,
  "changed_at" text not null,
  "terminal_at" text,
  "erased_at" text,
  "expired_at" text,
  "changes_order_id" text,
  "changes_revision" integer,
  constraint "pk_orders" primary key ("id")
);

CREATE INDEX ix_orders_changes on orders (changes_order_id, received_at, id)
  where changes_order_id is not null;

CREATE INDEX "ix_orders_customer_id_po_number_received_at_id" on "orders" ("customer_id", "po_number", "received_at", "id");

CREATE INDEX "ix_orders_customer_id_received_at_id" on "orders" ("customer_id", "received_at", "id");

CREATE INDEX "ix_orders_customer_id_source_received_at_id" on "orders" ("customer_id", "source", "received_at", "id");

CREATE INDEX "ix_orders_customer_id_source_state_channel_received_at_id" on "orders" ("customer_id", "source", "state", "channel", "received_at", "id");

CREATE INDEX "ix_orders_customer_id_state_channel_received_at_id" on "orders" ("customer_id", "state", "channel", "received_at", "id");

CREATE INDEX "ix_orders_document_id_automatic_done_at" on "orders" ("document_id", "automatic_done_at");

CREATE INDEX "ix_orders_document_id_received_at_id" on "orders" ("document_id", "received_at", "id");

CREATE INDEX "ix_orders_po_number_received_at_id" on "orders" ("po_number", "received_at", "id");

CREATE INDEX "ix_orders_received_at_id" on "orders" ("received_at", "id");

CREATE INDEX ix_orders_retention on orders (state, terminal_at, id)
  where expired_at is null and terminal_at is not null;

CREATE INDEX "ix_orders_source_received_at_id" on "orders" ("source", "received_at", "id");

CREATE INDEX "ix_orders_source_state_channel_received_at_id" on "orders" ("source", "state", "channel", "received_at", "id");

CREATE INDEX "ix_orders_state_channel_received_at_id" on "orders" ("state", "channel", "received_at", "id");

CREATE INDEX "ix_orders_terminal_at_id" on "orders" ("terminal_at", "id");

CREATE TABLE "outbox" (
  "id" text not null,
  "source" text not null,
  "subject" text not null,
  "kind" text not null,
  "step_key" text not null,
  "file_name" text,
  "content_sealed" blob not null,
  "state" text not null,
  "attempts" integer not null,
  "created_at" text not null,
  "next_attempt_at" text not null,
  "delivered_at" text,
  "control_number" text,
  "acknowledged_at" text,
  "acknowledgment" text,
  "missed_at" text,
  "channel" text default 'read' not null,
  "destination" text,
  "last_failure" text,
  constraint "pk_outbox" primary key ("id")
);

CREATE INDEX ix_outbox_destination on outbox (destination, state, id)
  where destination is not null;

CREATE INDEX "ix_outbox_source_id" on "outbox" ("source", "id");

CREATE INDEX "ix_outbox_state_next_attempt_at" on "outbox" ("state", "next_attempt_at");

CREATE INDEX ix_outbox_unacknowledged on outbox (kind, delivered_at, id)
  where control_number is not null and acknowledged_at is null and missed_at is null;

CREATE UNIQUE INDEX ux_outbox_control_number on outbox (source, kind, control_number)
  where control_number is not null;

CREATE UNIQUE INDEX "ux_outbox_subject_step_key" on "outbox" ("subject", "step_key");

CREATE TABLE "person_hashes" (
  "hash" text not null,
  "order_id" text not null,
  "kind" text not null,
  constraint "pk_person_hashes" primary key ("hash", "order_id")
);

CREATE INDEX "ix_person_hashes_order_id" on "person_hashes" ("order_id");

CREATE TABLE "poll_cursors" (
  "source" text not null,
  "list" text not null,
  "cursor_value" text,
  "failures" integer not null,
  "fault" text,
  "not_before" text,
  "succeeded_at" text,
  "changed_at" text not null,
  constraint "pk_poll_cursors" primary key ("source")
);

CREATE TABLE "principals" (
  "id" text not null,
  "token_hash" text not null,
  "roles_json" text not null,
  "sources_json" text,
  "customers_json" text,
  "created_at" text not null,
  constraint "pk_principals" primary key ("id")
);

CREATE UNIQUE INDEX "ux_principals_token_hash" on "principals" ("token_hash");

CREATE TABLE "privacy_requests" (
  "id" text not null,
  "action" text not null,
  "kind" text not null,
  "subject" text not null,
  "actor" text not null,
  "reason_sealed" blob not null,
  "orders" integer not null,
  "created_at" text not null,
  constraint "pk_privacy_requests" primary key ("id")
);

CREATE TABLE "received_numbers" (
  "source" text not null,
  "kind" text not null,
  "number" text not null,
  "document_id" text not null,
  "first_seen_at" text not null,
  constraint "pk_received_numbers" primary key ("source", "kind", "number")
);

CREATE INDEX "ix_received_numbers_document_id" on "received_numbers" ("document_id", "kind");

CREATE INDEX "ix_received_numbers_source_kind_first_seen_at" on "received_numbers" ("source", "kind", "first_seen_at", "number");

CREATE TABLE "rejudgements" (
  "order_id" text not null,
  "revision" integer not null,
  "sequence" integer not null,
  "occasion" text not null,
  "taken_at" text not null,
  "cleared_json" text not null,
  "opened_json" text not null,
  "facts_sealed" blob not null,
  "verdict_sealed" blob not null,
  constraint "pk_rejudgements" primary key ("order_id", "revision", "sequence")
);

CREATE TABLE "reviews" (
  "id" text not null,
  "order_id" text not null,
  "source" text not null,
  "customer_id" text,
  "opened_at" text not null,
  "due_at" text not null,
  "claimed_by" text,
  "lease_until" text,
  "escalated_at" text,
  "closed_at" text,
  "rechecked_revision" integer,
  constraint "pk_reviews" primary key ("id")
);

CREATE INDEX "ix_reviews_closed_at_due_at_id" on "reviews" ("closed_at", "due_at", "id");

CREATE INDEX "ix_reviews_closed_at_source_due_at_id" on "reviews" ("closed_at", "source", "due_at", "id");

CREATE INDEX "ix_reviews_order_id_closed_at" on "reviews" ("order_id", "closed_at");

CREATE UNIQUE INDEX ux_reviews_open on reviews (order_id) where closed_at is null;

CREATE TABLE "rule_simulation_flips" (
  "simulation_id" text not null,
  "order_id" text not null,
  "revision" integer not null,
  "before_outcome" text not null,
  "after_outcome" text not null,
  "findings" integer not null,
  "currency" text not null,
  "total" text not null,
  constraint "pk_rule_simulation_flips" primary key ("simulation_id", "order_id")
);

CREATE TABLE "rule_simulations" (
  "id" text not null,
  "code" text not null,
  "version" integer,
  "draft_json" text not null,
  "rules_sequence" integer not null,
  "actor" text not null,
  "limits_json" text not null,
  "received_from" text not null,
  "received_to" text not null,
  "state" text not null,
  "orders" integer not null,
  "pages" integer not null,
  "cursor_json" text,
  "tally_json" text not null,
  "created_at" text not null,
  "ended_at" text,
  constraint "pk_rule_simulations" primary key ("id")
);

CREATE TABLE "source_secrets" (
  "source" text not null,
  "purpose" text not null,
  "position" integer not null,
  "secret_sealed" blob not null,
  "created_at" text not null,
  "created_by" text not null,
  constraint "pk_source_secrets" primary key ("source", "purpose", "position")
);

CREATE TABLE "sources" (
  "id" text not null,
  "channel" text not null,
  "profile_json" text not null,
  "key_hash" text,
  "changed_at" text not null,
  "changed_by" text not null,
  constraint "pk_sources" primary key ("id")
);

CREATE INDEX "ix_sources_key_hash" on "sources" ("key_hash");
