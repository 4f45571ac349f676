import { z } from 'zod';
import { isDecimal } from '../money.ts';
import { judgeTexts } from './fields.ts';
import { field } from './parameters.ts';
import type { Check } from './rule.ts';

const TYPES = {
  integer: { words: 'a whole number', fits: (text) => /^-?\d{1,18}$/.test(text) },
  decimal: { words: 'a number such as 19.99', fits: isDecimal },
  date: { words: 'a date such as 2026-12-01', fits: (text) => z.iso.date().safeParse(text).success },
  datetime: {
    words: 'a time such as 2026-12-01T08:00:00Z',
    fits: (text) => z.iso.datetime({ offset: true }).safeParse(text).success,
  },
  boolean: { words: 'true or false', fits: (text) => text === 'true' || text === 'false' },
} as const satisfies Record<string, { words: string; fits: (text: string) => boolean }>;

/** What a text must be readable as; for fields that the canonical form takes as they are, such as codes and extensions. */
export const fieldTypeParameters = z.strictObject({
  field,
  type: z.enum(['integer', 'decimal', 'date', 'datetime', 'boolean']),
});

/** Says where a text is not of the type that the systems behind us expect. A missing one is no matter of type. */
export const checkFieldType: Check<z.infer<typeof fieldTypeParameters>> = (order, _facts, parameters) => {
  const { words, fits } = TYPES[parameters.type];
  return judgeTexts(order, parameters.field, (path, value) =>
    fits(value)
      ? `"${path}" is ${words}.`
      : { path, message: `"${path}" must be ${words}: correct it.`, evidence: value },
  );
};
