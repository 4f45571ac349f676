import { heartbeat } from '@temporalio/activity';
import { v7 as uuidv7 } from 'uuid';
import {
  countSlices,
  finishSplit,
  getDocument,
  type DocumentRow,
  markRefused,
  readChunks,
  stageSlices,
} from '../db/documents.ts';
import type { Slice } from '../db/intake.ts';
import { getSource } from '../db/sources.ts';
import { inTransaction, type Store } from '../db/store.ts';
import { type Finding, isRejected } from '../orders/finding.ts';
import { type Gap, gapsAround } from '../orders/formats/envelope.ts';
import { parseX12Order, type X12Context } from '../orders/formats/x12-850.ts';
import type { AcknowledgedSet } from '../orders/formats/x12-997.ts';
import type { X12Event } from '../orders/formats/x12-events.ts';
import { isGroupAccepted, readEnvelopes, splitX12, type X12Envelopes } from '../orders/formats/x12-splitter.ts';
import type { SourceProfile } from '../orders/source.ts';
import { putFunctionalAcknowledgments, type ReceivedGroup } from './acknowledge.ts';
import { type Deps, nowIso } from './deps.ts';

/** Orders written in one transaction: small enough not to keep other writers waiting. */
const PAGE = 50;

export interface SplitSummary {
  readonly state: DocumentRow['state'];
  readonly orders: number;
}

/**
 * Splits a document into its orders. Read twice: first for the verdict on its envelopes, because nothing may be staged
 * before the end of an interchange was seen, then for the orders. Goes on where it was interrupted.
 */
export async function splitDocument({ store }: Deps, documentId: string): Promise<SplitSummary> {
  const document = await getDocument(store, documentId);
  if (document.state !== 'received') return { state: document.state, orders: document.order_count };
  const profile = await getSource(store, document.source);
  if (document.format !== 'x12' || !profile.x12)
    throw new Error(`document ${documentId} cannot be split as ${String(document.format)}`);
  const envelopes = await readEnvelopes(readChunks(store, documentId), { profile: profile.x12 });
  heartbeat();
  const split = await stageSets(store, document, profile, envelopes);
  return finish(store, document, envelopes, split);
}

/** What a document was split into: where its slices are, and what to say about its groups. */
interface Split {
  readonly spans: { readonly offset: number; readonly length: number }[];
  readonly groups: ReceivedGroup[];
}

/** Writes the transaction sets of accepted groups as orders, a page at a time. */
async function stageSets(
  store: Store,
  document: DocumentRow,
  profile: SourceProfile,
  envelopes: X12Envelopes,
): Promise<Split> {
  const written = await countSlices(store, document.id);
  const split: Split = { spans: [], groups: [] };
  let sets: AcknowledgedSet[] = [];
  let page: Slice[] = [];
  const flush = async (): Promise<void> => {
    if (page.length > 0) await stageSlices(store, document, page, nowIso());
    page = [];
    heartbeat();
  };
  if (!profile.x12) return split;
  for await (const event of splitX12(readChunks(store, document.id), { profile: profile.x12 })) {
    if (event.kind === 'transaction_set') {
      const { slice, acknowledged } = readSet(
        event,
        profile,
        isGroupAccepted(envelopes, event.interchange, event.group),
        split.spans.length,
      );
      sets.push(acknowledged);
      if (!slice) continue;
      split.spans.push({ offset: event.set.offset, length: slice.bytes.length });
      if (slice.position >= written) page.push(slice);
      if (page.length >= PAGE) await flush();
    }
    if (event.kind === 'group_end') {
      const { interchange, group, verdict, findings, declaredSets } = event;
      const accepted = envelopes.interchanges[interchange.index]?.verdict === 'accepted';
      if (accepted) split.groups.push({ interchange, acknowledged: { group, verdict, findings, declaredSets, sets } });
      sets = [];
    }
  }
  await flush();
  return split;
}

/** One transaction set: the slice that becomes an order, if it may, and what the 997 says of it. */
function readSet(
  { interchange, group, set }: Extract<X12Event, { kind: 'transaction_set' }>,
  profile: SourceProfile,
  groupAccepted: boolean,
  position: number,
): { slice: Slice | undefined; acknowledged: AcknowledgedSet } {
  const { type, controlNumber } = set;
  if (!groupAccepted || isRejected(set.findings))
    return { slice: undefined, acknowledged: { type, controlNumber, findings: set.findings } };
  const locator: X12Context = {
    delimiters: interchange.delimiters,
    version: group.version,
    usage: interchange.usage,
    offset: set.offset,
  };
  const bytes = set.bytes.slice();
  const findings = [...set.findings, ...parseX12Order(bytes, locator, profile).findings];
  return { slice: { orderId: uuidv7(), position, bytes, locator }, acknowledged: { type, controlNumber, findings } };
}

async function finish(
  store: Store,
  document: DocumentRow,
  envelopes: X12Envelopes,
  { spans, groups }: Split,
): Promise<SplitSummary> {
  const at = nowIso();
  const findings = allFindings(envelopes, groups);
  const gaps: Gap[] = spans.length === 0 ? [] : await gapsAround(readChunks(store, document.id), spans);
  return inTransaction(store, async (tx) => {
    // The same split may run twice at once: a second 997 would leave a gap in the partner's control numbers.
    const { state, order_count: orders } = await getDocument(tx, document.id);
    if (state !== 'received') return { state, orders };
    await putFunctionalAcknowledgments(tx, document, groups, at);
    if (spans.length === 0) {
      await markRefused(tx, document.id, findings, at);
      return { state: 'refused', orders: 0 };
    }
    await finishSplit(tx, document.id, { envelope: gaps, orders: spans.length, findings, at });
    return { state: 'split', orders: spans.length };
  });
}

/** What was found outside the orders: on the envelopes, and in transaction sets that became none. */
function allFindings({ findings, interchanges }: X12Envelopes, groups: readonly ReceivedGroup[]): Finding[] {
  const refusedSets = groups.flatMap(({ acknowledged }) => acknowledged.sets.filter((set) => isRejected(set.findings)));
  return [
    ...findings,
    ...interchanges.flatMap((interchange) => [
      ...interchange.findings,
      ...interchange.groups.flatMap((group) => group.findings),
    ]),
    ...refusedSets.flatMap((set) => set.findings),
  ];
}
