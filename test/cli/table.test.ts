import { expect, test } from '@jest/globals';
import { printTable } from '../../cli/table.ts';

test('a table is as wide as it needs to be, numbers stand right, and no line ends in blanks', () => {
  const rows = [
    ['web-shop', '9.99', ''],
    ['desk', '1234.50', 'x'],
  ];
  expect(printTable(['source', 'total', ''], rows, [1])).toBe(
    ['source      total', 'web-shop     9.99', 'desk      1234.50  x'].join('\n'),
  );
});

test('a PO number from outside cannot steer the terminal', () => {
  expect(printTable(['PO number'], [['PO-1\u001B[2J\r\nPO-2']])).toBe('PO number\nPO-1\uFFFD[2J\uFFFD\uFFFDPO-2');
});
