import { heartbeat, log } from '@temporalio/activity';
import { v7 as uuidv7 } from 'uuid';
import { listDocumentOrders } from '../db/documents.ts';
import { refuseDocument } from '../db/intake.ts';
import { getOrder } from '../db/orders.ts';
import { noteFailure, noteSuccess, type PollCursor, type PolledList, readCursor } from '../db/poll-cursors.ts';
import { readSecrets } from '../db/source-secrets.ts';
import { findSource } from '../db/sources.ts';
import { fetchPage, type PageAnswer } from '../exchange/poll-client.ts';
import { maskJson } from '../orders/cards.ts';
import type { Finding } from '../orders/finding.ts';
import { type JsonPage, readPage } from '../orders/formats/json-page.ts';
import { nameShopifyState } from '../orders/formats/shop-state.ts';
import type { PollProfile } from '../orders/poll-profile.ts';
import type { SourceProfile } from '../orders/source.ts';
import { type Deps, isoIn, nowIso, WORKER } from './deps.ts';
import { takeDocument } from './take-document.ts';

/** What one look at an integration came to. */
export interface PollStep {
  /** Orders of the page, those that were known among them. */
  readonly orders: number;
  /** Whether there is another page to read now. */
  readonly more: boolean;
  /** Why no page could be read, a code; and until when the integration is left alone. */
  readonly fault: string | null;
  readonly notBefore: string | null;
}

const NOTHING: PollStep = { orders: 0, more: false, fault: null, notBefore: null };

/** Between tries after failures: longer each time, and not so long that nobody notices that it is well again. */
const FIRST_WAIT_MS = 15_000;
const LONGEST_WAIT_MS = 15 * 60_000;
/** An integration that asks for more is asked again all the same. */
const LONGEST_RETRY_AFTER_S = 24 * 3600;

type Polled = SourceProfile & { readonly poll: PollProfile };

/**
 * Reads the page at a source's cursor: each order of it becomes a document of its own, durably, and only then the cursor
 * moves. Run again after a crash the page is read again, and what was taken is known by its content. A failure is noted
 * and waited out; nothing is skipped, because what stands behind a page that cannot be read may not be all there is.
 */
export async function pollPage(deps: Deps, source: string): Promise<PollStep> {
  const profile = await findSource(deps.store, source);
  if (!isPolled(profile)) return NOTHING;
  const list = listOf(profile);
  const state = await readCursor(deps.store, list);
  if (state.not_before !== null && state.not_before > nowIso())
    return { ...NOTHING, fault: state.fault, notBefore: state.not_before };
  const answer = await ask(deps, profile, state);
  if (answer.kind === 'failed') return fail(deps, list, state, answer);
  const { page, findings } = readPage(answer.bytes, profile.poll);
  if (!page) {
    await keepUnreadable(deps, profile, { list, state }, answer.bytes, findings);
    return fail(deps, list, state, { kind: 'failed', code: 'page_unreadable' });
  }
  return takePage(deps, profile, { list, state }, page);
}

function isPolled(profile: SourceProfile | undefined): profile is Polled {
  return profile?.poll !== undefined && profile.active;
}

/** A profile that asks for another list, or names another cursor, begins anew. */
function listOf({ id, poll }: Polled): PolledList {
  const { url, cursorParameter, cursor, startCursor } = poll;
  const list = `${url} ${cursorParameter} ${cursor.kind === 'page' ? cursor.next : `order ${cursor.field}`}`;
  return { source: id, list, start: startCursor ?? null };
}

async function ask({ store }: Deps, { id, poll }: Polled, { cursor }: PollCursor): Promise<PageAnswer> {
  const [secret = null] = await readSecrets(store, id, 'poll');
  if (secret === null && poll.auth.kind !== 'none') return { kind: 'failed', code: 'secret_missing' };
  return fetchPage({ profile: poll, cursor, secret, now: new Date() });
}

async function fail(
  { store }: Deps,
  list: PolledList,
  { failures }: PollCursor,
  { code, retryAfterSeconds }: Extract<PageAnswer, { kind: 'failed' }>,
): Promise<PollStep> {
  const backoff = Math.min(FIRST_WAIT_MS * 2 ** Math.min(failures, 20), LONGEST_WAIT_MS);
  const wait = retryAfterSeconds === undefined ? backoff : Math.min(retryAfterSeconds, LONGEST_RETRY_AFTER_S) * 1000;
  const notBefore = isoIn(wait);
  await noteFailure(store, list, code, notBefore, nowIso());
  log.warn('a page could not be read', { source: list.source, code, failures: failures + 1, notBefore });
  return { ...NOTHING, fault: code, notBefore };
}

interface Place {
  readonly list: PolledList;
  readonly state: PollCursor;
}

/** Kept once for a cursor, as a refused document, so that somebody can see what the integration sent. */
async function keepUnreadable(
  { store }: Deps,
  profile: Polled,
  { list, state }: Place,
  bytes: Uint8Array,
  findings: readonly Finding[],
): Promise<void> {
  const masked = maskJson(bytes, profile);
  const { id: source, channel } = profile;
  await refuseDocument(store, {
    ...{ documentId: uuidv7(), source, channel, receivedBy: WORKER, at: nowIso(), bytes: masked.bytes },
    ...{ format: 'json', contentType: null, fileName: null, idempotencyKey: null },
    findings: [...masked.findings, ...findings],
    delivery: `page ${list.list} ${state.cursor ?? ''}`,
  });
}

async function takePage(deps: Deps, profile: Polled, { list, state }: Place, page: JsonPage): Promise<PollStep> {
  for (const bytes of page.orders) {
    heartbeat();
    const { documentId, notTaken } = await takeDocument(deps.store, profile, { bytes, contentType: 'application/json', ...known(profile, bytes) }); // prettier-ignore
    if (notTaken) return fail(deps, list, state, { kind: 'failed', code: 'page_not_taken' });
    await start(deps, documentId);
  }
  const hasMoved = page.next !== null && page.next !== state.cursor;
  await noteSuccess(deps.store, list, page.next ?? state.cursor, nowIso());
  const isLast = profile.poll.cursor.kind === 'order' && page.orders.length < profile.poll.pageSize;
  return { ...NOTHING, orders: page.orders.length, more: hasMoved && !isLast };
}

/** A shop that pushes and is polled as well tells the same states of its orders both ways. */
function known({ webhook }: Polled, bytes: Uint8Array): { readonly messageIds?: readonly string[] } {
  const state = webhook?.kind === 'shopify' ? nameShopifyState(bytes) : undefined;
  return state === undefined ? {} : { messageIds: [state] };
}

/** Starts what nobody has started yet: after a crash the page that is read again tells. */
async function start({ store, runs }: Deps, documentId: string): Promise<void> {
  for (const { order_id: id } of await listDocumentOrders(store, documentId, { after: -1, size: 1 })) {
    const order = await getOrder(store, id);
    if (order.automatic_done_at === null) await runs.startOrder(order);
  }
}
