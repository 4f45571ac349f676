import type { Category, Disposition, Finding, Location } from '../finding.ts';

/** What a code of a web shop's order stands for. */
export interface ShopCodeEntry {
  readonly category: Category;
  /** What it does unless the source's profile says otherwise. */
  readonly disposition: Disposition;
  readonly means: string;
}

// prettier-ignore
/** The codes of what is found in the orders of web shops, beside those of reading JSON. */
export const SHOP_CODES = {
  'JSON.CUSTOMER.UNMAPPED': { category: 'system_integration', disposition: 'reject', means: "The shop's customer is mapped to no customer number, and the source has no default customer." },
  'JSON.ORDER.TEST': { category: 'business_rule', disposition: 'reject', means: 'The shop marks the order as a test. Only told where the profile takes test orders.' },
  'JSON.ORDER.DRAFT': { category: 'business_rule', disposition: 'reject', means: 'The buyer has not placed the order yet.' },
  'JSON.ORDER.CANCELLED': { category: 'business_rule', disposition: 'warn', means: 'The order was cancelled in the shop. It is taken as the cancellation of the one sent before.' },
  'JSON.ORDER.UNPAID': { category: 'business_rule', disposition: 'hold', means: 'The order is not paid, and no terms are agreed. Only told where the profile takes unpaid orders.' },
  'JSON.ORDER.REFUNDED': { category: 'business_rule', disposition: 'hold', means: 'Money was given back. The order stands as it was placed; a person decides what of it is still to be made.' },
  'JSON.ORDER.FULFILLED': { category: 'business_rule', disposition: 'hold', means: 'The shop says that the order, or a part of it, was delivered already.' },
  'JSON.LINE.EDITED': { category: 'business_rule', disposition: 'hold', means: 'The quantity was changed after the order was placed; the line has the one that was placed.' },
  'JSON.LINE.SKU': { category: 'business_rule', disposition: 'hold', means: "The line has no SKU; the shop's own number of the product stands in its place." },
  'JSON.LINE.PRICE': { category: 'business_rule', disposition: 'hold', means: "The line's price times its quantity is not its total." },
  'JSON.LINE.MISPLACED': { category: 'data_format', disposition: 'reject', means: 'Something with a quantity stands among the shipping or the fees, as only lines have it.' },
  'JSON.DISCOUNT.MISMATCH': { category: 'business_rule', disposition: 'hold', means: 'The discounts of the lines and of the shipping are not the discount of the order.' },
  'JSON.NOTES.SHORTENED': { category: 'data_format', disposition: 'warn', means: 'There are more notes than an order holds; the others are kept in the extensions.' },
} as const satisfies Readonly<Record<string, ShopCodeEntry>>;

/** The code of what was found in a web shop's order. */
export type ShopCode = keyof typeof SHOP_CODES;

/** A finding of one of these codes. @param path JSON pointer into the canonical order */
export function shopFinding(
  code: ShopCode,
  path: string,
  message: string,
  location: Location,
  disposition: Disposition = SHOP_CODES[code].disposition,
): Finding {
  return { code, category: SHOP_CODES[code].category, disposition, path, message, evidence: null, location };
}
