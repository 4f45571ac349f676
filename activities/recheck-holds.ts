import { setTimeout as pause } from 'node:timers/promises';
import { heartbeat } from '@temporalio/activity';
import { type HoldCursor, listDueLooks, listSelfClearing, noteLook, type SelfClearingHold } from '../db/holds.ts';
import { listSources } from '../db/sources.ts';
import { decideGate } from '../orders/gate.ts';
import { CHANGE_WAITS, mayGoOn as mayChangeGoOn } from './choose-course.ts';
import { type Deps, nowIso } from './deps.ts';
import { GATE_PAUSED } from './gate.ts';
import { tellDamaged } from './guard.ts';

const PAGE = 200;
/** Orders let go on a second, so that a back office that has just come back is not run over. */
const RECHECKS_PER_SECOND = 25;
/** Orders that are judged again in one run, so that those whose cause is gone need not wait for all of them. */
const MOST_LOOKS = 1000;

/**
 * Lets orders look again whose hold may have lost its cause: the back office answers, the source is not paused, or what
 * the back office knows may be something else by now.
 */
export async function recheckHolds(deps: Deps): Promise<{ rechecked: number }> {
  const { rechecked, answers } = await letGoOn(deps, await isThere(deps));
  // Nobody is asked for facts who does not even answer that they are there.
  return { rechecked: rechecked + (answers ? await lookAgain(deps) : 0) };
}

/** Whether the back office answers; while it is left alone this costs no call. */
function isThere({ backOffice }: Deps): Promise<boolean> {
  return backOffice()
    .ping()
    .then(
      () => true,
      () => false,
    );
}

/** Lets orders go on whose hold clears itself. @returns how many, and whether the back office answers to the end */
async function letGoOn(deps: Deps, isBack: boolean): Promise<{ rechecked: number; answers: boolean }> {
  const { store, runs } = deps;
  let answers = isBack;
  const sources = new Map((await listSources(store, tellDamaged)).map((source) => [source.id, source]));
  const now = nowIso();
  const mayGoOn = async ({ code, source, retry_at: retryAt, ...hold }: SelfClearingHold): Promise<boolean> => {
    const profile = sources.get(source);
    if (retryAt !== null && retryAt > now) return false;
    if (code === CHANGE_WAITS) return mayChangeGoOn(store, hold.order_id);
    if (code !== GATE_PAUSED) return answers;
    return profile !== undefined && decideGate(profile, hold.customer_id) !== 'paused';
  };
  let rechecked = 0;
  let lastOrder = '';
  for (let after: HoldCursor = { orderId: '', code: '' }; ;) {
    const holds = await listSelfClearing(store, { after, size: PAGE });
    for (const hold of holds) {
      after = { orderId: hold.order_id, code: hold.code };
      // An order is asked once, however many of its holds have lost their cause.
      if (hold.order_id === lastOrder || !(await mayGoOn(hold))) continue;
      lastOrder = hold.order_id;
      await tell(runs, hold.order_id);
      rechecked += 1;
      // One that goes away again under the first of them is not sought by the others.
      if (rechecked % RECHECKS_PER_SECOND === 0) answers &&= await isThere(deps);
    }
    if (holds.length < PAGE) return { rechecked, answers };
    heartbeat();
  }
}

/** Has orders judged again whose holds rest on what the back office knows, each more seldom the longer it waits. */
async function lookAgain(deps: Deps): Promise<number> {
  const { store, runs } = deps;
  const asked = new Set<string>();
  while (asked.size < MOST_LOOKS) {
    const due = (await listDueLooks(store, nowIso(), PAGE)).filter(({ order_id: id }) => !asked.has(id));
    for (const look of due) {
      if (asked.has(look.order_id)) continue;
      asked.add(look.order_id);
      // Before it is told: an order that does not answer is not asked again at once.
      await noteLook(store, look, nowIso());
      await tell(runs, look.order_id);
      if (asked.size % RECHECKS_PER_SECOND === 0 && !(await isThere(deps))) return asked.size;
    }
    if (due.length === 0) break;
  }
  return asked.size;
}

async function tell(runs: Deps['runs'], orderId: string): Promise<void> {
  await runs.recheckOrder(orderId);
  heartbeat();
  await pause(1000 / RECHECKS_PER_SECOND);
}
