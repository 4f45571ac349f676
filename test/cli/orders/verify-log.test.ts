import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCredentials, seedDefaults } from '../../../cli/setup.ts';
import { writeAnchor } from '../../../db/anchors.ts';
import { openKeyFile } from '../../../db/keyring.ts';
import { migrate } from '../../../db/migrate.ts';
import { closeStore, openStore, type Store } from '../../../db/store.ts';
import { givenOrder } from '../../support/store.ts';
import { runCli } from '../run-cli.ts';

let folder: string;
let store: Store;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'verify-'));
  store = openStore(`file:${join(folder, 'order-staging.sqlite')}`, openKeyFile(join(folder, 'keys', 'master.json')));
  await migrate(store);
  await seedDefaults(store, openCredentials(join(folder, 'keys', 'credentials.json')));
});
afterAll(async () => {
  await closeStore(store);
  rmSync(folder, { recursive: true, force: true });
});

const verify = (...words: string[]) =>
  runCli('cli/orders.ts', ['verify-log', ...words], { VAR_DIR: folder, ORDER_STAGING_TOKEN: '' });
async function growAndAnchor(): Promise<void> {
  await givenOrder(store);
  await writeAnchor(store, join(folder, 'anchors'), new Date().toISOString());
}

test('an admin answers for anchors that are gone, by name and with a reason, and it is told for good', async () => {
  const reason = 'the disk of the anchors was lost on Sunday';
  await growAndAnchor();
  expect(await verify('--acknowledge', reason, '--as', 'ada')).toMatchObject({
    code: 2,
    stderr: 'no anchor is gone: there is nothing to acknowledge\n',
  });
  rmSync(join(folder, 'anchors'), { recursive: true });
  await growAndAnchor();
  expect(await verify()).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/^BROKEN: missing_anchor {2}anchor 1\n/),
  });
  expect(await verify('--acknowledge', reason)).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/--as PERSON/),
  });
  expect(await verify('--acknowledge', '', '--as', 'ada')).toMatchObject({
    code: 2,
    stderr: '--acknowledge is needed\n',
  });
  expect(await verify('--acknowledge', reason, '--as', 'ravi')).toMatchObject({
    code: 2,
    stderr: 'only an admin acknowledges what is gone\n',
  });
  expect((await verify()).code).toBe(1);

  const acknowledged =
    /acknowledged: anchor 1 is gone from the files; by ada at .*: the disk of the anchors was lost on Sunday; .* again from 2 on/;
  for (const answer of [await verify('--acknowledge', reason, '--as', 'ada'), await verify()]) {
    expect(answer.code).toBe(0);
    expect(answer.stdout).toMatch(/^whole, but for what was acknowledged: /);
    expect(answer.stdout).toMatch(acknowledged);
  }
  const { acknowledged: losses } = JSON.parse((await verify('--json')).stdout) as { acknowledged: unknown[] };
  expect(losses).toEqual([{ what: 'files', from: 1, to: 1, by: 'ada', at: expect.any(String), reason }]);
});

test('where more is broken nothing can be acknowledged', async () => {
  await growAndAnchor();
  rmSync(join(folder, 'anchors'), { recursive: true });
  await growAndAnchor();
  await store.db
    .updateTable('order_processing_log')
    .set({ actor: 'eve' })
    .where('subject', '=', 'source:desk')
    .execute();
  const refused = await verify('--acknowledge', 'nothing happened', '--as', 'ada');
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('cannot be acknowledged: ') });
  expect(refused.stderr).toContain('source:desk');
  expect((await verify()).code).toBe(1);
});
