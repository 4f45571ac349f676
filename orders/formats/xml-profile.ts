import { z } from 'zod';
import { customerNumber } from '../order.ts';

/** A cXML credential: a name within a domain. The domain counts without case. */
const credential = z.strictObject({
  /** Such as `NetworkId` or `DUNS`. */
  domain: z.string().min(1).max(200),
  identity: z.string().min(1).max(200),
});

/** How a source's cXML is read. */
export const cxmlProfile = z.strictObject({
  /** From the buyer in `Header/From` to the back office's customer number. */
  customers: z
    .array(credential.extend({ customerId: customerNumber }))
    .max(10_000)
    .default([]),
  /** Our own credentials: `Header/To` must be one of them. Left out: not checked. */
  us: z.array(credential).min(1).max(20).optional(),
  /** What this source may send. */
  deploymentMode: z.enum(['production', 'test']).default('production'),
});

/** How a source's UBL is read. */
export const ublProfile = z.strictObject({
  /**
   * From an `EndpointID` or `PartyIdentification/ID` of the buyer to the back office's customer number. The scheme is the
   * `schemeID` as sent, such as `0088`; empty for an id without one.
   */
  customers: z
    .array(
      z.strictObject({
        scheme: z.string().max(60).default(''),
        id: z.string().min(1).max(200),
        customerId: customerNumber,
      }),
    )
    .max(10_000)
    .default([]),
});
