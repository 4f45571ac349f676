import type { Allowance } from './allowances.ts';
import { toScaled } from './amounts.ts';
import { type Answer, refuse } from './answer.ts';
import { type Claim, claimLines, findHeldClaim, type Served, serveClaim, toClaim, type WantedClaim } from './claims.ts';
import { findReservation, isReleased, type Key } from './reservations.ts';
import { type Allocations, serveLines, sumUnits, type Terms, type Units } from './stock.ts';
import type { Store } from './store.ts';

/** What production needs of an order. Names, addresses and notes go to the shop floor and are not kept here. */
export interface Submission {
  readonly customerId: string;
  readonly poNumber: string;
  readonly currency: string;
  readonly total: string;
  readonly lines: readonly {
    readonly line: string;
    readonly sku: string;
    readonly quantity: string;
    readonly unitPrice: string;
    readonly amount: string;
    /** What of the line goes now and from where, and what waits; absent: all of it goes. */
    readonly fulfilment?:
      | {
          readonly allocations: readonly { readonly warehouse: string; readonly quantity: string }[];
          readonly waiting: string;
        }
      | undefined;
  }[];
}

/** How an order goes to production, and how it is served. */
export interface Taken extends Served {
  /** For what waits. */
  readonly terms: Terms;
}

/**
 * What production takes for the revision. A reservation that covers it is as good as taken, whatever stock and credit
 * say by now; without one, or for more than was reserved, the limits are looked at as for a reservation.
 */
export function claimForProduction(
  store: Store,
  key: Key,
  submission: Submission,
  { allow: allowed, ...terms }: Terms & { readonly allow: readonly Allowance[] },
): Taken | Answer {
  if (isReleased(store, key)) return decline(409, 'released', 'The reservation of this revision was given back');
  const reservation = findReservation(store, key.orderId);
  if (reservation !== undefined && reservation.revision > key.revision) {
    return decline(409, 'superseded', 'A later revision has replaced this one');
  }
  const claim = toClaim(store, { ...submission, amount: submission.total });
  if ('impossible' in claim) return decline(422, claim.impossible, claim.title);
  const split = readSplit(submission);
  if (split === 'inconsistent') {
    return decline(422, 'wrong_fulfilment', 'What of the lines goes now and what waits is not what they order');
  }
  const held = reservation?.revision === key.revision ? findHeldClaim(store, key.orderId) : undefined;
  const reserved = held && takeOver(held, claim, split);
  if (reservation && reserved) return { ...reserved, terms: reservation.terms };
  const allow = held && reservation ? reservation.allowed : allowed;
  // What goes now and what waits was agreed on when it was reserved, and is not made up here.
  const served = split === undefined ? serveClaim(store, key.orderId, claim, { ...terms, allow }) : undefined;
  if (served && !('shortages' in served)) return { ...served, terms };
  return decline(409, 'not_reserved', 'Not enough credit or stock is reserved for this revision');
}

/** What the order says of each of its lines, if it does. */
function readSplit({ lines }: Submission): readonly Allocations[] | undefined | 'inconsistent' {
  if (lines.every(({ fulfilment }) => fulfilment === undefined)) return undefined;
  const split = lines.map(({ quantity, fulfilment }) => {
    const { allocations = [], waiting = '0' } = fulfilment ?? {};
    const scaled = allocations.map((some) => ({ warehouse: some.warehouse, quantity: toScaled(some.quantity) }));
    return sumUnits(scaled) + toScaled(waiting) === toScaled(quantity) ? scaled : undefined;
  });
  const consistent = split.filter((allocations) => allocations !== undefined);
  return consistent.length === split.length ? consistent : 'inconsistent';
}

/** The order served from its own reservation; undefined if that does not cover it. */
function takeOver(held: Claim, wanted: WantedClaim, split: readonly Allocations[] | undefined): Served | undefined {
  if (held.customerId !== wanted.customerId || held.amount < wanted.amount) return undefined;
  if (split !== undefined) {
    const served = claimLines(wanted, split);
    return isWithin(served.claim.units, held.units) ? served : undefined;
  }
  const bySku = Map.groupBy(held.units, ({ sku }) => sku);
  const shelves = new Map(
    [...bySku].map(([sku, units]) => [sku, { free: addUp(units, (some) => some.warehouse), packSize: 0n }]),
  );
  const served = claimLines(wanted, serveLines(shelves, wanted.lines, { partial: 'hold', overdrawn: new Set() }));
  const isWhole = served.lines.every(({ quantity, allocations }) => sumUnits(allocations) === quantity);
  return isWhole ? served : undefined;
}

function isWithin(units: readonly Units[], held: readonly Units[]): boolean {
  const place = ({ sku, warehouse }: Units) => JSON.stringify([sku, warehouse]);
  const there = addUp(held, place);
  return [...addUp(units, place)].every(([at, quantity]) => quantity <= (there.get(at) ?? 0n));
}

function addUp(units: readonly Units[], by: (units: Units) => string): ReadonlyMap<string, bigint> {
  return new Map([...Map.groupBy(units, by)].map(([name, some]) => [name, sumUnits(some)]));
}

/** A refusal that is an outcome of submitting, not a mistake of the caller. */
export function decline(httpStatus: number, code: string, reason: string): Answer {
  return refuse(httpStatus, code, reason, { accepted: false, reason });
}
