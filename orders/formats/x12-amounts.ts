import type { Decimal } from 'decimal.js';
import { decimal, printAmount, toCurrency } from '../money.ts';
import { readMandatory, readReal, say, use, type Reading } from './x12-reading.ts';
import { element, type X12Segment } from './x12-segments.ts';
import { isUsable, parseImpliedCents, parseReal } from './x12-values.ts';

/** Allowances and charges of one line, or of the header: so many discounts a line may have. */
const MOST_CHARGES = 50;

/** A SAC as it changes what is to be paid: negative for an allowance. */
export interface Charge {
  readonly segment: X12Segment;
  readonly code: string;
  readonly amount: string;
}

/** Where a SAC names its kind: SAC02 (element 1300), else SAC04 (1301), an agency's own code. */
export function codeElement(sac: X12Segment): 2 | 4 {
  return element(sac, 2) === '' && element(sac, 4) !== '' ? 4 : 2;
}

/** What a SAC's percentage and rate apply to. */
export interface ChargeBase {
  /** Value of the goods, before this SAC; asked for only where a SAC gives a percentage. */
  readonly amount: () => Decimal;
  /** Pieces; null where a quantity makes no sense. */
  readonly quantity: string | null;
  /** Begins each message: the line that it is about. */
  readonly whose: string;
}

/**
 * SAC12 (element 331) of what changes the invoice of this order: off invoice, to be paid by the customer, or nothing said.
 * Bill-backs, vendor's checks and credits are settled another way.
 */
const ON_INVOICE: ReadonlySet<string> = new Set(['', '02', '06']);
/** SAC01 (element 248): `A` allowance, `C` charge. `N` none, `P` promotion, `Q` and `R` requests, `S` service cost nothing. */
const FREE: ReadonlySet<string> = new Set(['N', 'P', 'Q', 'R', 'S']);
const SIGN: ReadonlyMap<string, 1 | -1> = new Map([['A', -1], ['C', 1]]); // prettier-ignore

/** The SACs that change the order's amounts; the others are told about or only kept. */
export function readCharges(
  reading: Reading,
  segments: readonly X12Segment[],
  base: ChargeBase,
  currency: string,
  path: string,
): readonly Charge[] {
  const signed = segments.map((segment) => ({ segment, sign: readSign(reading, segment, base.whose, path) }));
  const counted = signed.filter(({ sign }) => sign !== undefined);
  const beyond = counted[MOST_CHARGES]?.segment;
  if (beyond) {
    const message = `${base.whose}There are ${counted.length} allowances and charges here; ${MOST_CHARGES} are the most.`;
    say(reading, 'X12.CHARGE.TOO_MANY', beyond, undefined, message, path);
  }
  return counted.slice(0, MOST_CHARGES).flatMap(({ segment, sign = 1 }) => {
    if (!ON_INVOICE.has(element(segment, 12))) {
      const message = `${base.whose}SAC12 is "${element(segment, 12)}": settled outside this order, so its total is without it.`;
      say(reading, 'X12.CHARGE.OUTSIDE_TOTAL', segment, 12, message, path);
      return [];
    }
    const size = readChargeAmount(reading, segment, base, currency, path);
    if (size === undefined) return [];
    const amount = printAmount(decimal(size).times(sign), currency);
    return [{ segment, code: (element(segment, codeElement(segment)) || 'SAC').slice(0, 40), amount }];
  });
}

function readSign(reading: Reading, segment: X12Segment, whose: string, path: string): 1 | -1 | undefined {
  const kind = readMandatory(reading, segment, 1, `${whose}SAC01 (allowance or charge)`, path);
  if (kind === '' || SIGN.has(kind) || FREE.has(kind)) return SIGN.get(kind);
  const message = `${whose}SAC01 is "${kind.slice(0, 10)}"; write A for an allowance or C for a charge. It is not in the total.`;
  say(reading, 'X12.CHARGE.KIND', segment, 1, message, path);
  return undefined;
}

function readChargeAmount(
  reading: Reading,
  segment: X12Segment,
  base: ChargeBase,
  currency: string,
  path: string,
): string | undefined {
  if (element(segment, 5) !== '') {
    use(reading, segment, 1, codeElement(segment), 5);
    return readImplied(reading, segment, base.whose, path);
  }
  const computed = computeCharge(reading, segment, base, path);
  if (!computed || computed.isNegative() || !isUsable(toCurrency(computed, currency))) {
    const message = `${base.whose}SAC05 is empty and SAC07 or SAC08 give no amount; the order is shown without this SAC.`;
    say(reading, 'X12.CHARGE.AMOUNT', segment, 5, message, path);
    return undefined;
  }
  const amount = toCurrency(computed, currency);
  say(
    reading,
    'X12.CHARGE.COMPUTED',
    segment,
    undefined,
    `${base.whose}SAC05 is empty; the amount was computed as ${amount}.`,
    path,
  );
  return amount;
}

/** SAC05 is N2: its last two digits are decimals and there is no point. @see X12 element 610 */
function readImplied(reading: Reading, segment: X12Segment, whose: string, path: string): string | undefined {
  const text = element(segment, 5);
  const amount = parseImpliedCents(text) ?? parseReal(text);
  if (amount === undefined) {
    const message = `${whose}SAC05 is "${text.slice(0, 30)}"; write the amount in hundredths without a point, 4331 for 43.31.`;
    say(reading, 'X12.ELEMENT.NUMBER', segment, 5, message, path);
  } else if (amount.startsWith('-')) {
    const message = `${whose}SAC05 is "${text}"; SAC01 gives the sign, so the amount must not be negative. It was left out.`;
    say(reading, 'X12.CHARGE.AMOUNT', segment, 5, message, path);
    return undefined;
  } else if (text.includes('.')) {
    const message = `${whose}SAC05 is "${text}" and was read as ${amount}; write it in hundredths without a point.`;
    say(reading, 'X12.ELEMENT.IMPLIED_DECIMALS', segment, 5, message, path);
  }
  return amount;
}

function computeCharge(reading: Reading, segment: X12Segment, base: ChargeBase, path: string): Decimal | undefined {
  const percent = readReal(reading, segment, 7, `${base.whose}SAC07 (percent)`, path);
  if (percent !== undefined) return base.amount().times(decimal(percent)).dividedBy(100);
  const rate = readReal(reading, segment, 8, `${base.whose}SAC08 (rate)`, path);
  const quantity = readReal(reading, segment, 10, `${base.whose}SAC10 (quantity)`, path) ?? base.quantity;
  return rate === undefined || quantity === null ? undefined : decimal(rate).times(decimal(quantity));
}
