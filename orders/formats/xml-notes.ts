import type { XmlElement } from './xml-reader.ts';
import { rawText, say, shorten, use, type XmlReading } from './xml-reading.ts';

const MOST_NOTES = 50;
const LONGEST_NOTE = 2000;

/** A text for people, and the line that it is about. */
export interface Note {
  readonly element: XmlElement;
  /** The sender's number of the line; null for the order. */
  readonly line: string | null;
}

/** The notes of an order, with their line breaks; what is longer or more than an order holds is kept under extensions. */
export function readNotes(reading: XmlReading, notes: readonly Note[]): readonly string[] {
  const said = notes.filter((note) => rawText(note) !== '');
  const beyond = said[MOST_NOTES];
  if (beyond) {
    const message = `There are ${said.length} texts for people; the first ${MOST_NOTES} are shown.`;
    say(reading, 'XML.SHORTENED', beyond, '/notes', message);
  }
  return said.slice(0, MOST_NOTES).map(({ element, line }, index) => {
    const pointer = `/notes/${index}`;
    reading.nodes.set(pointer, { element });
    const text = `${line === null ? '' : `Line ${line}: `}${rawText({ element })}`;
    if (text.length <= LONGEST_NOTE) use(reading, { element });
    return shorten(reading, text, LONGEST_NOTE, { element }, pointer);
  });
}
