import { setImmediate as nextTurn } from 'node:timers/promises';
import { heartbeat, log } from '@temporalio/activity';
import { Damaged } from '../db/faults.ts';
import { getCase } from '../db/facts.ts';
import { isGone } from '../db/orders.ts';
import { listRulesInForce, placeOf } from '../db/rules.ts';
import { Erased } from '../db/seal.ts';
import {
  endSimulation,
  findSimulation,
  type FlippedOrder,
  keepPage,
  listPastOrders,
  listStanding,
  type PastOrder,
  type Simulation,
} from '../db/simulations.ts';
import type { Store } from '../db/store.ts';
import type { SimulationState } from '../db/tables.ts';
import {
  addTrial,
  addUntried,
  type Experiment,
  type NotTried,
  setUpExperiment,
  type Tally,
  type Trial,
  tryOrder,
} from '../orders/rules/simulation.ts';
import type { Order } from '../orders/order.ts';
import { type Deps, nowIso } from './deps.ts';

/** Orders of one transaction. */
const PAGE = 100;
/** After so long the workflow asks again, so that its details say how far it is. */
const STEP_MS = 10_000;

/** How far a simulation is. */
export interface SimulationStep {
  readonly state: SimulationState;
  /** Orders that were looked at, of how many. */
  readonly looked: number;
  readonly orders: number;
}

/**
 * Looks at the next past orders, page by page for some seconds: each is judged by the rules as they were when the simulation
 * began, with and without the draft. What is kept is ids, outcomes and amounts; nothing is written to the orders.
 * @throws Error if there is no such simulation
 */
export async function simulateRule({ store }: Deps, id: string): Promise<SimulationStep> {
  const until = Date.now() + STEP_MS;
  let simulation = await getSimulation(store, id);
  const experiment = await prepare(store, simulation);
  while (simulation.state === 'running' && Date.now() < until) {
    await tryPage(store, simulation, experiment);
    simulation = await getSimulation(store, id);
  }
  return toStep(simulation);
}

/** Ends a simulation that cannot go on; what it counted stays. */
export async function giveUpSimulation({ store }: Deps, id: string): Promise<SimulationStep> {
  await endSimulation(store, id, 'failed', nowIso());
  return toStep(await getSimulation(store, id));
}

async function getSimulation(store: Store, id: string): Promise<Simulation> {
  const simulation = await findSimulation(store, id);
  if (!simulation) throw new Error(`no simulation ${id}`);
  return simulation;
}

function toStep({ state, orders, tally }: Simulation): SimulationStep {
  const { gone, neverJudged, damaged } = tally.notJudged;
  return { state, orders, looked: tally.judged + gone + neverJudged + damaged };
}

async function prepare(store: Store, { draft, createdAt, rulesSequence }: Simulation): Promise<Experiment> {
  const rules = await listRulesInForce(store, { at: new Date(createdAt), sequence: rulesSequence });
  const replaced = rules.find((rule) => placeOf(rule) === placeOf(draft));
  const begins = Math.max(Date.parse(createdAt), Date.parse(draft.effectiveFrom));
  const ends = draft.effectiveTo !== null && Date.parse(draft.effectiveTo) <= begins;
  return setUpExperiment(rules, draft, replaced, ends);
}

async function tryPage(store: Store, simulation: Simulation, experiment: Experiment): Promise<void> {
  const page = await listPastOrders(store, simulation.limits, { after: simulation.after, size: PAGE });
  const last = page.at(-1);
  if (!last) return endSimulation(store, simulation.id, 'ended', nowIso());
  let tally: Tally = simulation.tally;
  const flipped: FlippedOrder[] = [];
  for (const row of page) {
    heartbeat();
    // Judging keeps the process to itself; orders that are on their way want it too.
    await nextTurn();
    const tried = await tryOne(store, row, experiment);
    if (typeof tried === 'string') {
      tally = addUntried(tally, tried);
      continue;
    }
    tally = addTrial(tally, tried.trial, tried.order);
    if (tried.trial.before !== tried.trial.after) flipped.push(toFlipped(row, tried));
  }
  await keepPage(store, simulation, { last: { receivedAt: last.received_at, id: last.id }, tally, flipped });
}

interface Tried {
  readonly trial: Trial;
  readonly order: Order;
}

async function tryOne(store: Store, row: PastOrder, experiment: Experiment): Promise<Tried | NotTried> {
  if (isGone(row)) return 'gone';
  if (row.taken_at === null) return 'neverJudged';
  const ref = { orderId: row.id, revision: row.revision };
  try {
    const { order, facts } = await getCase(store, ref);
    return { order, trial: tryOrder(experiment, order, facts, await listStanding(store, row)) };
  } catch (error) {
    // Erased since the page was read.
    if (error instanceof Erased) return 'gone';
    if (!(error instanceof Damaged)) throw error;
    log.error('left out of a simulation', { why: error.message });
    return 'damaged';
  }
}

function toFlipped(row: PastOrder, { trial, order }: Tried): FlippedOrder {
  const { before, after, findings } = trial;
  return {
    orderId: row.id,
    revision: row.revision,
    before,
    after,
    findings,
    currency: order.currency,
    total: order.total,
  };
}
