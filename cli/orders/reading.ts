import type { OrderDetail, OrderPage, ReviewPage } from '../gateway.ts';
import { printFacts, printInstant, printPage } from '../table.ts';
import { resolveOrder } from './connection.ts';
import {
  AS_OPTION,
  findNumber,
  findText,
  getWord,
  JSON_OPTION,
  OPERATOR,
  printAnswer,
  tokenToOperate,
  toQuery,
  type Verb,
} from './verb.ts';

export const show: Verb = {
  usage: 'show ORDER',
  what: 'one order: where it stands, why, and who decided what',
  help: `ORDER is an order's id, or its PO number where only one order has it.

  --json       everything that is known of it, its content too
  --as PERSON  in whose name; ${OPERATOR} without`,
  options: { ...JSON_OPTION, ...AS_OPTION },
  words: 1,
  run: async (given) => {
    const { connection } = given;
    const token = tokenToOperate(given);
    const id = await resolveOrder(connection, token, getWord(given, 0));
    const order = await connection.gateway.get<OrderDetail>(`/v1/orders/${id}`, token);
    printAnswer(given, order, () => describe(order, connection.gateway.url));
    return 0;
  },
};

function describe(order: OrderDetail, url: string): string {
  const { orderId, state, revision, judgement, poNumber, customerId, source, channel, lineCount, currency, total } =
    order;
  const { holds, lineHolds, incidents, findings, decisions, review, productionOrderId, links } = order;
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['order', orderId],
    ['state', `${state}, revision ${revision}, judgement ${judgement}`],
    ['PO number', poNumber ?? 'could not be read'],
    ['customer', customerId ?? 'could not be read'],
    ['from', `${source} (${channel}), ${order.receivedAt}`],
    ['total', total === null ? undefined : `${total} ${currency ?? ''}, ${lineCount ?? 0} lines`],
    ['production', productionOrderId ?? undefined],
    ...holds.map(({ code, releaseRole }) => ['waits for', `${code} (${releaseRole ?? 'clears itself'})`] as const),
    ...lineHolds.map(({ line, code, waiting }) => ['line waits', `${line}: ${waiting} (${code})`] as const),
    ...incidents.map(({ incidentId, name }) => ['incident', `${name}, ${incidentId}`] as const),
    [
      'decision due',
      review ? `${review.dueAt}${review.claimedBy === null ? '' : `, taken by ${review.claimedBy}`}` : undefined,
    ],
    ...findings.map(({ code, disposition, message }) => ['finding', `${code} (${disposition}): ${message}`] as const),
    ...decisions.map(
      ({ action, holds: released, actor, reason, state: became, createdAt }) =>
        ['decision', `${action} by ${actor}, ${[createdAt, became, ...released].join(', ')}: ${reason}`] as const,
    ),
    ['audit trail', `${url}${links.log}`],
    ['Temporal', links.temporal],
  ];
  return printFacts(facts);
}

export const list: Verb = {
  usage: 'list [--state STATE] [--source SOURCE] [--customer ID] [--po NUMBER] [--hold CODE]',
  what: 'orders, newest first',
  help: `  --state, --source, --customer, --po, --hold  only those
  --limit N    at most so many; 50 without
  --json       as the API answers
  --as PERSON  in whose name; ${OPERATOR} without`,
  options: {
    state: { type: 'string' },
    source: { type: 'string' },
    customer: { type: 'string' },
    po: { type: 'string' },
    hold: { type: 'string' },
    limit: { type: 'string' },
    ...JSON_OPTION,
    ...AS_OPTION,
  },
  words: 0,
  run: async (given) => {
    const { gateway } = given.connection;
    const asked = {
      state: findText(given, 'state'),
      source: findText(given, 'source'),
      customerId: findText(given, 'customer'),
      poNumber: findText(given, 'po'),
      hold: findText(given, 'hold'),
      limit: String(findNumber(given, 'limit') ?? 50),
    };
    const page = await gateway.get<OrderPage>(`/v1/orders?${toQuery(asked)}`, tokenToOperate(given));
    printAnswer(given, page, printOrders);
    return 0;
  },
};

function printOrders(page: OrderPage): string {
  const rows = page.items.map((order) => [
    printInstant(order.receivedAt),
    order.source,
    order.poNumber ?? '',
    order.state,
    order.customerId ?? '',
    order.total ?? '',
    order.currency ?? '',
    order.orderId,
  ]);
  const header = ['received (UTC)', 'source', 'PO number', 'state', 'customer', 'total', '', 'order'];
  return printPage(page, header, rows, [5]);
}

export const reviews: Verb = {
  usage: 'reviews [--source SOURCE] [--customer ID] [--hold CODE] [--overdue]',
  what: 'orders that wait for a person, the most urgent first',
  help: `  --source, --customer, --hold, --overdue  only those
  --limit N    at most so many; 50 without
  --json       as the API answers
  --as PERSON  in whose name; ${OPERATOR} without`,
  options: {
    source: { type: 'string' },
    customer: { type: 'string' },
    hold: { type: 'string' },
    overdue: { type: 'boolean' },
    limit: { type: 'string' },
    ...JSON_OPTION,
    ...AS_OPTION,
  },
  words: 0,
  run: async (given) => {
    const { gateway } = given.connection;
    const asked = {
      source: findText(given, 'source'),
      customer: findText(given, 'customer'),
      hold: findText(given, 'hold'),
      overdue: given.values['overdue'] === true ? 'true' : undefined,
      limit: String(findNumber(given, 'limit') ?? 50),
    };
    const page = await gateway.get<ReviewPage>(`/v1/reviews?${toQuery(asked)}`, tokenToOperate(given));
    printAnswer(given, page, printReviews);
    return 0;
  },
};

function printReviews(page: ReviewPage): string {
  const rows = page.items.map((item) => [
    printTimeLeft(item.secondsToSla),
    item.source,
    item.poNumber ?? '',
    item.customerId ?? '',
    item.total ?? '',
    item.currency ?? '',
    item.claimedBy ?? '',
    item.orderId,
    item.holds.map(({ code }) => code).join(', '),
  ]);
  const header = ['time left', 'source', 'PO number', 'customer', 'total', '', 'taken by', 'order', 'waits for'];
  return printPage(page, header, rows, [0, 4]);
}

/** `3:59`, hours and minutes; with a minus sign once it is overdue. */
function printTimeLeft(seconds: number): string {
  const minutes = Math.floor(Math.abs(seconds) / 60);
  return `${seconds < 0 ? '-' : ''}${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}`;
}
