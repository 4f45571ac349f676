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
appendFileSync(process.env.STARTS, Date.now() + '\\n');
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
  /** When the worker was started, in milliseconds since the epoch. */
  const startsOf = (name: string): number[] => readFileSync(join(folder, name), 'utf8').trim().split('\n').map(Number);
  const untilStarted = async (times: number): Promise<number[]> => {
    for (;;) {
      const starts = startsOf('worker');
      if (starts.length >= times) return starts;
      await pause(100);
    }
  };
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
    expect(startsOf('worker')).toHaveLength(1);
    writeFileSync(broken, '');
    const killedAt = Date.now();
    keeper.kill('worker');
    // After rests of 1, 2 and 4 seconds: a busy machine makes them longer, never shorter.
    const [, ...tries] = await untilStarted(4);
    const rests = tries.map((at, index) => at - (tries[index - 1] ?? killedAt));
    rests.forEach((rest, index) => expect(rest).toBeGreaterThan(900 * 2 ** index));
    rmSync(broken);
    const mended = (await untilStarted(5)).length;
    // Long enough to be ready, after which it counts as well again.
    await pause(1000);
    keeper.kill('worker');
    await untilStarted(mended + 1);
  } finally {
    await keeper.stopAll();
  }
}, 120_000);
