import type { Finding } from '../orders/finding.ts';
import type { NoticeKind } from '../orders/notify-profile.ts';
import type { SourceProfile } from '../orders/source.ts';
import { first } from './dialect.ts';
import { fingerprint } from './keyring.ts';
import { webhookOf } from './notice-destinations.ts';
import { openOutbox, type OutboxRow, type OutboxSubject, putOnWay } from './outbox.ts';
import { nothingIfLost, type Subject } from './seal.ts';
import { readSecrets } from './source-secrets.ts';
import { findSource } from './sources.ts';
import { inTransaction, type Store } from './store.ts';

/** Stands where a source would, for what our own people are told. No source can be called so. */
export const HOUSE = ':house';

/** Whether a message goes to our own people. */
export function isForHouse({ destination }: Pick<OutboxRow, 'destination'>): boolean {
  return destination?.startsWith(`${HOUSE}:`) ?? false;
}

/** What is told, as it is pushed. @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
export interface NoticeContent {
  readonly type: string;
  /** When what it tells of happened: UTC, ISO 8601. */
  readonly timestamp: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** One thing that is told, whoever is. */
export interface Notice {
  readonly subject: OutboxSubject;
  readonly source: string;
  readonly kind: string;
  /** Unique under the subject. */
  readonly stepKey: string;
  readonly content: NoticeContent;
  readonly at: string;
}

/** A letter before it is written: to whom, and what of. */
export interface MailContent {
  readonly to: string;
  readonly notice: NoticeContent;
}

/** Writes what a source wants to be told of this, inside the transaction of what it tells of. */
export async function putPushed(
  tx: Store,
  { id, notify }: Pick<SourceProfile, 'id' | 'notify'>,
  notice: Notice & { readonly kind: NoticeKind; readonly subject: Subject },
): Promise<void> {
  const wants = (events: readonly NoticeKind[] = []): boolean => events.includes(notice.kind);
  const webhook = wants(notify?.webhook?.events);
  const mailTo = wants(notify?.mail?.events) ? await readSecrets(tx, id, 'mail') : [];
  await putFor(tx, id, notice, { webhook, mailTo });
}

/** Tells a source that wants to know of a document of which nothing was taken, inside the transaction that refuses it. */
export async function putRefusal(
  tx: Store,
  document: { readonly id: string; readonly source: string; readonly format: string | null },
  findings: readonly Finding[],
  at: string,
): Promise<void> {
  const { id, source, format } = document;
  const profile = await findSource(tx, source).catch(nothingIfLost);
  if (!profile) return;
  const kind = 'document.refused';
  const content = { type: kind, timestamp: at, data: { documentId: id, source, format, findings } };
  await putPushed(tx, profile, { subject: `document:${id}`, source, kind, stepKey: 'refused', content, at }).catch(
    nothingIfLost,
  );
}

/** Who is told and how. */
export interface Audience {
  readonly webhook: boolean;
  /** E-mail addresses. */
  readonly mailTo: readonly string[];
}

/** A row for each destination, so that each is delivered by itself. */
async function putFor(tx: Store, owner: string, notice: Notice, { webhook, mailTo }: Audience): Promise<void> {
  const { subject, source, kind, stepKey, at } = notice;
  const content = trim(notice.content);
  const put = (channel: 'webhook' | 'mail', destination: string, told: unknown): Promise<void> => {
    const outgoing = { subject, source, kind, stepKey: `${stepKey}:${destination}`, content: JSON.stringify(told) };
    return putOnWay(tx, outgoing, { channel, destination }, at);
  };
  if (webhook) await put('webhook', webhookOf(owner), content);
  for (const to of mailTo)
    await put('mail', `${owner}:mail:${hashAddress(tx, to)}`, { to, notice: content } satisfies MailContent);
}

/** A file of thousands of rows may be wrong in each; receivers of webhooks take small messages. */
const MOST_FINDINGS = 100;

/** As it is pushed. Evidence may quote the order: who is told may read it over the API, and it is not left in mailboxes. */
function trim({ data, ...notice }: NoticeContent): NoticeContent {
  const { findings, ...others } = data as { readonly findings?: readonly Finding[] };
  if (!findings) return { ...notice, data };
  const told = findings.slice(0, MOST_FINDINGS).map(({ evidence: _, ...finding }) => finding);
  const findingsLeftOut = findings.length - told.length;
  return { ...notice, data: { ...others, findings: told, ...(findingsLeftOut > 0 && { findingsLeftOut }) } };
}

/** Tells addresses apart without naming them. */
function hashAddress({ keys }: Store, address: string): string {
  return fingerprint(keys, 'mail destination', address.toLowerCase()).slice(0, 16);
}

/**
 * Notices that our own people are to be told of, oldest first.
 * @param reviewsBefore those of reviews only if they were written before this instant.
 */
export function listForHouse(store: Store, reviewsBefore: string, size: number): Promise<OutboxRow[]> {
  const query = store.db
    .selectFrom('outbox')
    .selectAll()
    .where('destination', '=', HOUSE)
    .where((eb) => eb.or([eb('kind', 'not like', 'review.%'), eb('created_at', '<', reviewsBefore)]))
    .orderBy('id');
  return first(query, size).execute();
}

/** Leaves a notice where it can be read, and tells nobody of it. */
export async function foldNotice({ db }: Store, id: string): Promise<void> {
  await db.updateTable('outbox').set({ destination: null }).where('id', '=', id).execute();
}

/** Passes a notice on to our own people, once: which settings they have, only the program that delivers knows. */
export async function passToHouse(store: Store, row: OutboxRow, audience: Audience): Promise<void> {
  await inTransaction(store, async (tx) => {
    // Of what is lost nobody is told; the order or document itself shows it.
    const content = await openOutbox(tx, row).catch(nothingIfLost);
    const { source, kind, step_key: stepKey, created_at: at } = row;
    const subject = row.subject as OutboxSubject;
    if (content) {
      const notice = { subject, source, kind, stepKey, at, content: JSON.parse(content.toString()) as NoticeContent };
      await putFor(tx, HOUSE, notice, audience);
    }
    await foldNotice(tx, row.id);
  });
}
