import type { SourceProfile } from '../source.ts';
import { findNearest, isList, isObject } from './draft.ts';
import { type JsonDocument, pointerTokens } from './json-reader.ts';
import { draftMapped, type Found, getMapping, type Spot } from './mapping.ts';
import { elementsOf, finishDrafted, member, type Node, type PlacedOrder } from './shop-reading.ts';
import { nameOf, placeOf, type Reading, startReading } from './shop-reading.ts';

/** Reads an order of any shape by the JSON pointers of its source's table. @param bytes of the document */
export function readMapped(document: JsonDocument, bytes: Uint8Array, profile: SourceProfile): PlacedOrder {
  const reading = startReading(document, { pointer: '', value: document.value }, profile);
  const where = { location: placeOf(reading, ''), name: 'The order' };
  const draft = draftMapped(createSpot(reading, reading.root, bytes), where, getMapping(profile), 'JSON');
  return finishDrafted(reading, draft);
}

function createSpot(reading: Reading, from: Node, bytes: Uint8Array): Spot {
  return {
    find: (path) => findValue(reading, follow(from, path), bytes),
    list: (path) => {
      const node = follow(from, path);
      // Converters from XML write a list of one as the element alone.
      const elements = isList(node.value) ? elementsOf(node) : isObject(node.value) ? [node] : null;
      return elements?.map((element) => createSpot(reading, element, bytes)) ?? null;
    },
  };
}

/** What a pointer leads to. @see RFC 6901 */
function follow(from: Node, pointer: string): Node {
  // The first slash may be left out.
  const tokens = pointerTokens(pointer === '' || pointer.startsWith('/') ? pointer : `/${pointer}`);
  return tokens.reduce(
    (node, name) => elementsOf(node)[/^\d+$/.test(name) ? Number(name) : -1] ?? member(node, name),
    from,
  );
}

function findValue(reading: Reading, { pointer, value }: Node, bytes: Uint8Array): Found {
  const text = typeof value === 'string' ? value.trim() : (value ?? null);
  const place = findNearest(reading.document.places, pointer);
  const isText = place?.at === pointer && bytes[place.place.offset] === QUOTE;
  return {
    value: text === '' ? null : text,
    isNumber: typeof value === 'string' && !isText,
    location: placeOf(reading, pointer),
    name: nameOf(reading, pointer),
    use: () => reading.used.add(pointer),
  };
}

const QUOTE = '"'.charCodeAt(0);
