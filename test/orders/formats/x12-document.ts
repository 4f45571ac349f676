import { readFileSync } from 'node:fs';
import { createX12Splitter } from '../../../orders/formats/x12-splitter.ts';
import type { X12SplitOptions } from '../../../orders/formats/x12-splitter.ts';
import type { X12Event, X12InterchangeEnd, X12TransactionSet } from '../../../orders/formats/x12-events.ts';
import { sourceProfileSchema, type SourceProfile, type X12Profile } from '../../../orders/source.ts';

/** The fixture partner, a shop that writes everything our reader maps. */
export const NORTHWIND = readFileSync(new URL('fixtures/x12/northwind-two-orders.edi', import.meta.url));

/** A profile that fits {@link document} and {@link NORTHWIND}. */
export function profileOf(
  x12: Partial<X12Profile> = {},
  defaults: SourceProfile['defaults'] = { currency: 'USD' },
): SourceProfile {
  return sourceProfileSchema.parse({
    id: 'edi-northwind',
    channel: 'edi',
    defaults,
    x12: {
      partner: { qualifier: 'ZZ', id: 'NORTHWIND' },
      us: { qualifier: 'ZZ', id: 'STAGING' },
      customers: { 'BY:92:0042': 'C-1001' },
      ...x12,
    },
  });
}

/** What a document says in its envelopes; each part may be made wrong. */
export interface Parts {
  readonly partner?: string;
  readonly us?: string;
  readonly isa11?: string;
  readonly isa12?: string;
  readonly isa13?: string;
  readonly usage?: string;
  readonly component?: string;
  readonly separator?: string;
  readonly terminator?: string;
  readonly gs?: string;
  readonly sets?: readonly string[];
  readonly ge?: string;
  readonly iea?: string;
}

/** One transaction set with right counts, written with `*` and `~`. */
export function setOf(controlNumber = '0001', segments: readonly string[] = ORDER): string {
  return [`ST*850*${controlNumber}`, ...segments, `SE*${segments.length + 2}*${controlNumber}`]
    .map((each) => `${each}~`)
    .join('');
}

/** The shortest order that is complete. */
export const ORDER: readonly string[] = [
  'BEG*00*SA*PO-1**20261120',
  'N1*BY*Northwind*92*0042',
  'PO1*1*10*EA*1.50**VN*SKU-1',
  'CTT*1',
];

/** A whole document as text; whatever delimiters are asked for. */
export function document(parts: Parts = {}): string {
  const { isa11 = 'U', isa12 = '00401', isa13 = '000000101', usage = 'P', component = '>', sets = [setOf()] } = parts;
  const { gs = 'PO*NORTHWIND*STAGING*20261123*0915*101*X*004010' } = parts;
  const address = (id = '') => id.padEnd(15);
  const ids = `ZZ*${address(parts.partner ?? 'NORTHWIND')}*ZZ*${address(parts.us ?? 'STAGING')}`;
  const isa = `ISA*00*          *00*          *${ids}*261123*0915*${isa11}*${isa12}*${isa13}*0*${usage}*${component}~`;
  const text = `${isa}GS*${gs}~${sets.join('')}${parts.ge ?? `GE*${sets.length}*101~`}${parts.iea ?? `IEA*1*${isa13}~`}`;
  const { separator = '*', terminator = '~' } = parts;
  return text.replaceAll('~', '\0').replaceAll('*', separator).replaceAll('\0', terminator);
}

/** All events of a document that comes in pieces of one size. */
export function split(
  content: string | Uint8Array,
  x12: Partial<X12Profile> = {},
  pieceSize = Number.POSITIVE_INFINITY,
  options: Partial<X12SplitOptions> = {},
): readonly X12Event[] {
  const bytes = typeof content === 'string' ? Buffer.from(content, 'latin1') : content;
  const { x12: profile } = profileOf(x12);
  const splitter = createX12Splitter({ profile: profile as X12Profile, ...options });
  const events: X12Event[] = [];
  for (let at = 0; at < bytes.length; at += pieceSize)
    events.push(...splitter.push(bytes.subarray(at, at + pieceSize)));
  return [...events, ...splitter.end()];
}

export function interchangesOf(events: readonly X12Event[]): readonly X12InterchangeEnd[] {
  return events.filter((event) => event.kind === 'interchange_end');
}

export function setsOf(events: readonly X12Event[]): readonly X12TransactionSet[] {
  return events.filter((event) => event.kind === 'transaction_set').map(({ set }) => set);
}

/** All finding codes of a document, wherever they were given. */
export function codesOf(events: readonly X12Event[]): readonly string[] {
  return events.flatMap((event) => {
    if (event.kind === 'transaction_set') return event.set.findings.map(({ code }) => code);
    return 'findings' in event ? event.findings.map(({ code }) => code) : [];
  });
}
