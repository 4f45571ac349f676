import { PURPOSE_HEADER, PURPOSES } from './principal.ts';
import { z } from 'zod';
import type { Access } from './access.ts';
import type { Answer, Operation } from './operation.ts';
import { shapes } from './views.ts';

type Json = Readonly<Record<string, unknown>>;

/** What a sender's JSON order must have; members with a default may be left out. */
const ORDER_DOCUMENT = 'OrderDocument';

/**
 * The API's document, made from the operations that are served and the schemas they check with.
 * @see https://spec.openapis.org/oas/v3.1.1.html
 */
export function describeApi(operations: readonly Operation[]): Json {
  const byPath = Map.groupBy(operations, ({ path }) => path);
  const paths = [...byPath].map(([path, there]) => [
    path,
    Object.fromEntries(there.map((operation) => [operation.method, describe(operation)])),
  ]);
  return {
    openapi: '3.1.1',
    info: {
      title: 'Order staging',
      version: '1.0.0',
      description: 'Takes orders in from every channel, validates, stages and hands them to production exactly once.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: [...new Set(operations.map(({ tag }) => tag))].map((name) => ({ name })),
    paths: Object.fromEntries(paths) as Json,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: "A source's key, or a person's token" },
        signature: {
          type: 'apiKey',
          in: 'header',
          name: 'webhook-signature',
          description: "Of the raw bytes, in the way and the headers of the source's kind",
        },
      },
      schemas: describeShapes(),
    },
  };
}

function describeShapes(): Json {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(shapes)) registry.add(schema, { id });
  const uri = (id: string): string => `#/components/schemas/${id}`;
  const { schemas } = z.toJSONSchema(registry, { uri });
  const orderDocument = z.toJSONSchema(shapes.Order, { io: 'input' });
  return Object.fromEntries(
    Object.entries({ ...schemas, [ORDER_DOCUMENT]: orderDocument }).map(([id, schema]) => [id, withoutIds(schema)]),
  );
}

/** Inside a document the components' own `$id` and `$schema` would change what references mean. */
function withoutIds(schema: Json): Json {
  return Object.fromEntries(Object.entries(schema).filter(([name]) => name !== '$id' && name !== '$schema'));
}

function describe(operation: Operation): Json {
  const { id, tag, summary, description, access, body, answers } = operation;
  const parameters = describeParameters(operation);
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description !== undefined && { description }),
    security: securityOf(access),
    ...(parameters.length > 0 && { parameters }),
    ...(body !== undefined && { requestBody: describeBody(body) }),
    responses: describeAnswers(answers, access),
  };
}

function securityOf(access: Access): readonly Json[] {
  if (access === 'open') return [];
  return [{ [access === 'signed' ? 'signature' : 'bearer']: [] }];
}

function describeParameters({ method, access, path, query, headers = [] }: Operation): readonly Json[] {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const { properties = {}, required = [] } = query ? z.toJSONSchema(query, { io: 'input' }) : {};
  const inQuery = Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }));
  const inHeader = headers.map(({ name, description }) => ({
    name,
    in: 'header',
    description,
    schema: { type: 'string' },
  }));
  return [...inPath, ...inQuery, ...inHeader, ...(method === 'get' && typeof access !== 'string' ? [PURPOSE] : [])];
}

const PURPOSE = {
  name: PURPOSE_HEADER,
  in: 'header',
  description: 'For people: why they read, as the audit trail keeps it. Left out, it is what goes with their role',
  schema: { type: 'string', enum: PURPOSES },
} as const;

function describeBody(body: z.ZodType | 'document'): Json {
  if (body !== 'document')
    return {
      required: !body.safeParse(undefined).success,
      content: { 'application/json': { schema: refer(body, 'input') } },
    };
  return {
    required: true,
    content: {
      'application/json': { schema: { $ref: `#/components/schemas/${ORDER_DOCUMENT}` } },
      'application/xml': {
        schema: { type: 'string', description: 'An order in the canonical form, a cXML OrderRequest or a UBL Order' },
      },
      'text/csv': {
        schema: { type: 'string', description: 'Orders under a header, one row for each line or each order' },
      },
      'application/edi-x12': {
        schema: { type: 'string', description: 'An ASC X12 interchange with purchase orders (850)' },
      },
    },
  };
}

function describeAnswers(answers: Operation['answers'], access: Access): Json {
  const shown = Object.entries(answers).map(([status, answer]): [string, Json] => [status, describeAnswer(answer)]);
  const problem = { 'application/problem+json': { schema: refer(shapes.Problem, 'output') } };
  const refusals =
    typeof access === 'string'
      ? {}
      : {
          401: { description: 'No valid key or token', content: problem },
          403: { description: 'Not allowed', content: problem },
        };
  return { ...refusals, ...Object.fromEntries(shown), default: { description: 'A problem', content: problem } };
}

function describeAnswer({ description, schema, contentType = 'application/json' }: Answer): Json {
  if (schema) return { description, content: { [contentType]: { schema: refer(schema, 'output') } } };
  return {
    description,
    ...(contentType !== 'application/json' && { content: { [contentType]: { schema: { type: 'string' } } } }),
  };
}

/** A named shape by its name, anything else in place. */
function refer(schema: z.ZodType, io: 'input' | 'output'): Json {
  const name = Object.entries(shapes).find(([, shape]) => shape === schema)?.[0];
  return name === undefined ? withoutIds(z.toJSONSchema(schema, { io })) : { $ref: `#/components/schemas/${name}` };
}
