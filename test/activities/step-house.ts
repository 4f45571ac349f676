import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { v7 as uuidv7 } from 'uuid';
import type { Deps } from '../../activities/deps.ts';
import { type Activities, createActivities } from '../../activities/index.ts';
import type { OrderProgress } from '../../activities/progress.ts';
import type { BackOffice } from '../../backoffice/port.ts';
import { openCredentials, seedDefaults } from '../../cli/setup.ts';
import { type Decision, insertDecision } from '../../db/decisions.ts';
import { listOpenHolds } from '../../db/holds.ts';
import { acceptDocument } from '../../db/intake.ts';
import { getOrder, type OrderRef } from '../../db/orders.ts';
import { findOpenReview } from '../../db/reviews.ts';
import { addRuleVersion } from '../../db/rules.ts';
import { inTransaction } from '../../db/store.ts';
import type { RuleVersion } from '../../orders/rules/rule.ts';
import { type RunningBackOffice, startBackOffice } from '../backoffice/back-office.ts';
import { makeRule } from '../orders/rules/factories.ts';
import { makeOrderJson } from '../support/order-factory.ts';
import { makeArrival, openTestStore, type TestStore } from '../support/store.ts';

/** A database and a back office without workflows: a test takes the steps itself, in any order. */
export interface StepHouse extends TestStore {
  readonly back: RunningBackOffice;
  readonly steps: Activities;
  /** Writes a decision of sofia, a reviewer and supervisor, on the order as it stands. @returns its id */
  decide(orderId: string, saying: Pick<Decision, 'action'> & Partial<Decision>): Promise<string>;
  /** An order that came in and was read. */
  givenParsed(changes?: Readonly<Record<string, unknown>>): Promise<OrderRef>;
  /** An order that came in and was judged, and whose review is open if it waits for a person. */
  givenJudged(changes?: Readonly<Record<string, unknown>>): Promise<OrderRef>;
  judge(ref: OrderRef): Promise<OrderProgress>;
  /** Lets the next version of a rule count at once. */
  addRule(rule: Partial<RuleVersion>, author?: string): Promise<void>;
  /** Codes of the holds that stand on an order. */
  heldFor(ref: OrderRef): Promise<readonly string[]>;
}

/**
 * @param options.reach what stands between the steps and the back office; nothing by default.
 * @param options.runs who is told; nobody by default.
 */
export async function openStepHouse(options: {
  readonly reach?: (backOffice: BackOffice) => BackOffice;
  readonly runs?: Partial<Deps['runs']>;
}): Promise<StepHouse> {
  const house = await openTestStore();
  const { store } = house;
  const back = await startBackOffice();
  await seedDefaults(store, openCredentials(join(house.folder, 'credentials.json')));
  await back.admin.changeCustomer('C-1001', { creditLimit: '9999999.00' });
  await back.admin.changeProduct('SKU-1', { stock: '1000000' });
  const nobody = { tellDecision: done, startOrder: done, recheckOrder: done };
  const runs = { ...nobody, ...options.runs } as Deps['runs'];
  const backOffice = () => options.reach?.(back.backOffice) ?? back.backOffice;
  const elsewhere = {} as Pick<Deps, 'transport' | 'notices' | 'retention' | 'anchorDir'>;
  const steps = inActivity(createActivities({ store, backOffice, runs, ...elsewhere }));
  const givenParsed: StepHouse['givenParsed'] = async (changes = {}) => {
    const orderId = uuidv7();
    const bytes = Buffer.from(JSON.stringify(makeOrderJson(changes)));
    await acceptDocument(store, makeArrival({ bytes }), { orderId, operatorId: null });
    await steps.parseOrder(orderId);
    return { orderId, revision: 1 };
  };
  return {
    ...house,
    back,
    steps,
    givenParsed,
    async givenJudged(changes) {
      const ref = await givenParsed(changes);
      const { state } = await judge(steps, ref);
      if (state === 'in_review') await steps.enterReview(ref, Date.now());
      return ref;
    },
    judge: (ref) => judge(steps, ref),
    async addRule(rule, author = 'ada') {
      const by = { actor: author, at: new Date().toISOString() };
      await inTransaction(store, (tx) => addRuleVersion(tx, makeRule(rule), by, false));
    },
    heldFor: async ({ orderId }) => (await listOpenHolds(store, orderId)).map(({ code }) => code),
    async decide(orderId, saying) {
      const { revision } = await getOrder(store, orderId);
      const review = saying.action === 'cancel' ? undefined : await findOpenReview(store, orderId);
      const by = { actor: 'sofia', roles: ['reviewer', 'supervisor'], reason: 'a test', changes: [] } as const;
      const decision = { id: uuidv7(), orderId, revision, reviewId: review?.id ?? null, ...by, ...saying };
      await insertDecision(store, decision, new Date().toISOString());
      return decision.id;
    },
    async close() {
      await back.server.close();
      await house.close();
    },
  };
}

/** Judges an order that was read as its workflow does. */
export async function judge(steps: Activities, ref: OrderRef): Promise<OrderProgress> {
  await steps.takeFacts(ref);
  await Promise.all([steps.validateOrder(ref), steps.checkCredit(ref), steps.checkInventory(ref)]);
  return steps.settleVerdict(ref);
}

const done = (): Promise<void> => Promise.resolve();

/** The steps as a worker runs them. */
export function inActivity(activities: Activities): Activities {
  const logger = new DefaultLogger('ERROR', () => undefined);
  const inside = Object.entries(activities).map(([name, step]) => {
    const run = (...args: never[]) => new MockActivityEnvironment({}, { logger }).run(() => (step as (...all: never[]) => Promise<unknown>)(...args)); // prettier-ignore
    return [name, run];
  });
  return Object.fromEntries(inside) as Activities;
}
