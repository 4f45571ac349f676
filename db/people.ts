import type { Order } from '../orders/order.ts';
import { insertOnce } from './dialect.ts';
import { fingerprint, type Keyring } from './keyring.ts';
import type { Store } from './store.ts';
import type { PersonHashTable } from './tables.ts';

/** By what a person is found. */
export type PersonHashKind = PersonHashTable['kind'];

const LONGEST_EMAIL = 254;
/** A document full of at signs must not keep its parsing busy. */
const MOST_AT_SIGNS = 5000;
const MOST_FOUND = 200;

/** An e-mail address as it is compared: trimmed, in lower case. undefined: it is none. No provider's rules are guessed. */
export function normalizeEmail(text: string): string | undefined {
  const email = text.trim().normalize('NFC').toLowerCase();
  return email.length <= LONGEST_EMAIL && /^[^\s@]+@[^\s@]+$/.test(email) ? email : undefined;
}

/**
 * A phone number as it is compared: its digits with the country's code, without an extension; ten digits alone are a North
 * American number. undefined: it is none.
 * @see ITU-T E.164
 */
export function normalizePhone(text: string): string | undefined {
  const [number = ''] = text.trim().split(/(?:ext|x|#)/i);
  const digits = number.replaceAll(/\D/g, '');
  const isInternational = number.startsWith('+') || digits.startsWith('00');
  const complete = isInternational || digits.length !== 10 ? digits.replace(/^00/, '') : `1${digits}`;
  return complete.length >= 7 && complete.length <= 15 ? complete : undefined;
}

/** The keyed hash under which a person's orders are found; undefined: the text is no such address or number. */
export function hashPerson(keys: Keyring, kind: PersonHashKind, text: string): string | undefined {
  const value = kind === 'email' ? normalizeEmail(text) : normalizePhone(text);
  return value === undefined ? undefined : fingerprint(keys, `person ${kind}`, value);
}

/**
 * Makes an order findable by the people in it: the contact's e-mail address and phone number, and every e-mail address that
 * stands anywhere in the order or in the document, even if that could not be read as an order.
 * @param text the order's part of the document, if it was read just now.
 */
export async function indexPeople(tx: Store, orderId: string, order: Order | null, text = ''): Promise<void> {
  const { email, phone } = order?.contact ?? {};
  const emails = [email ?? '', ...findEmails(JSON.stringify(order)), ...findEmails(text)];
  const hashes = [
    ...emails.map((one) => ({ kind: 'email' as const, hash: hashPerson(tx.keys, 'email', one) })),
    { kind: 'phone' as const, hash: hashPerson(tx.keys, 'phone', phone ?? '') },
  ];
  const rows = hashes.flatMap(({ kind, hash }) => (hash === undefined ? [] : [{ kind, hash, order_id: orderId }]));
  const unique = new Map(rows.map((row) => [row.hash, row]));
  for (const row of unique.values()) await insertOnce(tx.db, 'person_hashes', row);
}

/** E-mail addresses in a text of any form, such as JSON or X12. */
function findEmails(text: string): string[] {
  const found = new Set<string>();
  let at = text.indexOf('@');
  for (let tries = 0; at !== -1 && tries < MOST_AT_SIGNS && found.size < MOST_FOUND; tries += 1) {
    const [name] = /[\p{L}\p{N}._%+'-]{1,64}$/u.exec(text.slice(Math.max(0, at - 64), at)) ?? [];
    const [host] = /^[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+/u.exec(text.slice(at + 1, at + LONGEST_EMAIL)) ?? [];
    if (name !== undefined && host !== undefined) found.add(`${name}@${host}`);
    at = text.indexOf('@', at + 1);
  }
  return [...found];
}
