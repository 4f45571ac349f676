import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { acceptDocument, refuseDocument } from '../../db/intake.ts';
import { findDocument } from '../../db/documents.ts';
import { findBrokenLink, listLog } from '../../db/log.ts';
import { getOrder, type OrderRow } from '../../db/orders.ts';
import { claimPurchaseOrder } from '../../db/duplicates.ts';
import { beginHandoff } from '../../db/handoffs.ts';
import { openReview } from '../../db/reviews.ts';
import { listExpiring, removeExpired, type RetentionPolicy } from '../../db/retention.ts';
import { getSlice } from '../../db/documents.ts';
import { Erased } from '../../db/seal.ts';
import { findEverywhere } from '../support/everywhere.ts';
import { wipeDeleted } from '../../db/wipe.ts';
import { givenOrder, makeArrival, openTestStore, type TestStore } from '../support/store.ts';

const NOW = new Date('2026-11-23T09:00:00.000Z');
const daysAgo = (days: number): string => new Date(NOW.getTime() - days * 86_400_000).toISOString();
const POLICY: RetentionPolicy = { days: 90, daysByState: { rejected: 30 } };

let house: TestStore;
beforeAll(async () => void (house = await openTestStore()));
afterAll(() => house.close());
afterEach(async () => {
  await house.store.db.updateTable('orders').set({ expired_at: NOW.toISOString() }).execute();
});

const over = (state: OrderRow['state'], days: number) =>
  givenOrder(house.store, { state, terminal_at: daysAgo(days), received_at: daysAgo(days) });

/** Runs the retention to its end. */
async function expireAll(size = 100): Promise<{ orders: number; documents: number; batches: number }> {
  const sum = { orders: 0, documents: 0, batches: 0 };
  for (;;) {
    const removed = await removeExpired(house.store, POLICY, NOW, size);
    if (removed.orders + removed.documents === 0) return sum;
    sum.orders += removed.orders;
    sum.documents += removed.documents;
    sum.batches += 1;
  }
}

describe('the retention', () => {
  test('takes what is past its time in its state, never what is not over, and tells before', async () => {
    const gone = [
      await over('completed', 91),
      await over('rejected', 31),
      await over('staged', 91),
      await over('cancelled', 400),
    ];
    const kept = [
      await over('completed', 89),
      await over('rejected', 29),
      await givenOrder(house.store, { state: 'held', received_at: daysAgo(999), changed_at: daysAgo(999) }),
      await givenOrder(house.store, { state: 'staged', received_at: daysAgo(999), changed_at: daysAgo(999) }),
    ];
    const reviewed = await over('rejected', 999);
    await openReview(house.store, reviewed, daysAgo(999), 1);
    kept.push(reviewed);

    const told = await listExpiring(house.store, POLICY, NOW);
    expect(told).toEqual([
      { state: 'completed', days: 90, count: 1, oldest: daysAgo(91) },
      { state: 'rejected', days: 30, count: 1, oldest: daysAgo(31) },
      { state: 'cancelled', days: 90, count: 1, oldest: daysAgo(400) },
      { state: 'applied', days: 90, count: 0, oldest: null },
      { state: 'staged', days: 90, count: 1, oldest: daysAgo(91) },
      { state: 'refused', days: 90, count: 0, oldest: null },
    ]);
    expect(await expireAll()).toMatchObject({ orders: 4, documents: 4 });
    for (const { id } of gone) await expect(getSlice(house.store, id)).rejects.toThrow(Erased);
    for (const { id } of kept) await expect(getSlice(house.store, id)).resolves.toBeDefined();
  });

  test('leaves the row, the hand-off, the fingerprints and an unbroken audit trail', async () => {
    const arrival = makeArrival({
      bytes: Buffer.from('{"poNumber":"PO-LATE"}'),
      idempotencyKey: 'late-1',
      at: daysAgo(100),
    });
    const { id } = await over('completed', 91);
    const orderId = '01900000-0000-7000-8000-00000000feed';
    await acceptDocument(house.store, arrival, { orderId, operatorId: null });
    await house.store.db
      .updateTable('orders')
      .set({
        state: 'completed',
        terminal_at: daysAgo(91),
        production_order_id: 'P-7',
        customer_id: 'C-1',
        po_number: 'PO-LATE',
      })
      .where('id', '=', orderId)
      .execute();
    await beginHandoff(house.store, { orderId, revision: 1 }, daysAgo(91));
    await claimPurchaseOrder(house.store, await getOrder(house.store, orderId), daysAgo(91));
    const key = await house.store.db
      .selectFrom('data_keys')
      .selectAll()
      .where('subject', '=', `order:${orderId}`)
      .executeTakeFirstOrThrow();

    await expireAll();
    await wipeDeleted(house.store);
    expect(findEverywhere(house.folder, [key.wrapped_key])).toEqual([]);
    expect(await getOrder(house.store, orderId)).toMatchObject({
      production_order_id: 'P-7',
      expired_at: NOW.toISOString(),
    });
    expect(
      await house.store.db.selectFrom('handoffs').select('revision').where('order_id', '=', orderId).execute(),
    ).toHaveLength(1);
    expect((await listLog(house.store, `order:${orderId}`)).at(-1)).toMatchObject({
      action: 'order.expired',
      actor: 'retention',
      detail_json: '{"state":"completed","days":90}',
    });
    expect(await findBrokenLink(house.store, `order:${orderId}`)).toBeUndefined();
    const raw = await house.store.db
      .selectFrom('order_staging_raw')
      .selectAll()
      .where('order_id', '=', orderId)
      .executeTakeFirstOrThrow();
    expect(raw.content_sealed).toHaveLength(0);

    // Sent again by content and by key, it is known; its number is still taken.
    const again = { ...arrival, documentId: '01900000-0000-7000-8000-0000000000a0' };
    for (const idempotencyKey of ['late-1', null]) {
      const accepted = await acceptDocument(
        house.store,
        { ...again, idempotencyKey },
        { orderId: `${orderId}-2`, operatorId: null },
      );
      expect(accepted).toEqual({ kind: 'same', documentId: arrival.documentId });
    }
    const next = await givenOrder(house.store, { customer_id: 'C-1', po_number: 'PO-LATE' });
    expect(await claimPurchaseOrder(house.store, next, NOW.toISOString())).toBe(orderId);
    expect(id).not.toBe(orderId);
  });

  test('goes in batches, and on where it was interrupted', async () => {
    for (let count = 0; count < 25; count += 1) await over('completed', 100 + count);
    expect(await removeExpired(house.store, POLICY, NOW, 10)).toMatchObject({ orders: 10 });
    expect(await expireAll(10)).toMatchObject({ orders: 15, batches: 2 });
    expect(await expireAll(10)).toMatchObject({ orders: 0, batches: 0 });
  });

  test('takes documents that could not be read', async () => {
    const old = makeArrival({ bytes: Buffer.from('{'), at: daysAgo(91), format: null });
    const young = makeArrival({ bytes: Buffer.from('{{'), at: daysAgo(89), format: null });
    for (const arrival of [old, young]) await refuseDocument(house.store, arrival);
    expect(await expireAll()).toMatchObject({ orders: 0, documents: 1 });
    expect(await findDocument(house.store, old.documentId)).toMatchObject({
      state: 'refused',
      erased_at: NOW.toISOString(),
    });
    expect(await findDocument(house.store, young.documentId)).toMatchObject({ erased_at: null });
    const chunks = house.store.db.selectFrom('document_chunks').select('document_id');
    expect(await chunks.where('document_id', 'in', [old.documentId, young.documentId]).execute()).toEqual([
      { document_id: young.documentId },
    ]);
  });
});
