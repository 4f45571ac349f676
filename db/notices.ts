import type { NoticeKind } from '../orders/notify-profile.ts';
import type { SourceProfile } from '../orders/source.ts';
import { Damaged } from './faults.ts';
import { fingerprint } from './keyring.ts';
import { openOutbox, type OutboxRow, type OutboxSubject, putOnWay } from './outbox.ts';
import { Erased, type Subject } from './seal.ts';
import { readSecrets } from './source-secrets.ts';
import { inTransaction, type Store } from './store.ts';
import { first } from './dialect.ts';

/** Stands where a source would, for what our own people are told. No source can be called so. */
export const HOUSE = ':house';

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

/** Who is told and how. */
export interface Audience {
  readonly webhook: boolean;
  /** E-mail addresses. */
  readonly mailTo: readonly string[];
}

/** A row for each destination, so that each is delivered by itself. */
async function putFor(tx: Store, owner: string, notice: Notice, { webhook, mailTo }: Audience): Promise<void> {
  const { subject, source, kind, stepKey, content, at } = notice;
  const put = (channel: 'webhook' | 'mail', place: string, told: unknown): Promise<void> => {
    const outgoing = { subject, source, kind, stepKey: `${stepKey}:${owner}:${place}`, content: print(told) };
    return putOnWay(tx, outgoing, { channel, destination: `${owner}:${place}` }, at);
  };
  if (webhook) await put('webhook', 'webhook', content);
  for (const to of mailTo)
    await put('mail', `mail:${hashAddress(tx, to)}`, { to, notice: content } satisfies MailContent);
}

/** Evidence may quote the order: whoever is told may read it over the API, and it does not lie about in mailboxes. */
function print(told: unknown): string {
  return JSON.stringify(told, (name, value: unknown) => (name === 'evidence' ? undefined : value));
}

/** Tells addresses apart without naming them. */
function hashAddress({ keys }: Store, address: string): string {
  return fingerprint(keys, 'mail destination', address.toLowerCase()).slice(0, 16);
}

/** Notices that our own people are to be told of, oldest first. */
export function listForHouse(store: Store, size: number): Promise<OutboxRow[]> {
  const query = store.db.selectFrom('outbox').selectAll().where('destination', '=', HOUSE).orderBy('id');
  return first(query, size).execute();
}

/** Passes a notice on to our own people, once: which settings they have, only the program that delivers knows. */
export async function passToHouse(store: Store, row: OutboxRow, audience: Audience): Promise<void> {
  await inTransaction(store, async (tx) => {
    const content = await openOutbox(tx, row).catch(leaveOut);
    const { source, kind, step_key: stepKey, created_at: at } = row;
    const subject = row.subject as OutboxSubject;
    if (content) {
      const notice = { subject, source, kind, stepKey, at, content: JSON.parse(content.toString()) as NoticeContent };
      await putFor(tx, HOUSE, notice, audience);
    }
    await tx.db.updateTable('outbox').set({ destination: null }).where('id', '=', row.id).execute();
  });
}

/** What was erased or damaged meanwhile is not told; the order itself shows it. @throws the error, if it is another */
function leaveOut(error: unknown): undefined {
  if (!(error instanceof Erased || error instanceof Damaged)) throw error;
}
