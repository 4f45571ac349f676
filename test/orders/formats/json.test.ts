import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Finding } from '../../../orders/finding.ts';
import { JSON_CODES, inspectJson, locateJson, parseJsonOrder } from '../../../orders/formats/json.ts';
import { orderSchema } from '../../../orders/order.ts';
import { sourceProfileSchema } from '../../../orders/source.ts';

const profile = sourceProfileSchema.parse({ id: 'web-shop', channel: 'ecommerce' });

const minimal = {
  poNumber: 'PO-7731',
  orderDate: '2026-11-23',
  currency: 'USD',
  customerId: 'C-1001',
  lines: [{ sku: 'SKU-1', quantity: '10', unitPrice: '19.9900', discounts: [{ code: 'VOL5', amount: '9.99' }] }],
  total: '189.91',
};

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const parseText = (text: string) => parseJsonOrder(encode(text), profile);
const parse = (changes: object) => parseText(JSON.stringify({ ...minimal, ...changes }));
/** Replaces a piece of the minimal order's text, for what JSON.stringify cannot write. */
const parseWith = (from: string, to: string) => {
  const text = JSON.stringify(minimal);
  expect(text).toContain(from);
  return parseText(text.replace(from, to));
};
const brief = (findings: readonly Finding[]) => findings.map(({ code, path }) => `${code} ${path}`);

describe('a canonical order', () => {
  test('comes out as it was sent, with its defaults', () => {
    const { order, findings } = parse({});
    expect(findings).toEqual([]);
    expect(order).toEqual({
      ...minimal,
      source: 'web-shop',
      operatorId: null,
      type: 'new',
      lines: [{ ...minimal.lines[0], line: '1', ids: {}, unit: 'EA', amount: '189.91' }],
      charges: [],
      tax: '0.00',
      notes: [],
    });
  });

  test('keeps every text that JSON can carry', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 50 }), { maxLength: 5 }), (notes) => {
        expect(parse({ notes }).order?.notes).toEqual(notes);
      }),
    );
  });

  test('is read behind a byte order mark', () => {
    const { order, findings } = parseText(`\ufeff${JSON.stringify(minimal)}`);
    expect(findings).toEqual([]);
    expect(order?.poNumber).toBe('PO-7731');
  });

  test('keeps amounts that a float would change, written as numbers or as texts', () => {
    const { order } = parseWith('"unitPrice":"19.9900"', '"unitPrice":12345678901234567.123456789012');
    expect(order?.lines[0]?.unitPrice).toBe('12345678901234567.123456789012');
    expect(parseWith('"total":"189.91"', '"total":0.10').order?.total).toBe('0.10');
  });

  test('keeps numeric ids beyond 2^53', () => {
    expect(parseWith('"PO-7731"', '820982911946154508').order?.poNumber).toBe('820982911946154508');
  });

  test('takes currency and customer from the profile where the document has none', () => {
    const withDefaults = { ...profile, defaults: { currency: 'EUR', customerId: 'C-9' } };
    const { currency: _, customerId: __, ...rest } = minimal;
    const { order } = parseJsonOrder(encode(JSON.stringify(rest)), withDefaults);
    expect(order).toMatchObject({ currency: 'EUR', customerId: 'C-9' });
    expect(parseJsonOrder(encode(JSON.stringify(minimal)), withDefaults).order).toMatchObject({ currency: 'USD' });
  });

  test('never takes the operator from the document', () => {
    expect(parse({ operatorId: 'mallory' }).order?.operatorId).toBeNull();
  });

  test('counts null as left out where there is a default', () => {
    const line = { ...minimal.lines[0], line: null, amount: null, ids: null, unit: null };
    const { order, findings } = parse({
      source: null,
      type: null,
      charges: null,
      tax: null,
      notes: null,
      lines: [line],
    });
    expect(findings).toEqual([]);
    expect(order).toMatchObject({ source: 'web-shop', type: 'new', charges: [], tax: '0.00', notes: [] });
    expect(order?.lines[0]).toMatchObject({ line: '1', amount: '189.91', ids: {}, unit: 'EA' });
  });
});

describe("a line's amount", () => {
  test.each([
    ['USD', '3', '0.335', '1.01'],
    ['JPY', '3', '33.5', '101'],
    ['KWD', '3', '0.1115', '0.335'],
    ['USD', '-2', '5.00', '-10.00'],
  ])('is computed to the decimals of %s', (currency, quantity, unitPrice, amount) => {
    const { order } = parse({ currency, lines: [{ sku: 'A', quantity, unitPrice }] });
    expect(order?.lines[0]?.amount).toBe(amount);
  });

  test('is left as sent, also when it is wrong', () => {
    expect(parse({ lines: [{ ...minimal.lines[0], amount: '1.00' }] }).order?.lines[0]?.amount).toBe('1.00');
  });

  test.each([
    ['/lines/0/quantity', { quantity: 'ten' }],
    ['/lines/0/unitPrice', { unitPrice: [] }],
    ['/lines/0/discounts/0/amount', { discounts: [{ code: 'X', amount: '?' }] }],
    ['/lines/0/discounts', { discounts: 'none' }],
    ['/lines/0/discounts/0', { discounts: [5] }],
  ])('has no finding of its own when %s is wrong', (path, change) => {
    const { order, findings } = parse({ lines: [{ ...minimal.lines[0], ...change }] });
    expect(order).toBeNull();
    expect(findings.map((finding) => finding.path)).toEqual([path]);
  });

  test('is computed although the currency is wrong, which has its own finding', () => {
    expect(brief(parse({ currency: 7 }).findings)).toEqual(['JSON.FORMAT /currency']);
    expect(brief(parse({ currency: true }).findings)).toEqual(['JSON.TYPE /currency']);
  });
});

describe('what the schema refuses', () => {
  test.each([
    ['JSON.REQUIRED', '/poNumber', { poNumber: undefined }, '"/poNumber" is missing: every order needs it.'],
    ['JSON.TYPE', '/poNumber', { poNumber: true }, '"/poNumber" must be a text or a number.'],
    ['JSON.TYPE', '/lines', { lines: {} }, '"/lines" must be a list.'],
    ['JSON.TYPE', '/lines/0', { lines: ['SKU-1'] }, '"/lines/0" must be an object.'],
    ['JSON.TYPE', '/extensions', { extensions: [] }, '"/extensions" must be an object.'],
    ['JSON.LENGTH', '/lines', { lines: [] }, '"/lines" must have at least 1 elements.'],
    ['JSON.LENGTH', '/poNumber', { poNumber: 'x'.repeat(81) }, '"/poNumber" may have at most 80 characters.'],
    ['JSON.FORMAT', '/orderDate', { orderDate: '23.11.2026' }, '"/orderDate" must be a date such as "2026-12-01".'],
    ['JSON.FORMAT', '/total', { total: '1,50' }, '"/total" must be a decimal string such as "19.99".'],
    ['JSON.VALUE', '/type', { type: 'newer' }, '"/type" must be one of new, replace, cancel.'],
    [
      'JSON.FORMAT',
      '/lines/0/ids/ELEVENCHARS',
      { lines: [{ ...minimal.lines[0], ids: { ELEVENCHARS: '1' } }] },
      '"/lines/0/ids/ELEVENCHARS" has a name or value that does not fit the field.',
    ],
  ])('%s at %s', (code, path, changes, message) => {
    const { order, findings } = parse(changes);
    expect(order).toBeNull();
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({ code, path, message, category: 'data_format', disposition: 'reject' });
  });

  test('is quoted as evidence, cut to 100 characters', () => {
    expect(parse({ poNumber: 'x'.repeat(200) }).findings[0]?.evidence).toBe('x'.repeat(100));
  });

  test('has one finding each, up to a hundred', () => {
    const lines = Array.from({ length: 300 }, () => ({ sku: 'A', quantity: '1' }));
    expect(parse({ lines }).findings).toHaveLength(100);
  });

  test.each(['A\u0000B', 'A\nB', 'A\u2028B'])('a number that does not stand on one line is refused: %j', (poNumber) => {
    expect(brief(parse({ poNumber }).findings)).toEqual(['JSON.FORMAT /poNumber']);
  });

  test('an exponent is refused by name, not as a wrong format', () => {
    const { order, findings } = parseWith('"quantity":"10"', '"quantity":1e1');
    expect(order).toBeNull();
    expect(brief(findings)).toEqual(['JSON.EXPONENT /lines/0/quantity']);
    expect(brief(parseWith('"SKU-1"', '1E5').findings)).toEqual(['JSON.EXPONENT /lines/0/sku']);
  });

  test('an order of another source is refused', () => {
    const { findings } = parse({ source: 'edi-northwind' });
    expect(brief(findings)).toEqual(['SOURCE.MISMATCH /source']);
    expect(findings[0]?.disposition).toBe('reject');
    expect(brief(parse({ source: 'web-shop' }).findings)).toEqual([]);
  });

  test.each(['[]', '"order"', '17', 'null', `[${JSON.stringify(minimal)}]`])(
    'an order is one object, not %s',
    (text) => {
      const { order, findings } = parseText(text);
      expect(order).toBeNull();
      expect(brief(findings)).toEqual(['JSON.TYPE ']);
    },
  );
});

describe('fields that the canonical order does not have', () => {
  test('are kept under extensions with a warning', () => {
    const { order, findings } = parse({ giftWrap: true, extensions: { campaign: 'fall' } });
    expect(order?.extensions).toEqual({ campaign: 'fall', giftWrap: true });
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({ code: 'JSON.UNKNOWN_FIELD', path: '/giftWrap', disposition: 'warn' });
  });

  test('are kept under their pointer where they stand deeper, or where the name is taken', () => {
    const { order } = parse({
      shipTo: { city: 'Springfield', 'a/b~c': 1 },
      campaign: 'winter',
      extensions: { campaign: 'fall' },
    });
    expect(order?.extensions).toEqual({ campaign: 'fall', '/campaign': 'winter', '/shipTo/a~1b~0c': '1' });
    expect(order?.shipTo).toEqual({ city: 'Springfield', lines: [] });
  });

  test('warn once for all lines', () => {
    const lines = Array.from({ length: 5000 }, () => ({ ...minimal.lines[0], giftWrap: false }));
    const { order, findings } = parse({ lines });
    expect(brief(findings)).toEqual(['JSON.UNKNOWN_FIELD /lines/0/giftWrap']);
    expect(order?.extensions?.['/lines/4999/giftWrap']).toBe(false);
  });

  test('may hold tens of thousands of such numbers', () => {
    const fields = Array.from({ length: 20_000 }, (_, index) => `"x${String(index)}":1e3`).join(',');
    const began = performance.now();
    parseText(`{${fields}}`);
    expect(performance.now() - began).toBeLessThan(60_000);
  });

  test('may hold numbers with exponents, kept as written', () => {
    const { order, findings } = parseWith('"total":', '"geo":{"lat":1e-7},"extensions":{"x":2E3},"total":');
    expect(brief(findings)).toEqual(['JSON.UNKNOWN_FIELD /geo']);
    expect(order?.extensions).toEqual({ geo: { lat: '1e-7' }, x: '2E3' });
  });

  test('called __proto__ change nothing but are not lost', () => {
    const { order, findings } = parseWith(
      '"total":',
      '"__proto__":{"polluted":true},"x":{"__proto__":{"polluted":1}},"total":',
    );
    expect(brief(findings)).toEqual(['JSON.UNKNOWN_FIELD /__proto__', 'JSON.UNKNOWN_FIELD /x']);
    expect(order?.extensions?.['/__proto__']).toEqual({ polluted: true });
    expect((order?.extensions as { polluted?: unknown }).polluted).toBeUndefined();
    expect((order?.extensions?.['x'] as { polluted?: unknown }).polluted).toBeUndefined();
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test('are reported beside a wrong extensions member', () => {
    expect(brief(parse({ extensions: 'none', giftWrap: true }).findings)).toEqual([
      'JSON.TYPE /extensions',
      'JSON.UNKNOWN_FIELD /giftWrap',
    ]);
  });
});

describe('what cannot be read', () => {
  test.each([
    ['', 'JSON.SYNTAX', 1, 1],
    ['  \n ', 'JSON.SYNTAX', 1, 1],
    ['{"a":1,}', 'JSON.SYNTAX', 1, 8],
    ['{"a":1', 'JSON.SYNTAX', 1, 7],
    ['{"a" 1}', 'JSON.SYNTAX', 1, 6],
    ['{\n "a": 1\n "b": 2}', 'JSON.SYNTAX', 3, 2],
    ['{"a":[1 2]}', 'JSON.SYNTAX', 1, 9],
    ['{"a":[1', 'JSON.SYNTAX', 1, 8],
    ['{} {}', 'JSON.SYNTAX', 1, 4],
    ['{"a": // why\n 1}', 'JSON.SYNTAX', 1, 7],
    ['{"a": /* why', 'JSON.SYNTAX', 1, 7],
    ["{'a': 1}", 'JSON.SYNTAX', 1, 2],
    ['{"a": 01}', 'JSON.SYNTAX', 1, 8],
    ['{"a": 1.}', 'JSON.SYNTAX', 1, 7],
    ['{"a": NaN}', 'JSON.SYNTAX', 1, 7],
    ['{"a": "\\x"}', 'JSON.SYNTAX', 1, 7],
    ['{"a": "\\u12"}', 'JSON.SYNTAX', 1, 7],
    ['{"a": "x\ny"}', 'JSON.SYNTAX', 1, 7],
    ['{"a": "x\ty"}', 'JSON.SYNTAX', 1, 7],
    ['{"a": "\\ud83d"}', 'JSON.SYNTAX', 1, 7],
    ['{"\\udfff": 1}', 'JSON.SYNTAX', 1, 2],
    ['{"a": 1,\r\n "b": {"c": 1, "c": 2}}', 'JSON.DUPLICATE_KEY', 2, 16],
    ['{"__proto__": 1, "__proto__": 2}', 'JSON.DUPLICATE_KEY', 1, 18],
  ])('%j is %s at line %d, column %d', (text, code, line, column) => {
    const { order, findings } = parseText(text);
    expect(order).toBeNull();
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({ code, disposition: 'reject', path: '', location: { line, column } });
    expect(findings[0]?.message).toContain(`line ${line}, column ${column}: `);
  });

  test('names the member that was being read', () => {
    expect(parseText('{"lines": [{"sku": "A"}, {"sku": ?}]}').findings[0]?.location.pointer).toBe('/lines/1/sku');
    expect(parseText('{"a": {"b": 1, "b": 2}}').findings[0]?.location.pointer).toBe('/a/b');
  });

  test('is refused at 65 levels and read at 64', () => {
    const nested = (levels: number): string =>
      '{"extensions":'.concat('['.repeat(levels - 1), ']'.repeat(levels - 1), '}');
    expect(brief(parseText(nested(64)).findings)).not.toContain('JSON.TOO_DEEP ');
    expect(brief(parseText(nested(65)).findings)).toEqual(['JSON.TOO_DEEP ']);
    expect(brief(parseText('['.repeat(1_000_000)).findings)).toEqual(['JSON.TOO_DEEP ']);
    expect(brief(parseText('{"a":'.repeat(1_000_000)).findings)).toEqual(['JSON.TOO_DEEP ']);
  });

  test('is refused beyond half a million values', () => {
    expect(brief(parseText(`[${'1,'.repeat(600_000)}1]`).findings)).toEqual(['JSON.TOO_LARGE ']);
  });

  test('names the first byte that is not UTF-8, a written replacement character aside', () => {
    const before = encode('{\r\n"a":"ü\ufffd');
    const { findings } = parseJsonOrder(new Uint8Array([...before, 0xe9, 0x22, 0x7d]), profile);
    expect(brief(findings)).toEqual(['JSON.ENCODING ']);
    expect(findings[0]?.location).toEqual({ offset: before.length, line: 2, column: 8, pointer: '' });
  });
});

describe('places', () => {
  const text = '\ufeff{\n  "notes": ["grüße 🎁", "x"],\n  "lines": [{"sku": "A"}]\n}';
  const bytes = encode(text);

  test('are bytes, lines and columns of the document', () => {
    const at = locateJson(bytes, '/notes/1');
    expect(at).toMatchObject({ line: 2, column: 25, pointer: '/notes/1' });
    expect(new TextDecoder().decode(bytes.slice(at.offset, (at.offset ?? 0) + 3))).toBe('"x"');
  });

  test('are those of the enclosing value where a field is missing', () => {
    expect(locateJson(bytes, '/lines/0/quantity')).toMatchObject({ line: 3, column: 13, pointer: '/lines/0' });
    expect(locateJson(bytes, '/poNumber')).toEqual({ offset: 3, line: 1, column: 1, pointer: '' });
  });

  test('are unknown in a document that cannot be read', () => {
    expect(locateJson(encode('{'), '/poNumber')).toEqual({});
  });

  test('stand in every finding of the schema', () => {
    const { findings } = parseText('{"poNumber": "P",\n "lines": [\n  {"sku": "A", "quantity": "x"}]}');
    const quantity = findings.find((finding) => finding.path === '/lines/0/quantity');
    expect(quantity?.location).toMatchObject({ line: 3, column: 28, pointer: '/lines/0/quantity' });
    expect(findings.find((finding) => finding.path === '/total')?.location.pointer).toBe('');
  });
});

describe('inspectJson', () => {
  test.each([
    ['{"a": {"b": []}}', 'object'],
    ['[{"a": 1}, {"a": 2}]', 'array'],
    ['"text"', 'other'],
    ['17', 'other'],
  ])('says what %s is', (text, kind) => {
    expect(inspectJson(encode(text))).toEqual({ kind, findings: [] });
  });

  test('says why a document cannot be parsed', () => {
    const { kind, findings } = inspectJson(encode('[{"a": 1},'));
    expect(kind).toBe('array');
    expect(brief(findings)).toEqual(['JSON.SYNTAX ']);
    expect(brief(inspectJson(new Uint8Array([0x22, 0xff, 0x22])).findings)).toEqual(['JSON.ENCODING ']);
  });
});

describe('any document at all', () => {
  test('gives an order that fits the schema or findings that say why not, and never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        const { order, findings } = parseText(text);
        if (order) expect(orderSchema.safeParse(order).success).toBe(true);
        else expect(findings.some((finding) => finding.disposition === 'reject')).toBe(true);
        expect(findings.every((finding) => finding.code in JSON_CODES)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  test('is read as JSON.parse reads it, duplicate names and lone surrogates aside', () => {
    fc.assert(
      fc.property(fc.json({ stringUnit: 'grapheme' }), (text) => {
        expect(inspectJson(encode(text)).findings).toEqual([]);
      }),
    );
  });
});
