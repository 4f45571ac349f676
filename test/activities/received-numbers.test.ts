import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { sql } from 'kysely';
import { v7 as uuidv7 } from 'uuid';
import type { Deps } from '../../activities/deps.ts';
import { splitDocument } from '../../activities/split-document.ts';
import type { SplitSummary } from '../../activities/stage-parts.ts';
import { listFindings } from '../../db/findings.ts';
import { acceptDocument } from '../../db/intake.ts';
import { putSource } from '../../db/sources.ts';
import type { X12Profile } from '../../orders/source.ts';
import { document, ORDER, type Parts, profileOf, setOf } from '../orders/formats/x12-document.ts';
import { makeArrival, openTestStore, type TestStore } from '../support/store.ts';

let house: TestStore;
let partners = 0;

beforeAll(async () => {
  house = await openTestStore();
});
afterAll(() => house.close());

/** A partner of whom nothing came yet. */
async function givenPartner(x12: Partial<X12Profile> = {}): Promise<string> {
  const id = `edi-partner-${String(++partners)}`;
  await putSource(house.store, { ...profileOf(x12), id }, { actor: 'ada', at: '2026-11-23T09:00:00.000Z' });
  return id;
}

/** Takes a document in without splitting it. */
async function givenDocument(source: string, content: string): Promise<string> {
  const documentId = uuidv7();
  const bytes = Buffer.from(content, 'latin1');
  await acceptDocument(house.store, makeArrival({ documentId, source, channel: 'edi', format: 'x12', bytes }));
  return documentId;
}

function split(documentId: string): Promise<SplitSummary> {
  return new MockActivityEnvironment().run(() => splitDocument({ store: house.store } as Deps, documentId));
}

async function send(source: string, parts: Parts): Promise<SplitSummary & { documentId: string; codes: string[] }> {
  const documentId = await givenDocument(source, document(parts));
  const summary = await split(documentId);
  return { ...summary, documentId, codes: await codesOf(documentId) };
}

async function codesOf(documentId: string): Promise<string[]> {
  return (await listFindings(house.store, `document:${documentId}`, 0)).map(({ code }) => code);
}

/** An order of its own, so that no two documents are the same bytes. */
const orderOf = (poNumber: string) => ORDER.map((segment) => segment.replace('PO-1', poNumber));
const group = (number: string) => ({
  gs: `PO*NORTHWIND*STAGING*20261123*0915*${number}*X*004010`,
  ge: `GE*1*${number}~`,
});

describe('a partner who sends a control number again', () => {
  test('has nothing taken of the second interchange, and is told which document was the first', async () => {
    const source = await givenPartner();
    const first = await send(source, { sets: [setOf('0001', orderOf('A'))] });
    expect(first).toMatchObject({ state: 'split', orders: 1, codes: [] });
    const again = await send(source, { sets: [setOf('0001', orderOf('B'))] });
    expect(again).toMatchObject({ state: 'refused', orders: 0, codes: ['X12.ISA.SEEN'] });
    const [finding] = await listFindings(house.store, `document:${again.documentId}`, 0);
    expect(finding?.message).toContain(`ISA13 000000101 was used before, in document ${first.documentId}`);
    expect(finding?.location).toMatchObject({ offset: 0, segment: 'ISA', element: 13 });
  });

  test('is another one than the partner next door', async () => {
    for (const name of ['A', 'B'])
      expect(await send(await givenPartner(), { sets: [setOf('0001', orderOf(name))] })).toMatchObject({
        orders: 1,
        codes: [],
      });
  });

  test('has it taken where the profile says so, with or without a word', async () => {
    for (const [policy, codes] of [['warn', ['X12.ISA.SEEN']], ['process', []]] as const) {
      const source = await givenPartner({ duplicates: { interchange: policy, group: 'process', set: 'process' } });
      await send(source, { sets: [setOf('0001', orderOf('A'))] });
      expect(await send(source, { sets: [setOf('0001', orderOf('B'))] })).toMatchObject({ state: 'split', orders: 1, codes });
    }
  }); // prettier-ignore

  test('has only those sets taken that did not come before, where interchanges may come twice', async () => {
    const source = await givenPartner({ duplicates: { interchange: 'process', group: 'process', set: 'reject' } });
    await send(source, { sets: [setOf('0001', orderOf('A'))] });
    const sets = [setOf('0001', orderOf('A')), setOf('0002', orderOf('B'))];
    expect(await send(source, { sets })).toMatchObject({ state: 'split', orders: 1, codes: ['X12.ST.SEEN'] });
  });

  test('may count groups anew in each interchange, unless the profile refuses that', async () => {
    const [patient, strict] = [
      await givenPartner(),
      await givenPartner({ duplicates: { interchange: 'reject', group: 'reject', set: 'reject' } }),
    ];
    for (const source of [patient, strict])
      await send(source, { isa13: '000000101', sets: [setOf('0001', orderOf('A'))] });
    const next = { isa13: '000000102', sets: [setOf('0001', orderOf('B'))] };
    expect(await send(patient, next)).toMatchObject({ orders: 1, codes: ['X12.GS.SEEN'] });
    expect(await send(strict, next)).toMatchObject({ orders: 0, codes: ['X12.GS.SEEN'] });
  });

  test('may send a number again of which nothing could be taken', async () => {
    const source = await givenPartner();
    const wrong = await send(source, { ge: 'GE*9*101~' });
    expect(wrong).toMatchObject({ state: 'refused', codes: ['X12.GE.SET_COUNT'] });
    expect(await send(source, {})).toMatchObject({ state: 'split', orders: 1, codes: [] });
  });
});

describe('our own second reading', () => {
  test('finds the numbers to be the document’s own, where the first was broken off', async () => {
    const source = await givenPartner();
    const sets = Array.from({ length: 3 }, (_, at) => setOf(`000${String(at + 1)}`, orderOf(`PO-${String(at)}`)));
    const documentId = await givenDocument(source, document({ sets }));
    // The first attempt dies between remembering the numbers and the first order.
    const { db } = house.store;
    await sql`create trigger dies before insert on order_staging_raw begin select raise(abort, 'died'); end`.execute(
      db,
    );
    await expect(split(documentId)).rejects.toThrow('died');
    await sql`drop trigger dies`.execute(db);
    expect(await split(documentId)).toEqual({ state: 'split', orders: 3 });
    expect(await codesOf(documentId)).toEqual([]);
  });
});

describe('interchanges that did not come', () => {
  test('are told by their numbers, once, and hold nothing up', async () => {
    const source = await givenPartner();
    const came = async (number: number) => {
      const isa13 = String(number).padStart(9, '0');
      const parts = { isa13, sets: [setOf('0001', orderOf(isa13))], ...group(String(number)) };
      return send(source, parts);
    };
    expect(await came(101)).toMatchObject({ orders: 1, codes: [] });
    expect(await came(102)).toMatchObject({ orders: 1, codes: [] });
    const late = await came(105);
    expect(late).toMatchObject({ state: 'split', orders: 1, codes: ['X12.ISA.GAP'] });
    const [finding] = await listFindings(house.store, `document:${late.documentId}`, 0);
    expect(finding?.message).toContain('comes after 000000102: 2 interchanges between them did not come');
    expect(await came(104)).toMatchObject({ orders: 1, codes: [] });
    expect(await came(103)).toMatchObject({ orders: 1, codes: [] });
    expect(await came(106)).toMatchObject({ orders: 1, codes: [] });
  });
});

test('nothing of an interchange becomes an order before its end was seen, wherever the file is cut', async () => {
  const source = await givenPartner();
  const content = document({ sets: [setOf('0001', orderOf('A')), setOf('0002', orderOf('B'))] });
  for (let cut = 1; cut < content.length; cut += 1) {
    const documentId = await givenDocument(source, content.slice(0, cut));
    expect([cut, await split(documentId)]).toEqual([cut, { state: 'refused', orders: 0 }]);
  }
  expect(await send(source, { sets: [setOf('0001', orderOf('A')), setOf('0002', orderOf('B'))] })).toMatchObject({
    orders: 2,
  });
}, 60_000);
