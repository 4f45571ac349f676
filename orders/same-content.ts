import type { Order } from './order.ts';

/** What tells where an order comes from rather than what is ordered; `extensions` have no effect. */
const ASIDE: readonly string[] = ['source', 'type', 'operatorId', 'extensions'] satisfies readonly (keyof Order)[];

/**
 * Whether two orders ask for the same, word for word. Web shops tell an order anew whenever anything about it changed,
 * such as a label or a tracking number, which is nothing to act on.
 */
export function isSameContent(one: Order, other: Order): boolean {
  return print(one) === print(other);
}

/** Members by name, so that their order makes no difference; absent and null are the same. */
function print(order: Order): string {
  const content = Object.entries(order).filter(([name]) => !ASIDE.includes(name));
  return JSON.stringify(Object.fromEntries(content), (_name, value: unknown) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    const members = Object.entries(value).filter(([, member]) => member !== null && member !== undefined);
    return Object.fromEntries(members.toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}
