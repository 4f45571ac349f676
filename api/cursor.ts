import { Problem } from './problem.ts';

/** A place in a list as callers see it: opaque, and safe in a URL. */
export function printCursor(parts: readonly string[]): string {
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
