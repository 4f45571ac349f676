import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { getSlice } from '../../db/documents.ts';
import { getFacts, putFacts } from '../../db/facts.ts';
import { listFindings, putFindings } from '../../db/findings.ts';
import { acceptDocument, insertOrder } from '../../db/intake.ts';
import { createKeyring, type Keyring } from '../../db/keyring.ts';
import { findDecision, insertDecision } from '../../db/decisions.ts';
import { openOutbox, listDueOutbox, putOnWay } from '../../db/outbox.ts';
import { getRevision, putRevision } from '../../db/orders.ts';
import { createSealer, Erased, getSealer } from '../../db/seal.ts';
import { getStaged, putStaged } from '../../db/staged.ts';
import type { Facts } from '../../orders/facts.ts';
import type { Finding } from '../../orders/finding.ts';
import type { Order } from '../../orders/order.ts';
import { makeOrderJson } from '../support/order-factory.ts';
import { testOfSqlite } from '../support/sqlite-only.ts';
import { givenOrder, makeArrival, openTestStore, type TestStore } from '../support/store.ts';

const AT = '2026-11-23T09:00:00.000Z';
const PERSON = {
  name: 'Wilhelmina Quackenbush',
  email: 'mina.quackenbush@example.org',
  street: '77 Nightingale Alley',
};

let house: TestStore;
beforeAll(async () => void (house = await openTestStore()));
afterAll(() => house.close());

/** An order full of personal data, in every table that holds content. */
async function givenFullOrder(): Promise<string> {
  const { store } = house;
  const orderId = uuidv7();
  const content = makeOrderJson({
    contact: { name: PERSON.name, email: PERSON.email },
    shipTo: { name: PERSON.name, lines: [PERSON.street], city: 'Utrecht', postalCode: '3511', country: 'NL' },
  });
  const order = { ...content, type: 'new' } as unknown as Order;
  const arrival = makeArrival({
    bytes: Buffer.from(JSON.stringify(content)),
    fileName: `${PERSON.name}.json`,
    idempotencyKey: `${PERSON.email} ${orderId}`,
  });
  const finding: Finding = {
    code: 'ADDRESS.UNKNOWN', category: 'business_rule', disposition: 'hold', path: '/shipTo', message: 'unknown address',
    evidence: PERSON.street, location: { pointer: '/shipTo' },
  }; // prettier-ignore
  const ref = { orderId, revision: 1 };
  const decision = {
    id: uuidv7(),
    orderId,
    revision: 1,
    reviewId: uuidv7(),
    actor: 'ravi',
    roles: ['reviewer'],
  } as const;
  await acceptDocument(store, arrival, { orderId, operatorId: null });
  await putRevision(store, ref, order, { origin: 'parsed', actor: 'worker', at: AT });
  await putFacts(store, ref, { asOf: AT, addresses: [PERSON.street] } as unknown as Facts, 1);
  await putFindings(store, { subject: `order:${orderId}`, revision: 1, step: 'validate', at: AT }, [finding]);
  await putStaged(store, ref, order, AT);
  const changes = [{ path: '/contact/name', value: PERSON.name }];
  await insertDecision(store, { ...decision, action: 'correct', reason: `called ${PERSON.name}`, changes }, AT);
  const notice = {
    subject: `order:${orderId}`,
    source: 'web-shop',
    kind: 'order.rejected',
    stepKey: 'closed:1',
  } as const;
  const outgoing = { ...notice, content: JSON.stringify({ to: PERSON.email }) };
  await putOnWay(store, outgoing, { channel: 'file', destination: null }, AT);
  return orderId;
}

describe('sealed content', () => {
  test('comes back as it was', async () => {
    const sealer = await createSealer(house.store, 'order:round-trip', AT);
    const again = await getSealer(house.store, 'order:round-trip');
    expect(again.open('raw', sealer.seal('raw', 'Zoë')).toString()).toBe('Zoë');
    expect(again.openJson('revision 1', sealer.sealJson('revision 1', { a: [1, null] }))).toEqual({ a: [1, null] });
    expect(again.open('raw', sealer.seal('raw', Buffer.alloc(0)))).toHaveLength(0);
  });

  test('is sealed anew each time, so that equal content does not look equal', async () => {
    const sealer = await createSealer(house.store, 'order:twice', AT);
    expect(sealer.seal('raw', 'same')).not.toEqual(sealer.seal('raw', 'same'));
  });

  test('does not open at another place, for another subject, changed or cut', async () => {
    const sealer = await createSealer(house.store, 'order:one', AT);
    const other = await createSealer(house.store, 'order:other', AT);
    const sealed = sealer.seal('revision 1', 'content');
    const flipped = Buffer.from(sealed);
    flipped[20]! ^= 1;
    expect(() => sealer.open('revision 2', sealed)).toThrow();
    expect(() => other.open('revision 1', sealed)).toThrow();
    expect(() => sealer.open('revision 1', flipped)).toThrow();
    expect(() => sealer.open('revision 1', sealed.subarray(0, sealed.length - 1))).toThrow();
    expect(() => sealer.open('revision 1', sealed.subarray(0, 20))).toThrow('cut short');
  });

  test('that was moved to another row of the database does not open there', async () => {
    const [one, other] = [await givenFullOrder(), await givenFullOrder()];
    const { db } = house.store;
    const raw = db.selectFrom('order_staging_raw').select('content_sealed').where('order_id', '=', one);
    await db.updateTable('order_staging_raw').set({ content_sealed: raw }).where('order_id', '=', other).execute();
    await expect(getSlice(house.store, other)).rejects.toThrow(/authenticate/);
    // Into the same order's next revision, from the first.
    const first = await db
      .selectFrom('order_revisions')
      .selectAll()
      .where('order_id', '=', one)
      .executeTakeFirstOrThrow();
    await db
      .insertInto('order_revisions')
      .values({ ...first, revision: 2 })
      .execute();
    await expect(getRevision(house.store, { orderId: one, revision: 2 })).rejects.toThrow(/authenticate/);
  });

  test('stays shut without the master key, and with another one under the same name', async () => {
    const orderId = await givenFullOrder();
    const withKeys = (wrappingKeys: Keyring['wrappingKeys']) => ({
      ...house.store,
      keys: { ...house.store.keys, wrappingKeys },
    });
    await expect(getSlice(withKeys(new Map()), orderId)).rejects.toThrow('no master key "root" in the key file');
    await expect(getSlice(withKeys(createKeyring().wrappingKeys), orderId)).rejects.toThrow(/authenticate/);
  });

  test('opens after the master key was replaced, as long as the old one is kept', async () => {
    const old = await givenFullOrder();
    const wrappingKeys = new Map([...house.store.keys.wrappingKeys, ['2027', Buffer.alloc(32, 7)]]);
    const store = { ...house.store, keys: { ...house.store.keys, wrappingKeys, currentId: '2027' } };
    const { id } = await givenOrder(store);
    const key = store.db.selectFrom('data_keys').select('wrapping_key_id');
    expect(await key.where('subject', '=', `order:${id}`).executeTakeFirst()).toEqual({ wrapping_key_id: '2027' });
    await expect(getSlice(store, id)).resolves.toBeDefined();
    await expect(getSlice(store, old)).resolves.toBeDefined();
  });
});

describe('an order whose data key was deleted', () => {
  test('is erased: nothing of it opens, and nothing can be added to it', async () => {
    const { store } = house;
    const orderId = await givenFullOrder();
    const ref = { orderId, revision: 1 };
    const subject = `order:${orderId}` as const;
    const decision = await store.db
      .selectFrom('decisions')
      .select('id')
      .where('order_id', '=', orderId)
      .executeTakeFirstOrThrow();
    const outbox = (await listDueOutbox(store, AT, 100)).find((row) => row.subject === subject)!;
    const readings = [
      () => getSlice(store, orderId),
      () => getRevision(store, ref),
      () => getFacts(store, ref),
      () => getStaged(store, ref),
      () => listFindings(store, subject, 1),
      () => findDecision(store, decision.id),
      () => openOutbox(store, outbox),
    ];
    for (const read of readings) await expect(read()).resolves.toBeDefined();
    const order = await getRevision(store, ref);
    const facts = await getFacts(store, ref);
    const findings = await listFindings(store, subject, 1);

    await store.db.deleteFrom('data_keys').where('subject', '=', subject).execute();

    for (const read of readings) await expect(read()).rejects.toThrow(Erased);
    const outgoing = {
      subject,
      source: 'web-shop',
      kind: 'order.closed',
      stepKey: 'late',
      content: '{}',
    };
    const late = {
      id: uuidv7(),
      orderId,
      revision: 1,
      reviewId: null,
      action: 'cancel',
      actor: 'ravi',
      roles: [],
      reason: 'late',
      changes: [],
    } as const;
    const writings = [
      () => putRevision(store, { orderId, revision: 2 }, order, { origin: 'corrected', actor: 'ravi', at: AT }),
      () => putFacts(store, ref, facts, 1),
      () => putFindings(store, { subject, revision: 1, step: 'submit', at: AT }, findings),
      () => putStaged(store, { orderId, revision: 2 }, order, AT),
      () => putOnWay(store, outgoing, { channel: 'read', destination: null }, AT),
      () => insertDecision(store, late, AT),
    ];
    for (const write of writings) await expect(write()).rejects.toThrow(Erased);
    for (const read of readings) await expect(read()).rejects.toThrow(Erased);
  });

  test('leaves its neighbour from the same document readable', async () => {
    const { store } = house;
    const { documentId } = await acceptDocument(store, makeArrival({ format: 'x12' }));
    const origin = {
      documentId,
      source: 'web-shop',
      channel: 'edi',
      format: 'x12',
      at: AT,
      receivedBy: 'worker',
      operatorId: null,
    } as const;
    const [one, other] = [uuidv7(), uuidv7()];
    await insertOrder(store, origin, {
      orderId: one,
      position: 0,
      bytes: Buffer.from('ST*850*1~'),
      locator: { offset: 5 },
    });
    await insertOrder(store, origin, { orderId: other, position: 1, bytes: Buffer.from('ST*850*2~'), locator: null });
    await store.db.deleteFrom('data_keys').where('subject', '=', `order:${one}`).execute();
    await expect(getSlice(store, one)).rejects.toThrow(Erased);
    expect(Buffer.from((await getSlice(store, other)).bytes).toString()).toBe('ST*850*2~');
  });
});

testOfSqlite('reads its files', 'the database and its log on disk hold no personal data of an order', async () => {
  const orderId = await givenFullOrder();
  const files = readdirSync(house.folder).map((name) => readFileSync(join(house.folder, name)));
  const bytes = Buffer.concat(files);
  // What is to be found is found: the search itself works, also in the write-ahead log.
  expect(bytes.includes(orderId)).toBe(true);
  for (const secret of [...Object.values(PERSON), 'Utrecht', 'Quackenbush']) expect(bytes.includes(secret)).toBe(false);
});
