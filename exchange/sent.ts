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
