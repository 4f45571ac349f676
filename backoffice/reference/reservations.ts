import type { Allowance } from './allowances.ts';
import { type Answer, answer, refuse } from './answer.ts';
import {
  type Claim,
  describeLines,
  dropAllocations,
  findHeldClaim,
  giveBack,
  keepAllocations,
  productionHolder,
  reservationHolder,
  type Served,
  serveClaim,
  take,
  toClaim,
  type Wanted,
} from './claims.ts';
import type { Terms } from './stock.ts';
import type { Store } from './store.ts';

/** One revision of one order. */
export interface Key {
  readonly orderId: string;
  readonly revision: number;
}

/** The order's latest reservation: what it may pass and how it is served. */
interface Reservation {
  readonly revision: number;
  /** `consumed`: it is part of a production order by now. */
  readonly state: 'held' | 'consumed';
  readonly allowed: readonly Allowance[];
  readonly terms: Terms;
}

const RELEASED = answer({ reserved: false, shortages: [{ kind: 'released' }] });

/**
 * Takes credit and stock for one revision: of the credit all of it, of each line what the terms say. Success is
 * remembered, so the same revision again takes nothing more; a refusal is not, so the same revision may try again when
 * stock came in or a person allowed a limit to be passed. A refused revision leaves a lower one's reservation as it was.
 */
export function reserve(
  store: Store,
  key: Key,
  wanted: Wanted & Terms & { readonly allow: readonly Allowance[] },
): Answer {
  return store.write(() => {
    if (isReleased(store, key)) return RELEASED;
    const present = findReservation(store, key.orderId);
    if (present !== undefined && present.revision > key.revision) return RELEASED;
    if (present?.revision === key.revision) return answer({ reserved: true, lines: listReserved(store, key, present) });
    const claim = toClaim(store, wanted);
    if ('impossible' in claim) return refuse(422, claim.impossible, claim.title);
    const served = serveClaim(store, key.orderId, claim, wanted);
    if ('shortages' in served) return answer({ reserved: false, shortages: served.shortages });
    dropReservation(store, key.orderId);
    keepReservation(store, key, served, wanted);
    const lines = describeLines(store, reservationHolder(key.orderId), served.lines);
    return answer({ reserved: true, lines });
  });
}

/** What the revision has reserved, or has in production by now. */
function listReserved(store: Store, { orderId }: Key, { state }: Reservation): readonly object[] {
  if (state === 'held') {
    const lines = store.all<{ line: string; quantity: bigint }>(
      'SELECT line, quantity FROM reservation_line WHERE order_id = ? ORDER BY position',
      orderId,
    );
    return describeLines(store, reservationHolder(orderId), lines);
  }
  const lines = store.all<{ number: bigint; line: string; quantity: bigint }>(
    `SELECT number, line, quantity FROM production_line
     WHERE number = (SELECT number FROM production_order WHERE order_id = ? AND state <> 'cancelled') ORDER BY position`,
    orderId,
  );
  const [first] = lines;
  return first === undefined ? [] : describeLines(store, productionHolder(first.number), lines);
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
export function findReservation(store: Store, orderId: string): Reservation | undefined {
  const row = store.get<{ revision: bigint; state: 'held' | 'consumed'; allowed: string; terms: string }>(
    'SELECT revision, state, allowed, terms FROM reservation WHERE order_id = ?',
    orderId,
  );
  if (row === undefined) return undefined;
  const allowed = JSON.parse(row.allowed) as Allowance[];
  return { revision: Number(row.revision), state: row.state, allowed, terms: JSON.parse(row.terms) as Terms };
}

/** Marks the order's reservation as part of a production order: it holds nothing itself, a late `reserve` still finds it. */
export function consumeReservation(store: Store, key: Key, claim: Claim, terms: Terms): void {
  dropReservation(store, key.orderId);
  insertReservation(store, key, 'consumed', claim, { ...terms, allow: [] });
}

function keepReservation(
  store: Store,
  key: Key,
  { claim, lines }: Served,
  how: Terms & { readonly allow: readonly Allowance[] },
): void {
  insertReservation(store, key, 'held', claim, how);
  for (const [index, { line, quantity }] of lines.entries()) {
    store.run(
      'INSERT INTO reservation_line (order_id, position, line, quantity) VALUES (?, ?, ?, ?)',
      key.orderId,
      index + 1,
      line,
      quantity,
    );
  }
  keepAllocations(store, reservationHolder(key.orderId), lines);
  take(store, claim);
}

function insertReservation(
  store: Store,
  key: Key,
  state: Reservation['state'],
  claim: Claim,
  { allow, partial, warehouses }: Terms & { readonly allow: readonly Allowance[] },
): void {
  store.run(
    `INSERT INTO reservation (order_id, revision, state, customer_id, amount, allowed, terms)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
    key.orderId,
    key.revision,
    state,
    claim.customerId,
    claim.amount,
    JSON.stringify(allow),
    JSON.stringify({ partial, warehouses }),
  );
}

function dropReservation(store: Store, orderId: string): void {
  const held = findHeldClaim(store, orderId);
  if (held !== undefined) giveBack(store, held);
  dropAllocations(store, reservationHolder(orderId));
  store.run('DELETE FROM reservation_line WHERE order_id = ?', orderId);
  store.run('DELETE FROM reservation WHERE order_id = ?', orderId);
}
