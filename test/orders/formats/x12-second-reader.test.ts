import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { X12Parser, type X12Interchange } from 'node-x12';
import { readSegments } from '../../../orders/formats/x12-segments.ts';
import { document, NORTHWIND, ORDER, setOf, setsOf, split } from './x12-document.ts';

/*
 * node-x12 reads segments and elements independently of us. Used as it can be trusted: strict, a fresh parser for each
 * interchange, ASCII, one interchange at a time (docs/decisions/0009).
 */

const DELIMITERS = { element: '*', component: '>', repetition: null, segment: '~' };

function readWithLibrary(text: string): readonly (readonly string[])[] {
  const { functionalGroups } = new X12Parser(true).parse(text) as X12Interchange;
  return functionalGroups.flatMap(({ transactions }) =>
    transactions.flatMap(({ header, segments, trailer }) =>
      [header, ...segments, trailer].map(({ tag, elements }) => [tag, ...elements.map(({ value }) => value.trimEnd())]),
    ),
  );
}

function readOurselves(text: string): readonly (readonly string[])[] {
  return setsOf(split(text)).flatMap(({ bytes, offset }) =>
    readSegments(bytes, offset, DELIMITERS).segments.map(({ id, elements }) => [id, ...elements]),
  );
}

test('an independent reader finds the same segments and elements in the fixture', () => {
  const text = NORTHWIND.toString('latin1');
  expect(readOurselves(text)).toEqual(readWithLibrary(text));
  expect(readOurselves(text)).toHaveLength(41);
});

test('and in orders of any text', () => {
  const text = fc.stringMatching(/^[ A-Za-z0-9.,:;'"#&()+/-]{0,30}$/);
  const segment = fc
    .tuple(fc.constantFrom('MSG', 'REF', 'N1', 'PID', 'TD5'), fc.array(text, { minLength: 1, maxLength: 8 }))
    // The library reads an element of blanks, and one that is missing at the end, in ways of its own.
    .map(([id, elements]) => [id, ...elements.map((each) => each.trim() || 'x')].join('*'));
  fc.assert(
    fc.property(fc.array(segment, { maxLength: 20 }), (segments) => {
      const content = document({ sets: [setOf('0001', [...ORDER, ...segments])] });
      expect(readOurselves(content)).toEqual(readWithLibrary(content));
    }),
    { numRuns: 200 },
  );
});
