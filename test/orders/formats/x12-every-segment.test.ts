import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { Order } from '../../../orders/order.ts';
import { x12Reader } from '../../../orders/formats/x12-documents.ts';
import { readSegments } from '../../../orders/formats/x12-segments.ts';
import { profileOf } from './x12-document.ts';

const fixture = (name: string) => readFileSync(new URL(`fixtures/x12/every-segment.${name}`, import.meta.url));

const document = fixture('edi');
const profile = profileOf();
const [part] = x12Reader.split(document, profile).parts;
const { order, findings } = x12Reader.parse(part!.bytes, part!.locator, profile);
const DELIMITERS = { element: '*', component: '>', repetition: null, segment: '~' };
const { segments } = readSegments(part!.bytes, 0, DELIMITERS);
const kept = (order?.extensions?.['x12'] as { segments: { position: number; elements: string[] }[] }).segments;

/** Every text in an order, by its JSON pointer. */
function textsOf(value: unknown, pointer = ''): readonly (readonly [string, string])[] {
  if (typeof value === 'string') return [[pointer, value]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => textsOf(child, `${pointer}/${key}`));
}

/** What stands in the document where a field is said to be, up to the end of its element or, of a segment, its id. */
function textAt(pointer: string): string {
  const { offset = 0 } = x12Reader.locate(part!.bytes, part!.locator, profile, pointer);
  return /^[^*~]*/.exec(document.toString('latin1', offset))?.[0] ?? '';
}

describe('an 850 with every segment that has a meaning', () => {
  // Computed by hand from the fixture: 189.91 + 62.50 + 74.00 + 6.00 + 4.00 of goods, 18.19 of charges, 3.10 of taxes.
  test('becomes the order that it says', () => {
    const expected = JSON.parse(fixture('expected.json').toString()) as { findings: unknown; order: unknown };
    expect(order).toEqual(expected.order);
    expect(findings).toMatchObject(expected.findings as object[]);
    expect(findings.map(({ code }) => code)).toEqual(['X12.CHARGE.COMPUTED', 'X12.CHARGE.COMPUTED']);
  });

  test('loses nothing: what is not kept as a segment stands in the order', () => {
    const positions = new Set(kept.map(({ position }) => position));
    const held = JSON.stringify({ ...order, extensions: { ...(order?.extensions?.['x12'] as object), segments: [] } });
    // What is held in another form: codes of what a field means, counts that were checked, units of the same line.
    const said = new Set(['BY', 'A', 'C', 'F', '002', 'D8', 'TT', '1', 'AE', 'EA', 'CA', 'PE', 'VN', '5', '543']);
    const forms: Readonly<Record<string, string>> = { '999': '9.99', '150': '1.50', '100': '0.46', USA: 'US' };
    const dates = (text: string) => text.replace(/^(\d{4})(\d{2})(\d{2})$/, '$1-$2-$3');
    for (const { id, position, elements } of segments.slice(1, -1)) {
      if (positions.has(position)) continue;
      const lost = elements.filter(
        (text) => text !== '' && !said.has(text) && !held.includes(forms[text] ?? dates(text)) && !held.includes(text),
      );
      expect({ id, position, lost }).toEqual({ id, position, lost: [] });
    }
  });

  test('tells of each field where it stands', () => {
    const derived =
      /amount$|unitPrice$|\/line$|date$|notes|code$|country|terms|method|total|tax|source|Id$|extensions|type/i;
    const exact = textsOf(order).filter(([pointer]) => !derived.test(pointer));
    expect(exact.length).toBe(74);
    for (const [pointer, text] of exact) {
      const wanted = pointer.endsWith('/description') ? 'Green tea' : text;
      expect([pointer, textAt(pointer)]).toEqual([pointer, wanted]);
    }
  });

  test.each([
    ['/type', '00'],
    ['/externalId', 'BL-500'],
    ['/orderDate', '20261120'],
    ['/requestedDeliveryDate', '20261201'],
    ['/customerId', '0042'],
    ['/payment/method', 'ITD'],
    ['/payment/terms', '30'],
    ['/billTo/country', 'USA'],
    ['/lines/0/unitPrice', '19.9900'],
    ['/lines/0/requestedDeliveryDate', '20261202'],
    ['/lines/0/discounts/0/amount', '999'],
    ['/lines/0/discounts/0/code', 'VOL5'],
    ['/lines/0/deliverTo/city', 'Seattle'],
    ['/lines/0/amount', 'PO1'],
    ['/lines/2/quantity', '300'],
    ['/lines/2/requestedDeliveryDate', '20261210'],
    ['/lines/2/unitPrice', '12.5'],
    ['/lines/3/unitPrice', '2.50'],
    ['/lines/4/deliverTo', 'S03'],
    ['/lines/4/deliverTo/id', 'S03'],
    ['/lines/12/deliverTo/id', 'S11'],
    ['/lines/14/unitPrice', '4'],
    ['/charges/1/amount', '2.5'],
    ['/charges/2/code', 'PALLET'],
    ['/charges/2/amount', '4.20'],
    ['/charges/3/amount', '150'],
    ['/tax', '3.10'],
    ['/total', '357.70'],
    ['/notes/0', 'Leave at dock 4.'],
    ['/notes/1', 'No substitutes.'],
    ['/extensions/x12/release', '07'],
    ['/lines/14/deliverTo/city', 'PO1'],
    ['/nowhere', 'BEG'],
  ])('%s stands at %s', (pointer, text) => {
    expect(textAt(pointer)).toBe(text);
  });

  test('tells of each element that is only kept where it stands', () => {
    const elements = kept.flatMap((segment, index) =>
      segment.elements.map((text, at) => [`/extensions/x12/segments/${index}/elements/${at}`, text] as const),
    );
    for (const [pointer, text] of elements) expect([pointer, textAt(pointer)]).toEqual([pointer, text]);
  });
});

test('a field is found in the bytes that were asked for, whatever was asked before', () => {
  const { bytes, locator } = part!;
  const moved = { ...(locator as object), offset: 7 };
  const asked: Order['poNumber'] = '/poNumber';
  const before = x12Reader.locate(bytes, locator, profile, asked).offset ?? 0;
  const after = x12Reader.locate(bytes, moved, profile, asked).offset ?? 0;
  expect(after - 7).toBe(before - (locator as { offset: number }).offset);
});
