import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { putSecrets } from '../../db/source-secrets.ts';
import { putSource } from '../../db/sources.ts';
import { sourceProfileSchema } from '../../orders/source.ts';
import { type Gateway, openGateway } from '../api/gateway.ts';
import { makeOrderJson } from '../support/order-factory.ts';
import { readProject } from './sources.ts';

/** What the page shows of each kind is run as it stands. */
const KINDS = {
  // A key with a zero byte in it, which shells cannot hold in a variable.
  standard: {
    webhook: { kind: 'standard' },
    secret: `whsec_${Buffer.from([0, ...Array(31).keys()]).toString('base64')}`,
  },
  shopify: { webhook: { kind: 'shopify', shop: 'ours.myshopify.com' }, secret: "a shop's secret" },
  woocommerce: { webhook: { kind: 'woocommerce' }, secret: 'another secret' },
} as const;
type Kind = keyof typeof KINDS;

let gateway: Gateway;
let folder: string;
beforeAll(async () => {
  gateway = await openGateway();
  folder = mkdtempSync(join(tmpdir(), 'signing-'));
  const by = { actor: 'test', at: new Date().toISOString() };
  for (const [kind, { webhook, secret }] of Object.entries(KINDS)) {
    const profile = sourceProfileSchema.parse({ id: `push-${kind}`, channel: 'api', webhook });
    await putSource(gateway.store, profile, by);
    await putSecrets(gateway.store, profile.id, 'webhook', [secret], by);
  }
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await gateway.close();
});

/** The shell that follows a kind on the page. */
function readExample(kind: Kind): string {
  const [, example] =
    new RegExp(`^\\*\\*\`${kind}\`\\*\\*[^]*?\`\`\`sh\\n([^]*?)\`\`\``, 'm').exec(readProject('docs/partners.md')) ??
    [];
  return String(example);
}

const run = async (kind: Kind, secret: string): Promise<Record<string, unknown>> => {
  writeFileSync(join(folder, 'order.json'), JSON.stringify(makeOrderJson()));
  const env = { ...process.env, gateway: gateway.url, source: `push-${kind}`, secret };
  const { stdout } = await promisify(execFile)('sh', ['-euc', readExample(kind)], { cwd: folder, env });
  return JSON.parse(stdout) as Record<string, unknown>;
};

test.each(Object.keys(KINDS) as Kind[])('a sender who signs as the page shows for %s is heard', async (kind) => {
  expect(await run(kind, KINDS[kind].secret)).toMatchObject({ state: 'taken', orders: [{}] });
  const other = kind === 'standard' ? `whsec_${Buffer.alloc(32, 9).toString('base64')}` : 'guessed';
  expect(await run(kind, other)).toMatchObject({ status: 401 });
});
