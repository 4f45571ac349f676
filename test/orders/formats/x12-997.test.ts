import { describe, expect, test } from '@jest/globals';
import type { X12Event, X12GroupEnd } from '../../../orders/formats/x12-events.ts';
import { parseX12Order } from '../../../orders/formats/x12-850.ts';
import { make997, type AcknowledgedSet } from '../../../orders/formats/x12-997.ts';
import { composeInterchange } from '../../../orders/formats/x12-writing.ts';
import type { X12Profile } from '../../../orders/source.ts';
import { codesOf, document, interchangesOf, ORDER, profileOf, setOf, setsOf, split } from './x12-document.ts';

const NOW = new Date('2026-11-23T18:05:59Z');
const NUMBERS = { interchange: '77', group: '12', set: '0012' };

/** The 997 of a document's first group, after splitting and reading all of its sets. */
function acknowledge(content: string, x12: Partial<X12Profile> = {}): string {
  const events = split(content, x12);
  const end = interchangesOf(events)[0];
  const group = end?.groups[0] as X12GroupEnd;
  const sets = events.flatMap((event) => (event.kind === 'transaction_set' ? [readSet(event, x12)] : []));
  return Buffer.from(composeInterchange(make997({ ...group, sets }, end!.interchange), NUMBERS, NOW)).toString(
    'latin1',
  );
}

function readSet(event: Extract<X12Event, { kind: 'transaction_set' }>, x12: Partial<X12Profile>): AcknowledgedSet {
  const { interchange, group, set } = event;
  const context = {
    offset: set.offset,
    delimiters: interchange.delimiters,
    version: group.version,
    usage: interchange.usage,
  };
  const read = parseX12Order(set.bytes, context, profileOf(x12)).findings;
  return { type: set.type, controlNumber: set.controlNumber, findings: [...set.findings, ...read] };
}

const bodyOf = (text: string) => text.split('~').slice(3, -4);
const order = (...lines: readonly string[]) => [...ORDER.slice(0, 2), ...lines, `CTT*${lines.length}`];

describe('a 997', () => {
  test('accepts a good group and goes back the way it came', () => {
    expect(acknowledge(document())).toBe(
      [
        'ISA*00*          *00*          *ZZ*STAGING        *ZZ*NORTHWIND      *261123*1805*U*00401*000000077*0*P*>',
        'GS*FA*STAGING*NORTHWIND*20261123*1805*12*X*004010',
        'ST*997*0012',
        'AK1*PO*101',
        'AK2*850*0001',
        'AK5*A',
        'AK9*A*1*1*1',
        'SE*6*0012',
        'GE*1*12',
        'IEA*1*000000077',
        '',
      ].join('~'),
    );
  });

  test('can be read back by our own splitter', () => {
    const swapped = { partner: { qualifier: 'ZZ', id: 'STAGING' }, us: { qualifier: 'ZZ', id: 'NORTHWIND' } };
    const expects = { functionalId: 'FA', setType: '997' };
    const later = { isa11: '^', isa12: '00501', gs: 'PO*NORTHWIND*STAGING*20261123*0915*101*X*005010' };
    for (const parts of [{}, { terminator: '\n', separator: '|' }, later]) {
      const events = split(acknowledge(document(parts)), swapped, 11, { expects });
      expect(codesOf(events)).toEqual([]);
      expect(interchangesOf(events)[0]?.verdict).toBe('accepted');
      expect(setsOf(events)[0]).toMatchObject({ type: '997', controlNumber: '0012' });
    }
  });

  test('says which element of which segment is wrong, with the value', () => {
    const content = document({ sets: [setOf('0001', order('PO1*1*10*EA*1.50**VN*A', 'PO1*2*10*EA*12,50**VN*B'))] });
    expect(bodyOf(acknowledge(content))).toEqual([
      'AK1*PO*101',
      'AK2*850*0001',
      'AK3*PO1*5*PO1*8',
      'AK4*4*212*6*12,50',
      'AK5*R*5',
      'AK9*R*1*1*0',
    ]);
  });

  test('takes the good sets of a group and rejects the bad ones', () => {
    const bad = setOf('0002').replace('SE*6*0002', 'SE*5*2');
    expect(bodyOf(acknowledge(document({ sets: [setOf('0001'), bad] })))).toEqual([
      'AK1*PO*101',
      'AK2*850*0001',
      'AK5*A',
      'AK2*850*0002',
      'AK5*R*3*4',
      'AK9*P*2*2*1',
    ]);
  });

  test('notes errors that were tolerated', () => {
    const content = document({ sets: [setOf().replace('SE*6', 'SE*5')], ge: 'GE*2*101~' });
    const body = bodyOf(acknowledge(content, { tolerate: ['segment_count', 'set_count'] }));
    expect(body.slice(-2)).toEqual(['AK5*E*4', 'AK9*E*2*1*1*5']);
  });

  test('rejects a group as a whole without a word on its sets', () => {
    const content = document({ gs: 'SC*NORTHWIND*STAGING*20261123*0915*101*X*004010', ge: 'GE*4*101~' });
    expect(bodyOf(acknowledge(content))).toEqual(['AK1*SC*101', 'AK9*R*4*1*0*1*5']);
  });

  test('names the version from 005010 on', () => {
    const gs = 'PO*NORTHWIND*STAGING*20261123*0915*101*X*005010';
    expect(bodyOf(acknowledge(document({ gs, isa12: '00501' })))[0]).toBe('AK1*PO*101*005010');
  });

  test('is about syntax only: an order that business refuses is accepted here', () => {
    const content = document({
      sets: [setOf('0001', ['BEG*00*BK*PO-1**20261120', ...order('PO1*1*1*EA*1**VN*A').slice(1)])],
    });
    expect(bodyOf(acknowledge(content)).at(-1)).toBe('AK9*A*1*1*1');
  });

  test('tells of a missing segment and of one that is out of place', () => {
    const content = document({
      sets: [setOf('0001', [...ORDER, 'PO1*2*1*EA*1**VN*T']), setOf('0002', ORDER.slice(1))],
    });
    expect(bodyOf(acknowledge(content)).filter((segment) => segment.startsWith('AK3'))).toEqual([
      'AK3*PO1*6**7',
      'AK3*BEG*2**3',
    ]);
  });

  test('says of a party in which loop it is wrong, and of a value as much as there is room for', () => {
    const place = ['BEG*00*SA*PO-1**20261120', 'N1*BY*Northwind*92*0042', 'N1*ST*Shop', `N4*Leeds***${'Britain'.repeat(20)}`, 'PO1*1*1*EA*1**VN*A', 'CTT*1'];
    const body = bodyOf(acknowledge(document({ sets: [setOf('0001', place)] })));
    expect(body.slice(2, 4)).toEqual(['AK3*N4*5*N1*8', expect.stringMatching(/^AK4\*4\*26\*\w+\*(?:BRITAIN|Britain)/)]);
    expect(body[3]?.split('*').at(-1)?.length).toBeLessThanOrEqual(99);
  }); // prettier-ignore

  test('counts the sets itself where the sender gives no number', () => {
    expect(bodyOf(acknowledge(document({ ge: 'GE*two*101~' }))).at(-1)).toBe('AK9*R*1*1*0*5');
  });

  test('never answers a 997', () => {
    const end = interchangesOf(split(document({ gs: 'FA*NORTHWIND*STAGING*20261123*0915*101*X*004010' })))[0];
    const group = end?.groups[0] as X12GroupEnd;
    expect(() => make997({ ...group, sets: [] }, end!.interchange)).toThrow(RangeError);
  });
});
