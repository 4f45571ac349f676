import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { createBackOfficeClient } from '../../backoffice/http-client.ts';
import { type BackOffice, BackOfficeRefused, BackOfficeUnavailable } from '../../backoffice/port.ts';
import { connect, look, makeOrder, reservationOf, type RunningBackOffice, startBackOffice } from './back-office.ts';

/** What a call throws. */
async function failureOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('a reference server that is told to', () => {
  let running: RunningBackOffice;
  beforeEach(async () => {
    running = await startBackOffice();
  });
  afterEach(() => running.server.close());

  test('be slow makes the call time out, and the deed may be done all the same', async () => {
    const { backOffice } = connect(running.server.url, 100);
    await running.admin.setSwitches({ latencyMs: 500, jitterMs: 10, calls: ['reserve'] });
    const failure = await failureOf(backOffice.reserve(reservationOf('o-1', 1)));
    expect(failure).toBeInstanceOf(BackOfficeUnavailable);
    expect(String(failure)).toContain('did not answer reserve: no answer within 100 ms');
    expect((await look(running.backOffice, 'SKU-1')).available).toBe('100000');
    const deadline = Date.now() + 10_000;
    while ((await look(running.backOffice, 'SKU-1')).available !== '99999' && Date.now() < deadline) await delay(20);
    expect((await look(running.backOffice, 'SKU-1')).available).toBe('99999');
  });

  test('be absent cuts every call but those of the switches', async () => {
    await running.admin.setSwitches({ absent: true });
    expect(await failureOf(running.backOffice.ping())).toBeInstanceOf(BackOfficeUnavailable);
    expect(await failureOf(running.backOffice.searchCustomers('C'))).toBeInstanceOf(BackOfficeUnavailable);
    await running.admin.resetSwitches();
    await running.backOffice.ping();
  });

  test('fail answers so without doing anything, and says when to come back', async () => {
    await running.admin.setSwitches({ errorRate: 1, errorStatus: 503, retryAfterSeconds: 7 });
    const failure = await failureOf(running.backOffice.reserve(reservationOf('o-1', 1)));
    expect(failure).toBeInstanceOf(BackOfficeUnavailable);
    expect(failure).toMatchObject({ retryAfterSeconds: 7 });
    await running.admin.resetSwitches();
    expect((await look(running.backOffice, 'SKU-1')).available).toBe('100000');
  });

  test('lose an answer has done the work: the status tells, and the same key makes no second order', async () => {
    const { backOffice, admin } = running;
    const key = { orderId: 'o-1', revision: 1 };
    await admin.setSwitches({ loseAnswers: 1, times: 1, calls: ['submit'] });
    expect(await failureOf(backOffice.submit(key, makeOrder()))).toBeInstanceOf(BackOfficeUnavailable);
    const status = await backOffice.status(key);
    expect(status).toMatchObject({ state: 'accepted' });
    const again = await backOffice.submit(key, makeOrder());
    expect(again).toMatchObject({ productionOrderId: 'productionOrderId' in status && status.productionOrderId });
    expect((await admin.listProductionOrders()).live).toBe(1);
  });

  test('answer nonsense is not believed', async () => {
    const { backOffice, admin } = running;
    await admin.setSwitches({ wrongAnswers: 1 });
    const calls = [
      () => backOffice.ping(),
      () => backOffice.getFacts('o-1', makeOrder()),
      () => backOffice.reserve(reservationOf('o-1', 1)),
      () => backOffice.submit({ orderId: 'o-1', revision: 1 }, makeOrder()),
      () => backOffice.status({ orderId: 'o-1', revision: 1 }),
      () => backOffice.cancel({ orderId: 'o-1', revision: 1 }),
      () => backOffice.searchProducts('SKU'),
    ];
    for (const call of calls) expect(await failureOf(call())).toBeInstanceOf(BackOfficeUnavailable);
  });

  test('fail so many times behaves again afterwards', async () => {
    await running.admin.setSwitches({ errorRate: 1, times: 2 });
    await expect(running.backOffice.ping()).rejects.toThrow('status 500');
    await expect(running.backOffice.ping()).rejects.toThrow('status 500');
    await running.backOffice.ping();
    expect(await running.admin.getSwitches()).toMatchObject({ times: 0 });
  });

  test('fail at a rate fails about as often', async () => {
    await running.admin.setSwitches({ errorRate: 0.5 });
    const failures = await Promise.all(Array.from({ length: 200 }, () => failureOf(running.backOffice.ping())));
    const failed = failures.filter((failure) => failure !== undefined).length;
    // Six standard deviations to either side.
    expect(failed).toBeGreaterThan(58);
    expect(failed).toBeLessThan(142);
  });

  test('expect another key refuses the call for good', async () => {
    const stranger = createBackOfficeClient({ baseUrl: running.server.url, apiKey: 'another key', timeoutMs: 5000 });
    const failure = await failureOf(stranger.getFacts('o-1', makeOrder()));
    expect(failure).toBeInstanceOf(BackOfficeRefused);
    expect(failure).toMatchObject({ status: 401 });
  });
});

describe('the client', () => {
  /** Calls a server that always answers the same. */
  async function callWith(
    answer: RequestListener,
    call = (backOffice: BackOffice): Promise<unknown> => backOffice.status({ orderId: 'o-1', revision: 1 }),
  ): Promise<unknown> {
    const server = createServer(answer).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const baseUrl = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/erp/`;
    try {
      return await failureOf(call(connect(baseUrl, 500).backOffice));
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }

  test.each([408, 425, 429, 500, 502, 503, 504])('takes status %i for no answer', async (status) => {
    expect(await callWith((_, response) => response.writeHead(status).end())).toBeInstanceOf(BackOfficeUnavailable);
  });

  test.each([400, 401, 403, 404, 409, 410, 422])('takes status %i for a refusal', async (status) => {
    const failure = await callWith((_, response) => response.writeHead(status).end());
    expect(failure).toBeInstanceOf(BackOfficeRefused);
    expect(failure).toMatchObject({ status });
  });

  test('reads Retry-After in seconds and as a date', async () => {
    const after = (value: string) =>
      callWith((_, response) =>
        response.writeHead(429, { 'Retry-After': value }).end(),
      ) as Promise<BackOfficeUnavailable>;
    expect((await after('120')).retryAfterSeconds).toBe(120);
    const { retryAfterSeconds } = await after(new Date(Date.now() + 60_000).toUTCString());
    expect(retryAfterSeconds).toBeGreaterThan(55);
    expect(retryAfterSeconds).toBeLessThanOrEqual(60);
    expect((await after('Sun, 06 Nov 1994 08:49:37 GMT')).retryAfterSeconds).toBe(0);
    expect((await after('soon')).retryAfterSeconds).toBeUndefined();
  });

  test('takes no answer from elsewhere, where the key would go along', async () => {
    const seen: (string | undefined)[] = [];
    const failure = await callWith((request, response) => {
      seen.push(request.url);
      response.writeHead(307, { Location: '/elsewhere' }).end();
    });
    expect(failure).toBeInstanceOf(BackOfficeUnavailable);
    expect(seen).toEqual(['/erp/submissions/o-1/1']);
  });

  test('takes a body that stops halfway for no answer', async () => {
    const failure = await callWith((_, response) => {
      response.writeHead(200, { 'Content-Length': '1000' });
      response.write('{"state":');
    });
    expect(failure).toBeInstanceOf(BackOfficeUnavailable);
  });

  test('takes an answer that is no JSON for none', async () => {
    const failure = await callWith((_, response) => response.end('<html>Sign in</html>'));
    expect(String(failure)).toBe(
      'BackOfficeUnavailable: back office did not answer status: the answer does not have the agreed shape',
    );
  });

  const GOES = { line: '1', allocations: [{ warehouse: 'OAK', quantity: '2' }], waiting: '0' };
  test.each([
    ['less than nothing waits', [{ ...GOES, waiting: '-1' }]],
    ['less than nothing goes', [{ ...GOES, allocations: [{ warehouse: 'OAK', quantity: '-2' }] }]],
    ['a warehouse is named twice', [{ ...GOES, allocations: [...GOES.allocations, ...GOES.allocations] }]],
    ['a line has another name', [{ ...GOES, line: '7' }]],
    ['a line is missing', []],
    ['a line was not asked for', [GOES, GOES]],
  ])('takes a reservation by which %s for none', async (_, lines) => {
    const failure = await callWith(
      (__, response) => response.end(JSON.stringify({ reserved: true, lines })),
      (backOffice) => backOffice.reserve(reservationOf('o-1', 1)),
    );
    expect(failure).toBeInstanceOf(BackOfficeUnavailable);
    expect(failure).toMatchObject({ isGarbled: true });
  });

  test('never quotes an answer', async () => {
    const detail = 'Ada Person, ada@example.com';
    for (const status of [200, 400, 422, 500]) {
      const body = JSON.stringify({ title: detail, detail, code: detail, state: detail });
      expect(String(await callWith((_, response) => response.writeHead(status).end(body)))).not.toMatch(/Ada|ada@/);
    }
  });

  test('says that nobody listens', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const failure = await failureOf(connect(`http://127.0.0.1:${String(port)}`).backOffice.ping());
    expect(failure).toBeInstanceOf(BackOfficeUnavailable);
    expect(String(failure)).toContain('connection failed (ECONNREFUSED)');
  });

  test('sends production neither who typed the order nor what the sender added for itself', async () => {
    let sent = '';
    const server = createServer((request, response) => {
      request.on('data', (chunk: Buffer) => (sent += chunk.toString()));
      request.on('end', () => response.end('{"accepted":true,"productionOrderId":"X-1"}'));
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    const order = { ...makeOrder(), extensions: { loyalty: 'gold' } };
    const result = await connect(url).backOffice.submit({ orderId: 'o-1', revision: 1 }, order);
    server.closeAllConnections();
    server.close();
    expect(result).toEqual({ accepted: true, productionOrderId: 'X-1' });
    expect(JSON.parse(sent)).toMatchObject({ poNumber: 'PO-7731', contact: { name: 'Ada Person' } });
    expect(sent).not.toMatch(/op-7|loyalty|web-shop/);
  });
});
