import { cancellationSignal, heartbeat } from '@temporalio/activity';
import { v7 as uuidv7 } from 'uuid';
import {
  findNextFor,
  hurryDestination,
  hurryFailed,
  leaseDestination,
  listDueDestinations,
  releaseDestination,
} from '../db/notice-destinations.ts';
import { foldNotice, listForHouse, passToHouse } from '../db/notices.ts';
import { markDelivered, type OutboxRow } from '../db/outbox.ts';
import type { Store } from '../db/store.ts';
import { atMost } from '../exchange/at-most.ts';
import { sendThrough } from '../exchange/notice-circuits.ts';
import { isFolded } from './causes.ts';
import { type Deps, isoIn, nowIso } from './deps.ts';
import { type Counts, failByMistake, failNotice, OF_ONE_MESSAGE, stopDestinationOf } from './fail-notice.ts';
import { NO_MAIL_SERVER, prepareNotice } from './prepare-notice.ts';

/** How long one run begins to send; then the next one goes on. */
const RUN_MS = 45_000;
/** What comes meanwhile is looked for, so that nobody waits for a destination that is slow to answer. */
const LOOK_AGAIN_MS = 2000;
/** Longer than any attempt takes. */
const LEASE_MS = 60_000;
const MOST_AT_ONCE = 20;
const PAGE = 200;

/** Sends the notices that are due: one at a time to each destination, to different ones side by side. */
export async function deliverNotices(deps: Deps): Promise<Readonly<Counts>> {
  const counts: Counts = { delivered: 0, postponed: 0, failed: 0 };
  await passOn(deps);
  if (deps.notices.sendMail) await hurryFailed(deps.store, NO_MAIL_SERVER, nowIso());
  const isOver = beginRun();
  const running = new Map<string, Promise<void>>();
  const seenAt = new Map<string, number>();
  const faults: unknown[] = [];
  for (;;) {
    const due = !isOver() && faults.length === 0 ? await listDueDestinations(deps.store, nowIso()) : [];
    for (const destination of due) {
      const isRecent = Date.now() - (seenAt.get(destination) ?? 0) < LOOK_AGAIN_MS;
      if (running.has(destination) || isRecent || running.size >= MOST_AT_ONCE) continue;
      const served = serve(deps, destination, isOver, counts)
        .catch((fault: unknown) => void faults.push(fault))
        .finally(() => {
          running.delete(destination);
          seenAt.set(destination, Date.now());
        });
      running.set(destination, served);
    }
    if (running.size === 0) break;
    await atMost(LOOK_AGAIN_MS, ...running.values());
    heartbeat();
  }
  if (faults.length > 0) throw faults[0];
  return counts;
}

/** Tells when nothing more is to be begun: it has gone on for long, or the program is to end. */
function beginRun(): () => boolean {
  const until = Date.now() + RUN_MS;
  const stop = cancellationSignal();
  return () => stop.aborted || Date.now() > until;
}

/** How long a review waits to be told of: meanwhile it is seen whether many have the same cause. */
const REVIEW_RESTS_MS = 60_000;

/** Gives what our own people are to be told of to each of their destinations. */
async function passOn({ store, notices: { house } }: Deps): Promise<void> {
  for (const row of await listForHouse(store, isoIn(-REVIEW_RESTS_MS), PAGE)) {
    if (await isToldByIncident(store, row)) await foldNotice(store, row.id);
    else await passToHouse(store, row, { webhook: house.webhook !== null, mailTo: house.mailTo });
    heartbeat();
  }
}

/** One incident is told of, not each of the orders that wait for the same. */
async function isToldByIncident(store: Store, { kind, subject }: OutboxRow): Promise<boolean> {
  if (!kind.startsWith('review.') || !subject.startsWith('order:')) return false;
  return isFolded(store, subject.slice('order:'.length));
}

/** Sends to one destination what is due there, as long as it takes it and nobody else does. */
async function serve(deps: Deps, destination: string, isOver: () => boolean, counts: Counts): Promise<void> {
  const { store } = deps;
  const lease = { destination, holder: uuidv7() };
  const keep = () => leaseDestination(store, lease, { now: nowIso(), until: isoIn(LEASE_MS) });
  try {
    while (!isOver() && (await keep())) {
      const row = await findNextFor(store, destination, nowIso(), OF_ONE_MESSAGE);
      if (
        !row ||
        !(await deliver(deps, row, counts).catch((error: unknown) => failByMistake(error, deps, row, counts)))
      )
        return;
    }
  } finally {
    await releaseDestination(store, lease);
  }
}

/** Sends one message. @returns whether to go on with the next one to its destination */
async function deliver(deps: Deps, row: OutboxRow, counts: Counts): Promise<boolean> {
  const { store } = deps;
  const destination = String(row.destination);
  const prepared = await prepareNotice(deps, row);
  if (prepared === 'dropped') return true;
  if ('code' in prepared) return failNotice(deps, row, prepared, counts);
  const circuit = deps.notices.circuits(destination, prepared.address);
  const wasOpen = circuit.read().state === 'open';
  const sent = await sendThrough(circuit, prepared.send);
  if (!sent) return false;
  if (sent.kind === 'gone') return stopDestinationOf(deps, row, prepared.address, counts);
  if (sent.kind === 'failed') return failNotice(deps, row, sent, counts);
  await markDelivered(store, row.id, nowIso());
  // What waits must not wait on for hours after the destination is back; after a start no circuit is known to be open.
  if (wasOpen || row.attempts > 0) await hurryDestination(store, destination, nowIso(), OF_ONE_MESSAGE);
  counts.delivered += 1;
  return true;
}
