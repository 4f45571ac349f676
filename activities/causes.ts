import { type Hold, listOpenHolds } from '../db/holds.ts';
import { causeOf, listFindingPaths, type NewTrouble } from '../db/incident-hits.ts';
import { listIncidentsOf, listOpenIncidents } from '../db/incidents.ts';
import { getRevision, peekOrder } from '../db/orders.ts';
import { nothingIfLost } from '../db/seal.ts';
import type { Store } from '../db/store.ts';
import { type Cause, findCauses, isOfProduct } from '../orders/incident.ts';

/** What may be the cause of a trouble. Only where it is about products, the order's content is opened. */
export async function readCauses(store: Store, trouble: NewTrouble): Promise<readonly Cause[]> {
  return findCauses({ ...trouble, skus: isOfProduct(trouble.code) ? await readSkus(store, trouble) : [] });
}

/** SKUs of the lines that a code speaks of; none where the order's content is gone. */
async function readSkus(
  store: Store,
  { subjectId: orderId, revision, code }: Pick<NewTrouble, 'subjectId' | 'revision' | 'code'>,
): Promise<readonly string[]> {
  const paths = await listFindingPaths(store, { orderId, revision, code });
  const indexes = paths.flatMap((path) => /^\/lines\/(\d+)\//.exec(path)?.[1] ?? []);
  if (indexes.length === 0) return [];
  const order = await getRevision(store, { orderId, revision }).catch(nothingIfLost);
  return [...new Set(indexes.flatMap((index) => order?.lines[Number(index)]?.sku ?? []))];
}

/**
 * Whether people are told of an order by an incident, so that it needs no message of its own: everything for which it needs a
 * person has a cause of which an incident is open. The order need not be counted among its orders yet.
 */
export async function isFolded(tx: Store, orderId: string): Promise<boolean> {
  const open = (await listOpenIncidents(tx)).map(causeOf);
  if (open.length === 0) return false;
  if ((await listIncidentsOf(tx, orderId)).some(({ cause_kind: kind }) => kind === 'share')) return true;
  const order = await peekOrder(tx, orderId);
  const holds = (await listOpenHolds(tx, orderId)).filter(({ releaseRole }) => releaseRole !== null);
  if (!order || holds.length === 0) return false;
  const { source, customer_id: customerId, revision } = order;
  const isCovered = async ({ code, category }: Hold): Promise<boolean> => {
    const of = { subjectKind: 'order', subjectId: orderId, revision, since: '', outcome: 'review' } as const;
    const causes = await readCauses(tx, { ...of, code, category, source, customerId });
    return causes.some((cause) => cause.kind !== 'share' && open.some((other) => isSame(cause, other)));
  };
  for (const hold of holds) if (!(await isCovered(hold))) return false;
  return true;
}

function isSame(one: Cause, other: Cause): boolean {
  return one.kind === other.kind && one.value === other.value && one.code === other.code;
}
