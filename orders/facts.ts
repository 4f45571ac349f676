import type { Address } from './order.ts';

/**
 * What the back office knows that an order is judged by, as it was at one moment. Kept, sealed, per revision, so that
 * a verdict can be reproduced. Amounts and quantities are decimal strings.
 */
export interface Facts {
  /** UTC instant at which the back office answered, ISO 8601. */
  readonly asOf: string;
  /** null: no such customer. */
  readonly customer: CustomerFacts | null;
  /** By SKU as written in the order; a SKU that the back office does not know is absent. */
  readonly products: Readonly<Record<string, ProductFacts>>;
}

export interface CustomerFacts {
  readonly id: string;
  readonly status: 'active' | 'inactive' | 'credit_stop';
  readonly currency: string;
  readonly creditLimit: string;
  /** Open orders and reservations in flight, without those of the order asked about. */
  readonly creditUsed: string;
  readonly paymentMethods: readonly string[];
  /** Codes of agreed terms, e.g. `NET30`. */
  readonly paymentTerms: readonly string[];
  /** Known ship-to places. */
  readonly addresses: readonly Address[];
  readonly calendar: DeliveryCalendar;
  readonly minimumOrder: string | null;
  readonly maximumOrder: string | null;
  /** What becomes of an order that the stock does not cover; absent: it is held. */
  readonly partialDelivery?: PartialDelivery | undefined;
  /** Discounts that are agreed with the customer; absent: the back office keeps no account of discounts. */
  readonly discounts?: readonly AgreedDiscount[] | undefined;
}

/**
 * `hold`: a person decides. `backorder`: the line is delivered whole, when all of it is there. `split`: what is there
 * goes at once, the rest later.
 */
export type PartialDelivery = 'hold' | 'backorder' | 'split';

/** A discount or promotion, in percent of quantity × unit price. */
export interface AgreedDiscount {
  readonly code: string;
  /** A decimal string, `"7.5"`. */
  readonly percent: string;
  /** First and last order date for which it is given, `YYYY-MM-DD`; null for no end. */
  readonly from: string | null;
  readonly to: string | null;
  /** The products it is given on; null for all. */
  readonly skus: readonly string[] | null;
}

/** When a customer takes deliveries. */
export interface DeliveryCalendar {
  /** IANA zone, e.g. `America/Chicago`. */
  readonly zone: string;
  /** ISO weekdays, 1 Monday to 7 Sunday. */
  readonly weekdays: readonly number[];
  /** Calendar dates without delivery, `YYYY-MM-DD`. */
  readonly holidays: readonly string[];
  /** Local time after which an order counts as tomorrow's, `HH:MM`. */
  readonly cutOff: string;
  /** Whole days between order and earliest delivery. */
  readonly leadDays: number;
}

export interface ProductFacts {
  readonly sku: string;
  readonly active: boolean;
  readonly unit: string;
  /** Units free to reserve, without this order's own reservation. */
  readonly available: string;
  /** This customer's price per unit by quantity, ascending by `minQuantity`; the last that fits applies. */
  readonly prices: readonly PriceBreak[];
  /** Units free to reserve by warehouse, where the back office says; `available` is their sum. */
  readonly warehouses?: Readonly<Record<string, string>> | undefined;
  /** Whether this customer may buy it; absent: yes. */
  readonly allowed?: boolean | undefined;
  /** How many units make a pack: only whole packs are sold. Absent: any quantity. */
  readonly packSize?: string | undefined;
  /** What this customer bought of it lately; absent: the back office does not say. */
  readonly history?: readonly Purchase[] | undefined;
}

/** One line of an earlier order. */
export interface Purchase {
  readonly quantity: string;
  readonly unitPrice: string;
}

export interface PriceBreak {
  readonly minQuantity: string;
  readonly unitPrice: string;
  readonly currency: string;
}
