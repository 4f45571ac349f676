import { describe, expect, test } from '@jest/globals';
import { isEarlierState } from '../../../orders/formats/shop-state.ts';
import { type Order, orderSchema } from '../../../orders/order.ts';
import { makeOrderJson } from '../../support/order-factory.ts';

const json = makeOrderJson();
const told = (extensions: object): Order =>
  orderSchema.parse({ ...json, source: 'shop', operatorId: null, extensions });
const shopify = (moment: string): Order => told({ updated_at: moment });
const woo = (moment: string): Order => told({ date_modified_gmt: moment });

describe('of two states of an order the earlier one', () => {
  test.each([
    ['is that of an earlier moment', shopify('2026-11-23T08:58:42-08:00'), shopify('2026-11-23T08:58:43-08:00'), true],
    ['is not the later one', shopify('2026-11-23T08:58:43-08:00'), shopify('2026-11-23T08:58:42-08:00'), false],
    ['is found across zones', shopify('2026-11-23T17:58:42+01:00'), shopify('2026-11-23T08:58:43-08:00'), true],
    ['is none of the same moment', shopify('2026-11-23T08:58:42-08:00'), shopify('2026-11-23T16:58:42Z'), false],
    ['is told by WooCommerce in UTC', woo('2026-11-23T07:41:00'), woo('2026-11-23T07:41:01'), true],
    ['is not known where one is silent', shopify('2026-11-23T08:58:42Z'), told({}), false],
    ['is not known where a moment is none', shopify('yesterday'), shopify('2026-11-23T08:58:42Z'), false],
  ])('%s', (_, one, than, earlier) => {
    expect(isEarlierState(one, than)).toBe(earlier);
  });
});
