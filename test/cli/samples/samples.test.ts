import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { DEFAULT_SOURCES } from '../../../cli/setup.ts';
import { POLLED, PUSHING } from '../../../cli/stack/channels.ts';
import { findToday, keepToday, readSample, readSamples } from '../../../cli/samples/samples.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'samples-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the samples', () => {
  const samples = readSamples();

  test('are all in the list, each under a source that exists', async () => {
    const found = await readdir('samples', { recursive: true });
    const documents = found.filter((name) => ['.json', '.xml', '.csv', '.edi'].includes(extname(name)) && name.includes('/'));
    expect([...new Set(samples.map(({ file }) => file))].toSorted()).toEqual(documents.toSorted());
    const sources = [...DEFAULT_SOURCES.map(({ id }) => id), PUSHING, POLLED];
    expect(new Set(samples.map(({ source }) => source))).toEqual(new Set(sources));
  });

  test('expect something of every document, and send again only what was sent before', () => {
    const sent = new Set<string>();
    for (const { file, orders, refused, again } of samples) {
      expect([file, Object.keys(orders).length + refused.length > 0]).toEqual([file, true]);
      expect([file, again]).toEqual([file, sent.has(file)]);
      sent.add(file);
    }
  });

  test('have no date that could grow old', () => {
    for (const { file } of samples) {
      const text = readSample(file, '2031-07-15').toString('utf8');
      const years = [...text.matchAll(/\b(20\d\d)-?(?:0[1-9]|1[0-2])-?(?:0[1-9]|[12]\d|3[01])\b/g)].map(([, year]) => year);
      expect([file, years.filter((year) => year !== '2031')]).toEqual([file, []]);
      expect(text).not.toContain('{{');
    }
  });

  test('are the same to the byte on a folder, however often they are sent', () => {
    const first = keepToday(folder);
    expect(first).toMatch(/^\d{4}-\d\d-\d\d$/);
    expect(keepToday(folder)).toBe(first);
    expect(findToday(folder)).toBe(first);
    expect(findToday(join(folder, 'another'))).toBeUndefined();
  });
});
