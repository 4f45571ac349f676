import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { findSource } from '../../../db/sources.ts';
import { type Gateway, openGateway, tokenOf } from '../../api/gateway.ts';
import { runCli } from '../run-cli.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(() => gateway.close());

const orders = (...words: string[]) =>
  runCli('cli/orders.ts', words, { ORDER_STAGING_URL: gateway.url, ORDER_STAGING_TOKEN: tokenOf('ada') });
const read = async () => {
  const { gate, gateBeforePause } = (await findSource(gateway.store, 'web-shop'))!;
  return { gate, gateBeforePause };
};

test.each(['shadow', 'manual', 'live'] as const)('a source that was %s is so again after a pause', async (gate) => {
  expect(await orders('resume', 'web-shop', '--gate', gate)).toMatchObject({ code: 0 });
  expect((await orders('pause', 'web-shop')).stdout).toBe(`source web-shop is paused; it was ${gate}\n`);
  // To pause it twice does not make it forget.
  expect((await orders('pause', 'web-shop')).stdout).toBe('source web-shop is paused already\n');
  expect(await read()).toEqual({ gate: 'paused', gateBeforePause: gate });
  expect((await orders('resume', 'web-shop')).stdout).toBe(`source web-shop is ${gate}; it was paused\n`);
  expect(await read()).toEqual({ gate, gateBeforePause: undefined });
});

test('whoever resumes may say another gate, and to resume what runs changes nothing', async () => {
  await orders('resume', 'web-shop', '--gate', 'shadow');
  await orders('pause', 'web-shop');
  expect((await orders('resume', 'web-shop', '--gate', 'manual')).stdout).toContain('is manual; it was paused');
  expect((await orders('resume', 'web-shop')).stdout).toBe('source web-shop is manual already\n');
});
