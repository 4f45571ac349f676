import type { Finding } from './finding.ts';
import { type Order, orderSchema } from './order.ts';

/** A field that a person changes: a JSON pointer into the canonical order and its new value; without one it is removed. */
export interface FieldChange {
  readonly path: string;
  readonly value?: unknown;
}

/** The codes of the findings on a correction that cannot be made. All are of category `data_format` and reject it. */
export const CORRECTION_CODES = {
  'CORRECTION.POINTER': 'The path is no JSON pointer, or leads to no place in the order.',
  'CORRECTION.PROTECTED': 'Where an order comes from, who typed it and what it asks for are not corrected.',
  'CORRECTION.VALUE': 'The corrected order does not fit the canonical form.',
} as const;

/** What a correction never touches: it would make the order another one, or its author someone else. */
const PROTECTED = ['source', 'operatorId', 'type'];
/** Names that reach into JavaScript instead of the order. */
const FORBIDDEN = ['__proto__', 'constructor', 'prototype'];

type Container = readonly unknown[] | Readonly<Record<string, unknown>>;

/**
 * The order with the changes made, one after the other: a field is added or replaced, an element at the end of a list
 * (`-` or its length) is appended, and a change without a value removes. The result fits the canonical schema.
 * @see RFC 6901 (pointers), RFC 6902 section 4.1 (`-`)
 */
export function applyChanges(
  order: Order,
  changes: readonly FieldChange[],
): { readonly order: Order } | { readonly findings: readonly Finding[] } {
  let changed: unknown = order;
  for (const change of changes) {
    const step = applyChange(changed, change);
    if ('finding' in step) return { findings: [step.finding] };
    changed = step.value;
  }
  const parsed = orderSchema.safeParse(changed);
  if (parsed.success) return { order: parsed.data };
  return {
    findings: parsed.error.issues.map(({ path, message }) =>
      createFinding('CORRECTION.VALUE', `/${path.map((part) => escapeToken(String(part))).join('/')}`, message),
    ),
  };
}

type Step = { readonly value: unknown } | { readonly finding: Finding };

function applyChange(target: unknown, change: FieldChange): Step {
  const tokens = parsePointer(change.path);
  const [first] = tokens ?? [];
  if (!tokens || first === undefined) {
    return { finding: createFinding('CORRECTION.POINTER', '', 'a path starts with "/", such as "/lines/0/quantity"') };
  }
  if (PROTECTED.includes(first) || tokens.some((token) => FORBIDDEN.includes(token))) {
    return {
      finding: createFinding(
        'CORRECTION.PROTECTED',
        change.path,
        'this field is not corrected; reject the order instead',
      ),
    };
  }
  const value = setAt(target, tokens, change);
  if (value !== undefined) return { value };
  return { finding: createFinding('CORRECTION.POINTER', change.path, 'the order has no such place') };
}

/** The target with the change made below it; undefined if the pointer leads nowhere. */
function setAt(target: unknown, tokens: readonly string[], change: FieldChange): Container | undefined {
  const [token, ...deeper] = tokens;
  if (token === undefined || !isContainer(target)) return undefined;
  const key = isList(target) ? indexOf(target, token) : token;
  if (key === undefined) return undefined;
  if (deeper.length > 0) {
    const child = setAt(readMember(target, key), deeper, change);
    return child && withMember(target, key, child);
  }
  if (Object.hasOwn(change, 'value')) return withMember(target, key, change.value);
  return Object.hasOwn(target, key) ? withoutMember(target, key) : undefined;
}

function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null;
}

/** An existing index, or the one behind the last. */
function indexOf(list: readonly unknown[], token: string): number | undefined {
  if (token === '-') return list.length;
  if (!/^(0|[1-9]\d{0,5})$/.test(token)) return undefined;
  const index = Number(token);
  return index <= list.length ? index : undefined;
}

function readMember(target: Container, key: string | number): unknown {
  return Object.hasOwn(target, key) ? (target as Readonly<Record<string | number, unknown>>)[key] : undefined;
}

function withMember(target: Container, key: string | number, value: unknown): Container {
  if (!isList(target)) return { ...target, [key]: value };
  return [...target.slice(0, Number(key)), value, ...target.slice(Number(key) + 1)];
}

function withoutMember(target: Container, key: string | number): Container {
  if (isList(target)) return target.filter((_, index) => index !== key);
  return Object.fromEntries(Object.entries(target).filter(([name]) => name !== key));
}

/** `Array.isArray` does not narrow what may be a readonly array. */
function isList(value: Container): value is readonly unknown[] {
  return Array.isArray(value);
}

function parsePointer(path: string): string[] | undefined {
  if (!/^(\/([^~/]|~[01])*)+$/.test(path)) return undefined;
  return path.slice(1).split('/').map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~')); // prettier-ignore
}

function escapeToken(token: string): string {
  return token.replaceAll('~', '~0').replaceAll('/', '~1');
}

function createFinding(code: keyof typeof CORRECTION_CODES, path: string, message: string): Finding {
  return { code, category: 'data_format', disposition: 'reject', path, message, evidence: null, location: {} };
}
