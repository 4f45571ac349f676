import { Damaged } from '../db/faults.ts';
import { fingerprint } from '../db/keyring.ts';
import { isStopped } from '../db/notice-destinations.ts';
import { isForHouse, type MailContent } from '../db/notices.ts';
import { markDropped, openOutbox, type OutboxRow } from '../db/outbox.ts';
import { Erased } from '../db/seal.ts';
import { readSecrets } from '../db/source-secrets.ts';
import { findSource } from '../db/sources.ts';
import type { Sent } from '../exchange/sent.ts';
import { type Told, writeLetter } from '../orders/notice-letter.ts';
import type { Deps } from './deps.ts';

/** The failure of letters while no mail server is set. */
export const NO_MAIL_SERVER = 'no_mail_server';

/** Marks a failure after which the message is given up. */
export const FINAL = { isFinal: true } as const;

/** Why a message was not sent. */
export type Failure = Omit<Extract<Sent, { kind: 'failed' }>, 'kind'>;

/** A message that can be sent. */
export interface Ready {
  readonly send: () => Promise<Sent>;
  /** The keyed hash of where it goes. */
  readonly address: string;
}

/** Everything that is needed to send a message, or why it cannot be sent at all. */
export async function prepareNotice(deps: Deps, row: OutboxRow): Promise<Ready | Failure | 'dropped'> {
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

/** The address may have a secret in it. */
function hashUrl({ store }: Deps, url: string): string {
  return fingerprint(store.keys, 'notice address', url);
}
