import { z } from 'zod';
import { AMOUNT_PATTERN } from './amounts.ts';
import { CALLS } from './switches.ts';

const amount = z.string().regex(AMOUNT_PATTERN);
const signedAmount = z.string().regex(/^-?\d{1,18}(?:\.\d{1,12})?$/);
const currency = z.string().regex(/^[A-Z]{3}$/);
const code = z.string().min(1).max(80);
const customerId = z.string().min(1).max(60);
const line = z.string().max(40);
const warehouse = z.string().min(1).max(40);
const partialDelivery = z.enum(['hold', 'backorder', 'split']);
const terms = { partial: partialDelivery.default('hold'), warehouses: z.array(warehouse).max(100).default([]) };
const excess = amount.or(z.literal('unlimited'));
const allow = z
  .array(
    z.discriminatedUnion('limit', [
      z.object({ limit: z.literal('credit'), excess }),
      z.object({ limit: z.literal('stock'), sku: code, excess }),
    ]),
  )
  .max(5001)
  .default([]);
const rate = z.number().min(0).max(1);

/** Begins with a letter or digit and has no colon, so that it can stand in a path and in a key. */
const orderId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);
const revision = z.coerce.number().int().min(1).max(1_000_000);

/** The revision that a path names. */
export const keySchema = z.object({ orderId, revision });

/** The `Idempotency-Key` of a submission, `<orderId>:<revision>`, bare or in the quotes of a structured field. */
export const idempotencyKeySchema = z
  .string()
  .regex(/^"?[^":]+:\d+"?$/)
  .transform((header): unknown => {
    const [order, number] = header.replaceAll('"', '').split(':');
    return { orderId: order, revision: number };
  })
  .pipe(keySchema);

/** Whose facts are asked for. */
export const factsSchema = z.object({ orderId, customerId, skus: z.array(code).max(5000) });

/** What a reservation is to take. */
export const reservationSchema = z.object({
  customerId,
  currency,
  amount,
  lines: z.array(z.object({ line, sku: code, quantity: amount })).max(5000),
  allow,
  ...terms,
});

/** An order for production; what is only passed on to the shop floor is not looked at. */
export const submissionSchema = z.object({
  customerId,
  poNumber: z.string().min(1).max(80),
  currency,
  total: amount,
  lines: z
    .array(
      z.object({
        line,
        sku: code,
        quantity: amount,
        unitPrice: signedAmount,
        amount: signedAmount,
        fulfilment: z
          .object({ allocations: z.array(z.object({ warehouse, quantity: amount })).max(100), waiting: amount })
          .optional(),
      }),
    )
    .min(1)
    .max(5000),
});

/** A change of an order in production. */
export const amendmentSchema = submissionSchema.extend({ ...terms, allow });

/** A look-up. */
export const searchSchema = z.object({
  q: z.string().trim().min(1).max(80),
  limit: z.coerce.number().int().min(1).max(100).default(20),
});

/** A change of the switches; what is left out stays as it is. */
export const switchesSchema = z
  .strictObject({
    latencyMs: z.number().min(0).max(600_000),
    jitterMs: z.number().min(0).max(600_000),
    errorRate: rate,
    errorStatus: z.number().int().min(400).max(599),
    retryAfterSeconds: z.number().int().min(0).nullable(),
    absent: z.boolean(),
    loseAnswers: rate,
    wrongAnswers: rate,
    calls: z.array(z.enum(CALLS)),
    times: z.number().int().min(0).nullable(),
  })
  .partial();

/** A change of a customer. */
export const customerChangeSchema = z
  .strictObject({
    status: z.enum(['active', 'inactive', 'credit_stop']),
    creditLimit: amount,
    creditOpen: amount,
    partialDelivery: partialDelivery.nullable(),
  })
  .partial();

/** A change of a product. */
export const productChangeSchema = z
  .strictObject({ active: z.boolean(), stock: z.union([amount, z.record(warehouse, amount)]) })
  .partial();

/** Which production orders to list. */
export const listSchema = z.object({
  orderId: orderId.optional(),
  after: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(10_000).default(1000),
});
