/** Amounts and quantities are kept as whole ten-thousandths: exact, and within SQLite's 64-bit integers. */
const DIGITS = 4;
const SCALE = 10n ** BigInt(DIGITS);

/** A decimal string that fits the store: at most twelve digits before the point and four after it, never negative. */
export const AMOUNT_PATTERN = /^\d{1,12}(?:\.\d{1,4})?$/;

/** The largest sum that the store takes; leaves room to add many of them within 64 bits. */
export const LARGEST_SUM = 10n ** 17n;

/**
 * The ten-thousandths of a decimal string such as `"19.99"`.
 * @throws RangeError if the text does not match {@link AMOUNT_PATTERN}.
 */
export function toScaled(text: string): bigint {
  if (!AMOUNT_PATTERN.test(text)) throw new RangeError('not an amount that the store takes');
  const [whole = '', fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(DIGITS, '0'));
}

/** Prints ten-thousandths as a decimal string with at least `minimumDigits` after the point: 199900n -> `"19.99"`. */
export function printScaled(scaled: bigint, minimumDigits: number): string {
  const sign = scaled < 0n ? '-' : '';
  const absolute = scaled < 0n ? -scaled : scaled;
  const digits = String(absolute % SCALE).padStart(DIGITS, '0');
  const fraction = digits.replace(/0+$/, '').padEnd(minimumDigits, '0');
  return `${sign}${String(absolute / SCALE)}${fraction === '' ? '' : `.${fraction}`}`;
}

/** An amount of money, at least two decimals. */
export function printAmount(scaled: bigint): string {
  return printScaled(scaled, 2);
}

/** A quantity, no more decimals than it needs. */
export function printQuantity(scaled: bigint): string {
  return printScaled(scaled, 0);
}
