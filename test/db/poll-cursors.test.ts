import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { noteFailure, noteSuccess, readCursor } from '../../db/poll-cursors.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

let house: TestStore;
beforeEach(async () => {
  house = await openTestStore();
});
afterEach(() => house.close());

const LIST = { source: 'api-marlin', list: 'https://marlin.example/orders', start: null };
const at = (minute: number): string => `2026-11-23T09:0${String(minute)}:00.000Z`;

test('a list is read from where its profile says, then from behind the last page', async () => {
  const { store } = house;
  expect(await readCursor(store, LIST)).toMatchObject({ cursor: null, failures: 0 });
  expect(await readCursor(store, { ...LIST, start: '1000' })).toMatchObject({ cursor: '1000' });
  await noteSuccess(store, LIST, '1005', at(1));
  await noteSuccess(store, LIST, '1010', at(2));
  expect(await readCursor(store, { ...LIST, start: '1000' })).toMatchObject({ cursor: '1010', succeeded_at: at(2) });
});

test('failures are counted, leave the cursor, and are forgotten after a success', async () => {
  const { store } = house;
  await noteSuccess(store, LIST, '1005', at(1));
  await noteFailure(store, LIST, 'status_429', at(5), at(2));
  await noteFailure(store, LIST, 'status_500', at(6), at(3));
  expect(await readCursor(store, LIST)).toEqual({
    cursor: '1005', failures: 2, fault: 'status_500', not_before: at(6), succeeded_at: at(1),
  }); // prettier-ignore
  await noteSuccess(store, LIST, '1006', at(7));
  expect(await readCursor(store, LIST)).toMatchObject({ cursor: '1006', failures: 0, fault: null, not_before: null });
});

test('a cursor of another list is none', async () => {
  const { store } = house;
  await noteSuccess(store, LIST, '1005', at(1));
  const moved = { ...LIST, list: 'https://marlin.example/v2/orders' };
  expect(await readCursor(store, moved)).toMatchObject({ cursor: null });
  await noteFailure(store, moved, 'status_500', at(3), at(2));
  expect(await readCursor(store, moved)).toMatchObject({ cursor: null, failures: 1 });
});
