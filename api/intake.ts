import type { Request } from 'express';
import { v7 as uuidv7 } from 'uuid';
import { listDocumentOrders } from '../db/documents.ts';
import { type Acceptance, acceptDocument, type Arrival, refuseDocument } from '../db/intake.ts';
import { getOrder, type OrderRow } from '../db/orders.ts';
import { findSource } from '../db/sources.ts';
import type { ExaminedDocument, NotTaken } from '../orders/formats/examine.ts';
import type { ParseResult } from '../orders/formats/format.ts';
import { formatsOf, type SourceProfile } from '../orders/source.ts';
import { CONTENT_TYPES } from './content-types.ts';
import type { Deps } from './deps.ts';
import type { Caller } from './principal.ts';
import { Problem } from './problem.ts';
import { ask } from './reading/ask.ts';
import { readIdempotencyKey, readMediaType } from './request-headers.ts';

/** The source that people type for. */
const DESK = 'desk';
/** More orders of one document than this are read at `/v1/documents/{id}`. */
const ORDERS_SHOWN = 200;

/** A document that somebody brings, whatever the way. */
export interface Delivery {
  readonly deps: Deps;
  readonly caller: Caller;
  readonly body: Buffer;
  /** As the sender declares it. */
  readonly contentType: string | undefined;
  /** The sender's `Idempotency-Key`. */
  readonly idempotencyKey: string | null;
  /** What the sender calls the message: see `Arrival`. */
  readonly messageIds?: readonly string[];
}

/** A document at the door, known well enough to be taken. */
export interface Visitor extends ExaminedDocument {
  readonly profile: SourceProfile;
}

/** What a request to send in, or to try, a document brings. @throws Problem for a key that is none */
export function readDelivery({
  deps,
  caller,
  request,
  body,
}: Pick<Delivery, 'deps' | 'caller' | 'body'> & { readonly request: Request }): Delivery {
  const idempotencyKey = readIdempotencyKey(request.get('Idempotency-Key'));
  return { deps, caller, body, contentType: request.get('Content-Type'), idempotencyKey };
}

/**
 * The source that a document is from: a source's key sends for its own source, a person types for the desk or says for
 * whom.
 * @throws Problem if there is no such source, it is switched off, or not the caller's.
 */
export async function chooseSource(
  { deps, caller }: Pick<Delivery, 'deps' | 'caller'>,
  asked: string | undefined,
): Promise<SourceProfile> {
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
  const { body, contentType } = delivery;
  if (body.length === 0) throw new Problem('invalid-request', 'the body is empty; send one order document');
  const { document, notTaken } = await ask('examine', body, contentType, profile);
  if (notTaken) throw toProblem(notTaken, profile);
  const visitor = { profile, ...document };
  if (document.unreadable.length > 0) await refuse(delivery, visitor, keep);
  if (document.masked.length > 0 && profile.cardNumbers === 'refuse') {
    const findings = document.masked;
    throw new Problem('card-number', `source "${profile.id}" sends no card numbers; nothing was kept`, { findings });
  }
  await requireOwnCustomers(delivery.caller, visitor);
  return visitor;
}

/** What may be sent instead. @see RFC 9110 section 15.5.16 */
function toProblem({ format, why }: NotTaken, profile: SourceProfile): Problem {
  const taken = formatsOf(profile);
  const names = taken.map((name) => name.toUpperCase()).join(', ');
  if (format !== null)
    return new Problem('wrong-channel', `source "${profile.id}" sends ${names}, not ${format.toUpperCase()} (${why})`);
  const Accept = taken.map((name) => CONTENT_TYPES[name]).join(', ');
  const detail = `the format of the body cannot be told (${why}); send ${names}`;
  return new Problem('unsupported-format', detail, {}, { Accept });
}

/** @throws Problem always. */
async function refuse(delivery: Delivery, visitor: Visitor, keep: boolean): Promise<never> {
  const findings = [...visitor.masked, ...visitor.unreadable];
  const detail = `the document cannot be read as ${visitor.format} (${visitor.why})`;
  if (!keep) throw new Problem('unreadable-document', detail, { findings });
  // A message that is pushed again although it cannot be read is kept once.
  const [messageId] = delivery.messageIds ?? [];
  const arrival = {
    ...toArrival(delivery, visitor),
    findings,
    ...(messageId !== undefined && { delivery: messageId }),
  };
  const documentId = await refuseDocument(delivery.deps.store, arrival);
  throw new Problem('unreadable-document', `${detail}; it is kept for questions`, { documentId, findings });
}

/** A person who is limited to customers types for these only. */
async function requireOwnCustomers({ customers }: Caller, visitor: Visitor): Promise<void> {
  if (!customers) return;
  if (visitor.holds === 'many')
    throw new Problem('not-allowed', 'this takes somebody who may see all customers of the document');
  const order = (await readFirstOrder(visitor))?.order;
  if (order && customers.includes(order.customerId)) return;
  throw new Problem(
    'not-allowed',
    'you may send orders of your own customers only, complete enough to tell the customer',
  );
}

/** The first order of a document as it will be kept, with what is wrong with it. */
export async function readFirstOrder({ format, holds, bytes, profile }: Visitor): Promise<ParseResult | undefined> {
  const { orders } = await ask('readOrders', bytes, { format, holds, profile }, { from: 0, size: 1 });
  return orders[0];
}

function toArrival(delivery: Delivery, visitor: Visitor): Arrival {
  const { deps, caller, contentType, idempotencyKey, messageIds = [] } = delivery;
  const { profile, format, layout, why, bytes, masked } = visitor;
  return {
    documentId: uuidv7(),
    source: profile.id,
    channel: profile.channel,
    format,
    layout,
    why,
    contentType: readMediaType(contentType),
    fileName: null,
    bytes,
    receivedBy: caller.id,
    at: deps.now().toISOString(),
    findings: masked,
    idempotencyKey,
    messageIds,
  };
}

/**
 * Keeps a document durably, once. A single order exists when this returns; a document that may hold many waits to be
 * split.
 * @throws Problem if the idempotency key came with another body before.
 */
export async function keepDocument(delivery: Delivery, visitor: Visitor): Promise<Acceptance> {
  const { deps, caller } = delivery;
  const arrival = toArrival(delivery, visitor);
  const single = { orderId: uuidv7(), operatorId: caller.source ? null : caller.id };
  const acceptance = await acceptDocument(deps.store, arrival, visitor.holds === 'one' ? single : undefined);
  if (acceptance.kind !== 'key_reused') return acceptance;
  throw new Problem('key-reused', 'this Idempotency-Key came with another body; use a new key for a new order');
}

/** The orders of a document by position, as they stand now. */
export async function readDocumentOrders({ store }: Deps, documentId: string): Promise<readonly OrderRow[]> {
  const positions = await listDocumentOrders(store, documentId, { after: -1, size: ORDERS_SHOWN });
  return Promise.all(positions.map(({ order_id: orderId }) => getOrder(store, orderId)));
}
