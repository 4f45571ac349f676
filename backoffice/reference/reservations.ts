import { type Answer, answer, refuse } from './answer.ts';
import {
  type Claim,
  findHeldClaim,
  findShortages,
  giveBack,
  type Limit,
  take,
  toClaim,
  type Wanted,
} from './claims.ts';
import type { Store } from './store.ts';

/** One revision of one order. */
export interface Key {
  readonly orderId: string;
  readonly revision: number;
}

const RELEASED = answer({ reserved: false, shortages: [{ kind: 'released' }] });

/**
 * Takes credit and stock for one revision: all of it or none. Success is remembered, so the same revision again takes
 * nothing more; a refusal is not, so the same revision may try again when stock came in or a person allowed a limit to
 * be passed. A refused revision leaves a lower one's reservation as it was.
 */
export function reserve(store: Store, key: Key, wanted: Wanted & { readonly allow: readonly Limit[] }): Answer {
  return store.write(() => {
    if (isReleased(store, key)) return RELEASED;
    const present = findReservation(store, key.orderId);
    if (present !== undefined && present.revision > key.revision) return RELEASED;
    if (present?.revision === key.revision) return answer({ reserved: true });
    const claim = toClaim(store, wanted);
    if ('impossible' in claim) return refuse(422, claim.impossible, claim.title);
    const shortages = findShortages(store, key.orderId, claim, wanted.allow);
    if (shortages.length > 0) return answer({ reserved: false, shortages });
    dropReservation(store, key.orderId);
    keepReservation(store, key, claim, wanted.allow);
    return answer({ reserved: true });
  });
}

/** Gives back what the order holds up to and including the revision, and refuses those revisions from now on. */
export function release(store: Store, key: Key): Answer {
  return store.write(() => {
    releaseUpTo(store, key);
    return { status: 204 };
  });
}

/** {@link release} as part of a larger transaction. */
export function releaseUpTo(store: Store, key: Key): void {
  const present = findReservation(store, key.orderId);
  if (present?.state === 'held' && present.revision <= key.revision) dropReservation(store, key.orderId);
  store.run(
    `INSERT INTO released (order_id, revision) VALUES (?, ?)
     ON CONFLICT (order_id) DO UPDATE SET revision = MAX(revision, excluded.revision)`,
    key.orderId,
    key.revision,
  );
}

/** Whether the revision was released, and so can take nothing any more. */
export function isReleased(store: Store, key: Key): boolean {
  const row = store.get<{ revision: bigint }>('SELECT revision FROM released WHERE order_id = ?', key.orderId);
  return row !== undefined && row.revision >= key.revision;
}

/** The order's latest reservation, held or by now part of a production order. */
export function findReservation(
  store: Store,
  orderId: string,
): { revision: number; state: 'held' | 'consumed'; allowed: readonly Limit[] } | undefined {
  const row = store.get<{ revision: bigint; state: 'held' | 'consumed'; allowed: string }>(
    'SELECT revision, state, allowed FROM reservation WHERE order_id = ?',
    orderId,
  );
  if (row === undefined) return undefined;
  return { revision: Number(row.revision), state: row.state, allowed: JSON.parse(row.allowed) as Limit[] };
}

/** Marks the order's reservation as part of a production order: it holds nothing itself, a late `reserve` still finds it. */
export function consumeReservation(store: Store, key: Key, claim: Claim): void {
  dropReservation(store, key.orderId);
  insertReservation(store, key, 'consumed', claim, []);
}

function keepReservation(store: Store, key: Key, claim: Claim, allowed: readonly Limit[]): void {
  insertReservation(store, key, 'held', claim, allowed);
  for (const [sku, quantity] of claim.quantities) {
    store.run('INSERT INTO reservation_line (order_id, sku, quantity) VALUES (?, ?, ?)', key.orderId, sku, quantity);
  }
  take(store, claim);
}

function insertReservation(
  store: Store,
  key: Key,
  state: 'held' | 'consumed',
  claim: Claim,
  allowed: readonly Limit[],
): void {
  store.run(
    'INSERT INTO reservation (order_id, revision, state, customer_id, amount, allowed) VALUES (?, ?, ?, ?, ?, ?)',
    key.orderId,
    key.revision,
    state,
    claim.customerId,
    claim.amount,
    JSON.stringify(allowed),
  );
}

function dropReservation(store: Store, orderId: string): void {
  const held = findHeldClaim(store, orderId);
  if (held !== undefined) giveBack(store, held);
  store.run('DELETE FROM reservation_line WHERE order_id = ?', orderId);
  store.run('DELETE FROM reservation WHERE order_id = ?', orderId);
}
