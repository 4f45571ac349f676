import type { OrderPart, Span } from './format.ts';

/** Bytes of a document that belong to no order, and where they stood; slices and gaps put together are the document. */
export interface Gap {
  readonly offset: number;
  /** Base64. */
  readonly bytes: string;
}

/** What lies around the slices of a document. @param slices ascending by offset, not overlapping. */
export async function gapsAround(chunks: AsyncIterable<Uint8Array>, slices: readonly Span[]): Promise<Gap[]> {
  const gaps: { offset: number; parts: Uint8Array[] }[] = [];
  let next = 0;
  let at = 0;
  const keep = (offset: number, part: Uint8Array): void => {
    const last = gaps.at(-1);
    const lastEnd = last && last.offset + last.parts.reduce((length, piece) => length + piece.length, 0);
    if (last && lastEnd === offset) last.parts.push(part.slice());
    else gaps.push({ offset, parts: [part.slice()] });
  };
  for await (const chunk of chunks) {
    const end = at + chunk.length;
    let from = at;
    for (; next < slices.length; next += 1) {
      const slice = slices[next];
      if (!slice || slice.offset >= end) break;
      if (slice.offset > from) keep(from, chunk.subarray(from - at, slice.offset - at));
      from = Math.min(end, slice.offset + slice.length);
      if (slice.offset + slice.length > end) break;
    }
    if (from < end) keep(from, chunk.subarray(from - at));
    at = end;
  }
  return gaps.map(({ offset, parts }) => ({ offset, bytes: Buffer.concat(parts).toString('base64') }));
}

/** Where an order's slice stands in its document. Without spans the slice is the whole document. */
export interface PlacedSlice extends Pick<OrderPart, 'prefix' | 'spans'> {
  readonly orderId: string;
}

/** A stretch of a document: bytes of its own, or a part of an order's slice. */
export type Piece = { readonly offset: number; readonly length: number } & (
  | { readonly bytes: Uint8Array; readonly orderId?: never; readonly from?: never }
  /** `from`: where in the slice it begins. */
  | { readonly orderId: string; readonly from: number; readonly bytes?: never }
);

/** The document again, stretch by stretch, from what lies around its slices and from their places. */
export function planDocument(gaps: readonly Gap[], slices: readonly PlacedSlice[]): readonly Piece[] {
  const around = gaps.map(({ offset, bytes: base64 }): Piece => {
    const bytes = Buffer.from(base64, 'base64');
    return { offset, length: bytes.length, bytes };
  });
  const inside = slices.flatMap(({ orderId, prefix, spans }) =>
    withStarts(prefix, spans).map((span): Piece => ({ ...span, orderId })),
  );
  return [...around, ...inside].toSorted((one, other) => one.offset - other.offset);
}

/** Each span with where it begins in its slice. */
function withStarts(prefix: number, spans: readonly Span[]): readonly (Span & { readonly from: number })[] {
  let from = prefix;
  return spans.map((span) => {
    const started = { ...span, from };
    from += span.length;
    return started;
  });
}

/** Where in an order's slice a byte of the document stands; null if it is in none of its spans. */
export function findInSlice({ prefix, spans }: Omit<PlacedSlice, 'orderId'>, offset: number): number | null {
  if (spans.length === 0) return offset;
  const span = withStarts(prefix, spans).find((one) => one.offset <= offset && offset < one.offset + one.length);
  return span ? span.from + offset - span.offset : null;
}
