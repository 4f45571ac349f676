import { z } from 'zod';
import { operation, type Operation } from '../operation.ts';

/** People who type or judge orders. */
const PEOPLE = { roles: ['operator', 'reviewer', 'supervisor', 'admin'], sources: false } as const;

const searchQuery = z.strictObject({
  q: z.string().trim().min(1).max(100).describe('Part of a number or name'),
  limit: z.coerce.number().int().min(1).max(100).default(20),
});

const customer = z.object({
  id: z.string(),
  name: z.string(),
  status: z.enum(['active', 'inactive', 'credit_stop']),
  currency: z.string(),
});

const product = z.object({
  sku: z.string(),
  name: z.string(),
  unit: z.string(),
  gtin: z.string().nullable(),
  active: z.boolean(),
  available: z.string(),
});

/** What people look up while they type; straight from the back office. */
export const lookupOperations: readonly Operation[] = [
  operation({
    method: 'get',
    path: '/v1/customers',
    id: 'searchCustomers',
    tag: 'Look-ups',
    summary: 'Customers by part of their number or name',
    access: PEOPLE,
    query: searchQuery,
    answers: { 200: { description: 'The first that fit', schema: z.object({ items: z.array(customer) }) } },
    handle: async ({ deps, caller, query }) => {
      const found = await deps.backOffice.searchCustomers(query.q, query.limit);
      return { status: 200, body: { items: found.filter(({ id }) => caller.customers?.includes(id) ?? true) } };
    },
  }),
  operation({
    method: 'get',
    path: '/v1/products',
    id: 'searchProducts',
    tag: 'Look-ups',
    summary: 'Products by part of their SKU, GTIN or name',
    access: PEOPLE,
    query: searchQuery,
    answers: { 200: { description: 'The first that fit', schema: z.object({ items: z.array(product) }) } },
    handle: async ({ deps, query }) => ({
      status: 200,
      body: { items: await deps.backOffice.searchProducts(query.q, query.limit) },
    }),
  }),
];
