import { isSignedByShopify, isSignedByStandard, isSignedByWooCommerce } from '../../exchange/signatures.ts';
import { nameShopifyState } from '../../orders/formats/shop-state.ts';
import type { WebhookProfile } from '../../orders/webhook-profile.ts';

/** A message that somebody pushed: its raw bytes, and what is known to tell whether it is genuine. */
export interface Push {
  readonly body: Buffer;
  readonly header: (name: string) => string | undefined;
  /** The source's secrets, the newest first. */
  readonly secrets: readonly string[];
  readonly now: Date;
}

/**
 * What a message at the door is.
 * - `order`: genuine, and a document to be taken; known again by any of `messageIds`
 * - `passed_over`: genuine, or harmless, and nothing to be kept: answered with success, or its sender would send it again
 * - `forged`: not shown to be from the source
 * - `incomplete`: genuine, but without what its kind always has
 * `why` is for the log: words of ours, nothing of the sender's.
 */
export type Verdict =
  | { readonly kind: 'order'; readonly messageIds: readonly string[] }
  | { readonly kind: 'passed_over' | 'forged' | 'incomplete'; readonly why: string };

const FORGED = { kind: 'forged', why: 'no signature that fits' } as const;

/** Judges a message in the way of its kind. cXML has no signature: see `cxml.ts`. */
export function judgePush(profile: Exclude<WebhookProfile, { kind: 'cxml' }>, push: Push): Verdict {
  switch (profile.kind) {
    case 'standard':
      return judgeStandard(push);
    case 'shopify':
      return judgeShopify(profile, push);
    case 'woocommerce':
      return judgeWooCommerce(profile, push);
  }
}

/** @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
function judgeStandard({ body, header, secrets, now }: Push): Verdict {
  const id = header('webhook-id') ?? '';
  const headers = { id, timestamp: header('webhook-timestamp') ?? '', signature: header('webhook-signature') ?? '' };
  if (!isName(id) || !isSignedByStandard(secrets, headers, body, now)) return FORGED;
  return { kind: 'order', messageIds: [`standard ${id}`] };
}

/** Signed is the body alone, none of the headers: what they say is used with care. */
function judgeShopify({ shop, topics }: Extract<WebhookProfile, { kind: 'shopify' }>, push: Push): Verdict {
  const { body, header, secrets } = push;
  if (!isSignedByShopify(secrets, header('X-Shopify-Hmac-Sha256') ?? '', body)) return FORGED;
  const [topic, domain, version, id] = ['Topic', 'Shop-Domain', 'API-Version', 'Webhook-Id'].map(
    (name) => header(`X-Shopify-${name}`) ?? '',
  );
  if (!topic || !domain || !version || !id || !isName(topic) || !isName(id))
    return { kind: 'incomplete', why: 'without topic, shop, API version or webhook id' };
  if (domain.toLowerCase() !== shop) return { kind: 'forged', why: 'another shop of the same app' };
  if (!topics.includes(topic)) return { kind: 'passed_over', why: 'a topic that is not taken' };
  // The body's own words, which are signed: the same state of an order under another webhook id is the same message.
  const state = nameShopifyState(body);
  const messageIds = [`shopify ${topic} ${id}`, ...(state === undefined ? [] : [state])];
  return { kind: 'order', messageIds };
}

/**
 * Its delivery id is made of the second in which it was sent, so two messages may have the same: a message is known by
 * its content, which names the order and when it was changed.
 */
function judgeWooCommerce({ topics }: Extract<WebhookProfile, { kind: 'woocommerce' }>, push: Push): Verdict {
  const { body, header, secrets } = push;
  const signature = header('X-WC-Webhook-Signature') ?? '';
  if (isCreationPing(push)) return { kind: 'passed_over', why: 'the ping of a webhook that was set up' };
  if (!isSignedByWooCommerce(secrets, signature, body)) return FORGED;
  const topic = header('X-WC-Webhook-Topic');
  if (topic === undefined) return { kind: 'incomplete', why: 'without a topic' };
  return topics.includes(topic)
    ? { kind: 'order', messageIds: [] }
    : { kind: 'passed_over', why: 'a topic that is not taken' };
}

/** Sent once, unsigned, when a webhook is set up: WooCommerce switches off a webhook whose ping is refused. */
function isCreationPing({ body, header }: Push): boolean {
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(header('Content-Type') ?? '');
  return isForm && /^webhook_id=\d{1,20}$/.test(body.subarray(0, 40).toString('latin1'));
}

function isName(text: string): boolean {
  return /^[\x21-\x7e]{1,255}$/.test(text);
}
