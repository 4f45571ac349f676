import { isDecimal } from '../money.ts';
import type { Address, Order, OrderLine } from '../order.ts';

/** An order before the canonical schema has seen it. */
export type OrderDraft = Omit<Order, 'customerId' | 'currency' | 'orderDate'> &
  Partial<Record<'customerId' | 'currency' | 'orderDate', string>>;

/** What ids and codes nearly always are: printable ASCII, with neither end blank. */
const PLAIN = /^[!-~](?:[ -~]*[!-~])?$/;

/**
 * Whether the canonical schema would take a draft as it stands, seen at a glance: it says yes only where there is no doubt,
 * and the schema, which takes a quarter of the time of reading an order, is asked for the others. A property test holds
 * the two together.
 */
export function fitsAtAGlance(draft: OrderDraft): draft is Order {
  const { customerId = '', currency = '', orderDate, lines, charges, notes } = draft;
  return (
    orderDate !== undefined &&
    /^[A-Z]{3}$/.test(currency) &&
    /^[A-Za-z0-9][A-Za-z0-9._:-]{0,59}$/.test(customerId) &&
    isCode(draft.source, 60) &&
    isCode(draft.poNumber, 80) &&
    isCode(draft.externalId ?? '', 80) &&
    isContact(draft.contact) &&
    isAddress(draft.shipTo) &&
    isAddress(draft.billTo) &&
    lines.length >= 1 &&
    lines.length <= 5000 &&
    lines.every(isLine) &&
    charges.length <= 100 &&
    charges.every(({ code, amount }) => isCode(code, 40) && isDecimal(amount)) &&
    isDecimal(draft.tax) &&
    isDecimal(draft.total) &&
    notes.length <= 50 &&
    notes.every((note) => note.length <= 2000)
  );
}

function isLine(line: OrderLine): boolean {
  return (
    isCode(line.line, 40) &&
    isCode(line.sku, 80) &&
    isCode(line.unit, 10) &&
    isDecimal(line.quantity) &&
    isDecimal(line.unitPrice) &&
    isDecimal(line.amount) &&
    isShort(line.description, 500) &&
    areIds(line.ids) &&
    line.discounts.length <= 50 &&
    line.discounts.every(({ code, amount }) => isCode(code, 40) && isDecimal(amount)) &&
    isAddress(line.deliverTo)
  );
}

function areIds(ids: OrderLine['ids']): boolean {
  for (const qualifier in ids) if (!isCode(qualifier, 10) || !isCode(ids[qualifier] ?? '', 80)) return false;
  return true;
}

function isContact(contact: Order['contact']): boolean {
  return !contact || (isShort(contact.name, 120) && isShort(contact.email, 254) && isShort(contact.phone, 40));
}

function isAddress(address: Address | null | undefined): boolean {
  if (!address) return true;
  return (
    (address.id == null || isCode(address.id, 80)) &&
    isShort(address.name, 120) &&
    isShort(address.city, 80) &&
    isShort(address.region, 40) &&
    isShort(address.postalCode, 20) &&
    (address.country == null || /^[A-Z]{2}$/.test(address.country)) &&
    address.lines.length <= 6 &&
    address.lines.every((line) => line.length <= 120)
  );
}

function isCode(text: string, longest: number): boolean {
  return text.length <= longest && PLAIN.test(text);
}

function isShort(text: string | null | undefined, longest: number): boolean {
  return text == null || text.length <= longest;
}
