import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/*
 * Who really sent a message: signatures over its raw bytes under a secret that both sides know. While a secret is replaced
 * two are good, because senders take a new one up some time after they were given it.
 */

/** How far a signed moment may lie from ours, in seconds, so that a recorded message cannot be played again later. */
export const REPLAY_WINDOW_SECONDS = 300;

/** What every secret of a Standard Webhooks sender begins with; the rest is the key in base64. */
const STANDARD_SECRET = 'whsec_';

/** What a Standard Webhooks sender says of a message beside its body. */
export interface StandardHeaders {
  /** `webhook-id` */
  readonly id: string;
  /** `webhook-timestamp`: seconds since 1970, digits only. */
  readonly timestamp: string;
  /** `webhook-signature`: one or more signatures such as `v1,…`, separated by spaces. */
  readonly signature: string;
}

/**
 * Whether a message was signed by who knows one of the secrets, at most five minutes before or after `now`.
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function isSignedByStandard(
  secrets: readonly string[],
  { id, timestamp, signature }: StandardHeaders,
  body: Uint8Array,
  now: Date,
): boolean {
  if (!/^\d{1,12}$/.test(timestamp)) return false;
  if (Math.abs(now.getTime() / 1000 - Number(timestamp)) > REPLAY_WINDOW_SECONDS) return false;
  const offered = signature.split(' ').filter((one) => one.startsWith('v1,'));
  return anyOf(secrets, (secret) => {
    const expected = signStandard(secret, id, timestamp, body);
    return anyOf(offered, (one) => isSameSecret(one, expected));
  });
}

/**
 * The signature of a message as its sender computes it: `v1,<base64>`.
 * @param secret `whsec_` and the key in base64
 */
export function signStandard(secret: string, id: string, timestamp: string, body: Uint8Array): string {
  const key = Buffer.from(secret.slice(STANDARD_SECRET.length), 'base64');
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64')}`;
}

/** Whether a text can be the secret of a Standard Webhooks sender: `whsec_` and 24 to 64 bytes in base64. */
export function isStandardSecret(text: string): boolean {
  const [, encoded] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? [];
  const { length } = Buffer.from(encoded ?? '', 'base64');
  return length >= 24 && length <= 64;
}

/**
 * Whether a body was signed by who knows one of the secrets, in the way of Shopify.
 * @param signature `X-Shopify-Hmac-Sha256`
 * @see https://shopify.dev/docs/apps/build/webhooks/subscribe/https
 */
export function isSignedByShopify(secrets: readonly string[], signature: string, body: Uint8Array): boolean {
  return anyOf(secrets, (secret) => isSameSecret(signature, signBase64(secret, body)));
}

/**
 * Whether a body was signed by who knows one of the secrets, in the way of WooCommerce: WordPress keeps a secret as HTML,
 * so that `s3cr&t` may be shown as `s3cr&amp;t`, and signs with what that stands for.
 * @param signature `X-WC-Webhook-Signature`
 * @see https://github.com/woocommerce/woocommerce `WC_Webhook::generate_signature()`
 */
export function isSignedByWooCommerce(secrets: readonly string[], signature: string, body: Uint8Array): boolean {
  return anyOf(secrets, (secret) => isSameSecret(signature, signBase64(decodeEntities(secret), body)));
}

/** The HMAC-SHA256 of a body in base64: how web shops sign. */
export function signBase64(secret: string, body: Uint8Array): string {
  return createHmac('sha256', secret).update(body).digest('base64');
}

/** What `wp_specialchars_decode()` with `ENT_QUOTES` decodes. */
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"' };

function decodeEntities(text: string): string {
  return text.replace(/&(?:(amp|lt|gt|quot)|#0*39|#x0*27);/gi, (_, name?: string) =>
    name === undefined ? "'" : (ENTITIES[name.toLowerCase()] ?? ''),
  );
}

/** Whether two secrets or signatures are the same, in a time that does not tell how much of them is. */
export function isSameSecret(one: string, other: string): boolean {
  // Digests are equally long, as the comparison needs them.
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

/** Looks at all of them, whichever fits: how long it takes tells nothing. */
function anyOf<T>(values: readonly T[], fits: (value: T) => boolean): boolean {
  return values.map(fits).includes(true);
}
