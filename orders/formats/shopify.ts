import { decimal, isDecimal, sum } from '../money.ts';
import type { SourceProfile } from '../source.ts';
import type { JsonDocument, JsonObject, JsonValue } from './json-reader.ts';
import {
  type AddressNames,
  type Charge,
  checkMisplaced,
  deduct,
  findCustomer,
  hasElements,
  namedNote,
  type Note,
  placeCharges,
  readCharge,
  takeAddress,
  takeContact,
  takeLines,
  takeNotes,
  takeSku,
  toCode,
  toTerms,
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
  say,
  startReading,
  take,
  takeDate,
  takeFirst,
  textOf,
} from './shop-reading.ts';

const ADDRESS: AddressNames = {
  person: ['name'],
  company: 'company',
  lines: ['address1', 'address2'],
  city: 'city',
  region: ['province_code', 'province'],
  postalCode: 'zip',
  country: 'country_code',
};

/** What `financial_status` says of an order whose money is there or promised by the buyer's bank. */
export const PAID: readonly string[] = ['paid', 'authorized', 'partially_refunded'];
const GIVEN_BACK = ['refunded', 'partially_refunded'];
/** What `fulfillment_status` says of an order of which something was delivered. */
export const DELIVERED: readonly string[] = ['fulfilled', 'partial'];

/**
 * Reads an order as Shopify's Admin REST API and its order webhooks have it. Amounts are those in the shop's currency,
 * as the order was placed: list prices, with the discounts allocated to each line. What edits and refunds made of it
 * (`current_*`) is told about and does not change it.
 * @see https://shopify.dev/docs/api/admin-rest/latest/resources/order
 */
export function readShopify(document: JsonDocument, root: Node, profile: SourceProfile): PlacedOrder {
  const reading = startReading(document, root, profile);
  const at = (...names: readonly string[]): Node => descend(root, ...names);
  const lines = takeLines(reading, takeLine);
  const isCancelled = textOf(at('cancelled_at')) !== null;
  judgeStatus(reading, isCancelled);
  return finishReading(reading, {
    externalId: take(reading, '/externalId', at('name')),
    // The shop's own number stands for the buyer's where there is none: it is unique for the shop.
    poNumber: takeFirst(reading, '/poNumber', at('po_number'), at('name')),
    type: isCancelled ? 'cancel' : 'new',
    orderDate: takeDate(reading, '/orderDate', at('processed_at'), at('created_at')),
    currency: take(reading, '/currency', at('currency')),
    customerId: findCustomer(reading, [
      { kind: 'shopify:location', id: at('company', 'location_id') },
      { kind: 'shopify:company', id: at('company', 'id') },
      { kind: 'shopify', id: at('customer', 'id') },
      { kind: 'domain', id: at('email') },
    ]),
    contact: takeContact(
      reading,
      at('customer'),
      takeFirst(reading, '/contact/email', at('email'), at('contact_email')),
      takeFirst(reading, '/contact/phone', at('phone'), at('customer', 'phone')),
    ),
    shipTo: takeAddress(reading, '/shipTo', at('shipping_address'), ADDRESS),
    billTo: takeAddress(reading, '/billTo', at('billing_address'), ADDRESS),
    payment: readPayment(reading),
    ...(lines && { lines }),
    charges: takeCharges(reading),
    tax: takeTax(reading),
    total: take(reading, '/total', at('total_price')),
    notes: takeNotes(reading, readNotes(reading)),
  });
}

function takeLine(reading: Reading, line: Node, path: string): JsonObject {
  const quantity = take(reading, `${path}/quantity`, member(line, 'quantity'));
  noticeEdit(reading, path, line, quantity);
  const product = ['variant_id', 'product_id'].map((name) => member(line, name)).find((id) => textOf(id) !== null);
  return {
    line: take(reading, `${path}/line`, member(line, 'id')),
    sku: takeSku(reading, path, line, product),
    description: takeFirst(reading, `${path}/description`, member(line, 'name'), member(line, 'title')),
    quantity,
    unitPrice: take(reading, `${path}/unitPrice`, member(line, 'price')),
    discounts: takeDiscounts(reading, path, line),
  };
}

/** `current_quantity` is what edits and refunds left of a line. */
function noticeEdit(reading: Reading, path: string, line: Node, quantity: JsonValue): void {
  const current = member(line, 'current_quantity');
  const left = textOf(current);
  const isCancelled = textOf(member(reading.root, 'cancelled_at')) !== null;
  if (left === null || left === quantity || isCancelled) return;
  const message = `"${nameOfLine(path)}.current_quantity" is ${left}, "quantity" another: the order was edited or refunded after it was placed. The line has the quantity that was placed.`;
  say(reading, 'JSON.LINE.EDITED', `${path}/quantity`, current, message);
}

function nameOfLine(path: string): string {
  return `line_items[${path.slice(path.lastIndexOf('/') + 1)}]`;
}

/**
 * What of the order's discounts falls on a line. A line's `total_discount` stays zero where discounts are allocated, and
 * counts only in documents of old versions, which have no allocations.
 */
function takeDiscounts(reading: Reading, path: string, line: Node): readonly JsonObject[] {
  const allocations = member(line, 'discount_allocations');
  if (allocations.value !== undefined) {
    return elementsOf(allocations).map((allocation, index) => ({
      code: readDiscountCode(reading, allocation),
      amount: take(reading, `${path}/discounts/${index}/amount`, member(allocation, 'amount')),
    }));
  }
  const old = member(line, 'total_discount');
  if (isZero(old)) return [];
  return [{ code: 'DISCOUNT', amount: take(reading, `${path}/discounts/0/amount`, old) }];
}

function isZero(node: Node): boolean {
  const text = textOf(node);
  return text === null || (isDecimal(text) && decimal(text).isZero());
}

/** The code that the buyer typed, or the title of an automatic discount. */
function readDiscountCode({ root }: Reading, allocation: Node): string {
  const index = textOf(member(allocation, 'discount_application_index'));
  const application = elementsOf(member(root, 'discount_applications'))[Number(index ?? -1)];
  if (!application) return 'DISCOUNT';
  const names = ['code', 'title', 'description'].map((name) => textOf(member(application, name)));
  return toCode(names.find((name) => name !== null) ?? null, 'DISCOUNT');
}

function takeCharges(reading: Reading): readonly JsonObject[] {
  const { root } = reading;
  checkMisplaced(reading, 'shipping_lines');
  const shipping = elementsOf(member(root, 'shipping_lines'));
  const isOnTop = member(root, 'duties_included').value !== true;
  return placeCharges(reading, [
    ...shipping.flatMap((line) => readCharge(reading, 'FREIGHT', member(line, 'price'))),
    ...shipping.flatMap((line) => readShippingDiscounts(reading, line)),
    ...readUnallocated(reading),
    ...(isOnTop ? readDuties(reading) : []),
    ...readCharge(reading, 'FEES', descend(root, 'original_total_additional_fees_set', 'shop_money', 'amount')),
    ...readCharge(reading, 'TIP', member(root, 'total_tip_received')),
  ]);
}

function readShippingDiscounts(reading: Reading, line: Node): readonly Charge[] {
  return elementsOf(member(line, 'discount_allocations')).flatMap((allocation) =>
    readCharge(reading, readDiscountCode(reading, allocation), member(allocation, 'amount')).map(deduct),
  );
}

function readDuties(reading: Reading): readonly Charge[] {
  const all = descend(reading.root, 'original_total_duties_set', 'shop_money', 'amount');
  if (textOf(all) !== null) return readCharge(reading, 'DUTIES', all);
  const lines = elementsOf(member(reading.root, 'line_items'));
  const duties = lines.flatMap((line) => elementsOf(member(line, 'duties')));
  return duties.flatMap((duty) => readCharge(reading, 'DUTIES', descend(duty, 'shop_money', 'amount')));
}

/**
 * The order's discount where nothing of it is allocated to lines or shipping, as old versions have it. Where it is
 * allocated, the parts must be the whole.
 */
function readUnallocated(reading: Reading): readonly Charge[] {
  const { root } = reading;
  const node = member(root, 'total_discounts');
  const whole = readDecimal(reading, '/charges', node);
  const parts = listDiscounts(root).map(textOf);
  if (whole === null || parts.some((part) => part === null || !isDecimal(part))) return [];
  const allocated = sum(parts.filter((part) => part !== null));
  if (allocated.equals(whole)) return [];
  const isOld = allocated.isZero() && !hasElements(member(root, 'discount_applications'));
  if (isOld) return [deduct({ code: 'DISCOUNT', amount: whole, node })];
  const message = `"total_discounts" is ${whole}, but the discounts of the lines and the shipping come to ${allocated.toFixed()}; the latter count.`;
  say(reading, 'JSON.DISCOUNT.MISMATCH', '/charges', node, message);
  return [];
}

/** Amounts of all discounts of lines and shipping. */
function listDiscounts(root: Node): readonly Node[] {
  const lines = elementsOf(member(root, 'line_items'));
  const carriers = [...lines, ...elementsOf(member(root, 'shipping_lines'))];
  const allocations = carriers.flatMap((carrier) => elementsOf(member(carrier, 'discount_allocations')));
  const old = lines.filter((line) => member(line, 'discount_allocations').value === undefined);
  return [
    ...allocations.map((allocation) => member(allocation, 'amount')),
    ...old.map((line) => member(line, 'total_discount')).filter((amount) => textOf(amount) !== null),
  ];
}

/** Tax that is in the prices already is not added once more; it stays in the extensions. */
function takeTax(reading: Reading): JsonValue {
  const tax = member(reading.root, 'total_tax');
  if (member(reading.root, 'taxes_included').value !== true) return take(reading, '/tax', tax);
  reading.origins.set('/tax', tax.pointer);
  return '0.00';
}

function readPayment({ root, origins }: Reading): JsonObject | null {
  const terms = member(root, 'payment_terms');
  const name = textOf(member(terms, 'payment_terms_name'));
  const status = member(root, 'financial_status');
  origins.set('/payment', status.pointer);
  origins.set('/payment/terms', terms.pointer);
  if (terms.value !== undefined && terms.value !== null)
    return { method: 'terms', terms: name === null ? null : toTerms(name) };
  return PAID.includes(textOf(status) ?? '') ? { method: 'prepaid' } : null;
}

function judgeStatus(reading: Reading, isCancelled: boolean): void {
  const { root, json } = reading;
  const test = member(root, 'test');
  if (test.value === true) {
    const message = 'The shop marks this order as a test ("test" is true): test orders are not made.';
    say(reading, 'JSON.ORDER.TEST', '', test, message, json.testOrders === 'take' ? 'warn' : 'reject');
  }
  if (isCancelled) {
    const message = 'The order was cancelled in the shop ("cancelled_at"): it is taken as a cancellation.';
    say(reading, 'JSON.ORDER.CANCELLED', '/type', member(root, 'cancelled_at'), message);
    return;
  }
  judgeMoney(reading);
  const delivered = member(root, 'fulfillment_status');
  if (DELIVERED.includes(textOf(delivered) ?? '')) {
    const message = `"fulfillment_status" is ${textOf(delivered)}: the order, or a part of it, was delivered already.`;
    say(reading, 'JSON.ORDER.FULFILLED', '', delivered, message);
  }
}

function judgeMoney(reading: Reading): void {
  const { root, json } = reading;
  const status = member(root, 'financial_status');
  const refunds = member(root, 'refunds');
  const text = textOf(status);
  if (hasElements(refunds) || GIVEN_BACK.includes(text ?? '')) {
    const message = 'Money or goods of this order were given back after it was placed; it stands as it was placed.';
    say(reading, 'JSON.ORDER.REFUNDED', '/payment', hasElements(refunds) ? refunds : status, message);
    return;
  }
  if (text === null || PAID.includes(text) || member(root, 'payment_terms').value) return;
  const message = `"financial_status" is ${text.slice(0, 40)}, and no payment terms are agreed: the order is not paid.`;
  say(reading, 'JSON.ORDER.UNPAID', '/payment', status, message, json.unpaidOrders === 'take' ? 'warn' : 'hold');
}

/** What the buyer wrote about the order and its lines. Properties that begin with `_` are an app's own. */
function readNotes({ root }: Reading): readonly Note[] {
  const note = member(root, 'note');
  const text = textOf(note);
  return [
    ...(text === null ? [] : [{ text, nodes: [note] }]),
    ...elementsOf(member(root, 'note_attributes')).flatMap((attribute) => namedNote(attribute)),
    ...elementsOf(member(root, 'line_items')).flatMap((line, index) =>
      elementsOf(member(line, 'properties'))
        .filter((property) => textOf(member(property, 'name'))?.startsWith('_') !== true)
        .flatMap((property) => namedNote(property, `Line ${textOf(member(line, 'id')) ?? index + 1}: `)),
    ),
  ];
}
