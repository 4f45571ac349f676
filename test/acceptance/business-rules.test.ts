import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { buying, dayFrom, expectHeld, expectPassed, type Office, openOffice } from './office.ts';

/* What the business asks for under "Business Rules", in its own words; each with an order that passes and one that does not. */

let office: Office;
beforeAll(async () => {
  office = await openOffice();
});
afterAll(() => office.close());

describe('Business Rules', () => {
  test('Customer credit limits must be validated', async () => {
    await office.house.admin.changeCustomer('C-1002', { creditLimit: '500.00' });
    const first = { customerId: 'C-1002', ...buying('SKU-2', 70, '5.2500') };
    expectPassed(await office.order(first));
    // 367.50 are used by the first: up to and including the limit is allowed.
    const over = await office.order({ customerId: 'C-1002', ...buying('SKU-2', 26, '5.2500') });
    const says = 'credit used 367.50 + this order 136.50 = 504.00 is over the limit 500.00';
    await expectHeld(office, over, {
      code: 'CREDIT.LIMIT',
      category: 'business_rule',
      releaseRole: 'supervisor',
      says,
    });
    expectPassed(await office.order({ customerId: 'C-1002', ...buying('SKU-2', 25, '5.2500') }));

    expect(await office.act('ravi', 'approve', over)).toMatchObject({ status: 403 });
    expect(await office.act('sofia', 'approve', over)).toMatchObject({ status: 200, body: { applied: true } });
  });

  test('Inventory availability must be confirmed', async () => {
    await office.house.admin.changeProduct('SKU-3', { stock: '3' });
    const short = await office.order(buying('SKU-3', 4, '149.0000'));
    const says = /^Of SKU-3 are ordered 4, available 3.*: short by 1/;
    await expectHeld(office, short, { code: 'STOCK.SHORT', category: 'business_rule', says });
    expectPassed(await office.order(buying('SKU-3', 3, '149.0000')));
    const none = await office.order(buying('SKU-3', 1, '149.0000'));
    await expectHeld(office, none, { code: 'STOCK.SHORT', category: 'business_rule', says: 'available 0' });
  });

  test('Order totals must match line item sums', async () => {
    const charges = [{ code: 'FREIGHT', amount: '12.50' }];
    expectPassed(await office.order({ charges, tax: '17.49', total: '229.89' }));
    const wrong = await office.order({ charges, tax: '17.49', total: '229.90' });
    const says = 'The total is 229.90, but lines 199.90 + charges 12.50 + tax 17.49 = 229.89.';
    await expectHeld(office, wrong, { code: 'TOTAL.MISMATCH', category: 'business_rule', says });
    const line = { line: '1', sku: 'SKU-1', quantity: '10', unitPrice: '19.9900', amount: '199.91' };
    const wrongLine = await office.order({ lines: [line], total: '199.91' });
    const why = 'is 199.91, but 10 × 19.9900 = 199.90';
    await expectHeld(office, wrongLine, { code: 'LINE.AMOUNT.MISMATCH', category: 'business_rule', says: why });
  });

  test('Delivery dates must respect customer schedules', async () => {
    // Weeks ahead, so that neither lead time nor cut-off is near; in March, so that no holiday is.
    const march = `${String(new Date().getUTCFullYear() + 1)}-03-08`;
    expectPassed(await office.order({ requestedDeliveryDate: dayFrom(march, [2]) }));
    const saturday = await office.order({ requestedDeliveryDate: dayFrom(march, [6]) });
    const says = /a Saturday, on which the customer takes no deliveries; the next possible day is \d{4}-03-\d\d/;
    await expectHeld(office, saturday, { code: 'DELIVERY.DAY', category: 'business_rule', says });
    const christmas = await office.order({ requestedDeliveryDate: '2028-12-25' });
    const holiday = "Delivery is requested for 2028-12-25, a holiday in the customer's calendar";
    await expectHeld(office, christmas, { code: 'DELIVERY.DAY', category: 'business_rule', says: holiday });
    const past = await office.order({ requestedDeliveryDate: '2026-01-05' });
    await expectHeld(office, past, { code: 'DELIVERY.PAST', category: 'business_rule', says: 'which is past' });
  });

  test('Pricing rules and discounts applied correctly', async () => {
    expectPassed(await office.order(buying('SKU-1', 99, '19.9900')));
    expectPassed(await office.order(buying('SKU-1', 100, '18.9900')));
    const early = await office.order(buying('SKU-1', 99, '18.9900'));
    const says = 'is 18.9900, agreed from a quantity of 1 on is 19.99';
    await expectHeld(office, early, { code: 'PRICE.MISMATCH', category: 'business_rule', says });

    const discounted = (amount: string, rest: string) => ({
      customerId: 'C-2003',
      lines: [
        {
          line: '1',
          sku: 'SKU-1',
          quantity: '10',
          unitPrice: '19.9900',
          discounts: [{ code: 'PARTNER', amount }],
          amount: rest,
        },
      ],
      total: rest,
    });
    expectPassed(await office.order(discounted('10.00', '189.90')));
    const more = await office.order(discounted('10.01', '189.89'));
    const agreed = 'is discounted by 10.01, agreed is PARTNER5 5 % of 10 × 19.9900 = 9.995';
    await expectHeld(office, more, { code: 'DISCOUNT.NOT_AGREED', category: 'business_rule', says: agreed });
  });
});
