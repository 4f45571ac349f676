import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { CustomerFacts, DeliveryCalendar, ProductFacts } from '../../../orders/facts.ts';
import type { Order } from '../../../orders/order.ts';
import type { RuleKind } from '../../../orders/rules/rule.ts';
import { CALENDAR, check, makeCustomer, makeFacts, makeLine, makeOrder, makeProduct, NOW } from './factories.ts';

/*
 * Exactly at a limit, one unit below it and one above: a minor unit of the currency, the last decimal of a quantity, a day,
 * a second. What is expected is reckoned in whole numbers (bigint), never with what the rules reckon with.
 */

interface Given {
  readonly order?: Partial<Order>;
  readonly customer?: Partial<CustomerFacts>;
  readonly product?: Partial<ProductFacts>;
  readonly now?: Date;
}

/** What a kind of rule finds wrong with an order that is good but for what is given. */
function judge(
  kind: RuleKind,
  { order = {}, customer = {}, product = {}, now = NOW }: Given,
  parameters = {},
): string[] {
  const facts = makeFacts({ customer: makeCustomer(customer), products: { 'SKU-1': makeProduct(product) } });
  return check(kind, makeOrder(order), facts, parameters, now);
}

const finds = (kind: RuleKind, given: Given, parameters = {}): boolean => judge(kind, given, parameters).length > 0;

/** So many units of the last of so many decimals: `write(1999n, 2)` is `"19.99"`. */
function write(units: bigint, decimals: number): string {
  const digits = String(units < 0n ? -units : units).padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals);
  const text = decimals === 0 ? whole : `${whole}.${digits.slice(digits.length - decimals)}`;
  return units < 0n ? `-${text}` : text;
}

/** One below the limit, at it, one above it. */
const step = fc.constantFrom(-1n, 0n, 1n);
const currency = fc.constantFrom(
  { currency: 'JPY', decimals: 0 },
  { currency: 'USD', decimals: 2 },
  { currency: 'KWD', decimals: 3 },
);
const amount = fc.bigInt({ min: 1n, max: 10n ** 12n });
const small = fc.bigInt({ min: 1n, max: 100_000n });
const more = fc.bigInt({ min: 0n, max: 10n ** 9n });
const decimals = fc.integer({ min: 0, max: 4 });

describe('credit', () => {
  test('covers an order up to the last minor unit, whatever the decimals of the currency', () => {
    fc.assert(
      fc.property(currency, amount, amount, step, ({ currency, decimals }, used, total, over) => {
        const creditLimit = write(used + total - over, decimals);
        const customer = { currency, creditUsed: write(used, decimals), creditLimit };
        expect(finds('credit', { order: { currency, total: write(total, decimals) }, customer })).toBe(over > 0n);
      }),
    );
  });

  test('that is raised never lets an order fail, and a smaller order never needs more', () => {
    fc.assert(
      fc.property(amount, amount, amount, more, (used, total, limit, raise) => {
        const customer = (by: bigint) => ({ creditUsed: write(used, 2), creditLimit: write(limit + by, 2) });
        const order = (by: bigint) => ({ total: write(total - by, 2) });
        fc.pre(!finds('credit', { order: order(0n), customer: customer(0n) }));
        expect(finds('credit', { order: order(0n), customer: customer(raise) })).toBe(false);
        expect(finds('credit', { order: order(raise), customer: customer(0n) })).toBe(false);
      }),
    );
  });
});

describe('stock', () => {
  const quantities = fc.array(small, { minLength: 1, maxLength: 6 });
  const linesOf = (ordered: readonly bigint[], scale: number) =>
    ordered.map((units, index) => makeLine({ line: String(index), quantity: write(units, scale) }));
  const sumOf = (units: readonly bigint[]): bigint => units.reduce((sum, one) => sum + one, 0n);

  test('covers lines of one product up to the last decimal of the quantity', () => {
    fc.assert(
      fc.property(quantities, decimals, step, (ordered, scale, over) => {
        const available = write(sumOf(ordered) - over, scale);
        expect(finds('inventory', { order: { lines: linesOf(ordered, scale) }, product: { available } })).toBe(
          over > 0n,
        );
      }),
    );
  });

  test('counts the warehouses that the rule names and no other', () => {
    fc.assert(
      fc.property(quantities, step, small, (stocks, over, elsewhere) => {
        const named = stocks.map((units, index) => [`W${String(index)}`, write(units, 0)] as const);
        const warehouses = Object.fromEntries([...named, ['ELSEWHERE', write(elsewhere, 0)]]);
        const available = write(sumOf(stocks) + elsewhere, 0);
        const given = { order: { lines: linesOf([sumOf(stocks) + over], 0) }, product: { available, warehouses } };
        expect(finds('inventory', given, { warehouses: named.map(([name]) => name) })).toBe(over > 0n);
        expect(finds('inventory', given)).toBe(over > elsewhere);
      }),
    );
  });

  test('that comes in never lets an order fail', () => {
    fc.assert(
      fc.property(quantities, small, more, (ordered, stock, arrived) => {
        const given = (units: bigint) => ({
          order: { lines: linesOf(ordered, 0) },
          product: { available: write(units, 0) },
        });
        fc.pre(!finds('inventory', given(stock)));
        expect(finds('inventory', given(stock + arrived))).toBe(false);
      }),
    );
  });
});

describe('a price', () => {
  const breaks = fc.uniqueArray(small, { minLength: 1, maxLength: 5 }).map((minima) =>
    minima
      .toSorted((one, other) => (one < other ? -1 : 1))
      // Each break has a price of its own: which one was taken is seen by it.
      .map((minimum, index) => ({ minimum, price: 1_000_000n - BigInt(index) * 1000n })),
  );
  const pricesOf = (list: readonly { readonly minimum: bigint; readonly price: bigint }[]) =>
    list.map(({ minimum, price }) => ({
      minQuantity: write(minimum, 3),
      unitPrice: write(price, 4),
      currency: 'USD',
    }));

  test('is that of the last break that the quantity reaches, to the last decimal of both', () => {
    fc.assert(
      fc.property(breaks, fc.nat(), step, step, (list, which, off, wrong) => {
        const quantity = (list[which % list.length]?.minimum ?? 0n) + off;
        fc.pre(quantity > 0n);
        const reached = list.findLast(({ minimum }) => minimum <= quantity);
        const unitPrice = write((reached?.price ?? 1n) + wrong, 4);
        const order = { lines: [makeLine({ quantity: write(quantity, 3), unitPrice })] };
        const found = judge('price', { order, product: { prices: pricesOf(list) } });
        expect(found.length > 0).toBe(reached === undefined || wrong !== 0n);
        if (reached === undefined) expect(found[0]).toContain('No price in USD is agreed');
      }),
    );
  });

  test('may be off by the tolerance to the last decimal, either way; a larger tolerance never finds more', () => {
    const hundredths = fc.bigInt({ min: 0n, max: 99_999n });
    fc.assert(
      fc.property(small, hundredths, step, fc.boolean(), hundredths, (price, tolerance, over, isAbove, wider) => {
        // The listed price in cents, the tolerance in hundredths of a percent: what it comes to is in millionths.
        const allowed = price * tolerance + over;
        fc.pre(allowed >= 0n);
        const unitPrice = write(price * 10_000n + (isAbove ? allowed : -allowed), 6);
        const prices = [{ minQuantity: '1', unitPrice: write(price, 2), currency: 'USD' }];
        const given = { order: { lines: [makeLine({ unitPrice })] }, product: { prices } };
        expect(finds('price', given, { tolerancePercent: write(tolerance, 2) })).toBe(over > 0n);
        fc.pre(over <= 0n && tolerance + wider <= 99_999n);
        expect(finds('price', given, { tolerancePercent: write(tolerance + wider, 2) })).toBe(false);
      }),
    );
  });

  test('is not below zero, not by the last decimal', () => {
    fc.assert(
      fc.property(step, fc.integer({ min: 1, max: 6 }), (units, scale) => {
        const lines = [makeLine({ unitPrice: write(units, scale) })];
        expect(finds('price_not_negative', { order: { lines } })).toBe(units < 0n);
        expect(finds('quantity_positive', { order: { lines: [makeLine({ quantity: write(units, scale) })] } })).toBe(
          units <= 0n,
        );
      }),
    );
  });
});

describe('a line amount', () => {
  const tolerance = fc.bigInt({ min: 0n, max: 9000n });

  /** Thousandths × ten-thousandths − discount, cut to minor units downwards and upwards. */
  function boundsOf(quantity: bigint, price: bigint, discount: bigint, scale: number): readonly [bigint, bigint] {
    const unit = 10n ** BigInt(7 - scale);
    const exact = quantity * price - discount * unit;
    const floor = (exact - (((exact % unit) + unit) % unit)) / unit;
    return [floor, floor * unit === exact ? floor : floor + 1n];
  }

  test('is quantity × price − discounts, rounded either way and off by the tolerance and no more; a larger one never finds more', () => {
    fc.assert(
      fc.property(
        currency,
        small,
        small,
        small,
        tolerance,
        fc.boolean(),
        step,
        fc.nat({ max: 1000 }),
        (money, ...drawn) => {
          const [quantity, price, discount, off, isLow, over, wider] = drawn;
          const [floor, ceil] = boundsOf(quantity, price, discount, money.decimals);
          const amount = isLow ? floor - off - over : ceil + off + over;
          const line = makeLine({
            quantity: write(quantity, 3),
            unitPrice: write(price, 4),
            discounts: [{ code: 'D', amount: write(discount, money.decimals) }],
            amount: write(amount, money.decimals),
          });
          const given = { order: { currency: money.currency, lines: [line] } };
          const isOutside = amount < floor - off || amount > ceil + off;
          expect(finds('line_amount', given, { toleranceMinorUnits: Number(off) })).toBe(isOutside);
          if (!isOutside) expect(finds('line_amount', given, { toleranceMinorUnits: Number(off) + wider })).toBe(false);
        },
      ),
    );
  });

  test('keeps within its range to the minor unit, in the currency of the range', () => {
    fc.assert(
      fc.property(currency, amount, step, step, (money, limit, under, over) => {
        const line = (units: bigint) => ({
          order: { currency: money.currency, lines: [makeLine({ amount: write(units, money.decimals) })] },
        });
        const at = write(limit, money.decimals);
        const range = (bound: object) => ({ currency: money.currency, ...bound });
        expect(finds('line_amount_range', line(limit - under), range({ minimum: at }))).toBe(under > 0n);
        expect(finds('line_amount_range', line(limit + over), range({ maximum: at }))).toBe(over > 0n);
        expect(finds('line_amount_range', line(limit - 1n), { ...range({ minimum: at }), currency: 'CHF' })).toBe(
          false,
        );
      }),
    );
  });
});

describe('a total', () => {
  const parts = fc.array(amount, { minLength: 1, maxLength: 6 });
  const sumOf = (units: readonly bigint[]): bigint => units.reduce((sum, one) => sum + one, 0n);

  test('is the sum of its parts to the minor unit, off by the tolerance and no more; a larger one never finds more', () => {
    fc.assert(
      fc.property(
        currency,
        parts,
        fc.bigInt({ min: -100_000n, max: 100_000n }),
        amount,
        fc.nat({ max: 9000 }),
        fc.boolean(),
        step,
        fc.nat({ max: 1000 }),
        (money, lineAmounts, charge, tax, tolerance, isLow, over, wider) => {
          const text = (units: bigint): string => write(units, money.decimals);
          const off = BigInt(tolerance) + over;
          const sum = sumOf(lineAmounts) + charge + tax;
          const order = {
            currency: money.currency,
            lines: lineAmounts.map((units, index) => makeLine({ line: String(index), amount: text(units) })),
            charges: [{ code: 'FREIGHT', amount: text(charge) }],
            tax: text(tax),
            total: text(isLow ? sum - off : sum + off),
          };
          const isWrong = (off < 0n ? -off : off) > BigInt(tolerance);
          expect(finds('total', { order }, { toleranceMinorUnits: tolerance })).toBe(isWrong);
          if (!isWrong) expect(finds('total', { order }, { toleranceMinorUnits: tolerance + wider })).toBe(false);
        },
      ),
    );
  });

  test('that may be one of several sums is wrong only if it is none of them', () => {
    fc.assert(
      fc.property(parts, amount, amount, step, (lineAmounts, charge, tax, wrong) => {
        const order = (total: bigint) => ({
          lines: lineAmounts.map((units, index) => makeLine({ line: String(index), amount: write(units, 2) })),
          charges: [{ code: 'FREIGHT', amount: write(charge, 2) }],
          tax: write(tax, 2),
          total: write(total, 2),
        });
        const lines = sumOf(lineAmounts);
        const sums = [lines, lines + tax, lines + charge, lines + charge + tax];
        const names = ['lines', 'lines+tax', 'lines+charges', 'lines+charges+tax'];
        for (const sum of sums) {
          const isNone = !sums.includes(sum + wrong);
          expect(finds('total', { order: order(sum + wrong) }, { sums: names })).toBe(isNone);
        }
      }),
    );
  });

  test('is not below zero, not by a minor unit', () => {
    fc.assert(
      fc.property(currency, step, ({ currency, decimals }, units) => {
        expect(finds('total_positive', { order: { currency, total: write(units, decimals) } })).toBe(units < 0n);
      }),
    );
  });

  test('has the decimals of its currency and not one more, unless that is a zero', () => {
    fc.assert(
      fc.property(currency, amount, fc.integer({ min: 0, max: 3 }), (money, units, zeros) => {
        const order = (text: string) => ({ currency: money.currency, tax: '0', charges: [], lines: [], total: text });
        const text = write(units * 10n ** BigInt(zeros), money.decimals + zeros);
        expect(finds('amount_decimals', { order: order(text) })).toBe(false);
        expect(finds('amount_decimals', { order: order(write(units * 10n + 1n, money.decimals + 1)) })).toBe(true);
      }),
    );
  });

  test.each([
    ['order_minimum', 'minimumOrder', -1n],
    ['order_maximum', 'maximumOrder', 1n],
  ] as const)('%s: agreed with the customer or else by the rule, to the minor unit', (kind, agreed, wrongSide) => {
    fc.assert(
      fc.property(currency, amount, step, (money, limit, off) => {
        const at = write(limit, money.decimals);
        const order = { currency: money.currency, total: write(limit + off, money.decimals) };
        const customer = { currency: money.currency, [agreed]: at };
        expect(finds(kind, { order, customer })).toBe(off === wrongSide);
        const none = { ...customer, [agreed]: null };
        expect(finds(kind, { order, customer: none }, { otherwise: at })).toBe(off === wrongSide);
        expect(finds(kind, { order, customer: none })).toBe(false);
      }),
    );
  });
});

describe('a quantity', () => {
  const of = (units: bigint, scale: number): Given => ({
    order: { lines: [makeLine({ quantity: write(units, scale) })] },
  });

  test('is believed, and within its range, up to the last decimal', () => {
    fc.assert(
      fc.property(amount, decimals, step, (limit, scale, off) => {
        const at = write(limit, scale);
        expect(finds('quantity_maximum', of(limit + off, scale), { maximum: at })).toBe(off > 0n);
        expect(finds('quantity_range', of(limit + off, scale), { maximum: at })).toBe(off > 0n);
        expect(finds('quantity_range', of(limit + off, scale), { minimum: at })).toBe(off < 0n);
        expect(finds('quantity_range', of(limit + off, scale), { minimum: at, skus: ['SKU-2'] })).toBe(false);
      }),
    );
  });

  test('is whole packs to the last decimal; the quantities that are offered instead are the nearest', () => {
    fc.assert(
      fc.property(small, fc.bigInt({ min: 0n, max: 20n }), decimals, step, (pack, packs, scale, off) => {
        const quantity = pack * packs + off;
        fc.pre(quantity > 0n);
        const [found] = judge('pack_size', { ...of(quantity, scale), product: { packSize: write(pack, scale) } });
        expect(found !== undefined).toBe(quantity % pack !== 0n);
        if (found === undefined) return;
        const below = quantity - (quantity % pack);
        const offered = (/order (?<words>.*)\.$/.exec(found)?.groups?.['words'] ?? '').split(' or ');
        const expected = [below, below + pack].filter((units) => units > 0n);
        expect(offered.map(Number)).toEqual(expected.map((units) => Number(write(units, scale))));
      }),
    );
  });
});

describe('what the sender counts', () => {
  test('lines, up to the most that are allowed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 40 }), step, (maximum, off) => {
        const lines = Array.from({ length: maximum + Number(off) }, (_, index) => makeLine({ line: String(index) }));
        expect(finds('line_count', { order: { lines } }, { maximum })).toBe(off > 0n);
      }),
    );
  });

  test('characters, from the least to the most', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 60 }), step, step, (limit, under, over) => {
        const order = (length: number) => ({ order: { poNumber: 'P'.repeat(length) } });
        const at = { field: '/poNumber', minimum: limit, maximum: limit };
        expect(finds('field_length', order(limit + Number(over)), { ...at, minimum: 0 })).toBe(over > 0n);
        expect(finds('field_length', order(limit - Number(under)), { ...at, maximum: 99 })).toBe(under > 0n);
      }),
    );
  });

  test('numbers and dates, both ends included', () => {
    const days = fc.integer({ min: 0, max: 40_000 });
    fc.assert(
      fc.property(amount, decimals, days, step, (limit, scale, day, off) => {
        const tax = write(limit + off, scale);
        const range = { minimum: write(limit, scale), maximum: write(limit, scale) };
        expect(finds('field_range', { order: { tax } }, { field: '/tax', ...range })).toBe(off !== 0n);
        const orderDate = dateOf(day + Number(off));
        const on = { field: '/orderDate', minimum: dateOf(day) };
        expect(finds('field_range', { order: { orderDate } }, on)).toBe(off < 0n);
        expect(finds('field_range', { order: { orderDate } }, { ...on, minimum: null, maximum: dateOf(day) })).toBe(
          off > 0n,
        );
      }),
    );
  });
});

/** The date so many days after the first of 1970, `YYYY-MM-DD`. */
function dateOf(day: number): string {
  return new Date(day * 86_400_000).toISOString().slice(0, 10);
}

describe('discounts', () => {
  const hundredths = fc.bigInt({ min: 0n, max: 9999n });
  const discounted = (quantity: bigint, price: bigint, given: string): Partial<Order> => ({
    lines: [
      makeLine({ quantity: write(quantity, 0), unitPrice: write(price, 2), discounts: [{ code: 'D', amount: given }] }),
    ],
  });

  test('are within the largest share to the last decimal; a larger share never finds more', () => {
    fc.assert(
      fc.property(small, small, hundredths, step, hundredths, (quantity, price, share, over, wider) => {
        const given = quantity * price * share + over;
        fc.pre(given >= 0n);
        const order = discounted(quantity, price, write(given, 6));
        expect(finds('discount', { order }, { maximumPercent: write(share, 2) })).toBe(over > 0n);
        if (over <= 0n) expect(finds('discount', { order }, { maximumPercent: write(share + wider, 2) })).toBe(false);
      }),
    );
  });

  test('are those agreed, rounded up to the minor unit and not one more', () => {
    fc.assert(
      fc.property(currency, small, small, hundredths, step, (money, quantity, price, share, over) => {
        const { currency, decimals } = money;
        // Ten to the sixth is the unit of cents × hundredths of a percent.
        const unit = 10n ** BigInt(6 - decimals);
        const most = (quantity * price * share + unit - 1n) / unit;
        const given = most + over;
        fc.pre(given > 0n);
        const discounts = [{ code: 'A', percent: write(share, 2), from: null, to: null, skus: null }];
        const order = { currency, ...discounted(quantity, price, write(given, decimals)) };
        expect(finds('discount_agreed', { order, customer: { currency, discounts } })).toBe(over > 0n);
        const wider = { tolerancePercent: '7.5' };
        if (over <= 0n)
          expect(finds('discount_agreed', { order, customer: { currency, discounts } }, wider)).toBe(false);
      }),
    );
  });

  test('count from their first day to their last', () => {
    const days = fc.integer({ min: 10, max: 40_000 });
    fc.assert(
      fc.property(days, fc.nat({ max: 400 }), step, fc.boolean(), (from, length, off, atStart) => {
        const discounts = [
          { code: 'A', percent: '10', from: dateOf(from), to: dateOf(from + length), skus: ['SKU-1'] },
        ];
        const day = (atStart ? from : from + length) + Number(off);
        const order = { ...discounted(10n, 100n, '1.00'), orderDate: dateOf(day) };
        const isOn = from <= day && day <= from + length;
        expect(finds('discount_agreed', { order, customer: { discounts } })).toBe(!isOn);
      }),
    );
  });

  test('on the whole order are within the largest share of its lines, to the last decimal', () => {
    fc.assert(
      fc.property(small, hundredths, step, hundredths, (cents, share, over, wider) => {
        const given = cents * share + over;
        fc.pre(given > 0n);
        const charges = [{ code: 'OFF', amount: write(-given, 6) }];
        const order = { lines: [makeLine({ amount: write(cents, 2) })], charges };
        expect(finds('allowance', { order }, { maximumPercent: write(share, 2) })).toBe(over > 0n);
        if (over <= 0n) expect(finds('allowance', { order }, { maximumPercent: write(share + wider, 2) })).toBe(false);
      }),
    );
  });
});

describe('a delivery date', () => {
  const WEEK = [1, 2, 3, 4, 5, 6, 7];
  const on = (date: string, calendar: Partial<DeliveryCalendar>, now: Date): Given => ({
    order: { requestedDeliveryDate: date },
    customer: { calendar: { ...CALENDAR, holidays: [], weekdays: WEEK, ...calendar } },
    now,
  });

  /**
   * Changes of clocks, with the minutes east of UTC before and after. Written down here, so that nothing is reckoned with
   * the table that the rules look into.
   * @see https://www.iana.org/time-zones
   */
  const CHANGES = [
    { zone: 'America/Chicago', at: '2026-03-08T08:00:00Z', before: -360, after: -300 },
    { zone: 'America/Chicago', at: '2026-11-01T07:00:00Z', before: -300, after: -360 },
    { zone: 'Europe/Berlin', at: '2026-03-29T01:00:00Z', before: 60, after: 120 },
    { zone: 'Europe/Berlin', at: '2026-10-25T01:00:00Z', before: 120, after: 60 },
    // By half an hour.
    { zone: 'Australia/Lord_Howe', at: '2026-04-04T15:00:00Z', before: 660, after: 630 },
    { zone: 'Australia/Lord_Howe', at: '2026-10-03T15:30:00Z', before: 630, after: 660 },
    // None at all; far west and far east of it, a leap day.
    { zone: 'Asia/Kolkata', at: '2028-02-29T12:00:00Z', before: 330, after: 330 },
    { zone: 'Pacific/Kiritimati', at: '2026-12-31T12:00:00Z', before: 840, after: 840 },
    { zone: 'Pacific/Pago_Pago', at: '2026-12-31T12:00:00Z', before: -660, after: -660 },
  ];
  const aroundChange = fc
    .record({ change: fc.constantFrom(...CHANGES), seconds: fc.integer({ min: -129_600, max: 129_600 }) })
    .map(({ change: { zone, at, before, after }, seconds }) => {
      const now = new Date(Date.parse(at) + seconds * 1000);
      const local = new Date(now.getTime() + (seconds < 0 ? before : after) * 60_000);
      return { zone, now, today: Math.floor(local.getTime() / 86_400_000), time: local.toISOString().slice(11, 19) };
    });

  test("is past from the customer's midnight on, also where clocks change", () => {
    fc.assert(
      fc.property(aroundChange, step, ({ zone, now, today }, off) => {
        expect(finds('delivery_past', on(dateOf(today + Number(off)), { zone }, now))).toBe(off < 0n);
      }),
      { numRuns: 500 },
    );
  });

  test('leaves the lead time from today until the cut-off, from tomorrow after it, also where clocks change', () => {
    const leadDays = fc.integer({ min: 0, max: 30 });
    fc.assert(
      fc.property(aroundChange, leadDays, leadDays, step, (moment, days, extraDays, off) => {
        const { zone, now, today, time } = moment;
        // The minute of the moment itself: only its first second is in time.
        const cutOff = time.slice(0, 5);
        const isLate = time > `${cutOff}:00`;
        const earliest = today + days + extraDays + (isLate ? 1 : 0);
        fc.pre(earliest + Number(off) >= today);
        const given = on(dateOf(earliest + Number(off)), { zone, cutOff, leadDays: days }, now);
        expect(finds('delivery_lead_time', given, { extraDays })).toBe(off < 0n);
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    ['13:59:59', '2026-11-25'],
    ['14:00:00', '2026-11-25'],
    ['14:00:01', '2026-11-26'],
    ['14:01:00', '2026-11-26'],
    ['23:59:59', '2026-11-26'],
  ])('ordered at %s with a cut-off of 14:00 and two days is %s at the earliest', (time, earliest) => {
    // Chicago is six hours behind UTC in November.
    const now = new Date(Date.parse(`2026-11-23T${time}Z`) + 6 * 3_600_000);
    const before = dateOf(Date.parse(earliest) / 86_400_000 - 1);
    expect(finds('delivery_lead_time', on(earliest, {}, now))).toBe(false);
    expect(finds('delivery_lead_time', on(before, {}, now))).toBe(true);
  });

  test('is on a weekday of the customer and on no holiday, and neither is the day before or after one', () => {
    const days = fc.integer({ min: 20_000, max: 30_000 });
    fc.assert(
      fc.property(days, fc.uniqueArray(fc.constantFrom(...WEEK), { minLength: 1 }), step, (holiday, weekdays, off) => {
        const day = holiday + Number(off);
        // The first of 1970 was a Thursday.
        const isTaken = weekdays.includes(((day + 3) % 7) + 1) && day !== holiday;
        const given = on(dateOf(day), { weekdays, holidays: [dateOf(holiday)] }, NOW);
        const [found] = judge('delivery_day', given);
        expect(found === undefined).toBe(isTaken);
        const next = /next possible day is (?<date>[\d-]+)/.exec(found ?? '')?.groups?.['date'];
        if (next !== undefined)
          expect(judge('delivery_day', on(next, given.customer?.calendar ?? {}, NOW))).toEqual([]);
      }),
    );
  });

  test('that is possible stays possible when the lead time is shortened', () => {
    const days = fc.nat({ max: 40 });
    fc.assert(
      fc.property(days, days, days, (ahead, leadDays, shorter) => {
        fc.pre(shorter <= leadDays);
        const given = (lead: number) =>
          on(dateOf(Date.parse('2026-11-23') / 86_400_000 + ahead), { leadDays: lead }, NOW);
        fc.pre(!finds('delivery_lead_time', given(leadDays)));
        expect(finds('delivery_lead_time', given(leadDays - shorter))).toBe(false);
      }),
    );
  });
});

describe('what is unusual', () => {
  const past = fc.array(fc.bigInt({ min: 1n, max: 5000n }), { minLength: 8, maxLength: 25 });
  const tenths = fc.bigInt({ min: 0n, max: 100n });

  /** The middle, doubled, so that it is a whole number. */
  function doubleMedian(values: readonly bigint[]): bigint {
    const sorted = values.toSorted((one, other) => (one < other ? -1 : 1));
    const at = (index: number): bigint => sorted[index] ?? 0n;
    return at(Math.floor(sorted.length / 2)) + at(Math.ceil(sorted.length / 2) - 1);
  }

  /** The distance that is usual, and the middle, in units of 10^-7. */
  function boundsOf(values: readonly bigint[], times: bigint, slack: bigint) {
    const middle = doubleMedian(values);
    const distances = values.map((value) => (2n * value > middle ? 2n * value - middle : middle - 2n * value));
    // Twice doubled: the deviation is in quarters; 1.4826 has four decimals, `times` one.
    const byDeviation = (doubleMedian(distances) * 14_826n * times * 100n) / 4n;
    const bySlack = (middle * slack * 10_000n) / 2n;
    return { middle: (middle * 10n ** 7n) / 2n, allowed: byDeviation > bySlack ? byDeviation : bySlack };
  }

  const KINDS = [
    ['unusual_quantity', 'quantity'],
    ['unusual_price', 'unitPrice'],
  ] as const;

  test.each(KINDS)(
    '%s: up to the distance from the middle, to the last decimal; larger ones never find more',
    (kind, what) => {
      fc.assert(
        fc.property(past, tenths, tenths, fc.boolean(), step, tenths, (values, times, slack, isAbove, over, wider) => {
          const { middle, allowed } = boundsOf(values, times, slack);
          fc.pre(allowed + over >= 0n);
          const value = write(isAbove ? middle + allowed + over : middle - allowed - over, 7);
          const history = values.map((one) => ({ quantity: '1', unitPrice: '1', [what]: write(one, 0) }));
          const given = { order: { lines: [makeLine({ [what]: value })] }, product: { history } };
          expect(finds(kind, given, { times: write(times, 1), slackPercent: write(slack, 1) })).toBe(over > 0n);
          if (over > 0n) return;
          expect(finds(kind, given, { times: write(times + wider, 1), slackPercent: write(slack, 1) })).toBe(false);
          expect(finds(kind, given, { times: write(times, 1), slackPercent: write(slack + wider, 1) })).toBe(false);
        }),
      );
    },
  );

  test('is said only of what was bought often enough', () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 30 }), step, (minimumPurchases, off) => {
        const history = Array.from({ length: minimumPurchases + Number(off) }, () => ({
          quantity: '1',
          unitPrice: '1',
        }));
        const given = { order: { lines: [makeLine({ quantity: '1000' })] }, product: { history } };
        expect(finds('unusual_quantity', given, { minimumPurchases })).toBe(off >= 0n);
      }),
    );
  });
});
