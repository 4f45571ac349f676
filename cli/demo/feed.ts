import { existsSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import {
  type DocumentDetail,
  type Gateway,
  nameOf,
  type OrderDetail,
  type OrderPage,
  Refusal,
  type Taken,
} from '../gateway.ts';
import type { Seen, SeenOrder } from '../samples/compare.ts';
import { readSample, type Sample } from '../samples/samples.ts';
import { DEFAULT_SOURCES } from '../setup.ts';
import type { Stack } from '../stack.ts';
import { isPolled, isPushed, offer, push, type PushedAnswer } from './channels.ts';

/** How the samples go in. */
export interface Feeding {
  readonly stack: Stack;
  readonly gateway: Gateway;
  /** The samples' day, `YYYY-MM-DD`. */
  readonly today: string;
  /** Told which sample is under way. */
  readonly progress: (line: string) => void;
}

/** How long a sample may take in all; a machine that is busy with other things is slow. */
const PATIENCE_MS = 90_000;
const LOOK_EVERY_MS = 150;

/** Sources whose files go into their inboxes. */
const FILE_SOURCES = new Set(DEFAULT_SOURCES.filter(({ channel }) => channel === 'edi').map(({ id }) => id));

function isFile({ source }: Sample): boolean {
  return FILE_SOURCES.has(source);
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.json': 'application/json',
  '.xml': 'application/xml',
  '.csv': 'text/csv',
  '.edi': 'application/edi-x12',
};

/** What a door answered. */
interface Answered {
  readonly documentId: string | null;
  readonly refused: readonly string[];
}

/**
 * Brings every sample through the door of its source, one after the other, and reads what became of it. Files are put
 * into the inbox first, so that the batch works while the others go in.
 * @returns in the order of the samples
 */
export async function feedSamples(feeding: Feeding, samples: readonly Sample[]): Promise<readonly Seen[]> {
  const dropped = await dropFiles(feeding, samples);
  await offer(feeding.stack, samples, feeding.today);
  const seen: Seen[] = [];
  for (const [index, sample] of samples.entries()) {
    feeding.progress(`[${index + 1}/${samples.length}] ${sample.file}: ${sample.what}`);
    if (isFile(sample)) await untilTaken(dropped);
    seen.push(await readOutcome(feeding, sample, await send(feeding, sample)));
  }
  return seen;
}

/** Moves files into the inboxes as a partner's program would, and asks for a batch. @returns their paths */
async function dropFiles(feeding: Feeding, samples: readonly Sample[]): Promise<readonly string[]> {
  const { stack, gateway, today } = feeding;
  const paths: string[] = [];
  for (const { file, source, again } of samples.filter(isFile)) {
    const inbox = join(stack.ediDir, 'inbox', source);
    const path = join(inbox, `${again ? 'again-' : ''}${basename(file)}`);
    await mkdir(inbox, { recursive: true });
    // Whoever reads the inbox sees the whole file or none.
    await writeFile(`${path}.part`, readSample(file, today));
    await rename(`${path}.part`, path);
    paths.push(path);
  }
  if (paths.length > 0) await gateway.send('POST', '/v1/edi/run', tokenOf(stack, 'olivia'), {});
  return paths;
}

async function untilTaken(paths: readonly string[]): Promise<void> {
  const left = (): string | undefined => paths.find((path) => existsSync(path));
  await until(
    () => Promise.resolve(left() === undefined),
    () => `the EDI batch did not take ${left() ?? 'the files'}`,
  );
}

/**
 * Sends a document over HTTP with its source's key; a person's with the person's token. For an EDI file that the batch has
 * taken in this asks what became of it: the same content from the same source is the same document.
 */
async function send(feeding: Feeding, sample: Sample): Promise<Answered> {
  const { stack, gateway, today } = feeding;
  if (isPolled(sample)) return findPolled(feeding, sample);
  if (isPushed(sample)) return readPushed(await push(stack, sample, today));
  const { file, source, idempotencyKey } = sample;
  const token = stack.credentials.sources[source] ?? tokenOf(stack, 'olivia');
  const headers = {
    'Content-Type': CONTENT_TYPES[extname(file)] ?? 'application/octet-stream',
    Prefer: 'wait=30',
    ...(idempotencyKey !== undefined && { 'Idempotency-Key': idempotencyKey }),
  };
  try {
    const { documentId } = await gateway.bring<Taken>('/v1/orders', token, readSample(file, today), headers);
    return { documentId, refused: [] };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return readRefusal(error);
  }
}

/** What was pushed and cannot be read is kept as well, and answered with what is wrong. */
function readPushed({ documentId, findings = [] }: PushedAnswer): Answered {
  const codes = findings.filter(({ disposition }) => disposition === 'reject').map(({ code }) => code);
  return { documentId, refused: codes };
}

/** Waits until an order that the integration has was polled; it is found by its PO number. */
async function findPolled({ stack, gateway }: Feeding, { file, source, orders }: Sample): Promise<Answered> {
  const [poNumber = ''] = Object.keys(orders);
  const query = new URLSearchParams({ source, poNumber }).toString();
  const read = async (): Promise<string | undefined> => {
    const { items } = await gateway.get<OrderPage>(`/v1/orders?${query}`, tokenOf(stack, 'axel'));
    return items[0]?.documentId;
  };
  await until(
    async () => (await read()) !== undefined,
    () => `${file} was not polled`,
  );
  return { documentId: (await read()) ?? null, refused: [] };
}

/** A rejected order is an order still; anything else that is refused never became one. */
function readRefusal({ problem }: Refusal): Answered {
  const { documentId = null, findings = [] } = problem;
  if (nameOf(problem) === 'order-rejected') return { documentId, refused: [] };
  const codes = findings.filter(({ disposition }) => disposition === 'reject').map(({ code }) => code);
  return { documentId, refused: codes.length > 0 ? codes : [nameOf(problem)] };
}

async function readOutcome(feeding: Feeding, sample: Sample, { documentId, refused }: Answered): Promise<Seen> {
  if (documentId === null || refused.length > 0) return { documentId, refused, acknowledgments: [], orders: [] };
  const document = await readSettled(feeding, sample, documentId);
  const orders = await Promise.all(
    document.orders.items.toReversed().map(({ orderId }) => readOrder(feeding, orderId)),
  );
  return {
    documentId,
    refused: document.findings.filter(({ disposition }) => disposition === 'reject').map(({ code }) => code),
    acknowledgments: document.acknowledgments.filter(({ state }) => state !== 'pending').map(({ kind }) => kind),
    orders,
  };
}

/** The document when the automatic part of all its orders is over and what is to go out about it went out. */
async function readSettled({ stack, gateway }: Feeding, sample: Sample, documentId: string): Promise<DocumentDetail> {
  const read = (): Promise<DocumentDetail> =>
    gateway.get(`/v1/documents/${documentId}?limit=200`, tokenOf(stack, 'axel'));
  let document = await read();
  await until(
    async () => {
      document = await read();
      return isSettled(document, sample);
    },
    () => `${sample.file} did not come to an end: document ${documentId} is ${document.state}`,
  );
  return document;
}

function isSettled({ state, orderCount, orders: { items }, acknowledgments }: DocumentDetail, sample: Sample): boolean {
  const sent = acknowledgments.filter((acknowledgment) => acknowledgment.state !== 'pending').map(({ kind }) => kind);
  const hasSent = sample.acknowledgments.every((kind) => sent.includes(kind));
  const hasEnded = items.length === orderCount && items.every(({ automaticDoneAt }) => automaticDoneAt !== null);
  return hasSent && (state === 'refused' || (state !== 'received' && hasEnded));
}

async function readOrder({ stack, gateway }: Feeding, orderId: string): Promise<SeenOrder> {
  const order = await gateway.get<OrderDetail>(`/v1/orders/${orderId}`, tokenOf(stack, 'axel'));
  const { poNumber, state, receivedAt, automaticDoneAt, productionOrderId } = order;
  return {
    orderId,
    poNumber,
    state,
    findings: order.findings.map(({ code }) => code),
    holds: order.holds.map(({ code }) => code),
    decidedBy: order.decisions.findLast((decision) => decision.state === 'applied')?.actor ?? null,
    productionOrderId,
    receivedAt,
    tookMs: automaticDoneAt === null ? null : Date.parse(automaticDoneAt) - Date.parse(receivedAt),
  };
}

async function until(isSo: () => Promise<boolean>, complain: () => string): Promise<void> {
  const giveUpAt = Date.now() + PATIENCE_MS;
  while (!(await isSo())) {
    if (Date.now() > giveUpAt) throw new Error(complain());
    await pause(LOOK_EVERY_MS);
  }
}

/** @throws Error if there is no such person */
export function tokenOf({ credentials }: Pick<Stack, 'credentials'>, person: string): string {
  const token = credentials.people[person];
  if (token === undefined) throw new Error(`there is no "${person}" among the credentials`);
  return token;
}
