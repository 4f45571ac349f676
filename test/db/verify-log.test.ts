import { appendFileSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { writeAnchor } from '../../db/anchors.ts';
import { createKeyring } from '../../db/keyring.ts';
import { appendLog, type LogSubject } from '../../db/log.ts';
import { inTransaction, type Store } from '../../db/store.ts';
import { type BrokenPlace, verifyLog } from '../../db/verify-log.ts';
import { testOfSqlite } from '../support/sqlite-only.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

const AT = '2026-11-23T09:00:00.000Z';
const SUBJECTS = Array.from({ length: 8 }, (_, i) => `order:${String(i)}` as LogSubject);

let house: TestStore;
let folder: string;
let count = 0;

/** In the transaction that runs, or in one of its own. */
const within = <T>(store: Store, work: (tx: Store) => Promise<T>): Promise<T> =>
  store.db.isTransaction ? work(store) : inTransaction(store, work);

/** Adds `size` entries to a history. */
const grow = (store: Store, subject: LogSubject, size: number) =>
  within(store, async (tx) => {
    for (let i = 0; i < size; i += 1) {
      const entry = { stepKey: `step:${String((count += 1))}`, at: AT, actor: 'worker', action: 'order.parsed' };
      await appendLog(tx, subject, { ...entry, detail: { count } });
    }
  });

const look = (store: Store = house.store) => verifyLog(store, folder);
const isWhole = async (store?: Store) => (await look(store)).broken;
const fileOf = () => join(folder, readdirSync(folder)[0]!);

beforeAll(async () => {
  house = await openTestStore();
  folder = join(house.folder, 'anchors');
  // Three anchors: some histories grow after each, some do not.
  for (const round of [0, 1, 2]) {
    for (const [i, subject] of SUBJECTS.entries()) if (i % 3 <= round) await grow(house.store, subject, 1 + (i % 4));
    await writeAnchor(house.store, folder, AT);
  }
});
afterAll(() => house.close());

/** Undoes what is done to the tables. */
async function inVain<T>(work: (store: Store) => Promise<T>): Promise<T> {
  let result: T;
  const undo = new Error('taken back');
  await inTransaction(house.store, async (tx) => {
    result = await work(tx);
    throw undo;
  }).catch((error: unknown) => {
    if (error !== undo) throw error;
  });
  return result!;
}

/** Numbers that look random and are the same in each run. @see https://en.wikipedia.org/wiki/Linear_congruential_generator */
function createDice(seed: number) {
  let state = seed;
  const roll = (sides: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
  const pick = <T>(all: readonly T[]): T => all[roll(all.length)]!;
  return { roll, pick };
}

type Dice = ReturnType<typeof createDice>;
type Row = Awaited<ReturnType<typeof listRows>>[number];

const listRows = ({ db }: Store) =>
  db.selectFrom('order_processing_log').selectAll().orderBy('subject').orderBy('sequence').execute();

const remove = ({ db }: Store, { subject, sequence }: Pick<Row, 'subject' | 'sequence'>) =>
  db.deleteFrom('order_processing_log').where('subject', '=', subject).where('sequence', '=', sequence).execute();

const put = ({ db }: Store, rows: readonly Row[]) => db.insertInto('order_processing_log').values(rows).execute();

const renumber = async ({ db }: Store, { subject, sequence }: Row, by: number, upwards: boolean) => {
  const all = db.selectFrom('order_processing_log').select('sequence').where('subject', '=', subject);
  const later = await all
    .where('sequence', '>', sequence)
    .orderBy('sequence', upwards ? 'desc' : 'asc')
    .execute();
  for (const row of later) {
    const one = db.updateTable('order_processing_log').set({ sequence: row.sequence + by });
    await one.where('subject', '=', subject).where('sequence', '=', row.sequence).execute();
  }
};

/** Takes an entry's place off the list of what waits, as one would to hide it. */
const unlist = ({ db }: Store) => db.deleteFrom('audit_unanchored').execute();

/** What somebody may do who can write every table, and lacks the key. Each says which answers are right. */
const TAMPERS: Record<string, (store: Store, dice: Dice, rows: readonly Row[]) => Promise<readonly BrokenPlace['why'][]>> = {
  'changes a column': async (store, { pick, roll }, rows) => {
    const { subject, sequence, ...row } = pick(rows);
    const column = pick(Object.keys(row) as (keyof typeof row)[]);
    const old = row[column];
    const at = roll(old.length + 1);
    const value = old.slice(0, at) + pick(['x', '0', ' ', '\u0000', '"']) + old.slice(at + roll(2));
    if (value === old) return TAMPERS['changes a column']!(store, { pick, roll }, rows);
    const change = store.db.updateTable('order_processing_log').set({ [column]: value });
    await change.where('subject', '=', subject).where('sequence', '=', sequence).execute();
    return column === 'previous_mac' ? ['broken_link', 'inserted_row'] : ['changed_row', 'inserted_row'];
  },
  'moves an entry to another history': async (store, { pick }, rows) => {
    const row = pick(rows);
    await remove(store, row);
    await put(store, [{ ...row, subject: 'order:none' }]);
    return ['missing_row', 'cut_tail', 'missing_subject'];
  },
  'changes a number': async (store, { pick, roll }, rows) => {
    const row = pick(rows);
    await remove(store, row);
    await put(store, [{ ...row, sequence: pick([0, -1, 100 + roll(100)]) }]);
    return ['missing_row', 'inserted_row', 'broken_link'];
  },
  'removes an entry': async (store, { pick }, rows) => {
    await remove(store, pick(rows));
    return ['missing_row', 'cut_tail', 'missing_subject'];
  },
  'removes an entry and closes ranks': async (store, { pick }, rows) => {
    const row = pick(rows);
    await remove(store, row);
    await renumber(store, row, -1, false);
    return ['broken_link', 'changed_row', 'cut_tail', 'missing_subject'];
  },
  'puts an entry in': async (store, { pick }, rows) => {
    const row = pick(rows);
    await renumber(store, row, 1, true);
    const forged = { ...row, sequence: row.sequence + 1, step_key: 'forged', previous_mac: row.mac };
    await put(store, [{ ...forged, mac: pick([row.mac, pick(rows).mac, '0'.repeat(64)]) }]);
    return ['inserted_row'];
  },
  'adds an entry written with another key': async (store, { pick }) => {
    await grow({ ...store, keys: createKeyring() }, pick(SUBJECTS), 1);
    if (pick([true, false])) await unlist(store);
    return ['inserted_row', 'changed_row'];
  },
  'swaps two entries': async (store, { pick }, rows) => {
    const one = pick(rows);
    const other = pick(rows.filter((row) => row.mac !== one.mac));
    await remove(store, one);
    await remove(store, other);
    const { subject, sequence } = one;
    const back = { subject: other.subject, sequence: other.sequence };
    await put(store, [{ ...other, subject, sequence }, { ...one, ...back }]); // prettier-ignore
    return ['changed_row', 'broken_link', 'inserted_row'];
  },
  'cuts a tail': async (store, { pick }, rows) => {
    const { subject, sequence } = pick(rows.filter((row) => row.sequence > 1));
    const tail = store.db.deleteFrom('order_processing_log').where('subject', '=', subject);
    await tail.where('sequence', '>=', sequence).execute();
    return ['cut_tail'];
  },
  'cuts a tail, after which the history goes on': async (store, { pick, roll }, rows) => {
    const { subject, sequence } = pick(rows.filter((row) => row.sequence > 1));
    const tail = store.db.deleteFrom('order_processing_log').where('subject', '=', subject);
    await tail.where('sequence', '>=', sequence).execute();
    await grow(store, subject as LogSubject, 1 + roll(6));
    return ['cut_tail'];
  },
  'removes a subject': async (store, { pick }) => {
    await store.db.deleteFrom('order_processing_log').where('subject', '=', pick(SUBJECTS)).execute();
    return ['missing_subject'];
  },
  'removes everything': async (store, { pick }) => {
    await store.db.deleteFrom('order_processing_log').execute();
    if (pick([true, false])) await store.db.deleteFrom('audit_anchors').execute();
    return ['missing_subject', 'missing_anchor'];
  },
  'writes a history anew with another key': async (store, { pick, roll }, rows) => {
    const subject = pick(SUBJECTS);
    const size = rows.filter((row) => row.subject === subject).length;
    await store.db.deleteFrom('order_processing_log').where('subject', '=', subject).execute();
    await grow({ ...store, keys: createKeyring() }, subject, size + roll(3));
    if (pick([true, false])) await unlist(store);
    return ['changed_row'];
  },
  'writes everything anew with another key, anchors too': async (store) => {
    const forger = { ...store, keys: createKeyring() };
    await store.db.deleteFrom('order_processing_log').execute();
    for (const subject of SUBJECTS) await grow(forger, subject, 3);
    await unlist(store);
    const mac = forger.keys.auditKey.toString('hex');
    await store.db.updateTable('audit_anchors').set({ mac }).execute();
    return ['changed_anchor'];
  },
  'changes an anchor in the table': async (store, { pick, roll }) => {
    const number = 1 + roll(3);
    const column = pick(['at', 'row_count', 'head_count', 'heads_digest', 'previous_mac', 'mac'] as const);
    const value = column.endsWith('count') ? 77 : 'x';
    await store.db.updateTable('audit_anchors').set({ [column]: value }).where('number', '=', number).execute();
    return ['changed_anchor'];
  },
  'removes an anchor from the table': async (store, { roll }) => {
    await store.db.deleteFrom('audit_anchors').where('number', '=', 1 + roll(3)).execute();
    return ['missing_anchor'];
  },
  'adds an anchor to the table': async (store) => {
    await sql`insert into audit_anchors select number + 1, at, row_count, head_count, heads_digest, mac, mac
      from audit_anchors where number = 3`.execute(store.db);
    return ['missing_anchor'];
  },
  'adds to the list of what waits': async (store, { pick, roll }, rows) => {
    const { subject, sequence } = pick(rows);
    await store.db.insertInto('audit_unanchored').values({ subject, sequence: sequence + roll(2) * 500 }).execute();
    return ['changed_list', 'cut_tail'];
  },
  'takes what waits off the list': async (store, { pick }) => {
    await grow(store, pick(SUBJECTS), 1);
    await unlist(store);
    return ['changed_list'];
  },
}; // prettier-ignore

describe('an audit trail that was left alone', () => {
  test('holds, and what no anchor covers is stated', async () => {
    const rows = (await listRows(house.store)).length;
    expect(await look()).toEqual({ broken: null, acknowledged: [], rows, anchors: 3, window: { since: AT, rows: 0 } });
    await inVain(async (tx) => {
      await grow(tx, 'order:new', 2);
      expect(await look(tx)).toMatchObject({ broken: null, window: { since: AT, rows: 2 } });
    });
  });

  test('holds when nothing was anchored yet', async () => {
    const fresh = await openTestStore();
    await grow(fresh.store, 'order:1', 3);
    const found = await verifyLog(fresh.store, join(fresh.folder, 'anchors'));
    expect(found).toEqual({ broken: null, acknowledged: [], rows: 3, anchors: 0, window: { since: null, rows: 3 } });
    await fresh.close();
  });

  test('holds while it is written and anchored', async () => {
    const busy = await openTestStore();
    const beside = join(busy.folder, 'anchors');
    let [done, looks] = [false, 0];
    const write = async () => {
      for (let i = 0; i < 60; i += 1) {
        await grow(busy.store, `order:${String(i % 20)}`, 5);
        await writeAnchor(busy.store, beside, AT);
      }
    };
    const isDone = () => done;
    const writing = write().finally(() => (done = true));
    while (!isDone()) {
      expect((await verifyLog(busy.store, beside)).broken).toBeNull();
      looks += 1;
    }
    await writing;
    expect(looks).toBeGreaterThan(1);
    expect(await verifyLog(busy.store, beside)).toMatchObject({ broken: null, rows: 300, anchors: 60 });
    await busy.close();
  });

  test('is covered by several anchors when much was written since the last', async () => {
    const busy = await openTestStore();
    const beside = join(busy.folder, 'anchors');
    for (let i = 0; i < 25; i += 1) await grow(busy.store, `order:${String(i)}`, 100);
    expect(await writeAnchor(busy.store, beside, AT)).toEqual({ rows: 1000, more: true });
    expect(await writeAnchor(busy.store, beside, AT)).toEqual({ rows: 1000, more: true });
    expect(await writeAnchor(busy.store, beside, AT)).toEqual({ rows: 500, more: false });
    expect(await writeAnchor(busy.store, beside, AT)).toBeUndefined();
    expect(await verifyLog(busy.store, beside)).toMatchObject({ broken: null, rows: 2500, anchors: 3 });
    await busy.close();
  });
});

describe('somebody who can write every table', () => {
  const why = 'columns of other types do not take each change';
  const tamper = async (): Promise<void> => {
    const names = Object.keys(TAMPERS);
    const rows = await listRows(house.store);
    const wrong: unknown[] = [];
    const seen = new Map<string, number>();
    for (let seed = 0; seed < 1000; seed += 1) {
      const name = names[seed % names.length]!;
      const { broken, expected } = await inVain(async (tx) => {
        const allowed = await TAMPERS[name]!(tx, createDice(seed * 7919), rows);
        return { broken: await isWhole(tx), expected: allowed };
      });
      if (!broken || !expected.includes(broken.why)) wrong.push({ seed, name, broken, expected });
      seen.set(broken?.why ?? 'nothing', (seen.get(broken?.why ?? 'nothing') ?? 0) + 1);
    }
    expect(wrong).toEqual([]);
    expect([...seen.keys()].toSorted()).toEqual([
      'broken_link', 'changed_anchor', 'changed_list', 'changed_row', 'cut_tail', 'inserted_row', 'missing_anchor',
      'missing_row', 'missing_subject',
    ]); // prettier-ignore
    expect(await isWhole()).toBeNull();
  };
  // Each try verifies all of it anew.
  testOfSqlite(why, 'is found out in each of 1,000 tries', tamper, 15 * 60_000);

  test.each([
    ['an entry was changed', 'update order_processing_log set actor = \'me\' where subject = \'order:3\' and sequence = 2', 'changed_row', 'order:3', 2],
    ['an entry was removed', 'delete from order_processing_log where subject = \'order:3\' and sequence = 2', 'missing_row', 'order:3', 2],
    ['a tail was cut', 'delete from order_processing_log where subject = \'order:3\' and sequence > 2', 'cut_tail', 'order:3', 3],
    ['a subject is gone', 'delete from order_processing_log where subject = \'order:3\'', 'missing_subject', 'order:3', null],
  ] as const)('is told the place: %s', async (_what, statement, why, subject, sequence) => {
    const place = await inVain(async (tx) => {
      await sql.raw(statement).execute(tx.db);
      return isWhole(tx);
    });
    expect(place).toEqual({ why, subject, sequence, anchor: null });
  }); // prettier-ignore
});

describe('the anchors outside the database', () => {
  const withFile = async (change: (text: string) => string, work: () => Promise<void>) => {
    const text = readFileSync(fileOf(), 'utf8');
    writeFileSync(fileOf(), change(text));
    try {
      await work();
    } finally {
      writeFileSync(fileOf(), text);
    }
  };
  const lines = (change: (all: string[]) => string[]) => (text: string) =>
    change(text.trimEnd().split('\n')).map((line) => `${line}\n`).join(''); // prettier-ignore

  test.each([
    ['a line was removed', lines(([one, , three]) => [one!, three!]), 'missing_anchor', 2],
    ['the last line was removed', lines((all) => all.slice(0, 2)), 'missing_anchor', 3],
    ['all lines were removed', () => '', 'missing_anchor', 1],
    ['a line was changed', lines(([one, two, ...more]) => [one!, two!.replace('order:1', 'order:7'), ...more]), 'changed_anchor', 2],
    ['a line is nonsense', lines(([one, , ...more]) => [one!, 'null', ...more]), 'changed_anchor', 2],
    ['a line stands there twice', lines((all) => [...all, all[2]!]), 'changed_anchor', 4],
    ['two lines changed places', lines(([one, two, three]) => [one!, three!, two!]), 'missing_anchor', 2],
  ] as const)('tell that %s', async (_what, change, why, anchor) => {
    await withFile(change, async () =>
      expect(await isWhole()).toEqual({ why, subject: null, sequence: null, anchor }),
    );
  }); // prettier-ignore

  test('tell of histories that are gone, though the table of anchors was emptied too', async () => {
    const place = await inVain(async (tx) => {
      await tx.db.deleteFrom('audit_anchors').execute();
      return isWhole(tx);
    });
    expect(place).toMatchObject({ why: 'missing_anchor', anchor: 1 });
  });

  test('are readable by their owner only, and hold nothing but ids and MACs', async () => {
    expect(statSync(fileOf()).mode & 0o777).toBe(0o600);
    const [first] = readFileSync(fileOf(), 'utf8').split('\n');
    expect(Object.keys(JSON.parse(first!))).toEqual(['anchor', 'at', 'rows', 'heads', 'previous', 'mac']);
  });
});

describe('a process that dies while it writes an anchor', () => {
  test.each([
    ['before the line is whole', (path: string) => truncateSync(path, readFileSync(path).length - 20)],
    ['before the table has it', () => undefined],
  ])('%s, leaves nothing that is not mended by the next', async (_when, damage) => {
    const fresh = await openTestStore();
    const beside = join(fresh.folder, 'anchors');
    await grow(fresh.store, 'order:1', 3);
    await writeAnchor(fresh.store, beside, AT);
    await grow(fresh.store, 'order:1', 2);
    await grow(fresh.store, 'order:2', 1);
    const waiting = await fresh.store.db.selectFrom('audit_unanchored').selectAll().execute();
    await writeAnchor(fresh.store, beside, AT);
    // As if its transaction had been taken back.
    await fresh.store.db.deleteFrom('audit_anchors').where('number', '=', 2).execute();
    await fresh.store.db.insertInto('audit_unanchored').values(waiting).execute();
    damage(join(beside, readdirSync(beside)[0]!));
    expect(await verifyLog(fresh.store, beside)).toMatchObject({ broken: null, rows: 6 });
    await grow(fresh.store, 'order:1', 1);
    await writeAnchor(fresh.store, beside, AT);
    expect(await verifyLog(fresh.store, beside)).toMatchObject({ broken: null, rows: 7, window: { rows: 0 } });
    await fresh.close();
  });
});

test('anchors go on behind a line that somebody forged, which is told of for ever', async () => {
  const fresh = await openTestStore();
  const beside = join(fresh.folder, 'anchors');
  await grow(fresh.store, 'order:1', 3);
  await writeAnchor(fresh.store, beside, AT);
  const [name] = readdirSync(beside);
  appendFileSync(join(beside, name!), '{"anchor":2,"heads":[]}\n');
  await grow(fresh.store, 'order:1', 1);
  expect(await writeAnchor(fresh.store, beside, '2026-11-24T00:00:00.000Z')).toEqual({ rows: 1, more: false });
  expect(readdirSync(beside)).toEqual(['2026-11-23.jsonl', '2026-11-24.jsonl']);
  expect((await verifyLog(fresh.store, beside)).broken).toMatchObject({ why: 'changed_anchor', anchor: 2 });
  rmSync(beside, { recursive: true });
  expect((await verifyLog(fresh.store, beside)).broken).toMatchObject({ why: 'missing_anchor', anchor: 1 });
  await fresh.close();
});
