import type { DocumentRow } from '../db/documents.ts';
import { putOutbox, takeControlNumber } from '../db/outbox.ts';
import type { Store } from '../db/store.ts';
import type { X12Interchange } from '../orders/formats/x12-events.ts';
import { type AcknowledgedGroup, write997 } from '../orders/formats/x12-997.ts';

/** A functional group of an accepted interchange, with what was found in its transaction sets. */
export interface ReceivedGroup {
  readonly interchange: X12Interchange;
  readonly acknowledged: AcknowledgedGroup;
}

/**
 * Writes one 997 for each functional group to the outbox, inside the transaction that ends the split: the control numbers
 * of a split that did not happen are not used up.
 */
export async function putFunctionalAcknowledgments(
  tx: Store,
  document: DocumentRow,
  groups: readonly ReceivedGroup[],
  at: string,
): Promise<void> {
  const { id, source } = document;
  for (const { interchange, acknowledged } of groups) {
    // A 997 is never acknowledged.
    if (acknowledged.group.functionalId === 'FA') continue;
    const numbers = {
      interchange: String(await takeControlNumber(tx, source, 'interchange')),
      group: String(await takeControlNumber(tx, source, 'group')),
      set: '0001',
    };
    const stepKey = `997:${String(interchange.index)}:${String(acknowledged.group.index)}`;
    const fileName = `997-${numbers.interchange.padStart(9, '0')}.edi`;
    const content = write997(acknowledged, interchange, numbers, new Date(at));
    await putOutbox(tx, { subject: `document:${id}`, source, kind: '997', stepKey, fileName, content }, at);
  }
}
