import type { z } from 'zod';
import type { Finding } from '../orders/finding.ts';

/**
 * The kinds of problems that callers meet. The name is the last part of the problem's `type`, which never changes.
 * @see RFC 9457
 */
export const PROBLEMS = {
  'invalid-request': { status: 400, title: 'The request does not have the expected form' },
  'unreadable-document': { status: 400, title: 'The document cannot be read' },
  'not-authenticated': { status: 401, title: 'A valid key or token is needed' },
  'not-allowed': { status: 403, title: 'This is not yours to do' },
  'source-inactive': { status: 403, title: 'The source is switched off' },
  'own-work': { status: 403, title: 'Nobody approves their own work' },
  'not-found': { status: 404, title: 'There is no such thing' },
  'method-not-allowed': { status: 405, title: 'The method is not offered here' },
  conflict: { status: 409, title: 'The decision comes too late or is about another revision' },
  'not-given-up': { status: 409, title: 'Only a notice that was given up can be sent again' },
  'claimed-by-another': { status: 409, title: 'Somebody else has the review' },
  erased: { status: 410, title: 'The content was erased' },
  'too-slow': { status: 408, title: 'The request took too long to arrive' },
  'too-large': { status: 413, title: 'The document is too large' },
  'unsupported-format': { status: 415, title: 'The format is not taken' },
  'wrong-channel': { status: 422, title: 'The source does not send this format' },
  'unknown-source': { status: 422, title: 'There is no such source' },
  'card-number': { status: 422, title: 'Card numbers are not taken' },
  'key-reused': { status: 422, title: 'The idempotency key came with another body before' },
  'order-rejected': { status: 422, title: 'The order was rejected' },
  'invalid-correction': { status: 422, title: 'The correction cannot be made' },
  'invalid-rule': { status: 422, title: 'The rule is not valid' },
  'invalid-profile': { status: 422, title: 'The profile is not valid' },
  'too-many': { status: 429, title: 'Too many requests' },
  'headers-too-large': { status: 431, title: 'The request headers are too large' },
  'internal-error': { status: 500, title: 'Something went wrong on our side' },
  'back-office-unavailable': { status: 503, title: 'The back office does not answer' },
  'content-damaged': { status: 500, title: 'What is kept of it is damaged' },
  'store-unavailable': { status: 503, title: 'Nothing can be kept at the moment' },
  'engine-unavailable': { status: 503, title: 'The workflow engine does not answer' },
} as const;

export type ProblemName = keyof typeof PROBLEMS;

/** What a problem tells beside its kind. */
export interface ProblemExtras {
  readonly findings?: readonly Finding[];
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
  readonly documentId?: string;
  readonly orders?: readonly unknown[];
  readonly order?: unknown;
}

/** Thrown where a request ends in a problem. `detail` is for the caller: no secrets, no personal data, no traces. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly kind: ProblemName;
  readonly extras: ProblemExtras;
  readonly headers: Readonly<Record<string, string>>;
  constructor(
    kind: ProblemName,
    detail: string,
    extras: ProblemExtras = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail);
    this.kind = kind;
    this.extras = extras;
    this.headers = headers;
  }
}

/** What is told at most: whoever sends more that does not fit has one cause for it. */
const MOST_ERRORS = 100;
const LONGEST_ERROR = 300;

/** What does not fit a schema, by place. Names of members may be quoted, values never are. */
export function toErrors({ issues }: z.ZodError): NonNullable<ProblemExtras['errors']> {
  return issues.slice(0, MOST_ERRORS).map((issue) => ({
    pointer: issue.path
      .map((part) => `/${String(part)}`)
      .join('')
      .slice(0, LONGEST_ERROR),
    detail: explain(issue).slice(0, LONGEST_ERROR),
  }));
}

/** What is wrong with a name is said by what judged the name. */
function explain(issue: z.core.$ZodIssue): string {
  return issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;
}

/** The problem as `application/problem+json` shows it. */
export function toProblemBody(problem: Problem, requestId: string): Record<string, unknown> {
  const { status, title } = PROBLEMS[problem.kind];
  return {
    type: `/problems/${problem.kind}`,
    title,
    status,
    detail: problem.message,
    instance: requestId,
    ...problem.extras,
  };
}
