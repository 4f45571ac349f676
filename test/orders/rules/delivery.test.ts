import { describe, expect, test } from '@jest/globals';
import { CALENDAR, check, makeCustomer, makeFacts, makeLine, makeOrder } from './factories.ts';

const on = (requestedDeliveryDate: string | null) => makeOrder({ requestedDeliveryDate });
const withCalendar = (changes: Partial<typeof CALENDAR>) =>
  makeFacts({ customer: makeCustomer({ calendar: { ...CALENDAR, ...changes } }) });

describe('a delivery date', () => {
  test('need not be given', () => {
    for (const kind of ['delivery_past', 'delivery_day', 'delivery_lead_time'] as const) {
      expect(check(kind, on(null))).toEqual([]);
    }
  });

  test('may be given on a line', () => {
    const order = makeOrder({ lines: [makeLine({ requestedDeliveryDate: '2026-11-22' })] });
    expect(check('delivery_past', order)).toEqual([
      "/lines/0/requestedDeliveryDate: Delivery is requested for 2026-11-22, which is past: today is 2026-11-23 at the customer's.",
    ]);
  });
});

describe('today', () => {
  // 2026-11-24 in Tokyo and in UTC, still the 23rd in Chicago.
  const night = new Date('2026-11-24T03:00:00Z');

  test.each([
    ['America/Chicago', '2026-11-23', 0],
    ['America/Chicago', '2026-11-22', 1],
    ['UTC', '2026-11-23', 1],
    ['Asia/Tokyo', '2026-11-23', 1],
    ['Asia/Tokyo', '2026-11-24', 0],
  ])('in %s makes %s past: %d', (zone, date, breaches) => {
    expect(check('delivery_past', on(date), withCalendar({ zone }), {}, night)).toHaveLength(breaches);
  });

  test('changes at local midnight', () => {
    expect(check('delivery_past', on('2026-11-23'), makeFacts(), {}, new Date('2026-11-24T05:59:59Z'))).toEqual([]);
    expect(check('delivery_past', on('2026-11-23'), makeFacts(), {}, new Date('2026-11-24T06:00:00Z'))).toHaveLength(1);
  });

  test('is unknown in a zone that does not exist', () => {
    expect(() => check('delivery_past', on('2026-11-23'), withCalendar({ zone: 'Mars/Olympus' }))).toThrow(RangeError);
  });
});

describe('a delivery day', () => {
  test.each([
    ['2026-12-01', []],
    [
      '2026-11-28',
      [
        '/requestedDeliveryDate: Delivery is requested for 2026-11-28, a Saturday, on which the customer takes no deliveries; the next possible day is 2026-11-30.',
      ],
    ],
    [
      '2026-11-29',
      [
        '/requestedDeliveryDate: Delivery is requested for 2026-11-29, a Sunday, on which the customer takes no deliveries; the next possible day is 2026-11-30.',
      ],
    ],
    [
      '2026-12-25',
      [
        "/requestedDeliveryDate: Delivery is requested for 2026-12-25, a holiday in the customer's calendar; the next possible day is 2026-12-28.",
      ],
    ],
  ])('%s', (date, breaches) => {
    expect(check('delivery_day', on(date))).toEqual(breaches);
  });

  test('never comes for a customer who takes no deliveries', () => {
    expect(check('delivery_day', on('2026-12-01'), withCalendar({ weekdays: [] }))).toEqual([
      '/requestedDeliveryDate: Delivery is requested for 2026-12-01, a Tuesday, on which the customer takes no deliveries; it takes none within a year.',
    ]);
  });
});

describe('lead time', () => {
  const beforeCutOff = new Date('2026-11-23T20:00:00Z'); // 14:00:00 in Chicago
  const afterCutOff = new Date('2026-11-23T20:00:01Z');

  test('is counted from today until the cut-off', () => {
    expect(check('delivery_lead_time', on('2026-11-25'), makeFacts(), {}, beforeCutOff)).toEqual([]);
    expect(check('delivery_lead_time', on('2026-11-24'), makeFacts(), {}, beforeCutOff)).toEqual([
      "/requestedDeliveryDate: Delivery is requested for 2026-11-24: ordered on 2026-11-23 with 2 days' lead time, 2026-11-25 is the earliest.",
    ]);
  });

  test('is counted from tomorrow after it', () => {
    expect(check('delivery_lead_time', on('2026-11-26'), makeFacts(), {}, afterCutOff)).toEqual([]);
    expect(check('delivery_lead_time', on('2026-11-25'), makeFacts(), {}, afterCutOff)).toEqual([
      "/requestedDeliveryDate: Delivery is requested for 2026-11-25: ordered on 2026-11-23 after the cut-off 14:00 with 2 days' lead time, 2026-11-26 is the earliest.",
    ]);
  });

  test('may be longer by rule', () => {
    expect(check('delivery_lead_time', on('2026-11-25'), makeFacts(), { extraDays: 1 }, beforeCutOff)).toHaveLength(1);
    expect(check('delivery_lead_time', on('2026-11-26'), makeFacts(), { extraDays: 1 }, beforeCutOff)).toEqual([]);
  });

  test('crosses months and the change of clocks', () => {
    // Clocks went back on 2026-11-01 in Chicago.
    const october = new Date('2026-10-30T15:00:00Z');
    expect(check('delivery_lead_time', on('2026-11-01'), makeFacts(), {}, october)).toEqual([]);
    expect(check('delivery_lead_time', on('2026-10-31'), makeFacts(), {}, october)[0]).toContain(
      '2026-11-01 is the earliest',
    );
  });

  test('leaves past dates to the rule about them', () => {
    expect(check('delivery_lead_time', on('2026-11-20'))).toEqual([]);
  });
});
