import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { Webhook } from 'standardwebhooks';
import { v7 as uuidv7 } from 'uuid';
import { deliverNotices } from '../../activities/deliver-notices.ts';
import type { Deps, NoticeSenders } from '../../activities/deps.ts';
import { putHouseNotice, putNotice } from '../../activities/notice.ts';
import { putFindings } from '../../db/findings.ts';
import { refuseDocument } from '../../db/intake.ts';
import { listLog } from '../../db/log.ts';
import { listOutbox, type OutboxSummary } from '../../db/outbox.ts';
import { eraseKeys } from '../../db/seal.ts';
import { putSecrets } from '../../db/source-secrets.ts';
import { putSource } from '../../db/sources.ts';
import { inTransaction } from '../../db/store.ts';
import { createMailSender } from '../../exchange/mail-sender.ts';
import type { CircuitChange } from '../../exchange/circuit.ts';
import { createNoticeCircuits } from '../../exchange/notice-circuits.ts';
import { createWebhookSender } from '../../exchange/webhook-sender.ts';
import { type SourceProfile, sourceProfileSchema } from '../../orders/source.ts';
import { type Mailbox, openMailbox } from '../support/mailbox.ts';
import { openReceiver, type Receiver, type ReceiverAnswer } from '../support/receiver.ts';
import { givenOrder, makeArrival, openTestStore, type TestStore } from '../support/store.ts';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const OLDER = `whsec_${Buffer.alloc(32, 8).toString('base64')}`;
const AT = '2026-11-23T10:00:00.000Z';
const BY = { actor: 'ada', at: AT };

let house: TestStore;
let receivers: Receiver[] = [];
let senders: NoticeSenders;
beforeAll(async () => void (house = await openTestStore()));
afterAll(() => house.close());
beforeEach(async () => {
  senders = {
    sendWebhook: createWebhookSender({ allowPrivate: true, timeoutMs: 300 }),
    sendMail: null,
    circuits: createNoticeCircuits(),
    house: { webhook: null, mailTo: [] },
  };
  await house.store.db.deleteFrom('outbox').execute();
  await house.store.db.deleteFrom('notice_destinations').execute();
});
afterEach(async () => {
  await Promise.all(receivers.map((one) => one.close()));
  receivers = [];
});

const logger = new DefaultLogger('ERROR', () => undefined);
const run = (changes: Partial<NoticeSenders> = {}): ReturnType<typeof deliverNotices> => {
  const deps = { store: house.store, notices: { ...senders, ...changes } } as Deps;
  return new MockActivityEnvironment({}, { logger }).run(() => deliverNotices(deps)) as never;
};

async function givenReceiver(answer?: Parameters<typeof openReceiver>[0]): Promise<Receiver> {
  const receiver = await openReceiver(answer);
  receivers.push(receiver);
  return receiver;
}

async function givenSource(id: string, url: string, secrets = [SECRET]): Promise<SourceProfile> {
  const profile = sourceProfileSchema.parse({ id, channel: 'api', notify: { webhook: { url } } });
  await putSource(house.store, profile, { ...BY, at: new Date().toISOString() });
  await putSecrets(house.store, id, 'notify', secrets, { ...BY, at: new Date().toISOString() });
  return profile;
}

async function givenNotice(source: string, columns: Parameters<typeof givenOrder>[1] = {}): Promise<string> {
  const { id } = await givenOrder(house.store, { source, state: 'rejected', ...columns });
  await tell(id);
  return id;
}
const tell = (orderId: string): Promise<void> =>
  inTransaction(house.store, (tx) =>
    putNotice(tx, orderId, { kind: 'order.rejected', stepKey: 'closed:1', at: new Date().toISOString() }),
  );
const pushedOf = async (orderId: string): Promise<OutboxSummary | undefined> =>
  (await listOutbox(house.store, `order:${orderId}`)).find(({ channel }) => channel !== 'read');
/** As if the time to the next attempt had passed. */
const makeDue = () => house.store.db.updateTable('outbox').set({ next_attempt_at: AT }).execute();
const idsOf = ({ received }: Receiver) => received.map(({ headers }) => headers['webhook-id']);
const ordersOf = ({ received }: Receiver) => received.map(({ body }) => (JSON.parse(body) as { data: { orderId: string } }).data.orderId); // prettier-ignore

describe('a notice to a source', () => {
  test('is posted with a signature that the library of Standard Webhooks verifies, for each of two secrets', async () => {
    const receiver = await givenReceiver();
    await givenSource('told', receiver.url, [SECRET, OLDER]);
    const orderId = await givenNotice('told', { po_number: 'PO-1', external_id: 'W-1' });
    expect(await run()).toEqual({ delivered: 1, postponed: 0, failed: 0 });
    const [message] = receiver.received;
    const headers = message?.headers as Record<string, string>;
    for (const secret of [SECRET, OLDER]) {
      expect(new Webhook(secret).verify(message?.body ?? '', headers)).toMatchObject({
        type: 'order.rejected',
        data: { orderId, poNumber: 'PO-1', externalId: 'W-1', state: 'rejected' },
      });
    }
    expect(() => new Webhook(SECRET).verify(`${message?.body ?? ''} `, headers)).toThrow();
    const row = await pushedOf(orderId);
    expect(row).toMatchObject({ state: 'delivered', channel: 'webhook', attempts: 1, last_failure: null });
    expect(idsOf(receiver)).toEqual([row?.id]);
  });

  test('tells findings with their place, and not the evidence', async () => {
    const receiver = await givenReceiver();
    await givenSource('told', receiver.url);
    const { id } = await givenOrder(house.store, { source: 'told', state: 'rejected' });
    const finding = {
      code: 'TOTAL.MISMATCH', category: 'business_rule', disposition: 'reject', path: '/total', message: 'the total is wrong',
      evidence: 'Pat Example, 1 Main Street', location: { line: 3, column: 5 },
    } as const; // prettier-ignore
    const by = { subject: `order:${id}` as const, revision: 1, step: 'parse', at: AT } as const;
    await inTransaction(house.store, (tx) => putFindings(tx, by, [finding]));
    await tell(id);
    await run();
    expect(receiver.received[0]?.body).not.toContain('Pat Example');
    const { evidence: _, ...told } = finding;
    expect(JSON.parse(receiver.received[0]?.body ?? '')).toMatchObject({ data: { findings: [told] } });
  });

  test('tells a hundred findings, and how many more there are', async () => {
    const receiver = await givenReceiver();
    await givenSource('told', receiver.url);
    const findings = Array.from({ length: 130 }, (_, i) => ({
      code: 'CSV.ROW', category: 'data_format', disposition: 'reject', path: '', message: `row ${String(i)} is short`,
      evidence: null, location: { row: i + 2 },
    }) as const); // prettier-ignore
    await refuseDocument(house.store, makeArrival({ source: 'told', findings }));
    await run();
    const { data } = JSON.parse(receiver.received[0]?.body ?? '') as { data: { findings: unknown[] } };
    expect(data.findings).toHaveLength(100);
    expect(data).toMatchObject({ findingsLeftOut: 30 });
  });

  test('is written once by a step that runs twice, and is read over the API too', async () => {
    const receiver = await givenReceiver();
    await givenSource('told', receiver.url);
    const orderId = await givenNotice('told');
    await tell(orderId);
    expect(await listOutbox(house.store, `order:${orderId}`)).toMatchObject([
      { channel: 'read', state: 'available' },
      { channel: 'webhook', state: 'pending' },
    ]);
  });

  test('is not pushed where the source did not ask for its kind', async () => {
    await givenSource('told', 'https://example.com');
    const { id } = await givenOrder(house.store, { source: 'told', state: 'in_review' });
    const notice = { kind: 'review.opened', stepKey: 'review:r:opened', at: AT } as const;
    await inTransaction(house.store, (tx) => putNotice(tx, id, notice));
    expect(await pushedOf(id)).toBeUndefined();
  });

  test('goes out in the order of time', async () => {
    const receiver = await givenReceiver();
    await givenSource('told', receiver.url);
    const orders: string[] = [];
    for (let i = 0; i < 12; i += 1) orders.push(await givenNotice('told'));
    expect(await run()).toMatchObject({ delivered: 12 });
    expect(ordersOf(receiver)).toEqual(orders);
    expect(receiver.mostAtOnce()).toBe(1);
  });

  test('is sent once by ten that deliver at the same time, one at a time to each destination', async () => {
    const receiver = await givenReceiver(() => ({ status: 204, afterMs: 5 }));
    await givenSource('told', receiver.url);
    const orders: string[] = [];
    for (let i = 0; i < 20; i += 1) orders.push(await givenNotice('told'));
    const runs = await Promise.all(Array.from({ length: 10 }, () => run()));
    expect(runs.reduce((sum, { delivered }) => sum + delivered, 0)).toBe(20);
    expect(ordersOf(receiver)).toEqual(orders);
    expect(receiver.mostAtOnce()).toBe(1);
  });

  test('that was sent by a program that died before it noted so comes again under the same id, after a minute', async () => {
    const receiver = await givenReceiver();
    await givenSource('told', receiver.url);
    const orderId = await givenNotice('told');
    // It has sent, and says no more.
    let sent = (): void => undefined;
    const hasSent = new Promise<void>((done) => (sent = done));
    let die = (_why: Error): void => undefined;
    const death = new Promise<never>((_, reject) => (die = reject));
    const dead = run({
      sendWebhook: async (message) => {
        await senders.sendWebhook(message);
        sent();
        return death;
      },
    });
    await hasSent;
    expect(await run()).toEqual({ delivered: 0, postponed: 0, failed: 0 });
    await house.store.db.updateTable('notice_destinations').set({ leased_until: AT }).execute();
    expect(await run()).toEqual({ delivered: 1, postponed: 0, failed: 0 });
    const row = await pushedOf(orderId);
    expect(idsOf(receiver)).toEqual([row?.id, row?.id]);
    // Were it alive after all, its late word would change nothing.
    die(new Error('the power came back'));
    await dead;
    expect(await pushedOf(orderId)).toMatchObject({ state: 'delivered', attempts: 1 });
  });

  test('about which we are mistaken keeps no other one waiting for long, and is tried again', async () => {
    const receiver = await givenReceiver();
    await givenSource('told', receiver.url);
    const [odd, plain] = [await givenNotice('told'), await givenNotice('told')];
    const id = (await pushedOf(odd))?.id;
    const sendWebhook: NoticeSenders['sendWebhook'] = (message) => {
      if (message.id === id) throw new TypeError('undefined is not a function');
      return senders.sendWebhook(message);
    };
    for (let i = 0; i < 3; i += 1) {
      await makeDue();
      await run({ sendWebhook });
    }
    expect(await pushedOf(odd)).toMatchObject({ state: 'pending', attempts: 3, last_failure: 'internal' });
    expect(await pushedOf(plain)).toMatchObject({ state: 'delivered' });
  });

  test('whose order was erased is dropped', async () => {
    const receiver = await givenReceiver();
    await givenSource('told', receiver.url);
    const orderId = await givenNotice('told');
    await inTransaction(house.store, (tx) => eraseKeys(tx, [`order:${orderId}`]));
    await run();
    expect(receiver.received).toEqual([]);
    expect(await pushedOf(orderId)).toMatchObject({ state: 'dropped' });
  });
});

describe('a destination that does not take a message', () => {
  const failing = async (answer: ReceiverAnswer) => {
    const receiver = await givenReceiver(() => answer);
    await givenSource('failing', receiver.url);
    const orderId = await givenNotice('failing');
    await run();
    return { receiver, orderId, row: await pushedOf(orderId) };
  };

  test.each([
    [{ status: 500 }, 'status_500'],
    [{ status: 422 }, 'status_422'],
    [{ status: 302, headers: { Location: '/elsewhere' } }, 'redirected'],
    [{ status: 200, isSilent: true }, 'timeout'],
  ])('%j is tried again: %s', async (answer, code) => {
    const { receiver, row } = await failing(answer);
    expect(row).toMatchObject({ state: 'pending', attempts: 1, last_failure: code });
    expect(receiver.received).toHaveLength(1);
    expect(await run()).toEqual({ delivered: 0, postponed: 0, failed: 0 });
  });

  test('is tried ten times, ever more slowly, as the specification says; then the message has failed', async () => {
    const receiver = await givenReceiver(() => ({ status: 500 }));
    await givenSource('failing', receiver.url);
    const orderId = await givenNotice('failing');
    const waits: number[] = [];
    for (;;) {
      const before = Date.now();
      await run({ circuits: createNoticeCircuits() });
      const row = await pushedOf(orderId);
      if (row?.state === 'failed') break;
      waits.push(Math.floor((Date.parse(row?.next_attempt_at ?? '') - before) / 1000));
      await makeDue();
    }
    const schedule = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];
    expect(waits).toHaveLength(schedule.length);
    for (const [i, seconds] of schedule.entries()) {
      expect(waits[i]).toBeGreaterThanOrEqual(seconds);
      expect(waits[i]).toBeLessThanOrEqual(seconds * 1.1 + 2);
    }
    expect(new Set(idsOf(receiver)).size).toBe(1);
    expect(await pushedOf(orderId)).toMatchObject({ attempts: 10, last_failure: 'status_500' });
  });

  test('gets nothing any more of what has waited for it for as long as ten attempts take', async () => {
    const receiver = await givenReceiver(() => ({ status: 503 }));
    await givenSource('failing', receiver.url);
    const old: string[] = [];
    for (let i = 0; i < 30; i += 1) old.push(await givenNotice('failing'));
    const written = new Date(Date.now() - 3.5 * 86_400_000).toISOString();
    await house.store.db.updateTable('outbox').set({ created_at: written, next_attempt_at: written }).execute();
    const young = await givenNotice('failing');
    // The first of them has its first attempt now, and two more to come.
    expect(await run()).toEqual({ delivered: 0, postponed: 1, failed: 29 });
    expect(await pushedOf(String(old[0]))).toMatchObject({ state: 'pending', attempts: 1 });
    for (const orderId of old.slice(1))
      expect(await pushedOf(orderId)).toMatchObject({ state: 'failed', attempts: 0, last_failure: 'status_503' });
    expect(await pushedOf(young)).toMatchObject({ state: 'pending', attempts: 0 });
    expect(receiver.received).toHaveLength(1);
  });

  test('is left alone as long as it asks for', async () => {
    const { row } = await failing({ status: 429, headers: { 'Retry-After': '7200' } });
    const seconds = (Date.parse(row?.next_attempt_at ?? '') - Date.now()) / 1000;
    expect(seconds).toBeGreaterThan(7100);
    expect(seconds).toBeLessThan(7300);
    const later = await givenNotice('failing');
    await makeDue();
    expect(await run()).toEqual({ delivered: 0, postponed: 0, failed: 0 });
    expect(await pushedOf(later)).toMatchObject({ state: 'pending', attempts: 0 });
  });

  test('that is gone gets nothing more, until its address is another one', async () => {
    const { receiver, row } = await failing({ status: 410 });
    expect(row).toMatchObject({ state: 'failed', last_failure: 'gone' });
    const later = await givenNotice('failing');
    expect(await run()).toEqual({ delivered: 0, postponed: 0, failed: 1 });
    expect(receiver.received).toHaveLength(1);
    expect(await pushedOf(later)).toMatchObject({ state: 'failed', last_failure: 'gone' });
    expect((await listLog(house.store, 'source:failing')).map(({ action }) => action)).toContain('notices.stopped');
    const elsewhere = await givenReceiver();
    await givenSource('failing', elsewhere.url);
    await givenNotice('failing');
    expect(await run()).toMatchObject({ delivered: 1 });
  });

  test('does not delay another one', async () => {
    const dead = await givenReceiver(() => ({ status: 200, isSilent: true }));
    const living = await givenReceiver();
    await givenSource('dead', dead.url);
    await givenSource('living', living.url);
    for (let i = 0; i < 5; i += 1) await givenNotice('dead');
    for (let i = 0; i < 5; i += 1) await givenNotice('living');
    expect(await run({ sendWebhook: createWebhookSender({ allowPrivate: true, timeoutMs: 1000 }) })).toEqual({
      delivered: 5,
      postponed: 1,
      failed: 0,
    });
    expect(dead.received).toHaveLength(1);
    expect(Number(living.received.at(-1)?.at) - Number(dead.received[0]?.at)).toBeLessThan(1000);
  });

  test('keeps the order: what came later waits for the first attempts of what came before, and then overtakes it', async () => {
    let poisoned = '';
    const receiver = await givenReceiver(({ body }) => (body.includes(poisoned) ? { status: 500 } : undefined));
    await givenSource('failing', receiver.url);
    poisoned = await givenNotice('failing');
    const later = await givenNotice('failing');
    expect(await run()).toEqual({ delivered: 0, postponed: 1, failed: 0 });
    await makeDue();
    expect(await run()).toEqual({ delivered: 0, postponed: 1, failed: 0 });
    await makeDue();
    expect(await run()).toEqual({ delivered: 0, postponed: 1, failed: 0 });
    expect(await run({ circuits: createNoticeCircuits() })).toEqual({ delivered: 1, postponed: 0, failed: 0 });
    expect(ordersOf(receiver)).toEqual([poisoned, poisoned, poisoned, later]);
  });

  test('that does not take one message gets those about other orders at once', async () => {
    let poisoned = '';
    const receiver = await givenReceiver(({ body }) => (body.includes(poisoned) ? { status: 422 } : undefined));
    await givenSource('failing', receiver.url);
    poisoned = await givenNotice('failing');
    const closed = { kind: 'order.cancelled', stepKey: 'closed:2', at: new Date().toISOString() } as const;
    await inTransaction(house.store, (tx) => putNotice(tx, poisoned, closed));
    const other = await givenNotice('failing');
    expect(await run()).toEqual({ delivered: 1, postponed: 1, failed: 0 });
    // What became of the order is not told before what is waited for.
    expect(ordersOf(receiver)).toEqual([poisoned, other]);
  });

  test.each([true, false])(
    'that comes back gets at once what waits for it (known to have been away: %s)',
    async (isKnown) => {
      let isBack = false;
      const receiver = await givenReceiver(() => ({ status: isBack ? 200 : 503 }));
      await givenSource('failing', receiver.url);
      const [first, second] = [await givenNotice('failing'), await givenNotice('failing')];
      const changes: CircuitChange[] = [];
      const circuits = createNoticeCircuits({ pauseMs: 1, onChange: (change) => void changes.push(change) });
      for (let i = 0; i < 4; i += 1) {
        await makeDue();
        await run({ circuits });
      }
      expect(changes).toMatchObject([{ system: 'failing:webhook', state: 'open' }]);
      isBack = true;
      // Of the two only one is due: the other would wait for minutes.
      await house.store.db.updateTable('outbox').set({ next_attempt_at: '2126-01-01T00:00:00.000Z' }).execute();
      const due = house.store.db.updateTable('outbox').set({ next_attempt_at: AT, attempts: 3 });
      await due.where('subject', '=', `order:${first}`).execute();
      expect(await run({ circuits: isKnown ? circuits : createNoticeCircuits() })).toMatchObject({ delivered: 2 });
      expect(ordersOf(receiver).slice(-2)).toEqual([first, second]);
    },
  );

  test('that comes back is not asked again about what it refused', async () => {
    let [refused, answer]: [string, number] = ['', 503];
    const receiver = await givenReceiver(({ body }) => ({ status: body.includes(refused) ? 422 : answer }));
    await givenSource('failing', receiver.url);
    refused = await givenNotice('failing');
    const others = [await givenNotice('failing'), await givenNotice('failing')];
    expect(await run()).toMatchObject({ postponed: 2 });
    answer = 200;
    const due = house.store.db.updateTable('outbox').set({ next_attempt_at: AT });
    await due.where('subject', '=', `order:${String(others[0])}`).execute();
    expect(await run()).toEqual({ delivered: 2, postponed: 0, failed: 0 });
    expect(await pushedOf(refused)).toMatchObject({ state: 'pending', attempts: 1, last_failure: 'status_422' });
    expect(ordersOf(receiver)).toEqual([refused, others[0], ...others]);
  });

  test('that is put right gets at once what waits: under another address, or with the secret that was missing', async () => {
    const [away, receiver] = [await givenReceiver(() => ({ status: 500 })), await givenReceiver()];
    const isLate = () =>
      house.store.db.updateTable('outbox').set({ next_attempt_at: '2126-01-01T00:00:00.000Z' }).execute();
    await givenSource('failing', away.url);
    const orderId = await givenNotice('failing');
    for (let attempt = 0; attempt < 4; attempt += 1) {
      await run();
      await makeDue();
    }
    // The fourth was not made: three failures in a row, and the address is left alone.
    expect(away.received).toHaveLength(3);
    await isLate();
    await givenSource('failing', receiver.url, []);
    await run();
    expect(await pushedOf(orderId)).toMatchObject({ state: 'pending', last_failure: 'no_secret' });
    await isLate();
    await putSecrets(house.store, 'failing', 'notify', [SECRET], { ...BY, at: new Date().toISOString() });
    expect(await run()).toMatchObject({ delivered: 1 });
    expect(ordersOf(receiver)).toEqual([orderId]);
  });

  test('whose profile is damaged waits for it; a message that is damaged has failed', async () => {
    const receiver = await givenReceiver();
    const profile = await givenSource('failing', receiver.url);
    const [damaged, whole] = [await givenNotice('failing'), await givenNotice('failing')];
    const broken = house.store.db.updateTable('outbox').set({ content_sealed: Buffer.alloc(40) });
    await broken.where('subject', '=', `order:${damaged}`).execute();
    await house.store.db.updateTable('sources').set({ profile_json: '{' }).where('id', '=', 'failing').execute();
    expect(await run()).toEqual({ delivered: 0, postponed: 1, failed: 1 });
    expect(await pushedOf(damaged)).toMatchObject({ state: 'failed', last_failure: 'damaged' });
    expect(await pushedOf(whole)).toMatchObject({ state: 'pending', last_failure: 'damaged' });
    await putSource(house.store, profile, BY);
    await makeDue();
    expect(await run()).toMatchObject({ delivered: 1 });
  });

  test('is not called where nothing could be signed, or nobody wants to be told any more', async () => {
    const receiver = await givenReceiver();
    await givenSource('failing', receiver.url, []);
    const unsigned = await givenNotice('failing');
    await run();
    expect(await pushedOf(unsigned)).toMatchObject({ state: 'pending', last_failure: 'no_secret' });
    await putSource(house.store, sourceProfileSchema.parse({ id: 'failing', channel: 'api' }), BY);
    await makeDue();
    await run();
    expect(await pushedOf(unsigned)).toMatchObject({ state: 'failed', last_failure: 'no_destination' });
    expect(receiver.received).toEqual([]);
  });
});

describe('a document of which nothing was taken', () => {
  test('is told too, with what is wrong and where', async () => {
    const receiver = await givenReceiver();
    await givenSource('told', receiver.url);
    const finding = {
      code: 'JSON.SYNTAX', category: 'data_format', disposition: 'reject', path: '', message: 'a comma is missing',
      evidence: 'Pat', location: { offset: 12, line: 2, column: 1 },
    } as const; // prettier-ignore
    const arrival = makeArrival({ source: 'told', findings: [finding], delivery: 'the first' });
    const documentId = await refuseDocument(house.store, arrival);
    // The sender sends it once more, under the same name.
    expect(await refuseDocument(house.store, { ...arrival, documentId: uuidv7() })).toBe(documentId);
    expect(await run()).toMatchObject({ delivered: 1 });
    const { evidence: _, ...told } = finding;
    expect(JSON.parse(receiver.received[0]?.body ?? '')).toEqual({
      type: 'document.refused',
      timestamp: arrival.at,
      data: { documentId, source: 'told', format: 'json', findings: [told] },
    });
  });

  test('is not told to a source that did not ask', async () => {
    await putSource(house.store, sourceProfileSchema.parse({ id: 'quiet', channel: 'api' }), BY);
    const id = await refuseDocument(house.store, makeArrival({ source: 'quiet' }));
    expect(await listOutbox(house.store, `document:${id}`)).toEqual([]);
  });
});

describe('a letter to a source', () => {
  let box: Mailbox;
  beforeEach(async () => void (box = await openMailbox()));
  afterEach(() => box.close());
  const mailing = () => ({
    sendMail: createMailSender({ url: `smtp://127.0.0.1:${String(box.port)}`, from: 'orders@staging.example' }),
  });
  async function givenMailed(addresses: readonly string[]): Promise<void> {
    await putSource(house.store, sourceProfileSchema.parse({ id: 'mailed', channel: 'api', notify: { mail: {} } }), BY);
    await putSecrets(house.store, 'mailed', 'mail', addresses, { ...BY, at: new Date().toISOString() });
  }

  test('goes to each of its addresses by itself, whose state is its own', async () => {
    await givenMailed(['pat@example.com', 'nobody@example.com', 'kim@example.com']);
    await box.close();
    box = await openMailbox({
      onRcptTo: ({ address }, _, done) =>
        done(address.startsWith('nobody') ? Object.assign(new Error('unknown'), { responseCode: 550 }) : null),
    });
    const orderId = await givenNotice('mailed', { po_number: 'PO-1' });
    expect(await run(mailing())).toEqual({ delivered: 2, postponed: 0, failed: 1 });
    const rows = (await listOutbox(house.store, `order:${orderId}`)).filter(({ channel }) => channel === 'mail');
    expect(rows).toMatchObject([
      { state: 'delivered', attempts: 1 },
      { state: 'failed', attempts: 1, last_failure: 'smtp_550' },
      { state: 'delivered', attempts: 1 },
    ]);
    expect(box.letters.map(({ to }) => to).sort()).toEqual([['kim@example.com'], ['pat@example.com']]);
    expect(box.letters[0]?.headers.get('subject')).toBe('Purchase order PO-1 was rejected');
    const ids = box.letters.map(({ headers }) => headers.get('message-id'));
    expect(ids.sort()).toEqual([rows[0], rows[2]].map((row) => `<${String(row?.id)}@staging.example>`).sort());
  });

  test('has no header from outside, whatever the number of the order', async () => {
    await givenMailed(['pat@example.com']);
    await givenNotice('mailed', { po_number: 'PO\r\nBcc: thief@example.com\r\n\r\nPay to another account' });
    expect(await run(mailing())).toMatchObject({ delivered: 1 });
    const [letter] = box.letters;
    expect(letter?.to).toEqual(['pat@example.com']);
    expect(letter?.headers.has('bcc')).toBe(false);
    expect(letter?.headers.get('subject')).toMatch(/^Purchase order PO Bcc: thief/);
    expect(letter?.text).not.toMatch(/^Pay to/m);
  });

  test('waits for a mail server that is not set yet, and goes out as soon as it is', async () => {
    await givenMailed(['pat@example.com']);
    const orderId = await givenNotice('mailed');
    const failing = await givenReceiver(() => ({ status: 500 }));
    await givenSource('failing', failing.url);
    const other = await givenNotice('failing');
    await run();
    expect(await pushedOf(orderId)).toMatchObject({ state: 'pending', last_failure: 'no_mail_server' });
    const late = { next_attempt_at: '2126-01-01T00:00:00.000Z', attempts: 9 };
    await house.store.db.updateTable('outbox').set(late).execute();
    expect(await run()).toEqual({ delivered: 0, postponed: 0, failed: 0 });
    expect(await run(mailing())).toEqual({ delivered: 1, postponed: 0, failed: 0 });
    expect(await pushedOf(orderId)).toMatchObject({ state: 'delivered', attempts: 1 });
    expect(await pushedOf(other)).toMatchObject({ state: 'pending', attempts: 9 });
  });

  test('is dropped where its address was taken away or replaced since, and where the source wants no mail any more', async () => {
    const addressesOf = (addresses: readonly string[]) =>
      putSecrets(house.store, 'mailed', 'mail', addresses, { ...BY, at: new Date().toISOString() });
    const statesOf = async (orderId: string) =>
      (await listOutbox(house.store, `order:${orderId}`))
        .filter(({ channel }) => channel === 'mail')
        .map(({ state }) => state);
    await givenMailed(['pat@example.com', 'kim@example.com']);
    const replaced = await givenNotice('mailed');
    await addressesOf(['sam@example.com', 'KIM@example.com']);
    expect(await run(mailing())).toEqual({ delivered: 1, postponed: 0, failed: 0 });
    expect(await statesOf(replaced)).toEqual(['dropped', 'delivered']);
    const withdrawn = await givenNotice('mailed');
    await addressesOf([]);
    // Not even without a mail server does it wait.
    expect(await run()).toEqual({ delivered: 0, postponed: 0, failed: 0 });
    expect(await statesOf(withdrawn)).toEqual(['dropped', 'dropped']);
    await addressesOf(['pat@example.com']);
    const unwanted = await givenNotice('mailed');
    await putSource(house.store, sourceProfileSchema.parse({ id: 'mailed', channel: 'api' }), BY);
    await run(mailing());
    expect(await statesOf(unwanted)).toEqual(['dropped']);
    expect(box.letters.map(({ to }) => to)).toEqual([['kim@example.com']]);
  });

  test('to one of our own people who is no more in the settings is dropped', async () => {
    const { id } = await givenOrder(house.store, { source: 'web-shop', state: 'in_review' });
    const notice = { kind: 'review.escalated', stepKey: 'review:r:escalated', at: AT } as const;
    await inTransaction(house.store, (tx) => putNotice(tx, id, notice));
    await run({ house: { webhook: null, mailTo: ['ops@example.com', 'left@example.com'] } });
    const mailTo = ['ops@example.com'];
    expect(await run({ ...mailing(), house: { webhook: null, mailTo } })).toMatchObject({ delivered: 1, failed: 0 });
    expect(box.letters.map(({ to }) => to)).toEqual([mailTo]);
  });

  test('lies in the database without a readable address', async () => {
    await givenMailed(['pat.unusual@example.com']);
    await givenNotice('mailed');
    const tables = ['outbox', 'source_secrets', 'notice_destinations', 'sources', 'order_processing_log'] as const;
    await run(mailing());
    for (const table of tables) {
      const rows = await house.store.db.selectFrom(table).selectAll().execute();
      expect(JSON.stringify(rows, (_, value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value))).not.toContain('unusual'); // prettier-ignore
    }
  });

  test('goes to our own people where the settings name them', async () => {
    const { id } = await givenOrder(house.store, { source: 'web-shop', state: 'in_review', po_number: 'PO-2' });
    const notice = { kind: 'review.escalated', stepKey: 'review:r:escalated', at: AT } as const;
    await inTransaction(house.store, (tx) => putNotice(tx, id, notice));
    const mailTo = ['ops@example.com', 'boss@example.com'];
    expect(await run({ ...mailing(), house: { webhook: null, mailTo } })).toMatchObject({ delivered: 2 });
    expect(box.letters.map(({ to }) => to[0]).sort()).toEqual(mailTo.toSorted());
    expect(box.letters[0]?.headers.get('subject')).toBe('Purchase order PO-2 has waited too long for a review');
  });
});

describe('a notice to our own people', () => {
  test('goes to the webhook of the settings, about an order or an incident, and not to the source', async () => {
    const receiver = await givenReceiver();
    const { id } = await givenOrder(house.store, { source: 'web-shop', state: 'in_review' });
    await inTransaction(house.store, async (tx) => {
      await putNotice(tx, id, { kind: 'review.opened', stepKey: 'review:r:opened', at: AT });
      const incident = { subject: 'incident:i', kind: 'incident.opened', stepKey: 'opened', at: AT } as const;
      await putHouseNotice(tx, { ...incident, content: { incidentId: 'i', orders: 120 } });
      await putHouseNotice(tx, { ...incident, content: { incidentId: 'i', orders: 121 } });
    });
    const webhook = { url: receiver.url, secrets: [SECRET] };
    expect(await run({ house: { webhook, mailTo: [] } })).toMatchObject({ delivered: 2 });
    const told = receiver.received.map(({ body, headers }) => new Webhook(SECRET).verify(body, headers as never));
    expect(told).toMatchObject([
      { type: 'review.opened', data: { orderId: id, source: 'web-shop' } },
      { type: 'incident.opened', data: { incidentId: 'i', orders: 120 } },
    ]);
    expect(await run({ house: { webhook, mailTo: [] } })).toMatchObject({ delivered: 0 });
  });

  test('is only kept where the settings name nobody', async () => {
    const { id } = await givenOrder(house.store, { state: 'in_review' });
    const notice = { kind: 'review.escalated', stepKey: 'review:r:escalated', at: AT } as const;
    await inTransaction(house.store, (tx) => putNotice(tx, id, notice));
    expect(await run()).toEqual({ delivered: 0, postponed: 0, failed: 0 });
    expect(await listOutbox(house.store, `order:${id}`)).toMatchObject([{ channel: 'read', state: 'available' }]);
  });
});
