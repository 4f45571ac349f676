import { basename } from 'node:path';
import { createIntegrationAdmin } from '../../exchange/reference/admin-client.ts';
import { signStandard } from '../../exchange/signatures.ts';
import type { Finding } from '../../orders/finding.ts';
import { readSample, type Sample } from '../samples/samples.ts';
import type { Stack } from '../stack.ts';
import { POLLED, PUSHING } from '../stack/channels.ts';

/** What a pushed message was answered. */
export interface PushedAnswer {
  readonly documentId: string;
  readonly findings?: readonly Finding[];
}

/** Whether a sample is pushed, signed, rather than brought with a key. */
export function isPushed({ source }: Sample): boolean {
  return source === PUSHING;
}

/** Whether a sample waits at the reference integration until it is polled. */
export function isPolled({ source }: Sample): boolean {
  return source === POLLED;
}

/** Pushes a sample as its sender does: signed, under an id that is the same when it is sent again. */
export async function push({ gatewayUrl, channels }: Stack, sample: Sample, today: string): Promise<PushedAnswer> {
  const body = readSample(sample.file, today);
  const id = `msg_${basename(sample.file, '.json')}`;
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = signStandard(channels.webhook, id, timestamp, body);
  const headers = { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature };
  const response = await fetch(`${gatewayUrl}/v1/webhooks/${PUSHING}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: new Uint8Array(body),
  });
  if (!response.ok) throw new Error(`${sample.file}: the webhook was answered ${response.status}`);
  return (await response.json()) as PushedAnswer;
}

/** Gives the samples that are polled to the reference integration, where they wait for the next look. */
export async function offer(stack: Stack, samples: readonly Sample[], today: string): Promise<void> {
  const { integrationUrl: baseUrl, channels } = stack;
  const orders = samples.filter(isPolled).map(({ file }) => JSON.parse(readSample(file, today).toString()) as object);
  if (orders.length > 0) await createIntegrationAdmin({ baseUrl, apiKey: channels.integration }).addOrders(orders);
}
