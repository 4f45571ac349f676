import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createKeyring } from '../../db/keyring.ts';
import { appendLog, findBrokenLink, listLog, type LogSubject } from '../../db/log.ts';
import { inTransaction } from '../../db/store.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

let house: TestStore;
beforeAll(async () => void (house = await openTestStore()));
afterAll(() => house.close());

let subject: LogSubject;
let count = 0;
const entry = (stepKey: string) => ({
  stepKey,
  at: '2026-11-23T09:00:00.000Z',
  actor: 'worker',
  action: 'order.parsed',
  detail: { stepKey },
});
const append = (stepKey: string) => inTransaction(house.store, (tx) => appendLog(tx, subject, entry(stepKey)));
const row = (sequence: number) =>
  house.store.db
    .selectFrom('order_processing_log')
    .selectAll()
    .where('subject', '=', subject)
    .where('sequence', '=', sequence);

describe('the audit trail of an order', () => {
  beforeEach(async () => {
    count += 1;
    subject = `order:${String(count)}`;
    for (const step of ['received', 'parse:1', 'verdict:1', 'reserve:1', 'stage:1']) await append(step);
  });

  test('is whole as it was written, in its order', async () => {
    expect((await listLog(house.store, subject)).map(({ sequence, step_key: step }) => [sequence, step])).toEqual([
      [1, 'received'],
      [2, 'parse:1'],
      [3, 'verdict:1'],
      [4, 'reserve:1'],
      [5, 'stage:1'],
    ]);
    expect(await findBrokenLink(house.store, subject)).toBeUndefined();
  });

  test('has a step once that ran twice, as it was the first time', async () => {
    const before = await listLog(house.store, subject);
    await inTransaction(house.store, (tx) =>
      appendLog(tx, subject, { ...entry('parse:1'), at: '2027-01-01T00:00:00.000Z', actor: 'other' }),
    );
    expect(await listLog(house.store, subject)).toEqual(before);
  });

  test('has the same step of another subject beside it', async () => {
    await inTransaction(house.store, (tx) => appendLog(tx, 'document:1', entry('received')));
    expect(await findBrokenLink(house.store, 'document:1')).toBeUndefined();
    expect(await findBrokenLink(house.store, subject)).toBeUndefined();
  });

  test('has nothing of a transaction that was taken back', async () => {
    const failing = inTransaction(house.store, async (tx) => {
      await appendLog(tx, subject, entry('submit:1'));
      throw new Error('the change did not happen');
    });
    await expect(failing).rejects.toThrow('did not happen');
    await append('submit:1');
    expect((await listLog(house.store, subject)).map((one) => one.sequence)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await findBrokenLink(house.store, subject)).toBeUndefined();
  });

  test.each([
    ['at', '2026-11-23T10:00:00.000Z'],
    ['actor', 'somebody else'],
    ['action', 'order.cancelled'],
    ['detail_json', '{}'],
    ['step_key', 'parse:2'],
  ] as const)('tells that %s of an entry was changed', async (column, value) => {
    const change = house.store.db.updateTable('order_processing_log').set({ [column]: value });
    await change.where('subject', '=', subject).where('sequence', '=', 2).execute();
    expect(await findBrokenLink(house.store, subject)).toEqual({ subject, sequence: 2, why: 'changed_row' });
  });

  test('tells that an entry was removed, also when the others close ranks', async () => {
    const { db } = house.store;
    await db.deleteFrom('order_processing_log').where('subject', '=', subject).where('sequence', '=', 2).execute();
    expect(await findBrokenLink(house.store, subject)).toEqual({ subject, sequence: 2, why: 'missing_row' });
    for (const sequence of [3, 4, 5]) {
      const renumber = db.updateTable('order_processing_log').set({ sequence: sequence - 1 });
      await renumber.where('subject', '=', subject).where('sequence', '=', sequence).execute();
    }
    expect(await findBrokenLink(house.store, subject)).toEqual({ subject, sequence: 2, why: 'broken_link' });
  });

  test('tells that its beginning was cut off', async () => {
    await house.store.db
      .deleteFrom('order_processing_log')
      .where('subject', '=', subject)
      .where('sequence', '<', 3)
      .execute();
    expect(await findBrokenLink(house.store, subject)).toEqual({ subject, sequence: 1, why: 'missing_row' });
  });

  test('tells that an entry was put in, in the middle or at the end', async () => {
    const last = await row(5).executeTakeFirstOrThrow();
    const { db } = house.store;
    await db
      .insertInto('order_processing_log')
      .values({ ...last, sequence: 6, step_key: 'forged', previous_mac: last.mac })
      .execute();
    expect(await findBrokenLink(house.store, subject)).toEqual({ subject, sequence: 6, why: 'changed_row' });
    await db
      .updateTable('order_processing_log')
      .set({ sequence: 0 })
      .where('subject', '=', subject)
      .where('sequence', '=', 6)
      .execute();
    expect(await findBrokenLink(house.store, subject)).toEqual({ subject, sequence: 0, why: 'inserted_row' });
  });

  test('tells that an entry was put between two others, which were numbered anew', async () => {
    const { db } = house.store;
    for (const sequence of [5, 4, 3]) {
      const renumber = db.updateTable('order_processing_log').set({ sequence: sequence + 1 });
      await renumber.where('subject', '=', subject).where('sequence', '=', sequence).execute();
    }
    const before = await row(2).executeTakeFirstOrThrow();
    await db
      .insertInto('order_processing_log')
      .values({ ...before, sequence: 3, step_key: 'forged', previous_mac: before.mac })
      .execute();
    expect(await findBrokenLink(house.store, subject)).toEqual({ subject, sequence: 3, why: 'inserted_row' });
  });

  test('tells that entries of another order were put in their place', async () => {
    const mine = await row(2).executeTakeFirstOrThrow();
    await inTransaction(house.store, (tx) => appendLog(tx, `order:${subject}-other`, entry('parse:1')));
    const { mac } = (await listLog(house.store, `order:${subject}-other`))[0]!;
    await house.store.db
      .updateTable('order_processing_log')
      .set({ mac })
      .where('subject', '=', subject)
      .where('sequence', '=', 2)
      .execute();
    expect(mine.mac).not.toBe(mac);
    expect(await findBrokenLink(house.store, subject)).toEqual({ subject, sequence: 2, why: 'changed_row' });
  });

  test('cannot be written anew without the key', async () => {
    const forged = { ...house.store, keys: createKeyring() };
    await house.store.db.deleteFrom('order_processing_log').where('subject', '=', subject).execute();
    await inTransaction(forged, (tx) => appendLog(tx, subject, entry('received')));
    expect(await findBrokenLink(forged, subject)).toBeUndefined();
    expect(await findBrokenLink(house.store, subject)).toEqual({ subject, sequence: 1, why: 'changed_row' });
  });
});
