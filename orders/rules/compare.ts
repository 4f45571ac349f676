import { pointerTo } from './draft.ts';
import type { RuleVersion } from './rule.ts';

/** What a version of a rule does, without who made it and why. */
export type RuleContent = Pick<
  RuleVersion,
  | 'code'
  | 'kind'
  | 'scope'
  | 'parameters'
  | 'disposition'
  | 'releaseRole'
  | 'severity'
  | 'effectiveFrom'
  | 'effectiveTo'
>;

/** One difference between two versions. A side that does not have the member is undefined. */
export interface RuleDifference {
  /** JSON pointer (RFC 6901). */
  readonly pointer: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** In the order in which people read them. */
const MEMBERS = [
  'code', 'kind', 'scope', 'parameters', 'disposition', 'releaseRole', 'severity', 'effectiveFrom', 'effectiveTo',
] as const satisfies readonly (keyof RuleContent)[]; // prettier-ignore

/** What a version does, member by member in one order and nothing else: written twice, it is the same text. */
export function contentOf(rule: RuleContent): RuleContent {
  return Object.fromEntries(MEMBERS.map((member) => [member, sortMembers(rule[member])])) as unknown as RuleContent;
}

/** Where two versions differ in what they do. Lists are compared as a whole. */
export function compareRules(before: RuleContent, after: RuleContent): readonly RuleDifference[] {
  return compare([], contentOf(before), contentOf(after));
}

function compare(path: readonly string[], before: unknown, after: unknown): readonly RuleDifference[] {
  if (isRecord(before) && isRecord(after)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return names.flatMap((name) => compare([...path, name], before[name], after[name]));
  }
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ pointer: pointerTo(path), before, after }];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function sortMembers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortMembers);
  if (!isRecord(value)) return value;
  const names = Object.keys(value).sort(
    (one, other) => Number(other === 'kind') - Number(one === 'kind') || (one < other ? -1 : 1),
  );
  return Object.fromEntries(names.map((name) => [name, sortMembers(value[name])]));
}
