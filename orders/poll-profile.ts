import { z } from 'zod';
import { safeAddress } from './safe-address.ts';

const parameter = z.string().regex(/^[\w.[\]-]{1,60}$/, 'a name of a query parameter');
/** @see RFC 6901 */
const pointer = z.string().regex(/^(?:\/(?:[^~/]|~[01])*)*$/, 'a JSON pointer such as /orders');

const auth = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  /** `Authorization: Bearer <secret>` */
  z.strictObject({ kind: z.literal('bearer') }),
  /** The secret in a header of its own, such as `X-Shopify-Access-Token`. */
  z.strictObject({ kind: z.literal('header'), name: z.string().regex(/^[A-Za-z][A-Za-z0-9-]{0,60}$/) }),
  /** `Authorization: Basic`, the secret as password. */
  z.strictObject({ kind: z.literal('basic'), user: z.string().regex(/^[^:]{1,200}$/) }),
]);

const cursor = z.discriminatedUnion('kind', [
  /** The page says what to ask for next. Null, or nothing: this is the end for now, and the cursor stays. */
  z.strictObject({ kind: z.literal('page'), next: pointer.min(1) }),
  /** A member of the last order of a page, such as its id or when it was changed; the integration sorts by it, ascending. */
  z.strictObject({ kind: z.literal('order'), field: pointer.min(1) }),
]);

/**
 * How orders are read from an integration's HTTP API: page by page, from a cursor that moves on only after every order of
 * a page is kept. The secret is no part of the profile: see `PUT /v1/sources/{id}/secrets`.
 */
export const pollProfile = z.strictObject({
  /** The list of orders, oldest first, with any parameters that never change. HTTPS, but for this machine. */
  url: safeAddress,
  /** Seconds from one look to the next. */
  everySeconds: z.number().int().min(5).max(86_400).default(60),
  auth: auth.default({ kind: 'bearer' }),
  /** Orders asked for at a time, and the parameter that says so; without the parameter the integration decides. */
  pageSize: z.number().int().min(1).max(500).default(100),
  pageSizeParameter: parameter.nullable().default('limit'),
  /** The parameter that the cursor is sent in. */
  cursorParameter: parameter.default('cursor'),
  cursor: cursor.default({ kind: 'page', next: '/next' }),
  /** Where to begin; without it the first question has no cursor. */
  startCursor: z.string().min(1).max(500).optional(),
  /** Where the list of orders stands in a page; empty: the page is the list. */
  orders: pointer.default('/orders'),
});

/** The polling part of a source's profile. */
export type PollProfile = z.infer<typeof pollProfile>;
