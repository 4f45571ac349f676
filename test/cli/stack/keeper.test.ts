import { afterAll, expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createKeeper } from '../../../cli/stack/keeper.ts';

const folder = mkdtempSync(join(tmpdir(), 'keeper-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Notes each start; is ready, unless it is broken: then it ends at once. */
const PROGRAM = `
import { appendFileSync, existsSync } from 'node:fs';
appendFileSync(process.env.STARTS, 'x');
if (existsSync(process.env.BROKEN)) process.exit(1);
process.send('ready');
process.once('disconnect', () => process.exit(0));
process.once('SIGTERM', () => process.exit(0));
`;

test('a program that cannot start is tried ever more slowly, and is kept again once it could', async () => {
  const file = join(folder, 'program.mjs');
  writeFileSync(file, PROGRAM);
  const broken = join(folder, 'broken');
  const programOf = (name: string) => ({ file, env: { STARTS: join(folder, name), BROKEN: broken } });
  const countStarts = () => readFileSync(join(folder, 'worker'), 'utf8').length;
  const quiet = { file, env: { STARTS: join(folder, 'others'), BROKEN: join(folder, 'never') } };
  const programs = {
    'back office': quiet,
    integration: quiet,
    worker: programOf('worker'),
    'batch worker': quiet,
    gateway: quiet,
  };
  const keeper = createKeeper(programs, folder, () => undefined);
  await keeper.startAll();
  try {
    expect(countStarts()).toBe(1);
    writeFileSync(broken, '');
    keeper.kill('worker');
    // After 1, 2 and 4 seconds: three tries in eight seconds, and not one each second.
    await pause(8000);
    expect(countStarts()).toBeGreaterThanOrEqual(3);
    expect(countStarts()).toBeLessThanOrEqual(4);
    rmSync(broken);
    await pause(9000);
    const mended = countStarts();
    keeper.kill('worker');
    await pause(2500);
    expect(countStarts()).toBe(mended + 1);
  } finally {
    await keeper.stopAll();
  }
}, 60_000);
