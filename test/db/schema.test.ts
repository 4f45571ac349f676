import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { SCHEMAS } from '../../db/dump-schema.ts';

test.each(Object.entries(SCHEMAS))(
  'the schema that the migrations make on %s is the one kept for review; `npm run schema` writes it anew',
  async (_dialect, { file, dump }) => {
    expect(await dump()).toBe(readFileSync(file, 'utf8'));
  },
);

/** Bytes that a column takes in a key at most. */
const BYTES: readonly (readonly [type: RegExp, bytes: (length: number) => number])[] = [
  [/^varchar\((\d+)\)/, (length) => length],
  [/^nvarchar\((\d+)\)/, (length) => 2 * length],
  [/^datetime2\(3\)/, () => 7],
  [/^int/, () => 4],
];

test('no key is longer than SQL Server takes: 900 bytes where the rows lie by it, 1,700 elsewhere', async () => {
  const schema = await SCHEMAS.mssql.dump();
  const bytesOf = new Map<string, number>();
  for (const [, table = '', columns = ''] of schema.matchAll(/create table "(\w+)" \(([^;]*)\);/g))
    for (const [, column = '', type = ''] of columns.matchAll(/^ +"(\w+)" (\S+)/gm)) note(table, column, type);
  for (const [, table = '', column = '', type = ''] of schema.matchAll(/alter table "(\w+)" add "(\w+)" (\S+)/g))
    note(table, column, type);
  function note(table: string, column: string, type: string): void {
    const [pattern, count] = BYTES.find(([known]) => known.test(type)) ?? [];
    if (pattern && count) bytesOf.set(`${table}.${column}`, count(Number(pattern.exec(type)?.[1])));
  }

  const measure = (table: string, columns: string): number =>
    columns.split(', ').reduce((sum, column) => sum + (bytesOf.get(`${table}.${column.replaceAll('"', '')}`) ?? Infinity), 0); // prettier-ignore
  const keys = [...schema.matchAll(/create table "(\w+)" \([^;]*constraint "(\w+)" primary key \((.*)\)/g)].map(
    ([, table = '', name, columns = '']) => ({ name, fits: measure(table, columns) <= 900 }),
  );
  const indexes = [...schema.matchAll(/create (?:unique )?index "?(\w+)"? on "?(\w+)"? \((.*?)\)/g)].map(
    ([, name, table = '', columns = '']) => ({ name, fits: measure(table, columns) <= 1700 }),
  );
  expect([keys.length, indexes.length].every((count) => count > 20)).toBe(true);
  expect([...keys, ...indexes].filter(({ fits }) => !fits)).toEqual([]);
});
