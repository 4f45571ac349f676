import { describe, expect, test } from '@jest/globals';
import { maskX12 } from '../../../orders/formats/x12-mask.ts';
import { document, NORTHWIND, ORDER, setOf } from './x12-document.ts';

const CARD = '4111111111111111';
const mask = (text: string, cardNumbers: 'mask' | 'refuse' = 'mask') => {
  const { bytes, findings } = maskX12(Buffer.from(text, 'latin1'), cardNumbers);
  return { text: Buffer.from(bytes).toString('latin1'), findings };
};

describe('masking card numbers in X12', () => {
  test('hides all but the last four digits in free text, and nothing else', () => {
    const content = document({ sets: [setOf('0001', [...ORDER, `MSG*pay with 4111 1111 1111 1111 please`])] });
    const { text, findings } = mask(content);
    expect(text).toBe(content.replace('4111 1111 1111 1111', 'XXXX XXXX XXXX 1111'));
    expect(findings).toMatchObject([
      {
        code: 'X12.CARD.MASKED',
        disposition: 'warn',
        evidence: null,
        location: { offset: content.indexOf('pay with'), segment: 'MSG', segmentPosition: 6, element: 1 },
      },
    ]);
  });

  test('leaves identifiers alone, even those that would pass for a card number', () => {
    const content = document({
      sets: [setOf('0001', [`BEG*00*SA*${CARD}**20261120`, `PO1*1*1*EA*1**VN*${CARD}`, `REF*IA*${CARD}`])],
    });
    expect(mask(content)).toEqual({ text: content, findings: [] });
    expect(Buffer.from(maskX12(NORTHWIND, 'mask').bytes).equals(NORTHWIND)).toBe(true);
  });

  test('hides them in garbage between interchanges, and leaves the identifiers of the next one alone', () => {
    const second = document({ isa13: '000000102', sets: [setOf('0001', [...ORDER, `REF*IA*${CARD}`])] });
    const { text, findings } = mask(`${document()}garbage ${CARD} and more\n${second}`);
    expect(text).toBe(`${document()}garbage XXXXXXXXXXXX1111 and more\n${second}`);
    expect(findings).toHaveLength(1);
  });

  test('hides them wherever they stand in a segment that an 850 does not have', () => {
    const content = document({ sets: [setOf('0001', [...ORDER, `CCI*VISA*${CARD}*1227`])] });
    const { text, findings } = mask(content);
    expect(text).toBe(content.replace(CARD, 'XXXXXXXXXXXX1111'));
    expect(findings).toMatchObject([{ location: { segment: 'CCI', element: 2 } }]);
  });

  test('rejects where the source refuses card numbers, and masks all the same', () => {
    const { text, findings } = mask(document({ sets: [setOf('0001', [...ORDER, `N3*${CARD}`])] }), 'refuse');
    expect(text).not.toContain(CARD);
    expect(findings).toMatchObject([{ disposition: 'reject', location: { segment: 'N3', element: 1 } }]);
  });

  test('reads every interchange with its own delimiters', () => {
    const sets = [setOf('0001', [...ORDER, `NTE**${CARD}`])];
    const { text, findings } = mask(document({ sets }) + document({ sets, separator: '|', terminator: '\n' }));
    expect(text).not.toContain(CARD);
    expect(findings).toHaveLength(2);
  });

  test.each([
    ['no X12 at all', `card ${CARD}`],
    ['an ISA that is cut', `${document()}ISA*${CARD}`],
    ['something after the interchange', `${document()}\ncard ${CARD}`],
    [
      'an interchange that is cut',
      document({ sets: [setOf('0001', [...ORDER, `MSG*${CARD}`])] }).split('SE*')[0] ?? '',
    ],
  ])('masks what cannot be cut into segments as one text: %s', (_, content) => {
    const { text, findings } = mask(content);
    expect(text).toBe(content.replace(CARD, 'XXXXXXXXXXXX1111'));
    expect(findings).toHaveLength(1);
  });
});
