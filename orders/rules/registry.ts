import type { z } from 'zod';
import type { Category } from '../finding.ts';
import { checkCredit, creditParameters } from './credit.ts';
import { checkCreditStop, checkCurrency, checkCustomerActive, checkCustomerKnown } from './customer.ts';
import { checkDeliveryDay, checkDeliveryPast, checkLeadTime, leadTimeParameters } from './delivery.ts';
import {
  agreedDiscountParameters,
  allowanceParameters,
  checkAgreedDiscount,
  checkAllowance,
  checkDiscount,
  discountParameters,
} from './discount.ts';
import { checkExpression, expressionParameters, readsOfExpression } from './expression.ts';
import { checkFieldFormat, fieldFormatParameters } from './field-format.ts';
import { checkFieldRange, fieldRangeParameters } from './field-range.ts';
import { checkFieldType, fieldTypeParameters } from './field-type.ts';
import { checkFieldLength, checkRequiredFields, fieldLengthParameters, requiredFieldsParameters } from './fields.ts';
import { checkInventory, inventoryParameters } from './inventory.ts';
import { checkLineCount, checkLineIds, checkPriceNotNegative, checkQuantityPositive } from './lines.ts';
import { lineCountParameters, noParameters } from './lines.ts';
import { checkLineAmountRange, checkOrderMaximum, checkOrderMinimum } from './order-size.ts';
import { lineAmountRangeParameters, orderSizeParameters } from './order-size.ts';
import { checkPaymentAccepted, checkPaymentToken } from './payment.ts';
import { checkPrice, priceParameters } from './price.ts';
import { checkProductActive, checkProductAllowed, checkProductKnown, checkUnit } from './product.ts';
import { checkPackSize, checkQuantityMaximum, checkQuantityRange } from './quantity.ts';
import { packSizeParameters, quantityMaximumParameters, quantityRangeParameters } from './quantity.ts';
import { checkReferenceData, referenceDataParameters } from './reference-data.ts';
import type { Check, RuleKind } from './rule.ts';
import { checkPostalCode, checkShipToCountry, checkShipToKnown, checkShipToPresent } from './ship-to.ts';
import { shipToCountryParameters, shipToPresentParameters } from './ship-to.ts';
import { checkAmountDecimals, checkLineAmount, checkTotal, checkTotalPositive } from './totals.ts';
import { toleranceParameters, totalParameters } from './totals.ts';
import { checkUnusualPrice, checkUnusualQuantity, unusualParameters } from './unusual.ts';

/** A kind of rule: what its parameters are, what it checks, and how its findings are filed. */
export interface KindOfRule {
  /** In words for the rules page. */
  readonly what: string;
  readonly category: Category;
  readonly parameters: z.ZodType;
  /** Whether the check can say nothing of an order whose customer the back office does not know. */
  readonly needsCustomer: boolean;
  /** What it reads: pointers into `{ order, facts, now }`. @throws ZodError if the parameters do not fit the schema */
  readonly reads: (parameters: unknown) => readonly string[];
  /** Whether it rests on what the back office knows, so that a finding may go away although the order stays as it is. */
  readonly restsOnFacts: (parameters: unknown) => boolean;
  /** The check, its parameters unchecked. @throws ZodError if they do not fit the schema */
  readonly check: Check<unknown>;
}

interface Definition<Schema extends z.ZodType> {
  /** None if left out. */
  readonly parameters?: Schema;
  readonly reads: readonly string[] | ((parameters: z.infer<Schema>) => readonly string[]);
  readonly check: Check<z.infer<Schema>>;
  readonly needs?: 'customer';
}

function defineKind<Schema extends z.ZodType = typeof noParameters>(
  what: string,
  category: Category,
  { parameters, reads, check, needs }: Definition<Schema>,
): KindOfRule {
  const schema = (parameters ?? noParameters) as unknown as Schema;
  const read = (given: unknown) => readParameters(schema, given);
  const listReads = (given: unknown) => (typeof reads === 'function' ? reads(read(given)) : reads);
  return {
    what,
    category,
    parameters: schema,
    needsCustomer: needs === 'customer',
    reads: listReads,
    restsOnFacts: (given) => listReads(given).some((pointer) => pointer.startsWith('/facts')),
    check: (order, facts, given, now) => check(order, facts, read(given), now),
  };
}

/** By the parameters as a rule has them: rules are read once and run on every order. */
const checked = new WeakMap<object, { readonly schema: z.ZodType; readonly parameters: unknown }>();

function readParameters<Schema extends z.ZodType>(schema: Schema, given: unknown): z.infer<Schema> {
  const known = typeof given === 'object' && given !== null ? checked.get(given) : undefined;
  if (known?.schema === schema) return known.parameters as z.infer<Schema>;
  const parameters = schema.parse(given);
  if (typeof given === 'object' && given !== null) checked.set(given, { schema, parameters });
  return parameters;
}

const LINE = ['/order/lines/*/line', '/order/lines/*/sku'];
const GROSS = [...LINE, '/order/lines/*/quantity', '/order/lines/*/unitPrice'];
const PLACES = ['/order/shipTo', '/order/lines/*/deliverTo'];
const STATUS = ['/order/customerId', '/facts/customer/status'];
const DATES = ['/order/requestedDeliveryDate', '/order/lines/*/requestedDeliveryDate', '/now'];
const STOCK = [
  '/order/lines/*/sku',
  '/order/lines/*/line',
  '/order/lines/*/quantity',
  '/facts/products/*/sku',
  '/facts/products/*/available',
  '/facts/products/*/warehouses',
  '/facts/products/*/packSize',
  '/facts/customer/partialDelivery',
];
const CREDIT_READS = [
  '/order/total',
  '/order/currency',
  '/order/payment/method',
  '/facts/customer/creditLimit',
  '/facts/customer/creditUsed',
  '/facts/customer/currency',
];
const readsOfField = ({ field }: { readonly field: string }) => [`/order${field}`];

/** Every kind of rule there is. */
export const RULE_KINDS: Readonly<Record<RuleKind, KindOfRule>> = {
  required_fields: defineKind('Fields that orders must carry', 'data_format', {
    parameters: requiredFieldsParameters,
    reads: ({ fields }) => fields.map((field) => `/order${field}`),
    check: checkRequiredFields,
  }),
  field_type: defineKind('What a text must be readable as', 'data_format', {
    parameters: fieldTypeParameters,
    reads: readsOfField,
    check: checkFieldType,
  }),
  field_length: defineKind('How long a text may be', 'data_format', {
    parameters: fieldLengthParameters,
    reads: readsOfField,
    check: checkFieldLength,
  }),
  field_format: defineKind('How a text must be written', 'data_format', {
    parameters: fieldFormatParameters,
    reads: readsOfField,
    check: checkFieldFormat,
  }),
  field_range: defineKind('Between what a number or date must lie', 'data_format', {
    parameters: fieldRangeParameters,
    reads: readsOfField,
    check: checkFieldRange,
  }),
  reference_data: defineKind('A value stands in a list', 'data_format', {
    parameters: referenceDataParameters,
    reads: readsOfField,
    check: checkReferenceData,
  }),
  line_count: defineKind('How many lines an order may have', 'data_format', {
    parameters: lineCountParameters,
    reads: ['/order/lines'],
    check: checkLineCount,
  }),
  line_ids: defineKind('Each line has a number of its own', 'data_format', {
    reads: ['/order/lines/*/line'],
    check: checkLineIds,
  }),
  quantity_positive: defineKind('Quantities are more than zero', 'data_format', {
    reads: [...LINE, '/order/lines/*/quantity'],
    check: checkQuantityPositive,
  }),
  quantity_maximum: defineKind('Quantities are believable', 'business_rule', {
    parameters: quantityMaximumParameters,
    reads: [...LINE, '/order/lines/*/quantity'],
    check: checkQuantityMaximum,
  }),
  quantity_range: defineKind('How much of a line may be ordered at once', 'business_rule', {
    parameters: quantityRangeParameters,
    reads: [...LINE, '/order/lines/*/quantity'],
    check: checkQuantityRange,
  }),
  pack_size: defineKind('Quantities are whole packs', 'business_rule', {
    parameters: packSizeParameters,
    reads: [...LINE, '/order/lines/*/quantity', '/facts/products/*/packSize'],
    check: checkPackSize,
  }),
  line_amount_range: defineKind('What one line may come to', 'business_rule', {
    parameters: lineAmountRangeParameters,
    reads: [...LINE, '/order/currency', '/order/lines/*/amount'],
    check: checkLineAmountRange,
  }),
  price_not_negative: defineKind('Prices are not below zero', 'data_format', {
    reads: [...LINE, '/order/lines/*/unitPrice'],
    check: checkPriceNotNegative,
  }),
  ship_to_present: defineKind('There is an address to ship to', 'data_format', {
    parameters: shipToPresentParameters,
    reads: PLACES,
    check: checkShipToPresent,
  }),
  ship_to_postal_code: defineKind("The postal code is one of its country's", 'data_format', {
    reads: PLACES,
    check: checkPostalCode,
  }),
  ship_to_country: defineKind('The country is delivered to', 'business_rule', {
    parameters: shipToCountryParameters,
    reads: PLACES,
    check: checkShipToCountry,
  }),
  ship_to_known: defineKind("A ship-to code is one of the customer's", 'system_integration', {
    reads: [...PLACES, '/facts/customer/addresses'],
    check: checkShipToKnown,
    needs: 'customer',
  }),
  customer_known: defineKind('The back office knows the customer', 'system_integration', {
    reads: ['/order/customerId', '/facts/customer'],
    check: checkCustomerKnown,
  }),
  customer_active: defineKind('The customer is active', 'business_rule', {
    reads: STATUS,
    check: checkCustomerActive,
    needs: 'customer',
  }),
  customer_credit_stop: defineKind('The customer is not on credit stop', 'business_rule', {
    reads: STATUS,
    check: checkCreditStop,
    needs: 'customer',
  }),
  currency: defineKind("The currency is that of the customer's account", 'business_rule', {
    reads: ['/order/currency', '/facts/customer/currency'],
    check: checkCurrency,
    needs: 'customer',
  }),
  product_known: defineKind('The back office knows the products', 'system_integration', {
    reads: [...LINE, '/facts/products/*'],
    check: checkProductKnown,
  }),
  product_active: defineKind('The products are still sold', 'system_integration', {
    reads: [...LINE, '/facts/products/*/active'],
    check: checkProductActive,
  }),
  product_allowed: defineKind('The products are sold to this customer', 'business_rule', {
    reads: [...LINE, '/facts/products/*/allowed'],
    check: checkProductAllowed,
  }),
  unit: defineKind('Lines count in the unit of the product', 'business_rule', {
    reads: [...LINE, '/order/lines/*/unit', '/facts/products/*/unit'],
    check: checkUnit,
  }),
  payment_accepted: defineKind('The payment is agreed with the customer', 'business_rule', {
    reads: ['/order/payment', '/facts/customer/paymentMethods', '/facts/customer/paymentTerms'],
    check: checkPaymentAccepted,
    needs: 'customer',
  }),
  payment_token: defineKind('Payment by card has a token', 'data_format', {
    reads: ['/order/payment'],
    check: checkPaymentToken,
  }),
  amount_decimals: defineKind('Amounts have no more decimals than their currency', 'business_rule', {
    reads: ['/order/currency', '/order/lines/*/amount', '/order/charges/*/amount', '/order/tax', '/order/total'],
    check: checkAmountDecimals,
  }),
  line_amount: defineKind('Line amounts are quantity × price − discounts', 'business_rule', {
    parameters: toleranceParameters,
    reads: [...GROSS, '/order/currency', '/order/lines/*/discounts', '/order/lines/*/amount'],
    check: checkLineAmount,
  }),
  total: defineKind('The total is the sum of its parts', 'business_rule', {
    parameters: totalParameters,
    reads: ['/order/currency', '/order/lines/*/amount', '/order/charges/*/amount', '/order/tax', '/order/total'],
    check: checkTotal,
  }),
  total_positive: defineKind('The total is not below zero', 'business_rule', {
    reads: ['/order/total'],
    check: checkTotalPositive,
  }),
  price: defineKind('Prices are those agreed with the customer', 'business_rule', {
    parameters: priceParameters,
    reads: [...GROSS, '/order/currency', '/facts/products/*/prices'],
    check: checkPrice,
    needs: 'customer',
  }),
  discount: defineKind('Discounts are within bounds', 'business_rule', {
    parameters: discountParameters,
    reads: [...GROSS, '/order/lines/*/discounts'],
    check: checkDiscount,
  }),
  discount_agreed: defineKind('Discounts and promotions are agreed', 'business_rule', {
    parameters: agreedDiscountParameters,
    reads: [...GROSS, '/order/currency', '/order/orderDate', '/order/lines/*/discounts', '/facts/customer/discounts'],
    check: checkAgreedDiscount,
    needs: 'customer',
  }),
  allowance: defineKind('Negative charges are within bounds', 'business_rule', {
    parameters: allowanceParameters,
    reads: ['/order/currency', '/order/charges/*/amount', '/order/lines/*/amount'],
    check: checkAllowance,
  }),
  order_minimum: defineKind('The order is large enough', 'business_rule', {
    parameters: orderSizeParameters,
    reads: ['/order/total', '/order/currency', '/facts/customer/minimumOrder', '/facts/customer/currency'],
    check: checkOrderMinimum,
    needs: 'customer',
  }),
  order_maximum: defineKind('The order is not too large', 'business_rule', {
    parameters: orderSizeParameters,
    reads: ['/order/total', '/order/currency', '/facts/customer/maximumOrder', '/facts/customer/currency'],
    check: checkOrderMaximum,
    needs: 'customer',
  }),
  delivery_past: defineKind('Delivery dates are not past', 'business_rule', {
    reads: [...DATES, '/facts/customer/calendar/zone'],
    check: checkDeliveryPast,
    needs: 'customer',
  }),
  delivery_day: defineKind('Delivery dates are delivery days', 'business_rule', {
    reads: [...DATES, '/facts/customer/calendar'],
    check: checkDeliveryDay,
    needs: 'customer',
  }),
  delivery_lead_time: defineKind('Delivery dates leave time to deliver', 'business_rule', {
    parameters: leadTimeParameters,
    reads: [...DATES, '/facts/customer/calendar'],
    check: checkLeadTime,
    needs: 'customer',
  }),
  unusual_quantity: defineKind('Quantities are usual for the customer', 'business_rule', {
    parameters: unusualParameters,
    reads: [...LINE, '/order/lines/*/quantity', '/facts/products/*/history'],
    check: checkUnusualQuantity,
  }),
  unusual_price: defineKind('Prices are usual for the customer', 'business_rule', {
    parameters: unusualParameters,
    reads: [...LINE, '/order/lines/*/unitPrice', '/facts/products/*/history'],
    check: checkUnusualPrice,
  }),
  credit: defineKind("The customer's credit covers the order", 'business_rule', {
    parameters: creditParameters,
    reads: CREDIT_READS,
    check: checkCredit,
    needs: 'customer',
  }),
  inventory: defineKind('The stock covers the order', 'business_rule', {
    parameters: inventoryParameters,
    reads: STOCK,
    check: checkInventory,
  }),
  expression: defineKind('An expression in CEL is true', 'business_rule', {
    parameters: expressionParameters,
    reads: readsOfExpression,
    check: checkExpression,
  }),
};
