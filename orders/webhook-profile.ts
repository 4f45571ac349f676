import { z } from 'zod';

/** A cXML credential: `domain` is compared without case. */
const cxmlCredential = z.strictObject({ domain: z.string().min(1).max(200), identity: z.string().min(1).max(200) });

/** Orders of these topics are taken; what else a shop tells is answered and forgotten. */
const SHOPIFY_TOPICS = ['orders/create', 'orders/updated', 'orders/cancelled'];
const WOOCOMMERCE_TOPICS = ['order.created', 'order.updated', 'order.restored'];

const topics = (ours: readonly string[]) =>
  z
    .array(z.string().min(1).max(100))
    .min(1)
    .max(20)
    .default([...ours]);

/** Requests a minute that a source's sender may make; more are asked to come back later. */
const perMinute = z.number().int().min(1).max(100_000).default(1200);

/**
 * How a source pushes its orders to `POST /v1/webhooks/{source}`: `kind` says how its messages are signed. The secrets are
 * no part of the profile: see `PUT /v1/sources/{id}/secrets`.
 */
export const webhookProfile = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('standard'), perMinute }),
  z.strictObject({
    kind: z.literal('shopify'),
    /** `X-Shopify-Shop-Domain`: one app's secret signs for all shops that have installed it. */
    shop: z
      .string()
      .toLowerCase()
      .regex(/^[a-z0-9][a-z0-9-]{0,100}\.myshopify\.com$/, 'such as my-shop.myshopify.com'),
    topics: topics(SHOPIFY_TOPICS),
    perMinute,
  }),
  z.strictObject({ kind: z.literal('woocommerce'), topics: topics(WOOCOMMERCE_TOPICS), perMinute }),
  z.strictObject({
    kind: z.literal('cxml'),
    /**
     * Who signs in: `Header/Sender`, whose shared secret is compared. Often a network rather than the buyer, who is
     * `Header/From`: see `cxml` in the profile, which says who buys and who we are.
     */
    sender: cxmlCredential,
    perMinute,
  }),
]);

/** The webhook part of a source's profile. */
export type WebhookProfile = z.infer<typeof webhookProfile>;
