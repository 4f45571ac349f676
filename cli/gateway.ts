import type { z } from 'zod';
import type { shapes } from '../api/views.ts';
import type { Finding } from '../orders/finding.ts';
import type { Order } from '../orders/order.ts';

/** The API's answers, as its own schemas have them. */
export type OrderSummary = z.infer<typeof shapes.OrderSummary>;
export type OrderDetail = z.infer<typeof shapes.OrderDetail>;
export type DocumentDetail = z.infer<typeof shapes.DocumentDetail>;
export type ReviewPage = z.infer<typeof shapes.ReviewPage>;
export type OrderPage = z.infer<typeof shapes.OrderPage>;
export type Taken = z.infer<typeof shapes.Taken>;
export type DryRun = Judged & Pick<z.infer<typeof shapes.DryRun>, 'format' | 'layout' | 'count'>;
/** One order, or a page of the many of a document. */
type Judged =
  | (JudgedOrder & { readonly orders?: never; readonly next?: never })
  | { readonly orders: readonly JudgedOrder[]; readonly next: number | null; readonly findings: readonly Finding[] };
interface JudgedOrder {
  readonly order: Order | null;
  readonly findings: readonly Finding[];
}
export type Problem = Omit<z.infer<typeof shapes.Problem>, 'findings'> &
  Partial<Taken> & { readonly findings?: readonly Finding[] };

/** Asks the gateway, on somebody's behalf. */
export interface Gateway {
  readonly url: string;
  /** @throws Refusal for every answer that is no success */
  readonly get: <T>(path: string, token: string) => Promise<T>;
  /** Sends JSON. @throws Refusal for every answer that is no success */
  readonly send: <T>(method: 'POST' | 'PUT', path: string, token: string, body: unknown) => Promise<T>;
  /** Brings a document. @throws Refusal for every answer that is no success */
  readonly bring: <T>(path: string, token: string, bytes: Uint8Array, headers: Record<string, string>) => Promise<T>;
}

/** The gateway said no. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(`${problem.title}: ${problem.detail}`);
    this.problem = problem;
  }
}

/** Nobody answers at the gateway's address. */
export class NoGateway extends Error {
  override readonly name = 'NoGateway';
}

/** @param url of the gateway, such as `http://127.0.0.1:3000` */
export function createGateway(url: string): Gateway {
  const call = async <T>(path: string, token: string, init: RequestInit): Promise<T> => {
    const headers = { ...(init.headers as Record<string, string>), Authorization: `Bearer ${token}` };
    const response = await fetch(`${url}${path}`, { ...init, headers }).catch((cause: unknown) => {
      throw new NoGateway(`no gateway answers at ${url}`, { cause });
    });
    const text = await response.text();
    if (!response.ok) throw new Refusal(readProblem(text, response.status));
    return JSON.parse(text) as T;
  };
  return {
    url,
    get: (path, token) => call(path, token, {}),
    send: (method, path, token, body) =>
      call(path, token, { method, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
    bring: (path, token, bytes, headers) => call(path, token, { method: 'POST', headers, body: new Uint8Array(bytes) }),
  };
}

/** The last part of a problem's type: `order-rejected`. */
export function nameOf(problem: Problem): string {
  return problem.type.split('/').at(-1) ?? problem.type;
}

/** What stands in the way may answer something else than the gateway does. */
function readProblem(text: string, status: number): Problem {
  try {
    return JSON.parse(text) as Problem;
  } catch {
    return { type: 'about:blank', title: `HTTP ${status}`, status, detail: text.slice(0, 200), instance: '' };
  }
}
