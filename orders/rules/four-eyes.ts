import type { RuleKind } from './rule.ts';

/**
 * Kinds that look at the form of an order, or at its dates: whoever changes them alone can let nothing be sold, delivered or
 * paid otherwise than agreed.
 */
const OF_FORM_ALONE: ReadonlySet<RuleKind> = new Set<RuleKind>([
  'required_fields',
  'field_type',
  'field_length',
  'field_format',
  'line_count',
  'line_ids',
  'ship_to_present',
  'ship_to_postal_code',
  'ship_to_country',
  'delivery_past',
  'delivery_day',
  'delivery_lead_time',
]);

/** Whether rules of this kind guard money, so that a change takes a second person. A kind that nobody has judged does. */
export function guardsMoney(kind: RuleKind): boolean {
  return !OF_FORM_ALONE.has(kind);
}
