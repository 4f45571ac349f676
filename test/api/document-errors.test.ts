import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readSettings } from '../../config.ts';
import { getDocument } from '../../db/documents.ts';
import { createLog } from '../../log.ts';
import { type House, openHouse } from '../support/house.ts';
import { until } from '../workflows/people.ts';
import { listen } from './gateway.ts';

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

const bearer = (source: string) => ({ Authorization: `Bearer ${house.credentials.sources[source] ?? ''}` });

const HEADER = 'poNumber,orderDate,currency,customerId,sku,quantity,unitPrice,total';
const GOOD = 'E-1,2026-11-23,USD,C-1001,SKU-1,1,19.99,19.99';
const BAD = 'E-2,2026-11-23,USD,C-1001,=SKU-2,1,"19,990",19.99';

async function send(...rows: readonly string[]): Promise<string> {
  const body = Buffer.from([HEADER, ...rows, ''].join('\n'));
  const sent = await gateway.call('POST', '/v1/orders', {
    body,
    headers: { 'Content-Type': 'text/csv', ...bearer('web-shop') },
  });
  const { documentId } = sent.body as { readonly documentId: string };
  await until(async () => (await getDocument(house.store, documentId)).state === 'processed' || undefined);
  return documentId;
}

const fetchErrors = (documentId: string, source = 'web-shop') =>
  fetch(`${gateway.url}/v1/documents/${documentId}/errors.csv`, { headers: bearer(source) });

test('the rows of refused orders are given back with their errors, and none of another source', async () => {
  const documentId = await send(GOOD, BAD);
  const answer = await fetchErrors(documentId);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toMatch(/^text\/csv/);
  const [header, row, end] = Buffer.from(await answer.arrayBuffer())
    .toString()
    .split('\r\n');
  expect(header).toBe(`\ufeff${HEADER},error`);
  expect(row).toMatch(
    /^E-2,2026-11-23,USD,C-1001,"'=SKU-2",1,"19,990",19.99,"?Column ""unitPrice"" of row 3 can be read in two ways/,
  );
  expect(end).toBe('');
  expect((await fetchErrors(documentId, 'api-zapco')).status).toBe(404);
});
