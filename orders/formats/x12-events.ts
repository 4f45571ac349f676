import type { Finding } from '../finding.ts';
import type { X12Delimiters } from './x12-scanner.ts';

/** An address in an interchange: qualifier (element I05) and id (I06, I07) without padding. */
export interface X12Address {
  readonly qualifier: string;
  readonly id: string;
}

/** The ISA of an interchange, as received. */
export interface X12Interchange {
  /** Zero-based, in the document. */
  readonly index: number;
  readonly offset: number;
  readonly delimiters: X12Delimiters;
  /** ISA01 to ISA16 with their padding. */
  readonly elements: readonly string[];
  readonly sender: X12Address;
  readonly receiver: X12Address;
  /** ISA12, e.g. `00401`. */
  readonly version: string;
  /** ISA13, as text. */
  readonly controlNumber: string;
  /** ISA14 is `1`: the sender asks for a TA1. */
  readonly wantsTa1: boolean;
  /** ISA15: `P`, `T` or `I`. */
  readonly usage: string;
}

/** The GS of a functional group, as received. */
export interface X12Group {
  /** Zero-based, in the interchange. */
  readonly index: number;
  readonly offset: number;
  /** GS01, `PO` for purchase orders. */
  readonly functionalId: string;
  /** GS02 and GS03. */
  readonly sender: string;
  readonly receiver: string;
  /** GS06, as text. */
  readonly controlNumber: string;
  /** GS07, e.g. `X`. */
  readonly agency: string;
  /** GS08, e.g. `004010`. */
  readonly version: string;
}

/** One transaction set, ST to SE. */
export interface X12TransactionSet {
  /** Zero-based, in the functional group. */
  readonly index: number;
  /** Byte offset of ST in the document. */
  readonly offset: number;
  /** The document's bytes from ST to SE and its terminator; empty if the set is larger than the limit. */
  readonly bytes: Uint8Array;
  /** ST01 and ST02. */
  readonly type: string;
  readonly controlNumber: string;
  /** Segments found, ST and SE included. */
  readonly segmentCount: number;
  /** A `reject` among them means that the set must not be taken; the others of its group may. */
  readonly findings: readonly Finding[];
}

/** How a functional group ended. */
export interface X12GroupEnd {
  readonly group: X12Group;
  readonly verdict: Verdict;
  readonly findings: readonly Finding[];
  /** GE01 as written, and the number of transaction sets that were there. */
  readonly declaredSets: string;
  readonly receivedSets: number;
  /** ST02 of the sets in which nothing was found that refuses them. */
  readonly soundSets: readonly string[];
}

export type Verdict = 'accepted' | 'rejected';

/** How an interchange ended. */
export interface X12InterchangeEnd {
  readonly interchange: X12Interchange;
  /** `accepted` only after an IEA that fits was seen. Groups and sets of an accepted interchange may still be rejected. */
  readonly verdict: Verdict;
  /** Of the interchange itself; those of groups and sets are with them. */
  readonly findings: readonly Finding[];
  readonly groups: readonly X12GroupEnd[];
}

/** What the splitter tells, in the order of the document. */
export type X12Event =
  | { readonly kind: 'interchange_start'; readonly interchange: X12Interchange }
  | { readonly kind: 'group_start'; readonly interchange: X12Interchange; readonly group: X12Group }
  | {
      readonly kind: 'transaction_set';
      readonly interchange: X12Interchange;
      readonly group: X12Group;
      readonly set: X12TransactionSet;
    }
  | ({ readonly kind: 'group_end'; readonly interchange: X12Interchange } & X12GroupEnd)
  | ({ readonly kind: 'interchange_end' } & X12InterchangeEnd)
  /** Always last. A `reject` among the findings says that a part of the document was not read. */
  | { readonly kind: 'document_end'; readonly interchanges: number; readonly findings: readonly Finding[] };
