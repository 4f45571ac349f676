import { type Finding, isRejected } from '../finding.ts';
import type { SourceProfile, X12Profile } from '../source.ts';
import { detectFormat } from './detect.ts';
import type { FormatReader, OrderPart, SplitDocument } from './format.ts';
import { locateX12Field, parseX12Order, type X12Context } from './x12-850.ts';
import type { X12Event, X12InterchangeEnd } from './x12-events.ts';
import { maskX12 } from './x12-mask.ts';
import { createX12Splitter, isGroupAccepted, type X12Envelopes } from './x12-splitter.ts';

type SetEvent = Extract<X12Event, { kind: 'transaction_set' }>;

/**
 * Reads X12 documents that are in memory as a whole, as dry runs have them; what is kept is split as a stream, because an
 * interchange may be large.
 */
export const x12Reader: FormatReader = {
  mask: (bytes, profile) => maskX12(bytes, profile.cardNumbers),
  inspect: (bytes) => ({
    layout: 'x12-850',
    holds: 'many',
    findings: detectFormat(bytes).format === 'x12' ? [] : [NO_INTERCHANGE],
  }),
  split: splitWhole,
  parse: (bytes, locator, profile) => parseX12Order(bytes, locator as X12Context, profile),
  locate: (bytes, locator, profile, pointer) => locateX12Field(bytes, locator as X12Context, profile, pointer),
};

const NO_INTERCHANGE: Finding = {
  code: 'X12.NO_INTERCHANGE', category: 'data_format', disposition: 'reject', path: '',
  message: 'The document does not begin with an ISA segment: send a whole interchange.', evidence: null, location: { offset: 0 },
}; // prettier-ignore

function splitWhole(bytes: Uint8Array, profile: SourceProfile): SplitDocument {
  const splitter = createX12Splitter({ profile: getX12Profile(profile) });
  const events = [...splitter.push(bytes), ...splitter.end()];
  const envelopes = toEnvelopes(events);
  const sets = events.filter((event) => event.kind === 'transaction_set');
  const accepted = sets.filter(({ interchange, group }) => isGroupAccepted(envelopes, interchange, group));
  const refused = accepted.filter(({ set }) => isRejected(set.findings));
  return {
    parts: accepted.filter((event) => !refused.includes(event)).map(toPart),
    findings: [...listEnvelopeFindings(envelopes), ...refused.flatMap(({ set }) => set.findings)],
  };
}

function toEnvelopes(events: readonly X12Event[]): X12Envelopes {
  return {
    interchanges: events.filter((event): event is X12InterchangeEnd & X12Event => event.kind === 'interchange_end'),
    findings: events.flatMap((event) => (event.kind === 'document_end' ? event.findings : [])),
  };
}

/** What was found on a document, its interchanges and its groups; those of transaction sets are with them. */
export function listEnvelopeFindings({ findings, interchanges }: X12Envelopes): readonly Finding[] {
  return [
    ...findings,
    ...interchanges.flatMap((interchange) => [
      ...interchange.findings,
      ...interchange.groups.flatMap((group) => group.findings),
    ]),
  ];
}

/** The part of the document that a transaction set is. */
export function toPart({ interchange, group, set }: SetEvent): OrderPart & { readonly locator: X12Context } {
  const { delimiters, usage } = interchange;
  return {
    bytes: set.bytes,
    prefix: 0,
    spans: [{ offset: set.offset, length: set.bytes.length }],
    locator: { delimiters, version: group.version, usage, offset: set.offset },
  };
}

/** @throws Error for a source that sends no X12: whoever asks must have looked before */
export function getX12Profile({ id, x12 }: SourceProfile): X12Profile {
  if (x12) return x12;
  throw new Error(`source "${id}" has no X12 partner profile`);
}
