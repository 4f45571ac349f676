import { z } from 'zod';
import { judgeTexts } from './fields.ts';
import { field } from './parameters.ts';
import { getPattern, isPattern } from './patterns.ts';
import type { Check } from './rule.ts';

/** How a text must be written: a regular expression that the whole text fits, in the syntax of RE2. */
export const fieldFormatParameters = z.strictObject({
  field,
  pattern: z.string().min(1).max(500).refine(isPattern, 'must be a regular expression in the syntax of RE2'),
  /** What the pattern means, for people: `PO- and six digits`. */
  words: z.string().min(1).max(200),
});

/** Says where a text is not written as agreed. A missing one is no matter of format. */
export const checkFieldFormat: Check<z.infer<typeof fieldFormatParameters>> = (order, _facts, parameters) =>
  judgeTexts(order, parameters.field, (path, value) =>
    getPattern(parameters.pattern).testExact(value)
      ? `"${path}" is written as agreed: ${parameters.words}.`
      : { path, message: `"${path}" is not written as agreed: ${parameters.words}.`, evidence: value },
  );
