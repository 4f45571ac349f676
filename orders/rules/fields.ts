import { z } from 'zod';
import type { Order } from '../order.ts';
import { type Found, findInputs } from './inputs.ts';
import { field } from './parameters.ts';
import type { Check, Statement } from './rule.ts';

/** Fields that every order in the rule's scope must carry. */
export const requiredFieldsParameters = z.strictObject({ fields: z.array(field).min(1) });

/** Says which of the required fields are missing or blank. */
export const checkRequiredFields: Check<z.infer<typeof requiredFieldsParameters>> = (order, _facts, { fields }) =>
  fields
    .flatMap((pattern) => findInputs(order, pattern))
    .map(({ path, value }) =>
      isMissing(value)
        ? { path, message: `"${path}" is missing: orders of this source must carry it.` }
        : `"${path}" is there.`,
    );

function isMissing(value: unknown): boolean {
  return value == null || (typeof value === 'string' && value.trim() === '');
}

/** How long the text of a field may be, in characters. */
export const fieldLengthParameters = z.strictObject({
  field,
  minimum: z.number().int().min(0).default(0),
  maximum: z.number().int().min(1),
});

/** Says where a text is shorter or longer than the systems behind us take. A missing text is no matter of length. */
export const checkFieldLength: Check<z.infer<typeof fieldLengthParameters>> = (order, _facts, parameters) =>
  judgeTexts(order, parameters.field, (path, value) => {
    const { length } = value;
    const words = `"${path}" has ${length} characters, allowed are ${parameters.minimum} to ${parameters.maximum} characters.`;
    if (length >= parameters.minimum && length <= parameters.maximum) return words;
    return { path, message: words, evidence: value };
  });

/** Judges each text that a pattern stands for; what is missing or no text has nothing to be judged. */
export function judgeTexts(
  order: Order,
  pattern: string,
  judge: (path: string, value: string) => Statement,
): readonly Statement[] {
  const found: readonly Found[] = findInputs(order, pattern);
  if (found.length === 0) return [{ skipped: `The order has no "${pattern}".` }];
  return found.map(({ path, value }) =>
    typeof value === 'string' ? judge(path, value) : { skipped: `"${path}" is no text.` },
  );
}
