import { type Node, parseTree } from 'jsonc-parser';
import type { Finding } from '../finding.ts';
import type { PollProfile } from '../poll-profile.ts';
import { faulty } from './draft.ts';
import { faultFinding } from './json.ts';
import { byteOrderMarkLength, pointerTokens, scanJson } from './json-reader.ts';

/** One page of an integration's list. */
export interface JsonPage {
  /** Each order's bytes, as they stand in the page. */
  readonly orders: readonly Uint8Array[];
  /** What to ask for next; null at the end of the list, where the cursor stays. */
  readonly next: string | null;
}

export type PageReading =
  | { readonly page: JsonPage; readonly findings?: never }
  | { readonly findings: readonly Finding[]; readonly page?: never };

/**
 * Reads a page of orders: the list and the cursor behind it, where the profile says they stand. A page that is not what it
 * should be gives no order at all: going on behind it would lose some.
 */
export function readPage(bytes: Uint8Array, profile: Pick<PollProfile, 'orders' | 'cursor'>): PageReading {
  const { fault } = scanJson(bytes);
  if (fault) return { findings: [faultFinding(fault)] };
  const text = new TextDecoder().decode(bytes.subarray(byteOrderMarkLength(bytes)));
  const root = parseTree(text);
  const [list, another] = root ? find(root, profile.orders) : [];
  if (list?.type !== 'array' || another) return missing(profile.orders, 'the list of orders');
  const orders = list.children ?? [];
  const strange = orders.findIndex(({ type }) => type !== 'object');
  if (strange !== -1) return missing(`${profile.orders}/${String(strange)}`, 'an order');
  const next = findNext(text, root, orders, profile.cursor);
  if (next === undefined) return missing(pointerOfNext(orders, profile), 'the cursor');
  return { page: { orders: orders.map((order) => Buffer.from(cut(text, order))), next } };
}

/** Undefined for what cannot be a cursor. */
function findNext(
  text: string,
  root: Node | undefined,
  orders: readonly Node[],
  cursor: PollProfile['cursor'],
): string | null | undefined {
  if (cursor.kind === 'page') {
    const [node, another] = root ? find(root, cursor.next) : [];
    if (another) return undefined;
    return node === undefined || node.type === 'null' ? null : readCursor(text, node);
  }
  const last = orders.at(-1);
  if (!last) return null;
  const [node, another] = find(last, cursor.field);
  return node && !another ? readCursor(text, node) : undefined;
}

function pointerOfNext(orders: readonly Node[], profile: Pick<PollProfile, 'orders' | 'cursor'>): string {
  const { cursor } = profile;
  return cursor.kind === 'page' ? cursor.next : `${profile.orders}/${String(orders.length - 1)}${cursor.field}`;
}

/** A number as it is written: ids are longer than a float is exact. */
function readCursor(text: string, node: Node): string | undefined {
  const value = node.type === 'number' ? cut(text, node) : (node.value as unknown);
  return typeof value === 'string' && value !== '' && value.length <= 500 ? value : undefined;
}

function cut(text: string, { offset, length }: Node): string {
  return text.slice(offset, offset + length);
}

/** All that stands at a pointer: an object may name a member twice, and which one counts nobody can tell. @see RFC 6901 */
function find(node: Node, pointer: string): readonly Node[] {
  return pointerTokens(pointer).reduce<readonly Node[]>(
    (found, token) => found.flatMap((one) => childrenAt(one, token)),
    [node],
  );
}

function childrenAt({ type, children = [] }: Node, token: string): readonly Node[] {
  if (type === 'array') return children.filter((_, index) => String(index) === token);
  const members = children.map(({ children: [name, value] = [] }) => ({ name, value }));
  return members.flatMap(({ name, value }) => (value && name?.value === token ? [value] : []));
}

function missing(pointer: string, what: string): PageReading {
  const message = `The page does not have ${what} at "${pointer}": compare it with the source's profile.`;
  return { findings: [{ ...faulty('JSON.PAGE'), path: '', message, evidence: null, location: { pointer } }] };
}
