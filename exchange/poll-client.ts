import type { PollProfile } from '../orders/poll-profile.ts';
import { codeOfStatus } from './failure-codes.ts';
import { readRetryAfter } from './retry-after.ts';

/*
 * Asks an integration for a page of its orders. What comes from outside is bounded in time and size, and no answer sends
 * us elsewhere: a redirect would take the key along.
 */

/** How long a page may take, body included. */
const TIMEOUT_MS = 30_000;
/** A page of the most orders that are asked for at a time. */
const LARGEST_PAGE = 20 * 1024 * 1024;

/**
 * What came of asking. `page`: its bytes. `failed`: nothing that can be read; `code` says why in a word, and
 * `retryAfterSeconds` how long the integration asks us to wait.
 */
export type PageAnswer =
  | { readonly kind: 'page'; readonly bytes: Uint8Array; readonly contentType: string | undefined }
  | { readonly kind: 'failed'; readonly code: string; readonly retryAfterSeconds?: number };

/** What is asked for. */
export interface PageQuestion {
  readonly profile: PollProfile;
  /** null: from the beginning. */
  readonly cursor: string | null;
  /** null where the integration asks for none. */
  readonly secret: string | null;
  readonly now: Date;
}

/** Limits that tests make smaller. */
export interface PollLimits {
  readonly timeoutMs?: number;
  readonly largestPage?: number;
}

/** Asks for the page at a cursor. Every failure is an answer, never thrown: it is waited out. */
export async function fetchPage(question: PageQuestion, limits: PollLimits = {}): Promise<PageAnswer> {
  const { timeoutMs = TIMEOUT_MS, largestPage = LARGEST_PAGE } = limits;
  try {
    const response = await fetch(addressOf(question), {
      headers: { Accept: 'application/json', ...authorize(question) },
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (!response.ok) {
      await response.body?.cancel();
      return {
        kind: 'failed',
        code: codeOfStatus(response.status),
        ...readRetryAfter(response.headers.get('Retry-After'), question.now),
      };
    }
    const bytes = await readAtMost(response, largestPage);
    if (!bytes) return { kind: 'failed', code: 'page_too_large' };
    return { kind: 'page', bytes, contentType: response.headers.get('Content-Type') ?? undefined };
  } catch (error) {
    return { kind: 'failed', code: (error as Error).name === 'TimeoutError' ? 'timeout' : 'unreachable' };
  }
}

function addressOf({ profile, cursor }: PageQuestion): URL {
  const url = new URL(profile.url);
  if (profile.pageSizeParameter !== null) url.searchParams.set(profile.pageSizeParameter, String(profile.pageSize));
  if (cursor !== null) url.searchParams.set(profile.cursorParameter, cursor);
  return url;
}

function authorize({ profile: { auth }, secret }: PageQuestion): Readonly<Record<string, string>> {
  if (secret === null || auth.kind === 'none') return {};
  if (auth.kind === 'header') return { [auth.name]: secret };
  if (auth.kind === 'bearer') return { Authorization: `Bearer ${secret}` };
  return { Authorization: `Basic ${Buffer.from(`${auth.user}:${secret}`).toString('base64')}` };
}

/** The body, unpacked; undefined as soon as it is larger than is taken. */
async function readAtMost(response: Response, most: number): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = [];
  let size = 0;
  if (!response.body) return new Uint8Array();
  const stream: AsyncIterable<Uint8Array> = response.body;
  for await (const part of stream) {
    size += part.length;
    // Leaving the loop hangs up.
    if (size > most) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts);
}
