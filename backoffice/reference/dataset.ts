/** A customer of the reference data set. Amounts are decimal strings. */
export interface SeedCustomer {
  readonly id: string;
  readonly name: string;
  readonly status: 'active' | 'inactive' | 'credit_stop';
  readonly currency: 'USD' | 'EUR';
  readonly creditLimit: string;
  /** Credit used by orders that never came through this server. */
  readonly creditOpen: string;
  readonly priceList: PriceList;
  readonly profile: SeedProfile;
}

/** What is answered about a customer as it stands. */
interface SeedProfile {
  readonly paymentMethods: readonly string[];
  readonly paymentTerms: readonly string[];
  readonly addresses: readonly SeedAddress[];
  readonly calendar: {
    readonly zone: string;
    readonly weekdays: readonly number[];
    readonly holidays: readonly string[];
    readonly cutOff: string;
    readonly leadDays: number;
  };
  readonly minimumOrder: string | null;
  readonly maximumOrder: string | null;
  readonly partialDelivery?: 'hold' | 'backorder' | 'split';
  readonly discounts?: readonly {
    readonly code: string;
    readonly percent: string;
    readonly from: string | null;
    readonly to: string | null;
    readonly skus: readonly string[] | null;
  }[];
}

interface SeedAddress {
  readonly id: string;
  readonly name: string;
  readonly lines: readonly string[];
  readonly city: string;
  readonly region: string | null;
  readonly postalCode: string;
  readonly country: string;
}

/** A product of the reference data set. */
export interface SeedProduct {
  readonly sku: string;
  readonly name: string;
  readonly unit: string;
  /** UPC-12 or GTIN-13. */
  readonly gtin: string;
  readonly active: boolean;
  /** Units on hand; by warehouse where they are divided. */
  readonly stock: string | Readonly<Record<string, string>>;
  readonly packSize?: string;
  /** Absent: anyone may buy it. */
  readonly buyers?: Buyers;
  readonly prices: readonly { readonly priceList: PriceList; readonly minimum: string; readonly unitPrice: string }[];
}

/** The customers who alone may buy a product, or those who may not. */
export interface Buyers {
  readonly only?: readonly string[];
  readonly except?: readonly string[];
}

type PriceList = 'standard-usd' | 'key-account-usd' | 'standard-eur';

/** The whole data set: the same on every machine, every time. */
export interface Dataset {
  readonly customers: readonly SeedCustomer[];
  readonly products: readonly SeedProduct[];
}

const SEED = 20_250_617;
const GENERATED_CUSTOMERS = 44;
const GENERATED_PRODUCTS = 495;

/** Makes the reference data set: 52 customers and 504 products, a few of them fixed and known to every test. */
export function createDataset(): Dataset {
  const random = createRandom(SEED);
  const generatedCustomers = Array.from({ length: GENERATED_CUSTOMERS }, (_, index) => makeCustomer(index, random));
  const generatedProducts = Array.from({ length: GENERATED_PRODUCTS }, (_, index) => makeProduct(index, random));
  return {
    customers: [...KNOWN_CUSTOMERS, ...generatedCustomers],
    products: [...KNOWN_PRODUCTS, ...generatedProducts],
  };
}

/**
 * The check digit of a GTIN's other digits, right to left weighing 3, 1, 3, …
 * @see https://www.gs1.org/services/how-calculate-check-digit-manually
 */
export function gtinCheckDigit(digits: string): string {
  const rightToLeft = Array.from(digits, Number).reverse();
  const sum = rightToLeft.reduce((total, digit, index) => total + digit * (index % 2 === 0 ? 3 : 1), 0);
  return String((10 - (sum % 10)) % 10);
}

/** Numbers from 0 up to 1, the same series for the same seed (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function pick<Item>(items: readonly Item[], random: () => number): Item {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new RangeError('nothing to pick from');
  return item;
}

const YEARS = [2025, 2026, 2027, 2028, 2029, 2030];

/** New Year's Day, Independence Day, Thanksgiving (fourth Thursday of November), Christmas. */
const US_HOLIDAYS = YEARS.flatMap((year) => {
  const thanksgiving = 22 + ((4 - new Date(Date.UTC(year, 10, 22)).getUTCDay() + 7) % 7);
  return [
    `${String(year)}-01-01`,
    `${String(year)}-07-04`,
    `${String(year)}-11-${String(thanksgiving)}`,
    `${String(year)}-12-25`,
  ];
});

/** New Year's Day, Labour Day, German Unity Day, both days of Christmas. */
const DE_HOLIDAYS = YEARS.flatMap((year) =>
  ['01-01', '05-01', '10-03', '12-25', '12-26'].map((day) => `${String(year)}-${day}`),
);

const WORKDAYS = [1, 2, 3, 4, 5];

interface City {
  readonly city: string;
  readonly region: string;
  readonly postalCode: string;
  readonly zone: string;
}

const CITIES: readonly City[] = [
  { city: 'Sacramento', region: 'CA', postalCode: '95814', zone: 'America/Los_Angeles' },
  { city: 'Portland', region: 'OR', postalCode: '97204', zone: 'America/Los_Angeles' },
  { city: 'Tacoma', region: 'WA', postalCode: '98402', zone: 'America/Los_Angeles' },
  { city: 'Boise', region: 'ID', postalCode: '83702', zone: 'America/Boise' },
  { city: 'Denver', region: 'CO', postalCode: '80202', zone: 'America/Denver' },
  { city: 'Phoenix', region: 'AZ', postalCode: '85004', zone: 'America/Phoenix' },
  { city: 'Austin', region: 'TX', postalCode: '78701', zone: 'America/Chicago' },
  { city: 'Omaha', region: 'NE', postalCode: '68102', zone: 'America/Chicago' },
  { city: 'Milwaukee', region: 'WI', postalCode: '53202', zone: 'America/Chicago' },
  { city: 'Columbus', region: 'OH', postalCode: '43215', zone: 'America/New_York' },
  { city: 'Charlotte', region: 'NC', postalCode: '28202', zone: 'America/New_York' },
  { city: 'Albany', region: 'NY', postalCode: '12207', zone: 'America/New_York' },
];
const STREETS = ['Foundry Street', 'Depot Avenue', 'Harbor Drive', 'Mill Road', 'Commerce Way', 'Railroad Avenue'];
const FIRST_WORDS = [
  'Cascade',
  'Prairie',
  'Granite',
  'Lakeside',
  'Summit',
  'Copper Creek',
  'Blue Ridge',
  'Riverbend',
  'Ironwood',
  'Redstone',
  'Harbor Point',
];
const LAST_WORDS = [
  'Supply Co.',
  'Building Products',
  'Hardware',
  'Mechanical',
  'Industrial',
  'Outfitters',
  'Facilities Group',
];

function makeCustomer(index: number, random: () => number): SeedCustomer {
  const place = pick(CITIES, random);
  // Every name differs: 11 and 7 share no factor, so the pairs repeat after 77.
  const name = `${FIRST_WORDS[index % FIRST_WORDS.length] ?? ''} ${LAST_WORDS[index % LAST_WORDS.length] ?? ''}`;
  const limit = pick([5_000, 10_000, 25_000, 50_000, 100_000], random);
  const places = 1 + Math.floor(random() * 3);
  return {
    id: `C-${String(1006 + index)}`,
    name,
    status: pickStatus(random()),
    currency: 'USD',
    creditLimit: `${String(limit)}.00`,
    creditOpen: (Math.round(random() * limit * 40) / 100).toFixed(2),
    priceList: random() < 0.2 ? 'key-account-usd' : 'standard-usd',
    profile: {
      paymentMethods:
        random() < 0.5 ? ['terms', 'card_token'] : ['terms', 'card_token', 'purchase_card_token', 'prepaid'],
      paymentTerms: pick([['NET30'], ['NET15', 'NET30'], ['NET30', 'NET60'], ['2-10-NET30']], random),
      addresses: Array.from({ length: places }, (_, at) => makeAddress(name, at, place, random)),
      calendar: {
        zone: place.zone,
        weekdays: random() < 0.15 ? [...WORKDAYS, 6] : WORKDAYS,
        holidays: US_HOLIDAYS,
        cutOff: pick(['12:00', '14:00', '16:00'], random),
        leadDays: pick([1, 2, 2, 3, 5], random),
      },
      minimumOrder: pick([null, '50.00', '100.00', '250.00'], random),
      maximumOrder: pick([null, null, '25000.00', '50000.00'], random),
    },
  };
}

function pickStatus(draw: number): SeedCustomer['status'] {
  if (draw < 0.04) return 'inactive';
  return draw < 0.08 ? 'credit_stop' : 'active';
}

function makeAddress(name: string, at: number, place: City, random: () => number): SeedAddress {
  const street = `${String(100 + Math.floor(random() * 8900))} ${pick(STREETS, random)}`;
  const { city, region, postalCode } = place;
  return { id: String(at + 1).padStart(4, '0'), name, lines: [street], city, region, postalCode, country: 'US' };
}

/** What is sold, in which sizes, in which unit, and between which prices in cents. */
const FAMILIES: readonly {
  readonly name: string;
  readonly sizes: readonly string[];
  readonly unit: string;
  readonly cents: readonly [number, number];
}[] = [
  {
    name: 'Hex cap screw, zinc',
    sizes: ['1/4-20 x 1"', '5/16-18 x 2"', '3/8-16 x 3"', '1/2-13 x 4"'],
    unit: 'BX',
    cents: [900, 4200],
  },
  { name: 'Carbide drill bit', sizes: ['1/8"', '3/16"', '1/4"', '3/8"', '1/2"'], unit: 'EA', cents: [350, 2900] },
  { name: 'Nitrile gloves, powder-free', sizes: ['S', 'M', 'L', 'XL'], unit: 'BX', cents: [800, 1900] },
  { name: 'Ball valve, brass', sizes: ['1/2"', '3/4"', '1"', '2"'], unit: 'EA', cents: [1100, 8900] },
  { name: 'LED high-bay light', sizes: ['100 W', '150 W', '200 W'], unit: 'EA', cents: [6900, 21_000] },
  { name: 'Nylon cable ties, black', sizes: ['4"', '8"', '11"', '14"'], unit: 'PK', cents: [250, 1600] },
  {
    name: 'Air filter, pleated, MERV 8',
    sizes: ['16x20x1', '16x25x1', '20x20x2', '20x25x4'],
    unit: 'CA',
    cents: [3200, 9800],
  },
  { name: 'Safety glasses, clear', sizes: ['standard', 'over-spectacle'], unit: 'EA', cents: [300, 1400] },
  { name: 'Packing tape, 110 yd', sizes: ['2"', '3"'], unit: 'CA', cents: [4100, 7600] },
  { name: 'Corrugated box, single wall', sizes: ['12x12x12', '18x12x12', '24x18x18'], unit: 'PK', cents: [2400, 6900] },
  { name: 'V-belt, classical', sizes: ['A36', 'A48', 'B52', 'B75', 'C96'], unit: 'EA', cents: [700, 4400] },
  { name: 'Copper elbow, 90 degrees', sizes: ['1/2"', '3/4"', '1"'], unit: 'EA', cents: [90, 780] },
];
const GRADES = ['economy', 'standard', 'heavy duty', 'industrial'];

function makeProduct(index: number, random: () => number): SeedProduct {
  const family = FAMILIES[index % FAMILIES.length];
  if (family === undefined) throw new RangeError('no product family');
  const [lowest, highest] = family.cents;
  const turn = Math.floor(index / FAMILIES.length);
  const size = family.sizes[turn % family.sizes.length] ?? '';
  const grade = GRADES[Math.floor(turn / family.sizes.length) % GRADES.length] ?? '';
  // Hundredths of a cent, so that the fourth decimal is used.
  const price = Math.round((lowest + random() * (highest - lowest)) * 100);
  return {
    sku: `SKU-${String(1001 + index)}`,
    name: `${family.name}, ${size}, ${grade}`,
    unit: family.unit,
    gtin: makeGtin(1001 + index),
    active: random() >= 0.03,
    stock: String(random() < 0.04 ? 0 : Math.floor(20 + random() * 5000)),
    prices: makePrices(price),
  };
}

/** UPC-12 for odd numbers, GTIN-13 for even ones, from the ranges that GS1 keeps for use inside a company. */
function makeGtin(number: number): string {
  const digits = number % 2 === 1 ? `4${String(number).padStart(10, '0')}` : `20${String(number).padStart(10, '0')}`;
  return digits + gtinCheckDigit(digits);
}

const LIST_FACTORS: readonly (readonly [PriceList, number])[] = [
  ['standard-usd', 1],
  ['key-account-usd', 0.92],
  ['standard-eur', 0.94],
];
const QUANTITY_FACTORS: readonly (readonly [minimum: string, factor: number])[] = [
  ['1', 1],
  ['50', 0.96],
  ['250', 0.91],
];

function makePrices(standard: number): SeedProduct['prices'] {
  return LIST_FACTORS.flatMap(([priceList, listFactor]) =>
    QUANTITY_FACTORS.map(([minimum, factor]) => {
      const unitPrice = (Math.round(standard * listFactor * factor) / 10_000).toFixed(4);
      return { priceList, minimum, unitPrice };
    }),
  );
}

/** The same price in every list, so that a test need not know who buys. */
function knownPrices(...breaks: readonly (readonly [minimum: string, unitPrice: string])[]): SeedProduct['prices'] {
  const lists: readonly PriceList[] = ['standard-usd', 'key-account-usd', 'standard-eur'];
  return lists.flatMap((priceList) => breaks.map(([minimum, unitPrice]) => ({ priceList, minimum, unitPrice })));
}

function knownProduct(
  number: number,
  name: string,
  stock: SeedProduct['stock'],
  prices: SeedProduct['prices'],
): SeedProduct {
  return { sku: `SKU-${String(number)}`, name, unit: 'EA', gtin: makeGtin(number), active: true, stock, prices };
}

const KNOWN_PRODUCTS: readonly SeedProduct[] = [
  knownProduct(1, 'Cordless screwdriver, 4 V', '100000', knownPrices(['1', '19.9900'], ['100', '18.9900'])),
  knownProduct(2, 'Tape measure, 16 ft', '100000', knownPrices(['1', '5.2500'])),
  knownProduct(3, 'Bench vise, 6", last of its lot', '3', knownPrices(['1', '149.0000'])),
  { ...knownProduct(4, 'Work light, halogen', '40', knownPrices(['1', '34.5000'])), active: false },
  knownProduct(5, 'Tool cart, 3 drawers', '0', knownPrices(['1', '219.0000'])),
  knownProduct(6, 'Pressure washer hose, 50 ft', { WEST: '60', EAST: '40' }, knownPrices(['1', '42.0000'])),
  knownProduct(7, 'Stainless shackle, 1/2"', { WEST: '5', EAST: '3' }, knownPrices(['1', '12.5000'])),
  {
    ...knownProduct(8, 'Deck screws, tub', { WEST: '30', EAST: '0' }, knownPrices(['1', '8.4000'])),
    packSize: '12',
  },
  {
    ...knownProduct(9, 'Antifouling paint, licensed buyers', '200', knownPrices(['1', '96.0000'])),
    buyers: { only: ['C-2002'] },
  },
];

/** A US customer without open credit, free to pay in any way. */
function knownCustomer(
  id: string,
  name: string,
  creditLimit: string,
  zone: string,
  addresses: readonly SeedAddress[],
): SeedCustomer {
  return {
    id,
    name,
    status: 'active',
    currency: 'USD',
    creditLimit,
    creditOpen: '0.00',
    priceList: 'standard-usd',
    profile: {
      paymentMethods: ['terms', 'card_token', 'purchase_card_token', 'prepaid'],
      paymentTerms: ['NET30'],
      addresses,
      calendar: { zone, weekdays: WORKDAYS, holidays: US_HOLIDAYS, cutOff: '14:00', leadDays: 2 },
      minimumOrder: null,
      maximumOrder: null,
    },
  };
}

function knownPlace(id: string, name: string, street: string, place: readonly [string, string, string]): SeedAddress {
  const [city, region, postalCode] = place;
  return { id, name, lines: [street], city, region, postalCode, country: 'US' };
}

const PACIFIC = 'America/Los_Angeles';

const GOLDEN_GATE = knownCustomer('C-1001', 'Golden Gate Fixtures', '250000.00', PACIFIC, [
  knownPlace('0001', 'Golden Gate Fixtures', '1 Market Street', ['San Francisco', 'CA', '94105']),
  knownPlace('0002', 'Golden Gate Fixtures, warehouse', '250 Embarcadero West', ['Oakland', 'CA', '94607']),
]);

const WILLAMETTE = knownCustomer('C-1002', 'Willamette Repair Shop', '500.00', PACIFIC, [
  knownPlace('0001', 'Willamette Repair Shop', '88 Willamette Street', ['Eugene', 'OR', '97401']),
]);

const ARROWHEAD = knownCustomer('C-1003', 'Arrowhead Contractors', '20000.00', 'America/Chicago', [
  knownPlace('0001', 'Arrowhead Contractors', '410 South Boston Avenue', ['Tulsa', 'OK', '74103']),
]);

const LONE_PINE = knownCustomer('C-1004', 'Lone Pine Mercantile', '10000.00', PACIFIC, [
  knownPlace('0001', 'Lone Pine Mercantile', '120 Main Street', ['Lone Pine', 'CA', '93545']),
]);

const NORTHWIND = knownCustomer('C-2001', 'Northwind', '1000000.00', PACIFIC, [
  knownPlace('0042', 'Northwind Distribution Center', '3200 Airport Way South', ['Seattle', 'WA', '98134']),
  knownPlace('0043', 'Northwind Store 43', '801 West Riverside Avenue', ['Spokane', 'WA', '99201']),
]);

const BAYFRONT = knownCustomer('C-2002', 'Bayfront Marine Supply', '80000.00', PACIFIC, [
  knownPlace('0001', 'Bayfront Marine Supply', '500 Shoreline Drive', ['Alameda', 'CA', '94501']),
]);

const HIGHLINE = knownCustomer('C-2003', 'Highline Garden Centers', '80000.00', PACIFIC, [
  knownPlace('0001', 'Highline Garden Centers', '2200 Highline Road', ['Tacoma', 'WA', '98421']),
]);

const BERLIN: SeedAddress = {
  id: '0001',
  name: 'Spreewerk Handels GmbH',
  lines: ['Holzmarktstraße 25'],
  city: 'Berlin',
  region: null,
  postalCode: '10243',
  country: 'DE',
};

const SPREEWERK_IN_USD = knownCustomer('C-1005', 'Spreewerk Handels GmbH', '100000.00', 'Europe/Berlin', [BERLIN]);
const SPREEWERK: SeedCustomer = {
  ...SPREEWERK_IN_USD,
  currency: 'EUR',
  priceList: 'standard-eur',
  profile: {
    ...SPREEWERK_IN_USD.profile,
    calendar: { zone: 'Europe/Berlin', weekdays: WORKDAYS, holidays: DE_HOLIDAYS, cutOff: '12:00', leadDays: 3 },
  },
};

const KNOWN_CUSTOMERS: readonly SeedCustomer[] = [
  GOLDEN_GATE,
  WILLAMETTE,
  { ...ARROWHEAD, status: 'credit_stop' },
  { ...LONE_PINE, status: 'inactive' },
  SPREEWERK,
  { ...NORTHWIND, priceList: 'key-account-usd' },
  { ...BAYFRONT, profile: { ...BAYFRONT.profile, partialDelivery: 'backorder', discounts: [] } },
  {
    ...HIGHLINE,
    profile: {
      ...HIGHLINE.profile,
      partialDelivery: 'split',
      discounts: [
        { code: 'PARTNER5', percent: '5', from: null, to: null, skus: null },
        { code: 'SPRING10', percent: '10', from: '2026-03-01', to: '2026-05-31', skus: ['SKU-6'] },
      ],
    },
  },
];
