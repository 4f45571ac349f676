import type { JsonObject } from './json-reader.ts';
import type { XmlElement } from './xml-reader.ts';
import {
  attributeOf,
  find,
  findAll,
  nameOf,
  readShortText,
  readText,
  say,
  textOf,
  use,
  useWith,
  type XmlReading,
} from './xml-reading.ts';

const MOST_LINES = 6;
const LONGEST_LINE = 120;

/** The place in a `ShipTo` or `BillTo`. `DeliverTo` says whom to ask for there and stands before the street, as on a label. */
export function readAddress(reading: XmlReading, from: XmlElement, pointer: string): JsonObject | undefined {
  const address = find(reading, from, 'Address');
  if (!address) return undefined;
  reading.nodes.set(pointer, { element: address });
  const id = readText(reading, address, '@addressID', `${pointer}/id`);
  const name = readFirst(reading, address, 'Name', `${pointer}/name`, LONGEST_LINE);
  const postal = find(reading, address, 'PostalAddress');
  return {
    ...(id !== undefined && { id }),
    ...(name !== undefined && { name }),
    ...readPostal(reading, address, postal, pointer),
  };
}

function readPostal(
  reading: XmlReading,
  address: XmlElement,
  postal: XmlElement | undefined,
  pointer: string,
): JsonObject {
  const country = readCountry(reading, address, postal, pointer);
  const lines = postal ? readLines(reading, postal, `${pointer}/lines`) : [];
  const text = (step: string, field: string, longest: number) => {
    const value = postal && readShortText(reading, postal, step, `${pointer}/${field}`, longest);
    return value === undefined ? {} : { [field]: value };
  };
  return {
    lines,
    ...text('City', 'city', 80),
    ...text('State', 'region', 40),
    ...text('PostalCode', 'postalCode', 20),
    ...(country !== undefined && { country }),
  };
}

function readLines(reading: XmlReading, postal: XmlElement, pointer: string): readonly string[] {
  const elements = [...findAll(reading, postal, 'DeliverTo'), ...findAll(reading, postal, 'Street')];
  const said = elements.filter((element) => element.text.trim() !== '').slice(0, MOST_LINES);
  return said.map((element, index) => readShortText(reading, element, '', `${pointer}/${index}`, LONGEST_LINE) ?? '');
}

/** `Country/@isoCountryCode`, else that of the address; the country's name in words stays where it is kept. */
function readCountry(
  reading: XmlReading,
  address: XmlElement,
  postal: XmlElement | undefined,
  pointer: string,
): string | undefined {
  const country = postal && find(reading, postal, 'Country');
  const holder = country && attributeOf(country, 'isoCountryCode') ? country : address;
  const code = readText(reading, holder, '@isoCountryCode', `${pointer}/country`);
  if (country) useWith(reading, country);
  return code?.toUpperCase();
}

/** The person to ask: a `Contact` of the header, else what the ship-to has. */
export function readContact(reading: XmlReading, header: XmlElement): JsonObject | undefined {
  const address = find(reading, header, 'Contact') ?? find(reading, header, 'ShipTo/Address');
  if (!address) return undefined;
  const isContact = address.local === 'Contact';
  const name = isContact ? readFirst(reading, address, 'Name', '/contact/name', LONGEST_LINE) : undefined;
  const email = readFirst(reading, address, 'Email', '/contact/email', 254);
  const phone = readPhone(reading, address);
  if (name === undefined && email === undefined && phone === undefined) return undefined;
  reading.nodes.set('/contact', { element: address });
  return {
    ...(name !== undefined && { name }),
    ...(email !== undefined && { email }),
    ...(phone !== undefined && { phone }),
  };
}

const PHONE_PARTS = ['CountryCode', 'AreaOrCityCode', 'Number', 'Extension'] as const;

function readPhone(reading: XmlReading, from: XmlElement): string | undefined {
  const number = find(reading, from, 'Phone/TelephoneNumber');
  if (!number) return undefined;
  const [country = '', area = '', local = '', extension = ''] = PHONE_PARTS.map((part) => {
    const element = find(reading, number, part);
    if (element) use(reading, { element });
    return element ? textOf({ element }) : '';
  });
  reading.nodes.set('/contact/phone', { element: number });
  const whole = [country && `+${country.replace(/^\+/, '')}`, area, local, extension && `x${extension}`];
  return (
    whole
      .filter((part) => part !== '')
      .join(' ')
      .slice(0, 40) || undefined
  );
}

/** The first of elements that stand there once for each language. */
export function readFirst(
  reading: XmlReading,
  from: XmlElement,
  path: string,
  pointer: string,
  longest: number,
): string | undefined {
  const element = find(reading, from, path);
  if (element) return readShortText(reading, element, '', pointer, longest);
  reading.nodes.set(pointer, { element: from, missing: path });
  return undefined;
}

/** Says that no party could be told for a customer. */
export function sayNoCustomer(
  reading: XmlReading,
  elements: readonly XmlElement[],
  from: XmlElement,
  said: string,
): void {
  const [element = from] = elements;
  const name = elements.length > 0 ? nameOf(reading, { element }) : nameOf(reading, { element: from, missing: said });
  const message = `${name} is not mapped to a customer of ours: ask for it to be added to the source.`;
  const evidence =
    elements
      .map((each) => textOf({ element: each }))
      .join(' ')
      .slice(0, 200) || null;
  say(reading, 'XML.CUSTOMER', { element }, '/customerId', message, evidence);
}
