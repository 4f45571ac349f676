import { expect, test } from '@jest/globals';
import { read997 } from '../../../orders/formats/x12-997-reader.ts';

const CONTEXT = {
  offset: 0,
  delimiters: { element: '*', component: '>', repetition: null, segment: '~' },
  version: '004010',
  usage: 'P',
};

function read(...said: string[]) {
  const segments = ['ST*997*0001', ...said, `SE*${String(said.length + 2)}*0001`];
  return read997(Buffer.from(segments.map((segment) => `${segment}~`).join('')), CONTEXT);
}

test.each([
  ['accepted', 'A', ['AK2*855*0001', 'AK5*A', 'AK9*A*1*1*1']],
  ['accepted without a word of its set', 'A', ['AK9*A*1*1*1']],
  ['accepted with errors noted', 'E', ['AK2*855*0001', 'AK5*E*5', 'AK9*E*1*1*1']],
  ['rejected', 'R', ['AK2*855*0001', 'AK5*R*5', 'AK9*R*1*1*0']],
  ['rejected by its set, though the group is said to be accepted', 'R', ['AK2*855*0001', 'AK5*R*5', 'AK9*A*1*1*1']],
  ['rejected by its set in a group that is accepted in part', 'P', ['AK2*855*0001', 'AK5*R*5', 'AK9*P*1*1*0']],
])('a message is %s', (_what, code, said) => {
  expect(read('AK1*PR*41', ...said)).toEqual({ functionalId: 'PR', groupControlNumber: '41', code });
});

test('a set without its group, or without a verdict, acknowledges nothing', () => {
  expect(read('AK1*PR*41')).toBeUndefined();
  expect(read('AK9*A*1*1*1')).toBeUndefined();
});
