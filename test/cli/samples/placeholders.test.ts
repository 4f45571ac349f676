import { describe, expect, test } from '@jest/globals';
import { fillPlaceholders, hasPlaceholders } from '../../../cli/samples/placeholders.ts';

describe('the dates of samples', () => {
  test('move with today, in both directions and across the end of a year', () => {
    expect(fillPlaceholders('{{today}} {{today+10}} {{today-30}}', '2026-12-28')).toBe('2026-12-28 2027-01-07 2026-11-28');
  });

  test('are written as X12 writes them where that is asked for', () => {
    expect(fillPlaceholders('{{today:CCYYMMDD}}*{{today:YYMMDD}}', '2026-11-23')).toBe('20261123*261123');
  });

  test('find a workday for everybody: no weekend, no American and no German holiday', () => {
    // Thanksgiving is a Thursday; New Year's Day 2027 a Friday; 3 October 2028, German Unity Day, a Tuesday.
    expect(fillPlaceholders('{{workday}}', '2026-11-26')).toBe('2026-11-27');
    expect(fillPlaceholders('{{workday}}', '2027-01-01')).toBe('2027-01-04');
    expect(fillPlaceholders('{{workday}}', '2028-10-03')).toBe('2028-10-04');
    expect(fillPlaceholders('{{workday+1}}', '2026-11-23')).toBe('2026-11-24');
  });

  test('find the Saturday on or after a day', () => {
    expect(fillPlaceholders('{{saturday}} {{saturday+1}}', '2026-11-28')).toBe('2026-11-28 2026-12-05');
  });

  test('leave everything else in braces alone', () => {
    const text = '{{tomorrow}} {{today+}} {{ today }} {{today+1:DDMM}}';
    expect(fillPlaceholders(text, '2026-11-23')).toBe(text);
    expect(hasPlaceholders(text)).toBe(false);
    expect(hasPlaceholders('"{{workday+21}}"')).toBe(true);
  });
});
