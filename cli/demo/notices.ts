import { setTimeout as pause } from 'node:timers/promises';
import { createIntegrationAdmin } from '../../exchange/reference/admin-client.ts';
import type { Stack } from '../stack.ts';
import { PUSHING } from '../stack/channels.ts';
import type { Row } from './report.ts';

/** Notices go out every ten seconds. */
const PATIENCE_MS = 60_000;
const LOOK_AGAIN_MS = 500;

/** What settles an order, and is told. */
const SETTLED: readonly string[] = ['completed', 'rejected', 'cancelled', 'applied'];

/** Waits until the source that is told of its orders knows of all that are new and settled. */
export async function findUntold(
  { integrationUrl: baseUrl, channels }: Stack,
  rows: readonly Row[],
  created: readonly { readonly orderId: string }[],
): Promise<{ readonly told: readonly string[]; readonly untold: readonly string[] }> {
  const isNew = (id: string): boolean => created.some(({ orderId }) => orderId === id);
  const settled = rows.flatMap(({ source, state, orderId }) =>
    source === PUSHING && SETTLED.includes(state) && orderId !== null && isNew(orderId) ? [orderId] : [],
  );
  const orders = [...new Set(settled)];
  const admin = createIntegrationAdmin({ baseUrl, apiKey: channels.integration });
  const giveUpAt = Date.now() + PATIENCE_MS;
  for (;;) {
    const known = (await admin.listNotices()).map(
      ({ notice }) => (notice as { data: { orderId?: string } }).data.orderId,
    );
    const untold = orders.filter((id) => !known.includes(id));
    if (untold.length === 0 || Date.now() > giveUpAt)
      return { told: orders.filter((id) => known.includes(id)), untold };
    await pause(LOOK_AGAIN_MS);
  }
}
