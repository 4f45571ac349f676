import type { Request } from 'express';
import type { z } from 'zod';
import { type Answer, answer, refuse } from './answer.ts';
import { changeCustomer, changeProduct, searchCustomers, searchProducts } from './catalogue.ts';
import { getFacts } from './facts.ts';
import { amend, begin, cancel, list, status, submit, takeBackorders } from './production.ts';
import {
  amendmentSchema,
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
  const pathKey = (request: Request) => read(keySchema, request.params, 'path');
  const headerKey = (request: Request) => {
    return read(idempotencyKeySchema, request.get('Idempotency-Key'), 'Idempotency-Key');
  };
  const wanted = (request: Request) => read(reservationSchema, request.body, 'body');
  const order = (request: Request) => read(submissionSchema, request.body, 'body');
  const amendment = (request: Request) => read(amendmentSchema, request.body, 'body');
  const search = (request: Request) => read(searchSchema, request.query, 'query');
  return [
    { method: 'get', path: '/health', call: 'ping', open: true, handle: () => answerHealth(store) },
    {
      method: 'post',
      path: '/facts',
      call: 'getFacts',
      handle: (r) => getFacts(store, read(factsSchema, r.body, 'body')),
    },
    { method: 'put', path: reservation, call: 'reserve', handle: (r) => reserve(store, pathKey(r), wanted(r)) },
    { method: 'delete', path: reservation, call: 'release', handle: (r) => release(store, pathKey(r)) },
    { method: 'post', path: '/submissions', call: 'submit', handle: (r) => submit(store, headerKey(r), order(r)) },
    { method: 'get', path: submission, call: 'status', handle: (r) => status(store, pathKey(r)) },
    { method: 'put', path: submission, call: 'amend', handle: (r) => amend(store, pathKey(r), amendment(r)) },
    { method: 'delete', path: submission, call: 'cancel', handle: (r) => cancel(store, pathKey(r)) },
    {
      method: 'post',
      path: '/backorders/{orderId}/{revision}',
      call: 'takeBackorders',
      handle: (r) => takeBackorders(store, pathKey(r)),
    },
    { method: 'get', path: '/customers', call: 'searchCustomers', handle: (r) => searchCustomers(store, search(r)) },
    { method: 'get', path: '/products', call: 'searchProducts', handle: (r) => searchProducts(store, search(r)) },
  ];
}

function createAdminCalls(store: Store, switches: SwitchBoard): readonly Route[] {
  const param = (request: Request, name: string) => String(request.params[name]);
  const customer = (request: Request) => read(customerChangeSchema, request.body, 'body');
  const product = (request: Request) => read(productChangeSchema, request.body, 'body');
  const settings = (request: Request) => withoutUndefined(read(switchesSchema, request.body, 'body'));
  const page = (request: Request) => withoutUndefined(read(listSchema, request.query, 'query'));
  const orders = '/admin/production-orders';
  return [
    { method: 'get', path: '/admin/switches', handle: () => answer(switches.get()) },
    { method: 'patch', path: '/admin/switches', handle: (r) => answer(switches.set(settings(r))) },
    { method: 'delete', path: '/admin/switches', handle: () => answer(switches.reset()) },
    {
      method: 'patch',
      path: '/admin/customers/{id}',
      handle: (r) => changeCustomer(store, param(r, 'id'), customer(r)),
    },
    {
      method: 'patch',
      path: '/admin/products/{sku}',
      handle: (r) => changeProduct(store, param(r, 'sku'), product(r)),
    },
    { method: 'get', path: orders, handle: (r) => list(store, page(r)) },
    { method: 'post', path: `${orders}/{id}/begin`, handle: (r) => begin(store, param(r, 'id')) },
  ];
}

function answerHealth(store: Store): Answer {
  store.get('SELECT 1');
  return answer({ status: 'ok' });
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
