import type { Disposition, Severity } from '../finding.ts';
import type { ReleaseRole, RuleKind, RuleVersion } from './rule.ts';

/**
 * The rules that a new installation starts with, all in version 1 for everyone. What is malformed goes back to the
 * source; what a person can settle with the customer waits for one; what costs money if waved through waits for a
 * supervisor.
 */
export const DEFAULT_RULES: readonly RuleVersion[] = [
  // What the sender has to correct.
  define('SHIPTO.MISSING', 'ship_to_present', 'reject', { parts: ['name', 'lines', 'city', 'postalCode', 'country'] }),
  define('SHIPTO.POSTAL_CODE', 'ship_to_postal_code', 'reject'),
  define('QUANTITY.NOT_POSITIVE', 'quantity_positive', 'reject'),
  define('PRICE.NEGATIVE', 'price_not_negative', 'reject'),
  define('LINE.DUPLICATE', 'line_ids', 'reject'),
  // As many as the canonical form takes; meant to be lowered for sources whose orders are small.
  define('LINES.TOO_MANY', 'line_count', 'reject', { maximum: 5000 }),
  define('PAYMENT.TOKEN_MISSING', 'payment_token', 'reject'),
  define('SHIPTO.COUNTRY', 'reference_data', 'reject', { field: '/shipTo/country', list: 'countries' }),
  define('CURRENCY.UNKNOWN', 'reference_data', 'reject', { field: '/currency', list: 'currencies' }),
  define('AMOUNT.DECIMALS', 'amount_decimals', 'hold'),

  // What the back office does not know.
  define('CUSTOMER.UNKNOWN', 'customer_known', 'hold'),
  define('PRODUCT.UNKNOWN', 'product_known', 'hold'),
  define('SHIPTO.UNKNOWN', 'ship_to_known', 'hold'),

  // What was not agreed.
  define('CUSTOMER.INACTIVE', 'customer_active', 'hold', {}, 'high', 'supervisor'),
  define('CUSTOMER.CREDIT_STOP', 'customer_credit_stop', 'hold', {}, 'high', 'supervisor'),
  define('CURRENCY.MISMATCH', 'currency', 'hold'),
  define('PRODUCT.INACTIVE', 'product_active', 'hold'),
  define('PRODUCT.NOT_ALLOWED', 'product_allowed', 'hold'),
  define('UNIT.MISMATCH', 'unit', 'hold'),
  define('PACK.SIZE', 'pack_size', 'hold', { otherwise: null }, 'low'),
  define('QUANTITY.TOO_LARGE', 'quantity_maximum', 'hold', { maximum: '100000' }),
  define('PAYMENT.NOT_ACCEPTED', 'payment_accepted', 'hold'),
  define('ORDER.BELOW_MINIMUM', 'order_minimum', 'hold', { otherwise: null }, 'low'),
  define('ORDER.ABOVE_MAXIMUM', 'order_maximum', 'hold', { otherwise: null }, 'high', 'supervisor'),

  // What does not add up.
  define('LINE.AMOUNT.MISMATCH', 'line_amount', 'hold', { toleranceMinorUnits: 0 }),
  define('TOTAL.MISMATCH', 'total', 'hold', { toleranceMinorUnits: 0 }),
  define('PRICE.MISMATCH', 'price', 'hold', { tolerancePercent: '0' }),
  // A cent given back is as good as a cent off: whatever takes more than half of the price needs a supervisor.
  define('DISCOUNT.LIMIT', 'discount', 'hold', { maximumPercent: '50' }, 'high', 'supervisor'),
  define('DISCOUNT.NOT_AGREED', 'discount_agreed', 'hold', { tolerancePercent: '0' }),
  define('ALLOWANCE.LIMIT', 'allowance', 'hold', { maximumPercent: '25' }, 'high', 'supervisor'),
  define('TOTAL.NEGATIVE', 'total_positive', 'hold', {}, 'high', 'supervisor'),

  // What cannot be delivered as wished.
  define('DELIVERY.PAST', 'delivery_past', 'hold'),
  define('DELIVERY.DAY', 'delivery_day', 'hold'),
  define('DELIVERY.LEAD_TIME', 'delivery_lead_time', 'hold', { extraDays: 0 }),

  // What the customer never did before.
  define('UNUSUAL.QUANTITY', 'unusual_quantity', 'warn', {}, 'low'),
  define('UNUSUAL.PRICE', 'unusual_price', 'warn', {}, 'low'),

  // What is checked in steps of their own.
  define('CREDIT.LIMIT', 'credit', 'hold', { exemptMethods: [] }, 'high', 'supervisor'),
  define('STOCK.SHORT', 'inventory', 'hold', { warehouses: [], partial: 'customer' }),
];

function define(
  code: string,
  kind: RuleKind,
  disposition: Disposition,
  parameters: object = {},
  severity: Severity = 'medium',
  releaseRole: ReleaseRole = 'reviewer',
): RuleVersion {
  return {
    code,
    kind,
    version: 1,
    scope: { kind: 'all' },
    parameters,
    disposition,
    releaseRole,
    severity,
    effectiveFrom: '2020-01-01T00:00:00.000Z',
    effectiveTo: null,
    author: 'installation',
    reason: 'The rules that a new installation starts with.',
  };
}
