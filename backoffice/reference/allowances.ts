import { toScaled } from './amounts.ts';

/** A limit that a claim may pass, and by how much: a decimal string, or `unlimited`. Products by SKU or GTIN. */
export type Allowance =
  | { readonly limit: 'credit'; readonly excess: string }
  | { readonly limit: 'stock'; readonly sku: string; readonly excess: string };

/** More than any sum of amounts or quantities. */
const UNLIMITED = 10n ** 30n;

/** By how much a claim may pass the limits that are chosen, ten-thousandths; 0n if by nothing. */
export function sumExcess(allow: readonly Allowance[], isChosen: (allowance: Allowance) => boolean): bigint {
  return allow
    .filter(isChosen)
    .reduce((sum, { excess }) => sum + (excess === 'unlimited' ? UNLIMITED : toScaled(excess)), 0n);
}
