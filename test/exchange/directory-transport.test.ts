import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createDirectoryTransport } from '../../exchange/directory-transport.ts';
import { FileRefused, type InboxFile } from '../../exchange/transport.ts';

const SOURCE = 'edi-northwind';
let directory: string;
let inbox: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'transport-'));
  inbox = join(directory, 'inbox', SOURCE);
  await mkdir(inbox, { recursive: true });
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const transport = (options = {}) => createDirectoryTransport({ directory, settleMs: 0, ...options });
const drop = (name: string, content = 'ISA') => writeFile(join(inbox, name), content);
const namesIn = async (area: string) => (await readdir(join(directory, area, SOURCE)).catch(() => [])).sort();

async function listOne(options = {}): Promise<InboxFile> {
  const [file] = await transport(options).list(SOURCE);
  if (!file) throw new Error('nothing is listed');
  return file;
}

async function readAll(file: InboxFile, options = {}): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of transport(options).read(file)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe('the inbox', () => {
  test('lists complete files, oldest first', async () => {
    await drop('b.edi');
    await drop('a.edi');
    await utimes(join(inbox, 'b.edi'), 1, 1);
    expect((await transport().list(SOURCE)).map(({ name }) => name)).toEqual(['b.edi', 'a.edi']);
  });

  test('is empty where nobody has made the folder', async () => {
    expect(await transport().list('edi-other')).toEqual([]);
  });

  test('leaves files alone that are still written, by name', async () => {
    for (const name of ['.hidden', 'x.edi.tmp', 'x.edi.part', 'x.edi.FILEPART']) await drop(name);
    expect(await transport().list(SOURCE)).toEqual([]);
  });

  test('leaves files alone that are still written, by growth', async () => {
    await drop('growing.edi');
    await drop('still.edi');
    const listing = transport({ settleMs: 200 }).list(SOURCE);
    await sleep(50);
    await drop('growing.edi', 'ISA and more');
    expect((await listing).map(({ name }) => name)).toEqual(['still.edi']);
  });

  test('does not follow links, whether they are there from the start or put in place later', async () => {
    const secret = join(directory, 'secret');
    await writeFile(secret, 'ISA');
    await symlink(secret, join(inbox, 'link.edi'));
    expect(await transport().list(SOURCE)).toEqual([]);
    await drop('real.edi');
    const file = await listOne();
    await rm(join(inbox, 'real.edi'));
    await symlink(secret, join(inbox, 'real.edi'));
    await expect(readAll(file)).rejects.toThrow(FileRefused);
  });

  test('does not list a folder that is a link', async () => {
    await rm(inbox, { recursive: true });
    await symlink(directory, inbox);
    await writeFile(join(directory, 'secret.edi'), 'ISA');
    expect(await transport().list(SOURCE)).toEqual([]);
  });

  test('reads a file of any size in pieces', async () => {
    const content = 'ISA*'.repeat(50_000);
    await drop('big.edi', content);
    expect(await readAll(await listOne())).toBe(content);
  });

  test('tells of a file that is too large, and does not read it', async () => {
    await drop('big.edi', 'x'.repeat(11));
    const file = await listOne({ maxFileBytes: 10 });
    expect(file).toMatchObject({ tooLarge: true, size: 11 });
    await expect(readAll(file, { maxFileBytes: 10 })).rejects.toThrow(FileRefused);
  });

  test('refuses a file that was changed after it was listed', async () => {
    await drop('a.edi', 'ISA and more');
    const file = await listOne();
    await truncate(join(inbox, 'a.edi'), 3);
    await expect(readAll(file)).rejects.toThrow(FileRefused);
  });

  test('loses a file once it is removed, and twice is as good as once', async () => {
    await drop('a.edi');
    const file = await listOne();
    await transport().remove(file);
    await transport().remove(file);
    expect(await namesIn('inbox')).toEqual([]);
  });

  test('keeps a newer file of the same name that came in the meantime', async () => {
    await drop('a.edi');
    const file = await listOne();
    await drop('a.edi', 'ISA, another');
    await transport().remove(file);
    await transport().reject(file, {});
    expect(await namesIn('inbox')).toEqual(['a.edi']);
  });
});

describe('rejecting', () => {
  test('sets the file aside with its report, and twice is as good as once', async () => {
    await drop('bad.edi', 'not X12');
    const file = await listOne();
    await transport().reject(file, { findings: [{ code: 'X12.DOCUMENT.NOT_X12' }] });
    await transport().reject(file, { findings: [] });
    expect(await namesIn('inbox')).toEqual([]);
    expect(await namesIn('rejected')).toEqual(['bad.edi', 'bad.edi.report.json']);
    const report = await readFile(join(directory, 'rejected', SOURCE, 'bad.edi.report.json'), 'utf8');
    expect(JSON.parse(report)).toEqual({ findings: [{ code: 'X12.DOCUMENT.NOT_X12' }] });
  });

  test.each(['a\\b;$(c) "d"\n.edi', 'x'.repeat(251) + '.edi', 'ü'.repeat(127)])(
    'sets aside what a partner calls %j',
    async (name) => {
      await drop(name, 'not X12');
      await transport().reject(await listOne(), { findings: [] });
      expect(await namesIn('inbox')).toEqual([]);
      expect(await namesIn('rejected')).toHaveLength(2);
    },
  );

  test('keeps an earlier file of the same name', async () => {
    for (const content of ['one', 'another']) {
      await drop('bad.edi', content);
      await transport().reject(await listOne(), { content });
    }
    expect(await namesIn('rejected')).toEqual(['2-bad.edi', '2-bad.edi.report.json', 'bad.edi', 'bad.edi.report.json']);
  });
});

describe('the outbox', () => {
  test('receives whole files only, and the same name replaces', async () => {
    await transport().deliver(SOURCE, '997-12.edi', Buffer.from('first'));
    await transport().deliver(SOURCE, '997-12.edi', Buffer.from('second'));
    expect(await namesIn('outbox')).toEqual(['997-12.edi']);
    expect(await readFile(join(directory, 'outbox', SOURCE, '997-12.edi'), 'utf8')).toBe('second');
  });

  test('leaves nothing behind when it fails', async () => {
    await mkdir(join(directory, 'outbox', SOURCE, 'taken.edi', 'inside'), { recursive: true });
    await expect(transport().deliver(SOURCE, 'taken.edi', Buffer.from('x'))).rejects.toThrow();
    expect(await namesIn('outbox')).toEqual(['taken.edi']);
  });
});

describe('names that lead elsewhere', () => {
  test.each(['a\\b.edi', 'x'.repeat(201)])('%j is nothing to send to a partner', async (name) => {
    await expect(transport().deliver(SOURCE, name, Buffer.from('x'))).rejects.toThrow(FileRefused);
  });

  test.each(['../x.edi', 'a/b.edi', '..', '.hidden', 'x.tmp', '', 'x\0.edi'])('%j is refused', async (name) => {
    await expect(transport().deliver(SOURCE, name, Buffer.from('x'))).rejects.toThrow(FileRefused);
    const file: InboxFile = { source: SOURCE, name, identity: '', size: 0, modifiedAt: '', tooLarge: false };
    await expect(readAll(file)).rejects.toThrow(FileRefused);
    await expect(transport().remove(file)).rejects.toThrow(FileRefused);
  });

  test.each(['..', '../rejected', 'a/b', '', 'Upper'])('the source %j is refused', async (source) => {
    await expect(transport().deliver(source, 'x.edi', Buffer.from('x'))).rejects.toThrow(FileRefused);
    await expect((async () => transport().list(source))()).rejects.toThrow(FileRefused);
  });
});
