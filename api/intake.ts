import type { Request } from 'express';
import { v7 as uuidv7 } from 'uuid';
import { listDocumentOrders } from '../db/documents.ts';
import { type Acceptance, acceptDocument, type Arrival, refuseDocument } from '../db/intake.ts';
import { getOrder, type OrderRow } from '../db/orders.ts';
import { findSource } from '../db/sources.ts';
import { detectFormat } from '../orders/formats/detect.ts';
import type { Format } from '../orders/formats/format.ts';
import { inspectJson, parseJsonOrder } from '../orders/formats/json.ts';
import type { Finding } from '../orders/finding.ts';
import type { SourceProfile } from '../orders/source.ts';
import type { Deps } from './deps.ts';
import { type Masked, maskDocument } from './masking.ts';
import type { Caller } from './principal.ts';
import { Problem } from './problem.ts';
import { readIdempotencyKey, readMediaType } from './request-headers.ts';

/** The source that people type for. */
const DESK = 'desk';
/** More orders of one document than this are read at `/v1/documents/{id}`. */
const ORDERS_SHOWN = 200;

/** A request that brings a document: who sends it, with which headers, and its bytes. */
export interface Delivery {
  readonly deps: Deps;
  readonly caller: Caller;
  readonly request: Request;
  readonly body: Buffer;
}

/** A document at the door, known well enough to be taken: its source, its format, its bytes without card numbers. */
export interface Visitor extends Masked {
  readonly profile: SourceProfile;
  readonly format: Format;
}

/**
 * The source that a document is from: a source's key sends for its own source, a person types for the desk or says for
 * whom.
 * @throws Problem if there is no such source, it is switched off, or not the caller's.
 */
export async function chooseSource({ deps, caller }: Delivery, asked: string | undefined): Promise<SourceProfile> {
  const id = asked ?? caller.source?.id ?? DESK;
  if (caller.sources && !caller.sources.includes(id))
    throw new Problem('not-allowed', `you may not send for source "${id}"`);
  const profile = caller.source ?? (await findSource(deps.store, id));
  if (!profile) throw new Problem('unknown-source', `there is no source "${id}"`);
  if (!profile.active) throw new Problem('source-inactive', `source "${id}" is switched off; ask its administrator`);
  return profile;
}

/**
 * Looks at a document before anything of it is kept. What cannot be read is kept as a refused document, so that it can be
 * asked about, unless this is a dry run.
 * @throws Problem for what is not taken.
 */
export async function inspectDocument(
  delivery: Delivery,
  profile: SourceProfile,
  { keep } = { keep: true },
): Promise<Visitor> {
  const { caller, request, body: bytes } = delivery;
  if (bytes.length === 0) throw new Problem('invalid-request', 'the body is empty; send one order document');
  const format = readFormat(request, bytes);
  requireFormat(format, profile);
  const masked = maskDocument(format, bytes, profile);
  const unreadable = findUnreadable(format, bytes);
  if (unreadable.length > 0) await refuse(delivery, { profile, format, ...masked }, unreadable, keep);
  if (masked.findings.length > 0 && profile.cardNumbers === 'refuse') {
    throw new Problem('card-number', `source "${profile.id}" sends no card numbers; nothing was kept`, {
      findings: masked.findings,
    });
  }
  requireOwnCustomer(caller, format, masked.bytes, profile);
  return { profile, format, ...masked };
}

/** What may be sent instead. @see RFC 9110 section 15.5.16 */
const TAKEN = { Accept: 'application/json, application/edi-x12' };

/** By the bytes, and by the type where they leave it open. */
function readFormat(request: Request, bytes: Buffer): Format {
  const contentType = request.get('Content-Type');
  const { format, why } = detectFormat(bytes, contentType);
  // Rows with commas are a guess: what says that it is JSON and looks like them is broken JSON.
  if ((format === null || format === 'csv') && /^application\/(?:[\w.-]+\+)?json\b/i.test(contentType ?? ''))
    return 'json';
  if (format !== null) return format;
  throw new Problem(
    'unsupported-format',
    `the format of the body cannot be told (${why}); send JSON or X12`,
    {},
    TAKEN,
  );
}

function requireFormat(format: Format, { id, channel, x12 }: SourceProfile): void {
  if (format === 'xml' || format === 'csv') {
    throw new Problem(
      'unsupported-format',
      `${format.toUpperCase()} orders are not taken yet; send JSON or X12`,
      {},
      TAKEN,
    );
  }
  if (format === 'x12' && !x12)
    throw new Problem('wrong-channel', `source "${id}" has no X12 partner profile, so it cannot send X12`);
  if (format === 'json' && channel === 'edi') throw new Problem('wrong-channel', `source "${id}" sends X12, not JSON`);
}

/** What makes the document unreadable; empty if it can be read. */
function findUnreadable(format: Format, bytes: Buffer): readonly Finding[] {
  if (format === 'x12') return detectFormat(bytes).format === 'x12' ? [] : [NO_INTERCHANGE];
  const { kind, findings } = inspectJson(bytes);
  if (findings.length > 0) return findings;
  if (kind === 'array')
    throw new Problem('not-taken-yet', 'lists of orders are not taken yet; send one order as one JSON object');
  return kind === 'object' ? [] : [NO_OBJECT];
}

const NO_INTERCHANGE: Finding = {
  code: 'X12.NO_INTERCHANGE', category: 'data_format', disposition: 'reject', path: '',
  message: 'the document does not begin with an ISA segment; send a whole interchange', evidence: null, location: { offset: 0 },
}; // prettier-ignore

const NO_OBJECT: Finding = {
  code: 'JSON.TYPE', category: 'data_format', disposition: 'reject', path: '',
  message: 'one order is one JSON object', evidence: null, location: { offset: 0 },
}; // prettier-ignore

/** @throws Problem always. */
async function refuse(
  delivery: Delivery,
  visitor: Visitor,
  unreadable: readonly Finding[],
  keep: boolean,
): Promise<never> {
  const findings = [...visitor.findings, ...unreadable];
  const detail = `the document cannot be read as ${visitor.format}`;
  if (!keep) throw new Problem('unreadable-document', detail, { findings });
  const arrival = { ...toArrival(delivery, visitor), findings };
  await refuseDocument(delivery.deps.store, arrival);
  throw new Problem('unreadable-document', `${detail}; it is kept for questions`, {
    documentId: arrival.documentId,
    findings,
  });
}

/** A person who is limited to customers types for these only. */
function requireOwnCustomer({ customers }: Caller, format: Format, bytes: Uint8Array, profile: SourceProfile): void {
  if (!customers) return;
  if (format !== 'json')
    throw new Problem('not-allowed', 'this takes somebody who may see all customers of the document');
  const { order } = parseJsonOrder(bytes, profile);
  if (order && customers.includes(order.customerId)) return;
  throw new Problem(
    'not-allowed',
    'you may send orders of your own customers only, complete enough to tell the customer',
  );
}

function toArrival({ deps, caller, request }: Delivery, visitor: Visitor): Arrival {
  return {
    documentId: uuidv7(),
    source: visitor.profile.id,
    channel: visitor.profile.channel,
    format: visitor.format,
    contentType: readMediaType(request.get('Content-Type')),
    fileName: null,
    bytes: visitor.bytes,
    receivedBy: caller.id,
    at: deps.now().toISOString(),
    findings: visitor.findings,
    idempotencyKey: readIdempotencyKey(request.get('Idempotency-Key')),
  };
}

/**
 * Keeps a document durably, once. A JSON order exists when this returns; an X12 document waits to be split.
 * @throws Problem if the idempotency key came with another body before.
 */
export async function keepDocument(delivery: Delivery, visitor: Visitor): Promise<Acceptance> {
  const { deps, caller } = delivery;
  const arrival = toArrival(delivery, visitor);
  const single = { orderId: uuidv7(), operatorId: caller.source ? null : caller.id };
  const acceptance = await acceptDocument(deps.store, arrival, visitor.format === 'json' ? single : undefined);
  if (acceptance.kind !== 'key_reused') return acceptance;
  throw new Problem('key-reused', 'this Idempotency-Key came with another body; use a new key for a new order');
}

/** The orders of a document by position, as they stand now. */
export async function readDocumentOrders({ store }: Deps, documentId: string): Promise<readonly OrderRow[]> {
  const positions = await listDocumentOrders(store, documentId, { after: -1, size: ORDERS_SHOWN });
  return Promise.all(positions.map(({ order_id: orderId }) => getOrder(store, orderId)));
}
