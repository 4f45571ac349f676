import type { Request } from 'express';
import type { z } from 'zod';
import type { Access } from './access.ts';
import type { Deps } from './deps.ts';
import type { Caller } from './principal.ts';

/** What a call is given, checked against its schemas. `body` is raw bytes where the operation takes a document. */
export interface Call<Params, Query, Body> {
  readonly deps: Deps;
  readonly request: Request;
  readonly caller: Caller;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
}

export interface Reply {
  readonly status: number;
  /** Sent as JSON, unless `contentType` names another type and the body is text or bytes; a stream is sent as it comes. */
  readonly body?: unknown;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One answer as the API's document describes it. */
export interface Answer {
  readonly description: string;
  readonly schema?: z.ZodType;
  readonly contentType?: string;
}

/** A request header as the API's document describes it. */
interface HeaderParameter {
  readonly name: string;
  readonly description: string;
}

/** One operation: how it is called, by whom, what it answers and what answers it. The API's document is made from these. */
export interface Operation {
  readonly method: 'get' | 'post' | 'put';
  /** As in the API's document: `/v1/orders/{id}`. */
  readonly path: string;
  readonly id: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly access: Access;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  /** A schema for JSON; `document` for the bytes of an order document. */
  readonly body?: z.ZodType | 'document';
  /** Largest body in bytes, where documents are smaller than elsewhere, or JSON is larger. */
  readonly bodyLimit?: number;
  readonly headers?: readonly HeaderParameter[];
  readonly answers: Readonly<Record<number, Answer>>;
  readonly handle: (call: Call<never, never, never>) => Promise<Reply>;
}

type Output<Schema, Otherwise> = Schema extends z.ZodType ? z.output<Schema> : Otherwise;

/** Puts an operation together, its handler typed by its schemas. */
export function operation<
  const Params extends z.ZodObject | undefined = undefined,
  const Query extends z.ZodObject | undefined = undefined,
  const Body extends z.ZodType | 'document' | undefined = undefined,
>(
  spec: Omit<Operation, 'params' | 'query' | 'body' | 'handle'> & {
    readonly params?: Params;
    readonly query?: Query;
    readonly body?: Body;
    readonly handle: (
      call: Call<
        Output<Params, undefined>,
        Output<Query, undefined>,
        Body extends 'document' ? Buffer : Output<Body, undefined>
      >,
    ) => Promise<Reply>;
  },
): Operation {
  return spec as unknown as Operation;
}
