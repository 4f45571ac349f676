import type { CsvProfile } from './csv-profile.ts';

/** A cell read as a number or a date: the canonical text, or why it cannot be read. */
export type CellReading =
  | { readonly text: string; readonly problem?: never }
  | { readonly text?: never; readonly problem: { readonly isAmbiguous: boolean; readonly words: string } };

/** How numbers are written: the profile's part, and the delimiter, which tells the country apart. */
export type NumberStyle = Pick<CsvProfile, 'decimalMark' | 'thousandsSeparator'> & { readonly delimiter: string };

/**
 * Reads a number exactly: `1.234,56` with a decimal comma is `1234.56`. Without a profile the mark is a point; what could
 * have thousands in it then (`1,234`, and `1.234` in a file with semicolons) is told rather than guessed.
 */
export function readNumber(written: string, style: NumberStyle): CellReading {
  const { decimalMark, thousandsSeparator } = style;
  if (decimalMark === undefined && isAmbiguous(written, style)) {
    const words = 'can be read in two ways: let the source profile say the decimal mark';
    return { problem: { isAmbiguous: true, words } };
  }
  const mark = decimalMark ?? '.';
  const [sign = '', whole = '', fraction, ...more] = partsOf(written, mark);
  const digits = thousandsSeparator === undefined ? whole : joinThousands(whole, thousandsSeparator);
  const isNumber = more.length === 0 && /^\d*$/.test(digits) && /^(?:\d+)?$/.test(fraction ?? '');
  if (isNumber && (fraction === undefined ? digits !== '' : fraction !== '')) {
    return { text: `${sign}${digits === '' ? '0' : digits}${fraction === undefined ? '' : `.${fraction}`}` };
  }
  const words = `is not a number with a decimal ${mark === '.' ? 'point' : 'comma'}: write it such as "1234${mark}50"`;
  return { problem: { isAmbiguous: false, words } };
}

/** Groups of three that may be thousands or decimals. */
function isAmbiguous(written: string, { delimiter }: NumberStyle): boolean {
  if (/^-?[1-9]\d{0,2}(?:,\d{3})+$/.test(written)) return true;
  return delimiter === ';' && /^-?[1-9]\d{0,2}\.\d{3}$/.test(written);
}

/** Sign, what stands before the mark, and what stands behind each. */
function partsOf(written: string, mark: string): readonly string[] {
  const sign = written.startsWith('-') ? '-' : '';
  return [sign, ...written.slice(sign.length).split(mark)];
}

/** The digits without their separators, if these stand where thousands end; else what was given. Spaces may be hard ones. */
function joinThousands(whole: string, separator: string): string {
  const groups = whole.split(separator === ' ' ? /[ \u00a0\u202f]/ : separator);
  const [first = '', ...rest] = groups;
  const isGrouped = /^\d{1,3}$/.test(first) && rest.every((group) => /^\d{3}$/.test(group));
  return isGrouped ? groups.join('') : whole;
}

/** ISO 8601 date, with a time or without. */
const ISO_DATE = /^(\d{4}-\d{2}-\d{2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?(?:Z|UTC|[+-]\d{2}:?\d{2}))?)?$/;

/** Reads a calendar date as `YYYY-MM-DD`; of a date with a time, the day as written. */
export function readDate(written: string, { dateFormats }: Pick<CsvProfile, 'dateFormats'>): CellReading {
  const iso = ISO_DATE.exec(written)?.[1];
  if (iso !== undefined) return { text: iso };
  for (const format of dateFormats) {
    const { year, month = '', day = '' } = datePattern(format).exec(written)?.groups ?? {};
    if (year !== undefined) return { text: `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}` };
  }
  const known = dateFormats.length === 0 ? '' : ` or ${dateFormats.join(', ')}`;
  const words = `is not a date such as "2026-12-01"${known}: correct it, or let the source profile say its format`;
  return { problem: { isAmbiguous: false, words } };
}

/** `D` and `M` also take two digits, `DD` and `MM` only two. */
const DATE_PARTS: Readonly<Record<string, string>> = {
  YYYY: String.raw`(?<year>\d{4})`,
  MM: String.raw`(?<month>\d{2})`,
  M: String.raw`(?<month>\d{1,2})`,
  DD: String.raw`(?<day>\d{2})`,
  D: String.raw`(?<day>\d{1,2})`,
};

function datePattern(format: string): RegExp {
  return new RegExp(`^${format.replace(/YYYY|MM?|DD?|[./]/g, (part) => DATE_PARTS[part] ?? `\\${part}`)}$`);
}
