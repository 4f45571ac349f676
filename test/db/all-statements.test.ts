import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { CompiledQuery } from 'kysely';
import { onSqlite } from '../support/database.ts';
import { ASKINGS, dumpStatements, listAsked, STATEMENTS_FILE } from '../support/statements.ts';
import { openTestStore } from '../support/store.ts';

/** Functions on a store that are not called by `statements.ts`, and where what they ask is. */
const ELSEWHERE: Readonly<Record<string, readonly string[]>> = {
  'in what they call': [
    'decisions.writeDecision', 'documents.getDocument', 'documents.readDocument', 'orders.getOrder', 'outbox.openOutbox',
    'sources.getSource', 'verify-log.findAcknowledgeable',
  ],
  'in the tests of migrations': ['migrate.migrate', 'schema-check.listMissing'],
  'nowhere: they ask nothing, or SQLite alone': ['store.closeStore', 'store.inTransaction', 'wipe.wipeDeleted'],
}; // prettier-ignore

test('what SQL Server is asked is what is kept for review; `npm run schema` writes it anew', async () => {
  expect(await dumpStatements()).toBe(readFileSync(STATEMENTS_FILE, 'utf8'));
});

test('no function on a store is left out; add it to test/support/statements.ts', () => {
  const folder = new URL('../../db/', import.meta.url);
  const modules = readdirSync(folder).filter((file) => file.endsWith('.ts'));
  const all = modules.flatMap((file) => {
    const text = readFileSync(new URL(file, folder), 'utf8');
    const found = text.matchAll(
      /^export (?:async )?function\*? (\w+)(?:<.*?>)?\(\s*(?:\w+|\{[^}]*\}): (?:Store\b|Pick<Store, 'db'>)/gm,
    );
    return [...found].map(([, name = '']) => `${file.slice(0, -'.ts'.length)}.${name}`);
  });
  const known = [...Object.keys(ASKINGS).map((name) => name.split(/[ ,]/, 1)[0]), ...Object.values(ELSEWHERE).flat()];
  expect(all.length).toBeGreaterThan(100);
  expect(all.filter((name) => !known.includes(name))).toEqual([]);
});

const testServer = onSqlite ? test.skip : test;

testServer('each is understood by a server (that of TEST_MSSQL_URL)', async () => {
  const house = await openTestStore();
  const takenBack = new Error('taken back');
  const refused: { readonly name: string; readonly why: unknown }[] = [];
  for (const [name, asking] of Object.entries(ASKINGS)) {
    for (const { sql, parameters } of await listAsked(asking)) {
      const run = house.store.db.transaction().execute(async (tx) => {
        await tx.executeQuery(CompiledQuery.raw(sql, [...parameters]));
        throw takenBack;
      });
      const why: unknown = await run.catch((error: unknown) => error);
      if (why !== takenBack) refused.push({ name, why });
    }
  }
  await house.close();
  expect(refused).toEqual([]);
});
