import { printAmount, printQuantity, printScaled } from './amounts.ts';
import { type Answer, answer } from './answer.ts';
import { type Claim, findOwnClaims, ownCredit, ownStock } from './claims.ts';
import type { Store } from './store.ts';

/** Whose facts are asked for: one order's customer, and its products as written in the order. */
export interface FactsQuestion {
  readonly orderId: string;
  readonly customerId: string;
  readonly skus: readonly string[];
}

interface CustomerRow {
  readonly id: string;
  readonly status: string;
  readonly currency: string;
  readonly credit_limit: bigint;
  readonly used: bigint;
  readonly price_list: string;
  readonly profile: string;
}

interface ProductRow {
  readonly sku: string;
  readonly unit: string;
  readonly active: bigint;
  readonly free: bigint;
}

/** What an order is to be judged by, without what the order itself already takes. */
export function getFacts(store: Store, question: FactsQuestion): Answer {
  const own = findOwnClaims(store, question.orderId);
  const customer = store.get<CustomerRow>(
    `SELECT id, status, currency, credit_limit, credit_open + credit_taken AS used, price_list, profile
     FROM customer WHERE id = ?`,
    question.customerId,
  );
  const products = [...new Set(question.skus)].flatMap((code) => {
    const product = describeProduct(store, code, customer, own);
    return product === undefined ? [] : [[code, product] as const];
  });
  return answer({
    asOf: new Date().toISOString(),
    customer: customer === undefined ? null : describeCustomer(customer, own),
    products: Object.fromEntries(products),
  });
}

function describeCustomer(row: CustomerRow, own: readonly Claim[]): object {
  return {
    id: row.id,
    status: row.status,
    currency: row.currency,
    creditLimit: printAmount(row.credit_limit),
    creditUsed: printAmount(row.used - ownCredit(own, row.id)),
    ...(JSON.parse(row.profile) as object),
  };
}

function describeProduct(
  store: Store,
  code: string,
  customer: CustomerRow | undefined,
  own: readonly Claim[],
): object | undefined {
  const row = store.get<ProductRow>(
    `SELECT product.sku, unit, active, stock - taken AS free
     FROM product_code JOIN product ON product.sku = product_code.sku WHERE code = ?`,
    code,
  );
  if (row === undefined) return undefined;
  const free = row.free + ownStock(own, row.sku);
  return {
    sku: row.sku,
    active: row.active === 1n,
    unit: row.unit,
    available: printQuantity(free < 0n ? 0n : free),
    prices: customer === undefined ? [] : listPrices(store, row.sku, customer),
    history: customer === undefined ? [] : listPurchases(store, row.sku, customer.id),
  };
}

function listPrices(store: Store, sku: string, customer: CustomerRow): readonly object[] {
  return store
    .all<{ minimum: bigint; unit_price: bigint }>(
      'SELECT minimum, unit_price FROM price WHERE price_list = ? AND sku = ? ORDER BY minimum',
      customer.price_list,
      sku,
    )
    .map((row) => ({
      minQuantity: printQuantity(row.minimum),
      unitPrice: printScaled(row.unit_price, 4),
      currency: customer.currency,
    }));
}

/** As many as show what is usual. */
const PURCHASES = 20;

/** What the customer bought of a product lately, the newest first, cancelled orders left out. */
function listPurchases(store: Store, sku: string, customerId: string): readonly object[] {
  return store
    .all<{ quantity: bigint; unit_price: string }>(
      `SELECT quantity, unit_price FROM purchase
       JOIN production_line ON production_line.number = purchase.number AND production_line.position = purchase.position
       JOIN production_order ON production_order.number = purchase.number
       WHERE purchase.customer_id = ? AND purchase.sku = ? AND production_line.sku = purchase.sku
         AND production_order.customer_id = purchase.customer_id AND state <> 'cancelled'
       ORDER BY purchase.number DESC, purchase.position DESC LIMIT ?`,
      customerId,
      sku,
      PURCHASES,
    )
    .map((row) => ({ quantity: printQuantity(row.quantity), unitPrice: row.unit_price }));
}
