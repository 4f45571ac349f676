create table "sources" (
  "id" varchar(100) collate Latin1_General_100_BIN2 not null,
  "channel" varchar(200) collate Latin1_General_100_BIN2 not null,
  "profile_json" nvarchar(max) collate Latin1_General_100_BIN2 not null,
  "key_hash" varchar(200) collate Latin1_General_100_BIN2,
  "changed_at" datetime2(3) not null,
  "changed_by" varchar(100) collate Latin1_General_100_BIN2 not null,
  constraint "pk_sources" primary key ("id")
);

create index "ix_sources_key_hash" on "sources" ("key_hash");

create table "principals" (
  "id" varchar(100) collate Latin1_General_100_BIN2 not null,
  "token_hash" varchar(200) collate Latin1_General_100_BIN2 not null,
  "roles_json" nvarchar(max) collate Latin1_General_100_BIN2 not null,
  "sources_json" nvarchar(max) collate Latin1_General_100_BIN2,
  "customers_json" nvarchar(max) collate Latin1_General_100_BIN2,
  "created_at" datetime2(3) not null,
  constraint "pk_principals" primary key ("id")
);

create unique index "ux_principals_token_hash" on "principals" ("token_hash");

create table "data_keys" (
  "subject" varchar(100) collate Latin1_General_100_BIN2 not null,
  "wrapped_key" varbinary(max) not null,
  "wrapping_key_id" varchar(100) collate Latin1_General_100_BIN2 not null,
  "created_at" datetime2(3) not null,
  constraint "pk_data_keys" primary key ("subject")
);

create table "documents" (
  "id" varchar(100) collate Latin1_General_100_BIN2 not null,
  "source" varchar(100) collate Latin1_General_100_BIN2 not null,
  "channel" varchar(200) collate Latin1_General_100_BIN2 not null,
  "format" varchar(200) collate Latin1_General_100_BIN2,
  "content_type" nvarchar(max) collate Latin1_General_100_BIN2,
  "file_name_sealed" varbinary(max),
  "state" varchar(200) collate Latin1_General_100_BIN2 not null,
  "byte_length" int not null,
  "fingerprint" varchar(200) collate Latin1_General_100_BIN2 not null,
  "order_count" int not null,
  "envelope_sealed" varbinary(max),
  "received_at" datetime2(3) not null,
  "received_by" varchar(100) collate Latin1_General_100_BIN2 not null,
  "changed_at" datetime2(3) not null,
  constraint "pk_documents" primary key ("id")
);

create index "ix_documents_state_changed_at" on "documents" ("state", "changed_at");

create index "ix_documents_received_at_id" on "documents" ("received_at", "id");

create table "document_chunks" (
  "document_id" varchar(100) collate Latin1_General_100_BIN2 not null,
  "sequence" int not null,
  "content_sealed" varbinary(max) not null,
  constraint "pk_document_chunks" primary key ("document_id", "sequence")
);

create table "fingerprints" (
  "scope" varchar(100) collate Latin1_General_100_BIN2 not null,
  "kind" varchar(200) collate Latin1_General_100_BIN2 not null,
  "fingerprint" varchar(200) collate Latin1_General_100_BIN2 not null,
  "document_id" varchar(100) collate Latin1_General_100_BIN2 not null,
  "order_id" varchar(100) collate Latin1_General_100_BIN2,
  "body_fingerprint" varchar(200) collate Latin1_General_100_BIN2,
  "first_seen_at" datetime2(3) not null,
  constraint "pk_fingerprints" primary key ("scope", "kind", "fingerprint")
);

create table "orders" (
  "id" varchar(100) collate Latin1_General_100_BIN2 not null,
  "document_id" varchar(100) collate Latin1_General_100_BIN2 not null,
  "source" varchar(100) collate Latin1_General_100_BIN2 not null,
  "channel" varchar(200) collate Latin1_General_100_BIN2 not null,
  "state" varchar(200) collate Latin1_General_100_BIN2 not null,
  "resume_state" varchar(200) collate Latin1_General_100_BIN2,
  "revision" int not null,
  "type" varchar(200) collate Latin1_General_100_BIN2 not null,
  "customer_id" varchar(100) collate Latin1_General_100_BIN2,
  "po_number" nvarchar(200) collate Latin1_General_100_BIN2,
  "external_id" nvarchar(200) collate Latin1_General_100_BIN2,
  "currency" varchar(200) collate Latin1_General_100_BIN2,
  "total" varchar(200) collate Latin1_General_100_BIN2,
  "line_count" int,
  "order_date" varchar(200) collate Latin1_General_100_BIN2,
  "requested_delivery_date" varchar(200) collate Latin1_General_100_BIN2,
  "operator_id" varchar(100) collate Latin1_General_100_BIN2,
  "gate" varchar(200) collate Latin1_General_100_BIN2,
  "reservation" varchar(200) collate Latin1_General_100_BIN2 not null,
  "production_order_id" nvarchar(200) collate Latin1_General_100_BIN2,
  "received_at" datetime2(3) not null,
  "automatic_done_at" datetime2(3),
  "changed_at" datetime2(3) not null,
  "terminal_at" datetime2(3),
  constraint "pk_orders" primary key ("id")
);

create index "ix_orders_state_received_at_id" on "orders" ("state", "received_at", "id");

create index "ix_orders_terminal_at_id" on "orders" ("terminal_at", "id");

create index "ix_orders_received_at_id" on "orders" ("received_at", "id");

create index "ix_orders_source_received_at_id" on "orders" ("source", "received_at", "id");

create index "ix_orders_source_state_received_at_id" on "orders" ("source", "state", "received_at", "id");

create index "ix_orders_customer_id_received_at_id" on "orders" ("customer_id", "received_at", "id");

create index "ix_orders_customer_id_state_received_at_id" on "orders" ("customer_id", "state", "received_at", "id");

create index "ix_orders_po_number_received_at_id" on "orders" ("po_number", "received_at", "id");

create index "ix_orders_document_id_automatic_done_at" on "orders" ("document_id", "automatic_done_at");

create table "order_revisions" (
  "order_id" varchar(100) collate Latin1_General_100_BIN2 not null,
  "revision" int not null,
  "origin" varchar(200) collate Latin1_General_100_BIN2 not null,
  "content_sealed" varbinary(max) not null,
  "created_by" varchar(100) collate Latin1_General_100_BIN2 not null,
  "created_at" datetime2(3) not null,
  constraint "pk_order_revisions" primary key ("order_id", "revision")
);

create table "order_staging_raw" (
  "order_id" varchar(100) collate Latin1_General_100_BIN2 not null,
  "document_id" varchar(100) collate Latin1_General_100_BIN2 not null,
  "position" int not null,
  "format" varchar(200) collate Latin1_General_100_BIN2 not null,
  "content_sealed" varbinary(max) not null,
  "locator_json" nvarchar(max) collate Latin1_General_100_BIN2,
  "byte_length" int not null,
  "received_at" datetime2(3) not null,
  constraint "pk_order_staging_raw" primary key ("order_id")
);

create unique index "ux_order_staging_raw_document_id_position" on "order_staging_raw" ("document_id", "position");

create table "order_staging_validated" (
  "order_id" varchar(100) collate Latin1_General_100_BIN2 not null,
  "revision" int not null,
  "content_sealed" varbinary(max) not null,
  "customer_id" varchar(100) collate Latin1_General_100_BIN2 not null,
  "po_number" nvarchar(200) collate Latin1_General_100_BIN2 not null,
  "currency" varchar(200) collate Latin1_General_100_BIN2 not null,
  "total" varchar(200) collate Latin1_General_100_BIN2 not null,
  "line_count" int not null,
  "staged_at" datetime2(3) not null,
  constraint "pk_order_staging_validated" primary key ("order_id", "revision")
);

create table "order_staging_errors" (
  "subject" varchar(100) collate Latin1_General_100_BIN2 not null,
  "revision" int not null,
  "step" varchar(200) collate Latin1_General_100_BIN2 not null,
  "sequence" int not null,
  "code" varchar(200) collate Latin1_General_100_BIN2 not null,
  "rule_version" int,
  "category" varchar(200) collate Latin1_General_100_BIN2 not null,
  "disposition" varchar(200) collate Latin1_General_100_BIN2 not null,
  "path" nvarchar(max) collate Latin1_General_100_BIN2 not null,
  "location_json" nvarchar(max) collate Latin1_General_100_BIN2 not null,
  "content_sealed" varbinary(max) not null,
  "created_at" datetime2(3) not null,
  constraint "pk_order_staging_errors" primary key ("subject", "revision", "step", "sequence")
);

create index "ix_order_staging_errors_code_created_at" on "order_staging_errors" ("code", "created_at");

create table "order_validation_rules" (
  "code" varchar(100) collate Latin1_General_100_BIN2 not null,
  "version" int not null,
  "kind" varchar(200) collate Latin1_General_100_BIN2 not null,
  "scope" varchar(200) collate Latin1_General_100_BIN2 not null,
  "scope_value" nvarchar(max) collate Latin1_General_100_BIN2,
  "parameters_json" nvarchar(max) collate Latin1_General_100_BIN2 not null,
  "disposition" varchar(200) collate Latin1_General_100_BIN2 not null,
  "release_role" varchar(200) collate Latin1_General_100_BIN2 not null,
  "severity" varchar(200) collate Latin1_General_100_BIN2 not null,
  "effective_from" datetime2(3) not null,
  "effective_to" datetime2(3),
  "author" varchar(100) collate Latin1_General_100_BIN2 not null,
  "reason" nvarchar(max) collate Latin1_General_100_BIN2 not null,
  "created_at" datetime2(3) not null,
  constraint "pk_order_validation_rules" primary key ("code", "version")
);

create table "order_processing_log" (
  "subject" varchar(100) collate Latin1_General_100_BIN2 not null,
  "sequence" int not null,
  "step_key" varchar(200) collate Latin1_General_100_BIN2 not null,
  "at" datetime2(3) not null,
  "actor" varchar(100) collate Latin1_General_100_BIN2 not null,
  "action" varchar(200) collate Latin1_General_100_BIN2 not null,
  "detail_json" nvarchar(max) collate Latin1_General_100_BIN2 not null,
  "previous_mac" varchar(200) collate Latin1_General_100_BIN2 not null,
  "mac" varchar(200) collate Latin1_General_100_BIN2 not null,
  constraint "pk_order_processing_log" primary key ("subject", "sequence")
);

create unique index "ux_order_processing_log_subject_step_key" on "order_processing_log" ("subject", "step_key");

create table "facts_snapshots" (
  "order_id" varchar(100) collate Latin1_General_100_BIN2 not null,
  "revision" int not null,
  "content_sealed" varbinary(max) not null,
  "taken_at" datetime2(3) not null,
  constraint "pk_facts_snapshots" primary key ("order_id", "revision")
);

create table "holds" (
  "order_id" varchar(100) collate Latin1_General_100_BIN2 not null,
  "revision" int not null,
  "code" varchar(100) collate Latin1_General_100_BIN2 not null,
  "category" varchar(200) collate Latin1_General_100_BIN2 not null,
  "release_role" varchar(200) collate Latin1_General_100_BIN2,
  "opened_at" datetime2(3) not null,
  "cleared_at" datetime2(3),
  "cleared_by" varchar(100) collate Latin1_General_100_BIN2,
  constraint "pk_holds" primary key ("order_id", "revision", "code")
);

create index "ix_holds_cleared_at_release_role_order_id_code" on "holds" ("cleared_at", "release_role", "order_id", "code");

create index "ix_holds_code_cleared_at_order_id" on "holds" ("code", "cleared_at", "order_id");

create table "reviews" (
  "id" varchar(100) collate Latin1_General_100_BIN2 not null,
  "order_id" varchar(100) collate Latin1_General_100_BIN2 not null,
  "source" varchar(100) collate Latin1_General_100_BIN2 not null,
  "customer_id" varchar(100) collate Latin1_General_100_BIN2,
  "opened_at" datetime2(3) not null,
  "due_at" datetime2(3) not null,
  "claimed_by" varchar(100) collate Latin1_General_100_BIN2,
  "lease_until" datetime2(3),
  "escalated_at" datetime2(3),
  "closed_at" datetime2(3),
  constraint "pk_reviews" primary key ("id")
);

create index "ix_reviews_closed_at_due_at_id" on "reviews" ("closed_at", "due_at", "id");

create index "ix_reviews_closed_at_source_due_at_id" on "reviews" ("closed_at", "source", "due_at", "id");

create index "ix_reviews_order_id_closed_at" on "reviews" ("order_id", "closed_at");

create unique index ux_reviews_open on reviews (order_id) where closed_at is null;

create table "decisions" (
  "id" varchar(100) collate Latin1_General_100_BIN2 not null,
  "order_id" varchar(100) collate Latin1_General_100_BIN2 not null,
  "revision" int not null,
  "review_id" varchar(100) collate Latin1_General_100_BIN2,
  "action" varchar(200) collate Latin1_General_100_BIN2 not null,
  "actor" varchar(100) collate Latin1_General_100_BIN2 not null,
  "roles_json" nvarchar(max) collate Latin1_General_100_BIN2 not null,
  "content_sealed" varbinary(max) not null,
  "state" varchar(200) collate Latin1_General_100_BIN2 not null,
  "refusal" nvarchar(max) collate Latin1_General_100_BIN2,
  "created_at" datetime2(3) not null,
  "settled_at" datetime2(3),
  constraint "pk_decisions" primary key ("id")
);

create index "ix_decisions_state_id" on "decisions" ("state", "id");

create index "ix_decisions_order_id_created_at_id" on "decisions" ("order_id", "created_at", "id");

create unique index ux_decisions_standing on decisions (review_id, revision)
  where state <> 'refused' and review_id is not null;

create table "handoffs" (
  "order_id" varchar(100) collate Latin1_General_100_BIN2 not null,
  "revision" int not null,
  "began_at" datetime2(3) not null,
  "outcome" varchar(200) collate Latin1_General_100_BIN2,
  "production_order_id" nvarchar(200) collate Latin1_General_100_BIN2,
  "settled_at" datetime2(3),
  constraint "pk_handoffs" primary key ("order_id", "revision")
);

create table "outbox" (
  "id" varchar(100) collate Latin1_General_100_BIN2 not null,
  "source" varchar(100) collate Latin1_General_100_BIN2 not null,
  "subject" varchar(100) collate Latin1_General_100_BIN2 not null,
  "kind" varchar(200) collate Latin1_General_100_BIN2 not null,
  "step_key" varchar(200) collate Latin1_General_100_BIN2 not null,
  "file_name" nvarchar(200) collate Latin1_General_100_BIN2,
  "content_sealed" varbinary(max) not null,
  "state" varchar(200) collate Latin1_General_100_BIN2 not null,
  "attempts" int not null,
  "created_at" datetime2(3) not null,
  "next_attempt_at" datetime2(3) not null,
  "delivered_at" datetime2(3),
  constraint "pk_outbox" primary key ("id")
);

create unique index "ux_outbox_subject_step_key" on "outbox" ("subject", "step_key");

create index "ix_outbox_state_next_attempt_at" on "outbox" ("state", "next_attempt_at");

create table "control_numbers" (
  "source" varchar(100) collate Latin1_General_100_BIN2 not null,
  "kind" varchar(200) collate Latin1_General_100_BIN2 not null,
  "last_value" int not null,
  constraint "pk_control_numbers" primary key ("source", "kind")
);

create table "audit_anchors" (
  "number" int not null,
  "at" datetime2(3) not null,
  "row_count" int not null,
  "head_count" int not null,
  "heads_digest" varchar(200) collate Latin1_General_100_BIN2 not null,
  "previous_mac" varchar(200) collate Latin1_General_100_BIN2 not null,
  "mac" varchar(200) collate Latin1_General_100_BIN2 not null,
  constraint "pk_audit_anchors" primary key ("number")
);

create table "audit_unanchored" (
  "subject" varchar(100) collate Latin1_General_100_BIN2 not null,
  "sequence" int not null,
  constraint "pk_audit_unanchored" primary key ("subject", "sequence")
);

insert into audit_unanchored (subject, sequence) select subject, sequence from order_processing_log;

create table "person_hashes" (
  "hash" varchar(100) collate Latin1_General_100_BIN2 not null,
  "order_id" varchar(100) collate Latin1_General_100_BIN2 not null,
  "kind" varchar(200) collate Latin1_General_100_BIN2 not null,
  constraint "pk_person_hashes" primary key ("hash", "order_id")
);

create index "ix_person_hashes_order_id" on "person_hashes" ("order_id");

create table "privacy_requests" (
  "id" varchar(100) collate Latin1_General_100_BIN2 not null,
  "action" varchar(200) collate Latin1_General_100_BIN2 not null,
  "kind" varchar(200) collate Latin1_General_100_BIN2 not null,
  "subject" varchar(200) collate Latin1_General_100_BIN2 not null,
  "actor" varchar(100) collate Latin1_General_100_BIN2 not null,
  "reason_sealed" varbinary(max) not null,
  "orders" int not null,
  "created_at" datetime2(3) not null,
  constraint "pk_privacy_requests" primary key ("id")
);

alter table "orders" add "erased_at" datetime2(3);

alter table "orders" add "expired_at" datetime2(3);

alter table "documents" add "erased_at" datetime2(3);

create index ix_orders_retention on orders (state, terminal_at, id)
  where expired_at is null and terminal_at is not null;

drop index "ix_orders_state_received_at_id" on "orders";

create index "ix_orders_state_channel_received_at_id" on "orders" ("state", "channel", "received_at", "id");

drop index "ix_orders_source_state_received_at_id" on "orders";

create index "ix_orders_source_state_channel_received_at_id" on "orders" ("source", "state", "channel", "received_at", "id");

drop index "ix_orders_customer_id_state_received_at_id" on "orders";

create index "ix_orders_customer_id_state_channel_received_at_id" on "orders" ("customer_id", "state", "channel", "received_at", "id");

create index "ix_orders_customer_id_source_received_at_id" on "orders" ("customer_id", "source", "received_at", "id");

create index "ix_orders_customer_id_source_state_channel_received_at_id" on "orders" ("customer_id", "source", "state", "channel", "received_at", "id");

create index "ix_orders_customer_id_po_number_received_at_id" on "orders" ("customer_id", "po_number", "received_at", "id");

create index "ix_orders_document_id_received_at_id" on "orders" ("document_id", "received_at", "id");

alter table "holds" add "failures" int;

alter table "holds" add "retry_at" datetime2(3);

create table "received_numbers" (
  "source" varchar(100) collate Latin1_General_100_BIN2 not null,
  "kind" varchar(200) collate Latin1_General_100_BIN2 not null,
  "number" varchar(200) collate Latin1_General_100_BIN2 not null,
  "document_id" varchar(100) collate Latin1_General_100_BIN2 not null,
  "first_seen_at" datetime2(3) not null,
  constraint "pk_received_numbers" primary key ("source", "kind", "number")
);

create index "ix_received_numbers_document_id" on "received_numbers" ("document_id", "kind");

create index "ix_received_numbers_source_kind_first_seen_at" on "received_numbers" ("source", "kind", "first_seen_at", "number");

create table "source_secrets" (
  "source" varchar(100) collate Latin1_General_100_BIN2 not null,
  "purpose" varchar(200) collate Latin1_General_100_BIN2 not null,
  "position" int not null,
  "secret_sealed" varbinary(max) not null,
  "created_at" datetime2(3) not null,
  "created_by" varchar(100) collate Latin1_General_100_BIN2 not null,
  constraint "pk_source_secrets" primary key ("source", "purpose", "position")
);

create table "poll_cursors" (
  "source" varchar(100) collate Latin1_General_100_BIN2 not null,
  "list" nvarchar(max) collate Latin1_General_100_BIN2 not null,
  "cursor_value" nvarchar(max) collate Latin1_General_100_BIN2,
  "failures" int not null,
  "fault" varchar(200) collate Latin1_General_100_BIN2,
  "not_before" datetime2(3),
  "succeeded_at" datetime2(3),
  "changed_at" datetime2(3) not null,
  constraint "pk_poll_cursors" primary key ("source")
);

alter table "orders" add "changes_order_id" varchar(100) collate Latin1_General_100_BIN2;

alter table "orders" add "changes_revision" int;

alter table "decisions" add "change_order_id" varchar(100) collate Latin1_General_100_BIN2;

create index ix_orders_changes on orders (changes_order_id, received_at, id)
  where changes_order_id is not null;

create index ix_decisions_change on decisions (change_order_id, created_at, id)
  where change_order_id is not null;

alter table "outbox" add "control_number" varchar(200) collate Latin1_General_100_BIN2;

alter table "outbox" add "acknowledged_at" datetime2(3);

alter table "outbox" add "acknowledgment" varchar(200) collate Latin1_General_100_BIN2;

alter table "outbox" add "missed_at" datetime2(3);

create index ix_outbox_unacknowledged on outbox (kind, delivered_at, id)
  where control_number is not null and acknowledged_at is null and missed_at is null;

create unique index ux_outbox_control_number on outbox (source, kind, control_number)
  where control_number is not null;

alter table "facts_snapshots" add "verdict_sealed" varbinary(max);

alter table "order_validation_rules" add "status" varchar(200) collate Latin1_General_100_BIN2 default 'approved' not null;

alter table "order_validation_rules" add "sequence" int;

alter table "order_validation_rules" add "approved_by" varchar(100) collate Latin1_General_100_BIN2;

alter table "order_validation_rules" add "approved_at" datetime2(3);

alter table "order_validation_rules" add "approval_reason" nvarchar(max) collate Latin1_General_100_BIN2;

alter table "order_validation_rules" add "retired_by" varchar(100) collate Latin1_General_100_BIN2;

alter table "order_validation_rules" add "retired_at" datetime2(3);

update order_validation_rules set sequence = 1, approved_at = created_at;

alter table "facts_snapshots" add "rules_sequence" int;

create table "rule_simulations" (
  "id" varchar(100) collate Latin1_General_100_BIN2 not null,
  "code" varchar(100) collate Latin1_General_100_BIN2 not null,
  "version" int,
  "draft_json" nvarchar(max) collate Latin1_General_100_BIN2 not null,
  "rules_sequence" int not null,
  "actor" varchar(100) collate Latin1_General_100_BIN2 not null,
  "limits_json" nvarchar(max) collate Latin1_General_100_BIN2 not null,
  "received_from" datetime2(3) not null,
  "received_to" datetime2(3) not null,
  "state" varchar(200) collate Latin1_General_100_BIN2 not null,
  "orders" int not null,
  "pages" int not null,
  "cursor_json" nvarchar(max) collate Latin1_General_100_BIN2,
  "tally_json" nvarchar(max) collate Latin1_General_100_BIN2 not null,
  "created_at" datetime2(3) not null,
  "ended_at" datetime2(3),
  constraint "pk_rule_simulations" primary key ("id")
);

create table "rule_simulation_flips" (
  "simulation_id" varchar(100) collate Latin1_General_100_BIN2 not null,
  "order_id" varchar(100) collate Latin1_General_100_BIN2 not null,
  "revision" int not null,
  "before_outcome" varchar(200) collate Latin1_General_100_BIN2 not null,
  "after_outcome" varchar(200) collate Latin1_General_100_BIN2 not null,
  "findings" int not null,
  "currency" varchar(200) collate Latin1_General_100_BIN2 not null,
  "total" varchar(200) collate Latin1_General_100_BIN2 not null,
  constraint "pk_rule_simulation_flips" primary key ("simulation_id", "order_id")
);

create table "line_allocations" (
  "order_id" varchar(100) collate Latin1_General_100_BIN2 not null,
  "revision" int not null,
  "position" int not null,
  "warehouse" nvarchar(200) collate Latin1_General_100_BIN2 not null,
  "quantity" varchar(200) collate Latin1_General_100_BIN2 not null,
  constraint "pk_line_allocations" primary key ("order_id", "revision", "position", "warehouse")
);

create table "line_holds" (
  "order_id" varchar(100) collate Latin1_General_100_BIN2 not null,
  "revision" int not null,
  "position" int not null,
  "code" varchar(100) collate Latin1_General_100_BIN2 not null,
  "quantity" varchar(200) collate Latin1_General_100_BIN2 not null,
  "opened_at" datetime2(3) not null,
  "looked_at" datetime2(3) not null,
  "cleared_at" datetime2(3),
  "cleared_by" varchar(100) collate Latin1_General_100_BIN2,
  constraint "pk_line_holds" primary key ("order_id", "revision", "position")
);

create index ix_line_holds_standing on line_holds (looked_at, order_id, revision)
  where cleared_at is null;

alter table "holds" add "look_again_at" datetime2(3);

alter table "holds" add "looks" int;

create index ix_holds_look_again on holds (look_again_at, order_id, looks)
  where cleared_at is null and look_again_at is not null;

create table "rejudgements" (
  "order_id" varchar(100) collate Latin1_General_100_BIN2 not null,
  "revision" int not null,
  "sequence" int not null,
  "occasion" varchar(200) collate Latin1_General_100_BIN2 not null,
  "taken_at" datetime2(3) not null,
  "cleared_json" nvarchar(max) collate Latin1_General_100_BIN2 not null,
  "opened_json" nvarchar(max) collate Latin1_General_100_BIN2 not null,
  "facts_sealed" varbinary(max) not null,
  "verdict_sealed" varbinary(max) not null,
  constraint "pk_rejudgements" primary key ("order_id", "revision", "sequence")
);

alter table "decisions" add "left_standing" int;

drop index "ux_decisions_standing" on "decisions";

create unique index ux_decisions_deciding on decisions (review_id, revision)
  where state <> 'refused' and review_id is not null and left_standing is null;

alter table "outbox" add "channel" varchar(200) collate Latin1_General_100_BIN2 default 'read' not null;

alter table "outbox" add "destination" varchar(100) collate Latin1_General_100_BIN2;

alter table "outbox" add "last_failure" varchar(200) collate Latin1_General_100_BIN2;

update outbox set channel = 'file' where state <> 'available';

create index ix_outbox_destination on outbox (destination, state, id)
  where destination is not null;

create index "ix_outbox_source_id" on "outbox" ("source", "id");

create table "notice_destinations" (
  "id" varchar(100) collate Latin1_General_100_BIN2 not null,
  "leased_by" varchar(100) collate Latin1_General_100_BIN2,
  "leased_until" datetime2(3),
  "stopped_at" datetime2(3),
  "stopped_address" varchar(200) collate Latin1_General_100_BIN2,
  constraint "pk_notice_destinations" primary key ("id")
);

create table "incidents" (
  "id" varchar(100) collate Latin1_General_100_BIN2 not null,
  "cause_kind" varchar(100) collate Latin1_General_100_BIN2 not null,
  "cause_value" nvarchar(200) collate Latin1_General_100_BIN2 not null,
  "cause_code" varchar(100) collate Latin1_General_100_BIN2 not null,
  "state" varchar(200) collate Latin1_General_100_BIN2 not null,
  "first_seen_at" datetime2(3) not null,
  "last_seen_at" datetime2(3) not null,
  "opened_at" datetime2(3) not null,
  "orders" int not null,
  "peak" int not null,
  "told_orders" int not null,
  "acknowledged_by" varchar(100) collate Latin1_General_100_BIN2,
  "acknowledged_at" datetime2(3),
  "acknowledgment_reason" nvarchar(max) collate Latin1_General_100_BIN2,
  "closed_at" datetime2(3),
  constraint "pk_incidents" primary key ("id")
);

create index "ix_incidents_state_id" on "incidents" ("state", "id");

create unique index ux_incidents_open on incidents (cause_kind, cause_value, cause_code)
  where closed_at is null;

create table "incident_orders" (
  "subject_kind" varchar(200) collate Latin1_General_100_BIN2 not null,
  "subject_id" varchar(100) collate Latin1_General_100_BIN2 not null,
  "code" varchar(100) collate Latin1_General_100_BIN2 not null,
  "cause_kind" varchar(100) collate Latin1_General_100_BIN2 not null,
  "cause_value" nvarchar(200) collate Latin1_General_100_BIN2 not null,
  "cause_code" varchar(100) collate Latin1_General_100_BIN2 not null,
  "source" varchar(100) collate Latin1_General_100_BIN2 not null,
  "since" datetime2(3) not null,
  "seen_at" datetime2(3) not null,
  "until" datetime2(3),
  "incident_id" varchar(100) collate Latin1_General_100_BIN2,
  constraint "pk_incident_orders" primary key ("subject_id", "code", "cause_kind", "cause_value", "cause_code", "since")
);

create index "ix_incident_orders_incident_id_subject_id" on "incident_orders" ("incident_id", "subject_id");

create index "ix_incident_orders_incident_id_cause_kind_cause_value_cause_code" on "incident_orders" ("incident_id", "cause_kind", "cause_value", "cause_code");

create index "ix_incident_orders_until_subject_id" on "incident_orders" ("until", "subject_id");

create index "ix_holds_opened_at" on "holds" ("opened_at");

create index "ix_order_staging_errors_disposition_created_at" on "order_staging_errors" ("disposition", "created_at");

alter table "order_validation_rules" add "retirement_reason" nvarchar(max) collate Latin1_General_100_BIN2;

alter table "reviews" add "rechecked_revision" int;
