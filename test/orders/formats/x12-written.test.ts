import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decimal, sum, toCurrency } from '../../../orders/money.ts';
import type { Address, Order } from '../../../orders/order.ts';
import { x12Reader } from '../../../orders/formats/x12-documents.ts';
import { document, profileOf, setOf, split } from './x12-document.ts';

/* What we write as an 850 from a canonical order, we read back as the same order. */

/** The parts of an order that an 850 has a place for. */
type Written = Omit<Order, 'source' | 'operatorId' | 'extensions'>;

const compact = (date: string) => date.replaceAll('-', '');
const cents = (amount: string) => decimal(amount).abs().times(100).toFixed();

function writeParty(entity: string, party: Address | null | undefined): readonly string[] {
  if (!party) return [];
  const { id, name, lines, city, region, postalCode, country } = party;
  return [
    `N1*${entity}*${name ?? ''}*92*${id ?? ''}`,
    ...lines.map((line) => `N3*${line}`),
    `N4*${city ?? ''}*${region ?? ''}*${postalCode ?? ''}*${country ?? ''}`,
  ];
}

function writeCharge(sign: 'A' | 'C', code: string, amount: string): string {
  return `SAC*${sign}*${code}***${cents(amount)}`;
}

function writeLine(line: Written['lines'][number]): readonly string[] {
  const ids = Object.entries(line.ids).flatMap(([qualifier, id]) => [qualifier, id]);
  return [
    ['PO1', line.line, line.quantity, line.unit, line.unitPrice, 'PE', 'VN', line.sku, ...ids].join('*'),
    ...(line.description ? [`PID*F****${line.description}`] : []),
    ...line.discounts.map(({ code, amount }) => writeCharge('A', code, amount)),
    ...(line.requestedDeliveryDate ? [`DTM*002*${compact(line.requestedDeliveryDate)}`] : []),
    ...writeParty('ST', line.deliverTo),
  ];
}

function writeOrder(order: Written): readonly string[] {
  const purpose = { new: '00', cancel: '01', replace: '05' }[order.type];
  return [
    `BEG*${purpose}*SA*${order.poNumber}**${compact(order.orderDate)}`,
    `CUR*BY*${order.currency}`,
    `PER*OC*${order.contact?.name ?? ''}*TE*${order.contact?.phone ?? ''}*EM*${order.contact?.email ?? ''}`,
    ...order.charges.map(({ code, amount }) => writeCharge(amount.startsWith('-') ? 'A' : 'C', code, amount)),
    `ITD*01******${order.payment?.terms?.replace('NET', '') ?? ''}`,
    ...(order.requestedDeliveryDate ? [`DTM*002*${compact(order.requestedDeliveryDate)}`] : []),
    ...order.notes.flatMap((note) => ['N9*ZZ*NOTE', `MSG*${note}`]),
    'N1*BY*Northwind*92*0042',
    ...writeParty('ST', order.shipTo),
    ...writeParty('BT', order.billTo),
    ...order.lines.flatMap(writeLine),
    `CTT*${order.lines.length}*${sum(order.lines.map(({ quantity }) => quantity)).toFixed()}`,
    `AMT*TT*${order.total}`,
  ];
}

// What an 850 can say: no separators, nothing blank at either end, codes in their lengths.
const text = (longest: number) => fc.stringMatching(new RegExp(`^[A-Za-z0-9é,.&'/()-][A-Za-z0-9é ,.&'/()-]{0,${longest - 2}}[A-Za-z0-9é]$`)); // prettier-ignore
const sku = fc.stringMatching(/^[A-Z0-9][A-Z0-9.-]{0,29}$/);
const date = fc.integer({ min: 0, max: 3650 }).map((day) => new Date(Date.UTC(2022, 0, 1 + day)).toISOString().slice(0, 10)); // prettier-ignore
const money = fc.integer({ min: 1, max: 99_999 }).map((units) => decimal(String(units)).dividedBy(100).toFixed(2));
const price = fc.tuple(fc.integer({ min: 0, max: 9999 }), fc.stringMatching(/^\d{1,4}$/)).map(([whole, rest]) => `${whole}.${rest}`); // prettier-ignore
const place = fc.record({
  id: sku,
  name: text(60),
  lines: fc.array(text(55), { maxLength: 4 }),
  city: text(30),
  region: fc.constantFrom('CA', 'NV', 'BC'),
  postalCode: fc.constantFrom('94105', '00501', 'V6B 1A1'),
  country: fc.constantFrom('US', 'CA'),
});
const line = fc
  .record({
    sku,
    ids: fc.dictionary(fc.constantFrom('UP', 'EN', 'BP', 'VP', 'IN', 'MG'), sku, { maxKeys: 5, noNullPrototype: true }),
    description: fc.option(text(80)),
    unit: fc.constantFrom('EA', 'CA', 'DZ'),
    unitPrice: price,
    quantity: fc.oneof(
      fc.integer({ min: 1, max: 99_999 }).map(String),
      fc.integer({ min: 1, max: 999 }).map((whole) => `${whole}.25`),
    ),
    discounts: fc.array(fc.record({ code: fc.stringMatching(/^[A-Z]\d{3}$/), amount: money }), { maxLength: 2 }),
    deliverTo: fc.option(place),
    requestedDeliveryDate: fc.option(date),
  })
  .map((each) => {
    const goods = decimal(each.quantity).times(decimal(each.unitPrice));
    const discounted = goods.minus(sum(each.discounts.map(({ amount }) => amount)));
    return { ...each, amount: toCurrency(discounted, 'USD') };
  });
const order = fc
  .record({
    poNumber: sku.map((number) => number.slice(0, 22)),
    type: fc.constantFrom('new' as const, 'cancel' as const, 'replace' as const),
    orderDate: date,
    requestedDeliveryDate: fc.option(date),
    contact: fc.record({ name: text(60), phone: fc.stringMatching(/^\d{7,12}$/), email: fc.constant('ann@northwind.example') }), // prettier-ignore
    shipTo: fc.option(place),
    billTo: fc.option(place),
    terms: fc.integer({ min: 1, max: 120 }).map((days) => `NET${days}`),
    lines: fc.array(line, { minLength: 1, maxLength: 6 }),
    charges: fc.array(fc.record({ code: fc.stringMatching(/^[A-Z]\d{3}$/), amount: fc.oneof(money, money.map((each) => `-${each}`)) }), { maxLength: 4 }), // prettier-ignore
    notes: fc.array(
      text(200).map((note) => note.replaceAll(/ +/g, ' ')),
      { maxLength: 3 },
    ),
  })
  .map(({ terms, lines, ...each }): Written => ({
    ...each,
    externalId: each.poNumber,
    currency: 'USD',
    customerId: 'C-1001',
    payment: { method: 'terms', terms },
    lines: lines.map((one, index) => ({ ...one, line: String(index + 1).padStart(3, '0') })),
    tax: '0.00',
    total: sum([...lines.map(({ amount }) => amount), ...each.charges.map(({ amount }) => amount)]).toFixed(2),
  }));

const profile = profileOf();
const write = (written: Written) => Buffer.from(document({ sets: [setOf('0001', writeOrder(written))] }));

test('an order that was written as an 850 is read back as it was, without a word', () => {
  fc.assert(
    fc.property(order, (written) => {
      const { parts, findings } = x12Reader.split(write(written), profile);
      const read = x12Reader.parse(parts[0]!.bytes, parts[0]!.locator, profile);
      expect([...findings, ...read.findings]).toEqual([]);
      const { source: _source, extensions: _extensions, ...back } = read.order!;
      expect(back).toEqual(written);
    }),
    { numRuns: 300 },
  );
});

test('and comes in the same pieces, whatever the sizes in which it arrives', () => {
  fc.assert(
    fc.property(order, fc.integer({ min: 1, max: 300 }), (written, size) => {
      const bytes = write(written);
      expect(split(bytes, {}, size)).toEqual(split(bytes));
    }),
    { numRuns: 100 },
  );
});
