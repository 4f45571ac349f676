import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Facts } from '../../../orders/facts.ts';
import type { ParseResult } from '../../../orders/formats/format.ts';
import { jsonReader } from '../../../orders/formats/json-documents.ts';
import { isBreach } from '../../../orders/rules/rule.ts';
import { checkLineAmount, checkTotal } from '../../../orders/rules/totals.ts';
import { type SourceProfile, sourceProfileSchema } from '../../../orders/source.ts';

/** The least that an order of Shopify says, and of WooCommerce. */
export const SHOPIFY = {
  name: '#1',
  created_at: '2026-11-23T10:00:00Z',
  currency: 'USD',
  financial_status: 'paid',
  total_price: '10.00',
  line_items: [{ id: 1, sku: 'A', quantity: 1, price: '10.00' }],
};
export const WOO = {
  number: '7',
  status: 'processing',
  currency: 'EUR',
  date_created_gmt: '2026-11-23T10:00:00',
  billing: {},
  total: '10.00',
  line_items: [{ id: 1, sku: 'A', quantity: 1, subtotal: '10.00', total: '10.00' }],
};

const FOLDER = fileURLToPath(new URL('fixtures/json/', import.meta.url));

const shop = sourceProfileSchema.parse({
  id: 'web-shop',
  channel: 'ecommerce',
  json: {
    customers: { 'shopify:company:4411023': 'C-2087', 'woocommerce:318': 'C-318', 'domain:acme.example': 'C-ACME' },
  },
});
const guests: SourceProfile = { ...shop, defaults: { customerId: 'C-GUEST' } };

const erp = sourceProfileSchema.parse({
  id: 'erp',
  channel: 'api',
  defaults: { currency: 'EUR' },
  mapping: {
    lines: '/Positionen',
    dates: 'DD.MM.YYYY',
    numbers: { decimal: ',', group: '.' },
    order: {
      poNumber: '/Kopf/Belegnummer',
      orderDate: '/Kopf/Datum',
      requestedDeliveryDate: '/Kopf/Liefertermin',
      customerId: { from: '/Kopf/Debitor', values: { 'D-55': 'C-1055' } },
      'charges.FREIGHT': '/Kopf/Fracht',
      total: '/Kopf/Summe',
      'shipTo.name': '/Kopf/Lieferadresse/Name',
      'shipTo.line1': '/Kopf/Lieferadresse/Strasse',
      'shipTo.postalCode': '/Kopf/Lieferadresse/PLZ',
      'shipTo.city': '/Kopf/Lieferadresse/Ort',
      'shipTo.country': { from: '/Kopf/Lieferadresse/Land', values: { D: 'DE' } },
      'payment.method': { default: 'terms' },
    },
    line: {
      sku: '/Artikel~1Nr',
      quantity: '/Menge',
      unit: { from: '/ME', values: { Stk: 'EA', m: 'MR' }, default: 'EA' },
      unitPrice: '/Preis',
      'ids.UP': '/EAN',
    },
  },
});

/** Each fixture and the profile of its source; what is expected stands beside it as `<name>.expected.json`. */
export const FIXTURES: Readonly<Record<string, SourceProfile>> = {
  'shopify-company-order': shop,
  'shopify-two-currencies': guests,
  'shopify-edited-and-refunded': shop,
  'shopify-cancelled-test': shop,
  'woocommerce-trade-order': shop,
  'woocommerce-guest-unpaid': guests,
  'mapped-erp-order': erp,
};

/** The bytes of a fixture. */
export function readFixture(name: string): Uint8Array {
  return new Uint8Array(readFileSync(`${FOLDER}${name}.json`));
}

/** What is to come of a fixture, or where that is kept. */
export function expectedFile(name: string): string {
  return `${FOLDER}${name}.expected.json`;
}

/** What comes of a document, as short as a person can check it. */
export function summarize(bytes: Uint8Array, profile: SourceProfile): object {
  const masked = jsonReader.mask(bytes, profile).bytes;
  const { layout, holds } = jsonReader.inspect(masked, profile);
  const { order, findings } = jsonReader.parse(masked, null, profile);
  const told = findings.map(({ code, disposition, path, message, location }) => {
    return `${disposition} ${code} at ${path || '/'}, line ${location.line}: ${message}`;
  });
  return { layout, holds, findings: told, breaches: order ? breachesOf(order) : null, order };
}

const NOW = new Date('2026-11-23T12:00:00Z');
/** The rules about totals look at the order alone. */
const NO_FACTS: Facts = { asOf: NOW.toISOString(), customer: null, products: {} };

/** What the rules about totals say, without any tolerance. */
export function breachesOf(order: NonNullable<ParseResult['order']>): readonly string[] {
  const exact = { toleranceMinorUnits: 0, sums: ['lines+charges+tax' as const] };
  const statements = [checkLineAmount, checkTotal].flatMap((check) => check(order, NO_FACTS, exact, NOW));
  return statements.filter(isBreach).map(({ message }) => message);
}
