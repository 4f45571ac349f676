import { z } from 'zod';
import type { Address, Order } from '../order.ts';
import type { Check, Statement } from './rule.ts';

const part = z.enum(['name', 'lines', 'city', 'region', 'postalCode', 'country']);

/** What an address must have to be shipped to. */
export const shipToPresentParameters = z.strictObject({
  parts: z.array(part).min(1).default(['name', 'lines', 'city', 'postalCode', 'country']),
});

/**
 * Says that an order, or a line with a destination of its own, cannot be shipped for want of an address. A party's code
 * for a place stands for the address; whether we know the place is another rule. The order needs no ship-to of its own
 * when every line has one.
 */
export const checkShipToPresent: Check<z.infer<typeof shipToPresentParameters>> = (order, _facts, { parts }) => {
  const needsOwn = order.lines.some((line) => line.deliverTo == null);
  const missing: readonly Statement[] =
    needsOwn && order.shipTo == null ? [{ path: '/shipTo', message: 'The order has no ship-to address: add it.' }] : [];
  return [...missing, ...listPlaces(order).map(({ path, address }) => judgeParts(path, address, parts))];
};

function judgeParts(path: string, address: Address, parts: readonly z.infer<typeof part>[]): Statement {
  if (!isBlank(address.id)) return `${path} is named by its code.`;
  const missing = parts.filter((name) => isBlank(address[name]));
  if (missing.length === 0) return `${path} has ${parts.join(', ')}.`;
  return { path, message: `The ship-to address lacks ${missing.join(', ')}: add what is missing.` };
}

function isBlank(value: string | readonly string[] | null | undefined): boolean {
  const texts = typeof value === 'string' ? [value] : (value ?? []);
  return texts.every((text) => text.trim() === '');
}

/**
 * How postal codes are written where we ship most.
 * @see https://www.upu.int/en/postal-solutions/programmes-services/addressing-solutions
 */
const POSTAL_CODES: Readonly<Record<string, RegExp>> = {
  US: /^\d{5}(?:-?\d{4})?$/,
  CA: /^[ABCEGHJ-NPRSTVXY]\d[A-Z] ?\d[A-Z]\d$/i,
  MX: /^\d{5}$/,
  GB: /^[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}$/i,
  DE: /^\d{5}$/,
  FR: /^\d{5}$/,
  IT: /^\d{5}$/,
  ES: /^\d{5}$/,
  NL: /^\d{4} ?[A-Z]{2}$/i,
  BE: /^\d{4}$/,
  AT: /^\d{4}$/,
  CH: /^\d{4}$/,
  AU: /^\d{4}$/,
  JP: /^\d{3}-?\d{4}$/,
};

/** Says where a postal code is not one of its country. Countries that we have no pattern for pass. */
export const checkPostalCode: Check<object> = (order) =>
  judgePlaces(order, ({ path, address: { postalCode, country } }) => {
    const pattern = country != null && Object.hasOwn(POSTAL_CODES, country) ? POSTAL_CODES[country] : undefined;
    if (!pattern || postalCode == null || isBlank(postalCode)) {
      return { skipped: `${path} has no postal code, or none whose form is known.` };
    }
    if (pattern.test(postalCode)) return `The postal code of ${path} is written as those of ${String(country)} are.`;
    const message = `The postal code is not written as those of ${String(country)} are: correct it or the country.`;
    return { path: `${path}/postalCode`, message, evidence: postalCode };
  });

/** The countries that are delivered to, ISO 3166-1 alpha-2. */
export const shipToCountryParameters = z.strictObject({ countries: z.array(z.string().regex(/^[A-Z]{2}$/)).min(1) });

/** Says where an address lies in a country that is not delivered to. */
export const checkShipToCountry: Check<z.infer<typeof shipToCountryParameters>> = (order, _facts, { countries }) =>
  judgePlaces(order, ({ path, address: { country } }) => {
    if (country == null) return { skipped: `${path} names no country.` };
    if (countries.includes(country)) return `${country} is delivered to.`;
    const message = `${country} is not delivered to, only ${countries.join(', ')}: agree on another address.`;
    return { path: `${path}/country`, message, evidence: country };
  });

/** Says where a party's code for a place is none that the back office knows of the customer. */
export const checkShipToKnown: Check<object> = (order, { customer }) => {
  const known = new Set(customer?.addresses.map((address) => address.id));
  return judgePlaces(order, ({ path, address: { id } }) => {
    if (id == null || isBlank(id)) return { skipped: `${path} is written out.` };
    if (known.has(id)) return `The customer has a place of the code of ${path}.`;
    const message = 'The customer has no ship-to place of this code: send the address, or have the place set up.';
    return { path: `${path}/id`, message, evidence: id };
  });
};

interface Place {
  readonly path: string;
  readonly address: Address;
}

function judgePlaces(order: Order, judge: (place: Place) => Statement): readonly Statement[] {
  const places = listPlaces(order);
  return places.length === 0 ? [{ skipped: 'The order names no place.' }] : places.map(judge);
}

/** Every place that the order names to ship to. */
function listPlaces({ shipTo, lines }: Order): readonly Place[] {
  const places = [
    { path: '/shipTo', address: shipTo },
    ...lines.map((line, index) => ({ path: `/lines/${index}/deliverTo`, address: line.deliverTo })),
  ];
  return places.flatMap(({ path, address }) => (address == null ? [] : [{ path, address }]));
}
