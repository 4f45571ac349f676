import type { ParseResult } from '../orders/formats/format.ts';
import { parseJsonOrder } from '../orders/formats/json.ts';
import { parseX12Order } from '../orders/formats/x12-850.ts';
import type { X12Event } from '../orders/formats/x12-events.ts';
import { splitX12 } from '../orders/formats/x12-splitter.ts';
import type { X12Profile } from '../orders/source.ts';
import type { Visitor } from './intake.ts';
import { Problem } from './problem.ts';

/**
 * Reads a document's order without keeping anything.
 * @throws Problem for an interchange with more than one order.
 */
export async function parseVisitor({ format, bytes, profile }: Visitor): Promise<ParseResult> {
  if (format !== 'x12' || !profile.x12) return parseJsonOrder(bytes, profile);
  const events = await splitAll(bytes, profile.x12);
  const sets = events.filter((event) => event.kind === 'transaction_set');
  const [only, another] = sets;
  if (another)
    throw new Problem('not-taken-yet', 'a dry run takes one order; send an interchange with one transaction set');
  const findings = events.flatMap(findingsOf);
  if (!only || only.set.bytes.length === 0) return { order: null, findings };
  const { set, interchange, group } = only;
  const context = {
    offset: set.offset,
    delimiters: interchange.delimiters,
    version: group.version,
    usage: interchange.usage,
  };
  const parsed = parseX12Order(set.bytes, context, profile);
  return { order: parsed.order, findings: [...findings, ...parsed.findings] };
}

async function splitAll(bytes: Uint8Array, profile: X12Profile): Promise<readonly X12Event[]> {
  const events: X12Event[] = [];
  for await (const event of splitX12(inOnePiece(bytes), { profile })) events.push(event);
  return events;
}

async function* inOnePiece(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** What the envelopes, the sets and the document are said to have; groups are told once, by themselves. */
function findingsOf(event: X12Event): ParseResult['findings'] {
  if (event.kind === 'transaction_set') return event.set.findings;
  return 'findings' in event ? event.findings : [];
}
