import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { maskXml } from '../../../orders/formats/xml-mask.ts';

const CARD = '4111111111111111';
const maskBytes = (bytes: Uint8Array) => maskXml(bytes, { cardNumbers: 'mask' });
const mask = (text: string) => {
  const bytes = new TextEncoder().encode(text);
  const masked = maskBytes(bytes);
  expect(masked.bytes).toHaveLength(bytes.length);
  return new TextDecoder().decode(masked.bytes);
};

describe('a card number', () => {
  test.each([
    [`<note>pay ${CARD} now</note>`, '<note>pay ************1111 now</note>'],
    ['<note>4111 1111 1111 1111</note>', '<note>**** **** **** 1111</note>'],
    ['<note>4111<!-- x -->1111<![CDATA[1111]]>1111</note>', '<note>****<!-- x -->****<![CDATA[****]]>1111</note>'],
    ['<note>4111<b/>111111111111</note>', '<note>****<b/>********1111</note>'],
    ['<note>&#52;11111111111111&#x31;</note>', '<note>&#42;***********111&#x31;</note>'],
    [`<note text="${CARD}"/>`, '<note text="************1111"/>'],
    [`<a><!-- ${CARD} --></a>`, '<a><!-- ************1111 --></a>'],
    [`<?pi ${CARD}?><a/>`, '<?pi ************1111?><a/>'],
    [`<Extrinsic name="CardNumber">${CARD}</Extrinsic>`, '<Extrinsic name="CardNumber">************1111</Extrinsic>'],
    [`<payment><id>${CARD}</id></payment>`, '<payment><id>************1111</id></payment>'],
    [`<note>Groß € 💩 ${CARD}</note>`, '<note>Groß € 💩 ************1111</note>'],
  ])('is masked to its last four digits in %s', (text, expected) => {
    expect(mask(text)).toBe(expected);
  });

  test.each([
    `<sku>${CARD}</sku>`,
    `<cbc:ID>${CARD}</cbc:ID>`,
    `<ItemOut lineNumber="${CARD}"/>`,
    `<Identity>${CARD}</Identity>`,
    `<BuyerPartID>${CARD}</BuyerPartID>`,
    `<ids><id qualifier="UP">${CARD}</id></ids>`,
    `<Extrinsic name="GTIN">${CARD}</Extrinsic>`,
    `<cbc:Telephone>${CARD}</cbc:Telephone>`,
    '<note>1234567890123</note>',
  ])('is none in %s', (text) => {
    expect(mask(text)).toBe(text);
    expect(maskBytes(new TextEncoder().encode(text)).findings).toEqual([]);
  });

  test('is masked in UTF-16 and in documents that are broken', () => {
    const little = Buffer.from(`\ufeff<note>${CARD}</note>`, 'utf16le');
    expect(Buffer.from(maskBytes(new Uint8Array(little)).bytes).toString('utf16le')).toBe(
      '\ufeff<note>************1111</note>',
    );
    const big = new Uint8Array(Buffer.from(little).swap16());
    expect(Buffer.from(maskBytes(big).bytes).swap16().toString('utf16le')).toContain('************1111');
    expect(mask(`<note>${CARD}`)).toBe('<note>************1111');
    expect(mask(`<note text="${CARD}`)).toBe('<note text="************1111');
    expect(mask(`</x>${CARD}<`)).toBe('</x>************1111<');
    const latin1 = new Uint8Array(Buffer.from(`<note>\xe9 ${CARD}</note>`, 'latin1'));
    expect(Buffer.from(maskBytes(latin1).bytes).toString('latin1')).toBe('<note>\xe9 ************1111</note>');
  });

  test('is told with its place, and refused where the source says so', () => {
    const bytes = new TextEncoder().encode(`<a>\n<note>${CARD}</note></a>`);
    const [finding] = maskXml(bytes, { cardNumbers: 'refuse' }).findings;
    expect(finding).toMatchObject({
      code: 'CARD.REFUSED',
      disposition: 'reject',
      location: { offset: 4, line: 2, column: 1 },
    });
    expect(finding?.message).toContain('"note"');
  });
});

describe('payment data', () => {
  test('of cXML is never kept', () => {
    expect(mask(`<PCard number="${CARD}" expiration='2029-03-31' name="R"/>`)).toBe(
      `<PCard number="************1111" expiration='**********' name="R"/>`,
    );
    expect(mask('<PaymentToken>tok &amp; 1</PaymentToken>')).toBe('<PaymentToken>*** ***** *</PaymentToken>');
  });

  test('of UBL is never kept', () => {
    const text =
      '<x:CardAccount><y:PrimaryAccountNumberID>4111111111111111</y:PrimaryAccountNumberID><y:CV2ID>123</y:CV2ID>' +
      '<y:ExpiryDate>2029-03</y:ExpiryDate><y:HolderName>R. Möss</y:HolderName></x:CardAccount>';
    expect(mask(text)).toBe(
      '<x:CardAccount><y:PrimaryAccountNumberID>************1111</y:PrimaryAccountNumberID><y:CV2ID>***</y:CV2ID>' +
        '<y:ExpiryDate>*******</y:ExpiryDate><y:HolderName>** *****</y:HolderName></x:CardAccount>',
    );
  });

  test('and shared secrets are masked whole, without a word', () => {
    const text = '<SharedSecret>a&amp;<![CDATA[<b]]>c<!--d--></SharedSecret><Digest>e</Digest>';
    expect(mask(text)).toBe('<SharedSecret>******<![CDATA[**]]>*<!--*--></SharedSecret><Digest>*</Digest>');
    expect(maskBytes(new TextEncoder().encode(text)).findings).toEqual([]);
  });
});

test('documents without card data stay as they are, and all keep their length', () => {
  const piece = fc.constantFrom(
    '<',
    '>',
    '/',
    '"',
    "'",
    '=',
    '&#52;',
    '<!--',
    '-->',
    '<![CDATA[',
    ']]>',
    '<?',
    CARD,
    '4',
    ' ',
    'é',
    '💩',
    'SharedSecret',
    'a:b',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      const bytes = new TextEncoder().encode(pieces.join(''));
      const masked = maskBytes(bytes).bytes;
      expect(masked).toHaveLength(bytes.length);
      expect(() => new TextDecoder('utf-8', { fatal: true }).decode(masked)).not.toThrow();
      expect(maskBytes(masked).bytes).toEqual(masked);
    }),
    { numRuns: 2000 },
  );
});

test('a document full of markup or card numbers takes little time', () => {
  const start = performance.now();
  for (const piece of [`<a>${CARD}</a>`, '<a ', '<', '<a b', '&#', '<!--', `${CARD} `, '<a b="']) {
    mask(piece.repeat(Math.ceil(1_000_000 / piece.length)));
  }
  expect(performance.now() - start).toBeLessThan(60_000);
});
