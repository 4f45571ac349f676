import type { CustomerChange, ProductChange } from './catalogue.ts';
import type { Switches } from './switches.ts';

/** A production order as the reference server keeps it. Amounts and quantities are decimal strings. */
interface ProductionOrder {
  readonly productionOrderId: string;
  readonly orderId: string;
  readonly revision: number;
  readonly state: 'open' | 'in_production' | 'cancelled';
  readonly customerId: string;
  readonly poNumber: string;
  readonly currency: string;
  readonly total: string;
  readonly lines: readonly {
    readonly line: string;
    readonly sku: string;
    readonly quantity: string;
    readonly unitPrice: string;
    readonly amount: string;
    /** What goes from where, and what waits. */
    readonly allocations: readonly { readonly warehouse: string; readonly quantity: string }[];
    readonly waiting: string;
  }[];
}

/** One page of production orders, in the order they were made, and how many there are in all. */
interface ProductionOrderPage {
  readonly live: number;
  readonly cancelled: number;
  readonly productionOrders: readonly ProductionOrder[];
}

/** What tests, demonstrations and benchmarks do to a running reference server. */
export interface ReferenceAdmin {
  getSwitches(): Promise<Switches>;
  setSwitches(change: Partial<Switches>): Promise<Switches>;
  resetSwitches(): Promise<Switches>;
  changeCustomer(id: string, change: CustomerChange): Promise<void>;
  changeProduct(sku: string, change: ProductChange): Promise<void>;
  listProductionOrders(query?: { orderId?: string; after?: string; limit?: number }): Promise<ProductionOrderPage>;
  /** Begins production, after which an order can be neither amended nor cancelled. */
  beginProduction(productionOrderId: string): Promise<void>;
}

/** Speaks to a reference server's `/admin` calls. Each throws an `Error` with the status if it is refused. */
export function createReferenceAdmin(options: { readonly baseUrl: string; readonly apiKey: string }): ReferenceAdmin {
  const call = async (method: string, path: string, body?: object): Promise<unknown> => {
    const response = await fetch(`${options.baseUrl}/admin${path}`, {
      method,
      headers: { Authorization: `Bearer ${options.apiKey}`, 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} /admin${path} answered ${String(response.status)}`);
    return response.status === 204 ? undefined : await response.json();
  };
  const change = async (path: string, body: object): Promise<void> => {
    await call('PATCH', path, body);
  };
  return {
    getSwitches: async () => (await call('GET', '/switches')) as Switches,
    setSwitches: async (changed) => (await call('PATCH', '/switches', changed)) as Switches,
    resetSwitches: async () => (await call('DELETE', '/switches')) as Switches,
    changeCustomer: (id, changed) => change(`/customers/${encodeURIComponent(id)}`, changed),
    changeProduct: (sku, changed) => change(`/products/${encodeURIComponent(sku)}`, changed),
    listProductionOrders: async (query = {}) => {
      const asked = Object.entries(query).map(([name, value]) => [name, String(value)] as const);
      const search = new URLSearchParams(Object.fromEntries(asked)).toString();
      return (await call('GET', `/production-orders?${search}`)) as ProductionOrderPage;
    },
    beginProduction: async (id) => {
      await call('POST', `/production-orders/${encodeURIComponent(id)}/begin`);
    },
  };
}
