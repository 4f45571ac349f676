import type { Decimal } from 'decimal.js';
import { decimal, isDecimal, printAmount } from '../money.ts';
import type { SourceProfile } from '../source.ts';
import type { Draft } from './draft.ts';
import type { JsonObject } from './json-reader.ts';
import { readAllowances, readLines, readRequestedDate, type UblLine } from './ubl-lines.ts';
import { readParties } from './ubl-parties.ts';
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
  textOf,
  toAmount,
  toDraft,
  type XmlReading,
} from './xml-reading.ts';
import { addAll, type Charge, mergeCharges } from './xml-totals.ts';

const UBL = 'urn:oasis:names:specification:ubl:schema:xsd:';
/** The prefixes that paths are written with here; documents may have others. */
const PREFIXES = { cac: `${UBL}CommonAggregateComponents-2`, cbc: `${UBL}CommonBasicComponents-2` };

/** `OrderTypeCode` (UNTDID 1001): 220 order, 226 call-off of a blanket order, 221 the blanket order itself. */
const SHIPPABLE: ReadonlySet<string> = new Set(['220', '226']);
const BLANKET = '221';

/** The name of a UBL 2 document by its root, such as `Order` or `OrderChange`; undefined for what is no UBL. */
export function findUblName({ namespace, local }: XmlElement): string | undefined {
  return namespace === `${UBL}${local}-2` ? local : undefined;
}

/**
 * Reads a UBL 2 `Order`. Names are told by their namespace, whatever the prefixes. Surcharges of lines become charges of
 * the order; what is prepaid and the rounding of the sum are charges too, so that the order comes to what is payable. What
 * has no place in the canonical order is kept in `extensions.ubl`.
 * @see https://docs.oasis-open.org/ubl/UBL-2.3.html https://docs.peppol.eu/poacc/upgrade-3/syntax/Order/tree/
 */
export function draftUbl(document: XmlDocument, profile: SourceProfile): Draft {
  const begun = beginReading(document, profile, PREFIXES);
  const currency = readCurrency(begun);
  const reading: PricedReading = { ...begun, currency, currencyAttribute: 'currencyID' };
  checkKind(reading);
  reading.nodes.set('/lines', { element: document.root, missing: 'cac:OrderLine' });
  const lines = readLines(reading);
  const order: JsonObject = {
    ...readHead(reading),
    ...(currency !== undefined && { currency }),
    ...readParties(reading),
    ...readPayment(reading),
    ...readAmounts(reading, lines),
    notes: readNotes(reading, findNotes(reading)),
  };
  const kept = keepUnused(document.root, reading);
  return toDraft(reading, kept === undefined ? order : { ...order, extensions: { ubl: kept } });
}

function readHead(reading: PricedReading): JsonObject {
  const { root } = reading.document;
  const id = readText(reading, root, 'cbc:ID', '/poNumber');
  reading.nodes.set('/externalId', reading.nodes.get('/poNumber') ?? { element: root });
  const orderDate = readDate(reading, root, 'cbc:IssueDate', '/orderDate');
  const date = readRequestedDate(reading, root, '');
  return {
    ...(id !== undefined && { poNumber: id, externalId: id }),
    ...(orderDate !== undefined && { orderDate }),
    ...(date !== undefined && { requestedDeliveryDate: date }),
  };
}

/** `DocumentCurrencyCode`, which older documents leave to the amounts. */
function readCurrency(reading: XmlReading): string | undefined {
  const { root } = reading.document;
  const payable = find(reading, root, 'cac:AnticipatedMonetaryTotal/cbc:PayableAmount');
  const price = find(reading, root, 'cac:OrderLine/cac:LineItem/cac:Price/cbc:PriceAmount');
  if (find(reading, root, 'cbc:DocumentCurrencyCode')) {
    return readText(reading, root, 'cbc:DocumentCurrencyCode', '/currency');
  }
  const amount = [payable, price].find((element) => element && attributeOf(element, 'currencyID'));
  if (amount) return readText(reading, amount, '@currencyID', '/currency');
  reading.nodes.set('/currency', { element: root, missing: 'cbc:DocumentCurrencyCode' });
  return reading.profile.defaults.currency;
}

function checkKind(reading: PricedReading): void {
  const { root } = reading.document;
  const copy = find(reading, root, 'cbc:CopyIndicator');
  if (copy && /^(?:true|1)$/.test(textOf({ element: copy }))) {
    const message = 'cbc:CopyIndicator is true: a copy is never entered as an order.';
    say(reading, 'XML.ORDER.COPY', { element: copy }, '/type', message);
  }
  const type = find(reading, root, 'cbc:OrderTypeCode');
  const code = type ? textOf({ element: type }) : '220';
  if (!type || SHIPPABLE.has(code)) return;
  const node = { element: type };
  if (code === BLANKET) {
    const message = 'cbc:OrderTypeCode is 221: a blanket order has nothing to ship; send its call-offs (226).';
    say(reading, 'XML.ORDER.BLANKET', node, '/type', message);
  } else {
    const message = `cbc:OrderTypeCode is "${code.slice(0, 40)}" and was taken as 220, an order.`;
    say(reading, 'XML.ORDER.TYPE', node, '/type', message);
  }
}

/** By card, whose number is not kept, or on account: `NET30` where the terms say so. */
function readPayment(reading: PricedReading): JsonObject {
  const { root } = reading.document;
  const card = find(reading, root, 'cac:PaymentMeans/cac:CardAccount');
  if (card) {
    reading.nodes.set('/payment', { element: card });
    return { payment: { method: 'purchase_card_token' } };
  }
  const note = find(reading, root, 'cac:PaymentTerms/cbc:Note');
  const days = note && /\bnet\s?(\d{1,3})\b/i.exec(textOf({ element: note }))?.[1];
  if (!note || days === undefined) return {};
  reading.nodes.set('/payment', { element: note });
  return { payment: { method: 'terms', terms: `NET${Number(days)}` } };
}

// Amounts

const TOTAL = 'cac:AnticipatedMonetaryTotal';

function readAmounts(reading: PricedReading, lines: readonly UblLine[]): JsonObject {
  const { root } = reading.document;
  const currency = reading.currency ?? '';
  const charges = [
    ...readAllowances(reading, root, '/charges'),
    ...mergeCharges(lines.flatMap((line) => line.charges)),
    ...readAdjustment(reading, 'cbc:PrepaidAmount', 'PREPAID', -1),
    ...readAdjustment(reading, 'cbc:PayableRoundingAmount', 'ROUNDING', 1),
  ];
  const tax = readTax(reading);
  const payable = readMoney(reading, root, `${TOTAL}/cbc:PayableAmount`, '/total');
  const total = find(reading, root, TOTAL) ? payable : computeTotal(reading, lines, charges, tax);
  return {
    ...(lines.length > 0 && { lines: lines.map(({ line }) => line) }),
    charges: charges.map(({ code, amount }) => ({ code, amount: printAmount(amount, currency) })),
    ...(tax && { tax: printAmount(tax, currency) }),
    ...(total !== undefined && { total }),
  };
}

/** What makes the difference between the sum and what is payable. */
function readAdjustment(reading: PricedReading, name: string, code: string, sign: 1 | -1): readonly Charge[] {
  const amount = toAmount(readMoney(reading, reading.document.root, `${TOTAL}/${name}`, '/charges'));
  return amount && !amount.isZero() ? [{ code, amount: amount.times(sign) }] : [];
}

/** The taxes in the order's currency; a `TaxTotal` in the currency of accounting repeats them. */
function readTax(reading: PricedReading): Decimal | undefined {
  const { root } = reading.document;
  const accounting = find(reading, root, 'cbc:TaxCurrencyCode');
  const other = accounting && textOf({ element: accounting });
  const totals = findAll(reading, root, 'cac:TaxTotal').filter((total) => {
    const amount = find(reading, total, 'cbc:TaxAmount');
    const currency = amount && attributeOf(amount, 'currencyID')?.trim();
    return currency === reading.currency || currency !== other;
  });
  const amounts = totals.map((total) => toAmount(readMoney(reading, total, 'cbc:TaxAmount', '/tax')) ?? decimal('0'));
  return amounts.length === 0 ? undefined : addAll(amounts.map((amount) => ({ amount })));
}

/** Orders may leave the totals out: then there is nothing to hold the sum against. */
function computeTotal(
  reading: PricedReading,
  lines: readonly UblLine[],
  charges: readonly Charge[],
  tax: Decimal | undefined,
): string | undefined {
  const amounts = lines.map(({ line }) => line['amount']);
  if (!amounts.every((amount): amount is string => typeof amount === 'string' && isDecimal(amount))) return undefined;
  const goods = amounts.map((amount) => ({ amount: decimal(amount) }));
  const total = printAmount(addAll([...goods, ...charges, ...(tax ? [{ amount: tax }] : [])]), reading.currency ?? '');
  const message = `There is no ${TOTAL}: the total was computed as ${total}. Send one so that lost lines are noticed.`;
  say(reading, 'XML.TOTAL.COMPUTED', { element: reading.document.root }, '/total', message);
  return total;
}

// Notes

/** Those of the order, then those of the lines with their number. */
function findNotes(reading: PricedReading): readonly Note[] {
  const { root } = reading.document;
  const ofLines = findAll(reading, root, 'cac:OrderLine').flatMap((orderLine, index) => {
    const id = find(reading, orderLine, 'cac:LineItem/cbc:ID');
    const line = (id && textOf({ element: id })) ?? String(index + 1);
    const notes = [...findAll(reading, orderLine, 'cbc:Note'), ...findAll(reading, orderLine, 'cac:LineItem/cbc:Note')];
    return notes.map((element) => ({ element, line }));
  });
  return [...findAll(reading, root, 'cbc:Note').map((element) => ({ element, line: null })), ...ofLines];
}
