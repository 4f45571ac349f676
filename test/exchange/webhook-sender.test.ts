import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createWebhookSender, type WebhookMessage } from '../../exchange/webhook-sender.ts';
import { openReceiver, type Receiver } from '../support/receiver.ts';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const MESSAGE = { id: 'm1', body: Buffer.from('{}'), secrets: [SECRET] };

let receivers: Receiver[] = [];
afterEach(async () => {
  await Promise.all(receivers.map((one) => one.close()));
  receivers = [];
});
async function givenReceiver(...answer: Parameters<typeof openReceiver>): Promise<Receiver> {
  const receiver = await openReceiver(...answer);
  receivers.push(receiver);
  return receiver;
}
const post = (url: string, { allowPrivate = false, ...changes }: Partial<WebhookMessage> & { allowPrivate?: boolean } = {}) =>
  createWebhookSender({ allowPrivate, timeoutMs: 1000 })({ ...MESSAGE, url, ...changes }); // prettier-ignore
const NOT_ALLOWED = { kind: 'failed', code: 'address_not_allowed', about: 'destination' };

describe('an address of our own network', () => {
  test.each([
    'http://127.0.0.1:1/', 'http://[::1]:1/', 'https://127.0.0.1:1/', 'https://10.0.0.8/', 'https://192.168.1.1/', 'https://172.16.0.1/',
    'https://169.254.169.254/latest/meta-data/', 'https://100.64.0.1/', 'https://0.0.0.0/', 'https://[fe80::1]/', 'https://[fd00::1]/',
    'https://[::ffff:127.0.0.1]/', 'https://[::ffff:a9fe:a9fe]/', 'https://0x7f000001/', 'https://2130706433/', 'https://127.1/',
    'http://localhost:1/', 'https://[64:ff9b::7f00:1]/', 'https://[::]/',
  ])('is not called: %s', async (url) => {
    expect(await post(url)).toEqual(NOT_ALLOWED);
  }); // prettier-ignore

  test('is not called behind a name either: what counts is the address that the connection is made to', async () => {
    const receiver = await givenReceiver();
    expect(await post(receiver.url.replace('127.0.0.1', 'localhost'))).toEqual(NOT_ALLOWED);
    expect(receiver.received).toEqual([]);
  });

  test('is called where the settings allow it, or name it', async () => {
    const receiver = await givenReceiver();
    expect(await post(receiver.url)).toEqual(NOT_ALLOWED);
    expect(await post(receiver.url, { allowPrivate: true })).toEqual({ kind: 'delivered' });
    expect(await post(receiver.url, { isTrusted: true })).toEqual({ kind: 'delivered' });
    expect(receiver.received).toHaveLength(2);
  });

  test('is not called because an answer from elsewhere says so', async () => {
    const inside = await givenReceiver();
    const outside = await givenReceiver(() => ({ status: 307, headers: { Location: inside.url } }));
    const sent = await post(outside.url, { allowPrivate: true });
    expect(sent).toEqual({ kind: 'failed', code: 'redirected', about: 'destination' });
    expect(inside.received).toEqual([]);
  });
});

describe('an answer', () => {
  const answered = async (status: number, headers: Readonly<Record<string, string>> = {}) =>
    post((await givenReceiver(() => ({ status, headers }))).url, { allowPrivate: true });

  test.each([200, 201, 202, 204])('%i: taken', async (status) => {
    expect(await answered(status)).toEqual({ kind: 'delivered' });
  });

  test.each([400, 409, 413, 422])('%i: this message is not taken', async (status) => {
    expect(await answered(status)).toEqual({ kind: 'failed', code: `status_${String(status)}`, about: 'message' });
  });

  test.each([401, 404, 500, 502])('%i: no message would be taken', async (status) => {
    expect(await answered(status)).toEqual({ kind: 'failed', code: `status_${String(status)}`, about: 'destination' });
  });

  test('410: nothing is wanted any more', async () => {
    expect(await answered(410)).toEqual({ kind: 'gone', code: 'status_410' });
  });

  test('with Retry-After, in seconds or as a date, asks us to wait', async () => {
    expect(await answered(503, { 'Retry-After': '17' })).toMatchObject({ retryAfterSeconds: 17 });
    const at = new Date(Date.now() + 60_000).toUTCString();
    const sent = await answered(429, { 'Retry-After': at });
    expect((sent as { retryAfterSeconds?: number }).retryAfterSeconds).toBeGreaterThan(50);
    expect(await answered(503, { 'Retry-After': 'soon' })).not.toHaveProperty('retryAfterSeconds');
  });

  test('of any length is not read', async () => {
    const receiver = await givenReceiver(() => ({ status: 200, body: 'x'.repeat(50_000_000) }));
    const before = process.memoryUsage().rss;
    expect(await post(receiver.url, { allowPrivate: true })).toEqual({ kind: 'delivered' });
    expect(process.memoryUsage().rss - before).toBeLessThan(150_000_000);
  });

  test('that does not come, or is no HTTP, is a failure in a word', async () => {
    const silent = await givenReceiver(() => ({ status: 200, isSilent: true }));
    expect(await post(silent.url, { allowPrivate: true })).toMatchObject({ code: 'timeout', about: 'destination' });
    const gone = await openReceiver();
    await gone.close();
    expect(await post(gone.url, { allowPrivate: true })).toMatchObject({ code: 'econnrefused' });
    const noTls = await givenReceiver();
    expect(await post(noTls.url.replace('http:', 'https:'), { allowPrivate: true })).toMatchObject({ kind: 'failed' });
  });

  test('that goes over to another protocol keeps nobody waiting', async () => {
    const upgrading = createServer((socket) => {
      socket.once('data', () => socket.write('HTTP/1.1 101 Other\r\nUpgrade: other\r\nConnection: Upgrade\r\n\r\n'));
      socket.on('error', () => undefined);
    });
    await once(upgrading.listen(0, '127.0.0.1'), 'listening');
    const url = `http://127.0.0.1:${String((upgrading.address() as AddressInfo).port)}/`;
    const failed = { kind: 'failed', code: 'unreachable', about: 'destination' };
    expect(await post(url, { allowPrivate: true })).toEqual(failed);
    upgrading.close();
  });
});
