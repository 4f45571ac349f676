import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findSimulation } from '../../../db/simulations.ts';
import { listRuleVersions } from '../../../db/rules.ts';
import { fakeTemporal, type Gateway, openGateway, tokenOf } from '../../api/gateway.ts';
import { type Ended, runCli } from '../run-cli.ts';

let gateway: Gateway;
const folder = mkdtempSync(join(tmpdir(), 'rules-'));
const file = join(folder, 'rules.json');
beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(async () => {
  await gateway.close();
  rmSync(folder, { recursive: true });
});

const run = (who: string, ...words: string[]): Promise<Ended> =>
  runCli('cli/orders.ts', ['rules', ...words], { ORDER_STAGING_URL: gateway.url, ORDER_STAGING_TOKEN: tokenOf(who) });

interface File {
  rules: { code: string; parameters: unknown }[];
}
/** Changes the parameters of a rule in the file. */
function edit(code: string, parameters: object): void {
  const { rules } = JSON.parse(readFileSync(file, 'utf8')) as File;
  const changed = rules.map((rule) => (rule.code === code ? { ...rule, parameters } : rule));
  writeFileSync(file, JSON.stringify({ rules: changed }));
}

describe('rules from the command line', () => {
  test('are exported, brought in with a dry run first, approved by a second person and exported again', async () => {
    expect(await run('ada', 'export', file)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+ rules are in/) });
    const first = readFileSync(file, 'utf8');
    expect((await run('ada', 'import', file)).stdout).toMatch(/^\d+ unchanged\n$/);
    edit('PRICE.MISMATCH', { tolerancePercent: '2' });
    const dry = await run('ada', 'import', file, '--dry-run');
    expect(dry.stdout).toMatch(
      /^change {2}PRICE.MISMATCH for all, waits for approval\n {2}\/parameters\/tolerancePercent: "0" -> "2"\n\d+ unchanged; nothing was brought in\n$/,
    );
    expect(await listRuleVersions(gateway.store, 'PRICE.MISMATCH')).toHaveLength(1);
    expect((await run('ada', 'import', file)).stdout).toContain('change  PRICE.MISMATCH for all, version 2, waits for approval');
    expect((await run('ada', 'import', file)).stdout).toContain('waiting  PRICE.MISMATCH for all, version 2');
    expect((await run('sofia', 'list', '--status', 'draft')).stdout).toMatch(/PRICE.MISMATCH\s+2\s+draft\s+all\s+hold\s+ada/);
    const approval = ['approve', 'PRICE.MISMATCH', '--version', '2', '--reason', 'rounding'];
    expect(await run('ada', ...approval)).toMatchObject({ code: 1, stderr: expect.stringContaining('somebody else must approve it') });
    expect((await run('sofia', ...approval)).stdout).toBe('PRICE.MISMATCH version 2 is in force\n');
    expect((await run('ada', 'list', '--code', 'PRICE.MISMATCH')).stdout).toMatch(/2\s+in force\s+all\s+hold\s+ada\s+sofia\s+\{"tolerancePercent":"2"\}/);
    await run('ada', 'export', file);
    const lines = readFileSync(file, 'utf8').split('\n');
    const before = first.split('\n');
    expect(lines).toHaveLength(before.length);
    expect(lines.filter((line, i) => line !== before[i])).toEqual([expect.stringContaining('"tolerancePercent": "2"')]);
  }); // prettier-ignore

  test('that are not valid are refused with their place', async () => {
    edit('LINES.TOO_MANY', { maximum: 'many' });
    const refused = await run('ada', 'import', file);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/nothing was brought in\n {2}\/rules\/\d+\/parameters\/maximum: /);
    writeFileSync(file, 'no JSON');
    expect(await run('ada', 'import', file)).toMatchObject({ code: 2, stderr: `${file} is no JSON\n` });
    expect(await run('ada', 'import', join(folder, 'none.json'))).toMatchObject({ code: 2 });
    expect(await run('ada', 'guess')).toMatchObject({ code: 2, stderr: expect.stringContaining('rules simulate') });
  });

  test('are tried on past orders, and the command waits for what came of it', async () => {
    const rule = { code: 'MY.MAXIMUM', kind: 'order_maximum', disposition: 'hold', parameters: { otherwise: '1.00' }, reason: 'r' };
    writeFileSync(file, JSON.stringify(rule));
    let ended: string | undefined;
    // What the worker would do: here it counts to its end.
    const end = async (id: string): Promise<void> => {
      const { tally } = (await findSimulation(gateway.store, id))!;
      const flips = [{ before: 'pass', after: 'hold', orders: 2, worth: { USD: '999.50', EUR: '1.00' } }];
      const counted = JSON.stringify({ ...tally, judged: 3, flips, otherFindings: 1 });
      await gateway.store.db.updateTable('rule_simulations').set({ state: 'ended', tally_json: counted }).where('id', '=', id).execute();
      const flip = { revision: 1, before_outcome: 'pass', after_outcome: 'hold', findings: 1, currency: 'USD', total: '399.80' };
      await gateway.store.db.insertInto('rule_simulation_flips').values({ simulation_id: id, order_id: 'some-order', ...flip }).execute();
    };
    gateway.deps.temporal = fakeTemporal({
      start: async (_type, { workflowId }) => {
        ended = workflowId.replace('simulation:', '');
        setTimeout(() => void end(ended!), 300);
      },
    });
    const simulated = await run('ada', 'simulate', 'MY.MAXIMUM', '--file', file, '--days', '7');
    expect(simulated).toMatchObject({ code: 0 });
    expect(simulated.stdout).toContain('MY.MAXIMUM as in the file: 3 orders judged; not judged: 0 without content');
    expect(simulated.stdout).toMatch(/pass -> hold\s+2\s+999\.50 USD, 1\.00 EUR/);
    expect(simulated.stdout).toMatch(/some-order\s+pass -> hold\s+399\.80\s+USD/);
    expect(await run('ada', 'simulate', 'MY.MAXIMUM')).toMatchObject({ code: 1, stderr: expect.stringContaining('has no draft') });
  }); // prettier-ignore

  test('that were tried are listed, by rule and by state', async () => {
    const all = await run('ada', 'simulations');
    expect(all.stdout).toMatch(/MY\.MAXIMUM\s+file\s+ended\s+ada\s+\S+Z\s+3 of 0\s+2/);
    expect(JSON.parse((await run('ada', 'simulations', '--code', 'MY.MAXIMUM', '--json')).stdout)).toMatchObject({ items: [{ state: 'ended', judged: 3 }] });
    expect((await run('ada', 'simulations', '--state', 'failed')).stdout).not.toContain('MY.MAXIMUM');
    expect(await run('ada', 'simulations', '--limit', '999')).toMatchObject({ code: 1, stderr: expect.stringContaining('limit') });
  }); // prettier-ignore

  test('cannot be tried while Temporal is away, and nothing is left running', async () => {
    gateway.deps.temporal = fakeTemporal({});
    const away = await run('ada', 'simulate', 'MY.MAXIMUM', '--file', file);
    expect(away).toMatchObject({ code: 1, stderr: expect.stringContaining('try again later') });
    const rows = await gateway.store.db.selectFrom('rule_simulations').select('state').execute();
    expect(rows.map(({ state }) => state).sort()).toEqual(['ended', 'failed']);
  });

  test('that are drafts are taken back with a reason', async () => {
    const { rules } = JSON.parse((await run('ada', 'export', file), readFileSync(file, 'utf8'))) as File;
    writeFileSync(file, JSON.stringify({ rules: rules.filter(({ code }) => code === 'PRICE.MISMATCH') }));
    edit('PRICE.MISMATCH', { tolerancePercent: '7' });
    expect((await run('ada', 'import', file)).stdout).toContain('version 3, waits for approval');
    const words = ['withdraw', 'PRICE.MISMATCH', '--version', '3'];
    expect(await run('ada', ...words)).toMatchObject({ code: 2, stderr: expect.stringContaining('--reason is needed') });
    expect(await run('ada', 'withdraw', 'PRICE.MISMATCH', '--reason', 'r')).toMatchObject({ code: 2 });
    expect((await run('ada', ...words, '--reason', 'too much')).stdout).toBe('PRICE.MISMATCH version 3 is withdrawn\n');
    const [kept] = (await listRuleVersions(gateway.store, 'PRICE.MISMATCH')).filter(({ version }) => version === 3);
    expect(kept).toMatchObject({ status: 'retired', retiredBy: 'ada', retirementReason: 'too much' });
    expect(await run('ada', ...words, '--reason', 'again')).toMatchObject({ code: 1, stderr: expect.stringContaining('retired already') });
  }); // prettier-ignore
});
