/**
 * How long a server asks to be left alone, in seconds, from a number of seconds or a date; empty where it does not say.
 * @param value the header `Retry-After`
 * @see RFC 9110 section 10.2.3
 */
export function readRetryAfter(value: string | null | undefined, now: Date): { readonly retryAfterSeconds?: number } {
  const text = value?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return { retryAfterSeconds: Number(text) };
  const at = Date.parse(text);
  return Number.isNaN(at) ? {} : { retryAfterSeconds: Math.max(0, Math.ceil((at - now.getTime()) / 1000)) };
}
