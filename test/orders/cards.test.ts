import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { maskCardNumbers, maskJson } from '../../orders/cards.ts';
import { parseJsonOrder } from '../../orders/formats/json.ts';
import { sourceProfileSchema } from '../../orders/source.ts';

/** Numbers that the card schemes and payment providers publish for tests. */
const TEST_CARDS = [
  '4111111111111111',
  '4012888888881881',
  '4222222222222',
  '4000000000000000006',
  '5555555555554444',
  '5105105105105100',
  '2223003122003222',
  '2720992593319364',
  '378282246310005',
  '371449635398431',
  '6011111111111117',
  '6011000990139424',
  '6445644564456445',
  '30569309025904',
  '3056930009020004',
  '36227206271667',
  '38520000023237',
  '3530111333300000',
  '3566002020360505',
  '6200000000000005',
  '6205500000000000004',
  '6304000000000000',
  '6759649826438453',
  '6799990100000000019',
  '5000550000000029',
];

const starred = (card: string): string => '*'.repeat(card.length - 4) + card.slice(-4);

describe('maskCardNumbers', () => {
  test.each(TEST_CARDS)('masks %s to its last four digits', (card) => {
    expect(maskCardNumbers(`please charge ${card}, thanks`)).toEqual({
      text: `please charge ${starred(card)}, thanks`,
      found: 1,
    });
  });

  test('keeps single spaces and dashes where they stand', () => {
    expect(maskCardNumbers('4111 1111-1111 1111').text).toBe('**** ****-**** 1111');
    expect(maskCardNumbers('3782-822463-10005').text).toBe('****-******-*0005');
  });

  test.each(['  ', '.', '_', '/', ' - ', '\u00a0', '\u2013'])(
    'masks groups as cards print them with "%s" between',
    (between) => {
      const grouped = (...groups: string[]): string => groups.join(between);
      expect(maskCardNumbers(grouped('4111', '1111', '1111', '1111')).text).toBe(
        grouped('****', '****', '****', '1111'),
      );
      expect(maskCardNumbers(grouped('3782', '822463', '10005')).text).toBe(grouped('****', '******', '*0005'));
    },
  );

  test('finds a number between a date and an expiry', () => {
    expect(maskCardNumbers('2026-11-23 4111 1111 1111 1111 12/27')).toEqual({
      text: '2026-11-23 **** **** **** 1111 12/27',
      found: 1,
    });
  });

  test('masks two numbers side by side', () => {
    const { text, found } = maskCardNumbers('4111111111111111 5555555555554444');
    expect(text).toBe('************1111 ************4444');
    expect(found).toBe(2);
  });

  test('hides a card number also when digits before it can be read as one with it', () => {
    const { text } = maskCardNumbers('6304 0000 0000 0000 4111 1111 1111 1111');
    expect(text.replace(/\D/g, '').length).toBeLessThanOrEqual(8);
  });

  test.each([
    ['a wrong check digit', '4111111111111112'],
    ['no issuer of that prefix', '9111111111111111'],
    ['a length the issuer does not use', '41111111111116'],
    ['part of a longer run', '94111111111111111'],
    ['part of a longer run', '41111111111111110000'],
    ['groups that no card has, with dots between', '411.11111.1111.1111'],
    ['grouped like a card, but with a wrong check digit', '4111.1111.1111.1112'],
    ['too few digits', '411111111111'],
    ['the fraction of a decimal', '10.4111111111111111'],
  ])('leaves alone: %s', (_, text) => {
    expect(maskCardNumbers(text)).toEqual({ text, found: 0 });
  });

  test('uses another character where the format needs it', () => {
    expect(maskCardNumbers('MSG*4111111111111111~', 'X').text).toBe('MSG*XXXXXXXXXXXX1111~');
  });

  test('keeps the length of any text, and finds nothing in what it has masked', () => {
    const card = fc.constantFrom(...TEST_CARDS);
    const text = fc.array(fc.oneof(fc.string(), card, fc.constantFrom('12', '4111'))).map((parts) => parts.join(', '));
    fc.assert(
      fc.property(text, (input) => {
        const masked = maskCardNumbers(input);
        expect(masked.text).toHaveLength(input.length);
        expect(maskCardNumbers(masked.text).found).toBe(0);
      }),
      { numRuns: 2000 },
    );
  });

  test('takes a megabyte of digits in its stride', () => {
    const began = performance.now();
    maskCardNumbers('4 '.repeat(500_000));
    maskCardNumbers('4'.repeat(1_000_000));
    expect(performance.now() - began).toBeLessThan(60_000);
  });

  test('reads a run of any length', () => {
    expect(maskCardNumbers(`${'4 '.repeat(4_200_000)}4111111111111111`).text.slice(-16)).toBe('************1111');
  });
});

const mask = (text: string, cardNumbers: 'mask' | 'refuse' = 'mask') => {
  const masked = maskJson(new TextEncoder().encode(text), { cardNumbers });
  return { text: new TextDecoder().decode(masked.bytes), findings: masked.findings, length: masked.bytes.length };
};
const pointers = (text: string) => mask(text).findings.map(({ location }) => location.pointer);

/** A GTIN of so many digits, with its check digit. @see https://www.gs1.org/services/how-calculate-check-digit-manually */
const gtin = (length: 13 | 14) =>
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength: length - 1, maxLength: length - 1 }).map((digits) => {
    const weighed = digits.reduce((sum, digit, index) => sum + digit * ((digits.length - index) % 2 === 1 ? 3 : 1), 0);
    return `${digits.join('')}${String((10 - (weighed % 10)) % 10)}`;
  });

describe('maskJson', () => {
  test.each(TEST_CARDS)('masks %s in a note, in a payment field and as a number', (card) => {
    const text = JSON.stringify({ notes: [`card ${card}`], payment: { token: card }, quirk: 0 }).replace(
      ':0',
      `:${card}`,
    );
    const masked = mask(text);
    expect(masked.text).not.toContain(card);
    expect(masked.length).toBe(text.length);
    expect(JSON.parse(masked.text)).toEqual({
      notes: [`card ${starred(card)}`],
      payment: { token: starred(card) },
      quirk: starred(card).slice(2),
    });
    expect(masked.findings.map(({ path }) => path)).toEqual(['/notes/0', '/payment/token', '/quirk']);
  });

  test.each([
    '4111111111111111.0',
    '4111111111111111.00',
    '-4111111111111111',
    '4.111111111111111E15',
    '4.111111111111111e+15',
  ])('masks the number %s', (card) => {
    const masked = mask(`{"quirk":${card}}`);
    expect(masked.length).toBe(`{"quirk":${card}}`.length);
    expect((JSON.parse(masked.text) as { quirk: unknown }).quirk).toMatch(/^\**(1111(\.0+)?)?$/);
    expect(masked.findings).toHaveLength(1);
  });

  test('masks a no-break space between the groups byte for byte', () => {
    expect(mask('["4111\u00a01111\u00a01111\u00a01111"]').text).toBe('["****\u00a0****\u00a0****\u00a01111"]');
  });

  test.each(['10.4111111111111111', '4111111111111111.5', '4111111111111112.0', '1e400'])(
    'leaves the number %s',
    (number) => {
      expect(mask(`[${number}]`).text).toBe(`[${number}]`);
    },
  );

  test('takes a long line full of card numbers in its stride, and tells of the first hundred', () => {
    const began = performance.now();
    expect(mask(JSON.stringify(Array(20_000).fill('4111111111111111'))).findings).toHaveLength(100);
    expect(performance.now() - began).toBeLessThan(60_000);
  });

  test('names the field and its place, and shows no digit of the card', () => {
    const text = '{\n "city": "Zürich", "customer": {"remark": "grüße, 4111 1111 1111 1111"}}';
    expect(mask(text).findings).toEqual([
      {
        code: 'CARD.MASKED',
        category: 'data_format',
        disposition: 'warn',
        path: '/customer/remark',
        message: 'Card data stood in "remark" and was masked before anything was kept: send a payment token instead.',
        evidence: null,
        location: { offset: 45, line: 2, column: 43, pointer: '/customer/remark' },
      },
    ]);
  });

  test('refuses where the source may not send card numbers, and masks all the same', () => {
    const { text, findings } = mask('{"notes": ["4111111111111111"]}', 'refuse');
    expect(text).toBe('{"notes": ["************1111"]}');
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({ code: 'CARD.REFUSED', disposition: 'reject' });
    expect(mask('{"notes": ["none"]}', 'refuse').findings).toEqual([]);
  });

  const identifiers = [
    ...[
      'sku',
      'id',
      'lineId',
      'order_id',
      'admin_graphql_api_id',
      'gtin',
      'GTIN14',
      'upc',
      'ean13',
      'barcode',
      'externalId',
    ],
    ...[
      'poNumber',
      'po_number',
      'PONumber',
      'ponumber',
      'orderNumber',
      'number',
      'invoice-no',
      'reference',
      'line',
      'itemCode',
    ],
    ...['tracking_number', 'trackingUrl', 'tracking', 'phone', 'phoneNumber', 'telephone', 'mobile', 'lot'],
  ];

  test.each(identifiers)('leaves "%s" alone', (name) => {
    const text = `{"${name}": "4111111111111111", "lines": [{"${name}": 4111111111111111}]}`;
    expect(mask(text)).toMatchObject({ text, findings: [] });
  });

  test('leaves 10,000 GTINs and order numbers in identifier fields alone', () => {
    const digits = fc.string({
      unit: fc.constantFrom('0', '1', '2', '3', '4', '5', '6', '7', '8', '9'),
      minLength: 13,
      maxLength: 19,
    });
    const name = fc.constantFrom(...identifiers);
    const value = fc.oneof(gtin(13), gtin(14), digits, fc.constantFrom(...TEST_CARDS));
    fc.assert(
      fc.property(name, value, (field, id) => {
        const text = JSON.stringify({ [field]: id, lines: [{ [field]: [id], ids: { UP: id, [id]: id } }] });
        const { bytes, findings } = maskJson(new TextEncoder().encode(text), { cardNumbers: 'mask' });
        return findings.length === 0 && new TextDecoder().decode(bytes) === text;
      }),
      { numRuns: 10_000 },
    );
  });

  test.each([
    'notes',
    'description',
    'addressLine1',
    'account_number',
    'cardNumber',
    'cardnumber',
    'card_id',
    'cc',
    'pan',
  ])('masks in "%s"', (name) => expect(pointers(`{"${name}": "4111111111111111"}`)).toEqual([`/${name}`]));

  test('masks an id when it belongs to a payment', () => {
    expect(pointers('{"payment": {"details": [{"number": "4111111111111111"}]}}')).toEqual([
      '/payment/details/0/number',
    ]);
  });

  test('takes the name of a value from the key beside it', () => {
    expect(pointers('[{"key": "_tracking_number", "value": "4111111111111111"}]')).toEqual([]);
    expect(pointers('[{"name": "Order number", "value": 4111111111111111}]')).toEqual([]);
    expect(pointers('[{"name": "Card number", "value": "4111111111111111"}]')).toEqual(['/0/value']);
    expect(pointers('[{"name": "Order number"}, {"value": "4111111111111111"}]')).toEqual(['/1/value']);
    expect(pointers('{"key": 5, "value": "4111111111111111"}')).toEqual(['/value']);
  });

  test('masks names, and never tells them', () => {
    const { text, findings } = mask('{"a": {"4111111111111111": {"4012888888881881": "5555555555554444"}}}');
    expect(text).toBe('{"a": {"************1111": {"************1881": "************4444"}}}');
    expect(JSON.stringify(findings)).not.toMatch(/4111111111111111|4012888888881881|5555555555554444/);
  });

  test('masks digits written as escapes, at the same length', () => {
    const text = '{"note": "\\u0034111\\u002d1111-1111-1111 \\u00fc \\u0034"}';
    const masked = mask(text);
    expect(masked.text).toBe('{"note": "\\u002a***\\u002d****-****-1111 \\u00fc \\u0034"}');
  });

  test.each([
    ['{"cvv": "123"}', '{"cvv": "***"}'],
    ['{"cvv": "\\u0031\\u00323"}', '{"cvv": "\\u002a\\u002a*"}'],
    ['{"cvc": 123}', '{"cvc": "*"}'],
    ['{"card": {"securityCode": 1234}}', '{"card": {"securityCode": "**"}}'],
    ['{"card_verification_value": 12}', '{"card_verification_value": ""}'],
    ['{"CVV2": 7}', '{"CVV2": 0}'],
    ['{"cvv": null, "cvn": true}', '{"cvv": null, "cvn": true}'],
  ])('keeps nothing of a security code: %s', (text, expected) => {
    expect(mask(text).text).toBe(expected);
  });

  test.each([
    '{"price": 4111111111111111.5}',
    '{"rate": 0.4111111111111111}',
    '{"n": 411111111111111e1}',
    '{"p": "10.4111111111111111"}',
  ])('leaves decimals alone: %s', (text) => expect(mask(text).text).toBe(text));

  test('keeps a byte order mark and the bytes of other characters', () => {
    const bytes = new TextEncoder().encode('\ufeff{"note": "ü🎁 4111111111111111"}');
    const masked = maskJson(bytes, { cardNumbers: 'mask' });
    expect(new TextDecoder('utf-8', { ignoreBOM: true }).decode(masked.bytes)).toBe(
      '\ufeff{"note": "ü🎁 ************1111"}',
    );
    expect(masked.findings[0]?.location.offset).toBe(12);
  });

  test.each([
    '{"sku": "4111111111111111", ',
    '{"note": "4111 1111 1111 1111" // mine\n}',
    'card 4111111111111111',
    `${'['.repeat(100_000)}4111111111111111`,
  ])('masks what is not JSON as free text (%#)', (text) => {
    const masked = mask(text);
    expect(masked.text).not.toMatch(/4111/);
    expect(masked.length).toBe(text.length);
    expect(masked.findings).toHaveLength(1);
    expect(masked.findings[0]).toMatchObject({ code: 'CARD.MASKED', path: '', location: { pointer: '' } });
    expect(masked.findings[0]?.message).toContain('"the document"');
  });

  test('masks a document in UTF-16 and one with broken UTF-8', () => {
    const utf16 = Buffer.from('{"note": "4111111111111111"}', 'utf16le');
    expect(Buffer.from(maskJson(utf16, { cardNumbers: 'mask' }).bytes).toString('utf16le')).toBe(
      '{"note": "************1111"}',
    );
    const broken = Buffer.from('{"note": "\xe9 4111111111111111"}', 'latin1');
    expect(Buffer.from(maskJson(broken, { cardNumbers: 'mask' }).bytes).toString('latin1')).toBe(
      '{"note": "\xe9 ************1111"}',
    );
  });

  test('finds nothing in an empty document or in one without cards', () => {
    expect(mask('')).toEqual({ text: '', findings: [], length: 0 });
    expect(mask('no cards')).toEqual({ text: 'no cards', findings: [], length: 8 });
  });

  test('leaves the document given as it was', () => {
    const bytes = new TextEncoder().encode('{"note": "4111111111111111"}');
    maskJson(bytes, { cardNumbers: 'mask' });
    expect(new TextDecoder().decode(bytes)).toBe('{"note": "4111111111111111"}');
  });

  test('tells of a hundred fields at most, and masks them all', () => {
    const masked = mask(JSON.stringify({ notes: Array.from({ length: 150 }, () => '4111111111111111') }));
    expect(masked.findings).toHaveLength(100);
    expect(masked.text).not.toContain('4111');
  });

  test('keeps any JSON valid, at its length, and the same but for what it masks', () => {
    fc.assert(
      fc.property(fc.json({ stringUnit: 'grapheme' }), (text) => {
        const masked = mask(text);
        expect(masked.length).toBe(new TextEncoder().encode(text).length);
        if (masked.findings.length === 0) expect(masked.text).toBe(text);
        expect(() => JSON.parse(masked.text) as unknown).not.toThrow();
      }),
    );
  });

  test('leaves an order readable', () => {
    const lines = [{ sku: '4006381333931', ids: { EN: '4006381333931' }, quantity: '1', unitPrice: '1.00' }];
    const rest = { orderDate: '2026-11-23', currency: 'USD', customerId: 'C-1', lines, total: '1.00' };
    const text = JSON.stringify({ poNumber: '4111111111111111', ...rest, notes: ['pay with 4111-1111-1111-1111'] });
    const { bytes } = maskJson(new TextEncoder().encode(text), { cardNumbers: 'mask' });
    const { order } = parseJsonOrder(bytes, sourceProfileSchema.parse({ id: 'web-shop', channel: 'ecommerce' }));
    expect(order).toMatchObject({ poNumber: '4111111111111111', lines, notes: ['pay with ****-****-****-1111'] });
  });
});
