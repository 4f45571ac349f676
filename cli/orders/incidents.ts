import type { z } from 'zod';
import type { incidentDetail, incidentPage } from '../../api/routes/incidents.ts';
import { printFacts, printInstant, printPage, toPlainText } from '../table.ts';
import {
  AS_OPTION,
  findNumber,
  findText,
  getText,
  getWord,
  JSON_OPTION,
  OPERATOR,
  printAnswer,
  tokenToOperate,
  toQuery,
  type Verb,
} from './verb.ts';

type Page = z.infer<typeof incidentPage>;
type Summary = Page['items'][number];
type Detail = z.infer<typeof incidentDetail>;

export const incidents: Verb = {
  usage: 'incidents [--state open|closed] [--cause WHAT]',
  what: 'causes that hit many orders, newest first; those that are open, unless others are asked for',
  help: `  --state STATE  open or closed; open without
  --cause WHAT   only those of a SKU, customer, source or code
  --limit N      at most so many; 50 without
  --json         as the API answers
  --as PERSON    in whose name; ${OPERATOR} without`,
  options: {
    state: { type: 'string' },
    cause: { type: 'string' },
    limit: { type: 'string' },
    ...JSON_OPTION,
    ...AS_OPTION,
  },
  words: 0,
  run: async (given) => {
    const asked = {
      state: findText(given, 'state') ?? 'open',
      cause: findText(given, 'cause'),
      limit: String(findNumber(given, 'limit') ?? 50),
    };
    const page = await given.connection.gateway.get<Page>(`/v1/incidents?${toQuery(asked)}`, tokenToOperate(given));
    printAnswer(given, page, printIncidents);
    return 0;
  },
};

function printIncidents(page: Page): string {
  const rows = page.items.map((item) => [
    printInstant(item.since),
    item.name,
    String(item.orders),
    String(item.waiting),
    item.acknowledgedBy ?? '',
    item.incidentId,
  ]);
  const header = ['since (UTC)', 'cause', 'orders', 'waiting', 'taken by', 'incident'];
  return printPage(page, header, rows, [2, 3]);
}

export const incident: Verb = {
  usage: 'incident INCIDENT',
  what: 'one cause that hit many orders: what is known of it, what can be done, and its orders',
  help: `  --limit N    at most so many of its orders; 50 without
  --json       as the API answers
  --as PERSON  in whose name; ${OPERATOR} without`,
  options: { limit: { type: 'string' }, ...JSON_OPTION, ...AS_OPTION },
  words: 1,
  run: async (given) => {
    const limit = String(findNumber(given, 'limit') ?? 50);
    const path = `/v1/incidents/${encodeURIComponent(getWord(given, 0))}?limit=${limit}`;
    const found = await given.connection.gateway.get<Detail>(path, tokenToOperate(given));
    printAnswer(given, found, () => `${describe(found)}\n\n${printMembers(found)}`);
    return 0;
  },
};

function describe(found: Detail): string {
  const { acknowledgedBy, acknowledgedAt, acknowledgment, closedAt, worth, sources } = found;
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['incident', found.incidentId],
    ['cause', found.name],
    ['state', closedAt === null ? 'open' : `over since ${closedAt}`],
    ['since', `${found.since}, last ${found.lastSeenAt}`],
    ['orders', `${String(found.orders)}, of which ${String(found.waiting)} wait`],
    ['from', sources.map(({ source, orders }) => `${source} ${String(orders)}`).join(', ')],
    ['worth', worth.length === 0 ? undefined : worth.map(({ currency, amount }) => `${amount} ${currency}`).join(', ')],
    ['what to do', closedAt === null ? found.advice : undefined],
    [
      'taken by',
      acknowledgedBy === null ? undefined : `${acknowledgedBy}, ${acknowledgedAt ?? ''}: ${acknowledgment ?? ''}`,
    ],
  ];
  return printFacts(facts);
}

function printMembers(found: Detail): string {
  const rows = found.items.map((item) => [
    printInstant(item.since),
    item.source,
    item.poNumber ?? '',
    item.waits ? (item.state ?? '') : `${item.state ?? 'refused'}, over`,
    item.customerId ?? '',
    item.total ?? '',
    item.currency ?? '',
    item.id,
  ]);
  const header = ['hit (UTC)', 'source', 'PO number', 'state', 'customer', 'total', '', 'order or document'];
  return printPage(found, header, rows, [5]);
}

export const acknowledge: Verb = {
  usage: 'incident ack INCIDENT --reason TEXT',
  what: 'say that you take care of an incident',
  help: `  --reason TEXT  why or how; others see it
  --as PERSON    in whose name; ${OPERATOR} without
  --json         as the API answers`,
  options: { reason: { type: 'string' }, ...AS_OPTION, ...JSON_OPTION },
  words: 1,
  run: async (given) => {
    const path = `/v1/incidents/${encodeURIComponent(getWord(given, 0))}/acknowledge`;
    const body = { reason: getText(given, 'reason') };
    const noted = await given.connection.gateway.send<Summary>('POST', path, tokenToOperate(given), body);
    printAnswer(given, noted, ({ name, acknowledgedBy }) => `${toPlainText(name)} is taken by ${acknowledgedBy ?? ''}`);
    return 0;
  },
};

export const recheck: Verb = {
  usage: 'incident recheck INCIDENT',
  what: 'let the orders of an incident look again now, because its cause may be gone',
  help: `Orders that only a person can let go on stay in review.

  --as PERSON  in whose name; ${OPERATOR} without
  --json       as the API answers`,
  options: { ...AS_OPTION, ...JSON_OPTION },
  words: 1,
  run: async (given) => {
    const path = `/v1/incidents/${encodeURIComponent(getWord(given, 0))}/recheck`;
    const asked = await given.connection.gateway.send<{ orders: number }>('POST', path, tokenToOperate(given), {});
    printAnswer(given, asked, ({ orders }) => `${String(orders)} orders look again, a few each second`);
    return 0;
  },
};
