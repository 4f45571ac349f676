import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { listOpenHolds } from '../../db/holds.ts';
import { getOrder, getRevision, type OrderRow } from '../../db/orders.ts';
import type { Order } from '../../orders/order.ts';
import { type House, openHouse, untilOrder } from '../support/house.ts';
import { type Amounts, type Contender, type Deed, type Encounter, playEncounter, readFree } from './contest.ts';
import { letLookAgain, readPromised, reprice, setLimits, takenBy } from './contest.ts';
import { decide, until } from './people.ts';

/*
 * What is promised when fifty orders meet is read from the back office over HTTP, so that our own books hide nothing.
 */

const ORDERS = 50;
const ROUNDS = 4;

const DEEDS: readonly Deed[] = ['reduce', 'cancel', 'approve', 'reject', 'leave'];
const anyDeed = (index: number): Deed => DEEDS[index % DEEDS.length] ?? 'leave';
const USUAL = {
  quantityOf: (index: number) => 1 + ((index * 7) % 4),
  deedOf: anyDeed,
  isOffPrice: (index: number) => index % 7 === 3,
  faults: {},
  faultsUntilHeld: 0,
};

const ENCOUNTERS: readonly Encounter[] = [
  {
    ...USUAL,
    name: 'one unit each, and nobody interferes',
    quantityOf: () => 1,
    deedOf: () => 'leave',
    isOffPrice: () => false,
  },
  { ...USUAL, name: 'people correct, cancel, approve and reject meanwhile' },
  {
    ...USUAL,
    name: 'every fifth answer is lost',
    faults: { loseAnswers: 0.2, calls: ['getFacts', 'reserve', 'release', 'submit', 'status', 'cancel'] },
  },
  {
    ...USUAL,
    name: 'no reservation is answered, and what may hold one is cancelled',
    deedOf: (index) => (index % 2 === 0 ? 'cancel' : anyDeed(index)),
    faults: { loseAnswers: 1, calls: ['reserve'] },
    faultsUntilHeld: 5,
  },
  {
    ...USUAL,
    name: 'production is away, and what is held with its reservation is cancelled',
    deedOf: (index) => (index % 2 === 0 ? 'cancel' : anyDeed(index)),
    faults: { absent: true, calls: ['submit'] },
    faultsUntilHeld: 5,
  },
];

let house: House;
beforeAll(async () => {
  // Answers that are lost in a row open the circuit; a pause of seconds would be most of what the test takes.
  house = await openHouse({ circuit: { pauseMs: 100 } });
});
afterAll(() => house.close());

describe.each(ENCOUNTERS)('fifty orders for the last units and the last of the credit: $name', (encounter) => {
  const rounds = Array.from({ length: ROUNDS }, (_, round) => round + 1);

  test.each(rounds)(
    'exactly what fits is promised, and nothing is left reserved (%d)',
    async (round) => {
      const before = await readPromised(house);
      const scarce = { units: 7 + 2 * round, cents: 30_000 + 3_333 * round };
      await setLimits(house, add(before, scarce));

      const contenders = await playEncounter(house, encounter, ORDERS);
      const waiting = await listWaiting(contenders);
      expect(waiting).not.toEqual([]);
      if (Object.keys(encounter.faults).length === 0) await expectTooMuch(waiting, await readFree(house));
      for (const orderId of waiting) await expectAnswerThatFits(orderId);
      for (const orderId of await listWaiting(contenders)) await decide(house, orderId, { action: 'reject' });

      const rows = await untilOver(contenders);
      await expectProductionToBe(rows);
      const inDoubt = contenders.filter(({ wasCancelledInDoubt }) => wasCancelledInDoubt);
      if (encounter.faultsUntilHeld > 0) expect(inDoubt).not.toEqual([]);
      expect(await readPromised(house)).toEqual(add(before, await addUp(rows)));
      const allowing = (code: string) => new Set(contenders.filter(({ allowed }) => allowed.has(code)).map(idOf));
      const ofStock = allowing('STOCK.SHORT');
      const ofCredit = allowing('CREDIT.LIMIT');
      expect((await addUp(rows.filter(({ id }) => !ofStock.has(id)))).units).toBeLessThanOrEqual(scarce.units);
      expect((await addUp(rows.filter(({ id }) => !ofCredit.has(id)))).cents).toBeLessThanOrEqual(scarce.cents);
    },
    600_000,
  );
});

const idOf = ({ orderId }: Contender): string => orderId;
const isOver = ({ terminal_at }: OrderRow): boolean => terminal_at !== null;
const add = (one: Amounts, other: Amounts): Amounts => ({
  units: one.units + other.units,
  cents: one.cents + other.cents,
});
/** What an order lacks; who takes nothing of something lacks nothing of it, even if too much of it is promised. */
const listLacking = ({ units, cents }: Amounts, free: Amounts): string[] => [
  ...(cents > Math.max(free.cents, 0) ? ['CREDIT.LIMIT'] : []),
  ...(units > free.units ? ['STOCK.SHORT'] : []),
];
const codesOf = async (orderId: string): Promise<string[]> =>
  (await listOpenHolds(house.store, orderId)).map(({ code }) => code);

const listRows = (contenders: readonly Contender[]): Promise<OrderRow[]> =>
  Promise.all(contenders.map(({ orderId }) => getOrder(house.store, orderId)));

function untilOver(contenders: readonly Contender[]): Promise<readonly OrderRow[]> {
  return until(async () => {
    const rows = await listRows(contenders);
    if (rows.every(isOver)) return rows;
    await letLookAgain(house, contenders);
    return undefined;
  }, 60_000);
}

async function contentOf({ id: orderId, revision }: OrderRow): Promise<Order> {
  return getRevision(house.store, { orderId, revision });
}

async function listWaiting(contenders: readonly Contender[]): Promise<readonly string[]> {
  return (await listRows(contenders)).filter((row) => !isOver(row)).map(({ id }) => id);
}

/** Nothing was given back, so that what was refused for want of something would still be refused. */
async function expectTooMuch(orderIds: readonly string[], free: Amounts): Promise<void> {
  for (const orderId of orderIds) {
    // One that waits for its price was never measured against the stock.
    if ((await codesOf(orderId)).includes('PRICE.MISMATCH')) continue;
    const order = await contentOf(await getOrder(house.store, orderId));
    expect(listLacking(takenBy(order), free)).not.toEqual([]);
  }
}

/** Lets an order be judged once more: what fits is made, and of what does not it is said what is lacking. */
async function expectAnswerThatFits(orderId: string): Promise<void> {
  const free = await readFree(house);
  const before = await getOrder(house.store, orderId);
  const changes = reprice(await contentOf(before));
  expect(await decide(house, orderId, { action: 'correct', changes })).toMatchObject({ applied: true });
  const after = await untilOrder(
    house.store,
    orderId,
    (row) => row.revision > before.revision && (isOver(row) || row.state === 'in_review'),
  );
  const lacking = listLacking(takenBy(await contentOf(after)), free);
  expect([after.state, await codesOf(orderId)]).toEqual([lacking.length > 0 ? 'in_review' : 'completed', lacking]);
}

/** Each completed order has one production order, of what it said at the end; the others have none. */
async function expectProductionToBe(rows: readonly OrderRow[]): Promise<void> {
  for (const row of rows) {
    expect(row.reservation).not.toBe('began');
    const { productionOrders } = await house.admin.listProductionOrders({ orderId: row.id });
    const live = productionOrders.filter(({ state }) => state !== 'cancelled');
    if (row.state !== 'completed') expect(live).toEqual([]);
    else {
      const { total, lines } = await contentOf(row);
      const { sku = '', quantity = '' } = lines[0] ?? {};
      expect(live).toMatchObject([{ revision: row.revision, total, lines: [{ sku, quantity }] }]);
    }
  }
}

/** What the completed ones among some orders took. */
async function addUp(rows: readonly OrderRow[]): Promise<Amounts> {
  const completed = rows.filter(({ state }) => state === 'completed');
  const contents = await Promise.all(completed.map(contentOf));
  return contents.map(takenBy).reduce(add, { units: 0, cents: 0 });
}
