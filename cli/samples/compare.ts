import type { Sample } from './samples.ts';

/** What became of one order of a sample. */
export interface SeenOrder {
  readonly orderId: string;
  readonly poNumber: string | null;
  readonly state: string;
  /** Codes of the findings of its present revision. */
  readonly findings: readonly string[];
  /** Codes of the holds that stand. */
  readonly holds: readonly string[];
  /** Who approved, rejected, corrected or cancelled it last; null: nobody yet. */
  readonly decidedBy: string | null;
  readonly productionOrderId: string | null;
  /** UTC, ISO 8601. */
  readonly receivedAt: string;
  /** From its arrival to the end of its automatic part, in milliseconds. */
  readonly tookMs: number | null;
}

/** What became of a sample. */
export interface Seen {
  /** null: nothing of it was kept. */
  readonly documentId: string | null;
  /** Why the document, or a part of it, was refused. */
  readonly refused: readonly string[];
  /** Kinds of acknowledgments that went out about the document. */
  readonly acknowledgments: readonly string[];
  readonly orders: readonly SeenOrder[];
}

/**
 * Says where a sample did not end as expected. An order that a person has decided since is as it was decided: only that it
 * is there is asked for.
 * @param before what became of the same sample when it was sent first, for one that is sent again
 */
export function compare(sample: Sample, seen: Seen, before?: Seen): readonly string[] {
  const expected = Object.entries(sample.orders);
  const found = new Map(seen.orders.map((order) => [order.poNumber ?? '', order]));
  return [
    ...expected.flatMap(([poNumber, order]) => compareOrder(poNumber, order, found.get(poNumber))),
    ...[...found.keys()].filter((poNumber) => !(poNumber in sample.orders)).map((poNumber) => `order ${poNumber || 'without a PO number'} was not expected`),
    ...compareCodes('the document', 'refused for', seen.refused, sample.refused),
    ...sample.acknowledgments.filter((kind) => !seen.acknowledgments.includes(kind)).map((kind) => `no ${kind} went out`),
    ...(sample.again && seen.documentId !== before?.documentId ? ['it was taken for a new document'] : []),
  ];
}

function compareOrder(poNumber: string, expected: Sample['orders'][string], seen: SeenOrder | undefined): readonly string[] {
  if (!seen) return [`order ${poNumber} is not there`];
  if (seen.decidedBy !== null) return [];
  const state = seen.state === expected.state ? [] : [`order ${poNumber} is ${seen.state}, expected was ${expected.state}`];
  return [...state, ...compareCodes(`order ${poNumber}`, 'found', seen.findings, expected.findings)];
}

function compareCodes(whose: string, verb: string, seen: readonly string[], expected: readonly string[]): readonly string[] {
  const print = (codes: readonly string[]): string => [...new Set(codes)].toSorted().join(', ') || 'nothing';
  return print(seen) === print(expected) ? [] : [`${whose}: ${verb} ${print(seen)}, expected was ${print(expected)}`];
}
