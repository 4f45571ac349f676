/**
 * Units that order systems write as UN/ECE Recommendation 20 codes, and the codes of X12 element 355 that say the same.
 * What is not in the table is the same in both, or stays as it is.
 * @see https://unece.org/trade/documents/2021/06/uncefact-rec20 X12 element 355
 */
const UNITS: Readonly<Record<string, string>> = {
  C62: 'EA', NAR: 'EA', NMB: 'EA', H87: 'PC', PCE: 'PC', KGM: 'KG', GRM: 'GR', TNE: 'MP', LTR: 'LT', MTR: 'MR', MTK: 'SM',
  CMT: 'CM', FOT: 'FT', INH: 'IN', YRD: 'YD', LBR: 'LB', ONZ: 'OZ', GLL: 'GA', DZN: 'DZ', HUR: 'HR', DAY: 'DA', SET: 'ST',
}; // prettier-ignore

/** A unit as X12 element 355 writes it. */
export function toUnit(code: string): string {
  return UNITS[code] ?? code;
}
