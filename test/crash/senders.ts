import { setTimeout as pause } from 'node:timers/promises';
import type { Stack } from '../../cli/stack.ts';
import { makeOrderJson } from '../support/order-factory.ts';

/** An order that a sender was promised: it got its 202. */
export interface Promised {
  readonly orderId: string;
  readonly poNumber: string;
  /** What becomes of it if all goes well. */
  readonly expected: 'completed' | 'in_review' | 'rejected';
}

/** Every tenth order needs a person, every fifteenth goes back to its sender. */
export function makeMixedOrder(number: number): { content: Record<string, unknown>; expected: Promised['expected'] } {
  const customerId = 'C-2001';
  if (number % 10 === 3) return { content: makeOrderJson({ customerId, total: '1.00' }), expected: 'in_review' };
  if (number % 15 === 7) return { content: makeOrderJson({ customerId, shipTo: null }), expected: 'rejected' };
  return { content: makeOrderJson({ customerId }), expected: 'completed' };
}

/** Sends an order as a good sender does: again, with the same key, until it has an answer. */
export async function sendUntilPromised(stack: Stack, number: number): Promise<Promised> {
  const { content, expected } = makeMixedOrder(number);
  const headers = {
    authorization: `Bearer ${stack.credentials.sources['web-shop'] ?? ''}`,
    'content-type': 'application/json',
    'idempotency-key': `order-${String(number)}`,
  };
  const body = JSON.stringify(content);
  for (;;) {
    const answer = await fetch(`${stack.gatewayUrl}/v1/orders`, {
      method: 'POST',
      headers,
      body,
      signal: AbortSignal.timeout(20_000),
    })
      .then(async (response) => ({
        status: response.status,
        body: (await response.json()) as { orders?: { orderId: string }[] },
      }))
      .catch(() => undefined);
    const orderId = answer?.body.orders?.[0]?.orderId;
    if (answer?.status === 202 && orderId !== undefined)
      return { orderId, poNumber: String(content['poNumber']), expected };
    if (answer && answer.status < 500)
      throw new Error(`order ${String(number)} was answered ${JSON.stringify(answer)}`);
    await pause(200);
  }
}

/** Sends orders by several senders at a time until it is enough. */
export async function sendAll(stack: Stack, senders: number, isEnough: (sent: number) => boolean): Promise<Promised[]> {
  const promised: Promised[] = [];
  let next = 0;
  const sender = async (): Promise<void> => {
    while (!isEnough(next)) {
      next += 1;
      promised.push(await sendUntilPromised(stack, next));
    }
  };
  await Promise.all(Array.from({ length: senders }, sender));
  return promised;
}
