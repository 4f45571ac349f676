import type { Category } from './finding.ts';
import { printAmount, sum } from './money.ts';

/**
 * Whose fault it is that many orders do not go on, as far as their findings tell:
 * - `system`: a system does not answer or breaks, whatever the order; known by the code.
 * - `rule`: a rule itself breaks; known by the code, which names the rule.
 * - `product`, `customer`: what the back office knows of one of them; known by SKU or customer number.
 * - `source`: a source sends what cannot be read or must be sent back.
 * - `code`: the same finding on the orders of one source.
 * - `share`: more of a source's orders than usual need a person, for whatever reason.
 */
export type CauseKind = 'system' | 'rule' | 'product' | 'customer' | 'source' | 'code' | 'share';

/** One cause that can hit many orders. */
export interface Cause {
  readonly kind: CauseKind;
  /** SKU, customer number or source; empty for `system` and `rule`. */
  readonly value: string;
  /** The code, where it is part of the cause; empty otherwise. */
  readonly code: string;
}

/** What stops one order or document: a hold that stands on it, or a finding that sends it back. */
export interface Trouble {
  readonly code: string;
  readonly category: Category;
  readonly source: string;
  readonly customerId: string | null;
  /** SKUs of the lines that the code speaks of. */
  readonly skus: readonly string[];
  /** `review`: a person must decide. `wait`: it goes on by itself. `refused`: it went back to its sender. */
  readonly outcome: 'review' | 'wait' | 'refused';
}

const SYSTEM = ['BACKOFFICE.', 'PROCESSING.', 'CONTENT.', 'HANDOFF.'];
const RULE = 'RULE.FAILED.';
const CUSTOMER = ['CREDIT.', 'CUSTOMER.'];
const PRODUCT = ['PRODUCT.', 'STOCK.', 'PRICE.MISMATCH', 'UNIT.MISMATCH', 'PACK.SIZE'];
/** Somebody wants it so: a source was paused, a sender changes an order. */
const WANTED = ['GATE.', 'CHANGE.'];

/** An order of which more products are wrong than so many tells something of a catalogue or of a source, not of a product. */
const MOST_PRODUCTS = 5;

/** Whether a code speaks of the products of an order's lines. */
export function isOfProduct(code: string): boolean {
  return begins(code, PRODUCT);
}

/** What may be the cause of a trouble, so that it can be counted with that of others; nothing where somebody wants it so. */
export function findCauses(trouble: Trouble): readonly Cause[] {
  const { code, source, outcome } = trouble;
  if (begins(code, WANTED)) return [];
  const share: Cause = { kind: 'share', value: source, code: '' };
  return [...findOwnCauses(trouble), ...(outcome === 'review' && !begins(code, SYSTEM) ? [share] : [])];
}

function findOwnCauses({ code, category, source, customerId, skus, outcome }: Trouble): readonly Cause[] {
  if (begins(code, SYSTEM)) return [{ kind: 'system', value: '', code }];
  if (code.startsWith(RULE)) return [{ kind: 'rule', value: '', code }];
  if (isOfProduct(code) && skus.length > 0 && skus.length <= MOST_PRODUCTS)
    return skus.map((sku) => ({ kind: 'product', value: sku, code: '' }));
  if (begins(code, CUSTOMER) && customerId !== null) return [{ kind: 'customer', value: customerId, code: '' }];
  if (outcome === 'refused' && category === 'data_format') return [{ kind: 'source', value: source, code: '' }];
  return [{ kind: 'code', value: source, code }];
}

function begins(code: string, beginnings: readonly string[]): boolean {
  return beginnings.some((beginning) => code.startsWith(beginning));
}

const MINUTE_MS = 60_000;

/** What makes one cause an incident. */
export const LIMITS = {
  /** So many orders or documents … */
  orders: 10,
  /** … that it hit within this time. */
  windowMs: 15 * MINUTE_MS,
  /** How long an outage lasts before it is one, however few orders wait for it. */
  outageMs: 5 * MINUTE_MS,
  /** How long nothing of it waits until it is over: what is back sooner never was well. */
  calmMs: 5 * MINUTE_MS,
  /** More of a source's orders than one in so many need a person: 5 % … */
  shareOneIn: 20,
  /** … of at least so many … */
  shareOf: 40,
  /** … that it sent in this time. What went back to its sender counts as long, too. */
  hourMs: 60 * MINUTE_MS,
  /** After so long people are told again of an incident that goes on hitting orders. */
  dayMs: 24 * 60 * MINUTE_MS,
} as const;

const OUTAGES: readonly string[] = ['BACKOFFICE.UNAVAILABLE'];

/** How many orders and documents a cause has hit that belong to no incident yet. */
export interface Tally {
  /** Within the window; for `share` within the hour. */
  readonly recent: number;
  /** Since when the one that waits longest does, UTC; null where none waits. */
  readonly waitingSince: string | null;
  /** For `share`: orders that the source sent within the hour; more than matter need not be counted. */
  readonly received?: number;
}

/** Whether what a cause has hit is an incident. */
export function isIncident({ kind, code }: Cause, { recent, waitingSince, received = 0 }: Tally, at: string): boolean {
  if (kind === 'share') return received >= LIMITS.shareOf && recent * LIMITS.shareOneIn > received;
  const waitsMs = waitingSince === null ? 0 : Date.parse(at) - Date.parse(waitingSince);
  return recent >= LIMITS.orders || (OUTAGES.includes(code) && waitsMs > LIMITS.outageMs);
}

/** Whether an incident has grown so much since people were last told of it that they are told again: tenfold. */
export function hasGrown(told: number, orders: number): boolean {
  return orders >= 10 * Math.max(told, 1);
}

/**
 * Whether people were told of an incident so long ago that they are told again of the least that is new. One that a forgotten
 * order keeps open would else hide all that comes later.
 * @param toldAt UTC instant
 */
export function isForgotten(toldAt: string, at: string): boolean {
  return Date.parse(at) - Date.parse(toldAt) >= LIMITS.dayMs;
}

/** What is told of an incident. No personal data. */
export interface IncidentFacts {
  readonly cause: Cause;
  /** Codes of the holds and findings, the most frequent first. */
  readonly codes: readonly string[];
  /** When it hit the first one, UTC. */
  readonly since: string;
  /** How many orders and documents it hit, by source, the most first. */
  readonly sources: readonly { readonly source: string; readonly orders: number }[];
  /** How many of them wait still. */
  readonly waiting: number;
  /** Of how many the review has passed its SLA; absent where that is not what is told. */
  readonly late?: number;
  /** Exact sums of the totals, by currency. */
  readonly worth: readonly { readonly currency: string; readonly amount: string }[];
}

/** What an incident is, in a few words: `product SKU-1 (PRODUCT.INACTIVE)`; without the codes where none are given. */
export function nameCause({ kind, value, code }: Cause, codes: readonly string[] = []): string {
  const named = codes.length === 0 ? '' : ` (${codes.slice(0, 3).join(', ')}${codes.length > 3 ? ', …' : ''})`;
  switch (kind) {
    case 'system':
    case 'rule':
      return code;
    case 'product':
    case 'customer':
      return `${kind} ${value}${named}`;
    case 'source':
      return `unreadable or faulty documents from ${value}${named}`;
    case 'code':
      return `${code} on orders from ${value}`;
    case 'share':
      return `more than ${String(100 / LIMITS.shareOneIn)} % of the orders from ${value} need a person${named}`;
  }
}

/** What can be done about a cause, in words. */
export const ADVICE: Readonly<Record<CauseKind, string>> = {
  system: 'See why the system does not do its part. The orders go on by themselves where their hold clears itself.',
  rule: 'Mend the rule, or what it is given; then let the orders look again.',
  product: 'Mend the product in the back office, or agree on a substitute; then let the orders look again.',
  customer: "Settle the customer's account in the back office; then let the orders look again.",
  source: "Ask the sender what has changed, and see the source's profile. What went back must be sent again.",
  code: 'Ask the sender what has changed, and see whether the rule asks for the right thing.',
  share: 'See what the orders have in common, and ask the sender what has changed.',
};

/** What becomes of an incident of which people are told. `escalated`: reviews of its orders have passed their SLA. */
export type IncidentEvent = 'opened' | 'grown' | 'escalated' | 'closed';

/** An incident in words, for people; each is a line of a letter. */
export interface IncidentWords {
  /** `product SKU-1 (PRODUCT.INACTIVE) stops 60 orders`. */
  readonly title: string;
  /** `web-shop 58, edi-northwind 2`. */
  readonly from: string;
  /** `11994.00 USD`. */
  readonly worth: string;
  readonly whatToDo: string;
}

/** Tells of an incident in words: what it is, whose orders it hit, what they are worth, and what to do. */
export function describeIncident(event: IncidentEvent, facts: IncidentFacts): IncidentWords {
  const { cause, codes, sources, worth, late = 0 } = facts;
  const orders = sources.reduce((count, source) => count + source.orders, 0);
  const count = countOrders(orders);
  const does = {
    opened: `stops ${count}`,
    grown: `grows and has stopped ${count}`,
    escalated: `has kept ${String(late)} of ${count} too long`,
    closed: `is over and had stopped ${count}`,
  }[event];
  return {
    title: `${nameCause(cause, codes)} ${does}`,
    from: sources.map((each) => `${each.source} ${String(each.orders)}`).join(', '),
    worth: worth.map(({ currency, amount }) => `${amount} ${currency}`).join(', '),
    whatToDo: event === 'closed' ? 'Nothing is left to do.' : ADVICE[cause.kind],
  };
}

function countOrders(count: number): string {
  return count === 1 ? '1 order' : `${String(count)} orders`;
}

/** Exact sums of totals, by currency. */
export function sumWorth(
  totals: readonly { readonly currency: string; readonly total: string }[],
): IncidentFacts['worth'] {
  const byCurrency = Map.groupBy(totals, ({ currency }) => currency);
  return [...byCurrency]
    .map(([currency, of]) => ({ currency, amount: printAmount(sum(of.map(({ total }) => total)), currency) }))
    .sort((one, other) => one.currency.localeCompare(other.currency, 'en'));
}
