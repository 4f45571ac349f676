import { pointerToken } from '../formats/json-reader.ts';

/** A value and its pointer (RFC 6901). */
export interface Found {
  readonly path: string;
  readonly value: unknown;
}

/**
 * The values below `root` that a pointer stands for; `*` is every element of a list, and every member of an object. A
 * member that does not exist is found as undefined.
 */
export function findInputs(root: unknown, pattern: string): readonly Found[] {
  const keys = pattern.slice(1).split('/');
  return keys.reduce<readonly Found[]>(
    (found, key) => found.flatMap((value) => step(value, key)),
    [{ path: '', value: root }],
  );
}

function step({ path, value }: Found, key: string): readonly Found[] {
  const isObject = typeof value === 'object' && value !== null;
  if (key !== '*') {
    const member = isObject && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
    return [{ path: `${path}/${key}`, value: member }];
  }
  return isObject
    ? Object.entries(value).map(([name, member]) => ({
        path: path + pointerToken(name),
        value: member as unknown,
      }))
    : [];
}

/** How many values one pattern gives at most: of 5,000 lines the first few show what was read. */
const VALUES_SHOWN = 100;

/**
 * What an explanation's `reads` stood for, from the sealed order and facts that the verdict rests on.
 * @returns the values by pointer; those that do not exist are left out
 */
export function readInputs(
  reads: readonly string[],
  from: { readonly order: unknown; readonly facts: unknown; readonly now: string },
): Readonly<Record<string, unknown>> {
  const found = reads.flatMap((pattern) => findInputs(from, pattern).slice(0, VALUES_SHOWN));
  return Object.fromEntries(found.flatMap(({ path, value }) => (value === undefined ? [] : [[path, value]])));
}
