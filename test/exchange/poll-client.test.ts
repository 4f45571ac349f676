import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, expect, test } from '@jest/globals';
import { fetchPage, type PageQuestion, type PollLimits } from '../../exchange/poll-client.ts';
import { pollProfile } from '../../orders/poll-profile.ts';

const NOW = new Date('2026-11-23T09:00:00Z');
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

const serve = async (listener: RequestListener): Promise<string> => {
  const server = createServer(listener);
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
};
const ask = (url: string, said: object = {}, question: Partial<PageQuestion> = {}, limits: PollLimits = {}) =>
  fetchPage(
    { profile: pollProfile.parse({ url, ...said }), cursor: null, secret: 'a key', now: NOW, ...question },
    limits,
  );

test('a page is asked for with key, size and cursor, beside the parameters of the address', async () => {
  const asked: unknown[] = [];
  const url = await serve((request, response) => {
    asked.push([request.url, request.headers.authorization]);
    response.end('[]');
  });
  await ask(`${url}/orders?status=any`, { pageSize: 50 }, { cursor: 'a&b=c' });
  expect(asked).toEqual([['/orders?status=any&limit=50&cursor=a%26b%3Dc', 'Bearer a key']]);
});

test.each([
  [{ kind: 'header', name: 'X-Shop-Token' }, { 'x-shop-token': 'a key' }],
  [{ kind: 'basic', user: 'ck' }, { authorization: `Basic ${Buffer.from('ck:a key').toString('base64')}` }],
  [{ kind: 'none' }, {}],
])('the key goes where the profile says: %j', async (auth, expected) => {
  let sent: NodeJS.Dict<unknown> = {};
  const url = await serve((request, response) => {
    sent = request.headers;
    response.end('[]');
  });
  await ask(url, { auth });
  expect(sent).toMatchObject(expected);
  if (auth.kind === 'none') expect(JSON.stringify(sent)).not.toContain('a key');
});

test('a redirect is not followed, so nobody else gets the key', async () => {
  let visited = false;
  const elsewhere = await serve((_request, response) => {
    visited = true;
    response.end('[]');
  });
  const url = await serve((_request, response) => response.writeHead(302, { Location: elsewhere }).end());
  expect(await ask(url)).toEqual({ kind: 'failed', code: 'redirected' });
  expect(visited).toBe(false);
});

test.each([
  ['90', 90],
  ['Mon, 23 Nov 2026 09:02:00 GMT', 120],
  ['Mon, 23 Nov 2026 08:00:00 GMT', 0],
  ['soon', undefined],
])('it is told how long the integration asks us to wait: %s', async (header, seconds) => {
  const url = await serve((_request, response) => response.writeHead(429, { 'Retry-After': header }).end('busy'));
  const expected = seconds === undefined ? {} : { retryAfterSeconds: seconds };
  expect(await ask(url)).toEqual({ kind: 'failed', code: 'status_429', ...expected });
});

test('a page that is too large is not read to its end, packed or not', async () => {
  const url = await serve((request, response) => {
    const page = Buffer.alloc(100_000, ' ');
    if (request.url?.startsWith('/packed') === true)
      response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(gzipSync(page));
    else response.end(page);
  });
  for (const path of ['/plain', '/packed'])
    expect(await ask(url + path, {}, {}, { largestPage: 99_999 })).toEqual({ kind: 'failed', code: 'page_too_large' });
  expect(await ask(`${url}/packed`, {}, {}, { largestPage: 100_000 })).toMatchObject({ kind: 'page' });
});

test('a page that does not come, or not to its end, is waited for no longer than the limit', async () => {
  const url = await serve((request, response) => {
    if (request.url?.startsWith('/half') === true) response.writeHead(200).write('{"orders": [');
  });
  for (const path of ['/never', '/half'])
    expect(await ask(url + path, {}, {}, { timeoutMs: 100 })).toEqual({ kind: 'failed', code: 'timeout' });
});

test('an integration that is away is told from one that refuses', async () => {
  const url = await serve((request) => request.socket.destroy());
  expect(await ask(url)).toEqual({ kind: 'failed', code: 'unreachable' });
});
