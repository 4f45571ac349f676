import { type DocumentRow, readChunks } from '../db/documents.ts';
import type { Store } from '../db/store.ts';
import { isRejected } from '../orders/finding.ts';
import { read997, type ReceivedAcknowledgment } from '../orders/formats/x12-997-reader.ts';
import { toPart } from '../orders/formats/x12-documents.ts';
import type { X12GroupEnd } from '../orders/formats/x12-events.ts';
import { splitX12, type X12Envelopes } from '../orders/formats/x12-splitter.ts';
import type { X12Profile } from '../orders/source.ts';

/** Groups that hold a partner's 997s. */
const ACKNOWLEDGMENTS = { functionalId: 'FA', setType: '997' } as const;

function isAcknowledgment({ group }: Pick<X12GroupEnd, 'group'>): boolean {
  return group.functionalId === ACKNOWLEDGMENTS.functionalId;
}

/** The envelopes without the groups that hold a partner's acknowledgments: these are no orders gone wrong. */
export function withoutAcknowledgments(envelopes: X12Envelopes): X12Envelopes {
  const interchanges = envelopes.interchanges.map((end) => ({
    ...end,
    groups: end.groups.filter((group) => !isAcknowledgment(group)),
  }));
  return { ...envelopes, interchanges };
}

/** What a partner says of our own messages, in interchanges that are whole. */
export async function readAcknowledgments(
  store: Store,
  document: DocumentRow,
  profile: X12Profile,
  { interchanges }: X12Envelopes,
): Promise<readonly ReceivedAcknowledgment[]> {
  const received: ReceivedAcknowledgment[] = [];
  if (!interchanges.some(({ groups }) => groups.some(isAcknowledgment))) return received;
  for await (const event of splitX12(readChunks(store, document.id), { profile, expects: ACKNOWLEDGMENTS })) {
    if (event.kind !== 'transaction_set' || !isAcknowledgment(event)) continue;
    const isWhole = interchanges[event.interchange.index]?.verdict === 'accepted' && !isRejected(event.set.findings);
    const part = toPart(event);
    const read = isWhole ? read997(part.bytes, part.locator) : undefined;
    if (read) received.push(read);
  }
  return received;
}
