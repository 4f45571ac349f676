import { describe, expect, test } from '@jest/globals';
import { readPage } from '../../../orders/formats/json-page.ts';
import { pollProfile } from '../../../orders/poll-profile.ts';

const TOKEN = { orders: '/orders', cursor: { kind: 'page', next: '/next' } } as const;
const LAST_ID = { orders: '', cursor: { kind: 'order', field: '/id' } } as const;

const read = (text: string, profile: Parameters<typeof readPage>[1] = TOKEN) => {
  const { page, findings } = readPage(Buffer.from(text), profile);
  if (!page) return findings.map(({ code, location }) => [code, location.pointer]);
  return { orders: page.orders.map((bytes) => Buffer.from(bytes).toString()), next: page.next };
};

describe('a page of an integration', () => {
  test('gives each order as its bytes stand, and the cursor', () => {
    expect(read('{"orders": [ {"n": 1.50, "ö": "x"},\n{"n":2} ], "next": "abc"}')).toEqual({
      orders: ['{"n": 1.50, "ö": "x"}', '{"n":2}'],
      next: 'abc',
    });
  });

  test('is the end of the list where there is no cursor', () => {
    expect(read('{"orders": [], "next": null}')).toEqual({ orders: [], next: null });
    expect(read('{"orders": [{}]}')).toEqual({ orders: ['{}'], next: null });
  });

  test('may be the list itself, its last order the cursor, exact to the last digit', () => {
    expect(read('\ufeff[{"id": 1}, {"id": 820982911946154508}]', LAST_ID)).toMatchObject({
      next: '820982911946154508',
    });
    expect(read('[]', LAST_ID)).toEqual({ orders: [], next: null });
  });

  test('may have its list deeper, under names with slashes', () => {
    const profile = { orders: '/data/a~1b/0', cursor: { kind: 'page', next: '/links/next~0' } } as const;
    expect(read('{"data": {"a/b": [[{"n":1}]]}, "links": {"next~": 7}}', profile)).toEqual({
      orders: ['{"n":1}'],
      next: '7',
    });
  });

  test.each([
    ['cut off', '{"orders": [{"n":1}], "next": "a', 'JSON.SYNTAX'],
    ['with two lists', '{"orders": [], "orders": [{}]}', 'JSON.PAGE'],
    ['with two cursors', '{"orders": [{}], "next": "a", "next": "b"}', 'JSON.PAGE'],
    ['without its list', '{"order": []}', 'JSON.PAGE'],
    ['with another kind of list', '{"orders": {"0": {}}}', 'JSON.PAGE'],
    ['with something else among its orders', '{"orders": [{}, "order"]}', 'JSON.PAGE'],
    ['with an empty cursor', '{"orders": [{}], "next": ""}', 'JSON.PAGE'],
    ['with a cursor that is none', '{"orders": [{}], "next": {"page": 2}}', 'JSON.PAGE'],
    ['that is no JSON', '<orders/>', 'JSON.SYNTAX'],
    ['that is empty', '', 'JSON.SYNTAX'],
  ])('%s gives no order at all', (_what, text, code) => {
    expect(read(text)).toEqual([[code, expect.any(String)]]);
  });

  test('whose last order has no cursor gives no order, and says where', () => {
    expect(read('[{"id":1},{"number":2}]', LAST_ID)).toEqual([['JSON.PAGE', '/1/id']]);
  });
});

describe('where an integration may be', () => {
  const isTaken = (url: string): boolean => pollProfile.safeParse({ url }).success;
  test.each([
    'https://shop.example/orders',
    'http://127.0.0.1:3200/orders',
    'http://localhost/orders',
    'http://[::1]/o',
  ])('%s is taken', (url) => {
    expect(isTaken(url)).toBe(true);
  });
  test.each([
    'http://shop.example/orders',
    'http://127.0.0.1.shop.example/orders',
    'http://localhost.shop.example/',
    'http://169.254.169.254/latest/meta-data',
    'https://user:secret@shop.example/',
    'file:///etc/passwd',
    'ftp://127.0.0.1/',
    'orders',
  ])('%s is not', (url) => {
    expect(isTaken(url)).toBe(false);
  });
});
