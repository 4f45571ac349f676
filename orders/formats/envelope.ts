/** Bytes of a document that belong to no order, and where they stood; slices and gaps put together are the document. */
export interface Gap {
  readonly offset: number;
  /** Base64. */
  readonly bytes: string;
}

/** What lies around the slices of a document. @param slices ascending by offset, not overlapping. */
export async function gapsAround(
  chunks: AsyncIterable<Uint8Array>,
  slices: readonly { readonly offset: number; readonly length: number }[],
): Promise<Gap[]> {
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

/** The document again, from its slices and its gaps. */
export function joinDocument(
  gaps: readonly Gap[],
  slices: readonly { readonly offset: number; readonly bytes: Uint8Array }[],
): Uint8Array {
  const pieces = [...slices, ...gaps.map(({ offset, bytes }) => ({ offset, bytes: Buffer.from(bytes, 'base64') }))];
  return Buffer.concat(pieces.sort((a, b) => a.offset - b.offset).map((piece) => piece.bytes));
}
