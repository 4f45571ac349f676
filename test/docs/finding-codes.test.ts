import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { CODES_FILE, describeCodes } from '../../docs/finding-codes.ts';
import { readCode } from './sources.ts';

describe('the page of codes', () => {
  test('is the one that is committed; `npm run docs:codes` writes it anew', () => {
    expect(readFileSync(CODES_FILE, 'utf8')).toBe(describeCodes());
  });

  test('has every code that stands in the code', () => {
    const written = [...readCode().values()].flatMap((code) =>
      // `DD.MM.YYYY` is how a date is written.
      [...code.matchAll(/'(?!DD\.)([A-Z][A-Z0-9]*(?:\.[A-Z][A-Z0-9_]*)+)'/g)].map(([, found]) => found),
    );
    const page = describeCodes();
    expect(written.length).toBeGreaterThan(100);
    expect(written.filter((code) => !page.includes(`\`${String(code)}\``))).toEqual([]);
  });
});
