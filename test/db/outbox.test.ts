import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  composeOutbox,
  type ControlNumbers,
  listDueOutbox,
  listOutbox,
  markAcknowledged,
  markDelivered,
  openOutbox,
  postponeOutbox,
  putOnWay,
  putUncomposed,
  takeControlNumber,
} from '../../db/outbox.ts';
import { Erased, eraseKeys } from '../../db/seal.ts';
import { inTransaction } from '../../db/store.ts';
import { givenOrder, openTestStore, type TestStore } from '../support/store.ts';

let house: TestStore;
beforeAll(async () => void (house = await openTestStore()));
afterAll(() => house.close());

const at = (minute: number): string => `2026-11-23T10:${String(minute).padStart(2, '0')}:00.000Z`;

async function givenMessage(minute: number, channel: 'file' | 'read' = 'file') {
  const subject = `order:${(await givenOrder(house.store)).id}` as const;
  const outgoing = {
    subject,
    source: 'web-shop',
    kind: 'order.completed',
    stepKey: 'completed',
    content: '{"a":1}',
  };
  const way = { channel, destination: null };
  await putOnWay(house.store, outgoing, way, at(minute));
  const row = await house.store.db
    .selectFrom('outbox')
    .selectAll()
    .where('subject', '=', subject)
    .executeTakeFirstOrThrow();
  return { subject, outgoing, way, row };
}
const due = async (minute: number) => (await listDueOutbox(house.store, at(minute), 100)).map((row) => row.id);

describe('an outgoing message', () => {
  test('is written once under its step, with the content of the first time', async () => {
    const { subject, outgoing, way, row } = await givenMessage(0);
    await putOnWay(house.store, { ...outgoing, content: 'other' }, way, at(1));
    expect(await listOutbox(house.store, subject)).toHaveLength(1);
    expect((await openOutbox(house.store, row)).toString()).toBe('{"a":1}');
  });

  test('that nobody is sent is available and never due', async () => {
    const { row } = await givenMessage(0, 'read');
    expect(row.state).toBe('available');
    expect(await due(59)).not.toContain(row.id);
  });

  test('is due from its time on, put off after a failure, and gone when it is delivered', async () => {
    const { subject, row } = await givenMessage(10);
    expect(await due(9)).not.toContain(row.id);
    expect(await due(10)).toContain(row.id);
    await postponeOutbox(house.store, row.id, at(20), 'not_written');
    expect(await due(19)).not.toContain(row.id);
    expect(await due(20)).toContain(row.id);
    await markDelivered(house.store, row.id, at(21));
    expect(await due(59)).not.toContain(row.id);
    expect(await listOutbox(house.store, subject)).toMatchObject([
      { state: 'delivered', attempts: 2, delivered_at: at(21) },
    ]);
  });

  test('waits its turn: the oldest are first', async () => {
    await house.store.db.updateTable('outbox').set({ state: 'delivered' }).execute();
    const rows = [];
    for (const minute of [30, 10, 20]) rows.push((await givenMessage(minute)).row.id);
    const [thirty, ten, twenty] = rows;
    expect(await due(59)).toEqual([ten, twenty, thirty]);
    expect((await listDueOutbox(house.store, at(59), 2)).map((row) => row.id)).toEqual([ten, twenty]);
  });
});

describe('control numbers', () => {
  const take = (source: string) => inTransaction(house.store, (tx) => takeControlNumber(tx, source, 'interchange'));

  test('begin with 1 and go on by 1, for each partner and kind', async () => {
    expect([await take('a'), await take('a'), await take('b'), await take('a')]).toEqual([1, 2, 1, 3]);
    expect(await inTransaction(house.store, (tx) => takeControlNumber(tx, 'a', 'group'))).toBe(1);
  });

  test('that a failed transaction took are taken by the next', async () => {
    const failing = (source: string) =>
      inTransaction(house.store, async (tx) => {
        await takeControlNumber(tx, source, 'interchange');
        throw new Error('taken back');
      });
    const attempts = await Promise.allSettled(
      Array.from({ length: 40 }, (_, i) => (i % 4 === 3 ? failing('c') : take('c'))),
    );
    const numbers = attempts.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
  });

  test('begin anew after the last that fits in nine digits', async () => {
    await take('d');
    const last = { last_value: 999_999_998 };
    await house.store.db.updateTable('control_numbers').set(last).where('source', '=', 'd').execute();
    expect([await take('d'), await take('d'), await take('d')]).toEqual([999_999_999, 1, 2]);
  });
});

describe('a message that is composed when it is sent', () => {
  const hasGroup = (): boolean => true;
  const print = (message: unknown, { interchange, group }: ControlNumbers) => ({
    fileName: `${interchange}.edi`,
    content: Buffer.from(`${JSON.stringify(message)} ${interchange} ${group}`),
  });
  async function givenUncomposed(source: string) {
    const subject = `order:${(await givenOrder(house.store)).id}` as const;
    await putUncomposed(house.store, { subject, source, kind: '855', stepKey: '855:completed', message: 'AD' }, at(0));
    const [row] = await listOutbox(house.store, subject);
    return { id: row?.id ?? '', subject };
  }

  test('has its numbers once, however often and by however many it is composed', async () => {
    const { id } = await givenUncomposed('e');
    const compose = () => composeOutbox(house.store, id, hasGroup, print);
    const rows = [...(await Promise.all([compose(), compose()])), await compose()];
    for (const row of rows) {
      expect(row).toMatchObject({ file_name: '1.edi', control_number: '1' });
      expect((await openOutbox(house.store, row)).toString()).toBe('"AD" 1 1');
    }
  });

  test('takes no number if it cannot be composed, or was erased', async () => {
    const broken = await givenUncomposed('f');
    const failing = () => composeOutbox(house.store, broken.id, hasGroup, () => { throw new Error('no space left'); }); // prettier-ignore
    await expect(failing()).rejects.toThrow('no space left');
    const gone = await givenUncomposed('f');
    await inTransaction(house.store, (tx) => eraseKeys(tx, [gone.subject]));
    await expect(composeOutbox(house.store, gone.id, hasGroup, print)).rejects.toBeInstanceOf(Erased);
    expect(await composeOutbox(house.store, broken.id, hasGroup, print)).toMatchObject({ file_name: '1.edi' });
  });

  test('is the one that its number means, and not one of a billion messages before', async () => {
    const [older, newer] = [await givenUncomposed('g'), await givenUncomposed('g')];
    for (const { id } of [older, newer]) {
      await house.store.db.deleteFrom('control_numbers').where('source', '=', 'g').execute();
      await composeOutbox(house.store, id, hasGroup, print);
    }
    const of = { source: 'g', kind: '855', controlNumber: '1' };
    expect(await inTransaction(house.store, (tx) => markAcknowledged(tx, of, 'A', at(1)))).toBe(newer.subject);
    expect(await listOutbox(house.store, older.subject)).toMatchObject([{ acknowledgment: null }]);
    expect(await listOutbox(house.store, newer.subject)).toMatchObject([{ acknowledgment: 'A' }]);
  });
});
