import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { createKeyring, fingerprint, openKeyFile, openKeyring } from '../../db/keyring.ts';

const folder = mkdtempSync(join(tmpdir(), 'keyring-'));
afterAll(() => rmSync(folder, { recursive: true }));

const base64 = (byte: number): string => Buffer.alloc(32, byte).toString('base64');

function writeKeys(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

describe('the key file', () => {
  test('is made where there is none, for its owner alone, and nothing else is left beside it', () => {
    const path = join(folder, 'made', 'master.json');
    const made = openKeyFile(path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(folder, 'made'))).toEqual(['master.json']);
    expect(openKeyFile(path)).toEqual(made);
  });

  test('is not replaced when it is there', () => {
    const path = writeKeys('kept.json', { current: 'root', keys: { root: base64(1) } });
    const before = readFileSync(path, 'utf8');
    openKeyFile(path);
    expect(readFileSync(path, 'utf8')).toBe(before);
  });

  test('may name another key as the one that new data keys get; audit and fingerprint keys stay those of the root', () => {
    const before = openKeyFile(writeKeys('one.json', { current: 'root', keys: { root: base64(1) } }));
    const after = openKeyFile(writeKeys('two.json', { current: '2027', keys: { root: base64(1), '2027': base64(2) } }));
    expect(after.currentId).toBe('2027');
    expect(after.wrappingKeys.size).toBe(2);
    expect(after.auditKey).toEqual(before.auditKey);
    expect(after.fingerprintKey).toEqual(before.fingerprintKey);
    expect(after.auditKey).not.toEqual(after.fingerprintKey);
  });

  test.each([
    ['is empty', '', /is not \{ "current"/],
    ['is no JSON', '{"current": "root", "keys": {"root": "s3cret', /is not \{ "current"/],
    ['is null', 'null', /is not \{ "current"/],
    ['has no keys', { current: 'root' }, /is not \{ "current"/],
    ['has no root', { current: 'a', keys: { a: base64(1) } }, /needs the keys "root" and "a"/],
    ['has not the key it names', { current: 'a', keys: { root: base64(1) } }, /needs the keys "root" and "a"/],
    ['has a short key', { current: 'root', keys: { root: 'AAAA' } }, /key "root" is not 32 bytes/],
    ['has a key that is no text', { current: 'root', keys: { root: 5 } }, /key "root" is not 32 bytes/],
  ])('that %s is refused with its path and without its content', (name, content, message) => {
    const path = writeKeys(`bad ${name}.json`, content);
    const open = () => openKeyFile(path);
    expect(open).toThrow(message);
    expect(open).toThrow(path);
    expect(open).not.toThrow(/s3cret/);
  });

  test('that cannot be read is not taken for one that is not there', () => {
    const path = join(folder, 'a-folder.json');
    rmSync(path, { force: true, recursive: true });
    const inside = join(path, 'x');
    writeKeys('a-folder.json', 'not a folder');
    chmodSync(path, 0o600);
    expect(() => openKeyFile(inside)).toThrow();
    expect(readFileSync(path, 'utf8')).toBe('not a folder');
  });
});

describe('a fingerprint', () => {
  const keys = createKeyring();

  test('finds an equal value again, and keeps kinds and keyrings apart', () => {
    expect(fingerprint(keys, 'content', 'a')).toBe(fingerprint(keys, 'content', Buffer.from('a')));
    expect(fingerprint(keys, 'content', 'a')).not.toBe(fingerprint(keys, 'idempotency_key', 'a'));
    expect(fingerprint(keys, 'content', 'a')).not.toBe(fingerprint(createKeyring(), 'content', 'a'));
  });
});

describe('keys that come as a text', () => {
  const content = { current: '2027', keys: { root: base64(1), '2027': base64(2) } };
  const open = (masterKeys: string | null) => openKeyring({ keyFile: writeKeys('beside.json', content), masterKeys });

  test('are those of a key file of the same content', () => {
    const { currentId, wrappingKeys, auditKey, fingerprintKey } = open(null);
    expect(open(JSON.stringify(content))).toEqual({ currentId, wrappingKeys, auditKey, fingerprintKey });
  });

  test('win over the file, which is not made then', () => {
    const keyFile = join(folder, 'never', 'master.json');
    const masterKeys = JSON.stringify({ current: 'root', keys: { root: base64(3) } });
    expect(openKeyring({ keyFile, masterKeys }).currentId).toBe('root');
    expect(readdirSync(folder)).not.toContain('never');
  });

  test('are refused in words that do not quote them', () => {
    expect(() => open('{"current": "root", "keys": {"root": "s3cret')).toThrow(/^MASTER_KEYS: is not \{ "current"/);
    expect(() => open('{"current": "root", "keys": {"root": "s3cret"}}')).toThrow(
      'MASTER_KEYS: key "root" is not 32 bytes in base64',
    );
  });
});
