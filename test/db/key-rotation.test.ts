import { copyFileSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { getSlice } from '../../db/documents.ts';
import { createKeyring, openKeyFile, openKeyring } from '../../db/keyring.ts';
import { retireKeys, rotateKeys } from '../../db/key-rotation.ts';
import { findBrokenLink, listLog } from '../../db/log.ts';
import { eraseKeys, Erased, getSealer, probeKeys } from '../../db/seal.ts';
import { closeStore, openStore, type Store } from '../../db/store.ts';
import { runCli } from '../cli/run-cli.ts';
import { startChild } from '../support/child.ts';
import { givenOrder, openTestStore, type TestStore } from '../support/store.ts';

let house: TestStore;
let keyFile: string;
/** Of a process that runs all the time. */
let store: Store;
beforeEach(async () => {
  house = await openTestStore();
  keyFile = join(house.folder, 'keys', 'master.json');
  store = { ...house.store, keys: openKeyFile(keyFile) };
});
afterEach(() => house.close());

const rotate = () => rotateKeys(store, { keyFile, actor: 'test' });
const retire = () => retireKeys(store, { keyFile, actor: 'test' }, 0);
const givenOrders = async (size: number): Promise<string[]> => {
  const ids: string[] = [];
  for (let i = 0; i < size; i += 1) ids.push((await givenOrder(store)).id);
  return ids;
};
const readFile = () => JSON.parse(readFileSync(keyFile, 'utf8')) as { current: string; keys: Record<string, string> };
const listUsed = async () => {
  const rows = await store.db.selectFrom('data_keys').select('wrapping_key_id').distinct().execute();
  return rows.map((row) => row.wrapping_key_id);
};
const isReadable = async (ids: readonly string[], by: Store = store) => {
  for (const id of ids) expect((await getSlice(by, id)).bytes.length).toBeGreaterThan(0);
};

describe('a rotation of the master key', () => {
  test('wraps every data key anew under a new key, and what was sealed can be read as before', async () => {
    const orders = await givenOrders(120);
    const rotation = await rotate();
    expect(rotation).toEqual({ current: readFile().current, resumed: false, rewrapped: 120 });
    expect(Object.keys(readFile().keys)).toEqual(expect.arrayContaining(['root', rotation.current]));
    expect(await listUsed()).toEqual([rotation.current]);
    await isReadable(orders);
    await isReadable(orders, { ...house.store, keys: openKeyFile(keyFile) });
  });

  test('of keys that are in no file is begun where they are kept: the command wraps the data keys anew, and begins none', async () => {
    const orders = await givenOrders(3);
    const root = store.keys.wrappingKeys.get('root')!.toString('base64');
    const text = { current: 'next', keys: { root, next: Buffer.alloc(32, 7).toString('base64') } };
    const changed = { ...store, keys: openKeyring({ keyFile: '', masterKeys: JSON.stringify(text) }) };
    const options = { keyFile: null, actor: 'test' };
    expect(await rotateKeys(changed, options)).toEqual({ current: 'next', resumed: true, rewrapped: 3 });
    expect(await listUsed()).toEqual(['next']);
    await isReadable(orders, changed);
    const before = await listLog(store, 'keys:master');
    await expect(rotateKeys(changed, options)).rejects.toThrow('change them where they are kept');
    await expect(retireKeys(changed, options, 0)).rejects.toThrow('change them where they are kept');
    expect(await listLog(store, 'keys:master')).toEqual(before);
    expect(Object.keys(readFile().keys)).toEqual(['root']);
  });

  test('is taken up by a process that runs: new data keys are under the new key', async () => {
    await rotate();
    await givenOrders(1);
    expect(await listUsed()).toEqual([readFile().current]);
    const { current } = await rotate();
    await givenOrders(1);
    expect(await listUsed()).toEqual([current]);
  });

  test('leaves the key file whole, as its owner had it, and nothing beside it', async () => {
    await rotate();
    expect(statSync(keyFile).mode & 0o777).toBe(0o600);
    expect(readdirSync(dirname(keyFile))).toEqual(['master.json']);
  });

  test('leaves the keys of the audit trail and of fingerprints, and stands in the audit trail', async () => {
    const { auditKey, fingerprintKey } = store.keys;
    const { current } = await rotate();
    await retire();
    expect(openKeyFile(keyFile)).toMatchObject({ auditKey, fingerprintKey });
    const log = await listLog(store, 'keys:master');
    expect(log.map(({ action, actor }) => [action, actor])).toEqual([
      ['keys.rotation_begun', 'test'],
      ['keys.rotation_finished', 'test'],
    ]);
    expect(log[0]!.detail_json).toBe(JSON.stringify({ current }));
    expect(await findBrokenLink(store, 'keys:master')).toBeUndefined();
  });

  test('does not bring back what was erased', async () => {
    const [id] = await givenOrders(1);
    await eraseKeys(store, [`order:${id!}`]);
    await rotate();
    await expect(getSealer(store, `order:${id!}`)).rejects.toThrow(Erased);
  });

  test('disturbs no process that takes orders', async () => {
    await givenOrders(200);
    const child = startChild('db/programs/accept.ts', house.url, keyFile);
    const taken: string[] = [];
    for await (const orderId of child.lines) {
      taken.push(orderId);
      if (taken.length % 20 === 0) await rotate();
      if (taken.length === 100) child.kill();
    }
    await rotate();
    await retire();
    expect(await listUsed()).toEqual([readFile().current]);
    expect(Object.keys(readFile().keys).toSorted()).toEqual([readFile().current, 'root'].toSorted());
    await isReadable(taken);
  });

  test('goes on where it was when it was killed in the middle', async () => {
    const orders = await givenOrders(500);
    const child = startChild('db/programs/rotate.ts', house.url, keyFile);
    for await (const line of child.lines) if (Number(line) >= 200) child.kill();
    const { current } = readFile();
    expect((await listUsed()).toSorted()).toEqual([current, 'root'].toSorted());
    await isReadable(orders);
    const rotation = await rotate();
    expect(rotation).toMatchObject({ current, resumed: true });
    expect(rotation.rewrapped).toBeLessThan(500);
    expect(await listUsed()).toEqual([current]);
    const actions = (await listLog(store, 'keys:master')).map(({ action }) => action);
    expect(actions).toEqual(['keys.rotation_begun', 'keys.rotation_finished']);
    await isReadable(orders);
  });
});

describe('retiring master keys', () => {
  test('removes those that wrap nothing, and never the root', async () => {
    const orders = await givenOrders(3);
    const { current: old } = await rotate();
    await givenOrders(1);
    const { current } = await rotate();
    expect(await retire()).toEqual({ retired: [old], inUse: [], tooEarly: false });
    expect(Object.keys(readFile().keys).toSorted()).toEqual([current, 'root'].toSorted());
    expect(await retire()).toEqual({ retired: [], inUse: [], tooEarly: false });
    await isReadable(orders);
  });

  test('leaves those that are needed still', async () => {
    const { current: old } = await rotate();
    await givenOrders(1);
    const file = readFile();
    writeFileSync(keyFile, JSON.stringify({ ...file, current: 'root' }));
    expect(await retire()).toMatchObject({ retired: [], inUse: [{ id: old, count: 1 }] });
    expect(Object.keys(readFile().keys)).toContain(old);
  });

  test('waits until no transaction can have begun before the rotation', async () => {
    await rotate();
    await givenOrders(1);
    await rotate();
    const waiting = await retireKeys(store, { keyFile, actor: 'test' });
    expect(waiting).toEqual({ retired: [], inUse: [], tooEarly: true });
    expect(Object.keys(readFile().keys)).toHaveLength(3);
  });
});

describe('a key file that is not the right one', () => {
  test('is refused with the name of the key that is missing', async () => {
    const [id] = await givenOrders(1);
    const before = readFileSync(keyFile, 'utf8');
    const { current } = await rotate();
    writeFileSync(keyFile, before);
    await expect(getSlice({ ...house.store, keys: openKeyFile(keyFile) }, id!)).rejects.toThrow(
      `no master key "${current}" in the key file`,
    );
    await expect(rotate()).rejects.toThrow(`no master key "${current}" in the key file`);
  });

  test('is refused with the name of the key that is another', async () => {
    await givenOrders(1);
    const other = { ...house.store, keys: createKeyring() };
    expect(await probeKeys(other)).toBe(false);
    expect(await probeKeys(store)).toBe(true);
    await expect(getSlice(other, (await givenOrder(store)).id)).rejects.toThrow(
      /master key "root" does not authenticate/,
    );
  });

  test('is refused by a process that runs when its root is another', async () => {
    copyFileSync(keyFile, `${keyFile}.before`);
    writeFileSync(keyFile, JSON.stringify({ current: 'root', keys: { root: Buffer.alloc(32, 9).toString('base64') } }));
    await expect(givenOrders(1)).rejects.toThrow('its "root" is another key than before');
    copyFileSync(`${keyFile}.before`, keyFile);
    await expect(givenOrders(1)).resolves.toHaveLength(1);
  });
});

describe('the commands', () => {
  const orders = (env: Record<string, string>, ...words: string[]) =>
    runCli('cli/orders.ts', words, { VAR_DIR: house.folder, DATABASE_URL: house.url, ...env });

  test('rotate, and verify the audit trail, from the command line', async () => {
    await givenOrders(2);
    const rotated = await orders({}, 'rotate-key', '--json');
    expect(rotated).toMatchObject({ code: 0 });
    expect(JSON.parse(rotated.stdout)).toEqual({ current: readFile().current, resumed: false, rewrapped: 2 });
    expect(await orders({}, 'rotate-key', '--retire')).toMatchObject({ code: 1 });
    const whole = await orders({}, 'verify-log');
    expect(whole).toMatchObject({ code: 0, stdout: expect.stringContaining('there is no anchor yet') });
    await store.db.deleteFrom('order_processing_log').where('subject', '=', 'keys:master').execute();
    const broken = await orders({}, 'verify-log', '--json');
    expect(broken.code).toBe(1);
    expect(JSON.parse(broken.stdout)).toMatchObject({ broken: { why: 'missing_subject', subject: 'keys:master' } });
  });

  test('take master keys from the environment, and say that they are changed there', async () => {
    await givenOrders(1);
    const MASTER_KEYS = readFileSync(keyFile, 'utf8');
    rmSync(keyFile);
    expect(await orders({ MASTER_KEYS }, 'verify-log')).toMatchObject({ code: 0 });
    const refused = await orders({ MASTER_KEYS }, 'rotate-key');
    expect(refused).toMatchObject({ stdout: '', stderr: expect.stringContaining('change them where they are kept') });
    expect(refused.code).not.toBe(0);
    expect(refused.stderr.trim().split('\n')).toHaveLength(1);
    expect(readdirSync(dirname(keyFile))).toEqual([]);
  });

  test('make neither a database nor a key file where there is none, and know a wrong one', async () => {
    await givenOrders(1);
    const elsewhere = join(house.folder, 'elsewhere.json');
    for (const verb of ['verify-log', 'rotate-key']) {
      expect(await orders({ KEY_FILE: elsewhere }, verb)).toMatchObject({ code: 2, stdout: '' });
      expect(await orders({ DATABASE_URL: `file:${house.folder}/none.sqlite` }, verb)).toMatchObject({ code: 2 });
    }
    openKeyFile(elsewhere);
    const wrong = await orders({ KEY_FILE: elsewhere }, 'verify-log');
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('is not that of this database') });
    expect(readdirSync(house.folder)).not.toContain('none.sqlite');
  });
});

test('a process that was started before a rotation and does nothing meanwhile reads what came after it', async () => {
  const idle = openStore(house.url, openKeyFile(keyFile));
  await rotate();
  await isReadable(await givenOrders(1), idle);
  await closeStore(idle);
});
