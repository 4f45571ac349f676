import type { Disposition, Finding, Location } from '../finding.ts';
import { isDecimal } from '../money.ts';
import type { SourceProfile } from '../source.ts';
import {
  type Draft,
  faulty,
  findNearest,
  findRefused,
  finishDraft,
  isList,
  isObject,
  MOST_FINDINGS,
  sortByRank,
} from './draft.ts';
import type { ParseResult } from './format.ts';
import { jsonProfile, type JsonProfile } from './json-profile.ts';
import { type JsonDocument, type JsonObject, type JsonValue, pointerToken, pointerTokens } from './json-reader.ts';
import { type ShopCode, shopFinding } from './shop-codes.ts';

/** A value of a sender's document, or the place where it would stand. */
export interface Node {
  /** JSON pointer into the document. */
  readonly pointer: string;
  readonly value: JsonValue | undefined;
}

/** A web shop's order while it is read. */
export interface Reading {
  readonly document: JsonDocument;
  readonly profile: SourceProfile;
  readonly json: JsonProfile;
  /** The sender's order. */
  readonly root: Node;
  /** From a canonical field to the place that its value comes from. */
  readonly origins: Map<string, string>;
  /** Pointers of what the canonical order says in full; all else becomes extensions. */
  readonly used: Set<string>;
  readonly findings: Finding[];
}

/** Begins to read the order at a place of a document. @param pointer of the order: empty, or of what wraps it */
export function startReading(document: JsonDocument, root: Node, profile: SourceProfile): Reading {
  const json = profile.json ?? jsonProfile.parse({});
  return { document, profile, json, root, origins: new Map([['', root.pointer]]), used: new Set(), findings: [] };
}

/** A member of an object, there or not. */
export function member({ pointer, value }: Node, name: string): Node {
  const found = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  return { pointer: pointer + pointerToken(name), value: found };
}

/** The value some names further down. */
export function descend(node: Node, ...names: readonly string[]): Node {
  return names.reduce(member, node);
}

/** The elements of a list; none if it is something else. */
export function elementsOf({ pointer, value }: Node): readonly Node[] {
  return isList(value)
    ? value.map((element, index) => ({ pointer: pointer + pointerToken(index), value: element }))
    : [];
}

/** A text or number as text, without white space around; null for everything else and for nothing. */
export function textOf({ value }: Node): string | null {
  const text = typeof value === 'string' ? value.trim() : '';
  return text === '' ? null : text;
}

/** Whether a value says nothing: missing, null or an empty text. */
function isBlank({ value }: Node): boolean {
  return value === undefined || value === null || value === '';
}

/** Says that the canonical order has this value in full, and where. Null if there is none. */
export function take(reading: Reading, path: string, node: Node): JsonValue {
  reading.origins.set(path, node.pointer);
  if (isBlank(node)) return null;
  reading.used.add(node.pointer);
  return typeof node.value === 'string' ? node.value.trim() : (node.value ?? null);
}

/** Takes the first of several values that says something. */
export function takeFirst(reading: Reading, path: string, ...nodes: readonly [Node, ...(readonly Node[])]): JsonValue {
  return take(reading, path, nodes.find((node) => !isBlank(node)) ?? nodes[0]);
}

/** An amount or quantity that is computed with: a decimal string. Null if there is none, or one that is no number, with a finding. */
export function readDecimal(reading: Reading, path: string, node: Node): string | null {
  if (isBlank(node)) return null;
  reading.used.add(node.pointer);
  const text = textOf(node);
  if (text !== null && isDecimal(text)) return text;
  reading.origins.set(path, node.pointer);
  const words = `"${nameOf(reading, node.pointer)}" must be a decimal number such as "19.99".`;
  const finding = { ...faulty('JSON.FORMAT'), path, message: words, evidence: text?.slice(0, 100) ?? null };
  reading.findings.push({ ...finding, location: placeOf(reading, node.pointer) });
  return null;
}

/** Like {@link readDecimal}, with a finding where there is none. */
export function requireDecimal(reading: Reading, path: string, node: Node): string | null {
  reading.origins.set(path, node.pointer);
  if (!isBlank(node)) return readDecimal(reading, path, node);
  const message = `"${nameOf(reading, node.pointer)}" is missing: every order needs it.`;
  const location = placeOf(reading, node.pointer);
  reading.findings.push({ ...faulty('JSON.REQUIRED'), path, message, evidence: null, location });
  return null;
}

/** Takes the calendar date of a point in time, as its sender's clock showed it. */
export function takeDate(reading: Reading, path: string, ...nodes: readonly [Node, ...(readonly Node[])]): JsonValue {
  const value = takeFirst(reading, path, ...nodes);
  const [, date] = typeof value === 'string' ? (/^(\d{4}-\d{2}-\d{2})[T ]\d{2}:\d{2}/.exec(value) ?? []) : [];
  return date ?? value;
}

/** Adds what was found at a place of the sender's document. */
export function say(
  reading: Reading,
  code: ShopCode,
  path: string,
  node: Node,
  message: string,
  disposition?: Disposition,
): void {
  reading.findings.push(shopFinding(code, path, message, placeOf(reading, node.pointer), disposition));
}

/** What a sender calls a value: `line_items[2].price`. */
export function nameOf({ root }: Reading, pointer: string): string {
  const tokens = pointerTokens(pointer.slice(root.pointer.length));
  const names = tokens.map((token) => (/^\d+$/.test(token) ? `[${token}]` : `.${token}`));
  return names.join('').replace(/^\./, '');
}

/** The place of a value, or of what encloses it where it is missing. */
export function placeOf({ document }: Reading, pointer: string): Location {
  const nearest = findNearest(document.places, pointer);
  return nearest ? { ...nearest.place, pointer: nearest.at } : {};
}

/** What reading an order gives: the order and findings, and the place of each canonical field. */
export interface PlacedOrder extends ParseResult {
  readonly locate: (pointer: string) => Location;
}

/** Makes the canonical order of what was read, with all that it does not say kept in the extensions. */
export function finishReading(reading: Reading, order: JsonObject): PlacedOrder {
  const locate = (path: string): Location => placeOf(reading, findNearest(reading.origins, path)?.place ?? '');
  const said = (path: string): string => {
    const origin = reading.origins.get(path);
    return `"${origin === undefined ? path : nameOf(reading, origin)}"`;
  };
  return finishDrafted(reading, { order, locate, nameOf: said, findings: reading.findings });
}

/** The same for an order that was drafted already. */
export function finishDrafted(reading: Reading, draft: Draft): PlacedOrder {
  const own = [...draft.findings, ...findExponents(reading)];
  const order = { ...draft.order, ...keepRest(reading) };
  const { order: finished, findings } = finishDraft({ ...draft, order, findings: [] }, reading.profile, 'JSON');
  // What the reader found wrong itself is not told again in the words of the schema.
  const told = findRefused(own);
  const all = [...own, ...findings.filter(({ path }) => !told.has(path))];
  return { order: finished, findings: sortByRank(all).slice(0, MOST_FINDINGS), locate: draft.locate };
}

function findExponents(reading: Reading): readonly Finding[] {
  const paths = new Map([...reading.origins].map(([path, origin]) => [origin, path]));
  return reading.document.exponents
    .filter((pointer) => reading.used.has(pointer))
    .map((pointer) => {
      const name = nameOf(reading, pointer);
      const message = `"${name}" is written with an exponent: write all its digits, such as "1000" for 1e3.`;
      const path = paths.get(pointer) ?? '';
      return { ...faulty('JSON.EXPONENT'), path, message, evidence: null, location: placeOf(reading, pointer) };
    });
}

function keepRest({ root, used }: Reading): JsonObject {
  const rest = withoutUsed(root, used);
  return isObject(rest) ? { extensions: rest } : {};
}

/** The value without what was used; undefined if nothing is left of it. Lists keep their order and length. */
function withoutUsed(node: Node, used: ReadonlySet<string>): JsonValue | undefined {
  const { pointer, value } = node;
  if (used.has(pointer)) return undefined;
  if (isList(value) && value.length > 0) {
    const rest = elementsOf(node).map((element) => withoutUsed(element, used));
    return rest.every((element) => element === undefined) ? undefined : rest.map((element) => element ?? null);
  }
  if (!isObject(value) || Object.keys(value).length === 0) return value;
  const rest = Object.keys(value).map((name) => [name, withoutUsed(member(node, name), used)] as const);
  const kept = rest.filter((entry): entry is readonly [string, JsonValue] => entry[1] !== undefined);
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}
