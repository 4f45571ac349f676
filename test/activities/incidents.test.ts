import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { v7 as uuidv7 } from 'uuid';
import { isFolded } from '../../activities/causes.ts';
import { deliverNotices } from '../../activities/deliver-notices.ts';
import type { Deps } from '../../activities/deps.ts';
import { watchIncidents } from '../../activities/incidents.ts';
import { putFindings } from '../../db/findings.ts';
import { removeContent } from '../../db/forget.ts';
import { openHolds } from '../../db/holds.ts';
import { acceptDocument, refuseDocument } from '../../db/intake.ts';
import { type IncidentRow, listIncidentMembers, listIncidents } from '../../db/incidents.ts';
import { findBrokenLink, listLog } from '../../db/log.ts';
import { listOutbox, openOutbox } from '../../db/outbox.ts';
import type { Principal } from '../../db/principals.ts';
import { inTransaction } from '../../db/store.ts';
import { createNoticeCircuits } from '../../exchange/notice-circuits.ts';
import { createWebhookSender } from '../../exchange/webhook-sender.ts';
import type { Finding } from '../../orders/finding.ts';
import { clearHeld, givenHeld, inTurn, runQuietly, watchAt } from '../support/incidents.ts';
import { makeOrderJson, WRONG_PRICE } from '../support/order-factory.ts';
import { openReceiver, type Receiver } from '../support/receiver.ts';
import { givenOrder, makeArrival } from '../support/store.ts';
import { openStepHouse, type StepHouse } from './step-house.ts';

const LONG_AGO = '2020-01-01T00:00:00.000Z';
const EVERYONE: Principal = { id: 'olivia', roles: ['operator'] };

let house: StepHouse;
beforeAll(async () => void (house = await openStepHouse({})));
afterAll(() => house.close());
beforeEach(async () => {
  for (const table of ['incident_orders', 'incidents', 'holds', 'order_staging_errors', 'outbox'] as const)
    await house.store.db.deleteFrom(table).execute();
  await house.store.db.updateTable('orders').set({ received_at: LONG_AGO }).execute();
});

const watch = (minutes?: number) => watchAt(house.store, minutes);
/** Notices that nothing waits any more, and looks again when it has been so for long enough. */
const watchUntilCalm = () => watch().then(() => watch(6));
const held = (code: string, options?: Parameters<typeof givenHeld>[2]) => givenHeld(house.store, code, options);
const clear = (orderId: string) => clearHeld(house.store, orderId);

const incidents = (filter = {}, principal = EVERYONE): Promise<IncidentRow[]> =>
  listIncidents(house.store, principal, filter, { size: 50 });

const membersOf = async ({ id }: IncidentRow, principal = EVERYONE) =>
  (await listIncidentMembers(house.store, principal, id, { afterId: '', size: 200 })).map(
    ({ subject_id }) => subject_id,
  );

/** As when an order that was let go on comes to the same again. */
const holdAgain = (orderId: string, code: string, minutes: number) =>
  openHolds(
    house.store,
    { orderId, revision: 1 },
    [{ code, category: 'processing', releaseRole: null }],
    new Date(Date.now() + minutes * 60_000).toISOString(),
  );

/** Sends what our own people are to be told of. */
const deliver = ({ url }: Receiver) => {
  const webhook = { url, secrets: [`whsec_${Buffer.alloc(32, 7).toString('base64')}`] };
  const sendWebhook = createWebhookSender({ allowPrivate: true, timeoutMs: 3000 });
  const notices = { sendWebhook, sendMail: null, circuits: createNoticeCircuits(), house: { webhook, mailTo: [] } };
  return runQuietly(() => deliverNotices({ store: house.store, notices } as unknown as Deps));
};

/** What our own people were told, oldest first. */
async function notices(): Promise<{ type: string; data: Record<string, unknown> }[]> {
  const rows = await house.store.db.selectFrom('outbox').selectAll().where('kind', 'like', 'incident.%').orderBy('id').execute(); // prettier-ignore
  return Promise.all(rows.map(async (row) => JSON.parse((await openOutbox(house.store, row)).toString()) as never));
}

/** An order that came in and was judged by its real rules. @returns its id */
async function judged(changes: Record<string, unknown> = {}, source = 'web-shop'): Promise<string> {
  const orderId = uuidv7();
  const bytes = Buffer.from(JSON.stringify(makeOrderJson(changes)));
  const arrival = makeArrival({ bytes, source, at: new Date().toISOString() });
  await acceptDocument(house.store, arrival, { orderId, operatorId: null });
  await house.judge(await house.steps.parseOrder(orderId));
  return orderId;
}

const BROKEN: Finding = {
  ...{ code: 'JSON.SYNTAX', category: 'data_format', disposition: 'reject', path: '', evidence: null, location: {} },
  message: 'it cannot be read',
};

describe('one cause that hits many orders', () => {
  test('is one incident and one notice, not sixty: a product that is no longer sold', async () => {
    await house.back.admin.changeProduct('SKU-1', { active: false });
    const ids = await inTurn(60, () => judged());
    await house.back.admin.changeProduct('SKU-1', { active: true });
    expect(await watch()).toEqual({ troubles: 60, opened: 1, closed: 0 });
    const [incident, ...others] = await incidents();
    expect(others).toEqual([]);
    expect(incident).toMatchObject({
      cause_kind: 'product',
      cause_value: 'SKU-1',
      state: 'open',
      orders: 60,
      peak: 60,
    });
    expect(await membersOf(incident!)).toEqual([...ids].sort());
    const [notice, ...more] = await notices();
    expect(more).toEqual([]);
    expect(notice).toMatchObject({
      type: 'incident.opened',
      data: {
        ...{ title: 'product SKU-1 (PRODUCT.INACTIVE) stops 60 orders', orders: 60, waiting: 60, from: 'web-shop 60' },
        ...{ worth: '11994.00 USD', run: `npm run orders -- incident ${incident!.id}` },
        details: { codes: ['PRODUCT.INACTIVE'], sources: [{ source: 'web-shop', orders: 60 }] },
      },
    });
    // Nothing new: nothing is told, however often it is looked.
    expect(await watch()).toEqual({ troubles: 0, opened: 0, closed: 0 });
    expect(await notices()).toHaveLength(1);
  });

  test('is told once more when it has grown tenfold, and when it is over', async () => {
    const ids = await inTurn(12, () => held('CREDIT.LIMIT'));
    expect(await watch()).toMatchObject({ opened: 1 });
    ids.push(...(await inTurn(107, () => held('CREDIT.LIMIT'))));
    await watch();
    expect(await notices()).toHaveLength(1);
    ids.push(await held('CREDIT.LIMIT'));
    await watch();
    for (const id of ids.slice(1)) await clear(id);
    expect(await watchUntilCalm()).toMatchObject({ closed: 0 });
    await clear(ids[0]!);
    expect(await watch(7)).toMatchObject({ closed: 0 });
    expect(await watch(13)).toMatchObject({ closed: 1 });
    expect((await notices()).map(({ type, data }) => [type, data['orders'], data['waiting']])).toEqual([
      ['incident.opened', 12, 12],
      ['incident.grown', 120, 120],
      ['incident.closed', 120, 0],
    ]);
    expect(await incidents()).toEqual([expect.objectContaining({ state: 'closed', orders: 120, peak: 120 })]);
  });

  test('is told once a day while it goes on: an order that was forgotten hides none that come later', async () => {
    const day = 24 * 60;
    const ids = await inTurn(12, () => held('CREDIT.LIMIT'));
    await watch();
    for (const id of ids.slice(1)) await clear(id);
    await held('CREDIT.LIMIT', { minutes: -day + 10 });
    await watch(day - 9);
    expect(await notices()).toHaveLength(1);
    await held('CREDIT.LIMIT', { minutes: -day - 10 });
    await watch(day + 11);
    await held('CREDIT.LIMIT', { minutes: -day - 20 });
    await watch(day + 21);
    expect((await notices()).map(({ type, data }) => [type, data['orders'], data['waiting']])).toEqual([
      ['incident.opened', 12, 12],
      ['incident.grown', 14, 3],
    ]);
    // Nothing new, nothing told.
    await watch(2 * day + 30);
    expect(await notices()).toHaveLength(2);
  });

  test('whose orders wait too long for a person says so, once for all of them and again each day', async () => {
    const day = 24 * 60;
    const ids = await inTurn(12, () => held('CREDIT.LIMIT'));
    const escalate = async (orderId: string) => {
      await house.steps.enterReview({ orderId, revision: 1 }, Date.now());
      await house.steps.recordMilestone({ orderId, revision: 1 }, 'escalated', Date.now());
    };
    await watch();
    for (const id of ids.slice(0, 3)) await escalate(id);
    await watch(1);
    await escalate(ids[3]!);
    await watch(day);
    await watch(day + 1);
    for (const id of ids.slice(0, 4)) await clear(id);
    await watch(2 * day + 2);
    expect((await notices()).map(({ type, data }) => [type, data['late'], data['title']])).toEqual([
      ['incident.opened', undefined, expect.stringContaining('stops 12 orders')],
      ['incident.escalated', 3, expect.stringContaining('has kept 3 of 12 orders too long')],
      ['incident.escalated', 4, expect.stringContaining('has kept 4 of 12 orders too long')],
    ]);
  });

  test('is logged without the number of its customer', async () => {
    await inTurn(10, () => held('CREDIT.LIMIT', { customer: 'C-31337' }));
    const logged: string[] = [];
    const logger = new DefaultLogger('TRACE', ({ message, meta }) => logged.push(JSON.stringify([message, meta])));
    const deps = { store: house.store } as Deps;
    await new MockActivityEnvironment({}, { logger }).run(() => watchIncidents(deps));
    expect(logged.filter((line) => line.includes('an incident is opened'))).toHaveLength(1);
    expect(logged.join()).not.toContain('C-31337');
  });

  test('leaves a trail of its own', async () => {
    const ids = await inTurn(10, () => held('RULE.FAILED.CREDIT.LIMIT'));
    await watch();
    for (const id of ids) await clear(id);
    await watchUntilCalm();
    const [incident] = await incidents();
    const entries = await listLog(house.store, `incident:${incident!.id}`);
    expect(entries.map(({ actor, action }) => [actor, action])).toEqual([
      ['worker', 'incident.opened'],
      ['worker', 'incident.closed'],
    ]);
    expect(await findBrokenLink(house.store, `incident:${incident!.id}`)).toBeUndefined();
  });

  test('is not made of nine orders, of ten in a longer time, or of what somebody wants', async () => {
    await inTurn(9, () => held('TOTAL.MISMATCH'));
    await inTurn(10, (index) => held('CREDIT.LIMIT', { minutes: index * 2 }));
    await inTurn(20, () => held('GATE.MANUAL'));
    await inTurn(20, () => held('CHANGE.NO_ORIGINAL'));
    // Here it is not about the share of what the source sent.
    await house.store.db.updateTable('orders').set({ received_at: LONG_AGO }).execute();
    expect(await watch()).toMatchObject({ opened: 0 });
    await held('TOTAL.MISMATCH');
    expect(await watch()).toMatchObject({ opened: 1 });
    expect(await incidents()).toEqual([
      expect.objectContaining({
        cause_kind: 'code',
        cause_value: 'web-shop',
        cause_code: 'TOTAL.MISMATCH',
        orders: 10,
      }),
    ]);
  });

  test('and another one at the same time are two, and an order may be hit by both', async () => {
    const both = await inTurn(10, async () => {
      const id = await held('CUSTOMER.CREDIT_STOP', { customer: 'C-7' });
      const hold = { code: 'TOTAL.MISMATCH', category: 'business_rule', releaseRole: 'reviewer' } as const;
      await openHolds(house.store, { orderId: id, revision: 1 }, [hold], new Date().toISOString());
      return id;
    });
    expect(await watch()).toMatchObject({ opened: 2 });
    const open = await incidents({ state: 'open' });
    expect(open.map(({ cause_kind: kind, cause_value: value }) => [kind, value]).sort()).toEqual([
      ['code', 'web-shop'],
      ['customer', 'C-7'],
    ]);
    for (const incident of open) expect(await membersOf(incident)).toEqual([...both].sort());
    expect(await notices()).toHaveLength(2);
  });

  test('at a source is told apart from the same at another', async () => {
    await inTurn(10, () => held('DELIVERY.PAST', { source: 'web-shop' }));
    await inTurn(9, () => held('DELIVERY.PAST', { source: 'api-zapco' }));
    await watch();
    expect(await incidents()).toEqual([expect.objectContaining({ cause_value: 'web-shop', orders: 10 })]);
  });

  test('that comes back is another incident, made of other orders', async () => {
    const ids = await inTurn(10, () => held('CREDIT.LIMIT'));
    await watch();
    for (const id of ids) await clear(id);
    expect(await watchUntilCalm()).toEqual({ troubles: 0, opened: 0, closed: 1 });
    const again = [...(await inTurn(9, () => held('CREDIT.LIMIT')))];
    expect(await watch()).toMatchObject({ opened: 0 });
    again.push(await held('CREDIT.LIMIT'));
    expect(await watch()).toMatchObject({ opened: 1 });
    const [newest, oldest] = await incidents();
    expect(await membersOf(newest!)).toEqual([...again].sort());
    expect(await membersOf(oldest!)).toEqual([...ids].sort());
  });
});

describe('a system that is away', () => {
  test('is an incident after five minutes, even with one order, and is over by itself', async () => {
    const id = await held('BACKOFFICE.UNAVAILABLE', { minutes: 4 });
    expect(await watch()).toMatchObject({ opened: 0 });
    expect(await watch(2)).toMatchObject({ opened: 1 });
    expect(await incidents()).toEqual([
      expect.objectContaining({ cause_kind: 'system', cause_code: 'BACKOFFICE.UNAVAILABLE', orders: 1 }),
    ]);
    await clear(id);
    expect(await watch(3)).toMatchObject({ closed: 0 });
    expect(await watch(9)).toEqual({ troubles: 0, opened: 0, closed: 1 });
    expect((await notices()).map(({ data }) => data['title'])).toEqual([
      'BACKOFFICE.UNAVAILABLE stops 1 order',
      'BACKOFFICE.UNAVAILABLE is over and had stopped 1 order',
    ]);
  });

  test('while nobody looked is found all the same', async () => {
    await inTurn(3, () => held('BACKOFFICE.UNAVAILABLE', { minutes: 120 }));
    expect(await watch()).toEqual({ troubles: 3, opened: 1, closed: 0 });
  });

  test('and that is back for a moment only is one incident, of the same orders', async () => {
    const ids = await inTurn(10, () => held('BACKOFFICE.UNAVAILABLE', { minutes: 4 }));
    await watch(-3);
    for (const minute of [-2, -1, 0]) {
      for (const id of ids) await clear(id);
      expect(await watch(minute - 0.5)).toMatchObject({ opened: 0, closed: 0 });
      for (const id of ids) await holdAgain(id, 'BACKOFFICE.UNAVAILABLE', minute);
      expect(await watch(minute)).toEqual({ troubles: 10, opened: 0, closed: 0 });
    }
    expect(await incidents()).toEqual([expect.objectContaining({ state: 'open', orders: 10, peak: 10 })]);
    expect(await notices()).toHaveLength(1);
    expect(await house.store.db.selectFrom('incident_orders').selectAll().execute()).toHaveLength(10);
  });

  test('is one incident, whatever the sources and customers of the orders', async () => {
    await inTurn(6, () => held('BACKOFFICE.UNAVAILABLE', { source: 'web-shop', customer: 'C-1' }));
    await inTurn(6, () => held('BACKOFFICE.UNAVAILABLE', { source: 'api-zapco', customer: 'C-2' }));
    await watch();
    expect(await incidents()).toEqual([expect.objectContaining({ cause_kind: 'system', orders: 12 })]);
    const [notice] = await notices();
    expect(notice?.data).toMatchObject({ worth: '120.00 USD', from: 'api-zapco 6, web-shop 6' });
  });
});

describe('a source', () => {
  test('that sends thirty unreadable documents is one incident, whatever is wrong with each; it ends with the last hour', async () => {
    const refused = await inTurn(30, (index) => {
      const findings = [{ ...BROKEN, code: index % 2 ? 'JSON.SYNTAX' : 'JSON.DUPLICATE_KEY' }];
      return refuseDocument(house.store, makeArrival({ source: 'api-zapco', findings, at: new Date().toISOString() }));
    });
    expect(await watch()).toEqual({ troubles: 30, opened: 1, closed: 0 });
    const [incident, ...others] = await incidents();
    expect(others).toEqual([]);
    expect(incident).toMatchObject({ cause_kind: 'source', cause_value: 'api-zapco', orders: 30, peak: 0 });
    expect(await membersOf(incident!)).toEqual([...refused].sort());
    expect(await watch(64)).toMatchObject({ closed: 0 });
    expect(await watch(66)).toMatchObject({ closed: 1 });
    expect(await notices()).toHaveLength(2);
  });

  test('counts an order that went back once, whichever steps found the same', async () => {
    const { id } = await givenOrder(house.store, { state: 'rejected' });
    for (const [step, seconds] of [['parse', 2], ['validate', 1]] as const) {
      const at = new Date(Date.now() - seconds * 1000).toISOString();
      await putFindings(house.store, { subject: `order:${id}`, revision: 1, step, at }, [BROKEN, BROKEN]);
    } // prettier-ignore
    expect(await watch()).toMatchObject({ troubles: 2 });
    expect(await watch()).toMatchObject({ troubles: 0 });
    expect(await house.store.db.selectFrom('incident_orders').selectAll().execute()).toHaveLength(1);
  });

  test('of whose orders more than one in twenty needs a person is one, for whatever reasons', async () => {
    const at = new Date().toISOString();
    await inTurn(57, () => givenOrder(house.store, { received_at: at, state: 'completed' }));
    for (const code of ['TOTAL.MISMATCH', 'PO.DUPLICATE', 'SHIPTO.UNKNOWN']) await held(code);
    // Three of sixty are 5 %, not more.
    expect(await watch()).toMatchObject({ opened: 0 });
    const last = await held('DELIVERY.PAST');
    expect(await watch()).toMatchObject({ opened: 1 });
    expect(await incidents()).toEqual([
      expect.objectContaining({ cause_kind: 'share', cause_value: 'web-shop', orders: 4 }),
    ]);
    expect(await isFolded(house.store, last)).toBe(true);
  });

  test('of whose few orders many need a person is none', async () => {
    await inTurn(9, (index) => held(['TOTAL.MISMATCH', 'DELIVERY.PAST', 'PO.DUPLICATE'][index % 3]!));
    expect(await watch()).toMatchObject({ opened: 0 });
  });

  test('is not blamed for what is another incident', async () => {
    await inTurn(40, () => held('CREDIT.LIMIT'));
    expect(await watch()).toMatchObject({ opened: 1 });
    expect((await incidents()).map(({ cause_kind: kind }) => kind)).toEqual(['customer']);
  });
});

describe('products', () => {
  test('are told apart, and an order with several counts for each', async () => {
    await house.back.admin.changeProduct('SKU-2', { active: false });
    await house.back.admin.changeProduct('SKU-3', { active: false });
    const two = { ...WRONG_PRICE, lines: ['SKU-2', 'SKU-3'].map((sku, i) => ({ ...WRONG_PRICE.lines[0], sku, line: String(i + 1) })), total: '360.00' }; // prettier-ignore
    await inTurn(10, () => judged(two));
    await house.back.admin.changeProduct('SKU-2', { active: true });
    await house.back.admin.changeProduct('SKU-3', { active: true });
    await watch();
    const found = await incidents({ kind: 'product' });
    expect(found.map(({ cause_value: sku, orders }) => [sku, orders]).sort()).toEqual([
      ['SKU-2', 10],
      ['SKU-3', 10],
    ]);
  });

  test('of an order that cannot be read any more are not known: then it is the code at the source', async () => {
    await house.back.admin.changeProduct('SKU-1', { active: false });
    const ids = await inTurn(10, () => judged());
    await house.back.admin.changeProduct('SKU-1', { active: true });
    await house.store.db.updateTable('data_keys').set({ wrapped_key: Buffer.alloc(32) }).where('subject', 'in', ids.map((id) => `order:${id}`)).execute(); // prettier-ignore
    await watch();
    expect(await incidents()).toEqual([
      expect.objectContaining({ cause_kind: 'code', cause_code: 'PRODUCT.INACTIVE', orders: 10 }),
    ]);
  });
});

describe('messages about single orders', () => {
  test('are folded while an incident tells of them, also for an order that is not counted yet', async () => {
    await inTurn(10, () => held('CREDIT.LIMIT'));
    const early = await held('CREDIT.LIMIT');
    expect(await isFolded(house.store, early)).toBe(false);
    await watch();
    const late = await held('CREDIT.LIMIT');
    expect([await isFolded(house.store, early), await isFolded(house.store, late)]).toEqual([true, true]);
    const other = await held('CREDIT.LIMIT', { customer: 'C-2' });
    expect(await isFolded(house.store, other)).toBe(false);
  });

  test('wait a minute, and are never sent for what an incident tells of: sixty orders are one message', async () => {
    const receiver = await openReceiver();
    const told = () => receiver.received.map(({ body }) => (JSON.parse(body) as { type: string }).type);
    const ids = await inTurn(60, () => held('CREDIT.LIMIT'));
    const alone = await held('TOTAL.MISMATCH');
    for (const id of [...ids, alone]) await house.steps.enterReview({ orderId: id, revision: 1 }, Date.now());
    await deliver(receiver);
    expect(told()).toEqual([]);
    await watch();
    await house.store.db
      .updateTable('outbox')
      .set({ created_at: LONG_AGO })
      .where('kind', 'like', 'review.%')
      .execute();
    await deliver(receiver);
    await deliver(receiver);
    await receiver.close();
    expect(told().sort()).toEqual(['incident.opened', 'review.opened']);
    const kept = await listOutbox(house.store, `order:${ids[0]!}`);
    expect(kept).toEqual([expect.objectContaining({ kind: 'review.opened', state: 'available' })]);
  });

  test('are sent where something else is wrong with the order, too', async () => {
    await inTurn(10, () => held('CREDIT.LIMIT'));
    await watch();
    const id = await held('CREDIT.LIMIT');
    const hold = { code: 'TOTAL.MISMATCH', category: 'business_rule', releaseRole: 'reviewer' } as const;
    await openHolds(house.store, { orderId: id, revision: 1 }, [hold], new Date().toISOString());
    expect(await isFolded(house.store, id)).toBe(false);
  });
});

test('two workers at once open one incident and tell of it once', async () => {
  await inTurn(25, () => held('CREDIT.LIMIT'));
  const looks = await Promise.all([watch(), watch(), watch()]);
  expect(looks.reduce((sum, { opened }) => sum + opened, 0)).toBe(1);
  expect(await incidents()).toEqual([expect.objectContaining({ orders: 25 })]);
  expect(await notices()).toHaveLength(1);
});

test('whoever is limited to sources or customers sees their part of an incident, and none that is not theirs', async () => {
  const mine = await inTurn(4, () => held('BACKOFFICE.UNAVAILABLE', { source: 'api-zapco', customer: 'C-2' }));
  await inTurn(8, () => held('BACKOFFICE.UNAVAILABLE'));
  await inTurn(10, () => held('TOTAL.MISMATCH'));
  await watch();
  for (const limits of [{ sources: ['api-zapco'] }, { customers: ['C-2'] }]) {
    const limited = { ...EVERYONE, ...limits };
    const seen = await incidents({}, limited);
    expect(seen).toEqual([expect.objectContaining({ cause_code: 'BACKOFFICE.UNAVAILABLE' })]);
    expect(await membersOf(seen[0]!, limited)).toEqual([...mine].sort());
  }
  expect(await incidents({}, { ...EVERYONE, sources: ['desk'] })).toEqual([]);
});

test('whoever is limited to customers does not learn whose an order was before it was corrected to be theirs', async () => {
  const [corrected] = await inTurn(10, () => held('CREDIT.LIMIT', { customer: 'C-9' }));
  await watch();
  await house.store.db.updateTable('orders').set({ customer_id: 'C-2' }).where('id', '=', corrected!).execute();
  expect(await incidents({}, { ...EVERYONE, customers: ['C-2'] })).toEqual([]);
  const [seen] = await incidents({}, { ...EVERYONE, customers: ['C-2', 'C-9'] });
  expect(await membersOf(seen!, { ...EVERYONE, customers: ['C-2', 'C-9'] })).toHaveLength(10);
});

test('what is erased leaves no word of it behind, unless it is an incident of many orders', async () => {
  const unknown = { lines: [{ ...WRONG_PRICE.lines[0], sku: 'Pat Example' }] };
  const alone = await judged(unknown);
  await watch();
  const skusOf = async () =>
    (await house.store.db.selectFrom('incident_orders').select('cause_value').where('cause_kind', '=', 'product').execute()).map((row) => row.cause_value); // prettier-ignore
  expect(await skusOf()).toEqual(['Pat Example']);
  await inTransaction(house.store, (tx) => removeContent(tx, [alone]));
  expect(await skusOf()).toEqual([]);
});

test('what was no incident and is over is forgotten after an hour', async () => {
  const gone = await held('CREDIT.LIMIT');
  const standing = await held('CREDIT.LIMIT');
  await watch();
  await clear(gone);
  await watch(30);
  const kept = async () =>
    (await house.store.db.selectFrom('incident_orders').select('subject_id').distinct().execute()).map(
      (row) => row.subject_id,
    );
  expect((await kept()).sort()).toEqual([gone, standing].sort());
  await watch(61);
  expect(await kept()).toEqual([standing]);
});
