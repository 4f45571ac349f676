import { z } from 'zod';
import type { CustomerFacts, Facts, ProductFacts } from '../orders/facts.ts';
import type { LineFulfilment } from '../orders/fulfilment.ts';
import type { CustomerSummary, ProductSummary, ReserveResult, SubmissionStatus, SubmitResult } from './port.ts';

/*
 * What the back office's answers must look like before anything is decided on them; see openapi.json. Members that are
 * not known here are dropped, so that the back office may add some.
 */

const decimal = z.string().regex(/^-?\d{1,18}(?:\.\d{1,12})?$/);
/** How many units: never less than none. */
const units = z.string().regex(/^\d{1,18}(?:\.\d{1,12})?$/);
const currency = z.string().regex(/^[A-Z]{3}$/);
const date = z.iso.date();
const customerStatus = z.enum(['active', 'inactive', 'credit_stop']);

const address = z.object({
  id: z.string().nullish(),
  name: z.string().nullish(),
  lines: z.array(z.string()).default([]),
  city: z.string().nullish(),
  region: z.string().nullish(),
  postalCode: z.string().nullish(),
  country: z.string().nullish(),
});

const calendar = z.object({
  zone: z.string().refine(isTimeZone),
  weekdays: z.array(z.number().int().min(1).max(7)),
  holidays: z.array(date),
  cutOff: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/),
  leadDays: z.number().int().min(0),
});

const agreedDiscount = z.object({
  code: z.string(),
  percent: decimal,
  from: date.nullable(),
  to: date.nullable(),
  skus: z.array(z.string()).nullable(),
});

const customerFacts = z.object({
  id: z.string(),
  status: customerStatus,
  currency,
  creditLimit: decimal,
  creditUsed: decimal,
  paymentMethods: z.array(z.string()),
  paymentTerms: z.array(z.string()),
  addresses: z.array(address),
  calendar,
  minimumOrder: decimal.nullable(),
  maximumOrder: decimal.nullable(),
  partialDelivery: z.enum(['hold', 'backorder', 'split']).optional(),
  discounts: z.array(agreedDiscount).optional(),
}) satisfies z.ZodType<CustomerFacts>;

const productFacts = z.object({
  sku: z.string(),
  active: z.boolean(),
  unit: z.string(),
  available: decimal,
  prices: z.array(z.object({ minQuantity: decimal, unitPrice: decimal, currency })),
  warehouses: z.record(z.string(), decimal).optional(),
  allowed: z.boolean().optional(),
  packSize: decimal.refine((size) => Number(size) > 0).optional(),
  history: z.array(z.object({ quantity: decimal, unitPrice: decimal })).optional(),
}) satisfies z.ZodType<ProductFacts>;

/** Answer to a question for facts. */
export const factsAnswer = z.object({
  asOf: z.iso.datetime(),
  customer: customerFacts.nullable(),
  products: z.record(z.string(), productFacts),
}) satisfies z.ZodType<Facts>;

const shortage = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('credit'), limit: decimal, used: decimal, wanted: decimal }),
  z.object({ kind: z.literal('stock'), sku: z.string(), available: decimal, wanted: decimal }),
  z.object({ kind: z.literal('released') }),
]);

const lineFulfilment = z.object({
  line: z.string(),
  allocations: z
    .array(z.object({ warehouse: z.string().min(1).max(40), quantity: units }))
    .refine((all) => new Set(all.map(({ warehouse }) => warehouse)).size === all.length),
  waiting: units,
}) satisfies z.ZodType<LineFulfilment>;

/** Answer to taking what waits. */
export const backordersAnswer = z.object({ lines: z.array(lineFulfilment) });

/** Answer to a reservation. A refusal without a reason is none. */
export const reserveAnswer = z.discriminatedUnion('reserved', [
  z.object({ reserved: z.literal(true), lines: z.array(lineFulfilment) }),
  z.object({ reserved: z.literal(false), shortages: z.array(shortage).min(1) }),
]) satisfies z.ZodType<ReserveResult>;

const productionOrderId = z.string().min(1).max(80);

/** Answer to a submission or an amendment, whether 2xx, 409 or 422. */
export const submitAnswer = z.discriminatedUnion('accepted', [
  z.object({ accepted: z.literal(true), productionOrderId }),
  z.object({ accepted: z.literal(false), reason: z.string().min(1).max(500) }),
]) satisfies z.ZodType<SubmitResult>;

/** Answer to a question for a submission's status. */
export const statusAnswer = z.discriminatedUnion('state', [
  z.object({ state: z.literal('accepted'), productionOrderId }),
  z.object({ state: z.literal('cancelled') }),
  z.object({ state: z.literal('unknown') }),
]) satisfies z.ZodType<SubmissionStatus>;

/** Answer to a cancellation. */
export const cancelAnswer = z.object({ outcome: z.enum(['cancelled', 'too_late']) });

/** Answer to a sign of life. */
export const healthAnswer = z.object({ status: z.literal('ok') });

/** Answer to a look-up of customers. */
export const customersAnswer = z.object({
  customers: z.array(z.object({ id: z.string(), name: z.string(), status: customerStatus, currency })),
}) satisfies z.ZodType<{ customers: CustomerSummary[] }>;

/** Answer to a look-up of products. */
export const productsAnswer = z.object({
  products: z.array(
    z.object({
      sku: z.string(),
      name: z.string(),
      unit: z.string(),
      gtin: z.string().nullable(),
      active: z.boolean(),
      available: decimal,
    }),
  ),
}) satisfies z.ZodType<{ products: ProductSummary[] }>;

/** What is read of a problem: its code, which is a word and nobody's data. */
export const problemAnswer = z.object({ code: z.string().regex(/^[a-z][a-z0-9_]{0,59}$/) });

/** Zones that were found to exist: looking one up takes a tenth of a millisecond. */
const knownZones = new Set<string>();

/** A zone that this machine does not know would make every rule on dates fail. */
function isTimeZone(zone: string): boolean {
  if (knownZones.has(zone)) return true;
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    knownZones.add(zone);
    return true;
  } catch {
    return false;
  }
}
