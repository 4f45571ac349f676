import { sayNoCustomer } from './cxml-parties.ts';
import type { JsonObject } from './json-reader.ts';
import type { XmlElement } from './xml-reader.ts';
import { attributeOf, find, findAll, readShortText, readText, textOf, use, type XmlReading } from './xml-reading.ts';

const MOST_LINES = 6;
const LONGEST_LINE = 120;
const BUYER = 'cac:BuyerCustomerParty';

/** Where a party can be told by. */
const PARTY_IDS = ['cbc:EndpointID', 'cac:PartyIdentification/cbc:ID', 'cac:PartyLegalEntity/cbc:CompanyID'];

/** Customer, contact, ship-to and bill-to of an order. */
export function readParties(reading: XmlReading): JsonObject {
  const { root } = reading.document;
  const customerId = readCustomer(reading);
  const contact = readContact(reading);
  const shipTo = readDelivery(reading, root, '/shipTo');
  const billTo = readBillTo(reading);
  return {
    ...(customerId !== undefined && { customerId }),
    ...(contact && { contact }),
    ...(shipTo && { shipTo }),
    ...(billTo && { billTo }),
  };
}

/** The customer that one of the buyer's ids is mapped to, else the number that we gave the buyer and that stands there. */
function readCustomer(reading: XmlReading): string | undefined {
  const { root } = reading.document;
  const party = find(reading, root, `${BUYER}/cac:Party`);
  const ids = party ? PARTY_IDS.flatMap((path) => findAll(reading, party, path)) : [];
  const customers = reading.profile.ubl?.customers ?? [];
  for (const element of ids) {
    const scheme = attributeOf(element, 'schemeID')?.trim() ?? '';
    const customer = customers.find((known) => known.scheme === scheme && known.id === textOf({ element }));
    if (!customer) continue;
    reading.nodes.set('/customerId', { element });
    return customer.customerId;
  }
  const given = readText(reading, root, `${BUYER}/cbc:SupplierAssignedAccountID`, '/customerId');
  if (given !== undefined) return given;
  if (ids[0]) reading.nodes.set('/customerId', { element: ids[0] });
  if (reading.profile.defaults.customerId === undefined) {
    sayNoCustomer(reading, ids, root, `${BUYER}/cac:Party/cbc:EndpointID`);
  }
  return undefined;
}

function readContact(reading: XmlReading): JsonObject | undefined {
  const { root } = reading.document;
  const contact =
    find(reading, root, `${BUYER}/cac:Party/cac:Contact`) ?? find(reading, root, `${BUYER}/cac:BuyerContact`);
  if (!contact) return undefined;
  reading.nodes.set('/contact', { element: contact });
  const said = {
    ...field(reading, contact, 'cbc:Name', '/contact', 'name', LONGEST_LINE),
    ...field(reading, contact, 'cbc:ElectronicMail', '/contact', 'email', 254),
    ...field(reading, contact, 'cbc:Telephone', '/contact', 'phone', 40),
  };
  return Object.keys(said).length > 0 ? said : undefined;
}

/** Where an order or a line is to be delivered: UBL 2.0 has the address without a location. */
export function readDelivery(reading: XmlReading, from: XmlElement, pointer: string): JsonObject | undefined {
  const delivery = find(reading, from, 'cac:Delivery');
  const location = delivery && find(reading, delivery, 'cac:DeliveryLocation');
  const address =
    (location && find(reading, location, 'cac:Address')) ??
    (delivery && find(reading, delivery, 'cac:DeliveryAddress'));
  const party = delivery && find(reading, delivery, 'cac:DeliveryParty');
  if (!delivery || (!location && !address && !party)) return undefined;
  reading.nodes.set(pointer, { element: location ?? address ?? delivery });
  const name = party ? readName(reading, party, pointer) : {};
  return {
    ...(location && field(reading, location, 'cbc:ID', pointer, 'id', 80)),
    ...(location && field(reading, location, 'cbc:Name', pointer, 'name', LONGEST_LINE)),
    ...name,
    ...readAddress(reading, address, pointer),
  };
}

function readBillTo(reading: XmlReading): JsonObject | undefined {
  const party = find(reading, reading.document.root, 'cac:AccountingCustomerParty/cac:Party');
  if (!party) return undefined;
  reading.nodes.set('/billTo', { element: party });
  const [id] = findAll(reading, party, 'cac:PartyIdentification/cbc:ID');
  return {
    ...(id && field(reading, id, '', '/billTo', 'id', 80)),
    ...readName(reading, party, '/billTo'),
    ...readAddress(reading, find(reading, party, 'cac:PostalAddress'), '/billTo'),
  };
}

function readName(reading: XmlReading, party: XmlElement, pointer: string): JsonObject {
  const name =
    find(reading, party, 'cac:PartyName/cbc:Name') ?? find(reading, party, 'cac:PartyLegalEntity/cbc:RegistrationName');
  return name ? field(reading, name, '', pointer, 'name', LONGEST_LINE) : {};
}

function readAddress(reading: XmlReading, address: XmlElement | undefined, pointer: string): JsonObject {
  if (!address) return { lines: [] };
  return {
    lines: readLines(reading, address, pointer),
    ...field(reading, address, 'cbc:CityName', pointer, 'city', 80),
    ...field(reading, address, 'cbc:CountrySubentity', pointer, 'region', 40),
    ...field(reading, address, 'cbc:PostalZone', pointer, 'postalCode', 20),
    ...field(reading, address, 'cac:Country/cbc:IdentificationCode', pointer, 'country', 10),
  };
}

/** Street with the number of the building, what is added to it, and further lines. */
function readLines(reading: XmlReading, address: XmlElement, pointer: string): readonly string[] {
  const street = ['cbc:StreetName', 'cbc:BuildingNumber'].map((path) => find(reading, address, path));
  const others = ['cbc:AdditionalStreetName', 'cac:AddressLine/cbc:Line'].flatMap((path) =>
    findAll(reading, address, path),
  );
  const lines = [street.filter((element) => element !== undefined), ...others.map((element) => [element])];
  return lines
    .map((elements) => ({
      elements,
      text: elements
        .map((element) => textOf({ element }))
        .join(' ')
        .trim(),
    }))
    .filter(({ text }) => text !== '')
    .slice(0, MOST_LINES)
    .map(({ elements, text }, index) => {
      const [element = address] = elements;
      reading.nodes.set(`${pointer}/lines/${index}`, { element });
      if (text.length <= LONGEST_LINE) elements.forEach((each) => use(reading, { element: each }));
      return text.slice(0, LONGEST_LINE).toWellFormed();
    });
}

function field(
  reading: XmlReading,
  from: XmlElement,
  path: string,
  pointer: string,
  name: string,
  longest: number,
): JsonObject {
  const value = readShortText(reading, from, path, `${pointer}/${name}`, longest);
  return value === undefined ? {} : { [name]: value };
}
