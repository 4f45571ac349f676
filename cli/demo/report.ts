import { resolve } from 'node:path';
import type { Seen, SeenOrder } from '../samples/compare.ts';
import type { Sample } from '../samples/samples.ts';
import type { Stack } from '../stack.ts';
import { PUSHING } from '../stack/channels.ts';
import { printTable } from '../table.ts';
import type { Created } from './production.ts';

/** One order of the demonstration, or a document that became none. */
export interface Row {
  readonly source: string;
  readonly file: string;
  /** What the sample shows. */
  readonly what: string;
  readonly documentId: string | null;
  readonly orderId: string | null;
  readonly poNumber: string | null;
  /** The order's state, or `refused`. */
  readonly state: string;
  /** Codes of the holds or findings, the production order, or who decided. */
  readonly reason: string;
  /** From arrival to the end of the automatic part, in milliseconds. */
  readonly tookMs: number | null;
  /** Whether this document was sent before, and so is the order that came of it. */
  readonly again: boolean;
}

/** All that the demonstration found. */
export interface Report {
  /** Whether every sample ended as its expectation says. */
  readonly ok: boolean;
  readonly rows: readonly Row[];
  readonly created: Created;
  /** Production orders in all. */
  readonly productionOrders: number;
  /** New orders of which the reference integration was told, by signed webhook. */
  readonly told: readonly string[];
  /** Where it did not, in words, with the sample's file. */
  readonly differences: readonly string[];
}

/** One row for each order, and one for what was refused of a document. */
export function makeRows(sample: Sample, { documentId, orders, refused }: Seen): readonly Row[] {
  const { source, file, what, again } = sample;
  const common = { source, file, what, documentId, again };
  const rows = orders.map((order): Row => {
    const { orderId, poNumber, state, tookMs } = order;
    return {
      ...common,
      orderId,
      poNumber,
      state,
      reason: again ? 'sent again: the same order' : explain(order),
      tookMs,
    };
  });
  if (refused.length === 0) return rows;
  const reason = [...new Set(refused)].join(', ');
  return [...rows, { ...common, orderId: null, poNumber: null, state: 'refused', reason, tookMs: null }];
}

function explain({ state, holds, findings, decidedBy, productionOrderId }: SeenOrder): string {
  const codes = [...new Set(state === 'in_review' || state === 'held' ? holds : findings)];
  const decided = decidedBy === null ? [] : [`decided by ${decidedBy}`];
  return [...(productionOrderId === null ? [] : [productionOrderId]), ...decided, ...codes].join(', ');
}

/** The report for a person. */
export function printReport(report: Report): string {
  const { rows, created, productionOrders, told, differences } = report;
  const orders = new Set(rows.flatMap(({ orderId }) => orderId ?? [])).size;
  const counts = [
    `${new Set(rows.map(({ documentId, file }) => documentId ?? file)).size} documents became ${orders} orders, ${created.orders.length} of them new;`,
    `production has ${productionOrders} orders, ${created.productionOrders.length} of them new.`,
  ];
  const verdict =
    differences.length === 0
      ? ['Every sample ended as expected.']
      : [`${differences.length} differences from what was expected:`, ...differences.map((line) => `  ${line}`)];
  const telling = told.length === 0 ? [] : [`${PUSHING} was told of ${told.length} orders by signed webhook.`];
  return [printRows(rows), '', counts.join(' '), ...telling, ...verdict].join('\n');
}

function printRows(rows: readonly Row[]): string {
  const cells = rows.map(({ source, poNumber, file, state, reason, tookMs }) => [
    source,
    poNumber ?? `(${file.split('/').at(-1) ?? file})`,
    state,
    tookMs === null ? '' : `${(tookMs / 1000).toFixed(2)} s`,
    reason,
  ]);
  return printTable(['source', 'PO number', 'state', 'time', 'reason'], cells, [3]);
}

/** The report for a program. */
export function toJson(report: Report, stack: Stack): object {
  const { ok, rows, created, productionOrders, told, differences } = report;
  return {
    ok,
    orders: rows,
    created: { orders: created.orders.length, productionOrders: created.productionOrders.length },
    productionOrders,
    told,
    differences,
    urls: listUrls(stack),
    credentialsFile: stack.credentialsFile,
  };
}

/** Where everything is. */
function listUrls({ gatewayUrl, backOfficeUrl, temporal }: Stack): Readonly<Record<string, string>> {
  return {
    gateway: gatewayUrl,
    'type an order': `${gatewayUrl}/orders/new`,
    'API documents': `${gatewayUrl}/docs`,
    ...(temporal.uiUrl !== undefined && { 'Temporal Web UI': `${temporal.uiUrl}/namespaces/${temporal.namespace}` }),
    'back office': backOfficeUrl,
  };
}

/** The places that a person goes to next. */
export function printPlaces(stack: Stack): string {
  const places = { ...listUrls(stack), 'keys and tokens': stack.credentialsFile, 'EDI inbox and outbox': stack.ediDir };
  const width = Math.max(...Object.keys(places).map((name) => name.length));
  return Object.entries(places)
    .map(([name, place]) => `  ${name.padEnd(width)}  ${place}`)
    .join('\n');
}

/** How a person decides an order that waits. Sofia is a supervisor, so no hold is beyond her. */
export function printHowToDecide({ rows }: Report, { gatewayUrl, credentialsFile, varDir }: Stack): string {
  const waiting = rows.find(({ state, again }) => state === 'in_review' && !again);
  if (waiting?.orderId == null) return '';
  const folder = varDir === resolve('var') ? '' : `VAR_DIR='${varDir}' `;
  const token = `$(node -p 'require("${credentialsFile}").people.sofia')`;
  return `Orders in review wait for a person. To let ${waiting.poNumber ?? 'one'} (${waiting.reason}) go on, in another terminal:
  ${folder}npm run orders -- approve ${waiting.orderId} --as sofia --reason 'settled by phone'
or without this program:
  curl -X POST ${gatewayUrl}/v1/orders/${waiting.orderId}/review/approve \\
    -H "Authorization: Bearer ${token}" -H 'Content-Type: application/json' \\
    -d '{"revision":1,"reason":"settled by phone"}'
`;
}
