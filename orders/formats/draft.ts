import type { z } from 'zod';
import type { Disposition, Finding, Location } from '../finding.ts';
import { decimal, isDecimal, sum, toCurrency } from '../money.ts';
import { orderSchema } from '../order.ts';
import type { SourceProfile } from '../source.ts';
import type { ParseResult } from './format.ts';
import { type JsonObject, type JsonValue, pointerToken } from './json-reader.ts';

/**
 * An order as the reader of its layout understood it: in the canonical form, but unchecked. Amounts, quantities and dates
 * are text; what the document leaves out is left out.
 */
export interface Draft {
  readonly order: JsonObject;
  /** The place of a canonical field in the document, of what encloses it where the document leaves it out. */
  readonly locate: (pointer: string) => Location;
  /** What the sender calls a canonical field, such as `line_items[2].price` or `column "Menge"`; for the words of findings. */
  readonly nameOf: (pointer: string) => string;
  /** What the reader found itself. */
  readonly findings: readonly Finding[];
}

/** How the codes of a format's findings begin. */
export type CodePrefix = 'JSON' | 'XML' | 'CSV';

/** What is said of a field that does not fit the canonical order. */
type FieldCode = 'REQUIRED' | 'TYPE' | 'LENGTH' | 'FORMAT' | 'VALUE';

/** What these codes mean, behind the prefix of each format. All are of category `data_format` and reject the order. */
export const FIELD_CODES: Readonly<Record<FieldCode, string>> = {
  REQUIRED: 'A field that every order needs is missing.',
  TYPE: 'A field holds another kind of value, such as a list instead of a text.',
  LENGTH: 'A text or a list is shorter or longer than allowed.',
  FORMAT: 'A text is not written as the field needs it: an amount, a date, a currency.',
  VALUE: 'A field holds none of the values it may have.',
};

/** A document with thousands of faults has one cause; a sender reads the first of them. */
export const MOST_FINDINGS = 100;
const LONGEST_EVIDENCE = 100;

/**
 * Makes the canonical order of a draft: fills in what the source's profile knows, computes the amounts of lines that have
 * none, and says of every field that does not fit where it stands and what to do.
 */
export function finishDraft(draft: Draft, profile: SourceProfile, prefix: CodePrefix): ParseResult {
  const completed = completeOrder(draft.order, profile);
  const parsed = orderSchema.safeParse(completed);
  const issues = (parsed.error?.issues ?? []).map((issue) => toFinding(draft, prefix, completed, issue));
  return { order: parsed.data ?? null, findings: [...draft.findings, ...issues].slice(0, MOST_FINDINGS) };
}

/** Paths of the fields that a reader refused itself: the schema need not say so again in its own words. */
export function findRefused(findings: readonly Finding[]): ReadonlySet<string> {
  return new Set(findings.filter(({ disposition }) => disposition === 'reject').map(({ path }) => path));
}

/** What rejects an order is never crowded out by what only tells. */
const RANKS: Readonly<Record<Disposition, number>> = { reject: 0, hold: 1, warn: 2 };

/** Findings with those first that reject the order. */
export function sortByRank(findings: readonly Finding[]): readonly Finding[] {
  return findings.toSorted((one, other) => RANKS[one.disposition] - RANKS[other.disposition]);
}

function toFinding(
  { locate, nameOf }: Draft,
  prefix: CodePrefix,
  completed: JsonObject,
  issue: z.core.$ZodIssue,
): Finding {
  const { code, path, words, evidence } = explainIssue(issue, completed);
  const message = `${path === '' ? 'The order' : nameOf(path)} ${words}.`;
  return { ...faulty(`${prefix}.${code}`), path, message, evidence, location: locate(path) };
}

/** What every finding about the form of a document has in common. */
export function faulty(
  code: string,
  disposition: Disposition = 'reject',
): Pick<Finding, 'code' | 'category' | 'disposition'> {
  return { code, category: 'data_format', disposition };
}

/** Fills in what the order does not say itself. A `null` counts as left out. */
export function completeOrder(value: JsonObject, profile: SourceProfile): JsonObject {
  const said = withoutNulls(value, ['type', 'charges', 'tax', 'notes', 'extensions']);
  const { currency, customerId } = profile.defaults;
  const order: JsonObject = {
    ...said,
    source: said['source'] ?? profile.id,
    ...(currency !== undefined && { currency: said['currency'] ?? currency }),
    ...(customerId !== undefined && { customerId: said['customerId'] ?? customerId }),
    // Who typed an order is what the gateway knows of its caller, never what a document says.
    operatorId: null,
  };
  const { lines } = order;
  if (!isList(lines)) return order;
  return { ...order, lines: lines.map((line, index) => (isObject(line) ? completeLine(line, index, order) : line)) };
}

function completeLine(value: JsonObject, index: number, order: JsonObject): JsonObject {
  const line = withoutNulls(value, ['ids', 'unit', 'discounts']);
  return { ...line, line: line['line'] ?? String(index + 1), amount: line['amount'] ?? computeAmount(line, order) };
}

/** Leaves out `null` for fields that have a default. */
function withoutNulls(value: JsonObject, fields: readonly string[]): JsonObject {
  return Object.fromEntries(
    Object.entries(value).filter(([name, member]) => member !== null || !fields.includes(name)),
  );
}

/**
 * quantity × unitPrice − discounts, rounded to the currency. Zero where these cannot be computed with: each then has a
 * finding of its own, and one on the amount would send the sender looking in the wrong place.
 */
function computeAmount(line: JsonObject, order: JsonObject): string {
  const { quantity, unitPrice, discounts = [] } = line;
  const amounts = isList(discounts)
    ? discounts.map((discount) => (isObject(discount) ? discount['amount'] : null))
    : [null];
  if (!isAmount(quantity) || !isAmount(unitPrice) || !amounts.every(isAmount)) return '0';
  const { currency } = order;
  const exact = decimal(quantity).times(decimal(unitPrice)).minus(sum(amounts));
  return toCurrency(exact, typeof currency === 'string' ? currency : '');
}

/** Whether a value is a decimal string in the canonical notation. */
export function isAmount(value: JsonValue | undefined): value is string {
  return typeof value === 'string' && isDecimal(value);
}

/** Whether a value is an object, and no list. */
export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a value is a list. */
export function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** What a person has to do about an issue of the schema: to be put behind the field's name. */
export interface Explanation {
  readonly code: FieldCode;
  /** JSON pointer into the canonical order. */
  readonly path: string;
  readonly words: string;
  /** The value as it stands, cut. */
  readonly evidence: string | null;
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'a text or a number',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

/** Explains an issue of the canonical schema. @param order the value that the schema was given */
export function explainIssue(issue: z.core.$ZodIssue, order: JsonValue): Explanation {
  const found = valueAt(order, issue.path);
  const evidence = typeof found === 'string' ? found.slice(0, LONGEST_EVIDENCE) : null;
  return { ...explain(issue, found), path: toPointer(issue.path), evidence };
}

function explain(issue: z.core.$ZodIssue, found: JsonValue | undefined): Pick<Explanation, 'code' | 'words'> {
  if (found === undefined) return { code: 'REQUIRED', words: 'is missing: every order needs it' };
  switch (issue.code) {
    case 'invalid_type':
      return { code: 'TYPE', words: `must be ${KINDS[issue.expected] ?? issue.expected}` };
    case 'too_small':
      return { code: 'LENGTH', words: `must have at least ${issue.minimum} ${unitOf(issue.origin)}` };
    case 'too_big':
      return { code: 'LENGTH', words: `may have at most ${issue.maximum} ${unitOf(issue.origin)}` };
    case 'invalid_value':
      return { code: 'VALUE', words: `must be one of ${issue.values.map(String).join(', ')}` };
    case 'invalid_format': {
      const words = issue.format === 'date' ? 'must be a date such as "2026-12-01"' : issue.message;
      return { code: 'FORMAT', words };
    }
    default:
      return { code: 'FORMAT', words: 'has a name or value that does not fit the field' };
  }
}

function unitOf(origin: string): string {
  return origin === 'array' ? 'elements' : 'characters';
}

/** Names and indexes from the document down to a value. */
export type Path = readonly PropertyKey[];

/** The value at a path; undefined where there is none. */
export function valueAt(value: JsonValue, path: Path): JsonValue | undefined {
  let found: JsonValue | undefined = value;
  for (const key of path) {
    if (isList(found)) found = found[Number(key)];
    else found = isObject(found) && Object.hasOwn(found, key) ? found[String(key)] : undefined;
  }
  return found;
}

/** A path as JSON pointer. @see RFC 6901 */
export function toPointer(path: Path): string {
  return path.map(pointerToken).join('');
}

/** The place noted for a field, or for the nearest that encloses it; with the pointer under which it was noted. */
export function findNearest<Place>(
  places: ReadonlyMap<string, Place>,
  pointer: string,
): { readonly at: string; readonly place: Place } | undefined {
  for (let at = pointer; ; at = at.slice(0, at.lastIndexOf('/'))) {
    const place = places.get(at);
    if (place !== undefined) return { at, place };
    if (at === '') return undefined;
  }
}
