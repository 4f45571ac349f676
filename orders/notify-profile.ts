import { z } from 'zod';
import { safeAddress } from './safe-address.ts';

/** What settles an order or what waits of it, or a document of which nothing was taken. */
const SETTLED = [
  'order.completed',
  'order.rejected',
  'order.cancelled',
  'order.applied',
  'order.line_released',
  'document.refused',
] as const;

/** What tells of reviews: our own people act on it. */
export const REVIEW_KINDS = ['review.opened', 'review.reminder', 'review.escalated'] as const;

/** Kinds of notices about an order or a document; each is a row in the outbox first. */
export const NOTICE_KINDS = [...SETTLED, ...REVIEW_KINDS] as const;

export type NoticeKind = (typeof NOTICE_KINDS)[number];

const events = z
  .array(z.enum(NOTICE_KINDS))
  .min(1)
  .max(NOTICE_KINDS.length)
  .default([...SETTLED]);

/**
 * What a source is told by itself, and how; without it, it reads what became of its orders over the API. The secrets that
 * webhooks are signed with, and the addresses that mail goes to, are no part of the profile, because it is kept as it is:
 * they are sealed, see `PUT /v1/sources/{id}/secrets`.
 */
export const notifyProfile = z.strictObject({
  /** Messages as of Standard Webhooks. */
  webhook: z.strictObject({ url: safeAddress, events }).optional(),
  /** A letter in plain text to each address. */
  mail: z.strictObject({ events }).optional(),
});
