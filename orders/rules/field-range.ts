import { z } from 'zod';
import { decimal, isDecimal } from '../money.ts';
import { judgeTexts } from './fields.ts';
import { field } from './parameters.ts';
import type { Check } from './rule.ts';

const bound = z.string().refine((text) => isDecimal(text) || z.iso.date().safeParse(text).success, {
  message: 'must be a number such as "19.99" or a date such as "2026-12-01"',
});

/** Between what a number or a date must lie, both ends included. */
export const fieldRangeParameters = z
  .strictObject({ field, minimum: bound.nullable().default(null), maximum: bound.nullable().default(null) })
  .refine(({ minimum, maximum }) => minimum !== null || maximum !== null, 'needs a minimum or a maximum');

/** Says where a number or a date is outside of its range. What is of another type than the range is outside too. */
export const checkFieldRange: Check<z.infer<typeof fieldRangeParameters>> = (
  order,
  _facts,
  { field: at, ...range },
) => {
  const { minimum, maximum } = range;
  const words = `allowed is ${minimum === null ? '' : `from ${minimum} `}${maximum === null ? 'on' : `to ${maximum}`}`;
  return judgeTexts(order, at, (path, value) => {
    const reaches = minimum === null || isInOrder(minimum, value);
    if (reaches && (maximum === null || isInOrder(value, maximum))) return `"${path}" is ${value}, ${words}.`;
    return { path, message: `"${path}" is outside of its range: ${words}.`, evidence: value };
  });
};

/** Whether the second is as large as the first or larger, as numbers or as dates. */
function isInOrder(first: string, second: string): boolean {
  if (isDecimal(first) && isDecimal(second)) return decimal(first).lessThanOrEqualTo(decimal(second));
  const areDates = [first, second].every((text) => z.iso.date().safeParse(text).success);
  return areDates && first <= second;
}
