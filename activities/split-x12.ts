import { heartbeat } from '@temporalio/activity';
import { type DocumentRow, readChunks } from '../db/documents.ts';
import { releaseNumbers } from '../db/received-numbers.ts';
import type { Store } from '../db/store.ts';
import { type Finding, isRejected } from '../orders/finding.ts';
import { parseX12Order } from '../orders/formats/x12-850.ts';
import type { AcknowledgedSet } from '../orders/formats/x12-997.ts';
import { getX12Profile, listEnvelopeFindings, toPart } from '../orders/formats/x12-documents.ts';
import type { X12Event } from '../orders/formats/x12-events.ts';
import type { SeenNumbers } from '../orders/formats/x12-seen.ts';
import { isGroupAccepted, readEnvelopes, splitX12 } from '../orders/formats/x12-splitter.ts';
import type { SourceProfile } from '../orders/source.ts';
import { noteAcknowledgments, putEnvelopeAcknowledgments, type ReceivedGroup } from './acknowledge.ts';
import { readAcknowledgments, withoutAcknowledgments } from './read-acknowledgments.ts';
import { claimControlNumbers } from './received-numbers.ts';
import { createPartStager, endSplit, type PartStager, type SplitSummary } from './stage-parts.ts';

type SetEvent = Extract<X12Event, { kind: 'transaction_set' }>;

/**
 * Splits X12 without ever having it in memory as a whole. Read twice: first for the verdict on its envelopes, because
 * nothing may be staged before the end of an interchange was seen, then for the orders.
 */
export async function splitX12Document(
  store: Store,
  document: DocumentRow,
  profile: SourceProfile,
): Promise<SplitSummary> {
  const read = await readEnvelopes(readChunks(store, document.id), { profile: getX12Profile(profile) });
  heartbeat();
  const x12 = getX12Profile(profile);
  const seen = await claimControlNumbers(store, document, read, x12);
  const stager = await createPartStager(store, document);
  const groups = await stageSets(store, document, profile, seen, stager);
  const acknowledgments = await readAcknowledgments(store, document, x12, seen.envelopes);
  const findings = [...listEnvelopeFindings(withoutAcknowledgments(seen.envelopes)), ...listRefusedSets(groups)];
  const places = await stager.finish();
  const isTaken = acknowledgments.length > 0;
  const acknowledge = async (tx: Store, at: string): Promise<void> => {
    await noteAcknowledgments(tx, document, acknowledgments, at);
    await putEnvelopeAcknowledgments(tx, document, x12, seen.envelopes.interchanges, groups, at);
    if (places.length === 0 && !isTaken) await releaseNumbers(tx, document.id);
  };
  return endSplit(store, document, places, findings, { acknowledge, isTaken });
}

/** Writes the transaction sets of accepted groups as orders. @returns what to say about each group */
async function stageSets(
  store: Store,
  document: DocumentRow,
  profile: SourceProfile,
  seen: SeenNumbers,
  stager: PartStager,
): Promise<ReceivedGroup[]> {
  const groups: ReceivedGroup[] = [];
  let sets: AcknowledgedSet[] = [];
  for await (const event of splitX12(readChunks(store, document.id), { profile: getX12Profile(profile) })) {
    if (event.kind === 'transaction_set') sets.push(await stageSet(event, profile, seen, stager));
    if (event.kind === 'group_end') {
      const end = seen.envelopes.interchanges[event.interchange.index];
      const group = end?.groups[event.group.index];
      if (end?.verdict === 'accepted' && group)
        groups.push({ interchange: end.interchange, acknowledged: { ...group, sets } });
      sets = [];
    }
  }
  return groups;
}

/** Writes a transaction set as an order, if it may become one. @returns what the 997 says of it */
async function stageSet(
  event: SetEvent,
  profile: SourceProfile,
  { envelopes, judgeSet }: SeenNumbers,
  stager: PartStager,
): Promise<AcknowledgedSet> {
  const { interchange, group, set } = event;
  const { type, controlNumber } = set;
  const findings = [...set.findings, ...judgeSet(interchange, group, controlNumber, set.offset)];
  if (!isGroupAccepted(envelopes, interchange, group) || isRejected(findings)) return { type, controlNumber, findings };
  const part = toPart(event);
  await stager.add(part);
  const read = parseX12Order(part.bytes, part.locator, profile);
  return { type, controlNumber, findings: [...findings, ...read.findings] };
}

/** What was found in transaction sets that became no orders. */
function listRefusedSets(groups: readonly ReceivedGroup[]): readonly Finding[] {
  const refused = groups.flatMap(({ acknowledged }) => acknowledged.sets.filter((set) => isRejected(set.findings)));
  return refused.flatMap((set) => set.findings);
}
