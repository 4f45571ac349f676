/**
 * What came of sending a notice. Of a failure, `code` says why in a word; `about`, whether another message to the same
 * destination would fare the same; `isFinal`, that the same message never will do better. `gone`: the destination wants
 * nothing any more.
 */
export type Sent =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'gone'; readonly code: string }
  | {
      readonly kind: 'failed';
      readonly code: string;
      readonly about: 'message' | 'destination';
      readonly isFinal?: true;
      /** How long the destination asks us to wait. */
      readonly retryAfterSeconds?: number;
    };

/** The code of a failure on the way, such as `econnrefused`; no message, because it may name anything. */
export function codeOfFailure(error: unknown, otherwise: string): string {
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,60}$/.test(code) ? code.toLowerCase() : otherwise;
}
