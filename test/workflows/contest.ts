import { setTimeout as pause } from 'node:timers/promises';
import type { Switches } from '../../backoffice/reference/switches.ts';
import { listOpenHolds } from '../../db/holds.ts';
import { getRevision, type OrderRow } from '../../db/orders.ts';
import type { FieldChange } from '../../orders/correction.ts';
import type { Order } from '../../orders/order.ts';
import { makeLine, makeOrder } from '../orders/rules/factories.ts';
import { type House, sendOrder } from '../support/house.ts';
import { makeOrderJson } from '../support/order-factory.ts';
import { decide } from './people.ts';

/* Many orders at once for the last units and the last of the credit, and people who meanwhile do things to them. */

const SUPERVISOR = { actor: 'sofia', roles: ['reviewer', 'supervisor'] } as const;
const OPERATOR = { actor: 'olivia', roles: ['operator'] } as const;

/** The last units are of this product; the other one is there in plenty. Each costs the same whatever the quantity. */
export const SCARCE = { sku: 'SKU-3', cents: 14_900 };
const PLENTY = { sku: 'SKU-2', cents: 525 };
/** The last of the credit is this customer's; the other one has more than enough. */
export const POOR = 'C-1002';
const RICH = 'C-1001';

/** What is done to an order that waits for a person; `leave`: nothing. */
export type Deed = 'leave' | 'reduce' | 'cancel' | 'approve' | 'reject';

/** One way in which orders meet. The functions are asked for the n-th order. */
export interface Encounter {
  readonly name: string;
  readonly quantityOf: (index: number) => number;
  readonly deedOf: (index: number) => Deed;
  /** Whether the order has a price that was not agreed, so that it waits for a person before it reserves anything. */
  readonly isOffPrice: (index: number) => boolean;
  readonly faults: Partial<Switches>;
  /** How many orders must have been held at once before the faults are over; 0: they last as long as anything is open. */
  readonly faultsUntilHeld: number;
}

/** One of the orders that meet. */
export interface Contender {
  readonly orderId: string;
  deed: Deed;
  /** The codes of the holds that a person let it pass. */
  readonly allowed: Set<string>;
  /** Whether it was cancelled while it waited for the back office, which might have reserved for it. */
  wasCancelledInDoubt?: true;
}

/**
 * Sends the orders and does to them what people do, until nothing is open but orders that are left alone in review.
 * @throws Error if that takes longer than `limitMs` milliseconds, telling how the open ones stand
 */
export async function playEncounter(
  house: House,
  encounter: Encounter,
  orders: number,
  limitMs = 180_000,
): Promise<readonly Contender[]> {
  await house.admin.setSwitches(encounter.faults);
  const contenders: Contender[] = [];
  const sending = Array.from({ length: orders }, async (_, index) => {
    const orderId = await sendOrder(house, makeContender(index, encounter));
    contenders.push({ orderId, deed: encounter.deedOf(index), allowed: new Set() });
  });
  await Promise.all([...sending, attend(house, encounter, contenders, orders, limitMs)]);
  await house.admin.resetSwitches();
  return contenders;
}

/** Thirds: many for the last units, many for the last of the credit, some for both. */
function makeContender(index: number, { quantityOf, isOffPrice }: Encounter): object {
  const [customerId, product] = (
    [
      [RICH, SCARCE],
      [POOR, PLENTY],
      [POOR, SCARCE],
    ] as const
  )[index % 3] ?? [RICH, SCARCE];
  const quantity = quantityOf(index) * (product === PLENTY ? 10 : 1);
  const cents = product.cents - (isOffPrice(index) ? 25 : 0);
  const amount = print(quantity * cents);
  const line = { line: '1', sku: product.sku, quantity: String(quantity), unitPrice: print(cents), amount };
  return makeOrderJson({ customerId, lines: [line], total: amount });
}

/** Lets held orders look again, and people do what they do, one deed at a time to each order. */
async function attend(
  house: House,
  { faultsUntilHeld }: Encounter,
  contenders: readonly Contender[],
  orders: number,
  limitMs: number,
): Promise<void> {
  const giveUpAt = Date.now() + limitMs;
  const deeds = new Map<string, Promise<void>>();
  const failures: unknown[] = [];
  let areFaultsLasting = true;
  for (;;) {
    const open = await listOpen(house, contenders);
    if (contenders.length === orders && deeds.size === 0 && open.every(isLeftAlone)) return;
    if (failures.length > 0) throw failures[0];
    if (Date.now() > giveUpAt) throw new Error(`open: ${open.map(({ row }) => `${row.id} ${row.state}`).join(', ')}`);
    const held = open.filter(({ row }) => row.state === 'held').length;
    if (areFaultsLasting && faultsUntilHeld > 0 && held >= faultsUntilHeld) {
      await house.admin.resetSwitches();
      areFaultsLasting = false;
    }
    if (faultsUntilHeld === 0 || !areFaultsLasting) await letLookAgain(house, contenders);
    for (const { contender, row } of open) {
      if (deeds.has(row.id)) continue;
      const deed = doDeed(house, contender, row)
        .catch((error: unknown) => failures.push(error))
        .then(() => deeds.delete(row.id));
      deeds.set(
        row.id,
        deed.then(() => undefined),
      );
    }
    await pause(200);
  }
}

/** What the schedule does for orders that wait for the back office, whatever state they wait in. */
export async function letLookAgain({ store, deps }: House, contenders: readonly Contender[]): Promise<void> {
  const ids = contenders.map(({ orderId }) => orderId);
  const waiting = await store.db
    .selectFrom('holds')
    .select('order_id')
    .distinct()
    .where('order_id', 'in', ids)
    .where('release_role', 'is', null)
    .where('cleared_at', 'is', null)
    .execute();
  for (const { order_id: orderId } of waiting) await deps.runs.recheckOrder(orderId);
}

interface Open {
  readonly contender: Contender;
  readonly row: OrderRow;
}

async function listOpen({ store }: House, contenders: readonly Contender[]): Promise<readonly Open[]> {
  const byId = new Map(contenders.map((contender) => [contender.orderId, contender]));
  const rows = await store.db
    .selectFrom('orders')
    .selectAll()
    .where('id', 'in', [...byId.keys()])
    .where('terminal_at', 'is', null)
    .execute();
  return rows.flatMap((row) => {
    const contender = byId.get(row.id);
    return contender ? [{ contender, row }] : [];
  });
}

function isLeftAlone({ contender, row }: Open): boolean {
  return contender.deed === 'leave' && row.state === 'in_review';
}

async function doDeed(house: House, contender: Contender, { id, state, revision }: OrderRow): Promise<void> {
  const { deed } = contender;
  if (deed === 'cancel' && (state === 'held' || state === 'in_review')) {
    const { applied } = await decide(house, id, { action: 'cancel', ...OPERATOR });
    if (applied && state === 'held') contender.wasCancelledInDoubt = true;
  }
  if (state !== 'in_review' || deed === 'leave' || deed === 'cancel') return;
  if (deed === 'reject') await decide(house, id, { action: 'reject' });
  if (deed === 'approve') {
    const holds = await listOpenHolds(house.store, id);
    const { applied } = await decide(house, id, { action: 'approve', ...SUPERVISOR });
    if (applied) for (const { code } of holds) contender.allowed.add(code);
  }
  if (deed === 'reduce') {
    const order = await getRevision(house.store, { orderId: id, revision });
    const { applied } = await decide(house, id, { action: 'correct', changes: reprice(order, 1) });
    // Whoever does not fit with a single one either waits.
    if (applied) contender.deed = 'leave';
  }
}

/** The changes that make an order one of this quantity, by default its own, at the price that was agreed. */
export function reprice({ lines }: Order, quantity = Number(lines[0]?.quantity)): FieldChange[] {
  const cents = (lines[0]?.sku === SCARCE.sku ? SCARCE : PLENTY).cents;
  const amount = print(quantity * cents);
  return [
    { path: '/lines/0/quantity', value: String(quantity) },
    { path: '/lines/0/unitPrice', value: print(cents) },
    { path: '/lines/0/amount', value: amount },
    { path: '/total', value: amount },
  ];
}

/** Units of the scarce product, and cents of the poor customer's credit. */
export interface Amounts {
  readonly units: number;
  readonly cents: number;
}

/** What an order takes of the two. */
export function takenBy({ customerId, lines, total }: Order): Amounts {
  const scarce = lines.filter(({ sku }) => sku === SCARCE.sku);
  return {
    units: scarce.reduce((sum, { quantity }) => sum + Number(quantity), 0),
    cents: customerId === POOR ? toCents(total) : 0,
  };
}

/** With so much on hand nothing is hidden: what the back office says is free never goes below zero. */
const AMPLE = 1_000_000;

/** What the back office has promised of the two. */
export async function readPromised(house: House): Promise<Amounts> {
  await setLimits(house, { units: AMPLE, cents: AMPLE });
  const { units, cents } = await readFree(house);
  return { units: AMPLE - units, cents: AMPLE - cents };
}

/** Puts so many units on hand, promised or free, and sets the credit limit. */
export async function setLimits({ admin }: House, { units, cents }: Amounts): Promise<void> {
  await admin.changeProduct(SCARCE.sku, { stock: String(units) });
  await admin.changeCustomer(POOR, { creditLimit: print(cents) });
}

/** What is free of the two; no units where too many are promised. */
export async function readFree({ backOffice }: House): Promise<Amounts> {
  const asking = makeOrder({ customerId: POOR, lines: [makeLine({ sku: SCARCE.sku })] });
  const { customer, products } = await backOffice.getFacts('nobody', asking);
  if (!customer) throw new Error(`no customer ${POOR}`);
  return {
    units: Number(products[SCARCE.sku]?.available),
    cents: toCents(customer.creditLimit) - toCents(customer.creditUsed),
  };
}

function toCents(amount: string): number {
  return Math.round(Number(amount) * 100);
}

function print(cents: number): string {
  return (cents / 100).toFixed(2);
}
