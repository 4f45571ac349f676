import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { dumpSqliteSchema, SQLITE_SCHEMA_FILE } from '../../db/dump-schema.ts';

test('the schema that the migrations make is the one kept for review; `npm run schema` writes it anew', async () => {
  expect(await dumpSqliteSchema()).toBe(readFileSync(SQLITE_SCHEMA_FILE, 'utf8'));
});
