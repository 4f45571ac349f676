import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { SCHEMAS } from '../../db/dump-schema.ts';

test.each(Object.entries(SCHEMAS))(
  'the schema that the migrations make on %s is the one kept for review; `npm run schema` writes it anew',
  async (_dialect, { file, dump }) => {
    expect(await dump()).toBe(readFileSync(file, 'utf8'));
  },
);
