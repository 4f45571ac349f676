import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  findNextFor,
  giveUpOld,
  hurryDestination,
  leaseDestination,
  listDueDestinations,
  releaseDestination,
} from '../../db/notice-destinations.ts';
import { giveUpOutbox, listOutbox, markDelivered, postponeOutbox, putOnWay } from '../../db/outbox.ts';
import { inTransaction } from '../../db/store.ts';
import { givenOrder, openTestStore, type TestStore } from '../support/store.ts';

const TO = 'shop:webhook';
const at = (minute: number): string => `2026-11-23T10:${String(minute).padStart(2, '0')}:00.000Z`;

let house: TestStore;
beforeAll(async () => void (house = await openTestStore()));
afterAll(() => house.close());
beforeEach(async () => {
  await house.store.db.deleteFrom('outbox').execute();
  await house.store.db.deleteFrom('notice_destinations').execute();
});

async function givenNotice(minute: number, destination = TO, orderId?: string, stepKey = 'closed'): Promise<string> {
  const subject = `order:${orderId ?? (await givenOrder(house.store)).id}` as const;
  const outgoing = { subject, source: 'shop', kind: 'order.rejected', stepKey, content: '{}' };
  await inTransaction(house.store, (tx) => putOnWay(tx, outgoing, { channel: 'webhook', destination }, at(minute)));
  return String((await listOutbox(house.store, subject)).at(-1)?.id);
}
const lease = (holder: string, now: number, until = now + 1) =>
  leaseDestination(house.store, { destination: TO, holder }, { now: at(now), until: at(until) });
const next = async (minute: number) => (await findNextFor(house.store, TO, at(minute), ['status_422']))?.id;

describe('a destination', () => {
  test('is delivered to by one at a time, who may keep it, and gives it back or dies', async () => {
    expect(await lease('one', 0)).toBe(true);
    expect(await lease('other', 0)).toBe(false);
    expect(await lease('one', 0, 5)).toBe(true);
    expect(await lease('other', 4)).toBe(false);
    expect(await lease('other', 5)).toBe(true);
    await releaseDestination(house.store, { destination: TO, holder: 'one' });
    expect(await lease('one', 5)).toBe(false);
    await releaseDestination(house.store, { destination: TO, holder: 'other' });
    expect(await lease('one', 5)).toBe(true);
  });

  test('is taken by one of many that want it at once', async () => {
    const taken = await Promise.all(Array.from({ length: 10 }, (_, i) => lease(`holder-${String(i)}`, 0)));
    expect(taken.filter(Boolean)).toHaveLength(1);
  });

  test('is due while something is due for it and nobody has it', async () => {
    await givenNotice(10);
    await givenNotice(20, 'other:webhook');
    const due = (minute: number) => listDueDestinations(house.store, at(minute));
    expect(await due(9)).toEqual([]);
    expect(await due(10)).toEqual([TO]);
    await lease('one', 10, 15);
    expect(await due(14)).toEqual([]);
    expect((await due(20)).toSorted()).toEqual(['other:webhook', TO]);
  });
});

describe('the next message', () => {
  test('is the first that was written; what failed once or twice is waited for, and no longer', async () => {
    const [first, second] = [await givenNotice(0), await givenNotice(0)];
    expect(await next(0)).toBe(first);
    for (const attempt of [1, 2]) {
      await postponeOutbox(house.store, first, at(attempt * 10), 'status_500');
      expect(await next(attempt * 10 - 1)).toBeUndefined();
      expect(await next(attempt * 10)).toBe(first);
    }
    await postponeOutbox(house.store, first, at(50), 'status_500');
    expect(await next(21)).toBe(second);
    expect(await next(50)).toBe(first);
  });

  test('that is not taken for what stands in it is waited for by those about the same order alone', async () => {
    const orderId = (await givenOrder(house.store)).id;
    const [refused, later] = [await givenNotice(0, TO, orderId, 'opened'), await givenNotice(0, TO, orderId, 'closed')];
    const other = await givenNotice(0);
    for (const attempt of [1, 2]) {
      await postponeOutbox(house.store, refused, at(attempt * 10), 'status_422');
      expect(await next(attempt * 10 - 1)).toBe(other);
      expect(await next(attempt * 10)).toBe(refused);
    }
    await postponeOutbox(house.store, refused, at(50), 'status_422');
    expect(await next(21)).toBe(later);
  });

  test('that failed often goes before younger ones when its time comes, and keeps no one waiting', async () => {
    const [old, young] = [await givenNotice(0), await givenNotice(0)];
    for (let i = 0; i < 3; i += 1) await postponeOutbox(house.store, old, at(30), 'status_500');
    await postponeOutbox(house.store, young, at(40), 'status_500');
    expect(await next(29)).toBeUndefined();
    expect(await next(30)).toBe(old);
    await giveUpOutbox(house.store, old, 'status_500');
    expect(await next(39)).toBeUndefined();
    expect(await next(40)).toBe(young);
  });

  test('is none that was delivered or given up, and a late word about these changes nothing', async () => {
    const id = await givenNotice(0);
    await markDelivered(house.store, id, at(1));
    await postponeOutbox(house.store, id, at(2), 'timeout');
    await giveUpOutbox(house.store, id, 'timeout');
    expect(await next(5)).toBeUndefined();
    const row = await house.store.db.selectFrom('outbox').selectAll().executeTakeFirstOrThrow();
    expect(row).toMatchObject({ state: 'delivered', attempts: 1, last_failure: null });
  });
});

test('a destination that is back hurries what it did not answer; what it refused, only one that is another', async () => {
  const [silent, refused, elsewhere] = [
    await givenNotice(0),
    await givenNotice(0),
    await givenNotice(0, 'other:webhook'),
  ];
  await postponeOutbox(house.store, silent, at(30), 'timeout');
  await postponeOutbox(house.store, refused, at(30), 'status_422');
  await postponeOutbox(house.store, elsewhere, at(30), 'timeout');
  const due = async (): Promise<string[]> => {
    const rows = house.store.db.selectFrom('outbox').select('id').where('next_attempt_at', '<=', at(1)).orderBy('id');
    return (await rows.execute()).map(({ id }) => id);
  };
  await hurryDestination(house.store, TO, at(1), ['status_422']);
  expect(await due()).toEqual([silent]);
  await hurryDestination(house.store, TO, at(1));
  expect(await due()).toEqual([silent, refused]);
});

describe('what waits for a destination that does not answer', () => {
  const giveUp = (writtenBefore: number) =>
    giveUpOld(house.store, TO, { writtenBefore: at(writtenBefore), fewestAttempts: 3 }, 'timeout');
  const rowOf = (id: string) =>
    house.store.db.selectFrom('outbox').selectAll().where('id', '=', id).executeTakeFirstOrThrow();

  test('is given up once it is too old, tried or not, with why it was not taken', async () => {
    const [tried, untried, young] = [await givenNotice(0), await givenNotice(5), await givenNotice(6)];
    for (let i = 0; i < 3; i += 1) await postponeOutbox(house.store, tried, at(50), 'status_500');
    const elsewhere = await givenNotice(0, 'other:webhook');
    expect(await giveUp(5)).toBe(2);
    expect(await rowOf(tried)).toMatchObject({ state: 'failed', attempts: 3, last_failure: 'status_500' });
    expect(await rowOf(untried)).toMatchObject({ state: 'failed', attempts: 0, last_failure: 'timeout' });
    expect(await rowOf(young)).toMatchObject({ state: 'pending', last_failure: null });
    expect(await rowOf(elsewhere)).toMatchObject({ state: 'pending' });
    expect(await giveUp(5)).toBe(0);
  });

  test('waits once more if a person sent it again, and so does what has come to its first attempts at last', async () => {
    const [again, begun] = [await givenNotice(0), await givenNotice(0)];
    const sentAgain = house.store.db.updateTable('outbox').set({ next_attempt_at: at(20) });
    await sentAgain.where('id', '=', again).execute();
    await postponeOutbox(house.store, begun, at(20), 'status_500');
    expect(await giveUp(19)).toBe(0);
    expect(await giveUp(20)).toBe(2);
  });
});
