import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { orderSchema } from '../../../orders/order.ts';
import { fitsAtAGlance, type OrderDraft } from '../../../orders/formats/x12-fit.ts';
import { parseX12Order } from '../../../orders/formats/x12-850.ts';
import { NORTHWIND, profileOf, setsOf, split } from './x12-document.ts';

const DELIMITERS = { element: '*', component: '>', repetition: null, segment: '~' };

/** What a partner might have written instead: usual, unusual and impossible values. */
const written = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    'SKU 1',
    ' SKU-1',
    'é',
    '\n',
    'tab\tin',
    '-3.50',
    '1e3',
    '1,5',
    'USD',
    'usd',
    '2026-11-20',
    'US',
    'USA',
  ),
  fc.constantFrom(40, 41, 60, 61, 80, 81, 120, 121, 254, 255, 500, 501, 2000, 2001).map((length) => 'x'.repeat(length)),
  fc.string({ unit: 'binary', maxLength: 12 }),
);

/** Every place of a text in an order, as a path. */
function placesOf(value: unknown, path: readonly (string | number)[] = []): readonly (readonly (string | number)[])[] {
  if (typeof value === 'string') return [path];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => placesOf(child, [...path, key]));
}

function replaceAt(order: OrderDraft, path: readonly (string | number)[], text: string): OrderDraft {
  const copy = structuredClone(order) as unknown as Record<string | number, unknown>;
  let place = copy;
  for (const key of path.slice(0, -1)) place = place[key] as Record<string | number, unknown>;
  place[path.at(-1) ?? ''] = text;
  return copy as unknown as OrderDraft;
}

const [first] = setsOf(split(NORTHWIND));
const context = { offset: first?.offset ?? 0, delimiters: DELIMITERS, version: '004010', usage: 'P' };
const { extensions: _extensions, ...order } =
  parseX12Order(first?.bytes ?? new Uint8Array(), context, profileOf()).order ?? ({} as OrderDraft);

test('an order that uses most of an 850 fits at a glance', () => {
  expect(fitsAtAGlance(order)).toBe(true);
});

test('what fits at a glance is what the canonical schema takes, unchanged', () => {
  // Dates, kinds and terms are of the reader's own making.
  const places = placesOf(order).filter((path) => !/date|type|payment/i.test(path.join('/')));
  let fitting = 0;
  fc.assert(
    fc.property(fc.constantFrom(...places), written, (path, text) => {
      const draft = replaceAt(order, path, text);
      if (!fitsAtAGlance(draft)) return;
      fitting++;
      expect(orderSchema.safeParse(draft)).toEqual({ success: true, data: draft });
    }),
    { numRuns: 3000 },
  );
  expect(fitting).toBeGreaterThan(100);
});

test.each([
  ['too many lines', { lines: Array.from({ length: 5001 }, () => order.lines[0]) }],
  ['no line', { lines: [] }],
  ['too many charges', { charges: Array.from({ length: 101 }, () => ({ code: 'C', amount: '1' })) }],
  ['too many notes', { notes: Array.from({ length: 51 }, () => 'x') }],
  ['no customer', { customerId: undefined }],
  ['no date', { orderDate: undefined }],
])('%s does not fit at a glance', (_, changed) => {
  expect(fitsAtAGlance({ ...order, ...changed } as OrderDraft)).toBe(false);
});
