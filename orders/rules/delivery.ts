import { z } from 'zod';
import type { DeliveryCalendar } from '../facts.ts';
import type { Order } from '../order.ts';
import { getCustomer } from './customer.ts';
import type { Check, Statement } from './rule.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const DAYS_A_YEAR = 366;
const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const;

/** Says which requested delivery dates lie before today, as the customer's clock has it. */
export const checkDeliveryPast: Check<object> = (order, facts, _parameters, now) => {
  const { date: today } = localTime(now, getCustomer(facts).calendar.zone);
  return judgeDates(order, ({ path, date }) => {
    if (date >= today) return `${date} is not before ${today}, today at the customer's.`;
    const message = `Delivery is requested for ${date}, which is past: today is ${today} at the customer's.`;
    return { path, message, evidence: date };
  });
};

/** Says which requested delivery dates are days on which the customer takes no deliveries. */
export const checkDeliveryDay: Check<object> = (order, facts) => {
  const { calendar } = getCustomer(facts);
  return judgeDates(order, ({ path, date }) => {
    const obstacle = findObstacle(date, calendar);
    if (obstacle === undefined) return `${date} is a day on which the customer takes deliveries.`;
    const next = findDeliveryDay(date, calendar);
    const offer = next === undefined ? 'it takes none within a year' : `the next possible day is ${next}`;
    return { path, message: `Delivery is requested for ${date}, ${obstacle}; ${offer}.`, evidence: date };
  });
};

/** Days added to the customer's own lead time, for a source or a season that needs longer. */
export const leadTimeParameters = z.strictObject({ extraDays: z.number().int().min(0).max(365).default(0) });

/**
 * Says which requested delivery dates come too soon: the order counts from today at the customer's, from tomorrow after
 * the cut-off, and takes the lead time in whole calendar days. Dates that are past have a rule of their own.
 */
export const checkLeadTime: Check<z.infer<typeof leadTimeParameters>> = (order, facts, { extraDays }, now) => {
  const { calendar } = getCustomer(facts);
  const { date: today, time } = localTime(now, calendar.zone);
  const isLate = time > `${calendar.cutOff}:00`;
  const leadDays = calendar.leadDays + extraDays;
  const earliest = addDays(today, leadDays + (isLate ? 1 : 0));
  const cutOff = isLate ? ` after the cut-off ${calendar.cutOff}` : '';
  const calculation = `ordered on ${today}${cutOff} with ${leadDays} days' lead time, ${earliest} is the earliest`;
  return judgeDates(order, ({ path, date }) => {
    if (date < today) return { skipped: `${date} is past.` };
    if (date >= earliest) return `Delivery is requested for ${date}: ${calculation}.`;
    return { path, message: `Delivery is requested for ${date}: ${calculation}.`, evidence: date };
  });
};

interface RequestedDate {
  readonly path: string;
  /** `YYYY-MM-DD`, which sorts as text. */
  readonly date: string;
}

function judgeDates(order: Order, judge: (requested: RequestedDate) => Statement): readonly Statement[] {
  const dates = requestedDates(order);
  return dates.length === 0 ? [{ skipped: 'The order asks for no date.' }] : dates.map(judge);
}

/** The order's requested date and those of its lines. */
function requestedDates({ requestedDeliveryDate, lines }: Order): readonly RequestedDate[] {
  const dates = [
    { path: '/requestedDeliveryDate', date: requestedDeliveryDate },
    ...lines.map((line, index) => ({
      path: `/lines/${index}/requestedDeliveryDate`,
      date: line.requestedDeliveryDate,
    })),
  ];
  return dates.flatMap(({ path, date }) => (date == null ? [] : [{ path, date }]));
}

/** Why there is no delivery on a date, as a clause; undefined if there is. */
function findObstacle(date: string, { weekdays, holidays }: DeliveryCalendar): string | undefined {
  const weekday = isoWeekday(date);
  if (!weekdays.includes(weekday)) return `a ${WEEKDAYS[weekday - 1] ?? ''}, on which the customer takes no deliveries`;
  return holidays.includes(date) ? "a holiday in the customer's calendar" : undefined;
}

/** The first day from a date on, within a year, on which the customer takes deliveries. */
function findDeliveryDay(from: string, calendar: DeliveryCalendar): string | undefined {
  const days = Array.from({ length: DAYS_A_YEAR }, (_, index) => addDays(from, index));
  return days.find((day) => findObstacle(day, calendar) === undefined);
}

/** 1 for Monday to 7 for Sunday (ISO 8601). */
function isoWeekday(date: string): number {
  return new Date(`${date}T00:00:00Z`).getUTCDay() || 7;
}

/** Calendar dates are counted in UTC, which has no daylight saving. */
function addDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 'YYYY-MM-DD'.length);
}

/**
 * Date (`YYYY-MM-DD`) and time (`HH:MM:SS`) of an instant in an IANA zone.
 * @throws RangeError if the zone does not exist
 */
function localTime(instant: Date, zone: string): { readonly date: string; readonly time: string } {
  const parts = Object.fromEntries(
    formatOf(zone)
      .formatToParts(instant)
      .map(({ type, value }) => [type, value]),
  ) as Record<'year' | 'month' | 'day' | 'hour' | 'minute' | 'second', string>;
  return { date: `${parts.year}-${parts.month}-${parts.day}`, time: `${parts.hour}:${parts.minute}:${parts.second}` };
}

/** By zone: making a formatter takes a hundred times as long as using it. */
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  const twoDigits = {
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  } as const;
  const made = new Intl.DateTimeFormat('en-CA', { timeZone: zone, hourCycle: 'h23', year: 'numeric', ...twoDigits });
  formats.set(zone, made);
  return made;
}
