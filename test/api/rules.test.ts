import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { putPrincipal } from '../../db/principals.ts';
import { findBrokenLink, listLog } from '../../db/log.ts';
import { listRuleVersions, seedRules } from '../../db/rules.ts';
import { DEFAULT_RULES } from '../../orders/rules/default-rules.ts';
import { type Answer, type Gateway, openGateway, tokenOf } from './gateway.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await openGateway();
  const at = new Date().toISOString();
  const customers = ['C-1001', 'C-1002'];
  await putPrincipal(gateway.store, { id: 'carl', roles: ['supervisor'], customers }, tokenOf('carl'), at);
  await putPrincipal(gateway.store, { id: 'sven', roles: ['supervisor'], sources: ['web-shop'] }, tokenOf('sven'), at);
});
afterAll(() => gateway.close());

const LIMIT = { kind: 'credit', disposition: 'hold', parameters: { exemptMethods: ['prepaid'] }, reason: 'agreed' };
const LINES = { code: 'LINES.TOO_MANY', kind: 'line_count', disposition: 'reject', parameters: { maximum: 40 }, reason: 'small orders' }; // prettier-ignore

const add = (rule: object, as = 'ada'): Promise<Answer> => gateway.call('POST', '/v1/rules', { as, body: rule });
const approve = (code: string, version: unknown, as = 'sofia'): Promise<Answer> =>
  gateway.call('POST', `/v1/rules/${code}/approve`, { as, body: { version, reason: 'looked at it' } });
const withdraw = (code: string, version: number, as = 'sofia'): Promise<Answer> =>
  gateway.call('POST', `/v1/rules/${code}/withdraw`, { as, body: { version, reason: 'not needed' } });
const get = (path: string, as = 'axel'): Promise<Answer> => gateway.call('GET', path, { as });
type Item = Readonly<Record<string, unknown>>;
const itemsOf = ({ body }: Answer): readonly Item[] => body.items as Item[];
const pointersOf = ({ body }: Answer): unknown => (body.errors as Item[]).map(({ pointer }) => pointer);
/** What a rule says of an order of two lines, with the version that speaks. */
const validate = async (rule = 'LINES.TOO_MANY'): Promise<string[]> => {
  const body = { ...ORDER, poNumber: `PO-${String(Math.random())}` };
  const answer = await gateway.call('POST', '/v1/orders/validate', { as: 'web-shop', body });
  const findings: { code: string; ruleVersion: number }[] = answer.body.findings;
  return findings.flatMap(({ code, ruleVersion }) => (code === rule ? [`${code} ${String(ruleVersion)}`] : []));
};
const ORDER = {
  orderDate: '2026-11-23',
  currency: 'USD',
  customerId: 'C-1001',
  shipTo: { name: 'Pat', lines: ['1 Market St'], city: 'San Francisco', region: 'CA', postalCode: '94105', country: 'US' },
  payment: { method: 'terms', terms: 'NET30' },
  lines: ['1', '2'].map((line) => ({ line, sku: 'SKU-1', quantity: '10', unitPrice: '19.9900', amount: '199.90' })),
  total: '399.80',
}; // prettier-ignore

describe('a new version of a rule', () => {
  test('that guards no money counts at once, in place of the one before', async () => {
    expect(await validate()).toEqual([]);
    const added = await add({ ...LINES, parameters: { maximum: 1 } });
    expect(added).toMatchObject({
      status: 201,
      body: { code: 'LINES.TOO_MANY', version: 2, status: 'approved', author: 'ada', inForce: true, approvedBy: null },
    });
    expect(added.headers.get('Location')).toBe('/v1/rules/LINES.TOO_MANY');
    expect(await validate()).toEqual(['LINES.TOO_MANY 2']);
    const shown = await get('/v1/rules/LINES.TOO_MANY');
    expect(itemsOf(shown).map(({ inForce }) => inForce)).toEqual([false, true]);
    expect(await add(LINES)).toMatchObject({ status: 201, body: { version: 3 } });
    expect(await validate()).toEqual([]);
  });

  test('that guards money waits for a second person, and counts from then on', async () => {
    const rule = { ...LIMIT, code: 'ORDER.ABOVE_MAXIMUM', kind: 'order_maximum', parameters: { otherwise: '100.00' } };
    const drafted = await add(rule);
    expect(drafted).toMatchObject({ status: 201, body: { version: 2, status: 'draft', guardsMoney: true, inForce: false } });
    expect(await validate(rule.code)).toEqual([]);
    expect(await approve('ORDER.ABOVE_MAXIMUM', 2, 'ada')).toMatchObject({ status: 403, body: { type: '/problems/own-work' } });
    expect(await approve('ORDER.ABOVE_MAXIMUM', 2, 'ravi')).toMatchObject({ status: 403 });
    expect(await validate(rule.code)).toEqual([]);
    expect(await approve('ORDER.ABOVE_MAXIMUM', 2)).toMatchObject({
      status: 200,
      body: { status: 'approved', approvedBy: 'sofia', approvalReason: 'looked at it', inForce: true },
    });
    expect(await validate(rule.code)).toEqual(['ORDER.ABOVE_MAXIMUM 2']);
    expect(await approve('ORDER.ABOVE_MAXIMUM', 2)).toMatchObject({ status: 409, body: { type: '/problems/conflict' } });
    const log = await listLog(gateway.store, 'rule:ORDER.ABOVE_MAXIMUM');
    expect(log.map(({ action, actor }) => [action, actor])).toEqual([
      ['rule.approved', 'installation'],
      ['rule.drafted', 'ada'],
      ['rule.approved', 'sofia'],
    ]);
    expect(await findBrokenLink(gateway.store, 'rule:ORDER.ABOVE_MAXIMUM')).toBeUndefined();
  }); // prettier-ignore

  test('that ends a rule leaves nothing in its place, and does so for money only with a second person', async () => {
    const now = new Date().toISOString();
    await add({ ...LINES, parameters: { maximum: 1 } });
    expect(await validate()).toEqual([expect.stringMatching(/^LINES.TOO_MANY/)]);
    expect(await add({ ...LINES, effectiveFrom: now, effectiveTo: now })).toMatchObject({ body: { status: 'approved', inForce: false } });
    expect(await validate()).toEqual([]);
    expect(await add({ ...LIMIT, code: 'CREDIT.LIMIT', effectiveFrom: now, effectiveTo: now })).toMatchObject({ body: { status: 'draft' } });
    await withdraw('CREDIT.LIMIT', 2);
  }); // prettier-ignore

  test('that begins later leaves the one before in force until then', async () => {
    await add({ ...LINES, parameters: { maximum: 40 } });
    const later = await add({ ...LINES, parameters: { maximum: 1 }, effectiveFrom: '2099-01-01T00:00:00+01:00' });
    expect(later.body).toMatchObject({ inForce: false, effectiveFrom: '2098-12-31T23:00:00.000Z' });
    expect(await validate()).toEqual([]);
    const inForce = async (at: string): Promise<unknown> =>
      itemsOf(await get(`/v1/rules?code=LINES.TOO_MANY&at=${at}`)).map(({ version }) => version);
    expect(await inForce('2099-06-01T00:00:00Z')).toEqual([later.body.version]);
    expect(await inForce('2098-06-01T00:00:00Z')).toEqual([later.body.version - 1]);
    expect(await inForce('2020-06-01T00:00:00Z')).toEqual([]);
  }); // prettier-ignore
});

describe('a draft', () => {
  test('that was overtaken by a newer one cannot be approved; when that one is withdrawn it can', async () => {
    const rule = { ...LIMIT, code: 'CUSTOMER.CREDIT_STOP', kind: 'customer_credit_stop', parameters: {} };
    const [older, newer] = [await add(rule), await add({ ...rule, disposition: 'reject' })];
    expect(await approve(rule.code, older.body.version)).toMatchObject({
      status: 409,
      body: { detail: `version ${String(newer.body.version)} came since for the same scope; look at that one` },
    });
    expect(await withdraw(rule.code, newer.body.version, 'ada')).toMatchObject({ body: { status: 'retired', retiredBy: 'ada', retirementReason: 'not needed' } });
    expect(await approve(rule.code, newer.body.version)).toMatchObject({ status: 409 });
    expect(await approve(rule.code, older.body.version)).toMatchObject({ status: 200 });
  }); // prettier-ignore

  test('is retired when a newer one is approved in its place, but not where it speaks for others or begins earlier', async () => {
    const code = 'PRICE.MISMATCH';
    const rule = { ...LIMIT, code, kind: 'price', parameters: { tolerancePercent: '1' } };
    await add(rule);
    await add({ ...rule, scope: { kind: 'customer', customer: 'C-1002' } });
    const { body: last } = await add({ ...rule, parameters: { tolerancePercent: '2' } });
    const { body: later } = await add({ ...rule, effectiveFrom: '2099-01-01T00:00:00.000Z' });
    expect(await approve(code, last.version)).toMatchObject({ status: 200 });
    expect(itemsOf(await get(`/v1/rules?code=${code}`)).map(({ status }) => status)).toEqual(['approved', 'retired', 'draft', 'approved', 'draft']);
    expect(later.version).toBe(5);
    await withdraw(code, later.version);
  }); // prettier-ignore

  test('that is not there is not found', async () => {
    expect(await approve('CREDIT.LIMIT', 99)).toMatchObject({ status: 404 });
    expect(await approve('NO.SUCH', 1)).toMatchObject({ status: 404 });
    expect(await get('/v1/rules/NO.SUCH')).toMatchObject({ status: 404 });
    expect(await approve('CREDIT.LIMIT', 'two')).toMatchObject({ status: 400 });
  });
});

describe('a rule is refused with the place of what is wrong', () => {
  test.each([
    ['a parameter that is missing', { ...LINES, parameters: {} }, 422, ['/parameters/maximum']],
    ['a parameter of the wrong type', { ...LINES, parameters: { maximum: 'ten' } }, 422, ['/parameters/maximum']],
    ['a parameter that there is not', { ...LINES, parameters: { maximum: 1, minimum: 0 } }, 422, ['/parameters']],
    ['one of many that is wrong', { ...LINES, code: 'OWN.COAST', kind: 'inventory', parameters: { warehouses: ['OAK', ''] } }, 422, ['/parameters/warehouses/1']],
    ['a number with a point in an expression', { ...LINES, code: 'OWN.RATE', kind: 'expression', parameters: { expression: 'order.total > 1.5', message: 'Not so.', path: '/total' } }, 422, ['/parameters/expression']],
    ['another kind than the code has', { ...LINES, code: 'CREDIT.LIMIT' }, 422, ['/kind']],
    ['a code of the parsers', { ...LINES, code: 'JSON.MINE' }, 422, ['/code']],
    ['an end before its beginning', { ...LINES, effectiveFrom: '2026-01-02T00:00:00Z', effectiveTo: '2026-01-01T00:00:00Z' }, 422, ['/effectiveTo']],
    ['no code', { ...LINES, code: 'lines' }, 400, ['/code']],
    ['no kind', { ...LINES, kind: 'guess' }, 400, ['/kind']],
    ['no scope', { ...LINES, scope: { kind: 'customer', customer: 'pat@example.com' } }, 400, ['/scope/customer']],
    ['no reason', { ...LINES, reason: ' ' }, 400, ['/reason']],
  ] as const)('%s', async (_what, rule, status, pointers) => {
    const answer = await add(rule);
    expect([answer.status, pointersOf(answer)]).toEqual([status, pointers]);
  }); // prettier-ignore
});

describe('who may', () => {
  test('write rules: admins and supervisors', async () => {
    for (const who of ['ravi', 'olivia', 'axel', 'web-shop']) expect((await add(LINES, who)).status).toBe(403);
  });

  test('write and approve for customers and sources: those who are limited to them, and for nobody else', async () => {
    const own = { ...LINES, scope: { kind: 'customer', customer: 'C-1001' } };
    const group = (...customers: string[]) => ({
      ...LINES,
      scope: { kind: 'customerGroup', group: 'north', customers },
    });
    expect((await add(own, 'carl')).status).toBe(201);
    expect((await add(group('C-1001', 'C-1002'), 'carl')).status).toBe(201);
    expect((await add({ ...LINES, scope: { kind: 'source', source: 'web-shop' } }, 'sven')).status).toBe(201);
    for (const [rule, who] of [
      [LINES, 'carl'],
      [group('C-1001', 'C-9'), 'carl'],
      [{ ...LINES, scope: { kind: 'source', source: 'web-shop' } }, 'carl'],
      [own, 'sven'],
      [{ ...LINES, scope: { kind: 'source', source: 'desk' } }, 'sven'],
    ] as const)
      expect((await add(rule, who)).status).toBe(403);
    const { body } = await add({ ...LIMIT, code: 'CREDIT.LIMIT' });
    expect((await approve('CREDIT.LIMIT', body.version, 'carl')).status).toBe(403);
    await withdraw('CREDIT.LIMIT', body.version);
  });

  test('read of a rule for others: nobody who is limited; of a group they learn themselves alone', async () => {
    const group = { kind: 'customerGroup', group: 'south', customers: ['C-1001', 'C-9'] };
    await add({ ...LINES, scope: group });
    await add({ ...LINES, scope: { kind: 'customer', customer: 'C-9' } });
    const scopesOf = async (who: string): Promise<unknown[]> =>
      itemsOf(await get('/v1/rules?code=LINES.TOO_MANY', who)).map(({ scope }) => scope);
    expect(await scopesOf('cora')).toContainEqual({ ...group, customers: ['C-1001'] });
    expect(await scopesOf('cora')).not.toContainEqual({ kind: 'customer', customer: 'C-9' });
    expect(await scopesOf('axel')).toContainEqual(group);
    const ofCustomer = itemsOf(await get('/v1/rules?code=LINES.TOO_MANY&customer=C-9'));
    expect(ofCustomer.map(({ scope }) => (scope as { kind: string }).kind)).toEqual(['customerGroup', 'customer']);
    expect((await get('/v1/rules?scope=source&source=web-shop')).body.items).toHaveLength(1);
    expect((await get('/v1/rules?status=draft&code=LINES.TOO_MANY')).body.items).toEqual([]);
  }); // prettier-ignore
});

describe('the narrower scope wins', () => {
  test('and falls back to the wider one when it ends', async () => {
    const mine = { ...LINES, parameters: { maximum: 1 }, scope: { kind: 'customer', customer: 'C-1001' } };
    const { body } = await add(mine);
    expect(await validate()).toEqual([`LINES.TOO_MANY ${String(body.version)}`]);
    const now = new Date().toISOString();
    await add({ ...mine, effectiveFrom: now, effectiveTo: now });
    // What is left is the group of above, with 40 lines.
    expect(await validate()).toEqual([]);
  });
});

describe('rules of the installation', () => {
  test('come into a database that has others, and leave what was changed or ended', async () => {
    const before = await listRuleVersions(gateway.store);
    const fresh = { ...DEFAULT_RULES[0]!, code: 'BRAND.NEW' };
    await seedRules(gateway.store, [...DEFAULT_RULES, fresh], new Date().toISOString());
    const after = await listRuleVersions(gateway.store);
    expect(after.filter(({ code }) => code !== 'BRAND.NEW')).toEqual(before);
    expect(after.find(({ code }) => code === 'BRAND.NEW')).toMatchObject({
      status: 'approved',
      author: 'installation',
    });
    await seedRules(gateway.store, [...DEFAULT_RULES, fresh], new Date().toISOString());
    expect(await listRuleVersions(gateway.store)).toEqual(after);
  });
});

describe('everything that a rule says', () => {
  const SCOPES = [
    { kind: 'all' },
    { kind: 'source', source: 'web-shop' },
    { kind: 'customerGroup', group: 'pilots', customers: ['C-1001', 'C-2003'] },
    { kind: 'customer', customer: 'C-1001' },
  ];
  test.each(SCOPES)('is kept as it was given and shown, also for $kind', async (scope) => {
    const rule = {
      ...{ code: `OWN.${scope.kind.toUpperCase()}`, kind: 'line_count', scope, parameters: { maximum: 1 } },
      ...{ disposition: 'warn', releaseRole: 'supervisor', severity: 'high', reason: 'agreed with them' },
      ...{ effectiveFrom: '2026-01-01T00:00:00.000Z', effectiveTo: '2099-01-01T00:00:00.000Z' },
    };
    expect(await add(rule, 'sofia')).toMatchObject({ status: 201 });
    const [shown, ...others] = itemsOf(await get(`/v1/rules/${rule.code}`));
    expect(others).toEqual([]);
    expect(shown).toMatchObject({ ...rule, version: 1, author: 'sofia', inForce: true, guardsMoney: false });
    expect(await validate(rule.code)).toEqual([`${rule.code} 1`]);
  });

  test('also how pressing it is stands with what it finds', async () => {
    const body = { ...ORDER, poNumber: 'PO-PRESSING' };
    const answer = await gateway.call('POST', '/v1/orders/validate', { as: 'web-shop', body });
    const found = (answer.body.findings as Item[]).filter(({ code }) => code === 'OWN.ALL');
    expect(found).toMatchObject([{ disposition: 'warn', severity: 'high' }]);
  });
});
