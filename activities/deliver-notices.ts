import { setTimeout as pause } from 'node:timers/promises';
import { cancellationSignal, heartbeat, log } from '@temporalio/activity';
import { v7 as uuidv7 } from 'uuid';
import { Damaged, findDatabaseFault } from '../db/faults.ts';
import { fingerprint } from '../db/keyring.ts';
import { appendLog } from '../db/log.ts';
import {
  findNextFor,
  giveUpOld,
  hurryDestination,
  hurryFailed,
  isStopped,
  leaseDestination,
  listDueDestinations,
  releaseDestination,
  stopDestination,
} from '../db/notice-destinations.ts';
import { foldNotice, HOUSE, listForHouse, type MailContent, passToHouse } from '../db/notices.ts';
import { giveUpOutbox, markDelivered, markDropped, openOutbox, type OutboxRow, postponeOutbox } from '../db/outbox.ts';
import { Erased } from '../db/seal.ts';
import { readSecrets } from '../db/source-secrets.ts';
import { findSource } from '../db/sources.ts';
import { inTransaction, type Store } from '../db/store.ts';
import { sendThrough } from '../exchange/notice-circuits.ts';
import type { Sent } from '../exchange/sent.ts';
import { REFUSALS } from '../exchange/webhook-sender.ts';
import { type Told, writeLetter } from '../orders/notice-letter.ts';
import { isFolded } from './causes.ts';
import { type Deps, nameOf, nowIso, WORKER } from './deps.ts';

/** How long one run begins to send; then the next one goes on. */
const RUN_MS = 45_000;
/** What comes meanwhile is looked for, so that nobody waits for a destination that is slow to answer. */
const LOOK_AGAIN_MS = 2000;
/** Longer than any attempt takes. */
const LEASE_MS = 60_000;
const MOST_AT_ONCE = 20;
const PAGE = 200;

/** Seconds from one attempt to the next; after the last the message has failed. @see the specification of Standard Webhooks */
const DELAYS = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];
/** Each is a little longer than that: not all that failed at one moment come again at one moment. */
const MOST_SCATTER = 0.1;
/** A destination that is away is tried less often than its messages ask for: those get too old instead. */
const OLD_MS = DELAYS.reduce((sum, delay) => sum + delay, 0) * (1 + MOST_SCATTER) * 1000;
const FEWEST_ATTEMPTS = 3;
const LONGEST_WAIT_SECONDS = 86_400;

/** What came of a run. */
interface Counts {
  delivered: number;
  postponed: number;
  failed: number;
}

/** Sends the notices that are due: one at a time to each destination, to different ones side by side. */
export async function deliverNotices(deps: Deps): Promise<Readonly<Counts>> {
  const counts: Counts = { delivered: 0, postponed: 0, failed: 0 };
  await passOn(deps);
  if (deps.notices.sendMail) await hurryFailed(deps.store, NO_MAIL_SERVER, nowIso());
  const isOver = beginRun();
  const running = new Map<string, Promise<void>>();
  const seenAt = new Map<string, number>();
  const faults: unknown[] = [];
  for (;;) {
    const due = !isOver() && faults.length === 0 ? await listDueDestinations(deps.store, nowIso()) : [];
    for (const destination of due) {
      const isRecent = Date.now() - (seenAt.get(destination) ?? 0) < LOOK_AGAIN_MS;
      if (running.has(destination) || isRecent || running.size >= MOST_AT_ONCE) continue;
      const served = serve(deps, destination, isOver, counts)
        .catch((fault: unknown) => void faults.push(fault))
        .finally(() => {
          running.delete(destination);
          seenAt.set(destination, Date.now());
        });
      running.set(destination, served);
    }
    if (running.size === 0) break;
    await waitAtMost(LOOK_AGAIN_MS, running.values());
    heartbeat();
  }
  if (faults.length > 0) throw faults[0];
  return counts;
}

/** Tells when nothing more is to be begun: it has gone on for long, or the program is to end. */
function beginRun(): () => boolean {
  const until = Date.now() + RUN_MS;
  const stop = cancellationSignal();
  return () => stop.aborted || Date.now() > until;
}

async function waitAtMost(ms: number, others: Iterable<Promise<void>>): Promise<void> {
  const patience = new AbortController();
  const over = pause(ms, undefined, { signal: patience.signal }).catch(() => undefined);
  await Promise.race([...others, over]);
  patience.abort();
}

/** How long a review waits to be told of: meanwhile it is seen whether many have the same cause. */
const REVIEW_RESTS_MS = 60_000;

/** Gives what our own people are to be told of to each of their destinations. */
async function passOn({ store, notices: { house } }: Deps): Promise<void> {
  for (const row of await listForHouse(store, isoIn(-REVIEW_RESTS_MS), PAGE)) {
    if (await isToldByIncident(store, row)) await foldNotice(store, row.id);
    else await passToHouse(store, row, { webhook: house.webhook !== null, mailTo: house.mailTo });
    heartbeat();
  }
}

/** One incident is told of, not each of the orders that wait for the same. */
async function isToldByIncident(store: Store, { kind, subject }: OutboxRow): Promise<boolean> {
  if (!kind.startsWith('review.') || !subject.startsWith('order:')) return false;
  return isFolded(store, subject.slice('order:'.length));
}

/** Sends to one destination what is due there, as long as it takes it and nobody else does. */
async function serve(deps: Deps, destination: string, isOver: () => boolean, counts: Counts): Promise<void> {
  const { store } = deps;
  const lease = { destination, holder: uuidv7() };
  const keep = () => leaseDestination(store, lease, { now: nowIso(), until: isoIn(LEASE_MS) });
  try {
    while (!isOver() && (await keep())) {
      const row = await findNextFor(store, destination, nowIso(), OF_ONE_MESSAGE);
      if (!row || !(await deliver(deps, row, counts).catch((error: unknown) => failBy(error, deps, row, counts))))
        return;
    }
  } finally {
    await releaseDestination(store, lease);
  }
}

/** Sends one message. @returns whether to go on with the next one to its destination */
async function deliver(deps: Deps, row: OutboxRow, counts: Counts): Promise<boolean> {
  const { store } = deps;
  const destination = String(row.destination);
  const prepared = await prepare(deps, row);
  if (prepared === 'dropped') return true;
  if ('code' in prepared) return fail(deps, row, prepared, counts);
  const circuit = deps.notices.circuits(destination, prepared.address);
  const wasOpen = circuit.read().state === 'open';
  const sent = await sendThrough(circuit, prepared.send);
  if (!sent) return false;
  if (sent.kind === 'gone') return stop(deps, row, prepared.address, counts);
  if (sent.kind === 'failed') return fail(deps, row, sent, counts);
  await markDelivered(store, row.id, nowIso());
  // What waits must not wait on for hours after the destination is back; after a start no circuit is known to be open.
  if (wasOpen || row.attempts > 0) await hurryDestination(store, destination, nowIso(), OF_ONE_MESSAGE);
  counts.delivered += 1;
  return true;
}

/** The failure of letters while no mail server is set. */
const NO_MAIL_SERVER = 'no_mail_server';

const FINAL = { isFinal: true } as const;

/** Codes of failures for which only messages about the same order or document wait. */
const OF_ONE_MESSAGE: readonly string[] = [...REFUSALS, 'internal'];

type Failure = Omit<Extract<Sent, { kind: 'failed' }>, 'kind'>;

/** A message that can be sent. */
interface Ready {
  readonly send: () => Promise<Sent>;
  /** The keyed hash of where it goes. */
  readonly address: string;
}

/** Everything that is needed to send a message, or why it cannot be sent at all. */
async function prepare(deps: Deps, row: OutboxRow): Promise<Ready | Failure | 'dropped'> {
  try {
    const content = await openOutbox(deps.store, row);
    return await (row.channel === 'mail' ? prepareMail(deps, row, content) : prepareWebhook(deps, row, content));
  } catch (error) {
    // A profile may be put in place again; the content of a message is what it is.
    if (error instanceof Damaged)
      return { code: 'damaged', about: 'message', ...(error.subject === row.subject && FINAL) };
    if (!(error instanceof Erased)) throw error;
    await markDropped(deps.store, row.id);
    return 'dropped';
  }
}

async function prepareWebhook(deps: Deps, row: OutboxRow, body: Buffer): Promise<Ready | Failure> {
  const target = await findWebhook(deps, row);
  if (!target) return { code: 'no_destination', about: 'message', ...FINAL };
  const address = hashUrl(deps, target.url);
  if (await isStopped(deps.store, String(row.destination), address))
    return { code: 'gone', about: 'message', ...FINAL };
  return { send: () => deps.notices.sendWebhook({ ...target, id: row.id, body }), address };
}

/** Where the webhooks of a destination go now, so that one that is put right is used for what waits. */
async function findWebhook({ store, notices }: Deps, row: OutboxRow) {
  if (isForHouse(row)) return notices.house.webhook && { ...notices.house.webhook, isTrusted: true };
  const url = (await findSource(store, row.source))?.notify?.webhook?.url;
  return url === undefined ? null : { url, secrets: await readSecrets(store, row.source, 'notify') };
}

async function prepareMail(deps: Deps, row: OutboxRow, content: Buffer): Promise<Ready | Failure | 'dropped'> {
  const { sendMail } = deps.notices;
  const { to, notice } = JSON.parse(content.toString()) as MailContent & { readonly notice: Told };
  // Whoever was taken off the list since gets no more mail.
  if (!(await listAddresses(deps, row)).some((address) => address.toLowerCase() === to.toLowerCase())) {
    await markDropped(deps.store, row.id);
    return 'dropped';
  }
  if (!sendMail) return { code: NO_MAIL_SERVER, about: 'settings' };
  const letter = { id: row.id, to, ...writeLetter(notice) };
  // The destination is that of one address.
  return { send: () => sendMail(letter), address: String(row.destination) };
}

/** Who is mailed now. */
async function listAddresses({ store, notices }: Deps, row: OutboxRow): Promise<readonly string[]> {
  if (isForHouse(row)) return notices.house.mailTo;
  const profile = await findSource(store, row.source);
  return profile?.notify?.mail ? readSecrets(store, row.source, 'mail') : [];
}

/** A mistake of ours about one message keeps no other one waiting. @throws the error, if it is the database's */
function failBy(error: unknown, deps: Deps, row: OutboxRow, counts: Counts): Promise<boolean> {
  if (findDatabaseFault(error) !== undefined) throw error;
  log.error('a notice cannot be sent', { id: row.id, error: nameOf(error) });
  return fail(deps, row, { code: 'internal', about: 'message' }, counts);
}

/** Notes a failure: to be tried again, or given up. @returns whether another message may do better */
async function fail({ store }: Deps, row: OutboxRow, failure: Failure, counts: Counts): Promise<boolean> {
  const { id, destination, kind, attempts } = row;
  const { code, about } = failure;
  const delay = delaySeconds(row, failure);
  log.warn('a notice could not be delivered', { id, destination, kind, attempts: attempts + 1, code });
  if (delay === undefined) await giveUpOutbox(store, id, code);
  else await postponeOutbox(store, id, isoIn(delay * 1000), code);
  counts[delay === undefined ? 'failed' : 'postponed'] += 1;
  if (about === 'message') return true;
  const bounds = { writtenBefore: isoIn(-OLD_MS), fewestAttempts: FEWEST_ATTEMPTS };
  const old = await giveUpOld(store, String(destination), bounds, code);
  if (old > 0) log.warn('notices that are too old were given up', { destination, notices: old, code });
  counts.failed += old;
  return false;
}

/** Seconds to the next attempt, as the destination asks or later; undefined: there is none. */
function delaySeconds(
  { attempts, created_at: createdAt }: OutboxRow,
  { isFinal, retryAfterSeconds = 0 }: Failure,
): number | undefined {
  const delay = DELAYS[attempts];
  const isOld = Date.now() - Date.parse(createdAt) > OLD_MS && attempts + 1 >= FEWEST_ATTEMPTS;
  if (isFinal || isOld || delay === undefined) return undefined;
  return Math.max(delay * (1 + Math.random() * MOST_SCATTER), Math.min(retryAfterSeconds, LONGEST_WAIT_SECONDS));
}

/** 410 Gone: nothing more goes there until the address is another one, or an operator says so. */
async function stop(deps: Deps, row: OutboxRow, address: string, counts: Counts): Promise<boolean> {
  const at = nowIso();
  const destination = String(row.destination);
  await inTransaction(deps.store, async (tx) => {
    await stopDestination(tx, destination, address, at);
    if (isForHouse(row)) return;
    const entry = { stepKey: `notices stopped:${row.id}:${at}`, at, actor: WORKER, action: 'notices.stopped' };
    await appendLog(tx, `source:${row.source}`, { ...entry, detail: { destination, message: row.id } });
  });
  return fail(deps, row, { code: 'gone', about: 'message', ...FINAL }, counts);
}

/** The address may have a secret in it. */
function hashUrl({ store }: Deps, url: string): string {
  return fingerprint(store.keys, 'notice address', url);
}

function isForHouse({ destination }: OutboxRow): boolean {
  return destination?.startsWith(`${HOUSE}:`) ?? false;
}

function isoIn(ms: number): string {
  return new Date(Date.now() + ms).toISOString();
}
