import { maskCardNumbers } from '../orders/cards.ts';
import { Problem } from './problem.ts';

/** No caller waits longer than this, in seconds. */
const LONGEST_WAIT = 60;

/**
 * How long the caller wants to wait for the outcome: seconds from `Prefer: wait=N`, at most 60; 0 without. What cannot be
 * understood is ignored, as the RFC asks.
 * @see RFC 7240 section 4.3
 */
export function readWait(prefer: string | undefined): number {
  const [, seconds] = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,6})"?\s*(?:$|[,;])/i.exec(prefer ?? '') ?? [];
  return Math.min(Number(seconds ?? 0), LONGEST_WAIT);
}

/**
 * The sender's key for this request, with or without the quotes of a structured field; null without one.
 * @throws Problem if it is empty, longer than 255 characters or not visible ASCII.
 * @see draft-ietf-httpapi-idempotency-key-header
 */
export function readIdempotencyKey(header: string | undefined): string | null {
  if (header === undefined) return null;
  const [, quoted] = /^"(.*)"$/.exec(header.trim()) ?? [];
  const key = quoted ?? header.trim();
  if (/^[\x21-\x7e]{1,255}$/.test(key)) return key;
  throw new Problem('invalid-request', 'an Idempotency-Key is 1 to 255 visible ASCII characters, such as a UUID');
}

/**
 * The media type that a Content-Type names, its parameters aside, which may hold anything; null if it names none.
 * @see RFC 9110 section 8.3.1
 */
export function readMediaType(contentType: string | undefined): string | null {
  const mediaType = contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return /^[\w.+-]{1,60}\/[\w.+-]{1,60}$/.test(mediaType) ? maskCardNumbers(mediaType).text : null;
}
