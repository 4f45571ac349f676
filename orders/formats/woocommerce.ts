import type { Decimal } from 'decimal.js';
import { decimal, isDecimal, minorUnits, printAmount, sum } from '../money.ts';
import type { SourceProfile } from '../source.ts';
import type { JsonDocument, JsonObject } from './json-reader.ts';
import {
  type AddressNames,
  type Charge,
  checkMisplaced,
  deduct,
  findCustomer,
  hasElements,
  type Note,
  placeCharges,
  readCharge,
  takeAddress,
  takeContact,
  takeLines,
  takeNotes,
  takeSku,
  toCode,
} from './shop-parts.ts';
import {
  descend,
  elementsOf,
  finishReading,
  member,
  type Node,
  type PlacedOrder,
  readDecimal,
  type Reading,
  requireDecimal,
  say,
  startReading,
  take,
  takeDate,
  takeFirst,
  textOf,
} from './shop-reading.ts';

const ADDRESS: AddressNames = {
  person: ['first_name', 'last_name'],
  company: 'company',
  lines: ['address_1', 'address_2'],
  city: 'city',
  region: ['state'],
  postalCode: 'postcode',
  country: 'country',
};

/** Keys of metadata in which plugins keep the buyer's PO number, such as `_billing_purchase_order_number`. */
const PO_NUMBER = /(?:^|_)(?:purchase_order|po)_(?:number|no)$/i;

const DRAFTS = ['auto-draft', 'checkout-draft', 'draft'];
const CANCELLED = ['cancelled', 'trash'];
const UNPAID = ['pending', 'on-hold', 'failed'];

/** Most decimals that a canonical amount has. */
const MOST_DECIMALS = 12;

/**
 * Reads an order as WooCommerce's REST API v3 and its order webhooks have it. A line's amounts are those of all its
 * pieces and without tax, also where the shop's prices include it.
 * @see https://woocommerce.github.io/woocommerce-rest-api-docs/#order-properties
 */
export function readWooCommerce(document: JsonDocument, root: Node, profile: SourceProfile): PlacedOrder {
  const reading = startReading(document, root, profile);
  const at = (...names: readonly string[]): Node => descend(root, ...names);
  const status = textOf(at('status')) ?? '';
  judgeStatus(reading, status);
  const lines = takeLines(reading, takeLine);
  checkDiscounts(reading);
  return finishReading(reading, {
    externalId: take(reading, '/externalId', at('number')),
    // The shop's own number stands for the buyer's where there is none: it is unique for the shop.
    poNumber: takeFirst(reading, '/poNumber', findPoNumber(root), at('number')),
    type: CANCELLED.includes(status) ? 'cancel' : 'new',
    orderDate: takeDate(reading, '/orderDate', at('date_created_gmt'), at('date_created')),
    currency: take(reading, '/currency', at('currency')),
    customerId: findCustomer(reading, [
      ...(textOf(at('customer_id')) === '0' ? [] : [{ kind: 'woocommerce', id: at('customer_id') }]),
      { kind: 'domain', id: at('billing', 'email') },
    ]),
    contact: takeContact(
      reading,
      at('billing'),
      take(reading, '/contact/email', at('billing', 'email')),
      take(reading, '/contact/phone', at('billing', 'phone')),
    ),
    shipTo: takeAddress(reading, '/shipTo', at('shipping'), ADDRESS),
    billTo: takeAddress(reading, '/billTo', at('billing'), ADDRESS),
    payment: readPayment(reading),
    ...(lines && { lines }),
    charges: takeCharges(reading),
    tax: sumTaxes(reading),
    total: take(reading, '/total', at('total')),
    notes: takeNotes(reading, readNotes(reading)),
  });
}

function findPoNumber(root: Node): Node {
  const found = elementsOf(member(root, 'meta_data')).find((meta) => PO_NUMBER.test(textOf(member(meta, 'key')) ?? ''));
  return found ? member(found, 'value') : member(root, 'po_number');
}

function takeLine(reading: Reading, line: Node, path: string): JsonObject {
  const ids = ['variation_id', 'product_id'].map((name) => member(line, name));
  const product = ids.find((id) => textOf(id) !== null && textOf(id) !== '0');
  return {
    line: take(reading, `${path}/line`, member(line, 'id')),
    sku: takeSku(reading, path, line, product),
    description: take(reading, `${path}/description`, member(line, 'name')),
    quantity: take(reading, `${path}/quantity`, member(line, 'quantity')),
    ...takeAmounts(reading, path, line),
  };
}

/**
 * Unit price, discount and amount of a line. The shop states what all pieces cost, before (`subtotal`) and after
 * discounts (`total`): these count. The price of one is computed and, where it does not come out even, has twelve
 * decimals, so that it gives the stated amount again when it is multiplied and rounded.
 */
function takeAmounts(reading: Reading, path: string, line: Node): JsonObject {
  const [subtotal, total] = [member(line, 'subtotal'), member(line, 'total')];
  const before = requireDecimal(reading, `${path}/unitPrice`, subtotal);
  const after = requireDecimal(reading, `${path}/amount`, total);
  reading.origins.set(`${path}/discounts`, total.pointer);
  const quantity = readDecimal(reading, `${path}/quantity`, member(line, 'quantity'));
  if (before === null || after === null || quantity === null) return { unitPrice: before };
  checkPrice(reading, path, line, { quantity, total: after });
  const discount = decimal(before).minus(decimal(after));
  const currency = currencyOf(reading);
  const discounts = [{ code: readCoupon(reading.root), amount: printAmount(discount, currency) }];
  const unitPrice = decimal(quantity).isZero() ? before : printAmount(divide(before, quantity), currency);
  return { unitPrice, discounts: discount.isZero() ? [] : discounts, amount: after };
}

function divide(subtotal: string, quantity: string): Decimal {
  return decimal(subtotal).dividedBy(decimal(quantity)).toDecimalPlaces(MOST_DECIMALS);
}

/**
 * `price` is what one piece costs after discounts, often as a float has it (`10.799999999999999`). It decides nothing;
 * but where it does not lead to the line's total, the quantity or an amount was changed behind the shop's back.
 */
function checkPrice(
  reading: Reading,
  path: string,
  line: Node,
  { quantity, total }: { readonly quantity: string; readonly total: string },
): void {
  const price = member(line, 'price');
  const text = textOf(price);
  if (text === null || !/^-?\d{1,18}(?:\.\d+)?$/.test(text)) return;
  const difference = decimal(quantity).times(roundPrice(text)).minus(decimal(total)).abs();
  if (difference.lessThanOrEqualTo(minorUnit(reading))) return;
  const message = `"price" ${text} times "quantity" ${quantity} is not "total" ${total}: the line does not add up.`;
  say(reading, 'JSON.LINE.PRICE', `${path}/unitPrice`, price, message);
}

/** One cent, or what the order's currency has for it. */
function minorUnit(reading: Reading): Decimal {
  return decimal('10').pow(-minorUnits(currencyOf(reading)));
}

function currencyOf({ root }: Reading): string {
  return textOf(member(root, 'currency')) ?? '';
}

/** A price with the noise of a float cut off. */
function roundPrice(text: string): Decimal {
  const [whole = '0', fraction = ''] = text.split('.');
  return decimal(fraction === '' ? whole : `${whole}.${fraction.slice(0, MOST_DECIMALS)}`);
}

/**
 * The order's discount is that of its lines. Where the shop's prices include tax, what a line comes to without it is a
 * fraction of a cent that the shop has rounded.
 */
function checkDiscounts(reading: Reading): void {
  const whole = member(reading.root, 'discount_total');
  const lines = elementsOf(member(reading.root, 'line_items'));
  const [subtotals, totals] = ['subtotal', 'total'].map((name) => lines.map((line) => textOf(member(line, name))));
  const stated = [textOf(whole)];
  if (!areDecimals(subtotals) || !areDecimals(totals) || !areDecimals(stated)) return;
  const ofLines = sum(subtotals).minus(sum(totals));
  const difference = ofLines.minus(sum(stated)).abs();
  const isRounded = member(reading.root, 'prices_include_tax').value === true;
  if (difference.lessThanOrEqualTo(isRounded ? minorUnit(reading).times(lines.length) : 0)) return;
  const message = `"discount_total" is ${textOf(whole)}, but "subtotal" less "total" of the lines comes to ${ofLines.toFixed()}.`;
  say(reading, 'JSON.DISCOUNT.MISMATCH', '/lines', whole, message);
}

function areDecimals(texts: readonly (string | null)[] = []): texts is readonly string[] {
  return texts.every((text) => text !== null && isDecimal(text));
}

/** The coupon, where there is one alone: which of several took what off a line is not said. */
function readCoupon(root: Node): string {
  const coupons = elementsOf(member(root, 'coupon_lines'));
  const [only] = coupons;
  return only && coupons.length === 1 ? toCode(textOf(member(only, 'code')), 'DISCOUNT') : 'DISCOUNT';
}

function takeCharges(reading: Reading): readonly JsonObject[] {
  ['shipping_lines', 'fee_lines'].forEach((list) => {
    checkMisplaced(reading, list);
  });
  const read = (code: string, list: string, amount: string): readonly Charge[] =>
    elementsOf(member(reading.root, list)).flatMap((element) => readCharge(reading, code, member(element, amount)));
  return placeCharges(reading, [
    ...read('FREIGHT', 'shipping_lines', 'total'),
    ...read('FEE', 'fee_lines', 'total'),
    ...read('GIFT_CARD', 'gift_cards', 'amount').map(deduct),
  ]);
}

/** The taxes of lines, shipping and fees together. */
function sumTaxes(reading: Reading): string {
  const lists = ['line_items', 'shipping_lines', 'fee_lines'].map((name) => member(reading.root, name));
  const taxes = lists.flatMap(elementsOf).map((element) => readDecimal(reading, '/tax', member(element, 'total_tax')));
  reading.origins.set('/tax', member(reading.root, 'total_tax').pointer);
  return printAmount(sum(taxes.filter((tax) => tax !== null)), currencyOf(reading));
}

function readPayment({ root, origins }: Reading): JsonObject | null {
  const paid = [member(root, 'date_paid_gmt'), member(root, 'date_paid')].find((date) => textOf(date) !== null);
  origins.set('/payment', paid?.pointer ?? member(root, 'payment_method').pointer);
  return paid ? { method: 'prepaid' } : null;
}

function judgeStatus(reading: Reading, status: string): void {
  const { root, json } = reading;
  const node = member(root, 'status');
  const refunds = member(root, 'refunds');
  if (DRAFTS.includes(status)) {
    const message = `"status" is ${status}: the buyer has not placed this order yet.`;
    say(reading, 'JSON.ORDER.DRAFT', '', node, message);
  }
  if (CANCELLED.includes(status)) {
    const message = `"status" is ${status}: the order was cancelled in the shop and is taken as a cancellation.`;
    say(reading, 'JSON.ORDER.CANCELLED', '/type', node, message);
    return;
  }
  if (status === 'refunded' || hasElements(refunds)) {
    const message = 'Money of this order was given back after it was placed; it stands as it was placed.';
    say(reading, 'JSON.ORDER.REFUNDED', '/payment', hasElements(refunds) ? refunds : node, message);
  }
  if (status === 'completed') {
    const message = '"status" is completed: the shop says that the order was delivered already.';
    say(reading, 'JSON.ORDER.FULFILLED', '', node, message);
  }
  if (UNPAID.includes(status)) {
    const message = `"status" is ${status}: the order is not paid.`;
    say(reading, 'JSON.ORDER.UNPAID', '/payment', node, message, json.unpaidOrders === 'take' ? 'warn' : 'hold');
  }
}

function readNotes({ root }: Reading): readonly Note[] {
  const note = member(root, 'customer_note');
  const text = textOf(note);
  return text === null ? [] : [{ text, nodes: [note] }];
}
