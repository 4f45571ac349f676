import { setTimeout as pause } from 'node:timers/promises';
import { type DocumentDetail, nameOf, Refusal, type Taken } from '../gateway.ts';
import { printTable } from '../table.ts';
import { readDocumentFile } from './document-file.ts';
import { findNumber, findText, getText, getWord, type Given, JSON_OPTION, printAnswer, type Verb } from './verb.ts';

const LOOK_EVERY_MS = 250;

export const submit: Verb = {
  usage: 'submit FILE --source SOURCE',
  what: 'send a document in, and wait for what becomes of its orders',
  help: `  --source SOURCE  the source that the document is from; its key is used, or a person's token for the desk
  --key KEY        Idempotency-Key: the same key and document again give the same answer
  --wait SECONDS   how long to wait; 30 without
  --json           the document as the API shows it

The exit code is 1 if the document, or an order of it, is refused.`,
  options: { source: { type: 'string' }, key: { type: 'string' }, wait: { type: 'string' }, ...JSON_OPTION },
  words: 1,
  run: async (given) => {
    const document = await bring(given);
    printAnswer(given, document, print);
    return document.state === 'refused' || document.orders.items.some(({ state }) => state === 'rejected') ? 1 : 0;
  },
};

async function bring(given: Given): Promise<DocumentDetail> {
  const { gateway, varDir, keyOf } = given.connection;
  const source = getText(given, 'source');
  const waitSeconds = findNumber(given, 'wait') ?? 30;
  const giveUpAt = Date.now() + waitSeconds * 1000;
  const { bytes, contentType } = await readDocumentFile(getWord(given, 0), varDir);
  const key = findText(given, 'key');
  const headers = {
    ...(contentType !== undefined && { 'Content-Type': contentType }),
    ...(key !== undefined && { 'Idempotency-Key': key }),
    Prefer: `wait=${waitSeconds}`,
  };
  const token = keyOf(source);
  const path = `/v1/orders?source=${encodeURIComponent(source)}`;
  const documentId = await gateway.bring<Taken>(path, token, bytes, headers).then(
    (taken) => taken.documentId,
    (error: unknown) => getRejected(error),
  );
  for (;;) {
    const document = await gateway.get<DocumentDetail>(`/v1/documents/${documentId}?limit=200`, token);
    if (hasEnded(document) || Date.now() > giveUpAt) return document;
    await pause(LOOK_EVERY_MS);
  }
}

/** A rejected order came in like any other. @throws whatever else went wrong */
function getRejected(error: unknown): string {
  const isRejection = error instanceof Refusal && nameOf(error.problem) === 'order-rejected';
  if (!isRejection || error.problem.documentId === undefined) throw error;
  return error.problem.documentId;
}

function hasEnded({ state, orderCount, orders: { items } }: DocumentDetail): boolean {
  const shown = Math.min(orderCount, 200);
  return (
    state === 'refused' ||
    (state !== 'received' && items.length >= shown && items.every((order) => order.automaticDoneAt !== null))
  );
}

function print({ documentId, state, orderCount, orders, findings }: DocumentDetail): string {
  const rows = orders.items
    .toReversed()
    .map(({ poNumber, state: orderState, productionOrderId, orderId }) => [
      poNumber ?? '',
      orderState,
      productionOrderId ?? '',
      orderId,
    ]);
  return [
    `document ${documentId}: ${state}, ${orderCount} orders`,
    ...(rows.length > 0 ? [printTable(['PO number', 'state', 'production', 'order'], rows)] : []),
    ...findings.map(({ code, disposition, message }) => `${code} (${disposition}): ${message}`),
  ].join('\n');
}
