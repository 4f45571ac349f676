import { setTimeout as pause } from 'node:timers/promises';
import { heartbeat } from '@temporalio/activity';
import { type HoldCursor, listSelfClearing, type SelfClearingHold } from '../db/holds.ts';
import { listSources } from '../db/sources.ts';
import { decideGate } from '../orders/gate.ts';
import { CHANGE_WAITS, mayGoOn as mayChangeGoOn } from './choose-course.ts';
import { type Deps, nowIso } from './deps.ts';
import { GATE_PAUSED } from './gate.ts';
import { tellDamaged } from './guard.ts';

const PAGE = 200;
/** Orders let go on a second, so that a back office that has just come back is not run over. */
const RECHECKS_PER_SECOND = 25;

/** Lets orders go on whose self-clearing hold may have lost its cause: the back office answers, the source is not paused. */
export async function recheckHolds({ store, backOffice, runs }: Deps): Promise<{ rechecked: number }> {
  const answers = await backOffice()
    .ping()
    .then(
      () => true,
      () => false,
    );
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
      await runs.recheckOrder(hold.order_id);
      rechecked += 1;
      heartbeat();
      await pause(1000 / RECHECKS_PER_SECOND);
    }
    if (holds.length < PAGE) return { rechecked };
    heartbeat();
  }
}
