import { describe, expect, test } from '@jest/globals';
import { makeTa1 } from '../../../orders/formats/x12-ta1.ts';
import { composeInterchange } from '../../../orders/formats/x12-writing.ts';
import type { X12Profile } from '../../../orders/source.ts';
import { codesOf, document, interchangesOf, type Parts, split } from './x12-document.ts';

const NOW = new Date('2026-11-23T18:05:59Z');

const PARTNERS = { us: { qualifier: 'ZZ', id: 'STAGING' }, partner: { qualifier: 'ZZ', id: 'NORTHWIND' } };

function acknowledge(parts: Parts, x12: Partial<X12Profile> = {}, cut?: number): string {
  const [end] = interchangesOf(split(document(parts).slice(0, cut), x12));
  if (!end) throw new Error('the test has no interchange');
  return Buffer.from(composeInterchange(makeTa1(end, PARTNERS), { interchange: '8', group: '' }, NOW)).toString(
    'latin1',
  );
}
const noteOf = (text: string): string => text.split('~')[1] ?? '';

describe('a TA1', () => {
  test('accepts an interchange in an envelope of its own, without a group', () => {
    expect(acknowledge({ isa13: '000000123' })).toBe(
      [
        'ISA*00*          *00*          *ZZ*STAGING        *ZZ*NORTHWIND      *261123*1805*U*00401*000000008*0*P*>',
        'TA1*000000123*261123*0915*A*000',
        'IEA*0*000000008',
        '',
      ].join('~'),
    );
  });

  test.each([
    ['another control number at the end', { iea: 'IEA*1*000000999~' }, '001'],
    ['a number of groups that is wrong', { iea: 'IEA*2*000000123~', isa13: '000000123' }, '021'],
    ['a sender that we do not know', { partner: 'SOMEBODY' }, '006'],
    ['a receiver that we are not', { us: 'SOMEBODY' }, '008'],
    ['a test where production was agreed', { usage: 'T' }, '020'],
  ] as const)('rejects %s, and says which', (_what, parts, note) => {
    expect(noteOf(acknowledge(parts))).toMatch(new RegExp(`^TA1\\*\\d{9}\\*261123\\*0915\\*R\\*${note}$`));
  });

  test.each([{ partner: 'SOMEBODY' }, { us: 'SOMEBODY' }])('goes from us to the partner whatever %p says', (parts) => {
    expect(acknowledge(parts)).toContain('*ZZ*STAGING        *ZZ*NORTHWIND      *');
  });

  test('rejects what was cut off', () => {
    const whole = document({});
    expect(noteOf(acknowledge({}, {}, whole.lastIndexOf('IEA')))).toMatch(/\*R\*023$/);
  });

  test('notes what is tolerated', () => {
    const text = acknowledge({}, { tolerate: ['missing_last_terminator'] }, -1);
    expect(noteOf(text)).toMatch(/\*E\*004$/);
  });

  test('is read by our own splitter as an interchange without groups', () => {
    const swapped = { partner: { qualifier: 'ZZ', id: 'STAGING' }, us: { qualifier: 'ZZ', id: 'NORTHWIND' } };
    const events = split(acknowledge({}), swapped);
    expect(
      codesOf(events).filter((code) => !['X12.INTERCHANGE.EMPTY', 'X12.INTERCHANGE.SEGMENT'].includes(code)),
    ).toEqual([]);
  });
});
