import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import {
  getDocument,
  getSlice,
  listUnfinishedDocuments,
  listSlicePlaces,
  markRefused,
  readChunks,
  stageSlices,
} from '../../db/documents.ts';
import { listFindings } from '../../db/findings.ts';
import { acceptDocument, refuseDocument } from '../../db/intake.ts';
import { findBrokenLink, listLog } from '../../db/log.ts';
import { getOrder } from '../../db/orders.ts';
import { inTransaction } from '../../db/store.ts';
import type { Finding } from '../../orders/finding.ts';
import { makeArrival, openTestStore, type TestStore } from '../support/store.ts';

let house: TestStore;
beforeAll(async () => void (house = await openTestStore()));
afterAll(() => house.close());

const single = () => ({ orderId: uuidv7(), operatorId: null });
const countDocuments = async (): Promise<number> =>
  (await house.store.db.selectFrom('documents').select('id').execute()).length;
const masked: Finding = {
  code: 'CARD.MASKED', category: 'data_format', disposition: 'warn', path: '', message: 'masked', evidence: null, location: {},
}; // prettier-ignore

async function readAll(documentId: string): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of readChunks(house.store, documentId)) pieces.push(piece);
  return Buffer.concat(pieces);
}

describe('a document that is one order', () => {
  test('is there with its order, its findings and its history when it is accepted', async () => {
    const { store } = house;
    const arrival = makeArrival({ findings: [masked] });
    const { orderId } = single();
    const accepted = await acceptDocument(store, arrival, { orderId, operatorId: 'olivia' });
    expect(accepted).toEqual({ kind: 'accepted', documentId: arrival.documentId });

    expect(await getDocument(store, arrival.documentId)).toMatchObject({
      state: 'processed',
      order_count: 1,
      byte_length: arrival.bytes.length,
    });
    const { source, channel, documentId, at } = arrival;
    expect(await getOrder(store, orderId)).toMatchObject({
      document_id: documentId, source, channel, state: 'received', revision: 1, operator_id: 'olivia', received_at: at, terminal_at: null,
    }); // prettier-ignore
    const slice = await getSlice(store, orderId);
    expect({ ...slice, bytes: Buffer.from(slice.bytes) }).toEqual({
      bytes: arrival.bytes,
      format: 'json',
      locator: null,
      prefix: 0,
      spans: [],
      documentId,
    });
    expect(await listFindings(store, `order:${orderId}`, 1)).toEqual([masked]);
    expect((await listLog(store, `order:${orderId}`)).map((entry) => entry.action)).toEqual(['order.received']);
    expect(await findBrokenLink(store, `document:${documentId}`)).toBeUndefined();
  });

  test('waits for no split', async () => {
    const { documentId } = await acceptDocument(house.store, makeArrival(), single());
    const waiting = await listUnfinishedDocuments(house.store, {
      changedBefore: '2027-01-01T00:00:00.000Z',
      afterId: '',
      size: 1000,
    });
    expect(waiting.map((document) => document.id)).not.toContain(documentId);
  });
});

describe('the same again', () => {
  test('is answered with the first document: by its key, and by its content alone', async () => {
    const first = makeArrival({ idempotencyKey: 'key-1' });
    const again = { ...first, documentId: uuidv7(), at: '2026-11-24T09:00:00.000Z' };
    const same = { kind: 'same', documentId: first.documentId };
    await acceptDocument(house.store, first, single());
    const before = await countDocuments();
    expect(await acceptDocument(house.store, again, single())).toEqual(same);
    expect(await acceptDocument(house.store, { ...again, idempotencyKey: null }, single())).toEqual(same);
    expect(await acceptDocument(house.store, { ...again, idempotencyKey: 'key-1b' }, single())).toEqual(same);
    // The key that came with content known already is taken from now on, too.
    const other = makeArrival({ idempotencyKey: 'key-1b' });
    expect(await acceptDocument(house.store, other, single())).toEqual({
      kind: 'key_reused',
      documentId: first.documentId,
    });
    expect(await countDocuments()).toBe(before);
  });

  test('with another body under the same key is refused and not stored', async () => {
    const first = makeArrival({ idempotencyKey: 'key-2' });
    const other = makeArrival({ idempotencyKey: 'key-2' });
    await acceptDocument(house.store, first, single());
    const before = await countDocuments();
    expect(await acceptDocument(house.store, other, single())).toEqual({
      kind: 'key_reused',
      documentId: first.documentId,
    });
    // The body itself was never taken in: without the key it is new.
    expect(await acceptDocument(house.store, { ...other, idempotencyKey: null }, single())).toMatchObject({
      kind: 'accepted',
    });
    expect(await countDocuments()).toBe(before + 1);
  });

  test('is looked at anew if nothing of it could be staged: our own profile may have been wrong', async () => {
    const first = makeArrival({ format: 'x12', channel: 'edi' });
    await acceptDocument(house.store, first);
    await inTransaction(house.store, (tx) => markRefused(tx, first.documentId, [], first.at));
    const again = { ...first, documentId: uuidv7(), at: '2026-11-24T09:00:00.000Z' };
    const accepted = { kind: 'accepted', documentId: again.documentId };
    expect(await acceptDocument(house.store, again)).toEqual(accepted);
    expect(await acceptDocument(house.store, { ...again, documentId: uuidv7() })).toEqual({
      ...accepted,
      kind: 'same',
    });
  });

  test('from another source is another document', async () => {
    const first = makeArrival({ idempotencyKey: 'key-3' });
    await acceptDocument(house.store, first, single());
    const elsewhere = { ...first, documentId: uuidv7(), source: 'api-zapco' };
    expect(await acceptDocument(house.store, elsewhere, single())).toMatchObject({ kind: 'accepted' });
  });

  test('30 times at once makes one document and one order', async () => {
    const arrival = makeArrival({ idempotencyKey: 'key-4' });
    const before = await countDocuments();
    const all = await Promise.all(
      Array.from({ length: 30 }, () => acceptDocument(house.store, { ...arrival, documentId: uuidv7() }, single())),
    );
    expect(all.filter((one) => one.kind === 'accepted')).toHaveLength(1);
    expect(new Set(all.map((one) => one.documentId)).size).toBe(1);
    expect(await countDocuments()).toBe(before + 1);
    const orders = house.store.db.selectFrom('orders').select('id').where('document_id', '=', all[0]!.documentId);
    expect(await orders.execute()).toHaveLength(1);
  });
});

describe('a document with many orders', () => {
  test('of several megabytes reads back in pieces, byte by byte the same', async () => {
    const bytes = randomBytes(3 * (1 << 20) + 17);
    const { documentId } = await acceptDocument(house.store, makeArrival({ bytes, format: 'x12', channel: 'edi' }));
    expect((await readAll(documentId)).equals(bytes)).toBe(true);
    const pieces = await house.store.db
      .selectFrom('document_chunks')
      .select('sequence')
      .where('document_id', '=', documentId)
      .execute();
    expect(pieces).toHaveLength(4);
    expect(await getDocument(house.store, documentId)).toMatchObject({ state: 'received', order_count: 0 });
  });

  test('is found waiting for its split, in pages', async () => {
    const at = '2026-11-20T00:00:00.000Z';
    const kept: string[] = [];
    for (let i = 0; i < 5; i += 1) {
      kept.push((await acceptDocument(house.store, makeArrival({ at, format: 'x12', channel: 'edi' }))).documentId);
    }
    const found: string[] = [];
    for (let afterId = ''; ; afterId = found.at(-1)!) {
      const page = await listUnfinishedDocuments(house.store, {
        changedBefore: '2026-11-21T00:00:00.000Z',
        afterId,
        size: 2,
      });
      if (page.length === 0) break;
      found.push(...page.map((document) => document.id));
    }
    expect(found).toEqual(kept.sort());
  });

  test('writes a page of slices whole or not at all', async () => {
    const { store } = house;
    const { documentId } = await acceptDocument(store, makeArrival({ format: 'x12', channel: 'edi' }));
    const document = await getDocument(store, documentId);
    const slice = (position: number) => ({ orderId: uuidv7(), position, bytes: Buffer.from('ST~'), locator: null });
    await stageSlices(store, document, [slice(0), slice(1)], document.received_at);
    // Another run of the same split has been here.
    await expect(stageSlices(store, document, [slice(2), slice(1)], document.received_at)).rejects.toThrow(/UNIQUE/i);
    expect(await listSlicePlaces(store, documentId)).toHaveLength(2);
  });
});

describe('a refused document', () => {
  test('is kept with its bytes and what is wrong with it, and waits for nothing', async () => {
    const { store } = house;
    const finding: Finding = { ...masked, code: 'JSON.SYNTAX', disposition: 'reject', evidence: '{"a' };
    const arrival = makeArrival({
      bytes: Buffer.from('{"a'),
      findings: [finding],
      format: null,
      fileName: 'orders.json',
    });
    await refuseDocument(store, arrival);
    expect(await getDocument(store, arrival.documentId)).toMatchObject({ state: 'refused', format: null });
    expect((await readAll(arrival.documentId)).toString()).toBe('{"a');
    expect(await listFindings(store, `document:${arrival.documentId}`, 0)).toEqual([finding]);
    expect((await listLog(store, `document:${arrival.documentId}`)).map((entry) => entry.action)).toEqual([
      'document.refused',
    ]);
    const waiting = await listUnfinishedDocuments(store, {
      changedBefore: '2027-01-01T00:00:00.000Z',
      afterId: '',
      size: 1000,
    });
    expect(waiting.map((document) => document.id)).not.toContain(arrival.documentId);
    // Sent again and readable now, it is no repetition.
    expect(await acceptDocument(store, makeArrival({ bytes: arrival.bytes }), single())).toMatchObject({
      kind: 'accepted',
    });
  });
});
