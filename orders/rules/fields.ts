import { z } from 'zod';
import type { Order } from '../order.ts';
import type { Breach, Check } from './rule.ts';

/** A pointer into the canonical order in which `*` stands for every element of a list. */
const field = z
  .string()
  .regex(/^(?:\/[A-Za-z*][A-Za-z0-9]*)+$/, 'must be a pointer such as "/shipTo/city" or "/lines/*/sku"');

/** Fields that every order in the rule's scope must carry. */
export const requiredFieldsParameters = z.strictObject({ fields: z.array(field).min(1) });

/** Says which of the required fields are missing or blank. */
export const checkRequiredFields: Check<z.infer<typeof requiredFieldsParameters>> = (order, _facts, { fields }) =>
  fields
    .flatMap((pattern) => findFields(order, pattern))
    .filter(({ value }) => value == null || (typeof value === 'string' && value.trim() === ''))
    .map(({ path }) => ({ path, message: `"${path}" is missing: orders of this source must carry it.` }));

/** How long the text of a field may be, in characters. */
export const fieldLengthParameters = z.strictObject({
  field,
  minimum: z.number().int().min(0).default(0),
  maximum: z.number().int().min(1),
});

/** Says where a text is shorter or longer than the systems behind us take. A missing text is no matter of length. */
export const checkFieldLength: Check<z.infer<typeof fieldLengthParameters>> = (order, _facts, parameters) =>
  findFields(order, parameters.field).flatMap(({ path, value }): Breach[] => {
    if (typeof value !== 'string') return [];
    if (value.length >= parameters.minimum && value.length <= parameters.maximum) return [];
    const allowed = `${parameters.minimum} to ${parameters.maximum} characters`;
    return [{ path, message: `"${path}" has ${value.length} characters, allowed are ${allowed}.`, evidence: value }];
  });

interface Found {
  readonly path: string;
  readonly value: unknown;
}

/** The values that a pattern stands for; a member that does not exist is found as undefined. */
function findFields(order: Order, pattern: string): readonly Found[] {
  const keys = pattern.slice(1).split('/');
  return keys.reduce<readonly Found[]>(
    (found, key) => found.flatMap((value) => step(value, key)),
    [{ path: '', value: order }],
  );
}

function step({ path, value }: Found, key: string): readonly Found[] {
  if (key === '*') {
    return Array.isArray(value)
      ? value.map((element: unknown, index) => ({ path: `${path}/${index}`, value: element }))
      : [];
  }
  const isObject = typeof value === 'object' && value !== null && Object.hasOwn(value, key);
  return [{ path: `${path}/${key}`, value: isObject ? (value as Record<string, unknown>)[key] : undefined }];
}
