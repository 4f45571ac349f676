import { printQuantity, toScaled } from './amounts.ts';
import { type Answer, answer, refuse } from './answer.ts';
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
    `SELECT sku, name, unit, gtin, active, stock - taken AS free FROM product
     WHERE sku LIKE ?1 ESCAPE '\\' OR gtin LIKE ?1 ESCAPE '\\' OR name LIKE ?1 ESCAPE '\\'
     ORDER BY sku NOT LIKE ?2 ESCAPE '\\', length(sku), sku LIMIT ?3`,
    `%${escapeLike(q)}%`,
    `${escapeLike(q)}%`,
    limit,
  );
  const products = rows.map(({ active, free, ...row }) => ({
    ...row,
    active: active === 1n,
    available: printQuantity(free < 0n ? 0n : free),
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
}

/** What a test or a demonstration may change of a product. */
export interface ProductChange {
  readonly active?: boolean | undefined;
  /** Units on hand, whether taken or free. */
  readonly stock?: string | undefined;
}

/** Changes a customer's status or credit. What is reserved stays reserved. */
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
    return { status: 204 };
  });
}

/** Changes a product's stock or takes it in or out of the range. What is reserved stays reserved. */
export function changeProduct(store: Store, sku: string, change: ProductChange): Answer {
  return store.write(() => {
    if (store.get('SELECT sku FROM product WHERE sku = ?', sku) === undefined) return noSuch('product');
    store.run(
      'UPDATE product SET active = COALESCE(?, active), stock = COALESCE(?, stock) WHERE sku = ?',
      change.active === undefined ? null : Number(change.active),
      change.stock === undefined ? null : toScaled(change.stock),
      sku,
    );
    return { status: 204 };
  });
}

function noSuch(what: string): Answer {
  return refuse(404, 'not_found', `There is no such ${what}`);
}
