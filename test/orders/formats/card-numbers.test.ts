import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Format } from '../../../orders/formats/format.ts';
import { readerOf } from '../../../orders/formats/readers.ts';
import { sourceProfileSchema } from '../../../orders/source.ts';

const profile = sourceProfileSchema.parse({
  id: 'any-sender',
  channel: 'api',
  x12: { partner: { qualifier: 'ZZ', id: 'NORTHWIND' }, us: { qualifier: 'ZZ', id: 'ORDERSTAGING' } },
});

const interchange = (segments: readonly string[]): string =>
  [
    'ISA*00*          *00*          *ZZ*NORTHWIND      *ZZ*ORDERSTAGING   *261123*0900*U*00401*000000001*0*P*>',
    'GS*PO*NORTHWIND*ORDERSTAGING*20261123*0900*1*X*004010',
    'ST*850*0001',
    ...segments,
    `SE*${segments.length + 2}*0001`,
    'GE*1*1',
    'IEA*1*000000001',
  ].join('~\n') + '~\n';

/** For each layout a document with an id in every field that holds ids, and a text in every field that people write in. */
const LAYOUTS: readonly (readonly [layout: string, format: Format, write: (id: string, text: string) => string])[] = [
  [
    'X12 850',
    'x12',
    (id, text) =>
      interchange([
        `BEG*00*SA*${id}*${id}*20261123`,
        `REF*IA*${id}`,
        `N9*L1*${id}`,
        `MSG*${text}`,
        `N1*ST*Dock*92*${id}`,
        `PO1*${id}*1*EA*9.99**VN*${id}*UP*${id}*EN*${id}*BP*${id}`,
        `PID*F****${text}`,
        `REF*LT*${id}`,
      ]),
  ],
  [
    'canonical JSON',
    'json',
    (id, text) =>
      JSON.stringify({
        poNumber: id,
        externalId: id,
        shipTo: { id, name: 'Dock' },
        lines: [{ line: id, sku: id, ids: { UP: id, EN: id, BP: id }, quantity: '1', description: text }],
        notes: [text],
      }),
  ],
  [
    'Shopify',
    'json',
    (id, text) =>
      `{"id":${id},"admin_graphql_api_id":"gid://shopify/Order/${id}","name":"#1001","po_number":"${id}","order_number":${id},` +
      `"customer":{"id":${id}},"financial_status":"paid","total_price":"1.00","note":"${text}",` +
      `"line_items":[{"id":${id},"product_id":${id},"variant_id":${id},"sku":"${id}","name":"${text}"}],` +
      `"fulfillments":[{"tracking_number":"${id}"}]}`,
  ],
  [
    'WooCommerce',
    'json',
    (id, text) =>
      `{"id":${id},"number":"${id}","customer_id":${id},"total":"1.00","billing":{},"date_created_gmt":"2026-11-23T10:00:00",` +
      `"meta_data":[{"key":"_purchase_order_number","value":"${id}"}],"customer_note":"${text}",` +
      `"line_items":[{"id":${id},"product_id":${id},"variation_id":${id},"sku":"${id}","name":"${text}"}]}`,
  ],
  [
    'canonical XML',
    'xml',
    (id, text) =>
      `<order><poNumber>${id}</poNumber><externalId>${id}</externalId><shipTo><id>${id}</id></shipTo><lines><line>` +
      `<line>${id}</line><sku>${id}</sku><ids><id qualifier="UP">${id}</id><id qualifier="BP">${id}</id></ids>` +
      `<description>${text}</description></line></lines><notes><note>${text}</note></notes></order>`,
  ],
  [
    'cXML',
    'xml',
    (id, text) =>
      `<cXML payloadID="${id}"><Header><From><Credential domain="DUNS"><Identity>${id}</Identity></Credential></From></Header>` +
      `<Request><OrderRequest><OrderRequestHeader orderID="${id}"><ShipTo><Address addressID="${id}"/></ShipTo>` +
      `<Comments>${text}</Comments></OrderRequestHeader><ItemOut lineNumber="${id}" requisitionID="${id}"><ItemID>` +
      `<SupplierPartID>${id}</SupplierPartID><SupplierPartAuxiliaryID>${id}</SupplierPartAuxiliaryID>` +
      `<BuyerPartID>${id}</BuyerPartID><IdReference domain="EAN-13" identifier="${id}"/></ItemID><ItemDetail>` +
      `<Description>${text}</Description><ManufacturerPartID>${id}</ManufacturerPartID></ItemDetail></ItemOut>` +
      `</OrderRequest></Request></cXML>`,
  ],
  [
    'UBL',
    'xml',
    (id, text) =>
      `<Order xmlns="urn:oasis:names:specification:ubl:schema:xsd:Order-2" xmlns:a="urn:x:a" xmlns:b="urn:x:b"><b:ID>${id}</b:ID>` +
      `<b:SalesOrderID>${id}</b:SalesOrderID><b:CustomerReference>${id}</b:CustomerReference><b:Note>${text}</b:Note>` +
      `<a:Party><b:EndpointID schemeID="0088">${id}</b:EndpointID></a:Party><a:LineItem><b:ID>${id}</b:ID><a:Item>` +
      `<b:Description>${text}</b:Description><a:SellersItemIdentification><b:ID>${id}</b:ID></a:SellersItemIdentification>` +
      `<a:StandardItemIdentification><b:ID schemeID="0160">${id}</b:ID></a:StandardItemIdentification></a:Item></a:LineItem></Order>`,
  ],
  [
    'CSV',
    'csv',
    (id, text) =>
      `po_number,external_id,line,sku,EAN,item number,quantity,description,notes\n${id},${id},${id},${id},${id},"${id}",1,${text},${text}\n`,
  ],
  [
    "Shopify's CSV",
    'csv',
    (id, text) => `Name,Id,Lineitem sku,Lineitem quantity,Lineitem name,Notes\n#1001,${id},${id},1,${text},"${text}"\n`,
  ],
];

const DIGITS = [...Array(10).keys()].map(String);
const digits = (length: number) =>
  fc.array(fc.constantFrom(...DIGITS), { minLength: length, maxLength: length }).map((each) => each.join(''));

/** A number with the check digit that card numbers have. @see https://www.iso.org/standard/70484.html (Luhn) */
function completeLuhn(payload: string): string {
  const sum = Array.from(payload)
    .reverse()
    .reduce((total, digit, index) => {
      const doubled = Number(digit) * (index % 2 === 0 ? 2 : 1);
      return total + (doubled > 9 ? doubled - 9 : doubled);
    }, 0);
  return `${payload}${(10 - (sum % 10)) % 10}`;
}

/** A number with the check digit of GTINs. @see https://www.gs1.org/services/how-calculate-check-digit-manually */
function completeGtin(payload: string): string {
  const sum = Array.from(payload)
    .reverse()
    .reduce((total, digit, index) => total + Number(digit) * (index % 2 === 0 ? 3 : 1), 0);
  return `${payload}${(10 - (sum % 10)) % 10}`;
}

const card = fc.oneof(
  digits(14).map((rest) => completeLuhn(`4${rest}`)),
  digits(13).map((rest) => completeLuhn(`53${rest}`)),
  digits(12).map((rest) => completeLuhn(`37${rest}`)),
  digits(11).map((rest) => completeLuhn(`6011${rest}`)),
);
const gtin = fc.constantFrom(8, 12, 13, 14).chain((length) => digits(length - 1).map(completeGtin));
const orderNumber = fc.integer({ min: 5, max: 19 }).chain(digits);

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

describe.each(LAYOUTS)('in %s', (_layout, format, write) => {
  test('GTINs, order numbers, and ids that happen to be card numbers stay as they are', () => {
    fc.assert(
      fc.property(fc.oneof(gtin, orderNumber, card), (id) => {
        const document = write(id, 'deliver at noon');
        const { bytes, findings } = readerOf(format).mask(encode(document), profile);
        return findings.length === 0 && decode(bytes) === document;
      }),
      // More than 10,000 in all layouts together.
      { numRuns: 1200 },
    );
  });

  test('card numbers in what people write are masked to their last four digits, however they are grouped', () => {
    const group = fc.constantFrom('', ' ', '-');
    fc.assert(
      fc.property(card, group, (number, mark) => {
        const written = number.replace(/(\d{4})(?=\d)/g, `$1${mark}`);
        const document = write('1001', `pay with ${written} please`);
        const { bytes, findings } = readerOf(format).mask(encode(document), profile);
        const masked = decode(bytes);
        expect(bytes).toHaveLength(encode(document).length);
        expect(masked).not.toContain(written);
        // Nothing of it is left but those four.
        const left = masked.match(/pay with (.*?) please/)?.[1] ?? '';
        expect(left.replace(/\D/g, '')).toBe(number.slice(-4));
        expect(findings.length).toBeGreaterThan(0);
        expect(JSON.stringify(findings)).not.toContain(number);
      }),
      { numRuns: 200 },
    );
  });
});
