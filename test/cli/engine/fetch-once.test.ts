import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Way } from '../../../cli/engine/fetch-once.ts';
import { fetchOnce } from '../../../cli/engine/fetch-once.ts';
import { tryLock } from '../../../cli/engine/file-lock.ts';

describe('fetching a program once', () => {
  let directory: string;
  let program: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'order-staging-fetch-'));
    program = join(directory, 'tool-1.0', 'tool');
  });

  afterEach(() => rm(directory, { recursive: true, force: true }));

  const works: Way = {
    name: 'a way that works',
    make: (folder, name) => writeFile(join(folder, name), 'made', { mode: 0o755 }),
  };
  const fails: Way = {
    name: 'a way that fails',
    make: async (folder, name) => {
      await writeFile(join(folder, name), 'half', { mode: 0o755 });
      throw new Error('the line broke');
    },
  };
  const ignore = (): void => {};

  test('takes the first way that works', async () => {
    expect(await fetchOnce(program, [fails, works], ignore)).toBe('a way that works');
    expect(await readFile(program, 'utf8')).toBe('made');
  });

  test('leaves nothing half-made behind where no way works, and names them all', async () => {
    const fetching = fetchOnce(program, [fails, { ...fails, name: 'another way' }], ignore);
    await expect(fetching).rejects.toThrow('a way that fails: the line broke\nanother way: the line broke');
    expect(await readdir(directory)).toEqual(['tool-1.0.lock']);
  });

  test('of two that ask at once one fetches and the other waits for it', async () => {
    let made = 0;
    const slow: Way = {
      ...works,
      make: async (folder, name) => {
        made += 1;
        await sleep(300);
        await works.make(folder, name);
      },
    };
    const lines: string[] = [];
    const log = (line: string) => lines.push(line);
    const ways = await Promise.all([fetchOnce(program, [slow], log), fetchOnce(program, [slow], log)]);
    expect(made).toBe(1);
    expect(ways.sort()).toEqual(['a way that works', 'fetched by another process']);
    expect(lines).toEqual(['waiting for another process that fetches tool']);
  });

  test('a lock is free again when the process that held it is killed', async () => {
    const lock = join(directory, 'some.lock');
    const source = new URL('../../../cli/engine/file-lock.ts', import.meta.url).href;
    const code = `const { tryLock } = await import('${source}'); tryLock('${lock}'); console.log('held'); setInterval(() => {}, 1000);`;
    const holder = spawn(process.execPath, ['--input-type=module', '--eval', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    await once(holder.stdout, 'data');
    expect(tryLock(lock)).toBeUndefined();

    holder.kill('SIGKILL');
    await once(holder, 'exit');
    const release = tryLock(lock);
    expect(release).toBeDefined();
    release?.();
  });
});
