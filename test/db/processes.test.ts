import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { getSlice } from '../../db/documents.ts';
import { openKeyFile } from '../../db/keyring.ts';
import { findBrokenLink, listLog } from '../../db/log.ts';
import { migrate } from '../../db/migrate.ts';
import { getOrder } from '../../db/orders.ts';
import { closeStore, openStore, type Store } from '../../db/store.ts';
import { startChild } from '../support/child.ts';
import { createTestDatabase, onSqlite, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let url: string;
let keyFile: string;
let store: Store;
beforeAll(async () => {
  database = await createTestDatabase();
  url = database.url;
  keyFile = join(database.folder, 'master.json');
  store = openStore(url, openKeyFile(keyFile));
  await migrate(store);
});
afterAll(async () => {
  await closeStore(store);
  await database.drop();
});

describe('four processes that write at the same time', () => {
  const [writers, each] = [4, 200];
  const kept = (writers * each * 4) / 5;
  const reports: { blockedMs: number; longestMs: number }[] = [];
  const numbers: number[] = [];

  beforeAll(async () => {
    // One works through a backlog; the others come with one transaction after the other.
    const names = Array.from({ length: writers }, (_, i) => `writer-${String(i)}`);
    const children = names.map((name, i) =>
      startChild('db/programs/write.ts', url, keyFile, name, String(each), i === 0 ? '200' : '2'),
    );
    for (const printed of await Promise.all(children.map((child) => child.finish()))) {
      reports.push(JSON.parse(printed.pop()!));
      numbers.push(...printed.map(Number));
    }
  });

  test('all succeed, none waits long, and none stands still while it waits', () => {
    expect(numbers).toHaveLength(kept);
    for (const { blockedMs, longestMs } of reports) {
      expect(blockedMs).toBeLessThan(15_000);
      expect(longestMs).toBeLessThan(60_000);
    }
  });

  test('take control numbers without gaps and without doubles, though some are taken back', () => {
    expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: kept }, (_, i) => i + 1));
  });

  test('keep the chain of one audit trail whole', async () => {
    expect(await listLog(store, 'source:shared')).toHaveLength(kept);
    expect(await findBrokenLink(store, 'source:shared')).toBeUndefined();
  });
});

test('a process that is killed while it writes loses nothing that it had acknowledged', async () => {
  const acknowledged: string[] = [];
  for (let round = 0; round < 3; round += 1) {
    const child = startChild('db/programs/accept.ts', url, keyFile);
    let inRound = 0;
    for await (const orderId of child.lines) {
      acknowledged.push(orderId);
      if ((inRound += 1) === 30) child.kill();
    }
  }
  expect(acknowledged.length).toBeGreaterThanOrEqual(90);
  for (const orderId of acknowledged) {
    const { document_id: documentId } = await getOrder(store, orderId);
    expect(Buffer.from((await getSlice(store, orderId)).bytes).toString()).toBe(orderId);
    expect(await findBrokenLink(store, `order:${orderId}`)).toBeUndefined();
    expect(await findBrokenLink(store, `document:${documentId}`)).toBeUndefined();
  }
  if (!onSqlite) return;
  const { rows } = await sql<{ integrity_check: string }>`pragma integrity_check`.execute(store.db);
  expect(rows).toEqual([{ integrity_check: 'ok' }]);
});
