import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { acknowledge, type Loss } from '../../db/acknowledged.ts';
import { writeAnchor } from '../../db/anchors.ts';
import { appendLog } from '../../db/log.ts';
import { inTransaction } from '../../db/store.ts';
import { type BrokenPlace, findAcknowledgeable, verifyLog } from '../../db/verify-log.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

const AT = '2026-11-23T09:00:00.000Z';
const BY = { actor: 'ada', at: '2026-11-24T09:00:00.000Z', reason: 'the disk of the anchors was lost' };

let house: TestStore;
let folder: string;
let count = 0;
beforeEach(async () => {
  house = await openTestStore();
  folder = join(house.folder, 'anchors');
});
afterEach(() => house.close());

const grow = (subject: 'order:a' | 'order:b') =>
  inTransaction(house.store, (tx) =>
    appendLog(tx, subject, { stepKey: `step:${String((count += 1))}`, at: AT, actor: 'worker', action: 'test.grown' }),
  );
const anchor = () => writeAnchor(house.store, folder, AT);
const verify = () => verifyLog(house.store, folder);
const losses = async (): Promise<readonly Loss[]> => {
  const found = await findAcknowledgeable(house.store, folder);
  if ('why' in found) throw new Error(`broken: ${found.why}`);
  return found;
};
async function growAndAnchor(times: number): Promise<void> {
  for (let i = 0; i < times; i += 1) {
    await grow('order:a');
    await anchor();
  }
}

/** Takes the database back to where it was when three anchors were written: what came later is gone from every table. */
async function restoreBackup(change: () => Promise<void>): Promise<void> {
  const tables = ['order_processing_log', 'audit_anchors', 'audit_unanchored'] as const;
  const copies = await Promise.all(tables.map((table) => house.store.db.selectFrom(table).selectAll().execute()));
  await change();
  for (const [i, table] of tables.entries()) {
    await house.store.db.deleteFrom(table).execute();
    for (const row of copies[i]!) await house.store.db.insertInto(table).values(row).execute(); // prettier-ignore
  }
}

describe('anchors whose files are lost', () => {
  test('are broken until somebody answers for them by name, and told of for good', async () => {
    await growAndAnchor(3);
    rmSync(folder, { recursive: true });
    await growAndAnchor(2);
    expect((await verify()).broken).toEqual({ why: 'missing_anchor', subject: null, sequence: null, anchor: 1 });
    const found = await losses();
    expect(found).toEqual([{ what: 'files', from: 1, to: 3 }]);
    await acknowledge(house.store, found, BY);
    expect(await verify()).toMatchObject({
      broken: null,
      acknowledged: [{ what: 'files', from: 1, to: 3, by: 'ada', at: BY.at, reason: BY.reason }],
    });
    await growAndAnchor(2);
    expect(await verify()).toMatchObject({ broken: null, acknowledged: [{ to: 3 }] });
    expect(await losses()).toEqual([]);
  });

  test('once more are broken once more', async () => {
    await growAndAnchor(2);
    rmSync(folder, { recursive: true });
    await growAndAnchor(1);
    await acknowledge(house.store, await losses(), BY);
    await growAndAnchor(2);
    rmSync(folder, { recursive: true });
    await growAndAnchor(1);
    expect((await verify()).broken).toMatchObject({ why: 'missing_anchor', anchor: 3 });
    expect(await losses()).toEqual([{ what: 'files', from: 3, to: 5 }]);
  });

  test('and the acknowledgment removed, forged or changed: all of it is found', async () => {
    await growAndAnchor(2);
    rmSync(folder, { recursive: true });
    await growAndAnchor(1);
    await acknowledge(house.store, await losses(), BY);
    await anchor();
    const ofTrail = house.store.db.updateTable('order_processing_log').where('subject', '=', 'trail:anchors');
    await ofTrail.set({ actor: 'eve' }).execute();
    expect((await verify()).broken).toMatchObject({ why: 'changed_row', subject: 'trail:anchors' });
    await house.store.db.deleteFrom('order_processing_log').where('subject', '=', 'trail:anchors').execute();
    expect((await verify()).broken).toMatchObject({ why: 'missing_anchor', anchor: 1 });
  });
});

describe('a database that was restored from a backup', () => {
  test.each([1, 3])('%i anchors behind its files is whole again but for what is told of', async (behind) => {
    await growAndAnchor(3);
    await restoreBackup(() => growAndAnchor(behind));
    // What is written after the restoration takes the numbers of entries that are gone.
    await growAndAnchor(1);
    expect((await verify()).broken).toMatchObject({ why: 'missing_anchor', anchor: 4 });
    const found = await losses();
    expect(found).toEqual([{ what: 'rows', from: 4, to: 3 + behind }]);
    await acknowledge(house.store, found, { ...BY, reason: 'restored the backup of Monday' });
    await growAndAnchor(2);
    expect(await verify()).toMatchObject({ broken: null, acknowledged: [{ what: 'rows', from: 4, to: 3 + behind }] });
  });

  test('hides nothing else: entries that older or newer anchors know are still missed', async () => {
    await growAndAnchor(3);
    await restoreBackup(() => growAndAnchor(2));
    await acknowledge(house.store, await losses(), BY);
    await growAndAnchor(1);
    const log = house.store.db.deleteFrom('order_processing_log').where('subject', '=', 'order:a');
    await log.where('sequence', '=', 4).execute();
    expect((await verify()).broken).toMatchObject({ why: 'cut_tail', subject: 'order:a', sequence: 4 });
  });
});

test.each<[string, () => Promise<unknown>, Partial<BrokenPlace>]>([
  [
    'an entry was changed',
    () => house.store.db.updateTable('order_processing_log').set({ action: 'x' }).where('sequence', '=', 2).execute(),
    { why: 'changed_row', subject: 'order:a' },
  ],
  [
    'a history was cut',
    () => house.store.db.deleteFrom('order_processing_log').where('sequence', '=', 5).execute(),
    { why: 'cut_tail', subject: 'order:a' },
  ],
  [
    'a line of the files was changed',
    () => {
      const [file = ''] = readdirSync(folder);
      writeFileSync(join(folder, file), 'no anchor\n');
      return Promise.resolve();
    },
    { why: 'changed_anchor' },
  ],
])('beside lost files nothing can be acknowledged where %s', async (_what, tamper, place) => {
  await growAndAnchor(3);
  renameSync(folder, `${folder}.lost`);
  mkdirSync(folder);
  await growAndAnchor(2);
  await tamper();
  expect(await findAcknowledgeable(house.store, folder)).toMatchObject(place);
});
