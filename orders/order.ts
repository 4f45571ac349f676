import { z } from 'zod';
import { DECIMAL_PATTERN } from './money.ts';

/** A decimal string, exact: `"10"`, `"19.9900"`, `"-3.5"`. */
const decimalString = z.string().regex(DECIMAL_PATTERN, 'must be a decimal string such as "19.99"');

/** A calendar date in the customer's zone, ISO 8601 `YYYY-MM-DD`. */
const calendarDate = z.iso.date();

/** Numbers and codes stand on one line, in lists and in other systems' fields. */
const NO_CONTROL_CHARACTERS = /^[^\p{Cc}\u2028\u2029]*$/u;

const code = (longest: number) =>
  z.string().max(longest).regex(NO_CONTROL_CHARACTERS, 'must have no line breaks or control characters');

const shortText = code(80).trim().min(1);

/** The customer's number in the back office. Never an e-mail address or a name. */
export const customerNumber = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,59}$/, 'must be a customer number such as "C-1001"');

/** ISO 4217. */
export const currencyCode = z.string().regex(/^[A-Z]{3}$/, 'must be an ISO 4217 currency code such as "USD"');

const contact = z.strictObject({
  name: z.string().max(120).nullish(),
  email: z.string().max(254).nullish(),
  phone: z.string().max(40).nullish(),
});

const address = z.strictObject({
  /** The party's own code for the place, e.g. X12 N104; resolved against the customer's known addresses. */
  id: code(80).nullish(),
  name: z.string().max(120).nullish(),
  lines: z.array(z.string().max(120)).max(6).default([]),
  city: z.string().max(80).nullish(),
  region: z.string().max(40).nullish(),
  postalCode: z.string().max(20).nullish(),
  /** ISO 3166-1 alpha-2. */
  country: z
    .string()
    .regex(/^[A-Z]{2}$/, 'must be an ISO 3166-1 country code such as "US"')
    .nullish(),
});

const payment = z.strictObject({
  method: z.enum(['terms', 'card_token', 'purchase_card_token', 'prepaid']),
  /** Code of the agreed terms, e.g. `NET30`. */
  terms: code(40).nullish(),
  /** A payment provider's token. Never a card number. */
  token: code(200).nullish(),
});

const discount = z.strictObject({ code: code(40), amount: decimalString });

const charge = z.strictObject({
  code: code(40),
  /** Negative for an allowance. */
  amount: decimalString,
});

const orderLine = z.strictObject({
  /** The sender's line id, as text: `001` stays `001`. */
  line: code(40),
  sku: shortText,
  /** Other product ids by X12 qualifier (element 235): `UP`, `EN`, `BP`, `VP`, … */
  ids: z.record(code(10), code(80)).default({}),
  description: z.string().max(500).nullish(),
  quantity: decimalString,
  /** Unit of measure, X12 element 355: `EA`, `CA`, … */
  unit: code(10).default('EA'),
  unitPrice: decimalString,
  discounts: z.array(discount).max(50).default([]),
  /** quantity × unitPrice − discounts, in the order's currency. */
  amount: decimalString,
  /** One destination of a split delivery; null for the order's own ship-to. */
  deliverTo: address.nullish(),
  requestedDeliveryDate: calendarDate.nullish(),
});

/**
 * The canonical order: the one standard form that every document becomes.
 * Amounts and quantities are decimal strings and stay exact.
 */
export const orderSchema = z.strictObject({
  source: z.string().max(60),
  /** The sender's own number of the order. */
  externalId: shortText.nullish(),
  poNumber: shortText,
  type: z.enum(['new', 'replace', 'cancel']).default('new'),
  orderDate: calendarDate,
  requestedDeliveryDate: calendarDate.nullish(),
  currency: currencyCode,
  customerId: customerNumber,
  /** Who typed the order, for channel `manual`. Set by the gateway, never by the document. */
  operatorId: z.string().max(60).nullish(),
  contact: contact.nullish(),
  shipTo: address.nullish(),
  billTo: address.nullish(),
  payment: payment.nullish(),
  lines: z.array(orderLine).min(1).max(5000),
  charges: z.array(charge).max(100).default([]),
  tax: decimalString.default('0.00'),
  total: decimalString,
  notes: z.array(z.string().max(2000)).max(50).default([]),
  /** What the sender gave beyond the standard form, kept and never interpreted. */
  extensions: z.record(z.string(), z.unknown()).optional(),
});

/** The canonical order. */
export type Order = z.infer<typeof orderSchema>;
/** One line of a canonical order. */
export type OrderLine = Order['lines'][number];
/** A place; every part may be missing, the rules decide what is needed. */
export type Address = NonNullable<Order['shipTo']>;
