import { printQuantity, toScaled } from './amounts.ts';
import { type Answer, answer, refuse } from './answer.ts';
import { ONLY_WAREHOUSE, type PartialDelivery } from './stock.ts';
import type { Store } from './store.ts';

/** A look-up as a person types it. */
export interface Search {
  readonly q: string;
  readonly limit: number;
}

/** Customers whose number or name contains the words; a number that starts with them comes first. */
export function searchCustomers(store: Store, { q, limit }: Search): Answer {
  const rows = store.all<object>(
    `SELECT id, name, status, currency FROM customer WHERE id LIKE ?1 ESCAPE '\\' OR name LIKE ?1 ESCAPE '\\'
     ORDER BY id NOT LIKE ?2 ESCAPE '\\', id LIMIT ?3`,
    `%${escapeLike(q)}%`,
    `${escapeLike(q)}%`,
    limit,
  );
  return answer({ customers: rows });
}

/** Products whose SKU, GTIN or name contains the words; a SKU that starts with them comes first. */
export function searchProducts(store: Store, { q, limit }: Search): Answer {
  const rows = store.all<{ sku: string; name: string; unit: string; gtin: string; active: bigint; free: bigint }>(
    `SELECT sku, name, unit, gtin, active,
       (SELECT COALESCE(SUM(MAX(on_hand - taken, 0)), 0) FROM stock WHERE stock.sku = product.sku) AS free FROM product
     WHERE sku LIKE ?1 ESCAPE '\\' OR gtin LIKE ?1 ESCAPE '\\' OR name LIKE ?1 ESCAPE '\\'
     ORDER BY sku NOT LIKE ?2 ESCAPE '\\', length(sku), sku LIMIT ?3`,
    `%${escapeLike(q)}%`,
    `${escapeLike(q)}%`,
    limit,
  );
  const products = rows.map(({ active, free, ...row }) => ({
    ...row,
    active: active === 1n,
    available: printQuantity(free),
  }));
  return answer({ products });
}

function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}

/** What a test or a demonstration may change of a customer. */
export interface CustomerChange {
  readonly status?: 'active' | 'inactive' | 'credit_stop' | undefined;
  readonly creditLimit?: string | undefined;
  /** Credit that orders outside this server use. */
  readonly creditOpen?: string | undefined;
  /** What becomes of orders that the stock does not cover; null to agree on nothing. */
  readonly partialDelivery?: PartialDelivery | null | undefined;
}

/** What a test or a demonstration may change of a product. */
export interface ProductChange {
  readonly active?: boolean | undefined;
  /** Units on hand, whether taken or free: of a product that is kept in one place, or by warehouse. */
  readonly stock?: string | Readonly<Record<string, string>> | undefined;
}

/** Changes a customer's status, credit, or what is agreed on partial delivery. What is reserved stays reserved. */
export function changeCustomer(store: Store, id: string, change: CustomerChange): Answer {
  return store.write(() => {
    if (store.get('SELECT id FROM customer WHERE id = ?', id) === undefined) return noSuch('customer');
    store.run(
      `UPDATE customer SET status = COALESCE(?, status), credit_limit = COALESCE(?, credit_limit),
       credit_open = COALESCE(?, credit_open) WHERE id = ?`,
      change.status ?? null,
      change.creditLimit === undefined ? null : toScaled(change.creditLimit),
      change.creditOpen === undefined ? null : toScaled(change.creditOpen),
      id,
    );
    if (change.partialDelivery !== undefined) agreeOnPartialDelivery(store, id, change.partialDelivery);
    return { status: 204 };
  });
}

function agreeOnPartialDelivery(store: Store, id: string, partial: PartialDelivery | null): void {
  if (partial === null)
    store.run(`UPDATE customer SET profile = json_remove(profile, '$.partialDelivery') WHERE id = ?`, id);
  else store.run(`UPDATE customer SET profile = json_set(profile, '$.partialDelivery', ?) WHERE id = ?`, partial, id);
}

/** Changes a product's stock or takes it in or out of the range. What is reserved stays reserved. */
export function changeProduct(store: Store, sku: string, change: ProductChange): Answer {
  return store.write(() => {
    if (store.get('SELECT sku FROM product WHERE sku = ?', sku) === undefined) return noSuch('product');
    const kept = store.all<{ warehouse: string }>('SELECT warehouse FROM stock WHERE sku = ?', sku);
    const [place = ONLY_WAREHOUSE] = kept.map(({ warehouse }) => warehouse);
    if (typeof change.stock === 'string' && kept.length > 1)
      return refuse(409, 'several_warehouses', 'Say how much of the product is in which warehouse');
    const stock = typeof change.stock === 'string' ? { [place]: change.stock } : (change.stock ?? {});
    for (const [warehouse, units] of Object.entries(stock)) putStock(store, sku, warehouse, toScaled(units));
    if (change.active !== undefined)
      store.run('UPDATE product SET active = ? WHERE sku = ?', Number(change.active), sku);
    return { status: 204 };
  });
}

function putStock(store: Store, sku: string, warehouse: string, onHand: bigint): void {
  store.run(
    `INSERT INTO stock (sku, warehouse, on_hand) VALUES (?, ?, ?)
     ON CONFLICT (sku, warehouse) DO UPDATE SET on_hand = excluded.on_hand`,
    sku,
    warehouse,
    onHand,
  );
}

function noSuch(what: string): Answer {
  return refuse(404, 'not_found', `There is no such ${what}`);
}
