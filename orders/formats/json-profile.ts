import { z } from 'zod';
import { customerNumber } from '../order.ts';

/** The part of a source's profile that says how its web shop's JSON documents are read. */
export const jsonProfile = z.strictObject({
  /** Whose names the documents use; where it is left out, each document tells. */
  layout: z.enum(['canonical', 'shopify', 'woocommerce']).optional(),
  /**
   * From the shop's customer to the back office's customer number. The keys, most trusted first:
   * `shopify:location:<company.location_id>`, `shopify:company:<company.id>`, `shopify:<customer.id>`;
   * `woocommerce:<customer_id>`; and `domain:<what follows the @ of the buyer's e-mail address>`.
   */
  customers: z.record(z.string(), customerNumber).default({}),
  /** What becomes of orders that the shop marks as tests. */
  testOrders: z.enum(['reject', 'take']).default('reject'),
  /** What becomes of orders without payment or agreed terms. `take`: the shop sells on account. */
  unpaidOrders: z.enum(['hold', 'take']).default('hold'),
});

/** How a web shop's JSON documents are read. */
export type JsonProfile = z.infer<typeof jsonProfile>;
