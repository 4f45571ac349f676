import { pointerToken } from '../formats/json-reader.ts';
import { decimal, isDecimal } from '../money.ts';
import type { Order } from '../order.ts';

/** A field in which two orders differ: JSON pointer (RFC 6901), and the values as text; null where one has none. */
export interface Difference {
  readonly path: string;
  readonly here: string | null;
  readonly there: string | null;
}

/** What tells where an order comes from rather than what is ordered. */
const ASIDE: readonly string[] = ['source', 'type', 'operatorId', 'extensions'] satisfies readonly (keyof Order)[];

/**
 * In what two orders with the same number differ; nothing if the one is the other once more. Amounts are compared as
 * numbers, and what is empty is as good as absent: a sender that sends again may write both differently.
 */
export function findDifferences(here: Order, there: Order): readonly Difference[] {
  const left = flatten(withoutAside(here), '');
  const right = flatten(withoutAside(there), '');
  return [...new Set([...left.keys(), ...right.keys()])].flatMap((path): Difference[] => {
    const [one, other] = [left.get(path) ?? null, right.get(path) ?? null];
    return isSame(one, other) ? [] : [{ path, here: one, there: other }];
  });
}

/**
 * Differences in words: `/lines/0/quantity is 12, was 10`; the first of them, if there are many. Of people and places only
 * that they differ: who asks for the erasure of one order must not be found in another.
 */
export function describeDifferences(differences: readonly Difference[]): string {
  const words = differences.slice(0, DESCRIBED).map(({ path, here, there }) => {
    if (PERSONAL.test(path)) return `${path} differs`;
    return `${path} is ${here ?? 'missing'}, was ${there ?? 'missing'}`;
  });
  const left = differences.length - words.length;
  return words.join('; ') + (left > 0 ? `; and ${left} more` : '');
}

const DESCRIBED = 10;
const PERSONAL = /^\/(?:contact|shipTo|billTo|notes|payment|lines\/\d+\/deliverTo)\b/;

function withoutAside(order: Order): object {
  return Object.fromEntries(Object.entries(order).filter(([name]) => !ASIDE.includes(name)));
}

function isSame(one: string | null, other: string | null): boolean {
  if (one === other) return true;
  return one !== null && other !== null && isDecimal(one) && isDecimal(other) && decimal(one).equals(decimal(other));
}

/** Every text of an order by its pointer. */
function flatten(value: unknown, path: string): ReadonlyMap<string, string> {
  if (value === null || value === undefined || value === '') return new Map();
  if (typeof value !== 'object') return new Map([[path, typeof value === 'string' ? value : JSON.stringify(value)]]);
  return new Map(Object.entries(value).flatMap(([name, member]) => [...flatten(member, path + pointerToken(name))]));
}
