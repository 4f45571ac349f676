import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ParseResult } from '../../../orders/formats/format.ts';
import { parseX12Order } from '../../../orders/formats/x12-850.ts';
import { X12_CODES } from '../../../orders/formats/x12-codes.ts';
import type { SourceProfile } from '../../../orders/source.ts';
import { document, NORTHWIND, ORDER, profileOf, setOf, split } from './x12-document.ts';

/** Splits a document and reads each of its sets. */
function parseAll(content: string | Uint8Array, profile: SourceProfile = profileOf()): readonly ParseResult[] {
  return split(content).flatMap((event) => {
    if (event.kind !== 'transaction_set') return [];
    const { interchange, group, set } = event;
    const context = {
      offset: set.offset,
      delimiters: interchange.delimiters,
      version: group.version,
      usage: interchange.usage,
    };
    return [parseX12Order(set.bytes, context, profile)];
  });
}

function parse(segments: readonly string[], profile?: SourceProfile): ParseResult {
  return parseAll(document({ sets: [setOf('0001', segments)] }), profile)[0] as ParseResult;
}

/** The short order with one of its segments replaced by others. */
const withSegment = (id: string, ...replacement: readonly string[]) =>
  ORDER.flatMap((segment) => (segment.startsWith(`${id}*`) ? replacement : [segment]));

const codesOf = ({ findings }: ParseResult) => findings.map(({ code }) => code);

describe('an order that uses most of what an 850 has', () => {
  const [first, second] = parseAll(NORTHWIND);

  test('becomes the canonical order', () => {
    expect(codesOf(first as ParseResult)).toEqual([]);
    const { extensions: _extensions, lines: _lines, ...order } = first?.order ?? {};
    expect(order).toEqual({
      source: 'edi-northwind',
      externalId: 'NW-7731',
      poNumber: 'NW-7731',
      type: 'new',
      orderDate: '2026-11-20',
      requestedDeliveryDate: '2026-12-01',
      currency: 'USD',
      customerId: 'C-1001',
      contact: { name: 'Ann Lee', email: 'ann@northwind.example', phone: '5551234567' },
      shipTo: {
        id: 'S17',
        name: 'Northwind Store 17',
        lines: ['Receiving', '1 Harbor Way', 'Suite 2'],
        city: 'San Francisco',
        region: 'CA',
        postalCode: '94105',
        country: 'US',
      },
      billTo: {
        id: 'ACC',
        name: 'Northwind Accounting',
        lines: ['PO Box 9'],
        city: 'Oakland',
        region: 'CA',
        postalCode: '94607',
        country: 'US',
      },
      payment: { method: 'terms', terms: 'NET30' },
      charges: [
        { code: 'D240', amount: '12.50' },
        { code: 'C310', amount: '-5.00' },
      ],
      tax: '3.10',
      total: '338.01',
      notes: ['Leave at dock 4. Ring twice.'],
    });
  });

  test('has its lines with exact prices, discounts, dates and destinations', () => {
    expect(first?.order?.lines).toMatchObject([
      {
        line: '001',
        sku: 'SKU-1',
        ids: { UP: '012345678905' },
        description: 'Green tea, 20 bags',
        quantity: '10',
        unitPrice: '19.9900',
        discounts: [{ code: 'VOL5', amount: '9.99' }],
        amount: '189.91',
        requestedDeliveryDate: '2026-12-02',
      },
      { line: '2', sku: '00017', ids: { BP: 'B-77' }, quantity: '500', unitPrice: '0.125', amount: '62.50' },
      { line: '3/1', sku: 'SKU-3', unit: 'CA', quantity: '10', amount: '25.00', deliverTo: { id: 'S01' } },
      { line: '3/2', sku: 'SKU-3', unit: 'CA', quantity: '20', amount: '50.00', deliverTo: { id: 'S02' } },
    ]);
  });

  test('keeps every segment that the canonical order has no place for', () => {
    const kept = (first?.order?.extensions as { x12: { segments: { segment: string; elements: string[] }[] } }).x12
      .segments;
    expect(kept.map(({ segment, elements }) => [segment, elements[0]].join(' '))).toEqual([
      'REF DP', 'PER BD', 'FOB CC', 'ITD 01', 'DTM 010', 'TD5 O', 'N9 ZZ', 'N1 BY', 'N1 ST', 'N1 BT', 'PO1 2', 'PO4 1',
      'SDQ CA', 'TXI ST',
    ]); // prettier-ignore
  });

  test('leaves nothing of itself in the next one', () => {
    expect(second?.findings).toEqual([]);
    expect(second?.order).toMatchObject({ poNumber: 'NW-7732', shipTo: null, charges: [], notes: [], total: '9.00' });
  });
});

describe('purpose and type', () => {
  const beg = (purpose: string, type = 'SA') => parse(withSegment('BEG', `BEG*${purpose}*${type}*PO-1**20261120`));

  test.each([['00', 'new'], ['01', 'cancel'], ['05', 'replace']])('BEG01 %s is a %s order', (purpose, type) => {
    expect(beg(purpose).order?.type).toBe(type);
    expect(codesOf(beg(purpose))).toEqual([]);
  }); // prettier-ignore

  test.each(['06', '07', '22'])('BEG01 %s never makes an order', (purpose) => {
    expect(beg(purpose).order).toBeNull();
    expect(beg(purpose).findings).toMatchObject([{ code: 'X12.ORDER.COPY', disposition: 'reject' }]);
  });

  test('any other purpose is refused', () => {
    expect(beg('04').findings).toMatchObject([
      { code: 'X12.ORDER.PURPOSE', disposition: 'reject', location: { element: 1 } },
    ]);
  });

  test('a blanket order is refused, its release is an order of its own', () => {
    expect(beg('00', 'BK').findings).toMatchObject([{ code: 'X12.ORDER.BLANKET', disposition: 'reject' }]);
    const release = parse(withSegment('BEG', 'BEG*00*RL*PO-1*7*20261120'));
    expect(release.order).toMatchObject({ poNumber: 'PO-1', externalId: 'PO-1/7' });
  });
});

describe('the customer', () => {
  test('is looked up by qualifier and code of a party, leading zeros included', () => {
    expect(parse(ORDER).order?.customerId).toBe('C-1001');
    const other = parse(withSegment('N1', 'N1*BY*Northwind*92*42'));
    expect(other.order).toBeNull();
    expect(other.findings).toMatchObject([
      { code: 'X12.CUSTOMER.UNMAPPED', category: 'system_integration', evidence: 'BY:92:42' },
    ]);
  });

  test('is the buyer before the ship-to, and the default where none is mapped', () => {
    const profile = profileOf(
      { customers: { 'ST:92:S1': 'C-2', 'BY:92:0042': 'C-1' } },
      { currency: 'USD', customerId: 'C-9' },
    );
    expect(parse(withSegment('N1', 'N1*ST*A*92*S1', 'N1*BY*B*92*0042'), profile).order?.customerId).toBe('C-1');
    expect(parse(withSegment('N1', 'N1*ST*A*92*S1'), profile).order?.customerId).toBe('C-2');
    expect(parse(withSegment('N1'), profile).order?.customerId).toBe('C-9');
  });
});

describe('product ids', () => {
  test('are all pairs from PO106 on; the profile says which one is the SKU', () => {
    const po1 = 'PO1**10*EA*1.50**UP*0012*BP*B-1*VN*007*EN*9';
    expect(parse(withSegment('PO1', po1)).order?.lines[0]).toMatchObject({
      line: '1',
      sku: '007',
      ids: { UP: '0012', BP: 'B-1', EN: '9' },
    });
    expect(parse(withSegment('PO1', po1), profileOf({ skuQualifiers: ['BP'] })).order?.lines[0]?.sku).toBe('B-1');
  });

  test('without a usable one, the finding says what is there and what is wanted', () => {
    const { order, findings } = parse(
      withSegment('PO1', 'PO1*7*10*EA*1.50**ST*X'),
      profileOf({ skuQualifiers: ['VN'] }),
    );
    expect(order).toBeNull();
    expect(findings).toMatchObject([
      { code: 'X12.LINE.SKU', message: 'PO1 line 7: no product id under VN; found: ST.' },
    ]);
  });
});

describe('numbers and dates', () => {
  const po1 = (quantity: string, price: string, basis = '') =>
    parse(withSegment('PO1', `PO1*3*${quantity}*EA*${price}*${basis}*VN*S`));

  test.each([['0008', '8'], ['.5', '0.5'], ['5.', '5'], ['19.9900', '19.9900'], ['-0', '0']])('%s is %s', (written, read) => {
    expect(po1(written, '1').order?.lines[0]?.quantity).toBe(read);
  }); // prettier-ignore

  test('a decimal comma is refused with a word on what to write, and where', () => {
    const content = document({ sets: [setOf('0001', withSegment('PO1', 'PO1*3*10*EA*12,50**VN*S'))] });
    expect(parseAll(content)[0]?.findings).toEqual([
      {
        code: 'X12.ELEMENT.NUMBER',
        category: 'data_format',
        disposition: 'reject',
        path: '/lines/0/unitPrice',
        message: 'PO1 line 3: unit price (PO104) is "12,50"; use a point.',
        evidence: '12,50',
        location: { offset: content.indexOf('12,50'), segment: 'PO1', segmentPosition: 4, element: 4 },
      },
    ]);
  });

  test.each(['1E3', 'ten', '1.2.3', '1 000', '9999999999999999999'])('%s is no quantity', (quantity) => {
    expect(codesOf(po1(quantity, '1'))).toContain('X12.ELEMENT.NUMBER');
  });

  test.each([['HP', '12.5', '0.125'], ['TP', '12.5', '0.0125'], ['PE', '12.5', '12.5'], ['', '12.5', '12.5']])(
    'a price with basis %j of %s is %s a unit',
    (basis, price, unitPrice) => {
      expect(po1('10', price, basis).order?.lines[0]?.unitPrice).toBe(unitPrice);
      expect(codesOf(po1('10', price, basis))).toEqual([]);
    },
  ); // prettier-ignore

  test('a price per dozen, or none, waits for a person', () => {
    expect(po1('10', '1', 'PD').findings).toMatchObject([{ code: 'X12.LINE.PRICE_BASIS', disposition: 'hold' }]);
    expect(po1('10', '').findings).toMatchObject([{ code: 'X12.LINE.PRICE_MISSING', disposition: 'hold' }]);
    expect(codesOf(po1('10', '', 'NC'))).toEqual([]);
  });

  test('numbers of any length are refused with words, never with a crash', () => {
    const number = fc.stringMatching(/^-?[0-9]{0,20}\.?[0-9]{0,20}$/);
    const basis = fc.constantFrom('', 'PE', 'HP', 'HT');
    fc.assert(
      fc.property(number, number, number, basis, (quantity, price, other, per) => {
        const line = [`PO1*1*${quantity}*EA*${price}*${per}*VN*S`, `SAC*A*C310***${other}`, `SAC*C*D240****6*${other}`];
        const { order } = parse(withSegment('PO1', ...line, `TXI*ST*${other}`, `SDQ*EA*92*A*${other}*B*${quantity}`));
        expect(order === null || order.lines.length > 0).toBe(true);
      }),
      { numRuns: 500 },
    );
    expect(codesOf(po1('999999999', '999999999'))).toEqual(['X12.LINE.AMOUNT']);
  });

  test('no decimals are lost: any price and quantity give the exact amount, rounded once', () => {
    const digits = fc.integer({ min: 0, max: 99_999_999 });
    fc.assert(
      fc.property(digits, digits, (quantity, price) => {
        const written = `${Math.floor(price / 10_000)}.${String(price % 10_000).padStart(4, '0')}`;
        const exact = BigInt(quantity) * BigInt(price);
        const cents = (exact + 50n) / 100n;
        const amount = `${cents / 100n}.${String(cents % 100n).padStart(2, '0')}`;
        expect(po1(String(quantity), written).order?.lines[0]?.amount).toBe(amount);
      }),
      { numRuns: 200 },
    );
  });

  test('dates have six digits before 004010 and eight after', () => {
    const old = document({
      gs: 'PO*NORTHWIND*STAGING*040317*0915*101*X*003010',
      sets: [setOf('0001', withSegment('BEG', 'BEG*00*SA*PO-1**040317'))],
    });
    expect(parseAll(old)[0]).toMatchObject({ order: { orderDate: '2004-03-17' }, findings: [] });
    const short = parse(withSegment('BEG', 'BEG*00*SA*PO-1**991231'));
    expect(short).toMatchObject({ order: { orderDate: '1999-12-31' }, findings: [{ code: 'X12.ELEMENT.SHORT_DATE' }] });
    expect(codesOf(parse(withSegment('BEG', 'BEG*00*SA*PO-1**20260230')))).toEqual(['X12.ELEMENT.DATE']);
  });
});

describe('charges, taxes and totals', () => {
  const total = (...segments: readonly string[]) => parse(withSegment('CTT', 'CTT*1', ...segments));

  test('SAC05 has two implied decimals; with a point it waits for a person', () => {
    const sac = (text: string) => parse(withSegment('PO1', `SAC*C*D240***${text}`, 'PO1*1*10*EA*1.50**VN*S'));
    expect(sac('4331').order).toMatchObject({ charges: [{ code: 'D240', amount: '43.31' }], total: '58.31' });
    expect(sac('43.31')).toMatchObject({
      order: { total: '58.31' },
      findings: [{ code: 'X12.ELEMENT.IMPLIED_DECIMALS', disposition: 'hold' }],
    });
    expect(codesOf(sac('4x'))).toEqual(['X12.ELEMENT.NUMBER']);
  });

  test('a SAC means the line in a line and the order in the header', () => {
    const header = parse(withSegment('PO1', 'SAC*A*C310***100', 'PO1*1*10*EA*1.50**VN*S'));
    expect(header.order).toMatchObject({ charges: [{ amount: '-1.00' }], lines: [{ discounts: [], amount: '15.00' }] });
    const line = parse(withSegment('PO1', 'PO1*1*10*EA*1.50**VN*S', 'SAC*A*C310***100'));
    expect(line.order).toMatchObject({ charges: [], lines: [{ discounts: [{ amount: '1.00' }], amount: '14.00' }] });
  });

  test('a percentage is computed and told; a bill-back is not in the total', () => {
    const percent = parse(withSegment('PO1', 'SAC*A*C310****1*10', 'PO1*1*10*EA*1.50**VN*S'));
    expect(percent).toMatchObject({ order: { total: '13.50' }, findings: [{ code: 'X12.CHARGE.COMPUTED' }] });
    const billBack = parse(withSegment('PO1', 'SAC*A*C310***100*******01', 'PO1*1*10*EA*1.50**VN*S'));
    expect(billBack).toMatchObject({ order: { total: '15.00' }, findings: [{ code: 'X12.CHARGE.OUTSIDE_TOTAL' }] });
  });

  test("the sender's total counts, and is told about when it is not what the order comes to", () => {
    expect(total('AMT*TT*15')).toMatchObject({ order: { total: '15.00' }, findings: [] });
    expect(total('AMT*TT*12')).toMatchObject({
      order: { total: '12.00' },
      findings: [
        {
          code: 'X12.ORDER.TOTAL',
          message: 'AMT TT is 12; lines, charges and taxes come to 15.00.',
          location: { element: 2 },
        },
      ],
    });
  });

  test('CTT01 must count the lines; CTT02 is advice; no CTT is a warning', () => {
    expect(parse(withSegment('CTT', 'CTT*2')).findings).toMatchObject([
      { code: 'X12.ORDER.LINE_COUNT', disposition: 'reject' },
    ]);
    expect(parse(withSegment('CTT', 'CTT*1*11')).findings).toMatchObject([
      { code: 'X12.ORDER.HASH_TOTAL', disposition: 'warn' },
    ]);
    expect(parse(withSegment('CTT')).findings).toMatchObject([
      { code: 'X12.ORDER.COUNT_MISSING', disposition: 'warn' },
    ]);
  });

  test('a currency of the lines is that of the order; two currencies are refused; none needs a default', () => {
    const cur = (...segments: readonly string[]) => parse(withSegment('PO1', ...segments), profileOf({}, {}));
    expect(cur('PO1*1*1*EA*1**VN*S', 'CUR*BY*CAD').order?.currency).toBe('CAD');
    expect(codesOf(cur('CUR*BY*USD', 'PO1*1*1*EA*1**VN*S', 'CUR*BY*CAD'))).toEqual(['X12.LINE.CURRENCY']);
    expect(codesOf(cur('PO1*1*1*EA*1**VN*S'))).toEqual(['X12.ORDER.CURRENCY']);
  });
});

describe('split deliveries', () => {
  const line = (...segments: readonly string[]) => parse(withSegment('PO1', 'PO1*1*10*EA*1.00**VN*S', ...segments));

  test('SCH splits by date', () => {
    expect(line('SCH*4*EA***002*20261201', 'SCH*6*EA***002*20261208').order?.lines).toMatchObject([
      { line: '1/1', quantity: '4', amount: '4.00', requestedDeliveryDate: '2026-12-01' },
      { line: '1/2', quantity: '6', amount: '6.00', requestedDeliveryDate: '2026-12-08' },
    ]);
  });

  test('a discount is shared out to the cent', () => {
    const { order } = line('SAC*A*C310***100', 'SDQ*EA*92*A*3*B*3*C*4');
    expect(order?.lines.map(({ discounts }) => discounts[0]?.amount)).toEqual(['0.30', '0.30', '0.40']);
    expect(order?.total).toBe('9.00');
  });

  test.each([['SCH*4*EA***002*20261201'], ['SDQ*EA*92*A*3*B*3']])(
    '%s that does not add up waits for a person',
    (segment) => {
      expect(line(segment)).toMatchObject({
        order: { lines: [{ line: '1', quantity: '10' }] },
        findings: [{ code: 'X12.LINE.SPLIT_SUM', disposition: 'hold' }],
      });
    },
  );

  test('N1 ST in a line is where that line goes', () => {
    const { order } = line('N1*ST*Store*92*S9', 'N4*Reno*NV*89501');
    expect(order).toMatchObject({ shipTo: null, lines: [{ deliverTo: { id: 'S9', city: 'Reno' } }] });
  });
});

describe('traps', () => {
  test('CTT without elements right after a price does not read the price', () => {
    const { findings } = parse(withSegment('CTT', 'CTT'));
    expect(findings).toMatchObject([{ code: 'X12.ELEMENT.MISSING', location: { segment: 'CTT', element: 1 } }]);
  });

  test('empty segments, line breaks in text and trailing blanks change nothing', () => {
    const set = setOf('0001', withSegment('CTT', 'N9*L1*1', 'MSG*Ring\r\n  twice \r\n', 'CTT*1')).replace(
      'CTT',
      '~\r\n~CTT',
    );
    expect(parseAll(document({ sets: [set] }))[0]).toMatchObject({
      order: { notes: ['Line 1: Ring twice'] },
      findings: [],
    });
  });

  test('a lost terminator is found by the count of lines or by the segment id', () => {
    const lost = setOf('0001', [...withSegment('CTT', 'PO1*2*1*EA*1**VN*T'), 'CTT*2']).replace(
      'SKU-1~PO1',
      'SKU-1\r\nPO1',
    );
    expect(codesOf(parseAll(document({ sets: [lost] }))[0] as ParseResult)).toContain('X12.ORDER.LINE_COUNT');
    const broken = parse(withSegment('CTT', 'P O1*2', 'CTT*1'));
    expect(broken).toMatchObject({
      order: null,
      findings: [{ code: 'X12.SEGMENT.ID', location: { segmentPosition: 5 } }],
    });
  });

  test('repeats and components are kept as they are written, with their separators', () => {
    const content = document({
      isa11: '^',
      isa12: '00501',
      gs: 'PO*NORTHWIND*STAGING*20261123*0915*101*X*005010',
      sets: [setOf('0001', withSegment('CTT', 'REF*IA*A^B**DP>1', 'CTT*1'))],
    });
    const x12 = parseAll(content)[0]?.order?.extensions?.['x12'];
    expect(x12).toMatchObject({ componentSeparator: '>', repetitionSeparator: '^' });
    expect(JSON.stringify(x12)).toContain('["IA","A^B","","DP>1"]');
  });

  test('text is UTF-8, else Latin-1 with a warning; offsets count bytes', () => {
    const text = document({ sets: [setOf('0001', withSegment('N1', 'N1*BY*Zoë*92*0042', 'N1*ST*Müller', 'BAD*x'))] });
    const utf8 = parseAll(Buffer.from(text, 'utf8'))[0];
    expect(utf8).toMatchObject({
      order: { shipTo: { name: 'Müller' } },
      findings: [{ code: 'X12.SEGMENT.UNKNOWN', location: { offset: Buffer.from(text, 'utf8').indexOf('BAD') } }],
    });
    const latin1 = parseAll(Buffer.from(text, 'latin1'))[0];
    expect(latin1?.order?.shipTo?.name).toBe('Müller');
    expect(codesOf(latin1 as ParseResult)).toEqual(['X12.SET.LATIN1', 'X12.SEGMENT.UNKNOWN']);
  });

  test.each([
    ['BEG is missing', ORDER.slice(1), 'X12.SEGMENT.MISSING'],
    ['SDQ stands before the first PO1', withSegment('N1', 'N1*ST*Dock', 'SDQ*EA*92*001*10'), 'X12.SEGMENT.SEQUENCE'],
    ['BEG comes twice', [...ORDER.slice(0, 1), ...ORDER], 'X12.SEGMENT.REPEATED'],
    ['there is no line', withSegment('PO1'), 'X12.SEGMENT.MISSING'],
    ['a line follows CTT', [...ORDER, 'PO1*2*1*EA*1**VN*T'], 'X12.SEGMENT.SEQUENCE'],
    ['BEG03 is empty', withSegment('BEG', 'BEG*00*SA***20261120'), 'X12.ELEMENT.MISSING'],
    ['a unit has seven letters', withSegment('PO1', 'PO1*1*1*INVALID*1**VN*S'), 'X12.ELEMENT.LENGTH'],
    ['there are two ship-tos', withSegment('CTT', 'N1*ST*A', 'N1*ST*B', 'CTT*1'), 'X12.PARTY.REPEATED'],
  ])('%s: it is told, once', (_, segments, code) => {
    expect(codesOf(parse(segments)).filter((each) => each === code)).toEqual([code]);
  });

  test('what the canonical schema refuses is told with the place', () => {
    const { order, findings } = parse(withSegment('N1', 'N1*BY*Northwind*92*0042', `N1*ST*${'x'.repeat(121)}`));
    expect(order).toBeNull();
    expect(findings).toMatchObject([
      { code: 'X12.ORDER.SCHEMA', path: '/shipTo/name', location: { segment: 'N1', segmentPosition: 4 } },
    ]);
  });

  test('bytes that are no set from ST to SE are refused, not misread', () => {
    const context = {
      offset: 0,
      delimiters: { element: '*', component: '>', repetition: null, segment: '~' },
      version: '004010',
      usage: 'P',
    };
    for (const bytes of ['', 'ST*850*0001~', 'BEG*00~SE*2*1~', `${setOf()}${setOf('0002')}`]) {
      expect(codesOf(parseX12Order(Buffer.from(bytes), context, profileOf()))).toEqual(['X12.SET.UNREADABLE']);
    }
  });

  test('no mutation of a document throws, and each finding has a known code', () => {
    const content = Buffer.from(NORTHWIND);
    const known = new Set(Object.keys(X12_CODES));
    fc.assert(
      fc.property(
        fc.integer({ min: 106, max: content.length - 1 }),
        fc.constantFrom('*', '~', '>', '^', 'A', '9', ',', ' ', '\n', '\xff'),
        (at, character) => {
          const mutated = Buffer.from(content);
          mutated.write(character, at, 'latin1');
          for (const result of parseAll(mutated)) for (const code of codesOf(result)) expect(known).toContain(code);
        },
      ),
      { numRuns: 300 },
    );
  });
});
