import { z } from 'zod';
import { judgeTexts } from './fields.ts';
import { field } from './parameters.ts';
import type { Check } from './rule.ts';

/**
 * ISO 3166-1 alpha-2.
 * @see https://www.iso.org/iso-3166-country-codes.html
 */
const COUNTRIES =
  'AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC ' +
  'CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD ' +
  'GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH ' +
  'KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW ' +
  'MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC ' +
  'SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY ' +
  'UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW';

/**
 * ISO 4217, currencies in use.
 * @see https://www.six-group.com/en/products-services/financial-information/data-standards.html
 */
const CURRENCIES =
  'AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP ' +
  'CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR ' +
  'IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU ' +
  'MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG ' +
  'SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV ' +
  'WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG';

const LISTS = { countries: new Set(COUNTRIES.split(' ')), currencies: new Set(CURRENCIES.split(' ')) } as const;

/** The list in which a value must stand: one that is known by name, or the values themselves. */
export const referenceDataParameters = z.union([
  z.strictObject({ field, list: z.enum(['countries', 'currencies']) }),
  z.strictObject({ field, values: z.array(z.string()).min(1).max(10_000) }),
]);

/** Says where a value stands in no list of those that there are. A missing one is another rule's matter. */
export const checkReferenceData: Check<z.infer<typeof referenceDataParameters>> = (order, _facts, parameters) => {
  const known = 'list' in parameters ? LISTS[parameters.list] : new Set(parameters.values);
  const name = 'list' in parameters ? parameters.list : `values of "${parameters.field}"`;
  return judgeTexts(order, parameters.field, (path, value) =>
    known.has(value)
      ? `"${path}" stands in the list of ${name}.`
      : { path, message: `"${path}" does not stand in the list of ${name}: correct it.`, evidence: value },
  );
};
