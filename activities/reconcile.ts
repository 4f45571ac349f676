import { heartbeat, log } from '@temporalio/activity';
import { listUntoldDecisions } from '../db/decisions.ts';
import { getDocument, listUnfinishedDocuments } from '../db/documents.ts';
import { listUnfinishedOrders } from '../db/order-search.ts';
import { getOrder } from '../db/orders.ts';
import { endSimulation, listUnfinishedSimulations } from '../db/simulations.ts';
import { listSources } from '../db/sources.ts';
import type { SourceProfile } from '../orders/source.ts';
import { applyDecision } from './apply-decision.ts';
import { type Deps, isoIn, nameOf, nowIso, type Polled } from './deps.ts';
import { tellDamaged } from './guard.ts';

const PAGE = 200;
/** Younger than this may be on its way to its workflow still. */
const GRACE_MS = 15_000;

/** Finds what has no owner and gives it one, and the sources that are to be polled their schedules. Starting what runs changes nothing, so a stale list does no harm. */
export async function reconcile(deps: Deps): Promise<{ orders: number; documents: number; decisions: number }> {
  const { store, runs } = deps;
  const changedBefore = isoIn(-GRACE_MS);
  const running = await runs.listRunning();
  const documents = await adoptDocuments({ store, runs }, running, changedBefore);
  const orders = await adoptOrders({ store, runs }, running, changedBefore);
  await endAbandonedSimulations(deps, running, changedBefore);
  await didHappen('polls', async () => runs.keepPolls(pollsOf(await listSources(store, tellDamaged))));
  return { orders, documents, decisions: await tellDecisions(deps, changedBefore) };
}

/** The sources that are polled now. */
function pollsOf(profiles: readonly SourceProfile[]): readonly Polled[] {
  return profiles.flatMap(({ id, active, poll }) =>
    poll && active ? [{ source: id, everySeconds: poll.everySeconds }] : [],
  );
}

type Adopter = Pick<Deps, 'store' | 'runs'>;

function adoptOrders({ store, runs }: Adopter, running: ReadonlySet<string>, changedBefore: string): Promise<number> {
  return countCaredFor(
    (afterId) => listUnfinishedOrders(store, { changedBefore, afterId, size: PAGE }),
    async ({ id }) =>
      !running.has(`order:${id}`) && didHappen(id, async () => runs.startOrder(await getOrder(store, id))),
  );
}

function adoptDocuments(
  { store, runs }: Adopter,
  running: ReadonlySet<string>,
  changedBefore: string,
): Promise<number> {
  return countCaredFor(
    (afterId) => listUnfinishedDocuments(store, { changedBefore, afterId, size: PAGE }),
    async ({ id }) =>
      !running.has(`document:${id}`) && didHappen(id, async () => runs.startDocument(await getDocument(store, id))),
  );
}

/** Ends simulations whose workflow is gone, such as one that was terminated by hand: somebody wanted them to end. */
function endAbandonedSimulations(
  { store }: Pick<Deps, 'store'>,
  running: ReadonlySet<string>,
  createdBefore: string,
): Promise<number> {
  return countCaredFor(
    (afterId) => listUnfinishedSimulations(store, { createdBefore, afterId, size: PAGE }),
    async ({ id }) =>
      !running.has(`simulation:${id}`) && didHappen(id, () => endSimulation(store, id, 'failed', nowIso())),
  );
}

function tellDecisions(deps: Deps, createdBefore: string): Promise<number> {
  return countCaredFor(
    (afterId) => listUntoldDecisions(deps.store, { createdBefore, afterId, size: PAGE }),
    ({ id, order_id: orderId }) => didHappen(id, () => tellOne(deps, orderId, id)),
  );
}

/** Goes through a list page by page, by id, and counts those that were taken care of. */
async function countCaredFor<Row extends { readonly id: string }>(
  listAfter: (afterId: string) => Promise<readonly Row[]>,
  careFor: (row: Row) => Promise<boolean>,
): Promise<number> {
  let count = 0;
  for (let afterId = ''; ;) {
    const rows = await listAfter(afterId);
    for (const row of rows) if (await careFor(row)) count += 1;
    const last = rows.at(-1);
    if (!last) return count;
    afterId = last.id;
  }
}

async function tellOne(deps: Deps, orderId: string, decisionId: string): Promise<void> {
  const order = await getOrder(deps.store, orderId);
  // It came in the moment of the order's end, and nobody is there any more to refuse it.
  if (order.terminal_at !== null) await applyDecision(deps, orderId, decisionId);
  // An order that waits to learn what became of its submission takes its decisions up by itself afterwards.
  else if (order.state !== 'held' || order.resume_state !== 'submitted')
    await deps.runs.tellDecision(orderId, decisionId);
}

/** Does one of many things; one that fails is told and does not stop the others. */
async function didHappen(id: string, work: () => Promise<void>): Promise<boolean> {
  heartbeat();
  try {
    await work();
    return true;
  } catch (error) {
    log.error('could not be taken care of', { id, error: nameOf(error) });
    return false;
  }
}
