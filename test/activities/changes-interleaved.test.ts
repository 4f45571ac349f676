import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { v7 as uuidv7 } from 'uuid';
import '../support/property-seed.ts';
import { mayGoOn } from '../../activities/choose-course.ts';
import type { Activities } from '../../activities/index.ts';
import { type OrderProgress, readProgress } from '../../activities/progress.ts';
import { type BackOffice, BackOfficeUnavailable } from '../../backoffice/port.ts';
import { acceptDocument } from '../../db/intake.ts';
import { getOrder } from '../../db/orders.ts';
import { findOpenReview } from '../../db/reviews.ts';
import type { DecisionAction } from '../../db/tables.ts';
import { makeOrderJson } from '../support/order-factory.ts';
import { makeArrival } from '../support/store.ts';
import { openStepHouse, type StepHouse } from './step-house.ts';

/*
 * An order and the changes of it, whose steps are taken in any order, by two workers at once, once more long after, with
 * answers of the back office that are lost and workers that die before they tell what they wrote. Whatever happens,
 * production has at most one live order, and in the end what our rows say it has.
 */

let house: StepHouse;
let steps: Activities;
/** What befalls the next calls of the back office, or the worker that is about to tell somebody something. */
let mishaps: Mishap[] = [];
type Mishap = 'lost' | 'away' | 'killed';

beforeAll(async () => {
  house = await openStepHouse({
    reach: withMishaps,
    runs: { tellDecision: tell, startOrder: tell, recheckOrder: tell },
  });
  ({ steps } = house);
});
afterAll(() => house.close());

function tell(): Promise<void> {
  return mishaps.shift() === 'killed' ? Promise.reject(new Error('killed')) : Promise.resolve();
}

/** A back office whose calls may not arrive, or whose answers may not. */
function withMishaps(real: BackOffice): BackOffice {
  const wrap =
    <Args extends unknown[], T>(call: (...args: Args) => Promise<T>) =>
    async (...args: Args): Promise<T> => {
      const mishap = mishaps.shift();
      if (mishap === 'away') throw new BackOfficeUnavailable('a call', 'away');
      const answer = await call(...args);
      if (mishap === 'lost') throw new BackOfficeUnavailable('a call', 'lost');
      return answer;
    };
  return Object.fromEntries(Object.entries(real).map(([name, call]) => [name, wrap(call as never)])) as never;
}

/** What its workflow would do next with an order. */
async function takeStep(orderId: string): Promise<() => Promise<unknown>> {
  const order = await readProgress(house.store, orderId);
  const [pending] = order.pendingDecisions;
  const isChange = order.type !== 'new';
  const mayDecide = order.finished || (order.state !== 'received' && order.state !== 'reserved');
  if (pending !== undefined && mayDecide && order.resumeState !== 'submitted')
    return () => steps.applyDecision(orderId, pending);
  if (order.finished) return () => Promise.resolve();
  switch (order.state) {
    case 'received':
      return () => steps.parseOrder(orderId);
    case 'parsed':
      return () => (isChange ? change(order) : house.judge(order));
    case 'validated':
      return () => (isChange ? steps.carryOutChange(order) : steps.reserveOrder(order));
    case 'reserved':
      return () => steps.stageOrder(order);
    case 'staged':
    case 'submitted':
      return () => steps.submitOrder(order);
    case 'held': {
      const waits = order.holds.some(({ code }) => code === 'CHANGE.WAITS');
      return async () => (waits && !(await mayGoOn(house.store, orderId)) ? undefined : steps.resumeOrder(order));
    }
    case 'in_review':
      return () => (order.review ? steps.resumeOrder(order) : steps.enterReview(order, Date.now()));
    default:
      return async () => (order.holds.length > 0 ? steps.resumeOrder(order) : steps.closeOrder(order));
  }
}

async function change(order: OrderProgress): Promise<void> {
  const linked = await steps.linkChange(order);
  if (linked.state === 'parsed') await house.judge(linked);
}

/** Does a step; one that fails holds its order, as the workflow would have it. */
async function run(orderId: string, step: () => Promise<unknown>): Promise<void> {
  await step().catch((error: unknown) =>
    error instanceof Error && error.message === 'killed'
      ? undefined
      : steps.holdOrder(orderId, 'BACKOFFICE.UNAVAILABLE').catch(() => undefined),
  );
}

async function decide(orderId: string, action: DecisionAction): Promise<void> {
  if (action === 'cancel' || (await findOpenReview(house.store, orderId))) await house.decide(orderId, { action });
}

const now = (): string => new Date().toISOString();

/** One thing that happens: to the n-th of the documents, the order being the first. */
interface Happening {
  readonly what: 'arrive' | 'step' | 'twice' | 'late' | 'approve' | 'reject' | 'cancel' | Mishap;
  readonly whom: number;
}

interface Sent {
  readonly type: 'new' | 'replace' | 'cancel';
  readonly quantity: number;
  /** A price that was not agreed: a person must look. */
  readonly isDoubtful: boolean;
}

interface Document extends Sent {
  readonly orderId: string;
  readonly bytes: Buffer;
}

function write(order: Record<string, unknown>, { type, quantity, isDoubtful }: Sent, index: number): Document {
  const unitPrice = isDoubtful ? '18.0000' : '19.9900';
  const total = ((quantity * Number(unitPrice) * 100) / 100).toFixed(2);
  const lines = [{ line: '1', sku: 'SKU-1', quantity: String(quantity), unitPrice, amount: total }];
  const json = { ...order, externalId: `${String(order['externalId'])}-${String(index)}`, type, lines, total };
  const bytes = Buffer.from(JSON.stringify(json));
  return { type, quantity, isDoubtful, orderId: uuidv7(), bytes };
}

async function arrive({ orderId, bytes }: Document): Promise<void> {
  await acceptDocument(house.store, makeArrival({ bytes, at: now() }), { orderId, operatorId: null });
}

async function listLive(orderId: string): Promise<{ revision: number; total: string }[]> {
  const { productionOrders } = await house.back.admin.listProductionOrders({ orderId });
  return productionOrders.filter(({ state }) => state !== 'cancelled');
}

/** Units that nobody has, reserved or in production. */
async function countFree(): Promise<number> {
  const order = { ...makeOrderJson(), source: 'web-shop', type: 'new' } as never;
  const facts = await house.back.backOffice.getFacts(uuidv7(), order);
  return Number(facts.products['SKU-1']?.available);
}

/** Lets everything come to its end, a reviewer approving what may be approved. */
async function settle(orderIds: readonly string[]): Promise<void> {
  mishaps = [];
  for (let round = 0; round < 60; round += 1) {
    const open = await Promise.all(orderIds.map((id) => readProgress(house.store, id)));
    if (open.every(({ finished, pendingDecisions }) => finished && pendingDecisions.length === 0)) return;
    for (const { orderId, state, review, pendingDecisions, revision, holds } of open) {
      const isWaiting = state === 'in_review' && review !== null && pendingDecisions.length === 0;
      const isOutdated = holds.some(({ code }) => code === 'CHANGE.OUTDATED');
      if (isWaiting) await decide(orderId, round > 40 || isOutdated || revision > 6 ? 'reject' : 'approve');
      await run(orderId, await takeStep(orderId));
    }
  }
  const left = await Promise.all(orderIds.map((id) => readProgress(house.store, id)));
  throw new Error(`not at its end: ${JSON.stringify(left)}`);
}

async function play(sent: readonly Sent[], happenings: readonly Happening[]): Promise<void> {
  const order = makeOrderJson();
  const documents = sent.map((one, index) => write(order, one, index));
  const arrived: Document[] = [];
  let late: { orderId: string; step: () => Promise<unknown> } | undefined;
  const receive = async (document: Document): Promise<void> => {
    await arrive(document);
    arrived.push(document);
    // The next one comes at another moment.
    await new Promise((done) => setTimeout(done, 2));
  };
  mishaps = [];
  const free = await countFree();
  for (const { what, whom } of happenings) {
    const document = documents[whom % documents.length] as Document;
    const { orderId } = document;
    const isHere = arrived.includes(document);
    if (what === 'lost' || what === 'away' || what === 'killed') mishaps.push(what);
    else if (!isHere) await receive(document);
    else if (what === 'approve' || what === 'reject' || what === 'cancel') await decide(orderId, what);
    else if (what === 'late' && late) await run(late.orderId, late.step);
    else {
      const step = await takeStep(orderId);
      await Promise.all((what === 'twice' ? [step, step] : [step]).map((one) => run(orderId, one)));
      late ??= { orderId, step };
      if (what === 'late') late = { orderId, step };
    }
    for (const { orderId: id, type } of documents)
      expect((await listLive(id)).length).toBeLessThanOrEqual(type === 'new' ? 1 : 0);
  }
  for (const document of documents) if (!arrived.includes(document)) await receive(document);
  await settle(documents.map(({ orderId }) => orderId));

  const [{ orderId }] = documents as [Document];
  const end = await getOrder(house.store, orderId);
  const live = await listLive(orderId);
  expect(live).toMatchObject(end.state === 'completed' ? [{ revision: end.revision, total: end.total }] : []);
  const units = Number((live[0] as { lines?: { quantity: string }[] } | undefined)?.lines?.[0]?.quantity ?? 0);
  expect(await countFree()).toBe(free - units);
  const applied = await Promise.all(arrived.map(({ orderId: id }) => getOrder(house.store, id)));
  const revisions = applied.filter(({ state }) => state === 'applied').map((row) => row.changes_revision ?? 0);
  expect(revisions).toEqual(revisions.toSorted((a, b) => a - b));
}

const sent = fc.record({
  type: fc.constantFrom('replace', 'replace', 'cancel'),
  quantity: fc.integer({ min: 1, max: 20 }),
  isDoubtful: fc.boolean(),
}) as fc.Arbitrary<Sent>;
const happening: fc.Arbitrary<Happening> = fc.record({
  what: fc.oneof(
    { weight: 12, arbitrary: fc.constant('step' as const) },
    { weight: 4, arbitrary: fc.constantFrom('twice', 'late', 'approve') },
    { weight: 1, arbitrary: fc.constantFrom('reject', 'cancel') },
    { weight: 4, arbitrary: fc.constantFrom('lost', 'away', 'killed') },
  ),
  whom: fc.nat({ max: 3 }),
});

test('production has at most one live order, and in the end the one that we say it has', async () => {
  const first = fc.record({ quantity: fc.integer({ min: 1, max: 20 }), isDoubtful: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(
      first,
      fc.array(sent, { minLength: 1, maxLength: 3 }),
      fc.array(happening, { minLength: 10, maxLength: 60 }),
      (order, changes, happenings) => play([{ type: 'new', ...order }, ...changes], happenings),
    ),
    { numRuns: 12 },
  );
}, 300_000);
