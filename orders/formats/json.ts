import type { z } from 'zod';
import type { Finding, Location } from '../finding.ts';
import { orderSchema } from '../order.ts';
import type { SourceProfile } from '../source.ts';
import {
  completeOrder,
  explainIssue,
  faulty,
  findNearest,
  FIELD_CODES,
  isList,
  isObject,
  MOST_FINDINGS,
  type Path,
  toPointer,
  valueAt,
} from './draft.ts';
import type { ParseResult } from './format.ts';
import { pointerToken, readJson, scanJson } from './json-reader.ts';
import type { JsonDocument, JsonFault, JsonKind, JsonObject, JsonValue } from './json-reader.ts';

/**
 * The codes of this parser's findings and what they mean. All are of category `data_format`; all reject the order but
 * `JSON.UNKNOWN_FIELD`, which only tells.
 */
export const JSON_CODES = {
  'JSON.ENCODING': 'The document is not valid UTF-8.',
  'JSON.SYNTAX': 'The document is not JSON as RFC 8259 defines it.',
  'JSON.DUPLICATE_KEY': 'An object names the same member twice.',
  'JSON.TOO_DEEP': 'Objects and lists are nested deeper than 64 levels.',
  'JSON.TOO_LARGE': 'The document holds more values than one order can have.',
  'JSON.TYPE': FIELD_CODES.TYPE,
  'JSON.REQUIRED': FIELD_CODES.REQUIRED,
  'JSON.LENGTH': FIELD_CODES.LENGTH,
  'JSON.FORMAT': FIELD_CODES.FORMAT,
  'JSON.VALUE': FIELD_CODES.VALUE,
  'JSON.EXPONENT': 'A number is written with an exponent, such as 1e3.',
  'JSON.UNKNOWN_FIELD': 'The canonical order has no such field; it is kept under `extensions`.',
  'JSON.EMPTY': 'A list of orders holds none.',
  'JSON.PAGE': "A page that was polled does not have its list or its cursor where the source's profile says.",
  'SOURCE.MISMATCH': 'The document names another source than the one that sent it.',
} as const;

type JsonCode = keyof typeof JSON_CODES;

const LONGEST_NAME = 100;

/**
 * Reads one order in the canonical JSON form. Numbers are taken as written, never through a float; what the source's
 * profile knows fills in what the document leaves out; a line's amount is computed where it is missing.
 * Fields that the canonical order does not have are kept in `extensions`: by name at the top level, by JSON pointer
 * where they stand deeper.
 */
export function parseJsonOrder(bytes: Uint8Array, profile: SourceProfile): ParseResult {
  const { document, fault } = readJson(bytes);
  return fault ? { order: null, findings: [faultFinding(fault)] } : readCanonical(document, profile);
}

/** Reads one order in the canonical form from a document that could be read as JSON. */
export function readCanonical(document: JsonDocument, profile: SourceProfile): ParseResult {
  const { value } = document;
  if (!isObject(value)) {
    const message = 'One order is one JSON object; send several as separate documents or as a list of objects.';
    return { order: null, findings: [createFinding(document, 'JSON.TYPE', '', message)] };
  }
  return parseObject(document, value, profile);
}

function parseObject(document: JsonDocument, value: JsonObject, profile: SourceProfile): ParseResult {
  const completed = completeOrder(value, profile);
  const asSent = orderSchema.safeParse(completed);
  const unknown = unknownPaths(asSent.error?.issues ?? []);
  const parsed = unknown.length === 0 ? asSent : orderSchema.safeParse(moveToExtensions(completed, unknown));
  const exponents = findExponents(document, unknown);
  const isTold = new Set(exponents);
  const issues = (parsed.error?.issues ?? []).filter((issue) => !isTold.has(toPointer(issue.path)));
  const findings = [
    ...findSourceMismatch(document, completed, profile),
    ...exponents.map((pointer) => exponentFinding(document, pointer)),
    ...issues.map((issue) => issueFinding(document, completed, issue)),
  ];
  return {
    order: parsed.data ?? null,
    findings: [...findings.slice(0, MOST_FINDINGS), ...unknownFindings(document, unknown).slice(0, MOST_FINDINGS)],
  };
}

/** Tells whether a document can be parsed as JSON, and whether it is one order (`object`) or a list of them (`array`). */
export function inspectJson(bytes: Uint8Array): { kind: JsonKind['kind']; findings: readonly Finding[] } {
  const { kind, fault } = scanJson(bytes);
  return { kind, findings: fault ? [faultFinding(fault)] : [] };
}

/**
 * The place of a canonical field in a JSON document; of what encloses it where the document leaves it out. Empty for a
 * document that cannot be read.
 * @param pointer JSON pointer (RFC 6901) into the canonical order, as in {@link Finding.path}
 */
export function locateJson(bytes: Uint8Array, pointer: string): Location {
  const { document } = readJson(bytes);
  return document ? locate(document, pointer) : {};
}

/** Paths of the fields that the canonical order does not have. */
function unknownPaths(issues: readonly z.core.$ZodIssue[]): readonly Path[] {
  return issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [],
  );
}

function moveToExtensions(value: JsonObject, unknown: readonly Path[]): JsonObject {
  const known = without(value, new Set(unknown.map(toPointer))) as JsonObject;
  const { extensions = {} } = known;
  // A wrong kind of `extensions` stays for the schema to refuse.
  if (!isObject(extensions)) return known;
  const moved = unknown.map((path) => [extensionName(path, extensions), valueAt(value, path) ?? null] as const);
  return { ...known, extensions: { ...extensions, ...Object.fromEntries(moved) } };
}

/** A top-level field keeps its name, unless the sender's own extensions have it or it is `__proto__`. */
function extensionName(path: Path, extensions: JsonObject): string {
  const [name] = path;
  const keepsName = path.length === 1 && name !== '__proto__' && !Object.hasOwn(extensions, String(name));
  return keepsName ? String(name) : toPointer(path);
}

/** The value without the members at these pointers. */
function without(value: JsonValue, pointers: ReadonlySet<string>, at = ''): JsonValue {
  if (isList(value)) return value.map((element, index) => without(element, pointers, at + pointerToken(index)));
  if (!isObject(value)) return value;
  const kept = Object.entries(value).map(([name, member]) => ({ name, member, pointer: at + pointerToken(name) }));
  return Object.fromEntries(
    kept
      .filter(({ pointer }) => !pointers.has(pointer))
      .map(({ name, member, pointer }) => [name, without(member, pointers, pointer)]),
  );
}

/** Pointers of the numbers with an exponent in fields that mean something to us. */
function findExponents(document: JsonDocument, unknown: readonly Path[]): readonly string[] {
  const uninterpreted = new Set(['/extensions', ...unknown.map(toPointer)]);
  return document.exponents.filter((pointer) => !selfAndAbove(pointer).some((above) => uninterpreted.has(above)));
}

/** A pointer and those of everything that encloses it, but for the document. */
function selfAndAbove(pointer: string): readonly string[] {
  const tokens = pointer.split('/');
  return tokens.slice(1).map((_, index) => tokens.slice(0, index + 2).join('/'));
}

function exponentFinding(document: JsonDocument, pointer: string): Finding {
  const message = `${quote(pointer)} is written with an exponent: write all its digits, such as "1000" for 1e3.`;
  return createFinding(document, 'JSON.EXPONENT', pointer, message);
}

function findSourceMismatch(
  document: JsonDocument,
  { source }: JsonObject,
  profile: SourceProfile,
): readonly Finding[] {
  if (typeof source !== 'string' || source === profile.id) return [];
  const message = `The document names another source than "${profile.id}", which sent it: leave "source" out or correct it.`;
  return [createFinding(document, 'SOURCE.MISMATCH', '/source', message, source)];
}

/** One finding for each unknown field, however many lines have it. */
function unknownFindings(document: JsonDocument, unknown: readonly Path[]): readonly Finding[] {
  const firsts = new Map<string, Path>();
  for (const path of unknown) {
    const shape = toPointer(path.map((key) => (typeof key === 'number' ? '*' : key)));
    if (!firsts.has(shape)) firsts.set(shape, path);
  }
  return [...firsts.values()].map((path) => {
    const pointer = toPointer(path);
    const message = `${quote(pointer)} is not a field of the canonical order: it is kept under "extensions" and has no effect.`;
    return createFinding(document, 'JSON.UNKNOWN_FIELD', pointer, message);
  });
}

/** What a person has to do about an issue of the schema. */
function issueFinding(document: JsonDocument, value: JsonValue, issue: z.core.$ZodIssue): Finding {
  const { code, path, words, evidence } = explainIssue(issue, value);
  return createFinding(document, `JSON.${code}`, path, `${quote(path)} ${words}.`, evidence);
}

/** The field by its pointer, as words in a message; names come from the sender and are cut. */
function quote(pointer: string): string {
  return pointer === '' ? 'The order' : `"${pointer.slice(0, LONGEST_NAME)}"`;
}

function createFinding(
  document: JsonDocument,
  code: JsonCode,
  path: string,
  message: string,
  evidence: string | null = null,
): Finding {
  const disposition = code === 'JSON.UNKNOWN_FIELD' ? 'warn' : 'reject';
  return { ...faulty(code, disposition), path, message, evidence, location: locate(document, path) };
}

/** Tells a sender where and why a document cannot be read. */
export function faultFinding({ code, message, pointer, place }: JsonFault): Finding {
  return {
    code,
    category: 'data_format',
    disposition: 'reject',
    path: '',
    message: `The document cannot be read as JSON at line ${place.line}, column ${place.column}: ${message}.`,
    evidence: null,
    location: { ...place, pointer },
  };
}

/** The place of a value, or of what encloses it where it is missing. */
export function locate(document: JsonDocument, pointer: string): Location {
  const nearest = findNearest(document.places, pointer);
  return nearest ? { ...nearest.place, pointer: nearest.at } : {};
}
