import { heartbeat } from '@temporalio/activity';
import { v7 as uuidv7 } from 'uuid';
import {
  type DocumentRow,
  finishSplit,
  getDocument,
  listSlicePlaces,
  markRefused,
  readChunks,
  stageSlices,
} from '../db/documents.ts';
import type { Slice } from '../db/intake.ts';
import { putRefusal } from '../db/notices.ts';
import { inTransaction, type Store } from '../db/store.ts';
import type { Finding } from '../orders/finding.ts';
import { type Gap, gapsAround } from '../orders/formats/envelope.ts';
import type { OrderPart, Span } from '../orders/formats/format.ts';
import { nowIso } from './deps.ts';

/** Orders written in one transaction: small enough not to keep other writers waiting. */
const PAGE = 50;

export interface SplitSummary {
  readonly state: DocumentRow['state'];
  readonly orders: number;
}

/** Writes the parts of a document as orders, a page at a time. */
export interface PartStager {
  /** A part that an earlier run wrote is passed over, as is one that overlaps such a part. */
  add(part: OrderPart): Promise<void>;
  /** Writes what is left. @returns where each order of the document stands, by position */
  finish(): Promise<readonly (readonly Span[])[]>;
}

/**
 * Goes on where an earlier run of the same split stopped, by the places of what it wrote: if the source's profile was
 * changed in between, other parts than before may be orders, but no bytes become two.
 */
export async function createPartStager(store: Store, document: DocumentRow): Promise<PartStager> {
  const before = (await listSlicePlaces(store, document.id)).map(({ spans }) => spans);
  const taken = before.flat();
  const places = [...before];
  let page: Slice[] = [];
  const flush = async (): Promise<void> => {
    if (page.length > 0) await stageSlices(store, document, page, nowIso());
    page = [];
    heartbeat();
  };
  return {
    async add(part) {
      if (taken.length > 0 && part.spans.some((span) => taken.some((other) => doOverlap(span, other)))) return;
      page.push({ ...part, orderId: uuidv7(), position: places.length });
      places.push(part.spans);
      if (page.length >= PAGE) await flush();
    },
    async finish() {
      await flush();
      return places;
    },
  };
}

function doOverlap(one: Span, other: Span): boolean {
  return one.offset < other.offset + other.length && other.offset < one.offset + one.length;
}

/** What else a split comes to. */
export interface SplitEnding {
  /** Writes what goes back to the sender, in the same transaction. */
  readonly acknowledge?: (tx: Store, at: string) => Promise<void>;
  /** Something of the document was taken though none of it is an order. */
  readonly isTaken?: boolean;
}

/**
 * Ends a split in one transaction: the bytes around the orders are kept, the whole is dropped. A document without orders
 * is refused and stays as it is.
 * @param places where each order stands
 */
export async function endSplit(
  store: Store,
  document: DocumentRow,
  places: readonly (readonly Span[])[],
  findings: readonly Finding[],
  { acknowledge, isTaken = false }: SplitEnding = {},
): Promise<SplitSummary> {
  const at = nowIso();
  const orders = places.length;
  const spans = places.flat().toSorted((one, other) => one.offset - other.offset);
  const envelope: Gap[] = orders === 0 && !isTaken ? [] : await gapsAround(readChunks(store, document.id), spans);
  return inTransaction(store, async (tx) => {
    // The same split may run twice at once: a second 997 would leave a gap in the partner's control numbers.
    const now = await getDocument(tx, document.id);
    if (now.state !== 'received') return { state: now.state, orders: now.order_count };
    await acknowledge?.(tx, at);
    if (orders === 0 && !isTaken) {
      await markRefused(tx, document.id, findings, at);
      await putRefusal(tx, document, findings, at);
      return { state: 'refused', orders };
    }
    await finishSplit(tx, document.id, { envelope, orders, findings, at });
    return { state: 'split', orders };
  });
}
