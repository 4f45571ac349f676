/**
 * Exact arithmetic on decimal strings, for what people see while they type. A number is a whole count of 10^-12, as the
 * canonical order allows twelve decimals.
 */
const DECIMALS = 12;
const SCALE = 10n ** BigInt(DECIMALS);

/**
 * The exact value of a decimal string such as `19.9900`.
 * @param {string} text
 * @returns {bigint | undefined} in units of 10^-12; undefined if the text is no decimal
 */
function parseDecimal(text) {
  const match = /^(-?)(\d{1,18})(?:\.(\d{1,12}))?$/.exec(text.trim());
  if (!match) return undefined;
  const [, minus, whole, fraction = ''] = match;
  const value = BigInt(whole) * SCALE + BigInt(fraction.padEnd(DECIMALS, '0'));
  return minus === '-' ? -value : value;
}

/**
 * Quantity times unit price minus discount, rounded half away from zero to the currency's decimals.
 * @param {string} quantity
 * @param {string} unitPrice
 * @param {string} discount empty for none
 * @param {number} decimals of the currency
 * @returns {string | undefined} undefined while a part is no decimal
 */
export function lineAmount(quantity, unitPrice, discount, decimals) {
  const [count, price, less] = [quantity, unitPrice, discount.trim() === '' ? '0' : discount].map(parseDecimal);
  if (count === undefined || price === undefined || less === undefined) return undefined;
  return printRounded(count * price - less * SCALE, 2 * DECIMALS, decimals);
}

/**
 * The exact sum of decimal strings.
 * @param {readonly string[]} amounts
 * @param {number} decimals of the currency
 * @returns {string | undefined} undefined while one of them is no decimal
 */
export function sumAmounts(amounts, decimals) {
  const values = amounts.map(parseDecimal);
  if (values.some((value) => value === undefined)) return undefined;
  return printRounded(
    values.reduce((total, value) => total + value, 0n),
    DECIMALS,
    decimals,
  );
}

/**
 * How many decimals amounts in a currency have: 2 for USD, 0 for JPY.
 * @param {string} currency ISO 4217
 */
export function currencyDecimals(currency) {
  if (!/^[A-Z]{3}$/.test(currency)) return 2;
  return new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits;
}

/** @param {bigint} value in units of 10^-from */
function printRounded(value, from, to) {
  const unit = 10n ** BigInt(from - to);
  const size = value < 0n ? -value : value;
  const rounded = (size + unit / 2n) / unit;
  const digits = rounded.toString().padStart(to + 1, '0');
  const sign = value < 0n && rounded > 0n ? '-' : '';
  return to === 0 ? sign + digits : `${sign}${digits.slice(0, -to)}.${digits.slice(-to)}`;
}
