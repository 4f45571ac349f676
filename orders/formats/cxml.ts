import type { Decimal } from 'decimal.js';
import { printAmount, sum } from '../money.ts';
import type { SourceProfile } from '../source.ts';
import type { Draft } from './draft.ts';
import { credentialsOf, isSameCredential, toCredential } from './cxml-header.ts';
import { type CxmlLine, readLines, readModifications } from './cxml-lines.ts';
import { readAddress, readContact, sayNoCustomer } from './cxml-parties.ts';
import type { JsonObject, JsonValue } from './json-reader.ts';
import { type PricedReading, readMoney } from './xml-lines.ts';
import { type Note, readNotes } from './xml-notes.ts';
import type { XmlDocument, XmlElement } from './xml-reader.ts';
import {
  attributeOf,
  beginReading,
  find,
  findAll,
  keepUnused,
  readDate,
  readText,
  say,
  toAmount,
  toDraft,
  use,
  useWith,
  type XmlReading,
} from './xml-reading.ts';
import { addUp, type Charge, type Extra, mergeCharges, settle } from './xml-totals.ts';

const CXML = { prefixes: {} };

const TYPES: Readonly<Record<string, string>> = { new: 'new', update: 'replace', delete: 'cancel' };

/** The request of a cXML document that is an order; undefined for any other document. */
export function findOrderRequest(root: XmlElement): XmlElement | undefined {
  return find(CXML, root, 'Request/OrderRequest');
}

/** What a cXML document is, in words, by its innermost telling name: `Request/PunchOutSetupRequest`, `Response`. */
export function describeCxml(root: XmlElement): string {
  const message = root.children.find(({ local }) => local !== 'Header');
  const body = message?.children.find(({ local }) => local !== 'Status');
  return message ? `${message.name}${body ? `/${body.name}` : ''}` : 'nothing';
}

/**
 * Reads a cXML `OrderRequest`. What it leaves out has the defaults of cXML: a new, regular order for production. The total
 * may hold tax and shipping or not; in the canonical order it does. What has no place in the canonical order is kept in
 * `extensions.cxml`, of an update or deletion the earlier message in `extensions.changes`.
 * @see https://xml.cxml.org/current/cXMLReferenceGuide.pdf (OrderRequest)
 */
export function draftCxml(document: XmlDocument, request: XmlElement, profile: SourceProfile): Draft {
  const begun = beginReading(document, profile, {}, request);
  const header = find(begun, request, 'OrderRequestHeader') ?? request;
  const currency = readCurrency(begun, header);
  const reading: PricedReading = { ...begun, currency, currencyAttribute: 'currency' };
  checkRequest(reading, header);
  reading.nodes.set('/lines', { element: request, missing: 'ItemOut' });
  const { lines, charges } = readLines(reading);
  const changes = readChanges(reading, header);
  const order: JsonObject = {
    ...readHead(reading, header),
    ...(currency !== undefined && { currency }),
    ...readParties(reading, header),
    ...readPayment(reading, header),
    ...readAmounts(reading, header, lines, charges),
    notes: readNotes(reading, findNotes(reading, header)),
  };
  return toDraft(reading, { ...order, extensions: { ...(changes && { changes }), ...keepRest(reading) } });
}

function readHead(reading: PricedReading, header: XmlElement): JsonObject {
  const orderId = readText(reading, header, '@orderID', '/poNumber');
  readText(reading, header, '@orderID', '/externalId');
  const type = readText(reading, header, '@type', '/type') ?? 'new';
  const orderDate = readDate(reading, header, '@orderDate', '/orderDate');
  const date = readDate(reading, header, '@requestedDeliveryDate', '/requestedDeliveryDate');
  return {
    ...(orderId !== undefined && { poNumber: orderId, externalId: orderId }),
    // What is no type of cXML is refused by the schema.
    type: TYPES[type] ?? type,
    ...(orderDate !== undefined && { orderDate }),
    ...(date !== undefined && { requestedDeliveryDate: date }),
  };
}

/** The message that an update or a deletion is about. The order id is that of the earlier order, as cXML has it. */
function readChanges(reading: PricedReading, header: XmlElement): JsonObject | undefined {
  const type = attributeOf(header, 'type') ?? 'new';
  if (type === 'new') return undefined;
  const reference = find(reading, header, 'DocumentReference');
  const payloadId = reference && attributeOf(reference, 'payloadID')?.trim();
  if (reference) useWith(reading, reference, 'payloadID');
  const orderId = attributeOf(header, 'orderID')?.trim();
  return {
    ...(orderId !== undefined && { orderID: orderId }),
    ...(payloadId !== undefined && { payloadID: payloadId }),
  };
}

/** The currency of the total, else of the first price; each amount is held against it. */
function readCurrency(reading: XmlReading, header: XmlElement): string | undefined {
  const total = find(reading, header, 'Total/Money');
  const price = find(reading, reading.base, 'ItemOut/ItemDetail/UnitPrice/Money');
  const money = [total, price].find((element) => element && attributeOf(element, 'currency')?.trim());
  if (money) return readText(reading, money, '@currency', '/currency');
  reading.nodes.set('/currency', { element: header, missing: 'Total/Money/@currency' });
  return reading.profile.defaults.currency;
}

// Whether it is for us and to be carried out

function checkRequest(reading: PricedReading, header: XmlElement): void {
  checkMode(reading);
  checkReceiver(reading);
  const kind = attributeOf(header, 'orderType')?.trim() ?? 'regular';
  if (kind === 'blanket') {
    const message =
      'orderType is "blanket": a blanket order has nothing to ship; send its releases (orderType "release").';
    say(reading, 'XML.ORDER.BLANKET', { element: header }, '/type', message);
  } else if (kind !== 'regular' && kind !== 'release') {
    const message = `orderType is "${kind.slice(0, 40)}" and was taken as a regular order.`;
    say(reading, 'XML.ORDER.TYPE', { element: header }, '/type', message);
  }
}

/** `deploymentMode` of the request, in the writings that senders have: `production`, `PROD`, `test`. */
function checkMode(reading: PricedReading): void {
  const element = reading.base.parent ?? reading.base;
  const said = attributeOf(element, 'deploymentMode')?.trim() ?? 'production';
  const wanted = reading.profile.cxml?.deploymentMode ?? 'production';
  const mode = /^prod(?:uction)?$/i.test(said) ? 'production' : said.toLowerCase();
  if (mode === wanted) return;
  const message = `deploymentMode is "${said.slice(0, 40)}", but this source takes ${wanted}: send it to the other address, or correct it.`;
  say(reading, 'XML.DEPLOYMENT_MODE', { element }, '', message, said.slice(0, 40));
}

function checkReceiver(reading: PricedReading): void {
  const { root } = reading.document;
  const us = reading.profile.cxml?.us;
  if (!us) return;
  const addressed = credentialsOf(root, 'To');
  if (addressed.some((to) => us.some((own) => isSameCredential(own, toCredential(to))))) return;
  const said = addressed.map((to) => Object.values(toCredential(to)).join(' ')).join(', ');
  const message = 'Header/To does not address us: check the credential that was agreed.';
  say(reading, 'XML.NOT_US', { element: addressed[0] ?? root }, '', message, said.slice(0, 200) || null);
}

// Parties and payment

function readParties(reading: PricedReading, header: XmlElement): JsonObject {
  const customerId = readCustomer(reading);
  const contact = readContact(reading, header);
  const party = (name: string, pointer: string) => {
    const element = find(reading, header, name);
    return element && readAddress(reading, element, pointer);
  };
  const shipTo = party('ShipTo', '/shipTo');
  const billTo = party('BillTo', '/billTo');
  return {
    ...(customerId !== undefined && { customerId }),
    ...(contact && { contact }),
    ...(shipTo && { shipTo }),
    ...(billTo && { billTo }),
  };
}

/** The customer whose credential is in `From`. */
function readCustomer(reading: PricedReading): string | undefined {
  const { document, profile } = reading;
  const credentials = credentialsOf(document.root, 'From');
  const customers = profile.cxml?.customers ?? [];
  for (const element of credentials) {
    const customer = customers.find((known) => isSameCredential(known, toCredential(element)));
    if (!customer) continue;
    reading.nodes.set('/customerId', { element });
    return customer.customerId;
  }
  const [first] = credentials;
  reading.nodes.set('/customerId', first ? { element: first } : { element: document.root, missing: 'Header/From' });
  if (profile.defaults.customerId !== undefined) return undefined;
  const identities = credentials.flatMap((element) => findAll(reading, element, 'Identity'));
  sayNoCustomer(reading, identities, document.root, 'Header/From/Credential/Identity');
  return undefined;
}

/** By purchasing card, whose number is not kept, or on account: `NET30` from the term without a discount. */
function readPayment(reading: PricedReading, header: XmlElement): JsonObject {
  const card = find(reading, header, 'Payment/PCard') ?? find(reading, header, 'Payment/PaymentToken');
  if (card) {
    reading.nodes.set('/payment', { element: card });
    return { payment: { method: 'purchase_card_token' } };
  }
  const terms = findAll(reading, header, 'PaymentTerm');
  const term = terms.find((element) => element.children.every(({ local }) => local !== 'Discount')) ?? terms.at(-1);
  const days = term && /^\d{1,3}$/.exec(attributeOf(term, 'payInNumberOfDays')?.trim() ?? '')?.[0];
  if (!term || days === undefined) return {};
  reading.nodes.set('/payment', { element: term });
  if (terms.length === 1 && term.children.length === 0) useWith(reading, term, 'payInNumberOfDays');
  return { payment: { method: 'terms', terms: `NET${Number(days)}` } };
}

// Amounts

/**
 * Lines, charges, tax and total. Where the sender's total is the sum of the lines with tax, shipping and the total's own
 * modifications, or without any of them, the order adds up; where it is not, the sender's total stands for the rules to
 * find.
 */
function readAmounts(
  reading: PricedReading,
  header: XmlElement,
  lines: readonly CxmlLine[],
  lineCharges: readonly Charge[],
): JsonObject {
  const currency = reading.currency ?? '';
  const tax = readExtra(reading, header, 'Tax', '/tax');
  const shipping = readExtra(reading, header, 'Shipping', '/charges/0/amount');
  const stated = readMoney(reading, header, 'Total/Money', '/total');
  const total = toAmount(stated);
  const changes = readModifications(reading, find(reading, header, 'Total'), total ?? null);
  const charges: readonly Charge[] = [
    ...(shipping ? [{ code: 'SHIPPING', amount: shipping }] : []),
    ...changes.map(({ code, amount }) => ({ code, amount })),
    ...mergeCharges(lineCharges),
  ];
  const extras: readonly Extra[] = [...(tax ? [{ amount: tax }] : []), ...charges];
  const exact = lines.map((line) => line.exact);
  const isComputable = exact.every((amount) => amount !== null);
  const settled = isComputable && total ? settle(exact, extras, total, currency) : undefined;
  if (settled && settled.total !== stated) keepStated(reading, header);
  const added = isComputable && (settled ?? addUp(exact, extras, currency));
  return {
    ...(lines.length > 0 && {
      lines: lines.map(({ line }, index) => ({ ...line, ...(added && { amount: added.amounts[index] ?? '0' }) })),
    }),
    charges: charges.map(({ code, amount }) => ({ code, amount: printAmount(amount, currency) })),
    ...(tax && { tax: printAmount(tax, currency) }),
    ...(stated !== undefined && { total: settled?.total ?? stated }),
  };
}

/** The total as the sender wrote it is kept where the order has another. */
function keepStated(reading: PricedReading, header: XmlElement): void {
  const money = find(reading, header, 'Total/Money');
  if (money) reading.used.delete(money);
}

/** An amount of the header; where it has none, the sum of those of the lines. */
function readExtra(reading: PricedReading, header: XmlElement, name: string, pointer: string): Decimal | undefined {
  const own = toAmount(readMoney(reading, header, `${name}/Money`, pointer));
  if (own) return own;
  const items = findAll(reading, reading.base, 'ItemOut').filter((item) => find(reading, item, `${name}/Money`));
  if (items.length === 0) return undefined;
  const amounts = items.map((item) => toAmount(readMoney(reading, item, `${name}/Money`, pointer))?.toFixed() ?? '0');
  return sum(amounts);
}

// The rest

/** Comments of the header, and of the lines with their number. */
function findNotes(reading: PricedReading, header: XmlElement): readonly Note[] {
  const items = findAll(reading, reading.base, 'ItemOut');
  const ofLines = items.flatMap((item, index) => {
    const line = attributeOf(item, 'lineNumber')?.trim() ?? String(index + 1);
    return findAll(reading, item, 'Comments').map((element) => ({ element, line }));
  });
  return [...findAll(reading, header, 'Comments').map((element) => ({ element, line: null })), ...ofLines];
}

function keepRest(reading: PricedReading): Record<string, JsonValue> {
  const { root } = reading.document;
  // Secrets are masked in what is kept, and tell nothing.
  findAll(reading, root, 'Header/Sender/Credential/SharedSecret').forEach((element) => use(reading, { element }));
  const kept = keepUnused(root, reading);
  return kept === undefined ? {} : { cxml: kept };
}
