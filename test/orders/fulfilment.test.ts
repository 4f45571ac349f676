import { expect, test } from '@jest/globals';
import { isFulfilmentOf, withFulfilment } from '../../orders/fulfilment.ts';
import { makeLine, makeOrder } from './rules/factories.ts';

const order = makeOrder({ lines: [makeLine(), makeLine({ line: '2' })] });
const goes = { allocations: [{ warehouse: 'OAK', quantity: '7' }], waiting: '3' };

test('an order says of each line what goes now, beside what the sender sent', () => {
  const told = withFulfilment(order, [goes, { line: '2', allocations: [], waiting: '10' } as typeof goes]);
  expect(told).toMatchObject(order);
  expect(told.lines.map(({ fulfilment }) => fulfilment)).toEqual([goes, { allocations: [], waiting: '10' }]);
});

test('an order of which nothing was set aside is as the sender sent it', () => {
  expect(withFulfilment(order, [])).toBe(order);
});

test('an order is never told with some of its lines left out', () => {
  expect(() => withFulfilment(order, [goes])).toThrow('line 2');
});

test('what goes and what waits comes to what each line orders, however that is written', () => {
  const split = { allocations: [{ warehouse: 'OAK', quantity: '2.50' }, { warehouse: 'SEA', quantity: '4.5' }], waiting: '3.000' }; // prettier-ignore
  expect(isFulfilmentOf(['10', '10.0'], [goes, split])).toBe(true);
  expect(isFulfilmentOf(['0'], [{ allocations: [], waiting: '0' }])).toBe(true);
  expect(isFulfilmentOf(['10', '10.01'], [goes, split])).toBe(false);
  expect(isFulfilmentOf(['9.99', '10'], [goes, split])).toBe(false);
  expect(isFulfilmentOf(['10'], [goes, split])).toBe(false);
  expect(isFulfilmentOf(['10', '10', '10'], [goes, split])).toBe(false);
});
