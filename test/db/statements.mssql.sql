-- acknowledged.listAcknowledged
select * from "order_processing_log" where "subject" = @1 order by "sequence";

-- acknowledged.listLosses
select "number" from "audit_anchors" order by "number";

-- acknowledged.acknowledge

-- anchors.writeAnchor
select top(1) * from "audit_anchors" order by "number" desc;
select top(1000) "audit_unanchored"."subject", "audit_unanchored"."sequence", "order_processing_log"."mac" from "audit_unanchored" left join "order_processing_log" on "order_processing_log"."subject" = "audit_unanchored"."subject" and "order_processing_log"."sequence" = "audit_unanchored"."sequence" order by "audit_unanchored"."subject", "audit_unanchored"."sequence";
insert into "audit_anchors" ("number", "at", "row_count", "head_count", "heads_digest", "previous_mac", "mac") values (@1, @2, @3, @4, @5, @6, @7);
delete from "audit_unanchored" where "subject" = @1 and "sequence" <= @2;

-- anchors.isWaiting
select "listed"."subject", "listed"."sequence", "log"."mac" from "audit_unanchored" as "listed" left join "order_processing_log" as "log" on "log"."subject" = "listed"."subject" and "log"."sequence" = "listed"."sequence" where (("listed"."subject" = @1 and "listed"."sequence" = @2) or ("listed"."subject" = @3 and "listed"."sequence" = @4));

-- changes.findChanged
select "order_id" from "fingerprints" where ("scope" = @1 and "kind" = @2 and "fingerprint" = @3);
select * from "orders" with (updlock, rowlock) where "id" = @1;

-- changes.findChanged by the number
select "id", "state", (select count(*) as "rows" from "holds" where "holds"."order_id" = "orders"."id" and "holds"."code" = @1 and "holds"."cleared_at" is null) as "doubted" from "orders" where "po_number" = @2 and "customer_id" = @3 and "type" = @4 and "id" <> @5 and "source" = @6 order by "received_at" desc, "id" desc;

-- changes.findToldBefore
select "order_id" from "fingerprints" where ("scope" = @1 and "kind" = @2 and "fingerprint" = @3);
select "revision", "origin", "created_by", "created_at" from "order_revisions" where "order_id" = @1 order by "revision";
select "content_sealed" from "order_revisions" where "order_id" = @1 and "revision" = @2;

-- changes.hasEarlierChange
select top(1) "id" from "orders" where "id" <> @1 and "terminal_at" is null and ("received_at" < @2 or ("received_at" = @3 and "id" < @4)) and (("source" = @5 and "state" = @6 and "revision" = @7) or ("type" <> @8 and ("changes_order_id" = @9 or ("customer_id" = @10 and "po_number" = @11 and ("source" in (@12, @13) or "channel" = @14)) or ("source" = @15 and "external_id" = @16))));

-- changes.hasLaterChange
select top(1) "id" from "orders" where "changes_order_id" = @1 and "state" = @2 and ("received_at" > @3 or ("received_at" = @4 and "id" > @5));

-- changes.findLastRequest
select top(1) "order_id", "revision", "action", "state", "refusal", "settled_at" from "decisions" where "change_order_id" = @1 order by "created_at" desc, "id" desc;

-- changes.isApprovedSince
select top(1) "holds"."code" from "holds" inner join "decisions" on "decisions"."id" = "holds"."cleared_by" where "holds"."order_id" = @1 and "holds"."revision" = @2 and "holds"."code" = @3 and "holds"."cleared_at" >= @4 and "decisions"."action" = @5;

-- changes.readChange
select * from "orders" where "id" = @1;
select "content_sealed" from "order_revisions" where "order_id" = @1 and "revision" = @2;

-- changes.readSuperseding
select "revision", "origin", "created_by", "created_at" from "order_revisions" where "order_id" = @1 order by "revision";
select * from "orders" where "id" = @1;
select "content_sealed" from "order_revisions" where "order_id" = @1 and "revision" = @2;

-- changes.findChangeOf
select top(1) "change_order_id" as "id" from "decisions" where "order_id" = @1 and "revision" = @2 and "action" = @3 and "state" = @4 order by "settled_at" desc;
select top(1) "id" from "orders" where "changes_order_id" = @1 and "changes_revision" = @2 and "type" = @3 order by "received_at" desc;

-- changes.isCancelledBySender
select top(1) "id" from "orders" where "changes_order_id" = @1 and "type" = @2 and "source" = @3 and "state" not in (@4, @5) and ("changes_revision" is null or "changes_revision" = @6);

-- changes.listAuthorsOfChange
select * from "orders" where "id" = @1;
select "revision", "origin", "created_by", "created_at" from "order_revisions" where "order_id" = @1 order by "revision";

-- changes.isWithdrawn
select * from "orders" where "id" = @1;

-- changes.listChanges
select "id", "type", "state" from "orders" where "changes_order_id" = @1 order by "received_at", "id";

-- changes.claimChangeRevision
select max("changes_revision") as "highest" from "orders" where "changes_order_id" = @1;
update "orders" set "changes_order_id" = @1, "changes_revision" = @2 where "id" = @3;

-- changes.noteAsked
update "orders" set "changes_order_id" = @1, "changes_revision" = @2 where "id" = @3;

-- changes.reviveOrder
select max("changes_revision") as "highest" from "orders" where "changes_order_id" = @1;
insert into "order_revisions" ("order_id", "revision", "origin", "content_sealed", "created_by", "created_at") values (@1, @2, @3, @4, @5, @6);
update "orders" set "type" = @1, "customer_id" = @2, "po_number" = @3, "external_id" = @4, "currency" = @5, "total" = @6, "line_count" = @7, "order_date" = @8, "requested_delivery_date" = null, "state" = @9, "resume_state" = null, "revision" = @10, "reservation" = @11, "gate" = null, "production_order_id" = null, "automatic_done_at" = null, "terminal_at" = null, "changed_at" = @12 where "id" = @13 and "revision" = @14;

-- decisions.insertDecision
select * from "orders" with (updlock, rowlock) where "id" = @1;
select * from "holds" where "order_id" = @1 and "cleared_at" is null order by "code";
select * from "order_staging_errors" where "subject" = @1 and "revision" = @2 order by "created_at", "step", "sequence";
insert into "decisions" ("id", "order_id", "revision", "review_id", "action", "actor", "roles_json", "content_sealed", "change_order_id", "state", "refusal", "created_at", "settled_at", "left_standing") values (@1, @2, @3, @4, @5, @6, @7, @8, null, @9, null, @10, null, null);

-- decisions.findDecision
select * from "decisions" with (updlock, rowlock) where "id" = @1;

-- decisions.listDecisions
select * from "decisions" where "order_id" = @1 order by "created_at", "id";

-- decisions.settleDecision
update "decisions" set "state" = @1, "refusal" = null, "settled_at" = @2, "left_standing" = null where "id" = @3 and "state" = @4;

-- decisions.listCovered
select * from "decisions" where "order_id" = @1 and "revision" = @2 and "action" = @3 and "state" = @4 order by "id";

-- decisions.listPendingDecisionIds
select "id" from "decisions" where "order_id" = @1 and "state" = @2 order by "created_at", "id";

-- decisions.listUntoldDecisions
select top(200) "id", "order_id" from "decisions" where "state" = @1 and "created_at" < @2 and "id" > @3 order by "id";

-- dialect.takeTurn
declare @answer int; exec @answer = sp_getapplock @Resource = @1, @LockMode = 'Exclusive', @LockOwner = 'Transaction'; if @answer < 0 throw 50000, 'an application lock was not granted', 1;

-- dialect.listIndexes
select name from sys.indexes where name is not null;

-- dialect.requireSetUp
select name, is_read_committed_snapshot_on as versions from sys.databases where database_id = db_id();

-- documents.findDocument
select * from "documents" with (updlock, rowlock) where "id" = @1;

-- documents.readChunks
select "content_sealed" from "document_chunks" where "document_id" = @1 and "sequence" = @2;

-- documents.listSlicePlaces
select "order_id", "locator_json" from "order_staging_raw" where "document_id" = @1 order by "position";

-- documents.stageSlices
insert into "orders" ("id", "document_id", "source", "channel", "state", "revision", "type", "operator_id", "reservation", "received_at", "changed_at") values (@1, @2, @3, @4, @5, @6, @7, null, @8, @9, @10);
insert into "order_staging_raw" ("order_id", "document_id", "position", "format", "content_sealed", "locator_json", "byte_length", "received_at") values (@1, @2, @3, @4, @5, null, @6, @7);

-- documents.finishSplit
update "documents" set "state" = @1, "order_count" = @2, "envelope_sealed" = @3, "changed_at" = @4 where "id" = @5;
delete from "document_chunks" where "document_id" = @1;
delete from "order_staging_errors" where "subject" = @1 and "revision" = @2 and "step" = @3;

-- documents.readEnvelope
select * from "documents" where "id" = @1;

-- documents.markRefused
update "documents" set "state" = @1, "changed_at" = @2 where "id" = @3;
delete from "order_staging_errors" where "subject" = @1 and "revision" = @2 and "step" = @3;
insert into "order_staging_errors" ("subject", "revision", "step", "sequence", "code", "rule_version", "category", "disposition", "path", "location_json", "content_sealed", "created_at") values (@1, @2, @3, @4, @5, null, @6, @7, @8, @9, @10, @11);

-- documents.markProcessed
update "documents" set "state" = @1, "changed_at" = @2 where "id" = @3 and "state" = @4;

-- documents.hasForgottenOrders
select top(1) "id" from "orders" where "document_id" = @1 and ("erased_at" is not null or "expired_at" is not null);

-- documents.listDocumentOrders
select top(50) "order_id", "position" from "order_staging_raw" where "document_id" = @1 and "position" > @2 order by "position";

-- documents.countInAutomaticPart
select count(*) as "running" from "orders" inner join "order_staging_raw" on "order_staging_raw"."order_id" = "orders"."id" where "orders"."document_id" = @1 and "orders"."automatic_done_at" is null and "order_staging_raw"."position" <= @2;

-- documents.listUnfinishedDocuments
select top(200) "id", "state", "format" from "documents" where "state" in (@1, @2) and "changed_at" < @3 and "id" > @4 order by "id";

-- documents.getSlice
select * from "order_staging_raw" where "order_id" = @1;

-- duplicates.claimPurchaseOrder
insert into "fingerprints" ("scope", "kind", "fingerprint", "document_id", "order_id", "body_fingerprint", "first_seen_at") values (@1, @2, @3, @4, @5, null, @6);

-- duplicates.claimPurchaseOrder from an order that was rejected
insert into "fingerprints" ("scope", "kind", "fingerprint", "document_id", "order_id", "body_fingerprint", "first_seen_at") values (@1, @2, @3, @4, @5, null, @6);
select "order_id" from "fingerprints" where ("scope" = @1 and "kind" = @2 and "fingerprint" = @3);
select * from "orders" with (updlock, rowlock) where "id" = @1;
select top(1) "id", "document_id" from "orders" where "po_number" = @1 and "customer_id" = @2 and "id" <> @3 and "type" = @4 and "state" not in (@5, @6, @7, @8) order by "received_at", "id";
update "fingerprints" set "order_id" = @1, "document_id" = @2 where ("scope" = @3 and "kind" = @4 and "fingerprint" = @5) and "order_id" = @6;

-- duplicates.claimExternalOrder
insert into "fingerprints" ("scope", "kind", "fingerprint", "document_id", "order_id", "body_fingerprint", "first_seen_at") values (@1, @2, @3, @4, @5, null, @6);
select "order_id" from "fingerprints" where ("scope" = @1 and "kind" = @2 and "fingerprint" = @3);

-- duplicates.findFirstTold
select "order_id" from "fingerprints" where ("scope" = @1 and "kind" = @2 and "fingerprint" = @3);

-- facts.putFacts
delete from "facts_snapshots" where "order_id" = @1 and "revision" = @2;
insert into "facts_snapshots" ("order_id", "revision", "content_sealed", "taken_at", "rules_sequence", "verdict_sealed") values (@1, @2, @3, @4, @5, null);

-- facts.findRulesOf
select "rules_sequence" from "facts_snapshots" where "order_id" = @1 and "revision" = @2;

-- facts.getCase
select "content"."content_sealed" as "order_sealed", "facts"."content_sealed" as "facts_sealed", "facts"."rules_sequence" from "facts_snapshots" as "facts" inner join "order_revisions" as "content" on "content"."order_id" = "facts"."order_id" and "content"."revision" = "facts"."revision" where "facts"."order_id" = @1 and "facts"."revision" = @2;

-- facts.getFacts
select "content_sealed" from "facts_snapshots" where "order_id" = @1 and "revision" = @2;

-- findings.putFindings
delete from "order_staging_errors" where "subject" = @1 and "revision" = @2 and "step" = @3;
insert into "order_staging_errors" ("subject", "revision", "step", "sequence", "code", "rule_version", "category", "disposition", "path", "location_json", "content_sealed", "created_at") values (@1, @2, @3, @4, @5, null, @6, @7, @8, @9, @10, @11);

-- findings.hasFindings
select top(1) "sequence" from "order_staging_errors" where "subject" = @1 and "revision" = @2 and "step" = @3;

-- findings.listFindings
select * from "order_staging_errors" where "subject" = @1 and "revision" = @2 order by "created_at", "step", "sequence";

-- findings.listFindings of a step
select * from "order_staging_errors" where "subject" = @1 and "revision" = @2 and "step" = @3 order by "created_at", "step", "sequence";

-- forget.forgetOrders
select "subject", "wrapping_key_id" from "data_keys" where "subject" in (@1, @2);
update "data_keys" set "wrapped_key" = @1 where "subject" = @2;
delete from "person_hashes" where "order_id" in (@1, @2);
update "outbox" set "state" = @1 where "subject" in (@2, @3) and "state" = @4;
update "decisions" set "state" = @1, "refusal" = @2, "settled_at" = @3 where "order_id" in (@4, @5) and "state" = @6;

-- forget.removeContent
delete from "order_revisions" where "order_id" in (@1, @2);
delete from "order_staging_validated" where "order_id" in (@1, @2);
delete from "facts_snapshots" where "order_id" in (@1, @2);
delete from "rejudgements" where "order_id" in (@1, @2);
delete from "order_staging_errors" where "subject" in (@1, @2);
delete from "incident_orders" where "subject_id" in (@1, @2) and "incident_id" is null;
update "order_staging_raw" set "content_sealed" = @1, "locator_json" = null where "order_id" in (@2, @3);
update "decisions" set "content_sealed" = @1 where "order_id" in (@2, @3);
update "outbox" set "content_sealed" = @1 where "subject" in (@2, @3);

-- forget.forgetEmptyDocuments
select "id" from "documents" with (updlock, rowlock) where "id" in (@1, @2);
select "id" from "documents" where "id" in (@1, @2) and "state" in (@3, @4) and "erased_at" is null and not exists (select "orders"."id" from "orders" where "orders"."document_id" = "documents"."id" and "orders"."erased_at" is null and "orders"."expired_at" is null);
update "outbox" set "content_sealed" = @1 where "subject" in (@2, @3) and "state" = @4;

-- forget.forgetDocuments
select "subject", "wrapping_key_id" from "data_keys" where "subject" in (@1);
update "data_keys" set "wrapped_key" = @1 where "subject" = @2;
delete from "document_chunks" where "document_id" in (@1);
delete from "order_staging_errors" where "subject" in (@1);
update "outbox" set "state" = @1 where "subject" in (@2) and "state" = @3;
update "outbox" set "content_sealed" = @1 where "subject" in (@2);
update "documents" set "erased_at" = @1, "envelope_sealed" = null, "file_name_sealed" = null where "id" in (@2);

-- fulfilment.putFulfilments
delete from "line_allocations" where ("order_id" = @1 and "revision" = @2);
insert into "line_allocations" ("order_id", "revision", "position", "warehouse", "quantity") values (@1, @2, @3, @4, @5);
select "revision", "position" from "line_holds" where "order_id" = @1 and "cleared_at" is null;
update "line_holds" set "cleared_at" = @1, "cleared_by" = @2 where "order_id" = @3 and "revision" = @4 and "position" = @5;
insert into "line_holds" ("order_id", "revision", "position", "quantity", "code", "opened_at", "looked_at", "cleared_at", "cleared_by") values (@1, @2, @3, @4, @5, @6, @7, null, null);

-- fulfilment.putFulfilments again
delete from "line_allocations" where ("order_id" = @1 and "revision" = @2);
insert into "line_allocations" ("order_id", "revision", "position", "warehouse", "quantity") values (@1, @2, @3, @4, @5);
select "revision", "position" from "line_holds" where "order_id" = @1 and "cleared_at" is null;
insert into "line_holds" ("order_id", "revision", "position", "quantity", "code", "opened_at", "looked_at", "cleared_at", "cleared_by") values (@1, @2, @3, @4, @5, @6, @7, null, null);
update "line_holds" set "quantity" = @1 where ("order_id" = @2 and "revision" = @3 and "position" = @4) and "cleared_at" is null;
update "line_holds" set "code" = @1, "opened_at" = @2, "looked_at" = @3, "cleared_at" = null, "cleared_by" = null, "quantity" = @4 where ("order_id" = @5 and "revision" = @6 and "position" = @7) and "cleared_at" is not null;

-- fulfilment.giveUpFulfilments
delete from "line_allocations" where "order_id" = @1;
select "revision", "position" from "line_holds" where "order_id" = @1 and "cleared_at" is null;
update "line_holds" set "cleared_at" = @1, "cleared_by" = @2 where "order_id" = @3 and "revision" = @4 and "position" = @5;

-- fulfilment.listFulfilments
select "position", "warehouse", "quantity" from "line_allocations" where "order_id" = @1 and "revision" = @2 order by "position", "warehouse";
select "position", "code", "quantity", "opened_at" from "line_holds" where "order_id" = @1 and "revision" = @2 and "cleared_at" is null order by "position";

-- fulfilment.listLineHolds
select "position", "code", "quantity", "opened_at" from "line_holds" where "order_id" = @1 and "revision" = @2 and "cleared_at" is null order by "position";

-- fulfilment.listWaitingOrders
select top(500) "line_holds"."order_id", "line_holds"."revision", min("line_holds"."opened_at") as "opened_at" from "line_holds" inner join "orders" on "orders"."id" = "line_holds"."order_id" and "orders"."revision" = "line_holds"."revision" where "line_holds"."cleared_at" is null and "orders"."state" = @1 group by "line_holds"."order_id", "line_holds"."revision" order by min("line_holds"."looked_at"), min("line_holds"."opened_at"), "line_holds"."order_id";

-- fulfilment.noteLooked
update "line_holds" set "looked_at" = @1 where "order_id" = @2 and "revision" = @3 and "cleared_at" is null;

-- handoffs.beginHandoff
insert into "handoffs" ("order_id", "revision", "began_at") values (@1, @2, @3);
update "handoffs" set "began_at" = @1, "outcome" = null, "settled_at" = null where ("order_id" = @2 and "revision" = @3) and "outcome" = @4;

-- handoffs.settleHandoff
update "handoffs" set "outcome" = @1, "production_order_id" = @2, "settled_at" = @3 where "order_id" = @4 and "revision" = @5;

-- handoffs.findHandoff
select * from "handoffs" where "order_id" = @1 and "revision" = @2;

-- holds.openHolds
insert into "holds" ("order_id", "revision", "code", "category", "release_role", "opened_at", "cleared_at", "cleared_by", "failures", "retry_at", "look_again_at", "looks") values (@1, @2, @3, @4, null, @5, null, null, null, null, null, null);
update "holds" set "category" = @1, "release_role" = null, "opened_at" = @2, "cleared_at" = null, "cleared_by" = null, "failures" = null, "retry_at" = null, "look_again_at" = null, "looks" = null where ("order_id" = @3 and "revision" = @4 and "code" = @5) and "cleared_at" is not null;

-- holds.countFailures
select "failures", "cleared_by" from "holds" where "order_id" = @1 and "revision" = @2 and "code" = @3;

-- holds.clearHolds
update "holds" set "cleared_at" = @1, "cleared_by" = @2 where "order_id" = @3 and "cleared_at" is null;

-- holds.clearHolds that clear themselves
update "holds" set "cleared_at" = @1, "cleared_by" = @2 where "order_id" = @3 and "cleared_at" is null and "release_role" is null;

-- holds.clearHolds that are named
update "holds" set "cleared_at" = @1, "cleared_by" = @2 where "order_id" = @3 and "cleared_at" is null and "code" in (@4);

-- holds.openHolds that look again
insert into "holds" ("order_id", "revision", "code", "category", "release_role", "opened_at", "cleared_at", "cleared_by", "failures", "retry_at", "look_again_at", "looks") values (@1, @2, @3, @4, null, @5, null, null, null, null, @6, @7);
select "looks", "cleared_by" from "holds" where "order_id" = @1 and "revision" = @2 and "code" = @3;
update "holds" set "category" = @1, "release_role" = null, "opened_at" = @2, "cleared_at" = null, "cleared_by" = null, "failures" = null, "retry_at" = null, "look_again_at" = @3, "looks" = @4 where ("order_id" = @5 and "revision" = @6 and "code" = @7) and "cleared_at" is not null;

-- holds.listDueLooks
select top(200) "order_id", "looks" from "holds" as "holds" with (index("ix_holds_look_again")) where "cleared_at" is null and "look_again_at" <= @1 order by "look_again_at", "order_id";

-- holds.noteLook
update "holds" set "look_again_at" = @1, "looks" = @2 where "order_id" = @3 and "cleared_at" is null and "look_again_at" is not null;

-- holds.postponeLook
update "holds" set "look_again_at" = @1 where "order_id" = @2 and "cleared_at" is null and "look_again_at" is not null;

-- holds.listOpenHolds
select * from "holds" where "order_id" = @1 and "cleared_at" is null order by "code";

-- holds.listApprovedCodes
select "holds"."code" from "holds" inner join "decisions" on "decisions"."id" = "holds"."cleared_by" where "holds"."order_id" = @1 and "holds"."revision" = @2 and "decisions"."action" = @3;

-- holds.listSelfClearing
select top(200) "holds"."order_id", "holds"."code", "holds"."retry_at", "orders"."source", "orders"."customer_id" from "holds" inner join "orders" on "orders"."id" = "holds"."order_id" where "holds"."cleared_at" is null and "holds"."release_role" is null and "holds"."order_id" >= @1 and ("holds"."order_id" > @2 or "holds"."code" > @3) order by "holds"."order_id", "holds"."code";

-- incident-hits.listNewTroubles
select "holds"."order_id", "holds"."revision", "holds"."code", "holds"."category", "holds"."release_role", "holds"."opened_at", "orders"."source", "orders"."customer_id" from "holds" inner join "orders" on "orders"."id" = "holds"."order_id" where "holds"."opened_at" >= @1 and not exists (select "incident_orders"."code" from "incident_orders" where "incident_orders"."subject_id" = "holds"."order_id" and "incident_orders"."code" = "holds"."code" and "incident_orders"."seen_at" >= "holds"."opened_at");
select "holds"."order_id", "holds"."revision", "holds"."code", "holds"."category", "holds"."release_role", "holds"."opened_at", "orders"."source", "orders"."customer_id" from "holds" inner join "orders" on "orders"."id" = "holds"."order_id" where "holds"."cleared_at" is null and "holds"."opened_at" < @1 and not exists (select "incident_orders"."code" from "incident_orders" where "incident_orders"."subject_id" = "holds"."order_id" and "incident_orders"."code" = "holds"."code" and "incident_orders"."seen_at" >= "holds"."opened_at");
select distinct "orders"."id", "order_staging_errors"."revision", "order_staging_errors"."code", "order_staging_errors"."category", "order_staging_errors"."created_at", "orders"."source", "orders"."customer_id" from "order_staging_errors" inner join "orders" on "orders"."id" = substring(order_staging_errors.subject, 7, 100) where "order_staging_errors"."disposition" = @1 and "order_staging_errors"."created_at" >= @2 and "orders"."state" = @3 and not exists (select "incident_orders"."code" from "incident_orders" where "incident_orders"."subject_id" = "orders"."id" and "incident_orders"."code" = "order_staging_errors"."code" and "incident_orders"."seen_at" >= "order_staging_errors"."created_at");
select distinct "documents"."id", "order_staging_errors"."revision", "order_staging_errors"."code", "order_staging_errors"."category", "order_staging_errors"."created_at", "documents"."source" from "order_staging_errors" inner join "documents" on "documents"."id" = substring(order_staging_errors.subject, 10, 100) where "order_staging_errors"."disposition" = @1 and "order_staging_errors"."created_at" >= @2 and "documents"."state" = @3 and not exists (select "incident_orders"."code" from "incident_orders" where "incident_orders"."subject_id" = "documents"."id" and "incident_orders"."code" = "order_staging_errors"."code" and "incident_orders"."seen_at" >= "order_staging_errors"."created_at");

-- incident-hits.listFindingPaths
select "path" from "order_staging_errors" where "subject" = @1 and "revision" = @2 and "code" = @3;

-- incident-hits.putHits
update "incident_orders" set "seen_at" = @1, "until" = null where ("subject_id" = @2 and "code" = @3 and "cause_kind" = @4 and "cause_value" = @5 and "cause_code" = @6) and ("until" is null or "until" >= @7) and ("incident_id" is null or "incident_id" in (select "id" from "incidents" where "state" = @8));
insert into "incident_orders" ("subject_id", "code", "cause_kind", "cause_value", "cause_code", "subject_kind", "source", "since", "seen_at", "until") values (@1, @2, @3, @4, @5, @6, @7, @8, @9, null);

-- incident-hits.endHits
update "incident_orders" set "until" = @1 where "until" is null and not exists (select "holds"."code" from "holds" where "holds"."order_id" = "incident_orders"."subject_id" and "holds"."code" = "incident_orders"."code" and "holds"."opened_at" = "incident_orders"."seen_at" and "holds"."cleared_at" is null);

-- incident-hits.dropHits
delete from "incident_orders" where "incident_id" is null and "seen_at" < @1 and "until" is not null;

-- incident-hits.tallyCauses
select "cause_kind", "cause_value", "cause_code", count(distinct case when seen_at >= case when cause_kind = 'share' then @1 else @2 end then subject_id end) as "recent", min(case when "until" is null then since end) as "waiting_since" from "incident_orders" where "incident_id" is null and ("until" is null or "until" > @3 or "cause_kind" = @4) and ("cause_kind" <> @5 or not exists (select "others"."code" from "incident_orders" as "others" where "others"."subject_id" = "incident_orders"."subject_id" and "others"."incident_id" is not null)) group by "cause_kind", "cause_value", "cause_code";

-- incident-hits.countReceived
select count(*) as "orders" from (select top(40) "id" from "orders" where "source" = @1 and "received_at" >= @2) as "keys";

-- incidents.findOpenIncident
select * from "incidents" with (updlock, rowlock) where ("cause_kind" = @1 and "cause_value" = @2 and "cause_code" = @3) and "closed_at" is null;

-- incidents.listOpenIncidents
select * from "incidents" where "state" = @1 order by "id";

-- incidents.openIncident
insert into "incidents" ("id", "cause_kind", "cause_value", "cause_code", "state", "first_seen_at", "last_seen_at", "opened_at", "orders", "peak", "told_orders", "acknowledged_by", "acknowledged_at", "acknowledgment_reason", "closed_at") values (@1, @2, @3, @4, @5, @6, @7, @8, @9, @10, @11, null, null, null, null);
select * from "incidents" with (updlock, rowlock) where ("cause_kind" = @1 and "cause_value" = @2 and "cause_code" = @3) and "closed_at" is null;

-- incidents.attachHits
update "incident_orders" set "incident_id" = @1 where ("cause_kind" = @2 and "cause_value" = @3 and "cause_code" = @4) and "incident_id" is null and ("cause_kind" <> @5 or not exists (select "others"."code" from "incident_orders" as "others" where "others"."subject_id" = "incident_orders"."subject_id" and "others"."incident_id" is not null));

-- incidents.recountIncident
select min("since") as "first_seen_at", max("seen_at") as "last_seen_at", count(distinct "subject_id") as "orders", count(distinct case when "until" is null then "incident_orders"."subject_id" end) as "waiting" from "incident_orders" where "incident_id" = @1;
update "incidents" set "first_seen_at" = @1, "orders" = @2, "peak" = @3 where "id" = @4;

-- incidents.isLive
select top(1) "subject_id" from "incident_orders" where "incident_id" = @1 and ("until" is null or "until" > @2);

-- incidents.countLate
select count(distinct "incident_orders"."subject_id") as "late" from "incident_orders" inner join "reviews" on "reviews"."order_id" = "incident_orders"."subject_id" where "incident_orders"."incident_id" = @1 and "incident_orders"."until" is null and "reviews"."closed_at" is null and "reviews"."escalated_at" is not null;

-- incidents.closeIncident
update "incidents" set "state" = @1, "closed_at" = @2 where "id" = @3 and "closed_at" is null;

-- incidents.markTold
update "incidents" set "told_orders" = @1 where "id" = @2;

-- incidents.readFacts
select "code", count(distinct incident_orders.subject_id) as "orders" from "incident_orders" left join "orders" on "orders"."id" = "incident_orders"."subject_id" where "incident_orders"."source" in (@1) and "orders"."customer_id" in (@2) and ("incident_orders"."cause_kind" <> @3 or "incident_orders"."cause_value" in (@4)) and "incident_orders"."incident_id" = @5 group by "code";
select "incident_orders"."source", count(distinct incident_orders.subject_id) as "orders" from "incident_orders" left join "orders" on "orders"."id" = "incident_orders"."subject_id" where "incident_orders"."source" in (@1) and "orders"."customer_id" in (@2) and ("incident_orders"."cause_kind" <> @3 or "incident_orders"."cause_value" in (@4)) and "incident_orders"."incident_id" = @5 group by "incident_orders"."source";
select count(distinct incident_orders.subject_id) as "orders" from "incident_orders" left join "orders" on "orders"."id" = "incident_orders"."subject_id" where "incident_orders"."source" in (@1) and "orders"."customer_id" in (@2) and ("incident_orders"."cause_kind" <> @3 or "incident_orders"."cause_value" in (@4)) and "incident_orders"."incident_id" = @5 and "until" is null;
select distinct "incident_orders"."subject_id", "orders"."currency", "orders"."total" from "incident_orders" left join "orders" on "orders"."id" = "incident_orders"."subject_id" where "incident_orders"."source" in (@1) and "orders"."customer_id" in (@2) and ("incident_orders"."cause_kind" <> @3 or "incident_orders"."cause_value" in (@4)) and "incident_orders"."incident_id" = @5;

-- incidents.listIncidents
select top(51) "incidents".* from "incidents" where exists (select "incident_orders"."code" from "incident_orders" left join "orders" on "orders"."id" = "incident_orders"."subject_id" where "incident_orders"."source" in (@1) and "orders"."customer_id" in (@2) and ("incident_orders"."cause_kind" <> @3 or "incident_orders"."cause_value" in (@4)) and "incident_orders"."incident_id" = "incidents"."id") and "incidents"."state" = @5 and "incidents"."cause_kind" = @6 and ("cause_value" = @7 or "cause_code" = @8) and "incidents"."id" < @9 order by "incidents"."id" desc;

-- incidents.findIncident
select * from "incidents" where "id" = @1;

-- incidents.listIncidentMembers
select top(51) "subject_id", min("subject_kind") as "subject_kind", min("incident_orders"."source") as "source", min("since") as "since", max(case when "until" is null then 1 else 0 end) as "waits" from "incident_orders" left join "orders" on "orders"."id" = "incident_orders"."subject_id" where "incident_orders"."source" in (@1) and "orders"."customer_id" in (@2) and ("incident_orders"."cause_kind" <> @3 or "incident_orders"."cause_value" in (@4)) and "incident_id" = @5 and "subject_id" > @6 group by "subject_id" order by "subject_id";
select "id", "state", "customer_id", "po_number", "currency", "total" from "orders" where "id" in (@1);

-- incidents.countMembers
select count(distinct incident_orders.subject_id) as "orders", count(distinct case when "until" is null then "incident_orders"."subject_id" end) as "waiting" from "incident_orders" left join "orders" on "orders"."id" = "incident_orders"."subject_id" where "incident_orders"."source" in (@1) and "orders"."customer_id" in (@2) and ("incident_orders"."cause_kind" <> @3 or "incident_orders"."cause_value" in (@4)) and "incident_id" = @5;

-- incidents.acknowledgeIncident
update "incidents" set "acknowledged_by" = @1, "acknowledged_at" = @2, "acknowledgment_reason" = @3 where "id" = @4 and "closed_at" is null;

-- incidents.hastenLooks
update "holds" set "look_again_at" = @1 where "order_id" in (select "subject_id" from "incident_orders" left join "orders" on "orders"."id" = "incident_orders"."subject_id" where "incident_orders"."source" in (@2) and "orders"."customer_id" in (@3) and ("incident_orders"."cause_kind" <> @4 or "incident_orders"."cause_value" in (@5)) and "incident_id" = @6 and "until" is null) and "cleared_at" is null and "look_again_at" > @7;
update "holds" set "retry_at" = @1 where "order_id" in (select "subject_id" from "incident_orders" left join "orders" on "orders"."id" = "incident_orders"."subject_id" where "incident_orders"."source" in (@2) and "orders"."customer_id" in (@3) and ("incident_orders"."cause_kind" <> @4 or "incident_orders"."cause_value" in (@5)) and "incident_id" = @6 and "until" is null) and "cleared_at" is null and "retry_at" > @7;
select count(distinct "order_id") as "orders" from "holds" where "order_id" in (select "subject_id" from "incident_orders" left join "orders" on "orders"."id" = "incident_orders"."subject_id" where "incident_orders"."source" in (@1) and "orders"."customer_id" in (@2) and ("incident_orders"."cause_kind" <> @3 or "incident_orders"."cause_value" in (@4)) and "incident_id" = @5 and "until" is null) and "cleared_at" is null and ("look_again_at" <= @6 or "release_role" is null);

-- incidents.listIncidentsOf
select distinct "incidents".* from "incident_orders" inner join "incidents" on "incidents"."id" = "incident_orders"."incident_id" where "incident_orders"."subject_id" = @1 and "incident_orders"."until" is null and "incidents"."closed_at" is null order by "incidents"."id";

-- intake.acceptDocument
select "document_id", "body_fingerprint" from "fingerprints" with (updlock, rowlock) where "scope" = @1 and "kind" = @2 and "fingerprint" = @3;
insert into "fingerprints" ("scope", "kind", "fingerprint", "document_id", "order_id", "body_fingerprint", "first_seen_at") values (@1, @2, @3, @4, @5, null, @6);
insert into "fingerprints" ("scope", "kind", "fingerprint", "document_id", "order_id", "body_fingerprint", "first_seen_at") values (@1, @2, @3, @4, null, @5, @6);
insert into "fingerprints" ("scope", "kind", "fingerprint", "document_id", "order_id", "body_fingerprint", "first_seen_at") values (@1, @2, @3, @4, null, null, @5);
insert into "documents" ("id", "source", "channel", "format", "content_type", "file_name_sealed", "state", "byte_length", "fingerprint", "order_count", "envelope_sealed", "received_at", "received_by", "changed_at") values (@1, @2, @3, @4, null, @5, @6, @7, @8, @9, null, @10, @11, @12);
insert into "orders" ("id", "document_id", "source", "channel", "state", "revision", "type", "operator_id", "reservation", "received_at", "changed_at") values (@1, @2, @3, @4, @5, @6, @7, null, @8, @9, @10);
insert into "order_staging_raw" ("order_id", "document_id", "position", "format", "content_sealed", "locator_json", "byte_length", "received_at") values (@1, @2, @3, @4, @5, null, @6, @7);

-- intake.acceptDocument to be split
select "document_id", "body_fingerprint" from "fingerprints" with (updlock, rowlock) where "scope" = @1 and "kind" = @2 and "fingerprint" = @3;
insert into "fingerprints" ("scope", "kind", "fingerprint", "document_id", "order_id", "body_fingerprint", "first_seen_at") values (@1, @2, @3, @4, null, null, @5);
insert into "fingerprints" ("scope", "kind", "fingerprint", "document_id", "order_id", "body_fingerprint", "first_seen_at") values (@1, @2, @3, @4, null, @5, @6);
insert into "fingerprints" ("scope", "kind", "fingerprint", "document_id", "order_id", "body_fingerprint", "first_seen_at") values (@1, @2, @3, @4, null, null, @5);
insert into "documents" ("id", "source", "channel", "format", "content_type", "file_name_sealed", "state", "byte_length", "fingerprint", "order_count", "envelope_sealed", "received_at", "received_by", "changed_at") values (@1, @2, @3, @4, null, @5, @6, @7, @8, @9, null, @10, @11, @12);
delete from "order_staging_errors" where "subject" = @1 and "revision" = @2 and "step" = @3;
insert into "document_chunks" ("document_id", "sequence", "content_sealed") values (@1, @2, @3);

-- intake.refuseDocument
select "document_id", "body_fingerprint" from "fingerprints" with (updlock, rowlock) where "scope" = @1 and "kind" = @2 and "fingerprint" = @3;
insert into "fingerprints" ("scope", "kind", "fingerprint", "document_id", "order_id", "body_fingerprint", "first_seen_at") values (@1, @2, @3, @4, null, null, @5);
insert into "documents" ("id", "source", "channel", "format", "content_type", "file_name_sealed", "state", "byte_length", "fingerprint", "order_count", "envelope_sealed", "received_at", "received_by", "changed_at") values (@1, @2, @3, @4, null, @5, @6, @7, @8, @9, null, @10, @11, @12);
delete from "order_staging_errors" where "subject" = @1 and "revision" = @2 and "step" = @3;
insert into "document_chunks" ("document_id", "sequence", "content_sealed") values (@1, @2, @3);
select "id", "profile_json" from "sources" where "id" = @1;

-- intake.insertOrder
insert into "orders" ("id", "document_id", "source", "channel", "state", "revision", "type", "operator_id", "reservation", "received_at", "changed_at") values (@1, @2, @3, @4, @5, @6, @7, null, @8, @9, @10);
insert into "order_staging_raw" ("order_id", "document_id", "position", "format", "content_sealed", "locator_json", "byte_length", "received_at") values (@1, @2, @3, @4, @5, null, @6, @7);

-- key-rotation.rotateKeys
select "wrapping_key_id" as "id", count(*) as "count" from "data_keys" group by "wrapping_key_id";
select top(200) * from "data_keys" where "wrapping_key_id" <> @1 and "subject" > @2 order by "subject";

-- key-rotation.retireKeys
select "wrapping_key_id" as "id", count(*) as "count" from "data_keys" group by "wrapping_key_id";

-- log.appendLog
select top(1) "sequence", "mac" from "order_processing_log" where "subject" = @1 order by "sequence" desc;
insert into "order_processing_log" ("subject", "sequence", "step_key", "at", "actor", "action", "detail_json", "previous_mac", "mac") values (@1, @2, @3, @4, @5, @6, @7, @8, @9);
insert into "audit_unanchored" ("subject", "sequence") values (@1, @2);

-- log.appendLog of a step that is there
select "sequence" from "order_processing_log" where "subject" = @1 and "step_key" = @2;

-- log.listLog
select * from "order_processing_log" where "subject" = @1 order by "sequence";

-- log.findBrokenLink
select top(1000) * from "order_processing_log" where "subject" = @1 order by "sequence";

-- log.readWholeLog
select top(1000) * from "order_processing_log" where "subject" > @1 order by "subject", "sequence";

-- order-search.searchOrders
select * from "orders" where "id" in (select top(51) "id" from (select * from (select top(51) "id", "received_at" from "orders" as "orders" with (index("ix_orders_customer_id_source_state_channel_received_at_id")) where ("customer_id" = @1 and "source" = @2 and "state" = @3 and "channel" = @4) order by "received_at" desc, "id" desc) as "seek" union all select * from (select top(51) "id", "received_at" from "orders" as "orders" with (index("ix_orders_customer_id_source_state_channel_received_at_id")) where ("customer_id" = @5 and "source" = @6 and "state" = @7 and "channel" = @8) order by "received_at" desc, "id" desc) as "seek" union all select * from (select top(51) "id", "received_at" from "orders" as "orders" with (index("ix_orders_customer_id_source_state_channel_received_at_id")) where ("customer_id" = @9 and "source" = @10 and "state" = @11 and "channel" = @12) order by "received_at" desc, "id" desc) as "seek" union all select * from (select top(51) "id", "received_at" from "orders" as "orders" with (index("ix_orders_customer_id_source_state_channel_received_at_id")) where ("customer_id" = @13 and "source" = @14 and "state" = @15 and "channel" = @16) order by "received_at" desc, "id" desc) as "seek") as "keys" order by "received_at" desc, "id" desc) order by "received_at" desc, "id" desc;

-- order-search.searchOrders by a hold
select top(51) "orders".* from (select distinct "order_id" from "holds" where "cleared_at" is null and "code" = @1) as "waiting" cross join "orders" where "orders"."id" = "waiting"."order_id" and "source" in (@2) and "customer_id" in (@3) and "received_at" <= @4 and ("received_at" < @5 or "id" < @6) order by "received_at" desc, "id" desc;

-- order-search.searchOrders by a document and a hold
select top(51) "orders".* from "orders" as "orders" with (index("ix_orders_document_id_received_at_id")) where "document_id" = @1 and "source" in (@2) and "customer_id" in (@3) and "id" in (select "order_id" from "holds" where "cleared_at" is null and "code" = @4) order by "received_at" desc, "id" desc;

-- order-search.listUnfinishedOrders
select top(200) "id", "channel", "state" from "orders" where "terminal_at" is null and "changed_at" < @1 and "id" > @2 order by "id";

-- order-search.countOrdersByState
select "state", count(*) as "orders" from "orders" group by "state";

-- orders.findOrder
select * from "orders" with (updlock, rowlock) where "id" = @1;

-- orders.peekOrder
select * from "orders" where "id" = @1;

-- orders.getOrderWithCounts
select *, (select count(*) as "rows" from "holds" where "holds"."order_id" = "orders"."id" and "holds"."cleared_at" is null) as "open_holds", (select count(*) as "rows" from "reviews" where "reviews"."order_id" = "orders"."id" and "reviews"."closed_at" is null) as "open_reviews", (select count(*) as "rows" from "decisions" where "decisions"."order_id" = "orders"."id" and "decisions"."state" = @1) as "pending_decisions" from "orders" where "orders"."id" = @2;

-- orders.moveOrder
update "orders" set "resume_state" = null, "state" = @1, "changed_at" = @2, "automatic_done_at" = coalesce("automatic_done_at", @3) where "id" = @4 and "revision" = @5 and "state" in (@6);

-- orders.putRevision
insert into "order_revisions" ("order_id", "revision", "origin", "content_sealed", "created_by", "created_at") values (@1, @2, @3, @4, @5, @6);

-- orders.getRevision
select "content_sealed" from "order_revisions" where "order_id" = @1 and "revision" = @2;

-- orders.listRevisions
select "revision", "origin", "created_by", "created_at" from "order_revisions" where "order_id" = @1 order by "revision";

-- orders.findContent
select "revision", "origin", "created_by", "created_at" from "order_revisions" where "order_id" = @1 order by "revision";
select "content_sealed" from "order_revisions" where "order_id" = @1 and "revision" = @2;

-- notices.putPushed
select "position", "secret_sealed" from "source_secrets" where "source" = @1 and "purpose" = @2 order by "position";
insert into "outbox" ("id", "source", "subject", "kind", "step_key", "file_name", "content_sealed", "channel", "destination", "state", "attempts", "created_at", "next_attempt_at") values (@1, @2, @3, @4, @5, null, @6, @7, @8, @9, @10, @11, @12);

-- notices.putRefusal
select "id", "profile_json" from "sources" where "id" = @1;
select "position", "secret_sealed" from "source_secrets" where "source" = @1 and "purpose" = @2 order by "position";
insert into "outbox" ("id", "source", "subject", "kind", "step_key", "file_name", "content_sealed", "channel", "destination", "state", "attempts", "created_at", "next_attempt_at") values (@1, @2, @3, @4, @5, null, @6, @7, @8, @9, @10, @11, @12);

-- notices.listForHouse
select top(200) * from "outbox" where "destination" = @1 and ("kind" not like @2 or "created_at" < @3) order by "id";

-- notices.foldNotice
update "outbox" set "destination" = null where "id" = @1;

-- notices.passToHouse

-- notice-search.searchNotices
select top(51) "id", "source", "subject", "kind", "channel", "destination", "state", "attempts", "last_failure", "created_at", "next_attempt_at", "delivered_at", "control_number", "acknowledged_at", "acknowledgment", "missed_at" from "outbox" where "source" in (@1) and exists (select "orders"."id" from "orders" where "orders"."id" = substring(outbox.subject, 7, 36) and "outbox"."subject" like @2 and "orders"."customer_id" in (@3)) and "source" = @4 and "state" = @5 and "channel" = @6 and "kind" = @7 and "subject" = @8 and "id" < @9 order by "id" desc;

-- notice-search.findNotice
select "id", "source", "subject", "kind", "channel", "destination", "state", "attempts", "last_failure", "created_at", "next_attempt_at", "delivered_at", "control_number", "acknowledged_at", "acknowledgment", "missed_at" from "outbox" where "source" in (@1) and exists (select "orders"."id" from "orders" where "orders"."id" = substring(outbox.subject, 7, 36) and "outbox"."subject" like @2 and "orders"."customer_id" in (@3)) and "id" = @4;

-- notice-search.retryNotice
update "outbox" set "state" = @1, "attempts" = @2, "next_attempt_at" = @3 where "id" = @4 and "state" = @5;
update "notice_destinations" set "stopped_at" = null, "stopped_address" = null where "id" = @1;

-- notice-search.retryNotices
select distinct "destination" from "outbox" where "source" in (@1) and exists (select "orders"."id" from "orders" where "orders"."id" = substring(outbox.subject, 7, 36) and "outbox"."subject" like @2 and "orders"."customer_id" in (@3)) and "state" = @4 and "source" = @5 and "destination" = @6 and "destination" is not null;
update "outbox" set "state" = @1, "attempts" = @2, "next_attempt_at" = @3 where "id" in (select "id" from "outbox" where "source" in (@4) and exists (select "orders"."id" from "orders" where "orders"."id" = substring(outbox.subject, 7, 36) and "outbox"."subject" like @5 and "orders"."customer_id" in (@6)) and "state" = @7 and "source" = @8 and "destination" = @9);
update "notice_destinations" set "stopped_at" = null, "stopped_address" = null where "id" = @1;

-- outbox.selectSummaries
select "id", "source", "subject", "kind", "channel", "destination", "state", "attempts", "last_failure", "created_at", "next_attempt_at", "delivered_at", "control_number", "acknowledged_at", "acknowledgment", "missed_at" from "outbox";

-- notice-destinations.listDueDestinations
select distinct "destination" from "outbox" left join "notice_destinations" as "leased" on "leased"."id" = "outbox"."destination" and "leased"."leased_until" > @1 where "state" = @2 and "next_attempt_at" <= @3 and "destination" is not null and "leased"."id" is null;

-- notice-destinations.leaseDestination
insert into "notice_destinations" ("id") values (@1);
update "notice_destinations" set "leased_by" = @1, "leased_until" = @2 where "id" = @3 and ("leased_by" is null or "leased_by" = @4 or "leased_until" <= @5);

-- notice-destinations.releaseDestination
update "notice_destinations" set "leased_by" = null, "leased_until" = null where "id" = @1 and "leased_by" = @2;

-- notice-destinations.findNextFor
select top(1) * from "outbox" where "destination" = @1 and "state" = @2 and "id" > @3 and "next_attempt_at" <= @4 order by "id";
select top(1) * from "outbox" where "destination" = @1 and "state" = @2 and "id" > @3 and "next_attempt_at" > @4 and "attempts" < @5 and "attempts" > @6 and "subject" = @7 order by "id";
select top(1) * from "outbox" where "destination" = @1 and "state" = @2 and "id" > @3 and "next_attempt_at" <= @4 and "subject" not in (select "subject" from "outbox" where "destination" = @5 and "state" = @6 and "id" > @7 and "next_attempt_at" > @8 and "attempts" < @9 and "attempts" > @10 and "last_failure" in (@11)) order by "id";
select top(1) * from "outbox" where "destination" = @1 and "state" = @2 and "id" > @3 and "next_attempt_at" > @4 and "attempts" < @5 and "attempts" > @6 and "id" < @7 and "last_failure" not in (@8) order by "id";

-- notice-destinations.hurryDestination
update "outbox" set "next_attempt_at" = @1 where "destination" = @2 and "state" = @3 and "next_attempt_at" > @4 and ("last_failure" is null or "last_failure" not in (@5));

-- notice-destinations.hurryFailed
update "outbox" set "next_attempt_at" = @1, "attempts" = @2 where "state" = @3 and "next_attempt_at" > @4 and "last_failure" = @5;

-- notice-destinations.giveUpOld
update "outbox" set "state" = @1, "last_failure" = coalesce("last_failure", @2) where "destination" = @3 and "state" = @4 and "created_at" <= @5 and ("attempts" >= @6 or "next_attempt_at" <= @7);

-- notice-destinations.stopDestination
update "notice_destinations" set "stopped_at" = @1, "stopped_address" = @2 where "id" = @3;

-- notice-destinations.isStopped
select "id" from "notice_destinations" where "id" = @1 and "stopped_address" = @2;

-- notice-destinations.resumeDestination
update "notice_destinations" set "stopped_at" = null, "stopped_address" = null where "id" = @1;

-- outbox.putOnWay
insert into "outbox" ("id", "source", "subject", "kind", "step_key", "file_name", "content_sealed", "channel", "destination", "state", "attempts", "created_at", "next_attempt_at") values (@1, @2, @3, @4, @5, null, @6, @7, @8, @9, @10, @11, @12);

-- outbox.giveUpOutbox
update "outbox" set "state" = @1, "last_failure" = @2, "attempts" = "attempts" + @3 where "id" = @4 and "state" = @5;

-- outbox.putUncomposed
insert into "outbox" ("id", "source", "subject", "kind", "step_key", "file_name", "content_sealed", "channel", "destination", "state", "attempts", "created_at", "next_attempt_at") values (@1, @2, @3, @4, @5, null, @6, @7, null, @8, @9, @10, @11);

-- outbox.listDueOutbox
select top(200) * from "outbox" where "state" = @1 and "channel" = @2 and "next_attempt_at" <= @3 order by "next_attempt_at", "id";

-- outbox.composeOutbox
select * from "outbox" with (updlock, rowlock) where "id" = @1;
update "control_numbers" set "last_value" = case when "last_value" >= @1 then 1 else "last_value" + @2 end where "source" = @3 and "kind" = @4;
select "last_value" from "control_numbers" where "source" = @1 and "kind" = @2;
update "control_numbers" set "last_value" = case when "last_value" >= @1 then 1 else "last_value" + @2 end where "source" = @3 and "kind" = @4;
select "last_value" from "control_numbers" where "source" = @1 and "kind" = @2;
update "outbox" set "control_number" = null where ("source" = @1 and "kind" = @2 and "control_number" = @3);
update "outbox" set "file_name" = @1, "content_sealed" = @2, "control_number" = @3 where "id" = @4 and "file_name" is null;

-- outbox.markAcknowledged
select "subject" from "outbox" where ("source" = @1 and "kind" = @2 and "control_number" = @3);
update "outbox" set "acknowledged_at" = @1, "acknowledgment" = @2 where ("source" = @3 and "kind" = @4 and "control_number" = @5);

-- outbox.listUnacknowledged
select top(200) "id", "subject" from "outbox" where "kind" = @1 and "source" = @2 and "control_number" is not null and "acknowledged_at" is null and "missed_at" is null and "delivered_at" < @3 order by "delivered_at", "id";

-- outbox.markMissed
update "outbox" set "missed_at" = @1 where "id" = @2;

-- outbox.markDelivered
update "outbox" set "state" = @1, "delivered_at" = @2, "last_failure" = null, "attempts" = "attempts" + @3 where "id" = @4;

-- outbox.markDropped
update "outbox" set "state" = @1 where "id" = @2 and "state" = @3;

-- outbox.postponeOutbox
update "outbox" set "next_attempt_at" = @1, "last_failure" = @2, "attempts" = "attempts" + @3 where "id" = @4 and "state" = @5;

-- outbox.listOutbox
select "id", "source", "subject", "kind", "channel", "destination", "state", "attempts", "last_failure", "created_at", "next_attempt_at", "delivered_at", "control_number", "acknowledged_at", "acknowledgment", "missed_at" from "outbox" where "subject" = @1 order by "id";

-- outbox.takeControlNumber
update "control_numbers" set "last_value" = case when "last_value" >= @1 then 1 else "last_value" + @2 end where "source" = @3 and "kind" = @4;
select "last_value" from "control_numbers" where "source" = @1 and "kind" = @2;

-- outbox.takeControlNumber, the first
update "control_numbers" set "last_value" = case when "last_value" >= @1 then 1 else "last_value" + @2 end where "source" = @3 and "kind" = @4;
insert into "control_numbers" ("source", "kind", "last_value") values (@1, @2, @3);

-- people.indexPeople
insert into "person_hashes" ("kind", "hash", "order_id") values (@1, @2, @3);

-- poll-cursors.readCursor
select * from "poll_cursors" where "source" = @1;

-- poll-cursors.noteSuccess
insert into "poll_cursors" ("source", "list", "cursor_value", "failures", "fault", "not_before", "succeeded_at", "changed_at") values (@1, @2, @3, @4, null, null, @5, @6);
update "poll_cursors" set "list" = @1, "cursor_value" = @2, "failures" = @3, "fault" = null, "not_before" = null, "succeeded_at" = @4, "changed_at" = @5 where "source" = @6;

-- poll-cursors.noteFailure
select * from "poll_cursors" where "source" = @1;
insert into "poll_cursors" ("source", "list", "cursor_value", "failures", "fault", "not_before", "succeeded_at", "changed_at") values (@1, @2, null, @3, @4, @5, null, @6);

-- principals.putPrincipal
insert into "principals" ("id", "created_at", "token_hash", "roles_json", "sources_json", "customers_json") values (@1, @2, @3, @4, @5, @6);
update "principals" set "token_hash" = @1, "roles_json" = @2, "sources_json" = @3, "customers_json" = @4 where "id" = @5;

-- principals.findPrincipalByToken
select * from "principals" where "token_hash" = @1;

-- privacy-export.exportSubject
select "orders"."id" from "orders" inner join "person_hashes" on "person_hashes"."order_id" = "orders"."id" where "erased_at" is null and "expired_at" is null and "source" in (@1) and "customer_id" in (@2) and "person_hashes"."hash" = @3 order by "orders"."id";
insert into "privacy_requests" ("id", "action", "kind", "subject", "actor", "reason_sealed", "orders", "created_at") values (@1, @2, @3, @4, @5, @6, @7, @8);
select * from "orders" where "id" = @1;
select "revision", "origin", "created_by", "created_at" from "order_revisions" where "order_id" = @1 order by "revision";
select * from "documents" where "id" = @1;

-- privacy.listSubjectOrderIds
select "orders"."id" from "orders" inner join "person_hashes" on "person_hashes"."order_id" = "orders"."id" where "erased_at" is null and "expired_at" is null and "source" in (@1) and "customer_id" in (@2) and "person_hashes"."hash" = @3 order by "orders"."id";

-- privacy.keepPrivacyRequest
insert into "privacy_requests" ("id", "action", "kind", "subject", "actor", "reason_sealed", "orders", "created_at") values (@1, @2, @3, @4, @5, @6, @7, @8);

-- privacy.eraseSubject
select "orders"."id" from "orders" inner join "person_hashes" on "person_hashes"."order_id" = "orders"."id" where "erased_at" is null and "expired_at" is null and "source" in (@1) and "customer_id" in (@2) and "person_hashes"."hash" = @3 order by "orders"."id";
select * from "orders" where "id" = @1;
insert into "privacy_requests" ("id", "action", "kind", "subject", "actor", "reason_sealed", "orders", "created_at") values (@1, @2, @3, @4, @5, @6, @7, @8);
update "orders" set "erased_at" = @1 where "id" = @2 and "terminal_at" is not null and "erased_at" is null;
select "subject", "wrapping_key_id" from "data_keys" where "subject" in (@1);
delete from "person_hashes" where "order_id" in (@1);
update "outbox" set "state" = @1 where "subject" in (@2) and "state" = @3;
update "decisions" set "state" = @1, "refusal" = @2, "settled_at" = @3 where "order_id" in (@4) and "state" = @5;
select "id" from "documents" with (updlock, rowlock) where "id" in (@1);
select "id" from "documents" where "id" in (@1) and "state" in (@2, @3) and "erased_at" is null and not exists (select "orders"."id" from "orders" where "orders"."document_id" = "documents"."id" and "orders"."erased_at" is null and "orders"."expired_at" is null);
update "outbox" set "content_sealed" = @1 where "subject" in (@2) and "state" = @3;

-- privacy.listPrivacyRequests
select top(51) * from "privacy_requests" where "id" < @1 order by "id" desc;

-- probe.findWriteFault
insert into "document_chunks" ("document_id", "sequence", "content_sealed") values (@1, @2, @3);

-- received-numbers.claimNumbers
select * from "received_numbers" where "source" = @1 and "kind" = @2 and "number" in (@3, @4);
insert into "received_numbers" ("source", "kind", "number", "document_id", "first_seen_at") values (@1, @2, @3, @4, @5), (@6, @7, @8, @9, @10);

-- received-numbers.releaseNumbers
delete from "received_numbers" where "document_id" = @1;

-- received-numbers.findLastInterchange
select "first_seen_at" from "received_numbers" where "document_id" = @1 and "kind" = @2;
select top(1) "number" from "received_numbers" where "source" = @1 and "kind" = @2 and "first_seen_at" <= @3 and "document_id" <> @4 order by "first_seen_at" desc, "number" desc;

-- received-numbers.countInterchangesBetween
select count(*) as "numbers" from "received_numbers" where "source" = @1 and "kind" = @2 and "number" > @3 and "number" < @4;

-- rejudgements.putRejudgement
select max("sequence") as "last" from "rejudgements" where "order_id" = @1 and "revision" = @2;
insert into "rejudgements" ("order_id", "revision", "sequence", "occasion", "taken_at", "cleared_json", "opened_json", "facts_sealed", "verdict_sealed") values (@1, @2, @3, @4, @5, @6, @7, @8, @9);

-- rejudgements.findIdleRejudgement
select top(1) "sequence", "occasion", "cleared_json", "opened_json", "verdict_sealed" from "rejudgements" where "order_id" = @1 and "revision" = @2 order by "sequence" desc;

-- rejudgements.dropRejudgement
delete from "rejudgements" where "order_id" = @1 and "revision" = @2 and "sequence" = @3;

-- rejudgements.getJudgementNumber
select max("sequence") as "last" from "rejudgements" where "order_id" = @1 and "revision" = @2;

-- rejudgements.findJudgedAt
select max("taken_at") as "taken_at" from "rejudgements" where "order_id" = @1 and "revision" = @2;
select "taken_at" from "facts_snapshots" where "order_id" = @1 and "revision" = @2;

-- rejudgements.getCaseNow
select top(1) "sequence", "facts_sealed" from "rejudgements" where "order_id" = @1 and "revision" = @2 order by "sequence" desc;
select "content"."content_sealed" as "order_sealed", "facts"."content_sealed" as "facts_sealed", "facts"."rules_sequence" from "facts_snapshots" as "facts" inner join "order_revisions" as "content" on "content"."order_id" = "facts"."order_id" and "content"."revision" = "facts"."revision" where "facts"."order_id" = @1 and "facts"."revision" = @2;

-- rejudgements.listRejudgements
select * from "rejudgements" where "order_id" = @1 and "revision" = @2 order by "sequence";

-- reprocess.reprocessOrder
update "orders" set "state" = @1, "resume_state" = null, "revision" = @2, "reservation" = @3, "gate" = null, "automatic_done_at" = null, "terminal_at" = null, "changed_at" = @4 where "id" = @5 and "revision" = @6 and "terminal_at" is not null and "state" in (@7, @8, @9);
select * from "orders" with (updlock, rowlock) where "id" = @1;
select * from "holds" where "order_id" = @1 and "cleared_at" is null order by "code";
select * from "order_staging_errors" where "subject" = @1 and "revision" = @2 order by "created_at", "step", "sequence";
insert into "decisions" ("id", "order_id", "revision", "review_id", "action", "actor", "roles_json", "content_sealed", "change_order_id", "state", "refusal", "created_at", "settled_at", "left_standing") values (@1, @2, @3, @4, @5, @6, @7, @8, null, @9, null, @10, null, null);
update "decisions" set "state" = @1, "refusal" = null, "settled_at" = @2, "left_standing" = null where "id" = @3 and "state" = @4;

-- retention.listExpiring
select count(*) as "count", min("terminal_at") as "oldest" from "orders" where "expired_at" is null and "state" = @1 and "terminal_at" < @2 and not exists (select "reviews"."id" from "reviews" where "reviews"."order_id" = "orders"."id" and "reviews"."closed_at" is null);
select count(*) as "count", min("changed_at") as "oldest" from "documents" where "state" = @1 and "changed_at" < @2 and "erased_at" is null;

-- retention.removeExpired
select top(100) "id" from "orders" where "expired_at" is null and "state" = @1 and "terminal_at" < @2 and not exists (select "reviews"."id" from "reviews" where "reviews"."order_id" = "orders"."id" and "reviews"."closed_at" is null) order by "terminal_at";
select "id", "document_id", "state" from "orders" with (updlock, rowlock) where "expired_at" is null and "state" = @1 and "terminal_at" < @2 and not exists (select "reviews"."id" from "reviews" where "reviews"."order_id" = "orders"."id" and "reviews"."closed_at" is null) and "id" in (@3);
update "orders" set "expired_at" = @1 where "id" in (@2);
select "subject", "wrapping_key_id" from "data_keys" where "subject" in (@1);
delete from "person_hashes" where "order_id" in (@1);
update "outbox" set "state" = @1 where "subject" in (@2) and "state" = @3;
update "decisions" set "state" = @1, "refusal" = @2, "settled_at" = @3 where "order_id" in (@4) and "state" = @5;
delete from "order_revisions" where "order_id" in (@1);
delete from "order_staging_validated" where "order_id" in (@1);
delete from "facts_snapshots" where "order_id" in (@1);
delete from "rejudgements" where "order_id" in (@1);
delete from "order_staging_errors" where "subject" in (@1);
delete from "incident_orders" where "subject_id" in (@1) and "incident_id" is null;
update "order_staging_raw" set "content_sealed" = @1, "locator_json" = null where "order_id" in (@2);
update "decisions" set "content_sealed" = @1 where "order_id" in (@2);
update "outbox" set "content_sealed" = @1 where "subject" in (@2);
select "id" from "documents" with (updlock, rowlock) where "id" in (@1);
select "id" from "documents" where "id" in (@1) and "state" in (@2, @3) and "erased_at" is null and not exists (select "orders"."id" from "orders" where "orders"."document_id" = "documents"."id" and "orders"."erased_at" is null and "orders"."expired_at" is null);
update "outbox" set "content_sealed" = @1 where "subject" in (@2) and "state" = @3;

-- reviews.findOpenReview
select * from "reviews" with (updlock, rowlock) where "order_id" = @1 and "closed_at" is null;

-- reviews.openReview
select * from "reviews" with (updlock, rowlock) where "order_id" = @1 and "closed_at" is null;
update "reviews" set "closed_at" = null, "rechecked_revision" = null, "claimed_by" = null, "lease_until" = null where "order_id" = @1 and "rechecked_revision" = @2;
select * from "reviews" with (updlock, rowlock) where "order_id" = @1 and "closed_at" is null;
insert into "reviews" ("id", "order_id", "source", "customer_id", "opened_at", "due_at", "claimed_by", "lease_until", "escalated_at", "closed_at", "rechecked_revision") values (@1, @2, @3, @4, @5, @6, null, null, null, null, null);

-- reviews.closeReview
update "reviews" set "closed_at" = @1, "rechecked_revision" = null where "order_id" = @2 and "closed_at" is null;

-- reviews.markEscalated
update "reviews" set "escalated_at" = @1 where "id" = @2 and "escalated_at" is null;

-- reviews.claimReview
update "reviews" set "claimed_by" = @1, "lease_until" = @2 where "id" = @3 and "closed_at" is null and ("claimed_by" is null or "claimed_by" = @4 or "lease_until" < @5);

-- reviews.releaseReview
update "reviews" set "claimed_by" = null, "lease_until" = null where "id" = @1 and "claimed_by" = @2 and "closed_at" is null;

-- reviews.listReviews
select top(51) "reviews".*, "orders"."state", "orders"."revision", "orders"."po_number", "orders"."channel", "orders"."currency", "orders"."total" from "reviews" inner join "orders" on "orders"."id" = "reviews"."order_id" where "reviews"."closed_at" is null and "reviews"."source" in (@1) and "reviews"."customer_id" in (@2) and exists (select "holds"."code" from "holds" where "holds"."order_id" = "reviews"."order_id" and "holds"."cleared_at" is null and "holds"."code" = @3) order by "reviews"."due_at", "reviews"."id";

-- rules.findRulesSequence
select count(*) as "rows", max("sequence") as "sequence" from "order_validation_rules";

-- rules.listRulesInForce
select count(*) as "rows", max("sequence") as "sequence" from "order_validation_rules";
select * from "order_validation_rules" order by "code", "version";

-- rules.listKnownRules
select count(*) as "rows", max("sequence") as "sequence" from "order_validation_rules";
select * from "order_validation_rules" order by "code", "version";

-- rules.listRuleVersions
select * from "order_validation_rules" where "code" = @1 order by "code", "version";

-- rules.addRuleVersion
select * from "order_validation_rules" where "code" = @1 order by "code", "version";
select count(*) as "rows", max("sequence") as "sequence" from "order_validation_rules";
insert into "order_validation_rules" ("code", "version", "kind", "scope", "disposition", "severity", "author", "reason", "status", "sequence", "scope_value", "parameters_json", "release_role", "effective_from", "effective_to", "created_at", "approved_by", "approved_at", "approval_reason", "retired_by", "retired_at", "retirement_reason") values (@1, @2, @3, @4, @5, @6, @7, @8, @9, @10, @11, @12, @13, @14, null, @15, null, @16, null, null, null, null);

-- rules.approveRule
select * from "order_validation_rules" where "code" = @1 order by "code", "version";
select count(*) as "rows", max("sequence") as "sequence" from "order_validation_rules";
update "order_validation_rules" set "status" = @1, "sequence" = @2, "approved_by" = @3, "approved_at" = @4, "approval_reason" = @5 where "code" = @6 and "version" = @7;

-- rules.withdrawRule
select * from "order_validation_rules" where "code" = @1 order by "code", "version";
update "order_validation_rules" set "status" = @1, "sequence" = @2, "retired_by" = @3, "retired_at" = @4, "retirement_reason" = @5 where "code" = @6 and "version" = @7;

-- rules.seedRules
select * from "order_validation_rules" order by "code", "version";
select count(*) as "rows", max("sequence") as "sequence" from "order_validation_rules";
insert into "order_validation_rules" ("code", "version", "kind", "scope", "disposition", "severity", "author", "reason", "status", "sequence", "scope_value", "parameters_json", "release_role", "effective_from", "effective_to", "created_at", "approved_by", "approved_at", "approval_reason", "retired_by", "retired_at", "retirement_reason") values (@1, @2, @3, @4, @5, @6, @7, @8, @9, @10, @11, @12, @13, @14, null, @15, null, @16, null, null, null, null);

-- seal.createSealer
insert into "data_keys" ("subject", "wrapped_key", "wrapping_key_id", "created_at") values (@1, @2, @3, @4);

-- seal.getSealer
select * from "data_keys" where "subject" = @1;

-- seal.probeKeys
select top(20) * from "data_keys" order by "subject";

-- seal.openSealer
select "subject" from "data_keys" where "subject" = @1;

-- seal.eraseKeys
select "subject", "wrapping_key_id" from "data_keys" where "subject" in (@1);
update "data_keys" set "wrapped_key" = @1 where "subject" = @2;

-- simulations.putSimulation
insert into "rule_simulations" ("id", "code", "version", "draft_json", "rules_sequence", "actor", "limits_json", "received_from", "received_to", "state", "orders", "pages", "cursor_json", "tally_json", "created_at", "ended_at") values (@1, @2, @3, @4, @5, @6, @7, @8, @9, @10, @11, @12, null, @13, @14, null);

-- simulations.findSimulation
select * from "rule_simulations" where "id" = @1;

-- simulations.listSimulations
select top(51) * from "rule_simulations" where "code" = @1 and "state" = @2 and "actor" = @3 and "id" < @4 order by "id" desc;

-- simulations.listUnfinishedSimulations
select top(200) "id" from "rule_simulations" where "state" = @1 and "created_at" < @2 and "id" > @3 order by "id";

-- simulations.countPastOrders
select count(*) as "orders" from "orders" where "received_at" >= @1 and "received_at" < @2 and "source" in (@3) and "customer_id" in (@4);

-- simulations.listPastOrders
select top(200) "id", "orders"."revision", "received_at", "erased_at", "expired_at", "taken_at" from "orders" left join "facts_snapshots" on "facts_snapshots"."order_id" = "orders"."id" and "facts_snapshots"."revision" = "orders"."revision" where "received_at" >= @1 and "received_at" < @2 and "source" in (@3) and "customer_id" in (@4) and "received_at" >= @5 and ("received_at" > @6 or "id" > @7) order by "received_at", "id";

-- simulations.listStanding
select "disposition" from "order_staging_errors" where "subject" = @1 and "revision" = @2 and "step" in (@3, @4, @5);

-- simulations.keepPage
update "rule_simulations" set "pages" = @1, "cursor_json" = @2, "tally_json" = @3 where "id" = @4 and "state" = @5 and "pages" = @6;
insert into "rule_simulation_flips" ("simulation_id", "order_id", "before_outcome", "after_outcome", "revision", "findings", "currency", "total") values (@1, @2, @3, @4, @5, @6, @7, @8);

-- simulations.endSimulation
update "rule_simulations" set "state" = @1, "ended_at" = @2 where "id" = @3 and "state" = @4;

-- simulations.listFlipped
select top(50) * from "rule_simulation_flips" where "simulation_id" = @1 and "order_id" > @2 order by "order_id";

-- source-secrets.putSecrets
select "subject" from "data_keys" where "subject" = @1;
delete from "source_secrets" where "source" = @1 and "purpose" = @2;
insert into "source_secrets" ("source", "purpose", "position", "created_at", "created_by", "secret_sealed") values (@1, @2, @3, @4, @5, @6);

-- source-secrets.readSecrets
select "position", "secret_sealed" from "source_secrets" where "source" = @1 and "purpose" = @2 order by "position";

-- source-secrets.countSecrets
select "purpose" from "source_secrets" where "source" = @1;

-- sources.putSource
insert into "sources" ("id", "key_hash", "channel", "profile_json", "changed_at", "changed_by") values (@1, @2, @3, @4, @5, @6);
update "sources" set "channel" = @1, "profile_json" = @2, "changed_at" = @3, "changed_by" = @4, "key_hash" = @5 where "id" = @6;
update "outbox" set "next_attempt_at" = @1 where "destination" = @2 and "state" = @3 and "next_attempt_at" > @4;

-- sources.findSource
select "id", "profile_json" from "sources" where "id" = @1;

-- sources.hasSource
select "id", "profile_json" from "sources" where "id" = @1;

-- sources.findSourceByKey
select "id", "profile_json" from "sources" where "key_hash" = @1;

-- sources.listSources
select "id", "profile_json" from "sources" order by "id";

-- staged.getStaged
select "content_sealed" from "order_staging_validated" where "order_id" = @1 and "revision" = @2;

-- staged.putStaged
insert into "order_staging_validated" ("order_id", "revision", "content_sealed", "customer_id", "po_number", "currency", "total", "line_count", "staged_at") values (@1, @2, @3, @4, @5, @6, @7, @8, @9);

-- verdicts.putVerdict
update "facts_snapshots" set "verdict_sealed" = @1 where "order_id" = @2 and "revision" = @3;

-- verdicts.findVerdict
select "verdict_sealed" from "facts_snapshots" where "order_id" = @1 and "revision" = @2;

-- verify-log.verifyLog
select * from "order_processing_log" where "subject" = @1 order by "sequence";
select max("at") as "at" from "audit_anchors";
select count(*) as "rows" from "audit_unanchored";
select max("number") as "number" from "audit_anchors";
select top(1000) * from "order_processing_log" where "subject" > @1 order by "subject", "sequence";
select top(1) "listed"."subject", "listed"."sequence" from "audit_unanchored" as "listed" left join "order_processing_log" as "log" on "log"."subject" = "listed"."subject" and "log"."sequence" = "listed"."sequence" where "log"."subject" is null order by "listed"."subject", "listed"."sequence";
select (select count(*) as "n" from "order_processing_log") as "all", (select count(*) as "n" from "audit_unanchored") as "listed", (select sum("row_count") as "n" from "audit_anchors") as "anchored";
