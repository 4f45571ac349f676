import type { Address, Order } from '../order.ts';
import { checkPair, mark, say, use, type Loop, type Reading } from './x12-reading.ts';
import { element, type X12Segment } from './x12-segments.ts';

/** Where senders write a three-letter country although N404 has two. */
const ALPHA_3: ReadonlyMap<string, string> = new Map([['USA', 'US'], ['CAN', 'CA'], ['MEX', 'MX']]); // prettier-ignore
const LONGEST_ADDRESS = 6;
/** Whose customer number counts when several parties of an order are mapped. */
const CUSTOMER_FIRST = ['BY', 'BT', 'ST'];

/** The first N1 loop of a party, by entity code (N101): `ST` ship-to, `BT` bill-to, `BY` buyer. */
function findParty(loops: readonly Loop[], entity: string): Loop | undefined {
  return partiesOf(loops, entity)[0];
}

/** Says of parties whose N103 and N104, kind of id and id, are not both there: nobody could tell who they are. */
export function checkParties(reading: Reading, loops: readonly Loop[], whose: string): void {
  for (const { head } of loops) if (head.id === 'N1') checkPair(reading, head, 3, '', whose);
}

function partiesOf(loops: readonly Loop[], entity: string): readonly Loop[] {
  return loops.filter(({ head }) => head.id === 'N1' && element(head, 1) === entity);
}

/** The place of a party of an order or of a line. A second one is told about: nobody could say what goes where. */
export function readParty(reading: Reading, loops: readonly Loop[], entity: string, path: string): Address | null {
  const [first, second] = partiesOf(loops, entity);
  if (second) {
    const message = `N1 ${entity} occurs twice here; only the first is used, the other is kept.`;
    say(reading, 'X12.PARTY.REPEATED', second.head, 1, message, path);
  }
  return first ? readAddress(reading, first, path) : null;
}

/** An N1 loop as a place. N2 continues the name and is shown like a first address line, as on a label. */
function readAddress(reading: Reading, { head, members }: Loop, path: string): Address {
  const named = (id: string) => members.filter((segment) => segment.id === id);
  const texts = [...named('N2'), ...named('N3')];
  const lines: string[] = [];
  for (const segment of texts) {
    segment.elements.forEach((text, index) => {
      if (text === '') return;
      mark(reading, path, `/lines/${lines.length}`, segment, index + 1);
      lines.push(text);
    });
  }
  const place = named('N4')[0];
  use(reading, head, 1, 2, 4);
  mark(reading, path, '', head);
  mark(reading, path, '/id', head, 4);
  mark(reading, path, '/name', head, 2);
  if (lines.length <= LONGEST_ADDRESS) texts.forEach((segment) => use(reading, segment, 1, 2));
  return {
    id: element(head, 4) || null,
    name: element(head, 2) || null,
    lines: lines.slice(0, LONGEST_ADDRESS),
    ...(place && readPlace(reading, place, path)),
  };
}

/** N401 to N404. */
const PLACE_FIELDS = ['/city', '/region', '/postalCode', '/country'];

function readPlace(reading: Reading, n4: X12Segment, path: string): Partial<Address> {
  const country = readCountry(reading, n4, path);
  use(reading, n4, 1, 2, 3, ...(country === null ? [] : [4]));
  PLACE_FIELDS.forEach((field, index) => mark(reading, path, field, n4, index + 1));
  return {
    city: element(n4, 1) || null,
    region: element(n4, 2) || null,
    postalCode: element(n4, 3) || null,
    country,
  };
}

function readCountry(reading: Reading, n4: X12Segment, path: string): string | null {
  const text = element(n4, 4).toUpperCase();
  const country = ALPHA_3.get(text) ?? text;
  if (country === '' || /^[A-Z]{2}$/.test(country)) return country || null;
  const message = `N404 is "${text.slice(0, 10)}"; write the country as two letters (ISO 3166-1), e.g. US.`;
  say(reading, 'X12.ELEMENT.COUNTRY', n4, 4, message, `${path}/country`);
  return null;
}

/** The person to ask: the order's own PER, else the buyer's, else the ship-to's. */
export function readContact(reading: Reading, loops: readonly Loop[]): Order['contact'] {
  const own = loops.filter(({ head }) => head.id === 'PER').map(({ head }) => head);
  const others = ['BY', 'ST'].flatMap(
    (entity) => findParty(loops, entity)?.members.filter(({ id }) => id === 'PER') ?? [],
  );
  const per = [...own, ...others][0];
  if (!per) return null;
  [3, 5, 7].forEach((first) => checkPair(reading, per, first, '/contact'));
  mark(reading, '/contact', '', per);
  if (element(per, 2) !== '') mark(reading, '/contact', '/name', per, 2);
  const contact = {
    name: element(per, 2) || null,
    email: readNumber(reading, per, ['EM'], '/email'),
    phone: readNumber(reading, per, PHONES, '/phone'),
  };
  return contact.name || contact.email || contact.phone ? contact : null;
}

/** Telephone, work phone, cellular phone: element 365. */
const PHONES = ['TE', 'WP', 'CP'];

/** PER03 to PER08 are pairs of a qualifier (element 365) and a number: `TE` telephone, `EM` e-mail. */
function readNumber(reading: Reading, per: X12Segment, qualifiers: readonly string[], field: string): string | null {
  for (const qualifier of qualifiers) {
    const at = [3, 5, 7].find((number) => element(per, number) === qualifier && element(per, number + 1) !== '');
    if (at === undefined) continue;
    mark(reading, '/contact', field, per, at + 1);
    return element(per, at + 1);
  }
  return null;
}

/** The customer that the profile maps one of the header's parties to; buyer before bill-to before ship-to. */
export function findCustomer(reading: Reading, loops: readonly Loop[]): string | undefined {
  const parties = loops.filter(({ head }) => head.id === 'N1').map(({ head }) => head);
  const first = CUSTOMER_FIRST.flatMap((entity) => parties.filter((party) => element(party, 1) === entity));
  for (const party of [...first, ...parties]) {
    const customer = reading.profile.x12?.customers[partyKey(party)];
    if (customer === undefined) continue;
    mark(reading, '/customerId', '', party, 4);
    return customer;
  }
  return undefined;
}

/** A party as the profile writes it: `<N101>:<N103>:<N104>`. */
export function partyKey(party: X12Segment): string {
  return [element(party, 1), element(party, 3), element(party, 4)].join(':');
}
