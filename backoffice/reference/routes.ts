import type { Request } from 'express';
import type { z } from 'zod';
import { type Answer, answer, refuse } from './answer.ts';
import { changeCustomer, changeProduct, searchCustomers, searchProducts } from './catalogue.ts';
import { getFacts } from './facts.ts';
import { amend, begin, cancel, list, status, submit } from './production.ts';
import {
  customerChangeSchema,
  factsSchema,
  idempotencyKeySchema,
  keySchema,
  listSchema,
  productChangeSchema,
  reservationSchema,
  searchSchema,
  submissionSchema,
  switchesSchema,
} from './requests.ts';
import { release, reserve } from './reservations.ts';
import type { Store } from './store.ts';
import type { Call, SwitchBoard } from './switches.ts';

/** One operation of the document, and what answers it. */
export interface Route {
  readonly method: 'get' | 'put' | 'post' | 'patch' | 'delete';
  /** As in the document: `/reservations/{orderId}/{revision}`. */
  readonly path: string;
  /** The call that the switches know it by; the server's own `/admin` obeys none. */
  readonly call?: Call;
  /** Answers without a key. */
  readonly open?: boolean;
  readonly handle: (request: Request) => Answer;
}

/** A request that does not fit the document: where it does not, never what it says. */
export class BadRequest extends Error {}

/** Every operation that the server answers. */
export function createRoutes(store: Store, switches: SwitchBoard): readonly Route[] {
  return [...createCalls(store), ...createAdminCalls(store, switches)];
}

function createCalls(store: Store): readonly Route[] {
  const reservation = '/reservations/{orderId}/{revision}';
  const submission = '/submissions/{orderId}/{revision}';
  const key = (request: Request) => read(keySchema, request.params, 'path');
  return [
    { method: 'get', path: '/health', call: 'ping', open: true, handle: () => answerHealth(store) },
    { method: 'post', path: '/facts', call: 'getFacts', handle: (r) => getFacts(store, body(factsSchema, r)) },
    { method: 'put', path: reservation, call: 'reserve', handle: (r) => reserve(store, key(r), body(reservationSchema, r)) },
    { method: 'delete', path: reservation, call: 'release', handle: (r) => release(store, key(r)) },
    {
      method: 'post',
      path: '/submissions',
      call: 'submit',
      handle: (r) => submit(store, read(idempotencyKeySchema, r.get('Idempotency-Key'), 'Idempotency-Key'), body(submissionSchema, r)),
    },
    { method: 'get', path: submission, call: 'status', handle: (r) => status(store, key(r)) },
    { method: 'put', path: submission, call: 'amend', handle: (r) => amend(store, key(r), body(submissionSchema, r)) },
    { method: 'delete', path: submission, call: 'cancel', handle: (r) => cancel(store, key(r)) },
    { method: 'get', path: '/customers', call: 'searchCustomers', handle: (r) => searchCustomers(store, query(searchSchema, r)) },
    { method: 'get', path: '/products', call: 'searchProducts', handle: (r) => searchProducts(store, query(searchSchema, r)) },
  ]; // prettier-ignore
}

function createAdminCalls(store: Store, switches: SwitchBoard): readonly Route[] {
  const id = (request: Request, name: string) => String(request.params[name]);
  return [
    { method: 'get', path: '/admin/switches', handle: () => answer(switches.get()) },
    { method: 'patch', path: '/admin/switches', handle: (r) => answer(switches.set(withoutUndefined(body(switchesSchema, r)))) },
    { method: 'delete', path: '/admin/switches', handle: () => answer(switches.reset()) },
    { method: 'patch', path: '/admin/customers/{id}', handle: (r) => changeCustomer(store, id(r, 'id'), body(customerChangeSchema, r)) },
    { method: 'patch', path: '/admin/products/{sku}', handle: (r) => changeProduct(store, id(r, 'sku'), body(productChangeSchema, r)) },
    { method: 'get', path: '/admin/production-orders', handle: (r) => list(store, withoutUndefined(query(listSchema, r))) },
    { method: 'post', path: '/admin/production-orders/{id}/begin', handle: (r) => begin(store, id(r, 'id')) },
  ]; // prettier-ignore
}

function answerHealth(store: Store): Answer {
  store.get('SELECT 1');
  return answer({ status: 'ok' });
}

function body<Schema extends z.ZodType>(schema: Schema, request: Request): z.output<Schema> {
  return read(schema, request.body, 'body');
}

function query<Schema extends z.ZodType>(schema: Schema, request: Request): z.output<Schema> {
  return read(schema, request.query, 'query');
}

function read<Schema extends z.ZodType>(schema: Schema, value: unknown, where: string): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const places = result.error.issues.slice(0, 5).map((issue) => [where, ...issue.path.map(String)].join('/'));
  throw new BadRequest(`Does not fit the document: ${[...new Set(places)].join(', ')}`);
}

type WithoutUndefined<Value> = { [Key in keyof Value]: Exclude<Value[Key], undefined> };

/** zod's optional members may be present and undefined; spread over settings, those would wipe them out. */
function withoutUndefined<Value extends object>(value: Value): WithoutUndefined<Value> {
  return Object.fromEntries(
    Object.entries(value).filter(([, member]) => member !== undefined),
  ) as WithoutUndefined<Value>;
}

/** The answer to a request that does not fit the document. */
export function answerBadRequest(error: BadRequest): Answer {
  return refuse(400, 'bad_request', error.message);
}
