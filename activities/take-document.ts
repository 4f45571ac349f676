import { v7 as uuidv7 } from 'uuid';
import { acceptDocument, type Arrival, refuseDocument } from '../db/intake.ts';
import type { Store } from '../db/store.ts';
import { isRejected } from '../orders/finding.ts';
import { type ExaminedDocument, examineDocument, type NotTaken } from '../orders/formats/examine.ts';
import type { SourceProfile } from '../orders/source.ts';
import { nowIso, WORKER } from './deps.ts';

/** A document that we fetched ourselves, from a folder or from an integration. */
export interface FetchedDocument extends Partial<Pick<Arrival, 'delivery' | 'messageIds'>> {
  readonly bytes: Uint8Array;
  /** As its sender declares it; what a file's name ends in may stand for it. */
  readonly contentType?: string | undefined;
  readonly fileName?: string;
}

/** What became of it. A document that cannot be read is kept too, as refused. */
export type Taking =
  | { readonly documentId: string; readonly notTaken?: never }
  /** Nothing was kept: the source does not send this. */
  | { readonly notTaken: NotTaken; readonly documentId?: never };

/**
 * Takes a document into the store, durably and once, as the gateway does with what is sent to it. A single order exists
 * when this returns, a document that may hold many waits to be split; neither is started.
 */
export async function takeDocument(store: Store, profile: SourceProfile, fetched: FetchedDocument): Promise<Taking> {
  const { document, notTaken } = examineDocument(fetched.bytes, fetched.contentType, profile);
  if (notTaken) return { notTaken };
  const findings = [...document.masked, ...document.unreadable];
  const arrival = toArrival(profile, fetched, { ...document, masked: findings });
  if (document.unreadable.length > 0 || isRejected(findings))
    return { documentId: await refuseDocument(store, arrival) };
  const single = document.holds === 'one' ? { orderId: uuidv7(), operatorId: null } : undefined;
  return { documentId: (await acceptDocument(store, arrival, single)).documentId };
}

function toArrival(profile: SourceProfile, fetched: FetchedDocument, document: ExaminedDocument): Arrival {
  const { fileName = null, delivery, messageIds } = fetched;
  const { format, layout, why, bytes, masked: findings } = document;
  return {
    ...{ documentId: uuidv7(), source: profile.id, channel: profile.channel, receivedBy: WORKER, at: nowIso() },
    ...{ format, layout, why, bytes, findings, fileName, contentType: null, idempotencyKey: null },
    ...(delivery !== undefined && { delivery }),
    ...(messageIds !== undefined && { messageIds }),
  };
}
