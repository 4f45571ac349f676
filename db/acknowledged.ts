import { isGenuine, readAnchors } from './anchors.ts';
import { parseKept } from './faults.ts';
import { appendLog, listLog, type LogSubject } from './log.ts';
import { inTransaction, type Store } from './store.ts';

/**
 * Anchors that are gone for a known reason, and whose loss somebody answers for by name. Nothing else of the audit trail
 * can be acknowledged: an entry that was changed, removed or put in stays broken.
 */

/** The subject under which acknowledgments stand: chained and anchored like every other history. */
const SUBJECT: LogSubject = 'trail:anchors';

/**
 * A run of anchors that is gone on one side.
 * - `files`: outside the database, as when their folder was lost; the table still has them
 * - `rows`: in the table, as when the database was restored from a backup; with them went the entries that they covered
 */
export interface Loss {
  readonly what: 'files' | 'rows';
  /** Numbers of the first and the last anchor of the run. */
  readonly from: number;
  readonly to: number;
}

/** A loss that somebody has acknowledged. */
export interface AcknowledgedLoss extends Loss {
  readonly by: string;
  /** UTC instant. */
  readonly at: string;
  readonly reason: string;
}

/** The first number of a run of anchors that no loss of a kind covers. */
export function findUncovered(losses: readonly Loss[], { what, from, to }: Loss): number | undefined {
  for (let number = from; number <= to; number += 1) {
    const loss = losses.find((one) => one.what === what && one.from <= number && number <= one.to);
    if (!loss) return number;
    number = loss.to;
  }
  return undefined;
}

/** What was acknowledged, oldest first. The entries are verified with the rest of the audit trail. */
export async function listAcknowledged(store: Store): Promise<AcknowledgedLoss[]> {
  const entries = await listLog(store, SUBJECT);
  return entries.flatMap(({ actor, at, detail_json: json }) => {
    const { reason, losses } = parseKept<{ reason: string; losses: readonly Loss[] }>(json, SUBJECT, 'acknowledgment');
    return losses.map((loss) => ({ ...loss, by: actor, at, reason }));
  });
}

/** Writes down, in the audit trail itself, that losses are known, by whom and why. */
export function acknowledge(
  store: Store,
  losses: readonly Loss[],
  by: { readonly actor: string; readonly at: string; readonly reason: string },
): Promise<void> {
  const { actor, at, reason } = by;
  const entry = { stepKey: `acknowledged:${at}`, at, actor, action: 'trail.loss_acknowledged' };
  return inTransaction(store, (tx) => appendLog(tx, SUBJECT, { ...entry, detail: { reason, losses } }));
}

/** The runs of anchors that are gone on one side, beyond those that are known. */
export async function listLosses(store: Store, folder: string, known: readonly Loss[]): Promise<Loss[]> {
  const rows = await store.db.selectFrom('audit_anchors').select('number').orderBy('number').execute();
  const inTable = new Set(rows.map(({ number }) => number));
  const inFiles = new Set<number>();
  for await (const anchor of readAnchors(folder)) {
    if (anchor && isGenuine(store.keys, anchor)) inFiles.add(anchor.anchor);
  }
  const last = Math.max(0, ...inTable, ...inFiles);
  const all = Array.from({ length: last }, (_, i) => i + 1);
  const without = (what: Loss['what'], isGone: (number: number) => boolean): Loss[] =>
    toRuns(what, all.filter((number) => isGone(number) && findUncovered(known, { what, from: number, to: number }) !== undefined)); // prettier-ignore
  return [
    ...without('files', (number) => !inFiles.has(number)),
    ...without('rows', (number) => inFiles.has(number) && !inTable.has(number)),
  ];
}

function toRuns(what: Loss['what'], numbers: readonly number[]): Loss[] {
  const runs: Loss[] = [];
  for (const number of numbers) {
    const last = runs.at(-1);
    if (last?.to === number - 1) runs[runs.length - 1] = { ...last, to: number };
    else runs.push({ what, from: number, to: number });
  }
  return runs;
}
