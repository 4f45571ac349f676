import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createBackOfficeClient } from '../../backoffice/http-client.ts';
import { readSettings } from '../../config.ts';
import { addRuleVersion, approveRule } from '../../db/rules.ts';
import { eraseSubject } from '../../db/privacy.ts';
import { putPrincipal } from '../../db/principals.ts';
import { listLog } from '../../db/log.ts';
import { findSimulation, keepPage, putSimulation, type Simulation } from '../../db/simulations.ts';
import { giveUpSimulation } from '../../activities/simulate-rule.ts';
import { NO_TALLY } from '../../orders/rules/simulation.ts';
import { getOrder } from '../../db/orders.ts';
import { inTransaction } from '../../db/store.ts';
import type { Tables } from '../../db/tables.ts';
import { createLog } from '../../log.ts';
import { type Answer, listen, tokenOf } from '../api/gateway.ts';
import { type House, openHouse, sendOrder, untilOrder } from '../support/house.ts';
import { makeOrderJson } from '../support/order-factory.ts';
import { flipBytes } from '../support/store-faults.ts';

/* Drafts of rules on past orders: the gateway in front of a real Temporal, real workers and a real database. */

let house: House;
let gateway: Awaited<ReturnType<typeof listen>>;
beforeAll(async () => {
  house = await openHouse();
  const { store, client: temporal } = house;
  const backOffice = createBackOfficeClient({ baseUrl: 'http://127.0.0.1:9', apiKey: 'unused', timeoutMs: 1000 });
  const log = createLog('gateway', 'silent');
  gateway = await listen({ store, temporal, backOffice, settings: readSettings({}), log, now: () => new Date() });
  const at = new Date().toISOString();
  const people = [
    { id: 'boss', roles: ['supervisor'] },
    { id: 'other', roles: ['supervisor'] },
    { id: 'limited', roles: ['supervisor'], customers: ['C-1002'] },
    { id: 'reader', roles: ['auditor'] },
    { id: 'clerk', roles: ['operator'] },
  ] as const;
  for (const person of people) await putPrincipal(store, person, tokenOf(person.id), at);
  await seedOrders();
});
afterAll(async () => {
  await gateway.close();
  await house.close();
});

const MAXIMUM = { code: 'ORDER.ABOVE_MAXIMUM', kind: 'order_maximum', disposition: 'hold', reason: 'cautious' };
const price = (quantity: number, unitPrice: string) => {
  const amount = (quantity * Number(unitPrice)).toFixed(2);
  const lines = [{ line: '1', sku: 'SKU-1', quantity: String(quantity), unitPrice, amount }];
  return { lines, total: amount };
};
const ids: Record<string, string> = {};

/** Orders that pass, one that is held for its price, one that was rejected unread. */
async function seedOrders(): Promise<void> {
  const orders = {
    small: makeOrderJson(price(10, '19.9900')),
    large: makeOrderJson(price(20, '19.9900')),
    larger: makeOrderJson(price(30, '19.9900')),
    dear: makeOrderJson(price(10, '18.0000')),
    unread: makeOrderJson({ lines: [] }),
  };
  for (const [name, order] of Object.entries(orders)) ids[name] = await sendOrder(house, order);
  for (const id of Object.values(ids))
    await untilOrder(house.store, id, ({ automatic_done_at: done }) => done !== null);
}

const simulate = (body: object, as = 'boss', code = 'ORDER.ABOVE_MAXIMUM', prefer = 'wait=30'): Promise<Answer> =>
  gateway.call('POST', `/v1/rules/${code}/simulate`, { as, body, headers: { Prefer: prefer } });
const maximum = (otherwise: string, more: object = {}) => ({
  rule: { ...MAXIMUM, parameters: { otherwise }, ...more },
});

/** What a simulation may write: its own rows, and that somebody read. */
const ITS_OWN = ['rule_simulations', 'rule_simulation_flips', 'order_processing_log', 'audit_unanchored'];
const readTables = async (): Promise<readonly (readonly [string, unknown])[]> => {
  const { db } = house.store;
  const names = (await db.introspection.getTables()).map(({ name }) => name as keyof Tables);
  const others = names.filter((name) => !ITS_OWN.includes(name));
  return Promise.all(others.map(async (name) => [name, await db.selectFrom(name).selectAll().execute()] as const));
};

describe('a rule that is not kept, tried on past orders', () => {
  test('says which would be held, in which direction and worth how much; nothing of them is changed or told', async () => {
    const [before, log] = [await readTables(), await house.store.db.selectFrom('order_processing_log').selectAll().execute()];
    const answer = await simulate(maximum('300.00'));
    expect(answer).toMatchObject({
      status: 200,
      body: {
        state: 'ended', version: null, orders: 5, judged: 4, startedBy: 'boss', otherFindings: 0, nextCursor: null,
        notJudged: { gone: 0, neverJudged: 1, damaged: 0 },
        flips: [{ before: 'pass', after: 'hold', orders: 2, worth: [{ currency: 'USD', amount: '999.50' }] }],
      },
    });
    expect(answer.body.items).toEqual([
      { orderId: ids['large'], revision: 1, before: 'pass', after: 'hold', findings: 1, currency: 'USD', total: '399.80' },
      { orderId: ids['larger'], revision: 1, before: 'pass', after: 'hold', findings: 1, currency: 'USD', total: '599.70' },
    ]);
    expect(answer.headers.get('Location')).toBe(`/v1/simulations/${String(answer.body.simulationId)}`);
    expect(before.length).toBeGreaterThan(20);
    expect(await readTables()).toEqual(before);
    const entries = await house.store.db.selectFrom('order_processing_log').selectAll().execute();
    const added = entries.filter((entry) => !log.some(({ subject, sequence }) => subject === entry.subject && sequence === entry.sequence));
    expect(added.map(({ subject, action }) => [subject, action])).toEqual([['actor:boss', 'orders.simulated']]);
    expect(JSON.parse(added[0]!.detail_json)).toMatchObject({ simulationId: answer.body.simulationId, code: MAXIMUM.code, orders: 5 });
  }); // prettier-ignore

  test('says which would go back to their source, and of which only the findings would be others', async () => {
    const lines = { code: 'LINES.MINE', kind: 'line_count', disposition: 'reject', parameters: { maximum: 1 }, reason: 'r' };
    expect((await simulate({ rule: lines }, 'boss', lines.code)).body).toMatchObject({ judged: 4, flips: [] });
    const all = await simulate(maximum('1.00', { disposition: 'reject' }));
    expect(all.body.flips).toEqual([
      { before: 'pass', after: 'reject', orders: 3, worth: [{ currency: 'USD', amount: '1199.40' }] },
      { before: 'hold', after: 'reject', orders: 1, worth: [{ currency: 'USD', amount: '180.00' }] },
    ]);
    expect((await simulate(maximum('1.00'))).body).toMatchObject({
      flips: [{ before: 'pass', after: 'hold', orders: 3 }],
      otherFindings: 1,
    });
  }); // prettier-ignore

  test('that ends a rule says which would pass; a narrower one is tried on its customers alone', async () => {
    const now = new Date().toISOString();
    const rule = { code: 'PRICE.MISMATCH', kind: 'price', disposition: 'hold', parameters: { tolerancePercent: '0' }, reason: 'r' };
    const ended = await simulate({ rule: { ...rule, effectiveFrom: now, effectiveTo: now } }, 'boss', rule.code);
    expect(ended.body.flips).toEqual([{ before: 'hold', after: 'pass', orders: 1, worth: [{ currency: 'USD', amount: '180.00' }] }]);
    const lenient = { ...rule, parameters: { tolerancePercent: '20' } };
    const scoped = await simulate({ rule: { ...lenient, scope: { kind: 'customer', customer: 'C-1001' } } }, 'boss', rule.code);
    expect(scoped.body).toMatchObject({ orders: 4, judged: 4, flips: [{ before: 'hold', after: 'pass', orders: 1 }] });
    const another = await simulate({ rule: { ...lenient, scope: { kind: 'customer', customer: 'C-1002' } } }, 'boss', rule.code);
    expect(another.body).toMatchObject({ orders: 0, judged: 0, flips: [] });
  }); // prettier-ignore

  test('that breaks holds what it is tried on, and says so', async () => {
    const { store } = house;
    const by = { actor: 'test', at: new Date().toISOString() };
    // Written past the door, which does not take such parameters.
    const draft = { ...MAXIMUM, kind: 'order_maximum', disposition: 'hold', scope: { kind: 'all' }, parameters: { otherwise: 'much' }, releaseRole: 'supervisor', severity: 'low', effectiveFrom: by.at, effectiveTo: null } as const;
    const { version } = await inTransaction(store, (tx) => addRuleVersion(tx, draft, by, true));
    expect((await simulate({ version })).body).toMatchObject({ version, flips: [{ before: 'pass', after: 'hold', orders: 3 }] });
    await store.db.deleteFrom('order_validation_rules').where('version', '=', version).where('code', '=', draft.code).execute();
  }); // prettier-ignore
});

describe('a draft that is kept', () => {
  test('is the newest one where no version is named; later changes of other rules do not come into it', async () => {
    expect(await simulate({})).toMatchObject({ status: 404 });
    const added = await gateway.call('POST', '/v1/rules', { as: 'boss', body: { ...MAXIMUM, parameters: { otherwise: '300.00' } } });
    const version = Number(added.body.version);
    expect((await simulate({})).body).toMatchObject({ version, flips: [{ before: 'pass', after: 'hold', orders: 2 }] });
    expect((await simulate({ version: 99 })).status).toBe(404);
    await inTransaction(house.store, (tx) => approveRule(tx, { code: MAXIMUM.code, version }, { actor: 'other', at: new Date().toISOString() }, 'r'));
    // Now it is the rule: another draft is compared with it.
    expect((await simulate(maximum('500.00'))).body.flips).toMatchObject([{ before: 'hold', after: 'pass', orders: 1 }]);
    const now = new Date().toISOString();
    const end = await gateway.call('POST', '/v1/rules', { as: 'boss', body: { ...MAXIMUM, parameters: { otherwise: '300.00' }, effectiveFrom: now, effectiveTo: now } });
    await gateway.call('POST', `/v1/rules/${MAXIMUM.code}/approve`, { as: 'other', body: { version: end.body.version, reason: 'r' } });
    expect((await simulate(maximum('300.00'))).body.flips).toMatchObject([{ before: 'pass', after: 'hold', orders: 2 }]);
  }); // prettier-ignore
});

describe('who may', () => {
  test('try rules: those who may change them, on the orders that they may see', async () => {
    for (const who of ['reader', 'clerk']) expect((await simulate(maximum('1.00'), who)).status).toBe(403);
    expect((await simulate(maximum('1.00'), 'limited')).body).toMatchObject({ orders: 0, judged: 0 });
  });

  test('look at a simulation: whoever asked, and those without limits; a page at a time', async () => {
    const { body } = await simulate(maximum('300.00'));
    const path = `/v1/simulations/${String(body.simulationId)}`;
    expect((await gateway.call('GET', path, { as: 'limited' })).status).toBe(404);
    expect((await gateway.call('GET', path, { as: 'clerk' })).status).toBe(403);
    expect((await gateway.call('GET', '/v1/simulations/none', { as: 'reader' })).status).toBe(404);
    const one = await gateway.call('GET', `${path}?limit=1`, { as: 'reader' });
    expect(one.body).toMatchObject({ ...body, items: [{ orderId: ids['large'] }], nextCursor: expect.any(String) });
    const two = await gateway.call('GET', `${path}?limit=1&cursor=${String(one.body.nextCursor)}`, { as: 'reader' });
    expect(two.body).toMatchObject({ items: [{ orderId: ids['larger'] }], nextCursor: null });
    expect((await listLog(house.store, 'actor:reader')).map(({ action }) => action)).toEqual(['simulation.read', 'simulation.read']);
  }); // prettier-ignore

  test('list simulations: newest first, by rule and state, a page at a time; whoever is limited, their own', async () => {
    const { body } = await simulate(maximum('300.00'));
    const mine = (await simulate(maximum('1.00'), 'limited')).body;
    const list = (query: string, as = 'reader') => gateway.call('GET', `/v1/simulations${query}`, { as });
    const { items: _orders, nextCursor: _next, ...summary } = body;
    expect((await list('?limit=2')).body).toMatchObject({ items: [{ simulationId: mine.simulationId }, summary], nextCursor: expect.any(String) });
    const first = (await list('?limit=1')).body;
    expect((await list(`?limit=1&cursor=${String(first.nextCursor)}`)).body.items).toEqual([summary]);
    expect((await list('', 'limited')).body.items).toMatchObject([{ simulationId: mine.simulationId, startedBy: 'limited' }, { startedBy: 'limited' }]);
    expect((await list('?code=LINES.MINE')).body.items).toMatchObject([{ code: 'LINES.MINE' }]);
    expect((await list('?state=failed')).body.items).toEqual([]);
    expect((await list('?state=stuck')).status).toBe(400);
    expect((await list('?cursor=x')).status).toBe(400);
    expect((await list('', 'clerk')).status).toBe(403);
    const last = (await listLog(house.store, 'actor:reader')).at(-1)!;
    expect([last.action, JSON.parse(last.detail_json)]).toMatchObject(['simulations.listed', { state: 'failed', rows: 0 }]);
  }); // prettier-ignore

  test('be told what is wrong: the place in the rule', async () => {
    expect(await simulate(maximum('much'))).toMatchObject({ status: 422, body: { errors: [{ pointer: '/rule/parameters/otherwise' }] } });
    expect(await simulate(maximum('1.00'), 'boss', 'OTHER.CODE')).toMatchObject({ status: 422, body: { errors: [{ pointer: '/rule/code' }] } });
    expect((await simulate({ ...maximum('1.00'), version: 1 })).status).toBe(400);
    expect((await simulate({ days: 0 })).status).toBe(400);
  }); // prettier-ignore
});

describe('many orders', () => {
  test('are looked at in the background, each once', async () => {
    // Copies of a row that was never judged: pages of them are quick, and they are counted.
    const row = await getOrder(house.store, ids['unread']!);
    const copies = Array.from({ length: 450 }, (_, i) => ({ ...row, id: `copy-${String(i).padStart(4, '0')}` }));
    for (const copy of copies) await house.store.db.insertInto('orders').values(copy).execute();
    const started = await simulate(maximum('300.00'), 'boss', MAXIMUM.code, '');
    expect(started).toMatchObject({ status: 202, body: { orders: 455 } });
    const handle = house.client.workflow.getHandle(`simulation:${String(started.body.simulationId)}`);
    expect(await handle.result()).toEqual({ state: 'ended', looked: 455, orders: 455 });
    const { body } = await gateway.call('GET', started.headers.get('Location')!, { as: 'boss' });
    expect(body).toMatchObject({ judged: 4, notJudged: { neverJudged: 451 }, flips: [{ orders: 2 }] });
    await house.store.db.deleteFrom('orders').where('id', 'like', 'copy-%').execute();
    // Its history holds ids, codes and counts alone.
    const history = JSON.stringify(await handle.fetchHistory());
    for (const told of ['Example', 'Market', '399.80']) expect(history).not.toContain(told);
  });
});

describe('a page of orders', () => {
  test('that runs again after a crash is counted once, shown as far as it got, and none is after the end', async () => {
    const { store } = house;
    const { body } = await simulate(maximum('300.00'));
    const ended = (await findSimulation(store, String(body.simulationId)))!;
    const running: Simulation = { ...ended, id: 'again', state: 'running', pages: 0, after: null, tally: NO_TALLY, endedAt: null };
    await putSimulation(store, running);
    const flip = { orderId: 'o', revision: 1, before: 'pass', after: 'hold', findings: 1, currency: 'USD', total: '1.00' } as const;
    const page = { last: { receivedAt: running.createdAt, id: 'o' }, tally: { ...NO_TALLY, judged: 1 }, flipped: [flip] };
    expect([await keepPage(store, running, page), await keepPage(store, running, page)]).toEqual([true, false]);
    expect(await findSimulation(store, 'again')).toMatchObject({ pages: 1, after: page.last, tally: { judged: 1 } });
    const shown = await gateway.call('GET', '/v1/simulations/again', { as: 'boss' });
    expect(shown.body).toMatchObject({ state: 'running', orders: running.orders, judged: 1, endedAt: null });
    expect(await giveUpSimulation(house.deps, 'again')).toEqual({ state: 'failed', looked: 1, orders: running.orders });
    expect(await keepPage(store, { ...running, pages: 1 }, page)).toBe(false);
    await expect(giveUpSimulation(house.deps, 'none')).rejects.toThrow('no simulation none');
  }); // prettier-ignore
});

describe('orders whose content is gone', () => {
  test('by damage or erasure are counted as not judged', async () => {
    await flipBytes(house.store, 'facts_snapshots', ids['small']!);
    await house.store.db.updateTable('orders').set({ customer_id: 'C-GONE' }).where('id', '=', ids['large']!).execute();
    const principal = { id: 'ada', roles: ['admin'] } as const;
    await eraseSubject(house.store, { principal, subject: { kind: 'customer', value: 'C-GONE' }, reason: 'asked', at: new Date().toISOString() });
    expect((await simulate(maximum('300.00'))).body).toMatchObject({
      judged: 2,
      notJudged: { gone: 1, neverJudged: 1, damaged: 1 },
      flips: [{ before: 'pass', after: 'hold', orders: 1, worth: [{ currency: 'USD', amount: '599.70' }] }],
    });
  }); // prettier-ignore
});
