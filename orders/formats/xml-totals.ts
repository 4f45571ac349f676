import type { Decimal } from 'decimal.js';
import { decimal, minorUnits, printAmount, roundTo, toCurrency } from '../money.ts';

/** What a total may hold beside the lines: a tax, a charge; negative for an allowance. */
export interface Extra {
  readonly amount: Decimal;
}

/** A surcharge, or an allowance, which is negative. */
export interface Charge extends Extra {
  readonly code: string;
}

/** How an order adds up. */
export interface Settlement {
  /** One for each line. */
  readonly amounts: readonly string[];
  readonly total: string;
}

const ZERO = decimal('0');

/**
 * Amounts of lines and a total that add up with all extras, for a sender whose total holds the lines and whichever of the
 * extras; `undefined` where no choice of them comes to it.
 * @param exact what each line comes to, not rounded
 */
export function settle(
  exact: readonly Decimal[],
  extras: readonly Extra[],
  stated: Decimal,
  currency: string,
): Settlement | undefined {
  for (const included of choices(extras)) {
    const goods = included.reduce((left, { amount }) => left.minus(amount), stated);
    const amounts = roundTogether(exact, goods, currency);
    const rest = extras.filter((extra) => !included.includes(extra));
    if (amounts) return { amounts, total: printAmount(addAll(rest, stated), currency) };
  }
  return undefined;
}

/** Amounts and a total as they come out when each line is rounded by itself. */
export function addUp(exact: readonly Decimal[], extras: readonly Extra[], currency: string): Settlement {
  const amounts = exact.map((amount) => roundTo(amount, currency));
  const goods = amounts.reduce((total, amount) => total.plus(amount), ZERO);
  return {
    amounts: amounts.map((amount) => toCurrency(amount, currency)),
    total: printAmount(addAll(extras, goods), currency),
  };
}

/** What extras come to, with something that they are added to or alone. */
export function addAll(extras: readonly Extra[], start = ZERO): Decimal {
  return extras.reduce((total, { amount }) => total.plus(amount), start);
}

/** Every choice of extras, from all to none. */
function choices(extras: readonly Extra[]): readonly (readonly Extra[])[] {
  const all = 2 ** extras.length;
  return Array.from({ length: all }, (_, at) => extras.filter((_extra, bit) => ((all - 1 - at) & (1 << bit)) !== 0));
}

/**
 * Rounds each amount up or down to the currency so that together they come to a sum, as a sender does who rounds only the
 * sum. Undefined where they cannot.
 */
function roundTogether(exact: readonly Decimal[], goods: Decimal, currency: string): readonly string[] | undefined {
  const places = minorUnits(currency);
  // A sender with more decimals than the currency has does not round at all.
  if (goods.decimalPlaces() > places) {
    return exact.reduce((total, amount) => total.plus(amount), ZERO).equals(goods)
      ? exact.map((amount) => printAmount(amount, currency))
      : undefined;
  }
  const rounded = exact.map((amount) => roundTo(amount, currency));
  const unit = decimal('1').dividedBy(decimal('10').pow(places));
  const missing = rounded.reduce((left, amount) => left.minus(amount), goods).dividedBy(unit);
  const movable = exact
    .map((amount, index) => ({ index, error: amount.minus(rounded[index] ?? ZERO) }))
    .filter(({ error }) => !error.isZero() && error.isNegative() === missing.isNegative())
    .sort((one, other) => other.error.abs().comparedTo(one.error.abs()));
  const moves = missing.abs().toNumber();
  if (moves > movable.length) return undefined;
  const moved = new Set(movable.slice(0, moves).map(({ index }) => index));
  const step = missing.isNegative() ? unit.negated() : unit;
  return rounded.map((amount, index) => toCurrency(moved.has(index) ? amount.plus(step) : amount, currency));
}

/** Surcharges of one kind in many lines are one charge of the order. */
export function mergeCharges(charges: readonly Charge[]): readonly Charge[] {
  return [...Map.groupBy(charges, ({ code }) => code)].map(([code, alike]) => ({ code, amount: addAll(alike) }));
}
