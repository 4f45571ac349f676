import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { takeDocument } from '../../activities/take-document.ts';
import { getDocument } from '../../db/documents.ts';
import { getSource } from '../../db/sources.ts';
import { documentStart } from '../../workflows/contract.ts';
import type { documentWorkflow } from '../../workflows/index.ts';
import { type House, openHouse } from '../support/house.ts';
import { makeOrderJson } from '../support/order-factory.ts';
import { makeInterchange } from './edi-document.ts';

/*
 * Documents with hundreds of orders. What a document of thousands costs follows from the bounds that are held here: a run
 * may have 50,000 events, and Temporal warns from 10,000 on.
 */

/** `LARGE_DOCUMENT_ORDERS=5000` tries it with thousands, which takes minutes. */
const ORDERS = Number(process.env['LARGE_DOCUMENT_ORDERS'] ?? 250);
/** Events of a document's run: a few, and some for each page of orders that is started. */
const mostEventsOf = (orders: number): number => 25 + 7 * Math.ceil(orders / 200);
const MOST_OF_AN_ORDER = 60;

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house.close());

/** Every third order is good; the others wait for a reviewer. */
const isHeld = (position: number): boolean => position % 3 !== 0;

function makeList(): string {
  const orders = Array.from({ length: ORDERS }, (_, position) =>
    makeOrderJson(isHeld(position) ? { total: '1.00' } : {}),
  );
  return JSON.stringify(orders);
}

/** Two rows for each order, so that its total stands on both. */
function makeCsv(): string {
  const header =
    'poNumber,orderDate,currency,customerId,shipTo.name,shipTo.line1,shipTo.city,shipTo.region,shipTo.postalCode,shipTo.country,sku,quantity,unitPrice,total';
  const run = Date.now().toString(36);
  const rows = Array.from({ length: ORDERS }, (_, position) => {
    const total = isHeld(position) ? '1.00' : '10.50';
    const row = `L-${run}-${String(position)},2026-11-23,USD,C-1001,Pat Example,1 Market St,San Francisco,CA,94105,US,SKU-2,1,5.25,${total}`;
    return `${row}\n${row}\n`;
  });
  return `${header}\n${rows.join('')}`;
}

const DOCUMENTS = {
  json: { source: 'web-shop', make: makeList },
  csv: { source: 'web-shop', make: makeCsv },
  x12: { source: 'edi-northwind', make: () => makeInterchange({ orders: ORDERS, isHeld }) },
} as const;

const lengthOf = async (workflowId: string): Promise<number> =>
  (await house.client.workflow.getHandle(workflowId).describe()).historyLength;

describe('a document of hundreds of orders, two thirds of which wait for a person', () => {
  test.each(['json', 'csv', 'x12'] as const)(
    'goes through as %s, with a history that grows by pages and not by orders',
    async (format) => {
      const { source, make } = DOCUMENTS[format];
      const profile = await getSource(house.store, source);
      const { documentId = '' } = await takeDocument(house.store, profile, { bytes: Buffer.from(make()) });
      const document = await getDocument(house.store, documentId);
      expect(document.format).toBe(format);
      const outcome = await house.client.workflow.execute<typeof documentWorkflow>(
        'documentWorkflow',
        documentStart(document),
      );
      expect(outcome).toEqual({ state: 'processed', orders: ORDERS });
      const orders = await house.store.db
        .selectFrom('orders')
        .select(['id', 'state'])
        .where('document_id', '=', documentId)
        .execute();
      const counts = Object.fromEntries([...Map.groupBy(orders, ({ state }) => state)].map(([state, all]) => [state, all.length])); // prettier-ignore
      const good = Math.ceil(ORDERS / 3);
      expect(counts).toEqual({ completed: good, in_review: ORDERS - good });
      expect(await lengthOf(`document:${documentId}`)).toBeLessThanOrEqual(mostEventsOf(ORDERS));
      expect(mostEventsOf(5000)).toBeLessThan(10_000);
      const lengths = await Promise.all(orders.slice(0, 30).map(({ id }) => lengthOf(`order:${id}`)));
      expect(Math.max(...lengths)).toBeLessThanOrEqual(MOST_OF_AN_ORDER);
    },
    180_000 + ORDERS * 300,
  );
});
