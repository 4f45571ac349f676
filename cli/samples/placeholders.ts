import { createDataset } from '../../backoffice/reference/dataset.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** `{{today}}`, `{{workday+21}}`, `{{saturday+14:CCYYMMDD}}`. */
const PLACEHOLDER = /\{\{(today|workday|saturday)([+-]\d{1,3})?(?::(CCYYMMDD|YYMMDD))?\}\}/g;

/**
 * Fills in the dates of a sample, so that it is as good in a year as it is today. `today` is the day given, `workday` the
 * first day from then on that every customer of the reference back office takes deliveries on, `saturday` the first
 * Saturday. `+21` and `-7` move the day in question by days first. Written as `2026-11-23`; with `:CCYYMMDD` or `:YYMMDD`
 * as X12 writes dates.
 * @param today a calendar date, `YYYY-MM-DD`
 */
export function fillPlaceholders(text: string, today: string): string {
  return text.replaceAll(PLACEHOLDER, (_, kind: string, offset: string | undefined, format: string | undefined) => {
    const from = addDays(today, Number(offset ?? 0));
    return printDate(kind === 'today' ? from : findDay(from, kind === 'saturday' ? isSaturday : isWorkday), format);
  });
}

/** Whether a text has dates to be filled in. */
export function hasPlaceholders(text: string): boolean {
  return text.search(PLACEHOLDER) !== -1;
}

function findDay(from: string, isWanted: (date: string) => boolean): string {
  let day = from;
  while (!isWanted(day)) day = addDays(day, 1);
  return day;
}

function isSaturday(date: string): boolean {
  return weekday(date) === 6;
}

function isWorkday(date: string): boolean {
  return weekday(date) >= 1 && weekday(date) <= 5 && !getHolidays().has(date);
}

let holidays: ReadonlySet<string> | undefined;

/** The holidays of all customers together. */
function getHolidays(): ReadonlySet<string> {
  holidays ??= new Set(createDataset().customers.flatMap(({ profile }) => profile.calendar.holidays));
  return holidays;
}

/** 0 for Sunday to 6 for Saturday. Calendar dates are counted in UTC, which has no daylight saving. */
function weekday(date: string): number {
  return new Date(`${date}T00:00:00Z`).getUTCDay();
}

function addDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 'YYYY-MM-DD'.length);
}

function printDate(date: string, format: string | undefined): string {
  const digits = date.replaceAll('-', '');
  if (format === undefined) return date;
  return format === 'YYMMDD' ? digits.slice(2) : digits;
}
