import { describe, expect, test } from '@jest/globals';
import { isRejected } from '../../../orders/finding.ts';
import { make997 } from '../../../orders/formats/x12-997.ts';
import { x12Reader } from '../../../orders/formats/x12-documents.ts';
import { document, interchangesOf, ORDER, profileOf, setOf, split } from './x12-document.ts';

/*
 * What partners most often get wrong, and the words in which they are told: which line, which element, what stands there,
 * and what to write instead.
 */

const profile = profileOf();

function read(segments: readonly string[]) {
  const content = Buffer.from(document({ sets: [setOf('0001', segments)] }));
  const [part] = x12Reader.split(content, profile).parts;
  return x12Reader.parse(part!.bytes, part!.locator, profile);
}

const replaced = (id: string, others: readonly string[]) =>
  ORDER.flatMap((segment) => (segment.startsWith(`${id}*`) ? others : [segment]));
const instead = (id: string, ...others: readonly string[]) => replaced(id, others);
const line = (...segments: readonly string[]) => replaced('PO1', segments);
const LINE = 'PO1*3*10*EA*1.00**VN*S';

// prettier-ignore
const MISTAKES: readonly (readonly [mistake: string, segments: readonly string[], said: readonly string[]])[] = [
  ['a decimal comma', line('PO1*3*10*EA*12,50**VN*S'), ['PO1 line 3: unit price (PO104) is "12,50"; use a point.']],
  ['grouped digits', line('PO1*3*1,000*EA*1**VN*S'), ['PO1 line 3: quantity (PO102) is "1,000"; leave out the grouping.']],
  ['a currency sign', line('PO1*3*1*EA*$5**VN*S'), ['PO1 line 3: unit price (PO104) is "$5"; write digits and at most one decimal point.']],
  ['no quantity', line('PO1*3**EA*1**VN*S'), ['PO1 line 3: quantity (PO102) is mandatory and is empty.']],
  ['a unit in words', line('PO1*3*1*EACH*1**VN*S'), ['PO1 line 3: unit of measure (PO103) is "EACH"; it may be 2 characters at most.']],
  ['a product id without its qualifier', line('PO1*3*1*EA*1***S'), [
    'PO1 line 3: PO106 is empty but PO107 is "S"; send both or none.',
    'PO1 line 3: no product id under VN, VP, SK, MG, BP, IN, UP, EN, UK; found: none.',
  ]],
  ['a date of another country', instead('BEG', 'BEG*00*SA*PO-1**11/20/2026'), ['BEG05 (order date) is "11/20/2026"; write the date as CCYYMMDD.']],
  ['a day that there is not', instead('BEG', 'BEG*00*SA*PO-1**20261131'), ['BEG05 (order date) is "20261131"; write the date as CCYYMMDD.']],
  ['no PO number', instead('BEG', 'BEG*00*SA***20261120'), ['BEG03 (purchase order number) is mandatory and is empty.']],
  ['a purpose of its own', instead('BEG', 'BEG*NEW*SA*PO-1**20261120'), ['BEG01 is "NEW"; send 00 for an original, 01 for a cancellation or 05 for a replacement.']],
  ['a wrong count of lines', instead('CTT', 'CTT*2'), ['CTT01 is "2" but the order has 1 PO1 segments; was one lost?']],
  ['a charge with a point', line(LINE, 'SAC*C*D240***43.31'), ['PO1 line 3: SAC05 is "43.31" and was read as 43.31; write it in hundredths without a point.']],
  ['a negative allowance', line(LINE, 'SAC*A*D240***-500'), ['PO1 line 3: SAC05 is "-500"; SAC01 gives the sign, so the amount must not be negative. It was left out.']],
  ['an allowance spelt out', line(LINE, 'SAC*ALLOW*D240***500'), ['PO1 line 3: SAC01 is "ALLOW"; write A for an allowance or C for a charge. It is not in the total.']],
  ['deliveries that do not add up', line(LINE, 'SDQ*EA*92*A*3*B*3'), ['PO1 line 3: the quantities in SDQ add up to 6, PO102 is 10.']],
  ['deliveries in another unit', line(LINE, 'SCH*120*CA***002*20261201'), ['PO1 line 3: SCH counts in "CA", PO103 is "EA"; use the same unit.']],
  ['a place without a quantity', line(LINE, 'SDQ*EA*92*A*10*B'), ['PO1 line 3: SDQ06 is empty but SDQ05 is "B"; send both or none.']],
  ['an address id without its qualifier', instead('N1', 'N1*BY*N*92*0042', 'N1*BT*Books**77'), ['N103 is empty but N104 is "77"; send both or none.']],
  ['a country by name', instead('N1', 'N1*BY*N*92*0042', 'N1*ST*S', 'N4*Lyon**69001*FRANCE'), ['N404 is "FRANCE"; write the country as two letters (ISO 3166-1), e.g. US.']],
  ['two delivery days', instead('N1', 'N1*BY*N*92*0042', 'DTM*002*20261201', 'DTM*002*20261202'), ['DTM 002 asks for delivery on 2026-12-01 and on 2026-12-02; the first is used.']],
  ['a delivery day left open', line(LINE, 'DTM*002*****RD8*20261201-20261205'), ['PO1 line 3: DTM 002 names no day in DTM02; write the date as CCYYMMDD.']],
  ['an invalid day in a schedule', line(LINE, 'SCH*10*EA***002*20261301'), ['PO1 line 3: schedule date (SCH06) is "20261301"; write the date as CCYYMMDD.']],
  ['the same qualifier twice', line('PO1*3*10*EA*1**VN*S*VN*T'), ['PO1 line 3: VN names our product twice, as "S" and "T"; the first is used.']],
  ['a qualifier that is none', line('PO1*3*10*EA*1**VN*S*upc*T'), ['PO1 line 3: PO108 is "upc"; write the qualifier of a product id, such as VN.']],
  ['a tax without an amount', line(LINE, 'TXI*ST**7.5'), ['TXI02 is empty; which amount TXI03 (7.5 %) makes is not told, and the order is shown without it.']],
  ['two currencies', instead('N1', 'N1*BY*N*92*0042', 'CUR*BY*USD', 'CUR*SE*CAD'), ['CUR occurs twice, with USD and "CAD"; an order has one currency.']],
];

describe('a mistake of a partner is told in words to act upon', () => {
  test.each(MISTAKES)('%s', (_, segments, said) => {
    const { findings } = read(segments);
    expect(findings.map(({ message }) => message)).toEqual(said);
    for (const { location } of findings) expect(location.offset).toBeGreaterThan(106);
  });
});

test('a mistake of syntax is told by the 997 with segment, element and code', () => {
  const content = document({ sets: [setOf('0001', line('PO1*3*10*EA*1**VN*S*UP', 'SAC*X*D240***1'))] });
  const { interchange, groups } = interchangesOf(split(content))[0]!;
  const [part] = x12Reader.split(Buffer.from(content), profile).parts;
  const { findings } = x12Reader.parse(part!.bytes, part!.locator, profile);
  const sets = [{ type: '850', controlNumber: '0001', findings }];
  expect(make997({ ...groups[0]!, sets }, interchange).segments.map((segment) => segment.join('*'))).toEqual([
    'AK1*PO*101',
    'AK2*850*0001',
    'AK3*PO1*4*PO1*8',
    'AK4*9*234*2*',
    'AK3*SAC*5*PO1*8',
    'AK4*1*248*7*X',
    'AK5*E*5',
    'AK9*E*1*1*1',
  ]);
});

test('names that every JavaScript object has are no codes', () => {
  for (const name of ['constructor', 'toString', 'valueOf', '__proto__']) {
    const segments = [
      `BEG*${name}*SA*PO-1**20261120`,
      ...line(`PO1*1*10*EA*1*${name}*VN*S`, `SAC*${name}*X***1`).slice(1),
    ];
    const { findings } = read(segments);
    const codes = findings.map(({ code }) => code).toSorted();
    expect(codes).toEqual(['X12.CHARGE.KIND', 'X12.LINE.PRICE_BASIS', 'X12.ORDER.PURPOSE']);
  }
});

describe('a set made to be expensive', () => {
  const many = (count: number, make: (at: number) => string) => Array.from({ length: count }, (_, at) => make(at));
  const zeros = '0'.repeat(60_000);

  // prettier-ignore
  test.each([
    ['numbers of 60,000 zeros', many(20, () => `PO1*3*${zeros}x*EA*1**VN*S`)],
    ['12,000 ids in a segment', [`PO1*3*1*EA*1*${'*vn*S'.repeat(12_000)}`]],
    ['100,000 segments of no use', [LINE, ...many(100_000, (at) => `ZZZ*${at}`)]],
    ['200,000 lines', many(200_000, () => LINE)],
    ['100,000 deliveries', ['PO1*3*100000*EA*1**VN*S', ...many(50, () => 'SAC*A*X***1'), ...many(10_000, () => `SDQ*EA*92${'*A*1'.repeat(10)}`)]],
    ['100,000 charges', [LINE, ...many(100_000, () => 'SAC*C*X***1')]],
    ['100,000 percentages', [...many(100_000, () => 'SAC*A*X****1*10'), LINE]],
    ['100,000 parties and notes', [...many(50_000, () => 'N1*ST*A*92*1'), ...many(50_000, () => 'MSG*a'), LINE]],
  ])('with %s is read in time that grows with its size', (_, segments) => {
    const began = performance.now();
    read(replaced('PO1', segments));
    // Less than a second on a machine that does nothing else; what grew with the square took minutes.
    expect(performance.now() - began).toBeLessThan(60_000);
  });

  test('is refused even where hundreds of warnings come before what refuses it', () => {
    const { findings } = read(instead('CTT', ...many(300, () => 'ZZZ*1'), 'CTT*2'));
    expect(findings).toHaveLength(200);
    expect(isRejected(findings)).toBe(true);
  });

  test('is refused in words where it has more lines, deliveries or charges than an order holds', () => {
    const codes = (segments: readonly string[]) => read(segments).findings.map(({ code }) => code);
    expect(
      codes(
        replaced(
          'PO1',
          many(5001, () => LINE),
        ),
      ),
    ).toEqual(['X12.ORDER.TOO_MANY_LINES']);
    const deliveries = ['PO1*3*6000*EA*1**VN*S', ...many(6000, () => 'SDQ*EA*92*A*1')];
    expect(codes(replaced('PO1', deliveries))).toEqual(['X12.ORDER.TOO_MANY_LINES']);
    expect(codes(line(LINE, ...many(51, () => 'SAC*C*X***1')))).toEqual(['X12.CHARGE.TOO_MANY']);
  });
});
