import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { insertDecision, listUntoldDecisions } from '../../db/decisions.ts';
import { finishSplit, getDocument, getSlice, readEnvelope, stageSlices } from '../../db/documents.ts';
import { putFacts } from '../../db/facts.ts';
import { putFindings } from '../../db/findings.ts';
import { acceptDocument } from '../../db/intake.ts';
import { findBrokenLink, listLog } from '../../db/log.ts';
import { columnsOf, getOrder, getRevision, moveOrder, putRevision } from '../../db/orders.ts';
import { listOutbox, markDelivered, openOutbox, putOnWay } from '../../db/outbox.ts';
import { indexPeople } from '../../db/people.ts';
import { type DataSubject, eraseSubject, listPrivacyRequests, type PrivacyRequest } from '../../db/privacy.ts';
import { type ExportedOrder, exportSubject } from '../../db/privacy-export.ts';
import { createSealer, Erased, eraseKeys } from '../../db/seal.ts';
import { putStaged } from '../../db/staged.ts';
import { inTransaction } from '../../db/store.ts';
import { putVerdict } from '../../db/verdicts.ts';
import { putRejudgement } from '../../db/rejudgements.ts';
import { wipeDeleted } from '../../db/wipe.ts';
import type { Facts } from '../../orders/facts.ts';
import type { Explanation } from '../../orders/rules/rule.ts';
import type { Order } from '../../orders/order.ts';
import { onSqlite } from '../support/database.ts';
import { findEverywhere } from '../support/everywhere.ts';
import { testOfSqlite } from '../support/sqlite-only.ts';
import { makeOrderJson } from '../support/order-factory.ts';
import { makeArrival, openTestStore, type TestStore } from '../support/store.ts';

const AT = '2026-11-23T09:00:00.000Z';
/** Messages that are written to files. */
const FILE = { channel: 'file', destination: null } as const;
let house: TestStore;
beforeAll(async () => void (house = await openTestStore()));
afterAll(() => house.close());

let people = 0;
/** Somebody whom no other test knows. */
function makePerson() {
  people += 1;
  const name = `Wilhelmina Quackenbush ${String(people)}`;
  return {
    name,
    email: `mina.${String(people)}@example.org`,
    phone: `+1 415 555 ${String(1000 + people)}`,
    street: `${String(people)} Nightingale Alley`,
  };
}
type Person = ReturnType<typeof makePerson>;

const orderOf = (person: Person, changes: Record<string, unknown> = {}) =>
  ({ source: 'web-shop', type: 'new', ...makeOrderJson({
    contact: { name: person.name, email: person.email.toUpperCase(), phone: person.phone },
    shipTo: { name: person.name, lines: [person.street], city: 'Utrecht', country: 'NL' },
    ...changes,
  }) }) as unknown as Order; // prettier-ignore

/** How a rule came to its verdict, which may quote the order. */
const explain = (name: string): Explanation => ({
  ...{
    code: 'ADDRESS.UNKNOWN',
    version: 1,
    kind: 'ship_to_known',
    scope: { kind: 'all' },
    author: 'system',
    reason: 'seeded',
  },
  ...{ overrode: [], parameters: {}, reads: ['/order/shipTo'], working: [`${name} is no known address`] },
  ...{ result: 'breached', because: null, findings: 1 },
});

/** What the steps of an order's story write about it. */
async function tellStory(orderId: string, order: Order, terminal: boolean): Promise<void> {
  const { store } = house;
  const ref = { orderId, revision: 1 };
  const subject = `order:${orderId}` as const;
  const person = order.contact?.name ?? '';
  await putRevision(store, ref, order, { origin: 'parsed', actor: 'worker', at: AT });
  await indexPeople(store, orderId, order);
  await putFacts(store, ref, { asOf: AT, addresses: [person] } as unknown as Facts, 1);
  const evidence = { message: 'unknown', evidence: person, location: {} };
  await putVerdict(store, ref, [explain(person)]);
  const later = { asOf: '2026-11-23T10:00:00.000Z', addresses: [person] } as unknown as Facts;
  const again = { facts: later, explanations: [explain(person)], gone: [], cleared: ['STOCK.SHORT'], opened: [] };
  await putRejudgement(store, ref, { occasion: 'recheck', ...again });
  const line = { order_id: orderId, revision: 1, position: 1, quantity: '2' };
  const waits = { code: 'STOCK.SHORT', opened_at: AT, looked_at: AT, cleared_at: null, cleared_by: null };
  await store.db
    .insertInto('line_holds')
    .values({ ...line, ...waits })
    .execute();
  await store.db
    .insertInto('line_allocations')
    .values({ ...line, warehouse: 'W-1' })
    .execute();
  await putFindings(store, { subject, revision: 1, step: 'validate', at: AT }, [
    { code: 'ADDRESS.UNKNOWN', category: 'business_rule', disposition: 'hold', path: '/shipTo', ...evidence },
  ]);
  await putStaged(store, ref, order, AT);
  const decision = { id: uuidv7(), orderId, revision: 1, reviewId: null, actor: 'ravi', roles: ['reviewer'] } as const;
  await insertDecision(store, { ...decision, action: 'cancel', reason: `called ${person}`, changes: [] }, AT);
  const notice = { subject, source: 'web-shop', kind: 'order.rejected', stepKey: 'closed:1' };
  await putOnWay(store, { ...notice, content: JSON.stringify({ to: person }) }, FILE, AT);
  const over = terminal ? { terminal_at: AT } : {};
  await moveOrder(store, ref, ['received'], terminal ? 'rejected' : 'in_review', AT, { ...columnsOf(order), ...over });
}

async function givenOrder(
  person: Person,
  { terminal = true, ...changes }: Record<string, unknown> & { terminal?: boolean } = {},
) {
  const orderId = uuidv7();
  const order = orderOf(person, changes);
  const arrival = makeArrival({ bytes: Buffer.from(JSON.stringify(order)), fileName: `${person.name}.json` });
  await acceptDocument(house.store, arrival, { orderId, operatorId: null });
  await tellStory(orderId, order, terminal);
  return { orderId, documentId: arrival.documentId, order };
}

/** A document of several orders, each of another person, as it is after its split. */
async function givenSplit(persons: readonly Person[]) {
  const { store } = house;
  const arrival = makeArrival({
    source: 'edi-northwind',
    channel: 'edi',
    format: 'x12',
    bytes: Buffer.from(`ISA ${uuidv7()}`),
  });
  await acceptDocument(store, arrival);
  const { documentId } = arrival;
  const orders = persons.map((person, position) => ({ person, orderId: uuidv7(), position, order: orderOf(person) }));
  const slices = orders.map(({ orderId, position, order }) => ({
    orderId,
    position,
    bytes: Buffer.from(JSON.stringify(order)),
    locator: null,
  }));
  await stageSlices(store, await getDocument(store, documentId), slices, AT);
  const acknowledgment = {
    subject: `document:${documentId}`,
    source: 'edi-northwind',
    kind: '997',
    stepKey: '997:0:0',
  } as const;
  await putOnWay(store, { ...acknowledgment, content: `AK4*1**7*${persons[0]?.name ?? ''}` }, FILE, AT);
  const envelope = [{ offset: 0, bytes: Buffer.from('ISA').toString('base64') }];
  await inTransaction(store, (tx) =>
    finishSplit(tx, documentId, { envelope, orders: orders.length, findings: [], at: AT }),
  );
  for (const { orderId, order } of orders) await tellStory(orderId, order, true);
  return { documentId, orderIds: orders.map(({ orderId }) => orderId) };
}

const ask = (
  subject: DataSubject,
  principal: PrivacyRequest['principal'] = { id: 'ada', roles: ['admin'] },
): PrivacyRequest => ({
  principal,
  subject,
  reason: `${subject.value} asked for it`,
  at: AT,
});
const byEmail = ({ email }: Person): DataSubject => ({ kind: 'email', value: ` ${email} ` });

async function wrappedKey(subject: string, { db } = house.store): Promise<Uint8Array> {
  const query = db.selectFrom('data_keys').select('wrapped_key').where('subject', '=', subject);
  return (await query.executeTakeFirstOrThrow()).wrapped_key;
}

describe('the erasure of a person', () => {
  test('leaves nothing of theirs in the files, and the audit trail whole', async () => {
    const person = makePerson();
    const { orderId, documentId } = await givenOrder(person);
    const keys = [await wrappedKey(`order:${orderId}`), await wrappedKey(`document:${documentId}`)];
    const traces = [...keys, ...Object.values(person)];
    if (onSqlite) expect(findEverywhere(house.folder, traces)).not.toEqual([]);

    const report = await eraseSubject(house.store, ask(byEmail(person)));
    expect(report).toMatchObject({ erased: [orderId], blocked: [], documents: [documentId], wiped: onSqlite });
    expect(findEverywhere(house.folder, traces)).toEqual([]);
    const ref = { orderId, revision: 1 };
    await expect(getRevision(house.store, ref)).rejects.toThrow(Erased);
    await expect(getSlice(house.store, orderId)).rejects.toThrow(Erased);
    expect(await getOrder(house.store, orderId)).toMatchObject({ state: 'rejected', erased_at: AT, expired_at: null });
    for (const subject of [`order:${orderId}`, `document:${documentId}`, 'actor:ada'] as const) {
      expect(await findBrokenLink(house.store, subject)).toBeUndefined();
    }
    const log = await listLog(house.store, `order:${orderId}`);
    expect(log.at(-1)).toMatchObject({ action: 'order.erased', actor: 'ada' });
    expect(JSON.stringify([log, await listLog(house.store, 'actor:ada')])).not.toContain(person.email);
  });

  test.each(['phone', 'customer'] as const)('finds their orders by %s too, and others stay', async (kind) => {
    const [person, other] = [makePerson(), makePerson()];
    const customerId = `C-${person.email}`.replace('@', '.');
    const mine = [await givenOrder(person, { customerId }), await givenOrder(person, { customerId })];
    const { orderId: theirs, order } = await givenOrder(other);
    const value = kind === 'phone' ? person.phone.replaceAll(' ', '-').replace('+1-', '') : customerId;
    const { erased } = await eraseSubject(house.store, ask({ kind, value }));
    expect(erased).toEqual(mine.map(({ orderId }) => orderId));
    expect(await getRevision(house.store, { orderId: theirs, revision: 1 })).toEqual(order);
  });

  test('leaves an order alone that is not over, and takes it when it is', async () => {
    const person = makePerson();
    const { orderId } = await givenOrder(person, { terminal: false });
    const request = ask(byEmail(person));
    const { erased, blocked } = await eraseSubject(house.store, request);
    expect({ erased, blocked }).toEqual({
      erased: [],
      blocked: [{ orderId, state: 'in_review', why: expect.stringContaining('not over') }],
    });
    await getRevision(house.store, { orderId, revision: 1 });
    await moveOrder(house.store, { orderId, revision: 1 }, ['in_review'], 'cancelled', AT, { terminal_at: AT });
    expect(await eraseSubject(house.store, request)).toMatchObject({ erased: [orderId], blocked: [] });
    expect(await eraseSubject(house.store, request)).toMatchObject({ erased: [], blocked: [] });
  });

  test('takes one order out of a document, and the document with the last', async () => {
    const [one, other] = [makePerson(), makePerson()];
    const { documentId, orderIds } = await givenSplit([one, other]);
    const [acknowledgment] = await listOutbox(house.store, `document:${documentId}`);
    await markDelivered(house.store, acknowledgment!.id, AT);
    const key = await wrappedKey(`order:${orderIds[0]!}`);
    expect(await eraseSubject(house.store, ask(byEmail(one)))).toMatchObject({ erased: [orderIds[0]], documents: [] });
    expect(findEverywhere(house.folder, [key, one.name])).toEqual([]);
    expect(await readEnvelope(house.store, documentId)).toHaveLength(1);
    expect((await getSlice(house.store, orderIds[1]!)).bytes).toEqual(
      Buffer.from(JSON.stringify(await getRevision(house.store, { orderId: orderIds[1]!, revision: 1 }))),
    );
    // It may quote what was wrong with any order of the document.
    const [sent] = await house.store.db.selectFrom('outbox').selectAll().where('id', '=', acknowledgment!.id).execute();
    await expect(openOutbox(house.store, sent!)).rejects.toThrow('cut short');

    const envelopeKey = await wrappedKey(`document:${documentId}`);
    expect(await eraseSubject(house.store, ask(byEmail(other)))).toMatchObject({
      erased: [orderIds[1]],
      documents: [documentId],
    });
    expect(findEverywhere(house.folder, [envelopeKey])).toEqual([]);
    expect(await getDocument(house.store, documentId)).toMatchObject({
      erased_at: AT,
      envelope_sealed: null,
      order_count: 2,
    });
  });

  test('settles what waited for the content', async () => {
    const person = makePerson();
    const { orderId } = await givenOrder(person);
    await eraseSubject(house.store, ask(byEmail(person)));
    expect(await listOutbox(house.store, `order:${orderId}`)).toMatchObject([{ state: 'dropped' }]);
    const untold = await listUntoldDecisions(house.store, { createdBefore: '2030', afterId: '', size: 1000 });
    expect(untold.map((decision) => decision.order_id)).not.toContain(orderId);
  });

  testOfSqlite(
    'reads its files',
    'leaves no key behind in the pages of the database, whichever of many goes',
    async () => {
      const gone: Uint8Array[] = [];
      const kept: Uint8Array[] = [];
      const subjects: `order:${string}`[] = [];
      await inTransaction(house.store, async (tx) => {
        for (let count = 0; count < 3000; count += 1) {
          // Not in the order of their names, so that pages are split and joined.
          const subject = `order:${String((count * 7919) % 3000)}` as const;
          await createSealer(tx, subject, AT);
          (count % 3 === 0 ? kept : gone).push(await wrappedKey(subject, tx));
          if (count % 3 !== 0) subjects.push(subject);
        }
        await eraseKeys(tx, subjects);
      });
      expect(await wipeDeleted(house.store)).toBe(true);
      expect(findEverywhere(house.folder, gone)).toEqual([]);
      expect(
        kept.filter((key, index) => index % 100 === 0 && findEverywhere(house.folder, [key]).length === 0),
      ).toEqual([]);
    },
  );

  test('reaches no further than the eyes of who asks', async () => {
    const person = makePerson();
    const { orderId } = await givenOrder(person);
    const limited = { id: 'otto', roles: ['admin'], sources: ['api-zapco'] } as const;
    expect((await eraseSubject(house.store, ask(byEmail(person), limited))).erased).toEqual([]);
    expect((await exportSubject(house.store, ask(byEmail(person), limited))).orders).toBe(0);
    expect((await exportSubject(house.store, ask(byEmail(person)))).orders).toBe(1);
    expect((await getOrder(house.store, orderId)).erased_at).toBeNull();
  });

  test('says no to what is no e-mail address', async () => {
    await expect(eraseSubject(house.store, ask({ kind: 'email', value: 'everybody' }))).rejects.toThrow(
      'does not look like this',
    );
  });

  test('keeps the reason, where only the key of the request opens it', async () => {
    const person = makePerson();
    const request = ask(byEmail(person));
    const { requestId } = await eraseSubject(house.store, request);
    const [kept] = await listPrivacyRequests(house.store, { size: 1 });
    expect(kept).toMatchObject({ id: requestId, action: 'erase', kind: 'email', actor: 'ada', reason: request.reason });
    expect(findEverywhere(house.folder, [person.email])).toEqual([]);
  });
});

describe('the export of a person', () => {
  test('holds everything that is kept of their orders, and nothing of others', async () => {
    const [person, other] = [makePerson(), makePerson()];
    const { orderIds, documentId } = await givenSplit([other, person]);
    const single = await givenOrder(person);
    const { orders, read, requestId } = await exportSubject(house.store, ask(byEmail(person)));
    expect(orders).toBe(2);
    const exported: ExportedOrder[] = [];
    for await (const order of read()) exported.push(order);
    expect(exported.map(({ order }) => order.id)).toEqual([orderIds[1], single.orderId]);
    expect(exported[0]).toMatchObject({ document: { documentId, fileName: null } });
    expect(exported[1]).toMatchObject({
      document: { fileName: `${person.name}.json`, content: { encoding: 'utf-8', data: JSON.stringify(single.order) } },
      revisions: [
        {
          revision: 1,
          order: { contact: { name: person.name } },
          findings: [{ code: 'ADDRESS.UNKNOWN', evidence: person.name }],
          facts: { addresses: [person.name] },
          verdict: [{ code: 'ADDRESS.UNKNOWN', result: 'breached', working: [`${person.name} is no known address`] }],
          judgedAgain: [
            {
              occasion: 'recheck',
              facts: { addresses: [person.name] },
              explanations: [{ result: 'breached' }],
              cleared: ['STOCK.SHORT'],
            },
          ],
          staged: { contact: { name: person.name } },
        },
      ],
      lineHolds: [{ code: 'STOCK.SHORT', quantity: '2' }],
      allocations: [{ warehouse: 'W-1', quantity: '2' }],
      decisions: [{ action: 'cancel', reason: `called ${person.name}` }],
      notices: [{ kind: 'order.rejected', content: JSON.stringify({ to: person.name }) }],
    });
    expect(exported[1]!.log.at(-1)).toMatchObject({ action: 'order.exported', actor: 'ada', detail: { requestId } });
    const text = JSON.stringify(exported);
    for (const theirs of Object.values(other)) expect(text).not.toContain(theirs);
  });
});
