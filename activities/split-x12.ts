import { heartbeat } from '@temporalio/activity';
import { type DocumentRow, readChunks } from '../db/documents.ts';
import type { Store } from '../db/store.ts';
import { type Finding, isRejected } from '../orders/finding.ts';
import { parseX12Order } from '../orders/formats/x12-850.ts';
import type { AcknowledgedSet } from '../orders/formats/x12-997.ts';
import { getX12Profile, listEnvelopeFindings, toPart } from '../orders/formats/x12-documents.ts';
import type { X12Event } from '../orders/formats/x12-events.ts';
import { isGroupAccepted, readEnvelopes, splitX12, type X12Envelopes } from '../orders/formats/x12-splitter.ts';
import type { SourceProfile } from '../orders/source.ts';
import { putFunctionalAcknowledgments, type ReceivedGroup } from './acknowledge.ts';
import { createPartStager, endSplit, type PartStager, type SplitSummary } from './stage-parts.ts';

type SetEvent = Extract<X12Event, { kind: 'transaction_set' }>;
type GroupEvent = Extract<X12Event, { kind: 'group_end' }>;

/**
 * Splits X12 without ever having it in memory as a whole. Read twice: first for the verdict on its envelopes, because
 * nothing may be staged before the end of an interchange was seen, then for the orders.
 */
export async function splitX12Document(
  store: Store,
  document: DocumentRow,
  profile: SourceProfile,
): Promise<SplitSummary> {
  const envelopes = await readEnvelopes(readChunks(store, document.id), { profile: getX12Profile(profile) });
  heartbeat();
  const stager = await createPartStager(store, document);
  const groups = await stageSets(store, document, profile, envelopes, stager);
  const findings = [...listEnvelopeFindings(envelopes), ...listRefusedSets(groups)];
  return endSplit(store, document, await stager.finish(), findings, (tx, at) =>
    putFunctionalAcknowledgments(tx, document, groups, at),
  );
}

/** Writes the transaction sets of accepted groups as orders. @returns what to say about each group */
async function stageSets(
  store: Store,
  document: DocumentRow,
  profile: SourceProfile,
  envelopes: X12Envelopes,
  stager: PartStager,
): Promise<ReceivedGroup[]> {
  const groups: ReceivedGroup[] = [];
  let sets: AcknowledgedSet[] = [];
  for await (const event of splitX12(readChunks(store, document.id), { profile: getX12Profile(profile) })) {
    if (event.kind === 'transaction_set') sets.push(await stageSet(event, profile, envelopes, stager));
    if (event.kind === 'group_end') {
      if (envelopes.interchanges[event.interchange.index]?.verdict === 'accepted') groups.push(toGroup(event, sets));
      sets = [];
    }
  }
  return groups;
}

/** Writes a transaction set as an order, if it may become one. @returns what the 997 says of it */
async function stageSet(
  event: SetEvent,
  profile: SourceProfile,
  envelopes: X12Envelopes,
  stager: PartStager,
): Promise<AcknowledgedSet> {
  const { interchange, group, set } = event;
  const { type, controlNumber, findings } = set;
  if (!isGroupAccepted(envelopes, interchange, group) || isRejected(findings)) return { type, controlNumber, findings };
  // The splitter's bytes are a window that moves on.
  const part = toPart({ ...event, set: { ...set, bytes: set.bytes.slice() } });
  await stager.add(part);
  const read = parseX12Order(part.bytes, part.locator, profile);
  return { type, controlNumber, findings: [...findings, ...read.findings] };
}

function toGroup(
  { interchange, group, verdict, findings, declaredSets }: GroupEvent,
  sets: AcknowledgedSet[],
): ReceivedGroup {
  return { interchange, acknowledged: { group, verdict, findings, declaredSets, sets } };
}

/** What was found in transaction sets that became no orders. */
function listRefusedSets(groups: readonly ReceivedGroup[]): readonly Finding[] {
  const refused = groups.flatMap(({ acknowledged }) => acknowledged.sets.filter((set) => isRejected(set.findings)));
  return refused.flatMap((set) => set.findings);
}
