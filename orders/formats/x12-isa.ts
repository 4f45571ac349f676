import type { Finding } from '../finding.ts';
import { x12Finding } from './x12-codes.ts';
import type { X12Interchange } from './x12-events.ts';
import { ISA_LENGTH, type X12Delimiters } from './x12-scanner.ts';

/** Where the element separator stands in an ISA, zero-based. @see X12.5 Interchange Control Structures */
const SEPARATORS = [3, 6, 17, 20, 31, 34, 50, 53, 69, 76, 81, 83, 89, 99, 101, 103];
const COMPONENT_SEPARATOR = 104;
const SEGMENT_TERMINATOR = 105;

/** The interchange that an ISA opens, or the findings that say why its 106 characters are no ISA. */
export function readIsa(
  text: string,
  offset: number,
  index: number,
): { readonly interchange: X12Interchange | null; readonly findings: readonly Finding[] } {
  const fault = findLayoutFault(text, offset) ?? findDelimiterFault(text, offset);
  if (fault) return { interchange: null, findings: [fault] };
  const elements = SEPARATORS.map((at, i) => text.slice(at + 1, SEPARATORS[i + 1] ?? SEGMENT_TERMINATOR));
  return { interchange: describe(text, elements, offset, index), findings: [] };
}

/** What stands between interchanges: line breaks, and the padding of old transfer programs. */
const BEFORE_ISA: ReadonlySet<string> = new Set(['\r', '\n', '\0', '\x1a']);

/**
 * Whether an interchange begins here, in the middle of bytes of which nothing could be made: a whole ISA at the beginning
 * of a line or behind its own terminator. Anywhere else it could be text that a broken interchange quotes, except behind
 * so few bytes that they hold none.
 * @param before the character before it
 * @param skipped how many bytes nothing could be made of
 */
export function beginsInterchange(text: string, before: string, skipped: number): boolean {
  const { interchange } = readIsa(text, 0, 0);
  if (!interchange) return false;
  return skipped < ISA_LENGTH || before === interchange.delimiters.segment || BEFORE_ISA.has(before);
}

function describe(text: string, elements: readonly string[], offset: number, index: number): X12Interchange {
  const element = (number: number) => (elements[number - 1] ?? '').trim();
  return {
    index,
    offset,
    delimiters: readDelimiters(text, element(11), element(12)),
    elements,
    sender: { qualifier: element(5), id: element(6) },
    receiver: { qualifier: element(7), id: element(8) },
    version: element(12),
    controlNumber: element(13),
    wantsTa1: element(14) === '1',
    usage: element(15),
  };
}

function readDelimiters(text: string, isa11: string, isa12: string): X12Delimiters {
  return {
    element: text.charAt(3),
    component: text.charAt(COMPONENT_SEPARATOR),
    // Up to 00401 this was the standards id, `U`; some senders of 00402 and later still write it.
    repetition: isa12 >= '00402' && /^[^A-Za-z0-9]$/.test(isa11) ? isa11 : null,
    segment: text.charAt(SEGMENT_TERMINATOR),
  };
}

function findLayoutFault(text: string, offset: number): Finding | undefined {
  const separator = text.charAt(3);
  const wrong = SEPARATORS.findIndex((at) => text.charAt(at) !== separator);
  const count = text.slice(0, COMPONENT_SEPARATOR).split(separator).length - 1;
  if (wrong === -1 && count === SEPARATORS.length) return undefined;
  const lineBreak = text.slice(0, SEGMENT_TERMINATOR).search(/[\r\n]/);
  const element = wrong === -1 ? 16 : wrong;
  const reason =
    lineBreak === -1
      ? `element ISA${String(element).padStart(2, '0')} does not have its fixed length`
      : `there is a line break at its character ${lineBreak + 1}: the file seems to be wrapped into lines`;
  const message = `ISA must be 106 characters with its separators at fixed places, but ${reason}.`;
  return x12Finding('X12.ISA.LAYOUT', message, { offset, segment: 'ISA', element });
}

function findDelimiterFault(text: string, offset: number): Finding | undefined {
  const delimiters = [text.charAt(3), text.charAt(COMPONENT_SEPARATOR), text.charAt(SEGMENT_TERMINATOR)];
  const [element = '', component = '', segment = ''] = delimiters;
  const distinct = new Set(delimiters).size === delimiters.length;
  // A line break may end segments; between elements or components it could not be told from a wrapped file.
  const usable = isDelimiter(segment) && [element, component].every((text) => isDelimiter(text) && !/\s/.test(text));
  if (distinct && usable) return undefined;
  const message = `Delimiters must differ and be neither letters, digits nor blanks; ISA gives ${JSON.stringify(delimiters)}.`;
  return x12Finding('X12.ISA.DELIMITERS', message, { offset, segment: 'ISA', element: 16 });
}

function isDelimiter(character: string): boolean {
  return /^[^A-Za-z0-9 \t]$/.test(character) && character.charCodeAt(0) < 0x80;
}
