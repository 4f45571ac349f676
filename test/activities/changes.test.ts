import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { mayGoOn } from '../../activities/choose-course.ts';
import { type BackOffice, BackOfficeUnavailable } from '../../backoffice/port.ts';
import { findChangeOf } from '../../db/changes.ts';
import { findDecision, listDecisions, settleDecision } from '../../db/decisions.ts';
import { acceptDocument } from '../../db/intake.ts';
import { getOrder, getRevision, type OrderRow } from '../../db/orders.ts';
import { putSource } from '../../db/sources.ts';
import { inTransaction } from '../../db/store.ts';
import { sourceProfileSchema } from '../../orders/source.ts';
import { makeOrderJson } from '../support/order-factory.ts';
import { makeArrival } from '../support/store.ts';
import { openStepHouse, type StepHouse } from './step-house.ts';

/* Changes of an order, step by step: what is hard to meet in the moment in which it matters. */

let house: StepHouse;
/** What befalls the next calls of the back office. */
let lost: (keyof BackOffice)[] = [];

beforeAll(async () => {
  house = await openStepHouse({ reach: withLostAnswers });
  const shop = { id: 'retelling-shop', channel: 'ecommerce', webhook: { kind: 'standard' } } as const;
  const by = { actor: 'ada', at: new Date().toISOString() };
  await putSource(house.store, sourceProfileSchema.parse(shop), by);
});
beforeEach(() => {
  lost = [];
});
afterAll(() => house.close());

function withLostAnswers(real: BackOffice): BackOffice {
  const wrap =
    (name: string, call: (...args: unknown[]) => Promise<unknown>) =>
    async (...args: unknown[]) => {
      const answer = await call(...args);
      if (!lost.includes(name as keyof BackOffice)) return answer;
      throw new BackOfficeUnavailable(name, 'the answer was lost');
    };
  return Object.fromEntries(Object.entries(real).map(([name, call]) => [name, wrap(name, call as never)])) as never;
}

type Json = Record<string, unknown>;

const lineOf = (quantity: number, unitPrice = '19.9900'): Json => {
  const amount = (quantity * Number(unitPrice)).toFixed(2);
  return { lines: [{ line: '1', sku: 'SKU-1', quantity: String(quantity), unitPrice, amount }], total: amount };
};
/** A price that was not agreed: a person must look. */
const DOUBTFUL = lineOf(10, '18.0000');

let minute = 0;
/** Takes an order in, a minute after the one before. */
async function accept(json: Json, source = 'web-shop', operatorId: string | null = null): Promise<string> {
  minute += 1;
  const orderId = uuidv7();
  const at = new Date(Date.now() - 3_600_000 + minute * 60_000).toISOString();
  const channel = operatorId === null ? 'ecommerce' : 'manual';
  const bytes = Buffer.from(JSON.stringify(json));
  await acceptDocument(house.store, makeArrival({ source, channel, bytes, at }), { orderId, operatorId });
  return orderId;
}

async function read(json: Json, source?: string, operatorId?: string): Promise<string> {
  const orderId = await accept(json, source, operatorId);
  await house.steps.parseOrder(orderId);
  return orderId;
}

const rowOf = (orderId: string): Promise<OrderRow> => getOrder(house.store, orderId);
const refOf = async (orderId: string) => ({ orderId, revision: (await rowOf(orderId)).revision });
const live = async (orderId: string) =>
  (await house.back.admin.listProductionOrders({ orderId })).productionOrders.filter(
    ({ state }) => state !== 'cancelled',
  );

async function judge(orderId: string): Promise<void> {
  const ref = await refOf(orderId);
  await house.steps.takeFacts(ref);
  await house.steps.validateOrder(ref);
  await house.steps.settleVerdict(ref);
}

async function openReview(orderId: string): Promise<void> {
  await house.steps.enterReview(await refOf(orderId), Date.now());
}

/** Decides and lets it take effect. */
async function say(orderId: string, saying: Parameters<StepHouse['decide']>[1]) {
  return house.steps.applyDecision(orderId, await house.decide(orderId, saying));
}

const link = async (orderId: string) => house.steps.linkChange(await refOf(orderId));
const recheck = async (orderId: string) => {
  await house.steps.resumeOrder(await refOf(orderId));
  return link(orderId);
};
const codesOf = (progress: { readonly holds: readonly { readonly code: string }[] }) =>
  progress.holds.map(({ code }) => code);

async function givenReview(changes: Json = {}): Promise<{ json: Json; orderId: string }> {
  const json = makeOrderJson({ ...DOUBTFUL, ...changes });
  const orderId = await read(json);
  await judge(orderId);
  await openReview(orderId);
  return { json, orderId };
}

async function submit(orderId: string): Promise<void> {
  const ref = await refOf(orderId);
  for (const step of ['reserveOrder', 'stageOrder', 'submitOrder'] as const) await house.steps[step](ref);
}

async function givenCompleted(): Promise<{ json: Json; orderId: string }> {
  const json = makeOrderJson();
  const orderId = await read(json);
  await judge(orderId);
  await submit(orderId);
  expect(await rowOf(orderId)).toMatchObject({ state: 'completed' });
  return { json, orderId };
}

/** Lets the order take in what its changes ask for. */
async function takeIn(orderId: string): Promise<void> {
  for (const { id, state } of await listDecisions(house.store, orderId))
    if (state === 'pending') await house.steps.applyDecision(orderId, id);
}

const changeOf = (json: Json, type: string, changes: Json = {}): Json => ({
  ...json,
  externalId: `${String(json['externalId'])}-${uuidv7()}`,
  type,
  ...changes,
});

describe('the order of changes', () => {
  test('is kept where an earlier one has not been read yet', async () => {
    const { json, orderId } = await givenReview();
    const earlier = await accept(changeOf(json, 'replace', lineOf(5)));
    const later = await read(changeOf(json, 'replace', lineOf(7)));
    expect(codesOf(await link(later))).toEqual(['CHANGE.WAITS']);
    expect(await listDecisions(house.store, orderId)).toEqual([]);
    await house.steps.parseOrder(earlier);
    expect(await mayGoOn(house.store, later)).toBe(false);
    await link(earlier);
    await takeIn(orderId);
    await recheck(earlier);
    await recheck(later);
    await takeIn(orderId);
    expect(await rowOf(orderId)).toMatchObject({ revision: 3, total: '139.93' });
  });

  test('is asked about where an earlier one is late all the same', async () => {
    const { json, orderId } = await givenReview();
    const earlier = await accept(changeOf(json, 'replace', lineOf(5)));
    await house.steps.holdOrder(earlier, 'PROCESSING.FAILED');
    const later = await read(changeOf(json, 'replace', lineOf(7)));
    await link(later);
    await takeIn(orderId);
    expect(await recheck(later)).toMatchObject({ state: 'applied' });
    await house.steps.resumeOrder(await refOf(earlier));
    await house.steps.parseOrder(earlier);
    expect(codesOf(await link(earlier))).toEqual(['CHANGE.OUTDATED']);
    await openReview(earlier);
    expect(await say(earlier, { action: 'approve' })).toMatchObject({ applied: true, progress: { state: 'parsed' } });
    expect(codesOf(await link(earlier))).toEqual(['CHANGE.WAITS']);
    await takeIn(orderId);
    expect(await rowOf(orderId)).toMatchObject({ total: '99.95' });
  });

  test('holds between what a sender sends and what is typed at a desk', async () => {
    const { json } = await givenCompleted();
    const sent = await read(changeOf(json, 'replace', lineOf(5)));
    const typed = await read(changeOf(json, 'cancel'), 'desk', 'olivia');
    expect(codesOf(await link(typed))).toEqual(['CHANGE.WAITS']);
    await link(sent);
    await judge(sent);
    await openReview(sent);
    await say(sent, { action: 'reject' });
    await house.steps.closeOrder(await refOf(sent));
    expect(codesOf(await recheck(typed))).toEqual(['CHANGE.AFTER_HANDOFF']);
  });
});

describe('a change that was given up', () => {
  test('has no effect, though its order had not looked at what it asks for yet', async () => {
    const { json, orderId } = await givenReview();
    const change = await read(changeOf(json, 'cancel'));
    await link(change);
    expect(await say(change, { action: 'cancel' })).toMatchObject({ applied: true });
    await takeIn(orderId);
    expect(await rowOf(orderId)).toMatchObject({ state: 'in_review' });
    const [asked] = await listDecisions(house.store, orderId);
    expect(asked).toMatchObject({ state: 'refused', refusal: expect.stringContaining('given up') });
  });

  test('was taken in before: then it cannot be given up', async () => {
    const { json, orderId } = await givenReview();
    const change = await read(changeOf(json, 'cancel'));
    await link(change);
    await takeIn(orderId);
    const late = await say(change, { action: 'cancel' });
    expect(late).toMatchObject({ applied: false, refusal: expect.stringContaining('taken it in') });
    expect(await recheck(change)).toMatchObject({ state: 'applied' });
  });

  test.each(['replace', 'cancel'] as const)(
    'while nobody knows whether production carried it out (%s) is carried out if it was',
    async (type) => {
      const { json, orderId } = await givenCompleted();
      const change = await read(changeOf(json, type, lineOf(5)));
      await link(change);
      if (type === 'replace') await judge(change);
      await openReview(change);
      await say(change, { action: 'approve' });
      lost = ['amend', 'cancel'];
      await expect(house.steps.carryOutChange(await refOf(change))).rejects.toThrow();
      await house.steps.holdOrder(change, 'BACKOFFICE.UNAVAILABLE');
      lost = [];
      const given = await say(change, { action: 'cancel' });
      expect(given).toMatchObject({ applied: false, progress: { state: 'applied', holds: [], review: null } });
      const row = await rowOf(orderId);
      expect(row).toMatchObject(
        type === 'replace' ? { state: 'completed', revision: 2, total: '99.95' } : { state: 'cancelled' },
      );
      expect(await live(orderId)).toMatchObject(type === 'replace' ? [{ revision: 2, total: '99.95' }] : []);
    },
  );

  test('while production was not asked is given up', async () => {
    const { json, orderId } = await givenCompleted();
    const change = await read(changeOf(json, 'replace', lineOf(5)));
    await link(change);
    await judge(change);
    await openReview(change);
    expect(await say(change, { action: 'reject' })).toMatchObject({ applied: true, progress: { state: 'rejected' } });
    expect(await live(orderId)).toMatchObject([{ revision: 1 }]);
  });
});

describe('the order that is meant', () => {
  test('is not the second one with the number, which waits as its duplicate', async () => {
    const { json, orderId } = await givenCompleted();
    const second = await read({ ...json, externalId: uuidv7() });
    await judge(second);
    const change = await read(changeOf(json, 'cancel'));
    expect(codesOf(await link(change))).toEqual(['CHANGE.AFTER_HANDOFF']);
    expect(await rowOf(change)).toMatchObject({ changes_order_id: orderId });
  });

  test('is the replacement itself if it never came and a person says so', async () => {
    const json = makeOrderJson({ type: 'replace' });
    const change = await read(json);
    await house.store.db.updateTable('orders').set({ received_at: '2026-01-01T00:00:00.000Z' }).where('id', '=', change).execute(); // prettier-ignore
    expect(codesOf(await link(change))).toEqual(['CHANGE.NO_ORIGINAL']);
    await openReview(change);
    expect(await say(change, { action: 'approve' })).toMatchObject({ progress: { state: 'parsed', type: 'new' } });
    await judge(change);
    await submit(change);
    expect(await rowOf(change)).toMatchObject({ state: 'completed', type: 'new' });
    expect(await live(change)).toHaveLength(1);
  });

  test.each(['expired_at', 'erased_at'] as const)('is left alone when its content is gone (%s)', async (column) => {
    const { json, orderId } = await givenCompleted();
    const gone = { [column]: new Date().toISOString() };
    await house.store.db.updateTable('orders').set(gone).where('id', '=', orderId).execute();
    for (const type of ['replace', 'cancel']) {
      const change = await read(changeOf(json, type, lineOf(5)));
      expect(codesOf(await link(change))).toEqual(['CHANGE.CONTENT_GONE']);
      await openReview(change);
      expect(await say(change, { action: 'approve' })).toMatchObject({ applied: false });
      await say(change, { action: 'reject' });
      await house.steps.closeOrder(await refOf(change));
    }
    expect(await live(orderId)).toMatchObject([{ revision: 1 }]);
  });
});

describe('a change that its order refused', () => {
  const refuse = async (orderId: string): Promise<void> => {
    const asked = (await listDecisions(house.store, orderId)).filter(({ state }) => state === 'pending');
    const to = { refusal: 'the back office refuses to say', at: new Date().toISOString() };
    for (const { id } of asked) await inTransaction(house.store, (tx) => settleDecision(tx, id, to));
  };

  test('asks once more after a person approved, and once only', async () => {
    const { json, orderId } = await givenReview();
    const change = await read(changeOf(json, 'replace', lineOf(5)));
    await link(change);
    await refuse(orderId);
    expect(codesOf(await recheck(change))).toEqual(['CHANGE.REFUSED']);
    await openReview(change);
    await say(change, { action: 'approve' });
    expect(codesOf(await link(change))).toEqual(['CHANGE.WAITS']);
    await refuse(orderId);
    expect(codesOf(await recheck(change))).toEqual(['CHANGE.REFUSED']);
    expect(await listDecisions(house.store, orderId)).toHaveLength(2);
  });

  test('is judged first if production got the order meanwhile', async () => {
    const { json, orderId } = await givenReview();
    const change = await read(changeOf(json, 'replace', lineOf(5)));
    await link(change);
    await refuse(orderId);
    await recheck(change);
    await say(orderId, { action: 'approve' });
    await submit(orderId);
    await openReview(change);
    await say(change, { action: 'approve' });
    expect(await link(change)).toMatchObject({ state: 'parsed' });
    await judge(change);
    expect(await rowOf(change)).toMatchObject({ state: 'in_review' });
    expect(await live(orderId)).toMatchObject([{ revision: 1 }]);
  });

  test('because it was being rejected waits for its end, and brings it back', async () => {
    const { json, orderId } = await givenReview();
    const change = await read(changeOf(json, 'replace', lineOf(5)));
    const rejection = await house.decide(orderId, { action: 'reject' });
    await link(change);
    await house.steps.applyDecision(orderId, rejection);
    await takeIn(orderId);
    expect(codesOf(await recheck(change))).toEqual(['CHANGE.WAITS']);
    await house.steps.closeOrder(await refOf(orderId));
    expect(await recheck(change)).toMatchObject({ state: 'applied' });
    expect(await rowOf(orderId)).toMatchObject({ state: 'parsed', revision: 2 });
  });
});

test('nobody approves an order whose change they corrected', async () => {
  const { json, orderId } = await givenReview();
  const change = await read(changeOf(json, 'replace', { ...lineOf(9, '18.0000'), poNumber: `wrong-${uuidv7()}` }));
  await house.store.db.updateTable('orders').set({ received_at: '2026-01-01T00:00:00.000Z' }).where('id', '=', change).execute(); // prettier-ignore
  await link(change);
  await openReview(change);
  await say(change, { action: 'correct', changes: [{ path: '/poNumber', value: json['poNumber'] }] });
  await link(change);
  await takeIn(orderId);
  await judge(orderId);
  expect(await say(orderId, { action: 'approve' })).toMatchObject({ applied: false, refusal: expect.stringContaining('nobody approves') }); // prettier-ignore
  const other = await house.decide(orderId, { action: 'approve', actor: 'ravi' });
  expect(await house.steps.applyDecision(orderId, other)).toMatchObject({ applied: true });
});

test('whose content a revision is, is known before the change itself has learned of it', async () => {
  const { json, orderId } = await givenReview();
  const change = await read(changeOf(json, 'replace', lineOf(9, '18.0000')));
  await link(change);
  await takeIn(orderId);
  expect(await rowOf(change)).toMatchObject({ state: 'held' });
  expect(await findChangeOf(house.store, orderId, 2)).toBe(change);
  await judge(orderId);
  await say(orderId, { action: 'correct', changes: [{ path: '/notes', value: ['since'] }] });
  expect(await rowOf(orderId)).toMatchObject({ revision: 3 });
  expect(await recheck(change)).toMatchObject({ state: 'applied' });
  expect(await rowOf(change)).toMatchObject({ changes_revision: 2 });
});

test('a change of which something is damaged goes on to find out, and nobody else waits for it', async () => {
  const { json, orderId } = await givenReview();
  const change = await read(changeOf(json, 'replace', lineOf(5)));
  await link(change);
  const [asked] = await listDecisions(house.store, orderId);
  await inTransaction(house.store, (tx) =>
    settleDecision(tx, asked?.id ?? '', { refusal: 'came between', at: new Date().toISOString() }),
  );
  expect(await findDecision(house.store, asked?.id ?? '')).toMatchObject({ state: 'refused' });
  await say(orderId, { action: 'correct', changes: [{ path: '/notes', value: ['between'] }] });
  await house.store.db.updateTable('order_revisions').set({ content_sealed: Buffer.alloc(40) }).where('order_id', '=', change).execute(); // prettier-ignore
  expect(await mayGoOn(house.store, change)).toBe(true);
});

describe('an order that a shop tells again, as it was before,', () => {
  const tell = (json: Json) => read(json, 'retelling-shop');
  const given = async (): Promise<{ json: Json; orderId: string }> => {
    const json = makeOrderJson(DOUBTFUL);
    const orderId = await tell(json);
    await judge(orderId);
    await openReview(orderId);
    return { json, orderId };
  };
  const label = (json: Json): Json => ({ ...json, extensions: { label: uuidv7() } });

  test('keeps what a reviewer corrected', async () => {
    const { json, orderId } = await given();
    await say(orderId, { action: 'correct', changes: [{ path: '/notes', value: ['asked the customer'] }] });
    const again = await tell(label(json));
    expect(await link(again)).toMatchObject({ state: 'applied', type: 'replace' });
    expect(await rowOf(orderId)).toMatchObject({ revision: 2 });
    expect(await getRevision(house.store, { orderId, revision: 2 })).toMatchObject({ notes: ['asked the customer'] });
  });

  test('keeps the later of two states, whichever comes first', async () => {
    const { json, orderId } = await given();
    const at = (second: number) => ({ extensions: { updated_at: `2026-11-23T08:58:${String(second)}-08:00` } });
    const update = await tell({ ...json, ...lineOf(12), ...at(43) });
    await link(update);
    await takeIn(orderId);
    await recheck(update);
    expect(await rowOf(orderId)).toMatchObject({ revision: 2, total: '239.88' });
    expect(await link(await tell({ ...json, ...lineOf(10), ...at(42) }))).toMatchObject({ state: 'applied' });
    expect(await rowOf(orderId)).toMatchObject({ revision: 2, total: '239.88' });
    await link(await tell({ ...json, ...lineOf(11), ...at(44) }));
    await takeIn(orderId);
    expect(await rowOf(orderId)).toMatchObject({ revision: 3, total: '219.89' });
  });

  test('stays rejected', async () => {
    const { json, orderId } = await given();
    await say(orderId, { action: 'reject' });
    await house.steps.closeOrder(await refOf(orderId));
    expect(await link(await tell(label(json)))).toMatchObject({ state: 'applied' });
    expect(await rowOf(orderId)).toMatchObject({ state: 'rejected', revision: 1 });
    expect(await link(await tell({ ...json, ...lineOf(3) }))).toMatchObject({ state: 'applied' });
    expect(await rowOf(orderId)).toMatchObject({ state: 'parsed', revision: 2 });
  });
});
