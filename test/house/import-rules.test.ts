import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const PROJECT = resolve(import.meta.dirname, '../..');

/** A small house in which every file but the ones under test is innocent. */
const HOUSE = [
  'orders/order.ts',
  'workflows/order-workflow.ts',
  'workflows/contract.ts',
  'activities/reserve.ts',
  'backoffice/port.ts',
  'backoffice/reference/store.ts',
  'exchange/outbox.ts',
  'exchange/signatures.ts',
  'exchange/reference/server.ts',
  'db/orders.ts',
  'api/app.ts',
  'web/page.ts',
  'workers/main.ts',
  'cli/demo.ts',
  'bench/main.ts',
  'test/factory.ts',
  'config.ts',
  'log.ts',
];

const type = (path: string): string => `import type { x } from '${path}';\nexport type Y = typeof x;`;
const value = (path: string): string => `import { x } from '${path}';\nexport const y = x;`;

/** Folder, what it says, the rule that refuses it; or null: nothing refuses it. */
const CASES: readonly (readonly [folder: string, code: string, rule: string | null])[] = [
  ['orders', value('zod'), null],
  ['orders', value('decimal.js'), null],
  ['orders', value('../db/orders.ts'), 'orders-house'],
  ['orders', type('../db/orders.ts'), 'orders-house'],
  ['orders', value('../config.ts'), 'orders-house'],
  ['orders', value('kysely'), 'orders-npm'],
  ['orders', value('uuid'), 'orders-npm'],
  ['orders', value('node:fs'), 'orders-node'],
  ['orders', value('node:crypto'), 'orders-node'],

  ['workflows', value('@temporalio/workflow'), null],
  ['workflows', value('@temporalio/common'), null],
  ['workflows', type('../orders/order.ts'), null],
  ['workflows', type('../activities/reserve.ts'), null],
  ['workflows', value('../orders/order.ts'), 'workflows-types-only'],
  ['workflows', value('../activities/reserve.ts'), 'workflows-types-only'],
  ['workflows', `export { x } from '../orders/order.ts';`, 'workflows-types-only'],
  ['workflows', `export const y = await import('../orders/order.ts');`, 'workflows-types-only'],
  ['workflows', type('../db/orders.ts'), 'workflows-house'],
  ['workflows', value('zod'), 'workflows-npm'],
  ['workflows', type('zod'), 'workflows-npm'],
  ['workflows', value('kysely'), 'workflows-npm'],
  ['workflows', value('@temporalio/client'), 'workflows-npm'],
  ['workflows', value('node:crypto'), 'workflows-node'],

  ['activities', value('../orders/order.ts'), null],
  ['activities', value('../db/orders.ts'), null],
  ['activities', value('../backoffice/port.ts'), null],
  ['activities', value('../exchange/outbox.ts'), null],
  ['activities', value('@temporalio/activity'), null],
  ['activities', value('../backoffice/reference/store.ts'), 'activities-house'],
  ['activities', value('../api/app.ts'), 'activities-house'],
  ['activities', value('@temporalio/client'), 'activities-npm'],
  ['activities', value('kysely'), 'activities-npm'],

  ['backoffice', type('../orders/order.ts'), null],
  ['backoffice', value('../orders/order.ts'), 'backoffice-types-only'],
  ['backoffice', value('./reference/store.ts'), 'backoffice-house'],
  ['backoffice', value('../db/orders.ts'), 'backoffice-house'],
  ['backoffice', value('express'), 'backoffice-npm'],
  ['backoffice/reference', value('express'), null],
  ['backoffice/reference', type('../port.ts'), 'backoffice-reference-house'],
  ['backoffice/reference', type('../../orders/order.ts'), 'backoffice-reference-house'],

  ['exchange', type('../orders/order.ts'), null],
  ['exchange', value('../orders/order.ts'), 'exchange-types-only'],
  ['exchange', value('../backoffice/port.ts'), 'exchange-house'],
  ['exchange', value('kysely'), 'exchange-npm'],
  ['exchange', value('./reference/server.ts'), 'exchange-house'],
  ['exchange/reference', value('zod'), null],
  ['exchange/reference', value('../outbox.ts'), 'exchange-reference-house'],
  ['activities', value('../exchange/reference/server.ts'), 'activities-house'],

  ['db', type('../orders/order.ts'), null],
  ['db', value('kysely'), null],
  ['db', value('node:sqlite'), null],
  ['db', value('../orders/order.ts'), 'db-types-only'],
  ['db', value('../log.ts'), 'db-house'],
  ['db', value('../backoffice/port.ts'), 'db-house'],
  ['db', value('express'), 'db-npm'],

  ['api', value('../orders/order.ts'), null],
  ['api', value('../workflows/contract.ts'), null],
  ['api', value('../log.ts'), null],
  ['api', value('express'), null],
  ['api', value('../exchange/signatures.ts'), null],
  ['api', value('../exchange/outbox.ts'), 'api-house'],
  ['api', value('@temporalio/client'), null],
  ['api', value('../workflows/order-workflow.ts'), 'api-types-only'],
  ['api', value('../activities/reserve.ts'), 'api-house'],
  ['api', value('@temporalio/worker'), 'api-npm'],
  ['api', value('kysely'), 'api-npm'],

  ['web', type('../api/app.ts'), null],
  ['web', value('../api/app.ts'), 'web-types-only'],
  ['web', type('../orders/order.ts'), 'web-house'],

  ...['workers', 'cli', 'bench'].flatMap((folder): [string, string, string | null][] => [
    [folder, value('../db/orders.ts'), null],
    [folder, value('../config.ts'), null],
    [folder, value('../workflows/contract.ts'), null],
    [folder, value('../workflows/order-workflow.ts'), 'programs-types-only'],
    [folder, value('../test/factory.ts'), 'programs-house'],
  ]),

  ['orders', value('./nowhere.ts'), 'no-unresolvable'],
  ['db', value('fast-check'), 'no-dev-dependency'],
];

interface Report {
  readonly summary: {
    readonly violations: readonly { readonly from: string; readonly rule: { readonly name: string } }[];
  };
}

const cruise = (directory: string): Promise<Report> =>
  new Promise((resolve, reject) => {
    const program = join(PROJECT, 'node_modules/.bin/depcruise');
    const args = [program, '--config', '.dependency-cruiser.cjs', '--output-type', 'json', '.'];
    // It exits with the number of violations, of which there are many here.
    execFile(process.execPath, args, { cwd: directory, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      if (stdout) resolve(JSON.parse(stdout) as Report);
      else reject(new Error(stderr, { cause: error }));
    });
  });

describe('who may import whom', () => {
  let directory: string;
  let report: Report;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'order-staging-imports-'));
    for (const file of ['.dependency-cruiser.cjs', 'package.json', 'tsconfig.json']) {
      await cp(join(PROJECT, file), join(directory, file));
    }
    await symlink(join(PROJECT, 'node_modules'), join(directory, 'node_modules'));
    const files = [
      ...HOUSE.map((file): [string, string] => [file, 'export const x = 1;']),
      ...CASES.map(([folder, code], index): [string, string] => [`${folder}/case-${index}.ts`, code]),
      ['orders/chicken.ts', value('./egg.ts')],
      ['orders/egg.ts', value('./chicken.ts')],
    ];
    for (const [file = '', code = ''] of files) {
      await mkdir(dirname(join(directory, file)), { recursive: true });
      await writeFile(join(directory, file), code);
    }
    report = await cruise(directory);
  });

  afterAll(() => rm(directory, { recursive: true, force: true }));

  const rulesBrokenBy = (file: string): string[] =>
    report.summary.violations.filter(({ from }) => from === file).map(({ rule }) => rule.name);

  const sentences = CASES.map(([folder, code, rule], index) => ({
    sentence: `${folder} ${rule ? 'may not' : 'may'} say: ${code.split('\n')[0]}`,
    file: `${folder}/case-${index}.ts`,
    rule,
  }));

  test.each(sentences)('$sentence', ({ file, rule }) => {
    if (rule === null) expect(rulesBrokenBy(file)).toEqual([]);
    else expect(rulesBrokenBy(file)).toContain(rule);
  });

  test('no file imports itself by way of others', () => {
    expect(rulesBrokenBy('orders/chicken.ts')).toEqual(['no-circular']);
  });

  test('innocent files break no rule', () => {
    expect(HOUSE.flatMap(rulesBrokenBy)).toEqual([]);
  });
});
