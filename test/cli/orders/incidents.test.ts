import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Gateway, openGateway, tokenOf } from '../../api/gateway.ts';
import { givenHeld, inTurn, watchAt } from '../../support/incidents.ts';
import { type Ended, runCli } from '../run-cli.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await openGateway();
  await inTurn(12, () => givenHeld(gateway.store, 'CREDIT.LIMIT'));
  await watchAt(gateway.store);
});
afterAll(() => gateway.close());

const run = (...words: string[]): Promise<Ended> =>
  runCli('cli/orders.ts', words, { ORDER_STAGING_URL: gateway.url, ORDER_STAGING_TOKEN: tokenOf('olivia') });

test('incidents are listed, shown with what can be done, taken and told to look again from the command line', async () => {
  const listed = await run('incidents');
  const [, id = ''] = /customer C-1001\s+12\s+12\s+(\S+)/.exec(listed.stdout) ?? [];
  expect(id).not.toBe('');
  const shown = await run('incident', id, '--limit', '5');
  expect(shown.stdout).toContain('customer C-1001 (CREDIT.LIMIT)');
  expect(shown.stdout).toMatch(/worth\s+120\.00 USD/);
  expect(shown.stdout).toMatch(/what to do\s+Settle the customer's account/);
  expect(shown.stdout.match(/in_review/g)).toHaveLength(5);
  expect(shown.stdout).toContain('There are more; --limit shows them.');
  expect(await run('incident', 'ack', id)).toMatchObject({ code: 2, stderr: '--reason is needed\n' });
  expect((await run('incident', 'ack', id, '--reason', 'on it')).stdout).toBe('customer C-1001 is taken by olivia\n');
  expect((await run('incident', id)).stdout).toMatch(/taken by\s+olivia, \S+: on it/);
  expect((await run('incident', 'recheck', id)).stdout).toBe('0 orders look again, a few each second\n');
  expect((await run('incidents', '--state', 'closed')).stdout).not.toContain(id);
  expect(await run('incident', 'no-such-one')).toMatchObject({ code: 1 });
});
