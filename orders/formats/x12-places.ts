import type { Location } from '../finding.ts';
import type { OrderLine } from '../order.ts';
import type { Loop } from './x12-reading.ts';
import { element, locate, type X12Segment } from './x12-segments.ts';

/** The parts of an 850 that places are told of. */
export interface PlacedParts {
  readonly header: readonly X12Segment[];
  readonly loops: readonly Loop[];
  readonly summary: readonly X12Segment[];
  readonly lines: readonly Pick<OrderLine, 'sku'>[];
  /** PO1 of each line. */
  readonly sources: readonly X12Segment[];
}

type Places = readonly (readonly [pointer: string, place: Location])[];

/** N101 (element 98) of the parties that an order names. */
const PARTIES: Readonly<Record<string, string>> = { ST: '/shipTo', BT: '/billTo' };
/** PO106 to PO125 are pairs of a qualifier and a product's id. */
const [FIRST_ID, LAST_ID] = [6, 24];

/** Where each field stands that one element gives, by JSON pointer into the canonical order. */
export function listPlaces({ header, loops, summary, lines, sources }: PlacedParts): Places {
  return [
    ...header.flatMap(placeHeader),
    ...loops.flatMap(({ head, members }) => placeParty(head, members)),
    ...sources.flatMap((po1, index) => placeLine(po1, `/lines/${index}`, lines[index]?.sku)),
    ...summary.flatMap((segment): Places =>
      segment.id === 'AMT' && element(segment, 1) === 'TT' ? [['/total', locate(segment, 2)]] : [],
    ),
  ];
}

function placeHeader(segment: X12Segment): Places {
  if (segment.id === 'CUR') return [['/currency', locate(segment, 2)]];
  if (segment.id === 'DTM' && element(segment, 1) === '002') return [['/requestedDeliveryDate', locate(segment, 2)]];
  return [];
}

function placeParty(head: X12Segment, members: readonly X12Segment[]): Places {
  const party = head.id === 'N1' ? PARTIES[element(head, 1)] : undefined;
  if (party === undefined) return [];
  const streets = members.filter(({ id }) => id === 'N3').flatMap((n3) => [1, 2].filter((at) => element(n3, at) !== '').map((at) => locate(n3, at))); // prettier-ignore
  const town = members.find(({ id }) => id === 'N4');
  const inTown = ['city', 'region', 'postalCode', 'country'].flatMap((field, index): Places =>
    town ? [[`${party}/${field}`, locate(town, index + 1)]] : [],
  );
  return [
    [`${party}/name`, locate(head, 2)],
    [`${party}/id`, locate(head, 4)],
    ...streets.map((place, index) => [`${party}/lines/${index}`, place] as const),
    ...inTown,
  ];
}

function placeLine(po1: X12Segment, line: string, sku: string | undefined): Places {
  const ids: [string, Location][] = [];
  for (let at = FIRST_ID; at <= LAST_ID; at += 2) {
    const [qualifier, id] = [element(po1, at), element(po1, at + 1)];
    if (id === '') continue;
    ids.push([`${line}/ids/${qualifier}`, locate(po1, at + 1)]);
    if (id === sku) ids.push([`${line}/sku`, locate(po1, at + 1)]);
  }
  const fields = ['line', 'quantity', 'unit', 'unitPrice'];
  return [...fields.map((field, index) => [`${line}/${field}`, locate(po1, index + 1)] as const), ...ids];
}
