import { maskJson } from '../../orders/cards.ts';
import { type Finding, isRejected } from '../../orders/finding.ts';
import { inspectJson, parseJsonOrder } from '../../orders/formats/json.ts';
import { parseX12Order } from '../../orders/formats/x12-850.ts';
import type { X12Event, X12Interchange } from '../../orders/formats/x12-events.ts';
import { maskX12 } from '../../orders/formats/x12-mask.ts';
import { isGroupAccepted, readEnvelopes, splitX12 } from '../../orders/formats/x12-splitter.ts';
import type { SourceProfile, X12Profile } from '../../orders/source.ts';

/** An order as a document has it. */
export interface ParsedOrder {
  /** null: it could not be read. */
  readonly poNumber: string | null;
  readonly findings: readonly Finding[];
  /** The order as a document of its own. */
  readonly bytes: Uint8Array;
}

export interface ParsedDocument {
  readonly orders: readonly ParsedOrder[];
  /** Why the document, or a part of it, is refused. */
  readonly refused: readonly Finding[];
}

/** Reads a JSON document, which is one order, without asking anybody. What is no JSON at all never becomes an order. */
export function parseJsonDocument(bytes: Uint8Array, profile: SourceProfile): ParsedDocument {
  const unreadable = inspectJson(bytes).findings;
  if (unreadable.length > 0) return { orders: [], refused: unreadable };
  const masked = maskJson(bytes, profile);
  const { order, findings } = parseJsonOrder(masked.bytes, profile);
  const poNumber = order?.poNumber ?? null;
  return { orders: [{ poNumber, findings: [...masked.findings, ...findings], bytes }], refused: [] };
}

type SetEvent = Extract<X12Event, { kind: 'transaction_set' }>;

/** Reads every order of an X12 document without asking anybody; none of an interchange that is refused. */
export async function parseX12Document(
  bytes: Uint8Array,
  profile: SourceProfile & { readonly x12: X12Profile },
): Promise<ParsedDocument> {
  const masked = maskX12(bytes, profile.cardNumbers);
  const options = { profile: profile.x12 };
  const envelopes = await readEnvelopes(inOnePiece(masked.bytes), options);
  const orders: ParsedOrder[] = [];
  const refused = [
    ...masked.findings,
    ...envelopes.findings,
    ...envelopes.interchanges.flatMap(({ findings, groups }) => [
      ...findings,
      ...groups.flatMap((group) => group.findings),
    ]),
  ];
  for await (const event of splitX12(inOnePiece(masked.bytes), options)) {
    if (event.kind !== 'transaction_set' || !isGroupAccepted(envelopes, event.interchange, event.group)) continue;
    if (isRejected(event.set.findings)) refused.push(...event.set.findings);
    else orders.push(parseSet(event, bytes, profile));
  }
  return { orders, refused: refused.filter(({ disposition }) => disposition === 'reject') };
}

function parseSet(event: SetEvent, bytes: Uint8Array, profile: SourceProfile): ParsedOrder {
  const { interchange, group, set } = event;
  const { delimiters, usage } = interchange;
  const { order, findings } = parseX12Order(
    set.bytes,
    { delimiters, usage, version: group.version, offset: set.offset },
    profile,
  );
  return { poNumber: order?.poNumber ?? null, findings: [...set.findings, ...findings], bytes: wrapSet(event, bytes) };
}

/** The set as the only one of its group and interchange: a dry run judges one order. */
function wrapSet({ interchange, group, set }: SetEvent, document: Uint8Array): Uint8Array {
  const { element, segment } = interchange.delimiters;
  const trailer = [
    ['GE', '1', group.controlNumber],
    ['IEA', '1', interchange.controlNumber],
  ].map((elements) => elements.join(element) + segment);
  const header = [interchange, group].map(({ offset }) => cutSegment(document, offset, interchange));
  return Buffer.concat([...header, set.bytes, Buffer.from(trailer.join(''), 'latin1')]);
}

function cutSegment(document: Uint8Array, offset: number, { delimiters }: X12Interchange): Uint8Array {
  return document.subarray(offset, document.indexOf(delimiters.segment.charCodeAt(0), offset) + 1);
}

async function* inOnePiece(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
