import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { CALLS } from '../../backoffice/reference/switches.ts';
import { API_KEY, makeOrder, reservationOf, type RunningBackOffice, startBackOffice } from './back-office.ts';

let running: RunningBackOffice;
beforeAll(async () => {
  running = await startBackOffice();
});
afterAll(() => running.server.close());

type Content = Record<string, { readonly schema: object }>;
interface Operation {
  readonly operationId: string;
  readonly requestBody?: { readonly content: Content };
  readonly responses: Record<string, { readonly $ref?: string; readonly content?: Content }>;
}
interface Document {
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: {
    readonly schemas: Record<string, object>;
    readonly responses: { readonly Problem: { readonly content: Content } };
  };
}

const METHODS = ['get', 'put', 'post', 'patch', 'delete'];
const text = readFileSync(new URL('../../backoffice/openapi.json', import.meta.url), 'utf8');
const document = JSON.parse(text) as Document;
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item)
    .filter(([method]) => METHODS.includes(method))
    .map(([method, operation]) => ({ path, method, operation })),
);

/** A schema of the document, as something that can check values. */
function compile(schema: object): z.ZodType {
  const whole = JSON.stringify({ $defs: document.components.schemas, ...schema });
  const local = whole.replaceAll('#/components/schemas/', '#/$defs/');
  return z.fromJSONSchema(JSON.parse(local) as Parameters<typeof z.fromJSONSchema>[0]);
}

describe('the document', () => {
  test('describes every route that is served, and no other', () => {
    const described = operations.map(({ method, path }) => `${method} ${path}`);
    const served = running.server.routes.map(({ method, path }) => `${method} ${path}`);
    expect(described.sort()).toEqual(served.sort());
  });

  test('calls its operations as the switches do', () => {
    const calls = new Map(running.server.routes.map(({ method, path, call }) => [`${method} ${path}`, call]));
    const named = operations.filter(({ path }) => !path.startsWith('/admin/'));
    for (const { method, path, operation } of named) {
      expect(operation.operationId).toBe(calls.get(`${method} ${path}`));
    }
    expect(named.map(({ operation }) => operation.operationId).sort()).toEqual([...CALLS].sort());
  });

  test('refers only to what it defines', () => {
    const references = [...text.matchAll(/"\$ref": "#\/([^"]+)"/g)].map((match) => match[1]!);
    expect(references.length).toBeGreaterThan(50);
    for (const reference of references) {
      const target = reference
        .split('/')
        .reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], document);
      expect(target).toBeDefined();
    }
  });
});

describe('the server', () => {
  /** Makes one call and checks body and answer against the document. */
  async function call(method: string, path: string, url: string, body?: object, headers: Record<string, string> = {}) {
    const response = await fetch(running.server.url + url, {
      method: method.toUpperCase(),
      headers: { Authorization: `Bearer ${API_KEY}`, 'Content-Type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const operation = operations.find((candidate) => candidate.method === method && candidate.path === path)!.operation;
    const asked = operation.requestBody?.content['application/json']?.schema;
    if (asked !== undefined && response.status !== 400) expect(compile(asked).safeParse(body).error).toBeUndefined();
    const documented = operation.responses[String(response.status)];
    expect(documented).toBeDefined();
    const content = documented!.$ref?.endsWith('/Problem')
      ? document.components.responses.Problem.content
      : documented!.content;
    const type = response.headers.get('Content-Type')?.split(';')[0];
    const answer: unknown = content === undefined ? await response.text() : await response.json();
    if (content === undefined) expect(answer).toBe('');
    else expect(compile(content[type!]!.schema).safeParse(answer).error).toBeUndefined();
    return { status: response.status, answer: answer as Record<string, unknown>, type };
  }

  const order = JSON.parse(JSON.stringify(makeOrder())) as object;
  const { orderId: _orderId, revision: _revision, ...reservation } = reservationOf('o-1', 1);
  const submission = '/submissions/{orderId}/{revision}';
  const idempotency = (key: string) => ({ 'Idempotency-Key': key });

  test('takes and answers what the document says, from first question to cancellation', async () => {
    const question = { orderId: 'o-1', customerId: 'C-1005', skus: ['SKU-1', 'nothing'] };
    const statuses = [
      await call('get', '/health', '/health'),
      await call('post', '/facts', '/facts', question),
      await call('post', '/facts', '/facts', { ...question, customerId: 'nobody' }),
      await call('put', '/reservations/{orderId}/{revision}', '/reservations/o-1/1', reservation),
      await call('put', '/reservations/{orderId}/{revision}', '/reservations/o-2/1', {
        ...reservation,
        amount: '999999.00',
      }),
      await call('delete', '/reservations/{orderId}/{revision}', '/reservations/o-2/1'),
      await call('get', submission, '/submissions/o-1/1'),
      await call('post', '/submissions', '/submissions', order, idempotency('o-1:1')),
      await call('post', '/submissions', '/submissions', order, idempotency('"o-1:1"')),
      await call('post', '/submissions', '/submissions', order, idempotency('o-1:2')),
      await call('post', '/submissions', '/submissions', { ...order, customerId: 'nobody' }, idempotency('o-3:1')),
      await call('put', submission, '/submissions/o-1/2', order),
      await call('get', submission, '/submissions/o-1/2'),
      await call('delete', submission, '/submissions/o-1/1'),
      await call('delete', submission, '/submissions/o-1/2'),
      await call('get', '/customers', '/customers?q=north'),
      await call('get', '/products', '/products?q=drill&limit=2'),
    ].map(({ status }) => status);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 204, 200, 201, 200, 409, 422, 200, 200, 409, 200, 200, 200]);
  });

  test('has switches as the document says', async () => {
    await running.backOffice.submit({ orderId: 'o-9', revision: 1 }, makeOrder());
    const listed = await call('get', '/admin/production-orders', '/admin/production-orders?orderId=o-9');
    const [made] = listed.answer['productionOrders'] as { productionOrderId: string }[];
    const begin = '/admin/production-orders/{id}/begin';
    const statuses = [
      listed,
      await call('post', begin, `/admin/production-orders/${made!.productionOrderId}/begin`),
      await call('post', begin, '/admin/production-orders/nothing/begin'),
      await call('get', '/admin/switches', '/admin/switches'),
      await call('patch', '/admin/switches', '/admin/switches', { latencyMs: 1, calls: ['ping'] }),
      await call('delete', '/admin/switches', '/admin/switches'),
      await call('patch', '/admin/customers/{id}', '/admin/customers/C-1003', {
        status: 'active',
        creditLimit: '1.00',
      }),
      await call('patch', '/admin/customers/{id}', '/admin/customers/nobody', { status: 'active' }),
      await call('patch', '/admin/products/{sku}', '/admin/products/SKU-4', { active: true, stock: '12.5' }),
    ].map(({ status }) => status);
    expect(statuses).toEqual([200, 200, 404, 200, 200, 200, 204, 404, 204]);
  });

  test('says where a request does not fit, and never what it said', async () => {
    const { status, answer, type } = await call('put', '/reservations/{orderId}/{revision}', '/reservations/o-1/0', {
      ...reservation,
      amount: '-1',
    });
    expect({ status, type }).toEqual({ status: 400, type: 'application/problem+json' });
    expect(answer['title']).toBe('Does not fit the document: path/revision');
    const missing = await call('post', '/submissions', '/submissions', order);
    expect(missing.answer['title']).toBe('Does not fit the document: Idempotency-Key');
    const wrong = await call('post', '/facts', '/facts', { orderId: 'o-1', customerId: 'C-1001', skus: ['', 7] });
    expect(wrong.answer['title']).toBe('Does not fit the document: body/skus/0, body/skus/1');
  });

  test('answers nothing without the key but a sign of life', async () => {
    for (const { method, path } of running.server.routes) {
      const response = await fetch(running.server.url + path.replace(/\{\w+\}/g, '1'), {
        method: method.toUpperCase(),
      });
      expect(response.status).toBe(path === '/health' ? 200 : 401);
    }
  });
});
