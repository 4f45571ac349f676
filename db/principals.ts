import type { Role } from '../orders/state.ts';
import { insertOnce } from './dialect.ts';
import { requireName } from './ids.ts';
import { parseKept } from './faults.ts';
import { hashToken } from './sources.ts';
import type { Store } from './store.ts';

/** Who is asking, and what they may see. */
export interface Principal {
  readonly id: string;
  readonly roles: readonly Role[];
  /** Limited to these sources; absent: all. */
  readonly sources?: readonly string[];
  /** Limited to these customers; absent: all. */
  readonly customers?: readonly string[];
}

/** Whether there may be something that the principal does not see. */
export function isLimited({ sources, customers }: Pick<Principal, 'sources' | 'customers'>): boolean {
  return sources !== undefined || customers !== undefined;
}

/** Sources and customers together: each is a parameter of a list, and SQL Server takes 2,100. */
const MOST_LIMITS = 1000;

/**
 * Puts a person in place, with the token they sign in with.
 * @throws Error if their id is not plain ASCII, or they are limited to more than can be asked for at once.
 */
export async function putPrincipal(store: Store, principal: Principal, token: string, at: string): Promise<void> {
  requireName(principal.id, 'the id of the person');
  const { sources = [], customers = [] } = principal;
  if (sources.length + customers.length > MOST_LIMITS)
    throw new Error(`a person is limited to at most ${String(MOST_LIMITS)} sources and customers`);
  const values = {
    token_hash: hashToken(token),
    roles_json: JSON.stringify(principal.roles),
    sources_json: principal.sources ? JSON.stringify(principal.sources) : null,
    customers_json: principal.customers ? JSON.stringify(principal.customers) : null,
  };
  const inserted = await insertOnce(store.db, 'principals', { id: principal.id, created_at: at, ...values });
  if (!inserted) await store.db.updateTable('principals').set(values).where('id', '=', principal.id).execute();
}

/** The person whose token this is. @throws Damaged if what they may do cannot be read. */
export async function findPrincipalByToken(store: Store, token: string): Promise<Principal | undefined> {
  const row = await store.db
    .selectFrom('principals')
    .selectAll()
    .where('token_hash', '=', hashToken(token))
    .executeTakeFirst();
  if (!row) return undefined;
  const list = (json: string): string[] => parseKept(json, `actor:${row.id}`, 'roles and limits');
  return {
    id: row.id,
    roles: list(row.roles_json) as Role[],
    ...(row.sources_json !== null && { sources: list(row.sources_json) }),
    ...(row.customers_json !== null && { customers: list(row.customers_json) }),
  };
}
