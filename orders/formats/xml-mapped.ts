import type { SourceProfile } from '../source.ts';
import type { Draft } from './draft.ts';
import { draftMapped, type Found, getMapping, type Spot } from './mapping.ts';
import type { XmlDocument, XmlElement } from './xml-reader.ts';
import {
  beginReading,
  keepUnused,
  nameOf,
  placeOf,
  rawText,
  use,
  type XmlNode,
  type XmlReading,
} from './xml-reading.ts';

/**
 * Reads an order of any shape by the paths of its source's table, a small part of XPath: names of elements with `/`
 * between, from the root with a leading `/`; `[2]` for the second of a name; `@name` for an attribute as the last step;
 * `.` for the element itself. Names are compared without prefixes, in any namespace.
 */
export function draftXmlMapped(document: XmlDocument, profile: SourceProfile): Draft {
  const reading = beginReading(document, profile);
  const { root } = document;
  const where = { location: placeOf(reading, { element: root }), name: 'The order' };
  const draft = draftMapped(createSpot(reading, root), where, getMapping(profile), 'XML');
  const rest = keepUnused(root, reading);
  return rest === undefined ? draft : { ...draft, order: { ...draft.order, extensions: { [root.local]: rest } } };
}

function createSpot(reading: XmlReading, from: XmlElement): Spot {
  return {
    find: (path) => findValue(reading, from, path),
    list: (path) => {
      const elements = follow(reading, from, path);
      return elements.length === 0 ? null : elements.map((element) => createSpot(reading, element));
    },
  };
}

/** A step of a path: a name, and which of those with that name. */
const STEP = /^(?:[^:/@[\]]+:)?([^:/@[\]]+)(?:\[(\d{1,6})\])?$/;

/** The elements that a path leads to; none for what is no path. */
function follow({ document }: XmlReading, from: XmlElement, path: string): readonly XmlElement[] {
  const steps = path.split('/').filter((step) => step !== '' && step !== '.');
  if (!path.startsWith('/')) return steps.reduce<readonly XmlElement[]>(takeStep, [from]);
  const [first = '', ...others] = steps;
  const isRoot = STEP.exec(first)?.[1] === document.root.local;
  return isRoot ? others.reduce<readonly XmlElement[]>(takeStep, [document.root]) : [];
}

function takeStep(elements: readonly XmlElement[], step: string): readonly XmlElement[] {
  const [, name, position] = STEP.exec(step) ?? [];
  return elements.flatMap(({ children }) => {
    const named = children.filter(({ local }) => local === name);
    return position === undefined ? named : named.slice(Number(position) - 1, Number(position));
  });
}

function findValue(reading: XmlReading, from: XmlElement, path: string): Found {
  const [, steps = '', name] = /^(.*?)(?:\/?@([^/@]+))?$/.exec(path) ?? [];
  const [element] = follow(reading, from, steps);
  const attribute = element?.attributes.find(({ local }) => local === name);
  const isThere = element !== undefined && (name === undefined || attribute !== undefined);
  const node: XmlNode = isThere ? { element, ...(attribute && { attribute }) } : { element: from, missing: path };
  const text = isThere ? rawText(node) : '';
  return {
    value: text === '' ? null : text,
    isNumber: false,
    location: placeOf(reading, node),
    name: nameOf(reading, node),
    use: () => {
      use(reading, node);
    },
  };
}
