import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openKeyFile } from '../../db/keyring.ts';
import { retireKeys, rotateKeys } from '../../db/key-rotation.ts';
import { listLog } from '../../db/log.ts';
import { countSecrets, putSecrets, readSecrets } from '../../db/source-secrets.ts';
import type { Store } from '../../db/store.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

let house: TestStore;
let keyFile: string;
let store: Store;
beforeEach(async () => {
  house = await openTestStore();
  keyFile = join(house.folder, 'keys', 'master.json');
  store = { ...house.store, keys: openKeyFile(keyFile) };
});
afterEach(() => house.close());

const by = (at = '2026-11-23T09:00:00.000Z') => ({ actor: 'ada', at });

describe('the secrets of a source', () => {
  test('are read as they were put, newest first, each purpose for itself', async () => {
    await putSecrets(store, 'shop', 'webhook', ['the new one', 'the old one'], by());
    await putSecrets(store, 'shop', 'poll', ['a key'], by());
    await putSecrets(store, 'other-shop', 'webhook', ['ours'], by());
    expect(await readSecrets(store, 'shop', 'webhook')).toEqual(['the new one', 'the old one']);
    expect(await readSecrets(store, 'shop', 'poll')).toEqual(['a key']);
    expect(await readSecrets(store, 'nobody', 'poll')).toEqual([]);
    expect(await countSecrets(store, 'shop')).toEqual({ webhook: 2, poll: 1, notify: 0, mail: 0 });
  });

  test('take the place of those of before, and none takes them away', async () => {
    await putSecrets(store, 'shop', 'webhook', ['one', 'two'], by());
    await putSecrets(store, 'shop', 'webhook', ['three'], by('2026-11-23T10:00:00.000Z'));
    expect(await readSecrets(store, 'shop', 'webhook')).toEqual(['three']);
    await putSecrets(store, 'shop', 'webhook', [], by('2026-11-23T11:00:00.000Z'));
    expect(await readSecrets(store, 'shop', 'webhook')).toEqual([]);
  });

  test('are at most two at a time', async () => {
    await expect(putSecrets(store, 'shop', 'webhook', ['one', 'two', 'three'], by())).rejects.toThrow('at most 2');
    expect(await countSecrets(store, 'shop')).toEqual({ webhook: 0, poll: 0, notify: 0, mail: 0 });
  });

  test('stand nowhere in plain, and who put them stands in the audit trail', async () => {
    await putSecrets(store, 'shop', 'webhook', ['plain-as-day-secret'], by());
    const rows = await store.db.selectFrom('source_secrets').selectAll().execute();
    const log = await listLog(store, 'source:shop');
    expect(Buffer.from(rows[0]!.secret_sealed).toString('latin1')).not.toContain('plain-as-day');
    expect(JSON.stringify(log)).not.toContain('plain-as-day');
    expect(log).toMatchObject([{ actor: 'ada', action: 'source.secrets_put' }]);
    expect(JSON.parse(log[0]!.detail_json)).toEqual({ purpose: 'webhook', secrets: 1 });
  });

  test('outlive a rotation of the master key, after which the key of before is not needed', async () => {
    await putSecrets(store, 'shop', 'webhook', ['kept'], by());
    await rotateKeys(store, { keyFile, actor: 'test' });
    await rotateKeys(store, { keyFile, actor: 'test' });
    const { retired } = await retireKeys(store, { keyFile, actor: 'test' }, 0);
    expect(retired).toHaveLength(1);
    expect(await readSecrets({ ...house.store, keys: openKeyFile(keyFile) }, 'shop', 'webhook')).toEqual(['kept']);
  });

  test('cannot be moved to another source or another place', async () => {
    await putSecrets(store, 'shop', 'webhook', ['one', 'two'], by());
    await putSecrets(store, 'thief', 'webhook', ['mine'], by());
    await store.db.updateTable('source_secrets').set({ purpose: 'poll' }).where('position', '=', 1).execute();
    await expect(readSecrets(store, 'shop', 'poll')).rejects.toThrow();
    await store.db.updateTable('source_secrets').set({ source: 'thief', position: 5 }).where('source', '=', 'shop').where('purpose', '=', 'webhook').execute(); // prettier-ignore
    await expect(readSecrets(store, 'thief', 'webhook')).rejects.toThrow();
  });
});
