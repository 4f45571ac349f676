import type { KeptNotice } from './notices.ts';
import type { Switches } from './switches.ts';

/** What tests and demonstrations do to a running reference integration. */
export interface IntegrationAdmin {
  /** Puts orders at the end of the list. @returns how many there are now */
  addOrders(orders: readonly object[]): Promise<number>;
  /** What it was told, oldest first. */
  listNotices(): Promise<readonly KeptNotice[]>;
  setSwitches(change: Partial<Switches>): Promise<void>;
  resetSwitches(): Promise<void>;
}

/** Speaks to a reference integration's `/admin` calls. Each throws an `Error` with the status if it is refused. */
export function createIntegrationAdmin(options: {
  readonly baseUrl: string;
  readonly apiKey: string;
}): IntegrationAdmin {
  const call = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`${options.baseUrl}/admin${path}`, {
      method,
      headers: { Authorization: `Bearer ${options.apiKey}`, 'Content-Type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} /admin${path} answered ${String(response.status)}`);
    return response.json();
  };
  return {
    addOrders: async (orders) => ((await call('POST', '/orders', orders)) as { count: number }).count,
    listNotices: async () => ((await call('GET', '/notices')) as { notices: readonly KeptNotice[] }).notices,
    setSwitches: async (change) => {
      await call('PATCH', '/switches', change);
    },
    resetSwitches: async () => {
      await call('DELETE', '/switches');
    },
  };
}
