import { printAmount, printQuantity, printScaled } from './amounts.ts';
import { type Answer, answer } from './answer.ts';
import { type Claim, findOwnClaims, ownCredit } from './claims.ts';
import { ONLY_WAREHOUSE, readShelf } from './stock.ts';
import type { Buyers } from './dataset.ts';
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
  readonly pack_size: bigint | null;
  readonly buyers: string | null;
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
    `SELECT product.sku, unit, active, pack_size, buyers
     FROM product_code JOIN product ON product.sku = product_code.sku WHERE code = ?`,
    code,
  );
  if (row === undefined) return undefined;
  const units = own.flatMap((claim) => claim.units);
  const { free } = readShelf(store, row.sku, units, []);
  const all = [...free.values()].reduce((sum, some) => sum + some, 0n);
  // What stands in one place only is not divided.
  const isDivided = free.size > 1 || !free.has(ONLY_WAREHOUSE);
  const warehouses = Object.fromEntries([...free].map(([name, some]) => [name, printQuantity(some)]));
  return {
    sku: row.sku,
    active: row.active === 1n,
    unit: row.unit,
    available: printQuantity(all),
    prices: customer === undefined ? [] : listPrices(store, row.sku, customer),
    ...(isDivided && { warehouses }),
    ...(row.pack_size !== null && { packSize: printQuantity(row.pack_size) }),
    ...(row.buyers !== null && customer !== undefined && { allowed: mayBuy(row.buyers, customer.id) }),
    history: customer === undefined ? [] : listPurchases(store, row.sku, customer.id),
  };
}

/** Whether a customer is on the list of those who may buy a product, or not on that of those who may not. */
function mayBuy(list: string, customerId: string): boolean {
  const { only, except } = JSON.parse(list) as Buyers;
  return only === undefined ? except?.includes(customerId) !== true : only.includes(customerId);
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
