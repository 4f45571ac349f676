import { describe, expect, test } from '@jest/globals';
import { jsonReader } from '../../../orders/formats/json-documents.ts';
import { xmlReader } from '../../../orders/formats/xml-documents.ts';
import { type SourceProfile, sourceProfileSchema } from '../../../orders/source.ts';
import { xmlProfile } from './xml-fixtures.ts';

/* XML as senders write it: the canonical order, UBL, an own layout; and JSON where it is masked and found as XML is. */

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const read = (text: string, profile: SourceProfile = xmlProfile) => {
  const { order, findings } = xmlReader.parse(encode(text), null, profile);
  return { order, told: findings.map(({ code, path }) => `${code} ${path}`), messages: findings.map(({ message }) => message) };
}; // prettier-ignore

describe('the canonical order in XML', () => {
  const write = (inLine = '', more = ''): string =>
    `<order><poNumber>PO-1</poNumber><orderDate>2026-11-23</orderDate><currency>USD</currency><customerId>C-1001</customerId>` +
    `<lines><line><sku>A</sku><quantity>2</quantity><unitPrice>5.00</unitPrice>${inLine}</line></lines><total>10.00</total>${more}</order>`;

  test('has product ids by their qualifier, each once', () => {
    const ids = (inner: string) => read(write(`<ids>${inner}</ids>`));
    expect(ids('<id qualifier="UP">012345678905</id><id qualifier="BP">7</id>').order?.lines[0]?.ids).toEqual({ UP: '012345678905', BP: '7' });
    expect(ids('<id qualifier="UP">1</id><id qualifier="UP">2</id>').told).toEqual(['XML.REPEATED /lines/0/ids/UP']);
    expect(ids('<id>1</id><upc>2</upc>')).toMatchObject({
      told: ['XML.UNKNOWN_FIELD /lines/0/ids/id', 'XML.UNKNOWN_FIELD /lines/0/ids/upc'],
      order: { lines: [{ ids: {} }] },
    });
  }); // prettier-ignore

  test('keeps what it has no place for: elements in elements, doubled ones, with and without attributes', () => {
    const { order, told } = read(
      write('', '<colour>red</colour><colour>blue</colour><box kind="small">1<lid/><lid/></box><poNumber2><x>1</x></poNumber2>'),
    );
    expect(order?.extensions).toEqual({
      colour: 'red',
      'colour[2]': 'blue',
      box: { '@kind': 'small', '#text': '1', lid: ['', ''] },
      poNumber2: { x: '1' },
    });
    expect(told).toEqual(['XML.UNKNOWN_FIELD /colour', 'XML.UNKNOWN_FIELD /box', 'XML.UNKNOWN_FIELD /poNumber2']);
  }); // prettier-ignore

  test('reads no element inside of a value, and no other element among its lines', () => {
    const inside = write().replace('<sku>A</sku>', '<sku>A<b>B</b></sku>');
    expect(read(inside).told).toContain('XML.UNKNOWN_FIELD /lines/0/sku/b');
    const among = write().replace('<lines>', '<lines><item><sku>B</sku></item>');
    expect(read(among).told).toContain('XML.UNKNOWN_FIELD /lines/item');
  });

  test('is told that it names another source, in an attribute or nowhere', () => {
    expect(read(write('', '<source>other</source>')).told).toEqual(['SOURCE.MISMATCH /source']);
  });
});

describe('an own layout', () => {
  const profile = sourceProfileSchema.parse({
    id: 'erp',
    channel: 'api',
    defaults: { customerId: 'C-1', currency: 'EUR' },
    mapping: {
      order: { poNumber: '/Auftrag/Kopf/@nr', orderDate: 'Kopf/Datum[2]', total: '/Anderes/Summe', notes: 'Kopf/a:b:c' },
      lines: 'Pos',
      line: { sku: 'Art', quantity: 'Menge', unitPrice: 'Preis' },
    },
  }); // prettier-ignore
  const write = (lines: string): string =>
    `<Auftrag><Kopf nr="A-1"><Datum>2026-11-20</Datum><Datum>2026-11-23</Datum></Kopf>${lines}<Summe>3.00</Summe></Auftrag>`;

  test('is followed from the root or from where one stands, to the second of two', () => {
    const { told, order } = read(write('<Pos><Art>A</Art><Menge>2</Menge><Preis>1.50</Preis></Pos>'), profile);
    // A path that begins at another root leads nowhere.
    expect([order, told]).toEqual([null, ['XML.REQUIRED /total']]);
    const mapping = { ...profile.mapping, order: { ...profile.mapping?.order, total: '/Auftrag/Summe' } };
    const right = sourceProfileSchema.parse({ ...profile, mapping });
    expect(read(write('<Pos><Art>A</Art><Menge>2</Menge><Preis>1.50</Preis></Pos>'), right).order).toMatchObject({
      poNumber: 'A-1',
      orderDate: '2026-11-23',
      total: '3.00',
    });
    expect(read(write(''), right).told).toEqual(['XML.REQUIRED /lines']);
  });
});

describe('UBL', () => {
  const SPACES =
    'xmlns="urn:oasis:names:specification:ubl:schema:xsd:Order-2" xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2" xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"';
  const eur = (name: string, value: string): string => `<cbc:${name} currencyID="EUR">${value}</cbc:${name}>`;
  interface Parts {
    readonly head?: string;
    readonly line?: string;
    readonly item?: string;
    readonly amount?: string;
    readonly total?: string;
  }
  const write = ({
    head = '',
    line = '',
    item = '<cbc:Name>Thing</cbc:Name><cac:SellersItemIdentification><cbc:ID>007</cbc:ID></cac:SellersItemIdentification>',
    amount = eur('LineExtensionAmount', '10.00'),
    total = `<cac:AnticipatedMonetaryTotal>${eur('PayableAmount', '10.00')}</cac:AnticipatedMonetaryTotal>`,
  }: Parts): string =>
    `<Order ${SPACES}><cbc:ID>B-1</cbc:ID><cbc:IssueDate>2026-11-23</cbc:IssueDate><cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>${head}${total}` +
    `<cac:OrderLine><cac:LineItem><cbc:ID>1</cbc:ID><cbc:Quantity unitCode="C62">4</cbc:Quantity>${amount}${line}<cac:Price>${eur('PriceAmount', '2.50')}</cac:Price>` +
    `<cac:Item>${item}</cac:Item></cac:LineItem></cac:OrderLine></Order>`;
  const anyone = sourceProfileSchema.parse({ id: 'xml-shop', channel: 'ecommerce', defaults: { customerId: 'C-9' } });
  const ubl = (parts: Parts) => read(write(parts), anyone);

  test('is delivered to a place, an address, or a party; to a line too', () => {
    const deliver = (inner: string): string => `<cac:Delivery>${inner}</cac:Delivery>`;
    const address = '<cbc:StreetName>2 Mill Lane</cbc:StreetName><cbc:CityName>Leeds</cbc:CityName>';
    const party = '<cac:DeliveryParty><cac:PartyName><cbc:Name>Acme</cbc:Name></cac:PartyName></cac:DeliveryParty>';
    expect(ubl({ head: deliver(`<cac:DeliveryAddress>${address}</cac:DeliveryAddress>`) }).order?.shipTo).toMatchObject({ lines: ['2 Mill Lane'], city: 'Leeds' });
    expect(ubl({ head: deliver(party) }).order?.shipTo).toMatchObject({ name: 'Acme', lines: [] });
    expect(ubl({ head: deliver('<cac:DeliveryParty/>') }).order?.shipTo).toMatchObject({ lines: [] });
    expect(ubl({ head: deliver('') }).order?.shipTo ?? null).toBeNull();
    expect(ubl({ line: deliver('<cac:DeliveryLocation><cbc:ID>S-1</cbc:ID></cac:DeliveryLocation>') }).order?.lines[0]?.deliverTo).toMatchObject({ id: 'S-1' });
  }); // prettier-ignore

  test('is ordered by a person whose contact says something', () => {
    const contact = (inner: string): unknown =>
      ubl({ head: `<cac:BuyerCustomerParty><cac:BuyerContact>${inner}</cac:BuyerContact></cac:BuyerCustomerParty>` }).order?.contact ?? null;
    expect(contact('<cbc:Name>Mia</cbc:Name>')).toEqual({ name: 'Mia' });
    expect(contact('<cbc:Telephone>1</cbc:Telephone><cbc:ElectronicMail>mia@x.example</cbc:ElectronicMail>')).toEqual({ email: 'mia@x.example', phone: '1' });
    expect(contact('')).toBeNull();
  }); // prettier-ignore

  test('describes a product by its name, else by its description, and knows its GTIN without a scheme', () => {
    const sellers = '<cac:SellersItemIdentification><cbc:ID>007</cbc:ID></cac:SellersItemIdentification>';
    const line = (item: string) => ubl({ item }).order?.lines[0];
    expect(line(`<cbc:Description>A thing</cbc:Description>${sellers}`)?.description).toBe('A thing');
    expect(line(sellers)?.description).toBeUndefined();
    const gtin = '<cac:StandardItemIdentification><cbc:ID>04012345678901</cbc:ID></cac:StandardItemIdentification>';
    expect(line(`${sellers}${gtin}`)?.ids).toEqual({ UK: '04012345678901' });
  });

  test('has line amounts that are computed where it has none, and told where they are no numbers', () => {
    expect(ubl({ amount: '' })).toMatchObject({ told: [], order: { lines: [{ amount: '10.00' }] } });
    expect(ubl({ amount: eur('LineExtensionAmount', 'ten') }).told).toEqual(['XML.FORMAT /lines/0/amount']);
    expect(ubl({ total: '' })).toMatchObject({ told: ['XML.TOTAL.COMPUTED /total'], order: { total: '10.00' } });
    const tax = `<cac:TaxTotal>${eur('TaxAmount', '1.90')}</cac:TaxTotal>`;
    expect(ubl({ total: '', head: tax })).toMatchObject({ order: { tax: '1.90', total: '11.90' } });
    expect(ubl({ head: `<cac:TaxTotal>${eur('TaxAmount', 'some')}</cac:TaxTotal>` }).told).toEqual(['XML.FORMAT /tax']);
  });

  test('of other kinds is no order of ours, and says what to send', () => {
    const other = (name: string): unknown => read(`<${name} xmlns="urn:oasis:names:specification:ubl:schema:xsd:${name}-2"/>`).messages;
    expect(other('OrderChange')).toEqual(['This is a UBL OrderChange, which is not carried out here: send the changed order anew as Order, or tell us of the change.']);
    expect(other('Invoice')).toEqual(['This is a UBL Invoice, which is not carried out here: only Order is an order.']);
  }); // prettier-ignore

  test('has as many notes as an order holds; the others are kept beside', () => {
    const notes = Array.from({ length: 51 }, (_, index) => `<cbc:Note>note ${index}</cbc:Note>`).join('');
    const { order, told, messages } = ubl({ head: notes });
    expect(order?.notes).toHaveLength(50);
    expect(told).toEqual(['XML.SHORTENED /notes']);
    expect(messages).toEqual(['There are 51 texts for people; the first 50 are shown.']);
    expect(JSON.stringify(order?.extensions)).toContain('note 50');
  });
});

describe('card numbers in XML', () => {
  const mask = (text: string): string => Buffer.from(xmlReader.mask(encode(text), xmlProfile).bytes).toString();

  test('are masked in labelled values, comments, references, and behind broken tags', () => {
    expect(mask('<o><Extrinsic name="CVV">123</Extrinsic><Extrinsic>4111111111111111</Extrinsic></o>')).toBe('<o><Extrinsic name="CVV">***</Extrinsic><Extrinsic>************1111</Extrinsic></o>');
    expect(mask('<a><Name>CVV</Name><Value>123</Value></a>')).toBe('<a><Name>CVV</Name><Value>***</Value></a>');
    expect(mask('<a>&#52;11111111111&#x31;111</a>')).toBe('<a>&#42;***********&#x31;111</a>');
    expect(mask('<a>&#x34;111111111111111</a>')).toBe('<a>&#x2a;***********1111</a>');
    expect(mask('<a></b>4111111111111111<c')).toBe('<a></b>************1111<c');
    expect(mask('<a x=4111111111111111>')).toBe('<a x=************1111>');
    expect(mask('<a 4111111111111111/>')).toBe('<a ************1111/>');
  }); // prettier-ignore

  test('are masked below more elements than anybody nests, and the security code with them', () => {
    const deep = 300;
    const text = `${'<a>'.repeat(deep)}4111111111111111${'</a>'.repeat(deep)}<note>5555555555554444</note>`;
    expect(mask(text)).toBe(text.replace('411111111111', '************').replace('555555555555', '************'));
  });
});

describe('a field of JSON', () => {
  const profile = sourceProfileSchema.parse({ id: 'api', channel: 'api' });
  const text = '{"poNumber":"1","lines":[{"sku":"A"}]}';

  test('is found in its document, also where this is a part of another, and nowhere in what is no JSON', () => {
    expect(jsonReader.locate(encode(text), null, profile, '/lines/0/sku')).toMatchObject({ pointer: '/lines/0/sku' });
    const { parts } = jsonReader.split(encode(`[${text},\n${text}]`), profile);
    const [, second] = parts;
    expect(jsonReader.locate(second!.bytes, second!.locator, profile, '/lines/0/sku')).toMatchObject({ line: 2 });
    expect(jsonReader.locate(encode('{'), null, profile, '/lines')).toEqual({});
  });

  test('that is a gift card is hidden by its name', () => {
    const masked = (value: object): unknown =>
      JSON.parse(Buffer.from(jsonReader.mask(encode(JSON.stringify(value)), profile).bytes).toString());
    expect(masked({ gift_card_code: 'ABCD-1234' })).toEqual({ gift_card_code: '*********' });
  });
});
