import { z } from 'zod';

/** A quantity or an amount that is not negative, a decimal string such as `"50.00"`. */
export const amount = z.string().regex(/^\d{1,18}(?:\.\d{1,12})?$/, 'must be a decimal such as "50.00"');

/** A percentage, a decimal string such as `"2.5"`. */
export const percent = z.string().regex(/^\d{1,3}(?:\.\d{1,6})?$/, 'must be a percentage such as "2.5"');

/** A pointer into the canonical order in which `*` stands for every element of a list. */
export const field = z
  .string()
  .regex(/^(?:\/[A-Za-z*][A-Za-z0-9]*)+$/, 'must be a pointer such as "/shipTo/city" or "/lines/*/sku"');
