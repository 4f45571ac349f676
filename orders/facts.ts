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
}

export interface PriceBreak {
  readonly minQuantity: string;
  readonly unitPrice: string;
  readonly currency: string;
}
