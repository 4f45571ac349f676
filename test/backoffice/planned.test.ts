import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decimal } from '../../orders/money.ts';
import { type Order, orderSchema } from '../../orders/order.ts';
import { DEFAULT_RULES } from '../../orders/rules/default-rules.ts';
import { evaluateRules } from '../../orders/rules/evaluate.ts';
import { checkInventory, explainLine } from '../../orders/rules/inventory.ts';
import { isBreach } from '../../orders/rules/rule.ts';
import { reservationOf, type RunningBackOffice, startBackOffice } from './back-office.ts';

/* What the rules say by the facts, and what the back office does. */

let running: RunningBackOffice;
beforeAll(async () => {
  running = await startBackOffice();
});
afterAll(() => running.server.close());

const ORDERED = { source: 'web-shop', poNumber: 'PO-1', orderDate: '2026-11-23', currency: 'USD', total: '10.00' };

function orderOf(
  lines: readonly (readonly [sku: string, quantity: number, discount?: [string, string]])[],
  changes = {},
): Order {
  return orderSchema.parse({
    ...ORDERED,
    customerId: 'C-2003',
    lines: lines.map(([sku, quantity, [code, amount] = ['', '']], index) => ({
      line: String(index + 1),
      sku,
      quantity: String(quantity),
      unitPrice: '42.0000',
      discounts: code === '' ? [] : [{ code, amount }],
      amount: '1.00',
    })),
    ...changes,
  });
}

const wantedLines = fc.array(
  fc.tuple(fc.constantFrom('SKU-5', 'SKU-6', 'SKU-7', 'SKU-8'), fc.integer({ min: 1, max: 70 })),
  { minLength: 1, maxLength: 6 },
);
const delivery = fc.record({
  partial: fc.constantFrom('hold' as const, 'backorder' as const, 'split' as const),
  warehouses: fc.subarray(['EAST', 'WEST']),
});

test('the rule about the stock says what the back office does, line by line', async () => {
  const { backOffice } = running;
  let count = 0;
  await fc.assert(
    fc.asyncProperty(wantedLines, delivery, async (lines, how) => {
      count += 1;
      const orderId = `planned-${String(count)}`;
      const order = orderOf(lines);
      const facts = await backOffice.getFacts(orderId, order);
      const breaches = checkInventory(order, facts, how, new Date(facts.asOf)).filter(isBreach);
      const result = await backOffice.reserve(reservationOf(orderId, 1, order, [], how));
      await backOffice.release(orderId, 1);
      expect(result.reserved).toBe(breaches.every(({ disposition }) => disposition === 'warn'));
      if (!result.reserved) return;
      const inWords = result.lines.map(({ line, allocations, waiting }) => {
        const goes = allocations.reduce((sum, { quantity }) => sum.plus(decimal(quantity)), decimal('0'));
        return explainLine(line, { goes, waits: decimal(waiting) });
      });
      const waiting = result.lines
        .filter((line) => line.waiting !== '0')
        .map(({ line }) => lines[Number(line) - 1]?.[0]);
      expect(new Set(breaches.map(({ path }) => skuAt(order, path)))).toEqual(new Set(waiting));
      for (const { path, message } of breaches) {
        const told = inWords.filter((_, index) => order.lines[index]?.sku === skuAt(order, path));
        expect(message.endsWith(`: ${told.join(', ')}.`)).toBe(true);
      }
    }),
    { numRuns: 100 },
  );
}, 60_000);

function skuAt({ lines }: Order, path: string): string | undefined {
  return lines[Number(path.split('/')[2])]?.sku;
}

describe('what is agreed', () => {
  const rules = DEFAULT_RULES;
  async function codesOf(order: Order): Promise<readonly string[]> {
    const facts = await running.backOffice.getFacts('agreed', order);
    const wanted = ['DISCOUNT.NOT_AGREED', 'PACK.SIZE', 'PRODUCT.NOT_ALLOWED'];
    const { findings } = evaluateRules(rules, order, facts, new Date('2026-11-23T18:00:00Z'));
    return findings
      .map(({ code, path }) => `${code} ${path}`)
      .filter((finding) => wanted.includes(finding.split(' ')[0] ?? ''));
  }

  test.each([
    ['a discount for the customer', orderOf([['SKU-7', 10, ['PARTNER5', '21.00']]]), []],
    ['more than that', orderOf([['SKU-7', 10, ['PARTNER5', '21.01']]]), ['DISCOUNT.NOT_AGREED /lines/0/discounts']],
    ['a promotion in its time', orderOf([['SKU-6', 10, ['SPRING10', '63.00']]], { orderDate: '2026-05-31' }), []],
    ['a promotion that is over', orderOf([['SKU-6', 10, ['SPRING10', '63.00']]], { orderDate: '2026-06-01' }), ['DISCOUNT.NOT_AGREED /lines/0/discounts']],
    ['a promotion for another product', orderOf([['SKU-7', 10, ['SPRING10', '63.00']]], { orderDate: '2026-05-01' }), ['DISCOUNT.NOT_AGREED /lines/0/discounts']],
    ['whole packs', orderOf([['SKU-8', 24]]), []],
    ['a broken pack', orderOf([['SKU-8', 25]]), ['PACK.SIZE /lines/0/quantity']],
    ['who may not buy', orderOf([['SKU-9', 1]]), ['PRODUCT.NOT_ALLOWED /lines/0/sku']],
    ['who may', orderOf([['SKU-9', 1]], { customerId: 'C-2002' }), []],
  ])('is held against the order: %s', async (_, order, codes) => {
    expect(await codesOf(order)).toEqual(codes);
  }); // prettier-ignore
});
