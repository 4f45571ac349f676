import { maskJson } from '../cards.ts';
import type { SourceProfile } from '../source.ts';
import type { Masked } from './format.ts';
import { byteOrderMarkLength, type Token, walkJson } from './json-reader.ts';

/** Objects of which nothing is kept: what a shop knows of a payment beyond that it was made. */
const PAYMENT_OBJECTS: ReadonlySet<string> = new Set(['payment_details', 'receipt']);

/** Links and keys that open the buyer's order page, or the checkout, to whoever holds them. */
const BEARER: ReadonlySet<string> = new Set([
  'order_key',
  'order_status_url',
  'payment_url',
  'cart_token',
  'checkout_token',
]);

/** What is worth money to whoever knows it, below a member about gift cards. */
const GIFT_CARDS = /^(?:pw_)?gift_?cards?$/i;
const GIFT_CARD_SECRET = /^(?:code|number|pin)$/i;
const GIFT_CARD_CODE = /gift_?card.*(?:code|number|pin)$/i;

/** Keys of metadata in which payment gateways and gift card plugins of WooCommerce keep their own. */
const SECRET_META = new RegExp(
  '^_?(?:wc_|woocommerce_)?(?:stripe|wcpay|paypal|ppcp|braintree|square|authorize_net|adyen|klarna|mollie|amazon_pay' +
    `|payment_(?:intent|method_token|token)|intent_(?:id|secret)|charge_id)|${GIFT_CARD_CODE.source}`,
  'i',
);

/** A text or number that may be hidden. */
interface Candidate {
  readonly from: number;
  readonly length: number;
  /** The entry of a list of metadata whose key decides. */
  readonly entry: string;
}

interface Hiding {
  readonly hidden: Pick<Candidate, 'from' | 'length'>[];
  readonly candidates: Candidate[];
  readonly secretEntries: Set<string>;
}

/**
 * Masks what of a JSON document is never kept: card numbers wherever they stand, and in a web shop's order the details
 * of the payment, gift card codes, what payment gateways left in the metadata, and links and keys that open the order to
 * whoever holds them. What is only personal, such as the buyer's address on the net, stays and is sealed with the rest.
 * The length stays. A document of a source that is read by a table is masked for card data alone: there the table says
 * what fields mean.
 */
export function maskJsonDocument(bytes: Uint8Array, profile: SourceProfile): Masked {
  const masked = maskJson(bytes, profile);
  return profile.mapping ? masked : { ...masked, bytes: hideSecrets(masked.bytes) };
}

/** Works on one character a byte (latin1), so that indexes are byte offsets. What is no JSON is left as it is. */
function hideSecrets(bytes: Uint8Array): Uint8Array {
  const start = byteOrderMarkLength(bytes);
  const hiding: Hiding = { hidden: [], candidates: [], secretEntries: new Set() };
  const fault = walkJson(Buffer.from(bytes).toString('latin1', start), {
    open: () => undefined,
    close: () => undefined,
    name: () => undefined,
    literal: (value, token) => {
      if (typeof value === 'string' && value !== '') judge(hiding, value, token);
    },
  });
  const inEntries = hiding.candidates.filter(({ entry }) => hiding.secretEntries.has(entry));
  const hidden = [...hiding.hidden, ...inEntries];
  if (fault !== undefined || hidden.length === 0) return bytes;
  const copy = Uint8Array.from(bytes);
  for (const { from, length } of hidden) hide(copy, start + from, length);
  return copy;
}

function judge(hiding: Hiding, value: string, token: Token): void {
  const path = token.path();
  const place = { from: token.index, length: token.length };
  const names = path.filter((key) => typeof key === 'string');
  if (isSecret(names, path)) {
    hiding.hidden.push(place);
    return;
  }
  const at = path.lastIndexOf('meta_data');
  const member = path[at + 2];
  if (at < 0 || typeof member !== 'string') return;
  const entry = path.slice(0, at + 2).join('\0');
  // The key may stand behind the value that it names.
  if (member === 'key' && SECRET_META.test(value)) hiding.secretEntries.add(entry);
  if (member !== 'key' && member !== 'id') hiding.candidates.push({ ...place, entry });
}

function isSecret(names: readonly string[], path: readonly (string | number)[]): boolean {
  const own = names.at(-1) ?? '';
  if (BEARER.has(own) || names.some((name) => PAYMENT_OBJECTS.has(name))) return true;
  if (GIFT_CARD_CODE.test(own)) return true;
  if (GIFT_CARD_SECRET.test(own) && names.slice(0, -1).some((name) => GIFT_CARDS.test(name))) return true;
  return own === 'token' && isOfOrder(path);
}

/** Shopify's `token` of the order itself; a canonical order has one of a payment, which is meant to be kept. */
function isOfOrder(path: readonly (string | number)[]): boolean {
  return ['*', '*/*', 'order/*', 'orders/*/*'].includes(shapeOf(path));
}

function shapeOf(path: readonly (string | number)[]): string {
  const shape = path.map((key, index) => (index < path.length - 1 && typeof key === 'string' ? key : '*'));
  return shape.join('/');
}

/** Writes stars over a text between its quotes; over a number as a text as long, one digit becoming 0. */
function hide(bytes: Uint8Array, from: number, length: number): void {
  const [star, quote, zero] = [0x2a, 0x22, 0x30];
  if (bytes[from] !== quote && length < 2) {
    bytes[from] = zero;
    return;
  }
  bytes.fill(star, from + 1, from + length - 1);
  bytes[from] = quote;
  bytes[from + length - 1] = quote;
}
