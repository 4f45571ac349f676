import type { Order } from '../order.ts';
import { isObject } from './draft.ts';
import { readJson } from './json-reader.ts';

/**
 * Names the state of an order that a Shopify document tells: the order's id and when it was changed. The same state comes
 * under several webhook ids, and again when the shop is polled. Undefined for what is no such document.
 */
export function nameShopifyState(bytes: Uint8Array): string | undefined {
  const value = readJson(bytes).document?.value;
  if (!isObject(value)) return undefined;
  const { id, updated_at: updatedAt } = value;
  // Both as text: ids are longer than a float is exact.
  return typeof id === 'string' && typeof updatedAt === 'string' ? `shopify state ${id} ${updatedAt}` : undefined;
}

/** Where web shops say when the order was last changed; Woo's moments are in UTC and do not say so. */
const CHANGED_AT: readonly string[] = ['updated_at', 'date_modified_gmt'];

/**
 * Whether what a web shop told of an order is an earlier state of it than something else that it told: shops send what they
 * push side by side, and the update may overtake the order. False where one of the two does not say when it was changed.
 * @see https://shopify.dev/docs/apps/build/webhooks/best-practices (ordering is not guaranteed)
 */
export function isEarlierState(one: Order, than: Order): boolean {
  const [changed, changedBefore] = [readChangedAt(one), readChangedAt(than)];
  return changed !== undefined && changedBefore !== undefined && changed < changedBefore;
}

/** In milliseconds since 1970; undefined where it is not said. */
function readChangedAt({ extensions = {} }: Order): number | undefined {
  const said = CHANGED_AT.map((name) => extensions[name]).find((value) => typeof value === 'string');
  if (said === undefined) return undefined;
  const moment = Date.parse(/(?:Z|[+-]\d{2}:?\d{2})$/.test(said) ? said : `${said}Z`);
  return Number.isNaN(moment) ? undefined : moment;
}
