import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readSettings } from '../../config.ts';
import { getDocument } from '../../db/documents.ts';
import { createLog } from '../../log.ts';
import { type House, openHouse } from '../support/house.ts';
import { makeOrderJson } from '../support/order-factory.ts';
import { until } from '../workflows/people.ts';
import { makeInterchange } from '../workflows/edi-document.ts';
import { type Answer, listen, membersOf } from './gateway.ts';

/* Documents of every format through the gateway, a real Temporal server and real workers. */

let house: House;
let gateway: Awaited<ReturnType<typeof listen>>;
beforeAll(async () => {
  house = await openHouse();
  const { store, client: temporal, backOffice } = house;
  const log = createLog('gateway', 'silent');
  gateway = await listen({ store, temporal, backOffice, settings: readSettings({}), log, now: () => new Date() });
});
afterAll(async () => {
  await gateway.close();
  await house.close();
});

const bearer = (who: string) => {
  const { sources, people } = house.credentials;
  return { Authorization: `Bearer ${sources[who] ?? people[who] ?? ''}` };
};

interface Sending {
  readonly type?: string;
  readonly as?: string;
  readonly wait?: boolean;
}

const post = (path: string, body: string, { type, as = 'web-shop', wait = false }: Sending = {}): Promise<Answer> => {
  const headers = { 'Content-Type': type ?? '', ...bearer(as), ...(wait && { Prefer: 'wait=30' }) };
  return gateway.call('POST', path, { body: Buffer.from(body), headers });
};
const get = (path: string, as = 'web-shop'): Promise<Answer> => gateway.call('GET', path, { headers: bearer(as) });

interface OrderItem {
  readonly orderId: string;
  readonly poNumber: string;
  readonly state: string;
}
const itemsOf = (shown: Answer['body']): readonly OrderItem[] => shown.orders.items as OrderItem[];
const orderIdIn = (shown: Answer['body'], poNumber: unknown): string =>
  itemsOf(shown).find((item) => item.poNumber === poNumber)?.orderId ?? '';

/** The document when its orders are through. */
async function readProcessed(documentId: string, as?: string): Promise<Answer['body']> {
  await until(async () => ((await getDocument(house.store, documentId)).state !== 'processed' ? undefined : true));
  return (await get(`/v1/documents/${documentId}`, as)).body;
}

async function readBytes(path: string, as = 'web-shop'): Promise<string> {
  const response = await fetch(gateway.url + path, { headers: bearer(as) });
  expect(response.status).toBe(200);
  return response.text();
}

let count = 0;
const nextNumber = (): string => `F-${Date.now().toString(36)}-${String((count += 1))}`;

const xmlOrder = (poNumber: string): string => `<order>
  <poNumber>${poNumber}</poNumber><orderDate>2026-11-23</orderDate><currency>USD</currency><customerId>C-1001</customerId>
  <shipTo><name>Pat Example</name><lines><line>1 Market St</line></lines><city>San Francisco</city><region>CA</region>
    <postalCode>94105</postalCode><country>US</country></shipTo>
  <payment><method>terms</method><terms>NET30</terms></payment>
  <lines><line><line>1</line><sku>SKU-1</sku><quantity>10</quantity><unitPrice>19.99</unitPrice></line></lines>
  <total>199.90</total>
</order>`;

const CSV_HEADER =
  'poNumber,orderDate,currency,customerId,shipTo.name,shipTo.line1,shipTo.city,shipTo.region,shipTo.postalCode,shipTo.country,sku,quantity,unitPrice,total\n';
const csvRow = (poNumber: string, sku: string, quantity: number, unitPrice: string, total: string): string =>
  `${poNumber},2026-11-23,USD,C-1001,Pat Example,1 Market St,San Francisco,CA,94105,US,${sku},${String(quantity)},${unitPrice},${total}\n`;

describe('a list of orders as JSON', () => {
  test('is kept whole, split, and each order goes its own way; the document can be read again to the byte', async () => {
    const good = makeOrderJson();
    const odd = makeOrderJson({ total: '1.00' });
    const list = ` [ ${JSON.stringify(good)},\n${JSON.stringify(odd)} ]\n`;
    const answer = await post('/v1/orders', list, { type: 'application/json' });
    const { documentId } = answer.body;
    expect(answer).toMatchObject({ status: 202, body: { orders: [], format: 'json', layout: 'canonical' } });
    expect(answer.headers.get('Location')).toBe(`/v1/documents/${documentId}`);
    const shown = await readProcessed(documentId);
    expect(shown).toMatchObject({ format: 'json', layout: 'canonical', why: 'it begins with [', orderCount: 2 });
    expect(Object.fromEntries(itemsOf(shown).map(({ poNumber, state }) => [poNumber, state]))).toEqual({
      [String(good['poNumber'])]: 'completed',
      [String(odd['poNumber'])]: 'in_review',
    });
    expect(await readBytes(`/v1/documents/${documentId}/content`)).toBe(list);
  });

  test('tells the place of any field, in the document and in the order', async () => {
    const order = makeOrderJson();
    const list = JSON.stringify([makeOrderJson(), order]);
    const { documentId } = (await post('/v1/orders', list)).body;
    const orderId = orderIdIn(await readProcessed(documentId), order['poNumber']);
    const query = 'path=/lines/0/quantity&path=/total&path=/billTo/city';
    const { status, body } = await get(`/v1/orders/${orderId}/places?${query}`);
    expect(status).toBe(200);
    expect(membersOf(body.items, 'path')).toEqual(['/lines/0/quantity', '/total', '/billTo/city']);
    const [quantity, total, billTo] = body.items;
    expect(list.slice(quantity.location.offset)).toMatch(/^"10"/);
    expect(quantity.location.pointer).toBe('/1/lines/0/quantity');
    const own = await readBytes(`/v1/orders/${orderId}/document`);
    expect(own.slice(total.offsetInOrder)).toMatch(/^"199.90"/);
    // The document does not have it: the place of the order that would.
    expect(billTo).toMatchObject({ location: { pointer: '/1' }, offsetInOrder: 0 });
    expect((await get(`/v1/orders/${orderId}/places?path=/total`, 'api-zapco')).status).toBe(404);
    expect((await get(`/v1/orders/${orderId}/places`)).status).toBe(400);
  });

  test('that is empty is refused, and says so', async () => {
    const { documentId } = (await post('/v1/orders', '[]', { type: 'application/json' })).body;
    await until(async () => ((await getDocument(house.store, documentId)).state === 'refused' ? true : undefined));
    expect((await get(`/v1/documents/${documentId}`)).body.findings).toMatchObject([{ code: 'JSON.EMPTY' }]);
    expect(await readBytes(`/v1/documents/${documentId}/content`)).toBe('[]');
  });
});

describe('an order as XML', () => {
  test('has its order at once, and who waits gets it as completed', async () => {
    const poNumber = nextNumber();
    const answer = await post('/v1/orders', xmlOrder(poNumber), { type: 'application/xml', wait: true });
    expect(answer).toMatchObject({
      status: 201,
      body: { format: 'xml', layout: 'canonical', orders: [{ state: 'completed' }] },
    });
    const { orderId } = answer.body.orders[0];
    expect((await get(`/v1/orders/${orderId}`)).body).toMatchObject({ poNumber, order: { total: '199.90' } });
    expect(await readBytes(`/v1/documents/${answer.body.documentId}/content`)).toBe(xmlOrder(poNumber));
    const { body } = await get(`/v1/orders/${orderId}/places?path=/lines/0/sku`);
    expect(xmlOrder(poNumber).slice(body.items[0].location.offset)).toMatch(/^<sku>|^SKU-1/);
  });

  test('is told from its bytes where the type is wrong', async () => {
    const answer = await post('/v1/orders', xmlOrder(nextNumber()), { type: 'application/json', wait: true });
    expect(answer).toMatchObject({
      status: 201,
      body: { format: 'xml', why: 'it begins with <, though it was declared as json' },
    });
  });

  test('that is broken is kept as refused', async () => {
    const answer = await post('/v1/orders', '<order><poNumber>P</order>', { type: 'application/xml' });
    expect(answer).toMatchObject({ status: 400, body: { type: '/problems/unreadable-document' } });
    expect(await getDocument(house.store, answer.body.documentId)).toMatchObject({ state: 'refused', format: 'xml' });
  });
});

describe('orders as CSV', () => {
  test('are split by their PO numbers, and the document can be read again to the byte', async () => {
    const [one, two] = [nextNumber(), nextNumber()];
    const csv =
      CSV_HEADER +
      csvRow(one, 'SKU-1', 10, '19.99', '210.40') +
      csvRow(one, 'SKU-2', 2, '5.25', '210.40') +
      csvRow(two, 'SKU-1', 10, '19.99', '199.90');
    const answer = await post('/v1/orders', csv, { type: 'text/csv' });
    expect(answer).toMatchObject({ status: 202, body: { orders: [], format: 'csv', layout: 'canonical' } });
    const { documentId } = answer.body;
    const shown = await readProcessed(documentId);
    expect(new Set(membersOf(shown.orders.items, 'poNumber'))).toEqual(new Set([one, two]));
    expect(membersOf(shown.orders.items, 'state')).toEqual(['completed', 'completed']);
    expect(await readBytes(`/v1/documents/${documentId}/content`)).toBe(csv);
    const orderId = orderIdIn(shown, two);
    const { body } = await get(`/v1/orders/${orderId}/places?path=/lines/0/sku`);
    expect(body.items[0].location).toMatchObject({ row: 4 });
    expect(await readBytes(`/v1/orders/${orderId}/document`)).toBe(
      CSV_HEADER + csvRow(two, 'SKU-1', 10, '19.99', '199.90'),
    );
  });
});

describe('a document of which content was erased', () => {
  test('is gone as a whole, and each other order stays', async () => {
    const leaving = makeOrderJson({ contact: { name: 'Lee Leaving', email: 'lee@example.com' } });
    const staying = makeOrderJson();
    const { documentId } = (await post('/v1/orders', JSON.stringify([leaving, staying]))).body;
    const shown = await readProcessed(documentId);
    const headers = bearer('ada');
    const body = { email: 'lee@example.com', reason: 'asked for' };
    const erased = await gateway.call('POST', '/v1/privacy/erase', { headers, body });
    expect(erased).toMatchObject({ status: 200, body: { erased: [expect.any(String)] } });
    expect(await get(`/v1/documents/${documentId}/content`)).toMatchObject({ status: 410 });
    const kept = orderIdIn(shown, staying['poNumber']);
    expect((await get(`/v1/orders/${kept}/document`)).status).toBe(200);
  });
});

describe('a dry run', () => {
  const validate = (body: string, query = '', sending: Sending = {}) =>
    post(`/v1/orders/validate${query}`, body, sending);

  test('judges each order of a list, a page at a time', async () => {
    const orders = [makeOrderJson(), makeOrderJson({ total: '1.00' }), makeOrderJson({ customerId: 'C-NONE' })];
    const first = await validate(JSON.stringify(orders), '?limit=2');
    expect(first).toMatchObject({ status: 200, body: { format: 'json', count: 3, next: 2, findings: [] } });
    const judged = first.body.orders as { findings: Record<string, string>[] }[];
    expect(judged.map(({ findings }) => membersOf(findings, 'code'))).toEqual([[], ['TOTAL.MISMATCH']]);
    const second = await validate(JSON.stringify(orders), '?from=2');
    expect(second.body).toMatchObject({ count: 3, next: null, orders: [{ order: { customerId: 'C-NONE' } }] });
  });

  test('takes XML, CSV and X12', async () => {
    expect((await validate(xmlOrder(nextNumber()))).body).toMatchObject({ count: 1, order: { total: '199.90' } });
    const csv = CSV_HEADER + csvRow(nextNumber(), 'SKU-1', 10, '19.99', '199.90');
    expect((await validate(csv)).body).toMatchObject({ format: 'csv', count: 1, order: { customerId: 'C-1001' } });
    const x12 = await validate(makeInterchange({ orders: 3 }), '', { as: 'edi-northwind' });
    expect(x12.body).toMatchObject({ format: 'x12', count: 3, orders: [{}, {}, {}] });
  });

  test('of an interchange that was cut off judges none of its orders', async () => {
    const { body } = await validate(makeInterchange({ orders: 3 }).slice(0, -20), '', { as: 'edi-northwind' });
    expect(body).toMatchObject({ count: 0, order: null });
    expect(membersOf(body.findings, 'code')).toContain('X12.IEA.MISSING');
  });
});
