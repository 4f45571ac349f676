import type { z } from 'zod';
import type { Category } from '../finding.ts';
import { checkCredit, creditParameters } from './credit.ts';
import { checkCreditStop, checkCurrency, checkCustomerActive, checkCustomerKnown } from './customer.ts';
import { checkDeliveryDay, checkDeliveryPast, checkLeadTime, leadTimeParameters } from './delivery.ts';
import { checkFieldLength, checkRequiredFields, fieldLengthParameters, requiredFieldsParameters } from './fields.ts';
import { checkInventory } from './inventory.ts';
import {
  checkLineCount,
  checkLineIds,
  checkPriceNotNegative,
  checkQuantityMaximum,
  checkQuantityPositive,
  lineCountParameters,
  noParameters,
  quantityMaximumParameters,
} from './lines.ts';
import { checkOrderMaximum, checkOrderMinimum, orderSizeParameters } from './order-size.ts';
import { checkPaymentAccepted, checkPaymentToken } from './payment.ts';
import { checkDiscount, checkPrice, discountParameters, priceParameters } from './price.ts';
import { checkProductActive, checkProductKnown, checkUnit } from './product.ts';
import type { Check, RuleKind } from './rule.ts';
import { checkPostalCode, checkShipToKnown, checkShipToPresent, shipToPresentParameters } from './ship-to.ts';
import { checkLineAmount, checkTotal, toleranceParameters } from './totals.ts';

/** A kind of rule: what its parameters are, what it checks, and how its findings are filed. */
export interface KindOfRule {
  /** In words for the rules page. */
  readonly what: string;
  readonly category: Category;
  readonly parameters: z.ZodType;
  /** Whether the check can say nothing of an order whose customer the back office does not know. */
  readonly needsCustomer: boolean;
  /** The check, its parameters unchecked. @throws ZodError if they do not fit the schema */
  readonly check: Check<unknown>;
}

function defineKind<Schema extends z.ZodType>(
  what: string,
  category: Category,
  parameters: Schema,
  check: Check<z.infer<Schema>>,
  needs?: 'customer',
): KindOfRule {
  return {
    what,
    category,
    parameters,
    needsCustomer: needs === 'customer',
    check: (order, facts, given, now) => check(order, facts, parameters.parse(given), now),
  };
}

const none = noParameters;

/** Every kind of rule there is. */
export const RULE_KINDS: Readonly<Record<RuleKind, KindOfRule>> = {
  required_fields: defineKind(
    'Fields that orders must carry',
    'data_format',
    requiredFieldsParameters,
    checkRequiredFields,
  ),
  field_length: defineKind('How long a text may be', 'data_format', fieldLengthParameters, checkFieldLength),
  line_count: defineKind('How many lines an order may have', 'data_format', lineCountParameters, checkLineCount),
  line_ids: defineKind('Each line has a number of its own', 'data_format', none, checkLineIds),
  quantity_positive: defineKind('Quantities are more than zero', 'data_format', none, checkQuantityPositive),
  quantity_maximum: defineKind(
    'Quantities are believable',
    'business_rule',
    quantityMaximumParameters,
    checkQuantityMaximum,
  ),
  price_not_negative: defineKind('Prices are not below zero', 'data_format', none, checkPriceNotNegative),
  ship_to_present: defineKind(
    'There is an address to ship to',
    'data_format',
    shipToPresentParameters,
    checkShipToPresent,
  ),
  ship_to_postal_code: defineKind("The postal code is one of its country's", 'data_format', none, checkPostalCode),
  ship_to_known: defineKind(
    "A ship-to code is one of the customer's",
    'system_integration',
    none,
    checkShipToKnown,
    'customer',
  ),
  customer_known: defineKind('The back office knows the customer', 'system_integration', none, checkCustomerKnown),
  customer_active: defineKind('The customer is active', 'business_rule', none, checkCustomerActive, 'customer'),
  customer_credit_stop: defineKind(
    'The customer is not on credit stop',
    'business_rule',
    none,
    checkCreditStop,
    'customer',
  ),
  currency: defineKind(
    "The currency is that of the customer's account",
    'business_rule',
    none,
    checkCurrency,
    'customer',
  ),
  product_known: defineKind('The back office knows the products', 'system_integration', none, checkProductKnown),
  product_active: defineKind('The products are still sold', 'business_rule', none, checkProductActive),
  unit: defineKind('Lines count in the unit of the product', 'business_rule', none, checkUnit),
  payment_accepted: defineKind(
    'The payment is agreed with the customer',
    'business_rule',
    none,
    checkPaymentAccepted,
    'customer',
  ),
  payment_token: defineKind('Payment by card has a token', 'data_format', none, checkPaymentToken),
  line_amount: defineKind(
    'Line amounts are quantity × price − discounts',
    'business_rule',
    toleranceParameters,
    checkLineAmount,
  ),
  total: defineKind('The total is the sum of its parts', 'business_rule', toleranceParameters, checkTotal),
  price: defineKind(
    'Prices are those agreed with the customer',
    'business_rule',
    priceParameters,
    checkPrice,
    'customer',
  ),
  discount: defineKind('Discounts are within bounds', 'business_rule', discountParameters, checkDiscount),
  order_minimum: defineKind(
    'The order is large enough',
    'business_rule',
    orderSizeParameters,
    checkOrderMinimum,
    'customer',
  ),
  order_maximum: defineKind(
    'The order is not too large',
    'business_rule',
    orderSizeParameters,
    checkOrderMaximum,
    'customer',
  ),
  delivery_past: defineKind('Delivery dates are not past', 'business_rule', none, checkDeliveryPast, 'customer'),
  delivery_day: defineKind('Delivery dates are delivery days', 'business_rule', none, checkDeliveryDay, 'customer'),
  delivery_lead_time: defineKind(
    'Delivery dates leave time to deliver',
    'business_rule',
    leadTimeParameters,
    checkLeadTime,
    'customer',
  ),
  credit: defineKind(
    "The customer's credit covers the order",
    'business_rule',
    creditParameters,
    checkCredit,
    'customer',
  ),
  inventory: defineKind('The stock covers the order', 'business_rule', none, checkInventory),
};
