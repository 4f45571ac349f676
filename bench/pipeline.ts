import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { type Stack, startStack } from '../cli/stack.ts';

const ORDERS = Number(process.env['BENCH_ORDERS'] ?? 600);
const SENDERS = Number(process.env['BENCH_SENDERS'] ?? 40);
const WARM_UP = 60;
const ROUNDS = 2;

interface Measured {
  readonly perSecond: number;
  readonly medianMs: number;
  readonly p95Ms: number;
}

/**
 * Orders a second through the whole pipeline, from the HTTP request to the production order, and on the same server in the
 * same run the no-op workflow with six regular activities. Both are fed by the same number of senders, each waiting for one
 * before it sends the next, in turns, so that a noisy machine is noisy for both.
 */
export async function pipeline(): Promise<void> {
  const varDir = mkdtempSync(join(tmpdir(), 'bench-'));
  const stack = await startStack({
    varDir,
    anyPorts: true,
    log: (line) => console.error(line),
    env: { LOG_LEVEL: 'warn' },
  });
  const connection = await Connection.connect({ address: stack.temporal.address });
  const client = new Client({ connection, namespace: stack.temporal.namespace });
  const stopNoop = await startNoopWorker(stack);
  try {
    await printIdle(stack);
    const order = (number: number): Promise<void> => sendOrder(stack, number);
    const noop = (number: number): Promise<void> =>
      client.workflow.execute('noopWorkflow', { taskQueue: 'noop', workflowId: `noop-${String(number)}` });
    await measure(WARM_UP, 0, order);
    await measure(WARM_UP, 0, noop);
    const rounds: { orders: Measured; noops: Measured }[] = [];
    for (let round = 1; round <= ROUNDS; round += 1) {
      const orders = await measure(ORDERS, round * 1_000_000, order);
      const noops = await measure(ORDERS, round * 1_000_000, noop);
      rounds.push({ orders, noops });
      print(`round ${String(round)}: pipeline`, orders);
      print(`round ${String(round)}: no-op, 6 regular activities`, noops);
    }
    const mean = (of: 'orders' | 'noops'): number =>
      rounds.reduce((total, round) => total + round[of].perSecond, 0) / ROUNDS;
    console.log(`\n${String(ORDERS)} orders a round, ${String(SENDERS)} senders, ${String(cpus().length)} cores`);
    console.log(`pipeline   ${mean('orders').toFixed(1)} orders/s`);
    console.log(`no-op      ${mean('noops').toFixed(1)} workflows/s`);
    console.log(`ratio      ${(mean('orders') / mean('noops')).toFixed(2)}`);
  } finally {
    await stopNoop();
    await connection.close();
    await stack.stop();
    rmSync(varDir, { recursive: true, force: true });
  }
}

async function startNoopWorker({ temporal }: Stack): Promise<() => Promise<void>> {
  const env = { ...process.env, TEMPORAL_ADDRESS: temporal.address, TEMPORAL_NAMESPACE: temporal.namespace };
  const child = fork(fileURLToPath(new URL('./noop-worker.ts', import.meta.url)), {
    env,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  await new Promise<void>((ready, failed) => {
    child.once('message', () => ready());
    child.once('exit', () => failed(new Error('the no-op worker ended')));
  });
  return () =>
    new Promise((ended) => {
      child.once('exit', () => ended());
      child.kill('SIGTERM');
    });
}

/** How long one order takes when nothing else happens. */
async function printIdle(stack: Stack): Promise<void> {
  await measure(5, 90_000_000, (number) => sendOrder(stack, number), 1);
  print('one at a time', await measure(20, 91_000_000, (number) => sendOrder(stack, number), 1));
}

async function measure(
  count: number,
  base: number,
  send: (number: number) => Promise<void>,
  senders = SENDERS,
): Promise<Measured> {
  const took: number[] = [];
  let next = 0;
  const began = performance.now();
  const sender = async (): Promise<void> => {
    while (next < count) {
      next += 1;
      const at = performance.now();
      await send(base + next);
      took.push(performance.now() - at);
    }
  };
  await Promise.all(Array.from({ length: senders }, sender));
  const seconds = (performance.now() - began) / 1000;
  took.sort((a, b) => a - b);
  const at = (part: number): number => took[Math.min(took.length - 1, Math.floor(took.length * part))] ?? 0;
  return { perSecond: count / seconds, medianMs: at(0.5), p95Ms: at(0.95) };
}

/** Sends an order and waits until it is completed; anything else is an error of the benchmark. */
async function sendOrder({ gatewayUrl, credentials }: Stack, number: number): Promise<void> {
  const response = await fetch(`${gatewayUrl}/v1/orders`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${credentials.sources['web-shop'] ?? ''}`,
      'content-type': 'application/json',
      prefer: 'wait=60',
      'idempotency-key': `bench-${String(number)}`,
    },
    body: JSON.stringify(makeOrder(number)),
  });
  const body = (await response.json()) as { orders?: { state: string }[] };
  if (body.orders?.[0]?.state !== 'completed')
    throw new Error(`order ${String(number)}: ${String(response.status)} ${JSON.stringify(body)}`);
}

function makeOrder(number: number): unknown {
  return {
    externalId: `B-${String(number)}`,
    poNumber: `BENCH-${String(number)}`,
    orderDate: new Date().toISOString().slice(0, 10),
    currency: 'USD',
    customerId: 'C-2001',
    shipTo: {
      name: 'Northwind',
      lines: ['1 Harbor Way'],
      city: 'Seattle',
      region: 'WA',
      postalCode: '98101',
      country: 'US',
    },
    payment: { method: 'terms', terms: 'NET30' },
    lines: [
      { line: '1', sku: 'SKU-1', quantity: '1', unitPrice: '19.9900', amount: '19.99' },
      { line: '2', sku: 'SKU-2', quantity: '2', unitPrice: '5.2500', amount: '10.50' },
    ],
    total: '30.49',
  };
}

function print(what: string, { perSecond, medianMs, p95Ms }: Measured): void {
  console.log(`${what}: ${perSecond.toFixed(1)}/s, median ${medianMs.toFixed(0)} ms, p95 ${p95Ms.toFixed(0)} ms`);
}
