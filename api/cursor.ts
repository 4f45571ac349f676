import { Problem } from './problem.ts';

/**
 * Cuts a page from rows of which one more than it holds was read: that one tells that there is another page.
 * @param placeOf the place of a row in its list
 */
export function cutPage<Row>(
  rows: readonly Row[],
  size: number,
  placeOf: (row: Row) => readonly string[],
): { readonly shown: Row[]; readonly nextCursor: string | null } {
  const shown = rows.slice(0, size);
  const last = shown.at(-1);
  return { shown, nextCursor: rows.length > size && last ? printCursor(placeOf(last)) : null };
}

/** A place in a list as callers see it: opaque, and safe in a URL. */
function printCursor(parts: readonly string[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/**
 * Reads a cursor back.
 * @param length how many parts it has
 * @throws Problem if it is not one that this list gave out.
 */
export function readCursor(text: string, length: number): readonly string[] {
  const parts = parse(Buffer.from(text, 'base64url').toString('utf8'));
  if (Array.isArray(parts) && parts.length === length && parts.every((part) => typeof part === 'string')) return parts;
  throw new Problem('invalid-request', 'the cursor is not one that this list gave out; start again without it');
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
