import { RE2JS } from '@bufbuild/re2';

/** Patterns that were compiled, the newest last: compiling takes a thousand times as long as matching. */
const compiled = new Map<string, RE2JS>();
const KEPT = 500;
const LONGEST = 500;

/**
 * A regular expression in the syntax of RE2, which takes time in proportion to the text whatever the pattern is: a slip
 * in a rule cannot stop a worker.
 * @throws Error if it is none, or is too long
 * @see https://github.com/google/re2/wiki/Syntax
 */
export function getPattern(pattern: string): RE2JS {
  const known = compiled.get(pattern);
  if (known) return known;
  if (pattern.length > LONGEST) throw new RangeError(`a pattern has at most ${LONGEST} characters`);
  const made = RE2JS.compile(pattern);
  const [oldest] = compiled.keys();
  if (compiled.size >= KEPT && oldest !== undefined) compiled.delete(oldest);
  compiled.set(pattern, made);
  return made;
}

/** Whether a text is a regular expression in the syntax of RE2. */
export function isPattern(pattern: string): boolean {
  try {
    getPattern(pattern);
    return true;
  } catch {
    return false;
  }
}
