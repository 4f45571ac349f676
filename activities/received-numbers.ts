import type { DocumentRow } from '../db/documents.ts';
import { claimNumbers, countInterchangesBetween, findLastInterchange } from '../db/received-numbers.ts';
import { inTransaction, type Store } from '../db/store.ts';
import type { Finding } from '../orders/finding.ts';
import type { X12Interchange } from '../orders/formats/x12-events.ts';
import {
  describeGap,
  type EarlierUse,
  judgeSeen,
  listControlNumbers,
  type SeenNumbers,
} from '../orders/formats/x12-seen.ts';
import type { X12Envelopes } from '../orders/formats/x12-splitter.ts';
import type { X12Profile } from '../orders/source.ts';
import { nowIso } from './deps.ts';

/**
 * Remembers the control numbers of a document before anything of it becomes an order, and applies the partner's policy to
 * those that came before. All in one transaction: after a crash the numbers are the document's own, and it is judged as
 * the first time.
 */
export async function claimControlNumbers(
  store: Store,
  { id: documentId, source }: DocumentRow,
  envelopes: X12Envelopes,
  profile: X12Profile,
): Promise<SeenNumbers> {
  const claim = { source, documentId, at: nowIso() };
  const seen = await inTransaction(store, async (tx) => {
    const earlier: EarlierUse[] = [];
    let judged = judgeSeen(envelopes, earlier, profile);
    // What stands in an interchange or group that is refused as a repetition uses up no numbers.
    for (const kind of ['interchange', 'group', 'set'] as const) {
      earlier.push(...(await claimNumbers(tx, claim, kind, listControlNumbers(judged.envelopes, kind))));
      judged = judgeSeen(envelopes, earlier, profile);
    }
    return judged;
  });
  return { ...seen, envelopes: await addGaps(store, { source, documentId }, seen.envelopes) };
}

/** Tells of interchanges that by their numbers should have come before: advice, which holds nothing up. */
async function addGaps(
  store: Store,
  document: { readonly source: string; readonly documentId: string },
  envelopes: X12Envelopes,
): Promise<X12Envelopes> {
  const findings: Finding[] = [];
  let last = await findLastInterchange(store, document);
  for (const { interchange, verdict } of envelopes.interchanges) {
    if (verdict !== 'accepted') continue;
    if (last !== undefined) findings.push(...(await findGap(store, document.source, interchange, last)));
    last = interchange.controlNumber;
  }
  return { ...envelopes, findings: [...envelopes.findings, ...findings] };
}

async function findGap(
  store: Store,
  source: string,
  interchange: X12Interchange,
  last: string,
): Promise<readonly Finding[]> {
  const { controlNumber } = interchange;
  const between = Number(controlNumber) - Number(last) - 1;
  if (between <= 0) return [];
  const came = await countInterchangesBetween(store, source, last, controlNumber);
  return describeGap(interchange, last, between - came);
}
