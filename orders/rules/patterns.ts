import { RE2JS } from '@bufbuild/re2';
import { rememberCompiled } from './compiled.ts';

const LONGEST = 500;

/**
 * A regular expression in the syntax of RE2, which takes time in proportion to the text whatever the pattern is: a slip
 * in a rule cannot stop a worker. Remembered, because compiling takes a thousand times as long as matching.
 * @throws Error if it is none, or is too long
 * @see https://github.com/google/re2/wiki/Syntax
 */
export const getPattern = rememberCompiled((pattern) => {
  if (pattern.length > LONGEST) throw new RangeError(`a pattern has at most ${LONGEST} characters`);
  return RE2JS.compile(pattern);
});

/** Whether a text is a regular expression in the syntax of RE2. */
export function isPattern(pattern: string): boolean {
  try {
    getPattern(pattern);
    return true;
  } catch {
    return false;
  }
}
