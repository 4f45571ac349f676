import type { JsonFault, JsonHandler, JsonKind, Placer, Token } from './json-reader.ts';
import { walkJsonBytes } from './json-reader.ts';

/** An element of a list of orders, and where it stands. */
export interface ListElement {
  /** Zero-based, in bytes. */
  readonly offset: number;
  /** In bytes. */
  readonly length: number;
  /** One-based. */
  readonly line: number;
  readonly column: number;
  /** JSON pointer (RFC 6901) into the document. */
  readonly pointer: string;
}

/** What a JSON document is, told without keeping its values. */
export interface JsonOutline {
  readonly kind: JsonKind['kind'];
  /** What orders are wrapped in: nothing, `{ "order": {…} }`, or `{ "orders": […] }`, with no other member beside. */
  readonly wrapper: '' | '/order' | '/orders';
  /** The elements of the list, where the document is a list or wraps one. */
  readonly elements: readonly ListElement[] | null;
  /** Names of the members of the order, or of the first of the list. */
  readonly names: ReadonlySet<string>;
  readonly fault?: JsonFault;
}

/**
 * Tells how a document is laid out in one pass that keeps no values, so that any size will do: one order or a list of
 * them, each element with its place, and the names by which the sender can be told.
 */
export function outlineJson(bytes: Uint8Array): JsonOutline {
  const notes = createNotes();
  const fault = walkJsonBytes(bytes, (place) => createOutliner(notes, place));
  const wrapper = readWrapper(notes);
  const isList = notes.list !== null && notes.list === wrapper;
  return {
    kind: notes.kind,
    wrapper,
    elements: isList ? notes.elements : null,
    names: new Set(isList ? notes.element : wrapper === '/order' ? notes.order : notes.members),
    ...(fault && { fault }),
  };
}

function readWrapper({ members, order, list }: Notes): JsonOutline['wrapper'] {
  if (members.length !== 1) return '';
  if (list === '/orders') return list;
  return members[0] === 'order' && order.length > 0 ? '/order' : '';
}

interface Notes {
  kind: JsonKind['kind'];
  /** Names in the outermost object, in the object that its member `order` is, and in the first element. */
  readonly members: string[];
  readonly order: string[];
  readonly element: string[];
  readonly elements: ListElement[];
  /** Pointer of the list whose elements are noted. */
  list: '' | '/orders' | null;
}

function createNotes(): Notes {
  return { kind: 'other', members: [], order: [], element: [], elements: [], list: null };
}

function createOutliner(notes: Notes, place: Placer): JsonHandler {
  let depth = 0;
  let member = '';
  /** How deep the elements stand while their list is open. */
  let elementDepth = 0;
  let start: ReturnType<Placer> | undefined;

  const begin = (at: Token): void => {
    if (elementDepth > 0 && depth === elementDepth) start = place(at);
  };
  const end = (at: Omit<Token, 'path'>): void => {
    if (!start || depth !== elementDepth) return;
    const { offset } = place({ ...at, index: at.index + at.length });
    notes.elements.push({ ...start, length: offset - start.offset, pointer: `${notes.list}/${notes.elements.length}` });
    start = undefined;
  };
  const enterList = (): void => {
    if (depth === 0) notes.list = '';
    else if (depth === 1 && notes.kind === 'object' && member === 'orders') notes.list = '/orders';
    else return;
    elementDepth = depth + 1;
  };
  return {
    open: (container, at) => {
      if (depth === 0) notes.kind = container;
      begin(at);
      if (container === 'array') enterList();
      depth++;
    },
    close: (at) => {
      depth--;
      end(at);
      if (depth === elementDepth - 1) elementDepth = 0;
    },
    name: (name) => {
      if (depth === 1) {
        member = name;
        notes.members.push(name);
      } else if (depth === elementDepth + 1 && notes.elements.length === 0 && elementDepth > 0)
        notes.element.push(name);
      else if (depth === 2 && member === 'order') notes.order.push(name);
    },
    literal: (_value, at) => {
      begin(at);
      end(at);
    },
  };
}
