import { v7 as uuidv7 } from 'uuid';
import { type Arrival, acceptDocument } from '../../db/intake.ts';
import { createKeyring } from '../../db/keyring.ts';
import { migrate } from '../../db/migrate.ts';
import { getOrder, type OrderRow } from '../../db/orders.ts';
import { closeStore, openStore, type Store } from '../../db/store.ts';
import { createTestDatabase } from './database.ts';

/** A database of its own for a test file, migrated and empty; close it afterwards. */
export interface TestStore {
  readonly store: Store;
  /** Folder of its own, on SQLite that of the database; removed on closing. */
  readonly folder: string;
  readonly url: string;
  close(): Promise<void>;
}

export async function openTestStore(keys = createKeyring()): Promise<TestStore> {
  const { url, folder, drop } = await createTestDatabase();
  const store = openStore(url, keys);
  await migrate(store);
  return {
    store,
    folder,
    url,
    close: async () => {
      await closeStore(store);
      await drop();
    },
  };
}

let count = 0;

/** A JSON document at the door; what a test is about is changed. */
export function makeArrival(changes: Partial<Arrival> = {}): Arrival {
  count += 1;
  return {
    documentId: uuidv7(),
    source: 'web-shop',
    channel: 'ecommerce',
    format: 'json',
    contentType: 'application/json',
    fileName: null,
    bytes: Buffer.from(`{"number":${String(count)}}`),
    receivedBy: 'web-shop',
    at: '2026-11-23T09:00:00.000Z',
    findings: [],
    idempotencyKey: null,
    ...changes,
  };
}

/** Puts an order through the door; `columns` are set on its row as the steps of its story would. */
export async function givenOrder(store: Store, columns: Partial<OrderRow> = {}): Promise<OrderRow> {
  const { source = 'web-shop', channel = 'ecommerce', received_at: at = '2026-11-23T09:00:00.000Z' } = columns;
  const orderId = columns.id ?? uuidv7();
  const arrival = makeArrival({ source, channel, at });
  await acceptDocument(store, arrival, { orderId, operatorId: null });
  if (Object.keys(columns).length > 0) {
    await store.db.updateTable('orders').set(columns).where('id', '=', orderId).execute();
  }
  return getOrder(store, orderId);
}
