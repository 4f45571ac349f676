import { decimal } from '../money.ts';

/**
 * Digits before the point: far above real orders, and so few that no sum over the segments of the largest set has more
 * than the 18 digits of canonical amounts.
 */
const MOST_DIGITS = 12;
const USABLE = /^-?\d{1,12}(?:\.\d{1,12})?$/;

/** X12 allows no number this long; one of a megabyte is not worth looking at. */
const LONGEST_NUMBER = 64;

/** What nearly all numbers are. */
const CANONICAL = /^(?:0|[1-9]\d{0,11})(?:\.\d{1,12})?$/;

/**
 * A number of X12 type R as a canonical decimal string: `0008` is `"8"`, `.5` is `"0.5"`, `19.9900` stays.
 * Undefined for anything else, `12,50` and `1E3` included.
 * @see X12.6, decimal number (R)
 */
export function parseReal(text: string): string | undefined {
  if (CANONICAL.test(text)) return text;
  if (text.length > LONGEST_NUMBER) return undefined;
  const match = /^(-?)0*(\d*)(?:\.(\d*))?$/.exec(text.trim());
  if (!match || !/\d/.test(text)) return undefined;
  const [, sign = '', whole = '', fraction = ''] = match;
  const canonical = `${whole || '0'}${fraction && `.${fraction}`}`;
  const signed = /[1-9]/.test(canonical) ? sign + canonical : canonical;
  return isUsable(signed) ? signed : undefined;
}

/** Whether a canonical decimal has no more digits than an amount of an order may have. */
export function isUsable(amount: string): boolean {
  return USABLE.test(amount);
}

/** Whether a canonical decimal is nought. */
export function isZero(amount: string): boolean {
  return !/[1-9]/.test(amount);
}

/** A number of X12 type N2, two implied decimals: `4331` is `"43.31"`. Undefined if it is not all digits. */
export function parseImpliedCents(text: string): string | undefined {
  if (!/^-?\d{1,14}$/.test(text.trim())) return undefined;
  return decimal(text.trim()).dividedBy(100).toFixed(2);
}

/** What to write instead of a number that could not be read. */
export function adviseNumber(text: string): string {
  if (text.length > LONGEST_NUMBER || /^-?\d+(?:\.\d*)?$/.test(text))
    return `write at most ${MOST_DIGITS} digits before the point and 12 behind`;
  if (/^-?[\d.]*,\d{1,2}$/.test(text)) return 'use a point';
  if (text.includes(',')) return 'leave out the grouping';
  return 'write digits and at most one decimal point';
}

/** A date read from X12: ISO 8601, and whether its year had two digits only. */
export interface X12Date {
  readonly date: string;
  readonly short: boolean;
}

/** Two-digit years up to this one are 20xx: X12 dates began in the eighties, and orders do not reach into 2080. */
const LAST_SHORT_YEAR = 79;

/** `CCYYMMDD`, or `YYMMDD` as before version 004010, as a calendar date; undefined if there is no such day. */
export function parseX12Date(text: string): X12Date | undefined {
  const match = /^(\d{2})?(\d{2})(\d{2})(\d{2})$/.exec(text.trim());
  if (!match) return undefined;
  const [, century, year = '', month = '', day = ''] = match;
  const date = `${century ?? (Number(year) <= LAST_SHORT_YEAR ? '20' : '19')}${year}-${month}-${day}`;
  return isCalendarDate(date) ? { date, short: century === undefined } : undefined;
}

function isCalendarDate(date: string): boolean {
  const [year = 0, month = 0, day = 0] = date.split('-').map(Number);
  // Day 0 of the next month is the last of this one.
  return month >= 1 && month <= 12 && day >= 1 && day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}
