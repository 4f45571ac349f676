import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { hashPerson, indexPeople, normalizeEmail, normalizePhone } from '../../db/people.ts';
import type { Order } from '../../orders/order.ts';
import { makeOrderJson } from '../support/order-factory.ts';
import { givenOrder, openTestStore, type TestStore } from '../support/store.ts';

let house: TestStore;
beforeAll(async () => void (house = await openTestStore()));
afterAll(() => house.close());

describe('an e-mail address', () => {
  test.each([
    ['Pat@Example.COM', 'pat@example.com'],
    ['  pat@example.com\n', 'pat@example.com'],
    ['pat.smith+shop@example.com', 'pat.smith+shop@example.com'],
    ['Zoe\u0308@example.com', 'zoë@example.com'],
  ])('%j is compared as %s', (text, email) => expect(normalizeEmail(text)).toBe(email));

  test.each(['', 'pat', 'pat@', '@example.com', 'pat smith@example.com', 'a@b@c', `${'a'.repeat(250)}@b.co`])(
    '%j is none',
    (text) => expect(normalizeEmail(text)).toBeUndefined(),
  );
});

describe('a phone number', () => {
  test.each([
    ['+1 (415) 555-0101', '14155550101'],
    ['415.555.0101', '14155550101'],
    ['1-415-555-0101', '14155550101'],
    ['+49 89 1234567', '49891234567'],
    ['0049 89 1234567', '49891234567'],
    ['415-555-0101 ext. 22', '14155550101'],
    ['415-555-0101x22', '14155550101'],
  ])('%j is compared as %s', (text, phone) => expect(normalizePhone(text)).toBe(phone));

  test.each(['', 'none', '12345', '+1234567890123456'])('%j is none', (text) => {
    expect(normalizePhone(text)).toBeUndefined();
  });
});

describe('the index of people', () => {
  const hashesOf = async (orderId: string): Promise<string[]> => {
    const query = house.store.db.selectFrom('person_hashes').select('hash').where('order_id', '=', orderId);
    return (await query.execute()).map((row) => row.hash).toSorted();
  };
  const hash = (kind: 'email' | 'phone', text: string) => hashPerson(house.store.keys, kind, text)!;

  test('knows the contact, and each e-mail address anywhere in the order or the document, once', async () => {
    const { id } = await givenOrder(house.store);
    const order = makeOrderJson({
      contact: { email: 'Pat@Example.com', phone: '(415) 555-0101' },
      notes: ['ask sam@example.org, or Pat@example.com.'],
    }) as unknown as Order;
    await indexPeople(house.store, id, order, 'PER*BD*Lee*EM*lee@example.net~PER*BD*Pat*EM*pat@example.com~');
    const expected = ['pat@example.com', 'sam@example.org', 'lee@example.net'].map((email) => hash('email', email));
    expect(await hashesOf(id)).toEqual([...expected, hash('phone', '+14155550101')].toSorted());
    await indexPeople(house.store, id, order);
    expect(await hashesOf(id)).toHaveLength(4);
  });

  test('knows who is in a document that could not be read as an order', async () => {
    const { id } = await givenOrder(house.store);
    await indexPeople(house.store, id, null, '{"contact":{"email":"pat@example.com"}');
    expect(await hashesOf(id)).toEqual([hash('email', 'pat@example.com')]);
  });

  test('is not kept busy by a document full of at signs', async () => {
    const { id } = await givenOrder(house.store);
    const began = performance.now();
    await indexPeople(house.store, id, null, 'a'.repeat(5_000_000) + '@'.repeat(5_000_000));
    expect(performance.now() - began).toBeLessThan(60_000);
  });

  test('tells nothing without the key', () => {
    const other = { ...house.store.keys, fingerprintKey: Buffer.alloc(32) };
    expect(hashPerson(other, 'email', 'pat@example.com')).not.toBe(hash('email', 'pat@example.com'));
    expect(hash('email', '14155550101@x')).not.toBe(hash('phone', '14155550101'));
  });
});
