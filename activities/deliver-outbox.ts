import { heartbeat, log } from '@temporalio/activity';
import {
  type Composed,
  composeOutbox,
  type ControlNumbers,
  listDueOutbox,
  markDelivered,
  markDropped,
  openOutbox,
  type OutboxRow,
  postponeOutbox,
} from '../db/outbox.ts';
import { Erased } from '../db/seal.ts';
import { composeInterchange, type OutboundMessage } from '../orders/formats/x12-writing.ts';
import { missAcknowledgments } from './acknowledge.ts';
import { type Deps, isoIn, nameOf, nowIso } from './deps.ts';

const PAGE = 200;

/** Writes files that are due, oldest first; what fails is tried again later, ever more slowly. Notices what is not answered. */
export async function deliverOutbox(deps: Deps): Promise<{ delivered: number; postponed: number; missed: number }> {
  const counts = { delivered: 0, postponed: 0 };
  for (const row of await listDueOutbox(deps.store, nowIso(), PAGE)) {
    counts[await deliver(deps, row)] += 1;
    heartbeat();
  }
  return { ...counts, missed: await missAcknowledgments(deps.store) };
}

async function deliver({ store, transport }: Deps, pending: OutboxRow): Promise<'delivered' | 'postponed'> {
  let row = pending;
  try {
    if (row.file_name === null) row = await composeOutbox(store, row.id, hasGroup, composeX12(row.kind));
    if (row.file_name !== null) await transport.deliver(row.source, row.file_name, await openOutbox(store, row));
    await markDelivered(store, row.id, nowIso());
    return 'delivered';
  } catch (error) {
    if (error instanceof Erased) await markDropped(store, row.id);
    else await postponeOutbox(store, row.id, isoIn(backoffMs(row.attempts)), 'not_written');
    const { id, source, kind, attempts } = row;
    log.warn('could not be delivered', { id, source, kind, attempts, error: nameOf(error) });
    return 'postponed';
  }
}

function hasGroup(message: unknown): boolean {
  return (message as OutboundMessage).set !== null;
}

function composeX12(kind: string) {
  return (message: unknown, numbers: ControlNumbers): Composed => ({
    fileName: `${kind}-${numbers.interchange.padStart(9, '0')}.edi`,
    content: composeInterchange(message as OutboundMessage, numbers, new Date()),
  });
}

/** 30 s, 1 min, 2 min … at most an hour. */
function backoffMs(attempts: number): number {
  return Math.min(30_000 * 2 ** attempts, 3_600_000);
}
