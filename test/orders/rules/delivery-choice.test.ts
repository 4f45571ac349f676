import { describe, expect, test } from '@jest/globals';
import { chooseDelivery } from '../../../orders/rules/inventory.ts';
import { makeCustomer, makeFacts, makeRule } from './factories.ts';

const agreed = (partialDelivery?: 'hold' | 'backorder' | 'split') =>
  makeFacts({ customer: makeCustomer({ partialDelivery }) });
const rule = (code: string, parameters: object) => makeRule({ code, kind: 'inventory', parameters });

describe('how an order is delivered', () => {
  test('is as agreed with the customer, unless a rule says otherwise; whole where nothing is agreed', () => {
    const usual = [makeRule({ code: 'CREDIT.LIMIT', kind: 'credit', parameters: {} }), rule('STOCK.SHORT', {})];
    expect(chooseDelivery(usual, agreed('split'))).toEqual({ partial: 'split', warehouses: [] });
    expect(chooseDelivery(usual, agreed())).toEqual({ partial: 'hold', warehouses: [] });
    expect(chooseDelivery(usual, makeFacts({ customer: null }))).toEqual({ partial: 'hold', warehouses: [] });
    expect(
      chooseDelivery([rule('STOCK.SHORT', { partial: 'backorder', warehouses: ['OAK'] })], agreed('split')),
    ).toEqual({
      partial: 'backorder',
      warehouses: ['OAK'],
    });
    expect(chooseDelivery([], agreed('backorder'))).toEqual({ partial: 'backorder', warehouses: [] });
  });

  test('is the strictest of several rules, from warehouses that all of them allow', () => {
    const rules = [
      rule('STOCK.SHORT', { partial: 'split' }),
      rule('STOCK.COAST', { partial: 'backorder', warehouses: ['OAK', 'SAC'] }),
      rule('STOCK.NORTH', { partial: 'split', warehouses: ['SAC', 'SEA'] }),
    ];
    expect(chooseDelivery(rules, agreed())).toEqual({ partial: 'backorder', warehouses: ['SAC'] });
  });

  test('is whole, from where the first rule says, if rules have no warehouse in common', () => {
    const rules = [
      rule('STOCK.SHORT', { partial: 'split', warehouses: ['OAK'] }),
      rule('STOCK.NORTH', { partial: 'split', warehouses: ['SEA'] }),
    ];
    expect(chooseDelivery(rules, agreed())).toEqual({ partial: 'hold', warehouses: ['OAK'] });
  });
});
