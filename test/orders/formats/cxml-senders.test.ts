import { describe, expect, test } from '@jest/globals';
import { readCxmlCredentials } from '../../../orders/formats/cxml-header.ts';
import { xmlReader } from '../../../orders/formats/xml-documents.ts';
import { type SourceProfile, sourceProfileSchema } from '../../../orders/source.ts';
import { xmlProfile } from './xml-fixtures.ts';

/* cXML as procurement systems write it: prices by the hundred, deductions, parts that are missing. */

const usd = (amount: string): string => `<Money currency="USD">${amount}</Money>`;
const credential = (domain: string, identity: string): string =>
  `<Credential domain="${domain}"><Identity>${identity}</Identity></Credential>`;

interface Parts {
  readonly from?: string;
  readonly to?: string;
  readonly header?: string;
  readonly items?: string;
}
interface Item {
  readonly attributes?: string;
  readonly id?: string;
  readonly price?: string;
  readonly detail?: string;
  readonly more?: string;
}

const item = ({ attributes = 'quantity="3"', id = '', price = usd('10.00'), detail = '', more = '' }: Item = {}): string =>
  `<ItemOut ${attributes}><ItemID><SupplierPartID>A-1</SupplierPartID>${id}</ItemID><ItemDetail><UnitPrice>${price}</UnitPrice>${detail}</ItemDetail>${more}</ItemOut>`; // prettier-ignore
const write = ({
  from = credential('NetworkId', 'AN01000002792'),
  to = credential('NetworkId', 'AN01000009999'),
  header = `<Total>${usd('30.00')}</Total>`,
  items = item(),
}: Parts = {}): string =>
  `<cXML><Header><From>${from}</From><To>${to}</To></Header><Request><OrderRequest>` +
  `<OrderRequestHeader orderID="71" orderDate="2026-11-23">${header}</OrderRequestHeader>${items}</OrderRequest></Request></cXML>`;

const parseText = (text: string, profile: SourceProfile = xmlProfile) => {
  const { order, findings } = xmlReader.parse(new TextEncoder().encode(text), null, profile);
  return { order, told: findings.map(({ code, path }) => `${code} ${path}`), messages: findings.map(({ message }) => message) };
}; // prettier-ignore
const parse = (parts: Parts = {}, profile?: SourceProfile) => parseText(write(parts), profile);

describe('who sends a cXML order, and to whom', () => {
  const plain = sourceProfileSchema.parse({ id: 'xml-shop', channel: 'ecommerce', defaults: { customerId: 'C-9' } });

  test('may be left to the source, which then takes orders for anybody', () => {
    const { order, told } = parse({ to: '' }, plain);
    expect(told).toEqual([]);
    expect(order).toMatchObject({ customerId: 'C-9', total: '30.00' });
    // Nothing of it was left over.
    expect(parse({ from: '', to: '' }, plain).order?.extensions).toEqual({});
  });

  test('is told where nobody is named', () => {
    expect(parse({ from: '' })).toMatchObject({
      order: null,
      told: ['XML.CUSTOMER /customerId'],
      messages: ['cXML/Header/From/Credential/Identity is not mapped to a customer of ours: ask for it to be added to the source.'],
    });
    expect(parse({ to: '' }).told).toEqual(['XML.NOT_US ']);
    expect(parse({ to: '<Credential/>' }).told).toEqual(['XML.NOT_US ']);
  }); // prettier-ignore

  test('has a credential with what is there of it', () => {
    const read = (sender: string) =>
      readCxmlCredentials(new TextEncoder().encode(`<cXML><Header><Sender>${sender}</Sender></Header></cXML>`))?.sender;
    expect(read('<Credential/>')).toEqual({ domain: '', identity: '', sharedSecret: null });
    expect(read('<Credential domain=" DUNS "><Identity> 1 </Identity><SharedSecret> s </SharedSecret></Credential>')).toEqual({ domain: 'DUNS', identity: '1', sharedSecret: 's' });
    expect(read('')).toBeNull();
  }); // prettier-ignore
});

describe('what a cXML order leaves out', () => {
  test('is missed by name', () => {
    expect(parseText(`<cXML><Header><From>${credential('NetworkId', 'AN01000002792')}</From><To>${credential('NetworkId', 'AN01000009999')}</To></Header><Request><OrderRequest>${item()}</OrderRequest></Request></cXML>`).told).toEqual([
      'XML.REQUIRED /poNumber', 'XML.REQUIRED /orderDate', 'XML.REQUIRED /total',
    ]);
    expect(parse({ header: '' }).told).toEqual(['XML.REQUIRED /total']);
    expect(parse({ items: item({ price: '' }) }).told).toEqual(['XML.REQUIRED /lines/0/unitPrice']);
    expect(parse({ items: item({ attributes: '' }) }).told).toEqual(['XML.REQUIRED /lines/0/quantity']);
  }); // prettier-ignore

  test('of an address is left out: no ship-to without an address, no contact without a way to reach it', () => {
    const total = `<Total>${usd('30.00')}</Total>`;
    const { order, told } = parse({ header: `${total}<ShipTo/><BillTo><Address><Name>Kestrel</Name></Address></BillTo>` });
    expect(told).toEqual([]);
    expect(order?.shipTo ?? null).toBeNull();
    expect(order).toMatchObject({ billTo: { name: 'Kestrel', lines: [] } });
    expect(parse({ header: `${total}<ShipTo><Address><Name>Kestrel</Name></Address></ShipTo>` }).order?.contact ?? null).toBeNull();
    const phone = (parts: string): unknown =>
      parse({ header: `${total}<ShipTo><Address><Name>K</Name><Phone><TelephoneNumber>${parts}</TelephoneNumber></Phone></Address></ShipTo>` }).order?.contact ?? null;
    expect(phone('<Number>5550142</Number><Extension>12</Extension>')).toEqual({ phone: '5550142 x12' });
    expect(phone('<Number/>')).toBeNull();
    expect(parse({ header: `${total}<Contact><Name>Rosa</Name></Contact>` }).order?.contact).toEqual({ name: 'Rosa' });
  }); // prettier-ignore
});

describe('how a cXML order is paid', () => {
  const terms = (inner: string): unknown =>
    parse({ header: `<Total>${usd('30.00')}</Total>${inner}` }).order?.payment ?? null;

  test('is by the term without a discount, in whole days', () => {
    const discounted = '<PaymentTerm payInNumberOfDays="10"><Discount><DiscountPercent percent="2"/></Discount></PaymentTerm>';
    expect(terms('<PaymentTerm payInNumberOfDays="030"/>')).toEqual({ method: 'terms', terms: 'NET30' });
    expect(terms(`${discounted}<PaymentTerm payInNumberOfDays="30"/>`)).toEqual({ method: 'terms', terms: 'NET30' });
    expect(terms(discounted)).toEqual({ method: 'terms', terms: 'NET10' });
    expect(terms('<PaymentTerm/>')).toBeNull();
    expect(terms('<PaymentTerm payInNumberOfDays="soon"/>')).toBeNull();
  }); // prettier-ignore
});

describe('prices of cXML', () => {
  const priced = (price: string, total: string, item0: Item = {}) => {
    const { order, told } = parse({ header: `<Total>${usd(total)}</Total>`, items: item({ ...item0, price }) });
    const [line] = order?.lines ?? [];
    return { told, unitPrice: line?.unitPrice, amount: line?.amount, discounts: line?.discounts, charges: order?.charges };
  }; // prettier-ignore
  const modified = (inner: string, detail = ''): string =>
    `${usd('10.00')}<Modifications><Modification>${inner}${detail}</Modification></Modifications>`;

  test.each([
    ['a deducted price', `<AdditionalDeduction><DeductedPrice>${usd('9.00')}</DeductedPrice></AdditionalDeduction>`, '27.00', [{ code: 'DISCOUNT', amount: '3.00' }], []],
    ['a deduction in percent', '<AdditionalDeduction><DeductionPercent percent="10"/></AdditionalDeduction>', '27.00', [{ code: 'DISCOUNT', amount: '3.00' }], []],
    ['a surcharge', `<AdditionalCost>${usd('0.50')}</AdditionalCost>`, '31.50', [], [{ code: 'SURCHARGE', amount: '1.50' }]],
    ['a surcharge in percent', '<AdditionalCost><Percentage percent="5"/></AdditionalCost>', '31.50', [], [{ code: 'SURCHARGE', amount: '1.50' }]],
    ['nothing that it says', '', '30.00', [], []],
    ['a percentage in words', '<AdditionalCost><Percentage percent="five"/></AdditionalCost>', '30.00', [], []],
    ['a cost in words', `<AdditionalCost>${usd('some')}</AdditionalCost>`, '30.00', [], []],
  ])('are changed by %s', (_, inner, total, discounts, charges) => {
    expect(priced(modified(inner), total)).toMatchObject({ told: [], unitPrice: '10.00', discounts, charges });
  }); // prettier-ignore

  test('are changed under the name that the buyer gives it, where one can be read', () => {
    const deduction = `<AdditionalDeduction><DeductionAmount>${usd('1.00')}</DeductionAmount></AdditionalDeduction>`;
    const named = (name: string) => priced(modified(deduction, `<ModificationDetail name="${name}"/>`), '27.00').discounts;
    expect(named('Rebate')).toEqual([{ code: 'Rebate', amount: '3.00' }]);
    expect(named('&#x85;')).toEqual([{ code: 'DISCOUNT', amount: '3.00' }]);
  }); // prettier-ignore

  test('are those of one unit, from a basis that can be computed with', () => {
    const basis = (attributes: string): Item => ({ detail: `<PriceBasisQuantity ${attributes}/>` });
    expect(priced(usd('1000.00'), '30.00', basis('quantity="100"'))).toMatchObject({ told: [], unitPrice: '10', amount: '30.00' });
    expect(priced(usd('10.00'), '30.00', basis('quantity="0"')).told).toEqual(['XML.FORMAT /lines/0/unitPrice']);
    expect(priced(usd('10.00'), '30.00', basis('quantity="1" conversionFactor="-1"')).told).toEqual(['XML.FORMAT /lines/0/unitPrice']);
    expect(priced(usd('10.00'), '30.00', basis('')).told).toEqual(['XML.FORMAT /lines/0/unitPrice']);
  }); // prettier-ignore
});

describe('lines of cXML', () => {
  test('have the product ids that are known, each once', () => {
    const reference = (attributes: string): string => `<IdReference ${attributes}/>`;
    const id = [
      reference('domain="GTIN" identifier="4012345678901"'),
      reference('domain="EAN-13" identifier="4012345678902"'),
      reference('domain="GTIN" identifier="12"'),
      reference('domain="GTIN"'),
      reference('identifier="4012345678903"'),
    ].join('');
    expect(parse({ items: item({ id }) }).order?.lines[0]?.ids).toEqual({ EN: '4012345678901' });
  });

  test('come in parts only where these add up', () => {
    const schedule = (...parts: string[]) => parts.map((part) => `<ScheduleLine ${part}/>`).join('');
    const read = (more: string) => {
      const { order, told } = parse({ items: item({ more }) });
      return { told, parts: order?.lines.map(({ line, quantity, requestedDeliveryDate: date }) => `${line}: ${quantity} ${date ?? ''}`) };
    };
    const dated = 'quantity="1" requestedDeliveryDate="2026-12-01"';
    expect(read(schedule(dated, 'quantity="2"'))).toEqual({ told: [], parts: ['1/1: 1 2026-12-01', '1/2: 2 '] });
    expect(read(schedule(dated))).toEqual({ told: ['XML.LINE.SCHEDULE /lines/0/quantity'], parts: ['1: 3 2026-12-01'] });
    expect(read(schedule(dated, ''))).toEqual({ told: ['XML.LINE.SCHEDULE /lines/0/quantity'], parts: ['1: 3 2026-12-01'] });
  }); // prettier-ignore

  test('may each have their tax: together it is that of the order', () => {
    const taxed = (amount: string) => item({ more: `<Tax>${usd(amount)}</Tax>` });
    const header = `<Total>${usd('63.00')}</Total>`;
    expect(parse({ header, items: taxed('1.00') + taxed('2.00') })).toMatchObject({ told: [], order: { tax: '3.00', total: '63.00' } });
    expect(parse({ header, items: taxed('1.00') + taxed('two') }).told).toEqual(['XML.FORMAT /tax']);
  }); // prettier-ignore
});
