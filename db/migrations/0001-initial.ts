import { type CreateTableBuilder, type Kysely, sql } from 'kysely';
import { columnTypesFor } from '../dialect.ts';

/** Columns of a table: name to type; a trailing `?` on the name makes it nullable. */
type Columns = Readonly<Record<string, ReturnType<typeof columnTypesFor>['id']>>;

async function createTable(db: Kysely<unknown>, name: string, key: readonly string[], columns: Columns): Promise<void> {
  let table: CreateTableBuilder<string> = db.schema.createTable(name);
  for (const [column, columnType] of Object.entries(columns)) {
    const nullable = column.endsWith('?');
    table = table.addColumn(nullable ? column.slice(0, -1) : column, columnType, (c) => (nullable ? c : c.notNull()));
  }
  await table.addPrimaryKeyConstraint(`pk_${name}`, key as never[]).execute();
}

async function createIndex(
  db: Kysely<unknown>,
  table: string,
  columns: readonly string[],
  unique = false,
): Promise<void> {
  const name = `${unique ? 'ux' : 'ix'}_${table}_${columns.join('_')}`;
  const index = db.schema
    .createIndex(name)
    .on(table)
    .columns(columns as string[]);
  await (unique ? index.unique() : index).execute();
}

export async function up(db: Kysely<unknown>): Promise<void> {
  const { id, code, text, longText, instant, integer, bytes } = columnTypesFor(db);

  await createTable(db, 'sources', ['id'], {
    id,
    channel: code,
    profile_json: longText,
    'key_hash?': code,
    changed_at: instant,
    changed_by: id,
  });
  await createIndex(db, 'sources', ['key_hash']);
  await createTable(db, 'principals', ['id'], {
    id,
    token_hash: code,
    roles_json: longText,
    'sources_json?': longText,
    'customers_json?': longText,
    created_at: instant,
  });
  await createIndex(db, 'principals', ['token_hash'], true);
  await createTable(db, 'data_keys', ['subject'], {
    subject: id,
    wrapped_key: bytes,
    wrapping_key_id: id,
    created_at: instant,
  });

  await createTable(db, 'documents', ['id'], {
    id, source: id, channel: code, 'format?': code, 'content_type?': longText, 'file_name_sealed?': bytes, state: code,
    byte_length: integer, fingerprint: code, order_count: integer, 'envelope_sealed?': bytes,
    received_at: instant, received_by: id, changed_at: instant,
  }); // prettier-ignore
  await createIndex(db, 'documents', ['state', 'changed_at']);
  await createIndex(db, 'documents', ['received_at', 'id']);
  await createTable(db, 'document_chunks', ['document_id', 'sequence'], {
    document_id: id,
    sequence: integer,
    content_sealed: bytes,
  });
  await createTable(db, 'fingerprints', ['scope', 'kind', 'fingerprint'], {
    scope: id, kind: code, fingerprint: code, document_id: id, 'order_id?': id, 'body_fingerprint?': code, first_seen_at: instant,
  }); // prettier-ignore

  await createTable(db, 'orders', ['id'], {
    id, document_id: id, source: id, channel: code, state: code, 'resume_state?': code, revision: integer, type: code, 'customer_id?': id,
    'po_number?': text, 'external_id?': text, 'currency?': code, 'total?': code, 'line_count?': integer, 'order_date?': code,
    'requested_delivery_date?': code, 'operator_id?': id, 'gate?': code, reservation: code, 'production_order_id?': text,
    received_at: instant, 'automatic_done_at?': instant, changed_at: instant, 'terminal_at?': instant,
  }); // prettier-ignore
  await createIndex(db, 'orders', ['state', 'received_at', 'id']);
  await createIndex(db, 'orders', ['terminal_at', 'id']);
  await createIndex(db, 'orders', ['received_at', 'id']);
  await createIndex(db, 'orders', ['source', 'received_at', 'id']);
  await createIndex(db, 'orders', ['source', 'state', 'received_at', 'id']);
  await createIndex(db, 'orders', ['customer_id', 'received_at', 'id']);
  await createIndex(db, 'orders', ['customer_id', 'state', 'received_at', 'id']);
  await createIndex(db, 'orders', ['po_number', 'received_at', 'id']);
  await createIndex(db, 'orders', ['document_id', 'automatic_done_at']);
  await createTable(db, 'order_revisions', ['order_id', 'revision'], {
    order_id: id, revision: integer, origin: code, content_sealed: bytes, created_by: id, created_at: instant,
  }); // prettier-ignore

  await createTable(db, 'order_staging_raw', ['order_id'], {
    order_id: id, document_id: id, position: integer, format: code, content_sealed: bytes, 'locator_json?': longText,
    byte_length: integer, received_at: instant,
  }); // prettier-ignore
  await createIndex(db, 'order_staging_raw', ['document_id', 'position'], true);
  await createTable(db, 'order_staging_validated', ['order_id', 'revision'], {
    order_id: id, revision: integer, content_sealed: bytes, customer_id: id, po_number: text, currency: code, total: code,
    line_count: integer, staged_at: instant,
  }); // prettier-ignore
  await createTable(db, 'order_staging_errors', ['subject', 'revision', 'step', 'sequence'], {
    subject: id, revision: integer, step: code, sequence: integer, code, 'rule_version?': integer, category: code,
    disposition: code, path: longText, location_json: longText, content_sealed: bytes, created_at: instant,
  }); // prettier-ignore
  await createIndex(db, 'order_staging_errors', ['code', 'created_at']);
  await createTable(db, 'order_validation_rules', ['code', 'version'], {
    code: id, version: integer, kind: code, scope: code, 'scope_value?': longText, parameters_json: longText, disposition: code,
    release_role: code, severity: code, effective_from: instant, 'effective_to?': instant, author: id, reason: longText, created_at: instant,
  }); // prettier-ignore
  await createTable(db, 'order_processing_log', ['subject', 'sequence'], {
    subject: id, sequence: integer, step_key: code, at: instant, actor: id, action: code, detail_json: longText, previous_mac: code, mac: code,
  }); // prettier-ignore
  await createIndex(db, 'order_processing_log', ['subject', 'step_key'], true);

  await createTable(db, 'facts_snapshots', ['order_id', 'revision'], {
    order_id: id,
    revision: integer,
    content_sealed: bytes,
    taken_at: instant,
  });
  await createTable(db, 'holds', ['order_id', 'revision', 'code'], {
    order_id: id, revision: integer, code: id, category: code, 'release_role?': code, opened_at: instant,
    'cleared_at?': instant, 'cleared_by?': id,
  }); // prettier-ignore
  await createIndex(db, 'holds', ['cleared_at', 'release_role', 'order_id', 'code']);
  await createIndex(db, 'holds', ['code', 'cleared_at', 'order_id']);
  await createTable(db, 'reviews', ['id'], {
    id, order_id: id, source: id, 'customer_id?': id, opened_at: instant, due_at: instant, 'claimed_by?': id,
    'lease_until?': instant, 'escalated_at?': instant, 'closed_at?': instant,
  }); // prettier-ignore
  await createIndex(db, 'reviews', ['closed_at', 'due_at', 'id']);
  await createIndex(db, 'reviews', ['closed_at', 'source', 'due_at', 'id']);
  await createIndex(db, 'reviews', ['order_id', 'closed_at']);
  // One open review an order, so that one clock runs.
  await sql`create unique index ux_reviews_open on reviews (order_id) where closed_at is null`.execute(db);
  await createTable(db, 'decisions', ['id'], {
    id, order_id: id, revision: integer, 'review_id?': id, action: code, actor: id, roles_json: longText, content_sealed: bytes, state: code,
    'refusal?': longText, created_at: instant, 'settled_at?': instant,
  }); // prettier-ignore
  await createIndex(db, 'decisions', ['state', 'id']);
  await createIndex(db, 'decisions', ['order_id', 'created_at', 'id']);
  // One standing decision a review and revision: the second reviewer is refused by the database, whatever happens in between.
  await sql`create unique index ux_decisions_standing on decisions (review_id, revision)
    where state <> 'refused' and review_id is not null`.execute(db);

  await createTable(db, 'handoffs', ['order_id', 'revision'], {
    order_id: id, revision: integer, began_at: instant, 'outcome?': code, 'production_order_id?': text, 'settled_at?': instant,
  }); // prettier-ignore
  await createTable(db, 'outbox', ['id'], {
    id, source: id, subject: id, kind: code, step_key: code, 'file_name?': text, content_sealed: bytes, state: code,
    attempts: integer, created_at: instant, next_attempt_at: instant, 'delivered_at?': instant,
  }); // prettier-ignore
  await createIndex(db, 'outbox', ['subject', 'step_key'], true);
  await createIndex(db, 'outbox', ['state', 'next_attempt_at']);
  await createTable(db, 'control_numbers', ['source', 'kind'], { source: id, kind: code, last_value: integer });
}
