import { heartbeat, log } from '@temporalio/activity';
import {
  causeOf,
  countReceived,
  dropHits,
  endHits,
  type HitAgain,
  listNewTroubles,
  type NewTrouble,
  putHits,
  tallyCauses,
} from '../db/incident-hits.ts';
import {
  attachHits,
  closeIncident,
  countLate,
  findOpenIncident,
  type IncidentRow,
  isLive,
  listOpenIncidents,
  markTold,
  openIncident,
  readFacts,
  recountIncident,
} from '../db/incidents.ts';
import { appendLog, listLog } from '../db/log.ts';
import { inTransaction, type Store } from '../db/store.ts';
import {
  type Cause,
  describeIncident,
  hasGrown,
  type IncidentEvent,
  isForgotten,
  isIncident,
  LIMITS,
  sumWorth,
} from '../orders/incident.ts';
import { readCauses } from './causes.ts';
import { type Deps, nowIso, WORKER } from './deps.ts';
import { putHouseNotice } from './notice.ts';

/** Orders of which the causes are written in one transaction. */
const BATCH = 100;

/** What a look at what stops orders came to. */
export interface Watched {
  /** Holds, rejections and refusals that were new. */
  readonly troubles: number;
  readonly opened: number;
  readonly closed: number;
}

/**
 * Sees whether one cause hits many orders: opens an incident for it, counts what it hits, and closes it when nothing of it
 * waits any more. People are told once of each, and again when it has grown tenfold, when it still grows a day later, when its
 * orders wait too long for a person, and when it is over.
 * @param at UTC instant; now, unless a test says otherwise.
 */
export async function watchIncidents({ store }: Deps, at: string = nowIso()): Promise<Watched> {
  const troubles = await countTroubles(store, at);
  await endHits(store, at);
  const opened = await openIncidents(store, at);
  let closed = 0;
  for (const incident of await listOpenIncidents(store)) {
    heartbeat();
    if (await closeIfOver(store, incident, at)) closed += 1;
  }
  await dropHits(store, before(at, LIMITS.hourMs));
  return { troubles, opened, closed };
}

function before(at: string, ms: number): string {
  return new Date(Date.parse(at) - ms).toISOString();
}

/** Counts what came since the last look, each under its causes. @returns how much */
async function countTroubles(store: Store, at: string): Promise<number> {
  const troubles = await listNewTroubles(store, before(at, LIMITS.windowMs));
  for (let from = 0; from < troubles.length; from += BATCH) {
    heartbeat();
    const hits: HitAgain[] = [];
    for (const trouble of troubles.slice(from, from + BATCH))
      hits.push(...(await readCauses(store, trouble)).map((cause) => toHit(trouble, cause)));
    await inTransaction(store, (tx) => putHits(tx, hits));
  }
  return troubles.length;
}

/** What went back to its sender does not wait, and counts for an hour. */
function toHit({ subjectKind, subjectId, code, source, since, outcome }: NewTrouble, cause: Cause): HitAgain {
  const until = outcome === 'refused' ? before(since, -LIMITS.hourMs) : null;
  return { subjectKind, subjectId, code, source, since, until, cause, endedSince: before(since, LIMITS.calmMs) };
}

/** @returns how many incidents were opened */
async function openIncidents(store: Store, at: string): Promise<number> {
  let opened = 0;
  // Those of sources come last: what is explained by another incident tells nothing of its source.
  for (const ofSource of [false, true]) {
    const recently = { share: before(at, LIMITS.hourMs), others: before(at, LIMITS.windowMs) };
    for (const { cause, ...tally } of await tallyCauses(store, at, recently)) {
      if ((cause.kind === 'share') !== ofSource) continue;
      heartbeat();
      const received = ofSource ? await countEnough(store, cause.value, tally.recent, recently.share) : 0;
      if (await extend(store, cause, isIncident(cause, { ...tally, received }, at), at)) opened += 1;
    }
  }
  return opened;
}

/** Orders of a source within the hour, as far as it matters whether these are too large a share of them. */
function countEnough(store: Store, source: string, ofThem: number, since: string): Promise<number> {
  return countReceived(store, source, since, Math.max(LIMITS.shareOf, ofThem * LIMITS.shareOneIn));
}

/** Counts what a cause has hit under its incident. @returns whether it was opened for it */
function extend(store: Store, cause: Cause, isNew: boolean, at: string): Promise<boolean> {
  return inTransaction(store, async (tx) => {
    const open = await findOpenIncident(tx, cause);
    // A source that sends better orders again is left to its incident, which ends when those of it are decided.
    if (!isNew && (!open || cause.kind === 'share')) return false;
    const found = open ?? (await openIncident(tx, cause, at));
    await attachHits(tx, found);
    const incident = await recountIncident(tx, found);
    const { told_orders: told, orders } = incident;
    if (orders <= told || (told > 0 && !hasGrown(told, orders) && !(await isLongAgo(tx, incident, at)))) return false;
    await tell(tx, incident, told === 0 ? 'opened' : 'grown', at);
    await markTold(tx, incident.id, orders);
    return told === 0;
  });
}

const TELLING: readonly string[] = ['incident.opened', 'incident.grown'] satisfies `incident.${IncidentEvent}`[];

/** Whether people were last told of an incident so long ago that what is new is told again. */
async function isLongAgo(tx: Store, { id, opened_at: openedAt }: IncidentRow, at: string): Promise<boolean> {
  return isForgotten((await findTold(tx, id, TELLING)) ?? openedAt, at);
}

/** When one of these was last told of an incident. */
async function findTold(tx: Store, id: string, events: readonly string[]): Promise<string | undefined> {
  return (await listLog(tx, `incident:${id}`)).findLast(({ action }) => events.includes(action))?.at;
}

/** What is escalated of an incident is not told order by order, but once of all, and again each day that it goes on. */
async function tellLate(tx: Store, incident: IncidentRow, at: string): Promise<void> {
  const late = await countLate(tx, incident.id);
  if (late === 0) return;
  const toldAt = await findTold(tx, incident.id, ['incident.escalated' satisfies `incident.${IncidentEvent}`]);
  if (toldAt === undefined || isForgotten(toldAt, at)) await tell(tx, incident, 'escalated', at, late);
}

/** Nothing of it waits, and did lately: what is back after a moment never was well. What waits may wait too long. */
function closeIfOver(store: Store, { id, ...row }: IncidentRow, at: string): Promise<boolean> {
  return inTransaction(store, async (tx) => {
    const open = await findOpenIncident(tx, causeOf(row));
    if (open?.id !== id) return false;
    const incident = await recountIncident(tx, open);
    if (await isLive(tx, id, before(at, LIMITS.calmMs))) {
      await tellLate(tx, incident, at);
      return false;
    }
    await closeIncident(tx, id, at);
    await tell(tx, incident, 'closed', at);
    return true;
  });
}

/** Writes what became of an incident for people and for the audit trail. */
async function tell(tx: Store, incident: IncidentRow, event: IncidentEvent, at: string, late?: number): Promise<void> {
  const { id, opened_at: openedAt, peak, orders } = incident;
  const { totals, ...facts } = await readFacts(tx, {}, incident);
  const worth = sumWorth(totals);
  const ofLate = late !== undefined && { late };
  const words = describeIncident(event, { ...facts, worth, ...ofLate });
  const { cause, codes, since, sources, waiting } = facts;
  const stepKeys = { opened: event, grown: `grown:${String(orders)}`, escalated: `escalated:${at}`, closed: event };
  const stepKey = stepKeys[event];
  const content = {
    title: words.title,
    incidentId: id,
    since,
    openedAt,
    orders,
    waiting,
    ...ofLate,
    mostWaiting: peak,
    from: words.from,
    worth: words.worth,
    whatToDo: words.whatToDo,
    read: `/v1/incidents/${id}`,
    run: `npm run orders -- incident ${id}`,
    // For programs: a letter leaves out what is not plain.
    details: { cause, codes, sources, worth },
  };
  const kind = `incident.${event}` as const;
  await putHouseNotice(tx, { subject: `incident:${id}`, kind, stepKey, content, at });
  const detail = { cause, codes, orders, waiting, ...ofLate };
  await appendLog(tx, `incident:${id}`, { stepKey, at, actor: WORKER, action: kind, detail });
  // A customer's number may be a person's.
  const logged = { incidentId: id, cause: cause.kind, codes, orders, waiting };
  log[event === 'closed' ? 'info' : 'error'](`an incident is ${event}`, logged);
}
