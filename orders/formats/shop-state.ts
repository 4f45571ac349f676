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
