import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';

/** What came to a receiver. */
export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly at: number;
}

/** What a receiver answers. */
export interface ReceiverAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The connection is kept open without an answer. */
  readonly isSilent?: boolean;
  readonly afterMs?: number;
}

/** An HTTP server of somebody who is told by webhook. */
export interface Receiver {
  readonly url: string;
  readonly received: Received[];
  /** How many requests there were at most at one time. */
  readonly mostAtOnce: () => number;
  readonly close: () => Promise<void>;
}

/** @param answer what it answers to each message, in turn; 200 if nothing is said */
export async function openReceiver(
  answer: (message: Received, count: number) => ReceiverAnswer | undefined = () => undefined,
): Promise<Receiver> {
  const received: Received[] = [];
  let now = 0;
  let most = 0;
  const server = createServer((request, response) => {
    void (async () => {
      most = Math.max(most, (now += 1));
      const body = (await buffer(request)).toString();
      const message = { path: request.url ?? '', headers: request.headers, body, at: Date.now() };
      received.push(message);
      const said = answer(message, received.length) ?? { status: 200 };
      await pause(said.afterMs ?? 0);
      now -= 1;
      if (!said.isSilent) response.writeHead(said.status, said.headers).end(said.body);
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async (): Promise<void> => {
    server.close();
    server.closeAllConnections();
    await Promise.resolve();
  };
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/notices`;
  return { url, received, mostAtOnce: () => most, close };
}
