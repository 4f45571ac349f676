import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { giveUpOutbox, listOutbox, putOnWay } from '../../../db/outbox.ts';
import { inTransaction } from '../../../db/store.ts';
import { type Gateway, openGateway, tokenOf } from '../../api/gateway.ts';
import { givenOrder } from '../../support/store.ts';
import { type Ended, runCli } from '../run-cli.ts';

let gateway: Gateway;
beforeAll(async () => void (gateway = await openGateway()));
afterAll(() => gateway.close());

const run = (...words: string[]): Promise<Ended> =>
  runCli('cli/orders.ts', words, { ORDER_STAGING_URL: gateway.url, ORDER_STAGING_TOKEN: tokenOf('olivia') });

test('notices are listed, found by their state and order, and let go out again from the command line', async () => {
  const { store } = gateway;
  const { id } = await givenOrder(store, { source: 'web-shop', po_number: 'PO-77' });
  const subject = `order:${id}` as const;
  const outgoing = { subject, source: 'web-shop', kind: 'order.rejected', stepKey: 'closed', content: '{}' };
  const way = { channel: 'webhook', destination: 'web-shop:webhook' } as const;
  await inTransaction(store, (tx) => putOnWay(tx, outgoing, way, '2026-11-23T10:00:00.000Z'));
  const [row] = await listOutbox(store, subject);
  await giveUpOutbox(store, String(row?.id), 'status_500');
  const listed = await run('notices', '--state', 'failed', '--order', 'PO-77');
  expect(listed.stdout).toMatch(/2026-11-23 10:00:00\s+order\.rejected\s+web-shop\s+webhook\s+failed\s+1\s+status_500/);
  expect((await run('notices', '--source', 'api-zapco')).stdout).not.toContain('order.rejected');
  expect(await run('notices', '--state', 'lost')).toMatchObject({ code: 1 });
  const notice = String(row?.id);
  expect((await run('notices', 'retry', notice)).stdout).toBe('order.rejected goes out again within seconds\n');
  expect(await listOutbox(store, subject)).toMatchObject([{ state: 'pending', attempts: 0 }]);
  expect(await run('notices', 'retry', notice)).toMatchObject({ code: 1 });
  await giveUpOutbox(store, notice, 'status_500');
  expect((await run('notices', 'retry', '--source', 'web-shop')).stdout).toBe('1 notice goes out again\n');
  expect((await run('notices', 'retry', '--source', 'web-shop')).stdout).toBe('0 notices go out again\n');
  for (const words of [[], [notice, '--source', 'web-shop']])
    expect(await run('notices', 'retry', ...words)).toMatchObject({ code: 2 });
});
