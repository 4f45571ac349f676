import { describe, expect, test } from '@jest/globals';
import { minorUnits } from '../../orders/money.ts';
import { check, makeFacts, makeOrder } from './rules/factories.ts';

/**
 * ISO 4217:2015, list one as its maintenance agency publishes it: the currencies of countries and unions by their minor unit,
 * that is by how many decimals their amounts have. Precious metals, units of account of banks and test codes are left out:
 * nobody orders in them.
 * @see https://www.six-group.com/en/products-services/financial-information/data-standards.html (list one, "Mnr Unts")
 */
const PUBLISHED: Readonly<Record<number, string>> = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF',
  2:
    'AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE CZK ' +
    'DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD ' +
    'KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP ' +
    'PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH ' +
    'USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG',
  3: 'BHD IQD JOD KWD LYD OMR TND',
};
/** Units of account of ISO 4217 in which prices are agreed and indexed; orders in them are refused, but sums come out right. */
const INDEXED: Readonly<Record<string, number>> = { CLF: 4, UYI: 0, UYW: 4 };

const published = Object.entries(PUBLISHED).flatMap(([decimals, codes]) =>
  codes.split(' ').map((code) => [code, Number(decimals)] as const),
);

describe('currencies', () => {
  test.each([...published, ...Object.entries(INDEXED)])('%s has %i decimals', (code, decimals) => {
    expect(minorUnits(code)).toBe(decimals);
  });

  test('in which one may order are those that are published, and no other three letters', () => {
    const letters = 'A B C D E F G H I J K L M N O P Q R S T U V W X Y Z'.split(' ');
    const triples = letters.flatMap((a) => letters.flatMap((b) => letters.map((c) => a + b + c)));
    const parameters = { field: '/currency', list: 'currencies' };
    const facts = makeFacts();
    const known = triples.filter((currency) => check('reference_data', makeOrder({ currency }), facts, parameters).length === 0);
    expect(known).toEqual(published.map(([code]) => code).sort());
  }); // prettier-ignore
});
