import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { v4 as uuidv4 } from 'uuid';
import { readSettings } from '../../config.ts';
import type { Disposition, Finding } from '../../orders/finding.ts';
import type { Hold } from '../../db/holds.ts';
import type { OrderState } from '../../orders/state.ts';
import { createLog } from '../../log.ts';
import { type Answer, listen } from '../api/gateway.ts';
import { type House, openHouse, untilOrder } from '../support/house.ts';
import { makeOrderJson } from '../support/order-factory.ts';

/** The whole product in one process, used as senders and people use it: over HTTP, with their own keys and tokens. */
export type Office = Awaited<ReturnType<typeof openOffice>>;

/** An order as the gateway shows it. */
export interface ShownOrder {
  readonly orderId: string;
  readonly state: OrderState;
  readonly revision: number;
  readonly holds: readonly Hold[];
  readonly findings: readonly Finding[];
  readonly productionOrderId: string | null;
}

/** Opens the office; close it afterwards. */
export async function openOffice(options: Parameters<typeof openHouse>[0] = {}) {
  const house = await openHouse(options);
  const { store, client: temporal, backOffice } = house;
  const gateway = await listen({
    store,
    temporal,
    backOffice,
    settings: readSettings({}),
    log: createLog('gateway', 'silent'),
    now: () => new Date(),
  });
  const { sources, people } = house.credentials;
  const ask = (who: string, method: string, path: string, body?: unknown, headers = {}): Promise<Answer> => {
    const secret = sources[who] ?? people[who];
    if (secret === undefined) throw new Error(`nobody here is called ${who}`);
    return gateway.call(method, path, { headers: { Authorization: `Bearer ${secret}`, ...headers }, body });
  };
  const look = async (orderId: string): Promise<ShownOrder> =>
    (await ask('axel', 'GET', `/v1/orders/${orderId}`)).body as ShownOrder;

  /** Sends an order that is good but for the changes, and waits until its automatic part is over. */
  const order = async (changes: Readonly<Record<string, unknown>> = {}, source = 'web-shop'): Promise<ShownOrder> => {
    const answer = await ask(source, 'POST', '/v1/orders', makeOrderJson(changes), { Prefer: 'wait=60' });
    return look(String(answer.body.orders[0].orderId));
  };

  /** What a person does to an order in review. */
  const act = async (who: string, action: string, { orderId, revision }: ShownOrder, more = {}): Promise<Answer> =>
    ask(who, 'POST', `/v1/orders/${orderId}/review/${action}`, { revision, reason: 'agreed by telephone', ...more });

  /** Puts a rule in force: the administrator writes it, and the supervisor approves what guards money. */
  const rule = async (written: object): Promise<void> => {
    const added = await ask('ada', 'POST', '/v1/rules', { reason: 'a test', ...written });
    expect(added.status).toBe(201);
    const { code, version, status } = added.body;
    if (status !== 'draft') return;
    const approved = await ask('sofia', 'POST', `/v1/rules/${code}/approve`, { version, reason: 'looked at it' });
    expect(approved).toMatchObject({ status: 200, body: { status: 'approved' } });
  };

  /** Waits until an order is over. */
  const untilOver = async ({ orderId }: ShownOrder): Promise<ShownOrder> => {
    await untilOrder(store, orderId, ({ terminal_at }) => terminal_at !== null);
    return look(orderId);
  };

  /** Puts a file into a partner's inbox and runs the batch, as the hour does. @returns the document as it is shown then. */
  const batch = async (content: string, source = 'edi-northwind'): Promise<Answer['body']> => {
    const inbox = join(house.folder, 'edi/inbox', source);
    await mkdir(inbox, { recursive: true });
    await writeFile(join(inbox, `${uuidv4()}.edi`), content);
    const { body } = await ask('olivia', 'POST', '/v1/edi/run');
    await temporal.workflow.getHandle(body.workflowId).result();
    const { id } = await store.db
      .selectFrom('documents')
      .select('id')
      .where('source', '=', source)
      .orderBy('id', 'desc')
      .executeTakeFirstOrThrow();
    return (await ask('axel', 'GET', `/v1/documents/${id}`)).body;
  };

  const close = async (): Promise<void> => {
    await gateway.close();
    await house.close();
  };
  return { house, ask, look, order, act, rule, untilOver, batch, close };
}

/** How an order is to be stopped. */
export interface Stop {
  readonly code: string;
  readonly category: Finding['category'];
  /** What the finding says. */
  readonly says: string | RegExp;
}

/** Expects that an order passed: production has it, and nothing was found that stops orders. */
export function expectPassed(shown: ShownOrder): void {
  const stopping = shown.findings.filter(({ disposition }) => disposition !== 'warn');
  expect([shown.state, stopping, shown.holds]).toEqual(['completed', [], []]);
  expect(shown.productionOrderId).toMatch(/^PRD-/);
}

/** Expects that an order waits for a person, for this reason alone, and that production has nothing of it. */
export async function expectHeld(
  { house }: Pick<Office, 'house'>,
  shown: ShownOrder,
  { releaseRole = 'reviewer', ...stop }: Stop & { readonly releaseRole?: 'reviewer' | 'supervisor' },
): Promise<void> {
  const { code, category } = stop;
  expect([shown.state, shown.holds]).toMatchObject(['in_review', [{ code, category, releaseRole }]]);
  expectFinding(shown, 'hold', stop);
  await expectNothingProduced(house, shown);
}

/** Expects that an order went back to its source for this reason alone. */
export async function expectRejected({ house }: Pick<Office, 'house'>, shown: ShownOrder, stop: Stop): Promise<void> {
  expect([shown.state, shown.holds]).toEqual(['rejected', []]);
  expectFinding(shown, 'reject', stop);
  await expectNothingProduced(house, shown);
}

function expectFinding({ findings }: ShownOrder, disposition: Disposition, { code, category, says }: Stop): void {
  const stopping = findings.filter((finding) => finding.disposition !== 'warn');
  expect(stopping).toMatchObject([{ code, category, disposition }]);
  expect(stopping[0]?.message).toMatch(says);
}

async function expectNothingProduced({ admin }: House, { orderId }: ShownOrder): Promise<void> {
  expect(await admin.listProductionOrders({ orderId })).toMatchObject({ live: 0, cancelled: 0 });
}

/** Lines of one product at the price that is agreed for it, and the total of them. */
export function buying(sku: string, quantity: number, unitPrice: string): Readonly<Record<string, unknown>> {
  const amount = ((quantity * Math.round(Number(unitPrice) * 10_000)) / 10_000).toFixed(2);
  return { lines: [{ line: '1', sku, quantity: String(quantity), unitPrice, amount }], total: amount };
}

/** The first day from a date on that is one of these weekdays (1 is Monday), `YYYY-MM-DD`. */
export function dayFrom(date: string, weekdays: readonly number[]): string {
  const day = new Date(`${date}T00:00:00Z`);
  if (weekdays.includes(day.getUTCDay() || 7)) return date;
  return dayFrom(new Date(day.getTime() + 86_400_000).toISOString().slice(0, 10), weekdays);
}
