/**
 * What came of sending a notice. Of a failure, `code` says why in a word; `about`, what it lies in: with the `destination`
 * another message to it would fare the same, and so with our `settings`, for which it was not asked; `isFinal`, that the same
 * message never will do better. `gone`: the destination wants nothing any more.
 */
export type Sent =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'gone'; readonly code: string }
  | {
      readonly kind: 'failed';
      readonly code: string;
      readonly about: 'message' | 'destination' | 'settings';
      readonly isFinal?: true;
      /** How long the destination asks us to wait. */
      readonly retryAfterSeconds?: number;
    };

/** The code of a failure on the way, such as `econnrefused`; no message, because it may name anything. */
export function codeOfFailure(error: unknown, otherwise: string): string {
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,60}$/.test(code) ? code.toLowerCase() : otherwise;
}
