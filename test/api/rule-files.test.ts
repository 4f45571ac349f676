import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { listRuleVersions } from '../../db/rules.ts';
import { DEFAULT_RULES } from '../../orders/rules/default-rules.ts';
import { type Answer, type Gateway, openGateway } from './gateway.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(() => gateway.close());

type Item = Record<string, unknown>;
const read = async (): Promise<Item[]> =>
  (await gateway.call('GET', '/v1/rules/export', { as: 'axel' })).body.rules as Item[];
const bring = (rules: unknown, query = '', as = 'ada'): Promise<Answer> =>
  gateway.call('POST', `/v1/rules/import${query}`, { as, body: { rules } });
const actionsOf = ({ body }: Answer): Record<string, number> =>
  Object.fromEntries(Object.entries(Object.groupBy(body.items as { action: string }[], ({ action }) => action)).map(([action, items]) => [action, items?.length ?? 0])); // prettier-ignore
const changed = (rules: readonly Record<string, unknown>[], code: string, changes: object): Record<string, unknown>[] =>
  rules.map((rule) => (rule['code'] === code ? { ...rule, ...changes } : rule));

describe('rules as a file', () => {
  test('hold every rule, without versions and names, and say nothing new when they are brought in again', async () => {
    const rules = await read();
    expect(rules.map(({ code }) => code)).toEqual(DEFAULT_RULES.map(({ code }) => code).sort());
    expect(Object.keys(rules[0] ?? {})).toEqual([
      'code', 'kind', 'scope', 'parameters', 'disposition', 'releaseRole', 'severity', 'effectiveFrom', 'effectiveTo', 'reason',
    ]); // prettier-ignore
    const before = await listRuleVersions(gateway.store);
    expect(actionsOf(await bring(rules))).toEqual({ unchanged: DEFAULT_RULES.length });
    expect(actionsOf(await bring(rules.map(({ effectiveFrom: _left, ...rule }) => rule)))).toEqual({
      unchanged: DEFAULT_RULES.length,
    });
    expect(await listRuleVersions(gateway.store)).toEqual(before);
  });

  test('tell in a dry run what would change, and change nothing', async () => {
    const before = await listRuleVersions(gateway.store);
    const rules = changed(await read(), 'PRICE.MISMATCH', {
      parameters: { tolerancePercent: '2' },
      reason: 'rounding',
    });
    const answer = await bring([...rules, { ...rules[0], code: 'MY.OWN' }], '?dryRun=true');
    expect(actionsOf(answer)).toEqual({ unchanged: rules.length - 1, change: 1, add: 1 });
    expect((answer.body.items as Item[]).find(({ code }) => code === 'PRICE.MISMATCH')).toEqual({
      code: 'PRICE.MISMATCH',
      scope: { kind: 'all' },
      action: 'change',
      differences: [{ pointer: '/parameters/tolerancePercent', before: '0', after: '2' }],
      version: null,
      needsApproval: true,
    });
    expect(await listRuleVersions(gateway.store)).toEqual(before);
  });

  test('become drafts where money is at stake; brought in again they wait, and once approved they are unchanged', async () => {
    const before = await read();
    const rules = changed(
      changed(before, 'PRICE.MISMATCH', { parameters: { tolerancePercent: '2' }, reason: 'rounding' }),
      'LINES.TOO_MANY',
      { parameters: { maximum: 40 } },
    );
    expect(actionsOf(await bring(rules))).toEqual({ unchanged: rules.length - 2, change: 2 });
    expect(actionsOf(await bring(rules))).toEqual({ unchanged: rules.length - 1, waiting: 1 });
    // What waits is not in the file yet.
    expect(await read()).toEqual(changed(before, 'LINES.TOO_MANY', { parameters: { maximum: 40 } }));
    const body = { version: 2, reason: 'looked at it' };
    expect((await gateway.call('POST', '/v1/rules/PRICE.MISMATCH/approve', { as: 'ada', body })).status).toBe(403);
    expect((await gateway.call('POST', '/v1/rules/PRICE.MISMATCH/approve', { as: 'sofia', body })).status).toBe(200);
    expect(await read()).toEqual(rules);
    expect(actionsOf(await bring(rules))).toEqual({ unchanged: rules.length });
  });

  test('go back to what was: the earlier content is a new version', async () => {
    const rules = changed(await read(), 'LINES.TOO_MANY', { parameters: { maximum: 5000 } });
    expect(actionsOf(await bring(rules))).toEqual({ unchanged: rules.length - 1, change: 1 });
    expect((await listRuleVersions(gateway.store, 'LINES.TOO_MANY')).at(-1)).toMatchObject({ version: 3, parameters: { maximum: 5000 } }); // prettier-ignore
    expect(actionsOf(await bring(rules))).toEqual({ unchanged: rules.length });
  });

  test('hold what begins later beside what is in force', async () => {
    const rules = await read();
    const later = { ...rules.find(({ code }) => code === 'LINES.TOO_MANY'), parameters: { maximum: 7 }, effectiveFrom: '2099-01-01T00:00:00.000Z' }; // prettier-ignore
    expect(actionsOf(await bring([...rules, later]))).toEqual({ unchanged: rules.length, change: 1 });
    const both = await read();
    expect(both).toHaveLength(rules.length + 1);
    expect(actionsOf(await bring(both))).toEqual({ unchanged: both.length });
  });

  test('are brought in whole or not at all, and what is wrong is told with its place', async () => {
    const before = await listRuleVersions(gateway.store);
    const rules = changed(await read(), 'LINES.TOO_MANY', { parameters: { maximum: 'many' } });
    const at = rules.findIndex(({ code }) => code === 'LINES.TOO_MANY');
    const answer = await bring([{ ...rules[0], code: 'MY.OWN' }, ...rules]);
    expect(answer).toMatchObject({ status: 422, body: { type: '/problems/invalid-rule' } });
    expect(answer.body.errors[0].pointer).toBe(`/rules/${String(at + 1)}/parameters/maximum`);
    expect(await bring([{ ...rules[0], kind: 'guess' }])).toMatchObject({ status: 400, body: { errors: [{ pointer: '/rules/0/kind' }] } });
    expect(await listRuleVersions(gateway.store)).toEqual(before);
  }); // prettier-ignore

  test('are for those who may change rules', async () => {
    expect((await bring([], '', 'ravi')).status).toBe(403);
    expect((await bring([], '', 'axel')).status).toBe(403);
    expect((await gateway.call('GET', '/v1/rules/export', { as: 'olivia' })).status).toBe(403);
  });
});
