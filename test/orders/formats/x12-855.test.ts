import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Order, OrderLine } from '../../../orders/order.ts';
import { parseX12Order, type X12Context } from '../../../orders/formats/x12-850.ts';
import { type AcknowledgedOrder, make855 } from '../../../orders/formats/x12-855.ts';
import { composeInterchange } from '../../../orders/formats/x12-writing.ts';
import { decimal, sum } from '../../../orders/money.ts';
import { codesOf, ORDER, profileOf, setOf, setsOf, split } from './x12-document.ts';

const NOW = new Date('2026-11-23T18:05:59Z');
const CONTEXT: X12Context = {
  offset: 0,
  delimiters: { element: '*', component: '>', repetition: null, segment: '~' },
  version: '004010',
  usage: 'P',
};
const X12 = { partner: { qualifier: 'ZZ', id: 'NORTHWIND' }, us: { qualifier: 'ZZ', id: 'STAGING' } };

function read(segments: readonly string[] = ORDER): Order {
  const { order } = parseX12Order(Buffer.from(setOf('0001', segments)), CONTEXT, profileOf());
  if (!order) throw new Error('the order of the test cannot be read');
  return order;
}

function write(
  acknowledged: Partial<AcknowledgedOrder> & Pick<AcknowledgedOrder, 'ordered'>,
  context = CONTEXT,
  segments = ORDER,
): string {
  const { element, segment } = context.delimiters;
  const text = setOf('0001', segments).replaceAll('~', '\0').replaceAll('*', element).replaceAll('\0', segment);
  const usual = {
    purpose: '00',
    answer: 'lines',
    accepted: acknowledged.ordered,
    ourNumber: 'PRD-7',
    on: '2026-11-24',
  } as const;
  const message = make855({ set: Buffer.from(text), ...usual, ...acknowledged }, profileOf().x12!, context);
  return Buffer.from(composeInterchange(message, { interchange: '41', group: '40' }, NOW)).toString('latin1');
}

const bodyOf = (text: string): string[] => text.split('~').slice(3, -4);
const changed = (order: Order, change: Partial<OrderLine>): Order => ({
  ...order,
  lines: order.lines.map((line, index) => (index === 0 ? { ...line, ...change } : line)),
});

describe('an 855', () => {
  test('accepts an order as it was sent, from us to the partner', () => {
    expect(write({ ordered: read() })).toBe(
      [
        'ISA*00*          *00*          *ZZ*STAGING        *ZZ*NORTHWIND      *261123*1805*U*00401*000000041*0*P*>',
        'GS*PR*STAGING*NORTHWIND*20261123*1805*40*X*004010',
        'ST*855*0001',
        'BAK*00*AD*PO-1*20261120****PRD-7*20261124',
        'PO1*1*10*EA*1.50**VN*SKU-1',
        'ACK*IA*10*EA',
        'CTT*1',
        'SE*6*0001',
        'GE*1*40',
        'IEA*1*000000041',
        '',
      ].join('~'),
    );
  });

  test('is read back by our own splitter', () => {
    const swapped = { partner: X12.us, us: X12.partner };
    const events = split(write({ ordered: read() }), swapped, 7, { expects: { functionalId: 'PR', setType: '855' } });
    expect(codesOf(events)).toEqual([]);
    expect(setsOf(events)).toMatchObject([{ type: '855', controlNumber: '0001', segmentCount: 6 }]);
  });

  test('tells what goes now and what waits for stock', () => {
    const ordered = read();
    const waits = (waiting: string) => {
      const fulfilment = { allocations: [], waiting };
      const accepted = { ...ordered, lines: ordered.lines.map((line) => ({ ...line, fulfilment })) };
      const body = bodyOf(write({ ordered, accepted }));
      return body.filter((segment) => /^(BAK|ACK)/.test(segment)).map((segment) => segment.slice(0, 12));
    };
    expect(waits('4')).toEqual(['BAK*00*AC*PO', 'ACK*IA*6*EA', 'ACK*IB*4*EA']);
    expect(waits('10')).toEqual(['BAK*00*AC*PO', 'ACK*IB*10*EA']);
    expect(waits('0')).toEqual(['BAK*00*AD*PO', 'ACK*IA*10*EA']);
  });

  test.each([
    ['a smaller quantity', { quantity: '8' }, ['ACK*IQ*8*EA', 'ACK*IR*2*EA']],
    ['a larger quantity', { quantity: '12' }, ['ACK*IQ*12*EA']],
    ['another price', { unitPrice: '1.75' }, ['ACK*IP*10*EA']],
    ['the same price written otherwise', { unitPrice: '1.5' }, ['ACK*IA*10*EA']],
    ['a substitute', { sku: 'SKU-2' }, ['ACK*IS*10*EA****VP*SKU-2']],
    ['another date', { requestedDeliveryDate: '2026-12-09' }, ['ACK*DR*10*EA*067*20261209']],
  ] as const)('says of %s what becomes of the quantity', (_what, change, acks) => {
    const ordered = read();
    const body = bodyOf(write({ ordered, accepted: changed(ordered, change) }));
    expect(body.filter((segment) => segment.startsWith('ACK'))).toEqual(acks);
    expect(body[0]).toMatch(acks[0].startsWith('ACK*IA') ? /^BAK\*00\*AD/ : /^BAK\*00\*AC/);
    expect(body).toContain('PO1*1*10*EA*1.50**VN*SKU-1');
  });

  test('rejects every line of an order that does not go to production', () => {
    const body = bodyOf(write({ ordered: read(), accepted: null, ourNumber: null }));
    expect(body).toEqual([
      'BAK*00*RD*PO-1*20261120*****20261124',
      'PO1*1*10*EA*1.50**VN*SKU-1',
      'ACK*IR*10*EA',
      'CTT*1',
    ]);
  });

  test('acknowledges a cancellation without detail', () => {
    expect(bodyOf(write({ ordered: read(), accepted: null, purpose: '01', answer: 'done' }))).toEqual([
      'BAK*01*AK*PO-1*20261120****PRD-7*20261124',
    ]);
  });

  test.each(['01', '05', '07'] as const)('refuses what BAK01 %s speaks of without detail', (purpose) => {
    const refused = write({ ordered: read(), accepted: null, purpose, answer: 'refused', ourNumber: null });
    expect(bodyOf(refused)).toEqual([`BAK*${purpose}*RJ*PO-1*20261120*****20261124`]);
  });

  test('answers a line whose other destination was left out in the one PO1 that the partner wrote', () => {
    const segments = [...ORDER.slice(0, 3), 'SDQ*EA*92*A*4*B*6', 'CTT*1'];
    const ordered = read(segments);
    const [, toB] = ordered.lines as [OrderLine, OrderLine];
    const left = (lines: OrderLine[]) => bodyOf(write({ ordered, accepted: { ...ordered, lines } }, CONTEXT, segments)); // prettier-ignore
    const common = ['BAK*00*AC*PO-1*20261120****PRD-7*20261124', 'PO1*1*10*EA*1.50**VN*SKU-1'];
    expect(left([toB])).toEqual([...common, 'ACK*IA*6*EA', 'ACK*IR*4*EA', 'CTT*1']);
    const [toA] = ordered.lines as [OrderLine];
    expect(left([toA, { ...toB, quantity: '5' }])).toEqual([
      ...common, 'ACK*IA*4*EA', 'ACK*IQ*5*EA', 'ACK*IR*1*EA', 'CTT*1',
    ]); // prettier-ignore
  });

  test('echoes each PO1 once, also where PO101 is blank, occurs twice, or looks like the part of another', () => {
    const lines = [
      'PO1**1*EA*1.50**VN*SKU-1',
      'PO1*1*2*EA*1.50**VN*SKU-1',
      'PO1*A*3*EA*1.50**VN*SKU-1',
      'PO1*A*4*EA*2**VN*SKU-2',
      'PO1*A/1*5*EA*2**VN*SKU-2',
      'PO1*A/2*6*EA*2**VN*SKU-2',
    ];
    const segments = ['BEG*00*SA*PO-1**20261120', 'N1*BY*Northwind*92*0042', ...lines, 'CTT*6'];
    const body = bodyOf(write({ ordered: read(segments) }, CONTEXT, segments));
    const answered = lines.flatMap((po1) => [po1, `ACK*IA*${String(po1.split('*')[2])}*EA`]);
    expect(body).toEqual(['BAK*00*AD*PO-1*20261120****PRD-7*20261124', ...answered, 'CTT*6']);
  });

  test('says of another unit that the item was changed: the quantities do not compare', () => {
    const ordered = read();
    const accepted = changed(ordered, { unit: 'CA', quantity: '1' });
    expect(bodyOf(write({ ordered, accepted }))).toContain('ACK*IC*1*CA');
  });

  test('describes the lines itself where what the partner wrote was removed', () => {
    expect(bodyOf(write({ ordered: read(), set: null }))).toEqual([
      'BAK*00*AD*PO-1*20261120****PRD-7*20261124',
      'PO1*1*10*EA*1.50**VP*SKU-1',
      'ACK*IA*10*EA',
      'CTT*1',
    ]);
  });

  test('says one PO1 of a line that goes to several places, and which line was left out or added', () => {
    const segments = [
      'BEG*00*SA*PO-1*R7*20261120',
      'N1*BY*Northwind*92*0042',
      'PO1*1*10*EA*1.50**VN*SKU-1',
      'SDQ*EA*92*A*4*B*6',
      'PO1*2*3*EA*2**VN*SKU-2',
      'CTT*2',
    ];
    const ordered = read(segments);
    expect(ordered.lines.map(({ line }) => line)).toEqual(['1/1', '1/2', '2']);
    const [first, second, third] = ordered.lines as [OrderLine, OrderLine, OrderLine];
    const accepted = { ...ordered, lines: [first, second, { ...third, line: '3' }] };
    expect(bodyOf(write({ ordered, accepted }, CONTEXT, segments))).toEqual([
      'BAK*00*AC*PO-1*20261120*R7***PRD-7*20261124',
      'PO1*1*10*EA*1.50**VN*SKU-1', 'ACK*IA*4*EA', 'ACK*IA*6*EA',
      'PO1*2*3*EA*2**VN*SKU-2', 'ACK*IR*3*EA',
      'PO1*3*3*EA*2**VP*SKU-2', 'ACK*IA*3*EA',
      'CTT*3',
    ]); // prettier-ignore
  });

  test('speaks the version, usage and delimiters in which the order came', () => {
    const delimiters = { element: '|', component: ':', repetition: '^', segment: '\n' };
    const text = write({ ordered: read() }, { ...CONTEXT, version: '005010', usage: 'T', delimiters });
    expect(text).toContain('|^|00501|000000041|0|T|:\n');
    expect(text).toContain('GS|PR|STAGING|NORTHWIND|20261123|1805|40|X|005010\n');
    expect(write({ ordered: read() }, { ...CONTEXT, version: '003040' })).toContain(
      'BAK*00*AD*PO-1*261120****PRD-7*261124~',
    );
  });

  test('has the standards id in ISA11 where its version knows no repetition separator', () => {
    const delimiters = { ...CONTEXT.delimiters, repetition: '^' };
    expect(write({ ordered: read() }, { ...CONTEXT, delimiters })).toContain('*U*00401*');
  });

  test('never loses or makes a quantity, whatever is accepted', () => {
    const quantity = fc.integer({ min: 1, max: 99_999 }).map((units) => decimal(String(units)).div(100).toFixed());
    fc.assert(
      fc.property(quantity, quantity, (wanted, given) => {
        const ordered = changed(read(), { quantity: wanted });
        const body = bodyOf(write({ ordered, accepted: changed(ordered, { quantity: given }) }));
        const acks = body.filter((segment) => segment.startsWith('ACK')).map((segment) => segment.split('*'));
        const most = decimal(wanted).greaterThan(given) ? wanted : given;
        expect(sum(acks.map(([, , amount = '']) => amount)).toFixed()).toBe(decimal(most).toFixed());
      }),
    );
  });
});
