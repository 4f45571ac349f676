import { toScaled } from './amounts.ts';
import { createDataset, type SeedCustomer, type SeedProduct } from './dataset.ts';
import { ONLY_WAREHOUSE } from './stock.ts';
import type { Store } from './store.ts';

/** Fills an empty store with the reference data set; one that has customers is left as it is. */
export function seedIfEmpty(store: Store): void {
  store.write(() => {
    if (store.get('SELECT id FROM customer LIMIT 1') !== undefined) return;
    const { customers, products } = createDataset();
    customers.forEach((customer) => insertCustomer(store, customer));
    products.forEach((product) => insertProduct(store, product));
  });
}

function insertCustomer(store: Store, customer: SeedCustomer): void {
  store.run(
    `INSERT INTO customer (id, name, status, currency, credit_limit, credit_open, price_list, profile)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    customer.id,
    customer.name,
    customer.status,
    customer.currency,
    toScaled(customer.creditLimit),
    toScaled(customer.creditOpen),
    customer.priceList,
    JSON.stringify(customer.profile),
  );
}

function insertProduct(store: Store, product: SeedProduct): void {
  store.run(
    'INSERT INTO product (sku, name, unit, gtin, active, pack_size, buyers) VALUES (?, ?, ?, ?, ?, ?, ?)',
    product.sku,
    product.name,
    product.unit,
    product.gtin,
    Number(product.active),
    product.packSize === undefined ? null : toScaled(product.packSize),
    product.buyers === undefined ? null : JSON.stringify(product.buyers),
  );
  const stock = typeof product.stock === 'string' ? { [ONLY_WAREHOUSE]: product.stock } : product.stock;
  for (const [warehouse, units] of Object.entries(stock)) {
    store.run('INSERT INTO stock (sku, warehouse, on_hand) VALUES (?, ?, ?)', product.sku, warehouse, toScaled(units));
  }
  // A GTIN is the same with leading zeros: trading partners write it with 12, 13 or 14 digits.
  const codes = new Set([product.sku, ...[12, 13, 14].map((digits) => product.gtin.padStart(digits, '0'))]);
  codes.forEach((code) => store.run('INSERT INTO product_code (code, sku) VALUES (?, ?)', code, product.sku));
  for (const price of product.prices) {
    store.run(
      'INSERT INTO price (price_list, sku, minimum, unit_price) VALUES (?, ?, ?, ?)',
      price.priceList,
      product.sku,
      toScaled(price.minimum),
      toScaled(price.unitPrice),
    );
  }
}
